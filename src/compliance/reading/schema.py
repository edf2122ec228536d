"""Checks a document against one of the closed JSON Schemas that stand beside the rules."""

from __future__ import annotations

import difflib
import json
import sys
from functools import cache
from pathlib import Path

# jsonschema offers to check the format of web addresses with a package that compiles a grammar for three seconds when
# it is imported. Our schemas have no such format: the package is reported as not installed for this one import.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

sys.modules.pop("rfc3987_syntax")

from compliance.ground import Problem
from compliance.reading.yaml_nodes import Document

_SHOWN = 12


@cache
def _validator(path: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def schema_problems(document: Document, schema: Path) -> list[Problem]:
    """Every place where the document is not as the schema says."""
    return [p for error in _validator(schema).iter_errors(document.data) for p in _problems(document, error)]


def _problems(document: Document, error: ValidationError) -> list[Problem]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", ()))
        return [_unknown_field(document, path, name, known) for name in error.instance if name not in known]
    if error.validator == "required":
        missing = [n for n in error.validator_value if n not in error.instance]
        return [Problem("missing-field", f"the field '{n}' is missing", document.at(*path)) for n in missing]
    if error.context:
        # Of several allowed forms, report the one that comes nearest: the one whose fault lies deepest.
        deepest = max(error.context, key=lambda e: (len(e.absolute_path), e.validator != "const", e.validator != "type"))
        if deepest.validator not in ("const", "type"):
            return _problems(document, deepest)
    return [Problem("wrong-value", _message(error), document.at(*path))]


def _unknown_field(document: Document, path: tuple[str | int, ...], name: str, known: list[str]) -> Problem:
    """A field that the schema does not have; that of a draft keeps a rule set from being used before somebody has confirmed it."""
    if name == "draft":
        return Problem("unconfirmed-draft", "this is a draft that nobody has confirmed", document.at(*path, name),
                       "compare it with its clause, correct it, then delete 'draft: true'")
    return Problem("unknown-field", f"there is no field '{name}' here", document.at(*path, name), suggestion(name, known))


def _message(error: ValidationError) -> str:
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    match error.validator:
        case "enum":
            return f"{shown} is not one of {', '.join(str(v) for v in error.validator_value)}"
        case "pattern":
            return f"{shown} does not have the form {error.validator_value}"
        case "type":
            return f"{shown} is not of type {error.validator_value}"
        case "oneOf":
            return f"{shown} has none of the allowed forms, or several at once"
        case _:
            return f"{shown} breaks {error.validator} {error.validator_value}"


def suggestion(name: str, known: list[str]) -> str:
    """Did you mean, or the list of what there is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    shown = sorted(known)[:_SHOWN]
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"known here: {', '.join(shown) or 'nothing'}{more}"
