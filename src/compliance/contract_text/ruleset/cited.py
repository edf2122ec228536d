"""What a citation names in a clause tree: clauses, tables, several of them, a paragraph that formats count differently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from compliance.contract_text.records import Clause, ClauseTree

_CITED = re.compile(r"\s*[,，、;；]\s*")


@dataclass(frozen=True)
class CitedText:
    """A clause tree with what is below every clause."""

    tree: ClauseTree

    @cached_property
    def below(self) -> Mapping[str, tuple[Clause, ...]]:
        """Every id that can be cited, of a clause or of a table, with its clauses in the order of the text."""
        members: dict[str, list[Clause]] = {}
        for clause in self.tree.clauses:
            for owner in self.owners(clause):
                members.setdefault(owner, []).append(clause)
        return {k: tuple(v) for k, v in members.items()}

    def owners(self, clause: Clause) -> Iterator[str]:
        """The ids that a clause belongs to, from its own up to that of its article; a table has an id without clause."""
        at: Clause | None = clause
        while at is not None:
            yield at.id
            table = at.id.rpartition("#")[0]
            if table and table != at.parent:
                yield table
            at_parent = at.parent
            if at_parent is not None and at_parent not in self.tree.by_id:
                yield at_parent
                at_parent = at_parent.rpartition("t")[0]
            at = self.tree.by_id.get(at_parent) if at_parent else None

    def resolve(self, citation: str) -> tuple[list[str], list[str]]:
        """The ids of a citation (it may name several) that are in the text, and those that are not."""
        if citation in self.below:
            return [citation], []
        names = _CITED.split(citation.strip())
        return [n for n in names if n in self.below], [n for n in names if n not in self.below]

    def cited_as(self, clause: Clause) -> Iterator[str]:
        """The ids under which a clause is cited: its own; for what has no number in print that of the clause it is part of."""
        yield clause.id
        if clause.parent is not None and clause.kind in ("row", "paragraph"):
            yield clause.parent
        if clause.kind == "row":
            yield from (o for o in self.owners(clause) if o == clause.id.rpartition("#")[0])

    def scope(self, citation: str) -> list[Clause]:
        """The clauses in which a figure of this citation may stand: the cited ones, with all below and the heads of tables."""
        found = [c for n in self.resolve(citation)[0] for c in (*self.below[n], *self._beside(n))]
        return list({c.id: c for c in found}.values())

    def _beside(self, name: str) -> Iterator[Clause]:
        """The head of the table of a row. A paragraph has no number in print: how they are counted differs between formats."""
        if "¶" in name:
            owner = name.rpartition("¶")[0]
            yield from (c for c in self.tree.clauses if c.parent == owner and c.kind == "paragraph")
        clause = self.tree.by_id.get(name)
        if clause is not None and clause.kind == "row":
            head = self.tree.head_of(clause)
            yield from (head,) if head else ()
