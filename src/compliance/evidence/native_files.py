"""Typed files: Parquet, and the base tables of a DuckDB file; their types are held against the dictionary."""

from __future__ import annotations

from pathlib import Path

import duckdb

from compliance.evidence.csv_files import Staged
from compliance.evidence.dictionary import Dictionary, TableSpec
from compliance.evidence.headers import match_headers, table_named
from compliance.evidence.parsing import is_native, quoted, text_literal
from compliance.ground import Location, Problem


def stage_parquet(path: Path, spec: TableSpec, file: str) -> tuple[Staged | None, list[Problem]]:
    """A Parquet file under a name of ours, so that no part of its own name is read as a pattern."""
    try:
        with duckdb.connect() as engine:
            reader = f"read_parquet({text_literal(str(path))}, hive_partitioning=false)"
            described = engine.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
            rows = engine.execute(f"SELECT count(*) FROM {reader}").fetchone()
    except duckdb.Error as fault:
        return None, [Problem("evidence-parquet", f"the file is not readable Parquet: {str(fault).splitlines()[0][:200]}",
                              Location(file), "export it again")]
    headers = [name for name, *_ in described]
    columns, problems = match_headers(headers, spec, file)
    for header, column, (_, physical, *_) in zip(headers, columns, described, strict=True):
        declared = spec.column(column)
        if declared and physical != "VARCHAR" and not is_native(declared, physical):
            problems.append(Problem("evidence-column-type", f"'{header}' is {physical}, {declared.type} is needed",
                                    Location(file, 0, 0, None, header), "export the column as text or as its own type"))
    if problems:
        return None, problems
    select = ", ".join(f"{quoted(h)} AS {quoted(c)}" for h, c in zip(headers, columns, strict=True))
    return Staged(path, tuple(columns), rows[0] if rows else 0, 0, None, select), []


def stage_database(path: Path, staging: Path, file: str, dictionary: Dictionary) -> tuple[list[tuple[str, Staged]], list[Problem]]:
    """The base tables of a DuckDB file, attached read-only: its views and macros are never run."""
    staged: list[tuple[str, Staged]] = []
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
                copy = staging / f"table{number}.parquet"
                engine.execute(f"COPY (SELECT * FROM evidence.main.{quoted(name)}) TO {text_literal(str(copy))} (FORMAT parquet)")
                part, more = stage_parquet(copy, dictionary.tables[table], file)
                problems += more
                staged += [(table, part)] if part else []
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
