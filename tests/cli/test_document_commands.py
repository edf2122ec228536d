"""The commands for the text of a contract, as a user meets them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from compliance.reporting.document import validate_document

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "cleaning-contract.txt"
# What was written into the example on purpose, with the clause where it stands.
PLANTED = {
    ("share-and-heads", "1/1"), ("line-total", "1#3"), ("table-sum", "1#4"), ("before-condition", "3.3"), ("date-outside-term", "5¶1"),
    ("words-and-digits", "3.1"), ("workday-and-day", "4.1"), ("annex-missing", "5¶1"), ("penalty-without-base", "6.2"),
    ("blank-account", "7.1¶1")}
TEXT = """\
样例合同

第一条 期限
服务期限自 2026 年 1 月 5 日至 2027 年 1 月 4 日。
第二条 价款
合同总金额为 1000 元，甲方应当在合同签订后 20 个工作日内支付。
第三条 结算
甲方按实际数量结算。
(以下无正文)
甲方（盖章）：某中心
签订日期：2026 年 1 月 5 日
乙方（盖章）：某公司
签订日期：2026 年 1 月 5 日
"""


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "signed.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_tree_shows_every_clause(run, text):
    result = run("document", "tree", text)
    assert result.exit_code == 0
    assert re.findall(r"^ *(\S+)  ", result.stdout, re.MULTILINE) == ["0", "1", "1¶1", "2", "2¶1", "3", "3¶1", "S"]
    document = json.loads(run("document", "tree", text, "--format", "json").stdout)
    assert document["clauses"][2] == {"id": "1¶1", "kind": "paragraph", "label": None, "lines": [4, 4], "page": None, "parent": "1",
                                      "text": "服务期限自 2026 年 1 月 5 日至 2027 年 1 月 4 日。"}


def test_what_could_not_be_placed_is_said_with_its_line(run, text):
    text.write_text(TEXT.replace("第三条", "第五条"), encoding="utf-8")
    result = run("document", "tree", text)
    assert result.exit_code == 1 and "signed.txt:7: clause-gap: 第五条 follows number 2" in result.stderr


def test_the_review_finds_what_was_planted_in_the_example(run):
    document = json.loads(run("document", "review", EXAMPLE, "--format", "json").stdout)
    errors = {(f["kind"], f["places"][0]["clause"]) for f in document["flaws"] if f["severity"] == "error"}
    assert errors >= PLANTED
    assert {kind for kind, _ in errors} == {kind for kind, _ in PLANTED}
    for flaw in document["flaws"]:
        assert flaw["places"] and all(flaw[words][lang] for words in ("title", "message", "why") for lang in ("zh", "en"))


def test_the_review_is_written_in_both_forms_and_twice_the_same(run, tmp_path):
    first, second = (run("document", "review", EXAMPLE, "--out", tmp_path / name, "--lang", "en") for name in ("a", "b"))
    assert first.exit_code == second.exit_code == 1
    for name in ("cleaning-contract.review.json", "cleaning-contract.review.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    page = (tmp_path / "a" / "cleaning-contract.review.html").read_text(encoding="utf-8")
    assert "CONTRACT REVIEW" in page and "壹万伍仟叁佰元整" in page and "http" not in page.replace("http-equiv", "")


def test_a_text_without_clauses_or_flaws_is_said_to_be_one(run, text):
    text.write_text("会议纪要\n今天讨论了工作安排。\n", encoding="utf-8")
    result = run("document", "review", text, "--lang", "en")
    assert result.exit_code == 0 and "no flaw was found" in result.stdout and "no-clauses" in result.stderr


def test_the_table_names_each_check_in_the_language(run):
    assert "大写与小写金额不一致" in run("document", "review", EXAMPLE).stdout
    assert "Amount in words differs from digits" in run("document", "review", EXAMPLE, "--lang", "en").stdout


def test_text_of_a_contract_is_never_markup(run, text, tmp_path):
    text.write_text(TEXT.replace("1000 元", "1000 元（大写：贰仟元整）<script>alert(1)</script>[red]\x7f"), encoding="utf-8")
    result = run("document", "review", text, "--out", tmp_path / "out")
    assert result.exit_code == 2 and "signed.txt:6" in result.stderr, "a control character is refused"
    text.write_text(TEXT.replace("1000 元", "1000 元（大写：贰仟元整<script>alert(1)</script>）"), encoding="utf-8")
    run("document", "review", text, "--out", tmp_path / "out")
    assert "<script>" not in (tmp_path / "out" / "signed.review.html").read_text(encoding="utf-8")


def test_binding_of_a_rule_set_to_its_text(run, text, rules):
    result = run("document", "bind", text, "sample", "--rules", rules)
    assert result.exit_code == 0, result.output
    assert "0 problems, 0 duties" in result.stdout


def test_a_figure_that_the_text_does_not_have_is_said(run, text, rules):
    text.write_text(TEXT.replace("20 个工作日", "20 日"), encoding="utf-8")
    result = run("document", "bind", text, "sample", "--rules", rules)
    assert result.exit_code == 1
    assert "figure-unit-differs" in result.stderr and "payment_days" in result.stderr


def test_a_new_version_of_the_text_shows_the_rules_that_it_touches(run, text, rules, tmp_path):
    amended = tmp_path / "amended.txt"
    amended.write_text(TEXT.replace("20 个工作日", "30 个工作日"), encoding="utf-8")
    result = run("document", "bind", amended, "sample", "--before", text, "--rules", rules, "--format", "json")
    [change] = json.loads(result.stdout)["changes"]
    assert (change["kind"], change["before"], change["provisions"], change["rules"]) == ("changed", "2¶1", ["P001"], ["paid-on-time"])
    assert "payment_days" in change["figures"]


def test_a_draft_is_refused_by_an_audit_until_it_is_confirmed(run, tmp_path, rules, evidence):
    assert run("document", "draft", EXAMPLE, "cleaning-2027", "--out", rules).exit_code == 0
    result = run("rules", "lint", rules / "cleaning-2027")
    assert result.exit_code == 2 and "unconfirmed-draft" in result.output
    audit = run("audit", "cleaning-2027", "--evidence", evidence, "--as-of", "2027-06-30", "--rules", rules)
    assert audit.exit_code == 2 and "delete 'draft: true'" in audit.stderr
    for path in (rules / "cleaning-2027").glob("*.yaml"):
        lines = [re.sub(r", draft: true|draft: true, ", "", line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.write_text("\n".join(line for line in lines if line.strip() != "draft: true") + "\n", encoding="utf-8")
    assert run("rules", "lint", rules / "cleaning-2027").exit_code == 0


def test_a_draft_is_never_written_over(run, tmp_path):
    assert run("document", "draft", EXAMPLE, "cleaning-2027", "--out", tmp_path).exit_code == 0
    again = run("document", "draft", EXAMPLE, "cleaning-2027", "--out", tmp_path)
    assert again.exit_code == 2 and "work on a draft is not written over" in again.stderr
    assert run("document", "draft", EXAMPLE, "Cleaning 2027", "--out", tmp_path).exit_code == 2


@pytest.mark.parametrize("command", [("tree",), ("review",), ("bind",), ("draft",)])
def test_a_file_that_is_no_contract(run, tmp_path, rules, command):
    more = {"bind": ("sample", "--rules", rules), "draft": ("new-2027", "--out", tmp_path / "drafts")}.get(command[0], ())
    missing = run("document", *command, tmp_path / "none.docx", *more)
    assert missing.exit_code == 2 and "none.docx" in missing.stderr and "help:" in missing.stderr
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 nothing")
    result = run("document", *command, broken, *more)
    assert result.exit_code == 2 and "broken.pdf" in result.stderr and "nothing was written" in result.stderr
    assert not (tmp_path / "drafts").exists()


def test_the_wording_of_the_clause_stands_beside_the_finding(run, text, rules, evidence, tmp_path):
    result = run("audit", "sample", "--evidence", evidence, "--as-of", "2026-06-30", "--rules", rules, "--text", text,
                 "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "sample.html").read_text(encoding="utf-8")
    assert "甲方应当在合同签订后 20 个工作日内支付" in page and 'id="review"' in page
    document = json.loads((tmp_path / "out" / "sample.findings.json").read_text(encoding="utf-8"))
    assert document["contract_text"]["clauses"] == {"2": "第二条 价款\n合同总金额为 1000 元，甲方应当在合同签订后 20 个工作日内支付。"}
    assert document["contract_text"]["not_found"] == [] and validate_document(document) == []


def test_an_audit_without_a_text_says_nothing_of_one(run, rules, evidence, tmp_path):
    run("audit", "sample", "--evidence", evidence, "--as-of", "2026-06-30", "--rules", rules, "--out", tmp_path / "out")
    assert "contract_text" not in json.loads((tmp_path / "out" / "sample.findings.json").read_text(encoding="utf-8"))
    assert 'id="review"' not in (tmp_path / "out" / "sample.html").read_text(encoding="utf-8")


def test_a_batch_with_the_signed_texts(run, text, rules, evidence, tmp_path):
    texts, out = tmp_path / "texts", tmp_path / "out"
    texts.mkdir()
    root = tmp_path / "portfolio"
    shutil.copytree(evidence, root / "sample")
    batch = ("batch", "--evidence", root, "--rules", rules, "--out", out, "--jobs", "1", "--as-of", "2026-06-30")
    assert run(*batch, "--texts", tmp_path / "none").exit_code == 2 and not out.exists()
    shutil.copy(text, texts / "sample.txt")
    assert run(*batch, "--texts", texts).exit_code == 0
    document = json.loads((out / "sample" / "findings.json").read_text(encoding="utf-8"))
    assert document["contract_text"]["file"] == "sample.txt"
    assert str(tmp_path) not in (out / "sample" / "audit.ipynb").read_text(encoding="utf-8")
    assert "sample: kept" in run(*batch, "--texts", texts).output, "nothing has changed"
    (texts / "sample.txt").write_text(TEXT.replace("1000 元", "1001 元"), encoding="utf-8")
    assert "sample: done" in run(*batch, "--texts", texts).output, "another text is another audit"
    (texts / "sample.md").write_text(TEXT, encoding="utf-8")
    assert "texts-two-files" in run(*batch, "--texts", texts).output
