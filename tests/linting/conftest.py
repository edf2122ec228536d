"""A tiny contract whose files a test replaces one by one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from compliance.ground import Problem
from compliance.linting.loading import load_contract

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
  fee:
    unit: CNY
    clause: "3"
    values: [{value: "100.00"}, {from: 2026-09-01, value: "120.00"}]
lists:
  instalments:
    clause: "2"
    key: no
    columns: {no: integer, due_on: date, amount: money, provision: text}
    rows:
    - {no: 1, due_on: 2026-06-30, amount: "500.00", provision: P001}
    - {no: 2, due_on: 2026-12-31, amount: "500.00", provision: P003}
"""
REGISTER = """\
provisions:
- {id: P001, clause: "1", obligor: party_a, modality: must, category: payment_ordering, checkability: automatic}
- {id: P002, clause: "2", obligor: party_a, modality: consequence, category: penalty, checkability: automatic}
- {id: P003, clause: "3", obligor: party_a, modality: must, category: payment_amount, checkability: automatic}
"""


def problems_of(folder: Path, files: Mapping[str, str]) -> list[Problem]:
    """What is wrong with the tiny contract when these files stand in its folder; may be asked several times."""
    root = folder / "rules"
    shutil.rmtree(root, ignore_errors=True)
    own = root / "sample"
    own.mkdir(parents=True)
    for schema in SCHEMAS.glob("*.schema.json"):
        shutil.copy(schema, root)
    for name, text in {"contract.yaml": CONTRACT, "provisions.yaml": REGISTER, **files}.items():
        (own / name).write_text(text, encoding="utf-8")
    loaded, problems = load_contract(root, "sample", with_cases=True)
    assert (loaded is None) == bool(problems), "a contract is loaded exactly where nothing is wrong with it"
    return problems


@pytest.fixture
def lint(tmp_path: Path) -> Callable[[Mapping[str, str]], list[Problem]]:
    return lambda files: problems_of(tmp_path, files)


@pytest.fixture
def contract_text() -> str:
    return CONTRACT


@pytest.fixture
def register_text() -> str:
    return REGISTER
