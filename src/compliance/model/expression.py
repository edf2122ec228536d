"""The typed expression tree of the rule language, after parsing and before it is compiled for an engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

# Types: text, integer, decimal, money, date, datetime, boolean, and null for a bare NULL.
NUMBERS = frozenset({"integer", "decimal", "money"})
MOMENTS = frozenset({"date", "datetime"})


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | int | Decimal | date | bool | None
    type: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a row: of the from-table of a set, of a table joined to it, or of the case."""

    scope: str  # "row" or "case"
    table: str
    name: str
    type: str
    nonnegative: bool = False


@dataclass(frozen=True, slots=True)
class LetValue:
    """A named value of the case."""

    name: str
    type: str
    nonnegative: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A column of the list that a family of rules runs over."""

    name: str
    type: str
    nonnegative: bool = False


@dataclass(frozen=True, slots=True)
class DatedTerm:
    """The value of a term that amendments change, on a day; `steps` are (first day, value), the first from the start."""

    name: str
    day: Expression
    steps: tuple[tuple[date | None, Literal], ...]
    type: str
    nonnegative: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A measure over the rows of a set: exists, count, count_distinct, sum, min, max, the, longest_run."""

    operator: str
    rows: str
    argument: Expression | None
    type: str
    nonnegative: bool = False


@dataclass(frozen=True, slots=True)
class Apply:
    """An operator or function of the white list applied to its arguments."""

    operator: str
    arguments: tuple[Expression, ...]
    type: str
    nonnegative: bool = False


Expression: TypeAlias = Literal | Column | LetValue | Parameter | DatedTerm | Aggregate | Apply


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything below it."""
    yield expression
    match expression:
        case Apply(arguments=arguments):
            for argument in arguments:
                yield from walk(argument)
        case Aggregate(argument=argument) if argument is not None:
            yield from walk(argument)
        case DatedTerm(day=day):
            yield from walk(day)
        case _:
            return
