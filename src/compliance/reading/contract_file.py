"""Reads contract.yaml and provisions.yaml of one contract folder."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from compliance.ground import Location, Problem
from compliance.model.contract import UNIT_TYPES, Bilingual, Contract, ContractList, DatedValue, Provision, Scalar, Term
from compliance.reading.schema import schema_problems
from compliance.reading.yaml_nodes import Document, read_yaml

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Unreadable(ValueError):
    """A value that is not of its type; its text is the message."""


def typed_value(raw: object, kind: str) -> Scalar:
    """A value of a term or list as its type; raises ValueError with what was expected."""
    if raw is None:
        return None
    match kind:
        case "text":
            return str(raw)
        case "boolean":
            if isinstance(raw, bool):
                return raw
        case "date":
            return read_date(raw)
        case "integer" | "decimal" | "money":
            return _number(raw, kind)
    raise _Unreadable(f"'{raw}' is not a {kind}")


def read_date(raw: object) -> date:
    """A day written YYYY-MM-DD."""
    if isinstance(raw, str) and _DATE.fullmatch(raw):
        try:
            return date.fromisoformat(raw)
        except ValueError as fault:
            raise _Unreadable(f"'{raw}' is not a day of the calendar") from fault
    raise _Unreadable(f"'{raw}' is not a date YYYY-MM-DD")


def _number(raw: object, kind: str) -> Decimal | int:
    if isinstance(raw, bool) or not isinstance(raw, (int, str)):
        raise _Unreadable(f"'{raw}' is not a number")
    try:
        number = Decimal(raw)
    except InvalidOperation as fault:
        raise _Unreadable(f"'{raw}' is not a number") from fault
    if not number.is_finite():
        raise _Unreadable(f"'{raw}' is not a number")
    exponent = -number.as_tuple().exponent
    if (kind == "money" and exponent > 2) or (kind == "decimal" and exponent > 6):
        raise _Unreadable(f"'{raw}' has too many decimal places for {kind}")
    return int(number) if number == number.to_integral_value() and kind == "integer" else number


def bilingual(raw: Any) -> Bilingual:
    return Bilingual(str(raw["zh"]), str(raw["en"]))


def read_contract(folder: Path, name: str) -> tuple[Contract | None, list[Problem]]:
    """The contract of a folder of rules, known in messages as `name`."""
    document, problems = read_yaml(folder / "contract.yaml", f"{name}/contract.yaml")
    register, more = read_yaml(folder / "provisions.yaml", f"{name}/provisions.yaml")
    problems = problems + more
    if document is None or register is None:
        return None, problems
    problems += schema_problems(document, folder.parent / "contract.schema.json")
    problems += schema_problems(register, folder.parent / "provisions.schema.json")
    if problems:
        return None, problems
    contract = _contract(document, _provisions(register, problems), problems)
    if contract and contract.id != folder.name:
        problems.append(Problem("contract-folder", f"the folder is called '{folder.name}', the contract '{contract.id}'",
                                document.at("id"), "give both the same name"))
    return (None, problems) if problems else (contract, [])


def _provisions(register: Document, problems: list[Problem]) -> dict[str, Provision]:
    found: dict[str, Provision] = {}
    for i, raw in enumerate(register.data["provisions"]):
        if raw["id"] in found:
            problems.append(Problem("duplicate-provision", f"provision {raw['id']} stands twice",
                                    register.at("provisions", i)))
        found[raw["id"]] = Provision(**raw)
    return found


def _contract(document: Document, provisions: dict[str, Provision], problems: list[Problem]) -> Contract | None:
    raw = document.data

    def value(kind: str, *path: str | int) -> Scalar:
        here: Any = raw
        for step in path:
            here = here.get(step) if isinstance(here, dict) else here[step]
        try:
            return typed_value(here, kind)
        except ValueError as fault:
            problems.append(Problem("wrong-value", str(fault), document.at(*path)))
            return None

    terms = {name: _term(name, t, value) for name, t in (raw.get("terms") or {}).items()}
    lists = {name: _list(name, t, value, document, problems) for name, t in (raw.get("lists") or {}).items()}
    price = raw.get("price")
    if price is not None and (price not in terms or terms[price].unit != "CNY"):
        problems.append(Problem("unknown-term", f"price names '{price}', which is no term in CNY", document.at("price")))
    start, end = value("date", "service", "start"), value("date", "service", "end")
    signed = value("date", "signed_on", "value") if raw.get("signed_on") else None
    if problems:
        return None
    assert isinstance(start, date) and isinstance(end, date)
    if end < start:
        problems.append(Problem("wrong-value", "the service ends before it starts", document.at("service", "end")))
    return Contract(raw["id"], bilingual(raw["title"]), {k: bilingual(v) for k, v in raw["parties"].items()},
                    signed, start, end, price, terms, lists, provisions, Location(document.file, 1, 1))  # type: ignore[arg-type]


def _term(name: str, raw: Any, value: Any) -> Term:
    kind = UNIT_TYPES[raw["unit"]]
    # A number of days or percent may be written with decimals; its type follows from the value.
    kind = "decimal" if kind == "integer" and any("." in str(v.get("value", "")) for v in raw.get("values", [raw])) \
        else kind
    if "values" not in raw:
        return Term(name, raw["unit"], raw["clause"],
                    (DatedValue(None, value(kind, "terms", name, "value"), raw["clause"]),))
    steps = tuple(DatedValue(value("date", "terms", name, "values", i, "from") if "from" in v else None,
                             value(kind, "terms", name, "values", i, "value"), v.get("clause", raw["clause"]))
                  for i, v in enumerate(raw["values"]))
    return Term(name, raw["unit"], raw["clause"], steps)


def _list(name: str, raw: Any, value: Any, document: Document, problems: list[Problem]) -> ContractList:
    columns = raw["columns"]
    if raw["key"] not in columns:
        problems.append(Problem("unknown-column", f"the key '{raw['key']}' is no column of the list",
                                document.at("lists", name, "key")))
    rows = []
    for i, row in enumerate(raw["rows"]):
        for column in row:
            if column not in columns:
                problems.append(Problem("unknown-column", f"the list has no column '{column}'",
                                        document.at("lists", name, "rows", i, column)))
        rows.append({c: value(kind, "lists", name, "rows", i, c) for c, kind in columns.items()})
    keys = [row.get(raw["key"]) for row in rows]
    if len(set(keys)) < len(keys):
        problems.append(Problem("duplicate-key", f"the key '{raw['key']}' repeats in the list", document.at("lists", name)))
    return ContractList(name, raw["clause"], raw["key"], columns, tuple(rows))
