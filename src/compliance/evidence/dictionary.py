"""The evidence dictionary: which tables, columns and codes exist (data in `tables.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from compliance.caching import open_cache
from compliance.model.contract import Bilingual

FORWARD_PREFIXES = ("due_", "planned_", "period_", "valid_", "agreed_")


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    zh: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeList:
    name: str
    zh: str
    open: bool
    values: tuple[Code, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(c.code for c in self.values)


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column. `type` is text, integer, decimal, money, boolean, enum, date or datetime."""

    name: str
    zh: str
    type: str
    aliases: tuple[str, ...] = ()
    enum: str | None = None
    unit: str | None = None
    required: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    pii: bool = False
    references: tuple[str, str] | None = None
    description: str = ""

    @property
    def is_event_date(self) -> bool:
        """A date of something that happens (not set in advance, not the day of recording)."""
        return (self.type in ("date", "datetime") and self.name != "recorded_on"
                and not self.name.startswith(FORWARD_PREFIXES))


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One evidence table; `columns` ends with the implied recorded_on, source_ref and note."""

    name: str
    zh: str
    row: str
    primary_key: tuple[str, ...]
    event_column: str
    columns: tuple[ColumnSpec, ...]
    checks: tuple[str, ...]

    def column(self, name: str) -> ColumnSpec | None:
        return next((c for c in self.columns if c.name == name), None)


@dataclass(frozen=True, slots=True)
class Dictionary:
    version: str
    tables: Mapping[str, TableSpec]
    code_lists: Mapping[str, CodeList]


IMPLIED = (ColumnSpec("recorded_on", "记录日期", "date"), ColumnSpec("source_ref", "依据文件", "text"),
           ColumnSpec("note", "备注", "text"))


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _column(raw: Mapping) -> ColumnSpec:
    reference = raw.get("references")
    return ColumnSpec(raw["name"], raw["zh"], raw["type"], tuple(raw.get("aliases", ())), raw.get("enum"),
                      raw.get("unit"), bool(raw.get("required", False)), _number(raw.get("min")),
                      _number(raw.get("max")), bool(raw.get("pii", False)),
                      tuple(reference.split(".")) if reference else None, raw.get("description", ""))


def _table(raw: Mapping) -> TableSpec:
    own = tuple(_column(c) for c in raw["columns"])
    names = {c.name for c in own}
    return TableSpec(raw["name"], raw["zh"], raw["row"], tuple(raw["primary_key"]), raw["event_column"],
                     own + tuple(c for c in IMPLIED if c.name not in names), tuple(raw.get("checks", ())))


@cache
def load_dictionary() -> Dictionary:
    """The dictionary shipped with the package."""
    kept = open_cache("dictionary", most=1)
    found: Dictionary = kept.kept("dictionary", _read_dictionary)
    kept.save()
    return found


def _read_dictionary() -> Dictionary:
    raw = YAML(typ="safe").load(files("compliance.evidence").joinpath("tables.yaml").read_text(encoding="utf-8"))
    lists = {c["name"]: CodeList(c["name"], c["zh"], bool(c["open"]), tuple(
        Code(v["code"], v["zh"], tuple(v.get("aliases", ()))) for v in c["values"])) for c in raw["code_lists"]}
    return Dictionary(str(raw["version"]), {t["name"]: _table(t) for t in raw["tables"]}, lists)


def evidence_name(name: str) -> Bilingual:
    """A table, or a column of a table (`table.column`), as the dictionary calls it."""
    table, _, column = name.partition(".")
    spec = load_dictionary().tables.get(table)
    if spec is None:
        return Bilingual(name, name)
    found = spec.column(column) if column else None
    return Bilingual(spec.zh + (f"·{found.zh}" if found else ""), name)
