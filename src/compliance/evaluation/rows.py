"""Measures over the rows that belong to a case, with the bounds that missing evidence leaves.

A row is certain where its condition is true and its file was read without fault; it is possible where its condition
is not false. What both agree on is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from compliance.evaluation import lineage, values
from compliance.evaluation.aggregates import aggregated, longest_run, of_nothing
from compliance.evaluation.cases import open_for_case, source_columns
from compliance.evaluation.compiling import Environment, compile_condition
from compliance.evaluation.joins import join_table
from compliance.evaluation.relation import Relation, Stored
from compliance.evaluation.values import Value
from compliance.evaluation.workspace import LARGE, PAIRED, Source
from compliance.model.checked import CheckedCases, CheckedSet
from compliance.model.expression import Aggregate, Apply, Column, Expression, LetValue, Parameter, walk

_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the rows of evidence of a set are found in the result: column of their numbers (`lineage`), column of their count."""

    rows: str
    count: str


@dataclass(frozen=True, slots=True)
class _Matching:
    """How measures find their cases: pairs of a column of the rows and the column of the cases it equals.

    `sure`: no row is only possible. `open` names a column of the cases that is true where rows whose link is unknown may
    belong to the case besides.
    """

    keys: tuple[tuple[str, str], ...]
    sure: bool
    open: str | None = None


_EACH_CASE = (("k", "k"), ("p", "p"))


def attach(relation: Relation, rows: CheckedSet, wanted: Iterable[Aggregate], cases: CheckedCases) -> Evidence | None:
    """Adds the measures of one set of rows to the cases."""
    measures = list(dict.fromkeys(wanted))
    source = relation.workspace.source(rows.table)
    if not source.supplied:
        relation.store({m: of_nothing(m) for m in measures})
        return None
    arguments = [m.argument for m in measures if m.argument is not None]
    joined = _rows(relation, rows, source, arguments)
    matching = _match(relation, joined, rows.where, arguments, source, not source.doubtful and not rows.joins)
    keys = list(dict.fromkeys(ours for ours, _ in matching.keys))

    def opening() -> ir.BooleanValue | bool:
        known = open_for_case(relation, source, cases)
        if matching.open is None or known is True:
            return known
        return relation.table[matching.open] if known is False else relation.table[matching.open] | known

    joined.look_up(arguments)
    table = joined.table
    columns: dict[str, ir.Value] = {}
    counts: list[str] = []
    finish: list[tuple[Aggregate, Callable[[ir.Table], Value]]] = []
    runs: list[ir.Table] = []
    for measure in measures:
        argument = joined.value(measure.argument) if measure.argument is not None else None
        label = relation.fresh()
        made, build = aggregated(measure, argument, table, opening, label, sure=matching.sure)
        columns |= made
        counts += made if measure.operator in ("exists", "count") else ()
        finish.append((measure, build))
        if measure.operator == "longest_run" and argument is not None:
            runs += [longest_run(joined, argument, keys, f"{label}_c", certain=True),
                     longest_run(joined, argument, keys, f"{label}_p", certain=False)]
    name = relation.fresh()
    found = Evidence(f"{name}_rows", f"{name}_n")
    columns[found.rows], columns[found.count] = lineage.collected(table, source, "r_", None if matching.sure else table["r__certain"])
    flag = relation.fresh()
    columns[flag] = joined.is_provisional().any() if joined.provisional else ibis.literal(False)
    among_itself = _is_among_itself(rows, cases, source, measures, matching) and opening() is False
    if among_itself:
        columns[found.rows] = lineage.first_of(table, source, "r_")
    grouped = table.group_by(keys).aggregate(**columns) if keys else table.aggregate(**columns)
    if among_itself:
        grouped = grouped.filter(grouped[counts[0]] > 1)
    _join_back(relation, grouped, matching.keys)
    if among_itself:
        [(_, own)] = matching.keys
        relation.table = relation.table.mutate(**{
            c: relation.table[c].fill_null(relation.table[own].notnull().cast("int64")) for c in counts})
    for run in runs:
        _join_back(relation, run, matching.keys)
    if joined.provisional:
        relation.provisional.append(flag)
    relation.store({m: build(relation.table) for m, build in finish})
    return found


def _is_among_itself(rows: CheckedSet, cases: CheckedCases, source: Source, measures: Sequence[Aggregate],
                     matching: _Matching) -> bool:
    """Whether the rows of a case are those of its own large table that share a value with it, and are only counted.

    A case is then one of its own rows: only values that occur twice need be looked for, every other case has one row.
    """
    return (source.size > LARGE and cases.form == "each" and cases.table == rows.table and matching.sure
            and isinstance(rows.where, Apply) and _own_column(rows.where) and len(matching.keys) == 1
            and all(m.operator in ("exists", "count") for m in measures))


def _own_column(part: Expression) -> bool:
    """Whether a link equates a column with itself, in the row and in the case."""
    sides = _link(part)
    return sides is not None and isinstance(sides[1], Column) and (sides[0].table, sides[0].name) == ("", sides[1].name)


def _asks_case(expression: Expression) -> bool:
    """Whether a value differs from case to case."""
    return any(isinstance(n, (LetValue, Parameter)) or (isinstance(n, Column) and n.scope == "case") for n in walk(expression))


def _asks_row(expression: Expression) -> bool:
    return any(isinstance(n, Column) and n.scope == "row" for n in walk(expression))


def _rows(relation: Relation, rows: CheckedSet, source: Source, arguments: Iterable[Expression]) -> Relation:
    """The rows of a set, with the tables joined to them."""
    expressions = [e for e in (rows.where, *arguments) if e is not None]
    used = [n for e in (*expressions, *(o for j in rows.joins for o in j.on)) for n in walk(e)
            if isinstance(n, Column) and n.scope == "row"]
    selected, stored = source_columns(source, {c.name for c in used if c.table == ""}, "r")
    own = source.relation
    assert own is not None
    result = Relation(relation.workspace, own.select(
        r__id=own["_id"], r__doubt=own["_doubt"], **lineage.columns_of(source, "r_"), **selected), prefix="r")
    result.stored |= {("row", "", name): where for name, where in stored.items()}
    for i, join in enumerate(rows.joins):
        join_table(result, join, {c.name for c in used if c.table == join.name}, f"j{i}")
    return result


def _match(relation: Relation, joined: Relation, where: Expression | None, arguments: Sequence[Expression],
           source: Source, settled: bool) -> _Matching:
    """Keeps the rows that may belong to a case, in the way that costs least for the same answer.

    `settled`: no row was read with a fault.
    """
    parts = conjuncts(where)
    shared = [p for p in parts if _asks_case(p)]
    own = [p for p in parts if not _asks_case(p)]
    asked = [a for a in arguments if _asks_case(a)]
    if not shared and not asked:
        return _Matching((), _filter(joined, own) and settled)
    keys = [_group_key(relation, joined, p) for p in shared]
    if not asked and None not in keys:
        # Every row belongs to the cases with its key: rows are measured once a key, not once a case.
        return _Matching(tuple(dict.fromkeys(k for k in keys if k is not None)), _filter(joined, own) and settled)
    if source.size > PAIRED:
        return _narrow(relation, joined, own, shared, asked)
    _add_cases(relation, joined, (*shared, *asked))
    return _Matching(_EACH_CASE, _filter(joined, parts) and settled)


def _group_key(relation: Relation, joined: Relation, part: Expression) -> tuple[str, str] | None:
    """The columns of a link that is known on both sides and compared as it stands."""
    sides = _link(part)
    if sides is None:
        return None
    ours, theirs = joined.stored["row", sides[0].table, sides[0].name], relation.stored[_key(sides[1])]
    same = ours.type == theirs.type or {ours.type, theirs.type} <= {"decimal", "money"}
    return (ours.lo, theirs.lo) if same and ours.type != "datetime" and _is_sure(ours, theirs, sides[1]) else None


def _add_cases(relation: Relation, joined: Relation, expressions: Iterable[Expression], more: Iterable[str] = (),
               on: Callable[[ir.Table, ir.Table], list[ir.BooleanValue]] | None = None) -> None:
    """Puts the cases beside the rows: each with each, or those for which `on` holds."""
    needed = {_key(n) for e in expressions for n in walk(e)
              if isinstance(n, (LetValue, Parameter)) or (isinstance(n, Column) and n.scope == "case")}
    kept = {key: relation.stored[key] for key in needed}
    names = {c for s in kept.values() for c in (s.lo, s.hi, s.absent) if isinstance(c, str)} | set(more)
    cases = relation.table.select("k", "p", *sorted(names - {"k", "p"}))
    joined.table = cases.cross_join(joined.table) if on is None else cases.inner_join(joined.table, on(cases, joined.table))
    joined.stored |= kept


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A part of a condition that compares what only the row says with what only the case says."""

    operator: str
    row: str
    case: str
    decides: bool  # whether nothing is left to compare for a pair of known values


def _narrow(relation: Relation, joined: Relation, own: list[Expression], shared: list[Expression],
            asked: list[Expression]) -> _Matching:
    """Of a large table only the pairs that comparisons of known values leave.

    Rows that cannot be compared may belong to any case: instead of pairing them with all, the set is left open.
    """
    _filter(joined, own)
    joined.table = joined.table.mutate(r__doubt=values.negated(joined.table["r__certain"]))
    loose_rows: list[ir.BooleanValue] = []
    loose_cases: list[ir.BooleanValue] = []
    compared: list[_Comparison] = []
    rest = []
    for part in shared:
        found = _compared(relation, joined, part, loose_rows, loose_cases)
        compared += [found] if found else []
        rest += [] if found and found.decides else [part]
    if not compared:
        _add_cases(relation, joined, (*shared, *asked))
        _filter(joined, shared)
        return _Matching(_EACH_CASE, False)
    loose, opened = relation.fresh(), relation.fresh()
    loose_row, loose_case = ibis.or_(*loose_rows), ibis.or_(*loose_cases)
    counted = joined.table.aggregate(**{loose: joined.table.count(where=loose_row) > 0, f"{loose}_n": joined.table.count()})
    relation.table = relation.table.mutate(**{f"{opened}_c": loose_case}).cross_join(counted)
    relation.table = relation.table.mutate(**{opened: relation.table[loose] | (
        relation.table[f"{opened}_c"] & (relation.table[f"{loose}_n"] > 0))})
    _add_cases(relation, joined, (*rest, *asked), [c.case for c in compared],
               lambda cases, rows: [values.OPERATORS[c.operator](rows[c.row], cases[c.case]) for c in compared])
    _filter(joined, rest)
    return _Matching(_EACH_CASE, False, opened)


def _compared(relation: Relation, joined: Relation, part: Expression, loose_rows: list[ir.BooleanValue],
              loose_cases: list[ir.BooleanValue]) -> _Comparison | None:
    """Writes both sides of a comparison to columns, and notes which rows and cases it cannot place."""
    if not (isinstance(part, Apply) and part.operator in _MIRRORED):
        return None
    left, right = part.arguments
    if _asks_case(left):
        left, right, operator = right, left, _MIRRORED[part.operator]
    else:
        operator = part.operator
    if _asks_case(left) or _asks_row(right) or "null" in (left.type, right.type):
        return None
    ours, theirs = joined.value(left), relation.value(right)
    moments = left.type == right.type == "datetime"
    if "datetime" in (left.type, right.type):
        ours, theirs = values.as_day(ours), values.as_day(theirs)
    names = _Comparison({"<": "<=", ">": ">="}.get(operator, operator) if moments else operator, relation.fresh(), relation.fresh(),
                        not moments)
    joined.table = joined.table.mutate(**{names.row: ours.point()})
    relation.table = relation.table.mutate(**{names.case: theirs.point()})
    linked = _link(part) is not None  # a blank links to nothing
    loose_rows.append(_loose(joined.table[names.row], ours, linked))
    loose_cases.append(_loose(relation.table[names.case], theirs, linked))
    return names


def _loose(column: ir.Value, value: Value, linked: bool) -> ir.BooleanValue:
    return column.isnull() & values.negated(values.is_blank(value).fill_null(False)) if linked else column.isnull()


def conjuncts(expression: Expression | None) -> list[Expression]:
    """The parts of a condition that must all hold."""
    if expression is None:
        return []
    if isinstance(expression, Apply) and expression.operator == "and":
        return [c for a in expression.arguments for c in conjuncts(a)]
    return [expression]


def _filter(joined: Relation, parts: Sequence[Expression]) -> bool:
    """Keeps the possible rows and marks the certain ones, by the parts of a condition.

    Returns whether the condition is known for every row, so that only doubt about the row itself can be left.
    """
    keys = [p for p in parts if _is_key(joined, p)]
    rest = [p for p in parts if p not in keys]
    if keys:
        env = joined.environment()
        joined.table = joined.table.filter(*(compile_condition(k, env) for k in keys))
    joined.look_up(rest)
    env = joined.environment()
    doubt = ~joined.table["r__doubt"]
    if not rest:
        joined.table = joined.table.mutate(r__certain=doubt)
        return True
    condition = _part(joined, rest[0], env)
    for part in rest[1:]:
        condition = condition & _part(joined, part, env)
    if all(joined.is_known(part) for part in rest):
        joined.table = joined.table.filter(condition).mutate(r__certain=doubt)
        return True
    table = joined.table.mutate(r__is=condition)
    table = table.filter(table["r__is"].fill_null(True))
    joined.table = table.mutate(r__certain=table["r__is"].fill_null(False) & ~table["r__doubt"])
    return False


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
    return _is_sure(joined.stored["row", row.table, row.name], joined.stored[_key(other)], other)


def _is_sure(ours: Stored, theirs: Stored, other: Expression) -> bool:
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


def _join_back(relation: Relation, grouped: ir.Table, keys: Sequence[tuple[str, str]]) -> None:
    """Adds measures to the cases they belong to; measures that are the same for all go to each."""
    if not keys:
        relation.table = relation.table.cross_join(grouped)
        return
    names = {ours: relation.fresh() for ours, _ in keys}
    grouped = grouped.rename({new: old for old, new in names.items()})
    relation.table = relation.table.left_join(grouped, [relation.table[theirs] == grouped[names[ours]] for ours, theirs in keys])
