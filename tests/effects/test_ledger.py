"""What the contract allows stands beside what was taken."""

from decimal import Decimal

from compliance.effects.ledger import Claim, money_ledger


def row(**values):
    return {"penalty_type": "penalty", "liable_party": "party_b", "amount": Decimal("100.00"), "claimed_on": None,
            "settlement": None, "settled_amount": None, **values}


def test_a_penalty_that_was_never_taken_is_outstanding():
    [line] = money_ledger([Claim("x-P001", "9.2", "party_b", "penalty", Decimal("100.00")),
                           Claim("x-P001", "9.2", "party_b", "penalty", Decimal("50.00"))], [])
    assert (line.claimable, line.recorded, line.outstanding) == (Decimal("150.00"), Decimal("0.00"), Decimal("150.00"))


def test_deducted_paid_and_waived_are_kept_apart():
    rows = [row(clause="9.2", claimed_on="2026-01-01", settlement="deducted", settled_amount=Decimal("40.00")),
            row(clause="９.２ ", settlement="paid", amount=Decimal("30.00")),
            row(clause="9.2", settlement="waived", amount=Decimal("5.00"))]
    [line] = money_ledger([Claim("x-P001", "9.2", "party_b", "penalty", Decimal("200.00"))], rows)
    assert (line.recorded, line.notified) == (Decimal("135.00"), Decimal("100.00"))
    assert (line.deducted, line.paid, line.waived) == (Decimal("40.00"), Decimal("30.00"), Decimal("5.00"))
    assert line.outstanding == Decimal("125.00")


def test_more_taken_than_allowed_is_never_negative():
    [line] = money_ledger([Claim("x-P001", "9.2", None, "penalty", Decimal("10.00"))], [row(clause="9.2", settlement="paid")])
    assert line.outstanding == 0


def test_a_sum_without_a_claim_has_its_own_line():
    [line] = money_ledger([], [row(clause="7.1")])
    assert (line.provision, line.clause, line.claimable, line.recorded) == (None, "7.1", Decimal("0.00"), Decimal("100.00"))
