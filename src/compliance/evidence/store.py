"""Evidence in the engine: files become tables of text, and these typed tables; a row with a fault stays and is marked."""

from __future__ import annotations

import hashlib
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
from ibis.backends.duckdb import Backend

from compliance.evidence.csv_files import Staged, stage_csv
from compliance.evidence.dictionary import Dictionary, TableSpec, load_dictionary
from compliance.evidence.headers import near, table_named
from compliance.evidence.manifest import MANIFEST, Declared, read_manifest
from compliance.evidence.parsing import SQL_TYPES, cleaned, quoted, text_literal, typed
from compliance.evidence.records import EvidenceFile, EvidenceStore, EvidenceTable
from compliance.ground import Location, Problem


def connect() -> Backend:
    """An engine in memory with our own normaliser of text."""
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


def type_table(backend: Backend, spec: TableSpec, columns: Sequence[str], dictionary: Dictionary) -> EvidenceTable:
    """Turns `text_<table>` (file, sheet, row and text columns) into `raw_<table>`."""
    supplied = set(columns)
    inner, outer, bits = [], [], []
    for i, column in enumerate(spec.columns):
        name = quoted(column.name)
        if column.name not in supplied:
            outer.append(f"NULL::{SQL_TYPES[column.type]} AS {name}")
            continue
        inner.append(f"{cleaned(name)} AS {quoted('t_' + column.name)}")
        outer.append(f"{typed(column, quoted('t_' + column.name), dictionary)} AS {name}")
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
    return EvidenceTable(spec.name, True, frozenset(supplied),
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
        known[name] = type_table(engine, spec, used, dictionary)
    if problems:
        return None, problems
    return EvidenceStore(engine, known, ()), []


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
    folder = Path(source)
    if not folder.is_dir():
        return None, [Problem("evidence-missing-folder", "there is no such folder of evidence", Location(folder.name),
                              "name a folder that holds one file a table, such as payments.csv")]
    dictionary = load_dictionary()
    declared, problems = read_manifest(folder, dictionary)
    with tempfile.TemporaryDirectory() as staging:
        parts, more = _stage_folder(folder, Path(staging), dictionary, declared)
        problems += more
        if problems:
            return None, problems
        backend = connect()
        store, problems = _load(backend, parts, dictionary, declared, bad_rows)
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
    if path.suffix.lower() not in (".csv", ".txt"):
        return [], [Problem("evidence-file-type", f"files of type '{path.suffix}' are not read", Location(path.name),
                            "hand over CSV, XLSX or Parquet")]
    staged, problems = stage_csv(path, spec, staging / f"part{number}.csv", path.name, encoding=declared.encoding,
                                 delimiter=declared.delimiter)
    return ([_Part(table, path.name, None, digest, staged)] if staged else []), problems


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
        typed_table = type_table(backend, spec, columns, dictionary)
        tables[table] = replace(typed_table, complete_from=said.complete_from, complete_to=said.complete_to)
        rejected = dict(backend.raw_sql(f"SELECT _file, count(*) FILTER (_doubt) FROM {quoted('raw_' + table)} GROUP BY 1").fetchall())
        for part in own:
            bad = rejected.get(part.file, 0)
            staged = part.staged
            files.append(EvidenceFile(table, part.file, part.sheet, part.sha256, staged.rows,
                                      staged.rows - staged.blank - bad, bad, staged.blank, staged.encoding,
                                      said.complete_from, said.complete_to, said.handed_over_by, said.handed_over_on))
    return EvidenceStore(backend, tables, tuple(files)), []


def _text_table(backend: Backend, table: str, parts: Sequence[_Part]) -> list[str]:
    """The text of all parts of a table as `text_<table>`; the columns that any part has."""
    columns = list(dict.fromkeys(c for p in parts for c in p.staged.columns))
    selects = []
    for part in parts:
        own = ", ".join(f"'{c}': 'VARCHAR'" for c in ("_row", *part.staged.columns))
        selected = ", ".join(quoted(c) if c in part.staged.columns else f"NULL::VARCHAR AS {quoted(c)}" for c in columns)
        sheet = text_literal(part.sheet) if part.sheet else "NULL::VARCHAR"
        selects.append(
            f"SELECT {text_literal(part.file)} AS _file, {sheet} AS _sheet, _row::INTEGER AS _row, {selected}"
            f" FROM read_csv({text_literal(str(part.staged.path))}, auto_detect=false, header=true, delim=',', quote='\"',"
            f" escape='\"', comment='', skip=0, strict_mode=true, new_line='\\n', nullstr='', columns={{{own}}},"
            f" hive_partitioning=false, parallel=false, max_line_size=50000000)")
    union = " UNION ALL ".join(selects)
    backend.raw_sql(f"CREATE OR REPLACE TABLE {quoted('text_' + table)} AS"
                    f" SELECT row_number() OVER (ORDER BY _file, _sheet, _row) AS _id, * FROM ({union})")
    return columns
