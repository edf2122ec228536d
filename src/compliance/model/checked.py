"""A rule after linting: every text a typed expression, every slot a line of one decision table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.model.contract import Bilingual
from compliance.model.expression import Expression
from compliance.model.rule import Reading, Rule


@dataclass(frozen=True, slots=True)
class CheckedJoin:
    """A table joined to the rows of a set: `on` are equations between columns of the two."""

    name: str
    table: str
    on: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class CheckedSet:
    name: str
    table: str
    joins: tuple[CheckedJoin, ...]
    where: Expression | None


@dataclass(frozen=True, slots=True)
class CheckedCases:
    form: str
    table: str | None
    where: Expression | None
    by: str | None
    period: str | None
    of: str
    start: Expression | None
    end: Expression | None
    future: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a decision table."""

    verdict: str
    condition: Expression
    why: Bilingual | None = None


@dataclass(frozen=True, slots=True)
class CheckedExcuse:
    condition: Expression
    by: str | None


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """What the evaluation needs of a rule; `lets` stand in the order in which they can be computed."""

    rule: Rule
    cases: CheckedCases
    sets: tuple[CheckedSet, ...]
    lets: Mapping[str, Expression]
    lines: tuple[Line, ...]
    due: Expression | None
    done: Expression | None
    excuses: tuple[CheckedExcuse, ...]
    amount: Mapping[str, Expression]
    none: tuple[Line, ...]
    subject: Expression | None
    link: Expression | None
    readings: tuple[tuple[Reading, CheckedRule], ...]


@dataclass(frozen=True, slots=True)
class CheckedView:
    name: str
    cases: CheckedCases
    sets: tuple[CheckedSet, ...]
    lets: Mapping[str, Expression]
