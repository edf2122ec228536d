"""A rule as it is written: the declarative encoding of one provision, every text with its place in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from compliance.ground import Location
from compliance.model.contract import Bilingual


@dataclass(frozen=True, slots=True)
class Source:
    """An expression as written, and where."""

    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class Cases:
    """What the rule is asked about: once, each row (by a column) of a table, or every period."""

    form: str  # "once", "each", "by" or "every"
    location: Location
    table: str | None = None
    where: Source | None = None
    by: str | None = None
    period: str | None = None
    of: str = "calendar"
    start: Source | None = None
    end: Source | None = None
    future: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    table: str
    on: Source | None
    location: Location


@dataclass(frozen=True, slots=True)
class RowSet:
    """The rows of a table that belong to a case."""

    name: str
    table: str
    joins: tuple[Join, ...]
    where: Source | None
    location: Location


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the decision table of a rule: this verdict where the condition is true."""

    verdict: str
    condition: Source
    why: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class When:
    """The due moment, the moment of performance, and until when a state must be kept."""

    due: Source | None
    done: Source | None
    until: Source | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Excuse:
    """What excuses a breach, and the provision that says so."""

    condition: Source
    by: str | None


@dataclass(frozen=True, slots=True)
class Amount:
    """base x rate x times / divide, at most cap, at least floor, in yuan, rounded once."""

    parts: Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Follows:
    """The provisions whose breach (or arising) this consequence needs.

    `undecided_ignored`: only an established breach counts; a claim is not open because some duty is.
    """

    sources: tuple[str, ...]
    mode: str  # "any" or "all"
    linked: bool
    undecided_ignored: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A named interpretation of the text; `changes` replaces parts of the rule."""

    name: str
    text: Bilingual
    default: bool
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    provision: str
    title: Bilingual
    cases: Cases
    location: Location
    rows: tuple[RowSet, ...] = ()
    let: Mapping[str, Source] = None  # type: ignore[assignment]
    trigger: Source | None = None
    judgement: tuple[Decision, ...] = ()
    must: Source | None = None
    arises: Source | None = None
    when: When | None = None
    decide: tuple[Decision, ...] = ()
    unless: tuple[Excuse, ...] = ()
    amount: Amount | None = None
    none: tuple[Decision, ...] = ()
    subject: Source | None = None
    link: Source | None = None
    report_rolled: bool = False
    follows: Follows | None = None
    excuses: tuple[str, ...] = ()
    excuses_any: bool = False
    effect: str | None = None
    once: bool = False
    worst_of: tuple[str, ...] = ()
    family: str | None = None
    readings: tuple[Reading, ...] = ()

    def under(self, reading: Reading) -> Rule:
        """The rule as this reading has it."""
        changes = dict(reading.changes)
        if "rows" in changes:
            changed = {r.name: r for r in changes["rows"]}
            kept = tuple(changed.pop(r.name, r) for r in self.rows)
            changes["rows"] = kept + tuple(changed.values())
        if "let" in changes:
            changes["let"] = {**self.let, **changes["let"]}
        return replace(self, readings=(), **changes)


@dataclass(frozen=True, slots=True)
class View:
    """Rows computed once for several rules: the cases with their named values, as a table."""

    name: str
    cases: Cases
    rows: tuple[RowSet, ...]
    let: Mapping[str, Source]
    location: Location


@dataclass(frozen=True, slots=True)
class RuleCase:
    """What a rule decides on a small piece of evidence; a test of the rule, kept beside it."""

    rule: str | None
    provision: str | None
    name: str
    as_of: str
    evidence: Mapping[str, Any]
    columns: Mapping[str, Any]
    expect: tuple[Mapping[str, Any], ...]
    location: Location


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one contract with the hash of the files they were read from."""

    contract_id: str
    sha256: str
    rules: tuple[Rule, ...]
    views: tuple[View, ...]
    cases: tuple[RuleCase, ...]
