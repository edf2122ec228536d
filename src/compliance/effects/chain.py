"""The legal chaining, computed twice by independent means; the audit fails loudly if they disagree."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.effects import engine, fixpoint
from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome


class ChainDisagreement(RuntimeError):
    """The engine and the plain fixpoint infer different things from the same facts."""


def infer(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          excuses: Sequence[Excuse]) -> Inferred:
    """What follows from the outcomes; only what a dependency or an excuse names goes into the computation."""
    named = {d.source for d in dependencies} | {name for e in excuses for name in (e.exemption, e.duty)}
    relevant = [o for o in outcomes if o.provision in named]
    if not candidates and not excuses:
        return Inferred({}, {}, {})
    first = engine.infer(relevant, candidates, dependencies, excuses)
    second = fixpoint.infer(relevant, candidates, dependencies, excuses)
    if first != second:
        raise ChainDisagreement(_difference(first, second))
    return second


def _difference(first: Inferred, second: Inferred) -> str:
    parts = []
    for name in ("arisen", "doubtful", "excused"):
        a, b = getattr(first, name), getattr(second, name)
        differing = sorted(i for i in {*a, *b} if a.get(i) != b.get(i))
        if differing:
            parts.append(f"{name}: " + "; ".join(f"{i}: engine {a.get(i)}, fixpoint {b.get(i)}" for i in differing[:5]))
    return "the two computations of what follows disagree: " + ", ".join(parts)
