"""A small invented contract held against rule sets that agree with it, and that do not."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from texts import tree_of

from compliance.contract_text.records import ClauseTree
from compliance.contract_text.ruleset.binding import Binding, bind, read_sources
from compliance.contract_text.ruleset.changes import changes
from compliance.linting.loading import LoadedContract, load_contract

SCHEMAS = Path(__file__).resolve().parents[2] / "rules"
TEXT = """
图书馆空调维保合同

甲方：某市图书馆

乙方：某市冷暖设备公司

双方就空调维保订立本合同。

第一条 服务期限

服务期限自2027年4月1日起12个月。

第二条 价款

2.1 合同总价为270.00006万元（大写：贰佰柒拾万元陆角）。

2.2 甲方应在收到发票后五个工作日内支付总价的百分之二十，2027年10月底前支付30%。

2.3 备件价目见下表：

序号	名称	单价（元）	数量	合价（元）
1	滤网	12.50	40	500.00
2	风机	300.00	2	600.00

第三条 服务要求

3.1 乙方应每季度巡检一次，现场人员不少于6名。

3.2 故障须在2小时内修复，逾期每小时扣款按千分之五计。

3.3 乙方保证备件为原厂产品：

（1）随货附合格证；

（2）不得使用翻新件。

（以下无正文）

甲方（盖章）：

乙方（盖章）：

签订日期：2027年3月20日
"""
CONTRACT = """\
id: sample
title: {zh: 空调维保合同, en: Maintenance}
parties: {party_a: {zh: 甲方, en: Client}, party_b: {zh: 乙方, en: Supplier}}
signed_on: {value: 2027-03-20, clause: S}
service: {start: 2027-04-01, end: 2028-03-31, clause: "1¶1"}
price: total
terms:
  total: {value: "2700000.60", unit: CNY, clause: "2.1"}
  pay_days: {value: 5, unit: workday, clause: "2.2"}
  first_share: {value: "0.20", unit: ratio, clause: "2.2"}
  second_share: {value: "30", unit: percent, clause: "2.2"}
  second_due: {value: 2027-10-31, unit: date, clause: "2.2"}
  first_amount: {value: "540000.12", unit: CNY, clause: "2.2"}
  months: {value: 12, unit: month, clause: "1"}
  visits: {value: 4, unit: count, clause: "3.1"}
  staff: {value: 6, unit: count, clause: "3.1"}
  repair_minutes: {value: 120, unit: minute, clause: "3.2"}
  late_rate: {value: "0.005", unit: ratio, clause: "3.2"}
  original: {value: 原厂产品, unit: text, clause: "3.3"}
  repair_clause: {value: "3.2", unit: text, clause: "3.2"}
  margin: {value: 3, unit: day, clause: "3.2", note: "derived: what the parties are used to"}
lists:
  prices:
    clause: "2.3"
    key: no
    columns: {no: integer, unit_price: money, quantity: integer, amount: money, name_zh: text}
    rows:
    - {no: 1, unit_price: "12.50", quantity: 40, amount: "500.00", name_zh: 滤网}
    - {no: 2, unit_price: "300.00", quantity: 2, amount: "600.00", name_zh: 风机}
"""
REGISTER = """\
provisions:
- {id: P001, clause: "2.2", obligor: party_a, modality: must, category: payment_ordering, checkability: automatic}
- {id: P002, clause: "3.1", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P003, clause: "3.2", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P004, clause: "3.3(2)", obligor: party_b, modality: must_not, category: service_level, checkability: judgement}
- {id: P005, clause: "2#2", obligor: none, modality: definition, category: payment_amount, checkability: none}
"""
RULES = """\
views:
  quick:
    cases: {each: prices}
    let: {limit: terms.repair_minutes}
rules:
- id: paid-in-time
  provision: P001
  title: {zh: 按时付款, en: Paid in time}
  decide: [{needs_judgement: "terms.pay_days > 0"}]
- id: repaired-in-time
  provision: P003
  title: {zh: 按时修复, en: Repaired in time}
  cases: {each: quick}
  decide: [{needs_judgement: "limit > 0"}]
- id: price-printed
  provision: P005
  title: {zh: 价格, en: Price}
  cases: {each: prices}
  decide: [{needs_judgement: "amount > 0"}]
"""


def _load(folder: Path, contract: str = CONTRACT, register: str = REGISTER) -> LoadedContract:
    shutil.rmtree(folder / "sample", ignore_errors=True)
    (folder / "sample").mkdir(parents=True)
    for schema in SCHEMAS.glob("*.schema.json"):
        shutil.copy(schema, folder)
    for name, text in {"contract.yaml": contract, "provisions.yaml": register, "topic.yaml": RULES}.items():
        (folder / "sample" / name).write_text(text, encoding="utf-8")
    loaded, problems = load_contract(folder, "sample")
    assert loaded is not None, problems
    return loaded


def _bind(folder: Path, contract: str = CONTRACT, register: str = REGISTER, text: str = TEXT) -> Binding:
    loaded = _load(folder, contract, register)
    return bind(loaded, tree_of(text), read_sources(folder, "sample"))


def _said(binding: Binding) -> list[str]:
    return [f"{p.location.line}: {p.code}: {p.message}" for p in binding.problems]


def test_every_figure_is_found_in_digits_words_and_other_units(tmp_path: Path) -> None:
    binding = _bind(tmp_path)
    assert _said(binding) == []
    assert binding.uncited == ()
    states = {f.name: (f.state, f.written) for f in binding.figures}
    assert states["total"] == ("found", "270.00006万元")
    assert states["pay_days"] == ("found", "五个工作日")
    assert states["first_share"] == ("found", "百分之二十")
    assert states["second_due"] == ("found", "2027年10月底")
    assert states["first_amount"] == ("computed", "")  # a fifth of the price, rounded to the fen
    assert states["visits"] == ("computed", "")  # once a quarter of a year
    assert states["repair_minutes"] == ("found", "2小时")
    assert states["late_rate"] == ("found", "千分之五")
    assert states["margin"] == ("derived", "")
    assert states["service.end"] == ("computed", "")
    assert states["signed_on"] == ("found", "2027年3月20日")
    assert {f.clause for f in binding.figures if f.name.startswith("prices[2]")} == {"2#2"}


def test_the_same_amount_in_capital_numerals_is_enough(tmp_path: Path) -> None:
    assert _said(_bind(tmp_path, text=TEXT.replace("270.00006万元（大写：贰佰柒拾万元陆角）", "贰佰柒拾万元陆角"))) == []


@pytest.mark.parametrize(("old", "new", "said"), [
    ('{value: 5, unit: workday, clause: "2.2"}', '{value: 5, unit: day, clause: "2.2"}',
     "9: figure-unit-differs: pay_days = 5 day: clause 2.2 has '五个工作日'"),
    ('value: "0.20", unit: ratio, clause: "2.2"', 'value: "0.21", unit: ratio, clause: "2.2"',
     "10: figure-not-in-clause: first_share = 0.21 ratio does not stand in clause 2.2"),
    ("value: 2027-10-31", "value: 2027-10-30", "12: figure-not-in-clause: second_due = 2027-10-30 date does not stand in clause 2.2"),
    ('value: "540000.12"', 'value: "540000.13"',
     "13: figure-not-in-clause: first_amount = 540000.13 CNY does not stand in clause 2.2"),
    ('clause: "3.2", note', 'clause: "3.9", note',
     "21: clause-not-in-text: term 'margin' cites clause '3.9', which the text does not have"),
    ("quantity: 40,", "quantity: 2,", "28: figure-not-in-clause: prices[1].quantity = 2 number does not stand in clause 2.3"),
    ("value: 2027-03-20", "value: 2027-03-21", "4: figure-not-in-clause: signed_on = 2027-03-21 date does not stand in clause S"),
])
def test_a_difference_has_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert CONTRACT.count(old) == 1
    assert _said(_bind(tmp_path, CONTRACT.replace(old, new))) == [said]


def test_an_end_that_the_printed_length_does_not_reach(tmp_path: Path) -> None:
    said = _said(_bind(tmp_path, CONTRACT.replace("end: 2028-03-31", "end: 2028-03-30")))
    assert said[0] == "5: figure-not-in-clause: service.end = 2028-03-30 date does not stand in clause 1¶1"


def test_a_figure_of_another_clause_is_pointed_to(tmp_path: Path) -> None:
    binding = _bind(tmp_path, CONTRACT.replace('value: 6, unit: count, clause: "3.1"', 'value: 6, unit: count, clause: "3.2"'))
    (problem,) = binding.problems
    assert problem.help is not None
    assert problem.help.startswith("it stands in 3.1;")
    assert not problem.fatal


@pytest.mark.parametrize(("sentence", "found"), [("到期3日前通知甲方", True), ("每月3日前报送", True), ("2027年5月3日前报送", False)])
def test_days_before_something(tmp_path: Path, sentence: str, found: bool) -> None:
    contract = CONTRACT.replace(', note: "derived: what the parties are used to"', "")
    said = _said(_bind(tmp_path, contract, text=TEXT.replace("故障须", f"{sentence}，故障须")))
    assert (said == []) == found


def test_a_provision_citing_what_the_text_lacks(tmp_path: Path) -> None:
    (problem,) = _bind(tmp_path, register=REGISTER.replace("3.3(2)", "3.3(4)")).problems
    assert str(problem.location) == "rules/sample/provisions.yaml:5:22"
    assert problem.help is not None
    assert "did you mean '3.3(" in problem.help


def test_duties_that_no_provision_cites(tmp_path: Path) -> None:
    without = "\n".join(line for line in REGISTER.split("\n") if "P002" not in line and "P004" not in line)
    assert [(u.clause, u.word) for u in _bind(tmp_path, register=without).uncited] == [("3.1", "应"), ("3.3", "保证"), ("3.3(2)", "不得")]


def test_clauses_behind_a_lost_heading_are_cited_under_its_number(tmp_path: Path) -> None:
    text = TEXT.replace("（以下无正文）", """第四条 其他

（一）往来函件以书面为准。

（二）本合同一式两份。

（二）乙方应保守秘密。

第七条 附则

未尽事宜另行商定。

（以下无正文）""")
    register = REGISTER + '- {id: P006, clause: "6/(2)", obligor: party_b, modality: must, category: other, checkability: judgement}\n'
    binding = _bind(tmp_path, register=register, text=text)
    assert _said(binding) == []
    assert binding.uncited == ()


def test_without_sources_the_days_are_looked_for_everywhere(tmp_path: Path) -> None:
    binding = bind(_load(tmp_path), tree_of(TEXT))
    assert {f.name: f.state for f in binding.figures if f.unit == "date"} == {
        "second_due": "found", "signed_on": "found", "service.start": "found", "service.end": "computed"}
    assert [p.message for p in binding.problems] == ["margin = 3 day does not stand in clause 3.2"]  # its note is unknown


def _changes(folder: Path, new: str) -> list[tuple[str, str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    old, tree = tree_of(TEXT), tree_of(new)
    return [(c.kind, c.before.id if c.before else "", c.after.id if c.after else "", c.provisions, c.figures, c.rules)
            for c in changes(old, tree, _load(folder))]


def test_a_text_does_not_differ_from_itself_by_white_space(tmp_path: Path) -> None:
    assert _changes(tmp_path, TEXT.replace("五个工作日", "五 个 工作日")) == []


def test_a_changed_clause_touches_what_rests_on_it(tmp_path: Path) -> None:
    assert _changes(tmp_path, TEXT.replace("2小时", "3小时")) == [
        ("changed", "3.2", "3.2", ("P003",), ("repair_minutes", "late_rate", "repair_clause", "margin"), ("repaired-in-time",))]


def test_a_changed_row_touches_the_rules_of_its_list(tmp_path: Path) -> None:
    (row, *_) = _changes(tmp_path, TEXT.replace("风机	300.00	2	600.00", "风机	310.00	2	620.00"))
    assert row[:4] == ("changed", "2#2", "2#2", ("P005",))
    assert "price-printed" in row[5]


def test_an_inserted_clause_moves_those_after_it(tmp_path: Path) -> None:
    new = TEXT.replace("3.2 故障", "3.2 乙方应保持整洁。\n\n3.3 故障").replace("3.3 乙方保证", "3.4 乙方保证")
    found = {(kind, before, after): provisions for kind, before, after, provisions, _, _ in _changes(tmp_path, new)}
    assert found == {("added", "", "3.2"): (), ("moved", "3.2", "3.3"): ("P003",), ("moved", "3.3", "3.4"): (),
                     ("moved", "3.3(1)", "3.4(1)"): (), ("moved", "3.3(2)", "3.4(2)"): ("P004",)}


def test_a_removed_clause_stands_at_the_end(tmp_path: Path) -> None:
    new = TEXT.replace("3.1 乙方应每季度巡检一次，现场人员不少于6名。\n", "").replace("12个月", "24个月")
    assert [c[:3] for c in _changes(tmp_path, new)] == [("changed", "1¶1", "1¶1"), ("removed", "3.1", "")]


def test_an_empty_text_binds_nothing(tmp_path: Path) -> None:
    binding = bind(_load(tmp_path), ClauseTree("empty.txt", "", ()), read_sources(tmp_path, "sample"))
    assert {p.code for p in binding.problems} == {"clause-not-in-text", "figure-not-in-clause"}
    assert all(f.state in ("missing", "derived") for f in binding.figures)


def test_a_percentage_of_absurd_size_breaks_nothing(tmp_path: Path) -> None:
    text = TEXT.replace("支付30%", f"支付{'9' * 60}%")
    assert "second_share" in _said(_bind(tmp_path, text=text))[0]
    assert Decimal("9" * 60) > 0
