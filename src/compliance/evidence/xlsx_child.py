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
from typing import Any

from openpyxl import load_workbook

MEMORY = 2 * 1024**3
SECONDS = 120
MAX_COLUMNS = 500
MAX_PROBLEMS = 50
MAX_PART = 256 * 1024**2
# Excel keeps 15 digits of a number; an account or identity number typed as a number has already lost the rest.
MAX_EXACT = 10**15
_HIDDEN = re.compile(rb"""<(?:\w+:)?(?:row|col)\b[^>]*\bhidden\s*=\s*["'](?:1|true)["']""")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b")
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


def sheet_faults(workbook: Path) -> dict[str, list[str]]:
    """Merged cells and hidden rows or columns, by the part of the package they stand in."""
    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(workbook) as package:
        for name in package.namelist():
            if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                continue
            with package.open(name) as part:
                text = part.read(MAX_PART + 1)
            if len(text) > MAX_PART:
                raise ValueError("a sheet is larger than 256 MB; hand it over as Parquet or CSV")
            if b"\0" in text:
                raise ValueError("a sheet is not written in UTF-8")
            if _MERGED.search(text):
                found.setdefault(name, []).append("merged")
            if _HIDDEN.search(text):
                found.setdefault(name, []).append("hidden")
    return found


def read(workbook: Path, folder: Path) -> list[dict[str, Any]]:
    """Every sheet: its name, the file with its text, and its faults."""
    faults = sheet_faults(workbook)
    book = load_workbook(workbook, read_only=True, data_only=False, keep_links=False)
    result = []
    for number, sheet in enumerate(book.worksheets):
        part = getattr(sheet, "_worksheet_path", "")
        problems: list[list[Any]] = [[kind, 0, ""] for kind in faults.get(part.lstrip("/"), [])]
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
