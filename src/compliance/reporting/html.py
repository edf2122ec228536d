"""The HTML report."""

from __future__ import annotations

from typing import Any


def render_html(document: dict[str, Any], lang: str = "zh") -> str:
    raise NotImplementedError
