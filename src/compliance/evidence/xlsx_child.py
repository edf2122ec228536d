"""Reads one workbook in a process of its own, with limits, and writes each sheet as CSV text.

Run as `python -m compliance.evidence.xlsx_child WORKBOOK FOLDER`; prints what it found as JSON. A workbook is hostile
until it has been read: a file of a few kilobytes can ask for all memory there is.
"""

from __future__ import annotations

import csv
import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from xml.parsers.expat import ParserCreate

from openpyxl import load_workbook
from openpyxl.utils import coordinate_to_tuple

MEMORY = 2 * 1024**3
SECONDS = 120
MAX_COLUMNS = 500
MAX_PROBLEMS = 50
MAX_PART = 256 * 1024**2
# Excel keeps 15 digits of a number; an account or identity number typed as a number has already lost the rest.
MAX_EXACT = 10**15
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ZEROS = re.compile(r"0{2,}")


def limit() -> None:
    """Bounds memory and time of this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def cell_text(value: Any, form: str = "") -> str:
    """A typed cell as exact text: whole numbers without a point, days without a clock unless the format shows one."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            day_only = value.time() == time() and "h" not in form.lower()
            return value.strftime("%Y-%m-%d" if day_only else "%Y-%m-%d %H:%M:%S")
        case date():
            return value.isoformat()
        case int() | float() if _ZEROS.fullmatch(form) and value >= 0 and value == int(value):
            return str(int(value)).zfill(len(form))  # shown as 00123: the zeros belong to what a person sees
        case float():
            return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
        case _:
            return str(value)


def check_package(workbook: Path) -> None:
    """Refuses a package that two programs would unpack differently, or that is out of all proportion; by ValueError."""
    with zipfile.ZipFile(workbook) as package:
        if len(set(package.namelist())) < len(package.namelist()):
            raise ValueError("a part stands twice in the file")
        if any(part.file_size > MAX_PART for part in package.infolist()):
            raise ValueError("a part is larger than 256 MB; hand it over as Parquet or CSV")


def sheet_faults(part: IO[bytes]) -> list[tuple[str, int]]:
    """What a sheet says of itself that a person or a reader does not see, each with the first row of it.

    Merged cells, hidden rows or columns; rows or cells that are out of their order, of which readers drop some.
    """
    found: dict[str, int] = {}
    row = column = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        space, _, name = tag.rpartition(" ")
        if name == "row":
            last, row, column = row, int(attributes.get("r", row + 1)), 0
            if row <= last or space != _MAIN:
                found.setdefault("disorder", row)
        elif name == "c":
            last = column
            line, column = coordinate_to_tuple(attributes["r"]) if "r" in attributes else (row, column + 1)
            if line != row or column <= last or space != _MAIN:
                found.setdefault("disorder", row)
        elif name == "mergeCell":
            found.setdefault("merged", 0)
        if _is_hidden(name, attributes):
            found.setdefault("hidden", row if name == "row" else 0)

    def declares(*_: object) -> None:
        raise ValueError("a sheet declares a document type")

    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = start, declares
    parser.ParseFile(part)
    return list(found.items())


def _is_hidden(name: str, attributes: dict[str, str]) -> bool:
    """A row or column that is not shown, by itself, by its size or because the sheet shows none unless it says so."""
    def on(key: str) -> bool:
        return attributes.get(key, "").strip() in ("1", "true")

    match name:
        case "row":
            return on("hidden") or float(attributes.get("ht", 1)) == 0
        case "col":
            return on("hidden") or float(attributes.get("width", 1)) == 0
        case "sheetFormatPr":
            return on("zeroHeight")
        case _:
            return False


def read(workbook: Path, folder: Path) -> list[dict[str, Any]]:
    """Every sheet: its name, the file with its text, and its faults."""
    check_package(workbook)
    book = load_workbook(workbook, read_only=True, data_only=False, keep_links=False)
    result = []
    for number, sheet in enumerate(book.worksheets):
        with sheet._get_source() as part:  # the part that will be read, whatever else the package holds
            problems: list[list[Any]] = [[kind, row, ""] for kind, row in sheet_faults(part)]
        if sheet.sheet_state != "visible":
            problems.append(["hidden-sheet", 0, ""])
        sheet.reset_dimensions()  # the size a sheet states may be forged, and rows beyond it would be dropped in silence
        target = folder / f"sheet{number}.csv"
        with target.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for row_number, row in enumerate(sheet.iter_rows(), start=1):
                if len(row) > MAX_COLUMNS:
                    problems.append(["too-wide", row_number, str(len(row))])
                    break
                for cell in row:
                    if cell.data_type in ("f", "e") and len(problems) < MAX_PROBLEMS:
                        kind = "formula" if cell.data_type == "f" else "error-cell"
                        problems.append([kind, row_number, getattr(cell, "coordinate", "")])
                    elif (type(cell.value) in (int, float) and abs(cell.value) >= MAX_EXACT
                          and len(problems) < MAX_PROBLEMS):
                        problems.append(["long-number", row_number, getattr(cell, "coordinate", "")])
                writer.writerow([cell_text(cell.value, getattr(cell, "number_format", "") or "") for cell in row])
        result.append({"sheet": sheet.title, "file": target.name, "problems": problems})
    return result


if __name__ == "__main__":
    limit()
    try:
        print(json.dumps({"sheets": read(Path(sys.argv[1]), Path(sys.argv[2]))}))
    except Exception as fault:
        # Whatever a hostile workbook provokes is told to the parent in one line; it becomes a problem of the file.
        print(json.dumps({"fault": f"{type(fault).__name__}: {fault}"[:300]}))
