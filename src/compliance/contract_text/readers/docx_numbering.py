"""Numbers that Word counts itself: they are not in the text of a DOCX file, so they are counted here as Word does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import cn2an  # type: ignore[import-untyped]
from docx.oxml.ns import qn

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_SILENT = ("none", "bullet")


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how its number is written and when it begins anew."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False
    style: str | None = None


@dataclass(frozen=True, slots=True)
class NumberedList:
    """A list of a document: `counter` names the count it shares with others, `starts` where it begins a count of its own."""

    counter: str
    levels: Mapping[int, Level]
    starts: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of a paragraph as Word shows it; `unknown` names what cannot be counted, `bare` a number without a sign."""

    label: str = ""
    unknown: str | None = None
    bare: bool = False


@dataclass(slots=True)
class Counters:
    """The numbers so far."""

    lists: Mapping[str, NumberedList]
    values: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    def level_of_style(self, list_id: str, style: str) -> int | None:
        levels = self.lists[list_id].levels if list_id in self.lists else {}
        return next((i for i, level in levels.items() if level.style == style), None)

    def count(self, list_id: str, at: int) -> Counted:
        """Counts one more paragraph of a list on a level."""
        known = self.lists.get(list_id)
        if known is None or at not in known.levels:
            return Counted()
        values = self.values.setdefault(known.counter, {})
        if at in known.starts and (list_id, at) not in self.begun:
            values[at] = known.starts[at]
        else:
            values[at] = values[at] + 1 if at in values else known.levels[at].start
        self.begun.add((list_id, at))
        for below in [i for i in values if i > at]:
            restart = known.levels[below].restart if below in known.levels else None
            if at < (below if restart is None else restart):
                del values[below]
        return _written(known.levels, values, at)


def _written(levels: Mapping[int, Level], values: dict[int, int], at: int) -> Counted:
    """The text of a level with the numbers of this level and of those above it."""
    level = levels[at]
    unknown: list[str] = []

    def number(found: re.Match[str]) -> str:
        i = int(found[1]) - 1
        if i not in levels:
            return ""
        if i not in values:
            # Word shows the start of a level that was skipped; whether it counts the level is not the same in all programs.
            unknown.append(f"a number of level {at + 1} below no number of level {i + 1}")
        format_ = "decimal" if level.legal else levels[i].format
        written = in_format(values.get(i, levels[i].start), format_)
        if written is None:
            unknown.append(f"numbers of the format {format_}")
        return written or ""

    if level.format in _SILENT:
        return Counted()
    label = re.sub(r"%([1-9])", number, level.text).strip()
    return Counted(label, unknown[0] if unknown else None, re.fullmatch(r"\d+", label) is not None)


def in_format(number: int, format_: str) -> str | None:
    """A number as Word writes it in a format (numFmt); None where this is not known."""
    write = _FORMATS.get(format_)
    return write(number) if write is not None else None


def _chinese(number: int) -> str | None:
    if not 0 < number < 10_000:
        return None
    return re.sub("^一十", "十", str(cn2an.an2cn(number, "low")))


def _small_chinese(number: int) -> str | None:
    """The formats differ from 100 on."""
    return _chinese(number) if number < 100 else None


def _letters(number: int) -> str | None:
    """a to z, then aa to zz."""
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1) if 0 < number <= 260 else None


def _capitals(number: int) -> str | None:
    letters = _letters(number)
    return letters.upper() if letters else None


def _circled(number: int) -> str | None:
    return _CIRCLED[number - 1] if 0 < number <= len(_CIRCLED) else None


def _legal(number: int) -> str | None:
    return str(cn2an.an2cn(number, "up")) if 0 < number < 10_000 else None


_FORMATS: dict[str, Callable[[int], str | None]] = {
    "decimal": str, "decimalZero": "{:02d}".format, "chineseCounting": _small_chinese, "chineseCountingThousand": _chinese,
    "japaneseCounting": _small_chinese,  # what Chinese Word writes for 一、二、三 too
    "chineseLegalSimplified": _legal, "decimalEnclosedCircle": _circled, "decimalEnclosedCircleChinese": _circled,
    "lowerLetter": _letters, "upperLetter": _capitals, "none": lambda _: "",
}


def numbered_lists(numbering: Any, list_of_style: Mapping[str, str]) -> dict[str, NumberedList]:
    """The lists of numbering.xml by their id. A definition may stand with a style of lists (`list_of_style`) instead."""
    abstract = {a.get(qn("w:abstractNumId")): a for a in numbering.iterchildren(qn("w:abstractNum"))}
    definition = {n.get(qn("w:numId")): value(n, "w:abstractNumId") for n in numbering.iterchildren(qn("w:num"))}
    result = {}
    for num in numbering.iterchildren(qn("w:num")):
        counter = value(num, "w:abstractNumId")
        link = value(abstract[counter], "w:numStyleLink") if counter in abstract else None
        if link is not None:
            counter = definition.get(list_of_style.get(link, ""), counter)
        if counter is None or counter not in abstract:
            continue
        levels = dict(_levels(abstract[counter]))
        starts = {}
        for override in num.iterchildren(qn("w:lvlOverride")):
            at = whole(override.get(qn("w:ilvl")), 0)
            levels.update(_levels(override))
            start = value(override, "w:startOverride")
            if start is not None:
                starts[at] = whole(start, 1)
                levels[at] = replace(levels.get(at, Level()), start=starts[at])
        result[num.get(qn("w:numId"))] = NumberedList(counter, levels, starts)
    return result


def _levels(parent: Any) -> Iterator[tuple[int, Level]]:
    for level in parent.iterchildren(qn("w:lvl")):
        restart = value(level, "w:lvlRestart")
        legal = level.find(qn("w:isLgl"))
        yield whole(level.get(qn("w:ilvl")), 0), Level(
            whole(value(level, "w:start"), 0), value(level, "w:numFmt") or "decimal", value(level, "w:lvlText") or "",
            None if restart is None else whole(restart, 0), legal is not None and is_on(legal), value(level, "w:pStyle"))


def value(parent: Any, tag: str) -> str | None:
    """The w:val of a child; None where there is no such child."""
    child = parent.find(qn(tag)) if parent is not None else None
    return None if child is None else child.get(qn("w:val"))


def is_on(element: Any) -> bool:
    """Whether a switch is on: it is unless it says otherwise."""
    return element.get(qn("w:val"), "1") not in ("0", "false", "off")


def whole(text: str | None, default: int) -> int:
    """A whole number of at most four digits; the default where it is none."""
    return int(text) if text is not None and re.fullmatch(r"-?[0-9]{1,4}", text) else default
