"""The audit of the sample evidence finds exactly the irregularities that were planted; the generator makes the same bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

from compliance.audit import audit
from compliance.evidence.store import close, open_evidence
from compliance.linting.loading import contract_ids, load_contract
from compliance.reading.yaml_nodes import read_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("contract", contract_ids(ROOT / "rules"))
def test_exactly_the_planted_breaches_are_found(contract):
    planted, problems = read_yaml(ROOT / "data" / "irregularities.yaml", "irregularities.yaml")
    loaded, more = load_contract(ROOT / "rules", contract)
    store, faults = open_evidence(str(ROOT / "data" / contract))
    assert not problems and not more and not faults
    findings = audit(loaded, store, loaded.contract.service_end).findings
    close(store)
    found = sorted((f.rule, f.subject or "") for f in findings if f.verdict in ("breach", "error"))
    assert found == sorted((p["rule"], p["subject"] or "") for p in planted.data.get(contract, []))


def test_the_generator_makes_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, str(ROOT / "data" / "generate.py"), str(tmp_path)], check=True)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    kept = {p.relative_to(ROOT / "data"): p.read_bytes() for p in (ROOT / "data").glob("*/*") if p.is_file()}
    assert made.keys() == kept.keys()
    assert [n for n in made if made[n] != kept[n]] == []
