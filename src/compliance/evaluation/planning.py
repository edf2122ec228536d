"""A rule or view compiled to one query: its cases, the measures of its sets of rows, the lines of its table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from compliance.evaluation import lineage
from compliance.evaluation.cases import case_relation
from compliance.evaluation.compiling import compile_condition, compile_possibility
from compliance.evaluation.plans import Plan, of_reading
from compliance.evaluation.relation import Relation, calendar_nodes, measures, without_unused
from compliance.evaluation.rows import Evidence, attach
from compliance.evaluation.workspace import LARGE, PLACE, Workspace
from compliance.linting.expressions import depends_on
from compliance.model.checked import CheckedCases, CheckedRule, CheckedSet, CheckedView, Line
from compliance.model.expression import Aggregate, Apply, Column, Expression, Parameter, walk
from compliance.model.verdict import CLEAR_VERDICTS


@dataclass(frozen=True, slots=True)
class _Built:
    relation: Relation
    evidence: tuple[Evidence, ...]


def _expressions(rule: CheckedRule) -> list[Expression]:
    single = [rule.due, rule.done, rule.subject, rule.link]
    return [*(line.condition for line in rule.lines), *(e.condition for e in rule.excuses), *rule.amount.values(),
            *(e for e in single if e is not None)]


def _build(workspace: Workspace, cases: CheckedCases, sets: Sequence[CheckedSet], lets: Mapping[str, Expression],
           asked: Sequence[Expression], family: str | None, extra_columns: Iterable[str] = ()) -> _Built | None:
    """Cases with all their values: rows are attached and values computed as soon as what they need is there."""
    everything = [*lets.values(), *asked, *(s.where for s in sets if s.where is not None)]
    nodes = [n for e in everything for n in walk(e)]
    columns = {n.name for n in nodes if isinstance(n, Column) and n.scope == "case"} | set(extra_columns)
    parameters = {n.name for n in nodes if isinstance(n, Parameter)}
    parameters |= {n.name for n in (walk(cases.where) if cases.where is not None else ()) if isinstance(n, Parameter)}
    relation = case_relation(workspace, cases, columns, family, parameters)
    if relation is None:
        return None
    source = workspace.source(cases.table) if cases.table else None
    relation.staged = source is None or source.size <= LARGE
    wanted: dict[str, list[Aggregate]] = {}
    for expression in (*lets.values(), *asked):
        for measure in measures(expression):
            wanted.setdefault(measure.rows, []).append(measure)
    evidence: list[Evidence] = []
    waiting = [s for s in sets if s.name in wanted]
    pending = dict(lets)
    done_lets: set[str] = set()
    attached: set[str] = set()
    while waiting or pending:
        ready = {("let", n): e for n, e in pending.items()
                 if depends_on(e)[0] <= done_lets and depends_on(e)[1] <= attached}
        if ready:
            relation.store_expressions(ready)
            done_lets |= {n for _, n in ready}
            pending = {n: e for n, e in pending.items() if n not in done_lets}
            continue
        rows = next(s for s in waiting if _needs(s, wanted[s.name]) <= done_lets)
        found = attach(relation, rows, wanted[rows.name], cases)
        evidence += [found] if found else []
        attached.add(rows.name)
        waiting.remove(rows)
        relation.end_stage()
    return _Built(relation, tuple(evidence))


def _needs(rows: CheckedSet, wanted: Iterable[Aggregate]) -> set[str]:
    inner = [e for e in (rows.where, *(m.argument for m in wanted)) if e is not None]
    return {name for e in inner for name in depends_on(e)[0]}


def what_is_measured(rule: CheckedRule) -> tuple[object, ...]:
    """All that is measured of a rule; readings that differ in none of it report from the same measures."""
    asked = _expressions(rule)
    return (rule.cases, rule.sets, tuple(rule.lets.items()), rule.rule.family,
            frozenset(m for e in (*rule.lets.values(), *asked) for m in measures(e)),
            frozenset(n for e in asked for n in calendar_nodes(e)))


def plan_rule(workspace: Workspace, readings: Sequence[CheckedRule]) -> Plan:
    """Compiles a rule, or readings of it that measure the same, or rules with the same cases and no sets."""
    rule = readings[0]
    asked = list(dict.fromkeys(e for reading in readings for e in _expressions(reading)))
    built = _build(workspace, rule.cases, rule.sets, rule.lets, asked, rule.rule.family)
    assert built is not None
    relation = built.relation
    relation.look_up(asked)
    # Every line of a deadline asks for the same two values; the engine does not see that they are the same.
    points = [e for reading in readings for e in (reading.due, reading.done)]
    relation.store_expressions({e: e for e in points if isinstance(e, Apply) and e not in relation.stored})
    columns = {of_reading(name, i): column for i, reading in enumerate(readings)
               for name, column in _result_columns(relation, reading).items()}
    nodes = [{n for e in _expressions(reading) for n in calendar_nodes(e)} for reading in readings]
    columns |= {of_reading("provisional", i): relation.is_provisional(set().union(*nodes) - own)
                for i, own in enumerate(nodes) if i == 0 or own != nodes[0]}
    relation.table = relation.table.mutate(**columns)
    lets = {n: (s.lo, s.hi) for n in rule.lets for s in (relation.stored["let", n],)}
    names = {"k", "p", "subject", "c_doubt", *columns}
    names |= {c for pair in lets.values() for c in pair if c}
    evidence = [(e.rows, e.count) for e in built.evidence]
    if lineage.CASE_ROWS in relation.table.columns:
        evidence.insert(0, (lineage.CASE_ROWS, lineage.CASE_COUNT))
    names |= {c for pair in evidence for c in pair} | {c for c in (f"x_{p}" for p in PLACE) if c in relation.table.columns}
    brief = relation.branch()
    relation.table = relation.table.select(*sorted(names))
    relation.end_stage()
    table = relation.table
    table = table.mutate(**{of_reading(name, i): column for i, reading in enumerate(readings)
                            for name, column in _first_line(table, reading.lines, i).items()})
    kept = [c for c in table.columns if not c.startswith(("line", "perhaps"))]
    plan = Plan(relation.query(table.select(*kept)), tuple(kept), lets, tuple(evidence))
    return replace(plan, brief=_brief(brief, plan, readings)) if plan.decided() != plan.columns and relation.staged else plan


def _brief(relation: Relation, plan: Plan, readings: Sequence[CheckedRule]) -> str:
    """The query without what is asked only where a line is unknown, and without all that only served to ask it."""
    lines = [(i, j) for i, reading in enumerate(readings) for j in range(len(reading.lines))]
    open_ = [of_reading(f"line{j}", i) for i, j in lines if of_reading(f"perhaps{j}", i) in relation.table.columns]
    relation.table = relation.table.select(*(c for c in plan.decided() if not c.startswith("first")),
                                           *(of_reading(f"line{j}", i) for i, j in lines))
    relation.end_stage()
    table = relation.table
    first = {of_reading("first", i): _first(_lines(table, reading.lines, i)) for i, reading in enumerate(readings)}
    table = table.mutate(**first, open=ibis.or_(*(table[c].isnull() for c in open_)))
    return without_unused(relation.query(table.select(*plan.decided(), "open")))


def _result_columns(relation: Relation, rule: CheckedRule) -> dict[str, ir.Value]:
    """What is reported of a case: conditions of the lines, due, done, excuses and the parts of the amount."""
    env = relation.environment()
    columns: dict[str, ir.Value] = {}
    for i, line in enumerate(rule.lines):
        columns[f"line{i}"] = compile_condition(line.condition, env)
        if not relation.is_known(line.condition):
            columns[f"perhaps{i}"] = compile_possibility(line.condition, env).true
    columns |= {f"excuse{i}": compile_condition(e.condition, env) for i, e in enumerate(rule.excuses)}
    points: dict[str, Expression | None] = {"due": rule.due, "done": rule.done, "own_subject": rule.subject,
                                            "link": rule.link, **{f"amount_{k}": e for k, e in rule.amount.items()}}
    return columns | {name: relation.value(e).point() for name, e in points.items() if e is not None}


def _lines(table: ir.Table, lines: Sequence[Line], number: int) -> list[ir.Value]:
    """The conditions of the lines of a reading."""
    return [table[of_reading(f"line{i}", number)] for i in range(len(lines))]


def _first(conditions: Sequence[ir.Value]) -> ir.Value:
    return ibis.cases(*((c, i) for i, c in enumerate(conditions)), else_=-1) if conditions else ibis.literal(-1)


def _first_line(table: ir.Table, lines: Sequence[Line], number: int) -> dict[str, ir.Value]:
    """The first line that holds, and the unknown ones before it whose verdict is another; a line that is always known is none.

    A line that rests on a blank cannot be established; it is passed over, but not on the way to a clear verdict.
    """
    conditions = _lines(table, lines, number)
    first = _first(conditions)
    columns: dict[str, ir.Value] = {"first": first}
    clear = [j for j, line in enumerate(lines) if line.verdict in CLEAR_VERDICTS - {"not_triggered"}]
    for i, line in enumerate(lines):
        perhaps = of_reading(f"perhaps{i}", number)
        if perhaps not in table.columns:
            continue
        same = [j for j in range(i + 1, len(lines)) if lines[j].verdict == line.verdict]
        earlier = ibis.or_(*(c.fill_null(False) for c in conditions[:i])) if i else ibis.literal(False)
        agrees = first.isin(same) if same else ibis.literal(False)
        matters = table[perhaps] | first.isin(clear) if clear else table[perhaps]
        columns[f"unclear{i}"] = conditions[i].isnull() & ~earlier & ~agrees & matters
    return columns


def plan_view(workspace: Workspace, view: CheckedView) -> Plan:
    """Compiles a view."""
    shape = workspace.shapes[view.name]
    built = _build(workspace, view.cases, view.sets, view.lets, (), None, [c for c in shape.columns if c not in view.lets])
    assert built is not None
    relation = built.relation
    columns: dict[str, ir.Value] = {}
    for name in shape.columns:
        value = relation.stored["let" if name in view.lets else "case", name].value(relation.table)
        columns[name] = value.point()
        blank = ibis.null("boolean") if value.absent is None else value.absent
        columns[f"{name}__absent"] = ibis.literal(blank) if isinstance(blank, bool) else blank
    table = relation.table
    key = table["k"] if table["k"].type().is_integer() else ibis.row_number().over(order_by=table["k"])
    base = workspace.source(view.cases.table) if view.cases.table else None
    sets = [] if base is not None and base.size > LARGE else [(table[e.rows], table[e.count]) for e in built.evidence]
    rows, count = lineage.joined([lineage.of_case(base, table), *sets])
    behind = {lineage.ROWS: rows, lineage.COUNT: count}
    result = table.select(_id=key, _doubt=table["c_doubt"], _subject=table["subject"], **behind, **columns)
    query = relation.query(result)
    return Plan(without_unused(query) if relation.staged else query, tuple(result.columns), {}, ())
