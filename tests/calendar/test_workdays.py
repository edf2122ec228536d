"""The pinned calendar is that of the State Council notices, and deadlines are counted by the Civil Code."""

from datetime import date, timedelta

import chinese_calendar
import pytest

from compliance.calendar.workdays import calendar_days, last_published_year, roll, workdays_after, workdays_before


def test_every_published_day_agrees_with_an_independent_source():
    days = {d.day: d for d in calendar_days()}
    day = date(2018, 1, 1)
    while day.year <= last_published_year():
        assert days[day].is_workday == chinese_calendar.is_workday(day), day
        assert not days[day].provisional
        day += timedelta(days=1)


def test_a_year_without_a_notice_is_provisional():
    days = {d.day: d for d in calendar_days()}
    assert days[date(last_published_year() + 1, 1, 4)].provisional
    assert days[date(2017, 12, 29)].provisional


@pytest.mark.parametrize(("start", "n", "end"), [
    (date(2026, 7, 10), 20, date(2026, 8, 7)),
    (date(2026, 2, 13), 10, date(2026, 3, 5)),  # over the Spring Festival with its working weekend days
    (date(2026, 9, 30), 1, date(2026, 10, 8)),
])
def test_working_days_after(start, n, end):
    assert workdays_after(start, n) == end


def test_working_days_before_do_not_count_the_day_itself():
    assert workdays_before(date(2026, 8, 7), 5) == date(2026, 7, 31)


def test_a_rest_day_rolls_to_the_next_working_day():
    assert roll(date(2026, 10, 1)) == date(2026, 10, 8)
    assert roll(date(2026, 10, 10)) == date(2026, 10, 10)  # a Saturday that is worked


def test_the_counts_of_the_table_agree_with_counting():
    days = calendar_days(date(2026, 1, 1), date(2026, 3, 31))
    for i, day in enumerate(days):
        assert day.work_before == sum(d.is_workday for d in days[:i])
        assert day.next_workday == roll(day.day)
