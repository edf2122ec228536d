"""Which rows of evidence a finding names, through views and groups, and where there is none which tables were looked at."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from compliance.audit import audit
from compliance.evaluation import lineage, measure, planning, rows, workspace
from compliance.evidence.store import close, evidence_from_rows
from compliance.linting.loading import load_contract

RULES = Path(__file__).resolve().parents[2] / "rules"
CONTRACT = """\
$schema: ../contract.schema.json
id: sample
title: {zh: 样例合同, en: Sample contract}
parties: {party_a: {zh: 甲方, en: Client}, party_b: {zh: 乙方, en: Supplier}}
signed_on: {value: "2026-01-05", clause: S}
service: {start: "2026-01-05", end: "2027-01-04", clause: "1"}
terms:
  price: {value: "100.00", unit: CNY, clause: "2"}
"""
REGISTER = """\
$schema: ../provisions.schema.json
provisions:
- {id: P001, clause: "1", obligor: party_a, modality: must, category: payment_amount, checkability: automatic}
- {id: P002, clause: "2", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P003, clause: "3", obligor: party_b, modality: must, category: staffing, checkability: automatic}
- {id: P004, clause: "4", obligor: party_b, modality: must_not, category: confidentiality, checkability: automatic}
"""
SAMPLE = """\
$schema: ../rule-file.schema.json
views:
  invoices_paid:
    cases: {each: invoices}
    rows:
      paid: {from: payments, where: "instalment_no = case.instalment_no"}
    let:
      is_paid: exists(paid)
rules:
- id: all-paid
  provision: P001
  title: {zh: 全部付清, en: Everything is paid}
  cases: once
  rows:
    open: {from: invoices_paid, where: "not is_paid"}
    closed: {from: invoices_paid, where: is_paid}
  must: count(open) = 0 and count(closed) > 0
- id: subject-once
  provision: P002
  title: {zh: 对象不重复, en: One order a subject}
  cases: {each: work_orders}
  rows:
    same: {from: work_orders, where: "subject_id = case.subject_id"}
  must: count(same) = 1
- id: nothing-published
  provision: P004
  title: {zh: 不公开, en: Nothing is published}
  cases: {each: disclosures, where: "action = 'publish' and disclosing_party = 'party_b'"}
  must: "false"
  none: compliant
- id: two-shifts
  provision: P003
  title: {zh: 每人至少两班, en: Two shifts a person}
  cases: {each: duty_shifts, by: person_id}
  rows:
    shift: {from: duty_shifts, where: "person_id = case.person_id"}
  must: count(shift) >= 2
- id: no-disclosure
  provision: P004
  title: {zh: 不得披露, en: Nothing is disclosed}
  cases: once
  rows:
    told: {from: disclosures, where: "disclosing_party = 'party_b'"}
  must: not exists(told)
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    root = tmp_path_factory.mktemp("rules")
    (root / "sample").mkdir()
    for schema in RULES.glob("*.schema.json"):
        shutil.copy(schema, root)
    for name, text in (("contract", CONTRACT), ("provisions", REGISTER), ("rules", SAMPLE)):
        (root / "sample" / f"{name}.yaml").write_text(text, encoding="utf-8")
    contract, problems = load_contract(root, "sample")
    assert contract is not None, problems
    return contract


def findings(loaded, **tables):
    store, problems = evidence_from_rows(tables)
    assert store is not None, problems
    try:
        return audit(loaded, store, date(2026, 6, 30)).findings
    finally:
        close(store)


def named(finding):
    return [(e.table, e.key) for e in finding.evidence]


def of_rule(found, rule):
    return [f for f in found if f.rule == rule]


INVOICES = [{"invoice_no": f"F{i}", "instalment_no": i, "amount": "10.00", "issued_on": "2026-02-01"} for i in (1, 2)]
PAYMENTS = [{"payment_no": "Z1", "purpose": "instalment", "payer": "party_a", "instalment_no": 1, "amount": "10.00",
             "paid_on": "2026-03-01"}]


def test_a_finding_on_a_view_names_the_rows_that_the_view_was_made_from(loaded):
    [finding] = of_rule(findings(loaded, invoices=INVOICES, payments=PAYMENTS), "all-paid")
    assert finding.verdict == "breach"
    assert sorted(named(finding)) == [("invoices", "F1"), ("invoices", "F2"), ("payments", "Z1")]
    assert finding.evidence_count == 3


def test_a_case_of_a_group_names_the_rows_of_the_group(loaded):
    shifts = [{"shift_id": s, "person_id": p, "duty_on": "2026-02-01", "was_present": True}
              for s, p in (("S1", "w1"), ("S2", "w2"), ("S3", "w1"))]
    first, second = of_rule(findings(loaded, duty_shifts=shifts), "two-shifts")
    assert (first.verdict, named(first), first.evidence_count) == ("compliant", [("duty_shifts", "S1"), ("duty_shifts", "S3")], 2)
    assert (second.verdict, named(second)) == ("breach", [("duty_shifts", "S2")])


def test_more_rows_than_are_named_are_counted(loaded):
    shifts = [{"shift_id": f"S{i:02}", "person_id": "w1", "duty_on": "2026-02-01", "was_present": True} for i in range(lineage.SHOWN + 7)]
    [finding] = of_rule(findings(loaded, duty_shifts=shifts), "two-shifts")
    assert [k for _, k in named(finding)] == [f"S{i:02}" for i in range(lineage.SHOWN)]
    assert finding.evidence_count >= lineage.SHOWN + 7


@pytest.mark.parametrize("rule", ["no-disclosure", "nothing-published"], ids=["no row of a set", "no case"])
def test_what_rests_on_there_being_no_row_says_where_it_was_looked_for(loaded, rule):
    other = [{"disclosure_id": "D1", "action": "publish", "disclosing_party": "party_a", "disclosed_at": "2026-02-01"}]
    [finding] = of_rule(findings(loaded, disclosures=other), rule)
    assert (finding.verdict, finding.evidence_count) == ("compliant", 0)
    assert "No row of disclosures bears on it." in finding.explanation.en
    assert "已查 信息披露" in finding.explanation.zh


def test_a_table_that_was_not_supplied_was_not_looked_at(loaded):
    [finding] = of_rule(findings(loaded, invoices=INVOICES), "no-disclosure")
    assert finding.verdict == "no_evidence" and "bears on it" not in finding.explanation.en


def test_what_is_missing_behind_a_view_is_named_as_evidence(loaded):
    [finding] = of_rule(findings(loaded, invoices=INVOICES), "all-paid")
    assert (finding.verdict, finding.missing) == ("no_evidence", ("payments",))


ORDERS = [{"order_id": f"W{i}", "order_type": "service_request", "subject_id": s, "received_at": "2026-02-01 09:00"}
          for i, s in enumerate(("a", "b", "a", None, "c", "a"))]


def test_a_large_table_gives_the_verdicts_of_a_small_one(loaded, monkeypatch):
    small = {f.subject: f.verdict for f in of_rule(findings(loaded, work_orders=ORDERS), "subject-once")}
    for module in (lineage, measure, planning, rows, workspace):
        monkeypatch.setattr(module, "LARGE", 1)
    large = {f.subject: f.verdict for f in of_rule(findings(loaded, work_orders=ORDERS), "subject-once")}
    assert small == large
    assert small == {"W0": "breach", "W1": "compliant", "W2": "breach", "W3": "breach", "W4": "compliant", "W5": "breach"}
    assert len(set(small.values())) == 2
