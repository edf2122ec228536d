"""Contracts as DOCX: paragraphs and rows in the order of the document, with the numbers that Word counts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.oxml.parser import parse_xml

from compliance.contract_text.readers.characters import plain_text
from compliance.contract_text.readers.docx_numbering import Counted, Counters, numbered_lists, value, whole
from compliance.contract_text.readers.docx_runs import HELD, plain_runs, unread_parts
from compliance.contract_text.readers.residue import cleaned_line, is_page_number
from compliance.contract_text.records import Line
from compliance.ground import Location, Problem

MAX_UNPACKED = 200 * 2**20
MAX_XML = 50 * 2**20
MAX_MEMBERS = 5_000
MAX_RATIO = 200
_MAX_SPAN = 64
_AGAIN = "open it in Word and save it again as .docx"


def read_docx(raw: bytes, file: str) -> tuple[list[Line], list[Problem]]:
    """The lines of a DOCX file: `number` counts paragraphs and rows of tables."""
    problem = _package_problem(raw, file)
    if problem is not None:
        return [], [problem]
    try:
        document = docx.Document(io.BytesIO(raw))
        return _read(document, file)
    except Exception as fault:  # a hostile package fails in as many ways as there are libraries below
        return [], [Problem("contract-damaged", f"the file is no readable DOCX document ({type(fault).__name__})", Location(file), _AGAIN)]


def _package_problem(raw: bytes, file: str) -> Problem | None:
    """What forbids to unpack a file."""
    place = Location(file)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        return Problem("contract-protected", "the file is protected by a password or an old .doc file", place,
                       "save it as .docx without password")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            members = package.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError):  # RuntimeError: a kind of package that the library does not read
        return Problem("contract-damaged", "the file is no DOCX document: it is not zipped", place, _AGAIN)
    size = sum(m.file_size for m in members)
    text = sum(m.file_size for m in members if m.filename.lower().endswith((".xml", ".rels")))
    if any(m.flag_bits & 1 for m in members):
        return Problem("contract-protected", "the file is protected by a password", place, "save it as .docx without password")
    # A package that unpacks to a multiple of what any writer packs was made to fill the memory.
    if size > MAX_UNPACKED or text > MAX_XML or len(members) > MAX_MEMBERS or (size > 10 * 2**20 and size > MAX_RATIO * len(raw)):
        return Problem("contract-too-large", f"the file unpacks to {size // 2**20} MB, more than any contract", place,
                       "remove its pictures, or save its text alone")
    return None


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style of paragraphs says, its own or from the style it is based on."""

    heading: bool = False
    contents: bool = False
    list_id: str | None = None
    level: int | None = None


@dataclass(slots=True)
class _Reading:
    """The state while a document is read."""

    file: str
    styles: Mapping[str | None, _Style]
    counters: Counters
    lines: list[Line] = field(default_factory=list)
    number: int = 0
    apart: bool = False
    before: str = ""  # of a paragraph whose end was deleted: it goes on in the next
    left_out: dict[str, int] = field(default_factory=dict)  # what was not read, with the number of its first line
    unknown: dict[str, int] = field(default_factory=dict)  # numbers that cannot be counted, likewise

    def add(self, line: Line | None) -> None:
        self.apart = line is None
        if line is not None:
            self.lines.append(line)


def _read(document: Document, file: str) -> tuple[list[Line], list[Problem]]:
    styles = _styles(document)
    reading = _Reading(file, styles, Counters(_lists(document, styles)))
    for block in _blocks(document.element.body, reading):
        if block.tag == qn("w:p"):
            _paragraph(reading, block)
        else:
            _table(reading, block)
    return reading.lines, [*_notes(reading), *_unread(document, file)]


def _styles(document: Document) -> dict[str | None, _Style]:
    """The styles by their id; that of paragraphs without style under None."""
    elements = {s.get(qn("w:styleId")): s for s in document.styles.element.iterchildren(qn("w:style"))}
    result: dict[str | None, _Style] = {}
    for id_, element in elements.items():
        chain, at = [element], value(element, "w:basedOn")
        while at in elements and elements[at] not in chain:
            chain.append(elements[at])
            at = value(elements[at], "w:basedOn")
        names = [(value(s, "w:name") or "").lower() for s in chain]
        lists = [p for s in chain if (p := s.find(f"{qn('w:pPr')}/{qn('w:numPr')}")) is not None]
        level = next((v for p in lists if (v := value(p, "w:ilvl")) is not None), None)
        result[id_] = _Style(any(n.startswith(("heading ", "标题")) or n == "title" for n in names), names[0].startswith(("toc ", "目录")),
                             next((v for p in lists if (v := value(p, "w:numId")) is not None), None),
                             None if level is None else whole(level, 0))
        if element.get(qn("w:type")) == "paragraph" and element.get(qn("w:default")) in ("1", "true", "on"):
            result[None] = result[id_]
    return result


def _lists(document: Document, styles: Mapping[str | None, _Style]) -> Mapping[str, Any]:
    try:
        part: Any = document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING)
    except KeyError:
        return {}
    return numbered_lists(part.element, {k: s.list_id for k, s in styles.items() if k is not None and s.list_id is not None})


def _blocks(parent: Any, reading: _Reading) -> Iterator[Any]:
    """Paragraphs and tables in their order, also of content controls; a table of contents would give every clause twice."""
    for child in parent:
        if child.tag in (qn("w:p"), qn("w:tbl")):
            yield child
        elif child.tag == qn("w:altChunk"):
            reading.left_out.setdefault("an inserted file", reading.number)
        elif child.tag == qn("w:sdt") and "Table of Contents" in (g.get(qn("w:val")) for g in child.iter(qn("w:docPartGallery"))):
            reading.left_out.setdefault("a table of contents", reading.number + 1)
        elif child.tag in HELD:
            yield from _blocks(child, reading)


def _paragraph(reading: _Reading, paragraph: Any) -> None:
    """A paragraph is one line, or several where a line break stands in it."""
    reading.number += 1
    style = reading.styles.get(_style_id(paragraph), _Style())
    text = _runs(reading, paragraph)
    if style.contents:
        if text.strip():
            reading.left_out.setdefault("a table of contents", reading.number)
        return
    if paragraph.find(f"{qn('w:pPr')}/{qn('w:rPr')}/{qn('w:del')}") is not None:
        reading.before += text
        return
    text, reading.before = reading.before + text, ""
    counted = _counted(reading, paragraph, style)
    # 1 before a title is a number for certain, which the bare figure does not show.
    label = f"{counted.label}." if counted.bare and text.strip() else counted.label
    for i, piece in enumerate(text.split("\n")):
        written = f"{label} {piece.strip()}" if label and i == 0 else piece
        line = cleaned_line(reading.number, plain_text(written).replace("\t", " "), apart=reading.apart)
        reading.add(replace(line, heading=line.heading or style.heading) if line else None)


def _style_id(paragraph: Any) -> str | None:
    return value(paragraph.find(qn("w:pPr")), "w:pStyle")


def _runs(reading: _Reading, paragraph: Any) -> str:
    text, hidden = plain_runs(paragraph)
    if hidden:
        reading.left_out.setdefault("hidden text", reading.number)
    return text


def _counted(reading: _Reading, paragraph: Any, style: _Style) -> Counted:
    """The number that Word counts for a paragraph: its own, or that of its style."""
    own = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
    list_id = value(own, "w:numId") or style.list_id
    if list_id is None or list_id == "0":
        return Counted()
    level = value(own, "w:ilvl")
    at = whole(level, 0) if level is not None else reading.counters.level_of_style(list_id, _style_id(paragraph) or "")
    counted = reading.counters.count(list_id, at if at is not None else style.level or 0)
    if counted.unknown is not None:
        reading.unknown.setdefault(counted.unknown, reading.number)
    return counted


def _table(reading: _Reading, table: Any) -> None:
    for row in _children(table, "w:tr"):
        properties = row.find(qn("w:trPr"))
        if properties is not None and properties.find(qn("w:del")) is not None:
            continue
        cells = list(_children(row, "w:tc"))
        blocks = list(_blocks(cells[0], reading)) if len(cells) == 1 else []
        if sum(1 for p in blocks if plain_runs(p)[0].strip()) > 1:  # a frame around text, not a row
            for block in blocks:
                _paragraph(reading, block) if block.tag == qn("w:p") else _table(reading, block)
            continue
        reading.number += 1
        _row(reading, row, cells)


def _row(reading: _Reading, row: Any, cells: list[Any]) -> None:
    """The text of merged cells stands once, in the first of them."""
    texts = [""] * min(whole(value(row.find(qn("w:trPr")), "w:gridBefore"), 0), _MAX_SPAN)
    for cell in cells:
        properties = cell.find(qn("w:tcPr"))
        merged = [m for t in ("w:vMerge", "w:hMerge") if properties is not None and (m := properties.find(qn(t))) is not None]
        goes_on = any(m.get(qn("w:val"), "continue") == "continue" for m in merged)
        text = _cell(reading, cell)
        span = min(max(whole(value(properties, "w:gridSpan"), 1), 1), _MAX_SPAN)
        texts += ["" if goes_on else text, *[""] * (span - 1)]
    if not any(texts):
        reading.add(None)
    elif len(texts) == 1:
        reading.add(cleaned_line(reading.number, texts[0], apart=reading.apart))
    else:
        reading.add(Line(reading.number, " | ".join(texts), 0, tuple(texts), False, reading.apart))


def _cell(reading: _Reading, cell: Any) -> str:
    """The text of a cell on one line, with that of a table inside of it."""
    parts = []
    for block in _blocks(cell, reading):
        if block.tag == qn("w:p"):
            text = _runs(reading, block)
            counted = _counted(reading, block, reading.styles.get(_style_id(block), _Style()))
            parts.append(f"{counted.label} {text}")
        else:
            reading.left_out.setdefault("the rows of a table inside of a cell (its text was read)", reading.number)
            parts += [_cell(reading, inner) for row in _children(block, "w:tr") for inner in _children(row, "w:tc")]
    return " ".join(plain_text(" ".join(parts)).split())


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, also inside of content controls."""
    for child in parent:
        if child.tag == qn(tag):
            yield child
        elif child.tag in HELD:
            yield from _children(child, tag)


def _notes(reading: _Reading) -> list[Problem]:
    left_out = [Problem("contract-unread", f"{what} was left out", Location(reading.file, line), "check that no clause stands there",
                        fatal=False) for what, line in reading.left_out.items()]
    unknown = [Problem("contract-numbering", f"the automatic numbering has {what}: the first stands here", Location(reading.file, line),
                       "turn the automatic numbers into text, or compare the clause numbers", fatal=False)
               for what, line in reading.unknown.items()]
    return left_out + unknown


def _unread(document: Document, file: str) -> list[Problem]:
    """Text outside of the body: in boxes, notes, headers, and in pictures."""
    return [Problem("contract-unread", f"{what} not read", Location(file), "check that no clause stands there", fatal=False)
            for what in unread_parts(document.element.body, _parts(document), is_page_number)]


def _parts(document: Document) -> list[tuple[str, Any]]:
    """The parts beside the body with their kind, parsed."""
    kinds = {RELATIONSHIP_TYPE.FOOTNOTES: "footnotes", RELATIONSHIP_TYPE.ENDNOTES: "endnotes", RELATIONSHIP_TYPE.HEADER: "headers",
             RELATIONSHIP_TYPE.FOOTER: "footers", RELATIONSHIP_TYPE.COMMENTS: "comments"}
    return [(kinds[r.reltype], parse_xml(r.target_part.blob)) for r in document.part.rels.values()
            if r.reltype in kinds and not r.is_external]
