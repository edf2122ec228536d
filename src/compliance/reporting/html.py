"""The HTML report: one self-contained file from the findings document, without any outside request."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from compliance.reporting import labels
from compliance.reporting.document import owed_by_party, provisions_by_verdict
from compliance.reporting.figures import TIMELINE_ROWS, status_figure, timeline_figure
from compliance.reporting.page import content_hash, environment, image, resource

_UNDECIDED = ("error", "no_evidence", "needs_judgement")


def render_html(document: Mapping[str, Any], findings_json: str, lang: str = "zh",
                figures: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The report of one audit; `lang` is the language shown first, the other one is a switch away.

    `findings_json` is the document as it is handed over beside the report, which names it by its hash; `figures` are what
    `report_figures` has drawn of it, where that has been done already.
    """
    style, script = resource("report.css"), resource("report.js")
    return environment().get_template("report.html.j2").render(
        lang=lang, style=Markup(style), script=Markup(script), style_hash=content_hash(style), script_hash=content_hash(script),
        m=document["manifest"], digest=hashlib.sha256(findings_json.encode()).hexdigest(),
        verdicts=labels.VERDICTS, categories=labels.CATEGORIES, modalities=labels.MODALITIES, obligors=labels.OBLIGORS,
        effect_names=labels.effect_labels(), ledger=document["ledger"], owed=owed_by_party(document),
        problems=document["problems"], coverage=document["coverage"], severities=labels.SEVERITIES,
        text=document.get("contract_text"), wording=document.get("contract_text", {}).get("clauses", {}),
        figures=_images(report_figures(document) if figures is None else figures), **_groups(document["findings"]),
        **_indexes(document))


def _images(figures: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures that there was something to draw of, as images."""
    return [{**f, "image": {c: image(svg) for c, svg in f["svg"].items()}} for f in figures if all(f["svg"].values())]


def _groups(findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The findings as the sections of the report show them, with their counts."""
    counted = Counter(f["verdict"] for f in findings)
    wanted: dict[str, list[str]] = defaultdict(list)
    undecided = [f for f in findings if f["verdict"] in _UNDECIDED]
    for finding in undecided:
        for name in finding["missing"]:
            wanted[name].append(finding["id"])
    return {
        "findings": findings, "counts": [(v, counted[v]) for v, _ in labels.SHOWN if counted[v]],
        "breaches": [f for f in findings if f["verdict"] == "breach"],
        "arisen": [f for f in findings if f["verdict"] == "arisen"], "undecided": undecided,
        "others": [f for f in findings if f["verdict"] not in ("breach", "arisen", *_UNDECIDED)],
        "contested": sum(f["contested"] for f in findings),
        "by_category": Counter((f["category"], f["verdict"]) for f in findings),
        "used_categories": [c for c in labels.CATEGORIES if any(f["category"] == c for f in findings)],
        "wanted": sorted(wanted.items())}


def _numbered(items: Iterable[Any]) -> dict[Any, int]:
    return {item: i for i, item in enumerate(dict.fromkeys(items), start=1)}


def _indexes(document: Mapping[str, Any]) -> dict[str, Any]:
    """Anchors: of findings, clauses and files, and which finding uses which row."""
    findings = document["findings"]
    rows: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    clauses: dict[str, list[dict[str, Any]]] = defaultdict(list)
    follows: dict[str, list[str]] = defaultdict(list)
    for finding in findings:
        clauses[finding["clause"]].append(finding)
        for source in finding["because"]:
            follows[source].append(finding["id"])
        for e in finding["evidence"]:
            rows[e["file"], e["sheet"] or "", e["row"]].append(finding["id"])
    used = [(e["file"], e["sheet"]) for e in document["manifest"]["evidence"]]
    used += [(e["file"], e["sheet"]) for f in findings for e in f["evidence"]]
    return {"numbers": _numbered(f["id"] for f in findings), "clauses": _numbered(clauses), "files": _numbered(used),
            "evidence_index": sorted(rows.items()), "by_clause": list(clauses.items()), "follows": follows}


def report_figures(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures as SVG in both languages, each with its title and the text that says what it shows; None: nothing to draw."""
    status_title = {"zh": "各类别规定的最差结论", "en": "Provisions of each category by their worst verdict"}
    return [{"title": title, "svg": {c: draw(dict(document), c) for c in ("zh", "en")},
             "text": {c: describe(document, c) for c in ("zh", "en")}}
            for draw, title, describe in ((timeline_figure, _timeline_title(document), _timeline_text),
                                          (status_figure, status_title, _status_text))]


def _timeline_text(document: Mapping[str, Any], lang: str) -> str:
    titles = {f["id"]: f["title"] for f in document["findings"]}
    parts = []
    for payment in document["timeline"]:
        name = titles[payment["key"]][lang] if payment["key"] in titles else payment["label"]
        done = payment["done"] or {"zh": "未付", "en": "not paid"}[lang]
        parts.append(name + {"zh": f"：应于{payment['due']}，实际{done}", "en": f": due {payment['due']}, made {done}"}[lang])
    return "; ".join(parts)


def _timeline_title(document: Mapping[str, Any]) -> dict[str, str]:
    """Says so when the figure shows only the first payments."""
    title, total = {"zh": "付款：应付日与实付日", "en": "Payments: due and made"}, sum(bool(p["due"]) for p in document["timeline"])
    if total > TIMELINE_ROWS:
        title["zh"] += f"（仅绘出最早的{TIMELINE_ROWS}笔，共{total}笔，未绘出{total - TIMELINE_ROWS}笔）"
        title["en"] += f" (the first {TIMELINE_ROWS} of {total}; {total - TIMELINE_ROWS} are left out)"
    return title


def _status_text(document: Mapping[str, Any], lang: str) -> str:
    return "; ".join(f"{labels.CATEGORIES[c][lang]}: {labels.VERDICTS[v][lang]} {n}"
                     for (c, v), n in sorted(provisions_by_verdict(document).items()))
