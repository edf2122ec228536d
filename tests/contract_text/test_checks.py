"""All checks together: their kinds are documented, their result is stable and complete."""

from __future__ import annotations

from pathlib import Path

from texts import SOUND, tree_of

from compliance.contract_text.review.checks import CHECKS, KINDS, review, review_document

ROOT = Path(__file__).resolve().parents[2]


def test_every_kind_is_in_the_documentation() -> None:
    text = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    for kind, words in KINDS.items():
        assert f"| `{kind}` | {words.title.zh} | {words.title.en} |" in text
    assert text.count("| `") == len(KINDS) + text.split("## Checks")[0].count("| `")


def test_every_check_has_its_own_name() -> None:
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)


def test_a_sound_contract_has_no_flaw_at_all() -> None:
    assert review(tree_of(SOUND)) == []


def test_flaws_are_sorted_by_severity_and_place_and_numbered() -> None:
    text = (ROOT / "examples" / "cleaning-contract.txt").read_text(encoding="utf-8")
    document = review_document(tree_of(text))
    order = ["error", "warning", "note"]
    severities = [f["severity"] for f in document["flaws"]]
    assert severities == sorted(severities, key=order.index) and set(severities) >= {"error", "warning"}
    assert [f["number"] for f in document["flaws"]] == list(range(1, len(severities) + 1))
    assert document == review_document(tree_of(text))


def test_every_place_of_a_flaw_is_a_clause_of_the_text() -> None:
    tree = tree_of((ROOT / "examples" / "cleaning-contract.txt").read_text(encoding="utf-8"))
    for flaw in review(tree):
        assert flaw.kind in KINDS and flaw.places
        for place in flaw.places:
            clause = tree.by_id[place.clause]
            assert clause.lines[0] <= place.line <= clause.lines[1] and place.quote
