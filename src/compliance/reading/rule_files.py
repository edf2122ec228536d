"""Reads the rule files and cases files of one contract into rules, with the place of every text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.ground import Location, Problem
from compliance.model.rule import (
    Amount,
    Cases,
    Decision,
    Excuse,
    Follows,
    Join,
    Reading,
    RowSet,
    Rule,
    RuleCase,
    RuleSet,
    Source,
    View,
    When,
)
from compliance.reading.contract_file import bilingual
from compliance.reading.schema import schema_problems
from compliance.reading.yaml_nodes import Document, read_yaml

NOT_RULES = ("contract.yaml", "provisions.yaml")


@dataclass(frozen=True, slots=True)
class _At:
    """A value of a document with its path, so that everything below knows its place."""

    document: Document
    path: tuple[str | int, ...]
    value: Any

    def get(self, key: str) -> _At | None:
        below = self.value.get(key)
        return None if below is None else _At(self.document, (*self.path, key), below)

    def items(self) -> list[tuple[str, _At]]:
        return [(k, _At(self.document, (*self.path, k), v)) for k, v in self.value.items()]

    def elements(self) -> list[_At]:
        return [_At(self.document, (*self.path, i), v) for i, v in enumerate(self.value)]

    @property
    def location(self) -> Location:
        return self.document.at(*self.path)

    def source(self, key: str) -> Source | None:
        below = self.get(key)
        return below and _source(below)


def rule_files(folder: Path) -> list[Path]:
    """The files a rule set is read from, in the order of their names."""
    return sorted(p for p in folder.glob("*.yaml"))


def read_rule_set(folder: Path, name: str, *, with_cases: bool = True) -> tuple[RuleSet | None, list[Problem]]:
    """All rules, views and cases of a contract folder, known in messages as `name`; problems of all files at once."""
    rules: list[Rule] = []
    views: list[View] = []
    cases: list[RuleCase] = []
    problems: list[Problem] = []
    digest = hashlib.sha256()
    for path in rule_files(folder):
        is_cases = path.name.endswith(".cases.yaml")
        if not is_cases:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        if path.name in NOT_RULES or (is_cases and not with_cases):
            continue
        document, found = read_yaml(path, f"{name}/{path.name}")
        schema = "cases-file.schema.json" if is_cases else "rule-file.schema.json"
        if document is not None:
            found = found + schema_problems(document, folder.parent / schema)
        problems += found
        if document is None or found:
            continue
        root = _At(document, (), document.data)
        if is_cases:
            cases += [_case(c) for c in root.get("cases").elements()]  # type: ignore[union-attr]
            continue
        listed = root.get("rules")
        rules += [_rule(r) for r in listed.elements()] if listed else []
        named = root.get("views")
        views += [_view(n, v) for n, v in named.items()] if named else []
    if problems:
        return None, problems
    return RuleSet(folder.name, digest.hexdigest(), tuple(rules), tuple(views), tuple(cases)), []


def _source(at: _At) -> Source:
    value = at.value
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return Source(text, at.location)


def _cases(at: _At | None) -> Cases:
    if at is None or at.value == "once":
        return Cases("once", at.location if at else Location(""))
    value = at.value
    if "every" in value:
        return Cases("every", at.location, period=value["every"], of=value.get("of", "calendar"),
                     start=at.source("from"), end=at.source("to"), future=value.get("future", False))
    return Cases("by" if "by" in value else "each", at.location, table=value["each"], where=at.source("where"),
                 by=value.get("by"))


def _rows(at: _At | None) -> tuple[RowSet, ...]:
    return tuple(_row_set(name, r) for name, r in at.items()) if at else ()


def _row_set(name: str, at: _At) -> RowSet:
    joins = at.get("join")
    return RowSet(name, at.value["from"], tuple(_join(j) for j in joins.elements()) if joins else (),
                  at.source("where"), at.location)


def _join(at: _At) -> Join:
    if isinstance(at.value, str):
        return Join(at.value, None, at.location)
    return Join(at.value["table"], at.source("on"), at.location)


def _let(at: _At | None) -> dict[str, Source]:
    return {name: _source(value) for name, value in at.items()} if at else {}


def _decisions(at: _At | None) -> tuple[Decision, ...]:
    return tuple(_decision(d) for d in at.elements()) if at else ()


def _decision(at: _At) -> Decision:
    verdict = next((k for k in at.value if k != "why"), None)
    why = at.value.get("why")
    return Decision(verdict or "", at.source(verdict) or Source("", at.location) if verdict else Source("", at.location),
                    bilingual(why) if why else None)


def _none(at: _At | None) -> tuple[Decision, ...]:
    if at is None:
        return ()
    if isinstance(at.value, str):
        return (Decision(at.value, Source("true", at.location)),)
    return _decisions(at)


def _judgement(at: _At | None) -> tuple[Decision, ...]:
    return tuple(Decision("needs_judgement", j.source("if"), bilingual(j.value["why"]))  # type: ignore[arg-type]
                 for j in at.elements()) if at else ()


def _when(at: _At | None) -> When | None:
    return at and When(at.source("due"), at.source("done"), at.source("until"), at.value.get("decides", True))


def _unless(at: _At | None) -> tuple[Excuse, ...]:
    return tuple(Excuse(e.source("if"), e.value.get("by")) for e in at.elements()) if at else ()  # type: ignore[arg-type]


def _amount(at: _At | None) -> Amount | None:
    if at is None:
        return None
    if isinstance(at.value, dict):
        return Amount({part: _source(value) for part, value in at.items()})
    return Amount({"base": _source(at)})


# The parts of a rule that a reading may replace, and how each is read.
_PARTS: Mapping[str, Any] = {
    "cases": _cases, "rows": _rows, "let": _let, "judgement": _judgement, "when": _when, "decide": _decisions,
    "unless": _unless, "amount": _amount, "none": _none, "trigger": _source, "must": _source, "arises": _source,
    "subject": _source, "link": _source}


def _reading(name: str, at: _At) -> Reading:
    changes = {part: _PARTS[part](at.get(part)) for part in _PARTS if part in at.value}
    return Reading(name, bilingual(at.value["text"]), at.value.get("default", False), changes)


def _rule(at: _At) -> Rule:
    value = at.value
    follows = value.get("follows")
    readings = at.get("readings")
    family = value.get("family")
    parts = {part: read(at.get(part)) for part, read in _PARTS.items() if part in value}
    parts.setdefault("cases", Cases("once", at.location))
    parts.setdefault("let", {})
    return Rule(
        id=value["id"], provision=value["provision"], title=bilingual(value["title"]), location=at.location, **parts,
        report_rolled=value.get("report") == "rolled",
        follows=follows and Follows(tuple(follows.get("any") or follows.get("all") or ()),
                                    "any" if "any" in follows else "all", "link" in follows,
                                    follows.get("undecided") == "ignored"),
        excuses=tuple(value.get("excuses", ())), excuses_any=value.get("excuses_any", False),
        effect=value.get("effect"), once=value.get("once", False), worst_of=tuple(value.get("worst_of", ())),
        family=family and family["list"],
        readings=tuple(_reading(n, r) for n, r in readings.items()) if readings else ())


def _view(name: str, at: _At) -> View:
    return View(name, _cases(at.get("cases")), _rows(at.get("rows")), _let(at.get("let")), at.location)


def _case(at: _At) -> RuleCase:
    value = at.value
    return RuleCase(value.get("rule"), value.get("provision"), value["name"], value["as_of"], value["evidence"],
                    value.get("columns", {}), tuple(value["expect"]), at.location)
