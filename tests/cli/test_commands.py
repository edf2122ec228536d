"""What each command prints and its exit status: 0 nothing is open, 1 something is, 2 an input is unusable."""

from __future__ import annotations

import io
import json
import re
import shlex
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.console import Console
from typer.main import get_command

from compliance.cli.lazy import COMMANDS as LAZY
from compliance.cli.lazy import command_named
from compliance.cli.main import app
from compliance.cli.shown import table_with

AS_OF = "2026-06-30"
COMMANDS = {"": get_command(app)}
for name in LAZY:
    command = command_named(name)
    COMMANDS[name] = command
    COMMANDS |= {f"{name} {below}": c for below, c in getattr(command, "commands", {}).items()}
EXAMPLES = [(name, line.strip()) for name, command in COMMANDS.items()
            for line in re.findall(r"compliance [a-z].*", command.help or "")]


@pytest.fixture
def audited(run, rules, evidence):
    """The audit of the tiny contract with further options."""
    def command(*more):
        return run("audit", "sample", "--evidence", evidence, "--as-of", AS_OF, "--rules", rules, *more)
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(run, name):
    result = run(*name.split(), "--help")
    assert result.exit_code == 0 and "Usage:" in result.output


def test_the_help_of_each_command_has_an_example():
    leaves = {n for n, c in COMMANDS.items() if not hasattr(c, "commands")}
    assert leaves >= {"audit", "batch", "explain", "evidence check", "evidence template", "rules lint", "rules show", "rules coverage",
                      "rules test", "document tree", "document review", "document bind", "document draft"}
    assert leaves == {name for name, _ in EXAMPLES}


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_a_call_that_the_command_understands(name, example):
    words = shlex.split(example.split(">")[0])[1:]
    assert " ".join(words[:len(name.split())]) == name
    context = COMMANDS[name].make_context(name, words[len(name.split()):], resilient_parsing=False)
    assert context.params


def test_a_kept_contract_is_exit_0_and_a_broken_or_undecided_one_exit_1(audited, evidence):
    assert audited().exit_code == 0
    (evidence / "payments.csv").write_text(
        (evidence / "payments.csv").read_text(encoding="utf-8").replace("2026-01-20", "2026-03-20"), encoding="utf-8")
    late = audited("--lang", "en")
    assert late.exit_code == 1 and "2026-02-02" in late.output and "2026-03-20" in late.output
    (evidence / "payments.csv").unlink()
    (evidence / "invoices.csv").write_text("invoice_no\n", encoding="utf-8")
    assert audited().exit_code == 1, "what was not supplied proves nothing"


def test_the_table_is_chinese_or_english(audited):
    chinese, english = audited().output, audited("--lang", "en").output
    assert "样例合同" in chinese and "按时付款" in chinese and "已履行 1" in chinese
    assert "Sample contract" in english and "Paid on time" in english and "按时付款" not in english


def test_json_on_standard_output_is_the_findings_document_and_nothing_else(audited, tmp_path):
    result = audited("--format", "json", "--out", tmp_path / "out")
    document = json.loads(result.stdout)
    assert [(f["rule"], f["verdict"], f["due"], f["done"]) for f in document["findings"]] == [
        ("paid-on-time", "compliant", "2026-02-02", "2026-01-20")]
    assert (tmp_path / "out" / "sample.findings.json").read_text(encoding="utf-8") == result.stdout
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["sample.findings.json", "sample.html"]


def test_html_is_the_report_in_the_language_asked_for(audited):
    chinese, english = audited("--format", "html").stdout, audited("--format", "html", "--lang", "en").stdout
    assert chinese.lower().startswith("<!doctype html>") and chinese.rstrip().endswith("</html>")
    assert "按时付款" in chinese and "Paid on time" in english and chinese != english
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", chinese + english), "the report asks for nothing outside"


def test_explain_says_clause_measures_rows_and_verdict(run, rules, evidence):
    for asked in ("P001", "sample-P001", "paid-on-time"):
        result = run("explain", "sample", asked, "--evidence", evidence, "--as-of", AS_OF, "--rules", rules, "--lang", "en")
        assert result.exit_code == 0
        for part in ("sample-P001  Paid on time", "Clause: 2", "2026-02-02", "2026-01-20", "Evidence: payments.csv:2  payments P1"):
            assert part in result.output


def test_show_gives_the_rule_by_name_and_by_provision(run, rules):
    shown = run("rules", "show", "paid-on-time", "--rules", rules)
    assert shown.exit_code == 0
    for part in ("rules/sample/payment.yaml:2:3", "按时付款", "Paid on time", "rows paid: payments where purpose = 'instalment'",
                 "clause 2, must, party_a, payment_ordering",
                 "when: due workdays_after(contract.signed_on, terms.payment_days), done max(paid.paid_on)",
                 "1. compliant", "2. breach", "3. not_due", "4. breach"):
        assert part in shown.output
    assert run("rules", "show", "sample-P001", "--rules", rules).output == shown.output


def test_show_says_what_a_reading_changes(run, rules):
    with (rules / "sample" / "payment.yaml").open("a", encoding="utf-8") as out:
        out.write("""\
- id: each-paid
  provision: P002
  title: {zh: 逐笔, en: Each}
  cases: {each: payments, where: "purpose = 'instalment'"}
  must: paid_on is not null
  readings:
    own: {default: true, text: {zh: 分期, en: Instalments}}
    all: {text: {zh: 全部, en: All}, cases: {each: payments}, must: amount > 0}
""")
    shown = run("rules", "show", "each-paid", "--rules", rules).output.splitlines()
    assert shown[-5:] == ["  reading own (default): 分期 / Instalments", "  reading all: 全部 / All", "    cases: each payments",
                          "    must: amount > 0", ""]
    assert "  cases: each payments where purpose = 'instalment'" in shown and "  must: paid_on is not null" in shown


def test_coverage_counts_and_lists_what_is_not_encoded(run, rules):
    result = run("rules", "coverage", "--rules", rules, "--missing")
    assert result.exit_code == 0
    assert "sample-P002 clause 3: payment_amount, must, judgement: not yet encoded" in result.output and "sample-P001" not in result.output
    assert re.search(r"sample\s*│\s*all\s*│\s*2\s*│\s*1\b", result.output)


def test_the_cases_beside_the_rules_are_run(run, rules):
    assert "sample: 1 of 1 cases agree" in run("rules", "test", rules).output
    complete = run("rules", "test", rules, "--complete")
    assert complete.exit_code == 1 and "sample: paid-on-time: no case that is kept or undecided" in complete.output
    cases = rules / "sample" / "payment.cases.yaml"
    cases.write_text(cases.read_text(encoding="utf-8").replace("verdict: breach", "verdict: compliant"), encoding="utf-8")
    wrong = run("rules", "test", rules)
    assert wrong.exit_code == 1 and "rules/sample/payment.cases.yaml:2:3: not paid:" in wrong.output


COMPLETE = """
- {rule: paid-on-time, name: paid, as_of: 2026-06-30, evidence: {payments: [{payment_no: P1, purpose: instalment, payer: party_a,
    amount: "1.00", paid_on: 2026-01-20}]}, expect: [{verdict: compliant}]}
- {rule: paid-on-time, name: open, as_of: 2026-01-20, evidence: {payments: []}, expect: [{verdict: not_due}]}
"""
LEFT_TO_A_PERSON = """
- id: left-to-a-person
  provision: P002
  title: {zh: 由人判断, en: Left to a person}
  rows:
    paid: {from: payments, where: purpose = 'instalment'}
  decide:
  - needs_judgement: exists(paid)
    why: {zh: 由人判断, en: It is for a person}
  - breach: not exists(paid)
"""
ITS_CASES = """
- {rule: left-to-a-person, name: nothing paid, as_of: 2026-06-30, evidence: {payments: []}, expect: [{verdict: breach}]}
- {rule: left-to-a-person, name: not supplied, as_of: 2026-06-30, evidence: {}, expect: [{verdict: no_evidence}]}
"""
PRINTED = """
- {id: printed-sum, provision: P002, title: {zh: 金额, en: The printed sum}, cases: once, must: terms.total > 0}
"""
UNDER_WAY = """
- {id: rolled-up, provision: P002, title: {zh: 汇总, en: Rolled up}, worst_of: [P001]}
"""


@pytest.mark.parametrize(("rule", "cases", "lacking"), [
    (LEFT_TO_A_PERSON, ITS_CASES, None),
    (LEFT_TO_A_PERSON, ITS_CASES.replace("verdict: breach", "verdict: no_evidence"), "left-to-a-person: no case that is broken"),
    (PRINTED, "", "printed-sum: no case"),
    (PRINTED, "- {rule: printed-sum, name: positive, as_of: 2026-06-30, evidence: {}, expect: [{verdict: compliant}]}\n", None),
    (UNDER_WAY, "- {rule: rolled-up, name: open, as_of: 2026-01-20, evidence: {payments: []}, expect: [{verdict: not_due}]}\n",
     "rolled-up: no case that is kept or broken"),
], ids=["cannot be kept", "can be broken", "text alone", "text alone, shown", "as its rules"])
def test_complete_asks_only_for_what_a_rule_can_say(run, rules, rule, cases, lacking):
    (rules / "sample" / "payment.yaml").open("a", encoding="utf-8").write(rule)
    (rules / "sample" / "payment.cases.yaml").open("a", encoding="utf-8").write(COMPLETE + cases)
    output = run("rules", "test", rules, "--complete").output
    assert "cases agree" in output and ("no case" in output) is (lacking is not None)
    assert lacking is None or f"sample: {lacking}" in output


def test_lint_of_good_rules_is_exit_0(run, rules):
    result = run("rules", "lint", rules / "sample")
    assert result.exit_code == 0 and "sample: 1 rules, 1 cases, no problem" in result.output


def test_check_counts_the_rows_of_good_evidence(run, evidence):
    result = run("evidence", "check", evidence)
    assert result.exit_code == 0 and "no problem" in result.output
    assert re.search(r"payments\s*│\s*payments.csv\s*│\s*1\s*│\s*1\s*│\s*0\s*│\s*0\s*│", result.output)


def test_the_template_asks_for_what_the_rules_need_and_is_evidence_when_filled_in(run, rules, tmp_path):
    assert run("evidence", "template", "sample", "--rules", rules, "--out", tmp_path / "ask").exit_code == 0
    path = tmp_path / "ask" / "sample.xlsx"
    book = load_workbook(path)
    sheet = book["付款"]
    heads = [str(c.value) for c in sheet[1] if c.value]
    assert {"付款编号", "款项性质", "付款日期"} <= {h.split("（")[0].split("*")[0].strip() for h in heads}
    assert any(v.type == "list" for v in sheet.data_validations.dataValidation), "codes are chosen from a list"
    assert run("evidence", "check", path).exit_code == 0, "an empty template is readable"


def test_evidence_may_be_a_workbook_that_was_filled_in(run, rules, tmp_path):
    run("evidence", "template", "sample", "--rules", rules, "--out", tmp_path)
    path: Path = tmp_path / "sample.xlsx"
    book = load_workbook(path)
    sheet = book["付款"]
    values = {"付款编号": "P1", "款项性质": "instalment", "付款方": "party_a", "金额": "100.50", "付款日期": "2026-01-20"}
    row = next(r for r in range(2, 12) if all(c.value is None for c in sheet[r]))
    for cell in sheet[1]:
        for head, value in values.items():
            if str(cell.value).startswith(head):
                sheet.cell(row=row, column=cell.column, value=value)
    book.save(path)
    result = run("audit", "sample", "--evidence", path, "--as-of", AS_OF, "--rules", rules, "--format", "json")
    assert result.exit_code == 0, result.output
    [finding] = json.loads(result.stdout)["findings"]
    assert finding["verdict"] == "compliant" and finding["evidence"][0]["row"] == row


def test_a_table_breaks_long_names_over_lines_and_cuts_none_off():
    table = table_with("table", "file")
    table.add_row("billing_lines_of_the_year", "billing_lines_of_the_year_2026.csv")
    shown = io.StringIO()
    Console(file=shown, width=30).print(table)
    cells = [[c.strip() for c in line.split("│")[1:3]] for line in shown.getvalue().splitlines() if "│" in line]
    assert ["".join(column) for column in zip(*cells, strict=True)] == ["billing_lines_of_the_year", "billing_lines_of_the_year_2026.csv"]
