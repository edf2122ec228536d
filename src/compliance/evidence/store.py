"""Evidence in the engine: files become tables of text, and these typed tables; a row with a fault stays and is marked."""

from __future__ import annotations

import hashlib
import os
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from compliance.evidence.csv_files import Staged, stage_csv
from compliance.evidence.dictionary import Dictionary, TableSpec, load_dictionary
from compliance.evidence.headers import near, plain, table_named
from compliance.evidence.manifest import MANIFEST, Declared, read_manifest
from compliance.evidence.native_files import stage_database, stage_parquet
from compliance.evidence.parsing import SQL_TYPES, cleaned, native, quoted, text_literal, typed
from compliance.evidence.records import EvidenceFile, EvidenceStore, EvidenceTable
from compliance.evidence.validation import validate
from compliance.evidence.xlsx_files import read_workbook, stage_sheet
from compliance.ground import Location, Problem

# Most memory of the engine; what needs more goes to its temporary folder.
MEMORY = "700MB"
# Nothing that evidence or a rule says can reach a file, the network or another setting once the evidence is in.
_LOCKS = ("SET autoinstall_known_extensions=false", "SET autoload_known_extensions=false", "SET allow_community_extensions=false",
          "SET python_enable_replacements=false", "SET TimeZone='Asia/Shanghai'", "SET enable_external_access=false",
          "SET lock_configuration=true")


def connect() -> Backend:
    """An engine in memory with our own normaliser of text."""
    # Ibis spends most of its time on merging nested selects, which the engine does by itself.
    ibis.options.sql.fuse_selects = False
    backend = ibis.duckdb.connect()
    backend.con.create_function("nfkc", lambda t: unicodedata.normalize("NFKC", t), ["VARCHAR"], "VARCHAR")
    return backend


def close(store: EvidenceStore) -> None:
    store.backend.disconnect()


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


def type_table(backend: Backend, spec: TableSpec, physical: Mapping[str, str], dictionary: Dictionary,
               date_format: str = "YYYY-MM-DD") -> EvidenceTable:
    """Turns `text_<table>` into `raw_<table>`; `physical` gives the type of each supplied column there."""
    inner, outer, bits = [], [], []
    for i, column in enumerate(spec.columns):
        name, cell = quoted(column.name), quoted("t_" + column.name)
        if column.name not in physical:
            outer.append(f"NULL::{SQL_TYPES[column.type]} AS {name}")
            continue
        if physical[column.name] == "VARCHAR":
            inner.append(f"{cleaned(name)} AS {cell}")
            outer.append(f"{typed(column, cell, dictionary, date_format)} AS {name}")
        else:
            inner.append(f"{name} AS {cell}")
            outer.append(f"{native(column, cell, physical[column.name])} AS {name}")
        bits.append((i, column))
    unread = " + ".join(f"CASE WHEN {quoted('t_' + c.name)} IS NOT NULL AND {quoted(c.name)} IS NULL"
                        f" THEN {1 << i}::HUGEINT ELSE 0 END" for i, c in bits) or "0::HUGEINT"
    missing = " OR ".join(f"{quoted('t_' + c.name)} IS NULL" for _, c in bits if c.required) or "FALSE"
    names = ", ".join(quoted(c.name) for c in spec.columns)
    backend.raw_sql(f"""
        CREATE OR REPLACE TABLE {quoted('raw_' + spec.name)} AS
        SELECT _id, _file, _sheet, _row, (_bad <> 0 OR _short) AS _doubt, _bad, {names} FROM (
            SELECT *, ({unread})::HUGEINT AS _bad, ({missing}) AS _short FROM (
                SELECT *, {', '.join(outer)} FROM (
                    SELECT _id, _file, _sheet, _row{''.join(', ' + i for i in inner)}
                    FROM {quoted('text_' + spec.name)})))
        ORDER BY _id""")
    sums = ", ".join(f"count(*) FILTER ((_bad >> {i}) & 1 = 1)" for i, _ in bits)
    rejected, *bad = backend.raw_sql(
        f"SELECT count(*) FILTER (_doubt){', ' + sums if sums else ''} FROM {quoted('raw_' + spec.name)}").fetchone()
    return EvidenceTable(spec.name, True, frozenset(physical),
                         frozenset(c.name for (_, c), n in zip(bits, bad, strict=True) if n), rejected)


def evidence_from_rows(tables: Mapping[str, Sequence[Mapping[str, object]]],
                       columns: Mapping[str, Sequence[str]] | None = None, *, bad_rows: str = "stop",
                       backend: Backend | None = None) -> tuple[EvidenceStore | None, list[Problem]]:
    """Evidence written in a cases file; it goes through the same readers as a file."""
    dictionary = load_dictionary()
    problems: list[Problem] = []
    known: dict[str, EvidenceTable] = {}
    engine = backend or connect()
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
        known[name] = type_table(engine, spec, dict.fromkeys(used, "VARCHAR"), dictionary)
    if problems:
        return None, problems
    known, problems = validate(engine, known, dictionary)
    if problems and bad_rows == "stop":
        return None, problems
    return EvidenceStore(engine, known, ()), problems


# Sheets of our own template that hold no evidence.
_INSTRUCTIONS = frozenset({"说明", "代码", "instructions", "codes"})


@dataclass(frozen=True, slots=True)
class _Part:
    """One file (or sheet) of a table, staged for the engine."""

    table: str
    file: str
    sheet: str | None
    sha256: str
    staged: Staged


def open_evidence(source: str, *, bad_rows: str = "stop") -> tuple[EvidenceStore | None, list[Problem]]:
    """The evidence of a folder, with every problem of its files; None where one of them makes it unusable.

    `bad_rows` "stop": a row with a fault is such a problem; "reject": the row is marked and leaves undecided what it
    could change.
    """
    path = Path(source.removeprefix("duckdb:///"))
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() in (".xlsx", ".duckdb", ".db")):
        return None, [Problem("evidence-missing-folder", "there is no such folder, workbook or database of evidence",
                              Location(path.name), "name a folder that holds one file a table, such as payments.csv")]
    dictionary = load_dictionary()
    declared, problems = read_manifest(path, dictionary) if path.is_dir() else ({}, [])
    with tempfile.TemporaryDirectory() as staging:
        if path.is_dir():
            parts, more = _stage_folder(path, Path(staging), dictionary, declared)
        elif path.suffix.lower() == ".xlsx":
            parts, more = _stage_workbook(path, Path(staging), dictionary)
        else:
            exported, more = stage_database(path, Path(staging), dictionary)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            parts = [_Part(table, path.name, None, digest, staged) for table, staged in exported]
        problems += more
        if problems:
            return None, problems
        backend = connect()
        backend.raw_sql(f"SET memory_limit='{MEMORY}'")
        backend.raw_sql(f"SET temp_directory={text_literal(str(Path(tempfile.gettempdir()) / f'evidence-{os.getpid()}'))}")
        try:
            store, problems = _load(backend, parts, dictionary, declared, bad_rows)
        except duckdb.Error as fault:
            # What a hostile file provokes in the engine is a problem of the evidence, not of the program.
            store, problems = None, [Problem("evidence-engine", f"the evidence cannot be read: {str(fault).splitlines()[0][:200]}",
                                             Location(path.name), "export the files again, or hand over fewer rows in one file")]
    if store is None:
        backend.disconnect()
    return store, problems


def _stage_folder(folder: Path, staging: Path, dictionary: Dictionary, declared: Mapping[str, Declared],
                  ) -> tuple[list[_Part], list[Problem]]:
    """Every file of the folder in the normal form of the engine."""
    parts: list[_Part] = []
    problems: list[Problem] = []
    in_parts = {f: table for table, d in declared.items() for f in d.files}
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST or path.name.startswith((".", "~$")):
            continue
        if path.is_symlink() or not path.is_file():
            problems.append(Problem("evidence-no-file", "links and folders inside the evidence are not read", Location(path.name),
                                    "put the file itself into the folder"))
            continue
        table = in_parts.get(path.name) or table_named(path.stem, dictionary)
        if table is None and path.suffix.lower() == ".xlsx":
            found, more = _stage_workbook(path, staging, dictionary)
            parts += found
            problems += more
            continue
        if table is None:
            problems.append(Problem("evidence-unknown-table", f"no table is called '{path.stem}'", Location(path.name),
                                    near(path.stem, [n for t in dictionary.tables.values() for n in (t.name, t.zh)])))
            continue
        found, more = _stage_file(path, table, staging, dictionary, declared.get(table, Declared()), len(parts))
        parts += found
        problems += more
    problems += _repeated(parts, declared)
    missing = [(t, f) for t, d in declared.items() for f in d.files if not (folder / f).is_file()]
    problems += [Problem("evidence-missing-file", f"the manifest names '{f}' for {t}, which is not there", Location(MANIFEST))
                 for t, f in missing]
    return parts, problems


def _stage_file(path: Path, table: str, staging: Path, dictionary: Dictionary, declared: Declared, number: int,
                ) -> tuple[list[_Part], list[Problem]]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    expected = (declared.sha256 or {}).get(path.name, (declared.sha256 or {}).get(""))
    if expected and expected.lower() != digest:
        return [], [Problem("evidence-changed", "the file is not the one that was declared: its sha256 differs",
                            Location(path.name), "ask for the file that was handed over")]
    spec = dictionary.tables[table]
    target = staging / f"part{number}.csv"
    match path.suffix.lower():
        case ".csv" | ".txt":
            staged, problems = stage_csv(path, spec, target, path.name, encoding=declared.encoding,
                                         delimiter=declared.delimiter)
        case ".parquet":
            staged, problems = stage_parquet(path, spec, target.with_suffix(".parquet"), path.name)
        case ".xlsx":
            sheets, problems = read_workbook(path, staging / f"book{number}", path.name)
            filled = [s for s in sheets if s.path.stat().st_size]
            if not problems and len(filled) != 1:
                return [], [Problem("evidence-sheets", f"the workbook of one table has {len(filled)} sheets with content",
                                    Location(path.name), "keep one sheet, or name the workbook 'evidence.xlsx' and each sheet "
                                    "after its table")]
            staged, more = stage_sheet(filled[0], spec, target, path.name) if not problems else (None, [])
            problems = problems + more
            part = _Part(table, path.name, filled[0].name if filled else None, digest, staged) if staged else None
            return [part] if part else [], problems
        case _:
            return [], [Problem("evidence-file-type", f"files of type '{path.suffix}' are not read", Location(path.name),
                                "hand over CSV, XLSX or Parquet")]
    return ([_Part(table, path.name, None, digest, staged)] if staged else []), problems


def _stage_workbook(path: Path, staging: Path, dictionary: Dictionary) -> tuple[list[_Part], list[Problem]]:
    """A workbook with a sheet a table; every sheet is named after its table."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sheets, problems = read_workbook(path, staging / "book", path.name)
    parts: list[_Part] = []
    for number, sheet in enumerate(sheets):
        table = table_named(sheet.name, dictionary)
        if table is None:
            if plain(sheet.name) not in _INSTRUCTIONS:
                problems.append(Problem("evidence-unknown-table", f"no table is called '{sheet.name}'",
                                        Location(path.name, 0, 0, sheet.name),
                                        near(sheet.name, [n for t in dictionary.tables.values() for n in (t.name, t.zh)])))
            continue
        staged, more = stage_sheet(sheet, dictionary.tables[table], staging / f"sheet{number}.csv", path.name)
        problems += more
        parts += [_Part(table, path.name, sheet.name, digest, staged)] if staged else []
    return parts, problems


def _repeated(parts: Sequence[_Part], declared: Mapping[str, Declared]) -> list[Problem]:
    """Two files for one table, unless both are declared as its parts."""
    problems = []
    for table in sorted({p.table for p in parts}):
        files = [p.file for p in parts if p.table == table]
        if len(files) > 1 and not set(files) <= set(declared.get(table, Declared()).files):
            problems.append(Problem("evidence-two-files", f"{' and '.join(files)} are both for table '{table}'",
                                    Location(files[1]), f"keep one, or declare both in {MANIFEST}: {table}: {{files: [...]}}"))
    return problems


def _load(backend: Backend, parts: Sequence[_Part], dictionary: Dictionary, declared: Mapping[str, Declared],
          bad_rows: str) -> tuple[EvidenceStore | None, list[Problem]]:
    tables: dict[str, EvidenceTable] = {}
    files: list[EvidenceFile] = []
    for table in sorted({p.table for p in parts}):
        own = [p for p in parts if p.table == table]
        spec, said = dictionary.tables[table], declared.get(table, Declared())
        columns = _text_table(backend, table, own)
        tables[table] = replace(type_table(backend, spec, columns, dictionary, said.date_format), complete_from=said.complete_from,
                                complete_to=said.complete_to)
    lost = [p for table in tables for p in _lost_rows(backend, table, [p for p in parts if p.table == table])]
    if lost:
        return None, lost
    tables, problems = validate(backend, tables, dictionary)
    if problems and bad_rows == "stop":
        return None, [replace(p, fatal=True) for p in problems]
    for table in tables:
        own, said = [p for p in parts if p.table == table], declared.get(table, Declared())
        rejected = {(file, sheet): bad for file, sheet, bad in backend.raw_sql(
            f"SELECT _file, _sheet, count(*) FILTER (_doubt) FROM {quoted('raw_' + table)} GROUP BY ALL").fetchall()}
        for part in own:
            bad = rejected.get((part.file, part.sheet), 0)
            staged = part.staged
            files.append(EvidenceFile(table, part.file, part.sheet, part.sha256, staged.rows,
                                      staged.rows - staged.blank - bad, bad, staged.blank, staged.encoding,
                                      said.complete_from, said.complete_to, said.handed_over_by, said.handed_over_on))
        backend.raw_sql(f"DROP TABLE {quoted('text_' + table)}")
    for lock in _LOCKS:
        backend.raw_sql(lock)
    return EvidenceStore(backend, tables, tuple(files)), problems


def _lost_rows(backend: Backend, table: str, parts: Sequence[_Part]) -> list[Problem]:
    """Rows that a file states and the engine did not read, or the other way about; the counts must agree."""
    read = {(file, sheet): n for file, sheet, n in backend.raw_sql(
        f"SELECT _file, _sheet, count(*) FROM {quoted('raw_' + table)} GROUP BY ALL").fetchall()}
    return [Problem("evidence-row-count", f"the file has {p.staged.rows - p.staged.blank} rows, {read.get((p.file, p.sheet), 0)} were read",
                    Location(p.file, 0, 0, p.sheet), "export the file again") for p in parts
            if read.get((p.file, p.sheet), 0) != p.staged.rows - p.staged.blank]


def _text_table(backend: Backend, table: str, parts: Sequence[_Part]) -> dict[str, str]:
    """The cells of all parts of a table as `text_<table>`; the physical type of each column that any part has."""
    columns = list(dict.fromkeys(c for p in parts for c in p.staged.columns))
    selects = []
    for part in parts:
        selected = ", ".join(quoted(c) if c in part.staged.columns else f"NULL AS {quoted(c)}" for c in columns)
        sheet = text_literal(part.sheet) if part.sheet else "NULL::VARCHAR"
        selects.append(f"SELECT {text_literal(part.file)} AS _file, {sheet} AS _sheet, _row::INTEGER AS _row, {selected}"
                       f" FROM {_reader(part.staged)}")
    # One file is read in its own order; a sort of all its rows would cost more memory than the table.
    order = "ORDER BY _file, _sheet, _row" if len(parts) > 1 else ""
    backend.raw_sql(f"CREATE OR REPLACE TABLE {quoted('text_' + table)} AS"
                    f" SELECT row_number() OVER ({order}) AS _id, * FROM ({' UNION ALL '.join(selects)})")
    described = backend.raw_sql(f"DESCRIBE {quoted('text_' + table)}").fetchall()
    return {name: kind for name, kind, *_ in described if name in columns}


def _reader(staged: Staged) -> str:
    """The staged file as a table: nothing is left to the engine to find out."""
    path = text_literal(str(staged.path))
    if staged.path.suffix == ".parquet":
        return f"(SELECT file_row_number + 2 AS _row, {staged.select} FROM read_parquet({path}, hive_partitioning=false," \
               " file_row_number=true))"
    columns = ", ".join(f"'{c}': 'VARCHAR'" for c in ("_row", *staged.columns))
    return (f"read_csv({path}, auto_detect=false, header=true, delim=',', quote='\"', escape='\"', comment='', skip=0,"
            f" strict_mode=true, new_line='\\n', nullstr='', columns={{{columns}}}, hive_partitioning=false,"
            " parallel=false, max_line_size=4000000)")
