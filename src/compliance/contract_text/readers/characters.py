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
# Radicals of the supplement that stand for a whole character and that Unicode's own normal form leaves alone (its table of
# equivalent ideographs names them), by the last two digits of their code.
_RADICALS = {
    "8e": "兀", "9d": "月", "9f": "母", "a0": "民", "a9": "王", "be": "艹", "c4": "西", "c5": "见",
    "c6": "角", "c8": "讠", "c9": "贝", "cb": "车", "d1": "長", "d3": "长", "d4": "门", "d7": "雨",
    "d8": "青", "d9": "韦", "da": "页", "db": "风", "dc": "飞", "dd": "食", "e2": "马", "e3": "骨",
    "e4": "鬼", "e5": "鱼", "e6": "鸟", "e7": "卤", "e8": "麦", "e9": "黄", "ea": "黾", "eb": "斉",
    "ec": "齐", "ed": "歯", "ee": "齿", "ef": "竜", "f0": "龙", "f2": "亀", "f3": "龟"}
_WHOLE = {int("2e" + code, 16): character for code, character in _RADICALS.items()}
_LOST = re.compile("[\ufffd\ue000-\uf8ff]|\\(cid:\\d+\\)")


def plain_text(text: str) -> str:
    """A text without invisible characters, with the usual character for its twins."""
    return _TWIN.sub(lambda found: unicodedata.normalize("NFKC", found[0]), _INVISIBLE.sub("", text).translate(_WHOLE))


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
