"""The money ledger: what the contract allows beside what was recorded, notified, deducted, paid and waived.

The usual finding is not that a report was late but that the penalty was never taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from compliance.model.contract import Provision

CLAIMED_EFFECTS = frozenset({"penalty", "deduction", "compensation", "refund"})
_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sum that has arisen under a provision; `liable_party` None where the contract does not name one party.

    `amount` None: it has arisen, but the evidence does not say how much.
    """

    provision: str
    clause: str
    liable_party: str | None
    effect: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What one party owes under one clause; all sums in yuan.

    Recorded sums name a clause and not a provision, so the provisions of a clause share a line. `unquantified` counts the
    claims whose amount is not known: `claimable` and `outstanding` are then the least. `outstanding` is what is claimable
    and neither deducted, paid nor waived; never below zero.
    """

    provisions: tuple[str, ...]
    clause: str
    liable_party: str | None
    effects: tuple[str, ...]
    claimable: Decimal
    unquantified: int
    recorded: Decimal
    notified: Decimal
    deducted: Decimal
    paid: Decimal
    waived: Decimal
    outstanding: Decimal


def liable_party(provision: Provision) -> str | None:
    """Who owes what a provision gives: its obligor, or the other party where it is a right of the one it names."""
    parties = ("party_a", "party_b")
    if provision.obligor not in parties:
        return None
    return parties[1 - parties.index(provision.obligor)] if provision.modality == "may" else provision.obligor


def _plain(clause: object) -> str:
    return "".join(unicodedata.normalize("NFKC", str(clause or "")).split())


def money_ledger(claims: Sequence[Claim], penalties: Sequence[Mapping[str, object]]) -> tuple[LedgerLine, ...]:
    """One line a clause and liable party with claims, in their order; recorded sums without a claim follow.

    A claim against no certain party takes the rows of its clause that no claim against that very party takes.
    """
    claimed: dict[tuple[str, str | None], list[Claim]] = {}
    for claim in claims:
        claimed.setdefault((_plain(claim.clause), claim.liable_party), []).append(claim)
    recorded: dict[tuple[str, str | None], list[Mapping[str, object]]] = {}
    for row in penalties:
        clause, party = _plain(row.get("clause")), _text(row.get("liable_party"))
        known = (clause, party) in claimed or (clause, None) not in claimed
        recorded.setdefault((clause, party if known else None), []).append(row)
    lines = [_line(own[0].clause, key[1], own, recorded.pop(key, [])) for key, own in claimed.items()]
    lines += [_line(str(rows[0].get("clause") or ""), key[1], (), rows) for key, rows in recorded.items()]
    return tuple(lines)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _line(clause: str, liable: str | None, claims: Sequence[Claim], rows: Sequence[Mapping[str, object]]) -> LedgerLine:
    # A sum that was given back (refunded) is settled by a payment of the liable party.
    deducted, paid, waived = _settled(rows, ("deducted",)), _settled(rows, ("paid", "refunded")), _settled(rows, ("waived",))
    claimable = sum((c.amount for c in claims if c.amount is not None), _NOTHING)
    effects = [c.effect for c in claims] or [str(r["penalty_type"]) for r in rows if r.get("penalty_type") is not None]
    return LedgerLine(
        provisions=tuple(dict.fromkeys(c.provision for c in claims)), clause=clause, liable_party=liable,
        effects=tuple(dict.fromkeys(effects)), claimable=claimable, unquantified=sum(c.amount is None for c in claims),
        recorded=_sum(rows, "amount"), notified=_sum([r for r in rows if r.get("claimed_on") is not None], "amount"),
        deducted=deducted, paid=paid, waived=waived, outstanding=max(claimable - deducted - paid - waived, _NOTHING))


def _sum(rows: Sequence[Mapping[str, object]], column: str) -> Decimal:
    return sum((Decimal(str(r[column])) for r in rows if r.get(column) is not None), _NOTHING)


def _settled(rows: Sequence[Mapping[str, object]], ways: tuple[str, ...]) -> Decimal:
    """What was settled in one of these ways: the settled amount, else the whole sum."""
    chosen = [r for r in rows if r.get("settlement") in ways]
    return sum((Decimal(str(r["settled_amount"] if r.get("settled_amount") is not None else r.get("amount") or 0)) for r in chosen),
               _NOTHING)
