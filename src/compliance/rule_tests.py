"""Runs the cases beside the rules: what each rule decides on a small piece of evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from compliance.audit import audit
from compliance.caching import Cache
from compliance.evaluation.plans import Plan, open_plans
from compliance.evidence.store import connect, evidence_from_rows
from compliance.linting.loading import LoadedContract
from compliance.linting.rules import CheckedRuleSet
from compliance.model.finding import Finding
from compliance.model.rule import Rule, RuleCase
from compliance.model.verdict import EFFECT_MODALITIES, verdict_of_none, worst

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


def _differences(loaded: LoadedContract, case: RuleCase, backend: Any, plans: Cache[Plan]) -> Iterator[str]:
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
    """Rules whose cases do not show a kept, a broken and an undecided verdict, as far as the rule can give them."""
    lacking = []
    for rule in loaded.rule_set.rules:
        provisions = _provisions(loaded, rule)
        own = {e["verdict"] for c in loaded.rule_set.cases for e in c.expect
               if c.rule == rule.id or e.get("provision", c.provision) in provisions}
        can = _verdicts_of(loaded, rule)
        missing = [kind for kind, verdicts in KINDS.items() if can & verdicts and not own & verdicts]
        if missing or not own:
            lacking.append(f"{rule.id}: no case that is {' or '.join(missing)}" if missing else f"{rule.id}: no case")
    return lacking


def _verdicts_of(loaded: LoadedContract, rule: Rule) -> frozenset[str]:
    """The verdicts that the text of a rule can give; some clauses leave what keeps or breaks them to a person.

    None where the printed text alone decides: its one verdict is shown by any case.
    """
    if rule.worst_of:
        return _rolled_up(loaded, rule)
    if rule.cases.form == "once" and not rule.rows and not rule.follows:
        return frozenset()
    modalities = {loaded.contract.provisions[p].modality for p in _provisions(loaded, rule)}
    found = {line.verdict for line in rule.decide} or _of_test(rule)
    if rule.judgement:
        found.add("needs_judgement")
    if rule.follows or rule.trigger:
        found |= {"not_arisen" if m in EFFECT_MODALITIES else "not_triggered" for m in modalities}
    if rule.cases.form != "once":
        found |= {line.verdict for line in rule.none} or {verdict_of_none(m) for m in modalities}
    if rule.unless and "breach" in found:
        found.add("excused")
    # What only an established breach calls forth is never open for want of evidence.
    open_by_itself = rule.arises or rule.decide or rule.judgement or rule.trigger
    return frozenset(found if rule.follows and rule.follows.undecided_ignored and not open_by_itself else found | {"no_evidence"})


def _of_test(rule: Rule) -> set[str]:
    """What `must`, `when` or `arises` gives; a test that is always left to a person, or never met, gives less."""
    found = {"compliant", "breach"} if rule.must or rule.when else {"arisen", "not_arisen"}
    if any(line.condition.text == "true" for line in rule.judgement):
        found -= {"compliant", "breach", "arisen"}
    return found - {"compliant"} if rule.must and rule.must.text == "false" else found


def _rolled_up(loaded: LoadedContract, rule: Rule) -> frozenset[str]:
    """A roll-up is kept only where each of its rules can be."""
    sources = [_verdicts_of(loaded, r) for r in loaded.rule_set.rules if _provisions(loaded, r) & set(rule.worst_of)]
    found = frozenset().union(*sources)
    return found if all(verdicts & (KINDS["kept"] | {"not_triggered"}) for verdicts in sources if verdicts) else found - KINDS["kept"]
