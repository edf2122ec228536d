"""Holds typed evidence against the schemas and against each other; every faulty row is named and marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from typing import Any

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from compliance.caching import Cache, key_of, open_cache
from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec
from compliance.evidence.parsing import quoted
from compliance.evidence.records import EvidenceTable, Fault
from compliance.evidence.side_by_side import side_by_side
from compliance.evidence.tables import engine_table, show_table
from compliance.ground import Location, Problem

# Rows shown of one kind of fault in one table; the count of all is always given.
SHOWN = 20
_KINDS = {"enum": "a code of this column", "integer": "a whole number", "money": "an amount of money", "decimal": "a number",
          "datetime": "a moment", "date": "a day", "boolean": "yes or no", "text": "text"}
_HELP = {
    "date": "write the day as YYYY-MM-DD", "datetime": "write the moment as YYYY-MM-DD HH:MM",
    "integer": "write a whole number", "decimal": "write the number with digits and a point, at most 6 decimals",
    "money": "write the amount in yuan with at most 2 decimals, without a unit", "boolean": "write 是 or 否 (true or false)",
    "text": "write text"}


def validate(backend: Backend, tables: Mapping[str, EvidenceTable], dictionary: Dictionary,
             ) -> tuple[dict[str, EvidenceTable], list[Problem]]:
    """The tables with their rejected rows counted, and the problems of these rows."""

    def validated(own: Backend, table: EvidenceTable) -> tuple[EvidenceTable, list[Problem]]:
        spec = dictionary.tables[table.name]
        problems = _unreadable(own, spec, table, dictionary) if table.rejected else []
        broken = _broken(own, spec, _checks(own, spec, tables))
        if not broken:
            return table, problems
        [(rejected,)] = own.raw_sql(f"SELECT count(*) FROM {quoted('doubt_' + spec.name)}").fetchall()
        show_table(own, spec, rejected)
        return replace(table, rejected=rejected), problems + broken

    found = side_by_side(backend, validated, list(tables.values()))
    return {table.name: table for table, _ in found}, [p for _, problems in found for p in problems]


@dataclass(frozen=True, slots=True)
class _Check:
    """What can be wrong with a row, and the columns it is about."""

    code: str
    columns: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class _Checks:
    """The checks of a table and one projection of it, `query`, that gives a bit for each."""

    checks: tuple[_Check, ...]
    query: str


@cache
def compiled_checks() -> Cache[_Checks]:
    """The checks that were compiled, for what was supplied of a table and of the tables it refers to."""
    return open_cache("evidence.checks")


def _checks(backend: Backend, spec: TableSpec, tables: Mapping[str, EvidenceTable]) -> _Checks:
    """The schema and the references of a table as one query."""
    table = tables[spec.name]
    references = [(c.name, *c.references) for c in spec.columns if c.name in table.columns and c.references
                  and c.references[0] in tables and c.references[1] in tables[c.references[0]].columns]

    def compiled() -> _Checks:
        # Pandera takes a second to load; where the checks are kept nobody waits for it.
        faults = import_module("compliance.evidence.schemas").faults
        raw = {name: engine_table(backend, f"raw_{name}") for name in {spec.name, *(other for _, other, _ in references)}}
        found = [*faults(spec, raw[spec.name], table.columns, table.counts.to_day), *_references(references, raw[spec.name], raw)]
        bits = {f"b{i}": fault.bad.fill_null(False) for i, fault in enumerate(found)}
        return _Checks(tuple(_Check(f.code, f.columns, f.message) for f in found),
                       backend.compile(raw[spec.name].select("_id", **bits)))

    key = key_of(spec.name, sorted(table.columns), sorted(table.counts.to_day), references)
    return compiled_checks().kept(key, compiled)


def _place(file: str, sheet: str | None, row: int, field: str) -> Location:
    return Location(file, row, 0, sheet, field)


def _shown(column: ColumnSpec, value: object) -> str:
    """A value as it may be printed: what names a person is not."""
    if column.pii:
        return "(not shown)"
    text = str(value)
    return f"'{text if len(text) <= 60 else text[:57] + '...'}'"


def _unreadable(backend: Backend, spec: TableSpec, table: EvidenceTable, dictionary: Dictionary) -> list[Problem]:
    """Cells that are not of their type, and required cells that are blank."""
    problems = []
    for i, column in enumerate(spec.columns):
        if column.name not in table.columns:
            continue
        if column.name in table.bad_columns:
            problems += [
                Problem("evidence-unreadable-cell", f"{_shown(column, value)} is not {_KINDS.get(column.type, column.type)}{_of(count)}",
                        at, _advice(column, dictionary), fatal=False)
                for at, value, count in _doubtful(backend, spec, column, f"(d._bad >> {i}) & 1 = 1")]
        if column.required:
            problems += [
                Problem("evidence-missing-value", f"{column.zh} ({column.name}) is required and blank{_of(count)}", at,
                        "fill in the value", fatal=False)
                for at, _, count in _doubtful(backend, spec, column, f"(d._bad >> {i}) & 1 = 0 AND v.{quoted(column.name)} IS NULL")]
    return problems


def _doubtful(backend: Backend, spec: TableSpec, column: ColumnSpec, condition: str) -> list[tuple[Location, object, int]]:
    """The first rows in doubt for a reason: where, what stands there, and how many there are."""
    first = backend.raw_sql(f"""
        SELECT v._id, v._file, v._sheet, v._row, count(*) OVER ()
        FROM {quoted('doubt_' + spec.name)} d JOIN {quoted('typed_' + spec.name)} v ON v._id = d._id
        WHERE {condition} ORDER BY v._id LIMIT {SHOWN}""").fetchall()
    if not first:
        return []
    ids = ", ".join(str(row[0]) for row in first)
    cells = dict(backend.raw_sql(f"SELECT _id, {quoted(column.name)} FROM {quoted('text_' + spec.name)} WHERE _id IN ({ids})").fetchall())
    return [(_place(file, sheet, row, column.zh), cells[id_], count) for id_, file, sheet, row, count in first]


def _of(count: int) -> str:
    return f" (one of {count} such rows)" if count > 1 else ""


def _advice(column: ColumnSpec, dictionary: Dictionary) -> str:
    if column.enum is None:
        return _HELP[column.type]
    codes = dictionary.code_lists[column.enum].values
    return "one of " + ", ".join(f"{c.code} ({c.zh})" for c in codes[:30])


def _references(references: Sequence[tuple[str, str, str]], own: ir.Table, raw: Mapping[str, ir.Table]) -> Iterator[Fault]:
    """Values that name a row of another supplied table which is not there: column, the other table, its column."""
    for column, other, key in references:
        keys = raw[other].filter(raw[other][key].notnull())[key]
        yield Fault("evidence-broken-reference", (column,), f"no row of {other} has this {key}",
                    own[column].notnull() & ~own[column].isin(keys))


def _broken(backend: Backend, spec: TableSpec, compiled: _Checks) -> list[Problem]:
    """Marks the rows that break a check: one projection with a bit a check, only bad rows are kept."""
    found = compiled.checks
    if not found:
        return []
    row = ", ".join(f"'{name}': {name}" for name in ("_id", *(f"b{i}" for i in range(len(found)))))
    name = quoted(f"faults_{spec.name}")
    # Listed by an aggregate: as a filter every check would be computed once more.
    [(number,)] = backend.raw_sql(f"CREATE OR REPLACE TABLE {name} AS SELECT unnest(bad, recursive := true) FROM (SELECT list({{{row}}})"
                    f" FILTER ({' OR '.join(f'b{i}' for i in range(len(found)))}) AS bad FROM ({compiled.query}))").fetchall()
    if not number:
        return []
    doubt = quoted("doubt_" + spec.name)
    backend.raw_sql(f"INSERT INTO {doubt} SELECT _id, 0 FROM {name} WHERE _id NOT IN (SELECT _id FROM {doubt})")
    first = [[id_ for (id_,) in backend.raw_sql(f"SELECT _id FROM {name} WHERE b{i} ORDER BY _id LIMIT {SHOWN}").fetchall()]
             for i in range(len(found))]
    counts = backend.raw_sql(f"SELECT {', '.join(f'count(*) FILTER (b{i})' for i in range(len(found)))} FROM {name}").fetchone()
    rows = _rows(backend, spec, {id_ for ids in first for id_ in ids}, {c for fault in found for c in fault.columns})
    return [Problem(fault.code, f"{fault.message}: {_cells(spec, fault, rows[id_])}{_of(count)}",
                    _place(rows[id_]["_file"], rows[id_]["_sheet"], rows[id_]["_row"], fault.columns[0]),
                    "correct the row, or ask the party that handed it over", fatal=False)
            for fault, ids, count in zip(found, first, counts, strict=True) for id_ in ids]


def _rows(backend: Backend, spec: TableSpec, ids: Set[int], columns: Set[str]) -> dict[int, dict[str, Any]]:
    """Place and cells of some rows, in one pass over a table that may be large."""
    names = ["_id", "_file", "_sheet", "_row", *sorted(columns)]
    selected, wanted = ", ".join(map(quoted, names)), ", ".join(map(str, sorted(ids)))
    found = backend.raw_sql(f"SELECT {selected} FROM {quoted('typed_' + spec.name)} WHERE _id IN ({wanted})").fetchall()
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}


def _cells(spec: TableSpec, fault: Fault, row: Mapping[str, object]) -> str:
    """What stands in the columns that a check names."""
    return ", ".join(f"{c} = {_shown(column, row[c])}" for c in fault.columns
                     if row[c] is not None and (column := spec.column(c)) is not None)
