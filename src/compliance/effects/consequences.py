"""From verdicts to what follows: the outcomes of all rules become facts, and what is inferred becomes verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from compliance.effects.chain import Known, infer
from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred
from compliance.effects.facts import Outcome as Fact
from compliance.evaluation.judge import NamedReading, Outcome, contested
from compliance.model.checked import CheckedRule
from compliance.model.verdict import worst

_DOUBT = frozenset({"no_evidence", "needs_judgement", "error"})


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcomes of one rule."""

    rule: CheckedRule
    outcomes: tuple[Outcome, ...]


def follow(judged: Sequence[Judged]) -> list[Judged]:
    """All outcomes after the legal chaining; `because` holds positions in the sequence of all outcomes.

    What rests on a contested outcome is contested where the chaining under the other reading ends otherwise.
    """
    known: Known = {}
    result = _chained(judged, known)
    for reading in readings_of([o for j in judged for o in j.outcomes]):
        other = _chained([Judged(j.rule, tuple(under(o, reading) for o in j.outcomes)) for j in judged], known)
        result = [Judged(j.rule, tuple(contested(mine, theirs, reading) for mine, theirs in zip(j.outcomes, k.outcomes, strict=True)))
                  for j, k in zip(result, other, strict=True)]
    return result


def readings_of(outcomes: Sequence[Outcome]) -> tuple[NamedReading, ...]:
    """The other readings under which some of the outcomes would differ."""
    return tuple(dict.fromkeys((r.name, r.text) for o in outcomes for r in o.readings))


def under(outcome: Outcome, reading: NamedReading) -> Outcome:
    """The outcome as another reading has it."""
    other = next((r for r in outcome.readings if (r.name, r.text) == reading), None)
    return outcome if other is None else replace(outcome, verdict=other.verdict, due=other.due, amount=other.amount)


def _chained(judged: Sequence[Judged], known: Known) -> list[Judged]:
    flat = [(j.rule, o) for j in judged for o in j.outcomes]
    outcomes, candidates = [], []
    for i, (rule, outcome) in enumerate(flat):
        state = _state(outcome.verdict)
        if state is None:
            continue
        if rule.rule.follows is not None:
            candidates.append(Candidate(i, rule.rule.id, outcome.provision.id, outcome.link, "met" if state == "arisen" else "doubt"))
        else:
            outcomes.append(Fact(i, outcome.provision.id, outcome.link, state))
    inferred = infer(outcomes, candidates, _dependencies(judged), _excuses(judged), known)
    return _applied(judged, inferred, dict(enumerate(flat)))


def _state(verdict: str) -> str | None:
    if verdict in ("breach", "arisen"):
        return verdict
    return "doubt" if verdict in _DOUBT else None


def _dependencies(judged: Sequence[Judged]) -> list[Dependency]:
    found = [Dependency(j.rule.rule.id, source, f.linked, f.mode, f.undecided_ignored)
             for j in judged if (f := j.rule.rule.follows) is not None for source in f.sources]
    return list(dict.fromkeys(found))


def _excuses(judged: Sequence[Judged]) -> list[Excuse]:
    found = [Excuse(o.provision.id, duty, not j.rule.rule.excuses_any)
             for j in judged for o in j.outcomes[:1] for duty in j.rule.rule.excuses]
    return list(dict.fromkeys(found))


def _applied(judged: Sequence[Judged], inferred: Inferred,
             flat: Mapping[int, tuple[CheckedRule, Outcome]]) -> list[Judged]:
    result, position = [], 0
    for j in judged:
        changed = []
        for outcome in j.outcomes:
            changed.append(_after_chaining(j.rule, outcome, position, inferred, flat))
            position += 1
        result.append(Judged(j.rule, tuple(_owed_once(changed) if j.rule.rule.once else changed)))
    return result


def _after_chaining(rule: CheckedRule, outcome: Outcome, position: int, inferred: Inferred,
                    flat: Mapping[int, tuple[CheckedRule, Outcome]]) -> Outcome:
    if position in inferred.excused:
        because = inferred.excused[position]
        return replace(outcome, verdict="excused", because=because, amount=None, computation=None, not_shown=(),
                       excused_by=flat[because[0]][1].provision.id)
    if rule.rule.follows is None or _state(outcome.verdict) is None:
        return outcome
    if position in inferred.arisen:
        return replace(outcome, because=inferred.arisen[position])
    if position in inferred.doubtful:
        because = inferred.doubtful[position]
        return replace(outcome, verdict=_doubt(outcome, [flat[i][1] for i in because]), because=because, amount=None,
                       computation=None)
    return replace(outcome, verdict="not_arisen", amount=None, computation=None, missing=())


def _doubt(outcome: Outcome, sources: Sequence[Outcome]) -> str:
    """What is open: a judgement, where nothing but judgements of a person stand between the sources and the consequence."""
    if outcome.verdict in _DOUBT:
        return outcome.verdict
    return "needs_judgement" if {o.verdict for o in sources if o.verdict in _DOUBT} == {"needs_judgement"} else "no_evidence"


def _owed_once(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """One amount however many cases have arisen: the first that has one carries it."""
    carrier = next((i for i, o in enumerate(outcomes) if o.amount is not None), None)
    return [o if i == carrier or o.amount is None else replace(o, amount=None, computation=None)
            for i, o in enumerate(outcomes)]


def rolled_up(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome for all cases of a rule, worst first; the amount is the sum of those that have it."""
    result = replace(_rolled_up(outcomes), readings=())
    for reading in readings_of(outcomes):
        result = contested(result, _rolled_up([under(o, reading) for o in outcomes]), reading)
    return result


def _rolled_up(outcomes: Sequence[Outcome]) -> Outcome:
    verdict = worst(o.verdict for o in outcomes)
    same = [o for o in outcomes if o.verdict == verdict]
    amounts = [o.amount for o in same if o.amount is not None]
    first = same[0]
    subjects = sorted({o.subject for o in same if o.subject is not None})
    return replace(
        first, subject=None, link="", amount=sum(amounts[1:], amounts[0]) if amounts else None,
        due=first.due if len({o.due for o in same}) == 1 else None,
        done=first.done if len({o.done for o in same}) == 1 else None,
        computation=first.computation if len(same) == 1 else None,
        evidence=tuple(dict.fromkeys(e for o in same for e in o.evidence)),
        evidence_count=sum(o.evidence_count for o in same), missing=tuple(sorted({m for o in same for m in o.missing})),
        because=tuple(sorted({b for o in same for b in o.because})), provisional=any(o.provisional for o in outcomes),
        measures={**({} if len(same) > 1 else first.measures or {}), "cases": str(sum(o.count for o in outcomes)),
                  verdict: ", ".join(subjects[:20]) + (f" (+{len(subjects) - 20})" if len(subjects) > 20 else "")},
        count=sum(o.count for o in outcomes))


