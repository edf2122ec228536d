"""Where a value of the rule set is written in a clause: in digits or Chinese numerals, with its unit in figures or words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from compliance.contract_text import figures
from compliance.contract_text.records import Clause
from compliance.model.contract import Scalar

# Units of time that are exact multiples of each other; a working day is no day.
_SCALES: Mapping[str, tuple[str, int]] = {
    "minute": ("minute", 1), "hour": ("minute", 60), "day": ("day", 1), "calendar_day": ("day", 1), "week": ("day", 7),
    "month": ("month", 1), "quarter": ("month", 3), "year": ("month", 12), "workday": ("workday", 1)}
# Lengths that are said without a number.
_PERIODS = (
    (re.compile("半年"), 6, "month"), (re.compile("[每当次全按]年|(?<![0-9])年[度底终]"), 1, "year"), (re.compile("季度?"), 1, "quarter"),
    (re.compile("[每当次按逐单]个?月|月[度报]"), 1, "month"), (re.compile("[每本按]一?周|周[一二三四五六日末报]|星期"), 1, "week"),
    (re.compile("[每当次即][日天]|立即"), 1, "day"), (re.compile("[每当][日天]|全天"), 24, "hour"),
    (re.compile("每小时"), 1, "hour"), (re.compile("半小时"), 30, "minute"))
_NUMERALS = "零〇一二两三四五六七八九十百千万壹贰叁肆伍陆柒捌玖拾佰仟"
# A Chinese numeral is a number where something is counted or numbered; there is none in 统一 or 一致.
_NUMBER = re.compile(
    r"(?<![\d.A-Za-z])(?P<n>\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<scale>[万亿]?)(?![\d.])"
    rf"|(?P<before>第|周|至|等保|^)?(?P<words>[{_NUMERALS}]+)(?P<after>[人名个次期份项件条台套种席位级款笔本类家式方批组]|$)?"
    r"|(?P<first>首[次期款笔付])|(?P<many>多[次种个名项家])")
_FRACTION = re.compile(r"(?P<of>[千万])分之(?P<n>\d+(?:\.\d+)?|[零一二三四五六七八九十点]+)"
                       r"|(?P<times>\d+(?:\.\d+)?|[一二两三四五六七八九十]+)\s*倍|(?P<half>一半|半数)")
# 到期30日前 is a length, 每月5日前 a day of every month; 3月5日前 is neither.
_DAYS_BEFORE = re.compile(r"(?<!\d)(?<!\d月)(\d{1,4})日前")
_MONTH_DAY = re.compile(r"(?<![年\d])\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]")


def written(value: Scalar, unit: str, clause: Clause) -> Iterator[str]:
    """The places of a clause where a value is written, as they are written there."""
    text = unicodedata.normalize("NFKC", clause.text)
    match value:
        case str():
            if plain(value) in plain(f"{clause.label or ''} {text}"):
                yield value
        case date():
            yield from _written_day(value, text)
        case int() | Decimal():
            yield from _written_number(Decimal(value), unit, text, clause)


def _written_number(value: Decimal, unit: str, text: str, clause: Clause) -> Iterator[str]:
    match unit:
        case "CNY":
            yield from (m.written for m in figures.money(text) if m.value == value)
            yield from (w for n, w in numbers(text) if n == value and (clause.cells or "." in w))
        case "percent":
            yield from (p.written for p in figures.percentages(text) if p.value == value)
        case "ratio" | "number":
            yield from (p.written for p in figures.percentages(text) if p.value == value * 100)
            yield from (w for n, w in _fractions(text) if n == value)
            yield from (m.written for m in figures.money(text) if m.value == value)  # a price of more places than money has
            yield from (w for n, w in numbers(text) if n == value and (clause.cells or "." in w or unit == "number"))
            if unit == "number":  # of the column of a list: the rule set does not say what it counts
                yield from (n.written for n in figures.lengths(text) if n.value * _SCALES[n.unit][1] == value)
                yield from (clause.label or "" for n, _ in numbers(clause.label or "") if clause.cells and n == value)
        case "count":
            yield from (w for n, w in numbers(text) if n == value)
        case _:
            yield from (n.written for n in figures.lengths(text) if same_time(n, value, unit))
            if unit == "day":
                yield from (m[0] for m in _DAYS_BEFORE.finditer(plain(text)) if int(m[1]) == value)
            yield from (m[0] for pattern, n, of in _PERIODS for m in pattern.finditer(text) if _same(Decimal(n), of, value, unit))


def other_unit(value: Scalar, unit: str, clause: Clause) -> Iterator[str]:
    """Lengths of the same number in another unit."""
    if unit in _SCALES and isinstance(value, (int, Decimal)):
        yield from (n.written for n in figures.lengths(unicodedata.normalize("NFKC", clause.text)) if n.value == value)


def same_time(length: figures.Length, value: Decimal, unit: str) -> bool:
    """Whether a printed length of time is a number of units: 2 hours are 120 minutes, 5 days are not 5 working days."""
    return _same(length.value, length.unit, value, unit)


def _same(a: Decimal, unit_a: str, b: Decimal, unit_b: str) -> bool:
    (kind_a, times_a), (kind_b, times_b) = _SCALES[unit_a], _SCALES[unit_b]
    return kind_a == kind_b and a * times_a == b * times_b


def numbers(text: str) -> Iterator[tuple[Decimal, str]]:
    """Every number of a text, in digits or Chinese numerals, whatever it counts."""
    for m in _NUMBER.finditer(text):
        value: Decimal | None
        if m["first"] or m["many"]:
            value = Decimal(1 if m["first"] else 2)  # several are two at least
        elif m["words"]:
            if not (m["before"] or m["after"]) or (m["words"] == "一" and m["after"] == "方"):
                continue  # no number: 统一, 一致, 任何一方
            value = figures.words_value(m["words"].replace("两", "二"))
        else:
            value = Decimal(m["n"].replace(",", "").replace("，", "")) * {"": 1, "万": 10_000, "亿": 100_000_000}[m["scale"]]
        if value is not None:
            yield value, m[0]


def _fractions(text: str) -> Iterator[tuple[Decimal, str]]:
    """Parts of a thousand or ten thousand, multiples and halves."""
    for m in _FRACTION.finditer(text):
        number = m["n"] or m["times"] or "0"
        value = Decimal(number) if number[0].isdigit() else figures.words_value(number.replace("两", "二"))
        if m["half"]:
            yield Decimal("0.5"), m[0]
        elif value is not None:
            yield value / {"千": 1000, "万": 10_000}.get(m["of"], 1), m[0]


def _written_day(value: date, text: str) -> Iterator[str]:
    """A day in full; as the end of a month; without year after a day of that year."""
    for day in figures.days(text):
        ends = day.day is None and day.written[-1] in "底末" and (value + timedelta(days=1)).day == 1
        if (day.value == value and day.day is not None) or (ends and (day.year, day.month) == (value.year, value.month)):
            yield day.written
    if f"{value.year}年" in re.sub(r"\s", "", text):
        yield from (m[0] for m in _MONTH_DAY.finditer(text) if (int(m[1]), int(m[2])) == (value.month, value.day))


def plain(text: str) -> str:
    """A text as it is compared: without white space, full-width forms as plain ones."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
