"""The tables of a contract as numbers: which column is price, quantity, months and total of a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from compliance.contract_text.figures import money, number
from compliance.contract_text.records import Clause, ClauseTree

_ROLES = {
    "price": re.compile(r"单\s*价|价格"),
    "months": re.compile(r"(?:期限|时长|周期|月数).*月|月数"),
    "quantity": re.compile(r"数\s*量|台数|人数|席数|个数"),
    "total": re.compile(r"合\s*价|金\s*额|小\s*计|总\s*价|合\s*计|费\s*用"),
}
_SUM = re.compile(r"\s*(?:合\s*计|小\s*计|共\s*计|总\s*计|总\s*价|总\s*额|费用总额|总金额)")
_TEN_THOUSAND = Decimal(10_000)
_GRAND = re.compile(r"\s*(?:共\s*计|总\s*计|总\s*价|总\s*额|费用总额|总金额)")


@dataclass(frozen=True, slots=True)
class Row:
    """A row as numbers: `values` by the role of its column; `sum_of` is "" for a line, sub or grand for a sum."""

    clause: Clause
    values: dict[str, Decimal]
    sum_of: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its rows and the clause that names its columns; `scope` is the article or annex it stands in."""

    id: str
    scope: str
    head: Clause | None
    rows: tuple[Row, ...]


def tables(tree: ClauseTree) -> list[Table]:
    """The tables of a contract in the order of the text."""
    groups: dict[str, list[Clause]] = {}
    for clause in tree.clauses:
        if clause.kind == "row":
            groups.setdefault(clause.id.rpartition("#")[0], []).append(clause)
    return [_table(id_, tree.head_of(rows[0]), rows) for id_, rows in groups.items()]


def _table(id_: str, head: Clause | None, clauses: Sequence[Clause]) -> Table:
    roles = _roles(head.columns) if head else {}
    scales = {r: _TEN_THOUSAND if head and "万元" in head.columns[i] else Decimal(1) for r, i in roles.items()}
    rows = tuple(_row(c, roles, scales) for c in clauses)
    return Table(id_, re.sub(r"t\d+$", "", id_), head, rows)


def _roles(heads: Sequence[str]) -> dict[str, int]:
    """The column of each role: the first whose head names it and nothing before."""
    found: dict[str, int] = {}
    for role, pattern in _ROLES.items():
        columns = [i for i, h in enumerate(heads) if pattern.search(h.replace(" ", "")) and i not in found.values()]
        if columns:
            found[role] = columns[0]
    return found


def _row(clause: Clause, roles: dict[str, int], scales: dict[str, Decimal]) -> Row:
    values = {role: value if "元" in clause.cells[i] else value * scales[role] for role, i in roles.items()
              if i < len(clause.cells) and (value := number(clause.cells[i])) is not None}
    named = [c for c in clause.cells if _SUM.match(c)]
    sum_of = ("grand" if _GRAND.match(named[0]) else "sub") if named else ""
    if "total" not in values and named:
        stated = [m.value for m in money(" ".join(clause.cells)) if not m.in_words]
        values |= {"total": stated[0]} if len(stated) == 1 else {}
    return Row(clause, values, sum_of)
