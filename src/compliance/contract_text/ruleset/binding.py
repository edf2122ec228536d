"""Holds a rule set against the text of its contract: cited clauses, figures in their clause, duties that no provision cites."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations, islice
from pathlib import Path
from typing import Any

from compliance.contract_text import figures
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.ruleset.cited import CitedText
from compliance.contract_text.ruleset.occurrences import numbers, other_unit, plain, same_time, written
from compliance.contract_text.spans import months_between
from compliance.ground import Location, Problem, sorted_problems
from compliance.linting.loading import LoadedContract
from compliance.model.contract import ContractList, Scalar
from compliance.reading.schema import suggestion
from compliance.reading.yaml_nodes import Document, read_yaml

# What makes a sentence a duty, a prohibition, a right or a consequence of one.
DUTY_WORDS = re.compile(
    r"应(?!用|急|商|答|对(?!方)|诊|收|聘|届|力|变)|须(?!知)|必须|需(?!求|要时)|不得|不准|不允许|严禁|禁止|负责(?!人)|保证(?!金)|确保|承诺(?!书)"
    r"|有权|无权|限期|承担|有义务|予以|(?<!不)可以|视为|支付|赔偿|扣除|收取|返还|退还|[只仅不]能|不可(?!抗)|(?<!委托)[甲乙]方(?:每|接受|同意|要求|提供)")
_HEADINGS = ("caption", "header", "annex", "signature", "preamble")
_SENTENCE = re.compile(r"[，。；：、,;]")
_IS_ID = re.compile(r"A?\d+.*[/.#].*")
_EVERY = ((re.compile("[每逐]月|月度"), 1), (re.compile("[每逐]?季度"), 3), (re.compile("每?半年"), 6))
_DERIVED = "derived"
_HALF_CENT = Decimal("0.005")  # a sum is rounded half up to the fen
_MOST_NUMBERS = 40  # of a row of a table; what has more is no line of prices

@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a rule set as they are written: they give every problem its line, and the notes of the terms."""

    contract: Document | None = None
    provisions: Document | None = None

    def place(self, loaded: LoadedContract, *path: str | int) -> Location:
        """The place of a value of contract.yaml."""
        return self.contract.at(*path) if self.contract else loaded.contract.location

    def raw(self, *path: str) -> Any:
        """A value of contract.yaml; None where it is not there."""
        here: Any = self.contract.data if self.contract else None
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        return here


@dataclass(frozen=True, slots=True)
class BoundFigure:
    """A figure of the rule set and what the text says of it.

    `state`: found, computed (follows from figures of the clause), derived (marked so in contract.yaml: not looked for),
    differs (the number is there with another unit), missing. `clause` is where it was found, else where it was looked for.
    """

    name: str
    value: str
    unit: str
    state: str
    clause: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class UncitedDuty:
    """A clause with a word of duty that no provision of the register cites."""

    clause: str
    word: str
    line: int


@dataclass(frozen=True, slots=True)
class Binding:
    """A rule set held against a text; it binds where there are no problems."""

    contract_id: str
    figures: tuple[BoundFigure, ...]
    uncited: tuple[UncitedDuty, ...]
    problems: tuple[Problem, ...]


def read_sources(root: Path, contract_id: str) -> Sources:
    """The files of a contract under a folder of rules, as they are written."""
    folder, name = root / contract_id, f"rules/{contract_id}"
    return Sources(*(read_yaml(folder / f, f"{name}/{f}")[0] for f in ("contract.yaml", "provisions.yaml")))


def bind(loaded: LoadedContract, tree: ClauseTree, sources: Sources = Sources()) -> Binding:
    """The rule set of a contract held against its text.

    Without `sources` a problem has no line, and the clauses of signing and service term, which the contract does not
    keep, are looked for in the whole text. A term or list whose note begins with "derived" is not looked for.
    """
    text = CitedText(tree)
    problems = [*_unknown_clauses(loaded, text, sources)]
    bound = [*_terms(loaded, text, sources), *_lists(loaded, text, sources), *_days(loaded, text, sources)]
    problems += [_difference(text, f, place) for f, place in bound if f.state in ("differs", "missing")]
    return Binding(loaded.contract.id, tuple(f for f, _ in bound), tuple(_uncited(loaded, text)), tuple(sorted_problems(problems)))


def binding_rows(bound: Binding) -> list[dict[str, str]]:
    """What does not bind, as rows of a table: problems, and duties that no provision cites."""
    rows = [{"kind": p.code, "place": str(p.location), "detail": p.message, "help": p.help or ""} for p in bound.problems]
    return rows + [{"kind": "uncited-duty", "place": f"clause {u.clause}", "detail": f"'{u.word}' and no provision cites it", "help": ""}
                   for u in bound.uncited]


def _citations(loaded: LoadedContract, sources: Sources) -> Iterator[tuple[str, str, Location]]:
    """What is cited: by what, which clause, where that is written."""
    for name, term in loaded.contract.terms.items():
        yield f"term '{name}'", term.clause, sources.place(loaded, "terms", name, "clause")
        for i, step in enumerate(term.values):
            if step.clause != term.clause:
                yield f"term '{name}'", step.clause, sources.place(loaded, "terms", name, "values", i, "clause")
    for name, listed in loaded.contract.lists.items():
        yield f"list '{name}'", listed.clause, sources.place(loaded, "lists", name, "clause")
    for field in ("signed_on", "service"):
        if isinstance(sources.raw(field, "clause"), str):
            yield field, sources.raw(field, "clause"), sources.place(loaded, field, "clause")
    for i, provision in enumerate(loaded.contract.provisions.values()):
        place = sources.provisions.at("provisions", i, "clause") if sources.provisions else loaded.contract.location
        yield f"provision {provision.id}", provision.clause, place


def _unknown_clauses(loaded: LoadedContract, text: CitedText, sources: Sources) -> Iterator[Problem]:
    known = list(text.below)
    for who, citation, place in _citations(loaded, sources):
        for name in text.resolve(citation)[1]:
            yield Problem("clause-not-in-text", f"{who} cites clause '{name}', which the text does not have", place,
                          suggestion(name, known), fatal=False)


_Placed = tuple[BoundFigure, Location]


def _terms(loaded: LoadedContract, text: CitedText, sources: Sources) -> Iterator[_Placed]:
    for name, term in loaded.contract.terms.items():
        derived = _is_derived(sources.raw("terms", name, "note"))
        for i, step in enumerate(term.values):
            label, place = (name, ("terms", name)) if len(term.values) == 1 else (f"{name}[{i + 1}]", ("terms", name, "values", i))
            yield _bound(loaded, text, label, step.value, term.unit, step.clause, derived), sources.place(loaded, *place)


def _lists(loaded: LoadedContract, text: CitedText, sources: Sources) -> Iterator[_Placed]:
    """The figures of the lists. Texts and counting numbers are names that the rules gave; only clause ids among them are held."""
    for name, listed in loaded.contract.lists.items():
        derived = _is_derived(sources.raw("lists", name, "note"))
        units = dict(_list_units(listed))
        for i, row in enumerate(listed.rows):
            held = {c: v for c in units if (v := row[c]) is not None}
            named = [v for v in row.values() if isinstance(v, str) and _IS_ID.fullmatch(v) and v in text.below]
            home = text.scope(named[0]) if named else _home(held, units, text.scope(listed.clause))
            for column, value in held.items():
                figure = _bound(loaded, text, f"{name}[{row[listed.key]}].{column}", value, units[column], listed.clause, derived, home)
                yield figure, sources.place(loaded, "lists", name, "rows", i, column)


def _home(held: Mapping[str, Scalar], units: Mapping[str, str], scope: Sequence[Clause]) -> Sequence[Clause]:
    """Where the figures of a line with amounts stand: in the one row of a table that has most of them, two at least."""
    if "CNY" not in units.values():
        return scope
    counted = [(sum(1 for c, v in held.items() if any(written(v, units[c], clause))), clause) for clause in scope if clause.cells]
    most = max((n for n, _ in counted), default=0)
    return [clause for n, clause in counted if n == most] if most > 1 else scope


def _list_units(listed: ContractList) -> Iterator[tuple[str, str]]:
    for column, kind in listed.columns.items():
        if kind == "money":
            yield column, "CNY"
        elif kind == "date":
            yield column, "date"
        elif kind == "decimal" or (kind == "integer" and column != listed.key):
            yield column, "number"


def _days(loaded: LoadedContract, text: CitedText, sources: Sources) -> Iterator[_Placed]:
    """Signing day and service term; an end that is not printed follows from the start and a printed length."""
    contract = loaded.contract
    if contract.signed_on is not None:
        derived = _is_derived(sources.raw("signed_on", "note"))
        clause = sources.raw("signed_on", "clause")
        yield _bound(loaded, text, "signed_on", contract.signed_on, "date", clause, derived), sources.place(loaded, "signed_on")
    derived, clause = _is_derived(sources.raw("service", "note")), sources.raw("service", "clause")
    for name, value in (("start", contract.service_start), ("end", contract.service_end)):
        figure = _bound(loaded, text, f"service.{name}", value, "date", clause, derived)
        if figure.state == "missing" and _follows(contract.service_start, contract.service_end, _scope(text, clause)):
            figure = BoundFigure(figure.name, figure.value, "date", "computed", figure.clause)
        yield figure, sources.place(loaded, "service", name)


def _follows(start: date, end: date, scope: Sequence[Clause]) -> bool:
    """Whether a printed length of months or years runs from start to end."""
    months = months_between(start, end)
    return months is not None and any(same_time(n, Decimal(months), "month") for c in scope for n in figures.lengths(c.text))


def _is_derived(note: object) -> bool:
    return isinstance(note, str) and note.lower().startswith(_DERIVED)


def _scope(text: CitedText, citation: str | None) -> list[Clause]:
    return list(text.tree.clauses) if citation is None else text.scope(citation)


def _bound(loaded: LoadedContract, text: CitedText, name: str, value: Scalar, unit: str, citation: str | None, derived: bool,
           home: Sequence[Clause] | None = None) -> BoundFigure:
    cited = citation or ""
    if derived:
        return BoundFigure(name, str(value), unit, "derived", cited)
    if unit == "text" and value == cited and cited in text.below:  # a term that holds the number of a clause
        return BoundFigure(name, str(value), unit, "found", cited, cited)
    scope = _scope(text, citation) if home is None else home
    for clause in scope:
        words = next(written(value, unit, clause), None)
        if words is not None:
            return BoundFigure(name, str(value), unit, "found", clause.id, words)
    if _is_computed(loaded, value, unit, scope):
        return BoundFigure(name, str(value), unit, "computed", cited)
    for clause in scope:
        other = next(other_unit(value, unit, clause), None)
        if other is not None:
            return BoundFigure(name, str(value), unit, "differs", clause.id, other)
    return BoundFigure(name, str(value), unit, "missing", cited)


def _is_computed(loaded: LoadedContract, value: Scalar, unit: str, scope: Sequence[Clause]) -> bool:
    """Whether a value follows from what the clause prints.

    An amount: a share of the price, or the product of two cells of a row. Months: the term of service, of which first and
    last day are printed. A number: how often a month or a quarter comes in it. Days: a number of months. A date: the end of
    a year that is called so.
    """
    match value:
        case Decimal() if unit == "CNY":
            price = loaded.contract.terms[loaded.contract.price].value if loaded.contract.price else None
            shares = (p.value for c in scope for p in figures.percentages(c.text))
            is_share = isinstance(price, Decimal) and any(value - _HALF_CENT <= price * s / 100 < value + _HALF_CENT for s in shares)
            cells = ([n for n, _ in islice(numbers(c.text), _MOST_NUMBERS)] for c in scope if c.cells)
            return is_share or any(a * b == value for row in cells for a, b in combinations(row, 2))
        case date():
            return (value.month, value.day) == (12, 31) and any(_ends_year(value.year, c.text) for c in scope)
        case int() | Decimal() if unit == "month":
            term = (loaded.contract.service_start, loaded.contract.service_end)
            return value == months_between(*term) and all(any(any(written(d, "date", c)) for c in scope) for d in term)
        case int() | Decimal() if unit in ("count", "number"):
            months = months_between(loaded.contract.service_start, loaded.contract.service_end)
            return any(value * n == months and pattern.search(c.text) for pattern, n in _EVERY for c in scope)
        case int() | Decimal() if unit == "day":
            lengths = (n.value for c in scope for n in figures.lengths(c.text) if n.unit == "month")
            return any(28 * n <= value <= 31 * n for n in lengths)
    return False


def _ends_year(year: int, text: str) -> bool:
    """Whether a text speaks of the end of a year: 2024年度 ... 年底, or of the year after one (下一年度)."""
    said = plain(text)
    return (f"{year}年" in said and "年底" in said) or (f"{year - 1}年" in said and re.search("下一年|次年|翌年", said) is not None)


def _difference(text: CitedText, figure: BoundFigure, place: Location) -> Problem:
    shown = f"{figure.name} = {figure.value} {figure.unit}"
    if figure.state == "differs":
        return Problem("figure-unit-differs", f"{shown}: clause {figure.clause} has '{figure.written}'", place,
                       "correct the unit of the term, or the clause it cites", fatal=False)
    value = _value_again(figure)
    elsewhere = [c.id for c in text.tree.clauses if next(written(value, figure.unit, c), None) is not None]
    where = f"it stands in {', '.join(elsewhere[:3])}" if 0 < len(elsewhere) < 20 else "compare the term with the clause"
    return Problem("figure-not-in-clause", f"{shown} does not stand in clause {figure.clause or 'of the contract'}", place,
                   f"{where}; a figure that the text does not print has a note that begins with 'derived'", fatal=False)


def _value_again(figure: BoundFigure) -> Scalar:
    match figure.unit:
        case "text":
            return figure.value
        case "date":
            return date.fromisoformat(figure.value)
        case _:
            return Decimal(figure.value)


def _uncited(loaded: LoadedContract, text: CitedText) -> Iterator[UncitedDuty]:
    cited = {n for p in loaded.contract.provisions.values() for n in text.resolve(p.clause)[0]}
    for clause in text.tree.clauses:
        word = duty_word(clause)
        if word is not None and not cited.intersection(text.cited_as(clause)) and not _only_introduces(text, clause, cited):
            yield UncitedDuty(clause.id, word, clause.lines[0])


def _only_introduces(text: CitedText, clause: Clause, cited: set[str]) -> bool:
    """Whether a clause ends in a colon and what it introduces is cited."""
    return clause.text.endswith((":", "：")) and any(c.id in cited for c in text.below[clause.id] if c is not clause)


def duty_word(clause: Clause) -> str | None:
    """The first word of duty in a clause; headings have none."""
    if clause.kind in _HEADINGS or (clause.kind in ("article", "item") and _SENTENCE.search(clause.text) is None):
        return None
    found = DUTY_WORDS.search(clause.text)
    return found[0] if found else None
