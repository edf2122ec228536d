"""Records of a review: a flaw of the text with its places, its computation and why it matters."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contract_text.records import Clause
from compliance.model.contract import Bilingual

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)
_LONGEST, _SHORT = 60, 24  # characters of a quotation, and of one that says too little by itself


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
    words = " ".join((clause.text if quote is None else quote).split())
    return Place(clause.id, clause.lines[0], words if len(words) <= _LONGEST else words[:_LONGEST - 1] + "…")


def around(clause: Clause, quote: str | None = None) -> Place:
    """A place with what stands around the words in the sentence: a figure alone says too little."""
    return place(clause, quote if quote is None else _in_context(clause.text, quote))


def _in_context(text: str, quote: str) -> str:
    """A short quotation with what stands around it in the sentence."""
    at = text.find(quote)
    if at < 0 or len(quote) > _SHORT:
        return quote
    start = max(max(text.rfind(sign, 0, at) for sign in "。；;\n|"), at - _SHORT) + 1
    ends = [e for e in (text.find(sign, at + len(quote)) for sign in "。；;，,\n|") if e >= 0]
    return text[start:min([*ends, at + len(quote) + _SHORT, len(text)])]
