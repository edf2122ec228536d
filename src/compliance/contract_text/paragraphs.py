"""From lines to paragraphs: sentences that a page or line break cut are put together, labels inside a line begin one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from compliance.contract_text.labels import Label, read_label
from compliance.contract_text.records import Line

_ENDS = re.compile(r"[。：:！!？?”」》）)】…]$")
_FIELD = re.compile(r"[^，。；、,;：:]{1,14}[:：]")
_INSIDE = re.compile(r"(?<=[。；])\s*(?=\d{1,3}(?:[.．]\d{1,3})+\s*[^\d\s.．%％])")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or a row of a table with its label, if it has one."""

    text: str
    first: int
    last: int
    label: Label | None
    page: int = 0
    cells: tuple[str, ...] = ()
    heading: bool = False
    apart: bool = False

    @property
    def is_finished(self) -> bool:
        return _ENDS.search(self.text) is not None

    @property
    def is_sentence(self) -> bool:
        """Whether this is more than a title: it is long, or has the punctuation of a sentence inside."""
        return len(self.text) > 30 or re.search(r"[，。；,;]|[：:].", self.text) is not None

    @property
    def introduces(self) -> bool:
        """Whether what follows belongs to it."""
        return self.text.endswith((":", "："))

    @property
    def is_field(self) -> bool:
        """A name and a value, such as 地址：..., or a name whose value was left out."""
        return (self.label is None and len(self.text) < 60 and _FIELD.match(self.text) is not None
                and re.search(r"[，。；]", self.text) is None)


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """The paragraphs of a text in its order."""
    result: list[Paragraph] = []
    for part in _parts(_without_lone_rows(lines)):
        before = result[-1] if result else None
        if before is not None and part.cells and before.cells and _continues_row(before, part):
            result[-1] = _joined_rows(before, part)
        elif before is not None and not part.cells and not before.cells and _continues(before, part):
            result[-1] = replace(before, text=before.text + part.text, last=part.last)
        else:
            result.append(part)
    return result


def _without_lone_rows(lines: Sequence[Line]) -> list[Line]:
    """A single indented line is no table."""
    result = list(lines)
    for i, line in enumerate(lines):
        if not line.cells:
            continue
        beside = any(0 <= j < len(lines) and lines[j].cells for j in (i - 1, i + 1))
        filled = [c for c in line.cells if c]
        if not beside and len(filled) == 1:
            result[i] = replace(line, text=filled[0], cells=())
    return result


def _parts(lines: Sequence[Line]) -> Iterator[Paragraph]:
    """Lines, divided where a dotted label stands inside of one after the end of a sentence."""
    last: tuple[int, ...] = ()
    for line in lines:
        if line.cells:
            yield Paragraph(line.text, line.number, line.number, None, line.page, line.cells, False, line.apart)
            continue
        for i, piece in enumerate(_pieces(line.text, last)):
            label = read_label(piece)
            if label is not None and label.kind == "dotted":
                last = label.numbers
            yield Paragraph(label.rest if label else piece, line.number, line.number, label, line.page, (),
                            line.heading and i == 0, line.apart and i == 0)


def _pieces(text: str, last: tuple[int, ...]) -> list[str]:
    """A line cut before the number that follows the last dotted one: a sentence may end in the line that begins the next."""
    own = read_label(text)
    if own is not None and own.kind == "dotted":
        last = own.numbers
    pieces, start = [], 0
    for found in _INSIDE.finditer(text):
        label = read_label(text[found.end():])
        if label is not None and label.kind == "dotted" and last and label.numbers == (*last[:-1], last[-1] + 1):
            pieces.append(text[start:found.start()].strip())
            start, last = found.end(), label.numbers
    return [*pieces, text[start:].strip()]


def _continues(before: Paragraph, part: Paragraph) -> bool:
    """Whether a line goes on with the sentence before it."""
    return (part.label is None and not part.heading and not before.heading and not before.is_finished and before.is_sentence
            and not part.is_field and not before.is_field)


def _continues_row(before: Paragraph, part: Paragraph) -> bool:
    """Whether a row is the rest of a cell that a page break cut."""
    filled = [i for i, c in enumerate(part.cells) if c]
    if not part.apart or len(filled) != 1 or len(part.cells) > len(before.cells):
        return False
    cell = before.cells[filled[0]]
    return bool(cell) and filled[0] > 0 and read_label(part.cells[filled[0]]) is None and not re.search(r"[。；;]$", cell)


def _joined_rows(before: Paragraph, part: Paragraph) -> Paragraph:
    cells = tuple(c + (part.cells[i] if i < len(part.cells) else "") for i, c in enumerate(before.cells))
    return replace(before, cells=cells, text=" | ".join(cells), last=part.last)
