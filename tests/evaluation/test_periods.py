"""The periods of `every`: what they are called, where they begin and end, and which of them the evidence covers."""

from __future__ import annotations

import pytest

# The service of the sample contract runs from Thursday, 15 January 2026 to 14 January 2027.
PERIODS = {
    "calendar-month": ("month", "calendar", ""), "calendar-quarter": ("quarter", "calendar", ""),
    "calendar-half": ("half_year", "calendar", ""), "calendar-year": ("year", "calendar", ""),
    "week": ("week", "calendar", ""), "day": ("day", "calendar", ""),
    "term-month": ("month", "service", ""), "term-quarter": ("quarter", "service", ""), "term-half": ("half_year", "service", ""),
    "term-year": ("year", "service", ""),
    "own": ("month", "service", ", from: contract.signed_on, to: terms.last"), "future": ("month", "calendar", ", future: true"),
    "none": ("month", "calendar", ", from: terms.last, to: contract.signed_on"),
}
RULE = """\
- id: {name}
  provision: P001
  title: {{zh: 每期, en: Every period}}
  cases: {{every: {period}, of: {of}{more}}}
  let: {{first: start, last: end, n: no}}
  must: n > 0
"""
COUNTED = """\
- id: monthly
  provision: P002
  title: {zh: 每月检查, en: Checked every month}
  cases: {every: month, of: calendar}
  rows: {r: {from: inspections, where: "inspected_on between case.start and case.end"}}
  let: {n: count(r), last_day: end}
  decide:
  - {compliant: n >= 1}
  - {not_due: n < 1 and as_of <= last_day}
  - {breach: n < 1 and as_of > last_day}
- id: never
  provision: P030
  title: {zh: 每月不得, en: Never in a month}
  cases: {every: month, of: calendar}
  rows: {r: {from: inspections, where: "inspected_on between case.start and case.end"}}
  let: {n: count(r)}
  must: n = 0
- id: daily
  provision: P003
  title: {zh: 每日, en: Every day}
  cases: {every: day, of: calendar}
  rows: {r: {from: inspections, where: "inspected_on = case.start"}}
  let: {n: count(r)}
  must: n >= 1
  report: rolled
"""
TERMS = """\
terms:
  last: {value: "2026-03-20", unit: date, clause: "1"}
"""


@pytest.fixture(scope="module")
def periods(sample):
    rules = "".join(RULE.format(name=n, period=p, of=of, more=more) for n, (p, of, more) in PERIODS.items())
    return sample("rules:\n" + rules + COUNTED, TERMS)


def listed(periods, rule, as_of="2027-12-31"):
    return [(f.subject, f.measures["first"], f.measures["last"]) for f in periods.ask(rule, as_of, {})]


@pytest.mark.parametrize(("rule", "number", "first", "last"), [
    ("calendar-month", 13, ("2026-01", "2026-01-15", "2026-01-31"), ("2027-01", "2027-01-01", "2027-01-14")),
    ("calendar-quarter", 5, ("2026-Q1", "2026-01-15", "2026-03-31"), ("2027-Q1", "2027-01-01", "2027-01-14")),
    ("calendar-half", 3, ("2026-H1", "2026-01-15", "2026-06-30"), ("2027-H1", "2027-01-01", "2027-01-14")),
    ("calendar-year", 2, ("2026", "2026-01-15", "2026-12-31"), ("2027", "2027-01-01", "2027-01-14")),
    ("week", 53, ("2026-W03", "2026-01-15", "2026-01-18"), ("2027-W02", "2027-01-11", "2027-01-14")),
    ("day", 365, ("2026-01-15", "2026-01-15", "2026-01-15"), ("2027-01-14", "2027-01-14", "2027-01-14")),
    ("term-month", 12, ("term-M01", "2026-01-15", "2026-02-14"), ("term-M12", "2026-12-15", "2027-01-14")),
    ("term-quarter", 4, ("term-Q1", "2026-01-15", "2026-04-14"), ("term-Q4", "2026-10-15", "2027-01-14")),
    ("term-half", 2, ("term-H1", "2026-01-15", "2026-07-14"), ("term-H2", "2026-07-15", "2027-01-14")),
    ("term-year", 1, ("term-Y1", "2026-01-15", "2027-01-14"), ("term-Y1", "2026-01-15", "2027-01-14")),
    ("own", 3, ("term-M01", "2026-01-10", "2026-02-09"), ("term-M03", "2026-03-10", "2026-03-20")),
])
def test_periods_are_clipped_to_their_window(periods, rule, number, first, last):
    found = listed(periods, rule)
    assert (len(found), found[0], found[-1]) == (number, first, last)


def test_the_week_of_the_end_of_the_year_has_its_iso_name(periods):
    assert ("2026-W53", "2026-12-28", "2027-01-03") in listed(periods, "week")


@pytest.mark.parametrize(("as_of", "months", "terms"), [
    ("2026-01-14", [None], [None]),
    ("2026-01-15", ["2026-01"], ["term-M01"]),
    ("2026-01-31", ["2026-01"], ["term-M01"]),
    ("2026-02-01", ["2026-01", "2026-02"], ["term-M01"]),
    ("2026-02-15", ["2026-01", "2026-02"], ["term-M01", "term-M02"]),
])
def test_only_periods_that_have_begun_are_asked_about(periods, as_of, months, terms):
    for rule, subjects in (("calendar-month", months), ("term-month", terms)):
        found = periods.ask(rule, as_of, {})
        assert [f.subject for f in found] == subjects
        assert {f.verdict for f in found} == ({"not_triggered"} if subjects == [None] else {"compliant"})


def test_future_periods_are_asked_about_where_the_rule_says_so(periods):
    assert len(periods.ask("future", "2026-01-01", {})) == 13


def test_a_window_that_ends_before_it_begins_has_no_period(periods):
    assert periods.verdict("none", "2026-12-31", {}) == "not_triggered"


def inspections(*days):
    return {"inspections": [{"inspection_id": f"I{i}", "inspection_type": "sampling", "inspected_on": d} for i, d in enumerate(days)]}


def monthly(periods, rule, as_of, tables, **how):
    return {f.subject: f.verdict for f in periods.ask(rule, as_of, tables, **how)}


def test_the_first_and_the_last_day_belong_to_a_period(periods):
    days = ("2026-01-15", "2026-02-28", "2026-03-01", "2026-04-30")
    assert monthly(periods, "monthly", "2026-05-31", inspections(*days)) == {
        "2026-01": "compliant", "2026-02": "compliant", "2026-03": "compliant", "2026-04": "compliant", "2026-05": "not_due"}
    assert monthly(periods, "monthly", "2026-06-01", inspections(*days))["2026-05"] == "breach"


def test_a_day_before_the_term_does_not_count_for_the_first_month(periods):
    assert monthly(periods, "monthly", "2026-02-01", inspections("2026-01-14")) == {"2026-01": "breach", "2026-02": "not_due"}


def test_a_table_of_part_of_the_time_is_whole_for_the_periods_inside_it(periods):
    part = {"inspections": ("2026-02-01", "2026-03-31")}
    days = ("2026-03-10", "2026-04-02")
    assert monthly(periods, "monthly", "2026-06-01", inspections(*days), complete=part) == {
        "2026-01": "no_evidence", "2026-02": "breach", "2026-03": "compliant", "2026-04": "compliant", "2026-05": "no_evidence",
        "2026-06": "no_evidence"}
    assert monthly(periods, "never", "2026-06-01", inspections(*days), complete=part) == {
        "2026-01": "no_evidence", "2026-02": "compliant", "2026-03": "breach", "2026-04": "breach", "2026-05": "no_evidence",
        "2026-06": "no_evidence"}


@pytest.mark.parametrize(("last", "verdict"), [("2026-03-30", "no_evidence"), ("2026-03-31", "breach")])
def test_a_table_must_cover_the_last_day_of_a_period(periods, last, verdict):
    assert monthly(periods, "monthly", "2026-06-01", inspections(), complete={"inspections": (None, last)})["2026-03"] == verdict


@pytest.mark.parametrize(("first", "verdict"), [("2026-01-15", "breach"), ("2026-01-16", "no_evidence")])
def test_a_table_must_cover_the_first_day_of_a_period(periods, first, verdict):
    assert monthly(periods, "monthly", "2026-06-01", inspections(), complete={"inspections": (first, None)})["2026-01"] == verdict


def test_of_a_running_period_only_what_has_passed_must_be_covered(periods):
    part = {"inspections": ("2026-02-01", "2026-03-10")}
    assert monthly(periods, "never", "2026-03-10", inspections(), complete=part)["2026-03"] == "compliant"
    assert monthly(periods, "never", "2026-03-11", inspections(), complete=part)["2026-03"] == "no_evidence"


@pytest.mark.parametrize("tables", [inspections(), {}])
def test_before_the_first_period_even_a_prohibition_is_not_kept_yet(periods, tables):
    assert periods.verdict("never", "2026-01-14", tables) == "not_triggered"


def test_a_row_without_its_day_may_belong_to_any_period(periods):
    found = monthly(periods, "monthly", "2026-03-31", inspections("2026-02-10", None))
    assert found == {"2026-01": "no_evidence", "2026-02": "compliant", "2026-03": "no_evidence"}
    assert monthly(periods, "never", "2026-03-31", inspections("2026-02-10", None)) == {
        "2026-01": "no_evidence", "2026-02": "breach", "2026-03": "no_evidence"}


def test_all_days_in_one_finding_are_as_bad_as_the_worst(periods):
    every = [f"2026-01-{d}" for d in range(15, 20)]
    kept = periods.one("daily", "2026-01-19", inspections(*every))
    assert (kept.subject, kept.verdict, kept.count) == (None, "compliant", 5)
    broken = periods.one("daily", "2026-01-19", inspections(*every[1:4]))
    assert (broken.verdict, broken.count, broken.measures["breach"]) == ("breach", 5, "2026-01-15, 2026-01-19")
