"""The review of sums, dates and limits: what contradicts itself is found, what only looks wrong stays silent."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import arithmetic, conflicts, dates, gaps, limits, payment, signing
from compliance.contract_text.review.records import Flaw


def found(text: str) -> list[Flaw]:
    tree = tree_of(text)
    return [f for module in (arithmetic, dates, limits, payment, gaps, signing, conflicts) for check in module.CHECKS for f in check(tree)]


def kinds(text: str) -> list[tuple[str, str]]:
    return [(f.kind, f.places[0].clause) for f in found(text)]


def changed(before: str, after: str) -> str:
    assert SOUND.count(before) == 1, before
    return SOUND.replace(before, after)


def test_a_sound_contract_is_silent() -> None:
    assert found(SOUND) == []


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("（大写：壹万伍仟贰佰元整）", "（大写：壹万伍仟叁佰元整）", [("words-and-digits", "3.1")]),
    ("1200.50	10	12005.00", "1200.50	10	12050.00", [("line-total", "1#1"), ("table-sum", "1#4")]),
    ("300.00	4	1200.00", "300.00	4	1200.01", [("line-total", "1#2"), ("table-sum", "1#4")]),
    ("合计				15200.00", "合计				15300.00", [("table-sum", "1#4")]),
    ("即人民币 4560 元", "即人民币 4500 元", [("share-amount", "3.2"), ("instalments", "3.2")]),
    ("的 70%，即人民币 10640 元", "的 60%，即人民币 9120 元", [("instalments", "3.2")]),
    ("至 2028 年 2 月 29 日，", "至 2028 年 2 月 30 日，", [("no-such-day", "2¶1")]),
    ("至 2028 年 2 月 29 日，共 12 个月", "至 2027 年 1 月 31 日", [("term-order", "2¶1")]),
    ("共 12 个月", "共 10 个月", [("term-order", "2¶1")]),
    ("签订日期：2027 年 2 月 1 日\n\n乙方", "签订日期：2027 年 2 月 3 日\n\n乙方", [("signing-days", "S")]),
])
def test_one_change_is_found_where_it_was_made(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(changed(before, after)) == expected


def test_a_line_that_does_not_fit_says_what_fits_the_others() -> None:
    text = changed("300.00	4	1200.00", "300.00	4	1300.00")
    lines = [f for f in found(text) if f.kind == "line-total"]
    assert [f.computation for f in lines] == ["300.00 × 4 = 1200.00 ≠ 1300.00; 1300.00 − 1200.00 = 100.00"]
    assert "3 行中的 2 行" in lines[0].message.zh


def test_a_price_per_month_is_no_mistake() -> None:
    """All lines are twelve times price and quantity: the price is one a month, which no column says."""
    monthly = changed("12005.00", "144060.00")
    for before, after in (("1200.00\n", "14400.00\n"), ("1995.00", "23940.00"), ("15200.00\n\n第二条", "182400.00\n\n第二条")):
        monthly = monthly.replace(before, after)
    assert [f.kind for f in found(monthly) if f.kind in ("line-total", "table-sum")] == []


def test_a_sum_of_several_tables() -> None:
    annex = ("\n附件 1：清单\n模块一\t\t\n序号\t项目\t金额\n1\t巡检\t100\n2\t值守\t50\n共计\t\t150\n"
             "模块二\t\t\n序号\t项目\t金额\n1\t接口\t30\n2\t升级\t20\n\t合计\t50\n"
             "3\t远程\t7\n共计\t\t57\n总计\t\t{}\n")
    assert [f.kind for f in found(SOUND + annex.format("207"))] == ["price-sum"]
    assert [f.kind for f in found(SOUND + annex.format("208"))] == ["table-sum", "price-sum"]


def test_a_rounded_share_with_its_amount_is_no_mistake() -> None:
    text = changed("的 30%，即人民币 4560 元", "的 30.3%，即人民币 4600 元")
    text = text.replace("的 70%，即人民币 10640 元", "的 69.7%，即人民币 10600 元")
    assert found(text) == []


def test_a_table_in_ten_thousands() -> None:
    text = changed("合计				15200.00", "总计				1.52").replace("合价（元）", "合价（万元）")
    for before, after in (("12005.00", "1.2005"), ("	1200.00", "	0.12"), ("1995.00", "0.1995")):
        text = text.replace(before, after)
    assert found(text) == []
    assert [f.kind for f in found(text.replace("1.52", "1.53"))] == ["table-sum", "price-sum"]


def test_two_prices() -> None:
    text = changed("第四条 违约责任", "3.3 本合同总金额 15100 元为含税价。\n\n第四条 违约责任")
    assert kinds(text) == [("price-twice", "3.1")]


@pytest.mark.parametrize(("day", "expected"), [
    ("2026 年 2 月 15 日", ["rest-day"]),  # a Sunday within a holiday
    ("2026 年 2 月 28 日", []),  # a Saturday that is worked
    ("2026 年 2 月 27 日", []), ("2026 年 10 月 1 日", ["rest-day"]),
])
def test_due_days_on_days_of_rest(day: str, expected: list[str]) -> None:
    assert [f.kind for f in found(f"第一条 付款\n1.1 甲方应于 {day}前支付首款。")] == expected


def test_final_acceptance_before_the_end() -> None:
    body = "第一条 服务期限\n服务期限自 2027 年 3 月 1 日至 2028 年 2 月 29 日。\n第二条 验收\n2.1 甲方于 {} 前组织最终验收。"
    assert [f.kind for f in found(body.format("2028 年 2 月 29 日"))] == ["date-outside-term"]
    assert [f.kind for f in found(body.format("2028 年 3 月 1 日"))] == []


def test_a_payment_before_its_months_are_over() -> None:
    body = "第一条 服务期限\n服务期限自 2026 年 2 月 1 日至 2027 年 1 月 31 日。\n第二条 付款\n2.1 前6个月的费用在2026年{}月底支付。"
    assert [f.kind for f in found(body.format(6))] == ["before-condition"]
    assert [f.kind for f in found(body.format(7))] == []


def test_one_act_with_two_limits() -> None:
    body = "第一条 人员\n1.1 乙方应在收到甲方通知后 {} 内更换人员。\n第二条 违约\n2.1 乙方应于收到通知后 {} 内更换人员，否则承担违约责任。"
    assert [f.kind for f in found(body.format("7 日", "7 个工作日"))] == ["workday-and-day"]
    assert [f.kind for f in found(body.format("7 日", "10 日"))] == ["two-limits"]
    assert found(body.format("7 日", "7 日")) == []


def test_limits_of_different_parties_are_no_contradiction() -> None:
    assert found("第一条 发票\n1.1 乙方应在收到通知后 5 日内开具发票。\n1.2 甲方应在收到发票后 30 日内付款。") == []


@pytest.mark.parametrize(("share", "heads", "expected"), [
    ("小于15%", 4, True), ("小于15%", 3, False), ("不超过16%", 4, False), ("小于16%", 4, True)])
def test_a_share_against_a_number_of_heads(share: str, heads: int, expected: bool) -> None:
    text = f"第一条 人员\n1. 团队不少于25人。\n2. 季度人员流失率{share}。\n3. 季度流失不得高于{heads}人，每超过1人扣款。"
    assert bool(found(text)) == expected


@pytest.mark.parametrize(("second", "expected"), [
    ("大于 30 分钟且小于 60 分钟", ["step-gap", "step-end"]), ("大于等于 30 分钟且小于 60 分钟", ["step-end"]),
    ("大于 40 分钟且小于 60 分钟", ["step-gap", "step-end"]),
    ("大于 20 分钟且小于 60 分钟", ["step-overlap", "step-end"]),
])
def test_steps(second: str, expected: list[str]) -> None:
    text = f"附件 1：系数\n序号\t情形\t系数\n1\t响应时间大于 15 分钟且小于 30 分钟\t1\n2\t响应时间{second}\t2"
    assert [f.kind for f in found(text)] == expected
    assert [f.kind for f in found(f"{text}\n3\t响应时间 60 分钟以上\t3")] == [k for k in expected if k != "step-end"]


TERM = "第一条 服务期限\n服务期限自 2027 年 1 月 1 日至 2027 年 12 月 31 日。\n第二条 价款\n2.1 合同总金额为 1000 元。\n第三条 付款\n"


@pytest.mark.parametrize(("clause", "expected"), [
    ("3.1 验收合格后，甲方向乙方支付尾款。", ["payment-without-day"]), ("3.1 验收合格后 10 日内，甲方向乙方支付尾款。", []),
    ("3.1 验收合格后支付 60%，即 600 元。", ["payment-without-day"]),
    ("3.1 验收合格后，甲方在年底向乙方支付尾款。", ["vague-year"]), ("3.1 甲方于 2027 年底向乙方支付首款。", []),
    ("3.1 2027 年 3 月 1 日前甲方支付合同总金额的 60%，即人民币 600 元；余款验收后 10 日内支付。", ["ahead-of-service"]),
    ("3.1 2027 年 7 月 1 日前甲方支付合同总金额的 60%，即人民币 600 元；余款验收后 10 日内支付。", []),
    ("3.1 乙方应通过下列账户收款，变更应在 5 日内通知。", ["account-missing"]),
    ("3.1 乙方应通过下列账户收款：\n账号：1234567890123", []),
    ("3.1 上述金额之外甲方无需支付任何费用。\n3.2 超出部分每条按 0.08 元收取。", ["all-in-and-extras"]),
    ("3.1 上述金额之外甲方无需支付任何费用。\n3.2 超出部分由双方协商。", ["left-to-agreement"]),
])
def test_payments(clause: str, expected: list[str]) -> None:
    assert [f.kind for f in found(TERM + clause)] == expected


def test_two_lines_that_are_the_same() -> None:
    lines = "\n1\t杀毒\t100\t3\t300\n2\t防护\t100\t{}\t{}\n3\t审计\t50\t2\t100"
    table = "第一条 价目\n序号\t项目\t单价\t数量\t合价" + lines
    assert [f.kind for f in found(table.format(3, 300))] == ["line-twice"]
    assert [f.kind for f in found(table.format(4, 400))] == []


@pytest.mark.parametrize(("clause", "expected"), [
    ("1.1 乙方对甲方的资料负有保密义务，不得泄露。", ["secrecy-without-term"]),
    ("1.1 乙方对甲方的资料负有保密义务，保密期限为三年。", []),
    ("1.1 乙方的保密义务不因合同终止而免除。", []),
    ("1.1 因不可抗力（地震、系统故障、停电）造成中断的，乙方免责。", ["force-majeure-too-wide"]),
    ("1.1 因不可抗力（地震、洪水）造成中断的，乙方免责。", []),
    ("1.1 非不可抗力的系统故障由乙方负责。", []),
    ("1.1 甲方应在 15 日内提出质疑，逾期未提出的，视为通过评审。", ["silence-is-consent"]),
    ("1.1 乙方逾期未到场的，视为违约。", []),
    ("1.1 乙方需提前提交验收申请。", ["ahead-without-days"]), ("1.1 乙方需提前 5 日提交验收申请。", []),
    ("1.1 考核不合格的，甲方有权扣除服务费。", ["assessment-without-standard"]),
    ("1.1 考核不合格的，甲方有权扣除服务费。\n附件 1：考核细则\n（1）迟到扣 5 分。", []),
    ("1.1 甲乙双方未能按期完成的，双方有权解除合同并要求对方赔偿。", ["both-in-breach"]),
    ("1.1 任何一方未能按期完成的，另一方有权解除合同并要求对方赔偿。", []),
    ("1.1 甲方经双方书面确认后有权扣款，扣款金额以甲方确定的为准。", ["joint-and-sole"]),
    ("1.1 扣款金额以双方书面确认的为准。", []),
    ("1.1 超量部分的费用由双方协商决定。", ["left-to-agreement"]), ("1.1 服务内容的调整由双方协商一致后确定。", []),
    ("1.1 乙方应赔偿直接损失。\n1.2 乙方应赔偿甲方的全部损失。", ["damages-range"]),
    ("1.1 乙方应赔偿全部损失。\n1.2 乙方应承担一切损失。", []),
    ("1.1 服务完成后由甲方组织验收，合格的签署证明。", ["acceptance-without-time"]),
    ("1.1 服务完成后 10 日内由甲方组织验收，合格的签署证明。", []),
    ("1.1 乙方每日进行巡检。\n1.2 乙方每周进行一次巡检。", ["two-frequencies"]),
    ("1.1 乙方每日进行巡检。\n1.2 乙方每周提交一次巡检记录。", []),
    ("1.1 乙方每天进行巡检。\n1.2 巡检为1次/天，备份为1次/周。", []),
    ("1.1 乙方应在投标承诺期限内完成迁移。", ["limit-elsewhere"]),
    ("1.1 发送至本合同约定的邮箱即为送达。", ["address-missing"]), ("1.1 发送至本合同约定的邮箱即为送达。\n1.2 邮箱：a@b.cn", []),
])
def test_what_is_left_out(clause: str, expected: list[str]) -> None:
    assert [f.kind for f in found(f"第一条 约定\n{clause}")] == expected


@pytest.mark.parametrize(("signing", "signature", "expected"), [
    ("法定代表人签字并盖章", "委托代理人：（签字）", ["signer"]), ("法定代表人或授权代表签字并盖章", "授权代表（签字）：", []),
    ("法定代表人签字并盖章", "法定代表人（签字）：", []),
])
def test_who_may_sign(signing: str, signature: str, expected: list[str]) -> None:
    text = f"第一条 生效\n1.1 本合同自双方{signing}后生效。\n(以下无正文)\n甲方（盖章）：某中心\n{signature}"
    assert [f.kind for f in found(text)] == expected


def test_an_annex_that_was_never_signed() -> None:
    annex = "附件 1：保密协议\n第一条 其他\n（一）本协议自双方签字盖章之日起生效。"
    text = f"第一条 其他\n1.1 见附件。\n(以下无正文)\n甲方（盖章）：某中心\n{annex}"
    assert [f.kind for f in found(text)] == ["unsigned-annex"]
    assert [f.kind for f in found(f"{text}\n甲方（盖章）：某中心\n乙方（盖章）：某公司")] == []


@pytest.mark.parametrize(("clauses", "expected"), [
    ("1.1 甲方被处罚的，每次扣除 500 元。\n1.2 甲方因此受到处罚的，每次扣除 10000 元。", ["two-sums"]),
    ("1.1 甲方被处罚的，每次扣除 500 元。\n1.2 因处罚扣除的 500 元从尾款中扣除。", []),
    ("1.1 乙方被投诉的，每次扣除 500 元。", ["complaint-unverified"]), ("1.1 乙方被投诉经查实的，每次扣除 500 元。", []),
    ("1.1 乙方设项目经理一名。\n1.2 项目负责人每月汇报。", ["names-of-role"]), ("1.1 乙方设项目经理一名。\n1.2 项目经理每月汇报。", []),
    ("1.1 乙方应按运维监理的要求提交文档。", ["outsider-undefined"]),
    ("1.1 甲方委托的机构（以下简称“运维监理”）审核文档。\n1.2 运维监理是指某公司。", []),
    ("1.1 服务期内乙方不得更换人员。", ["term-not-stated"]), ("1.1 服务期内乙方不得更换人员。\n1.2 服务期限为 12 个月。", []),
    ("1.1 乙方于完成后 10 日内组织验收。", ["own-acceptance"]), ("1.1 甲方于完成后 10 日内组织验收，乙方应当配合。", []),
    ("1.1 乙方在合理期限内未纠正的，甲方可以解除合同。\n1.2 乙方在宽限期内未完成的，甲方可以解除合同。", ["periods-of-grace"]),
    ("1.1 乙方在合理期限内未纠正的，甲方可以解除合同。", []),
])
def test_two_answers_to_one_question(clauses: str, expected: list[str]) -> None:
    assert [f.kind for f in found(f"第一条 约定\n{clauses}")] == expected


def test_steps_with_the_same_share() -> None:
    table = ("附件 1：系数\n序号\t情形\t系数\n1\t响应大于 15 分钟且小于等于 30 分钟\t{}\n"
             "2\t响应大于 30 分钟且小于 60 分钟\t200%\n3\t响应 60 分钟以上\t300%")
    assert [f.kind for f in found(table.format("200%"))] == ["step-flat"]
    assert [f.kind for f in found(table.format("100%"))] == []
