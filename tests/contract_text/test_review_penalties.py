"""The review of penalties: without base, amount, cap or criterion, and those that meet in one act."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import penalties
from compliance.contract_text.review.records import Flaw


def found(body: str) -> list[Flaw]:
    tree = tree_of(f"设备维保合同\n\n甲方：某市图书馆\n乙方：某市恒安机电有限公司\n\n双方订立本合同。\n\n第八条 违约责任\n\n{body}")
    return [f for check in penalties.CHECKS for f in check(tree)]


def kinds(body: str) -> list[str]:
    return [f.kind for f in found(body)]


def test_a_sound_contract_is_silent() -> None:
    assert [f for check in penalties.CHECKS for f in check(tree_of(SOUND))] == []


@pytest.mark.parametrize(("sentence", "expected"), [
    ("甲方未按时间付款的，应支付 2‰的违约金。", ["penalty-without-base"]),
    ("甲方未按时间付款的，应支付应付未付款项 2‰的违约金。", []),
    ("乙方擅自停机的，应支付 5%合同总额的违约金。", []),
    ("乙方擅自停机的，以合同总金额为基数，支付 5%的违约金。", []),
    ("乙方擅自停机的，应支付合同总额百分之五（5%）的违约金。", []),
    ("乙方擅自停机的，应支付千分之三的违约金。", ["penalty-without-base"]),
    ("付款时扣除 6%的增值税。", []),
    ("设备可用率低于 95%的，支付违约金 500 元。", []),
])
def test_a_share_of_nothing(sentence: str, expected: list[str]) -> None:
    assert kinds(f"8.1 {sentence}") == expected


def test_a_share_of_nothing_says_that_the_period_is_missing_too() -> None:
    assert found("8.1 甲方未按时间付款的，应支付 2‰的违约金。")[0].message.zh == \
        "条款 8.1 “2‰”的违约金没有写明以什么为基数，也没有写明按日还是按次计算。"


def test_a_formula_with_a_term_nobody_prices() -> None:
    assert kinds("8.1 违约金=单台维保费/服务月数*系数") == ["penalty-without-base"]
    assert kinds("8.1 违约金=单台维保费/服务月数*系数\n\n8.2 单台维保费为 1200 元。") == []


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方泄密的，应支付一定数额的违约金。", ["penalty-without-amount"]),
    ("乙方泄密的，甲方有权解除合同，并要求乙方支付违约金。", ["penalty-without-amount"]),
    ("乙方泄密的，支付违约金 3000 元。", []),
    ("因疫情停工的，乙方不承担违约金。", []),
    ("考核不合格的，按附件的标准扣除相应服务费。", []),
    ("甲方支付相应合同款项。", []),
    ("乙方应支付违约金、赔偿金的，甲方有权从应付款中抵扣。", []),
])
def test_a_penalty_without_amount(sentence: str, expected: list[str]) -> None:
    assert kinds(f"8.1 {sentence}") == expected


def test_an_amount_in_the_list_below_is_an_amount() -> None:
    assert kinds("8.1 乙方有下列情形的，应支付违约金：\n\n（1）停机的，支付违约金 800 元；\n\n（2）泄密的，支付违约金 900 元。") == []


@pytest.mark.parametrize(("body", "expected"), [
    ("8.1 维保人员每迟到一次，扣除 200 元。", ["penalty-without-cap"]),
    ("8.1 维保人员每迟到一次，扣除 200 元，累计不超过合同总额的 5%。", []),
    ("8.1 维保人员每迟到一次，扣除 200 元。但最多不超过合同总额的 5%。", []),
    ("8.1 维保人员每迟到一次，扣除 200 元。\n\n8.2 全部违约金累计不超过合同总额的 10%。", []),
    ("8.1 维保人员每迟到一次，扣除 200 元。\n\n8.2 违约金超过合同总额的 10%，甲方有权解除合同。", ["penalty-without-cap"]),
    ("8.1 每逾期一日，按未付款项的万分之五支付违约金。", ["penalty-without-cap"]),
    ("8.1 甲方每月支付服务费 8000 元。", []),
])
def test_caps(body: str, expected: list[str]) -> None:
    assert kinds(body) == expected


GENERAL = "8.1 任何一方违反本合同约定的任何义务，应支付合同总额 15%的违约金。"
SPECIAL = "8.2 乙方泄露数据的，应支付违约金 20000 元。"


def test_a_general_penalty_beside_a_special_one() -> None:
    flaw = found(f"{GENERAL}\n\n{SPECIAL}")[0]
    assert (flaw.kind, flaw.severity, [p.clause for p in flaw.places]) == ("penalty-stacked", "warning", ["8.1", "8.2"])


def test_a_reserve_keeps_penalties_apart() -> None:
    assert kinds(f"{GENERAL.replace('，应支付', '，除本合同另有约定外，应支付')}\n\n{SPECIAL}") == []
    assert kinds(f"8.1 乙方违反本合同约定的保密义务，应支付违约金 3000 元。\n\n{SPECIAL}") == []


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方停机的，应支付违约金 3000 元，并赔偿甲方全部损失。", ["damages-on-top"]),
    ("乙方停机的，应支付违约金 3000 元，违约金不足以弥补损失的，并应赔偿差额损失。", []),
    ("乙方停机的，应赔偿甲方全部损失。", []),
])
def test_damages_on_top_of_a_penalty(sentence: str, expected: list[str]) -> None:
    assert kinds(f"8.1 {sentence}") == expected


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方弄虚作假的，扣除合同总额的 1%-5%。", ["penalty-range"]),
    ("乙方弄虚作假的，按考核等级扣除合同总额的 1%至 5%。", []),
    ("设备负荷为 20%-80%。", []),
])
def test_ranges(sentence: str, expected: list[str]) -> None:
    assert kinds(f"8.1 {sentence}") == expected


def _threshold(coefficient: str) -> list[Flaw]:
    return found("8.1 违约金超过合同总额的 20%，甲方有权解除合同。服务费按台计价，单台维保费见报价。合同期限为期 12 个月。\n\n"
                 f"附件 1：扣款办法\n\n违约金=单台维保费/服务月数*系数\n\n序号\t情形\t系数\n1\t停机\t{coefficient}\n2\t迟到\t10%\n")


def test_one_penalty_above_the_threshold_of_termination() -> None:
    flaw = _threshold("300%")[0]
    assert (flaw.kind, flaw.computation) == ("penalty-threshold", "300% / 12 = 25% > 20%")
    assert [p.clause for p in flaw.places] == ["8.1", "A1", "A1#1"]


def test_a_coefficient_at_the_threshold_is_silent() -> None:
    assert _threshold("240%") == []
