"""Evidence in the engine: tables of text become typed tables; a row that cannot be read stays and is marked."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import ibis
from ibis.backends.duckdb import Backend

from compliance.evidence.dictionary import Dictionary, TableSpec, load_dictionary
from compliance.evidence.parsing import SQL_TYPES, cleaned, quoted, typed
from compliance.evidence.records import EvidenceStore, EvidenceTable
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
