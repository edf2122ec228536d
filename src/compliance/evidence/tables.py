"""Evidence in the engine, in four layers for each table; a row with a fault stays and is marked.

`text_<table>`   the cells as they were handed over
`typed_<table>`  the cells as values of their types, NULL where a cell cannot be read
`doubt_<table>`  the rows that are rejected, with a bit for each cell that could not be read
`raw_<table>`    what is audited: the values, and whether the row is in doubt

Of text files the first two are stored. A Parquet file is large and typed already: there they are views of our copy of it,
which the engine reads faster than a table of its own that no longer fits into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType

from compliance.evidence.csv_files import Staged
from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec
from compliance.evidence.parsing import SQL_TYPES, cleaned, is_day, is_plain, native, quoted, split, text_literal, typed
from compliance.evidence.records import EvidenceTable
from compliance.evidence.staging import Part


def engine_table(backend: Backend, name: str) -> ir.Table:
    """A table of the engine. Few types occur in very many columns: each is parsed once, not once a column."""
    described = backend.raw_sql(f"DESCRIBE {quoted(name)}").fetchall()
    return ibis.table({column: _data_type(spelled) for column, spelled, *_ in described}, name=name)


@cache
def _data_type(spelled: str) -> DataType:
    return DuckDBType.from_string(spelled)


def load_text(backend: Backend, table: str, parts: Sequence[Part]) -> tuple[dict[str, str], bool]:
    """Makes `text_<table>`; gives the physical type of each supplied column, and whether the cells are stored."""
    columns = parts[0].staged.columns  # every part has the same
    ordered = sorted(parts, key=lambda p: (p.file, p.sheet or ""))
    stored = any(p.staged.path.suffix != ".parquet" for p in ordered)
    selects, before = [], 0
    for part in ordered:
        selected = ", ".join(map(quoted, columns))
        sheet = text_literal(part.sheet) if part.sheet else "NULL::VARCHAR"
        number = "row_number() OVER ()" if stored else "file_row_number + 1"
        selects.append(f"SELECT {before} + {number} AS _id, {text_literal(part.file)} AS _file, {sheet} AS _sheet,"
                       f" _row::INTEGER AS _row, {selected} FROM {_reader(part.staged)}")
        before += part.staged.rows
    kind = "TABLE" if stored else "VIEW"
    backend.raw_sql(f"CREATE OR REPLACE {kind} {quoted('text_' + table)} AS {' UNION ALL '.join(selects)}")
    described = backend.raw_sql(f"DESCRIBE {quoted('text_' + table)}").fetchall()
    return {name: kind for name, kind, *_ in described if name in columns}, stored


def _reader(staged: Staged) -> str:
    """The staged file as a table: nothing is left to the engine to find out."""
    path = text_literal(str(staged.path))
    if staged.path.suffix == ".parquet":
        return f"(SELECT file_row_number, file_row_number + 2 AS _row, * EXCLUDE (file_row_number) FROM read_parquet({path}," \
               " hive_partitioning=false, file_row_number=true))"
    columns = ", ".join(f"'{c}': 'VARCHAR'" for c in ("_row", *staged.columns))
    return (f"read_csv({path}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', comment='', skip=0,"
            f" strict_mode=true, new_line='\\n', nullstr='', columns={{{columns}}}, hive_partitioning=false,"
            " parallel=false, max_line_size=4000000)")


def type_table(backend: Backend, spec: TableSpec, physical: Mapping[str, str], dictionary: Dictionary,
               date_format: str = "YYYY-MM-DD", *, stored: bool = True) -> EvidenceTable:
    """Makes `typed_`, `doubt_` and `raw_<table>` from `text_<table>`, whose supplied columns have the `physical` types."""
    inner, parts, outer, read = [], [], [], []
    settled = frozenset() if stored else _settled(backend, spec, physical, dictionary)
    blank = _blank(backend, spec, physical) if stored else frozenset()
    for i, column in enumerate(spec.columns):
        name, cell = quoted(column.name), quoted("t_" + column.name)
        if column.name not in physical or column.name in blank:
            outer.append(f"NULL::{SQL_TYPES[column.type]} AS {name}")
        elif column.name in settled:
            inner.append(f"{name} AS {cell}")
            outer.append(f"{cell} AS {name}")
        elif physical[column.name] == "VARCHAR":
            inner.append(f"{cleaned(name)} AS {cell}")
            parts.append(f"{split(column, cell, date_format)} AS {quoted('s_' + column.name)}")
            outer.append(f"{typed(column, quoted('s_' + column.name), dictionary)} AS {name}")
            read.append((i, column))
        else:
            inner.append(f"{name} AS {cell}")
            outer.append(f"{native(column, cell, physical[column.name])} AS {name}")
            read.append((i, column))
    unread = " + ".join(f"CASE WHEN {quoted('t_' + c.name)} IS NOT NULL AND {quoted(c.name)} IS NULL"
                        f" THEN {1 << i}::HUGEINT ELSE 0 END" for i, c in read) or "0"
    missing = " OR ".join("TRUE" if c.name in blank else f"{quoted('t_' + c.name)} IS NULL"
                          for c in spec.columns if c.required and c.name in physical) or "FALSE"
    values, doubt = quoted("typed_" + spec.name), quoted("doubt_" + spec.name)
    backend.raw_sql(f"""
        CREATE OR REPLACE {'TABLE' if stored else 'VIEW'} {values} AS
        SELECT _id, _file, _sheet, _row, ({unread})::HUGEINT AS _bad, ({missing}) AS _short,
               {', '.join(quoted(c.name) for c in spec.columns)}
        FROM (SELECT *, {', '.join(outer)} FROM (
            SELECT *{''.join(', ' + p for p in parts)} FROM (
                SELECT _id, _file, _sheet, _row{''.join(', ' + i for i in inner)} FROM {quoted('text_' + spec.name)})))""")
    backend.raw_sql(f"CREATE OR REPLACE TABLE {doubt} AS SELECT _id, _bad FROM {values} WHERE _bad <> 0 OR _short")
    bad = backend.raw_sql(f"SELECT {', '.join(['count(*)', *(f'count(*) FILTER ((_bad >> {i}) & 1 = 1)' for i, _ in read)])}"
                          f" FROM {doubt}").fetchone()[1:]
    return EvidenceTable(spec.name, True, frozenset(physical), frozenset(c.name for (_, c), n in zip(read, bad, strict=True) if n),
                         show_table(backend, spec))


def _blank(backend: Backend, spec: TableSpec, physical: Mapping[str, str]) -> frozenset[str]:
    """Columns without a single cell, as most are in a workbook made from a template: there is nothing to read in them."""
    names = [c.name for c in spec.columns if c.name in physical]
    counts = ", ".join(f"count({quoted(n)})" for n in names)
    found = backend.raw_sql(f"SELECT {counts} FROM {quoted('text_' + spec.name)}").fetchone()
    return frozenset(n for n, count in zip(names, found, strict=True) if count == 0)


def _settled(backend: Backend, spec: TableSpec, physical: Mapping[str, str], dictionary: Dictionary) -> frozenset[str]:
    """Columns all of whose cells already are what reading them would give; they are audited as they stand."""
    asked = dict(_unsettled(spec, physical, dictionary))
    if not asked:
        return frozenset()
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in asked.values())
    found = backend.raw_sql(f"SELECT {counts} FROM {quoted('text_' + spec.name)}").fetchone()
    return frozenset(name for name, count in zip(asked, found, strict=True) if count == 0)


def _unsettled(spec: TableSpec, physical: Mapping[str, str], dictionary: Dictionary) -> Iterator[tuple[str, str]]:
    """For each column that may be settled, when a cell of it is not."""
    for column in spec.columns:
        kind, name = physical.get(column.name), quoted(column.name)
        if kind is None:
            continue
        if kind == SQL_TYPES[column.type] != "VARCHAR":
            yield column.name, f"NOT {is_day(name)}" if column.type in ("date", "datetime") else "FALSE"
        elif kind == "VARCHAR" and column.type == "text":
            yield column.name, f"NOT ({is_plain(name)})"
        elif kind == "VARCHAR" and column.enum is not None:
            yield column.name, f"{name} NOT IN ({_codes(column, dictionary)})"


def _codes(column: ColumnSpec, dictionary: Dictionary) -> str:
    return ", ".join(text_literal(c.code) for c in dictionary.code_lists[column.enum or ""].values)


def show_table(backend: Backend, spec: TableSpec) -> int:
    """Makes `raw_<table>` from the values and the rows in doubt; gives the number of these."""
    columns = ", ".join(f"v.{quoted(c.name)}" for c in spec.columns)
    values, doubt = quoted("typed_" + spec.name), quoted("doubt_" + spec.name)
    rejected: int = backend.raw_sql(f"SELECT count(*) FROM {doubt}").fetchone()[0]
    marks, source = "FALSE AS _doubt, 0::HUGEINT AS _bad", f"{values} v"
    if rejected:
        marks = "d._id IS NOT NULL AS _doubt, coalesce(d._bad, 0::HUGEINT) AS _bad"
        source += f" LEFT JOIN {doubt} d ON d._id = v._id"
    backend.raw_sql(f"CREATE OR REPLACE VIEW {quoted('raw_' + spec.name)} AS"
                    f" SELECT v._id, v._file, v._sheet, v._row, {marks}, {columns} FROM {source}")
    return rejected
