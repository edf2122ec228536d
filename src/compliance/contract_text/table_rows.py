"""Tables of a contract text: where one ends and the next begins, its caption, its head, and whether its rows are numbered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from compliance.contract_text.paragraphs import Paragraph

_NUMBER = re.compile(r"[-¥￥]?[\d,，]+(?:\.\d+)?\s*(?:万?元|%)?(?:/.*)?")


@dataclass(frozen=True, slots=True)
class RowsOfTable:
    """The rows of one table; `is_counted`: its first column only numbers them, so that these numbers are their labels."""

    caption: Paragraph | None
    head: Paragraph | None
    body: tuple[Paragraph, ...]
    is_counted: bool

    def content(self, row: Paragraph) -> Paragraph:
        """What a row says besides its number; one without (a sum) among numbered rows spans the columns that it leaves empty."""
        if not self.is_counted:
            return row
        said = row.cells[1:] if _is_number(row.cells[0]) else tuple(c for c in row.cells if c)
        return replace(row, text=" | ".join(said))


def divided(rows: Sequence[Paragraph]) -> list[RowsOfTable]:
    """Rows that stand together are several tables where a row that only names the next one stands between them."""
    captions = {i for i in range(len(rows)) if _is_caption(rows, i)}
    return [_one_table(rows[begin] if begin in captions else None, rows[begin + (begin in captions):end])
            for begin, end in pairwise(sorted({0, *captions, len(rows)}))]


def _one_table(caption: Paragraph | None, rows: Sequence[Paragraph]) -> RowsOfTable:
    head = rows[0] if rows and not any(_is_number(c) for c in rows[0].cells) else None
    body = tuple(rows[1:] if head is not None else rows)
    counted = [r.cells[0] for r in body if _is_number(r.cells[0])]
    is_counted = (head is not None and head.cells[0].replace(" ", "") == "序号" and len(counted) >= len(body) - 1
                  and counted == [str(i + 1) for i in range(len(counted))])
    return RowsOfTable(caption, head, body, is_counted)


def _is_caption(rows: Sequence[Paragraph], at: int) -> bool:
    """Whether a row only names the table that begins after it with a head."""
    after = rows[at + 1].cells if at + 1 < len(rows) else ()
    filled = [i for i, c in enumerate(rows[at].cells) if c]
    return filled == [0] and sum(map(bool, after)) > 1 and not any(_is_number(c) for c in after)


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None
