"""The files as the parties hand them over: CSV, a workbook, a Parquet table, and evidence.yaml."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from compliance.evidence.dictionary import ColumnSpec, load_dictionary
from generator.rows import Rows, Tables


@dataclass(frozen=True, slots=True)
class Handover:
    """How one contract's evidence comes: by whom, when, and in what form."""

    by: str
    on: str
    encoding: str = "utf-8"
    chinese: bool = False
    workbook: str | None = None


def columns_of(table: str, rows: Rows) -> list[ColumnSpec]:
    """The columns that some row has, in the order of the dictionary; all of them where the table is empty."""
    used = {name for row in rows for name in row}
    return [c for c in load_dictionary().tables[table].columns if c.name in used or not rows]


def cell(column: ColumnSpec, value: object, chinese: bool) -> str:
    match value:
        case None:
            return ""
        case bool():
            return ("是" if value else "否") if chinese else str(value).lower()
        case str() if chinese and column.enum is not None:
            return next(c.zh for c in load_dictionary().code_lists[column.enum].values if c.code == value)
        case _:
            return str(value)


def lines(table: str, rows: Rows, chinese: bool) -> list[list[str]]:
    columns = columns_of(table, rows)
    head = [c.zh if chinese else c.name for c in columns]
    return [head, *([cell(c, row.get(c.name), chinese) for c in columns] for row in rows)]


def write_csv(path: Path, table: str, rows: Rows, how: Handover) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(lines(table, rows, how.chinese))
    path.write_bytes(out.getvalue().encode(how.encoding))


def write_workbook(path: Path, tables: Tables, chinese: bool) -> None:
    """A workbook with a sheet a table; made anew without the times that would change its bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    for table, rows in tables.items():
        sheet = book.create_sheet(load_dictionary().tables[table].zh)
        for line in lines(table, rows, chinese):
            sheet.append([value or None for value in line])
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in sorted(made.namelist()):
            data = made.read(name)
            if name == "docProps/core.xml":  # the library writes the time of saving into it
                start, end = data.index(b"<dcterms:modified"), data.index(b"</dcterms:modified>")
                data = data[:start] + b'<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z' + data[end:]
            fixed.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def write_manifest(folder: Path, files: dict[str, str], how: Handover) -> None:
    """evidence.yaml: who handed the files over, when, and what they were."""
    out = ["tables:"]
    for table, file in sorted(files.items()):
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        # A manifest entry names files of one table; the sheets of a workbook are found by their names.
        named = "" if file == how.workbook else f"file: {file}, "
        encoding = f"encoding: {how.encoding}, " if file.endswith(".csv") and how.encoding == "gb18030" else ""
        out.append(f"  {table}: {{{named}{encoding}handed_over_by: {how.by}, handed_over_on: {how.on}, sha256: {digest}}}")
    (folder / "evidence.yaml").write_text("\n".join(out) + "\n", encoding="utf-8", newline="\n")


def write_evidence(folder: Path, tables: Tables, how: Handover, others: dict[str, str]) -> None:
    """All files of one contract; `others` are the tables that already lie in the folder, with their files."""
    files = dict(others)
    if how.workbook:
        write_workbook(folder / how.workbook, tables, how.chinese)
        files |= dict.fromkeys(tables, how.workbook)
    else:
        for table, rows in tables.items():
            files[table] = f"{load_dictionary().tables[table].zh if how.chinese else table}.csv"
            write_csv(folder / files[table], table, rows, how)
    write_manifest(folder, files, how)
