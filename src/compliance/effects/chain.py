"""The legal chaining, computed twice by independent means; the audit fails loudly if they disagree."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from compliance.effects import engine, fixpoint
from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome

# What was inferred before, by all the facts it was inferred from.
Known = MutableMapping[tuple[object, ...], Inferred]


class ChainDisagreement(RuntimeError):
    """The engine and the plain fixpoint infer different things from the same facts."""


def infer(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          excuses: Sequence[Excuse], known: Known) -> Inferred:
    """What follows from the outcomes.

    Only what a dependency or an excuse names goes into the computation, and only candidates that have something to rest
    on. Most readings of a text change nothing that anything rests on: what is `known` is not inferred again.
    """
    named = {d.source for d in dependencies} | {name for e in excuses for name in (e.exemption, e.duty)}
    relevant = [o for o in outcomes if o.provision in named]
    candidates = _supported(relevant, candidates, dependencies)
    rules = {c.rule for c in candidates}
    dependencies = [d for d in dependencies if d.rule in rules]
    if not candidates and not excuses:
        return Inferred({}, {}, {})
    facts = (*relevant, *candidates, *dependencies, *excuses)
    if facts not in known:
        first = engine.infer(relevant, candidates, dependencies, excuses)
        second = fixpoint.infer(relevant, candidates, dependencies, excuses)
        if first != second:
            raise ChainDisagreement(_difference(first, second))
        known[facts] = second
    return known[facts]


def _supported(outcomes: Sequence[Outcome], candidates: Sequence[Candidate],
               dependencies: Sequence[Dependency]) -> Sequence[Candidate]:
    """The candidates with a source of which there is an outcome or another candidate."""
    there = {o.provision for o in outcomes} | {c.provision for c in candidates}
    rules = {d.rule for d in dependencies if d.source in there}
    kept = [c for c in candidates if c.rule in rules]
    return kept if len(kept) == len(candidates) else _supported(outcomes, kept, dependencies)


def _difference(first: Inferred, second: Inferred) -> str:
    parts = []
    for name in ("arisen", "doubtful", "excused"):
        a, b = getattr(first, name), getattr(second, name)
        differing = sorted(i for i in {*a, *b} if a.get(i) != b.get(i))
        if differing:
            parts.append(f"{name}: " + "; ".join(f"{i}: engine {a.get(i)}, fixpoint {b.get(i)}" for i in differing[:5]))
    return "the two computations of what follows disagree: " + ", ".join(parts)
