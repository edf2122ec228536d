"""The audit of the sample evidence finds exactly the irregularities that were planted; the generator makes the same bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

from compliance.audit import audit
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.store import close, open_evidence
from compliance.linting.loading import contract_ids, load_contract
from compliance.reading.yaml_nodes import read_yaml

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = contract_ids(ROOT / "rules")
PLANTED = ROOT / "data" / "irregularities.yaml"


def planted_in(contract):
    document, problems = read_yaml(PLANTED, PLANTED.name)
    assert not problems
    return document.data[contract]


def content(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_exactly_the_planted_irregularities_are_found(contract):
    loaded, problems = load_contract(ROOT / "rules", contract)
    store, faults = open_evidence(str(ROOT / "data" / contract))
    assert not problems and not faults
    findings = audit(loaded, store, loaded.contract.service_end).findings
    close(store)
    found = sorted((f.rule, f.subject or "", f.verdict) for f in findings if f.verdict in ("breach", "error"))
    assert found == sorted((p["rule"], p["subject"] or "", p["verdict"]) for p in planted_in(contract))


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_generator_makes_the_same_bytes(contract, tmp_path):
    subprocess.run([sys.executable, str(ROOT / "data" / "generate.py"), str(tmp_path), contract], check=True)
    made, kept = content(tmp_path / contract), content(ROOT / "data" / contract)
    assert list(made) == list(kept)
    assert [name for name in made if made[name] != kept[name]] == []


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_table_says_who_handed_it_over_after_the_service_term(contract):
    loaded, _ = load_contract(ROOT / "rules", contract)
    document, problems = read_yaml(ROOT / "data" / contract / "evidence.yaml", "evidence.yaml")
    assert not problems
    for table, entry in document.data["tables"].items():
        assert table in load_dictionary().tables
        assert entry["handed_over_by"] and len(entry["sha256"]) == 64
        assert str(entry["handed_over_on"]) > loaded.contract.service_end.isoformat()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_list_for_people_names_each_planted_row(contract):
    told = (ROOT / "data" / "IRREGULARITIES.md").read_text(encoding="utf-8").partition(f"## {contract}\n")[2].partition("\n## ")[0]
    assert [p for p in planted_in(contract) if f"`{p['rule']}`" not in told or (p["subject"] or "") not in told] == []
