"""The findings document as text: one canonical form, so that the same inputs give the same bytes."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from compliance.reading.schema import Draft202012Validator


def dumps(document: dict[str, Any]) -> str:
    """Canonical JSON: UTF-8 text, sorted keys, two spaces, a newline at the end."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n"


@cache
def _validator() -> Draft202012Validator:
    schema = files("compliance.reporting").joinpath("findings.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(schema))


def validate_document(document: dict[str, Any]) -> list[str]:
    """Every place where a document is not as its schema says; empty when it is."""
    return [f"{'/'.join(str(p) for p in e.absolute_path)}: {e.message}" for e in _validator().iter_errors(document)]
