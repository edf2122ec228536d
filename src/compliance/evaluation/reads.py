"""Which evidence a rule rests on: its tables and columns, through named values, sets of rows and views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compliance.evaluation.workspace import Workspace
from compliance.model.checked import CheckedRule, CheckedView
from compliance.model.expression import Aggregate, Column, Expression, LetValue, walk

Read = tuple[str, str]  # a table and a column, or no column where the table as a whole is asked


def tables_read(workspace: Workspace, rule: CheckedRule) -> tuple[str, ...]:
    """The evidence tables that a rule looks at; none where one of them was not supplied and could not be looked at."""
    base = [(rule.cases.table, "")] if rule.cases.table else []
    sets = [(t, "") for s in rule.sets for t in (s.table, *(j.table for j in s.joins))]
    read = sorted({t for t, _ in _evidence(workspace, [*base, *sets])})
    return tuple(read) if all(workspace.source(t).supplied for t in read) else ()


def in_doubt(workspace: Workspace, rule: CheckedRule, asked: Iterable[Expression | None]) -> tuple[str, ...]:
    """The tables and columns that were not supplied, or have blanks or faults, among those that decide a case."""
    used = sorted(set(_evidence(workspace, _used(rule, [e for e in asked if e is not None]))))
    absent = {t for t, _ in used if not workspace.source(t).supplied}
    columns = {f"{t}.{c}" for t, c in used if c and t not in absent and c not in workspace.source(t).columns}
    if absent or columns:
        return (*sorted(absent), *sorted(columns))
    blanks = {f"{t}.{c}" for t, c in used if c and c in workspace.source(t).nullable}
    return tuple(sorted(blanks) or sorted({t for t, _ in used}))


def evidence_of(workspace: Workspace, table: str) -> tuple[str, ...]:
    """The evidence tables behind a table that rules name."""
    return tuple(sorted({t for t, _ in _evidence(workspace, [(table, "")])}))


def _evidence(workspace: Workspace, reads: Iterable[Read]) -> Iterator[Read]:
    """The reads of evidence behind reads of any tables; lists of the contract and the calendar are not evidence."""
    waiting, seen = list(reads), set()
    while waiting:
        read = waiting.pop()
        if read in seen:
            continue
        seen.add(read)
        table, column = read
        view = workspace.views.get(table)
        if view is not None:
            waiting += _of_view(view, column)
        elif workspace.shapes[table].kind == "evidence":
            yield read


def _of_view(view: CheckedView, column: str) -> Iterator[Read]:
    """What a column of a view, or the view as a whole, is made from."""
    if view.cases.table:
        yield view.cases.table, "" if column in view.lets else column
    asked = [view.lets[column]] if column in view.lets else []
    yield from _used(view, [*asked, *([view.cases.where] if view.cases.where is not None else [])])


def _used(rule: CheckedRule | CheckedView, expressions: list[Expression]) -> Iterator[Read]:
    """Tables and columns that expressions rest on, through named values and sets of rows."""
    sets = {s.name: s for s in rule.sets}
    seen_lets: set[str] = set()
    seen_sets: set[str] = set()
    waiting: list[tuple[Expression, str]] = [(e, "") for e in expressions]
    while waiting:
        expression, within = waiting.pop()
        for node in walk(expression):
            match node:
                case LetValue(name) if name not in seen_lets:
                    seen_lets.add(name)
                    waiting.append((rule.lets[name], ""))
                case Aggregate(rows=rows, argument=argument):
                    yield sets[rows].table, ""
                    if argument is not None:
                        waiting.append((argument, rows))
                    if rows not in seen_sets and sets[rows].where is not None:
                        seen_sets.add(rows)
                        waiting.append((sets[rows].where, rows))  # type: ignore[arg-type]
                case Column(scope="row", table=table, name=name) if within:
                    yield (table or sets[within].table), name
                case Column(scope="case" | "row", name=name) if rule.cases.table:
                    yield rule.cases.table, name
                case _:
                    continue
