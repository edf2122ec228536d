"""The legal chaining, computed twice by independent means; the audit fails loudly if they disagree."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.effects import fixpoint
from compliance.effects.facts import Candidate, Dependency, Excuse, Inferred, Outcome


def infer(outcomes: Sequence[Outcome], candidates: Sequence[Candidate], dependencies: Sequence[Dependency],
          excuses: Sequence[Excuse]) -> Inferred:
    return fixpoint.infer(outcomes, candidates, dependencies, excuses)
