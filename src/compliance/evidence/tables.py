"""Evidence in the engine, in four layers for each table; a row with a fault stays and is marked.

`text_<table>`   the cells as they were handed over
`typed_<table>`  the cells as values of their types, NULL where a cell cannot be read
`doubt_<table>`  the rows that are rejected, with a bit for each cell that could not be read
`raw_<table>`    what is audited: the values, and whether the row is in doubt

Of text files the first two are stored. A Parquet file is large and typed already: there they are views of our copy of it,
which the engine reads faster than a table of its own that no longer fits into memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType

from compliance.evidence.counting import Profile, count_and_ask, together
from compliance.evidence.csv_files import Staged
from compliance.evidence.dictionary import Dictionary, TableSpec
from compliance.evidence.parsing import SQL_TYPES, cleaned, native, quoted, split, text_literal, typed
from compliance.evidence.records import EvidenceTable
from compliance.evidence.staging import Part


def engine_table(backend: Backend, name: str) -> ir.Table:
    """A table of the engine. Few types occur in very many columns: each is parsed once, not once a column."""
    described = backend.raw_sql(f"DESCRIBE {quoted(name)}").fetchall()
    return ibis.table({column: _data_type(spelled) for column, spelled, *_ in described}, name=name)


@cache
def _data_type(spelled: str) -> DataType:
    return DuckDBType.from_string(spelled)


@dataclass(frozen=True, slots=True)
class Cells:
    """What is known of the cells of a table: the physical type of each supplied column, whether they are stored, and their profile."""

    physical: Mapping[str, str]
    stored: bool = True
    profile: Profile | None = None


def load_text(backend: Backend, table: str, parts: Sequence[Part]) -> Cells:
    """Makes `text_<table>`."""
    columns = parts[0].staged.columns  # every part has the same
    ordered = sorted(parts, key=lambda p: (p.file, p.sheet or ""))
    of_types = [p.staged.path.suffix == ".parquet" for p in ordered]
    stored = not all(of_types)
    selects, before = [], 0
    for part in ordered:
        selected = ", ".join(map(quoted, columns))
        sheet = text_literal(part.sheet) if part.sheet else "NULL::VARCHAR"
        # The bare number of a row in its file lets the engine go straight to a row.
        number = f"{before} + row_number() OVER ()" if stored else f"{before} + file_row_number" if before else "file_row_number"
        selects.append(f"SELECT {number} AS _id, {text_literal(part.file)} AS _file, {sheet} AS _sheet,"
                       f" _row::INTEGER AS _row, {selected} FROM {_reader(part.staged)}")
        before += part.staged.rows
    kind = "TABLE" if stored else "VIEW"
    backend.raw_sql(f"CREATE OR REPLACE {kind} {quoted('text_' + table)} AS {' UNION ALL '.join(selects)}")
    if not any(of_types):
        return Cells(dict.fromkeys(columns, "VARCHAR"))
    described = backend.raw_sql(f"DESCRIBE {quoted('text_' + table)}").fetchall()
    return Cells({name: kind for name, kind, *_ in described if name in columns}, stored, None if stored else _profile(parts))


def _profile(parts: Sequence[Part]) -> Profile | None:
    """What is known of the cells of all parts; nothing where a column has several types in them."""
    profiles = [p.staged.profile for p in parts if p.staged.profile is not None]
    if len({frozenset(p.counts.filled) for p in profiles}) != 1:
        return None
    return Profile(together([p.counts for p in profiles]), frozenset.intersection(*(p.settled for p in profiles)))


def _reader(staged: Staged) -> str:
    """The staged file as a table: nothing is left to the engine to find out."""
    path = text_literal(str(staged.path))
    if staged.path.suffix == ".parquet":
        columns = "".join(f", {quoted(h)} AS {quoted(c)}" for h, c in zip(staged.headers, staged.columns, strict=True))
        return f"(SELECT file_row_number, file_row_number + 2 AS _row{columns} FROM read_parquet({path}," \
               " hive_partitioning=false, file_row_number=true))"
    columns = ", ".join(f"'{c}': 'VARCHAR'" for c in ("_row", *staged.columns))
    return (f"read_csv({path}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', comment='', skip=0,"
            f" strict_mode=true, new_line='\\n', nullstr='', columns={{{columns}}}, hive_partitioning=false,"
            " parallel=false, max_line_size=4000000)")


def type_table(backend: Backend, spec: TableSpec, cells: Cells, dictionary: Dictionary, date_format: str = "YYYY-MM-DD") -> EvidenceTable:
    """Makes `typed_`, `doubt_` and `raw_<table>` from `text_<table>`."""
    inner, parts, outer, read = [], [], [], []
    physical, profile = cells.physical, cells.profile
    settled = profile.settled if profile else frozenset()
    full = {c for c in settled if profile and profile.counts.filled[c] == profile.counts.rows}
    blank = _blank(backend, spec, physical) if cells.stored else frozenset()
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
                          for c in spec.columns if c.required and c.name in physical and c.name not in full) or "FALSE"
    values, doubt = quoted("typed_" + spec.name), quoted("doubt_" + spec.name)
    backend.raw_sql(f"""
        CREATE OR REPLACE {'TABLE' if cells.stored else 'VIEW'} {values} AS
        SELECT _id, _file, _sheet, _row, ({unread})::HUGEINT AS _bad, ({missing}) AS _short,
               {', '.join(quoted(c.name) for c in spec.columns)}
        FROM (SELECT *, {', '.join(outer)} FROM (
            SELECT *{''.join(', ' + p for p in parts)} FROM (
                SELECT _id, _file, _sheet, _row{''.join(', ' + i for i in inner)} FROM {quoted('text_' + spec.name)})))""")
    known = profile.counts if profile and not read else None
    counts, (rejected, bad) = count_and_ask(
        lambda query: backend.raw_sql(query).fetchall(), values, [] if known else [c for c in spec.columns if c.name in physical],
        ["count(*) FILTER (_bad <> 0 OR _short)", "coalesce(bit_or(_bad), 0)"])
    backend.raw_sql(f"CREATE OR REPLACE TABLE {doubt} (_id BIGINT, _bad HUGEINT)")
    if rejected:
        backend.raw_sql(f"INSERT INTO {doubt} SELECT _id, _bad FROM {values} WHERE _bad <> 0 OR _short")
    show_table(backend, spec, rejected)
    return EvidenceTable(spec.name, True, frozenset(physical), frozenset(c.name for i, c in read if bad >> i & 1),
                         rejected, known or counts)


def _blank(backend: Backend, spec: TableSpec, physical: Mapping[str, str]) -> frozenset[str]:
    """Columns without a single cell, as most are in a workbook made from a template: there is nothing to read in them."""
    names = [c.name for c in spec.columns if c.name in physical]
    counts = ", ".join(f"count({quoted(n)})" for n in names)
    found = backend.raw_sql(f"SELECT {counts} FROM {quoted('text_' + spec.name)}").fetchone()
    return frozenset(n for n, count in zip(names, found, strict=True) if count == 0)


def show_table(backend: Backend, spec: TableSpec, rejected: int) -> None:
    """Makes `raw_<table>` from the values and the rows in doubt, of which there are as many as are rejected."""
    columns = ", ".join(f"v.{quoted(c.name)}" for c in spec.columns)
    values, doubt = quoted("typed_" + spec.name), quoted("doubt_" + spec.name)
    marks, source = "FALSE AS _doubt, 0::HUGEINT AS _bad", f"{values} v"
    if rejected:
        marks = "d._id IS NOT NULL AS _doubt, coalesce(d._bad, 0::HUGEINT) AS _bad"
        source += f" LEFT JOIN {doubt} d ON d._id = v._id"
    backend.raw_sql(f"CREATE OR REPLACE VIEW {quoted('raw_' + spec.name)} AS"
                    f" SELECT v._id, v._file, v._sheet, v._row, {marks}, {columns} FROM {source}")
