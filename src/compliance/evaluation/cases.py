"""The cases of a rule as a relation: one row a case, with its key, its subject and its columns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import ibis
import ibis.expr.types as ir

from compliance.caching import key_of
from compliance.evaluation import lineage, values
from compliance.evaluation.compiling import compile_condition
from compliance.evaluation.periods import periods
from compliance.evaluation.relation import Relation, Stored
from compliance.evaluation.workspace import PLACE, Source, Workspace, make_table
from compliance.model.checked import CheckedCases
from compliance.model.expression import Column, Expression, walk


def case_relation(workspace: Workspace, cases: CheckedCases, columns: Iterable[str], family: str | None,
                  parameters: Iterable[str]) -> Relation | None:
    """The cases with the columns asked for; None where the table they come from was not supplied.

    Columns: `k` key of the case, `p` row of the family's list (1 without family), `subject`, `c_doubt` (it is not
    sure that this is a case).
    """
    match cases.form:
        case "once":
            one = workspace.table("_one")
            relation = Relation(workspace, one.select(k=one["_id"], subject=ibis.null("string"),
                                                      c_doubt=ibis.literal(False)))
        case "every":
            relation = _every(workspace, cases)
        case _:
            source = workspace.source(cases.table or "")
            if not source.supplied:
                return None
            return _each(workspace, source, cases, sorted(set(columns)), family, parameters)
    _with_parameters(relation, family, parameters)
    return relation


def source_columns(source: Source, names: Iterable[str], prefix: str) -> tuple[dict[str, ir.Value], dict[str, Stored]]:
    """The columns of a source under names of ours, and where their values are kept.

    A column is unknown where it was not supplied or its cell could not be read, else blank or exact.
    """
    relation = source.relation
    columns: dict[str, ir.Value] = {}
    stored: dict[str, Stored] = {}
    for name in sorted(set(names)):
        kind, column = source.shape.columns[name].type, f"{prefix}_{name}"
        absent: str | bool | None = None
        known = plain = False
        if relation is None or name not in source.columns:
            columns[column] = values.null(kind)
        else:
            cell = relation[name]
            columns[column] = cell.cast(values.IBIS_TYPES[kind]) if kind in ("decimal", "money") else cell
            blank = _blank(source, name)
            known, plain = blank is None, name not in source.unread and name not in source.inexact
            absent = False if known else f"{column}_ab"
            if blank is not None:
                columns[f"{column}_ab"] = blank
        stored[name] = Stored(kind, column, None, absent, name in source.unread, name not in source.exact_moments, known, plain)
    return columns, stored


def _blank(source: Source, name: str) -> ir.BooleanValue | None:
    """Whether a cell is blank (NULL: unreadable); None where no cell of the column is."""
    assert source.relation is not None
    if name in source.inexact:
        return source.relation[f"{name}__absent"]
    blank = source.relation[name].isnull()
    if name in source.unread:
        return ibis.ifelse(source.relation[f"{name}__unread"], ibis.null("boolean"), blank)
    return blank if name in source.nullable else None


def _with_parameters(relation: Relation, family: str | None, parameters: Iterable[str]) -> None:
    """One copy of each case for every row of the family's list."""
    if family is None:
        relation.table = relation.table.mutate(p=ibis.literal(1, type="int64"))
        return
    listed = relation.workspace.source(family)
    assert listed.relation is not None
    columns, stored = source_columns(listed, parameters, "p")
    relation.table = relation.table.cross_join(listed.relation.select(p=listed.relation["_id"], **columns))
    relation.stored |= {("param", name): where for name, where in stored.items()}


def _from_source(workspace: Workspace, source: Source, cases: CheckedCases, columns: Iterable[str], family: str | None,
                 parameters: Iterable[str]) -> tuple[Relation, ir.BooleanValue | None]:
    """The rows that may be cases, each with `x__doubt`, and the condition on them."""
    assert source.relation is not None
    needed = {*columns, *(c.name for c in walk(cases.where) if isinstance(c, Column))} if cases.where else set(columns)
    selected, stored = source_columns(source, needed, "x")
    own = source.relation
    if cases.form == "each":
        selected |= {"x__subject": _subject_of(source), **{f"x_{c}": own[c] for c in PLACE if c in own.columns}}
    relation = Relation(workspace, own.select(
        x__id=own["_id"], x__doubt=own["_doubt"], **lineage.columns_of(source, "x_"), **selected))
    relation.stored |= {("row", "", name): where for name, where in stored.items()}
    _with_parameters(relation, family, parameters)
    if cases.where is None:
        return relation, None
    relation.look_up([cases.where])
    relation.table = relation.table.mutate(x__is=compile_condition(cases.where, relation.environment()))
    return relation, relation.table["x__is"]


def _each(workspace: Workspace, source: Source, cases: CheckedCases, columns: list[str], family: str | None,
          parameters: Iterable[str]) -> Relation:
    if cases.form == "by":
        return _by(workspace, source, cases, family, parameters)
    relation, condition = _from_source(workspace, source, cases, columns, family, parameters)
    table = relation.table
    doubt = table["x__doubt"]
    if condition is not None:
        table = table.filter(condition.fill_null(True))
        doubt = table["x__doubt"] | table["x__is"].isnull()
    else:
        doubt = table["x__doubt"]
    relation.table = table.mutate(k=table["x__id"], c_doubt=doubt, subject=table["x__subject"])
    relation.stored = {("case", key[2]) if key[0] == "row" else key: where  # type: ignore[index]
                       for key, where in relation.stored.items() if isinstance(key, tuple)}
    return relation


def _subject_of(source: Source) -> ir.StringValue:
    """Primary key of the row, several keys joined with '/'; the case of a view keeps the subject it had there."""
    relation = source.relation
    assert relation is not None
    if source.shape.kind == "view":
        return relation["_subject"]
    parts = [_as_text(relation[k]) for k in source.shape.key if k in relation.columns]
    result = parts[0] if parts else ibis.null("string")
    for part in parts[1:]:
        result = result + "/" + part
    return result


def _as_text(column: ir.Value) -> ir.StringValue:
    return column if column.type().is_string() else column.cast("string")


def _by(workspace: Workspace, source: Source, cases: CheckedCases, family: str | None,
        parameters: Iterable[str]) -> Relation:
    """One case for each distinct value of a column; sure where at least one of its rows is."""
    by = cases.by or ""
    relation, condition = _from_source(workspace, source, cases, [by], family, parameters)
    table = relation.table
    value = table[f"x_{by}"]
    sure = ~table["x__doubt"] if condition is None else condition.fill_null(False) & ~table["x__doubt"]
    table = table.mutate(k=value, x__sure=sure)
    table = table.filter(table["k"].notnull() if condition is None else table["k"].notnull() & table["x__is"].fill_null(True))
    rows, count = lineage.collected(table, source, "x_", table["x__sure"])
    grouped = table.group_by(["k", "p", *(c for c in table.columns if c.startswith("p_"))]).aggregate(
        c_doubt=~table["x__sure"].any(), **{lineage.CASE_ROWS: rows, lineage.CASE_COUNT: count})
    result = Relation(workspace, grouped.mutate(subject=_as_text(grouped["k"])),
                      {k: s for k, s in relation.stored.items() if isinstance(k, tuple) and k[0] == "param"})
    result.stored["case", by] = Stored(source.shape.columns[by].type, "k", None, False, known=True)
    return result


def window(workspace: Workspace, cases: CheckedCases) -> tuple[date | None, date | None]:
    """First and last day of the window of `every`: the service term unless the rule says otherwise."""
    contract = workspace.contract
    return (_constant(workspace, cases.start, contract.service_start), _constant(workspace, cases.end, contract.service_end))


def _constant(workspace: Workspace, expression: Expression | None, otherwise: date) -> date | None:
    if expression is None:
        return otherwise
    one = Relation(workspace, workspace.table("_one"))
    value = one.value(expression).point()
    return workspace.fetch(one.table.select(day=value))[0][0]


def _period_table(workspace: Workspace, cases: CheckedCases) -> str:
    """The name of the table of periods: what it holds follows from what is in it."""
    return "periods_" + key_of(cases, workspace.as_of, workspace.contract.service_start, workspace.contract.service_end)[:16]


def make_periods(workspace: Workspace, cases: CheckedCases) -> None:
    """The periods of `every` as a table, made once."""
    name = _period_table(workspace, cases)
    if name in workspace.periods:
        return
    first, last = window(workspace, cases)
    begun_by = None if cases.future else workspace.as_of
    found = [] if first is None or last is None else periods(cases.period or "", cases.of, first, last, begun_by)
    make_table(workspace, name, {"k": "integer", "subject": "text", "start": "date", "end": "date", "no": "integer"},
               [[p.no, p.subject, p.start, p.end, p.no] for p in found])
    workspace.periods.add(name)


def _every(workspace: Workspace, cases: CheckedCases) -> Relation:
    relation = Relation(workspace, workspace.table(_period_table(workspace, cases)).mutate(c_doubt=ibis.literal(False)))
    for column, kind in (("start", "date"), ("end", "date"), ("no", "integer")):
        relation.stored["case", column] = Stored(kind, column, None, False, known=True)
    return relation


def open_for_case(relation: Relation, source: Source, cases: CheckedCases) -> ir.BooleanValue | bool:
    """Whether rows may be missing for a case: a table handed over for part of the time is whole for periods inside it."""
    if source.complete is None or cases.form != "every":
        return source.open
    table, (first, last) = relation.table, source.complete
    as_of = values.day_literal(relation.workspace.as_of)
    before = table["start"] < values.day_literal(first) if first else ibis.literal(False)
    after = ibis.least(table["end"], as_of) > values.day_literal(last) if last else ibis.literal(False)
    return before | after

