"""Which tables and columns of evidence the rules of a contract need, and which views."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.linting.rules import CheckedRuleSet
from compliance.model.checked import CheckedCases, CheckedRule, CheckedSet, CheckedView
from compliance.model.expression import Aggregate, Column, Expression, walk


def needed_columns(rules: CheckedRuleSet) -> dict[str, list[str]]:
    """The evidence tables that rules and views read, each with its columns in the order of the dictionary."""
    used: dict[str, set[str]] = {}
    for item in (*rules.rules, *rules.views):
        for table, column in _used(item):
            used.setdefault(table, set()).add(column)
    return {name: [c for c in rules.tables[name].columns if c in used[name] or c in rules.tables[name].key]
            for name in sorted(used) if rules.tables[name].kind == "evidence"}


def needed_views(rules: CheckedRuleSet) -> tuple[CheckedView, ...]:
    """The views that the rules read, with those that these read, in the order in which they are made."""
    tables = {t for rule in rules.rules for t in tables_of(rule)}
    found: list[CheckedView] = []
    for view in reversed(rules.views):  # a view reads only views before it
        if view.name in tables:
            found.append(view)
            tables |= set(tables_of(view))
    return tuple(reversed(found))


def tables_of(item: CheckedRule | CheckedView) -> Iterator[str]:
    """The tables, lists and views that a rule in all its readings, or a view, reads."""
    if item.cases.table is not None:
        yield item.cases.table
    for rows in item.sets:
        yield rows.table
        yield from (j.table for j in rows.joins)
    if isinstance(item, CheckedRule):
        for _, variant in item.readings:
            yield from tables_of(variant)


def _used(item: CheckedRule | CheckedView) -> Iterator[tuple[str, str]]:
    sets = {s.name: s for s in item.sets}
    yield from _of_cases(item.cases)
    for rows in item.sets:
        yield from _of_set(rows)
    expressions: list[Expression] = list(item.lets.values())
    if isinstance(item, CheckedRule):
        expressions += [line.condition for line in (*item.lines, *item.none)] + [e.condition for e in item.excuses]
        expressions += [e for e in (item.due, item.done, item.subject, item.link, *item.amount.values()) if e is not None]
        for _, variant in item.readings:
            yield from _used(variant)
    for expression in expressions:
        for node in walk(expression):
            match node:
                case Aggregate(rows=rows, argument=argument) if argument is not None:
                    yield from ((n.table or sets[rows].table, n.name) for n in walk(argument)
                                if isinstance(n, Column) and n.scope == "row")
                case Column(scope="case", name=name) if item.cases.table:
                    yield item.cases.table, name
                case _:
                    continue


def _of_cases(cases: CheckedCases) -> Iterator[tuple[str, str]]:
    if cases.table is None:
        return
    if cases.by:
        yield cases.table, cases.by
    for node in walk(cases.where) if cases.where is not None else ():
        if isinstance(node, Column):
            yield cases.table, node.name


def _of_set(rows: CheckedSet) -> Iterator[tuple[str, str]]:
    for expression in (*(e for j in rows.joins for e in j.on), *([rows.where] if rows.where is not None else [])):
        for node in walk(expression):
            if isinstance(node, Column) and node.scope == "row":
                yield node.table or rows.table, node.name
