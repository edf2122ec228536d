"""A condition that is decided in every row is not asked whether it is unknown; any other one is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from compliance.evaluation.measure import prepare
from compliance.evaluation.workspace import open_workspace
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.store import evidence_from_rows

RULE = """\
rules:
- id: asked
  provision: P001
  title: {{zh: 条件, en: Condition}}
  cases: {{each: work_orders}}
  rows:
    paid: {{from: payments, where: "instalment_no = case.item_no"}}
  must: {condition}
"""
FULL = {"order_id": "W1", "item_no": 1, "received_at": "2026-03-02 08:00", "responded_at": "2026-03-02 09:00", "is_satisfied": "true"}
PAID = {"payment_no": "1", "purpose": "instalment", "instalment_no": 1, "amount": "5.00"}


def is_asked(sample, condition: str, order: dict, complete_from: date | None = None) -> bool:
    """Whether the plan of a rule with this condition asks if it is unknown."""
    made = sample(RULE.format(condition=condition))
    tables = {"work_orders": [FULL, FULL | {"order_id": "W2"} | order], "payments": [PAID]}
    columns = {"work_orders": list(FULL), "payments": list(PAID)}
    store, problems = evidence_from_rows(tables, columns, bad_rows="reject", backend=made.backend)
    assert store is not None, problems
    table = replace(store.tables["payments"], complete_from=complete_from)
    store = replace(store, tables={**store.tables, "payments": table})
    workspace = open_workspace(store, made.loaded.contract, load_dictionary(), made.loaded.checked.tables, date(2026, 12, 31))
    return any(c.startswith("unclear") for c in prepare(workspace, made.loaded.checked.rules[0]).columns)


@pytest.mark.parametrize(("condition", "order"), [
    ("item_no = 1", {}),
    ("responded_at >= received_at", {}),
    ("responded_at is not null", {"responded_at": None}),
    ("responded_at is not null and responded_at >= received_at", {"responded_at": None}),
    ("responded_at >= received_at and responded_at is not null", {"responded_at": None}),
    ("responded_at is null or responded_at >= received_at", {"responded_at": None}),
    ("not (responded_at is null or responded_at < received_at)", {"responded_at": None}),
    ("item_no is null and workdays_after(day(received_at), item_no) <= day(responded_at)", {}),
    ("count(paid) = 1", {}),
    ("responded_at <= minutes_after(received_at, item_no)", {}),
])
def test_what_every_row_decides_is_not_asked(sample, condition, order):
    assert not is_asked(sample, condition, order)


@pytest.mark.parametrize(("condition", "order"), [
    ("item_no = 1", {"item_no": None}),
    ("item_no = 1", {"item_no": "many"}),
    ("responded_at >= received_at", {"responded_at": None}),
    ("responded_at is not null and responded_at >= received_at", {"responded_at": "soon"}),
    ("responded_at is not null or responded_at >= received_at", {"responded_at": None}),
    ("is_satisfied is not null and responded_at >= received_at", {"responded_at": None}),
    ("not (responded_at is null and responded_at < received_at)", {"responded_at": None, "is_satisfied": None}),
    ("day(responded_at) <= workdays_after(day(received_at), item_no)", {}),
    ("sum(paid.amount) > 1 or item_no = 2", {"item_no": None}),
])
def test_what_some_row_may_leave_open_is_asked(sample, condition, order):
    assert is_asked(sample, condition, order)


def test_a_count_of_rows_that_may_be_missing_is_asked(sample):
    assert not is_asked(sample, "count(paid) >= 1", {})
    assert is_asked(sample, "count(paid) >= 1", {}, complete_from=date(2026, 6, 1))
