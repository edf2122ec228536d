"""Compiles typed expressions to Ibis on a relation; names are looked up in an environment, nothing touches data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import assert_never

import ibis
import ibis.expr.types as ir

from compliance.evaluation import values
from compliance.evaluation.values import Value
from compliance.model.expression import Aggregate, Apply, Column, DatedTerm, Expression, LetValue, Literal, Parameter

Lookup = Callable[[str], Value]


@dataclass(frozen=True, slots=True)
class Environment:
    """What names mean on one relation."""

    as_of: date
    row_column: Callable[[Column], Value]
    case_column: Lookup
    let: Lookup
    parameter: Lookup
    measure: Callable[[Aggregate], Value]
    lookups: Mapping[Apply, Value]  # calendar functions that were joined to the relation beforehand


def compile_value(expression: Expression, env: Environment) -> Value:
    """The value of an expression on the relation of the environment."""
    match expression:
        case Literal(value, kind):
            return values.literal(value, kind)
        case Column(scope="row"):
            return env.row_column(expression)
        case Column(name=name):
            return env.case_column(name)
        case LetValue(name):
            return env.let(name)
        case Parameter(name):
            return env.parameter(name)
        case DatedTerm():
            return _dated_term(expression, env)
        case Aggregate():
            return env.measure(expression)
        case Apply():
            return env.lookups[expression] if expression in env.lookups else _apply(expression, env)
        case _:
            assert_never(expression)


def compile_condition(expression: Expression, env: Environment) -> ir.BooleanValue:
    """A condition in three-valued logic."""
    value = compile_value(expression, env)
    return value.lo if value.type == "boolean" else ibis.null("boolean")


@dataclass(frozen=True, slots=True)
class Possibility:
    """Whether a condition could be true, and whether it could be false, once everything unknown were known.

    A comparison with a value that is known to be blank can be neither: it will never be established.
    """

    true: ir.BooleanValue
    false: ir.BooleanValue


def compile_possibility(expression: Expression, env: Environment) -> Possibility:
    """What a condition could still turn out to be."""
    match expression:
        case Apply("not", (inner,)):
            found = compile_possibility(inner, env)
            return Possibility(found.false, found.true)
        case Apply("and", (left, right)):
            a, b = compile_possibility(left, env), compile_possibility(right, env)
            return Possibility(a.true & b.true, a.false | b.false)
        case Apply("or", (left, right)):
            a, b = compile_possibility(left, env), compile_possibility(right, env)
            return Possibility(a.true | b.true, a.false & b.false)
        case Apply("=" | "<>" | "<" | "<=" | ">" | ">=", (left, right)):
            sides = (compile_value(left, env), compile_value(right, env))
            return _possible(compile_condition(expression, env), [values.is_blank(v) for v in sides if v.absent is not None])
        case _:
            value = compile_value(expression, env)
            return _possible(value.lo, [] if value.absent is None else [values.is_blank(value)])


def _possible(condition: ir.BooleanValue, blanks: list[ir.BooleanValue]) -> Possibility:
    true, false = condition.fill_null(True), values.negated(condition).fill_null(True)
    for blank in blanks:
        there = ~blank.fill_null(False)
        true, false = true & there, false & there
    return Possibility(true, false)


def _dated_term(term: DatedTerm, env: Environment) -> Value:
    day = values.as_day(compile_value(term.day, env)).point()
    branches = [(day >= values.day_literal(start), values.literal(step.value, term.type).lo)
                for start, step in reversed(term.steps) if start is not None]
    first = next((values.literal(s.value, term.type).lo for start, s in term.steps if start is None), None)
    if first is not None:
        branches.append((day.notnull(), first))
    return values.exact(term.type, ibis.cases(*branches, else_=values.null(term.type)), None)


def _apply(node: Apply, env: Environment) -> Value:
    operator, kind = node.operator, node.type
    if operator == "case":
        return _case(node, env)
    arguments = [compile_value(a, env) for a in node.arguments]
    match operator:
        case "and" | "or":
            left, right = (a.lo for a in arguments)
            return values.truth(left & right if operator == "and" else left | right)
        case "not":
            return values.truth(values.negated(arguments[0].lo))
        case "=" | "<>" | "<" | "<=" | ">" | ">=":
            return values.truth(values.compare(operator, *_boolean_safe(arguments)))
        case "+":
            return values.add(*arguments, kind)
        case "-":
            return values.subtract(*arguments, kind)
        case "*":
            return values.multiply(*arguments, kind, node.nonnegative)
        case "negate":
            return values.negate(arguments[0])
        case "is_null":
            return values.truth(values.is_blank(arguments[0]))
        case "as_of":
            return values.literal(env.as_of, "date")
        case "coalesce":
            return _fold(arguments, kind, lenient=False)
        case "if_shown":
            return _fold(arguments, kind, lenient=True)
        case "shown":
            return values.exact("boolean", arguments[0].lo.fill_null(False), False)
        case "least" | "greatest":
            typed = [values.same_type(a, a, kind)[0] for a in arguments]
            return values.pick(operator, typed, kind)
        case _:
            return _function(operator, arguments, kind)


def _boolean_safe(arguments: list[Value]) -> list[Value]:
    """A comparison with a bare NULL is unknown whatever the other side."""
    if any(a.type == "null" for a in arguments):
        kind = next((a.type for a in arguments if a.type != "null"), "text")
        return [values.unknown(kind), values.unknown(kind)]
    return arguments


def _case(node: Apply, env: Environment) -> Value:
    *pairs, default = node.arguments
    branches = [(compile_condition(c, env), compile_value(v, env)) for c, v in zip(pairs[::2], pairs[1::2], strict=True)]
    return values.choose(branches, compile_value(default, env), node.type)


def _fold(arguments: list[Value], kind: str, *, lenient: bool) -> Value:
    result = arguments[-1]
    for value in reversed(arguments[:-1]):
        result = values.first_known(value, result, kind, lenient=lenient)
    return result


def _function(name: str, arguments: list[Value], kind: str) -> Value:
    first, *rest = arguments
    absent = values.either_blank(*arguments)
    points = [a.point() for a in rest]
    match name:
        case "day":
            return values.as_day(first)
        case "add_days":
            return values.as_day(first).map(lambda d: _plus_days(d, points[0]), "date")
        case "days_before":
            return values.as_day(first).map(lambda d: _plus_days(d, -points[0]), "date")
        case "add_months":
            return values.as_day(first).map(lambda d: _plus_months(d, points[0]), "date")
        case "months_before":
            return values.as_day(first).map(lambda d: _plus_months(d, -points[0]), "date")
        case "hours_after" | "minutes_after":
            minutes = 60 if name == "hours_after" else 1
            moment, _ = values.same_type(first, first, "datetime")
            span = (points[0] * minutes).cast("int64").as_interval("m")
            return moment.map(lambda m: (m + span).cast("timestamp(6)"), "datetime")
        case "days_between":
            a, b = (values.as_day(v).point() for v in arguments)
            return values.exact(kind, b.delta(a, unit="day"), absent)
        case "months_between":
            a, b = (values.as_day(v).point() for v in arguments)
            return values.exact(kind, _months_between(a, b), absent)
        case "minutes_between":
            return _minutes_between(*arguments)
        case "month_end":
            return values.as_day(first).map(_month_end, "date")
        case "year":
            return values.as_day(first).map(lambda d: d.year().cast("int64"), kind)
        case "month_no":
            return values.exact(kind, values.as_day(first).point().month().cast("int64"), absent)
        case "abs":
            return values.exact(kind, first.point().abs(), absent)
        case "floor_div":
            return first.map(lambda n: _floor_div(n, points[0]), kind)
        case "plain":
            return values.exact(kind, first.point().re_replace(r"\s+", ""), absent)
        case "contains":
            return values.truth(first.point().contains(points[0]))
        case "starts_with":
            return values.truth(first.point().startswith(points[0]))
        case _:
            raise ValueError(f"the function {name} has no meaning here")


def _plus_days(day: ir.DateValue, days: ir.IntegerValue) -> ir.DateValue:
    return as_date(day.cast("timestamp") + days.cast("int64").as_interval("D"))


def as_date(moment: ir.TimestampValue) -> ir.DateValue:
    """The engine adds days to a date as a moment; Ibis would take it for a date and leave out a plain cast."""
    return moment.cast("timestamp").date()


def _plus_months(day: ir.DateValue, months: ir.IntegerValue) -> ir.DateValue:
    """Same day number, or the last day of the month if there is none (Civil Code art. 202)."""
    return as_date(day.cast("timestamp") + months.cast("int64").as_interval("M"))


def _month_end(day: ir.DateValue) -> ir.DateValue:
    return as_date(day.cast("timestamp").truncate("M") + ibis.interval(months=1) - ibis.interval(days=1))


def _months_between(start: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Whole months from start to end."""
    months = (end.year() - start.year()) * 12 + end.month() - start.month()
    return (months - ibis.ifelse(_plus_months(start, months) > end, 1, 0)).cast("int64")


def _minutes_between(start: Value, end: Value) -> Value:
    """Whole minutes; unknown where a moment is known only to the day."""
    absent = values.either_blank(start, end)
    if start.type != "datetime" or end.type != "datetime":
        return values.exact("integer", values.null("integer"), absent)
    minutes = _floor_minutes(start.point(), end.point())
    marked = [values.day_only(v.point()) for v in (start, end) if v.to_day]
    return values.exact("integer", ibis.ifelse(ibis.or_(*marked), ibis.null("int64"), minutes) if marked else minutes, absent)


def _floor_minutes(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    seconds = end.epoch_seconds().cast("int64") - start.epoch_seconds().cast("int64")
    return _floor_div(seconds, ibis.literal(60, type="int64"))


def _floor_div(number: ir.NumericValue, divisor: ir.NumericValue) -> ir.IntegerValue:
    """Whole number of times, rounded down.

    In whole millionths, and with the remainder taken off first, so that the engine's division has nothing to round.
    """
    scaled, by = _millionths(number), _millionths(divisor).nullif(0)
    rest = ((scaled % by) + by) % by
    return ((scaled - rest) // by).cast("int64")


def _millionths(number: ir.NumericValue) -> ir.IntegerValue:
    return (number * 1000000).cast("int64")
