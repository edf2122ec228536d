"""Labels of clauses: 第N条, 第N章, 一、, dotted numbers, 1., (1), （一）, ①, 附件 N."""

from __future__ import annotations

import re
from dataclasses import dataclass

import cn2an  # type: ignore[import-untyped]

_CN = "零〇一二三四五六七八九十百"
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


@dataclass(frozen=True, slots=True)
class Label:
    """A label at the start of a line.

    `kind`: chapter (第N章), article (第N条), ordinal (一、), dotted (4.1), item (1.), bracket ((1), 1）), circled (①), annex.
    `numbers` are its numbers (several of a dotted one, none of an annex without number), `written` is the label as it
    stands, `rest` what follows it.
    """

    kind: str
    numbers: tuple[int, ...]
    written: str
    rest: str

    @property
    def number(self) -> int:
        return self.numbers[-1] if self.numbers else 0


_PATTERNS = (
    ("annex", re.compile(rf"附\s*件\s*(?P<n>\d{{1,2}}|[{_CN}]{{1,3}})?\s*(?:[:：]|$|(?<=[\d{_CN}])[\s、.])")),
    ("chapter", re.compile(rf"第\s*(?P<n>\d{{1,3}}|[{_CN}]+)\s*(?:章|部分)[\s、:：]*")),
    ("article", re.compile(rf"第\s*(?P<n>\d{{1,3}}|[{_CN}]+)\s*条[\s、:：]*")),
    ("ordinal", re.compile(rf"(?P<n>[{_CN}]{{1,4}})\s*、\s*")),
    # A decimal number before a unit of money is no label: 3.5万元.
    ("dotted", re.compile(r"(?P<n>\d{1,3}(?:[.．]\d{1,3}){1,4})(?:[.．、](?!\d)|(?=\s)|(?![\d.．万亿元倍%％‰]))\s*")),
    ("item", re.compile(r"(?P<n>\d{1,3})\s*[、.．](?!\d)\s*")),
    ("bracket", re.compile(rf"[(（]\s*(?P<n>\d{{1,3}}|[{_CN}]{{1,3}})\s*[)）]\s*[、.．]?\s*")),
    ("bracket", re.compile(r"(?P<n>\d{1,3})\s*[)）]\s*[、.．]?\s*")),
    ("circled", re.compile(rf"(?P<n>[{_CIRCLED}])\s*")),
)


def chinese_number(text: str) -> int:
    """A whole number in digits or in Chinese numerals; raises ValueError where it is neither."""
    return int(text) if text.isdecimal() else int(cn2an.cn2an(text.replace("〇", "零"), "smart"))


def read_label(line: str) -> Label | None:
    """The label a line begins with; None where it has none."""
    for kind, pattern in _PATTERNS:
        found = pattern.match(line)
        if found is None:
            continue
        numbers = _numbers(kind, found["n"])
        if numbers is not None:
            return Label(kind, numbers, line[:found.end()].strip(), line[found.end():].strip())
    return None


def _numbers(kind: str, written: str | None) -> tuple[int, ...] | None:
    if written is None:
        return ()
    if kind == "circled":
        return (_CIRCLED.index(written) + 1,)
    if kind == "dotted":
        return tuple(int(n) for n in re.split("[.．]", written))
    try:
        return (chinese_number(written),)
    except ValueError:
        return None
