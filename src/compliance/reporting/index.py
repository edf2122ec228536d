"""The summary page of a portfolio: the provisions of every contract by verdict, with links to its report, findings and working paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from compliance.reporting import labels
from compliance.reporting.figures import stacked_bars
from compliance.reporting.page import content_hash, environment, image, resource

_COUNTED = {"zh": "规定数", "en": "Provisions"}


def render_index(entries: Sequence[Mapping[str, Any]]) -> str:
    """The page; `entries` hold id, title, as_of, counts by verdict, status (done or failed), message and files (label to link)."""
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry["counts"])
    drawn = {code: stacked_bars([(e["title"][code], e["counts"]) for e in entries if e["counts"]], code, _COUNTED) for code in ("zh", "en")}
    style = resource("report.css")
    return environment().get_template("index.html.j2").render(
        entries=[{**e, "report": _report(e["files"])} for e in entries],
        image={code: image(svg) for code, svg in drawn.items() if svg}, text={code: _text(entries, code) for code in drawn},
        verdicts=labels.VERDICTS, totals=[(v, total[v]) for v, _ in labels.SHOWN if total[v]],
        style=Markup(style), style_hash=content_hash(style))


def _report(files: Mapping[str, str]) -> str | None:
    """The page to which the counts of a contract lead."""
    return next((href for href in files.values() if href.endswith(".html")), None)


def _text(entries: Sequence[Mapping[str, Any]], lang: str) -> str:
    """What the figure shows, in words."""
    return "; ".join(f"{e['title'][lang]}: " + ", ".join(f"{labels.VERDICTS[v][lang]} {e['counts'][v]}" for v, _ in labels.SHOWN
                                                          if e["counts"].get(v)) for e in entries if e["counts"])
