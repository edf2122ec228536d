"""CSV files: decoded and split strictly, then written once more in one normal form for the engine."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from compliance.evidence.counting import Profile
from compliance.evidence.dictionary import TableSpec
from compliance.evidence.headers import column_names, match_headers, plain
from compliance.ground import Location, Problem

ENCODINGS = {"utf-8": "utf-8-sig", "utf8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030",
             "gb2312": "gb18030"}
MAX_CELL = 32_767
# With every character of four bytes a row stays within the longest line that the engine reads.
MAX_ROW = 900_000
MAX_BYTES = 256 * 1024**2
MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Staged:
    """A file as the engine reads it: CSV with header `_row` and the columns, every cell quoted; or Parquet with its `headers`."""

    path: Path
    columns: tuple[str, ...]
    rows: int
    blank: int
    encoding: str | None
    headers: tuple[str, ...] = ()
    profile: Profile | None = None


def decode(raw: bytes, spec: TableSpec, declared: str | None, file: str, delimiter: str = ",",
           ) -> tuple[str | None, str, list[Problem]]:
    """The text of a file; without a declaration the header decides, and it must decide clearly."""
    if b"\0" in raw:
        return None, "", [Problem("evidence-nul-byte", "the file holds NUL bytes; it is no CSV text", Location(file),
                                  "save it again as CSV (UTF-8)")]
    if declared is not None and declared.lower() not in ENCODINGS:
        return None, "", [Problem("evidence-unknown-encoding", f"the encoding '{declared}' is not known", Location(file),
                                  "declare utf-8 or gb18030 in evidence.yaml")]
    names = column_names(spec)
    tried = [ENCODINGS[declared.lower()]] if declared else ["utf-8-sig", "gb18030"]
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as fault:
            if declared or encoding == tried[-1]:
                line = raw.count(b"\n", 0, fault.start) + 1
                return None, "", [Problem("evidence-encoding", f"byte {fault.start} is not {encoding.removesuffix('-sig')}",
                                          Location(file, line), "save the file as UTF-8, or declare its encoding in evidence.yaml")]
            continue
        header = text.split("\n", 1)[0]
        if declared or raw.isascii() or any(plain(h.strip('"')) in names for h in header.strip().split(delimiter)):
            if not declared and encoding == "utf-8-sig" and _is_ambiguous(raw, header, text):
                break
            return text, encoding.removesuffix("-sig"), []
    return None, "", [Problem("evidence-encoding", "the header decides no encoding", Location(file, 1),
                              "save the file as UTF-8, or declare its encoding in evidence.yaml")]


def _is_ambiguous(raw: bytes, header: str, text: str) -> bool:
    """An English header decides nothing, and every other character of the text is also a Chinese one of GB18030.

    Chinese text in UTF-8 has characters of three bytes; a text with characters of two bytes only may be either.
    """
    if raw.isascii() or raw.startswith(b"\xef\xbb\xbf") or not header.isascii() or any(c > "\u07ff" for c in text):
        return False
    # Clause numbers are written with these signs; the characters of GB18030 in their place are rare ones.
    if {c for c in text if not c.isascii()} <= set("¶§·×÷°±²³"):
        return False
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def stage_csv(path: Path, spec: TableSpec, target: Path, file: str, *, encoding: str | None = None,
              delimiter: str = ",") -> tuple[Staged | None, list[Problem]]:
    """Reads a CSV file strictly; every fault of its form is a problem with its row."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None, [Problem("evidence-too-large", "the CSV file is larger than 256 MB", Location(file),
                                  "hand over a table of this size as Parquet")]
        raw = path.read_bytes()
    except OSError as fault:
        return None, [Problem("evidence-unreadable", f"cannot read the file: {fault.strerror}", Location(file))]
    text, used, problems = decode(raw, spec, encoding, file, delimiter)
    if text is None:
        return None, problems
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        headers = next(rows, None)
        if headers is None:
            return None, [Problem("evidence-empty-file", "the file is empty; not even a header", Location(file),
                                  "write the header line; a table with a header and no rows says that there are none")]
        columns, problems = match_headers(headers, spec, file)
        if problems:
            return None, problems
        return write_staged(rows, columns, target, file, None, used)
    except csv.Error as fault:
        return None, [Problem("evidence-csv", f"the line is not CSV: {fault}", Location(file, rows.line_num),
                              "check the quotes of this line")]


def write_staged(rows: Iterable[Sequence[str]], columns: Sequence[str], target: Path, file: str, sheet: str | None,
                 encoding: str | None) -> tuple[Staged | None, list[Problem]]:
    """Writes rows in the normal form; rows with more or fewer cells than the header are problems."""
    problems: list[Problem] = []
    count = blank = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["_row", *columns])
        for number, row in enumerate(rows, start=2):
            count += 1
            if len(problems) >= MAX_SHOWN:
                problems.append(Problem("evidence-more-problems", f"more rows than the first {MAX_SHOWN} have such a fault",
                                        Location(file, number, 0, sheet), "correct these first; the rest was not looked at"))
                break
            if not any(cell.strip() for cell in row):
                blank += 1
                continue
            if len(row) != len(columns):
                problems.append(Problem("evidence-ragged-row", f"{len(row)} cells where the header has {len(columns)}",
                                        Location(file, number, 0, sheet), "a comma inside a cell needs quotes around the cell"))
                continue
            if any(len(cell) > MAX_CELL for cell in row) or sum(map(len, row)) > MAX_ROW:
                problems.append(Problem("evidence-cell-too-long", f"a cell has more than {MAX_CELL} characters, "
                                        f"or the row more than {MAX_ROW}",
                                        Location(file, number, 0, sheet)))
                continue
            writer.writerow([number, *row])
    return (None, problems) if problems else (Staged(target, tuple(columns), count, blank, encoding), [])

