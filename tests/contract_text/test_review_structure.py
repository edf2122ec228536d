"""The review of structure: annexes, cited clauses, numbers of clauses, blanks."""

from __future__ import annotations

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.review import structure
from compliance.contract_text.review.records import Flaw

HEAD = """
仓库租赁合同

甲方：某县粮食储备站
乙方：某省顺达仓储有限公司

双方就仓库租赁订立本合同。
"""
SIGNED = """
(以下无正文)

甲方（盖章）：某县粮食储备站
签订日期：2027 年 4 月 2 日

乙方（盖章）：某省顺达仓储有限公司
签订日期：2027 年 4 月 2 日
"""


def found(body: str, head: str = HEAD, tail: str = SIGNED) -> list[Flaw]:
    tree = tree_of(f"{head}\n{body}\n{tail}")
    return [f for check in structure.CHECKS for f in check(tree)]


def kinds(body: str, head: str = HEAD, tail: str = SIGNED) -> list[tuple[str, str, str]]:
    return [(f.kind, f.severity, f.places[0].clause) for f in found(body, head, tail)]


def test_a_sound_contract_is_silent() -> None:
    assert [f for check in structure.CHECKS for f in check(tree_of(SOUND))] == []


def test_every_kind_is_described_in_both_languages() -> None:
    assert all(k.title.zh and k.title.en and k.why.zh and k.why.en for k in structure.KINDS.values())


ANNEX = SIGNED + "\n附件 1：库房清单\n\n一号库房，面积 300 平方米。\n\n附件 2：巡检办法\n\n每周巡检一次库房门窗。\n"


@pytest.mark.parametrize(("sentence", "expected"), [
    ("库房见附件 3。", [("annex-missing", "error", "1/1")]),
    ("库房见附件 1、2。", []),
    ("库房见附件 2、4。", [("annex-missing", "error", "1/1")]),
    ("库房见附件三。", [("annex-missing", "error", "1/1")]),
    ("库房见招标文件附件 5。", []),
    ("验收单按《出库管理办法》附件 6 填写。", []),
    ("本合同附件一式两份。", []),
    ("库房见附件 1《库房清单》。", []),
    ("库房见附件 1《消防预案》。", [("annex-name", "error", "1/1")]),
    ("库房见附件《消防预案》。", [("annex-missing", "error", "1/1")]),
    ("库房清单详见附件。", [("annex-unnamed", "note", "1/1")]),
])
def test_annexes_that_are_cited(sentence: str, expected: list[tuple[str, str, str]]) -> None:
    found_kinds = kinds(f"第一条 租赁物\n\n1. {sentence}", tail=ANNEX)
    assert [k for k in found_kinds if k[0] != "annex-uncited"] == expected


@pytest.mark.parametrize(("sentence", "expected"), [
    ("库房见附件 1，巡检办法见附件 2。", []),
    ("库房见附件 1，巡检按《巡检办法》。", []),
    ("库房见附件 1。", ["A2"]),
    ("甲方交付库房。", []),  # a contract that names no annex at all has another way
])
def test_annexes_that_nothing_mentions(sentence: str, expected: list[str]) -> None:
    assert [f[2] for f in kinds(f"第一条 租赁物\n\n1. {sentence}", tail=ANNEX) if f[0] == "annex-uncited"] == expected


@pytest.mark.parametrize(("sentence", "expected"), [
    ("乙方违约的，参照第二条约定承担责任。", [("clause-circular", "note", "2/1")]),
    ("乙方违约的，参照第二条第1款承担责任。", []),
    ("乙方违约的，参照第一条约定承担责任。", []),
    ("乙方违约的，参照《民法典》第二条承担责任。", []),
])
def test_an_article_that_refers_to_itself(sentence: str, expected: list[tuple[str, str, str]]) -> None:
    assert [k for k in kinds(f"第一条 责任\n\n1. 甲。\n\n第二条 违约\n\n1. {sentence}") if k[0] == "clause-circular"] == expected


def test_a_list_of_annexes_is_held_against_the_file() -> None:
    body = "第一条 租赁物\n\n1. 甲方交付库房。\n\n附件：1 库房清单"
    assert kinds(f"{body}\n2 消防预案\n3 巡检办法", tail=ANNEX) == [("annex-missing", "error", "1¶1")]
    assert kinds(body, tail=ANNEX) == [("annex-unlisted", "warning", "1¶1")]
    assert kinds(f"{body}\n2 巡检办法", tail=ANNEX) == []


def test_an_annex_of_nothing_but_a_title() -> None:
    assert kinds("第一条 租赁物\n\n1. 甲方交付库房。", tail=ANNEX + "\n附件 3：消防预案\n") == [("annex-empty", "warning", "A3")]


@pytest.mark.parametrize(("sentence", "expected"), [
    ("违约按第三条处理。", []),
    ("违约按第九条处理。", [("clause-missing", "error", "1/1")]),
    ("违约按第2.2条处理。", []),
    ("违约按第2.7条处理。", [("clause-missing", "error", "1/1")]),
    ("违约按《中华人民共和国民法典》第五百八十五条处理。", []),
    ("违约按民法典第585条处理。", []),
    ("资格见招标文件第三章第二十条。", []),
    ("本条第（1）项除外。", [("clause-missing", "error", "1/1")]),
])
def test_clauses_that_are_cited(sentence: str, expected: list[tuple[str, str, str]]) -> None:
    others = "第二条 租金\n\n2.1 租金按季支付。\n\n2.2 税费由乙方承担。\n\n第三条 违约\n\n3.1 双方依法承担责任。"
    assert kinds(f"第一条 租赁物\n\n1. {sentence}\n\n{others}") == expected


@pytest.mark.parametrize(("body", "expected"), [
    ("第一条 交付\n\n1.1 甲方交付库房。\n\n3.2 乙方验收库房。\n\n第二条 租金\n\n2.1 按季支付。", [("clause-numbering", "error", "1/3.2")]),
    ("第一条 交付\n\n1.1 甲方交付库房。\n\n1.1 乙方验收库房。", [("clause-numbering", "error", "1.1~2")]),
    ("第一条 交付\n\n1.1 甲方交付库房。\n\n第三条 租金\n\n3.1 租金按季支付。", [("clause-numbering", "warning", "3")]),
    ("第一条 交付\n\n1.1 甲方交付库房：\n\n（1）钥匙；\n\n（2）图纸。\n\n1.2 乙方验收：\n\n（1）门窗；\n\n（2）照明。", []),
])
def test_numbers_of_clauses(body: str, expected: list[tuple[str, str, str]]) -> None:
    assert kinds(body) == expected


def test_a_repeated_clause_shows_both_places() -> None:
    flaw = found("第一条 交付\n\n1.1 甲方交付库房。\n\n1.1 乙方验收库房。")[0]
    assert [p.clause for p in flaw.places] == ["1.1~2", "1.1"]


@pytest.mark.parametrize(("body", "expected"), [
    ("第一条 付款\n\n1. 租金付至以下账户：\n\n开户名称：\n开 户 行：\n账    号：", [("blank-account", "error", "1/1¶1")]),
    ("第一条 付款\n\n1. 租金付至以下账户：\n\n户名：某县粮食储备站\n开户行：某县农商银行\n账号：1234567890", []),
    ("第一条 付款\n\n1. 租金付至以下账户：\n\n户名：\n某县粮食储备站", []),
    ("第一条 付款\n\n1. 租金为人民币____元。", [("blank-amount", "error", "1/1")]),
    ("第一条 付款\n\n1. 押金为人民币/元。", [("blank-amount", "error", "1/1")]),
    ("第一条 付款\n\n1. 单价按元/月计算，合同金额/租期见报价。", []),
    ("第一条 付款\n\n1. 联系人为xxxx。", [("blank-placeholder", "warning", "1/1")]),
    ("第一条 付款\n\n1. 交付时间为【 】。", [("blank-placeholder", "warning", "1/1")]),
    ("第一条 付款\n\n1. 设备为 x86 服务器，租金为【3000】元。", []),
    ("第一条 付款\n\n1. 租期自    年   月   日起。", [("blank-date", "warning", "1/1")]),
    ("第一条 付款\n\n1. 租期以年月日计。", []),
])
def test_blanks(body: str, expected: list[tuple[str, str, str]]) -> None:
    assert kinds(body) == expected


def test_a_form_to_be_filled_in_later_is_no_blank() -> None:
    form = ANNEX.replace("附件 2：巡检办法", "附件 2：巡检记录单").replace("每周巡检一次库房门窗。", "巡检人：____ 日期：    年   月   日")
    assert kinds("第一条 租赁物\n\n1. 甲方交付库房。", tail=form) == []


def test_the_day_of_signing_is_blank() -> None:
    blank = SIGNED.replace("2027 年 4 月 2 日", "")
    assert kinds("第一条 租赁物\n\n1. 甲方交付库房。", tail=blank) == [("blank-date", "warning", "S")]


def test_a_day_in_a_line_of_its_own_is_no_blank() -> None:
    below = SIGNED.replace("签订日期：2027 年 4 月 2 日", "日期：\n2027.4.2")
    assert kinds("第一条 租赁物\n\n1. 甲方交付库房。", tail=below) == []


def test_signatures_without_a_day() -> None:
    undated = SIGNED.replace("签订日期：2027 年 4 月 2 日", "")
    body = "第一条 租赁物\n\n1. 甲方交付库房。"
    assert kinds(body, tail=undated) == [("signature-undated", "warning", "S")]
    assert kinds(body, head=HEAD.replace("\n\n双方", "\n签订日期：2027 年 4 月 2 日\n\n双方"), tail=undated) == []


def test_a_party_without_a_name() -> None:
    nameless = HEAD.replace("甲方：某县粮食储备站", "甲方：\n地址：某县某路 8 号")
    assert [k for k, _, _ in kinds("第一条 租赁物\n\n1. 甲方交付库房。", head=nameless)] == ["blank-party"]
