"""Runs the cases beside the rules: what each rule decides on a small piece of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from compliance.audit import audit
from compliance.evaluation.plans import PlanCache, open_plans
from compliance.evidence.store import connect, evidence_from_rows
from compliance.linting.loading import LoadedContract
from compliance.linting.rules import CheckedRuleSet
from compliance.model.finding import Finding
from compliance.model.rule import Rule, RuleCase
from compliance.model.verdict import worst

# The verdicts that a complete cases file shows of a rule: one kept, one broken, one undecided.
KINDS = {"kept": frozenset({"compliant", "arisen", "excused"}), "broken": frozenset({"breach", "not_arisen"}),
         "undecided": frozenset({"no_evidence", "needs_judgement", "not_due", "not_triggered"})}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case with everything that differs from what it expects."""

    case: RuleCase
    differences: tuple[str, ...]


def needed_rules(loaded: LoadedContract, case: RuleCase) -> CheckedRuleSet:
    """The rules whose verdict a case is about, and those they rest on."""
    by_id = {r.rule.id: r for r in loaded.checked.rules}

    def provisions(rule_id: str) -> set[str]:
        return _provisions(loaded, by_id[rule_id].rule)

    if case.rule is not None:
        own = by_id[case.rule].rule
        alone = own.follows is None and not own.worst_of and not any("provision" in e for e in case.expect)
        wanted = {case.rule}
        if alone:
            return CheckedRuleSet(tuple(by_id[r] for r in wanted), loaded.checked.views, loaded.checked.tables)
    asked = {e.get("provision", case.provision) for e in case.expect} - {None}
    wanted = {r for r in by_id if provisions(r) & asked} | ({case.rule} if case.rule else set())
    while True:
        cited = {p for r in wanted for p in _rests_on(by_id[r].rule)}
        found = {p for r in wanted for p in provisions(r)}
        more = {r for r in by_id if r not in wanted and (
            provisions(r) & cited or set(by_id[r].rule.excuses) & found)}
        if not more:
            return CheckedRuleSet(tuple(r for i, r in by_id.items() if i in wanted), loaded.checked.views, loaded.checked.tables)
        wanted |= more


def _provisions(loaded: LoadedContract, rule: Rule) -> set[str]:
    """The provisions of a rule; a family has one for each row of its list."""
    if not rule.provision.startswith("param."):
        return {rule.provision}
    column = rule.provision.removeprefix("param.")
    return {str(row[column]) for row in loaded.contract.lists[rule.family or ""].rows}


def _rests_on(rule: Any) -> set[str]:
    return {*(rule.follows.sources if rule.follows else ()), *rule.worst_of}


def run_cases(loaded: LoadedContract, cases: Iterable[RuleCase]) -> Iterator[CaseResult]:
    """Each case on an engine of its own tables; one engine serves them all."""
    backend, plans = connect(), open_plans(loaded.contract.id)
    for case in cases:
        yield CaseResult(case, tuple(_differences(loaded, case, backend, plans)))
    plans.save()
    backend.disconnect()


def _differences(loaded: LoadedContract, case: RuleCase, backend: Any, plans: PlanCache) -> Iterator[str]:
    store, problems = evidence_from_rows(case.evidence, case.columns, bad_rows="reject", backend=backend)
    # A case may leave out the rows that its own refer to; any other fault would let it test something else.
    faults = [p for p in problems if p.code != "evidence-broken-reference"]
    if store is None or faults:
        yield from (str(p) for p in faults)
        return
    only = LoadedContract(loaded.contract, loaded.rule_set, needed_rules(loaded, case))
    findings = audit(only, store, date.fromisoformat(case.as_of), plans=plans).findings
    for expected in case.expect:
        yield from _compare(case, expected, _of(loaded, case, expected, findings))


def _of(loaded: LoadedContract, case: RuleCase, expected: Any, findings: Sequence[Finding]) -> list[Finding]:
    provision = expected.get("provision", case.provision)
    mine = [f for f in findings if f.provision.id == provision] if provision else [f for f in findings if f.rule == case.rule]
    if "subject" in expected and expected["subject"] is not None:
        return [f for f in mine if f.subject == str(expected["subject"])]
    return mine


def _compare(case: RuleCase, expected: Any, findings: Sequence[Finding]) -> Iterator[str]:
    subject = expected.get("subject")
    about = f"{expected.get('provision') or case.provision or case.rule}" + (f" {subject}" if subject is not None else "")
    if not findings:
        yield f"{about}: no finding"
        return
    verdict = worst(f.verdict for f in findings)
    same = [f for f in findings if f.verdict == verdict]
    if verdict != expected["verdict"]:
        yield f"{about}: expected {expected['verdict']}, found {verdict}: {same[0].explanation.en}"
        return
    for field in ("due", "done"):
        if field in expected and expected[field] not in {getattr(f, field) for f in same}:
            yield f"{about}: expected {field} {expected[field]}, found {same[0].due if field == 'due' else same[0].done}"
    if "amount" in expected:
        amounts = [f.amount for f in same if f.amount is not None]
        total = sum(amounts, Decimal(0)) if amounts else None
        wanted = None if expected["amount"] is None else Decimal(str(expected["amount"]))
        if total != wanted:
            yield f"{about}: expected amount {wanted}, found {total}"
    for field in ("contested", "provisional"):
        if field in expected and expected[field] != any(getattr(f, field) for f in same):
            yield f"{about}: expected {field} {expected[field]}, found {not expected[field]}"


def without_cases(loaded: LoadedContract) -> list[str]:
    """Rules whose cases do not show a kept, a broken and an undecided verdict."""
    lacking = []
    for rule in loaded.rule_set.rules:
        provisions = _provisions(loaded, rule)
        own = {e["verdict"] for c in loaded.rule_set.cases for e in c.expect
               if c.rule == rule.id or e.get("provision", c.provision) in provisions}
        missing = [kind for kind, verdicts in KINDS.items() if not own & verdicts]
        if missing:
            lacking.append(f"{rule.id}: no case that is {' or '.join(missing)}")
    return lacking
