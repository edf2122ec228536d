"""The legal chaining in plain Python: an independent second computation, by repeated passes until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome

_Reasons = dict[int, tuple[int, ...]]


def infer(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          excuses: Sequence[Excuse]) -> Inferred:
    """Exemptions first over all breaches; what they excuse triggers nothing; then the consequences."""
    exemptions = {e.exemption for e in excuses}
    first = [c for c in candidates if c.provision in exemptions]
    arisen, doubtful = _chain(outcomes, first, dependencies)
    excused = _excused(outcomes, first, arisen, excuses)
    standing = [o for o in outcomes if o.id not in excused]
    second_arisen, second_doubtful = _chain(
        [*standing, *(Outcome(c.id, c.provision, c.link, "arisen") for c in first if c.id in arisen),
         *(Outcome(c.id, c.provision, c.link, "doubt") for c in first if c.id in doubtful)],
        [c for c in candidates if c.provision not in exemptions], dependencies)
    return Inferred(_sorted(arisen | second_arisen), _sorted(doubtful | second_doubtful), _sorted(excused))


def _sorted(reasons: _Reasons) -> Mapping[int, tuple[int, ...]]:
    return {key: reasons[key] for key in sorted(reasons)}


def _chain(outcomes: Sequence[Outcome], candidates: Sequence[Candidate],
           dependencies: Sequence[Dependency]) -> tuple[_Reasons, _Reasons]:
    """Ids that have arisen, and those that would if every doubt were a yes, with what each rests on."""
    decided = [o for o in outcomes if o.state != "doubt"]
    sure = _closure(decided, [c for c in candidates if c.state == "met"], dependencies, frozenset())
    doubts = frozenset({o.id for o in outcomes if o.state == "doubt"} | {c.id for c in candidates if c.id not in sure})
    perhaps = _closure(outcomes, candidates, dependencies, doubts)
    return sure, {i: because for i, because in perhaps.items() if i not in sure}


def _closure(outcomes: Iterable[Outcome], candidates: Iterable[Candidate], dependencies: Sequence[Dependency],
             doubts: frozenset[int]) -> _Reasons:
    established = [(o.id, o.provision, o.link) for o in outcomes]
    waiting, held = list(candidates), set()
    while True:
        new = [c for c in waiting if c.id not in held and _reasons(c, established, dependencies, doubts)]
        if not new:
            break
        established += [(c.id, c.provision, c.link) for c in new]
        held |= {c.id for c in new}
    return {c.id: _reasons(c, established, dependencies, doubts) for c in waiting if c.id in held}


def _reasons(candidate: Candidate, established: Sequence[tuple[int, str, str]],
             dependencies: Sequence[Dependency], doubts: frozenset[int]) -> tuple[int, ...]:
    """The established facts a candidate rests on; none where it does not arise."""
    needed = [d for d in dependencies if d.rule == candidate.rule]
    found = {d: [i for i, provision, link in established if provision == d.source and i != candidate.id and not (d.sure and i in doubts)
                 and (not d.linked or link == candidate.link)] for d in needed}
    if not needed or not all(found[d] for d in needed if d.mode == "all"):
        return ()
    return tuple(sorted({i for ids in found.values() for i in ids}))


def _excused(outcomes: Sequence[Outcome], exemptions: Sequence[Candidate], arisen: _Reasons,
             excuses: Sequence[Excuse]) -> _Reasons:
    held = [(o.id, o.provision, o.link) for o in outcomes if o.state == "arisen"]
    held += [(c.id, c.provision, c.link) for c in exemptions if c.id in arisen]
    result: _Reasons = {}
    for outcome in outcomes:
        if outcome.state != "breach":
            continue
        by = [i for e in excuses if e.duty == outcome.provision for i, provision, link in held
              if provision == e.exemption and (not e.linked or link == outcome.link)]
        if by:
            result[outcome.id] = tuple(sorted(set(by)))
    return result
