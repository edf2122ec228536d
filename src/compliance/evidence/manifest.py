"""evidence.yaml: what the parties declared about the files they handed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from compliance.evidence.dictionary import Dictionary
from compliance.evidence.headers import near, table_named
from compliance.evidence.parsing import DATE_FORMATS
from compliance.ground import Problem
from compliance.reading.contract_file import read_date
from compliance.reading.yaml_nodes import Document, read_yaml

MANIFEST = "evidence.yaml"
_FIELDS = ("file", "files", "encoding", "delimiter", "date_format", "complete_from", "complete_to", "handed_over_by",
           "handed_over_on", "sha256")


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared of one table; `files` are the parts it comes in."""

    files: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str = ","
    date_format: str = "YYYY-MM-DD"
    complete_from: date | None = None
    complete_to: date | None = None
    handed_over_by: str | None = None
    handed_over_on: date | None = None
    sha256: Mapping[str, str] | None = None


def read_manifest(folder: Path, dictionary: Dictionary) -> tuple[dict[str, Declared], list[Problem]]:
    """The declarations by table; empty where the folder has none."""
    path = folder / MANIFEST
    if not path.is_file():
        return {}, []
    document, problems = read_yaml(path, MANIFEST)
    if document is None or problems:
        return {}, problems
    tables = document.data.get("tables") if isinstance(document.data, dict) else None
    if not isinstance(tables, dict) or set(document.data) != {"tables"}:
        return {}, [Problem("manifest-form", "the manifest has one field 'tables' with an entry for each table", document.at())]
    found = {}
    for name, raw in tables.items():
        table = table_named(str(name), dictionary)
        if table is None:
            problems.append(Problem("evidence-unknown-table", f"there is no table '{name}'", document.at("tables", name),
                                    near(str(name), list(dictionary.tables))))
            continue
        if table in found:
            problems.append(Problem("manifest-form", f"the table '{table}' is declared twice", document.at("tables", name),
                                    "keep one entry"))
            continue
        found[table] = _declared(document, name, raw or {}, problems)
    return found, problems


def _declared(document: Document, table: str, raw: Any, problems: list[Problem]) -> Declared:
    values: dict[str, Any] = {}
    if not isinstance(raw, dict):
        problems.append(Problem("manifest-form", "an entry is a list of fields", document.at("tables", table)))
        return Declared()
    for field, value in raw.items():
        at = document.at("tables", table, field)
        if field not in _FIELDS:
            problems.append(Problem("unknown-field", f"there is no field '{field}' here", at, near(field, _FIELDS)))
        elif field in ("complete_from", "complete_to", "handed_over_on"):
            try:
                values[field] = read_date(value)
            except ValueError as fault:
                problems.append(Problem("wrong-value", str(fault), at))
        elif field in ("file", "files"):
            listed = [str(v) for v in (value if isinstance(value, list) else [value])]
            # A path would lead out of the folder, or to a file that is never read.
            problems += [Problem("wrong-value", f"'{v}' is not the name of a file in this folder", at,
                                 "give the bare name, such as payments.csv") for v in listed if v in ("", ".", "..") or set(v) & set("/\\")]
            values["files"] = (*values.get("files", ()), *listed)
        elif field == "sha256":
            values[field] = value if isinstance(value, dict) else {"": str(value)}
        elif field == "date_format" and value not in DATE_FORMATS:
            problems.append(Problem("wrong-value", f"'{value}' is not a date format", at, f"one of {', '.join(DATE_FORMATS)}"))
        elif field == "delimiter" and value not in (",", ";", "\t", "|"):
            problems.append(Problem("wrong-value", f"'{value}' is not a delimiter", at, "one of , ; | or a tab"))
        else:
            values[field] = value if value is None else str(value)
    return Declared(**values)
