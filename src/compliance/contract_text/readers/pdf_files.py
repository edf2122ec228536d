"""Contracts as PDF with text: the lines of the pages put together to paragraphs, ruled tables as rows."""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect

from compliance.contract_text.readers.characters import lost_characters, plain_text
from compliance.contract_text.readers.pdf_lines import PrintedLine, PrintedRow, joined, lines_of_pages, without_edges
from compliance.contract_text.readers.residue import cleaned_line
from compliance.contract_text.records import Line
from compliance.ground import Location, Problem

MAX_PAGES = 500
MAX_CHARACTERS = 20_000  # of a page: a dense one has 2000
MAX_EDGES = 4_000  # of a page: finding tables among more takes minutes
MAX_STREAM = 100 * 2**20  # bytes of a part of the file once unpacked: a page of text has some thousands
_HALF = 0.5


def read_pdf(raw: bytes, file: str) -> tuple[list[Line], list[Problem]]:
    """The lines of a PDF file: `number` counts paragraphs and rows, `page` from 1."""
    place = Location(file)
    if _bursts(raw):
        return [], [Problem("contract-too-large", "a part of the file unpacks to more than 100 MB", place,
                            "print it to a new PDF file, or ask for the contract as DOCX")]
    try:
        with _quiet(), pdfplumber.open(io.BytesIO(raw)) as document:
            if len(document.pages) > MAX_PAGES:
                return [], [Problem("contract-too-large", f"the file has {len(document.pages)} pages, more than {MAX_PAGES}", place,
                                    "hand over the pages of the contract alone")]
            return _read(document, file)
    except Exception as fault:  # a hostile file fails in as many ways as the parser has places
        if any(isinstance(f, PDFPasswordIncorrect | PDFEncryptionError) for f in (fault, fault.__cause__, fault.__context__, *fault.args)):
            return [], [Problem("contract-protected", "the file is protected by a password", place, "save it without password")]
        return [], [Problem("contract-damaged", f"the file is no readable PDF document ({type(fault).__name__})", place,
                            "print it to a new PDF file, or ask for the contract as DOCX")]


def _bursts(raw: bytes) -> bool:
    """Whether a packed part was made to fill the memory: the parser unpacks parts without a limit."""
    for found in re.finditer(rb"stream\r?\n(?=[\x08-\x78])", raw):
        end = raw.find(b"endstream", found.end())
        packed = raw[found.end():end if end >= 0 else len(raw)]
        if len(packed) * 1032 < MAX_STREAM:  # what deflate can do at most
            continue
        try:
            if len(zlib.decompressobj().decompress(packed, MAX_STREAM + 1)) > MAX_STREAM:
                return True
        except zlib.error:  # packed in another way
            continue
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """The parser talks about every oddity of a file on the terminal."""
    logger = logging.getLogger("pdfminer")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _read(document: pdfplumber.PDF, file: str) -> tuple[list[Line], list[Problem]]:
    pages, problems, pictured, nearly = [], [], [], []
    for page in document.pages:
        number = page.page_number
        parts, faults = _page(page, file)
        problems += faults
        pages.append(parts)
        share = max((abs(i["width"] * i["height"]) for i in page.images), default=0) / max(float(page.width * page.height), 1.0)
        if page.images and not parts:
            pictured.append(number)
        elif share >= _HALF:
            nearly.append(number)
        page.close()
    bodies, left_out = without_edges(pages)
    # A scanned page may bear the name of the scanner or its number as text.
    pictured = sorted(pictured + [n for n in nearly if not bodies[n - 1]])
    if pictured:
        problems.append(Problem("contract-scanned", f"{_named(pictured)} without text, only a picture: scanned", Location(file),
                                "run OCR (text recognition) on the file, or ask for the text"))
    if left_out:
        problems.append(Problem("contract-page-lines", f"headers, footers and numbers of pages were left out: {'; '.join(left_out)}",
                                Location(file), "check that no clause is among them", fatal=False))
    problems += _unreadable(bodies, file)
    return _lines(bodies), problems


def _named(pages: Sequence[int]) -> str:
    return f"page {pages[0]} is" if len(pages) == 1 else f"pages {', '.join(map(str, pages))} are"


def _page(page: Any, file: str) -> tuple[list[PrintedLine | PrintedRow], list[Problem]]:
    """Lines and rows of a page from top to bottom."""
    number = page.page_number
    if len(page.chars) > MAX_CHARACTERS:
        return [], [Problem("contract-too-large", f"page {number} has more than {MAX_CHARACTERS} characters", Location(file),
                            "hand over the pages of the contract alone")]
    problems = []
    turned = sum(1 for c in page.chars if not c["upright"] and c["text"].strip())
    if turned:
        problems.append(Problem("contract-unread", f"page {number}: {turned} characters that stand askew (a watermark?) were left out",
                                Location(file), "check that no clause stands there", fatal=False))
    if any(a.get("data", {}).get("V") for a in page.annots):
        problems.append(Problem("contract-unread", f"page {number}: fields of a form were not read", Location(file),
                                "print the file to a new PDF file", fatal=False))
    if len(page.edges) > MAX_EDGES:
        problems.append(Problem("contract-unread", f"page {number} has too many drawn lines: its tables were read as text", Location(file),
                                "compare its tables with the contract", fatal=False))
    upright = page.filter(lambda o: o["object_type"] != "char" or (o["upright"] and _is_on(page, o))).dedupe_chars()
    return lines_of_pages(upright, len(page.edges) <= MAX_EDGES), problems


def _is_on(page: Any, char: Any) -> bool:
    """Whether a character stands on the visible page."""
    x0, top, x1, bottom = page.bbox
    return x0 <= (char["x0"] + char["x1"]) / 2 <= x1 and top <= (char["top"] + char["bottom"]) / 2 <= bottom


def _unreadable(pages: Sequence[Sequence[PrintedLine | PrintedRow]], file: str) -> list[Problem]:
    """Pages whose font does not say what its characters are."""
    bad = []
    for number, parts in enumerate(pages, start=1):
        text = "".join(p.text if isinstance(p, PrintedLine) else "".join(p.cells) for p in parts)
        if lost_characters(text) * 20 > len(text):
            bad.append(number)
    return [] if not bad else [Problem("contract-unreadable", f"{_named(bad)} in a font that does not tell its characters",
                                       Location(file), "run OCR (text recognition) on the file, or ask for the contract as DOCX")]


def _lines(pages: Sequence[Sequence[PrintedLine | PrintedRow]]) -> list[Line]:
    """The paragraphs and rows; the first of a page stands apart from what is before it."""
    result: list[Line] = []
    number = 0
    for page, parts in enumerate(joined(pages), start=1):
        first = True
        for part in parts:
            number += 1
            apart = (first and page > 1) or part.apart
            if isinstance(part, PrintedRow):
                line: Line | None = Line(number, " | ".join(part.cells), page, part.cells, False, apart)
            else:
                line = cleaned_line(number, plain_text(part.text).replace("\t", " "), page=page, apart=apart)
            if line is not None:
                result.append(replace(line, heading=False))
                first = False
    return result
