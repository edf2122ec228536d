"""Files that are no plain YAML, contracts whose figures are wrong, registers that repeat: all refused with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.linting.loading import load_contract
from compliance.reading.yaml_nodes import parse_yaml, read_yaml

RULE = "rules:\n- id: a\n  provision: P001\n  title: {zh: 甲, en: A}\n  must: true\n"

# The text of a rule file, and the one problem it must have.
YAML = {
    "duplicate key": (RULE + "  must: false\n", "6:3: yaml-duplicate-key: the key 'must' stands twice\n  help: keep one of the two"),
    "duplicate key in a flow": ("rules: []\nnote: x\nviews: {v: {cases: once, cases: once}}\n",
                                "3:26: yaml-duplicate-key: the key 'cases' stands twice\n  help: keep one of the two"),
    "alias": ("rules:\n- {id: a, provision: P001, title: &t {zh: 甲, en: A}, must: true}\n"
              "- {id: b, provision: P001, title: *t, must: true}\n",
              "2: yaml-anchor: anchors and aliases are not used in these files\n  help: write the value out"),
    "merge": ("rules:\n- &x {id: a, provision: P001, title: {zh: 甲, en: A}, must: true}\n- {<<: *x, id: b}\n",
              "2: yaml-anchor: anchors and aliases are not used in these files\n  help: write the value out"),
    "key that is a list": ("? [a]\n: 1\n", "1:3: yaml-key: a key must be plain text"),
    "key hidden in a comment": (RULE + "  # fine\u2028  note: hidden\n",
                                "6: yaml-hidden-break: a Unicode line separator hides what follows it\n  help: delete the character"),
    "empty": ("", "1:1: wrong-value: null is not of type object"),
}


@pytest.mark.parametrize("case", YAML.values(), ids=YAML.keys())
def test_a_file_with_two_meanings_is_refused(lint, case):
    text, expected = case
    found = [str(p) for p in lint({"bad.yaml": text})]
    place, _, rest = expected.partition(": ")
    found_place, _, found_rest = found[0].removeprefix("rules/sample/bad.yaml:").partition(": ")
    assert len(found) == 1 and found_rest == rest
    assert f"{found_place}:".startswith(f"{place}:")


@pytest.mark.parametrize("text", [RULE + "\tnote: x\n", RULE + "  note: [x\n", RULE + "  note: 'x\n", RULE + "note\n",
                                  RULE + "---\n" + RULE],
                         ids=["tab", "open bracket", "open quote", "no key", "two documents"])
def test_broken_yaml_is_one_problem_with_its_line(lint, text):
    [problem] = lint({"bad.yaml": text})
    assert problem.code == "yaml-syntax"
    assert problem.location.file == "rules/sample/bad.yaml" and problem.location.line >= 6


def test_a_control_character_is_a_problem(lint):
    assert [p.code for p in lint({"bad.yaml": RULE + "\0"})] == ["yaml-syntax"]


def test_a_file_in_another_encoding_or_that_cannot_be_read_is_a_problem(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_bytes(b"note: " + "合同".encode("gb18030"))
    [problem] = read_yaml(file, "rules/x.yaml")[1]
    assert str(problem) == "rules/x.yaml: file-not-utf8: byte 6 is not UTF-8\n  help: save the file as UTF-8"
    [problem] = read_yaml(tmp_path / "absent.yaml", "rules/absent.yaml")[1]
    assert str(problem) == "rules/absent.yaml: file-unreadable: cannot read the file: No such file or directory"


def test_plain_values_are_never_floats_times_or_octal_numbers():
    document, problems = parse_yaml("a: 12:30\nb: 0123\nc: 1.10\nd: 2026-01-05\ne: yes\nf: 7\ng: '7'\nh: ~\ni: 1e3\n", "x")
    assert problems == []
    assert document is not None and document.data == {
        "a": "12:30", "b": "0123", "c": "1.10", "d": "2026-01-05", "e": "yes", "f": 7, "g": "7", "h": None, "i": "1e3"}


def test_every_value_knows_its_place():
    document, _ = parse_yaml("a:\n- b: 1\n  c: {d: 2}\n", "x.yaml")
    assert str(document.at("a", 0, "c", "d")) == "x.yaml:3:10"
    assert str(document.at("a", 0, "c", "absent")) == "x.yaml:3:6", "the nearest value around it"


# A text of the contract, what stands there instead, and the problem with its place.
CONTRACT = {
    "name of the folder": ("id: sample", "id: sampel",
                           "1:5: contract-folder: the folder is called 'sample', the contract 'sampel'\n  help: give both the same name"),
    "grouped digits": ('"1000.00"', '"1,000.00"', "8:18: wrong-value: '1,000.00' is not a number"),
    "third decimal place": ('"1000.00"', '"1000.001"', "8:18: wrong-value: '1000.001' has too many decimal places for money"),
    "not a number": ('"1000.00"', "NaN", "8:18: wrong-value: 'NaN' is not a number"),
    "price that is no money": ("price: total", "price: payment_days",
                               "6:8: unknown-term: price names 'payment_days', which is no term in CNY"),
    "end before start": ("end: 2027-01-04", "end: 2025-01-04", "5:35: wrong-value: the service ends before it starts"),
    "no day": ("end: 2027-01-04", "end: 2027-02-30", "5:35: wrong-value: '2027-02-30' is not a day of the calendar"),
    "no date": ("end: 2027-01-04", "end: 2027/1/4", "5:35: wrong-value: '2027/1/4' is not a date YYYY-MM-DD"),
    "later value": ('{value: "100.00"}', '{value: "x"}', "13:22: wrong-value: 'x' is not a number"),
    "column of a row": ('amount: "500.00", provision: P003', 'amount: "500.00", provision: P003, amout: 1',
                        "21:77: unknown-column: the list has no column 'amout'"),
    "key that repeats": ("no: 2", "no: 1", "16:5: duplicate-key: the key 'no' repeats in the list"),
    "unit": ("unit: workday", "unit: workdays",
             '9:35: wrong-value: "workdays" is not one of CNY, ratio, percent, count, workday, day, month, hour, minute, date, text'),
    "field": ("price: total", "prize: total\nprice: total",
              "6:8: unknown-field: there is no field 'prize' here\n  help: did you mean 'price'?"),
}


@pytest.mark.parametrize("case", CONTRACT.values(), ids=CONTRACT.keys())
def test_a_wrong_figure_of_the_contract_is_refused_at_its_place(lint, contract_text, case):
    before, after, expected = case
    assert before in contract_text
    found = [str(p) for p in lint({"contract.yaml": contract_text.replace(before, after, 1)})]
    place, _, rest = expected.partition(": ")
    assert [f.partition(": ")[2] for f in found] == [rest]
    assert found[0].startswith(f"rules/sample/contract.yaml:{place.split(':')[0]}:")
    if "unknown-" not in rest:
        assert found[0].startswith(f"rules/sample/contract.yaml:{place}:")


def test_a_key_that_is_no_column_of_its_list_is_refused(lint, contract_text):
    found = lint({"contract.yaml": contract_text.replace("key: no", "key: nr")})
    assert "rules/sample/contract.yaml:17:10: unknown-column: the key 'nr' is no column of the list" in map(str, found)


def test_the_register_names_each_provision_once_with_known_words(lint, register_text):
    assert [str(p) for p in lint({"provisions.yaml": register_text.replace("P002", "P001")})] == [
        "rules/sample/provisions.yaml:3:3: duplicate-provision: provision P001 stands twice"]
    [problem] = lint({"provisions.yaml": register_text.replace("penalty", "penalti")})
    assert (problem.code, problem.location.line) == ("wrong-value", 3) and '"penalti" is not one of' in problem.message


def test_contract_register_and_rules_are_reported_in_one_go(lint, contract_text, register_text):
    found = lint({"contract.yaml": contract_text.replace("id: sample", "id: Sample"), "bad.yaml": RULE + "  must: false\n",
                  "worse.yaml": "rules: [", "provisions.yaml": register_text.replace("penalty", "penalti")})
    assert {(p.location.file.rsplit("/", 1)[1], p.code) for p in found} == {
        ("contract.yaml", "wrong-value"), ("provisions.yaml", "wrong-value"), ("bad.yaml", "yaml-duplicate-key"),
        ("worse.yaml", "yaml-syntax")}


def test_an_unknown_contract_is_answered_with_the_nearest(lint, tmp_path: Path):
    assert lint({"a.yaml": RULE}) == []
    loaded, [problem] = load_contract(tmp_path / "rules", "sampel")
    assert loaded is None
    assert str(problem) == "rules: unknown-contract: there is no contract 'sampel'\n  help: did you mean 'sample'?"
