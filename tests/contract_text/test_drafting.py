"""A rule set drafted from an invented contract: refused as it is, sound once every entry is confirmed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from texts import SOUND, tree_of

from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.ruleset.binding import bind, read_sources
from compliance.contract_text.ruleset.drafting import (
    draft,
    drafted_provisions,
    drafted_terms,
    party_names,
    service_term,
    signing_day,
    title,
)
from compliance.ground import Problem
from compliance.linting.loading import LoadedContract, load_contract

SCHEMAS = Path(__file__).resolve().parents[2] / "rules"
TEXT = """
〔2027〕第 8 号

档案数字化加工

服务合同

采购人（甲方）：某市档案馆

供应商（乙方）：某市文档科技有限公司

双方就档案数字化加工订立本合同。

第一条 服务期限

服务期限为自合同签订之日起18个月。

第二条 价款与支付

2.1 合同总价为人民币48万元（大写：肆拾捌万元整），单价0.083元/页。

2.2 甲方应在验收合格后10个工作日内支付合同总价的80%，余款于2028年12月15日前支付。

2.3 乙方收款账号：62250001234567890123。

第三条 双方责任

3.1 乙方应于每月5日前提交书面报告。

3.2 乙方加工人员不得少于12名，

3.3 乙方不得复制原件。

3.4 甲方有权抽查。

3.5 双方均应妥善保管档案。

第四条 违约责任

乙方未按期完成的，每逾期一日应按合同总价的3‰支付违约金。

（以下无正文）

甲方（盖章）：

日期：2027年6月1日

乙方（盖章）：

日期：2027年6月10日
"""


def _load(folder: Path, files: Mapping[str, str]) -> tuple[LoadedContract | None, list[Problem]]:
    shutil.rmtree(folder / "archive", ignore_errors=True)
    (folder / "archive").mkdir(parents=True)
    for schema in SCHEMAS.glob("*.schema.json"):
        shutil.copy(schema, folder)
    for name, text in files.items():
        (folder / "archive" / name).write_text(text, encoding="utf-8")
    return load_contract(folder, "archive")


def _confirmed(text: str) -> str:
    """The text of a file with its marks of a draft removed, as a person removes them."""
    return re.sub(r"(?m)^ *draft: true\n", "", text.replace(", draft: true", ""))


def test_what_the_text_says_of_itself() -> None:
    tree = tree_of(TEXT)
    assert title(tree) == "档案数字化加工服务合同"
    assert party_names(tree) == ("某市档案馆", "某市文档科技有限公司")
    signed = signing_day(tree)
    assert signed is not None
    assert (signed[0], signed[1].id) == (date(2027, 6, 10), "S")
    term = service_term(tree, signed[0])
    assert term is not None
    assert (term[0], term[1], term[2].id) == (date(2027, 6, 10), date(2028, 12, 9), "1¶1")


def test_a_term_of_service_that_is_printed() -> None:
    term = service_term(tree_of(SOUND), None)
    assert term is not None
    assert term[:2] == (date(2027, 3, 1), date(2028, 2, 29))


def test_figures_become_terms_of_neutral_names() -> None:
    assert [(t.name, t.value, t.unit, t.clause) for t in drafted_terms(tree_of(TEXT))] == [
        ("months_1", 18, "month", "1¶1"), ("amount_1", "480000.00", "CNY", "2.1"), ("price_1", "0.083", "ratio", "2.1"),
        ("workdays_1", 10, "workday", "2.2"), ("share_1", "0.8", "ratio", "2.2"), ("date_1", "2028-12-15", "date", "2.2"),
        ("account_1", "62250001234567890123", "text", "2.3"), ("count_1", 12, "count", "3.2"),
        ("days_1", 1, "day", "4¶1"), ("share_2", "0.003", "ratio", "4¶1")]


def test_duties_become_provisions() -> None:
    assert [(p.id, p.clause, p.obligor, p.modality, p.category, p.checkability) for p in drafted_provisions(tree_of(TEXT))] == [
        ("P001", "2.2", "party_a", "must", "acceptance", "automatic"),
        ("P002", "3.1", "party_b", "must", "deliverable_report", "attested"),
        ("P003", "3.2", "party_b", "must", "staffing", "judgement"),
        ("P004", "3.3", "party_b", "must_not", "other", "judgement"),
        ("P005", "3.4", "party_a", "may", "other", "judgement"),
        ("P006", "3.5", "both", "must", "other", "judgement"),
        ("P007", "4¶1", "party_b", "must", "penalty", "automatic")]


def test_a_draft_is_refused_entry_by_entry(tmp_path: Path) -> None:
    files = draft(tree_of(TEXT), "archive")
    loaded, problems = _load(tmp_path, files)
    assert loaded is None
    marks = [f"{name}:{i}" for name, text in files.items() for i, line in enumerate(text.split("\n"), start=1)
             if re.search(r"\bdraft: true(?!')", line)]
    assert sorted(f"{p.location.file.rpartition('/')[2]}:{p.location.line}" for p in problems) == sorted(marks)
    assert all("draft" in str(p) for p in problems)


def test_one_mark_that_is_left_keeps_the_whole_from_use(tmp_path: Path) -> None:
    files = dict(draft(tree_of(TEXT), "archive"))
    left = {n: _confirmed(t) for n, t in files.items()}
    left["provisions.yaml"] = files["provisions.yaml"].replace(", draft: true", "", 6)
    loaded, problems = _load(tmp_path, left)
    assert loaded is None
    assert len(problems) == 1


def test_a_confirmed_draft_loads_and_binds(tmp_path: Path) -> None:
    tree = tree_of(TEXT)
    loaded, problems = _load(tmp_path, {n: _confirmed(t) for n, t in draft(tree, "archive").items()})
    assert problems == []
    assert loaded is not None
    assert loaded.contract.price == "amount_1"
    assert [r.id for r in loaded.rule_set.rules] == ["acceptance-p001", "deliverable-report-p002", "penalty-p007"]
    binding = bind(loaded, tree, read_sources(tmp_path, "archive"))
    assert binding.problems == ()
    assert binding.uncited == ()


def test_days_that_were_not_found_must_be_filled_in(tmp_path: Path) -> None:
    tree = tree_of(TEXT.replace("为自合同签订之日起18个月", "另行约定"))
    _, problems = _load(tmp_path, {n: _confirmed(t) for n, t in draft(tree, "archive").items()})
    assert [(p.code, p.message) for p in problems] == [("wrong-value", "'' is not a date YYYY-MM-DD")] * 2


def test_places_are_noted_and_no_sentence_is_copied() -> None:
    files = draft(tree_of(TEXT), "archive")
    entry = 'workdays_1: {value: 10, unit: workday, clause: "2.2", draft: true} # line 21, characters 10-15 of the clause'
    assert entry in files["contract.yaml"]
    assert "# terms of the clause: workdays_1, share_1, date_1" in files["acceptance.yaml"]
    for sentence in re.findall(r"[一-龥]{8,}(?=[，。])", TEXT):
        assert all(sentence not in text for text in files.values())


def test_two_runs_give_the_same_bytes() -> None:
    assert list(draft(tree_of(TEXT), "archive").items()) == list(draft(tree_of(TEXT), "archive").items())


def test_a_text_without_anything(tmp_path: Path) -> None:
    files = draft(ClauseTree("empty.txt", "", ()), "archive")
    assert list(files) == ["contract.yaml", "provisions.yaml"]
    _, problems = _load(tmp_path, {n: _confirmed(t) for n, t in files.items()})
    assert {p.code for p in problems} == {"wrong-value"}  # the days of service


@pytest.mark.parametrize("name", ["", "../x", "Archive", "a--b", "档案"])
def test_an_id_that_no_folder_should_have(name: str) -> None:
    with pytest.raises(ValueError, match="is no id of a contract"):
        draft(tree_of(TEXT), name)


def test_names_and_numbers_that_would_break_yaml(tmp_path: Path) -> None:
    hostile = TEXT.replace("某市档案馆", "某市: #档案馆 \u2028\"{馆}")
    hostile = hostile.replace("48万元", f"48万元、{'9' * 5000}元、{'8' * 5000}天、{'7' * 5000}%")
    loaded, problems = _load(tmp_path, {n: _confirmed(t) for n, t in draft(tree_of(hostile), "archive").items()})
    assert problems == []
    assert loaded is not None
    assert loaded.contract.parties["party_a"].zh == '某市: #档案馆 "{馆}'


def test_more_duties_than_ids() -> None:
    clauses = tuple(Clause(str(i), None, None, "item", (i, i), f"乙方应完成第{i}项工作，并报告。") for i in range(1, 1202))
    files = draft(ClauseTree("long.txt", "", clauses), "archive")
    assert files["provisions.yaml"].count("- {id: P") == 999
    assert "202 clauses more" in files["provisions.yaml"]
