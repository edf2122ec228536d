"""One rule measured on the evidence: its cases, what was measured for each, and which lines of its table hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from compliance.caching import key_of
from compliance.evaluation import lineage
from compliance.evaluation.cases import make_periods
from compliance.evaluation.planning import plan_rule, plan_view, what_is_measured
from compliance.evaluation.plans import Plan, of_reading
from compliance.evaluation.workspace import LARGE, PLACE, Source, Workspace
from compliance.model.checked import CheckedCases, CheckedRule, CheckedSet, CheckedView, Line
from compliance.model.finding import EvidenceReference
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


def measure_rule(workspace: Workspace, rule: CheckedRule) -> Measurement:
    """The cases of a rule with what the evidence shows of each."""
    return measure_together(workspace, [rule])[0]


def measure_together(workspace: Workspace, rules: Sequence[CheckedRule]) -> Sequence[Measurement]:
    """The same for rules of one group (`in_groups`)."""
    if not is_large(workspace, rules[0]):
        return list_readings(workspace, rules)
    if not is_supplied(workspace, rules[0]):
        return [Measurement(False, ()) for _ in rules]
    return _counted(workspace, prepare(workspace, *rules), rules)


def in_groups(workspace: Workspace, rules: Sequence[CheckedRule]) -> list[list[CheckedRule]]:
    """Rules that one pass measures together: those with the same rows of a large table as cases that need no other rows."""
    groups: dict[Hashable, list[CheckedRule]] = {}
    for rule in rules:
        source = cases_source(workspace, rule)
        is_alike = source is not None and source.size > LARGE and not rule.sets and not rule.readings
        alike = (rule.cases, rule.rule.family, tuple(rule.lets.items())) if is_alike else rule.rule.id
        groups.setdefault(alike, []).append(rule)
    return list(groups.values())


def list_readings(workspace: Workspace, readings: Sequence[CheckedRule]) -> tuple[Measurement, ...]:
    """All cases of each reading of a rule, however many; readings that measure the same are asked about together."""
    alike: dict[Hashable, list[int]] = {}
    for i, reading in enumerate(readings):
        alike.setdefault(what_is_measured(reading), []).append(i)
    found: dict[int, Measurement] = {}
    for numbers in alike.values():
        found |= dict(zip(numbers, _listed(workspace, [readings[i] for i in numbers]), strict=True))
    return tuple(found[i] for i in range(len(readings)))


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


def prepare(workspace: Workspace, *readings: CheckedRule) -> Plan:
    """The plan of a rule, or of readings of it that measure the same, whose cases are supplied: the one that was kept, else a new one."""
    rule = readings[0]
    return _kept(workspace, rule.cases, [_content(r) for r in readings], _states(workspace, rule.cases, rule.sets, rule.rule.family),
                 lambda: plan_rule(workspace, readings))


def _kept(workspace: Workspace, cases: CheckedCases, content: object, states: Sequence[object], plan: Callable[[], Plan]) -> Plan:
    """The plan that was kept for what is compiled and the tables that it reads, else a new one."""
    with workspace.lock:
        if cases.form == "every":
            make_periods(workspace, cases)
        key = key_of(content, states, workspace.as_of, workspace.contract.service_start, workspace.contract.service_end)
        return workspace.plans.kept(key, plan)


def _content(rule: CheckedRule) -> tuple[object, ...]:
    """What of a rule is compiled."""
    return (rule.cases, rule.sets, rule.lets, rule.lines, rule.due, rule.done, rule.excuses, rule.amount, rule.subject,
            rule.link, rule.rule.family)


def _states(workspace: Workspace, cases: CheckedCases, sets: Sequence[CheckedSet], family: str | None) -> list[tuple[object, ...]]:
    """The state of every table that is read."""
    names = {cases.table, family, *(s.table for s in sets), *(j.table for s in sets for j in s.joins)} - {None}
    return [workspace.source(str(n)).state() for n in sorted(str(n) for n in names)]


def _listed(workspace: Workspace, readings: Sequence[CheckedRule]) -> list[Measurement]:
    """All cases in the order of their keys, for readings that measure the same."""
    if not is_supplied(workspace, readings[0]):
        return [Measurement(False, ()) for _ in readings]
    plan, in_order = prepare(workspace, *readings), ' ORDER BY "k", "p"'
    columns, rows = plan.decided(), workspace.run(plan.brief + in_order) if plan.brief else []
    if not plan.brief or any(row[-1] for row in rows):
        columns, rows = plan.columns, workspace.run(plan.query + in_order)
    return [Measurement(True, _cases(workspace, rule, plan, columns, rows, i)) for i, rule in enumerate(readings)]


def _counted(workspace: Workspace, plan: Plan, rules: Sequence[CheckedRule]) -> list[Measurement]:
    """For each rule the clear cases by number only, the others in the order of their keys.

    One pass: the clear cases are counted, the others listed. (As a filter the conditions would be written out, and
    computed, once for every mention; a filter of an aggregate makes the engine copy what the aggregate is not about.)
    """
    are_settled = ", ".join(f'{settled(rule.lines, plan, i)} AS "{of_reading("_settled", i)}"' for i, rule in enumerate(rules))
    asked = ", ".join(_numbers_and_cases(plan, rule, i) for i, rule in enumerate(rules))
    found = workspace.run(f'SELECT "p", {asked} FROM (SELECT *, {are_settled} FROM ({plan.query})) GROUP BY "p" ORDER BY "p"')
    measured = []
    for i, rule in enumerate(rules):
        columns = plan.of(i)
        of_rule = [(row[0], *row[1 + 3 * i:4 + 3 * i]) for row in found]
        counted = [number_of_cases(rule, parameter, line, number, provisional) for parameter, numbers, is_provisional, _ in of_rule
                   for line, number, provisional in zip(clear_lines(rule.lines), numbers, is_provisional, strict=True) if number]
        k, p = columns.index("k"), columns.index("p")
        unclear = sorted((case for *_, cases in of_rule for case in cases or ()), key=lambda c: (c[k], c[p]))
        _keep_places(workspace, cases_source(workspace, rule), columns, unclear)
        measured.append(Measurement(True, _cases(workspace, rule, plan, columns, unclear, i), tuple(counted)))
    return measured


def _numbers_and_cases(plan: Plan, rule: CheckedRule, number: int) -> str:
    """SQL, three columns: how many cases each clear line settles, whether some of them are provisional, and the other cases."""
    is_settled, first, provisional = (f'"{c}"' for c in (of_reading("_settled", number), of_reading("first", number),
                                                        plan.own("provisional", number)))
    settling = [f"{is_settled} AND {first} = {line}" for line in clear_lines(rule.lines)]
    counts = ", ".join(f"count(CASE WHEN {s} THEN 1 END)" for s in settling)
    flags = ", ".join(f"bool_or({provisional} AND {s})" for s in settling)
    case = ", ".join(f'"{c}"' for c in plan.of(number))
    return f"[{counts}], [{flags}], list(row({case})) FILTER (NOT {is_settled})"


def _keep_places(workspace: Workspace, source: Source | None, columns: Sequence[str], cases: Iterable[Sequence[Any]]) -> None:
    """Where the rows of cases stand, which need not be looked up any more."""
    if source is None or source.origin is None or f"x_{PLACE[0]}" not in columns:
        return
    key, name, *place = (columns.index(c) for c in ("k", "subject", *(f"x_{p}" for p in PLACE)))
    workspace.places.update(
        (lineage.code_of(source, case[key]), EvidenceReference(source.origin, *(case[i] for i in place), case[name]))
        for case in cases if case[name] is not None)


def cases_of(workspace: Workspace, rule: CheckedRule, plan: Plan, query: str) -> tuple[Measured, ...]:
    """The cases that a query for the columns of the plan gives."""
    return _cases(workspace, rule, plan, plan.columns, workspace.run(query))


def _cases(workspace: Workspace, rule: CheckedRule, plan: Plan, columns: Sequence[str], rows: Iterable[Sequence[Any]],
           number: int = 0) -> tuple[Measured, ...]:
    """The cases in rows with columns of a plan, under the reading of that number."""
    read = _reader(rule, plan, columns, cases_source(workspace, rule), number)
    return tuple(read(row) for row in rows)


def clear_lines(lines: Sequence[Line]) -> list[int]:
    """The numbers of the lines with a clear verdict."""
    return [i for i, line in enumerate(lines) if line.verdict in CLEAR_VERDICTS]


def settled(lines: Sequence[Line], plan: Plan, number: int = 0) -> str:
    """SQL: the first line that holds gives a clear verdict, no line before it is unclear, and the case itself is sure."""
    unclear = [of_reading(f"unclear{j}", number) for j in range(len(lines))]
    ways = [" AND ".join([f'"{of_reading("first", number)}" = {i}', *(f'NOT "{c}"' for c in unclear[:i] if c in plan.columns)])
            for i in clear_lines(lines)]
    return f"coalesce(({' OR '.join(f'({w})' for w in ways) or 'FALSE'}) AND NOT \"c_doubt\", FALSE)"


def number_of_cases(rule: CheckedRule, parameter: int, first: int, count: int, provisional: bool) -> Measured:
    """As many clear cases with the same first line, of which no more is said."""
    return Measured(None, None, None, parameter, False, first, (), None, None, (None,) * len(rule.excuses), {}, {}, (),
                    provisional, count)


def _reader(rule: CheckedRule, plan: Plan, columns: Sequence[str], source: Source | None,
            number: int) -> Callable[[Sequence[Any]], Measured]:
    """What makes a case of a row with columns of a plan; where they stand is looked up once, there may be very many rows."""
    at = {column: i for i, column in enumerate(columns)}

    def own(name: str) -> int:
        return at[of_reading(name, number)]

    lets = [(name, at[lo], at[hi] if hi else at[lo]) for name, (lo, hi) in plan.lets.items()]
    sets = [(at[rows], at[count]) for rows, count in plan.evidence]
    unclear = [(i, own(f"unclear{i}")) for i in range(len(rule.lines)) if of_reading(f"unclear{i}", number) in at]
    excuses = [own(f"excuse{i}") for i in range(len(rule.excuses))]
    amounts = [(part, own(f"amount_{part}")) for part in rule.amount]
    key, parameter, doubt, first, provisional = at["k"], at["p"], at["c_doubt"], own("first"), at[plan.own("provisional", number)]
    due, done = (None if e is None else own(n) for n, e in (("due", rule.due), ("done", rule.done)))
    named = at["subject"] if rule.subject is None else own("own_subject")
    linked = named if rule.link is None else own("link")
    is_own = source is not None and source.origin is not None

    def read(row: Sequence[Any]) -> Measured:
        case = [((lineage.code_of(source, row[key]),), 1)] if is_own and source is not None else []
        return Measured(
            key=row[key], subject=_text(row[named]), link=_text(row[linked]), parameter=row[parameter],
            doubtful=bool(row[doubt]), first=row[first], unclear=tuple([i for i, column in unclear if row[column]]),
            due=None if due is None else row[due], done=None if done is None else row[done],
            excuses=tuple([row[column] for column in excuses]), amount={part: row[column] for part, column in amounts},
            measures={name: (row[lo], row[hi]) for name, lo, hi in lets},
            evidence=tuple(case + [(_numbers(row[rows]), row[count] or 0) for rows, count in sets]), provisional=row[provisional])

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
    plan = _kept(workspace, view.cases, view, _states(workspace, view.cases, view.sets, None), lambda: plan_view(workspace, view))
    name = f"view_{view.name}"
    workspace.run(f'CREATE OR REPLACE TABLE "{name}" AS {plan.query}')
    total, doubtful = workspace.run(f'SELECT count(*), count(*) FILTER ("_doubt") FROM "{name}"')[0]
    workspace.sources[view.name] = Source(
        view.name, shape, workspace.table(name), frozenset(shape.columns), nullable=frozenset(shape.columns),
        doubtful=doubtful > 0, open=base.open if base else False, size=total, inexact=frozenset(shape.columns))
