"""Contracts as TXT or Markdown: the encoding is decided by the bytes, never guessed."""

from __future__ import annotations

import re

from compliance.contract_text.readers.characters import plain_text
from compliance.contract_text.readers.residue import cleaned_line
from compliance.contract_text.records import Line
from compliance.ground import Location, Problem

_SAVE = "save the whole file as UTF-8"


def read_text(raw: bytes, file: str) -> tuple[list[Line], list[Problem]]:
    """The lines of a text file; `number` is that of an editor."""
    text, problems = decoded(raw, file)
    return (_lines(text), []) if text is not None else ([], problems)


def decoded(raw: bytes, file: str) -> tuple[str | None, list[Problem]]:
    """The text of the bytes: UTF-16 where they say so, else UTF-8 where they are, else GB18030 where every line is."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16"), []
        except UnicodeDecodeError as fault:
            unit = "\n".encode("utf-16-le" if raw[0] == 0xFF else "utf-16-be")
            line = raw[:fault.start].count(unit) + 1
            return None, [Problem("contract-encoding", f"line {line} is not UTF-16, as the file says", Location(file, line), _SAVE)]
    if _is(raw, "utf-8"):
        return raw.decode("utf-8-sig"), []
    fault_ = _mixed(raw, file)
    return (None, [fault_]) if fault_ else (raw.decode("gb18030"), [])


def _is(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _mixed(raw: bytes, file: str) -> Problem | None:
    """What is wrong with bytes that are not UTF-8 as a whole; None where they are GB18030.

    Chinese text in UTF-8 often is GB18030 too, of other characters: a file that was put together from both would be
    read as nonsense in part. No byte of a character of either encoding is the end of a line.
    """
    lines = re.split(rb"\r\n|\r|\n", raw)
    in_utf8 = next((i for i, line in enumerate(lines, 1) if _is_chinese_utf8(line)), None)
    other = next(i for i, line in enumerate(lines, 1) if not _is(line, "utf-8"))
    neither = next((i for i, line in enumerate(lines, 1) if not _is(line, "utf-8") and not _is(line, "gb18030")), None)
    if neither is not None:
        return Problem("contract-encoding", f"line {neither} is neither UTF-8 nor GB18030", Location(file, neither), _SAVE)
    if in_utf8 is not None:
        return Problem("contract-encoding", f"line {other} is GB18030 but line {in_utf8} is UTF-8: the file mixes encodings",
                       Location(file, other), _SAVE)
    return None


def _is_chinese_utf8(line: bytes) -> bool:
    """A short line of GB18030 may happen to be UTF-8 for two-byte characters (Greek, Arabic): they decide nothing."""
    return _is(line, "utf-8") and any(c > "\u2e7f" for c in line.decode("utf-8"))


def _lines(text: str) -> list[Line]:
    lines, apart = [], False
    for number, written in enumerate(re.sub("\r\n?", "\n", text).split("\n"), start=1):
        # A page break counts as an empty line; Word writes \v for a line break inside of a paragraph.
        for i, page in enumerate(written.split("\f")):
            apart = apart or i > 0
            for piece in re.split("[\v\u2028\u2029]", page):
                line = cleaned_line(number, plain_text(piece), apart=apart)
                # The line below the head of a Markdown table sets nothing apart.
                apart = line is None and "|" not in piece
                if line is not None:
                    lines.append(line)
    return lines
