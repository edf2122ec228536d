"""Values under missing evidence: bounds that are sure, and whether a value is known to be blank.

A value that evidence leaves open is an interval. A comparison is true or false only where every value in the
interval agrees; otherwise it is NULL, which the decision table never takes for compliance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import ibis
import ibis.expr.types as ir
from ibis.expr.operations import Literal

from compliance.model.contract import Scalar

# One type for all numbers with decimals, so that none is cut when two meet: 28 digits before the point, 10 after.
IBIS_TYPES = {"text": "string", "integer": "int64", "decimal": "decimal(38, 10)", "money": "decimal(38, 10)",
              "date": "date", "datetime": "timestamp(6)", "boolean": "boolean", "null": "string"}

Blank = ir.BooleanValue | bool | None


@dataclass(frozen=True, slots=True)
class Value:
    """Lower and upper bound (NULL: no bound known), and whether it is blank.

    `absent` False: never blank; True: known to be blank; None: unknown; else an expression in three-valued logic.
    A value with `lo is hi` is exact: NULL in it means blank or unknown.
    `to_day`: moments of it may be known only to the day. `known`: exact and never NULL, whatever the evidence lacks.
    """

    type: str
    lo: ir.Value
    hi: ir.Value
    absent: Blank
    to_day: bool = True
    known: bool = False

    @property
    def exact(self) -> bool:
        return self.lo is self.hi

    def point(self) -> ir.Value:
        """The value where it is known exactly, else NULL."""
        return self.lo if self.exact else ibis.ifelse(self.lo == self.hi, self.lo, _null_like(self))

    def map(self, function: Callable[[ir.Value], ir.Value], kind: str) -> Value:
        """A function that keeps the order of its argument, applied to both bounds."""
        lo = function(self.lo)
        return Value(kind, lo, lo if self.exact else function(self.hi), self.absent, self.to_day)


def _null_like(value: Value) -> ir.Value:
    return null(value.type)


def null(kind: str) -> ir.Value:
    return ibis.null(IBIS_TYPES[kind])


def unknown(kind: str) -> Value:
    """A value of which the evidence says nothing at all."""
    nothing = null(kind)
    return Value(kind, nothing, nothing, None)


def exact(kind: str, expression: ir.Value, absent: Blank, *, known: bool = False) -> Value:
    return Value(kind, expression, expression, absent, known=known)


def literal(value: Scalar, kind: str) -> Value:
    """A typed constant; money and decimals keep every digit."""
    if value is None:
        nothing = null(kind)
        return Value(kind, nothing, nothing, True)
    return exact(kind, _literal(value, kind), False, known=True)


def _literal(value: Scalar, kind: str) -> ir.Value:
    if kind in ("decimal", "money"):
        return ibis.literal(Decimal(value), type=IBIS_TYPES[kind])  # type: ignore[arg-type]
    return ibis.literal(value, type=IBIS_TYPES[kind])


def truth(expression: ir.BooleanValue) -> Value:
    """A condition: NULL is unknown."""
    return exact("boolean", expression, None)


def is_blank(value: Value) -> ir.BooleanValue:
    """Whether the value is blank, as a condition."""
    if value.absent is None:
        return ibis.null("boolean")
    return ibis.literal(value.absent) if isinstance(value.absent, bool) else value.absent


def negated(condition: ir.BooleanValue) -> ir.BooleanValue:
    """NOT in three-valued logic; Ibis writes `~x` without brackets, and SQL reads `NOT x IS NULL` as NOT (x IS NULL)."""
    return ibis.null("boolean") if _is_bare_null(condition) else condition == ibis.literal(False)


def _is_bare_null(value: ir.Value) -> bool:
    """Ibis turns `x = NULL` into `x IS NULL`, which is true where nothing is known: such a comparison is not written."""
    operation = value.op()
    return isinstance(operation, Literal) and operation.value is None


def either_blank(*values: Value) -> Blank:
    """A computed value is blank where one of its arguments is."""
    result: Blank = False
    for value in values:
        result = _or(result, value.absent)
    return result


def _or(left: Blank, right: Blank) -> Blank:
    if left is True or right is True:
        return True
    if left is False:
        return right
    if right is False:
        return left
    unknowns = ibis.null("boolean")
    return (unknowns if left is None else left) | (unknowns if right is None else right)


def day_only(moment: ir.TimestampValue) -> ir.BooleanValue:
    """Whether a moment is known only to the day: the first microsecond of a day marks it."""
    return moment.microsecond() == 1


def as_day(value: Value) -> Value:
    return value if value.type in ("date", "null") else value.map(lambda m: m.cast("date"), "date")


def compare(operator: str, left: Value, right: Value) -> ir.BooleanValue:
    """A comparison; dates with moments, and moments known to the day, by the day."""
    if "datetime" in (left.type, right.type) and "date" in (left.type, right.type):
        left, right = as_day(left), as_day(right)
    elif left.type == right.type == "datetime":
        marked = [day_only(v.lo) for v in (left, right) if v.to_day]
        if not marked:
            return _compare(operator, left, right)
        return ibis.ifelse(ibis.or_(*marked), _compare(operator, as_day(left), as_day(right)), _compare(operator, left, right))
    return _compare(operator, left, right)


def _compare(operator: str, left: Value, right: Value) -> ir.BooleanValue:
    if any(_is_bare_null(bound) for bound in (left.lo, left.hi, right.lo, right.hi)):
        return ibis.null("boolean")
    if left.exact and right.exact:
        return OPERATORS[operator](left.lo, right.lo)
    match operator:
        case "<" | "<=":
            return _decided(OPERATORS[operator](left.hi, right.lo), OPERATORS[_CONTRARY[operator]](left.lo, right.hi))
        case ">" | ">=":
            return _decided(OPERATORS[operator](left.lo, right.hi), OPERATORS[_CONTRARY[operator]](left.hi, right.lo))
        case "=":
            same = (left.lo == left.hi) & (right.lo == right.hi) & (left.lo == right.lo)
            return _decided(same, (left.hi < right.lo) | (left.lo > right.hi))
        case _:
            return negated(_compare("=", left, right))


def _decided(yes: ir.BooleanValue, no: ir.BooleanValue) -> ir.BooleanValue:
    return ibis.cases((yes, True), (no, False), else_=ibis.null("boolean"))


OPERATORS: dict[str, Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
_CONTRARY = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def add(left: Value, right: Value, kind: str) -> Value:
    lo = left.lo + right.lo
    return Value(kind, lo, lo if left.exact and right.exact else left.hi + right.hi, either_blank(left, right))


def negate(value: Value) -> Value:
    lo = -value.hi
    return Value(value.type, lo, lo if value.exact else -value.lo, value.absent)


def subtract(left: Value, right: Value, kind: str) -> Value:
    lo = left.lo - right.hi
    return Value(kind, lo, lo if left.exact and right.exact else left.hi - right.lo, either_blank(left, right))


def multiply(left: Value, right: Value, kind: str, nonnegative: bool) -> Value:
    """A product; of intervals only where neither can be negative."""
    absent = either_blank(left, right)
    if left.exact and right.exact:
        return exact(kind, _product(left.lo, right.lo), absent)
    if nonnegative:
        return Value(kind, _product(left.lo, right.lo), _product(left.hi, right.hi), absent)
    return exact(kind, _product(left.point(), right.point()), absent)


def _product(left: ir.Value, right: ir.Value) -> ir.Value:
    """The product of two numbers in the one type of decimals, rounded only beyond its tenth place."""
    result = left * right
    if left.type().is_decimal() and right.type().is_decimal():
        return result.cast("decimal(38, 20)").cast(IBIS_TYPES["decimal"])
    return result.cast(IBIS_TYPES["decimal"]) if result.type().is_decimal() else result


def pick(operator: str, values: list[Value], kind: str) -> Value:
    """The least or greatest of several values; unknown where one of them is."""
    choose = ibis.least if operator == "least" else ibis.greatest
    absent = either_blank(*values)

    def of(bounds: list[ir.Value]) -> ir.Value:
        known = ibis.and_(*(b.notnull() for b in bounds))
        return ibis.ifelse(known, choose(*bounds), ibis.null(bounds[0].type()))

    lo = of([v.lo for v in values])
    hi = lo if all(v.exact for v in values) else of([v.hi for v in values])
    return Value(kind, lo, hi, absent)


def first_known(left: Value, right: Value, kind: str, *, lenient: bool) -> Value:
    """`right` where `left` is known to be blank; `lenient`: also where nothing was shown of it."""
    if left.absent is False:
        return left
    left, right = same_type(left, right, kind)
    blank = is_blank(left)
    # Lenient takes for blank whatever has no certain value; strict needs to know that it is blank.
    use_right = ibis.coalesce(blank, left.lo.isnull()) if lenient else blank.fill_null(False)
    lo = ibis.ifelse(use_right, right.lo, left.lo)
    hi = lo if left.exact and right.exact else ibis.ifelse(use_right, right.hi, left.hi)
    absent: Blank = False if right.absent is False and lenient else ibis.ifelse(use_right, is_blank(right), is_blank(left))
    if right.absent is False and not lenient:
        absent = ibis.ifelse(blank.isnull(), ibis.null("boolean"), ibis.literal(False))
    return Value(kind, lo, hi, absent)


def same_type(left: Value, right: Value, kind: str) -> tuple[Value, Value]:
    """Both values in the type of their result: days become moments known to the day."""
    return _in_type(left, kind), _in_type(right, kind)


def _in_type(value: Value, kind: str) -> Value:
    if kind == "datetime" and value.type == "date":
        return value.map(lambda d: d.cast("timestamp(6)") + ibis.interval(microseconds=1), "datetime")
    if value.type == "null":
        return replace(unknown(kind), absent=value.absent)
    return replace(value, type=kind)


def choose(branches: list[tuple[ir.BooleanValue, Value]], default: Value, kind: str) -> Value:
    """CASE WHEN with three-valued conditions: an unknown condition before the chosen branch makes it unknown."""
    result = _in_type(default, kind)
    for condition, value in reversed(branches):
        chosen = _in_type(value, kind)
        nothing = null(kind) if kind != "null" else chosen.lo
        lo = ibis.cases((condition, chosen.lo), (~condition, result.lo), else_=nothing)
        hi = lo if chosen.exact and result.exact else ibis.cases(
            (condition, chosen.hi), (~condition, result.hi), else_=nothing)
        absent: Blank = None
        if not (chosen.absent is None and result.absent is None):
            absent = ibis.cases((condition, is_blank(chosen)), (~condition, is_blank(result)),
                                else_=ibis.null("boolean"))
        result = Value(kind, lo, hi, absent)
    return result


def day_literal(day: date) -> ir.Value:
    return ibis.literal(day, type="date")
