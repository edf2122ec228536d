"""What the contract allows stands beside what was taken."""

from dataclasses import replace
from decimal import Decimal

import pytest

from compliance.effects.ledger import Claim, liable_party, money_ledger
from compliance.model.contract import Provision


def row(**values):
    return {"penalty_type": "liquidated_damages", "liable_party": "party_b", "amount": Decimal("100.00"), "claimed_on": None,
            "settlement": None, "settled_amount": None, **values}


def claim(amount, provision="x-P001", clause="9.2", liable="party_b", effect="penalty"):
    return Claim(provision, clause, liable, effect, amount if amount is None else Decimal(amount))


def test_a_penalty_that_was_never_taken_is_outstanding():
    [line] = money_ledger([claim("100.00"), claim("50.00")], [])
    assert (line.claimable, line.recorded, line.outstanding) == (Decimal("150.00"), Decimal("0.00"), Decimal("150.00"))


def test_deducted_paid_and_waived_are_kept_apart():
    rows = [row(clause="9.2", claimed_on="2026-01-01", settlement="deducted", settled_amount=Decimal("40.00")),
            row(clause="９.２ ", settlement="paid", amount=Decimal("30.00")),
            row(clause="9.2", settlement="waived", amount=Decimal("5.00"))]
    [line] = money_ledger([claim("200.00")], rows)
    assert (line.recorded, line.notified) == (Decimal("135.00"), Decimal("100.00"))
    assert (line.deducted, line.paid, line.waived) == (Decimal("40.00"), Decimal("30.00"), Decimal("5.00"))
    assert line.outstanding == Decimal("125.00")


def test_money_that_was_given_back_is_paid():
    [line] = money_ledger([claim("80.00", effect="refund")], [row(clause="9.2", settlement="refunded", amount=Decimal("80.00"))])
    assert (line.paid, line.waived, line.outstanding) == (Decimal("80.00"), Decimal("0.00"), Decimal("0.00"))


def test_more_taken_than_allowed_is_never_negative():
    [line] = money_ledger([claim("10.00", liable=None)], [row(clause="9.2", settlement="paid")])
    assert line.outstanding == 0


def test_a_sum_without_a_claim_has_its_own_line():
    [line] = money_ledger([], [row(clause="7.1")])
    assert (line.provisions, line.clause, line.claimable, line.recorded) == ((), "7.1", Decimal("0.00"), Decimal("100.00"))
    assert line.effects == ("liquidated_damages",)


def test_two_provisions_of_a_clause_share_what_was_taken_under_it():
    claims = [claim("100.00"), claim("30.00", provision="x-P002", effect="compensation"), claim("5.00", clause="9.3")]
    [shared, other] = money_ledger(claims, [row(clause="9.2", settlement="paid")])
    assert (shared.provisions, shared.effects) == (("x-P001", "x-P002"), ("penalty", "compensation"))
    assert (shared.claimable, shared.paid, shared.outstanding) == (Decimal("130.00"), Decimal("100.00"), Decimal("30.00"))
    assert (other.clause, other.outstanding) == ("9.3", Decimal("5.00"))


def test_what_one_party_paid_does_not_settle_what_the_other_owes():
    claims = [claim("100.00"), claim("70.00", provision="x-P002", liable="party_a")]
    [b, a] = money_ledger(claims, [row(clause="9.2", settlement="paid")])
    assert (b.liable_party, b.outstanding) == ("party_b", Decimal("0.00"))
    assert (a.liable_party, a.outstanding) == ("party_a", Decimal("70.00"))


def test_a_claim_against_no_certain_party_takes_the_rows_that_no_other_claim_takes():
    claims = [claim("100.00"), claim("70.00", provision="x-P002", liable=None)]
    [b, either] = money_ledger(claims, [row(clause="9.2", settlement="paid"), row(clause="9.2", liable_party="party_a", settlement="paid")])
    assert (b.paid, either.liable_party, either.paid, either.outstanding) == (Decimal("100.00"), None, Decimal("100.00"), Decimal("0.00"))


def test_a_claim_of_unknown_amount_is_counted_and_adds_nothing():
    [line] = money_ledger([claim(None), claim("20.00")], [])
    assert (line.unquantified, line.claimable, line.outstanding) == (1, Decimal("20.00"), Decimal("20.00"))


@pytest.mark.parametrize(("obligor", "modality", "liable"), [
    ("party_b", "consequence", "party_b"), ("party_a", "may", "party_b"), ("party_b", "may", "party_a"),
    ("both", "consequence", None), ("none", "may", None)])
def test_the_liable_party_of_a_right_is_the_other_one(provision, obligor, modality, liable):
    assert liable_party(replace(provision, obligor=obligor, modality=modality)) == liable


@pytest.fixture
def provision():
    return Provision(id="P001", clause="9.2", obligor="party_b", modality="consequence", category="penalty",
                     checkability="automatic")
