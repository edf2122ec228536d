"""The summary page of a portfolio: verdicts of every contract, with links to its report, findings and working paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from compliance.reporting import labels
from compliance.reporting.page import content_hash, environment, resource


def render_index(entries: Sequence[Mapping[str, Any]]) -> str:
    """The page; `entries` hold id, title, as_of, counts by verdict, status (done or failed), message and files (label to link)."""
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry["counts"])
    style = resource("report.css")
    return environment().get_template("index.html.j2").render(
        entries=entries, verdicts=labels.VERDICTS, totals=[(v, total[v]) for v, _ in labels.SHOWN if total[v]],
        style=Markup(style), style_hash=content_hash(style))
