"""Characters that do not say what they seem to: invisible ones, those that turn the order around, lost ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from compliance.contract_text.records import Line
from compliance.ground import Location, Problem

# Zero-width characters and soft hyphens stand inside of words that then are not found.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
# What no text holds: controls besides tab and ends of lines, and those that show a sentence in another order than it is read.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Fonts in PDF files often name a radical (⽅) where the character (方) is meant; they look the same.
_TWIN = re.compile("[\u2e80-\u2fdf\uf900-\ufaff]")
_LOST = re.compile("[\ufffd\ue000-\uf8ff]|\\(cid:\\d+\\)")


def plain_text(text: str) -> str:
    """A text without invisible characters, with the usual character for its twins."""
    return _TWIN.sub(lambda found: unicodedata.normalize("NFKC", found[0]), _INVISIBLE.sub("", text))


def control_character(text: str) -> str | None:
    """The first character that no text holds, as U+0000; None where there is none."""
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def lost_characters(text: str) -> int:
    """How many characters were lost before: nothing tells what they are."""
    return len(_LOST.findall(text))


def character_problems(file: str, lines: Iterable[Line]) -> list[Problem]:
    """Lines with control characters cannot be trusted; those where a character was lost are noted."""
    problems = []
    for line in lines:
        control = control_character(line.text)
        if control is not None:
            problems.append(Problem("contract-control-character", f"the line holds the control character {control}",
                                    Location(file, line.number), "delete it, or save the text again from the program it was written in"))
        if lost_characters(line.text):
            problems.append(Problem("contract-lost-character", "a character of this line is lost (�, a symbol or one without a code)",
                                    Location(file, line.number), "compare the line with the contract", fatal=False))
    return problems
