"""The review of sums, dates and limits: what contradicts itself is found, what only looks wrong stays silent."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import arithmetic, dates, limits
from compliance.contract_text.review.records import Flaw


def found(text: str) -> list[Flaw]:
    tree = tree_of(text)
    return [f for module in (arithmetic, dates, limits) for check in module.CHECKS for f in check(tree)]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(f.kind, f.places[0].clause) for f in found(text)]


def changed(before: str, after: str) -> str:
    assert SOUND.count(before) == 1, before
    return SOUND.replace(before, after)


def test_a_sound_contract_is_silent() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("（大写：壹万伍仟贰佰元整）", "（大写：壹万伍仟叁佰元整）", [("words_and_digits", "3.1")]),
    ("1200.50	10	12005.00", "1200.50	10	12050.00", [("line_total", "1#1"), ("table_sum", "1#4")]),
    ("300.00	4	1200.00", "300.00	4	1200.01", [("line_total", "1#2"), ("table_sum", "1#4")]),
    ("合计				15200.00", "合计				15300.00", [("table_sum", "1#4")]),
    ("即人民币 4560 元", "即人民币 4500 元", [("share_amount", "3.2"), ("instalments", "3.2")]),
    ("的 70%，即人民币 10640 元", "的 60%，即人民币 9120 元", [("instalments", "3.2")]),
    ("至 2028 年 2 月 29 日，", "至 2028 年 2 月 30 日，", [("no_such_day", "2¶1")]),
    ("至 2028 年 2 月 29 日，共 12 个月", "至 2027 年 1 月 31 日", [("term_order", "2¶1")]),
    ("共 12 个月", "共 10 个月", [("term_order", "2¶1")]),
    ("签订日期：2027 年 2 月 1 日\n\n乙方", "签订日期：2027 年 2 月 3 日\n\n乙方", [("signing_days", "S")]),
])
def test_one_change_is_found_where_it_was_made(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(changed(before, after)) == expected


def test_a_line_that_does_not_fit_says_what_fits_the_others() -> None:
    text = changed("300.00	4	1200.00", "300.00	4	1300.00")
    lines = [f for f in found(text) if f.kind == "line_total"]
    assert [f.computation for f in lines] == ["300.00 × 4 = 1200.00 ≠ 1300.00; 1300.00 − 1200.00 = 100.00"]
    assert "3 行中的 2 行" in lines[0].message.zh


def test_a_price_per_month_is_no_mistake() -> None:
    """All lines are twelve times price and quantity: the price is one a month, which no column says."""
    monthly = changed("12005.00", "144060.00")
    for before, after in (("1200.00\n", "14400.00\n"), ("1995.00", "23940.00"), ("15200.00\n\n第二条", "182400.00\n\n第二条")):
        monthly = monthly.replace(before, after)
    assert [f.kind for f in found(monthly) if f.kind in ("line_total", "table_sum")] == []


def test_a_sum_of_several_tables() -> None:
    annex = ("\n附件 1：清单\n模块一\t\t\n序号\t项目\t金额\n1\t巡检\t100\n2\t值守\t50\n共计\t\t150\n"
             "模块二\t\t\n序号\t项目\t金额\n1\t接口\t30\n2\t升级\t20\n\t合计\t50\n"
             "3\t远程\t7\n共计\t\t57\n总计\t\t{}\n")
    assert [f.kind for f in found(SOUND + annex.format("207"))] == ["price_sum"]
    assert [f.kind for f in found(SOUND + annex.format("208"))] == ["table_sum", "price_sum"]


def test_a_rounded_share_with_its_amount_is_no_mistake() -> None:
    text = changed("的 30%，即人民币 4560 元", "的 30.3%，即人民币 4600 元")
    text = text.replace("的 70%，即人民币 10640 元", "的 69.7%，即人民币 10600 元")
    assert found(text) == []


def test_two_prices() -> None:
    text = changed("第四条 违约责任", "3.3 本合同总金额 15100 元为含税价。\n\n第四条 违约责任")
    assert kinds(text) == [("price_twice", "3.1")]


@pytest.mark.parametrize(("day", "expected"), [
    ("2026 年 2 月 15 日", ["rest_day"]),  # a Sunday within a holiday
    ("2026 年 2 月 28 日", []),  # a Saturday that is worked
    ("2026 年 2 月 27 日", []), ("2026 年 10 月 1 日", ["rest_day"]),
])
def test_due_days_on_days_of_rest(day: str, expected: list[str]) -> None:
    assert [f.kind for f in found(f"第一条 付款\n1.1 甲方应于 {day}前支付首款。")] == expected


def test_final_acceptance_before_the_end() -> None:
    body = "第一条 服务期限\n服务期限自 2027 年 3 月 1 日至 2028 年 2 月 29 日。\n第二条 验收\n2.1 乙方于 {} 前组织最终验收。"
    assert [f.kind for f in found(body.format("2028 年 2 月 29 日"))] == ["date_outside_term"]
    assert [f.kind for f in found(body.format("2028 年 3 月 1 日"))] == []


def test_a_payment_before_its_months_are_over() -> None:
    body = "第一条 服务期限\n服务期限自 2026 年 2 月 1 日至 2027 年 1 月 31 日。\n第二条 付款\n2.1 前6个月的费用在2026年{}月底支付。"
    assert [f.kind for f in found(body.format(6))] == ["before_condition"]
    assert [f.kind for f in found(body.format(7))] == []


def test_one_act_with_two_limits() -> None:
    body = "第一条 人员\n1.1 乙方应在收到甲方通知后 {} 内更换人员。\n第二条 违约\n2.1 乙方应于收到通知后 {} 内更换人员，否则承担违约责任。"
    assert [f.kind for f in found(body.format("7 日", "7 个工作日"))] == ["workday_and_day"]
    assert [f.kind for f in found(body.format("7 日", "10 日"))] == ["two_limits"]
    assert found(body.format("7 日", "7 日")) == []


def test_limits_of_different_parties_are_no_contradiction() -> None:
    assert found("第一条 发票\n1.1 乙方应在收到通知后 5 日内开具发票。\n1.2 甲方应在收到发票后 30 日内付款。") == []


@pytest.mark.parametrize(("share", "heads", "expected"), [
    ("小于15%", 4, True), ("小于15%", 3, False), ("不超过16%", 4, False), ("小于16%", 4, True)])
def test_a_share_against_a_number_of_heads(share: str, heads: int, expected: bool) -> None:
    text = f"第一条 人员\n1. 团队不少于25人。\n2. 季度人员流失率{share}。\n3. 季度流失不得高于{heads}人，每超过1人扣款。"
    assert bool(found(text)) == expected


@pytest.mark.parametrize(("second", "expected"), [
    ("大于 30 分钟且小于 60 分钟", ["step_gap"]), ("大于等于 30 分钟且小于 60 分钟", []), ("大于 40 分钟且小于 60 分钟", ["step_gap"]),
    ("大于 20 分钟且小于 60 分钟", ["step_overlap"]),
])
def test_steps(second: str, expected: list[str]) -> None:
    text = f"附件 1：系数\n序号\t情形\t系数\n1\t响应时间大于 15 分钟且小于 30 分钟\t1\n2\t响应时间{second}\t2"
    assert [f.kind for f in found(text)] == expected
