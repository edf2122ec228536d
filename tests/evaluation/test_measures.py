"""What is counted, summed and compared: exactly where the evidence is whole, by bounds where rows may be missing or are unclear."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

FIRST, LATER = "2026-03-02", "2026-04-01"
# A condition on the payments of the first instalment, and its verdict in each state of the evidence (STATES, in their order).
N, B, C = "no_evidence", "breach", "compliant"
CONDITIONS = {
    "exists(r)":                                 (N, B, N, C, N, C, B, C, N, C),
    "not exists(r)":                             (N, C, N, B, N, B, C, B, N, B),
    "count(r) >= 1":                             (N, B, N, C, N, C, B, C, N, C),
    "count(r) = 1":                              (N, B, N, C, N, N, B, N, N, N),
    "count(r) <= 1":                             (N, C, N, C, C, N, C, N, C, N),
    "count(r) < 1":                              (N, C, N, B, N, B, C, B, N, B),
    "count(r) <> 1":                             (N, C, N, B, N, N, C, N, N, N),
    "sum(r.amount) >= terms.hundred":            (N, B, N, C, N, C, B, C, N, C),
    "sum(r.amount) > terms.hundred":             (N, B, N, B, B, N, B, N, B, N),
    "sum(r.amount) <= terms.hundred":            (N, C, N, C, C, N, C, N, C, N),
    "sum(r.amount) = terms.hundred":             (N, B, N, C, N, N, B, N, N, N),
    "sum(r.amount - r.payable_amount) >= 0":     (N, C, N, C, C, C, C, N, C, C),
    "max(r.paid_on) <= terms.first":             (N, N, N, C, N, N, N, N, N, N),
    "max(r.paid_on) > terms.first":              (N, N, N, B, N, N, N, N, N, N),
    "max(r.paid_on) >= terms.first":             (N, N, N, C, N, C, N, C, N, C),
    "min(r.paid_on) <= terms.first":             (N, N, N, C, N, C, N, C, N, C),
    "min(r.paid_on) >= terms.first":             (N, N, N, C, N, C, N, N, N, C),
    "max(r.paid_on) is null":                    (N, C, N, B, N, B, C, B, N, B),
    "count_distinct(r.payee_name) <= 1":         (N, C, N, C, C, N, C, N, C, N),
    "count_distinct(r.payee_name) >= 1":         (N, B, N, C, N, C, B, C, N, C),
    "the(r.payee_name) = 'north'":               (N, N, N, C, N, N, N, N, N, N),
    "longest_run(r.paid_on) >= 1":               (N, B, N, C, N, C, B, C, N, C),
    "longest_run(r.paid_on) < 1":                (N, C, N, B, N, B, C, B, N, B),
    "longest_run(r.paid_on) <= 1":               (N, C, N, C, C, C, C, N, C, C),
    "exists(r) or terms.hundred > 0":            (C, C, C, C, C, C, C, C, C, C),
    "exists(r) and terms.hundred < 0":           (B, B, B, B, B, B, B, B, B, B),
    "shown(exists(r))":                          (B, B, B, C, B, C, B, C, B, C),
    "not shown(exists(r))":                      (C, C, C, B, C, B, C, B, C, B),
    "if_shown(max(r.paid_on), terms.later) > terms.first": (C, C, C, B, C, N, C, N, C, N),
    "coalesce(max(r.paid_on), terms.later) > terms.first": (N, C, N, B, N, N, C, N, N, N),
}
TERMS = f"""\
terms:
  hundred: {{value: "100.00", unit: CNY, clause: "1"}}
  first: {{value: "{FIRST}", unit: date, clause: "1"}}
  later: {{value: "{LATER}", unit: date, clause: "1"}}
  rate: {{value: "0.95", unit: ratio, clause: "1"}}
  few: {{value: "0.0003", unit: ratio, clause: "1"}}
  nearly: {{value: "0.30", unit: CNY, clause: "1"}}
  three: {{value: 3, unit: count, clause: "1"}}
"""


def payment(no, **values):
    return {"payment_no": no, "purpose": "instalment", "payer": "party_a", "instalment_no": 1, "amount": "100.00",
            "payable_amount": "100.00", "paid_on": FIRST, "payee_name": "north", **values}


ONE, OTHER = payment("Z1"), payment("Z2", instalment_no=2)
MAYBE = payment("Z3", instalment_no=None, paid_on=LATER, payee_name="south")
BAD = payment("Z4", instalment_no="x", paid_on=LATER, payee_name="south")
COLUMNS = {"payments": list(ONE)}
CUT = {"payments": (None, "2026-05-31")}
STATES = {
    "not supplied": ({}, {}),
    "empty": ({"payments": []}, {}),
    "empty, of part of the time": ({"payments": []}, {"complete": CUT}),
    "one": ({"payments": [ONE]}, {}),
    "perhaps one": ({"payments": [MAYBE]}, {}),
    "one and perhaps another": ({"payments": [ONE, MAYBE]}, {}),
    "another only": ({"payments": [OTHER]}, {}),
    "one, of part of the time": ({"payments": [ONE]}, {"complete": CUT}),
    "perhaps a rejected one": ({"payments": [BAD]}, {"bad_rows": "reject"}),
    "one and perhaps a rejected one": ({"payments": [ONE, BAD]}, {"bad_rows": "reject"}),
}


@pytest.fixture(scope="module")
def conditions(sample):
    rule = """\
- id: c{i}
  provision: P001
  title: {{zh: 条件, en: Condition}}
  cases: once
  rows: {{r: {{from: payments, where: "purpose = 'instalment' and instalment_no = 1"}}}}
  must: "{condition}"
"""
    return sample("rules:\n" + "".join(rule.format(i=i, condition=c) for i, c in enumerate(CONDITIONS)), TERMS)


@pytest.mark.parametrize("state", range(len(STATES)), ids=list(STATES))
def test_a_condition_on_rows_decides_only_where_every_possible_evidence_agrees(conditions, state):
    tables, how = list(STATES.values())[state]
    found = {f.rule: f.verdict for f in conditions.ask([f"c{i}" for i in range(len(CONDITIONS))], "2026-12-31", tables,
                                                       columns=COLUMNS if "payments" in tables else None, **how)}
    expected = {c: verdicts[state] for c, verdicts in CONDITIONS.items()}
    assert {c: found[f"c{i}"] for i, c in enumerate(CONDITIONS)} == expected


UNKNOWN = {"not supplied": ({"payments": [{k: v for k, v in ONE.items() if k not in ("paid_on", "payable_amount", "payee_name")}]}, {}),
           "not readable": ({"payments": [payment("Z1", paid_on="soon", payable_amount="much")]}, {"bad_rows": "reject"})}


@pytest.mark.parametrize("state", UNKNOWN)
@pytest.mark.parametrize("condition", [
    "max(r.paid_on) <= terms.first", "min(r.paid_on) >= terms.first", "max(r.paid_on) is null", "sum(r.amount - r.payable_amount) >= 0",
    "the(r.payee_name) = 'north'", "longest_run(r.paid_on) < 1"])
def test_a_value_that_is_not_known_of_a_row_leaves_the_measure_open(conditions, state, condition):
    """Whatever stood there: a blank would be left out, this is not blank."""
    tables, how = UNKNOWN[state]
    if condition == "the(r.payee_name) = 'north'" and state == "not readable":
        tables = {"payments": [{**tables["payments"][0], "instalment_no": "x"}]}
    assert conditions.verdict(f"c{list(CONDITIONS).index(condition)}", "2026-12-31", tables, **how) == N


VALUES = """\
rules:
- id: sums
  provision: P001
  title: {zh: 合计, en: Sums}
  cases: once
  rows: {r: {from: billing_lines}}
  let:
    n: count(r)
    items: count_distinct(r.item)
    amounts: sum(r.amount)
    products: sum(r.quantity * r.unit_price)
    differences: sum(r.amount - r.quantity)
    thousandths: sum(r.amount) * terms.few
  must: amounts = terms.nearly
- id: three-figures
  provision: P009
  title: {zh: 三数之积, en: Product of three}
  cases: once
  rows: {r: {from: billing_lines}}
  let: {volume: sum(r.amount * r.quantity * r.unit_price)}
  must: volume > terms.nearly
- id: rate
  provision: P002
  title: {zh: 比率, en: Rate}
  cases: {each: service_metrics}
  trigger: denominator > 0
  must: numerator >= terms.rate * denominator
- id: turnover
  provision: P003
  title: {zh: 流失, en: Turnover}
  cases: {each: service_metrics}
  trigger: denominator > 0
  must: 100 * numerator < terms.three * denominator
- id: run
  provision: P004
  title: {zh: 连续, en: In a row}
  cases: once
  rows: {r: {from: duty_shifts, where: "not was_present"}}
  let: {days: longest_run(r.duty_on)}
  must: days < terms.three
- id: the-payee
  provision: P005
  title: {zh: 收款人, en: Payee}
  cases: once
  rows: {r: {from: payments, where: "purpose = 'instalment'"}}
  let: {name: the(r.payee_name)}
  must: name = 'north'
- id: paid-by-number
  provision: P006
  title: {zh: 按期次付款, en: Paid by number}
  cases: {each: invoices}
  rows: {paid: {from: payments, where: "instalment_no = case.instalment_no"}}
  let: {total: sum(paid.amount)}
  must: total >= amount
- id: paid-by-named-number
  provision: P010
  title: {zh: 按期次付款, en: Paid by number}
  cases: {each: invoices}
  rows: {paid: {from: payments, where: "instalment_no = case.wanted"}}
  let: {wanted: "instalment_no + 0", total: sum(paid.amount)}
  must: total >= amount
- id: whole
  provision: P007
  title: {zh: 整倍, en: Whole times}
  cases: {each: billing_lines}
  let: {times: "floor_div(quantity, unit_price)"}
  must: times >= 0
- id: by-item
  provision: P008
  title: {zh: 按品名, en: By item}
  cases: {each: billing_lines, by: item, where: "status = 'successful'"}
  rows: {r: {from: billing_lines, where: "item = case.item"}}
  let: {total: sum(r.quantity)}
  must: total < terms.three
"""


@pytest.fixture(scope="module")
def measured(sample):
    return sample(VALUES, TERMS)


def line(no, amount="0.00", quantity="0", price="0", **values):
    return {"line_id": f"L{no}", "item": None, "amount": amount, "quantity": quantity, "unit_price": price, **values}


def sums(measured, lines, **how):
    return measured.one("sums", "2026-12-31", {"billing_lines": lines}, **how)




def test_money_is_added_exactly(measured):
    found = sums(measured, [line(1, "0.10"), line(2, "0.20")])
    assert (found.verdict, found.measures["amounts"]) == ("compliant", "0.30")
    assert sums(measured, [line(1, "0.10"), line(2, "0.21")]).verdict == "breach"
    assert found.measures["thousandths"] == "0.00009"


def test_the_largest_amounts_are_added_to_the_cent(measured):
    lines = [line(i, "9999999999999999.99") for i in range(9)] + [line(9, "0.01")]
    assert sums(measured, lines).measures["amounts"] == str(9 * Decimal("9999999999999999.99") + Decimal("0.01"))


def test_products_of_three_figures_of_ordinary_size_are_exact(measured):
    lines = [line(1, "100000.00", "365", "12.5"), line(2, "0.01", "0.001", "0.00001")]
    found = measured.one("three-figures", "2026-12-31", {"billing_lines": lines})
    assert (found.verdict, found.measures.get("volume")) == ("compliant", "456250000.0000000001")


def test_sums_of_products_agree_with_exact_arithmetic(measured):
    chance = random.Random(7)
    lines = [line(i, f"{chance.randrange(10**8)}.{chance.randrange(100):02}", f"{chance.randrange(10**6)}.{chance.randrange(10**3):03}",
                  f"{chance.randrange(10**6)}.{chance.randrange(10**6):06}") for i in range(300)]
    exact = {"amounts": sum(Decimal(x["amount"]) for x in lines),
             "products": sum(Decimal(x["quantity"]) * Decimal(x["unit_price"]) for x in lines),
             "differences": sum(Decimal(x["amount"]) - Decimal(x["quantity"]) for x in lines)}
    found = sums(measured, lines).measures
    assert {k: Decimal(found[k]) for k in exact} == exact


@pytest.mark.parametrize(("lines", "expected"), [
    ([], {"n": "0", "items": "0", "amounts": "0", "products": "0", "differences": "0"}),
    ([line(1, "5.00"), line(2, None)], {"n": "2", "amounts": "5 … ?", "products": "0", "differences": None}),
    ([line(1, "5.00", "2", "3"), line(2, "1.00", None, "3")], {"amounts": "6", "products": "6 … ?"}),
    ([line(1, item="a"), line(2, item="a"), line(3, item=None)], {"n": "3", "items": "1 … 2"}),
])
def test_a_blank_leaves_a_sum_open_and_not_a_count(measured, lines, expected):
    found = sums(measured, lines, columns={"billing_lines": list(line(1))}).measures
    assert {k: found[k] for k in expected} == expected


def test_what_was_not_supplied_has_no_upper_bound(measured):
    found = measured.one("sums", "2026-12-31", {})
    assert {k: found.measures[k] for k in ("n", "items", "amounts")} == dict.fromkeys(("n", "items", "amounts"), "0 … ?")
    assert (found.verdict, found.missing) == ("no_evidence", ("billing_lines",))


@pytest.mark.parametrize(("numerator", "denominator", "rate", "turnover"), [
    ("95", "100", "compliant", "breach"),  # exactly at the limit
    ("94.999999", "100", "breach", "breach"),
    ("2", "100", "breach", "compliant"),
    ("3", "100", "breach", "breach"),  # below is not at the limit
    ("2.999999", "100", "breach", "compliant"),
    ("19", "20", "compliant", "breach"),
    ("19", "21", "breach", "breach"),
    ("0", "0", "not_triggered", "not_triggered"),
    ("0", "1", "breach", "compliant"),
    (None, "0", "not_triggered", "not_triggered"),
    (None, "100", "no_evidence", "no_evidence"),
    ("100", None, "no_evidence", "no_evidence"),
    (None, None, "no_evidence", "no_evidence"),
])
def test_a_rate_at_its_limit(measured, numerator, denominator, rate, turnover):
    rows = [{"measurement_id": "M", "metric": "availability", "period_start_on": "2026-03-01", "period_end_on": "2026-03-31",
             "numerator": numerator, "denominator": denominator}]
    found = {f.rule: f.verdict for f in measured.ask(["rate", "turnover"], "2026-12-31", {"service_metrics": rows})}
    assert found == {"rate": rate, "turnover": turnover}


@pytest.mark.parametrize(("days", "longest"), [
    ([], "0"), (["2026-03-02"], "1"), (["2026-03-02", "2026-03-03"], "2"), (["2026-03-02", "2026-03-04", "2026-03-06"], "1"),
    (["2026-02-27", "2026-03-02"], "1"), (["2025-12-31", "2026-01-01", "2026-01-03"], "2"),
    (["2026-03-03", "2026-03-02", "2026-03-02", "2026-03-04"], "3")])
def test_days_in_a_row_are_counted_over_the_end_of_a_month_and_once_each(measured, days, longest):
    rows = [{"shift_id": f"S{i}", "duty_on": d, "was_present": False} for i, d in enumerate(days)]
    found = measured.one("run", "2026-12-31", {"duty_shifts": rows})
    assert (found.measures["days"], found.verdict) == (longest, "breach" if longest == "3" else "compliant")


def test_rows_that_contradict_each_other_have_no_one_value(measured):
    def verdict(*names):
        return measured.one("the-payee", "2026-12-31", {"payments": [payment(f"Z{i}", payee_name=n) for i, n in enumerate(names)]}).verdict
    assert verdict("north") == verdict("north", "north") == verdict("north", None) == "compliant"
    assert verdict("south") == verdict("south", "south") == "breach"
    assert verdict("north", "south") == verdict(None) == "no_evidence"


@pytest.mark.parametrize("rule", ["paid-by-number", "paid-by-named-number"])
def test_a_blank_link_belongs_to_nothing_on_the_side_of_the_case_and_of_the_row(measured, rule):
    invoices = [{"invoice_no": f"F{i}", "instalment_no": no, "amount": "100.00"} for i, no in ((1, 1), (2, None))]
    rows = {"invoices": invoices, "payments": [payment("Z1"), payment("Z2", instalment_no=None)]}
    found = {f.subject: (f.verdict, f.measures["total"]) for f in measured.ask(rule, "2026-12-31", rows)}
    assert found == {"F1": ("compliant", "100"), "F2": ("breach", "0")}


def test_a_blank_touches_only_the_case_whose_verdict_it_can_change(measured):
    invoices = [{"invoice_no": f"F{i}", "instalment_no": i, "amount": amount} for i, amount in ((1, "100.00"), (2, "300.00"))]
    paid = [payment("Z1"), payment("Z2", instalment_no=2), payment("Z3", instalment_no="x")]
    found = {f.subject: f.verdict for f in measured.ask("paid-by-number", "2026-12-31", {"invoices": invoices, "payments": paid},
                                                        bad_rows="reject")}
    # What was read with a fault may belong to either; one has enough without it, the other would not have enough with it.
    assert found == {"F1": "compliant", "F2": "breach"}
    invoices[1]["amount"] = "200.00"
    found = {f.subject: f.verdict for f in measured.ask("paid-by-number", "2026-12-31", {"invoices": invoices, "payments": paid},
                                                        bad_rows="reject")}
    assert found == {"F1": "compliant", "F2": "no_evidence"}


def test_a_key_that_occurs_twice_is_a_fault_of_both_rows(measured):
    rows = [payment("Z1"), payment("Z1", amount="50.00")]
    invoices = [{"invoice_no": "F1", "instalment_no": 1, "amount": "50.00"}]
    with pytest.raises(AssertionError, match="evidence-duplicate"):
        measured.ask("paid-by-number", "2026-12-31", {"invoices": invoices, "payments": rows})
    found = measured.one("paid-by-number", "2026-12-31", {"invoices": invoices, "payments": rows}, bad_rows="reject")
    assert found.verdict == "no_evidence"


@pytest.mark.parametrize(("quantity", "by", "times"), [
    ("10", "3", "3"), ("9", "3", "3"), ("8.999999", "3", "2"), ("0.3", "0.1", "3"), ("0", "5", "0"), ("5", "0", None),
    ("100", "0.000001", "100000000")])
def test_whole_times_are_rounded_down_and_nothing_is_divided_by_nothing(measured, quantity, by, times):
    found = measured.one("whole", "2026-12-31", {"billing_lines": [line(1, "0.00", quantity, by)]})
    assert (found.measures["times"], found.verdict) == (times, "no_evidence" if times is None else "compliant")


def test_cases_of_a_value_are_sure_where_one_of_their_rows_is(measured):
    lines = [line(1, item="a", quantity="1", status="successful"), line(2, item="a", quantity="1", status=None),
             line(3, item="b", quantity="1", status=None), line(4, item="c", quantity="1", status="unsuccessful"),
             line(5, item=None, quantity="9", status="successful"), line(6, item="d", quantity="3", status="successful")]
    found = {f.subject: (f.verdict, f.measures["total"]) for f in measured.ask("by-item", "2026-12-31", {"billing_lines": lines})}
    assert found == {"a": ("compliant", "2"), "b": ("no_evidence", "1"), "d": ("breach", "3")}
