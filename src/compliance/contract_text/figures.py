"""Figures in the text of a clause: sums of money, percentages, days, lengths of time, numbers of things.

Every figure keeps where it stands in the text, so that it can be shown; values are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import cn2an  # type: ignore[import-untyped]

from compliance.contract_text.labels import chinese_number

_DIGITS = r"(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?"
_WORDS = "零〇一二三四五六七八九十百千两壹贰叁肆伍陆柒捌玖拾佰仟万亿"
_SCALES = {"": Decimal(1), "千": Decimal(1000), "仟": Decimal(1000), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_MONEY = re.compile(rf"(?P<sign>[¥￥])?\s*[【\[]?\s*(?P<n>{_DIGITS})\s*[】\]]?\s*(?P<scale>[千仟万亿]?)\s*(?P<yuan>元)?")
_MONEY_IN_WORDS = re.compile(rf"(?P<n>[{_WORDS}]+)\s*[元圆](?:\s*(?P<jiao>[{_WORDS}])\s*角)?(?:\s*零?(?P<fen>[{_WORDS}])\s*分)?\s*[整正]?")
_FORMAL = re.compile("[壹贰叁肆伍陆柒捌玖拾佰仟]")
_PERCENT = re.compile(r"[【\[]?\s*(?P<n>\d+(?:\.\d+)?)\s*[】\]]?\s*(?P<unit>[%％‰])|百分之(?P<words>[零一二三四五六七八九十百点]+)")
_DAY = re.compile(r"(?P<y>\d{4})\s*年\s*(?P<m>\d{1,2})\s*月(?:\s*(?P<d>\d{1,2})\s*[日号]|\s*(?P<end>[底末初中]))?"
                  r"|(?<!\d)(?P<y2>20\d{2})\s*[-./]\s*(?P<m2>\d{1,2})\s*[-./]\s*(?P<d2>\d{1,2})(?!\d)"
                  r"|(?P<cy>[二][零〇一二三四五六七八九]{3})年(?P<cm>[一二三四五六七八九十]{1,2})月(?:(?P<cd>[一二三四五六七八九十]{1,3})日)?")
_LENGTH = re.compile(rf"(?P<n>\d+(?:\.\d+)?|[{_WORDS}]+)\s*(?:[（(][^）)]{{1,4}}[)）])?\s*个?\s*"
                     r"(?P<unit>工作日|自然日|日历日|小时|分钟|季度|日(?!常|前|至)|天|月(?!\d|份|报)|周(?!一|二|三|四|五|六|日|末|报)|年(?!度|\s*\d))")
_UNITS = {"工作日": "workday", "自然日": "calendar_day", "日历日": "calendar_day", "小时": "hour", "分钟": "minute", "季度": "quarter",
          "日": "day", "天": "day", "月": "month", "周": "week", "年": "year"}
_COUNT = re.compile(rf"(?P<n>\d+(?:\.\d+)?|[{_WORDS}]+)\s*(?P<unit>人次|人|名|席|坐席|期|次|份|个|件|条|台|套|项)")


@dataclass(frozen=True, slots=True)
class Money:
    """A sum of money in yuan; `in_words` in the capital numerals of banks, `per` what it is a price of (元/月)."""

    value: Decimal
    in_words: bool
    written: str
    at: tuple[int, int]
    per: str = ""


@dataclass(frozen=True, slots=True)
class Percentage:
    """A share in parts of one hundred; `places` of the decimals it is written with."""

    value: Decimal
    places: int
    written: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Day:
    """A day, or a month (`day` None); `value` None where there is no such day in the calendar."""

    year: int
    month: int
    day: int | None
    value: date | None
    written: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: number and unit (day, workday, calendar_day, week, month, quarter, year, hour, minute)."""

    value: Decimal
    unit: str
    written: str
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of persons or things with its measure word."""

    value: Decimal
    unit: str
    written: str
    at: tuple[int, int]


def money(text: str) -> list[Money]:
    """The sums of money of a text in its order, in digits and in words."""
    found = [*_in_digits(text), *_in_words(text)]
    return sorted(found, key=lambda m: m.at)


def _in_digits(text: str) -> Iterator[Money]:
    for m in _MONEY.finditer(text):
        if m["sign"] is None and m["yuan"] is None:
            continue
        value = Decimal(re.sub("[,，]", "", m["n"])) * _SCALES[m["scale"]]
        per = re.match(r"\s*/\s*([^\s\d，。；、|）)]{1,6})", text[m.end():])
        yield Money(value, False, m[0].strip(), m.span(), per[1] if per else "")


def _in_words(text: str) -> Iterator[Money]:
    for m in _MONEY_IN_WORDS.finditer(text):
        if not _FORMAL.search(m["n"]):
            continue
        value = words_value(m["n"])
        if value is None:
            continue
        tenths = [(m["jiao"], Decimal("0.1")), (m["fen"], Decimal("0.01"))]
        yield Money(value + sum(((words_value(w) or Decimal(0)) * u for w, u in tenths if w), Decimal(0)), True, m[0], m.span())


def words_value(words: str) -> Decimal | None:
    """The number that Chinese numerals write, plain or in capital form; None where they write none."""
    try:
        return Decimal(str(cn2an.cn2an(words.replace("〇", "零"), "smart")))
    except ValueError:
        return None


def percentages(text: str) -> list[Percentage]:
    """The shares of a text: 20%, 3‰ (as 0.3), 百分之五."""
    result = []
    for m in _PERCENT.finditer(text):
        if m["n"] is None:
            value = words_value(m["words"])
            if value is not None:
                result.append(Percentage(value, 0, m[0], m.span()))
            continue
        value = Decimal(m["n"]) / (10 if m["unit"] == "‰" else 1)
        places = len(m["n"].partition(".")[2]) + (m["unit"] == "‰")
        result.append(Percentage(value, places, m[0].strip(), m.span()))
    return result


def days(text: str) -> list[Day]:
    """The days and months of a text; a day that is in no calendar has no value."""
    result = []
    for m in _DAY.finditer(text):
        if m["y"]:
            year, month, day = int(m["y"]), int(m["m"]), int(m["d"]) if m["d"] else None
        elif m["y2"]:
            year, month, day = int(m["y2"]), int(m["m2"]), int(m["d2"])
        else:
            year = int("".join("零一二三四五六七八九".index(c.replace("〇", "零")).__str__() for c in m["cy"]))
            month, day = chinese_number(m["cm"]), chinese_number(m["cd"]) if m["cd"] else None
        result.append(Day(year, month, day, _date(year, month, day), m[0], m.span()))
    return result


def _date(year: int, month: int, day: int | None) -> date | None:
    try:
        return date(year, month, day or 1)
    except ValueError:
        return None


def lengths(text: str) -> list[Length]:
    """The lengths of time of a text; parts of a day of the calendar (2026年2月1日) are none."""
    taken = [m.span() for m in _DAY.finditer(text)]
    result = []
    for m in _LENGTH.finditer(text):
        value = Decimal(m["n"]) if m["n"][0].isdigit() else words_value(m["n"])
        if value is not None and not any(a < m.end() and m.start() < b for a, b in taken):
            result.append(Length(value, _UNITS[m["unit"]], m[0], m.span()))
    return result


def counts(text: str) -> list[Count]:
    """The numbers of persons and things of a text."""
    result = []
    for m in _COUNT.finditer(text):
        value = Decimal(m["n"]) if m["n"][0].isdigit() else words_value(m["n"])
        if value is not None:
            result.append(Count(value, m["unit"], m[0], m.span()))
    return result


def number(cell: str) -> Decimal | None:
    """The one number of a cell of a table (with or without unit); None where it holds none or several."""
    found = re.findall(_DIGITS, cell)
    if len(found) != 1 or re.search(r"[A-Za-z]\d|\d[A-Za-z]", cell):
        return None
    scale = re.search(r"\d\s*([千万亿])\s*元", cell)
    return Decimal(re.sub("[,，]", "", found[0])) * _SCALES[scale[1] if scale else ""]
