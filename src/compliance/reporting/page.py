"""What every page of ours has: an autoescaping template and our own style, admitted by its hash."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from compliance.reporting import labels

_METHODS = frozenset(dir(dict))
_BOTH = Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>')


def resource(name: str) -> str:
    """A template, style or script of the package."""
    return files("compliance.reporting").joinpath("templates", name).read_text(encoding="utf-8")


class _Documents(Environment):
    """Templates over documents, which are dictionaries: a field is looked for there before an attribute."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj and attribute not in _METHODS:
            return obj[attribute]
        return super().getattr(obj, attribute)


@lru_cache(maxsize=50_000)
def _in_both(zh: str, en: str) -> Markup:
    """A text in both languages, of which the page shows one; few texts occur very often."""
    return _BOTH.format(labels.visible(zh), labels.visible(en))


def _labelled(label: Mapping[str, str]) -> Markup:
    return _in_both(label["zh"], label["en"])


@cache
def environment() -> Environment:
    """Templates in which every value is escaped and a missing one is an error."""
    made = _Documents(loader=FunctionLoader(resource), autoescape=select_autoescape(default=True, default_for_string=True),
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {"money": labels.money, "seen": labels.visible, "missing": labels.missing_label, "table_name": labels.table_label,
                     "t": _labelled, "tt": _in_both}
    return made


def image(svg: str) -> str:
    """A figure as an address that needs no request."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def content_hash(text: str) -> str:
    """The hash by which the content security policy admits our own style and script, and nothing else."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
