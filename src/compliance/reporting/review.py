"""The review of a contract text as a page of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from compliance.reporting import labels
from compliance.reporting.page import content_hash, environment, resource


def render_review(review: Mapping[str, Any], lang: str = "zh") -> str:
    """The page of one review document; `lang` is the language shown first."""
    style = resource("report.css")
    counted = Counter(f["severity"] for f in review["flaws"])
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for flaw in review["flaws"]:
        kinds.setdefault(flaw["kind"], []).append(flaw)
    return environment().get_template("review.html.j2").render(
        review=review, lang=lang, severities=labels.SEVERITIES, counts=[(s, counted[s]) for s in labels.SEVERITIES],
        kinds=[(own[0]["title"], own) for own in kinds.values()], style=Markup(style), style_hash=content_hash(style))
