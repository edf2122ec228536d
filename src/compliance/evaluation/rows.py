"""Measures over the rows that belong to a case, with the bounds that missing evidence leaves.

A row is certain where its condition is true and its file was read without fault; it is possible where its condition
is not false. What both agree on is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from compliance.evaluation import values
from compliance.evaluation.cases import open_for_case, source_columns
from compliance.evaluation.compiling import Environment, compile_condition
from compliance.evaluation.relation import Relation, Stored
from compliance.evaluation.values import Value
from compliance.evaluation.workspace import LARGE, Source
from compliance.model.checked import CheckedCases, CheckedJoin, CheckedSet
from compliance.model.expression import Aggregate, Apply, Column, Expression, LetValue, Parameter, walk

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the rows of a set are found in the result: column of their ids, column of their count, evidence table."""

    rows: str
    table: str | None
    ids: str
    count: str


def attach(relation: Relation, rows: CheckedSet, wanted: Iterable[Aggregate], cases: CheckedCases) -> Evidence | None:
    """Adds the measures of one set of rows to the cases."""
    measures = list(dict.fromkeys(wanted))
    source = relation.workspace.source(rows.table)
    if not source.supplied:
        relation.store({m: _of_nothing(m) for m in measures})
        return None
    expressions = [e for e in (rows.where, *(m.argument for m in measures)) if e is not None]
    joined = _rows_with_cases(relation, rows, source, expressions)
    _filter(joined, rows.where)
    table = joined.table
    columns: dict[str, ir.Value] = {}
    finish: list[tuple[Aggregate, Callable[[ir.Table], Value]]] = []
    joined.look_up(m.argument for m in measures if m.argument is not None)
    table = joined.table
    keys = [] if _independent(expressions) else ["k", "p"]
    runs: list[ir.Table] = []
    for measure in measures:
        argument = joined.value(measure.argument) if measure.argument is not None else None
        label = relation.fresh()
        made, build = _measure(measure, argument, table, lambda: open_for_case(relation, source, cases), label)
        columns |= made
        finish.append((measure, build))
        if measure.operator == "longest_run" and argument is not None:
            runs += [_longest_run(joined, argument, keys, f"{label}_c", certain=True),
                     _longest_run(joined, argument, keys, f"{label}_p", certain=False)]
    name = relation.fresh()
    found = Evidence(rows.name, source.origin, f"{name}_ids", f"{name}_n")
    columns[found.count] = table["r__possible"].sum()
    columns[found.ids] = _ids(table, source)
    flag = relation.fresh()
    columns[flag] = joined.is_provisional().any() if joined.provisional else ibis.literal(False)
    _join_back(relation, table.group_by(keys).aggregate(**columns) if keys else table.aggregate(**columns), keys)
    for run in runs:
        _join_back(relation, run, keys)
    if joined.provisional:
        relation.provisional.append(flag)
    relation.store({m: build(relation.table) for m, build in finish})
    return found


def _independent(expressions: list[Expression]) -> bool:
    """Whether the rows are the same for every case."""
    return not any(isinstance(n, (LetValue, Parameter)) or (isinstance(n, Column) and n.scope == "case")
                   for e in expressions for n in walk(e))


def _rows_with_cases(relation: Relation, rows: CheckedSet, source: Source, expressions: list[Expression]) -> Relation:
    """The rows, with the table joined to them, beside the cases they may belong to."""
    workspace = relation.workspace
    used = [n for e in (*expressions, *(o for j in rows.joins for o in j.on)) for n in walk(e)
            if isinstance(n, Column) and n.scope == "row"]
    selected, stored = source_columns(source, {c.name for c in used if c.table == ""}, "r")
    own = source.relation
    assert own is not None
    result = Relation(workspace, own.select(r__id=own["_id"], r__doubt=own["_doubt"], **selected), prefix="r")
    result.stored |= {("row", "", name): where for name, where in stored.items()}
    for i, join in enumerate(rows.joins):
        _join_table(result, join, {c.name for c in used if c.table == join.name}, f"j{i}")
    if _independent(expressions):
        return result
    needed = {("let", n.name) if isinstance(n, LetValue) else ("param", n.name) if isinstance(n, Parameter)
              else ("case", n.name) for e in expressions for n in walk(e)
              if isinstance(n, (LetValue, Parameter)) or (isinstance(n, Column) and n.scope == "case")}
    kept = {key: relation.stored[key] for key in needed}
    names = {c for s in kept.values() for c in (s.lo, s.hi, s.absent) if isinstance(c, str)}
    cases = relation.table.select("k", "p", *sorted(names - {"k", "p"}))
    result.table = cases.cross_join(result.table)
    result.stored |= kept
    return result


def _join_table(result: Relation, join: CheckedJoin, names: set[str], prefix: str) -> None:
    """Joins another table, one row a key; a key that is not unique there says nothing for sure."""
    source = result.workspace.source(join.table)
    equations = [_sides(e, join.name) for e in join.on]
    keys = [theirs.name for theirs, _ in equations]
    selected, stored = source_columns(source, names | set(keys), prefix)
    if source.relation is None or any(k not in source.columns for k in keys) or any(
            isinstance(result.stored.get(("row", o.table, o.name)), Stored)
            and result.stored["row", o.table, o.name].absent is None for _, o in equations):
        result.table = result.table.mutate(**{c: v if source.relation is None else ibis.null(v.type())
                                              for c, v in selected.items() if not c.endswith("_ab")})
        result.stored |= {("row", join.name, n): Stored(s.type, s.lo, None, None) for n, s in stored.items()}
        return
    right = source.relation.select(**{f"{prefix}__doubt": source.relation["_doubt"]}, **selected)
    if source.doubtful or tuple(sorted(keys)) != tuple(sorted(source.shape.key)):
        right = _one_row_a_key(right, [f"{prefix}_{k}" for k in keys], prefix)
    ours = [result.stored["row", o.table, o.name].lo for _, o in equations]
    matched = [result.table[mine] == right[f"{prefix}_{k}"] for mine, k in zip(ours, keys, strict=True)]
    table = result.table.left_join(right, matched)
    found = table[f"{prefix}_{keys[0]}"].notnull()
    columns: dict[str, ir.Value] = {"r__doubt": table["r__doubt"] | table[f"{prefix}__doubt"].fill_null(False)}
    for name, where in stored.items():
        here = where.value(table)
        missing = ibis.null("boolean") if source.open else ibis.literal(True)
        columns[f"{prefix}_{name}_ab"] = ibis.ifelse(found, values.is_blank(here), missing)
        result.stored["row", join.name, name] = Stored(where.type, where.lo, None, f"{prefix}_{name}_ab")
    result.table = table.mutate(**columns)


def _one_row_a_key(right: ir.Table, keys: list[str], prefix: str) -> ir.Table:
    others = [c for c in right.columns if c not in keys and c != f"{prefix}__doubt"]
    return right.group_by(keys).aggregate(
        **{c: right[c].arbitrary() for c in others},
        **{f"{prefix}__doubt": right[f"{prefix}__doubt"].any() | (right.count() > 1)})


def _sides(equation: Expression, joined: str) -> tuple[Column, Column]:
    """Of an equation, the column of the joined table and the other."""
    assert isinstance(equation, Apply)
    left, right = equation.arguments
    assert isinstance(left, Column) and isinstance(right, Column)
    return (left, right) if left.table == joined else (right, left)


def conjuncts(expression: Expression | None) -> list[Expression]:
    """The parts of a condition that must all hold."""
    if expression is None:
        return []
    if isinstance(expression, Apply) and expression.operator == "and":
        return [c for a in expression.arguments for c in conjuncts(a)]
    return [expression]


def _filter(joined: Relation, where: Expression | None) -> None:
    """Keeps the possible rows and marks the certain ones."""
    parts = conjuncts(where)
    keys = [p for p in parts if _is_key(joined, p)]
    rest = [p for p in parts if p not in keys]
    if keys:
        env = joined.environment()
        joined.table = joined.table.filter(*(compile_condition(k, env) for k in keys))
    joined.look_up(rest)
    env = joined.environment()
    doubt = ~joined.table["r__doubt"]
    if not rest:
        joined.table = joined.table.mutate(r__certain=doubt, r__possible=ibis.literal(1))
        return
    condition = _part(joined, rest[0], env)
    for part in rest[1:]:
        condition = condition & _part(joined, part, env)
    table = joined.table.mutate(r__is=condition)
    table = table.filter(table["r__is"].fill_null(True))
    joined.table = table.mutate(r__certain=table["r__is"].fill_null(False) & ~table["r__doubt"], r__possible=ibis.literal(1))


def _part(joined: Relation, part: Expression, env: Environment) -> ir.BooleanValue:
    """One condition on the rows; a link to a value that is known to be blank is false, not unknown."""
    condition = compile_condition(part, env)
    sides = _link(part)
    for side in sides or ():
        key = ("row", side.table, side.name) if isinstance(side, Column) and side.scope == "row" else _key(side)
        absent = joined.stored[key].absent
        if isinstance(absent, str):
            condition = condition & ~joined.table[absent].fill_null(False)
    return condition


def _is_key(joined: Relation, part: Expression) -> bool:
    """A link that both sides are known of, or known to be blank: rows that do not match cannot belong to the case.

    Where one side was not supplied, not read or is not sure it is no key: the row stays possible.
    """
    sides = _link(part)
    if sides is None:
        return False
    row, other = sides
    ours, theirs = joined.stored["row", row.table, row.name], joined.stored[_key(other)]
    sure = theirs.absent is False or not isinstance(other, LetValue)
    return sure and all(s.absent is not None and s.hi is None and not s.unread for s in (ours, theirs))


def _link(part: Expression) -> tuple[Column, LetValue | Parameter | Column] | None:
    """The two sides of an equation between a column of the row and a value of the case: a blank links to nothing."""
    if not (isinstance(part, Apply) and part.operator == "="):
        return None
    row = [a for a in part.arguments if isinstance(a, Column) and a.scope == "row"]
    other = [a for a in part.arguments if isinstance(a, (LetValue, Parameter)) or (isinstance(a, Column) and a.scope == "case")]
    return (row[0], other[0]) if len(row) == len(other) == 1 else None


def _key(node: Expression) -> tuple[str, str]:
    match node:
        case LetValue(name):
            return "let", name
        case Parameter(name):
            return "param", name
        case Column(name=name):
            return "case", name
    raise TypeError(node)


def _of_nothing(measure: Aggregate) -> Value:
    """The measure over a table that was not supplied: there may be any number of rows."""
    match measure.operator:
        case "count" | "count_distinct" | "longest_run":
            return Value("integer", values.literal(0, "integer").lo, values.null("integer"), False)
        case "sum" if measure.nonnegative:
            return Value(measure.type, values.literal(0, measure.type).lo, values.null(measure.type), False)
        case _:
            return values.unknown(measure.type)


IsOpen = Callable[[], ir.BooleanValue | bool]


def _measure(measure: Aggregate, argument: Value | None, table: ir.Table, opening: IsOpen, name: str,
             ) -> tuple[dict[str, ir.Value], Callable[[ir.Table], Value]]:
    """The columns to aggregate for one measure, and its value from them once they are joined to the cases."""
    certain = table["r__certain"]

    def unless_open(bound: ir.Value) -> ir.Value:
        is_open = opening()
        if isinstance(is_open, bool):
            return ibis.null(bound.type()) if is_open else bound
        return ibis.ifelse(is_open, ibis.null(bound.type()), bound)

    match measure.operator:
        case "exists" | "count":
            made = {f"{name}_c": certain.sum(), f"{name}_p": table["r__possible"].sum()}
            return made, lambda t: _count(measure, t[f"{name}_c"].fill_null(0).cast("int64"),
                                          unless_open(t[f"{name}_p"].fill_null(0).cast("int64")))
        case "longest_run":
            return {}, lambda t: Value("integer", t[f"{name}_c"].fill_null(0).cast("int64"),
                                       unless_open(t[f"{name}_p"].fill_null(0).cast("int64")), False)
    assert argument is not None
    blank = values.is_blank(argument)
    unclear = argument.hi.isnull() & ~blank.fill_null(False)
    match measure.operator:
        case "count_distinct":
            made = {f"{name}_c": argument.point().nunique(where=certain), f"{name}_p": argument.hi.nunique(),
                    f"{name}_b": _number_of(argument.hi.isnull(), table)}
            return made, lambda t: Value("integer", t[f"{name}_c"].fill_null(0).cast("int64"), unless_open(
                (t[f"{name}_p"].fill_null(0) + t[f"{name}_b"].fill_null(0)).cast("int64")), False)
        case "sum":
            return _sum(measure, argument, table, name, unless_open)
        case _:
            made = {f"{name}_n": _number_of(~blank.fill_null(False), table), f"{name}_u": _number_of(unclear, table),
                    f"{name}_cl": _least(argument.lo, certain), f"{name}_ch": _most(argument.hi, certain),
                    f"{name}_pl": _least(argument.lo, None), f"{name}_ph": _most(argument.hi, None)}
            return made, lambda t: _extreme(measure, t, name, opening())


def _count(measure: Aggregate, certain: ir.IntegerValue, possible: ir.IntegerValue) -> Value:
    if measure.operator == "count":
        return Value("integer", certain, possible, False)
    return values.exact("boolean", ibis.cases((certain > 0, True), (possible == 0, False), else_=ibis.null("boolean")),
                        False)


def _number_of(condition: ir.BooleanValue, table: ir.Table) -> ir.Value:
    """How many possible rows meet a condition, which may be a constant."""
    return ibis.ifelse(condition, table["r__possible"], 0).sum()


def _sum(measure: Aggregate, argument: Value, table: ir.Table, name: str,
         unless_open: Callable[[ir.Value], ir.Value]) -> tuple[dict[str, ir.Value], Callable[[ir.Table], Value]]:
    """A blank leaves the sum open upwards; and downwards where the numbers can be negative."""
    zero, certain = values.literal(0, measure.type).lo, table["r__certain"]
    low = ibis.ifelse(certain, argument.lo, ibis.least(argument.lo, zero) if not measure.nonnegative else zero)
    high = ibis.ifelse(certain, argument.hi, ibis.greatest(argument.hi, zero))
    kind = values.IBIS_TYPES[measure.type]
    made = {f"{name}_l": low.sum().cast(kind), f"{name}_h": high.sum().cast(kind), f"{name}_b": _number_of(argument.hi.isnull(), table)}

    def build(t: ir.Table) -> Value:
        open_ended = t[f"{name}_b"].fill_null(0) > 0
        nothing = values.null(measure.type)
        lo = t[f"{name}_l"].fill_null(0)
        hi = unless_open(ibis.ifelse(open_ended, nothing, t[f"{name}_h"].fill_null(0)))
        if not measure.nonnegative:
            lo = unless_open(ibis.ifelse(open_ended, nothing, lo))
        return Value(measure.type, lo, hi, False)

    return made, build


def _least(column: ir.Value, where: ir.BooleanValue | None) -> ir.Value:
    return column.cast("int8").min(where=where).cast("boolean") if column.type().is_boolean() else column.min(where=where)


def _most(column: ir.Value, where: ir.BooleanValue | None) -> ir.Value:
    return column.cast("int8").max(where=where).cast("boolean") if column.type().is_boolean() else column.max(where=where)


def _extreme(measure: Aggregate, t: ir.Table, name: str, is_open: ir.BooleanValue | bool) -> Value:
    """min, max and the one value; blank where no possible row has a value."""
    nothing = values.null(measure.type)
    kind = measure.type
    certain_lo, certain_hi = t[f"{name}_cl"], t[f"{name}_ch"]
    possible_lo, possible_hi = t[f"{name}_pl"], t[f"{name}_ph"]
    unsure = t[f"{name}_u"].fill_null(0) > 0
    if not isinstance(is_open, bool) or is_open:
        unsure = unsure | is_open
    none = t[f"{name}_n"].fill_null(0) == 0
    is_there = certain_lo.notnull()
    absent = ibis.cases((none & ~unsure, True), (is_there, False), else_=ibis.null("boolean"))
    sure_bound = is_there & ~unsure
    match measure.operator:
        case "max":
            return Value(kind, certain_hi, ibis.ifelse(sure_bound, possible_hi, nothing), absent)
        case "min":
            return Value(kind, ibis.ifelse(sure_bound, possible_lo, nothing), certain_lo, absent)
        case _:
            one = sure_bound & (possible_lo == possible_hi)
            absent_one = ibis.ifelse(absent.fill_null(False) | one, absent, ibis.null("boolean"))
            return values.exact(kind, ibis.ifelse(one, possible_lo, nothing), absent_one)


def _ids(table: ir.Table, source: Source) -> ir.ArrayValue:
    """The rows by their ids: the certain ones where there are any, else the possible ones."""
    if source.origin is None:
        return ibis.null("array<int64>")
    if source.size > LARGE:
        return ibis.array([table["r__id"].min(where=table["r__certain"])])
    return table["r__id"].collect(order_by=[~table["r__certain"], table["r__id"]])


def _longest_run(joined: Relation, value: Value, keys: list[str], name: str, *, certain: bool) -> ir.Table:
    """The longest run of consecutive values for each case: values less their rank are equal within a run."""
    table = joined.table
    point = value.point()
    if value.type == "date":
        point = point.delta(values.day_literal(EPOCH), unit="day")
    rows = table.select(*keys, value=point, sure=table["r__certain"])
    rows = rows.filter(rows["value"].notnull() & rows["sure"] if certain else rows["value"].notnull())
    distinct = rows.select(*keys, "value").distinct()
    window = ibis.window(group_by=[distinct[k] for k in keys], order_by=distinct["value"])
    runs = distinct.mutate(run=distinct["value"] - ibis.row_number().over(window))
    counted = runs.group_by([*keys, "run"]).aggregate(length=runs.count())
    longest = {name: counted["length"].max()}
    return counted.group_by(keys).aggregate(**longest) if keys else counted.aggregate(**longest)


def _join_back(relation: Relation, grouped: ir.Table, keys: list[str]) -> None:
    """Adds measures to the cases they belong to; measures that are the same for all go to each."""
    if not keys:
        relation.table = relation.table.cross_join(grouped)
        return
    names = {key: relation.fresh() for key in keys}
    grouped = grouped.rename({new: old for old, new in names.items()})
    relation.table = relation.table.left_join(grouped, [relation.table[k] == grouped[n] for k, n in names.items()])
