"""What formats leave in a text: marks of Markdown and HTML, bookmarks of Word, numbers of pages."""

from __future__ import annotations

import re

from compliance.contract_text.records import Line

_BOOKMARK = re.compile(r"\[bookmark: [^\]]*\]")
_TAG = re.compile(r"</?(?:b|i|u|br|sub|sup|strong|em)\s*/?>", re.IGNORECASE)
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^\s*[-*+•] +(?=\S)")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_WHOLLY_SLANTED = re.compile(r"\s*\*(?=[^\s*])([^*]+)(?<=\S)\*\s*")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])")
_RULED = re.compile(r"\s*\|?(?:\s*:?-{3,}:?\s*\|)+\s*:?-*:?\s*")
_PAGE = re.compile(r"\s*(?:[-—–]\s*\d{1,4}\s*[-—–]|第\s*\d{1,4}\s*页(?:[\s,，/]*共\s*\d{1,4}\s*页)?|\d{1,4}\s*/\s*\d{1,4}|\d{1,3})\s*")


def is_page_number(text: str) -> bool:
    """Whether a line holds the number of a page and nothing else."""
    return _PAGE.fullmatch(text) is not None


def cleaned_line(number: int, raw: str, *, page: int = 0, apart: bool = False) -> Line | None:
    """A line without the residue of its format; None where nothing is left of it."""
    text = _TAG.sub("", _BOOKMARK.sub("", raw)).replace(" ", " ").replace("　", " ").replace("\ufeff", "")
    if _RULED.fullmatch(text):  # the line between head and body of a Markdown table
        return None
    heading = _HEADING.match(text)
    if heading:
        text = heading[1]
    text = _EMPHASIS.sub(r"\2", text if heading else _BULLET.sub("", text))
    slanted = _WHOLLY_SLANTED.fullmatch(text)
    text = slanted[1] if slanted else text
    text = _ESCAPED.sub(r"\1", text)
    cells = _cells(text)
    if cells:
        return Line(number, " | ".join(cells), page, cells, False, apart) if any(cells) else None
    text = text.strip()
    return Line(number, text, page, (), heading is not None, apart) if text else None


def _cells(text: str) -> tuple[str, ...]:
    """The cells of a row: between tabs, or between the bars of a Markdown table."""
    if "\t" in text:
        return tuple(c.strip() for c in text.split("\t"))
    stripped = text.strip()
    if stripped.startswith("|") and stripped.endswith("|") and stripped.count("|") > 2:
        return tuple(c.strip() for c in stripped[1:-1].split("|"))
    return ()
