"""What bad input gets on the command line: every problem with its place and what to do, exit status 2, nothing written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

AS_OF = "2026-06-30"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
BAD_CELLS = "payment_no,purpose,payer,amount,paid_on\nP1,instalment,party_a,1e2,2026-13-01\nP2,instalment,party_c,1,2026-01-20\n"
BAD_DAY = "payment_no,purpose,payer,amount,paid_on\nP1,instalment,party_a,1,2026-13-01\n"
TWICE = ":10:3: yaml-duplicate-key: the key 'when' stands twice"


def words(text: str) -> str:
    """The text without the frames and line breaks of the console."""
    return " ".join(text.replace("│", " ").split())


def twice(rules: Path) -> None:
    """The rule says twice when it is due."""
    file = rules / "sample" / "payment.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "  when: {due: as_of, done: as_of}\n", encoding="utf-8")


def refused(result, folder: Path, *messages: str) -> None:
    assert result.exit_code == 2
    assert not folder.exists(), "nothing is written"
    for message in messages:
        assert message in words(result.output)


@pytest.fixture
def audited(run, rules, evidence, tmp_path):
    """The audit of the tiny contract; what a test names replaces what is right."""
    def command(contract="sample", source=evidence, as_of=AS_OF, *more):
        return run("audit", contract, "--evidence", source, "--as-of", as_of, "--rules", rules, "--out", tmp_path / "out", *more)
    return command


def test_an_unknown_contract_is_answered_with_the_nearest(audited, tmp_path):
    refused(audited("sampel"), tmp_path / "out", "rules: unknown-contract: there is no contract 'sampel' help: did you mean 'sample'?",
            "1 problem; nothing was written")


def test_a_missing_folder_of_evidence_is_named_with_what_to_do(audited, tmp_path):
    refused(audited("sample", tmp_path / "absent"), tmp_path / "out", "absent: evidence-missing-folder: there is no such folder",
            "help: name a folder that holds one file a table")


def test_problems_of_rules_and_of_evidence_come_in_one_go(audited, rules, evidence, tmp_path):
    twice(rules)
    (evidence / "paymentz.csv").write_text("a\n1\n", encoding="utf-8")
    refused(audited(), tmp_path / "out", f"rules/sample/payment.yaml{TWICE} help: keep one of the two",
            "paymentz.csv: evidence-unknown-table: no table is called 'paymentz' help: did you mean 'payments'?",
            "2 problems; nothing was written")


def test_every_bad_cell_is_named_by_file_row_column_and_value(audited, evidence, tmp_path):
    (evidence / "payments.csv").write_text(BAD_CELLS, encoding="utf-8")
    result = audited()
    refused(result, tmp_path / "out", "'1e2' is not an amount of money", "'2026-13-01' is not a day help: write the day as YYYY-MM-DD",
            "3 problems; nothing was written")
    rows = [line.split()[0] for line in result.output.splitlines() if line.startswith("payments.csv")]
    assert rows == ["payments.csv:2", "payments.csv:2", "payments.csv:3"] and "party_c" in result.output


def test_a_faulty_row_can_be_rejected_and_leaves_the_verdict_open(audited, evidence, tmp_path):
    (evidence / "payments.csv").write_text(BAD_DAY, encoding="utf-8")
    result = audited("sample", evidence, AS_OF, "--bad-rows", "reject", "--lang", "en")
    assert result.exit_code == 1 and "payments.csv:2" in result.output and "'2026-13-01' is not a day" in result.output
    assert (tmp_path / "out" / "sample.findings.json").is_file()
    assert '"verdict": "no_evidence"' in (tmp_path / "out" / "sample.findings.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("as_of", ["2026-06-31", "30.06.2026", "06/30/2026", "tomorrow", "2026-6-3", ""])
def test_a_day_that_is_none_is_refused(audited, tmp_path, as_of):
    refused(audited("sample", tmp_path / "evidence", as_of), tmp_path / "out", f"'--as-of': '{as_of}' is not a day written YYYY-MM-DD")


def test_a_misspelt_option_or_choice_is_refused_with_what_there_is(run, audited, tmp_path):
    refused(run("audit", "sample", "--evidence", "x", "--as-off", AS_OF), tmp_path / "out", "No such option: --as-off", "--as-of")
    refused(audited("sample", tmp_path / "evidence", AS_OF, "--format", "xml"), tmp_path / "out", "'xml' is not one of", "html")
    refused(audited("sample", tmp_path / "evidence", AS_OF, "--lang", "de"), tmp_path / "out", "'de' is not one of", "zh")
    refused(run("audit", "sample", "--evidence", "x"), tmp_path / "out", "Missing option '--as-of'")


def test_what_stood_in_the_folder_stays_when_an_audit_is_refused(audited, evidence, tmp_path):
    out = tmp_path / "out"
    assert audited().exit_code == 0
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    (evidence / "payments.csv").write_text("payment_no,payment_no\n1,2\n", encoding="utf-8")
    assert audited().exit_code == 2
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before


def test_evidence_is_text_and_never_markup_or_control_characters(audited, evidence):
    (evidence / "payments.csv").write_text("payment_no,purpose,payer,amount,paid_on\nP1,instalment,party_a,[bold]\x1b[2J,2026-01-20\n",
                                           encoding="utf-8")
    result = audited()
    assert result.exit_code == 2 and "[bold]" in result.output and "\x1b[2J" not in result.output


def test_check_shows_every_problem_and_writes_nothing(run, evidence):
    (evidence / "payments.csv").write_text(BAD_CELLS, encoding="utf-8")
    before = sorted(evidence.iterdir())
    result = run("evidence", "check", evidence)
    assert result.exit_code == 2 and sorted(evidence.iterdir()) == before
    assert "'1e2' is not" in result.output and "'2026-13-01' is not" in result.output and "3 problems" in result.output
    assert run("evidence", "check", evidence / "absent").exit_code == 2


def test_a_template_of_an_unknown_contract_is_not_written(run, rules, tmp_path):
    refused(run("evidence", "template", "sampel", "--rules", rules, "--out", tmp_path / "out"), tmp_path / "out", "did you mean 'sample'?")


def test_lint_shows_the_problems_of_all_files(run, rules):
    twice(rules)
    (rules / "sample" / "b.yaml").write_text("rulez: []\n", encoding="utf-8")
    result = run("rules", "lint", rules)
    assert result.exit_code == 2
    assert f"rules/sample/payment.yaml{TWICE}" in words(result.output)
    assert "unknown-field: there is no field 'rulez' here help: did you mean 'rules'?" in words(result.output)
    assert run("rules", "test", rules).exit_code == 2


def test_lint_of_a_folder_without_contracts_is_no_success(run, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run("rules", "lint", tmp_path / "empty").exit_code == 2
    assert run("rules", "lint", tmp_path / "absent").exit_code == 2


def test_no_case_at_all_is_no_success(run, rules, tmp_path):
    (tmp_path / "empty").mkdir()
    assert run("rules", "test", tmp_path / "empty").exit_code == 2
    wrong = run("rules", "test", rules, "--rule", "paid-on-tim")
    assert wrong.exit_code == 2 and "there are no cases of a rule 'paid-on-tim'" in wrong.output


@pytest.mark.parametrize(("row", "message"), [
    ("{payment_no: P1, purpose: instalmnt, payer: party_a, amount: 1}", "'instalmnt' is not a code of this column"),
    ("{payment_no: P1, purpos: instalment, payer: party_a, amount: 1}", "table 'payments' has no column 'purpos'")])
def test_a_case_whose_evidence_cannot_be_read_tests_nothing_and_fails(run, rules, row, message):
    file = rules / "sample" / "payment.cases.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("payments: []", f"payments: [{row}]"), encoding="utf-8")
    result = run("rules", "test", rules)
    assert result.exit_code != 0 and message in words(result.output)


def test_a_rule_or_contract_that_does_not_exist_is_exit_2(run, rules):
    assert run("rules", "show", "paid-on-tim", "--rules", rules).exit_code == 2
    assert run("rules", "coverage", "sampel", "--rules", rules).exit_code == 2


@pytest.mark.parametrize("command", ["audit", "explain"])
def test_a_subject_sends_no_control_characters_to_the_terminal(run, rules, evidence, command):
    with (rules / "sample" / "payment.yaml").open("a", encoding="utf-8") as out:
        out.write("- {id: each-paid, provision: P002, title: {zh: 逐笔, en: Each}, cases: {each: payments}, must: paid_on is not null}\n")
    (evidence / "payments.csv").write_text("payment_no,purpose,payer,amount,paid_on\nP\x1b[2J1,instalment,party_a,1.00,2026-01-20\n",
                                           encoding="utf-8")
    asked = ["P002"] if command == "explain" else []
    result = run(command, "sample", *asked, "--evidence", evidence, "--as-of", AS_OF, "--rules", rules)
    assert "\\u001b[2J1" in result.output and "\x1b[2J" not in result.output


def test_explaining_what_was_not_asked_names_the_nearest(run, rules, evidence):
    result = run("explain", "sample", "P003", "--evidence", evidence, "--as-of", AS_OF, "--rules", rules)
    assert result.exit_code == 2 and "there is no finding for 'P003' help: did you mean 'P001'?" in words(result.output)


def test_explaining_a_provision_without_a_rule_says_so_and_names_no_other(run, rules, evidence):
    result = run("explain", "sample", "P002", "--evidence", evidence, "--as-of", AS_OF, "--rules", rules)
    assert result.exit_code == 2 and "no rule decides 'P002' (clause 3) yet" in words(result.output)
    assert "did you mean" not in result.output and "compliance rules coverage sample --missing" in words(result.output)


def test_a_case_that_is_not_there_names_the_nearest_of_its_provision(run, rules, evidence):
    result = run("explain", "sample", "P001", "Z9", "--evidence", evidence, "--as-of", AS_OF, "--rules", rules)
    assert result.exit_code == 2 and "there is no finding for 'P001 Z9'" in words(result.output)


def test_a_batch_without_evidence_writes_nothing(run, rules, evidence, tmp_path):
    out = tmp_path / "reports"
    refused(run("batch", "--evidence", tmp_path / "absent", "--rules", rules, "--out", out), out, "evidence-missing-folder")
    refused(run("batch", "--evidence", evidence, "--rules", rules, "--out", out), out, "sample: no folder of evidence",
            "nothing was written")
    (rules / "sample" / "payment.yaml").write_text("rules: [", encoding="utf-8")
    refused(run("batch", "--evidence", evidence, "--rules", rules, "--out", out), out, "rules/sample/payment.yaml:2:1: yaml-syntax")


def test_a_worker_that_dies_fails_its_contract_and_the_summary_says_so(run, rules, evidence, tmp_path):
    notebook = json.loads((NOTEBOOKS / "audit.ipynb").read_text(encoding="utf-8"))
    [first, *_] = [c for c in notebook["cells"] if c["cell_type"] == "code" and "parameters" not in c["metadata"].get("tags", [])]
    first["source"] = "import os; os._exit(9)"
    (rules.parent / "notebooks").mkdir()
    (rules.parent / "notebooks" / "audit.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    shutil.copytree(evidence, tmp_path / "portfolio" / "sample")
    out = tmp_path / "reports"
    result = run("batch", "--evidence", tmp_path / "portfolio", "--as-of", AS_OF, "--rules", rules, "--out", out, "--jobs", 1)
    assert result.exit_code == 2 and "sample: the worker process ended" in words(result.output)
    assert "未完成" in result.output and "index.html" in result.output
    assert "未完成" in (out / "index.html").read_text(encoding="utf-8") and not (out / "sample").exists()


def test_the_installed_command_gives_the_same_status_without_a_traceback(rules, evidence, tmp_path):
    twice(rules)
    command = Path(sys.executable).parent / "compliance"
    done = subprocess.run([command, "audit", "sample", "--evidence", evidence, "--as-of", AS_OF, "--out", tmp_path / "out"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=60, env={**os.environ, "COMPLIANCE_CACHE": str(tmp_path / "cache")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"rules/sample/payment.yaml{TWICE}\n  help: keep one of the two\n1 problem; nothing was written\n"
    assert not (tmp_path / "out").exists()
