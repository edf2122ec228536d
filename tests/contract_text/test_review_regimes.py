"""The review of two regimes for one matter, of units, counts and grades, of advances, and of laws."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import gaps, laws, payment, quantities, regimes
from compliance.contract_text.review.records import Flaw

SIGNED = "\n\n（以下无正文）\n\n甲方（盖章）：某馆\n\n签订日期：2027 年 4 月 2 日\n\n乙方（盖章）：某社\n\n签订日期：2027 年 4 月 2 日\n"


def found(module: object, body: str) -> list[Flaw]:
    return [f for check in module.CHECKS for f in check(tree_of(body + SIGNED))]  # type: ignore[attr-defined]


def kinds(module: object, body: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.kind, tuple(p.clause for p in f.places)) for f in found(module, body)]


@pytest.mark.parametrize("module", [regimes, quantities, laws, payment])
def test_a_sound_contract_is_silent(module: object) -> None:
    assert [f for check in module.CHECKS for f in check(tree_of(SOUND))] == []  # type: ignore[attr-defined]
    assert all(k.title.zh and k.title.en and k.why.zh and k.why.en for k in module.KINDS.values())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("one", "other", "is_said"), [
    ("因政策变化不能履行的，双方协商解除，并提前一个月通知。", "政策变更的，甲方有权单方解除本合同。", True),
    ("因政策变化不能履行的，双方协商解除。", "因政策变更解除的，甲方有权随时解除，但应提前30日通知。", False),  # both with a notice
    ("因政策变化不能履行的，双方协商解除。", "乙方拒不整改的，甲方有权单方解除本合同。", False),  # another cause
    ("预算未获批准的，双方协商终止。", "因财政资金原因，甲方可随时终止本合同。", True),
])
def test_one_event_that_ends_the_contract_in_two_ways(one: str, other: str, is_said: bool) -> None:
    expected = [("exit-twice", ("1/1", "2/1"))] if is_said else []
    assert kinds(regimes, f"第一条 解除\n\n1. {one}\n\n第二条 其他\n\n1. {other}") == expected


@pytest.mark.parametrize(("one", "other", "is_said"), [
    ("如更换讲解员负责人，乙方应书面告知甲方。", "乙方更换人员应经甲方同意。", True),
    ("如更换负责人，乙方应书面告知甲方并经同意。", "乙方更换人员应经甲方同意。", False),
    ("甲方要求更换人员的，应书面通知乙方。", "乙方更换人员应经甲方同意。", False),  # the client asks for it
])
def test_staff_by_notice_or_by_consent(one: str, other: str, is_said: bool) -> None:
    expected = [("notice-or-consent", ("1/1", "1/2"))] if is_said else []
    assert kinds(regimes, f"第一条 人员\n\n1. {one}\n\n2. {other}") == expected


@pytest.mark.parametrize(("one", "other", "is_said"), [
    ("甲方有权调整服务内容，乙方应予同意。", "调整服务内容须经双方协商一致。", True),
    ("甲方可以建议调整服务内容。", "调整服务内容须经双方协商一致。", False),
    ("甲方有权调整开馆时间，乙方应予同意。", "调整服务内容须经双方协商一致。", False),  # no part of the service
])
def test_changes_alone_or_agreed(one: str, other: str, is_said: bool) -> None:
    expected = [("change-alone-or-agreed", ("1/1", "1/2"))] if is_said else []
    assert kinds(regimes, f"第一条 服务\n\n1. {one}\n\n2. {other}") == expected


@pytest.mark.parametrize(("allowed", "is_said"), [
    ("向主管部门报送保密资料的，不属于保密违约。", True), ("向主管部门报送资料的，应当及时。", False),
])
def test_disclosures_both_ways(allowed: str, is_said: bool) -> None:
    body = f"第一条 保密\n\n1. {allowed}\n\n2. 乙方在任何情况下不得向第三方披露保密资料。"
    assert kinds(regimes, body) == ([("disclosure-both-ways", ("1/1", "1/2"))] if is_said else [])


HEAD = "第一条 价目\n\n1. 价目见下表：\n\n内容\t单价\t数量\t金额\n"


@pytest.mark.parametrize(("rows", "expected"), [
    ("讲解\t100 元/月/席\t3 个\t3600 元", [("price-unit", ("1#1", "1#1"))]),
    ("讲解\t100 元/月/席\t3 席\t3600 元", []),
    ("讲解\t每席 100 元/月\t3 席\t3600 元", []),
    ("讲解\t100 元/月\t3 席\t3600 元", []),  # a price for no unit
    ("讲解\t100 元/次\t3 人\t300 元", [("price-unit", ("1#1", "1#1"))]),
])
def test_units_of_prices(rows: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert kinds(quantities, HEAD + rows + "\n保洁\t20 元/次\t5 次\t100 元\n") == expected


@pytest.mark.parametrize(("sentence", "is_said"), [
    ("乙方提供12个坐席。", True), ("乙方提供14个坐席。", False), ("乙方为每个坐席配备耳机。", False)])
def test_counts_of_seats(sentence: str, is_said: bool) -> None:
    body = f"第一条 坐席\n\n1. {sentence}\n\n第二条 价目\n\n1. 见下表：\n\n内容\t单价\t数量\n坐席服务\t100\t14\n平台\t每席 20 元\t14 席\n"
    assert [k for k, _ in kinds(quantities, body)] == (["seat-counts"] if is_said else [])


def test_prices_by_rules_that_are_not_there() -> None:
    price = "第一条 价款\n\n1. 合同总金额为人民币 1000 元。\n\n"
    assert kinds(quantities, price + "2. 折扣按公司相关规定执行。") == [("price-elsewhere", ("1/2",))]
    assert kinds(quantities, price + "2. 税费按国家规定执行。") == []
    assert kinds(quantities, "第一条 价款\n\n1. 折扣按公司相关规定执行。") == []  # no fixed price


def test_promises_of_staff_that_the_contract_does_not_state() -> None:
    duty = "第一条 解除\n\n1. 人员人数未达到合同要求的，甲方可解除合同。"
    assert kinds(quantities, duty) == [("promise-missing", ("1/1",))]
    assert kinds(quantities, duty + "\n\n第二条 人员\n\n1. 乙方配备讲解员不少于 8 名。") == []


@pytest.mark.parametrize(("high", "low", "expected"), [
    ("停运超过 3 个展厅停电", "停运 1 个展厅停电", ["grade-gap"]),
    ("停运超过 3 个展厅停电", "停运 3 个展厅停电", []),
    ("影响人数 500 以上", "影响人数 100 以上", ["grade-overlap"]),
    ("影响人数 500 以上", "影响人数 500 以上", []),
    ("造成 5 万元以上损失", "造成 1 万元以上损失", ["grade-overlap"]),
])
def test_grades_of_events(high: str, low: str, expected: list[str]) -> None:
    table = f"附件 1：分级\n\n类别\t影响\t级别\n设备停运\t{high}\tA 级\n其他故障\t局部\t\n设备停运\t{low}\tB 级\n其他故障\t轻微\t\n"
    tree = tree_of(f"第一条 分级\n\n1. 事件分级见附件 1。{SIGNED}\n{table}")
    assert [f.kind for check in quantities.CHECKS for f in check(tree)] == expected


@pytest.mark.parametrize(("title", "expected"), [
    ("中华人民共和国政府采购法", []), ("民法典", []), ("某市讲解服务管理办法", []),
    ("中华人民共和国政府采购实施条例", ["law-name"]), ("保障中小企业支付条例", ["law-name"]),
    ("中华人民共和国合同法", ["law-repealed"]), ("物权法", ["law-repealed"]),
])
def test_laws(title: str, expected: list[str]) -> None:
    assert [k for k, _ in kinds(laws, f"第一条 依据\n\n1. 依照《{title}》订立本合同。")] == expected


def test_a_law_was_in_force_when_the_contract_was_signed() -> None:
    tree = tree_of(f"第一条 依据\n\n1. 依照《合同法》订立本合同。{SIGNED.replace('2027', '2020')}")
    assert [f for check in laws.CHECKS for f in check(tree)] == []


@pytest.mark.parametrize(("sentence", "is_said"), [
    ("合同签订后10个工作日内支付合同总金额的50%。", True), ("合同签订后10个工作日内支付合同总金额的49%。", False),
    ("验收合格后10个工作日内支付合同总金额的50%。", False),
    ("合同签订且乙方提交等额保函后10个工作日内支付合同总金额的50%。", False),
])
def test_advances_without_security(sentence: str, is_said: bool) -> None:
    body = f"第一条 价款\n\n1. 合同总金额为人民币 1000 元。\n\n2. {sentence}"
    assert ("advance-unsecured" in [k for k, _ in kinds(payment, body)]) is is_said


def test_an_advance_behind_blanks_is_found() -> None:
    """Blanks before a sentence are no part of it; the place of the share counts them."""
    body = "第一条 价款\n\n1. 合同总金额为人民币 1000 元。     合同签订后10个工作日内支付合同总金额的50%。"
    assert "advance-unsecured" in [k for k, _ in kinds(payment, body)]


def test_an_instalment_without_share_and_sum() -> None:
    body = "第一条 付款\n\n1. 第一笔：2027年6月1日前支付合同总金额的60%。\n\n2. 第二笔：2027年9月1日前支付{}。"
    assert [(k, c) for k, c in kinds(payment, body.format("尾款")) if k == "instalment-open"] == [("instalment-open", ("1/2", "1/1"))]
    assert "instalment-open" not in [k for k, _ in kinds(payment, body.format("合同总金额的40%"))]


def test_payments_on_a_basis_that_cannot_exist_yet() -> None:
    basis = "第一条 付款\n\n1. 甲方根据乙方提交的季度报告支付服务费。\n\n2. {}支付合同总金额的40%。"
    early = kinds(payment, basis.format("合同签订后10日内"))
    assert ("before-condition", ("1/1", "1/2")) in early
    assert "before-condition" not in [k for k, _ in kinds(payment, basis.format("收到第二季度报告后10日内"))]


def test_an_account_that_is_announced_and_stands_in_the_signatures() -> None:
    body = "第一条 付款\n\n1. 款项付至下列银行账户。"
    [missing] = [f for f in found(payment, body) if f.kind == "account-missing"]
    assert missing.severity == "error"
    tree = tree_of(f"{body}{SIGNED}\n账号：1234 5678 9012\n")
    [elsewhere] = [f for check in payment.CHECKS for f in check(tree) if f.kind == "account-missing"]
    assert (elsewhere.severity, [p.clause for p in elsewhere.places]) == ("warning", ["1/1", "S"])


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方应遵守《某馆讲解服务管理制度》。", ["rules-unattached"]), ("乙方应遵守甲方的规章制度。", ["rules-unattached"]),
    ("乙方应遵守《讲解工作规范》。", []),  # an annex has that name
    ("乙方应遵守国家法律法规。", []),
])
def test_rules_that_are_not_attached(sentence: str, expected: list[str]) -> None:
    tree = tree_of(f"第一条 服务\n\n1. {sentence}{SIGNED}\n附件 1：讲解工作规范\n\n讲解时佩戴工牌。")
    assert [f.kind for check in gaps.CHECKS for f in check(tree) if f.kind == "rules-unattached"] == expected
