"""The whole audit: contract, rules, evidence and audit date in; findings, effects, ledger, problems and manifest out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any, TypeVar

import duckdb
from ibis.common.exceptions import IbisError

from compliance import explain
from compliance.caching import Cache
from compliance.effects.consequences import Judged, follow, readings_of, rolled_up, under
from compliance.evaluation import lineage
from compliance.evaluation.judge import Outcome, contested, judge_together
from compliance.evaluation.measure import in_groups, make_view
from compliance.evaluation.plans import Plan
from compliance.evaluation.workspace import LARGE, Workspace, open_workspace
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.records import EvidenceFile, EvidenceStore
from compliance.evidence.side_by_side import side_by_side
from compliance.ground import Problem
from compliance.linting.loading import LoadedContract
from compliance.linting.needs import needed_views, tables_of
from compliance.model.checked import CheckedRule, CheckedView
from compliance.model.contract import Bilingual, Provision
from compliance.model.finding import EvidenceReference, Finding, ReadingResult
from compliance.model.verdict import OPEN_VERDICTS, worst

Progress = Callable[[str], None]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit, before it is written."""

    loaded: LoadedContract
    as_of: date
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    files: tuple[EvidenceFile, ...]
    penalties: tuple[Mapping[str, Any], ...]

    @property
    def is_clean(self) -> bool:
        """Nothing is in breach, undecided or broken."""
        return not any(f.verdict in OPEN_VERDICTS for f in self.findings) and not self.problems


def audit(loaded: LoadedContract, store: EvidenceStore, as_of: date, problems: Iterable[Problem] = (),
          progress: Progress = lambda _: None, plans: Cache[Plan] | None = None) -> Audit:
    """The whole path: measure and judge every rule, chain the legal effects, explain."""
    workspace = open_workspace(store, loaded.contract, load_dictionary(), loaded.checked.tables, as_of, plans)
    _make_views(workspace, needed_views(loaded.checked))
    rules = [r for r in loaded.checked.rules if not r.rule.worst_of]
    groups = in_groups(workspace, rules)
    judged = _each(workspace, lambda own, group: _judge(own, group, progress), groups, lambda group: tables_of(group[0]))
    outcomes = {rule.rule.id: tuple(found) for group, of_each in zip(groups, judged, strict=True)
                for rule, found in zip(group, of_each, strict=True)}
    chained = follow([Judged(rule, outcomes[rule.rule.id]) for rule in rules])
    findings = _findings(workspace, loaded, chained)
    return Audit(loaded, as_of, findings, tuple(problems), store.files, _penalties(workspace))


def _make_views(workspace: Workspace, views: Sequence[CheckedView]) -> None:
    """Makes the views, each as soon as those are there that it reads."""
    waiting = list(views)
    while waiting:
        names = {view.name for view in waiting}
        ready = [view for view in waiting if names.isdisjoint(tables_of(view))]
        _each(workspace, make_view, ready, tables_of)
        waiting = [view for view in waiting if view not in ready]


def _each(workspace: Workspace, work: Callable[[Workspace, T], R], items: Sequence[T], reads: Callable[[T], Iterable[str]]) -> list[R]:
    """What becomes of each item, side by side; a statement on a large table has the engine for itself."""
    large = [i for i, item in enumerate(items) if any(workspace.source(t).size > LARGE for t in reads(item))]
    small = [i for i in range(len(items)) if i not in large]
    done: dict[int, R] = {}
    for numbers, turn in ((large, Lock()), (small, nullcontext())):
        found = side_by_side(workspace.backend, lambda own, i, turn=turn: work(workspace.on(own, turn), items[i]), numbers)
        done |= dict(zip(numbers, found, strict=True))
    return [done[i] for i in range(len(items))]


def _judge(workspace: Workspace, rules: Sequence[CheckedRule], progress: Progress) -> list[list[Outcome]]:
    """Rules that are measured together; one that cannot be run is a finding with the reason, not the end of the audit."""
    for rule in rules:
        progress(rule.rule.id)
    try:
        return judge_together(workspace, rules)
    except (duckdb.Error, IbisError) as fault:
        if len(rules) > 1:
            return [_judge(workspace, [rule], lambda _: None)[0] for rule in rules]
        [rule] = rules
        provision = workspace.contract.provisions.get(rule.rule.provision) or next(iter(workspace.contract.provisions.values()))
        reason = str(fault).splitlines()[0]
        return [[Outcome(rule.rule.id, provision, rule.rule.title, None, "", "error", measures={},
                         why=Bilingual(f"规则无法运行：{reason}", f"The rule could not be run: {reason}"))]]


def _findings(workspace: Workspace, loaded: LoadedContract, chained: Sequence[Judged]) -> tuple[Finding, ...]:
    """Findings in the order of the register, each with an id that names its rule and subject."""
    flat = [(j.rule, o) for j in chained for o in j.outcomes]
    ids = _ids([(r.rule.id, o) for r, o in flat])
    references = _references(workspace, {e for _, o in flat for e in o.evidence})
    groups: list[tuple[str, Outcome]] = []
    start = 0
    for judged in chained:
        own = ids[start:start + len(judged.outcomes)]
        start += len(judged.outcomes)
        if judged.rule.rule.report_rolled and len(judged.outcomes) > 1:
            groups.append((judged.rule.rule.id, rolled_up(judged.outcomes)))
        else:
            groups += zip(own, judged.outcomes, strict=True)
    groups += _worst_of(loaded, groups)
    rolled = {i: judged.rule.rule.id for judged, i in _positions(chained) if judged.rule.rule.report_rolled
              and len(judged.outcomes) > 1}
    because = {i: rolled.get(i, name) for i, name in enumerate(ids)}
    found = [_finding(loaded.contract.id, name, o, references, because) for name, o in groups]
    return tuple(sorted(found, key=lambda f: (f.provision_id, f.rule, _natural(f.subject), f.id)))


def _positions(chained: Sequence[Judged]) -> Iterable[tuple[Judged, int]]:
    position = 0
    for judged in chained:
        for _ in judged.outcomes:
            yield judged, position
            position += 1


def _natural(subject: str | None) -> tuple[int, int, str]:
    """Numbers in their order, other subjects as text; none first."""
    if subject is None:
        return (0, 0, "")
    return (1, int(subject), "") if subject.isascii() and subject.isdigit() and len(subject) < 18 else (2, 0, subject)


def _ids(outcomes: Sequence[tuple[str, Outcome]]) -> list[str]:
    used: dict[str, int] = {}
    result = []
    first: dict[str, Provision] = {}
    families = {rule for rule, o in outcomes if first.setdefault(rule, o.provision) != o.provision}
    for rule, outcome in outcomes:
        parts = [rule, *([outcome.provision.id] if rule in families else []), *([outcome.subject] if outcome.subject else [])]
        name = "/".join(parts)
        used[name] = used.get(name, 0) + 1
        result.append(name if used[name] == 1 else f"{name}~{used[name]}")
    return result


def _worst_of(loaded: LoadedContract, groups: Sequence[tuple[str, Outcome]]) -> list[tuple[str, Outcome]]:
    """Provisions that only gather others take the worst of their verdicts."""
    result: list[tuple[str, Outcome]] = []
    for rule in loaded.checked.rules:
        if not rule.rule.worst_of:
            continue
        provision = loaded.contract.provisions[rule.rule.provision]
        sources = [o for _, o in (*groups, *result) if o.provision.id in rule.rule.worst_of]
        verdict = worst(o.verdict for o in sources) if sources else "no_evidence"
        same = [o for o in sources if o.verdict == verdict]
        gathered = Outcome(
            rule.rule.id, provision, rule.rule.title, None, "", verdict, measures={"provisions": ", ".join(rule.rule.worst_of)},
            missing=tuple(sorted({m for o in same for m in o.missing})),
            evidence=tuple(dict.fromkeys(e for o in same for e in o.evidence))[:20],
            evidence_count=sum(o.evidence_count for o in same), provisional=any(o.provisional for o in same))
        for reading in readings_of(sources):
            other = replace(gathered, verdict=worst(under(o, reading).verdict for o in sources))
            gathered = contested(gathered, other, reading)
        result.append((rule.rule.id, gathered))
    return result


def _references(workspace: Workspace, numbers: Iterable[int]) -> dict[int, EvidenceReference]:
    """File, sheet, row and key of numbered rows of evidence, one query for each table that has rows not known already."""
    dictionary = load_dictionary()
    rows: dict[str, dict[int, int]] = {}
    for number in sorted(n for n in numbers if n not in workspace.places):
        table, id_ = lineage.decoded(number)
        rows.setdefault(table, {})[id_] = number
    result = dict(workspace.places)
    for table, found in sorted(rows.items()):
        key = " || '/' || ".join(f"coalesce(\"{k}\"::VARCHAR, '')" for k in dictionary.tables[table].primary_key)
        for id_, file, sheet, row, name in workspace.run(
                f'SELECT _id, _file, _sheet, _row, {key} FROM "raw_{table}" JOIN (SELECT unnest({_numbers(found)}) AS _id) USING (_id)'):
            result[found[id_]] = EvidenceReference(table, file, sheet, row, name)
    return result


def _numbers(ids: Iterable[int]) -> str:
    """SQL: many numbers as a list; as a text, of which the engine makes less ado than of as many numbers."""
    return f"string_split('{','.join(map(str, ids))}', ',')::BIGINT[]"


def _finding(contract_id: str, name: str, outcome: Outcome, references: Mapping[int, EvidenceReference],
             because: Mapping[int, str]) -> Finding:
    provision = outcome.provision
    if outcome.excused_by:
        outcome = replace(outcome, excused_by=f"{contract_id}-{outcome.excused_by}")
    return Finding(
        id=name, rule=outcome.rule, provision_id=f"{contract_id}-{provision.id}", provision=provision,
        subject=outcome.subject, link=outcome.link or None, verdict=outcome.verdict, effect=outcome.effect,
        due=outcome.due, done=outcome.done, amount=outcome.amount, computation=outcome.computation,
        provisional=outcome.provisional,
        readings=tuple(ReadingResult(r.name, r.text, r.verdict, r.due, r.amount) for r in outcome.readings),
        title=outcome.title, summary=explain.summary(outcome), explanation=explain.explanation(outcome, contract_id),
        measures=outcome.measures or {}, evidence=tuple(references[e] for e in outcome.evidence if e in references),
        evidence_count=outcome.evidence_count, missing=tuple(dict.fromkeys((*outcome.missing, *outcome.not_shown))),
        because=tuple(dict.fromkeys(because[i] for i in outcome.because)), count=outcome.count)


def _penalties(workspace: Workspace) -> tuple[Mapping[str, Any], ...]:
    """The penalties that were recorded, for the ledger."""
    source = workspace.source("penalties")
    if source.relation is None:
        return ()
    columns = sorted(source.columns)
    names = ", ".join(f'"{c}"' for c in columns)
    rows = workspace.run(f'SELECT {names} FROM "asof_penalties" WHERE NOT _doubt ORDER BY _id')
    return tuple(dict(zip(columns, row, strict=True)) for row in rows)
