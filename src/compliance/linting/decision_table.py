"""The slots of a rule as one decision table: the first line whose condition is true gives the verdict.

No line is an else: what nothing establishes stays `no_evidence`.
"""

from __future__ import annotations

from dataclasses import dataclass

from compliance.model.checked import Line
from compliance.model.expression import Apply, Expression, Literal

TRUE = Literal(True, "boolean")
AS_OF = Apply("as_of", (), "date")


@dataclass(frozen=True, slots=True)
class Slots:
    """The typed slots of a rule."""

    trigger: Expression | None
    judgement: tuple[Line, ...]
    must: Expression | None
    arises: Expression | None
    due: Expression | None
    done: Expression | None
    until: Expression | None
    decides: bool
    decide: tuple[Line, ...]
    follows: bool


def decision_table(slots: Slots, effect: bool) -> tuple[Line, ...]:
    """The lines of the table; `effect` is true for consequences, exemptions and rights."""
    if slots.decide:
        return slots.decide
    lines: list[Line] = []
    if slots.trigger is not None:
        lines.append(Line("not_arisen" if effect else "not_triggered", negation(slots.trigger)))
    lines += slots.judgement
    return (*lines, *(_only_if(slots.trigger, line) for line in _decided(slots)))


def _only_if(trigger: Expression | None, line: Line) -> Line:
    """Without its trigger a provision decides nothing, whatever else holds."""
    return line if trigger is None else Line(line.verdict, both(trigger, line.condition), line.why)


def _decided(slots: Slots) -> tuple[Line, ...]:
    if slots.arises is not None:
        return (Line("arisen", slots.arises), Line("not_arisen", negation(slots.arises)))
    if slots.follows:
        return (Line("arisen", TRUE),)
    return _test(slots)


def _test(slots: Slots) -> tuple[Line, ...]:
    must = slots.must if slots.must is not None else TRUE
    if slots.until is not None:
        open_, over = _after(AS_OF, slots.until, not_after=True), _after(AS_OF, slots.until)
        return (Line("breach", negation(must)), Line("not_due", both(must, open_)), Line("compliant", both(must, over)))
    if slots.due is None or not slots.decides:
        return (Line("compliant", must), Line("breach", negation(must))) if slots.must is not None else ()
    open_, over = _after(AS_OF, slots.due, not_after=True), _after(AS_OF, slots.due)
    if slots.done is None:
        return (Line("compliant", must), Line("not_due", both(negation(must), open_)),
                Line("breach", both(negation(must), over)))
    undone = Apply("is_null", (slots.done,), "boolean")
    in_time, late = _after(slots.done, slots.due, not_after=True), _after(slots.done, slots.due)
    performed = [Line("compliant", both(negation(undone), both(in_time, must))),
                 Line("breach", both(negation(undone), late))]
    if slots.must is not None:
        performed.append(Line("breach", both(negation(undone), negation(must))))
    return (*performed, Line("not_due", both(undone, open_)), Line("breach", both(undone, over)))


def _after(moment: Expression, limit: Expression, *, not_after: bool = False) -> Expression:
    return Apply("<=" if not_after else ">", (moment, limit), "boolean")


def negation(condition: Expression) -> Expression:
    match condition:
        case Literal(bool(value)):
            return Literal(not value, "boolean")
        case Apply("not", (inner,)):
            return inner
    return Apply("not", (condition,), "boolean")


def both(left: Expression, right: Expression) -> Expression:
    if left == TRUE:
        return right
    return left if right == TRUE else Apply("and", (left, right), "boolean")
