"""The review of wording: limits, anchors, terms, names, precedence, leftovers."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import wording
from compliance.contract_text.review.records import Flaw

HEAD = "校园食堂服务合同\n\n甲方：某市第九中学\n乙方：某市食悦餐饮有限公司\n\n双方订立本合同。\n\n第三条 服务要求\n\n"
SIGNED = ("\n\n(以下无正文)\n\n甲方（盖章）：某市第九中学\n签订日期：2027 年 8 月 1 日\n\n"
          "乙方（盖章）：某市食悦餐饮有限公司\n签订日期：2027 年 8 月 1 日\n")


def found(body: str, tail: str = SIGNED, head: str = HEAD) -> list[Flaw]:
    tree = tree_of(f"{head}{body}{tail}")
    return [f for check in wording.CHECKS for f in check(tree)]


def kinds(body: str, tail: str = SIGNED, head: str = HEAD) -> list[str]:
    return [f.kind for f in found(body, tail, head)]


def test_a_sound_contract_is_silent() -> None:
    assert [f for check in wording.CHECKS for f in check(tree_of(SOUND))] == []


def test_one_flaw_for_a_family_of_words_with_all_its_places() -> None:
    flaw = found("3.1 乙方应及时清洗餐具。\n\n3.2 乙方应及时更换餐具。")
    assert [(f.kind, f.severity, [p.clause for p in f.places]) for f in flaw] == [("duty-without-limit", "note", ["3.1", "3.2"])]


@pytest.mark.parametrize("sentence", [
    "乙方应在餐后 2 小时内及时清洗餐具。",
    "乙方应每周定期消毒。",
    "甲方应按时支付本合同约定的费用。",
    "甲方有权通知乙方立即解除合同，乙方应当撤离。",
    "在缺少约定时，乙方应按行业标准执行。",
    "餐具清洗及时率由甲方统计。",
])
def test_words_that_only_look_like_duties_without_a_limit(sentence: str) -> None:
    assert kinds(f"3.1 {sentence}") == []


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方未及时更换餐具的，甲方有权解除合同。", ["limitless-duty-penalised"]),
    ("乙方须在 3 日内更换餐具。乙方收到通知后未及时更换餐具的，甲方有权解除合同。", []),
    ("乙方未及时更换餐具造成的损失由乙方承担。", []),
])
def test_a_consequence_that_rests_on_a_duty_without_a_limit(sentence: str, expected: list[str]) -> None:
    assert [k for k in kinds(f"3.1 {sentence}") if k == "limitless-duty-penalised"] == expected


def test_a_consequence_in_the_sentence_above_the_list() -> None:
    flaws = found("3.1 乙方有下列情形的，甲方有权解除合同：\n\n（1）在合理时间内仍未纠正的；\n\n（2）停业的。")
    assert [[p.clause for p in f.places] for f in flaws if f.kind == "limitless-duty-penalised"] == [["3.1(1)", "3.1"]]


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方应在 5 日内，按要求调换厨师。", ["deadline-without-anchor"]),
    ("乙方应在收到通知后 5 日内调换厨师。", []),
    ("厨师不合格的，乙方应在 5 日内调换。", []),
    ("乙方应于 5 日内（自通知送达之日起算）调换厨师。", []),
    ("乙方应保证一年内不发生食物中毒。", []),
    ("如厨师离职，乙方应在 5 日内补充。", []),
])
def test_deadlines_and_what_they_run_from(sentence: str, expected: list[str]) -> None:
    assert kinds(f"3.1 {sentence}") == expected


def test_a_deadline_that_runs_from_a_blank_day() -> None:
    blank = SIGNED.replace("2027 年 8 月 1 日", "")
    flaw = found("3.1 合同签订后 15 日内支付首付款。", blank)[0]
    assert (flaw.kind, flaw.severity, [p.clause for p in flaw.places]) == ("anchor-blank", "error", ["3.1", "S", "S"])
    assert kinds("3.1 合同签订后 15 日内支付首付款。") == []
    assert kinds("3.1 收到发票后 15 日内支付首付款。", blank) == []


@pytest.mark.parametrize(("body", "expected"), [
    ("3.1 造成重大影响的，扣除 1000 元。", ["term-undefined"]),
    ("3.1 造成重大影响的，扣除 1000 元。\n\n3.2 重大影响是指市级以上媒体报道。", []),
    ("3.1 造成重大影响（市级以上媒体报道）的，扣除 1000 元。", []),
    ("3.1 造成重大影响的，乙方应说明情况。", []),
    ("3.1 发生A级事件的，甲方有权解除合同。", ["term-undefined"]),
    ("3.1 发生A级事件的，甲方有权解除合同。\n\n3.2 A级事件是指食物中毒。", []),
    ("3.1 厨师属于“关键岗位”而缺岗的，扣除 500 元。", ["term-undefined"]),
    ("3.1 厨师属于“关键岗位”而缺岗的，扣除 500 元。\n\n3.2 “关键岗位”包括厨师长。", []),
])
def test_terms_on_which_money_depends(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


def test_a_level_that_a_table_explains() -> None:
    table = "\n\n附件 1：事件表\n\n级别\t情形\nA 级\t食物中毒\nB 级\t停餐\n"
    assert kinds("3.1 发生 A 级事件的，甲方有权解除合同。", SIGNED + table) == []
    assert kinds("3.1 发生 C 级事件的，甲方有权解除合同。", SIGNED + table) == ["term-undefined"]


@pytest.mark.parametrize(("body", "expected"), [
    ("3.1 就餐满意率不低于 90%。", ["indicator-undefined"]),
    ("3.1 就餐满意率不低于 90%。满意率=满意人数/参评人数。", []),
    ("3.1 持证率达到 100%。", []),
    ("3.1 增值税税率为 6%。", []),
])
def test_indicators(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


def test_two_names_for_the_contract() -> None:
    flaw = found("3.1 本合同生效后乙方进场。\n\n3.2 本合同期满后乙方撤场。\n\n3.3 乙方不得超出本协议目的使用场地。")[0]
    assert (flaw.kind, [p.clause for p in flaw.places]) == ("names-of-document", ["3.3", "0¶3"])
    assert kinds("3.1 本合同的补充协议与本合同具有同等效力。") == []


def test_two_names_for_the_base_of_penalties() -> None:
    one, two = "3.1 停餐的，支付合同总额 5%的违约金。", "3.2 转包的，支付合同结算总价 10%的违约金。"
    assert kinds(f"{one}\n\n{two}") == ["names-of-price"]
    assert kinds(f"{one}\n\n{two.replace('结算总价', '总额')}") == []
    assert kinds(f"{one}\n\n3.2 首付款为合同结算总价的 30%。") == []


def test_two_names_for_a_party() -> None:
    seal = SIGNED.replace("某市食悦餐饮有限公司", "某市食悦餐饮管理有限公司")
    flaw = found("3.1 乙方进场。", seal)[0]
    assert (flaw.kind, flaw.severity, {p.clause for p in flaw.places}) == ("names-of-party", "error", {"0¶2", "S"})
    assert kinds("3.1 乙方进场。", SIGNED.replace("某市食悦餐饮有限公司", "某市食悦餐饮\n有限公司")) == []


def test_the_contract_under_another_title() -> None:
    annex = SIGNED + "\n附件 1：廉政协议书\n\n合同名称：校园食堂餐饮服务合同\n\n双方廉洁自律。\n"
    assert "names-of-title" in kinds("3.1 乙方进场。", annex)
    assert kinds("3.1 乙方进场。", annex.replace("食堂餐饮服务", "食堂服务")) == []


@pytest.mark.parametrize(("body", "expected"), [
    ("3.1 附件是本合同的组成部分。", ["precedence-missing"]),
    ("3.1 附件是本合同的组成部分。\n\n3.2 附件与本合同不一致的，以本合同为准。", []),
    ("3.1 其他要求以招标文件为准。", ["precedence-missing"]),
    ("3.1 乙方收到附件所列物品。", []),
    ("3.1 附件与本合同不一致的，以本合同为准。\n\n3.2 本合同与附件冲突时，以附件为准。", ["precedence-contradictory"]),
    ("3.1 各文件如有不一致，以次序在先及更高要求为准。", ["precedence-contradictory"]),
])
def test_precedence(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


@pytest.mark.parametrize(("body", "expected"), [
    ("3.1 争议提交江州仲裁委员会仲裁。\n\n3.2 争议提交江州市仲裁委员会仲裁。", ["forum-contradictory"]),
    ("3.1 争议提交江州仲裁委员会仲裁。\n\n3.2 争议向甲方所在地人民法院提起诉讼。", ["forum-contradictory"]),
    ("3.1 争议提交江州仲裁委员会仲裁，可以向人民法院申请财产保全。", []),
])
def test_forums(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方遵守国家 and 本市的规定。", ["text-leftover"]),
    ("乙方使用 Windows and Linux 系统。", []),
    ("乙方承担损失。。", ["text-leftover"]),
    ("甲方退还已付的的款项。", ["text-leftover"]),
    ("为了了解情况，乙方参与与本合同目的的实现有关的工作。", []),
    ("乙方具有本协履议的能力。", ["text-leftover"]),
    ("乙方服从本协会的章程和本协议。", []),
    ("停电超过大于 2 小时的记录在案。", ["text-leftover"]),
    ("温度不得低于小于 5 度。", ["text-leftover"]), ("由此导致造成的损失由乙方承担。", ["text-leftover"]),
    ("故障超过 2 小时、少于 4 小时的记录在案。", []),
])
def test_leftovers(sentence: str, expected: list[str]) -> None:
    assert [k for k in kinds(f"3.1 {sentence}") if k == "text-leftover"] == expected


def test_the_bases_of_penalties_are_named_as_they_stand() -> None:
    text = ("第一条 违约\n1.1 乙方未按期完成并造成损失的，乙方应按合同总金额的 5% 支付违约金。\n"
            "1.2 乙方泄密的，每次按服务费的 2% 支付违约金，累计不超过服务费的 10%。")
    [flaw] = [f for f in found(text) if f.kind == "names-of-price"]
    assert "“合同总金额”（1.1）" in flaw.message.zh and "“服务费”（1.2）" in flaw.message.zh
