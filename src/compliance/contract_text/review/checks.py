"""All checks of a contract text, and their result as a document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from compliance.contract_text.records import ClauseTree
from compliance.contract_text.review import (
    arithmetic,
    conflicts,
    dates,
    gaps,
    laws,
    limits,
    payment,
    penalties,
    quantities,
    regimes,
    signing,
    structure,
    wording,
)
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import SEVERITIES, Flaw

Check = Callable[[ClauseTree], Iterator[Flaw]]
_MODULES = (arithmetic, conflicts, regimes, dates, gaps, limits, quantities, payment, penalties, signing, structure, laws, wording)
CHECKS: tuple[Check, ...] = tuple(check for module in _MODULES for check in module.CHECKS)
KINDS: Mapping[str, Kind] = {name: kind for module in _MODULES for name, kind in module.KINDS.items()}


def review(tree: ClauseTree) -> list[Flaw]:
    """What is wrong in the text: errors first, then warnings and notes, each in the order of the text."""
    order = {clause.id: i for i, clause in enumerate(tree.clauses)}
    found = dict.fromkeys(flaw for check in CHECKS for flaw in check(tree))
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), min(order.get(p.clause, 0) for p in f.places), f.kind))


def review_document(tree: ClauseTree) -> dict[str, Any]:
    """The review as plain values: the file, its flaws, and the places that could not be read for certain."""
    flaws = review(tree)
    return {
        "file": tree.file,
        "sha256": tree.sha256,
        "clauses": len(tree.clauses),
        "flaws": [_flaw(i, flaw) for i, flaw in enumerate(flaws, start=1)],
        "uncertain": [{"code": p.code, "message": p.message, "line": p.location.line} for p in tree.problems],
    }


def _flaw(number: int, flaw: Flaw) -> dict[str, Any]:
    kind = KINDS[flaw.kind]
    return {
        "number": number,
        "kind": flaw.kind,
        "severity": flaw.severity,
        "title": kind.title.as_dict(),
        "message": flaw.message.as_dict(),
        "why": kind.why.as_dict(),
        "computation": flaw.computation,
        "places": [{"clause": p.clause, "line": p.line, "quote": p.quote} for p in flaw.places],
    }
