"""The money ledger: what the contract allows beside what was recorded, notified, deducted, paid and waived.

The usual finding is not that a report was late but that the penalty was never taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

CLAIMED_EFFECTS = frozenset({"penalty", "deduction", "compensation", "refund"})
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sum that has arisen under a provision; `liable_party` None where the contract does not name one party."""

    provision: str
    clause: str
    liable_party: str | None
    effect: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """All sums in yuan. `outstanding` is what is claimable and neither deducted, paid nor waived; never below zero."""

    provision: str | None
    clause: str
    liable_party: str | None
    effect: str | None
    claimable: Decimal
    recorded: Decimal
    notified: Decimal
    deducted: Decimal
    paid: Decimal
    waived: Decimal
    outstanding: Decimal


def _plain(clause: object) -> str:
    return "".join(unicodedata.normalize("NFKC", str(clause or "")).split())


def money_ledger(claims: Sequence[Claim], penalties: Sequence[Mapping[str, object]]) -> tuple[LedgerLine, ...]:
    """One line a provision with claims, in their order; recorded sums under other clauses follow as lines of their own."""
    lines = []
    recorded: dict[str, list[Mapping[str, object]]] = {}
    for row in penalties:
        recorded.setdefault(_plain(row.get("clause")), []).append(row)
    by_provision: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        by_provision.setdefault((claim.provision, claim.clause), []).append(claim)
    for (provision, clause), own in by_provision.items():
        # The rows of a clause are counted once, with the first provision of that clause.
        rows = recorded.pop(_plain(clause), [])
        claimable = sum((c.amount for c in own if c.amount is not None), _NOTHING)
        lines.append(_line(provision, clause, own[0].liable_party, own[0].effect, claimable, rows))
    for rows in recorded.values():
        first = rows[0]
        lines.append(_line(None, str(first.get("clause") or ""), _text(first.get("liable_party")), _text(first.get("penalty_type")),
                           _NOTHING, rows))
    return tuple(lines)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _line(provision: str | None, clause: str, liable: str | None, effect: str | None, claimable: Decimal,
          rows: Sequence[Mapping[str, object]]) -> LedgerLine:
    deducted, paid = _settled(rows, ("deducted",)), _settled(rows, ("paid",))
    waived = _settled(rows, ("waived", "refunded"))
    return LedgerLine(provision, clause, liable, effect, claimable, _sum(rows, "amount"),
                      _sum([r for r in rows if r.get("claimed_on") is not None], "amount"), deducted, paid, waived,
                      max(claimable - deducted - paid - waived, _NOTHING))


def _sum(rows: Sequence[Mapping[str, object]], column: str) -> Decimal:
    return sum((Decimal(str(r[column])) for r in rows if r.get(column) is not None), _NOTHING)


def _settled(rows: Sequence[Mapping[str, object]], ways: tuple[str, ...]) -> Decimal:
    """What was settled in one of these ways: the settled amount, else the whole sum."""
    chosen = [r for r in rows if r.get("settlement") in ways]
    return sum((Decimal(str(r["settled_amount"] if r.get("settled_amount") is not None else r.get("amount") or 0)) for r in chosen),
               _NOTHING)
