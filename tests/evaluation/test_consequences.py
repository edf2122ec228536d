"""What follows from a verdict, and how much: chains through an audit, amounts with steps, caps and one rounding."""

from __future__ import annotations

from decimal import Decimal

import pytest

AS_OF = "2026-12-31"
RULES = """\
rules:
- id: on-time
  provision: P001
  title: {zh: 按时, en: On time}
  cases: {each: deliverables}
  when: {due: due_on, done: submitted_on}
  link: copies
- id: verified
  provision: P002
  title: {zh: 已核实, en: Verified}
  cases: {each: deliverables}
  must: is_verified
  link: copies
- id: penalty-linked
  provision: P040
  title: {zh: 逐件违约金, en: Penalty for each}
  cases: {each: deliverables}
  let: {days: "days_between(due_on, coalesce(submitted_on, as_of))"}
  follows: {any: [P001], link: subject}
  amount: {base: terms.price, rate: terms.rate, times: days, cap: terms.most, floor: terms.least}
  effect: penalty
  link: copies
- id: any-breach
  provision: P041
  title: {zh: 任一, en: Any}
  cases: once
  follows: {any: [P001, P002]}
  effect: penalty
  amount: terms.price
- {id: every-breach, provision: P042, title: {zh: 全部, en: All}, cases: once, follows: {all: [P001, P002]}, effect: penalty}
- id: sure-breach
  provision: P043
  title: {zh: 确定, en: Sure}
  cases: once
  follows: {any: [P001, P002], undecided: ignored}
  effect: penalty
- {id: termination, provision: P070, title: {zh: 解除, en: Termination}, cases: once, follows: {any: [P041]}, effect: termination}
- id: with-condition
  provision: P044
  title: {zh: 另有条件, en: With a condition}
  cases: once
  rows: {n: {from: notices, where: "sender = 'party_a'"}}
  arises: exists(n)
  follows: {any: [P001]}
  effect: penalty
- id: exempt
  provision: P060
  title: {zh: 免责, en: Exempt}
  cases: {each: force_majeure_events}
  arises: is_agreed
  link: affected_item
  excuses: [P001]
- id: all-of-them
  provision: P003
  title: {zh: 汇总, en: Together}
  worst_of: [P001, P002]
- id: amounts
  provision: P045
  title: {zh: 金额, en: Amounts}
  cases: {each: billing_lines}
  arises: "true"
  amount: {base: amount, rate: quantity, divide: unit_price}
- id: steps
  provision: P046
  title: {zh: 分档, en: Steps}
  cases: {each: billing_lines}
  arises: quantity > 0
  amount:
    base: "case when quantity <= terms.two then terms.price when quantity <= terms.five then terms.most else terms.most + terms.most end"
- id: capped
  provision: P047
  title: {zh: 封顶, en: Capped}
  cases: {each: billing_lines}
  arises: "true"
  amount: {base: amount, cap: terms.most, floor: terms.least}
- id: whole-steps
  provision: P048
  title: {zh: 每满两个, en: Every two}
  cases: {each: billing_lines}
  arises: quantity > 0
  amount: {base: terms.price, times: "floor_div(quantity, terms.two)"}
- id: owed-once
  provision: P049
  title: {zh: 一次, en: Once}
  cases: {each: billing_lines}
  arises: quantity > 0
  amount: terms.price
  once: true
- id: rolled
  provision: P050
  title: {zh: 合并, en: Rolled}
  cases: {each: billing_lines}
  arises: quantity > 0
  amount: {base: amount, rate: terms.rate}
  report: rolled
- id: at-the-price-of-the-day
  provision: P051
  title: {zh: 当日价, en: At the price of the day}
  cases: {each: billing_lines}
  arises: "true"
  amount: {base: "term_at(fee, effective_on)", times: quantity}
"""
TERMS = """\
terms:
  price: {value: "1000.00", unit: CNY, clause: "1"}
  rate: {value: "0.005", unit: ratio, clause: "1"}
  most: {value: "100.00", unit: CNY, clause: "1"}
  least: {value: "10.00", unit: CNY, clause: "1"}
  two: {value: 2, unit: count, clause: "1"}
  five: {value: 5, unit: count, clause: "1"}
  fee:
    unit: CNY
    clause: "1"
    values: [{value: "100.00"}, {from: 2026-09-01, value: "120.00", clause: "2"}, {from: 2026-11-01, value: "90.00", clause: "3"}]
"""
CHAIN = ("on-time", "verified", "penalty-linked", "any-breach", "every-breach", "sure-breach", "termination", "exempt", "all-of-them")


@pytest.fixture(scope="module")
def rules(sample):
    return sample(RULES, TERMS)


def deliverable(no, done="2026-06-30", verified=True, **values):
    return {"deliverable_id": f"D{no}", "deliverable_type": "monthly_report", "due_on": "2026-06-30", "submitted_on": done, "copies": no,
            "is_verified": verified, **values}


def chained(rules, *rows, **tables):
    found = rules.ask(CHAIN, AS_OF, {"deliverables": rows, "force_majeure_events": [], **tables})
    return {(f.rule, f.subject) if f.subject else f.rule: f for f in found}


def verdicts(found):
    return {k: f.verdict for k, f in found.items() if not isinstance(k, tuple)}


def test_nothing_follows_where_everything_was_kept(rules):
    found = chained(rules, deliverable(1), deliverable(2))
    assert verdicts(found) == {"any-breach": "not_arisen", "every-breach": "not_arisen", "sure-breach": "not_arisen",
                               "termination": "not_arisen", "exempt": "not_arisen", "all-of-them": "compliant"}
    assert {f.verdict for k, f in found.items() if k[0] == "penalty-linked"} == {"not_arisen"}
    assert all(f.amount is None and f.because == () for k, f in found.items())


def test_a_penalty_follows_the_breach_it_is_linked_to(rules):
    found = chained(rules, deliverable(1, "2026-07-04"), deliverable(2))
    first, second = found["penalty-linked", "D1"], found["penalty-linked", "D2"]
    assert (first.verdict, first.amount, first.because) == ("arisen", Decimal("20.00"), ("on-time/D1",))
    assert (second.verdict, second.amount, second.because) == ("not_arisen", None, ())
    assert verdicts(found) == {"any-breach": "arisen", "every-breach": "not_arisen", "sure-breach": "arisen", "termination": "arisen",
                               "exempt": "not_arisen", "all-of-them": "breach"}
    assert found["termination"].because == ("any-breach",)


def test_all_needs_each_and_any_names_each(rules):
    found = chained(rules, deliverable(1, "2026-07-04"), deliverable(2, verified=False))
    assert found["every-breach"].verdict == "arisen"
    assert set(found["any-breach"].because) == {"on-time/D1", "verified/D2"}


@pytest.mark.parametrize("row", [deliverable(1, due_on=None), deliverable(1, verified=None)], ids=["no due day", "unknown"])
def test_nothing_certain_follows_from_what_is_undecided(rules, row):
    found = chained(rules, row)
    assert verdicts(found) == {"any-breach": "no_evidence", "every-breach": "not_arisen", "sure-breach": "not_arisen",
                               "termination": "no_evidence", "exempt": "not_arisen", "all-of-them": "no_evidence"}
    assert found["any-breach"].amount is None


def test_a_breach_beside_what_is_undecided_is_enough_for_any_and_not_for_all(rules):
    found = chained(rules, deliverable(1, "2026-07-04"), deliverable(2, verified=None))
    assert verdicts(found) == {"any-breach": "arisen", "every-breach": "no_evidence", "sure-breach": "arisen", "termination": "arisen",
                               "exempt": "not_arisen", "all-of-them": "breach"}


def test_what_is_not_yet_due_is_no_source(rules):
    tables = {"deliverables": [deliverable(1, None, None, trigger_on="2026-06-01")], "force_majeure_events": []}
    found = {f.rule: f.verdict for f in rules.ask(CHAIN, "2026-06-30", tables)}
    assert (found["on-time"], found["penalty-linked"], found["sure-breach"]) == ("not_due", "not_arisen", "not_arisen")


def test_where_the_table_was_not_supplied_all_is_open(rules):
    found = {f.rule: f.verdict for f in rules.ask(CHAIN, AS_OF, {})}
    assert found == {r: "not_arisen" if r == "sure-breach" else "no_evidence" for r in CHAIN}


def event(item, **values):
    return {"event_id": f"F{item}", "cause": "power_outage", "started_on": "2026-06-20", "affected_item": item, "is_agreed": True, **values}


def test_an_exemption_excuses_the_breach_with_its_link_and_what_follows_falls_away(rules):
    rows = deliverable(1, "2026-07-04"), deliverable(2, "2026-07-04")
    found = chained(rules, *rows, force_majeure_events=[event("1")])
    assert {k[1]: f.verdict for k, f in found.items() if k[0] == "on-time"} == {"D1": "excused", "D2": "breach"}
    assert {k[1]: (f.verdict, f.amount) for k, f in found.items() if k[0] == "penalty-linked"} == {
        "D1": ("not_arisen", None), "D2": ("arisen", Decimal("20.00"))}
    assert "Excused by provision sample-P060." in found["on-time", "D1"].explanation.en
    alone = chained(rules, rows[0], force_majeure_events=[event("1")])
    assert verdicts(alone) == {"any-breach": "not_arisen", "every-breach": "not_arisen", "sure-breach": "not_arisen",
                               "termination": "not_arisen", "all-of-them": "excused"}


@pytest.mark.parametrize("events", [[event("2")], [event(None)], [event("1", is_agreed=False)], [event("1", is_agreed=None)], []])
def test_an_exemption_of_something_else_or_not_shown_excuses_nothing(rules, events):
    found = chained(rules, deliverable(1, "2026-07-04"), force_majeure_events=events)
    assert (found["on-time", "D1"].verdict, found["penalty-linked", "D1"].verdict) == ("breach", "arisen")


@pytest.mark.parametrize(("done", "notices", "verdict"), [
    ("2026-07-04", [{"notice_id": "N", "notice_type": "other", "sender": "party_a"}], "arisen"), ("2026-07-04", [], "not_arisen"),
    ("2026-06-30", [{"notice_id": "N", "notice_type": "other", "sender": "party_a"}], "not_arisen"), ("2026-07-04", None, "no_evidence"),
    ("2026-06-30", None, "not_arisen")])
def test_a_condition_and_a_breach_must_both_hold(rules, done, notices, verdict):
    tables = {"deliverables": [deliverable(1, done)], **({} if notices is None else {"notices": notices})}
    found = {f.rule: f.verdict for f in rules.ask(["on-time", "with-condition"], AS_OF, tables)}
    assert found["with-condition"] == verdict


# Amounts


def line(no=1, amount="0.00", quantity="1", price="1", **values):
    return {"line_id": f"L{no}", "amount": amount, "quantity": quantity, "unit_price": price, **values}


def amount(rules, rule, **values):
    found = rules.one(rule, AS_OF, {"billing_lines": [line(**values)]})
    return found.verdict, None if found.amount is None else str(found.amount)


@pytest.mark.parametrize(("late", "expected"), [(1, "10.00"), (2, "10.00"), (3, "15.00"), (19, "95.00"), (20, "100.00"), (21, "100.00")])
def test_a_penalty_by_the_day_stays_between_its_least_and_its_most(rules, late, expected):
    found = chained(rules, deliverable(1, f"2026-07-{late:02}"))["penalty-linked", "D1"]
    assert str(found.amount) == expected
    assert ("→" in found.computation) == (late in (1, 21))


@pytest.mark.parametrize(("values", "expected"), [
    ({"amount": "0.01", "quantity": "0.5"}, "0.01"),  # half a cent is rounded up
    ({"amount": "0.01", "quantity": "0.499999"}, "0.00"),
    ({"amount": "0.03", "quantity": "0.5"}, "0.02"),  # up, not to the even cent
    ({"amount": "100.00", "price": "3"}, "33.33"),
    ({"amount": "200.00", "price": "3"}, "66.67"),
    ({"amount": "0.05", "quantity": "0.1", "price": "0.1"}, "0.05"),  # not rounded on the way
    ({"amount": "9999999999999999.99", "price": "1"}, "9999999999999999.99"),
    ({"amount": "100.00", "price": "0"}, None),
    ({"amount": None}, None),
    ({"quantity": None, "amount": "5.00"}, None),
])
def test_an_amount_is_rounded_once_and_unknown_where_a_part_is(rules, values, expected):
    assert amount(rules, "amounts", **values) == ("arisen", expected)


@pytest.mark.parametrize(("paid", "expected"), [
    ("9.99", "10.00"), ("10.00", "10.00"), ("10.01", "10.01"), ("99.99", "99.99"), ("100.00", "100.00"), ("100.01", "100.00")])
def test_cap_and_floor_are_inclusive(rules, paid, expected):
    assert amount(rules, "capped", amount=paid) == ("arisen", expected)


@pytest.mark.parametrize(("quantity", "step", "whole"), [
    ("0", None, None), ("0.000001", "1000.00", "0.00"), ("2", "1000.00", "1000.00"), ("2.000001", "100.00", "1000.00"),
    ("3.999999", "100.00", "1000.00"), ("4", "100.00", "2000.00"), ("5", "100.00", "2000.00"), ("5.000001", "200.00", "2000.00")])
def test_steps_change_exactly_at_their_limits(rules, quantity, step, whole):
    verdict = "arisen" if step else "not_arisen"
    assert amount(rules, "steps", quantity=quantity) == (verdict, step)
    assert amount(rules, "whole-steps", quantity=quantity) == (verdict, whole)


def test_an_unknown_step_is_no_amount(rules):
    assert amount(rules, "steps", quantity=None) == ("no_evidence", None)


@pytest.mark.parametrize(("day", "expected"), [
    ("2026-08-31", "300.00"), ("2026-09-01", "360.00"), ("2026-10-31", "360.00"), ("2026-11-01", "270.00"), (None, None)])
def test_a_figure_that_was_changed_counts_from_its_day(rules, day, expected):
    assert amount(rules, "at-the-price-of-the-day", quantity="3", effective_on=day) == ("arisen", expected)


def test_what_is_owed_once_is_carried_by_the_first_that_arises(rules):
    rows = [line(1, quantity="0"), line(2), line(3)]
    found = {f.subject: (f.verdict, f.amount and str(f.amount)) for f in rules.ask("owed-once", AS_OF, {"billing_lines": rows})}
    assert found == {"L1": ("not_arisen", None), "L2": ("arisen", "1000.00"), "L3": ("arisen", None)}


def test_amounts_in_one_finding_are_added_after_each_was_rounded(rules):
    rows = [line(1, "1.00"), line(2, "1.00"), line(3, "5.00", quantity="0")]
    found = rules.one("rolled", AS_OF, {"billing_lines": rows})
    assert (found.verdict, str(found.amount), found.subject) == ("arisen", "0.02", None)  # half a cent each, each of them owed
    open_case = rules.one("rolled", AS_OF, {"billing_lines": [*rows, line(4, "1.00", quantity=None)]})
    assert (open_case.verdict, open_case.amount) == ("no_evidence", None)
