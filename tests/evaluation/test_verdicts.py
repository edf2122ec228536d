"""From what is known of a case to its verdict: order of the slots, excuses, having no case, readings, rows of the audit date."""

from __future__ import annotations

import pytest

AS_OF = "2026-06-30"
RULES = """\
rules:
- id: excusable
  provision: P001
  title: {zh: 可免责, en: Excusable}
  cases: {each: work_orders}
  rows: {leave: {from: approvals, where: "subject_id = case.order_id and decision = 'granted'"}}
  must: is_satisfied
  unless: [{if: exists(leave), by: P060}]
- id: deferrable
  provision: P002
  title: {zh: 可延期, en: Deferrable}
  cases: {each: deliverables}
  rows: {leave: {from: approvals, where: "subject_id = case.deliverable_id and decision = 'granted'"}}
  when: {due: "if_shown(max(leave.valid_to_on), due_on)", done: submitted_on}
- id: waivable
  provision: P003
  title: {zh: 可放弃, en: Waivable}
  cases: {each: work_orders}
  rows: {leave: {from: approvals, where: "subject_id = case.order_id and decision = 'granted'"}}
  decide:
  - {waived: shown(exists(leave))}
  - {compliant: is_satisfied}
  - {breach: not is_satisfied}
- id: judged
  provision: P004
  title: {zh: 须判断, en: Judged}
  cases: {each: work_orders}
  trigger: is_in_ledger
  judgement: [{if: has_error, why: {zh: 须由人判断, en: A person must say}}]
  must: is_satisfied
- id: decided
  provision: P005
  title: {zh: 逐行, en: Line by line}
  cases: {each: work_orders}
  decide:
  - breach: has_error
    why: {zh: 有错, en: It has an error}
  - breach: not is_satisfied
    why: {zh: 不满意, en: Nobody is satisfied}
  - {compliant: is_resolved and not has_error and is_satisfied}
- id: two-excuses
  provision: P006
  title: {zh: 两种免责, en: Two excuses}
  cases: {each: work_orders}
  must: is_satisfied
  unless: [{if: is_resolved, by: P060}, {if: has_error, by: P061}]
- id: either
  provision: P007
  title: {zh: 两可, en: Either}
  cases: {each: work_orders}
  must: is_satisfied or is_resolved
- id: both
  provision: P008
  title: {zh: 两全, en: Both}
  cases: {each: work_orders}
  must: is_satisfied and is_resolved
- {id: none-must, provision: P009, title: {zh: 无, en: None}, cases: {each: work_orders, where: is_in_ledger}, must: is_satisfied}
- {id: none-must-not, provision: P030, title: {zh: 无, en: None}, cases: {each: work_orders, where: is_in_ledger}, must: is_satisfied}
- {id: none-consequence, provision: P040, title: {zh: 无, en: None}, cases: {each: work_orders, where: is_in_ledger}, arises: is_satisfied}
- {id: none-exemption, provision: P060, title: {zh: 无, en: None}, cases: {each: work_orders, where: is_in_ledger}, arises: is_satisfied}
- {id: none-may, provision: P070, title: {zh: 无, en: None}, cases: {each: work_orders, where: is_in_ledger}, arises: is_satisfied}
- id: none-said
  provision: P010
  title: {zh: 无, en: None}
  cases: {each: work_orders, where: is_in_ledger}
  must: is_satisfied
  none: breach
- id: none-listed
  provision: P011
  title: {zh: 无, en: None}
  cases: {each: work_orders, where: is_in_ledger}
  must: is_satisfied
  none: [{not_due: as_of <= terms.deadline}, {breach: as_of > terms.deadline}]
- id: none-by-rows
  provision: P012
  title: {zh: 无, en: None}
  cases: {each: work_orders, where: is_in_ledger}
  rows: {m: {from: meetings}}
  must: is_satisfied
  none: [{compliant: exists(m)}, {breach: not exists(m)}]
- id: read-two-ways
  provision: P013
  title: {zh: 两种解释, en: Read in two ways}
  cases: {each: deliverables}
  let: {limit: due_on}
  when: {due: limit, done: submitted_on}
  amount: terms.sum
  readings:
    to_the_day: {default: true, text: {zh: 当日, en: That day}}
    a_day_more:
      text: {zh: 次日, en: The day after}
      let: {limit: "add_days(due_on, 1)"}
    dearer:
      text: {zh: 加倍, en: Twice}
      amount: {base: terms.sum, times: terms.two}
- id: fewer-cases
  provision: P014
  title: {zh: 范围, en: Which of them}
  cases: {each: deliverables}
  must: is_verified
  readings:
    each: {default: true, text: {zh: 全部, en: All}}
    reports:
      text: {zh: 仅月报, en: Monthly reports only}
      cases: {each: deliverables, where: "deliverable_type = 'monthly_report'"}
- id: rolled-readings
  provision: P015
  title: {zh: 合并, en: Rolled}
  cases: {each: deliverables}
  must: copies >= 1
  report: rolled
  readings:
    one: {default: true, text: {zh: 一份, en: One}}
    two: {text: {zh: 两份, en: Two}, must: copies >= terms.two}
- {id: follows-contested, provision: P041, title: {zh: 违约金, en: Penalty}, cases: once, follows: {any: [P013]}, effect: penalty}
- {id: gathers-contested, provision: P017, title: {zh: 汇总, en: Together}, worst_of: [P013]}
- id: all-paid
  provision: P016
  title: {zh: 已付, en: Paid}
  cases: {each: payments}
  let: {day: paid_on, announced: due_on}
  must: paid_on is not null
- {id: all-sent, provision: P018, title: {zh: 已发, en: Sent}, cases: {each: notices}, must: sent_at is not null}
"""
TERMS = """\
terms:
  deadline: {value: "2026-06-30", unit: date, clause: "1"}
  sum: {value: "100.00", unit: CNY, clause: "1"}
  two: {value: 2, unit: count, clause: "1"}
"""
N, B, C, J, E, T = "no_evidence", "breach", "compliant", "needs_judgement", "excused", "not_triggered"


@pytest.fixture(scope="module")
def rules(sample):
    return sample(RULES, TERMS)


def order(no="W1", **values):
    return {"order_id": no, "order_type": "service_request", "is_in_ledger": None, "is_resolved": None, "is_satisfied": None,
            "has_error": None, **values}


def leave(subject="W1", **values):
    return {"approval_id": "A1", "subject_type": "data_access", "subject_id": subject, "approver": "party_a", "decision": "granted",
            **values}


def deliverable(no="D1", **values):
    return {"deliverable_id": no, "deliverable_type": "monthly_report", "due_on": "2026-05-29", "submitted_on": None, **values}


# Excuses


@pytest.mark.parametrize(("satisfied", "approvals", "verdict", "missing"), [
    (False, [leave()], E, ()),
    (False, [], B, ()),
    (False, None, B, ("approvals",)),
    (False, [leave("W2")], B, ()),
    (False, [leave(None)], B, ()),  # a blank links to nothing
    (False, [leave(decision="refused")], B, ()),
    (True, [leave()], C, ()),
    (True, None, C, ()),
    (None, [leave()], N, ("work_orders.is_satisfied",)),
])
def test_an_excuse_must_be_shown(rules, satisfied, approvals, verdict, missing):
    tables = {"work_orders": [order(is_satisfied=satisfied)], **({} if approvals is None else {"approvals": approvals})}
    found = rules.one("excusable", AS_OF, tables)
    assert (found.verdict, found.missing) == (verdict, missing)
    assert ("Excused by provision sample-P060." in found.explanation.en) == (verdict == E)


def test_an_excuse_that_was_rejected_as_a_row_is_not_shown(rules):
    tables = {"work_orders": [order(is_satisfied=False)], "approvals": [leave(approver="nobody")]}
    found = rules.one("excusable", AS_OF, tables, bad_rows="reject")
    assert found.verdict == B and found.missing


def test_an_excuse_recorded_after_the_audit_date_is_not_shown(rules):
    tables = {"work_orders": [order(is_satisfied=False)], "approvals": [leave(recorded_on="2026-07-01")]}
    assert rules.verdict("excusable", "2026-06-30", tables) == B
    assert rules.verdict("excusable", "2026-07-01", tables) == E


@pytest.mark.parametrize(("resolved", "error", "by"), [
    (True, True, "P060"), (None, True, "P061"), (False, True, "P061"), (True, None, "P060")])
def test_the_first_excuse_that_is_shown_is_named(rules, resolved, error, by):
    found = rules.one("two-excuses", AS_OF, {"work_orders": [order(is_satisfied=False, is_resolved=resolved, has_error=error)]})
    assert found.verdict == E and f"sample-{by}" in found.explanation.en


@pytest.mark.parametrize(("approvals", "due", "verdict"), [
    ([leave("D1", valid_to_on="2026-06-10")], "2026-06-10", C), ([leave("D1", valid_to_on="2026-06-09")], "2026-06-09", B),
    ([leave("D1", valid_to_on=None)], "2026-05-29", B), ([], "2026-05-29", B), (None, "2026-05-29", B)])
def test_a_deferral_counts_as_far_as_it_is_shown(rules, approvals, due, verdict):
    tables = {"deliverables": [deliverable(submitted_on="2026-06-10")], **({} if approvals is None else {"approvals": approvals})}
    found = rules.one("deferrable", AS_OF, tables)
    assert (found.verdict, found.due) == (verdict, due)


@pytest.mark.parametrize(("satisfied", "approvals", "verdict"), [
    (False, [leave()], "waived"), (True, [leave()], "waived"), (None, [leave()], "waived"), (False, [], B), (False, None, B),
    (True, None, C), (None, [], N)])
def test_a_waiver_must_be_shown(rules, satisfied, approvals, verdict):
    tables = {"work_orders": [order(is_satisfied=satisfied)], **({} if approvals is None else {"approvals": approvals})}
    assert rules.verdict("waivable", AS_OF, tables) == verdict


# The order of the slots, in three-valued logic


@pytest.mark.parametrize(("ledger", "error", "satisfied", "verdict"), [
    (False, None, None, T), (False, True, False, T),
    (True, True, True, J), (True, True, False, J), (True, True, None, J),
    (True, False, True, C), (True, False, False, B), (True, False, None, N),
    (True, None, True, N), (None, False, True, N), (None, False, False, N), (None, None, None, N),
    # What rests on a blank cannot be established: it is passed over on the way to a verdict that clears nobody.
    (True, None, False, B), (None, True, True, J)])
def test_trigger_then_judgement_then_the_test(rules, ledger, error, satisfied, verdict):
    found = rules.one("judged", AS_OF, {"work_orders": [order(is_in_ledger=ledger, has_error=error, is_satisfied=satisfied)]})
    assert found.verdict == verdict
    assert ("A person must say." in found.explanation.en) == (verdict == J)


@pytest.mark.parametrize("column", ["has_error", "is_in_ledger", "is_satisfied"])
def test_a_slot_whose_column_was_not_supplied_may_hold(rules, column):
    row = order(is_in_ledger=True, has_error=False, is_satisfied=False)
    assert rules.verdict("judged", AS_OF, {"work_orders": [row]}) == B
    del row[column]
    found = rules.one("judged", AS_OF, {"work_orders": [row]})
    assert (found.verdict, found.missing) == (N, (f"work_orders.{column}",))


@pytest.mark.parametrize(("error", "satisfied", "resolved", "verdict"), [
    (True, True, True, B), (None, False, None, B), (False, False, True, B), (None, True, True, N), (False, True, True, C),
    (False, None, True, N), (False, True, False, N), (True, None, None, B)])
def test_an_unknown_line_matters_only_where_its_verdict_is_another(rules, error, satisfied, resolved, verdict):
    rows = {"work_orders": [order(has_error=error, is_satisfied=satisfied, is_resolved=resolved)]}
    assert rules.verdict("decided", AS_OF, rows) == verdict


def test_an_unknown_line_of_the_same_verdict_changes_nothing(rules):
    for satisfied, verdict in ((False, B), (True, N)):
        row = {k: v for k, v in order(is_satisfied=satisfied, is_resolved=True).items() if k != "has_error"}
        assert rules.verdict("decided", AS_OF, {"work_orders": [row]}) == verdict


def test_the_reason_is_that_of_the_line_that_holds(rules):
    both = rules.one("decided", AS_OF, {"work_orders": [order(has_error=True, is_satisfied=False)]})
    assert "It has an error." in both.explanation.en and "Nobody is satisfied." not in both.explanation.en


@pytest.mark.parametrize(("satisfied", "resolved", "either", "both"), [
    (True, None, C, N), (None, True, C, N), (False, None, N, B), (None, False, N, B), (None, None, N, N), (True, True, C, C),
    (False, False, B, B), (True, False, C, B)])
def test_and_and_or_know_what_they_can(rules, satisfied, resolved, either, both):
    rows = {"work_orders": [order(is_satisfied=satisfied, is_resolved=resolved)]}
    assert {f.rule: f.verdict for f in rules.ask(["either", "both"], AS_OF, rows)} == {"either": either, "both": both}


# Having no case


NONE = {"none-must": T, "none-must-not": C, "none-consequence": "not_arisen", "none-exemption": "not_arisen", "none-may": "not_arisen",
        "none-said": B, "none-listed": "not_due"}


@pytest.mark.parametrize(("rows", "how", "expected"), [
    ([], {}, NONE), ([order(is_in_ledger=False)], {}, NONE), (None, {}, dict.fromkeys(NONE, N)),
    ([], {"complete": {"work_orders": (None, "2026-06-29")}}, dict.fromkeys(NONE, N)),
    ([], {"complete": {"work_orders": (None, "2026-06-30")}}, NONE),
    ([], {"complete": {"work_orders": ("2026-01-11", None)}}, dict.fromkeys(NONE, N)),
    ([], {"complete": {"work_orders": ("2026-01-10", None)}}, NONE),
    ([order(is_satisfied=True)], {}, dict.fromkeys(NONE, N)),  # it is not known whether this is a case
], ids=["empty", "no such row", "not supplied", "up to yesterday", "up to today", "from the next day", "from signature", "perhaps"])
def test_what_having_no_case_means(rules, rows, how, expected):
    tables = {} if rows is None else {"work_orders": rows}
    columns = {"work_orders": list(order())} if rows is not None else None
    assert {f.rule: f.verdict for f in rules.ask(list(NONE), AS_OF, tables, columns=columns, **how)} == expected


def test_evidence_up_to_the_end_of_the_term_says_nothing_of_later_days(rules):
    for last, verdict in (("2027-01-14", N), ("2027-03-01", C)):
        assert rules.verdict("none-must-not", "2027-03-01", {"work_orders": []}, complete={"work_orders": (None, last)}) == verdict


def test_what_having_no_case_means_may_change_with_the_day_and_the_evidence(rules):
    assert rules.verdict("none-listed", "2026-07-01", {"work_orders": []}) == B
    meeting = {"meeting_id": "M1", "meeting_type": "coordination", "held_on": AS_OF}
    for tables, verdict in (({"meetings": [meeting]}, C), ({"meetings": []}, B), ({}, N)):
        assert rules.verdict("none-by-rows", AS_OF, {"work_orders": [], **tables}) == verdict


# Readings


@pytest.mark.parametrize(("done", "verdict", "others"), [
    ("2026-05-29", C, {}),
    ("2026-05-30", B, {"a_day_more": (C, None), "dearer": (B, "200.00")}),
    ("2026-05-31", B, {"dearer": (B, "200.00")}),
])
def test_a_finding_is_contested_where_another_reading_changes_it(rules, done, verdict, others):
    found = rules.one("read-two-ways", AS_OF, {"deliverables": [deliverable(submitted_on=done)]})
    assert (found.verdict, found.contested) == (verdict, bool(others))
    assert {r.reading: (r.verdict, r.amount and str(r.amount)) for r in found.readings} == others
    assert found.amount is None if verdict == C else str(found.amount) == "100.00"
    assert ("Under another reading (The day after): Kept." in found.explanation.en) == ("a_day_more" in others)


def test_on_the_due_day_another_reading_changes_nothing_yet(rules):
    for as_of, verdict, contested in (("2026-05-29", "not_due", False), ("2026-05-30", B, True), ("2026-05-31", B, True)):
        found = rules.one("read-two-ways", as_of, {"deliverables": [deliverable()]})
        assert (found.verdict, found.contested) == (verdict, contested), as_of
    assert [r.verdict for r in rules.one("read-two-ways", "2026-05-30", {"deliverables": [deliverable()]}).readings] == ["not_due", B]


def test_a_reading_under_which_there_is_no_such_case(rules):
    rows = [deliverable("D1", is_verified=False), deliverable("D2", deliverable_type="data_analysis_monthly", is_verified=False)]
    first, second = rules.ask("fewer-cases", AS_OF, {"deliverables": rows})
    assert (first.subject, first.verdict, first.contested) == ("D1", B, False)
    assert (second.subject, second.verdict, [r.verdict for r in second.readings]) == ("D2", B, [T])


def test_cases_in_one_finding_are_contested_where_one_of_them_is(rules):
    rows = [deliverable("D1", copies=2), deliverable("D2", copies=1)]
    for order_of_rows in (rows, [*reversed(rows)]):
        found = rules.one("rolled-readings", AS_OF, {"deliverables": order_of_rows})
        assert (found.verdict, found.contested, [r.verdict for r in found.readings]) == (C, True, [B])


@pytest.mark.parametrize(("rule", "verdict"), [("follows-contested", "arisen"), ("gathers-contested", B)])
def test_what_rests_on_a_contested_breach_is_contested(rules, rule, verdict):
    """The day after, which another reading allows; and two days after, which none does."""
    for done, contested in (("2026-05-30", True), ("2026-05-31", False)):
        found = {f.rule: f for f in rules.ask(["read-two-ways", rule], AS_OF, {"deliverables": [deliverable(submitted_on=done)]})}
        assert (found[rule].verdict, found[rule].contested) == (verdict, contested)


# Rows and days after the audit date


def payment(no, **values):
    return {"payment_no": no, "purpose": "instalment", "payer": "party_a", "amount": "1.00", "paid_on": None, "due_on": None,
            "recorded_on": None, **values}


def seen(rules, as_of, *rows):
    found = rules.ask("all-paid", as_of, {"payments": rows})
    return {f.subject: (f.measures["day"], f.measures["announced"]) for f in found if f.subject}


def test_a_row_recorded_or_happening_later_is_not_used(rules):
    row = payment("Z1", paid_on="2026-06-30")
    assert seen(rules, "2026-06-30", row) == {"Z1": ("2026-06-30", None)}
    assert seen(rules, "2026-06-29", row) == {}
    assert seen(rules, "2026-06-30", row, payment("Z2", paid_on="2026-07-01")) == {"Z1": ("2026-06-30", None)}
    recorded = payment("Z1", paid_on="2026-05-01", recorded_on="2026-06-30")
    later = payment("Z2", paid_on="2026-05-01", recorded_on="2026-07-01")
    assert seen(rules, "2026-06-30", recorded, later) == {"Z1": ("2026-05-01", None)}
    assert seen(rules, "2026-06-30", recorded) == {"Z1": ("2026-05-01", None)}
    assert seen(rules, "2026-06-29", recorded) == {}


def test_a_moment_late_on_the_audit_date_has_happened(rules):
    row = {"notice_id": "N", "notice_type": "other", "sent_at": "2026-06-30 23:59:59"}
    assert [f.verdict for f in rules.ask("all-sent", "2026-06-30", {"notices": [row]})] == [C]
    assert [f.verdict for f in rules.ask("all-sent", "2026-06-29", {"notices": [row]})] == [T]


def test_a_date_set_in_advance_is_read_and_keeps_no_row(rules):
    assert seen(rules, "2026-06-29", payment("Z1", due_on="2026-12-31")) == {"Z1": (None, "2026-12-31")}
    assert seen(rules, "2026-06-29", payment("Z1", due_on="2026-01-31", paid_on="2026-06-30")) == {}


def test_a_later_event_of_a_row_that_is_used_is_read_as_blank(rules):
    rows = [deliverable("D1", requested_on="2026-05-01", submitted_on="2026-05-29"), deliverable("D2", requested_on="2026-05-29")]
    found = {f.subject: (f.verdict, f.done) for f in rules.ask("deferrable", "2026-05-28", {"deliverables": rows, "approvals": []})}
    assert found == {"D1": ("not_due", None)}
    rows.append(deliverable("D3", requested_on="2026-05-01", submitted_on="2026-05-30"))
    found = {f.subject: (f.verdict, f.done) for f in rules.ask("deferrable", "2026-05-29", {"deliverables": rows, "approvals": []})}
    assert found == {"D1": (C, "2026-05-29"), "D2": ("not_due", None), "D3": ("not_due", None)}
