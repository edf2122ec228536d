"""What a new version of a contract text changes, and the provisions, figures and rules that rest on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.ruleset.cited import CitedText
from compliance.contract_text.ruleset.occurrences import plain
from compliance.ground import Location
from compliance.linting.loading import LoadedContract
from compliance.model.contract import Bilingual
from compliance.model.rule import Rule, Source


@dataclass(frozen=True, slots=True)
class Change:
    """A clause that a new text adds, removes, changes or gives another id, and what of the rule set it touches.

    `figures` are names of terms and lists. A clause that moved touches what cites it: the citation must follow.
    """

    kind: str  # added, removed, changed, moved
    before: Clause | None
    after: Clause | None
    provisions: tuple[str, ...]
    figures: tuple[str, ...]
    rules: tuple[str, ...]


def changes(old: ClauseTree, new: ClauseTree, loaded: LoadedContract) -> tuple[Change, ...]:
    """What a new version of a text changes, in the order of the new text; what was removed stands at the end.

    Clauses of the same id and text, white space aside, are the same. A text that now has another id has moved.
    """
    same = {c.id for c in new.clauses if c.id in old.by_id and plain(old.by_id[c.id].text) == plain(c.text)}
    left = {c.id: c for c in old.clauses if c.id not in same}
    fresh = {c.id: c for c in new.clauses if c.id not in same}
    waiting: dict[str, list[Clause]] = {}
    for clause in left.values():
        waiting.setdefault(plain(clause.text), []).append(clause)
    pairs: dict[str, tuple[str, Clause | None]] = {}
    for clause in fresh.values():
        same_text = waiting.get(plain(clause.text))
        if same_text and same_text[0].text:
            pairs[clause.id] = ("moved", same_text.pop(0))
    gone = {b.id for _, b in pairs.values() if b}
    pairs |= {i: ("changed", left[i]) for i in fresh if i in left and i not in pairs and i not in gone}
    gone |= {b.id for _, b in pairs.values() if b}
    touched = _Touched(loaded, CitedText(old), CitedText(new))
    found = [(pairs.get(c.id, ("added", None)), c) for c in fresh.values()]
    removed = (c for c in left.values() if c.id not in gone)
    return (*(touched.by(kind, before, after) for (kind, before), after in found), *(touched.by("removed", c, None) for c in removed))


@dataclass(frozen=True)
class _Touched:
    """Finds what of a rule set rests on a clause."""

    loaded: LoadedContract
    old: CitedText
    new: CitedText

    def by(self, kind: str, before: Clause | None, after: Clause | None) -> Change:
        if before is not None:
            own, around = set(self.old.cited_as(before)), set(self.old.owners(before))
        else:  # what is new touches what cites the clause that it is part of
            assert after is not None
            around = set(self.new.owners(after)) - {after.id}
            own = set(self.new.cited_as(after)) - {after.id}
        contract = self.loaded.contract
        provisions = [p.id for p in contract.provisions.values() if own.intersection(self.old.resolve(p.clause)[0])]
        cited = {**{n: {t.clause, *(v.clause for v in t.values)} for n, t in contract.terms.items()},
                 **{n: {x.clause} for n, x in contract.lists.items()}}
        named = [n for n, clauses in cited.items() if any(around.intersection(self.old.resolve(c)[0]) for c in clauses)]
        touched = {*provisions, *named}
        rules = [i for i, basis in self.rests_on.items() if touched & basis]
        return Change(kind, before, after, tuple(provisions), tuple(named), tuple(rules))

    @cached_property
    def rests_on(self) -> Mapping[str, set[str]]:
        """The provisions, terms and lists that every rule rests on."""
        return {r.id: _provisions_of(self.loaded, r) | self._uses(r, frozenset()) for r in self.loaded.rule_set.rules}

    def _uses(self, part: Any, seen: frozenset[str]) -> set[str]:
        """The terms and lists that a rule or view names, also through views."""
        words = {w for text in _texts(part) for w in re.findall(r"[a-z][a-z0-9_]*", text)}
        named = {w for text in _texts(part) for w in re.findall(r"(?:terms\.|term_at\(\s*)([a-z][a-z0-9_]*)", text)}
        through = [v for v in self.loaded.rule_set.views if v.name in words and v.name not in seen]
        below = [self._uses(v, seen | {x.name for x in through}) for v in through]
        return named | (words & self.loaded.contract.lists.keys()) | {n for b in below for n in b}


def _provisions_of(loaded: LoadedContract, rule: Rule) -> set[str]:
    """The provisions of a rule; those of a family stand in its list."""
    if rule.family is None or not rule.provision.startswith("param."):
        return {rule.provision, *rule.worst_of}
    column = rule.provision.removeprefix("param.")
    return {str(row[column]) for row in loaded.contract.lists[rule.family].rows}


def _texts(part: Any) -> Iterator[str]:
    """Every expression and name of a rule or view, without its titles and places."""
    match part:
        case str():
            yield part
        case Source():
            yield part.text
        case Mapping():
            yield from (t for v in part.values() for t in _texts(v))
        case tuple():
            yield from (t for v in part for t in _texts(v))
        case _ if is_dataclass(part) and not isinstance(part, (Location, Bilingual)):
            yield from (t for f in fields(part) for t in _texts(getattr(part, f.name)))
