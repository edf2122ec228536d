"""Workbooks: read in a child process, every sheet staged like a CSV file."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compliance.evidence.csv_files import Staged, write_staged
from compliance.evidence.dictionary import TableSpec
from compliance.evidence.headers import match_headers
from compliance.ground import Location, Problem

_TIMEOUT = 150
_MESSAGES = {
    "formula": ("a formula: its shown value may not be what it computes", "paste the value instead of the formula"),
    "error-cell": ("an error value", "correct the cell"),
    "merged": ("merged cells: it is not said which rows they belong to", "unmerge them and fill every row"),
    "hidden": ("hidden rows or columns", "show them, or delete them"),
    "disorder": ("rows or cells that stand twice or out of their order: programs differ on which they show",
                 "save the workbook again from the spreadsheet program"),
    "hidden-sheet": ("the sheet is hidden", "show it, or delete it"),
    "long-number": ("a number of more than 15 digits: the spreadsheet has already cut it", "enter it again in a cell formatted as text"),
    "too-wide": ("too many columns", "delete what lies right of the table"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as text in a file of ours."""

    name: str
    path: Path


def read_workbook(path: Path, folder: Path, file: str) -> tuple[list[Sheet], list[Problem]]:
    """The visible text of every sheet; what would need a guess is a problem."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run([sys.executable, "-m", "compliance.evidence.xlsx_child", str(path), str(folder)],
                              capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        answer = {"fault": f"reading took more than {_TIMEOUT} seconds"}
    except json.JSONDecodeError:
        answer = {"fault": "reading it used more memory or time than any real table needs"}
    if "fault" in answer:
        return [], [Problem("evidence-workbook", f"the workbook cannot be read: {answer['fault']}", Location(file),
                            "save it again from the spreadsheet program, or as CSV (UTF-8)")]
    problems = [_problem(file, s["sheet"], *p) for s in answer["sheets"] for p in s["problems"]]
    return [Sheet(s["sheet"], folder / s["file"]) for s in answer["sheets"]], problems


def _problem(file: str, sheet: str, kind: str, row: int, where: str) -> Problem:
    message, help_ = _MESSAGES[kind]
    return Problem(f"evidence-{kind}", message, Location(file, row, 0, sheet, where or None), help_)


def stage_sheet(sheet: Sheet, spec: TableSpec, target: Path, file: str) -> tuple[Staged | None, list[Problem]]:
    """The sheet in the normal form of the engine; empty cells right of the header and empty rows do not count."""
    with sheet.path.open(encoding="utf-8", newline="") as text:
        rows = csv.reader(text)
        headers = _trimmed(next(rows, []))
        if not headers:
            return None, [Problem("evidence-empty-file", "the sheet is empty; not even a header", Location(file, 1, 0, sheet.name),
                                  "write the header line, or delete the sheet")]
        columns, problems = match_headers(headers, spec, file, sheet.name)
        if problems:
            return None, problems
        return write_staged(_padded(rows, len(headers)), columns, target, file, sheet.name, None)


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _padded(rows: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for row in rows:
        cells = _trimmed(row)
        yield cells + [""] * (width - len(cells))
