"""Everything a contract folder holds, read and linted in one go."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from compliance.caching import key_of, open_cache
from compliance.evidence.dictionary import load_dictionary
from compliance.ground import Location, Problem
from compliance.linting.rules import CheckedRuleSet, lint_rule_set
from compliance.model.contract import Contract
from compliance.model.rule import RuleSet
from compliance.reading.contract_file import read_contract
from compliance.reading.rule_files import read_rule_set
from compliance.reading.schema import suggestion


@dataclass(frozen=True, slots=True)
class LoadedContract:
    """A contract with its rules, ready to be evaluated."""

    contract: Contract
    rule_set: RuleSet
    checked: CheckedRuleSet


def contract_ids(root: Path) -> list[str]:
    """The contracts under a folder of rules."""
    return sorted(p.parent.name for p in root.glob("*/contract.yaml"))


def load_contract(root: Path, contract_id: str, *, with_cases: bool = False) -> tuple[LoadedContract | None, list[Problem]]:
    """The contract with its rules, or every problem of its files; the cases of the rules are only read to run them."""
    known = contract_ids(root)
    if contract_id not in known:
        return None, [Problem("unknown-contract", f"there is no contract '{contract_id}'", Location("rules"),
                              suggestion(contract_id, known))]
    folder, name = root / contract_id, f"rules/{contract_id}"
    contract, problems = read_contract(folder, name)
    rule_set, more = read_rule_set(folder, name, with_cases=with_cases)
    problems = problems + more
    if contract is None or rule_set is None:
        return None, problems
    checked, more = lint_rule_set(contract, rule_set, load_dictionary())
    problems += more
    return (None, problems) if problems else (LoadedContract(contract, rule_set, checked), [])


def load_kept_contract(root: Path, contract_id: str) -> tuple[LoadedContract | None, list[Problem]]:
    """As `load_contract`; where no file of the contract has changed since it was read and linted, it is not done again."""
    if contract_id not in contract_ids(root):
        return load_contract(root, contract_id)
    files = [*sorted((root / contract_id).rglob("*.yaml")), *sorted(root.glob("*.json"))]
    try:
        key = key_of(contract_id, [(str(f.relative_to(root)), sha256(f.read_bytes()).hexdigest()) for f in files])
    except OSError:  # reading it says which file it is
        return load_contract(root, contract_id)
    kept = open_cache(f"{contract_id}.rules", most=4)
    if key in kept.values:
        return kept.values[key], []
    loaded, problems = load_contract(root, contract_id)
    if loaded is not None:
        kept.kept(key, lambda: loaded)
        kept.save()
    return loaded, problems
