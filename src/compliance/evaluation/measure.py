"""One rule measured on the evidence: its cases, what was measured for each, and which lines of its table hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from compliance.caching import key_of
from compliance.evaluation import lineage
from compliance.evaluation.cases import case_relation, make_periods
from compliance.evaluation.compiling import compile_condition, compile_possibility
from compliance.evaluation.plans import Plan
from compliance.evaluation.relation import Relation, measures
from compliance.evaluation.rows import Evidence, attach
from compliance.evaluation.workspace import LARGE, Source, Workspace
from compliance.linting.expressions import depends_on
from compliance.model.checked import CheckedCases, CheckedRule, CheckedSet, CheckedView, Line
from compliance.model.expression import Aggregate, Apply, Column, Expression, Parameter, walk
from compliance.model.verdict import CLEAR_VERDICTS

# Cases fetched one by one; of more cases the clear ones are only counted.
LISTED_CASES = 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """One case as it was measured.

    `first` is the first line that holds (-1: none), `unclear` the lines before it that could have held instead.
    `measures` are the named values of the case: (lower, upper) bound. `evidence`: numbered rows (`lineage`) of the case
    and of each set, and how many there are. `key` is what the case is a case of: a row, a period, a value.
    """

    key: Hashable
    subject: str | None
    link: str | None
    parameter: int
    doubtful: bool
    first: int
    unclear: tuple[int, ...]
    due: Any
    done: Any
    excuses: tuple[bool | None, ...]
    amount: Mapping[str, Decimal | int | None]
    measures: Mapping[str, tuple[Any, Any]]
    evidence: tuple[tuple[tuple[int, ...], int], ...]
    provisional: bool
    count: int = 1


@dataclass(frozen=True, slots=True)
class Measurement:
    """All cases of a rule; `supplied` False when the table of its cases was not supplied.

    Of very many cases the clear ones are only `counted`, as one for each verdict of the table of lines.
    """

    supplied: bool
    cases: tuple[Measured, ...]
    counted: tuple[Measured, ...] = ()


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


def measure_rule(workspace: Workspace, rule: CheckedRule, *, listed: bool = False) -> Measurement:
    """The cases of a rule with what the evidence shows of each; `listed`: the clear ones too, however many."""
    if not is_supplied(workspace, rule):
        return Measurement(False, ())
    plan = prepare(workspace, rule)
    return _listed(workspace, plan, rule) if listed or not is_large(workspace, rule) else _counted(workspace, plan, rule)


def is_large(workspace: Workspace, rule: CheckedRule) -> bool:
    """Whether the clear cases of a rule are only counted."""
    source = cases_source(workspace, rule)
    return source is not None and source.size > LISTED_CASES


def cases_source(workspace: Workspace, rule: CheckedRule) -> Source | None:
    """The table of which each row is a case."""
    return workspace.source(rule.cases.table) if rule.cases.form == "each" and rule.cases.table else None


def is_supplied(workspace: Workspace, rule: CheckedRule) -> bool:
    """Whether the table of the cases of a rule was supplied; cases of the calendar need none."""
    return rule.cases.table is None or workspace.source(rule.cases.table).supplied


def prepare(workspace: Workspace, rule: CheckedRule) -> Plan:
    """The plan of a rule whose cases are supplied: the one that was kept, else a new one."""
    if rule.cases.form == "every":
        make_periods(workspace, rule.cases)
    key = key_of(_content(rule), _states(workspace, rule.cases, rule.sets, rule.rule.family), workspace.as_of,
                   workspace.contract.service_start, workspace.contract.service_end)
    return workspace.plans.kept(key, lambda: _plan(workspace, rule))


def _content(rule: CheckedRule) -> tuple[object, ...]:
    """What of a rule is compiled."""
    return (rule.cases, rule.sets, rule.lets, rule.lines, rule.due, rule.done, rule.excuses, rule.amount, rule.subject,
            rule.link, rule.rule.family)


def _states(workspace: Workspace, cases: CheckedCases, sets: Sequence[CheckedSet], family: str | None) -> list[tuple[object, ...]]:
    """The state of every table that is read."""
    names = {cases.table, family, *(s.table for s in sets), *(j.table for s in sets for j in s.joins)} - {None}
    return [workspace.source(str(n)).state() for n in sorted(str(n) for n in names)]


def _plan(workspace: Workspace, rule: CheckedRule) -> Plan:
    """Compiles a rule."""
    built = _build(workspace, rule.cases, rule.sets, rule.lets, _expressions(rule), rule.rule.family)
    assert built is not None
    relation = built.relation
    relation.look_up(_expressions(rule))
    # Every line of a deadline asks for the same two values; the engine does not see that they are the same.
    relation.store_expressions({e: e for e in (rule.due, rule.done) if isinstance(e, Apply) and e not in relation.stored})
    columns = _result_columns(relation, rule)
    relation.table = relation.table.mutate(**columns)
    lets = {n: (s.lo, s.hi) for n in rule.lets for s in (relation.stored["let", n],)}
    names = {"k", "p", "subject", "c_doubt", *columns}
    names |= {c for pair in lets.values() for c in pair if c}
    evidence = [(e.rows, e.count) for e in built.evidence]
    if lineage.CASE_ROWS in relation.table.columns:
        evidence.insert(0, (lineage.CASE_ROWS, lineage.CASE_COUNT))
    names |= {c for pair in evidence for c in pair}
    relation.table = relation.table.select(*sorted(names))
    relation.end_stage()
    table = relation.table.mutate(**_first_line(relation.table, rule.lines))
    kept = [c for c in table.columns if not c.startswith(("line", "perhaps"))]
    return Plan(relation.query(table.select(*kept)), tuple(kept), lets, tuple(evidence))


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
    for name, expression in points.items():
        if expression is not None:
            columns[name] = relation.value(expression).point()
    return columns | {"provisional": relation.is_provisional()}


def _first_line(table: ir.Table, lines: Sequence[Line]) -> dict[str, ir.Value]:
    """The first line that holds, and the unknown ones before it whose verdict is another; a line that is always known is none.

    A line that rests on a blank cannot be established; it is passed over, but not on the way to a clear verdict.
    """
    conditions = [table[f"line{i}"] for i in range(len(lines))]
    first = ibis.cases(*((c, i) for i, c in enumerate(conditions)), else_=-1) if lines else ibis.literal(-1)
    columns: dict[str, ir.Value] = {"first": first}
    clear = [j for j, line in enumerate(lines) if line.verdict in CLEAR_VERDICTS - {"not_triggered"}]
    for i, line in enumerate(lines):
        if f"perhaps{i}" not in table.columns:
            continue
        same = [j for j in range(i + 1, len(lines)) if lines[j].verdict == line.verdict]
        earlier = ibis.or_(*(c.fill_null(False) for c in conditions[:i])) if i else ibis.literal(False)
        agrees = first.isin(same) if same else ibis.literal(False)
        matters = table[f"perhaps{i}"] | first.isin(clear) if clear else table[f"perhaps{i}"]
        columns[f"unclear{i}"] = conditions[i].isnull() & ~earlier & ~agrees & matters
    return columns


def _listed(workspace: Workspace, plan: Plan, rule: CheckedRule) -> Measurement:
    """All cases in the order of their keys."""
    return Measurement(True, cases_of(workspace, rule, plan, f'SELECT * FROM ({plan.query}) ORDER BY "k", "p"'))


def _counted(workspace: Workspace, plan: Plan, rule: CheckedRule) -> Measurement:
    """The clear cases by number only, the others in the order of their keys.

    One pass: the clear cases are counted, the others listed. (As a filter the conditions would be written out, and
    computed, once for every mention.)
    """
    case = ", ".join(f'"{c}"' for c in plan.columns)
    found = workspace.run(f"""
        SELECT "p", "first", count(*) FILTER ("_settled"), bool_or("provisional") FILTER ("_settled"),
               list(row({case})) FILTER (NOT "_settled")
        FROM (SELECT *, {settled(rule.lines, plan)} AS "_settled" FROM ({plan.query}))
        GROUP BY "p", "first" ORDER BY "p", "first"
        """)
    k, p = plan.columns.index("k"), plan.columns.index("p")
    unclear = sorted((c for *_, some in found for c in some or ()), key=lambda c: (c[k], c[p]))
    return Measurement(True, _cases(workspace, rule, plan, unclear),
                       tuple(number_of_cases(rule, *numbers) for *numbers, _ in found if numbers[2]))


def cases_of(workspace: Workspace, rule: CheckedRule, plan: Plan, query: str) -> tuple[Measured, ...]:
    """The cases that a query for the columns of the plan gives."""
    return _cases(workspace, rule, plan, workspace.run(query))


def _cases(workspace: Workspace, rule: CheckedRule, plan: Plan, rows: Iterable[Sequence[Any]]) -> tuple[Measured, ...]:
    read = _reader(rule, plan, cases_source(workspace, rule))
    return tuple(read(row) for row in rows)


def settled(lines: Sequence[Line], plan: Plan) -> str:
    """SQL: the first line that holds gives a clear verdict, no line before it is unclear, and the case itself is sure."""
    clear = [i for i, line in enumerate(lines) if line.verdict in CLEAR_VERDICTS]
    ways = [" AND ".join([f'"first" = {i}', *(f'NOT "unclear{j}"' for j in range(i) if f"unclear{j}" in plan.columns)]) for i in clear]
    return f"coalesce(({' OR '.join(f'({w})' for w in ways) or 'FALSE'}) AND NOT \"c_doubt\", FALSE)"


def number_of_cases(rule: CheckedRule, parameter: int, first: int, count: int, provisional: bool) -> Measured:
    """As many clear cases with the same first line, of which no more is said."""
    return Measured(None, None, None, parameter, False, first, (), None, None, (None,) * len(rule.excuses), {}, {}, (),
                    provisional, count)


def _reader(rule: CheckedRule, plan: Plan, source: Source | None) -> Callable[[Sequence[Any]], Measured]:
    """What makes a case of a row with the columns of a plan; where they stand is looked up once, there may be very many rows."""
    at = {column: i for i, column in enumerate(plan.columns)}
    lets = [(name, at[lo], at[hi] if hi else at[lo]) for name, (lo, hi) in plan.lets.items()]
    sets = [(at[rows], at[count]) for rows, count in plan.evidence]
    unclear = [(i, at[f"unclear{i}"]) for i in range(len(rule.lines)) if f"unclear{i}" in at]
    excuses = [at[f"excuse{i}"] for i in range(len(rule.excuses))]
    amounts = [(part, at[f"amount_{part}"]) for part in rule.amount]
    key, parameter, doubt, first, provisional = (at[c] for c in ("k", "p", "c_doubt", "first", "provisional"))
    due, done = at.get("due"), at.get("done")
    named = at["subject"] if rule.subject is None else at["own_subject"]
    linked = named if rule.link is None else at["link"]
    is_own = source is not None and source.origin is not None

    def read(row: Sequence[Any]) -> Measured:
        own = [((lineage.code_of(source, row[key]),), 1)] if is_own and source is not None else []
        return Measured(
            key=row[key], subject=_text(row[named]), link=_text(row[linked]), parameter=row[parameter],
            doubtful=bool(row[doubt]), first=row[first], unclear=tuple([i for i, column in unclear if row[column]]),
            due=None if due is None else row[due], done=None if done is None else row[done],
            excuses=tuple([row[column] for column in excuses]), amount={part: row[column] for part, column in amounts},
            measures={name: (row[lo], row[hi]) for name, lo, hi in lets},
            evidence=tuple(own + [(_numbers(row[rows]), row[count] or 0) for rows, count in sets]), provisional=row[provisional])

    return read


def _numbers(rows: Sequence[int] | int | None) -> tuple[int, ...]:
    """The rows of a set: a list, or the first row that stands for all."""
    return (rows,) if isinstance(rows, int) else tuple(rows or ())


def _text(value: Hashable) -> str | None:
    return None if value is None else str(value)


def make_view(workspace: Workspace, view: CheckedView) -> None:
    """Computes a view once and gives it to the rules as a table."""
    workspace.views[view.name] = view
    shape = workspace.shapes[view.name]
    base = workspace.source(view.cases.table) if view.cases.table else None
    if base is not None and not base.supplied:
        workspace.sources[view.name] = Source(view.name, shape, None, frozenset(), open=True)
        return
    if view.cases.form == "every":
        make_periods(workspace, view.cases)
    key = key_of(view, _states(workspace, view.cases, view.sets, None), workspace.as_of, workspace.contract.service_start,
                   workspace.contract.service_end)
    plan = workspace.plans.kept(key, lambda: _view_plan(workspace, view))
    name = f"view_{view.name}"
    workspace.run(f'CREATE OR REPLACE TABLE "{name}" AS {plan.query}')
    total, doubtful = workspace.run(f'SELECT count(*), count(*) FILTER ("_doubt") FROM "{name}"')[0]
    workspace.sources[view.name] = Source(
        view.name, shape, workspace.table(name), frozenset(shape.columns), nullable=frozenset(shape.columns),
        doubtful=doubtful > 0, open=base.open if base else False, size=total, inexact=frozenset(shape.columns))


def _view_plan(workspace: Workspace, view: CheckedView) -> Plan:
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
    return Plan(relation.query(result), tuple(result.columns), {}, ())
