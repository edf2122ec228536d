"""Tables joined to the rows of a set: one row a key, and blank or unknown where there is none."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from compliance.evaluation import values
from compliance.evaluation.cases import source_columns
from compliance.evaluation.relation import Relation, Stored
from compliance.model.checked import CheckedJoin
from compliance.model.expression import Apply, Column, Expression


def join_table(result: Relation, join: CheckedJoin, names: set[str], prefix: str) -> None:
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
        result.stored["row", join.name, name] = Stored(where.type, where.lo, None, f"{prefix}_{name}_ab", to_day=where.to_day)
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
