"""What the linter knows about tables: evidence tables, lists of the contract, views and the calendar, by one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec
from compliance.model.contract import Contract, ContractList


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """A column of any table; `codes` are the values an enum column can have."""

    name: str
    type: str
    codes: tuple[str, ...] | None = None
    nonnegative: bool = False
    references: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table that rules can name; `kind` is evidence, list, view or days."""

    name: str
    kind: str
    columns: Mapping[str, ColumnShape]
    key: tuple[str, ...]


DAYS = TableShape("days", "days", {"day": ColumnShape("day", "date"), "is_workday": ColumnShape("is_workday", "boolean")},
                  ("day",))


def _evidence_column(spec: ColumnSpec, dictionary: Dictionary) -> ColumnShape:
    codes = dictionary.code_lists[spec.enum].codes if spec.enum else None
    return ColumnShape(spec.name, "text" if spec.type == "enum" else spec.type, codes,
                       spec.minimum is not None and spec.minimum >= 0, spec.references)


def evidence_shape(spec: TableSpec, dictionary: Dictionary) -> TableShape:
    return TableShape(spec.name, "evidence", {c.name: _evidence_column(c, dictionary) for c in spec.columns},
                      spec.primary_key)


def list_shape(listed: ContractList) -> TableShape:
    columns = {n: ColumnShape(n, t, nonnegative=_nonnegative(listed, n, t)) for n, t in listed.columns.items()}
    return TableShape(listed.name, "list", columns, (listed.key,))


def _nonnegative(listed: ContractList, column: str, kind: str) -> bool:
    return kind in ("integer", "decimal", "money") and all(
        row[column] is not None and row[column] >= 0 for row in listed.rows)  # type: ignore[operator]


def known_tables(contract: Contract, dictionary: Dictionary) -> dict[str, TableShape]:
    """Every table a rule of the contract can name, without its views."""
    tables = {name: evidence_shape(spec, dictionary) for name, spec in dictionary.tables.items()}
    return {**tables, **{n: list_shape(v) for n, v in contract.lists.items()}, "days": DAYS}
