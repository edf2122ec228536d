"""Rules about the same rows of a large table are measured in one pass, and each says what it says by itself."""

from __future__ import annotations

from datetime import date

import pytest

from compliance import audit
from compliance.evaluation import lineage, measure, planning, rows, workspace
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.store import close, evidence_from_rows

RULES = """\
rules:
- id: answered
  provision: P001
  title: {zh: 回复, en: Answered}
  cases: {each: work_orders}
  when: {due: "minutes_after(received_at, 30)", done: responded_at}
- id: completed
  provision: P002
  title: {zh: 完成, en: Completed}
  cases: {each: work_orders}
  when: {due: "workdays_after(day(received_at), 2)", done: completed_at}
- id: numbered
  provision: P003
  title: {zh: 编号, en: Numbered}
  cases: {each: work_orders}
  trigger: has_error
  must: item_no * item_no > 4
- id: faulty-only
  provision: P004
  title: {zh: 有错, en: Faulty only}
  cases: {each: work_orders, where: has_error}
  must: item_no = 1
- id: with-a-measure
  provision: P005
  title: {zh: 计算, en: With a measure}
  cases: {each: work_orders}
  let: {twice: item_no * 2}
  must: twice > 4
- id: paid
  provision: P006
  title: {zh: 付款, en: Paid}
  cases: {each: work_orders}
  rows:
    paid: {from: payments, where: "instalment_no = case.item_no"}
  must: exists(paid)
- id: read-twice
  provision: P007
  title: {zh: 两解, en: Read in two ways}
  cases: {each: work_orders}
  must: item_no >= 2
  readings:
    two: {default: true, text: {zh: 二, en: Two}}
    one: {text: {zh: 一, en: One}, must: item_no >= 1}
"""
TOGETHER = ["answered", "completed", "numbered"]
AS_OF = "2027-03-01"


def order(number, received, responded, completed, item_no, has_error):
    return {"order_id": f"W{number}", "received_at": received, "responded_at": responded, "completed_at": completed,
            "item_no": item_no, "has_error": has_error}


ORDERS = [order(0, "2026-03-06 08:00", "2026-03-06 08:30", "2026-03-10 17:00", 3, True),
          order(1, "2026-03-06 08:00", "2026-03-06 08:31", "2026-03-11 09:00", 2, True),
          order(2, "2026-03-06 08:00", None, None, None, "maybe"),
          order(3, "2026-03-06 08:00", "2026-03-06", "2026-03-10", 1, False),
          order(4, "2026-03-06 08:00", "soon", "2026-03-09 09:00", 1, True),
          # Two working days after this one lie in a year whose notice is not published.
          order(5, "2026-12-31 08:00", "2026-12-31 08:10", "2027-02-01 09:00", 4, True),
          order(6, "2026-12-31 08:00", "2026-12-31 09:10", "2026-12-31 09:10", 4, False)]
TABLES = {"work_orders": ORDERS, "payments": [{"payment_no": "Z1", "purpose": "instalment", "instalment_no": 3, "amount": "5.00"}]}


@pytest.fixture(scope="module")
def made(sample):
    return sample(RULES)


@pytest.fixture
def large(monkeypatch):
    """Every table that has rows is large, and of more than one case the clear ones are counted."""
    for module in (audit, lineage, measure, planning, rows, workspace):
        monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(measure, "LISTED_CASES", 1)


def asked(made, *rules):
    return made.ask(rules, AS_OF, TABLES, bad_rows="reject", fresh=True)


def names(made):
    return [r.rule.id for r in made.loaded.checked.rules]


def groups(made, tables):
    store, problems = evidence_from_rows(tables, bad_rows="reject")
    assert store is not None, problems
    checked = made.loaded.checked
    opened = workspace.open_workspace(store, made.loaded.contract, load_dictionary(), checked.tables, date.fromisoformat(AS_OF))
    found = [[r.rule.id for r in group] for group in measure.in_groups(opened, checked.rules)]
    close(store)
    return found


def test_rules_with_the_same_cases_and_no_further_rows_are_a_group(made, large):
    alone = [[n] for n in names(made) if n not in TOGETHER]
    assert groups(made, TABLES) == [TOGETHER, *alone]


def test_of_a_small_table_every_rule_is_measured_by_itself(made):
    assert groups(made, TABLES) == [[n] for n in names(made)]


def test_a_rule_of_a_group_says_what_it_says_by_itself(made, large):
    together = [f for f in asked(made, *names(made)) if f.rule in TOGETHER]
    assert together == [f for name in TOGETHER for f in asked(made, name)]
    assert {"compliant", "breach", "no_evidence"} <= {f.verdict for f in together}


def test_only_the_rule_that_asks_for_unpublished_days_is_provisional(made, large):
    found = asked(made, *TOGETHER)
    assert {f.rule for f in found if f.provisional} == {"completed"}
    assert {f.subject for f in found if f.provisional and f.verdict == "breach"} == {"W5"}


def test_a_listed_case_names_the_row_that_a_small_table_names(made, monkeypatch, request):
    small = {(f.rule, f.subject): f for f in asked(made, *TOGETHER)}
    request.getfixturevalue("large")
    found = [f for f in asked(made, *TOGETHER) if f.subject]
    assert found and all(f.evidence == small[f.rule, f.subject].evidence for f in found)
    assert all(e.file and e.row > 1 and e.key == f.subject for f in found for e in f.evidence)


def test_a_rule_that_cannot_be_run_does_not_take_its_group_along(made, large):
    too_large = order(7, "2026-03-06 08:00", "2026-03-06 08:30", "2026-03-10 17:00", 9_000_000_000_000_000_000, True)
    found = made.ask(TOGETHER, AS_OF, {"work_orders": [too_large, *ORDERS]}, bad_rows="reject", fresh=True)
    assert [f.verdict for f in found if f.rule == "numbered"] == ["error"]
    assert {"compliant", "breach"} <= {f.verdict for f in found if f.rule == "answered"}
