"""The report, the portfolio page and the schema: same bytes, nothing from outside, evidence stays data."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from compliance.audit import audit
from compliance.document import findings_document
from compliance.evidence.store import evidence_from_rows
from compliance.linting.loading import load_contract
from compliance.model.finding import EvidenceReference
from compliance.reporting import html
from compliance.reporting.document import dumps, validate_document
from compliance.reporting.figures import TIMELINE_ROWS, status_figure, timeline_figure
from compliance.reporting.index import render_index
from compliance.reporting.labels import VERDICTS

RULES = Path(__file__).parents[2] / "rules"
HOSTILE = "<script>alert(1)</script><svg onload=x>\"'\u202egnp\u200b\U0001f600"


def render_html(document: dict[str, Any], lang: str = "zh") -> str:
    return html.render_html(document, dumps(document), lang)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.sources: list[str] = []
        self.tags: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name.startswith("on"):
                self.handlers.append(name)
            for attribute, found in (("id", self.ids), ("href", self.hrefs), ("src", self.sources)):
                if name == attribute:
                    found.append(value or "")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded, problems = load_contract(RULES, "hotline-2025")
    assert loaded is not None, problems
    store, problems = evidence_from_rows({"budget_events": []})
    assert store is not None, problems
    return findings_document(audit(loaded, store, date(2026, 4, 30)))


@pytest.fixture
def hostile(document: dict[str, Any]) -> dict[str, Any]:
    """Every text that can come from evidence says something hostile."""
    changed = copy.deepcopy(document)
    changed["manifest"]["evidence"] = [{
        "table": "payments", "file": HOSTILE, "sheet": HOSTILE, "sha256": "0" * 64, "rows": 1, "accepted": 1, "rejected": 0,
        "blank": 0, "encoding": "utf-8", "complete_from": None, "complete_to": None, "handed_over_by": HOSTILE,
        "handed_over_on": None}]
    finding = changed["findings"][0]
    finding |= {"verdict": "breach", "clause": HOSTILE, "subject": HOSTILE, "computation": HOSTILE, "measures": {HOSTILE: HOSTILE},
                "because": ["no-such-finding"], "evidence_count": 1, "title": {"zh": HOSTILE, "en": HOSTILE},
                "evidence": [{"table": "payments", "file": HOSTILE, "sheet": HOSTILE, "row": 2, "key": HOSTILE}]}
    changed["problems"] = [{"code": "x", "message": HOSTILE, "file": HOSTILE, "sheet": None, "row": 1, "column": HOSTILE,
                            "help": HOSTILE, "fatal": False}]
    changed["timeline"] = [{"kind": "payment", "key": finding["id"], "label": HOSTILE, "due": "2026-01-01", "done": None,
                            "amount": "1.00"}]
    return changed


def _entries() -> list[dict[str, Any]]:
    return [{"id": "one", "title": {"zh": HOSTILE, "en": HOSTILE}, "as_of": "2026-04-30", "counts": {"breach": 2}, "status": "done",
             "message": "", "files": {"report": "one/report.html"}},
            {"id": "two", "title": {"zh": "二", "en": "Two"}, "as_of": "2026-04-30", "counts": {}, "status": "failed",
             "message": HOSTILE, "files": {}}]


def test_real_document_fits_the_schema(document: dict[str, Any]) -> None:
    assert document["findings"]
    assert validate_document(document) == []


@pytest.mark.parametrize(("place", "value"), [("verdict", "maybe"), ("amount", 1.5), ("surprise", "x")])
def test_schema_is_closed(document: dict[str, Any], place: str, value: object) -> None:
    changed = copy.deepcopy(document)
    changed["findings"][0][place] = value
    assert validate_document(changed)


def test_same_document_same_bytes(document: dict[str, Any]) -> None:
    assert render_html(document) == render_html(copy.deepcopy(document))
    assert dumps(document) == dumps(dict(reversed(document.items())))
    assert render_index(_entries()) == render_index(_entries())


def test_the_canonical_form_is_plain_json_and_takes_nothing_that_is_not():
    given = {"b": ["甲\n\u0001\"", {}, [], None, True, 10**15], "a": {"z": 1, "y": "\u2028\x7f/"}}
    assert dumps(given) == json.dumps(given, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    for value in (Decimal("1.00"), date(2026, 1, 1), EvidenceReference("t", "f", None, 1, "k"), {1}):
        with pytest.raises(TypeError):
            dumps({"value": value})


def test_no_number_of_a_document_is_inexact(document):
    def numbers(value):
        match value:
            case dict():
                return [n for v in value.values() for n in numbers(v)]
            case list():
                return [n for v in value for n in numbers(v)]
            case float():
                return [value]
        return []

    assert numbers(document) == []



@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_text_stays_text(hostile: dict[str, Any], lang: str) -> None:
    _is_harmless(render_html(hostile, lang), scripts=1)


def test_hostile_text_on_the_portfolio_page() -> None:
    _is_harmless(render_index(_entries()), scripts=0)


def _is_harmless(text: str, scripts: int) -> None:
    page = _Page(text)
    assert page.tags.count("script") == scripts and "svg" not in page.tags and not page.handlers
    assert "\u202e" not in text and "\u200b" not in text and "⟦U+202E⟧" in text


def test_figures_hold_no_script(hostile: dict[str, Any]) -> None:
    for source in _Page(render_html(hostile)).sources:
        svg = base64.b64decode(source.removeprefix("data:image/svg+xml;base64,")).decode()
        assert "<script" not in svg and "onload" not in re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)


def test_nothing_is_fetched_and_every_anchor_resolves(hostile: dict[str, Any]) -> None:
    page = _Page(render_html(hostile))
    assert all(s.startswith("data:image/svg+xml;base64,") for s in page.sources) and page.sources
    assert all(h.startswith("#") for h in page.hrefs)
    assert len(page.ids) == len(set(page.ids))
    assert {h[1:] for h in page.hrefs} <= set(page.ids)


def test_portfolio_links_are_relative() -> None:
    page = _Page(render_index(_entries()))
    assert "one/report.html#all" in page.hrefs
    assert not [h for h in page.hrefs if re.match(r"[a-z]+:|/", h)]
    assert {h[1:] for h in page.hrefs if h.startswith("#")} <= set(page.ids)


def test_policy_admits_only_our_own_style_and_script(document: dict[str, Any]) -> None:
    for text in (render_html(document), render_index(_entries())):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy and "default-src 'none'" in policy[1] and "unsafe" not in policy[1]
        bodies = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, re.DOTALL)
        assert set(re.findall(r"'sha256-([^']*)'", policy[1])) == {
            base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in bodies}


def test_unknown_because_has_no_link(hostile: dict[str, Any]) -> None:
    text = render_html(hostile)
    assert "no-such-finding" in text and ">no-such-finding</a>" not in text


def test_english_sentences_have_no_chinese_stop(document: dict[str, Any]) -> None:
    assert not re.findall(r'<span class="en" lang="en">[^<]*。', render_html(document))


def test_timeline_says_what_it_leaves_out(document: dict[str, Any]) -> None:
    payment = {"kind": "payment", "key": "none", "label": "付款", "due": "2026-01-01", "done": None, "amount": None}
    changed = {**document, "timeline": [payment] * (TIMELINE_ROWS + 3)}
    assert "3 are left out" in render_html(changed)
    assert timeline_figure(changed, "en") == timeline_figure(changed, "en")


def test_words_of_ours_without_a_glyph_are_an_error(monkeypatch: pytest.MonkeyPatch, document: dict[str, Any]) -> None:
    monkeypatch.setitem(VERDICTS, document["findings"][0]["verdict"], {"zh": "\U0001f600", "en": "\U0001f600"})
    with pytest.raises(UserWarning, match="missing"):
        status_figure(document, "zh")
