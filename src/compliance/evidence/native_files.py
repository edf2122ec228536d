"""Typed files: Parquet, and the base tables of a DuckDB file; their types are held against the dictionary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb

from compliance.evidence.csv_files import Staged
from compliance.evidence.dictionary import Dictionary, TableSpec
from compliance.evidence.headers import match_headers, table_named
from compliance.evidence.parsing import is_native, quoted, text_literal
from compliance.ground import Location, Problem

# Small dictionaries and this form are the quickest to write and to read again.
_COPIED = "FORMAT parquet, PARQUET_VERSION V2, COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1000"


def stage_parquet(path: Path, spec: TableSpec, target: Path, file: str) -> tuple[Staged | None, list[Problem]]:
    """A Parquet file under a name of ours, so that no part of its own name is read as a pattern.

    It is written anew: what a file states of its values (their least and greatest, how many are blank) may be forged,
    and an engine that believes it passes over rows without looking at them.
    """
    source = f"read_parquet({text_literal(str(path))}, hive_partitioning=false)"
    try:
        with duckdb.connect() as engine:
            staged, problems = _copied(engine, source, spec, target, Location(file))
            counts = engine.execute(
                f"SELECT count(*) FROM parquet_metadata({text_literal(str(path))}) WHERE num_values <> row_group_num_rows"
                f" UNION ALL SELECT num_rows - {staged.rows} FROM parquet_file_metadata({text_literal(str(path))})"
                ).fetchall() if staged else []
    except duckdb.Error as fault:
        return None, [Problem("evidence-parquet", f"the file is not readable Parquet: {str(fault).splitlines()[0][:200]}",
                              Location(file), "export it again")]
    if any(n for (n,) in counts):
        return None, [Problem("evidence-row-count", "the file contradicts itself on the number of its rows", Location(file),
                              "export it again")]
    return staged, problems


def _copied(engine: duckdb.DuckDBPyConnection, source: str, spec: TableSpec, target: Path, at: Location,
            ) -> tuple[Staged | None, list[Problem]]:
    """The rows of a typed source under our names of its columns, whose types are held against the dictionary."""
    described = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    headers = [name for name, *_ in described]
    columns, problems = match_headers(headers, spec, at.file, at.sheet)
    for header, column, (_, physical, *_) in zip(headers, columns, described, strict=True):
        declared = spec.column(column)
        if declared and physical != "VARCHAR" and not is_native(declared, physical):
            problems.append(Problem("evidence-column-type", f"'{header}' is {physical}, {declared.type} is needed",
                                    replace(at, field=header), "export the column as text or as its own type"))
    if problems:
        return None, problems
    select = ", ".join(f"{quoted(h)} AS {quoted(c)}" for h, c in zip(headers, columns, strict=True))
    written = engine.execute(f"COPY (SELECT {select} FROM {source}) TO {text_literal(str(target))} ({_COPIED})").fetchone()
    return Staged(target, tuple(columns), written[0] if written else 0, 0, None), []


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
                                     staging / f"table{number}.parquet", Location(file, 0, 0, name))
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
