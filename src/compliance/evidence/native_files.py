"""Typed files: Parquet, and the base tables of a DuckDB file; their types are held against the dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from compliance.evidence.counting import profile_cells
from compliance.evidence.csv_files import Staged
from compliance.evidence.dictionary import Dictionary, TableSpec
from compliance.evidence.headers import match_headers, table_named
from compliance.evidence.parquet_footer import NoFooter, strip_claims
from compliance.evidence.parsing import is_native, quoted, text_literal
from compliance.ground import Location, Problem

# Small dictionaries and this form are the quickest to write and to read again.
_COPIED = "FORMAT parquet, PARQUET_VERSION V2, COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1000"


def stage_parquet(path: Path, spec: TableSpec, file: str, dictionary: Dictionary) -> tuple[Staged | None, list[Problem]]:
    """Our copy of a Parquet file, under a name of ours, so that no part of its own name is read as a pattern.

    What it states of its values is taken out of it (`parquet_footer`), and every value is read once: a file that cannot
    be read is a problem here, not in the midst of an audit.
    """
    try:
        strip_claims(path)
        with duckdb.connect() as engine:
            staged, problems = _staged(engine, path, spec, Location(file), dictionary)
            contradictions = engine.execute(
                f"SELECT 1 FROM parquet_metadata({text_literal(str(path))}) WHERE num_values <> row_group_num_rows"
                f" UNION ALL SELECT 1 FROM parquet_file_metadata({text_literal(str(path))}) WHERE num_rows <> {staged.rows}"
                ).fetchall() if staged else []
    except (NoFooter, duckdb.Error) as fault:
        return None, [Problem("evidence-parquet", f"the file is not readable Parquet: {str(fault).splitlines()[0][:200]}",
                              Location(file), "export it again")]
    if contradictions:
        return None, [Problem("evidence-row-count", "the file contradicts itself on the number of its rows", Location(file),
                              "export it again")]
    return staged, problems


def _staged(engine: duckdb.DuckDBPyConnection, path: Path, spec: TableSpec, at: Location, dictionary: Dictionary,
            ) -> tuple[Staged | None, list[Problem]]:
    """A Parquet file of ours, or our copy of one, as it will be read."""
    source = f"read_parquet({text_literal(str(path))}, hive_partitioning=false)"
    given, problems = _described(engine, source, spec, at)
    if given is None:
        return None, problems
    profile = profile_cells(lambda query: engine.execute(query).fetchall(), f"(SELECT {given.selected()} FROM {source})", spec,
                            given.physical, dictionary)
    return Staged(path, tuple(given.physical), profile.counts.rows, 0, None, given.headers, profile), []


@dataclass(frozen=True, slots=True)
class _Given:
    """A typed source: its own headers, and the physical type of each column of ours in their order."""

    headers: tuple[str, ...]
    physical: Mapping[str, str]

    def selected(self) -> str:
        """SQL: the columns under our names."""
        return ", ".join(f"{quoted(h)} AS {quoted(c)}" for h, c in zip(self.headers, self.physical, strict=True))


def _described(engine: duckdb.DuckDBPyConnection, source: str, spec: TableSpec, at: Location) -> tuple[_Given | None, list[Problem]]:
    """The columns of a typed source, whose types are held against the dictionary."""
    described = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    headers = [name for name, *_ in described]
    columns, problems = match_headers(headers, spec, at.file, at.sheet)
    for header, column, (_, physical, *_) in zip(headers, columns, described, strict=True):
        declared = spec.column(column)
        if declared and physical != "VARCHAR" and not is_native(declared, physical):
            problems.append(Problem("evidence-column-type", f"'{header}' is {physical}, {declared.type} is needed",
                                    replace(at, field=header), "export the column as text or as its own type"))
    physical = {column: kind for column, (_, kind, *_) in zip(columns, described, strict=True)}
    return (None, problems) if problems else (_Given(tuple(headers), physical), [])


def _copied(engine: duckdb.DuckDBPyConnection, source: str, spec: TableSpec, target: Path, at: Location,
            dictionary: Dictionary) -> tuple[Staged | None, list[Problem]]:
    """The rows of a table of a database as a Parquet file of ours."""
    given, problems = _described(engine, source, spec, at)
    if given is None:
        return None, problems
    engine.execute(f"COPY (SELECT {given.selected()} FROM {source}) TO {text_literal(str(target))} ({_COPIED})")
    return _staged(engine, target, spec, at, dictionary)


def stage_database(path: Path, staging: Path, file: str, dictionary: Dictionary) -> tuple[list[tuple[str, str, Staged]], list[Problem]]:
    """The base tables of a DuckDB file with the table each is of and its own name, attached read-only.

    Its views and macros are never run.
    """
    staged: list[tuple[str, str, Staged]] = []
    try:
        with duckdb.connect() as engine:
            engine.execute(f"ATTACH {text_literal(str(path))} AS evidence (READ_ONLY)")
            problems = _not_read(engine, file)
            names = [n for (n,) in engine.execute(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'evidence' AND schema_name = 'main' ORDER BY 1"
                ).fetchall()]
            for number, name in enumerate(names):
                table = table_named(name, dictionary)
                if table is None:
                    problems.append(Problem("evidence-unknown-table", f"no table is called '{name}'", Location(file, 0, 0, name)))
                    continue
                part, more = _copied(engine, f"evidence.main.{quoted(name)}", dictionary.tables[table],
                                     staging / f"table{number}.parquet", Location(file, 0, 0, name), dictionary)
                problems += more
                staged += [(table, name, part)] if part else []
    except duckdb.Error as fault:
        return [], [Problem("evidence-database", f"the database cannot be read: {str(fault).splitlines()[0][:200]}", Location(file))]
    return staged, problems


def _not_read(engine: duckdb.DuckDBPyConnection, file: str) -> list[Problem]:
    """What a database holds besides the tables of its main schema: nothing of it may be left out without a word."""
    tables = engine.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'evidence'"
                            " AND schema_name <> 'main' ORDER BY ALL").fetchall()
    views = engine.execute("SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'evidence'"
                           " AND NOT internal ORDER BY ALL").fetchall()
    return [*(Problem("evidence-database-schema", f"the table '{name}' is in schema '{schema}'; only schema main is read",
                      Location(file, 0, 0, f"{schema}.{name}"), "move the table to schema main, or remove it") for schema, name in tables),
            *(Problem("evidence-database-view", f"'{name}' is a view; what it shows may change with the files it reads",
                      Location(file, 0, 0, f"{schema}.{name}"), "store its rows as a table, or remove it") for schema, name in views)]
