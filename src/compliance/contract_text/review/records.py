"""Records of a review: a flaw of the text with its places, its computation and why it matters."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contract_text.records import Clause
from compliance.model.contract import Bilingual

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a flaw stands: clause, line of the file, and the words in question."""

    clause: str
    line: int
    quote: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """A flaw of the text.

    `kind` names the check (see `KINDS` of the review), `severity` is error (the text contradicts itself or cannot be kept),
    warning (it will be disputed in an audit) or note. `computation` is the arithmetic behind it, exact.
    """

    kind: str
    severity: str
    message: Bilingual
    places: tuple[Place, ...]
    computation: str | None = None


def place(clause: Clause, quote: str | None = None) -> Place:
    """A place in a clause; without words in question the beginning of the clause."""
    words = clause.text if quote is None else quote
    short = " ".join(words.split())
    return Place(clause.id, clause.lines[0], short if len(short) <= 60 else short[:59] + "…")
