"""The evidence of one audit: files, workbook or database in, validated tables in an engine of their own out."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from compliance.evidence.dictionary import Dictionary, load_dictionary
from compliance.evidence.manifest import Declared, read_manifest
from compliance.evidence.parsing import quoted, text_literal
from compliance.evidence.records import EvidenceFile, EvidenceStore, EvidenceTable
from compliance.evidence.side_by_side import side_by_side
from compliance.evidence.staging import Part, stage
from compliance.evidence.tables import Cells, load_text, type_table
from compliance.evidence.validation import compiled_checks, validate
from compliance.ground import Location, Problem

# Most memory of the engine; what needs more goes to its temporary folder.
MEMORY = "700MB"
# Up to this number of rows planning a statement takes longer than running it.
SMALL = 300_000
# Steps of planning that pay off only where there are many rows. The others stay: they compute what is constant once, and
# bring conditions and columns to where they belong.
_FOR_MANY_ROWS = (
    "statistics_propagation", "join_order", "common_subexpressions", "common_subplan", "compressed_materialization",
    "late_materialization", "join_filter_pushdown", "build_side_probe_side", "join_elimination", "sum_rewriter", "duplicate_groups",
    "top_n", "reorder_filter", "deliminator", "regex_range", "sampling_pushdown", "limit_pushdown", "in_clause", "cte_inlining")
# Nothing that evidence or a rule says can reach a file, the network or another setting once the evidence is in.
_LOCKS = ("SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false", "SET allow_community_extensions=false",
          "SET python_enable_replacements=false", "SET enable_external_access=false",
          "SET lock_configuration=true")


def connect() -> Backend:
    """An engine in memory with our own normaliser of text."""
    backend = ibis.duckdb.connect()
    for scope in ("", "GLOBAL "):  # of this connection, and of every further one to the same engine
        backend.raw_sql(f"SET {scope}TimeZone='Asia/Shanghai'")
    backend.con.create_function("nfkc", lambda t: unicodedata.normalize("NFKC", t), ["VARCHAR"], "VARCHAR")
    return backend


def plan_little(backend: Backend) -> None:
    """Fits the engine to a few rows: a statement is planned quickly and shares nothing out among threads."""
    backend.raw_sql("SET threads=1")
    backend.raw_sql(f"SET disabled_optimizers='{','.join(_FOR_MANY_ROWS)}'")


def close(store: EvidenceStore) -> None:
    """Ends the engine and removes the copies of the files."""
    store.backend.disconnect()
    if store.staging is not None:
        store.staging.cleanup()


def as_text(value: object) -> str | None:
    """A value of a cases file as the text that stands in a file of evidence."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


def evidence_from_rows(tables: Mapping[str, Sequence[Mapping[str, object]]],
                       columns: Mapping[str, Sequence[str]] | None = None, *, bad_rows: str = "stop",
                       backend: Backend | None = None) -> tuple[EvidenceStore | None, list[Problem]]:
    """Evidence written in a cases file; it goes through the same readers as a file."""
    dictionary = load_dictionary()
    problems: list[Problem] = []
    known: dict[str, EvidenceTable] = {}
    engine = backend or connect()
    plan_little(engine)
    for name, rows in tables.items():
        spec = dictionary.tables.get(name)
        if spec is None:
            problems.append(Problem("evidence-unknown-table", f"there is no table '{name}'", Location("")))
            continue
        used = list((columns or {}).get(name, ())) or list(dict.fromkeys(c for r in rows for c in r)) or [
            c.name for c in spec.columns]
        unknown = [c for c in used if spec.column(c) is None]
        problems += [Problem("evidence-unknown-column", f"table '{name}' has no column '{c}'", Location("")) for c in unknown]
        if unknown:
            continue
        fields = ", ".join(f"{quoted(c)} VARCHAR" for c in used)
        engine.raw_sql(f"CREATE OR REPLACE TABLE {quoted('text_' + name)} (_id BIGINT, _file VARCHAR, _sheet VARCHAR,"
                       f" _row INTEGER, {fields})")
        if rows:
            engine.con.executemany(
                f"INSERT INTO {quoted('text_' + name)} VALUES ({', '.join('?' * (len(used) + 4))})",
                [[i, name, None, i + 1, *(as_text(r.get(c)) for c in used)] for i, r in enumerate(rows, start=1)])
        known[name] = type_table(engine, spec, Cells(dict.fromkeys(used, "VARCHAR")), dictionary)
    if problems:
        return None, problems
    known, problems = validate(engine, known, dictionary)
    if problems and bad_rows == "stop":
        return None, problems
    return EvidenceStore(engine, known, ()), problems


def open_evidence(source: str, *, bad_rows: str = "stop") -> tuple[EvidenceStore | None, list[Problem]]:
    """The evidence of a folder, with every problem of its files; None where one of them makes it unusable.

    `bad_rows` "stop": a row with a fault is such a problem; "reject": the row is marked and leaves undecided what it
    could change.
    """
    path = Path(source.removeprefix("duckdb:///"))
    if not source or (not path.is_dir() and not (path.is_file() and path.suffix.lower() in (".xlsx", ".duckdb", ".db"))):
        return None, [_no_source(source, path)]
    dictionary = load_dictionary()
    declared, problems = read_manifest(path, dictionary) if path.is_dir() else ({}, [])
    staging = tempfile.TemporaryDirectory(prefix="evidence-")
    store = None
    try:
        parts, more = stage(path, Path(staging.name), dictionary, declared)
        problems += more
        if not problems:
            store, problems = _loaded(parts, staging, dictionary, declared, bad_rows)
    except OSError as fault:
        problems.append(Problem("evidence-unreadable", f"cannot be read: {fault.strerror}", Location(path.name)))
    except duckdb.Error as fault:
        # What a hostile file provokes in the engine is a problem of the evidence, not of the program.
        problems.append(Problem("evidence-engine", f"the evidence cannot be read: {str(fault).splitlines()[0][:200]}",
                                Location(path.name), "export the files again, or hand over fewer rows in one file"))
    if store is None:
        staging.cleanup()
    return store, problems


def _no_source(source: str, path: Path) -> Problem:
    scheme, separator, _ = source.partition("://")
    if separator and scheme != "duckdb":
        return Problem("evidence-url", f"evidence is not read from '{scheme}://': a database on a server can change while it is audited",
                       Location(scheme), "export its tables to a folder (CSV, Parquet) or to a DuckDB file: duckdb:///FILE")
    return Problem("evidence-missing-folder", "there is no such folder, workbook or database of evidence",
                   Location(path.name), "name a folder that holds one file a table, such as payments.csv")


def _loaded(parts: Sequence[Part], staging: tempfile.TemporaryDirectory[str], dictionary: Dictionary, declared: Mapping[str, Declared],
            bad_rows: str) -> tuple[EvidenceStore | None, list[Problem]]:
    """The staged files in an engine of their own, which is closed where they cannot be audited."""
    backend = connect()
    store = None
    try:
        backend.raw_sql(f"SET memory_limit='{MEMORY}'")
        if sum(p.staged.rows for p in parts) <= SMALL:
            plan_little(backend)
        # The system keeps pages of files anyway; a copy of them here would take the memory that large groups need.
        backend.raw_sql("SET enable_external_file_cache=false")
        backend.raw_sql(f"SET temp_directory={text_literal(str(Path(staging.name) / 'engine'))}")
        store, problems = _load(backend, parts, staging, dictionary, declared, bad_rows)
    finally:
        if store is None:
            backend.disconnect()
    return store, problems


def _load(backend: Backend, parts: Sequence[Part], staging: tempfile.TemporaryDirectory[str], dictionary: Dictionary,
          declared: Mapping[str, Declared], bad_rows: str) -> tuple[EvidenceStore | None, list[Problem]]:
    files: list[EvidenceFile] = []
    names = sorted({p.table for p in parts})

    def loaded(own: Backend, table: str) -> tuple[EvidenceTable, list[Problem]]:
        its, said = [p for p in parts if p.table == table], declared.get(table, Declared())
        made = type_table(own, dictionary.tables[table], load_text(own, table, its), dictionary, said.date_format)
        return replace(made, complete_from=said.complete_from, complete_to=said.complete_to), _lost_rows(own, table, its)

    found = side_by_side(backend, loaded, names)
    lost = [p for _, problems in found for p in problems]
    if lost:
        return None, lost
    tables = {name: table for name, (table, _) in zip(names, found, strict=True)}
    tables, problems = validate(backend, tables, dictionary)
    compiled_checks().save()
    if problems and bad_rows == "stop":
        return None, [replace(p, fatal=True) for p in problems]
    for table in tables:
        own, said = [p for p in parts if p.table == table], declared.get(table, Declared())
        rejected = _rejected(backend, table) if tables[table].rejected else {}
        for part in own:
            bad = rejected.get((part.file, part.sheet), 0)
            staged = part.staged
            files.append(EvidenceFile(table, part.file, part.sheet, part.sha256, staged.rows,
                                      staged.rows - staged.blank - bad, bad, staged.blank, staged.encoding,
                                      said.complete_from, said.complete_to, said.handed_over_by, said.handed_over_on))
    for lock in (f"SET allowed_directories=[{text_literal(staging.name)}]", *_LOCKS):
        backend.raw_sql(lock)
    return EvidenceStore(backend, tables, tuple(files), staging), problems


def _rejected(backend: Backend, table: str) -> dict[tuple[str, str | None], int]:
    """Rejected rows by file and sheet."""
    return {(file, sheet): bad for file, sheet, bad in backend.raw_sql(
        f"SELECT _file, _sheet, count(*) FROM {quoted('raw_' + table)} WHERE _doubt GROUP BY ALL").fetchall()}


def _lost_rows(backend: Backend, table: str, parts: Sequence[Part]) -> list[Problem]:
    """Rows that a file states and the engine did not read, or the other way about; the counts must agree."""
    read = {(file, sheet): n for file, sheet, n in backend.raw_sql(
        f"SELECT _file, _sheet, count(*) FROM {quoted('typed_' + table)} GROUP BY ALL").fetchall()}
    return [Problem("evidence-row-count", f"the file has {p.staged.rows - p.staged.blank} rows, {read.get((p.file, p.sheet), 0)} were read",
                    Location(p.file, 0, 0, p.sheet), "export the file again") for p in parts
            if read.get((p.file, p.sheet), 0) != p.staged.rows - p.staged.blank]
