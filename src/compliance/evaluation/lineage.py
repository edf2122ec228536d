"""Which rows of evidence stand behind a row, kept through views: each as one number made of its id and its table.

The row of an evidence table is its own evidence; a row of a view carries the rows it was made from, and how many there
are in all, because only the first are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from compliance.evaluation.workspace import LARGE, Source
from compliance.evidence.dictionary import load_dictionary

SHOWN = 20  # rows that are named; the others are counted
ROWS, COUNT = "_rows", "_rows_n"
CASE_ROWS, CASE_COUNT = "x__rows", "x__rows_n"  # of a case, where it is not itself a row of evidence
_TABLES = 1000  # more than the dictionary will ever have
_AFTER_ALL = 1 << 60  # more than there can be rows


@cache
def _numbers() -> dict[str, int]:
    return {name: i for i, name in enumerate(sorted(load_dictionary().tables))}


@cache
def _names() -> tuple[str, ...]:
    return tuple(_numbers())


def decoded(code: int) -> tuple[str, int]:
    """The row that a number stands for: its table, and the id it has in the engine."""
    return _names()[code % _TABLES], code // _TABLES


def code_of(source: Source, row: int) -> int:
    """The number of a row of an evidence table."""
    assert source.origin is not None
    return row * _TABLES + _numbers()[source.origin]


def _code(source: Source, ids: ir.IntegerValue) -> ir.IntegerValue:
    assert source.origin is not None
    return ids * _TABLES + _numbers()[source.origin]


def no_rows() -> ir.ArrayValue:
    return ibis.literal([], type="array<int64>")


def columns_of(source: Source, prefix: str) -> dict[str, ir.Value]:
    """What a row of the source must bring along for `collected`."""
    if source.relation is None or source.origin is not None or COUNT not in source.relation.columns:
        return {}
    return {prefix + ROWS: source.relation[ROWS], prefix + COUNT: source.relation[COUNT]}


def collected(table: ir.Table, source: Source, prefix: str, certain: ir.BooleanValue | None) -> tuple[ir.ArrayValue, ir.IntegerValue]:
    """As measures of a group: its rows of evidence, the certain ones first, and their number.

    Of a large table the first row stands for all. `certain` None: all are.
    """
    own = table[f"{prefix}_id"]
    if source.origin is None and prefix + COUNT not in table.columns:
        return no_rows(), ibis.literal(0, type="int64")
    if source.origin is not None:
        if source.size > LARGE:
            return ibis.array([_code(source, own.min(where=certain))]), table.count()
        return _first_rows(_code(source, own), _order(own, certain), SHOWN), table.count()
    total = table[prefix + COUNT].sum()
    if source.size > LARGE:
        return table[prefix + ROWS].argmin(own, where=certain), total
    return _first_lists(table[prefix + ROWS], _order(own, certain), SHOWN).flatten()[:SHOWN], total


# The first of a group by an order; a list in order, cut off, takes the engine three times as long to plan.
@ibis.udf.agg.builtin(name="arg_min", signature=((dt.int64, dt.int64, dt.int64), dt.Array(dt.int64)))
def _first_rows(rows, order, number): ...  # type: ignore[no-untyped-def]


@ibis.udf.agg.builtin(name="arg_min", signature=((dt.Array(dt.int64), dt.int64, dt.int64), dt.Array(dt.Array(dt.int64))))
def _first_lists(lists, order, number): ...  # type: ignore[no-untyped-def]


def _order(ids: ir.IntegerValue, certain: ir.BooleanValue | None) -> ir.IntegerValue:
    """A number by which certain rows come first, each kind in the order of the ids."""
    return ids if certain is None else ibis.ifelse(certain, ids, ids + _AFTER_ALL)


def first_of(table: ir.Table, source: Source, prefix: str) -> ir.IntegerValue:
    """As a measure of a group: its first row of evidence. Cheaper to carry than a list of one row."""
    return _code(source, table[f"{prefix}_id"].min())


def of_case(source: Source | None, table: ir.Table) -> tuple[ir.ArrayValue, ir.IntegerValue]:
    """The rows of evidence that a case comes from, and their number."""
    if CASE_ROWS in table.columns:
        return table[CASE_ROWS], table[CASE_COUNT]
    if source is not None and source.origin is not None:
        return ibis.array([_code(source, table["k"])]), ibis.literal(1, type="int64")
    return no_rows(), ibis.literal(0, type="int64")


def joined(parts: Sequence[tuple[ir.ArrayValue, ir.IntegerValue]]) -> tuple[ir.ArrayValue, ir.IntegerValue]:
    """Rows and numbers of several sources together; a source without rows is NULL and adds nothing."""
    total = ibis.literal(0, type="int64")
    for _, count in parts:
        total = total + count.fill_null(0)
    return ibis.array([rows for rows, _ in parts]).flatten()[:SHOWN], total
