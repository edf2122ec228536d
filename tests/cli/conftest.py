"""A tiny contract with one rule and the evidence for it, and a way to run a command on them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from compliance.cli.main import app

SCHEMAS = Path(__file__).resolve().parents[2] / "rules"
CONTRACT = """\
id: sample
title: {zh: 样例合同, en: Sample contract}
parties: {party_a: {zh: 甲方, en: Client}, party_b: {zh: 乙方, en: Supplier}}
signed_on: {value: 2026-01-05, clause: S}
service: {start: 2026-01-05, end: 2027-01-04, clause: "1"}
price: total
terms:
  total: {value: "1000.00", unit: CNY, clause: "2"}
  payment_days: {value: 20, unit: workday, clause: "2"}
"""
REGISTER = """\
provisions:
- {id: P001, clause: "2", obligor: party_a, modality: must, category: payment_ordering, checkability: automatic}
- {id: P002, clause: "3", obligor: party_a, modality: must, category: payment_amount, checkability: judgement}
"""
RULES = """\
rules:
- id: paid-on-time
  provision: P001
  title: {zh: 按时付款, en: Paid on time}
  rows:
    paid: {from: payments, where: purpose = 'instalment'}
  when:
    due: workdays_after(contract.signed_on, terms.payment_days)
    done: max(paid.paid_on)
"""
CASES = """\
cases:
- {rule: paid-on-time, name: not paid, as_of: 2026-06-30, evidence: {payments: []}, expect: [{subject: null, verdict: breach}]}
"""
PAYMENTS = "payment_no,purpose,payer,amount,paid_on,payee_account\nP1,instalment,party_a,100.50,{paid_on},00123\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPLIANCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """The folder of rules with the tiny contract."""
    own = tmp_path / "rules" / "sample"
    own.mkdir(parents=True)
    for schema in SCHEMAS.glob("*.schema.json"):
        shutil.copy(schema, own.parent)
    for name, text in {"contract.yaml": CONTRACT, "provisions.yaml": REGISTER, "payment.yaml": RULES, "payment.cases.yaml": CASES}.items():
        (own / name).write_text(text, encoding="utf-8")
    return own.parent


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A folder of evidence in which the instalment was paid in time."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "payments.csv").write_text(PAYMENTS.format(paid_on="2026-01-20"), encoding="utf-8")
    return folder


@pytest.fixture
def run() -> Callable[..., Result]:
    """Runs a command as the shell would; a traceback is never an answer."""
    def command(*arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result
    return command
