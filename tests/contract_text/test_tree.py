"""The clause tree: ids from labels and places, broken lines put together, nothing lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from texts import SOUND, tree_of

from compliance.contract_text.labels import read_label
from compliance.contract_text.readers.residue import cleaned_line


def ids(text: str) -> list[str]:
    return [c.id for c in tree_of(text).clauses]


def test_a_whole_contract() -> None:
    tree = tree_of(SOUND)
    assert [c.id for c in tree.clauses] == [
        "0", "0¶1", "0¶2", "0¶3", "1", "1/1", "1/2", "1#1", "1#2", "1#3", "1#4", "2", "2¶1",
        "3", "3.1", "3.2", "4", "4/(1)", "4/(2)", "S"]
    assert tree.problems == ()
    assert tree.by_id["1#2"].cells == ("2", "外墙清洗", "300.00", "4", "1200.00")
    assert tree.by_id["1#2"].text == "外墙清洗 | 300.00 | 4 | 1200.00"  # the column that only counts is a label
    assert tree.texts["1#4"] == "合计 | 15200.00"  # a row without a number spans the columns that it leaves empty
    assert tree.texts["1/2"].endswith("：\n序号 | 项目 | 单价（元） | 数量 | 合价（元）")
    assert tree.head_of(tree.by_id["1#4"]) == tree.by_id["1/2"]
    assert tree.by_id["1/2"].columns == ("序号", "项目", "单价（元）", "数量", "合价（元）")
    assert tree.by_id["S"].text.count("签订日期") == 2


@pytest.mark.parametrize(("line", "kind", "numbers", "rest"), [
    ("第十二条 争议", "article", (12,), "争议"), ("第3章总则", "chapter", (3,), "总则"), ("十一、 退出", "ordinal", (11,), "退出"),
    ("4.2.10 保密", "dotted", (4, 2, 10), "保密"), ("4.2.10保密", "dotted", (4, 2, 10), "保密"), ("12、其他", "item", (12,), "其他"),
    ("3.报告", "item", (3,), "报告"), ("（二）人员", "bracket", (2,), "人员"), ("(12) 人员", "bracket", (12,), "人员"),
    ("2）.人员", "bracket", (2,), "人员"), ("③ 人员", "circled", (3,), "人员"), ("附件 2：协议", "annex", (2,), "协议"),
    ("附件：细则", "annex", (), "细则"), ("附件一 细则", "annex", (1,), "细则"),
])
def test_labels(line: str, kind: str, numbers: tuple[int, ...], rest: str) -> None:
    label = read_label(line)
    assert label is not None
    assert (label.kind, label.numbers, label.rest) == (kind, numbers, rest)


@pytest.mark.parametrize("line", ["3.5万元为上限", "0.2%的违约金", "2026年3月1日起", "附件中的价格", "12名人员", "一旦发生",
                                  "7*24小时服务"])
def test_what_is_no_label(line: str) -> None:
    assert read_label(line) is None


def test_a_sentence_cut_by_a_page_is_one_clause() -> None:
    tree = tree_of("第一条 服务\n\n1.1 乙方应当按照甲方的要求，每周提交一\n\n\n\n次书面报告。\n\n1.2 乙方应当保密。")
    assert tree.texts["1.1"] == "乙方应当按照甲方的要求，每周提交一次书面报告。"
    assert tree.by_id["1.1"].lines == (3, 7)


def test_a_title_is_not_the_beginning_of_the_next_sentence() -> None:
    tree = tree_of("第一条 保密\n\n1.1 保密期限\n\n保密期限为三年。")
    assert tree.texts["1.1"] == "保密期限"
    assert tree.texts["1.1¶1"] == "保密期限为三年。"


def test_a_label_after_the_end_of_a_cut_sentence() -> None:
    tree = tree_of("第五条 责任\n\n5.1 甲方应派人参加，并处理发生的问\n\n题。5.2 乙方应当配合甲方的 5.3 倍要求。")
    assert tree.texts["5.1"].endswith("问题。")
    assert tree.texts["5.2"] == "乙方应当配合甲方的 5.3 倍要求。"


def test_a_paragraph_after_an_introduced_list_belongs_to_what_introduced_it() -> None:
    tree = tree_of("第一条 服务\n\n具体如下：\n\n1. 值班安排如下：\n\n（1）白班。\n\n（2）夜班。\n\n甲方可以调整班次。")
    assert tree.by_id["1¶2"].text == "甲方可以调整班次。"


def test_a_paragraph_after_an_item_of_an_article_belongs_to_the_item() -> None:
    tree = tree_of("第三条 价款\n\n1. 总价为 100 元。\n\n上述金额包含税费。\n\n2. 分两次支付。")
    assert tree.texts["3/1¶1"] == "上述金额包含税费。"


def test_lists_inside_of_lists() -> None:
    assert ids("一、服务\n（1）驻场\n1.人员\n2.班次如下：\n（1）白班；\n（2）夜班。\n（二）报告") == [
        "1", "1/(1)", "1/(1)1", "1/(1)2", "1/(1)2(1)", "1/(1)2(2)", "1/(2)"]


def test_dotted_numbers_inside_of_an_item() -> None:
    assert ids("第二条 内容\n6. 平台，主要内容为：\n6.1 语音\n6.1.1 导航\n7. 其他") == ["2", "2/6", "2/6.1", "2/6.1.1", "2/7"]


def test_articles_numbered_by_plain_numbers() -> None:
    assert ids("合同\n1. 总则\n1.1 目的\n2. 服务\n2.1 内容\n(1) 保洁") == ["0", "1", "1.1", "2", "2.1", "2.1(1)"]


def test_an_article_of_a_chapter_is_one_clause_with_its_text() -> None:
    tree = tree_of("## 第一章 服务\n\n### 1.1 服务期间\n\n服务期间为一年。\n\n### 1.2 内容\n\n甲。\n\n乙。")
    assert tree.texts["1.1"] == "服务期间\n服务期间为一年。"
    assert tree.texts["1.2¶2"] == "乙。"


def test_misnumbered_and_repeated_labels_are_said() -> None:
    tree = tree_of("第十条 保密\n10.1 甲。\n11.2 乙。\n第十一条 其他\n（一）丙。\n（一）丁。\n第十二条 附则\n第十四条 生效")
    assert [(p.code, p.location.line) for p in tree.problems] == [
        ("clause-misnumbered", 3), ("clause-repeated", 6), ("clause-gap", 8)]
    assert "10/11.2" in tree.by_id and "11/(1)~2" in tree.by_id


def test_a_label_that_is_there_twice_before_a_missing_article_belongs_to_the_missing_one() -> None:
    tree = tree_of("第一条 责任\n（一）甲。\n（二）乙。\n（二）丙：\n1、丁。\n第五条 监督\n（一）戊。")
    assert [c.id for c in tree.clauses] == ["1", "1/(1)", "1/(2)", "4/(2)", "4/(2)1", "5", "5/(1)"]
    assert (tree.by_id["4/(2)"].parent, tree.by_id["4/(2)1"].parent) == (None, "4/(2)")
    assert [(p.code, p.location.line) for p in tree.problems] == [("clause-gap", 4), ("clause-gap", 6), ("clause-lost", 4)]


def test_articles_in_another_order_are_not_taken_for_lost() -> None:
    tree = tree_of("第一条 责任\n（一）甲。\n第二条 其他\n（一）乙。\n（一）丙。\n第五条 监督\n第四条 附则\n（一）丁。")
    assert [c.id for c in tree.clauses] == ["1", "1/(1)", "2", "2/(1)", "2/(1)~2", "5", "4", "4/(1)"]


@pytest.mark.parametrize(("before", "found"), [
    ("附件 1：考核\n\n扣款按月费乘以系数计算。\n\n表：扣款系数", ["A1", "A1¶1", "A1#1", "A1#2"]),
    ("附件 1：考核\n\n扣款按月费乘以系数计算，系数如下：", ["A1", "A1¶1", "A1#1", "A1#2"]),
    ("附件 1：考核\n\n扣款按月费乘以系数计算。", ["A1", "A1¶1", "A1#0", "A1#1", "A1#2"]),  # nothing names the table
])
def test_the_head_of_numbered_rows_is_read_with_the_text_that_introduces_them(before: str, found: list[str]) -> None:
    tree = tree_of(f"{before}\n\n序号\t情形\t系数\n1\t迟到\t10%\n2\t停机\t\n")
    assert [c.id for c in tree.clauses] == found
    assert [tree.texts["A1#1"], tree.texts["A1#2"]] == ["迟到 | 10%", "停机 | "]
    head = tree.head_of(tree.by_id["A1#2"])
    assert head is not None and head.columns == ("序号", "情形", "系数") and head.text.endswith("序号 | 情形 | 系数")


def test_annexes_have_clauses_and_signatures_of_their_own() -> None:
    lines = ["", "附件 1：保密协议", "园区保密协议", "甲方：某中心", "乙方：某公司", "双方就保密事宜订立本协议。",
             "一、义务", "1、乙方应当保密。",
             "甲方（盖章）：某中心", "乙方（盖章）：某公司", "园区廉政建设协议书", "甲方：某中心", "乙方：某公司",
             "双方订立本协议。", "第一条 责任", "（一）双方应当廉洁。"]
    tree = tree_of(SOUND + "\n\n".join(lines))
    assert [i for i in tree.by_id if i.startswith("A")] == ["A1", "A1/0", "A1/1", "A1/1/1", "A1/S", "A2", "A2/0", "A2/1", "A2/1(1)"]


def test_two_contracts_in_one_file_are_said_with_the_line() -> None:
    tree = tree_of(f"{SOUND.strip()}\n\n{SOUND.strip()}")
    [problem] = tree.problems
    assert (problem.code, problem.location.line) == ("second-contract", SOUND.strip().count("\n") + 3)
    assert "A1/3.1" in tree.by_id, "nothing of it is lost"


def test_a_list_of_annexes_is_no_annex() -> None:
    tree = tree_of("第一条 其他\n1、本合同一式两份。\n附件：1 价目表\n2 考核办法\n(以下无正文)\n附件 1：价目表")
    assert tree.texts["1¶1"] == "附件： 1 价目表 2 考核办法"
    assert "A1" in tree.by_id


def test_tables_with_captions_are_counted_by_themselves() -> None:
    rows = "模块一\t\t\n序号\t项目\t金额\n1\t巡检\t100\n\t小计\t100\n模块二\t\t\n序号\t项目\t金额\n1\t接口\t50"
    found = [i for i in ids(f"附件 1：清单\n{rows}") if "t" in i]
    assert found == ["A1t1", "A1t1#0", "A1t1#1", "A1t1#2", "A1t2", "A1t2#0", "A1t2#1"]


@pytest.mark.parametrize(("raw", "text"), [
    ("### **第一条** 服务", "第一条 服务"), ("[bookmark: _Hlk1]（一）人员", "（一）人员"),
    ("- (1) 报告", "(1) 报告"),
    (r"提供 7\*24 服务", "提供 7*24 服务"),
    ("<b>2.1</b> 巡检", "2.1 巡检"), ("*签字*", "签字"),
    ("　　第二条", "第二条"), ("−5 度", "−5 度"), ("金额 -- 元", "金额 -- 元"),
])
def test_residue(raw: str, text: str) -> None:
    line = cleaned_line(1, raw)
    assert line is not None and line.text == text


def test_rows_of_markdown_tables() -> None:
    assert [c.id for c in tree_of("第一条 价目\n| 项目 | 金额 |\n|---|---:|\n| 巡检 | 100 |\n").clauses] == ["1", "1#0", "1#1"]


_LINES = ["第一条 甲", "第二条 乙", "1. 丙，", "（一）丁；", "（1）戊：", "2.1 己。", "①庚", "附件 1：辛", "附件", "壬癸", "表\t1", "\t",
          "", "甲方（盖章）：", "以下无正文", "# 标题", "3.2.1 子丑", "二、寅", "12 卯", "甲方：辰"]


@given(st.lists(st.sampled_from(_LINES), max_size=14))
def test_no_word_of_a_text_is_lost_and_no_id_is_there_twice(lines: list[str]) -> None:
    tree = tree_of("\n".join(lines))
    kept = re.sub(r"\s", "", "".join((c.label or "") + c.text + "".join(c.cells) for c in tree.clauses))
    for line in lines:
        for word in re.findall(r"[一-鿿]+", line):
            assert word in kept
    assert len({c.id for c in tree.clauses}) == len(tree.clauses)
    assert [p.location.line for p in tree.problems] == sorted(p.location.line for p in tree.problems)
    assert all(c.parent is None or c.parent in tree.by_id for c in tree.clauses)
