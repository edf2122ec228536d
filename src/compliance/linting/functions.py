"""The white list: every function of the rule language with the types it takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Kinds of arguments: a type name, or number, moment, same (as the first argument), condition.


@dataclass(frozen=True, slots=True)
class Function:
    """A function: kinds of its arguments, type of its result ("first" is the type of the arguments)."""

    arguments: tuple[str, ...]
    result: str
    variadic: bool = False


FUNCTIONS: Mapping[str, Function] = {
    "workdays_after": Function(("moment", "integer"), "date"),
    "workdays_before": Function(("moment", "integer"), "date"),
    "days_after": Function(("moment", "integer"), "date"),
    "months_after": Function(("moment", "integer"), "date"),
    "days_before": Function(("moment", "integer"), "date"),
    "months_before": Function(("moment", "integer"), "date"),
    "add_days": Function(("moment", "integer"), "date"),
    "add_months": Function(("moment", "integer"), "date"),
    "hours_after": Function(("moment", "number"), "datetime"),
    "minutes_after": Function(("moment", "number"), "datetime"),
    "day": Function(("moment",), "date"),
    "days_between": Function(("moment", "moment"), "integer"),
    "minutes_between": Function(("moment", "moment"), "integer"),
    "months_between": Function(("moment", "moment"), "integer"),
    "month_end": Function(("moment",), "date"),
    "is_workday": Function(("moment",), "boolean"),
    "year": Function(("moment",), "integer"),
    "month_no": Function(("moment",), "integer"),
    "coalesce": Function(("any", "same"), "first", variadic=True),
    "if_shown": Function(("any", "same"), "first"),
    "shown": Function(("boolean",), "boolean"),
    "least": Function(("any", "same"), "first", variadic=True),
    "greatest": Function(("any", "same"), "first", variadic=True),
    "abs": Function(("number",), "first"),
    "floor_div": Function(("number", "number"), "integer"),
    "plain": Function(("text",), "text"),
    "contains": Function(("text", "text"), "boolean"),
    "starts_with": Function(("text", "text"), "boolean"),
}
AGGREGATES = ("exists", "count", "count_distinct", "sum", "min", "max", "the", "longest_run")
