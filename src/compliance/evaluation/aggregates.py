"""Measures over rows: the columns to aggregate for each, and the value with the bounds that missing evidence leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from compliance.evaluation import values
from compliance.evaluation.relation import Relation
from compliance.evaluation.values import Value
from compliance.model.expression import Aggregate

EPOCH = date(1970, 1, 1)
IsOpen = Callable[[], "ir.BooleanValue | bool"]


def of_nothing(measure: Aggregate) -> Value:
    """The measure over a table that was not supplied: there may be any number of rows."""
    match measure.operator:
        case "count" | "count_distinct" | "longest_run":
            return Value("integer", values.literal(0, "integer").lo, values.null("integer"), False)
        case "sum" if measure.nonnegative:
            return Value(measure.type, values.literal(0, measure.type).lo, values.null(measure.type), False)
        case _:
            return values.unknown(measure.type)


def aggregated(measure: Aggregate, argument: Value | None, table: ir.Table, opening: IsOpen, name: str, *, sure: bool,
               ) -> tuple[dict[str, ir.Value], Callable[[ir.Table], Value]]:
    """The columns to aggregate for one measure, and its value from them once they are joined to the cases.

    `sure`: every row is certain, so that there is nothing between the bounds.
    """
    certain = table["r__certain"]

    def unless_open(bound: ir.Value) -> ir.Value:
        is_open = opening()
        if isinstance(is_open, bool):
            return ibis.null(bound.type()) if is_open else bound
        return ibis.ifelse(is_open, ibis.null(bound.type()), bound)

    match measure.operator:
        case "exists" | "count":
            if sure and opening() is False:
                return {f"{name}_c": table.count()}, lambda t: _known_count(measure, t[f"{name}_c"].fill_null(0))
            made = {f"{name}_c": table.count(where=certain), f"{name}_p": table.count()}
            return made, lambda t: _count(measure, t[f"{name}_c"].fill_null(0), unless_open(t[f"{name}_p"].fill_null(0)))
        case "longest_run":
            assert argument is not None
            unread = argument.hi.isnull() & ~values.is_blank(argument).fill_null(False)
            return {f"{name}_u": _number_of(unread, table)}, lambda t: Value(
                "integer", t[f"{name}_c"].fill_null(0).cast("int64"), unless_open(ibis.ifelse(
                    t[f"{name}_u"].fill_null(0) > 0, ibis.null("int64"), t[f"{name}_p"].fill_null(0).cast("int64"))), False)
    assert argument is not None
    blank = values.is_blank(argument)
    unclear = argument.hi.isnull() & ~blank.fill_null(False)
    match measure.operator:
        case "count_distinct":
            made = {f"{name}_c": argument.point().nunique(where=certain), f"{name}_p": argument.hi.nunique(),
                    f"{name}_b": _number_of(argument.hi.isnull(), table)}
            return made, lambda t: Value("integer", t[f"{name}_c"].fill_null(0).cast("int64"), unless_open(
                (t[f"{name}_p"].fill_null(0) + t[f"{name}_b"].fill_null(0)).cast("int64")), False)
        case "sum":
            if sure and argument.exact and argument.absent is False and opening() is False:
                total = argument.lo.sum().cast(values.IBIS_TYPES[measure.type])
                return {f"{name}_l": total}, lambda t: values.exact(measure.type, t[f"{name}_l"].fill_null(0), False, known=argument.known)
            return _sum(measure, argument, table, name, unless_open)
        case _:
            made = {f"{name}_n": _number_of(~blank.fill_null(False), table), f"{name}_u": _number_of(unclear, table),
                    f"{name}_cl": _least(argument.lo, certain), f"{name}_ch": _most(argument.hi, certain),
                    f"{name}_pl": _least(argument.lo, None), f"{name}_ph": _most(argument.hi, None)}
            return made, lambda t: _extreme(measure, t, name, opening())


def _known_count(measure: Aggregate, count: ir.IntegerValue) -> Value:
    found = ("integer", count) if measure.operator == "count" else ("boolean", count > 0)
    return values.exact(*found, False, known=True)


def _count(measure: Aggregate, certain: ir.IntegerValue, possible: ir.IntegerValue) -> Value:
    if measure.operator == "count":
        return Value("integer", certain, possible, False)
    return values.exact("boolean", ibis.cases((certain > 0, True), (possible < 1, False), else_=ibis.null("boolean")),
                        False)


def _number_of(condition: ir.BooleanValue, table: ir.Table) -> ir.Value:
    """How many possible rows meet a condition, which may be a constant."""
    return table.count(where=condition)


def _sum(measure: Aggregate, argument: Value, table: ir.Table, name: str,
         unless_open: Callable[[ir.Value], ir.Value]) -> tuple[dict[str, ir.Value], Callable[[ir.Table], Value]]:
    """A blank leaves the sum open upwards; and downwards where the numbers can be negative."""
    zero, certain = values.literal(0, measure.type).lo, table["r__certain"]
    low = ibis.ifelse(certain, argument.lo, ibis.least(argument.lo, zero) if not measure.nonnegative else zero)
    high = ibis.ifelse(certain, argument.hi, ibis.greatest(argument.hi, zero))
    kind = values.IBIS_TYPES[measure.type]
    made = {f"{name}_l": low.sum().cast(kind), f"{name}_h": high.sum().cast(kind), f"{name}_b": _number_of(argument.hi.isnull(), table)}

    def build(t: ir.Table) -> Value:
        open_ended = t[f"{name}_b"].fill_null(0) > 0
        nothing = values.null(measure.type)
        lo = t[f"{name}_l"].fill_null(0)
        hi = unless_open(ibis.ifelse(open_ended, nothing, t[f"{name}_h"].fill_null(0)))
        if not measure.nonnegative:
            lo = unless_open(ibis.ifelse(open_ended, nothing, lo))
        return Value(measure.type, lo, hi, False)

    return made, build


def _least(column: ir.Value, where: ir.BooleanValue | None) -> ir.Value:
    return column.cast("int8").min(where=where).cast("boolean") if column.type().is_boolean() else column.min(where=where)


def _most(column: ir.Value, where: ir.BooleanValue | None) -> ir.Value:
    return column.cast("int8").max(where=where).cast("boolean") if column.type().is_boolean() else column.max(where=where)


def _extreme(measure: Aggregate, t: ir.Table, name: str, is_open: ir.BooleanValue | bool) -> Value:
    """min, max and the one value; blank where no possible row has a value."""
    nothing = values.null(measure.type)
    kind = measure.type
    certain_lo, certain_hi = t[f"{name}_cl"], t[f"{name}_ch"]
    possible_lo, possible_hi = t[f"{name}_pl"], t[f"{name}_ph"]
    unsure = t[f"{name}_u"].fill_null(0) > 0
    if not isinstance(is_open, bool) or is_open:
        unsure = unsure | is_open
    none = t[f"{name}_n"].fill_null(0) == 0
    is_there = certain_lo.notnull()
    absent = ibis.cases((none & ~unsure, True), (is_there, False), else_=ibis.null("boolean"))
    sure_bound = is_there & ~unsure
    match measure.operator:
        case "max":
            return Value(kind, certain_hi, ibis.ifelse(sure_bound, possible_hi, nothing), absent)
        case "min":
            return Value(kind, ibis.ifelse(sure_bound, possible_lo, nothing), certain_lo, absent)
        case _:
            one = sure_bound & (possible_lo == possible_hi)
            absent_one = ibis.ifelse(absent.fill_null(False) | one, absent, ibis.null("boolean"))
            return values.exact(kind, ibis.ifelse(one, possible_lo, nothing), absent_one)


def longest_run(joined: Relation, value: Value, keys: Sequence[str], name: str, *, certain: bool) -> ir.Table:
    """The longest run of consecutive values for each case: values less their rank are equal within a run."""
    table = joined.table
    point = value.point()
    if value.type == "date":
        point = point.delta(values.day_literal(EPOCH), unit="day")
    rows = table.select(*keys, value=point, sure=table["r__certain"])
    rows = rows.filter(rows["value"].notnull() & rows["sure"] if certain else rows["value"].notnull())
    distinct = rows.select(*keys, "value").distinct()
    window = ibis.window(group_by=[distinct[k] for k in keys], order_by=distinct["value"])
    runs = distinct.mutate(run=distinct["value"] - ibis.row_number().over(window))
    counted = runs.group_by([*keys, "run"]).aggregate(length=runs.count())
    longest = {name: counted["length"].max()}
    return counted.group_by(keys).aggregate(**longest) if keys else counted.aggregate(**longest)
