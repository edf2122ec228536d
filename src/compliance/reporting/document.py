"""The findings document as text: one canonical form, so that the same inputs give the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from compliance.model.verdict import worst
from compliance.reading.schema import Draft202012Validator

_CANONICAL = (orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
              | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME)


def dumps(document: dict[str, Any]) -> str:
    """Canonical JSON: UTF-8 text, sorted keys, two spaces, a newline at the end."""
    # The document holds texts, whole numbers and truth values; a record, a day or a sum that was not written as text is an error.
    return orjson.dumps(document, option=_CANONICAL).decode()


@cache
def _validator() -> Draft202012Validator:
    schema = files("compliance.reporting").joinpath("findings.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))


def validate_document(document: dict[str, Any]) -> list[str]:
    """Every place where a document is not as its schema says; empty when it is."""
    return [f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message}" for e in _validator().iter_errors(document)]


def owed_by_party(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What each liable party owes by the ledger, and how many sums are of unknown amount; no sum is set off against another's."""
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for line in document["ledger"]:
        lines.setdefault(line["liable_party"] or "none", []).append(line)
    return [{"liable_party": party, "unquantified": sum(line["unquantified"] for line in own),
             **{name: f"{sum((Decimal(line[name]) for line in own), Decimal(0)):.2f}" for name in ("claimable", "outstanding")}}
            for party, own in sorted(lines.items())]


def provision_verdicts(document: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Category and provision with the worst verdict of its cases: a year of kept days does not hide a single breach."""
    verdicts: dict[tuple[str, str], list[str]] = {}
    for finding in document["findings"]:
        verdicts.setdefault((finding["category"], finding["provision"]), []).append(finding["verdict"])
    return {key: worst(found) for key, found in verdicts.items()}


def provisions_by_verdict(document: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """How many provisions of each category have which verdict."""
    return Counter((category, verdict) for (category, _), verdict in provision_verdicts(document).items())
