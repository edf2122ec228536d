"""Ground: where something stands in a file, what is wrong with an input, a day as a person writes it, the memory of a process."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in an input file; `line` and `column` count from 1, 0 means unknown. For evidence `line` is the row."""

    file: str
    line: int = 0
    column: int = 0
    sheet: str | None = None
    field: str | None = None

    def __str__(self) -> str:
        place = self.file
        if self.sheet:
            place += f"[{self.sheet}]"
        if self.line:
            place += f":{self.line}"
        if self.column:
            place += f":{self.column}"
        if self.field:
            place += f" {self.field}"
        return place


@dataclass(frozen=True, slots=True)
class Problem:
    """A defect of an input (rule file, evidence file, parameter); a value that every stage collects, never a finding.

    `fatal` problems make the input unusable (exit status 2); others reject one row of evidence, which then makes the
    verdicts it could change undecided.
    """

    code: str
    message: str
    location: Location
    help: str | None = None
    fatal: bool = True

    def __str__(self) -> str:
        text = f"{self.location}: {self.code}: {self.message}"
        return f"{text}\n  help: {self.help}" if self.help else text


def sorted_problems(problems: list[Problem]) -> list[Problem]:
    """All problems in the order of their place, so that two runs print the same."""
    return sorted(problems, key=lambda p: (str(p.location.file), p.location.sheet or "", p.location.line,
                                           p.location.column, p.location.field or "", p.code, p.message))


def plain_day(text: str) -> date | None:
    """The day written YYYY-MM-DD and in no other form; None where it is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Our records have no cycles: a collector that keeps walking over all of them takes a fifth of the time of an audit."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 100, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
