"""What every page of ours has: an autoescaping template and our own style, admitted by its hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from compliance.reporting import labels


def resource(name: str) -> str:
    """A template, style or script of the package."""
    return files("compliance.reporting").joinpath("templates", name).read_text(encoding="utf-8")


class _Documents(Environment):
    """Templates over documents, which are dictionaries: a field is looked for there before an attribute."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj and not hasattr(dict, attribute):
            return obj[attribute]
        return super().getattr(obj, attribute)


@cache
def environment() -> Environment:
    """Templates in which every value is escaped and a missing one is an error."""
    made = _Documents(loader=FunctionLoader(resource), autoescape=select_autoescape(default=True, default_for_string=True),
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"money": labels.money, "seen": labels.visible, "missing": labels.missing_label, "table_name": labels.table_label}
    return made


def image(svg: str) -> str:
    """A figure as an address that needs no request."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def content_hash(text: str) -> str:
    """The hash by which the content security policy admits our own style and script, and nothing else."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
