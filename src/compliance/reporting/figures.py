"""The figures of the report: drawn without a window system, the same bytes every time, text as outlines."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import DateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from compliance.reporting.document import provisions_by_verdict
from compliance.reporting.labels import CATEGORIES, SHOWN, VERDICTS, money, visible

_STYLE = {"svg.hashsalt": "compliance", "svg.fonttype": "path", "text.parse_math": False, "axes.spines.top": False,
          "axes.spines.right": False, "axes.edgecolor": "#888888", "axes.labelcolor": "#333333"}
_LABEL = {"zh": 22, "en": 44}
_WIDTH, _ABOVE = 9.0, 0.75  # inches: of a figure, and of its legend
TIMELINE_ROWS = 30


@cache
def font(size: float, *, bold: bool = False) -> FontProperties:
    """The Chinese font that is installed with the product (OFL)."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".ttf", ".otf", ".ttc") and "sans" in p.name.lower())
    chosen = [p for p in files if ("bold" in p.name.lower()) == bold] or files
    return FontProperties(fname=str(chosen[0]), size=size)


def _svg(figure: Figure) -> str:
    """The figure as SVG text; a character that the font does not have is an error, not an empty box."""
    FigureCanvasSVG(figure)
    out = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Glyph .* missing")
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"^.*?(?=<svg)", "", out.getvalue(), count=1, flags=re.DOTALL)


def _drawable(text: str, lang: str) -> str:
    """A label the font can draw: it may come from evidence, so a character without a glyph is replaced, not an error."""
    shown = "".join(c if _has_glyph(c) else "?" for c in visible(text))
    return shown if len(shown) <= _LABEL[lang] else shown[:_LABEL[lang] - 1] + "…"


def _has_glyph(character: str) -> bool:
    return character.isprintable() and get_font(str(font(8).get_file())).get_char_index(ord(character)) != 0


def _with_room_for(names: Sequence[str], face: FontProperties, height: float, below: float) -> tuple[Figure, Axes]:
    """A figure with the names of its rows; its margins hold them, the legend above and what is written below (inches).

    The room is measured once: a layout engine of the library measures every text and draws the figure twice.
    """
    longest = max(_inches(name, face) for name in sorted(names, key=_places)[-3:])
    total = height + _ABOVE + below
    figure = Figure(figsize=(_WIDTH, total))
    left = (longest + 0.2) / _WIDTH
    axes = figure.add_axes((left, below / total, 1 - left - 0.1 / _WIDTH, height / total))
    axes.set_yticks([])
    for i, name in enumerate(names):  # written as they are: a tick of the library is five things to draw
        axes.annotate(name, (0, i), xycoords=axes.get_yaxis_transform(), xytext=(-4, 0), textcoords="offset points",
                      horizontalalignment="right", verticalalignment="center", fontproperties=face)
    return figure, axes


def _places(text: str) -> int:
    """How many places a text takes: a Chinese character two."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


def _inches(text: str, face: FontProperties) -> float:
    """How long a text is when it is written."""
    return float(text_to_path.get_text_width_height_descent(text, face, ismath=False)[0]) / 72


def _small_ticks(axes: Axes) -> None:
    for tick in axes.get_xticklabels():
        tick.set_fontproperties(font(8))


def status_figure(document: dict[str, Any], lang: str) -> str | None:
    """Provisions by category and worst verdict, as stacked bars."""
    counted = provisions_by_verdict(document)
    rows = [(CATEGORIES[c][lang], {v: counted[c, v] for v, _ in SHOWN}) for c in CATEGORIES if any(k[0] == c for k in counted)]
    return stacked_bars(rows, lang, {"zh": "规定数", "en": "Provisions"})


def stacked_bars(rows: Sequence[tuple[str, Mapping[str, int]]], lang: str, counted: Mapping[str, str]) -> str | None:
    """One bar for each row, divided by verdict; `counted` names what is counted."""
    if not rows:
        return None
    with matplotlib.rc_context(_STYLE):
        names = [_drawable(name, lang) for name, _ in rows]
        figure, axes = _with_room_for(names, font(9), 0.42 * len(rows), below=0.65)
        left = [0] * len(rows)
        for verdict, colour in SHOWN:
            widths = {i: counts[verdict] for i, (_, counts) in enumerate(rows) if counts.get(verdict)}
            if widths:
                axes.barh(list(widths), list(widths.values()), left=[left[i] for i in widths], color=colour,
                          label=VERDICTS[verdict][lang], height=0.66)
                left = [width + widths.get(i, 0) for i, width in enumerate(left)]
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.xaxis.get_major_locator().set_params(integer=True)
        _small_ticks(axes)
        axes.set_xlabel(counted[lang], fontproperties=font(9))
        if any(left):
            figure.legend(loc="upper left", ncols=6, frameon=False, prop=font(8))
        return _svg(figure)


def timeline_figure(document: dict[str, Any], lang: str) -> str | None:
    """When payments were due and when they were made."""
    titles = {f["id"]: f["title"] for f in document["findings"]}
    rows = [(titles[p["key"]][lang] if p["key"] in titles else p["label"], date.fromisoformat(p["due"][:10]),
             date.fromisoformat(p["done"][:10]) if p["done"] else None, p["amount"]) for p in document["timeline"] if p["due"]]
    if not rows:
        return None
    rows = sorted(rows, key=lambda r: (r[1], r[0]))[:TIMELINE_ROWS]
    with matplotlib.rc_context(_STYLE):
        names = [_drawable(r[0], lang) for r in rows]
        figure, axes = _with_room_for(names, font(8), 0.45 * len(rows), below=0.75)
        for i, (_, due, done, amount) in enumerate(rows):
            axes.plot([date2num(due)], [i], marker="|", markersize=16, markeredgewidth=2.5, color="#444444", linestyle="none")
            if done is not None:
                late = done > due
                axes.plot([date2num(due), date2num(done)], [i, i], color="#b3261e" if late else "#2e7d32", linewidth=2.5)
                axes.plot([date2num(done)], [i], marker="o", markersize=7, color="#b3261e" if late else "#2e7d32", linestyle="none")
            if amount:
                axes.annotate(money(amount), (date2num(due), i), xytext=(6, 7), textcoords="offset points", fontproperties=font(7))
        axes.margins(x=0.12)  # what is written beside the last mark stays inside
        axes.set_ylim(len(rows) - 0.4, -0.8)
        as_of = date2num(date.fromisoformat(document["manifest"]["as_of"]))
        axes.axvline(as_of, color="#1f4e79", linestyle=":", linewidth=1.2)
        axes.annotate({"zh": "审计日", "en": "audit date"}[lang], (as_of, -0.55), xytext=(4, 0), textcoords="offset points",
                      color="#1f4e79", fontproperties=font(8))
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))
        axes.tick_params(axis="x", rotation=25)
        _small_ticks(axes)
        figure.legend(handles=_timeline_key(lang), loc="upper left", ncols=3, frameon=False, prop=font(8))
        axes.grid(axis="x", color="#dddddd", linewidth=0.6)
        return _svg(figure)


def _timeline_key(lang: str) -> list[Line2D]:
    """What the marks of the timeline mean."""
    due, in_time, late = {"zh": ("应付日", "按期支付", "逾期支付"), "en": ("due", "paid in time", "paid late")}[lang]
    return [Line2D([], [], marker="|", markersize=12, markeredgewidth=2.5, color="#444444", linestyle="none", label=due),
            Line2D([], [], marker="o", color="#2e7d32", label=in_time), Line2D([], [], marker="o", color="#b3261e", label=late)]
