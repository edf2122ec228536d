"""Facts of the legal chaining: ids, text and nothing that has to be counted, compared or dated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decided case: a duty in breach, a consequence that has arisen by its own test, or one left undecided (doubt)."""

    id: int
    provision: str
    link: str
    state: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case of a consequence that also needs a source; its own test is met, or in doubt.

    `rule` says which dependencies it has; two rules of one provision can rest on different sources.
    """

    id: int
    rule: str
    provision: str
    link: str
    state: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """The consequence of `rule` needs `source`; mode any: one of its sources is enough, all: each is needed.

    `sure`: a source in doubt counts for nothing.
    """

    rule: str
    source: str
    linked: bool
    mode: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Excuse:
    """Where `exemption` has arisen, a breach of `duty` is excused."""

    exemption: str
    duty: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Inferred:
    """What follows: for each id the ids it rests on, sorted."""

    arisen: Mapping[int, tuple[int, ...]]
    doubtful: Mapping[int, tuple[int, ...]]
    excused: Mapping[int, tuple[int, ...]]
