"""The notebooks as a reader runs them: papermill with an ordinary kernel, and nothing of our own engine in between."""

from __future__ import annotations

import html
import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import papermill
import pytest
from papermill.exceptions import PapermillExecutionError
from typer.testing import CliRunner

from compliance.batch.engine import NotebookFault, run_notebook
from compliance.cli.main import app
from compliance.reporting import labels
from compliance.reporting.document import provision_verdicts

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
RULES, DATA = (NOTEBOOKS.parent / name for name in ("rules", "data"))
EXAMPLE = NOTEBOOKS.parent / "examples" / "cleaning-contract.txt"
CONTRACT = "govcloud-2026"
AS_OF = "2027-07-09"
TOPICS = ("contract", "provisions", "payment", "invoice", "training")
WITHHELD = "training_"
SECTIONS = {"违约 · Breaches": {"breach"}, "后果与权利 · What follows": {"arisen"},
            "无法判定 · Undecided": {"error", "no_evidence", "needs_judgement"},
            "其余结论 · All other findings": {"compliant", "excused", "waived", "not_due", "not_triggered", "not_arisen"}}


def run(name, folder, **parameters):
    """The notebook, executed by papermill in an empty working folder of its own; what it becomes lies beside that folder."""
    folder.mkdir(parents=True)
    target = folder.with_suffix(".ipynb")
    return papermill.execute_notebook(NOTEBOOKS / name, target, parameters=parameters, cwd=folder, progress_bar=False)


def printed(notebook) -> list[str]:
    """The lines that its cells printed; a kernel hands a line over in pieces where the machine is busy."""
    texts = ["".join(o.text for o in c.outputs if o.output_type == "stream" and o.name == "stdout")
             for c in notebook.cells if c.cell_type == "code"]
    return [line for text in texts for line in text.splitlines()]


def has_no_error(notebook) -> bool:
    """Whether every code cell was run, and none of them ended in an error or warned of something."""
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    return [c.execution_count for c in cells] == list(range(1, len(cells) + 1)) and all(
        o.output_type in ("stream", "display_data") and o.get("name") != "stderr" for c in cells for o in c.outputs)


def tables(notebook) -> dict[str, list[list[str]]]:
    """The table that is shown under each heading, row by row and without its head."""
    found, heading = {}, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = cell.source.splitlines()[0].lstrip("# ")
            continue
        for shown in (o.data["text/html"] for o in cell.outputs if o.output_type == "display_data"):
            if "<table" not in shown:
                continue
            rows = re.findall(r"<tr>(.*?)</tr>", shown, re.DOTALL)
            assert heading not in found and "<th>" in rows[0]
            found[heading] = [[html.unescape(c) for c in re.findall(r"<td>(.*?)</td>", r, re.DOTALL)] for r in rows[1:]]
    return found


def pictures(notebook) -> list[str]:
    """The text alternatives of what is drawn; nothing is fetched to show it."""
    shown = [o.data["text/html"] for c in notebook.cells for o in c.get("outputs", ()) if o.output_type == "display_data"]
    return [m[1] for h in shown if (m := re.fullmatch(r'<img src="data:image/svg\+xml;base64,[A-Za-z0-9+/=]+" alt="([^"]+)">', h))]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Some topics of a real contract and its sample evidence without the training; all runs share one cache of plans."""
    folder = tmp_path_factory.mktemp("inputs")
    own = folder / "rules" / CONTRACT
    own.mkdir(parents=True)
    for file in (*RULES.glob("*.schema.json"), *(RULES / CONTRACT / f"{topic}.yaml" for topic in TOPICS)):
        shutil.copy(file, own if file.parent.name == CONTRACT else own.parent)
    shutil.copytree(DATA / CONTRACT, folder / "data" / CONTRACT, ignore=shutil.ignore_patterns(f"{WITHHELD}*"))
    manifest = folder / "data" / CONTRACT / "evidence.yaml"
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    manifest.write_text("".join(line for line in lines if not line.strip().startswith(WITHHELD)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMPLIANCE_CACHE", str(folder / "cache"))
        yield folder


@pytest.fixture(scope="module")
def given(inputs):
    """The parameters of the audit but for the folder it writes to."""
    return {"contract": CONTRACT, "evidence": str(inputs / "data" / CONTRACT), "as_of": AS_OF, "rules": str(inputs / "rules")}


@pytest.fixture(scope="module")
def audit(inputs, given):
    """The executed audit; its results are in the folder of the contract under reports."""
    out = inputs / "reports" / CONTRACT
    out.mkdir(parents=True)
    return run("audit.ipynb", inputs / "work", **given, out=str(out))


@pytest.fixture(scope="module")
def commanded(inputs, given, audit):
    """What the command prints and writes for the same contract on the same day."""
    result = CliRunner().invoke(app, ["audit", CONTRACT, "--evidence", given["evidence"], "--as-of", AS_OF, "--rules", given["rules"],
                                      "--format", "json", "--out", str(inputs / "commanded")])
    assert result.exit_code == 1, result.output
    return json.loads(result.stdout)


def test_the_audit_runs_to_its_last_line_without_an_error(audit):
    assert has_no_error(audit)
    assert printed(audit)[-1] == "audit complete"
    assert pictures(audit) == [
        "付款：应付日与实付日 · Payments: due and made", "各类别规定的最差结论 · Provisions of each category by their worst verdict"]


def test_the_audit_writes_what_the_command_writes_and_nothing_else(audit, commanded, inputs):
    own, command = inputs / "reports" / CONTRACT, inputs / "commanded"
    assert sorted(p.name for p in own.iterdir()) == ["findings.json", "report.html"]
    assert (own / "findings.json").read_bytes() == (command / f"{CONTRACT}.findings.json").read_bytes()
    assert (own / "report.html").read_bytes() == (command / f"{CONTRACT}.html").read_bytes()
    assert list((inputs / "work").iterdir()) == []


def test_every_finding_of_the_command_is_shown_once_under_its_heading(audit, commanded):
    shown = tables(audit)
    findings = commanded["findings"]
    assert {f["verdict"] for f in findings} >= {"breach", "arisen", "no_evidence", "compliant", "not_arisen"}
    for heading, verdicts in SECTIONS.items():
        expected = [[f["clause"], f["title"]["zh"], f["subject"] or "", labels.VERDICTS[f["verdict"]]["zh"], f["due"] or "",
                     f["done"] or "", f["amount"] or ""] for f in findings if f["verdict"] in verdicts]
        assert [row[:7] for row in shown[heading]] == expected, heading
    assert sum(len(shown[heading]) for heading in SECTIONS) == len(findings)


def test_contract_evidence_and_ledger_are_those_of_the_command(audit, commanded):
    shown = tables(audit)
    manifest = commanded["manifest"]
    first, title, rules = printed(audit)[:3]
    assert first == f"contract {CONTRACT}, audit date {AS_OF}"
    assert title == f"{manifest['contract']['title']['zh']} / {manifest['contract']['title']['en']}"
    assert f"{commanded['coverage']['total']} provisions in the register, {manifest['rule_set']['rules']} rules" in rules
    assert rules.endswith(manifest["rule_set"]["sha256"])
    files = shown["证据 · Evidence"]
    assert [(f[1], *map(int, f[3:7]), f[7]) for f in files] == [
        (e["file"], e["rows"], e["accepted"], e["rejected"], e["blank"], e["sha256"]) for e in manifest["evidence"]]
    assert all(int(f[3]) == sum(map(int, f[4:7])) for f in files), "every row is accounted for"
    assert [row[3] for row in shown["金额台账 · Money ledger"]] == [line["claimable"] for line in commanded["ledger"]]
    assert commanded["ledger"] != []


WRONG = {
    "unknown contract": ({"contract": "govcloud-2062", "rules": str(RULES)}, "contract: there is no contract 'govcloud-2062' under "
                         f"'{RULES}'; did you mean 'govcloud-2026'?"),
    "no evidence": ({"evidence": "absent"}, "evidence: there is no 'absent'; name a folder that holds one file a table, a workbook or "
                    "duckdb:///FILE"),
    "bad day and no folder": ({"as_of": "2027-02-29", "out": "absent"}, "out: there is no folder 'absent'; make it first, or name another; "
                              "as_of: '2027-02-29' is not a day; write it YYYY-MM-DD"),
    "language and misspelt": ({"lang": "xx", "evidense": "absent"},
                              "lang, evidense: there is no such parameter; give one of contract, evidence, as_of, rules, out, text"),
}


@pytest.fixture(scope="module")
def refusals(inputs, given):
    """How the audit ends with each wrong parameter, and the folder it worked in."""
    def refused(name):
        folder = inputs / "wrong" / name.replace(" ", "-")
        with pytest.raises(PapermillExecutionError) as fault:
            run("audit.ipynb", folder, **{**given, "out": str(folder), **WRONG[name][0]})
        return fault.value, folder
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(WRONG, pool.map(refused, WRONG), strict=True))


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_parameter_ends_the_audit_in_the_check_and_nothing_is_written(refusals, name):
    fault, folder = refusals[name]
    assert "checked_parameters(" in fault.source, "the check is the cell that fails"
    assert (fault.ename, fault.evalue) == ("UnusableInput", WRONG[name][1])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["lang", "evidense"])
def test_the_batch_refuses_a_parameter_that_the_audit_does_not_have(given, tmp_path, name):
    with pytest.raises(NotebookFault, match=f"has no parameter {name}; it has as_of, contract, evidence, out, rules"):
        run_notebook(NOTEBOOKS / "audit.ipynb", tmp_path / "audit.ipynb", {**given, name: "xx"})
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def reports(audit, inputs, tmp_path):
    """The results of two contracts: the audited one, and one that is kept but for sums of which some are not known."""
    folder = tmp_path / "reports"
    shutil.copytree(inputs / "reports", folder)
    document = json.loads((folder / CONTRACT / "findings.json").read_text(encoding="utf-8"))
    document["manifest"]["contract"] |= {"id": "other", "title": {"zh": "另一份合同", "en": "Another contract"}}
    document |= {"findings": [f for f in document["findings"] if f["verdict"] == "compliant"], "effects": [], "ledger": [
        {**line, "liable_party": party, "claimable": sum_, "outstanding": sum_, "unquantified": unknown}
        for line in document["ledger"] for party, sum_, unknown in (("party_b", "0.00", 2), (None, "1000.50", 1))]}
    (folder / "other").mkdir()
    (folder / "other" / "findings.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def test_the_portfolio_counts_what_the_command_found_in_each_contract(reports, commanded, tmp_path):
    done = run("portfolio.ipynb", tmp_path / "work", reports=str(reports))
    assert has_no_error(done)
    assert printed(done) == ["2 contracts", "portfolio complete"]
    assert pictures(done) == ["各合同的规定 · Provisions by contract"]
    worst = provision_verdicts(commanded)
    verdicts = [v for v, _ in labels.SHOWN if v in worst.values()]
    kept = {f["provision"] for f in commanded["findings"] if f["verdict"] == "compliant"}
    title = commanded["manifest"]["contract"]["title"]["zh"]
    shown = tables(done)
    assert shown["规定的结论 · Provisions by verdict"] == [
        [title, *(str(list(worst.values()).count(v)) for v in verdicts)],
        ["另一份合同", *(str(len(kept)) if v == "compliant" else "0" for v in verdicts)]]
    assert [row[1] for row in shown["违约 · Breaches"]] == [f["clause"] for f in commanded["findings"] if f["verdict"] == "breach"]
    line, = commanded["ledger"]
    assert shown["已产生的金额 · Money that has arisen"] == [
        [title, "甲方", "0", labels.money(line["claimable"]), labels.money(line["outstanding"])],
        ["另一份合同", "—", "1", "1,000.50", "1,000.50"], ["另一份合同", "乙方", "2", "0.00", "0.00"]]
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.parametrize(("wrong", "message"), [
    ({"reports": "absent"}, "reports: there are no findings under 'absent'; run `compliance batch` first, or name the folder it wrote to"),
    ({"report": "absent"}, "report: there is no such parameter; give reports")], ids=["no findings", "misspelt"])
def test_a_wrong_parameter_ends_the_portfolio_in_the_check(tmp_path, wrong, message):
    with pytest.raises(PapermillExecutionError) as fault:
        run("portfolio.ipynb", tmp_path / "work", **wrong)
    assert (fault.value.ename, fault.value.evalue) == ("UnusableInput", message)
    assert list((tmp_path / "work").iterdir()) == []


@pytest.fixture(scope="module")
def reviewed(inputs):
    """The executed review of the example; its results are in a folder of their own."""
    (inputs / "reviews").mkdir()
    return run("review.ipynb", inputs / "review-work", file=str(EXAMPLE), contract="", rules=str(inputs / "rules"),
               out=str(inputs / "reviews"))


def test_the_review_runs_to_its_last_line_and_writes_what_the_command_writes(reviewed, inputs):
    assert has_no_error(reviewed)
    assert printed(reviewed)[-1] == "review complete"
    result = CliRunner().invoke(app, ["document", "review", str(EXAMPLE), "--out", str(inputs / "commanded")])
    assert result.exit_code == 1, result.output
    for name in ("review.json", "review.html"):
        assert (inputs / "reviews" / name).read_bytes() == (inputs / "commanded" / f"{EXAMPLE.stem}.{name}").read_bytes()


def test_a_review_names_every_wrong_parameter(inputs, tmp_path):
    with pytest.raises(PapermillExecutionError) as fault:
        run("review.ipynb", tmp_path / "work", file="none.txt", contract="nobody", rules=str(inputs / "rules"), out="nowhere")
    assert all(name in fault.value.evalue for name in ("none.txt", "nobody", "nowhere"))
