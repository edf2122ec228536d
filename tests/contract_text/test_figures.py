"""Figures in a text: exact values, whatever the way they are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from compliance.contract_text.figures import counts, days, lengths, money, number, percentages


@pytest.mark.parametrize(("text", "values"), [
    ("人民币 15,200.00 元（大写：壹万伍仟贰佰元整）", ["15200", "15200"]),
    ("【27.00006】万元", ["270000.6"]), ("贰拾柒万元陆角", ["270000.6"]),
    ("叁佰元零伍分", ["300.05"]),
    ("¥1900万元", ["19000000"]), ("扣除5千元", ["5000"]), ("1.5亿元", ["150000000"]), ("0.46元/个", ["0.46"]),
    ("壹仟玖佰万圆整", ["19000000"]),
    ("十二人", []), ("2026年", []), ("12 个月", []), ("￥372,350.00", ["372350"]),
])
def test_money(text: str, values: list[str]) -> None:
    assert [m.value for m in money(text)] == [Decimal(v) for v in values]


def test_money_knows_what_it_is_a_price_of() -> None:
    assert [(m.value, m.per) for m in money("每席 229.09 元/月，共 10 元")] == [(Decimal("229.09"), "月"), (Decimal(10), "")]


@pytest.mark.parametrize(("text", "values"), [
    ("20%", ["20"]), ("24.7％", ["24.7"]), ("【10】%", ["10"]),
    ("3‰", ["0.3"]), ("百分之五", ["5"]), ("1%-5%", ["1", "5"]), ("99.9999%", ["99.9999"]),
])
def test_percentages(text: str, values: list[str]) -> None:
    assert [p.value for p in percentages(text)] == [Decimal(v) for v in values]


@pytest.mark.parametrize(("text", "day", "value"), [
    ("2026年2月28日", 28, date(2026, 2, 28)), ("2026 年 2 月 8 日", 8, date(2026, 2, 8)),
    ("2026年6月底", None, date(2026, 6, 1)),
    ("2026. 7. 10", 10, date(2026, 7, 10)), ("2026-07-10", 10, date(2026, 7, 10)), ("二〇二六年一月", None, date(2026, 1, 1)),
    ("二零二六年十二月三十一日", 31, date(2026, 12, 31)), ("2026年2月30日", 30, None), ("2026年13月1日", 1, None),
])
def test_days(text: str, day: int | None, value: date | None) -> None:
    [found] = days(text)
    assert (found.day, found.value) == (day, value)


@pytest.mark.parametrize(("text", "found"), [
    ("5 个工作日内", [("5", "workday")]), ("20个自然日", [("20", "calendar_day")]), ("7（柒）日内", [("7", "day")]),
    ("两个月", [("2", "month")]),
    ("三十日内", [("30", "day")]), ("7*24小时", [("24", "hour")]), ("15 分钟内响应，2 小时内到场", [("15", "minute"), ("2", "hour")]),
    ("2026年2月1日起", []), ("日常维护", []),
    ("十年", [("10", "year")]), ("2024年度", []), ("每季度", []),
])
def test_lengths(text: str, found: list[tuple[str, str]]) -> None:
    assert [(n.value, n.unit) for n in lengths(text)] == [(Decimal(v), u) for v, u in found]


def test_counts() -> None:
    assert [(c.value, c.unit) for c in counts("不低于25人，项目经理一名，共计18期")] == [(25, "人"), (1, "名"), (18, "期")]


@pytest.mark.parametrize(("cell", "value"), [
    ("13773.04/月", "13773.04"), ("2 个", "2"), ("1,200.50", "1200.50"), ("3万元", "30000"),
    ("--", None), ("", None), ("2*3", None), ("A100", None),
])
def test_the_number_of_a_cell(cell: str, value: str | None) -> None:
    assert number(cell) == (None if value is None else Decimal(value))
