"""Printed lines of a PDF file: which of them are headers, which go on with the paragraph before, which are rows of a table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Any

from compliance.contract_text.labels import read_label
from compliance.contract_text.readers.characters import plain_text
from compliance.contract_text.readers.residue import is_page_number

_PAGE_PART = re.compile(r"第\s*\d{1,4}\s*页|共\s*\d{1,4}\s*页|\d{1,4}\s*/\s*\d{1,4}|[-—–]\s*\d{1,4}\s*[-—–]|^\d{1,3}\s+|\s+\d{1,3}$")
_ENDED = re.compile(r"[。；;:：]$")
# A name and its value, or a short name with no value: a longer one before a colon may be the end of a sentence.
_FIELD = re.compile(r"[^，。；、,;：:]{1,14}[:：]\s*\S|[^，。；、,;：:]{1,6}[:：]$")
_EDGE = 3  # lines of a header or footer
_DRIFT = 6.0  # points by which a header moves from page to page
_SPACE = 0.35  # of the size of a character: a gap that is a space


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line on a page, in points from its upper left corner; `size` is that of its characters."""

    text: str
    left: float
    right: float
    top: float
    size: float
    apart: bool = False


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """A row of a ruled table."""

    cells: tuple[str, ...]
    top: float
    apart: bool = False


Part = PrintedLine | PrintedRow


def lines_of_pages(page: Any, with_tables: bool) -> list[Part]:
    """Lines and rows of one page from top to bottom; the text of a table is not among the lines."""
    # A frame around the page or a paragraph has one cell: its text is no table.
    tables = [t for t in page.find_tables() if max(len(r.cells) for r in t.rows) > 1] if with_tables else []
    boxes = [t.bbox for t in tables]
    rest = page.filter(lambda o: o["object_type"] != "char" or not any(_inside(o, b) for b in boxes)) if boxes else page
    parts: list[Part] = [PrintedLine(plain_text(line["text"]).strip(), line["x0"], line["x1"], line["top"],
                                     median(c["size"] for c in line["chars"]))
                         for line in (rest.extract_text_lines(x_tolerance_ratio=_SPACE) if rest.chars else []) if line["text"].strip()]
    for table in tables:
        for i, (row, cells) in enumerate(zip(table.rows, table.extract(x_tolerance_ratio=_SPACE), strict=True)):
            texts = tuple(_unwrapped(c or "") for c in cells)
            if any(texts):
                parts.append(PrintedRow(texts, row.bbox[1], i == 0))
    return _set_apart(sorted(parts, key=lambda p: p.top))


def _inside(char: Any, box: tuple[float, float, float, float]) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _unwrapped(cell: str) -> str:
    text = ""
    for line in plain_text(cell).splitlines():
        text = _put_together(text, " ".join(line.split()))
    return text


def _put_together(before: str, after: str) -> str:
    """Chinese goes on without a space; words and numbers of other scripts do not."""
    return f"{before} {after}" if before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii() and after[:1].isalpha() \
        else before + after


def _set_apart(parts: Sequence[Part]) -> list[Part]:
    """Marks the lines that a gap of more than a line stands before."""
    pitch = _pitch(parts)
    return [replace(part, apart=True) if i and pitch and part.top - parts[i - 1].top > 1.8 * pitch and isinstance(part, PrintedLine)
            and isinstance(parts[i - 1], PrintedLine) else part for i, part in enumerate(parts)]


def _pitch(parts: Sequence[Part]) -> float:
    """The distance from line to line inside of paragraphs; 0 where there is one line. Gaps between paragraphs are larger."""
    steps = sorted(b.top - a.top for a, b in pairwise(parts) if isinstance(a, PrintedLine) and isinstance(b, PrintedLine))
    return steps[len(steps) * 3 // 10] if steps else 0.0


def without_edges(pages: Sequence[Sequence[Part]]) -> tuple[list[list[Part]], list[str]]:
    """The pages without headers, footers and page numbers, and what these were.

    A header is one of the first or last lines that stands in the same place on most pages, whatever page it numbers.
    """
    places: dict[str, list[float]] = defaultdict(list)
    for parts in pages:
        for key, top in {_key(p): p.top for p in [*parts[:_EDGE], *parts[-_EDGE:]] if isinstance(p, PrintedLine)}.items():
            places[key].append(top)
    filled = sum(1 for p in pages if p)
    repeated = {key for key, tops in places.items()
                if key and len(steady := [t for t in tops if abs(t - median(tops)) <= _DRIFT]) >= 2 and len(steady) * 2 > filled}
    bodies: list[list[Part]] = []
    shown: dict[str, str] = {}
    numbers = 0
    for parts in pages:
        body = list(parts)
        for end in (0, -1):
            numbered = False
            for _ in range(_EDGE):
                edge = body[end] if body else None
                if not isinstance(edge, PrintedLine):
                    break
                if _key(edge) in repeated:
                    shown.setdefault(_key(edge), edge.text)
                elif is_page_number(edge.text) and not numbered:
                    numbered, numbers = True, numbers + 1
                else:
                    break
                body.pop(end)
        bodies.append(body)
    return bodies, [*(f"'{t[:60]}'" for t in shown.values()), *([f"{numbers} page numbers"] if numbers else [])]


def _key(part: Part) -> str:
    return re.sub(r"\s+", "", _PAGE_PART.sub("", part.text)) if isinstance(part, PrintedLine) else ""


def joined(pages: Sequence[Sequence[Part]]) -> list[list[Part]]:
    """Puts the lines of a paragraph together where their places on the page show that they are one."""
    column = _column(pages)
    result: list[list[Part]] = []
    printed: list[PrintedLine] = []  # the lines of the last part
    owner: list[Part] = []  # the page it begins on
    for parts in pages:
        pitch = _pitch(parts)
        body: list[Part] = []
        for i, part in enumerate(parts):
            if isinstance(part, PrintedLine) and printed and _goes_on(printed, part, column, pitch if i else None):
                owner[-1] = replace(printed[0], text=_put_together(_text(owner[-1]), part.text))
                printed.append(part)
                continue
            printed, owner = ([part] if isinstance(part, PrintedLine) else []), body
            body.append(part)
        result.append(body)
    return result


def _text(part: Part) -> str:
    return part.text if isinstance(part, PrintedLine) else ""


def _column(pages: Sequence[Sequence[Part]]) -> tuple[float, float]:
    """Where full lines begin and end; infinity where too few lines tell."""
    lines = [p for parts in pages for p in parts if isinstance(p, PrintedLine)]
    if len(lines) < 5:
        return 0.0, float("inf")
    ends, begins = sorted(p.right for p in lines), sorted(p.left for p in lines)
    # A single line may stand out of the column.
    begin, end = begins[len(begins) // 20], ends[int(len(ends) * 0.95) - 1]
    size = median(p.size for p in lines)
    # Lines of less than 20 characters are no running text.
    is_column = end - begin > 20 * size and sum(1 for e in ends if abs(e - end) <= 1.5 * size) > 2
    return begin, end if is_column else float("inf")


def _goes_on(printed: Sequence[PrintedLine], line: PrintedLine, column: tuple[float, float], pitch: float | None) -> bool:
    """Whether a line belongs to the paragraph of those before it.

    The line before it must be full. Where the paragraph is indented and this line is not, the layout tells it is one; else
    a new paragraph looks the same, and the end of a sentence, a label or a field after a field decides. `pitch` is None for
    the first line of a page: there only the layout tells.
    """
    first, last, em = printed[0], printed[-1], line.size
    if last.right < column[1] - 1.6 * em or abs(line.size - last.size) > 1 or line.apart:
        return False
    if pitch is not None and line.top - last.top > 1.5 * pitch:
        return False
    if len(printed) > 1 and abs(line.left - last.left) > 0.6 * em:
        return False
    ended = _ENDED.search(last.text) is not None
    label = read_label(line.text)
    if first.left - line.left > em:
        return not ended or label is None
    if pitch is None or (line.left - column[0] > em and abs(line.left - first.left) <= 0.6 * em and len(printed) == 1):
        return False  # indented as paragraphs begin
    if line.left - first.left > 0.6 * em and len(printed) == 1:
        return read_label(first.text) is not None and label is None and not ended
    return not ended and label is None and not (_FIELD.match(first.text) and _FIELD.match(line.text))
