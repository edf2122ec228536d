"""Dates and moments that follow from others, and what a deadline makes of them (CONVENTIONS, Time)."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from compliance.calendar.workdays import is_workday, last_published_year, roll, workdays_after, workdays_before
from compliance.evaluation.periods import add_months

# An expression over the day `occurred_on` or the moments of an incident, the day or moment, and what it gives.
DAYS = [
    ("workdays_after(occurred_on, terms.n20)", "2026-07-10", "2026-08-07"),
    ("workdays_after(occurred_on, 1)", "2026-09-30", "2026-10-08"),
    ("workdays_after(occurred_on, 1)", "2025-12-31", "2026-01-04"),  # a Sunday that is worked
    ("workdays_after(occurred_on, 1)", "2026-10-03", "2026-10-08"),  # from a rest day
    ("workdays_after(occurred_on, 0)", "2026-10-03", "2026-10-03"),
    ("workdays_before(occurred_on, 1)", "2026-10-08", "2026-09-30"),
    ("workdays_before(occurred_on, 1)", "2026-10-05", "2026-09-30"),
    ("workdays_before(occurred_on, 2)", "2026-01-05", "2025-12-31"),
    ("days_after(occurred_on, 1)", "2026-03-02", "2026-03-03"),
    ("days_after(occurred_on, 1)", "2026-09-30", "2026-10-08"),
    ("days_after(occurred_on, 1)", "2025-12-31", "2026-01-04"),
    ("days_after(occurred_on, 1)", "2026-10-09", "2026-10-10"),  # a Saturday that is worked
    ("days_before(occurred_on, 2)", "2026-03-02", "2026-02-28"),
    ("days_before(occurred_on, 2)", "2026-10-05", "2026-10-03"),  # backward nothing rolls
    ("days_before(occurred_on, terms.n20)", "2026-01-05", "2025-12-16"),
    ("add_days(occurred_on, 1)", "2026-09-30", "2026-10-01"),
    ("months_after(occurred_on, 1)", "2026-01-31", "2026-02-28"),  # a Saturday that is worked
    ("months_after(occurred_on, 1)", "2025-08-31", "2025-09-30"),
    ("months_after(occurred_on, 1)", "2024-01-31", "2024-02-29"),
    ("months_after(occurred_on, 1)", "2025-12-31", "2026-02-02"),  # 31 January is a Saturday
    ("months_after(occurred_on, terms.n12)", "2024-02-29", "2025-02-28"),
    ("months_before(occurred_on, 1)", "2026-03-31", "2026-02-28"),
    ("months_before(occurred_on, 1)", "2026-01-31", "2025-12-31"),
    ("add_months(occurred_on, 1)", "2025-12-31", "2026-01-31"),
    ("add_months(add_months(occurred_on, 1), 1)", "2026-01-31", "2026-03-28"),
    ("month_end(occurred_on)", "2024-02-01", "2024-02-29"),
    ("month_end(occurred_on)", "2026-12-31", "2026-12-31"),
    ("year(occurred_on)", "2026-12-31", "2026"),
    ("month_no(occurred_on)", "2026-12-31", "12"),
    ("is_workday(occurred_on)", "2026-02-28", "true"),
    ("is_workday(occurred_on)", "2026-10-01", "false"),
    ("days_between(occurred_on, as_of)", "2026-12-30", "1"),
    ("days_between(as_of, occurred_on)", "2026-12-30", "-1"),
    ("days_between(occurred_on, as_of)", "2026-12-31", "0"),
    ("months_between(occurred_on, date '2026-02-28')", "2026-01-31", "1"),
    ("months_between(occurred_on, date '2026-02-27')", "2026-01-31", "0"),
    ("months_between(occurred_on, date '2026-02-28')", "2025-02-28", "12"),
    ("months_between(occurred_on, date '2026-02-27')", "2025-02-28", "11"),
]
MOMENTS = [
    ("hours_after(occurred_at, 2)", "2025-12-31 23:30", "2026-01-01T01:30"),
    ("hours_after(occurred_at, terms.half)", "2026-02-28 23:45", "2026-03-01T00:15"),
    ("hours_after(occurred_at, 2)", "2024-02-28 23:00", "2024-02-29T01:00"),
    ("minutes_after(occurred_at, 1)", "2026-06-30 23:59", "2026-07-01T00:00"),
    ("minutes_after(occurred_at, 1)", "2026-10-01 10:00", "2026-10-01T10:01"),  # rest days count
    ("day(occurred_at)", "2026-06-30 23:59:59", "2026-06-30"),
    ("day(occurred_at)", "2026-06-30 24:00", "2026-07-01"),
    ("workdays_after(occurred_at, 1)", "2026-09-30 23:59", "2026-10-08"),
    ("days_after(occurred_at, 1)", "2026-03-02 00:00", "2026-03-03"),
    ("hours_after(occurred_at, terms.n20)", "2026-03-02", "2026-03-02"),  # known to the day it stays known to the day
    ("minutes_between(occurred_at, timely)", "2025-12-31 23:59:01", "0"),
    ("minutes_between(occurred_at, timely)", "2025-12-31 23:59:00", "1"),
    ("minutes_between(occurred_at, timely)", "2025-12-31", None),
]


@pytest.fixture(scope="module")
def computed(sample):
    """One rule for each expression; its value is the measure v."""
    rule = """\
- id: {name}-{i}
  provision: P001
  title: {{zh: 测算, en: Computed}}
  cases: {{each: {table}}}
  let: {{{more}v: "{expression}"}}
  must: v is not null
"""
    rules = [rule.format(name="d", i=i, table="contract_events", more="", expression=e) for i, (e, *_) in enumerate(DAYS)]
    rules += [rule.format(name="m", i=i, table="incidents", more="timely: registered_at, ", expression=e)
              for i, (e, *_) in enumerate(MOMENTS)]
    terms = """\
terms:
  n20: {value: 20, unit: workday, clause: "1"}
  n12: {value: 12, unit: month, clause: "1"}
  half: {value: "0.5", unit: hour, clause: "1"}
"""
    return sample("rules:\n" + "".join(rules), terms)


def value(computed, rule, day, as_of="2026-12-31"):
    events = [{"event_id": "E", "event_type": "signed", "occurred_on": day}]
    incidents = [{"incident_id": "I", "incident_type": "fault", "occurred_at": day, "registered_at": "2026-01-01 00:00"}]
    tables = {"contract_events": events} if rule.startswith("d") else {"incidents": incidents}
    return computed.one(rule, as_of, tables).measures["v"]


@pytest.mark.parametrize(("i", "expression", "day", "expected"), [(i, *d) for i, d in enumerate(DAYS)])
def test_a_day_that_follows_from_a_day(computed, i, expression, day, expected):
    assert value(computed, f"d-{i}", day) == expected


@pytest.mark.parametrize(("i", "expression", "moment", "expected"), [(i, *m) for i, m in enumerate(MOMENTS)])
def test_what_follows_from_a_moment(computed, i, expression, moment, expected):
    assert value(computed, f"m-{i}", moment) == expected


@pytest.fixture(scope="module")
def counted(sample):
    """Every relative day of a row at once: `item_count` working days, days or months from it."""
    rule = """\
- id: counted
  provision: P001
  title: {zh: 测算, en: Computed}
  cases: {each: deliverables}
  let:
    n: item_count
    work_after: workdays_after(trigger_on, n)
    work_before: workdays_before(trigger_on, n)
    after: days_after(trigger_on, n)
    before: days_before(trigger_on, n)
    months: months_after(trigger_on, n)
    back: months_before(trigger_on, n)
  must: n is not null
"""
    return sample("rules:\n" + rule)


def test_the_engine_counts_as_counting_on_the_fingers_does(counted):
    chance = random.Random(2026)
    first, last = date(2018, 3, 1), date(last_published_year(), 10, 1)
    rows = [{"deliverable_id": f"D{i}", "deliverable_type": "monthly_report", "item_count": chance.randrange(0, 40),
             "trigger_on": first + timedelta(days=chance.randrange((last - first).days))} for i in range(200)]
    found = {f.subject: f.measures for f in counted.ask("counted", "2045-01-01", {"deliverables": rows})}
    for row in rows:
        day, n = row["trigger_on"], row["item_count"]
        expected = {"work_after": workdays_after(day, n), "work_before": workdays_before(day, n), "after": roll(day + timedelta(days=n)),
                    "before": day - timedelta(days=n), "months": roll(add_months(day, n)), "back": add_months(day, -n)}
        assert {k: v for k, v in found[row["deliverable_id"]].items() if k != "n"} == {
            k: d.isoformat() for k, d in expected.items()}, (day, n)
    assert sum(not is_workday(r["trigger_on"]) for r in rows) > 20


DEADLINES = """\
rules:
- id: pay
  provision: P001
  title: {zh: 付款, en: Payment}
  cases: {each: deliverables}
  when: {due: "days_after(trigger_on, terms.ten)", done: submitted_on}
- id: answer
  provision: P002
  title: {zh: 响应, en: Response}
  cases: {each: incidents}
  when: {due: "minutes_after(occurred_at, terms.quarter)", done: responded_at}
- id: printed
  provision: P003
  title: {zh: 定日, en: On a printed date}
  cases: {each: deliverables}
  when: {due: terms.holiday, done: submitted_on}
- id: good-and-on-time
  provision: P004
  title: {zh: 按时且合格, en: On time and good}
  cases: {each: deliverables}
  when: {due: due_on, done: submitted_on}
  must: item_count >= terms.ten
- id: achieved
  provision: P005
  title: {zh: 达到, en: Achieved by}
  cases: {each: deliverables}
  when: {due: due_on}
  must: item_count >= terms.ten
- id: maintained
  provision: P006
  title: {zh: 保持, en: Maintained until}
  cases: {each: deliverables}
  when: {until: due_on}
  must: item_count >= terms.ten
- id: only-reported
  provision: P007
  title: {zh: 只列日期, en: Dates only shown}
  cases: {each: deliverables}
  when: {due: due_on, done: submitted_on, decides: false}
  must: item_count >= terms.ten
- id: triggered
  provision: P008
  title: {zh: 有前提, en: With a trigger}
  cases: {each: deliverables}
  trigger: requested_on is not null
  when: {due: "days_after(requested_on, terms.ten)", done: submitted_on}
- id: shortened
  provision: P009
  title: {zh: 倒数, en: Backward}
  cases: {each: deliverables}
  when: {due: "workdays_before(planned_on, 1)", done: submitted_on}
"""
TERMS = """\
terms:
  ten: {value: 10, unit: day, clause: "1"}
  quarter: {value: 15, unit: minute, clause: "2"}
  holiday: {value: "2026-10-01", unit: date, clause: "3"}
"""


@pytest.fixture(scope="module")
def deadlines(sample):
    return sample(DEADLINES, TERMS)


def deliverable(**values):
    return {"deliverable_id": "D", "deliverable_type": "monthly_report", "trigger_on": None, "requested_on": None, "submitted_on": None,
            "due_on": None, "planned_on": None, "item_count": None, **values}


def on_time(deadlines, rule, as_of, **values):
    return deadlines.one(rule, as_of, {"deliverables": [deliverable(**values)]})


# Ten days after 22 June 2026 is Thursday, 2 July.
@pytest.mark.parametrize(("as_of", "done", "verdict"), [
    ("2026-06-30", None, "not_due"),
    ("2026-07-02", None, "not_due"),  # on the due day itself
    ("2026-07-03", None, "breach"),
    ("2026-07-02", "2026-07-02", "compliant"),
    ("2026-12-31", "2026-07-02", "compliant"),
    ("2026-12-31", "2026-07-03", "breach"),
    ("2026-12-31", "2026-06-22", "compliant"),  # on the day of the event
    ("2026-12-31", "2026-06-01", "compliant"),  # before it
    ("2026-07-02", "2026-07-03", "not_due"),  # done after the audit date: not yet done
    ("2026-07-04", "2026-07-05", "breach"),
])
def test_a_deadline_and_the_audit_date(deadlines, as_of, done, verdict):
    found = on_time(deadlines, "pay", as_of, trigger_on="2026-06-22", submitted_on=done)
    assert (found.verdict, found.due) == (verdict, "2026-07-02")
    assert found.done == (done if done and done <= as_of else None)


@pytest.mark.parametrize("values", [{}, {"submitted_on": "2026-06-01"}], ids=["both blank", "done without a start"])
def test_without_the_day_it_starts_from_a_deadline_is_open(deadlines, values):
    found = on_time(deadlines, "pay", "2026-12-31", **values)
    assert (found.verdict, found.due) == ("no_evidence", None)
    assert "deliverables.trigger_on" in found.missing


@pytest.mark.parametrize("as_of", ["2026-06-25", "2026-07-02", "2026-07-03", "2026-12-31"])
@pytest.mark.parametrize("column", ["submitted_on", "trigger_on"])
def test_a_column_that_was_not_supplied_leaves_the_deadline_open(deadlines, as_of, column):
    row = {"deliverable_id": "D", "deliverable_type": "monthly_report", "trigger_on": "2026-06-22", "submitted_on": "2026-06-24"}
    del row[column]
    found = deadlines.one("pay", as_of, {"deliverables": [row]})
    assert (found.verdict, found.missing) == ("no_evidence", (f"deliverables.{column}",))


@pytest.mark.parametrize(("trigger", "due"), [("2026-09-21", "2026-10-08"), ("2026-09-30", "2026-10-10"), ("2025-12-22", "2026-01-04")])
def test_a_relative_deadline_rolls_to_a_working_day(deadlines, trigger, due):
    kept = on_time(deadlines, "pay", "2026-12-31", trigger_on=trigger, submitted_on=due)
    late = on_time(deadlines, "pay", "2026-12-31", trigger_on=trigger, submitted_on=date.fromisoformat(due) + timedelta(days=1))
    assert (kept.verdict, kept.due, late.verdict) == ("compliant", due, "breach")


def test_a_printed_date_does_not_roll(deadlines):
    assert on_time(deadlines, "printed", "2026-12-31", submitted_on="2026-10-01").verdict == "compliant"
    assert on_time(deadlines, "printed", "2026-12-31", submitted_on="2026-10-02").verdict == "breach"
    assert on_time(deadlines, "printed", "2026-10-01").verdict == "not_due"
    assert on_time(deadlines, "printed", "2026-10-02").verdict == "breach"


def test_counting_backward_starts_on_the_day_before(deadlines):
    assert on_time(deadlines, "shortened", "2026-12-31", planned_on="2026-10-08", submitted_on="2026-09-30").verdict == "compliant"
    assert on_time(deadlines, "shortened", "2026-12-31", planned_on="2026-10-08", submitted_on="2026-10-01").verdict == "breach"


@pytest.mark.parametrize(("done", "as_of", "verdict"), [
    ("2026-01-01 00:05:30", "2026-01-02", "compliant"),  # the last second
    ("2026-01-01 00:05:31", "2026-01-02", "breach"),
    ("2025-12-31 23:50:30", "2026-01-02", "compliant"),
    ("2026-01-01", "2026-01-02", "compliant"),  # known to the day it is compared by the day
    ("2026-01-02", "2026-01-02", "breach"),
    (None, "2025-12-31", "not_due"),
    (None, "2026-01-01", "not_due"),
    (None, "2026-01-02", "breach"),
])
def test_minutes_run_over_midnight_and_the_end_of_the_year(deadlines, done, as_of, verdict):
    rows = [{"incident_id": "I", "incident_type": "fault", "occurred_at": "2025-12-31 23:50:30", "responded_at": done}]
    found = deadlines.one("answer", as_of, {"incidents": rows})
    assert (found.verdict, found.due) == (verdict, "2026-01-01T00:05")


def test_minutes_from_a_moment_known_to_the_day_are_compared_by_the_day(deadlines):
    for done, verdict in (("2026-03-02 23:59", "compliant"), ("2026-03-03 00:00", "breach")):
        rows = [{"incident_id": "I", "incident_type": "fault", "occurred_at": "2026-03-02", "responded_at": done}]
        assert deadlines.one("answer", "2026-12-31", {"incidents": rows}).verdict == verdict


@pytest.mark.parametrize(("done", "count", "as_of", "verdict"), [
    ("2026-06-30", 10, "2026-12-31", "compliant"),
    ("2026-06-30", 9, "2026-12-31", "breach"),
    ("2026-07-01", 10, "2026-12-31", "breach"),
    ("2026-07-01", None, "2026-12-31", "breach"),  # late, whatever else is unknown
    ("2026-06-30", None, "2026-12-31", "no_evidence"),
    (None, 9, "2026-06-30", "not_due"),
    (None, None, "2026-06-30", "not_due"),
    (None, 10, "2026-07-01", "breach"),
])
def test_what_must_hold_when_it_is_done(deadlines, done, count, as_of, verdict):
    assert on_time(deadlines, "good-and-on-time", as_of, due_on="2026-06-30", submitted_on=done, item_count=count).verdict == verdict


@pytest.mark.parametrize(("count", "as_of", "achieved", "maintained", "reported"), [
    (10, "2026-06-29", "compliant", "not_due", "compliant"),
    (10, "2026-06-30", "compliant", "not_due", "compliant"),
    (10, "2026-07-01", "compliant", "compliant", "compliant"),
    (9, "2026-06-29", "not_due", "breach", "breach"),
    (9, "2026-06-30", "not_due", "breach", "breach"),
    (9, "2026-07-01", "breach", "breach", "breach"),
    (None, "2026-06-30", "no_evidence", "no_evidence", "no_evidence"),
    (None, "2026-07-01", "no_evidence", "no_evidence", "no_evidence"),
])
def test_what_is_to_be_achieved_and_what_is_to_be_maintained(deadlines, count, as_of, achieved, maintained, reported):
    rows = {"deliverables": [deliverable(due_on="2026-06-30", item_count=count)]}
    found = {f.rule: f.verdict for f in deadlines.ask(["achieved", "maintained", "only-reported"], as_of, rows)}
    assert found == {"achieved": achieved, "maintained": maintained, "only-reported": reported}


def test_dates_that_are_only_shown_decide_nothing(deadlines):
    found = on_time(deadlines, "only-reported", "2026-12-31", due_on="2026-06-30", submitted_on="2026-08-01", item_count=10)
    assert (found.verdict, found.due, found.done) == ("compliant", "2026-06-30", "2026-08-01")


def test_an_obligation_that_was_not_triggered_is_not_late(deadlines):
    assert on_time(deadlines, "triggered", "2026-12-31").verdict == "not_triggered"
    assert on_time(deadlines, "triggered", "2026-12-31", requested_on="2026-06-22").verdict == "breach"
    # A request after the audit date has not been made yet.
    assert on_time(deadlines, "triggered", "2026-06-21", requested_on="2026-06-22", trigger_on="2026-06-01").verdict == "not_triggered"
    row = {"deliverable_id": "D", "deliverable_type": "monthly_report", "submitted_on": "2026-06-24"}
    assert deadlines.verdict("triggered", "2026-12-31", {"deliverables": [row]}) == "no_evidence"


@pytest.mark.parametrize(("trigger", "due", "provisional"), [
    ("2026-12-11", "2026-12-21", False), ("2026-12-20", "2026-12-30", False), ("2026-12-22", "2027-01-01", True),
    ("2027-03-01", "2027-03-11", True)])
def test_beyond_the_published_calendar_a_result_is_provisional(deadlines, trigger, due, provisional):
    found = on_time(deadlines, "pay", "2027-12-31", trigger_on=trigger, submitted_on=trigger)
    assert (found.verdict, found.due, found.provisional) == ("compliant", due, provisional)
    assert ("provisional" in found.explanation.en.lower()) == provisional


def test_a_printed_date_or_a_moment_is_never_provisional(deadlines):
    rows = [{"incident_id": "I", "incident_type": "fault", "occurred_at": "2027-05-03 10:00", "responded_at": "2027-05-03 10:01"}]
    assert not deadlines.one("answer", "2027-12-31", {"incidents": rows}).provisional
    printed = on_time(deadlines, "good-and-on-time", "2027-12-31", due_on="2027-05-03", submitted_on="2027-05-01", item_count=10)
    assert (printed.verdict, printed.provisional) == ("compliant", False)
