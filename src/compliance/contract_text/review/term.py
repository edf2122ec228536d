"""The term of a contract as its text states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from compliance.contract_text.figures import Day, Length, days, lengths
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.spans import months_between

_TERM = re.compile(r"服务期限?|服务期间|有效期|合同期限?|协议期限?|履行期限|期间为")
_LENGTH_OF_TERM = re.compile(r"(?:为期|服务期限?(?:为|共|共计)?|合同期限?(?:为|共|共计)?|期间为)\s*$")
_SPAN = re.compile(r"\s*(?:起|开始)?\s*(?:至|到|—+|-+|~|～)\s*")


@dataclass(frozen=True, slots=True)
class Term:
    """A term with both ends; `stated` is its length where the same clause gives it."""

    start: date
    end: date
    clause: Clause
    written: str
    stated: Length | None


def terms(tree: ClauseTree) -> Iterator[Term]:
    """The terms that the clauses of the contract itself state."""
    for clause in tree.clauses:
        # A title may name the term and its paragraph the days.
        title = tree.by_id[clause.parent].text if clause.parent else ""
        if clause.id.startswith("A") or not (_TERM.search(clause.text) or _TERM.search(title)):
            continue
        found = days(clause.text)
        for first, last in pairwise(found):
            if _SPAN.fullmatch(clause.text[first.at[1] : last.at[0]]) and first.day and last.day and first.value and last.value:
                yield Term(first.value, last.value, clause, clause.text[first.at[0] : last.at[1]], _stated(clause, first, last))


def _stated(clause: Clause, first: Day, last: Day) -> Length | None:
    """The length of the term in the same sentence."""
    start = max(clause.text.rfind("。", 0, first.at[0]), 0)
    end = clause.text.find("。", last.at[1])
    found = [n for n in lengths(clause.text) if n.unit in ("month", "year") and start <= n.at[0] < (end if end > 0 else len(clause.text))]
    return found[0] if len(found) == 1 else None


def service_months(tree: ClauseTree) -> Decimal | None:
    """The months of the term; None where the text states none."""
    for term in terms(tree):
        months = months_between(term.start, term.end)
        return None if months is None else Decimal(months)
    for clause in tree.clauses:
        if clause.id.startswith("A") or clause.cells:
            continue
        for length in lengths(clause.text):
            if length.unit in ("month", "year") and _LENGTH_OF_TERM.search(clause.text[: length.at[0]]):
                return length.value * (12 if length.unit == "year" else 1)
    return None
