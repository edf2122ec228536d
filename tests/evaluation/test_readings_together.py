"""Readings that measure the same are asked about in one query, and it is what each of them says by itself."""

from __future__ import annotations

from datetime import date

import pytest

from compliance.evaluation.measure import list_readings, prepare
from compliance.evaluation.planning import what_is_measured
from compliance.evaluation.workspace import open_workspace
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.store import evidence_from_rows

RULES = """\
rules:
- id: read
  provision: P001
  title: {zh: 回复, en: Answered}
  cases: {each: work_orders}
  rows:
    paid: {from: payments, where: "instalment_no = case.item_no"}
  must: day(responded_at) <= workdays_after(day(received_at), 1) and count(paid) > 0
  readings:
    one: {default: true, text: {zh: 一, en: One}}
    more: {text: {zh: 多, en: More}, must: "day(responded_at) <= workdays_after(day(received_at), 1) and count(paid) > 1"}
    days: {text: {zh: 日, en: Days}, must: "day(responded_at) <= days_after(day(received_at), 1) and count(paid) > 0"}
"""
CASES = [(1, "2026-03-09 09:00"), (2, "2026-03-09 09:00"), (2, "2026-03-10 09:00"), (None, "2026-03-09 09:00"), (1, None), (3, "bad")]
ORDERS = [{"order_id": f"W{i}", "item_no": n, "received_at": "2026-03-06 08:00", "responded_at": done} for i, (n, done) in enumerate(CASES)]
PAID = [{"payment_no": str(i), "purpose": "instalment", "instalment_no": n, "amount": "5.00"} for i, n in enumerate((1, 1, 2, 3, 3))]


@pytest.fixture(scope="module")
def measured(sample):
    made = sample(RULES)
    store, problems = evidence_from_rows({"work_orders": ORDERS, "payments": PAID}, bad_rows="reject", backend=made.backend)
    assert store is not None, problems
    [rule] = made.loaded.checked.rules
    readings = [rule, *(variant for _, variant in rule.readings)]
    return open_workspace(store, made.loaded.contract, load_dictionary(), made.loaded.checked.tables, date(2026, 12, 31)), readings


def test_readings_that_ask_for_another_day_do_not_measure_the_same(measured):
    _, (one, more, days) = measured
    assert what_is_measured(one) == what_is_measured(more) != what_is_measured(days)


def test_together_they_say_what_each_says_by_itself(measured):
    workspace, readings = measured
    together = list_readings(workspace, readings)
    assert together == tuple(list_readings(workspace, [r])[0] for r in readings)
    assert len({tuple(c.first for c in m.cases) for m in together}) > 1
    assert any(c.unclear for m in together for c in m.cases)


def test_what_nothing_leaves_open_is_not_asked_for(measured):
    workspace, (one, *_) = measured
    plan = prepare(workspace, one)
    assert "unclear" in plan.query and "unclear" not in plan.brief and len(plan.brief) < len(plan.query)
    whole = workspace.run(f'SELECT * FROM ({plan.query}) ORDER BY "k"')
    brief = workspace.run(f'SELECT * FROM ({plan.brief}) ORDER BY "k"')
    asked = [plan.columns.index(c) for c in plan.decided()]
    assert [tuple(row[i] for i in asked) for row in whole] == [row[:-1] for row in brief]
    marks = [i for i, c in enumerate(plan.columns) if c.startswith("unclear")]
    assert all(row[-1] for row, all_ in zip(brief, whole, strict=True) if any(all_[i] for i in marks))
    assert {row[-1] for row in brief} == {True, False}
