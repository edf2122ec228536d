"""The pandera schemas built from the dictionary: the one source of validation, compiled into one projection.

pandera would run each check as a query of its own and could not name the rows; the checks are its own, the expression
each of them stands for is taken from it and evaluated for all rows at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, reduce

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandera.ibis as pa

from compliance.evidence.dictionary import ColumnSpec, TableSpec, load_dictionary
from compliance.evidence.records import Fault

_DTYPES = {"text": dt.String(), "enum": dt.String(), "integer": dt.Int64(), "decimal": dt.Decimal(18, 6),
           "money": dt.Decimal(18, 2), "date": dt.Date(), "datetime": dt.Timestamp(scale=6), "boolean": dt.Boolean()}
_COMPARISON = re.compile(r"(\w+) (>=|<=|>) (\w+)")
_DIFFERENCE = re.compile(r"(\w+) - (\w+) = (\w+)")
_CALL = re.compile(r"(exactly_one|unique)\(([\w, ]+)\)")


@cache
def schema_of(table: str) -> pa.DataFrameSchema:
    """The schema of an evidence table: types, required columns, bounds, row checks and uniqueness."""
    spec = load_dictionary().tables[table]
    columns = {c.name: pa.Column(_DTYPES[c.type], checks=_bounds(c), nullable=not c.required, required=False)
               for c in spec.columns}
    checks = [check for text in spec.checks if (check := _row_check(text, spec)) is not None]
    return pa.DataFrameSchema(columns, checks=checks, unique=list(spec.primary_key), strict=False)


def _bounds(column: ColumnSpec) -> list[pa.Check]:
    bounds = []
    if column.minimum is not None:
        bounds.append(pa.Check(_at_least(column), name=f"min {column.minimum}"))
    if column.maximum is not None:
        bounds.append(pa.Check(_at_most(column), name=f"max {column.maximum}"))
    return bounds


def _typed(number: object) -> ir.Value:
    # An untyped literal would be cut to three decimals by the engine.
    return ibis.literal(number, type="decimal(38, 6)")


def _at_least(column: ColumnSpec):
    return lambda data: data.table[data.key or column.name] >= _typed(column.minimum)


def _at_most(column: ColumnSpec):
    return lambda data: data.table[data.key or column.name] <= _typed(column.maximum)


def _row_check(text: str, spec: TableSpec) -> pa.Check | None:
    """A check of the dictionary; a blank operand leaves it unapplied, `unique` is checked over the table."""
    if match := _COMPARISON.fullmatch(text):
        left, operator, right = match.groups()
        return pa.Check(lambda data: _compare(data, spec, left, operator, right), name=text)
    if match := _DIFFERENCE.fullmatch(text):
        a, b, c = match.groups()
        return pa.Check(lambda data: data.table[a] - data.table[b] == data.table[c], name=text)
    if (match := _CALL.fullmatch(text)) and match[1] == "exactly_one":
        names = match[2].split(", ")
        return pa.Check(lambda data: reduce(lambda x, y: x + y, (
            ibis.ifelse(data.table[n].notnull(), 1, 0) for n in names)) == 1, name=text)
    return None


def _compare(data: _Data, spec: TableSpec, left: str, operator: str, right: str) -> ir.BooleanValue:
    """Moments compare by the day where one is known only to the day (its first microsecond)."""
    a, b = data.table[left], data.table[right]
    kinds = {spec.column(n).type for n in (left, right)}  # type: ignore[union-attr]
    whole = _apply(operator, a, b)
    if kinds == {"datetime"} and data.to_day.intersection((left, right)):
        days = _apply(">=" if operator == ">" else operator, a.cast("date"), b.cast("date"))
        return ibis.ifelse((a.microsecond() == 1) | (b.microsecond() == 1), days, whole)
    return _apply(operator, a.cast("date"), b.cast("date")) if kinds == {"date", "datetime"} else whole


def _apply(operator: str, a: ir.Value, b: ir.Value) -> ir.BooleanValue:
    return {">=": a >= b, "<=": a <= b, ">": a > b}[operator]


@dataclass(frozen=True, slots=True)
class _Data:
    """What pandera hands to a check, and the columns with moments that are known only to the day."""

    table: ir.Table
    key: str | None = None
    to_day: frozenset[str] = frozenset()


def faults(spec: TableSpec, table: ir.Table, supplied: frozenset[str], to_day: frozenset[str]) -> Iterator[Fault]:
    """The checks of the schema that the supplied columns allow, each as the condition of a bad row.

    `to_day`: the columns some of whose moments are known only to the day.
    """
    schema = schema_of(spec.name)
    for column in spec.columns:
        if column.name not in supplied:
            continue
        declared = schema.columns[column.name]
        for check in declared.checks:
            holds = check._check_fn(_Data(table, column.name))
            yield Fault("evidence-out-of-range", (column.name,), f"{column.zh} breaks '{check.name}'", _is_false(holds))
    for check in schema.checks:
        names = tuple(n for n in re.findall(r"\w+", str(check.name)) if spec.column(n))
        if set(names) <= supplied:
            holds = check._check_fn(_Data(table, to_day=to_day))
            yield Fault("evidence-row-check", names, f"the row breaks '{check.name}'", _is_false(holds))
    for names in unique_sets(spec):
        if set(names) <= supplied:
            yield Fault("evidence-duplicate-key", names, f"the key {' / '.join(names)} stands more than once",
                        _repeated(table, names))


def unique_sets(spec: TableSpec) -> list[tuple[str, ...]]:
    """Columns that must be unique together: the primary key, and what the dictionary says."""
    said = [tuple(m[2].split(", ")) for c in spec.checks if (m := _CALL.fullmatch(c)) and m[1] == "unique"]
    return [tuple(schema_of(spec.name).unique or ()), *said]


def _is_false(holds: ir.BooleanValue) -> ir.BooleanValue:
    return ~holds.fill_null(True)


def _repeated(table: ir.Table, names: tuple[str, ...]) -> ir.BooleanValue:
    """All rows of a repeated key, not only the later ones; blanks are equal to each other."""
    if len(names) == 1:
        counted = table.group_by(names[0]).aggregate(n=table.count())
        repeated = counted.filter(counted["n"] > 1, counted[names[0]].notnull())
        return table[names[0]].isin(repeated[names[0]])
    keyed = table.mutate(_key=_joined(table, names))
    counted = keyed.group_by("_key").aggregate(n=keyed.count())
    return _joined(table, names).isin(counted.filter(counted["n"] > 1)["_key"])


def _joined(table: ir.Table, names: tuple[str, ...]) -> ir.StringValue:
    return reduce(lambda a, b: a + "\x1f" + b, (table[n].cast("string").fill_null("") for n in names))
