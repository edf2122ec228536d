"""Records of a contract text: lines of the file, clauses, and what could not be placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from compliance.ground import Problem


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file without the residue of its format.

    `number` counts lines (of a DOCX file: paragraphs and rows), `page` pages of a PDF file (0: the format has none).
    `cells` are the cells of a row of a table; `heading` says that the format marks the line as one; `apart` that
    something empty stands before it; `indent` how far it is set in.
    """

    number: int
    text: str
    page: int = 0
    cells: tuple[str, ...] = ()
    heading: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: its id in the grammar of clause ids, its label as written, its text without the label.

    `kind`: preamble, article, item, paragraph, caption (of a table), header, row, annex, signature. `lines` are the
    first and last line of the file. `cells` are the cells of a row of a table, `head` the clause that names its columns;
    `columns` are these names, in that clause.
    """

    id: str
    label: str | None
    parent: str | None
    kind: str
    lines: tuple[int, int]
    text: str
    page: int = 0
    cells: tuple[str, ...] = ()
    head: str | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClauseTree:
    """The clauses of a contract in the order of the text; `problems` are places that could not be read for certain."""

    file: str
    sha256: str
    clauses: tuple[Clause, ...]
    problems: tuple[Problem, ...] = field(default=())

    @cached_property
    def by_id(self) -> Mapping[str, Clause]:
        return {c.id: c for c in self.clauses}

    @cached_property
    def children(self) -> Mapping[str | None, tuple[Clause, ...]]:
        """The clauses that belong to each clause directly, in the order of the text."""
        found: dict[str | None, list[Clause]] = {}
        for clause in self.clauses:
            found.setdefault(clause.parent, []).append(clause)
        return {parent: tuple(own) for parent, own in found.items()}

    def head_of(self, row: Clause) -> Clause | None:
        """The clause that names the columns of a row."""
        return self.by_id[row.head] if row.head is not None else None

    def wording(self, id_: str, limit: int = 1500) -> str:
        """The text of a clause with its label and what belongs to it, as long as the whole is not longer than the limit."""
        own = self.by_id[id_]
        parts = [f"{own.label} {own.text}" if own.label and not own.cells else own.text]
        for child in self.children.get(id_, ()):
            more = self.wording(child.id, limit)
            if sum(map(len, parts)) + len(more) > limit:
                parts.append("…")
                break
            parts.append(more)
        return "\n".join(parts)

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """The text of every clause by its id."""
        return {c.id: c.text for c in self.clauses}
