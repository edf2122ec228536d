"""A relation under construction: an Ibis table and, for every name of the rule, the columns that hold its value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot.optimizer.pushdown_projections import pushdown_projections

from compliance.evaluation import values
from compliance.evaluation.compiling import Environment, as_date, compile_possibility, compile_value
from compliance.evaluation.values import Value
from compliance.evaluation.workspace import Workspace
from compliance.model.expression import Aggregate, Apply, Column, DatedTerm, Expression, LetValue, Literal, Parameter

CALENDAR = frozenset({"workdays_after", "workdays_before", "days_after", "months_after", "is_workday"})
# What is known of known arguments, without exception; of a day the second would give bounds.
_KEEP_KNOWN = frozenset({"not", "=", "<>", "<", "<=", ">", ">=", "day", "as_of"})
_WORKDAYS = frozenset({"workdays_after", "workdays_before"})
_MOMENTS = frozenset({"minutes_after", "hours_after"})


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a value is kept: columns of its bounds and of its blankness (or the fixed answer)."""

    type: str
    lo: str
    hi: str | None
    absent: str | bool | None
    unread: bool = False  # some cells of the column could not be read
    to_day: bool = True  # some of its moments may be known only to the day
    known: bool = False  # exact and never NULL
    plain: bool = False  # exact, and NULL where it is blank and nowhere else

    def value(self, table: ir.Table) -> Value:
        lo = table[self.lo]
        absent = table[self.absent] if isinstance(self.absent, str) else self.absent
        return Value(self.type, lo, lo if self.hi is None else table[self.hi], absent, self.to_day, self.known)


@dataclass(slots=True)
class Relation:
    """Built step by step; expressions are compiled against the table as it is at the moment."""

    workspace: Workspace
    table: ir.Table
    stored: dict[Hashable, Stored] = field(default_factory=dict)
    provisional: list[str] = field(default_factory=list)
    looked_up: dict[Apply, tuple[str, ...]] = field(default_factory=dict)  # what is provisional of each calendar function
    prefix: str = "c"
    staged: bool = False  # whether what was built so far may be named as a stage
    stages: dict[str, str] = field(default_factory=dict)  # the query of each stage under its name
    _serial: int = 0

    def fresh(self) -> str:
        self._serial += 1
        return f"{self.prefix}{self._serial}"

    def end_stage(self) -> None:
        """Names what was built so far: what is built on it is compiled by itself, not nested deeper and deeper."""
        if not self.staged:
            return
        name = f"stage{len(self.stages)}"
        self.stages[name] = self.workspace.backend.compile(self.table)
        self.table = ibis.table(self.table.schema(), name=name)

    def branch(self) -> Relation:
        """The same relation, to be built further in another way."""
        return replace(self, stages=dict(self.stages))

    def query(self, result: ir.Table) -> str:
        """SQL of a table built on this relation, each stage computed once."""
        stages = ", ".join(f'"{name}" AS MATERIALIZED ({query})' for name, query in self.stages.items())
        last = self.workspace.backend.compile(result)
        return f"{f'WITH {stages} ' if stages else ''}{last if last.startswith('SELECT') else f'SELECT * FROM ({last})'}"

    def environment(self) -> Environment:
        table, stored = self.table, self.stored
        lookups = {k: s.value(table) for k, s in stored.items() if isinstance(k, Apply)}
        return Environment(
            as_of=self.workspace.as_of,
            row_column=lambda c: stored["row", c.table, c.name].value(table),
            case_column=lambda n: stored["case", n].value(table),
            let=lambda n: stored["let", n].value(table),
            parameter=lambda n: stored["param", n].value(table),
            measure=lambda a: stored[a].value(table), lookups=lookups)

    def value(self, expression: Expression) -> Value:
        """The value of an expression, after joining what it asks of the calendar."""
        self.look_up([expression])
        return compile_value(expression, self.environment())

    def store(self, named: Mapping[Hashable, Value]) -> None:
        """Keeps values as columns, so that what is built on them is computed once."""
        columns: dict[str, ir.Value] = {}
        for key, value in named.items():
            name = self.fresh()
            columns[name] = value.lo
            hi = absent = None
            if not value.exact:
                hi = f"{name}_hi"
                columns[hi] = value.hi
            absent = value.absent
            if not (absent is None or isinstance(absent, bool)):
                columns[f"{name}_ab"] = absent
                absent = f"{name}_ab"
            self.stored[key] = Stored(value.type, name, hi, absent, to_day=value.to_day, known=value.known and hi is None)
        if columns:
            self.table = self.table.mutate(**columns)

    def store_expressions(self, named: Mapping[Hashable, Expression]) -> None:
        self.look_up(named.values())
        env = self.environment()
        self.store({key: replace(_named(expression, env), known=self.is_known(expression)) for key, expression in named.items()})

    def is_known(self, expression: Expression, there: frozenset[Expression] = frozenset()) -> bool:
        """Whether a value is decided in every row, whatever the evidence lacks; `there`: what is known not to be blank.

        Of `x is not null and x <= 5` the second part decides only where x is there; of `or` where the first part is false.
        """
        match expression:
            case Literal(value):
                return value is not None
            case Apply("and" | "or" as operator, (left, right)):
                if operator == "and" and (self._is_never(left) or self._is_never(right)):
                    return True
                return ((self.is_known(left, there) and self.is_known(right, there | _shown_there(left, operator == "and")))
                        or (self.is_known(right, there) and self.is_known(left, there | _shown_there(right, operator == "and"))))
            case Apply("is_null", (inner,)):
                where = self._where(inner)
                return where is not None and (where.known or where.plain)
            case Apply(operator, arguments) if expression not in self.stored:
                decided = operator in _KEEP_KNOWN or (operator in _MOMENTS and arguments[0].type == "datetime")
                return decided and all(self.is_known(a, there) for a in arguments)
            case _:
                where = self._where(expression)
                return where is not None and (where.known or (where.plain and expression in there))

    def _is_never(self, condition: Expression) -> bool:
        """Whether a condition asks of a value that is always there whether it is blank."""
        match condition:
            case Apply("is_null", (inner,)):
                where = self._where(inner)
                return where is not None and where.known
            case _:
                return False

    def _where(self, expression: Expression) -> Stored | None:
        """Where the value of a name, a measure or a calendar function is kept."""
        match expression:
            case Column(scope="row", table=table, name=name):
                return self.stored["row", table, name]
            case Column(name=name):
                return self.stored["case", name]
            case LetValue(name):
                return self.stored["let", name]
            case Parameter(name):
                return self.stored["param", name]
            case Aggregate() | Apply():
                return self.stored.get(expression)
            case _:
                return None

    def look_up(self, expressions: Iterable[Expression]) -> None:
        """Joins the calendar for every calendar function in the expressions, innermost first."""
        for expression in expressions:
            for node in calendar_nodes(expression):
                if node not in self.stored:
                    before = len(self.provisional)
                    self._join_calendar(node)
                    self.looked_up[node] = tuple(self.provisional[before:])

    def _join_calendar(self, node: Apply) -> None:
        env = self.environment()
        day = values.as_day(compile_value(node.arguments[0], env))
        count = compile_value(node.arguments[1], env).point() if len(node.arguments) > 1 else None
        absent = values.either_blank(*(compile_value(a, env) for a in node.arguments))
        lo, hi = self.fresh(), None if day.exact else self.fresh()
        columns = {lo: day.lo, **({hi: day.hi} if hi else {})}
        counted = self.fresh() if count is not None else None
        if counted:
            columns[counted] = count
        absent_name = None if absent is None or isinstance(absent, bool) else self.fresh()
        if absent_name:
            columns[absent_name] = absent
        self.table = self.table.mutate(**columns)
        fixed = node.arguments[1].value if len(node.arguments) > 1 and isinstance(node.arguments[1], Literal) else None
        days = [self._fixed_workday(node.operator, d, fixed) if isinstance(fixed, int) and node.operator in _WORKDAYS
                else self._calendar_answer(node.operator, d, counted) for d in (lo, hi) if d]
        self.stored[node] = Stored(node.type, days[0], days[1] if hi else None, absent_name or absent)

    def _fixed_workday(self, operator: str, day: str, count: int) -> str:
        """The name of the column with the working day so many after or before the days in one column.

        The number is the same for all: the answer is looked up for the days of the calendar, and once for each case.
        """
        calendar, workdays = self.workspace.table("_calendar"), self.workspace.table("_workdays")
        reached = calendar["work_before"] + calendar["is_workday"].cast("int64") + count - 1
        asked = calendar.select("day", provisional=calendar["provisional"],
                                no=reached if operator == "workdays_after" else calendar["work_before"] - count)
        found = asked.left_join(workdays.select(w_no="no", w_day="day", w_provisional="provisional"), asked["no"] == workdays["no"])
        names = {c: self.fresh() for c in ("day", "answer", "provisional")}
        right = found.select(**{names["day"]: found["day"], names["answer"]: found["w_day"] if count else found["day"],
                                names["provisional"]: found["provisional"] | found["w_provisional"].fill_null(False)})
        self.table = self.table.left_join(right, self.table[day] == right[names["day"]])
        self.provisional.append(names["provisional"])
        return names["answer"]

    def _calendar_answer(self, operator: str, day: str, count: str | None) -> str:
        """The name of the column with the answer for the days in one column."""
        table = self.table
        n = table[count] if count else None
        if operator in ("days_after", "months_after"):
            span = n.as_interval("D" if operator == "days_after" else "M")
            raw = self._keep(as_date(table[day].cast("timestamp") + span))
            joined = self._calendar(raw)
            return joined["next_workday"]
        joined = self._calendar(day)
        if operator == "is_workday":
            return joined["is_workday"]
        table = self.table
        before, working = table[joined["work_before"]], table[joined["is_workday"]]
        no = before + working.cast("int64") + table[count] - 1 if operator == "workdays_after" else before - table[count]
        found = self._workday(self._keep(no))
        return self._keep(ibis.ifelse(self.table[count] == 0, self.table[day], self.table[found]))

    def _keep(self, expression: ir.Value) -> str:
        name = self.fresh()
        self.table = self.table.mutate(**{name: expression})
        return name

    def _calendar(self, day: str) -> dict[str, str]:
        calendar = self.workspace.table("_calendar")
        names = {c: self.fresh() for c in ("day", "is_workday", "work_before", "next_workday", "provisional")}
        right = calendar.select(**{new: calendar[old] for old, new in names.items()})
        self.table = self.table.left_join(right, self.table[day] == right[names["day"]])
        self.provisional.append(names["provisional"])
        return names

    def _workday(self, no: str) -> str:
        workdays = self.workspace.table("_workdays")
        names = {c: self.fresh() for c in ("no", "day", "provisional")}
        right = workdays.select(**{new: workdays[old] for old, new in names.items()})
        self.table = self.table.left_join(right, self.table[no] == right[names["no"]])
        self.provisional.append(names["provisional"])
        return names["day"]

    def is_provisional(self, without: Iterable[Apply] = ()) -> ir.BooleanValue:
        """Whether a looked-up day lies in a year whose notice has not been published; but for some calendar functions."""
        left_out = {name for node in without for name in self.looked_up[node]}
        flags = [self.table[n].fill_null(False) for n in self.provisional if n not in left_out]
        return ibis.or_(*flags) if flags else ibis.literal(False)


def without_unused(query: str) -> str:
    """A query without the columns of its stages that nothing asks for: the engine takes longer to plan them than to compute them."""
    return pushdown_projections(sqlglot.parse_one(query, read="duckdb")).sql(dialect="duckdb")


def _named(expression: Expression, env: Environment) -> Value:
    """A value to keep under a name; a condition that can be neither true nor false is blank."""
    value = compile_value(expression, env)
    if expression.type != "boolean" or value.absent is not None:
        return value
    could_be = compile_possibility(expression, env)
    return replace(value, absent=values.negated(could_be.true | could_be.false))


def _shown_there(condition: Expression, holds: bool) -> frozenset[Expression]:
    """What is not blank where a condition holds, or does not hold."""
    match condition:
        case Apply("is_null", (inner,)) if not holds:
            return frozenset({inner})
        case Apply("not", (inner,)):
            return _shown_there(inner, not holds)
        case Apply("and" | "or" as operator, (left, right)) if (operator == "and") == holds:
            return _shown_there(left, holds) | _shown_there(right, holds)
        case _:
            return frozenset()


def calendar_nodes(expression: Expression) -> Iterator[Apply]:
    """The calendar functions of an expression, inner before outer; not those inside measures over rows."""
    match expression:
        case Apply(operator, arguments):
            for argument in arguments:
                yield from calendar_nodes(argument)
            if operator in CALENDAR:
                yield expression
        case DatedTerm(day=day):
            yield from calendar_nodes(day)
        case _:
            return


def measures(expression: Expression) -> Iterator[Aggregate]:
    """The measures over rows in an expression."""
    match expression:
        case Aggregate():
            yield expression
        case Apply(arguments=arguments):
            for argument in arguments:
                yield from measures(argument)
        case DatedTerm(day=day):
            yield from measures(day)
        case _:
            return
