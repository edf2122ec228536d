"""From what was measured to a verdict for every case, by CONVENTIONS; compliance is never what is left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from compliance.evaluation.measure import LISTED_CASES, Measured, Measurement, measure_rule, measure_together
from compliance.evaluation.readings import are_same_cases, measure_readings
from compliance.evaluation.reads import evidence_of, in_doubt, tables_read
from compliance.evaluation.workspace import Workspace
from compliance.model.checked import CheckedCases, CheckedRule, Line
from compliance.model.contract import Bilingual, Provision, Scalar
from compliance.model.verdict import EFFECT_MODALITIES, verdict_of_none, worst

CENT = Decimal("0.01")
_ONLY_THERE = Bilingual("只有按另一解释才属于本条的情形", "Only another reading takes this for a case")
EXAMPLES = 20  # cases whose rows stand for very many alike
# The kind of consequence, where the rule does not name one, by the modality of its provision.
_EFFECTS = {"may": "right", "exemption": "exemption", "consequence": "right"}

NamedReading = tuple[str, Bilingual]  # its name and its text


@dataclass(frozen=True, slots=True)
class ReadingOutcome:
    """What another reading of the text makes of the case."""

    name: str
    text: Bilingual
    verdict: str
    due: str | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on one case of one rule, before and after the legal chaining."""

    rule: str
    provision: Provision
    title: Bilingual
    subject: str | None
    link: str
    verdict: str
    effect: str | None = None
    due: str | None = None
    done: str | None = None
    amount: Decimal | None = None
    computation: str | None = None
    provisional: bool = False
    readings: tuple[ReadingOutcome, ...] = ()
    measures: Mapping[str, str | None] | None = None
    evidence: tuple[int, ...] = ()  # numbered rows (`lineage`)
    evidence_count: int = 0
    looked_at: tuple[str, ...] = ()  # the tables that have no row for it
    missing: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()
    excused_by: str | None = None
    why: Bilingual | None = None
    because: tuple[int, ...] = ()
    count: int = 1
    line: str = ""

    @property
    def contested(self) -> bool:
        return bool(self.readings)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A rule under one reading: its cases, those only counted, and the rows of the family's list that have none."""

    cases: tuple[tuple[Measured, Outcome], ...]
    counted: tuple[tuple[Measured, Outcome], ...]
    without: Mapping[int, Outcome]

    def outcomes(self, further: Sequence[Outcome] = ()) -> list[Outcome]:
        return [*(o for _, o in self.cases), *further, *(o for _, o in self.counted), *self.without.values()]

    def together(self, parameter: int) -> Outcome:
        """All cases of a row of the family's list as one, worst first; the rows of the first ones stand for all."""
        found = [o for case, o in (*self.cases, *self.counted) if case.parameter == parameter]
        if not found:
            return self.without[parameter]
        verdict = worst(o.verdict for o in found)
        same = [o for o in found if o.verdict == verdict]
        return same[0] if len(found) == 1 else replace(_as_one(same), verdict=verdict, due=None, amount=None)


def judge_together(workspace: Workspace, rules: Sequence[CheckedRule]) -> list[list[Outcome]]:
    """The verdicts of each rule of a group (`in_groups`)."""
    if len(rules) == 1:
        return [judge_rule(workspace, rules[0])]
    return [_judged(workspace, rule, measured).outcomes()
            for rule, measured in zip(rules, measure_together(workspace, rules), strict=True)]


def judge_rule(workspace: Workspace, rule: CheckedRule) -> list[Outcome]:
    """The verdicts of all cases of a rule under its default reading, and other readings where they differ."""
    if not rule.readings:
        return _judged(workspace, rule, measure_rule(workspace, rule)).outcomes()
    none = [{p: _no_case(workspace, other, about) for p, about in _provisions(workspace, other).items()}
            for _, other in rule.readings]
    measured = measure_readings(workspace, rule, [{p: o.verdict for p, o in found.items()} for found in none])
    judged = _judged(workspace, rule, measured[0])
    further: dict[tuple[int, str, str | None], Outcome] = {}
    for (reading, variant), measurement, without in zip(rule.readings, measured[1:], none, strict=True):
        other, is_same = _judged(workspace, variant, measurement), are_same_cases(rule, variant)
        named = (reading.name, reading.text)
        cases = {_pair(case, is_same): o for case, o in other.cases}
        known = {_pair(case, is_same) for case, _ in judged.cases}
        judged = replace(
            judged, cases=tuple((case, contested(o, cases.get(_pair(case, is_same), without[case.parameter]), named))
                                for case, o in judged.cases),
            without={p: _contested_by_all(o, other.together(p), named) for p, o in judged.without.items()})
        for case, outcome in other.cases:
            is_further = case.parameter not in judged.without and _pair(case, is_same) not in known
            if is_further and outcome.verdict in ("breach", "arisen"):
                name = (case.parameter, str(case.key), case.subject)
                further[name] = contested(further.get(name) or _no_case_of(outcome), outcome, named)
    return judged.outcomes(_in_one(further.values()) if len(further) > LISTED_CASES else list(further.values()))


def _pair(case: Measured, is_same: bool) -> tuple[int, str | None]:
    """What says that a case of two readings is the same."""
    return case.parameter, str(case.key) if is_same else case.subject


def contested(outcome: Outcome, other: Outcome, reading: NamedReading) -> Outcome:
    """The outcome with what the other reading makes of it, where that differs."""
    name, text = reading
    kept = tuple(r for r in outcome.readings if (r.name, r.text) != reading)
    if (outcome.verdict, outcome.amount) == (other.verdict, other.amount):
        return outcome if len(kept) == len(outcome.readings) else replace(outcome, readings=kept)
    return replace(outcome, readings=(*kept, ReadingOutcome(name, text, other.verdict, other.due, other.amount)))


def _contested_by_all(outcome: Outcome, others: Outcome, reading: NamedReading) -> Outcome:
    """A finding that there is no case, with what another reading makes of its cases, and the rows that show it."""
    result = contested(outcome, others, reading)
    if result is outcome:
        return outcome
    return replace(result, evidence=tuple(dict.fromkeys((*outcome.evidence, *others.evidence))),
                   evidence_count=outcome.evidence_count + others.evidence_count)


def _no_case_of(outcome: Outcome) -> Outcome:
    """What only another reading takes for a case: nothing under the default one, with the rows that show it."""
    verdict = "not_arisen" if outcome.provision.modality in EFFECT_MODALITIES else "not_triggered"
    return replace(outcome, verdict=verdict, due=None, done=None, amount=None, computation=None, why=_ONLY_THERE, not_shown=())


def _in_one(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Very many cases of other readings as one for each provision and what the readings say."""
    alike: dict[tuple[object, ...], list[Outcome]] = {}
    for o in outcomes:
        alike.setdefault((o.provision.id, *((r.name, r.verdict) for r in o.readings)), []).append(o)
    return [replace(_as_one(same), readings=tuple(replace(r, due=None, amount=None) for r in same[0].readings))
            for same in alike.values()]


def _as_one(same: Sequence[Outcome]) -> Outcome:
    """Outcomes that say the same as one; the rows of the first ones stand for all."""
    return replace(same[0], subject=None, link="", measures={}, count=sum(o.count for o in same),
                   evidence=tuple(dict.fromkeys(e for o in same[:EXAMPLES] for e in o.evidence)),
                   evidence_count=sum(o.evidence_count for o in same))


@dataclass(frozen=True, slots=True)
class _About:
    """What a case is a case of: the provision, what it says here, and what kind of consequence it is."""

    provision: Provision
    title: Bilingual
    effect: str | None


def _provisions(workspace: Workspace, rule: CheckedRule) -> dict[int, _About]:
    """The provision of a rule, or one for each row of its family's list, by number."""
    rows: Sequence[Mapping[str, Scalar]] = workspace.contract.lists[rule.rule.family].rows if rule.rule.family else ({},)
    result = {}
    for number, row in enumerate(rows, start=1):
        name = rule.rule.provision
        provision = workspace.contract.provisions[str(row[name.removeprefix("param.")]) if name.startswith("param.") else name]
        result[number] = _About(provision, rule.rule.title.filled(row), rule.rule.effect or _EFFECTS.get(provision.modality))
    return result


def _judged(workspace: Workspace, rule: CheckedRule, measurement: Measurement) -> _Judged:
    provisions = _provisions(workspace, rule)
    cases = tuple((case, _judge(workspace, rule, provisions[case.parameter], case)) for case in measurement.cases)
    counted = tuple((case, _judge(workspace, rule, provisions[case.parameter], case)) for case in measurement.counted)
    found = {case.parameter for case, _ in (*cases, *counted)}
    without = {p: _without_case(workspace, rule, measurement, about) for p, about in provisions.items() if p not in found}
    return _Judged(cases, counted, without)


def _without_case(workspace: Workspace, rule: CheckedRule, measurement: Measurement, about: _About) -> Outcome:
    """No case: unknown where the table was not supplied, else what the rule says of having none."""
    if measurement.supplied:
        return _no_case(workspace, rule, about)
    return _plain(workspace, rule, about, "no_evidence", evidence_of(workspace, rule.cases.table or ""))


def _no_case(workspace: Workspace, rule: CheckedRule, about: _About) -> Outcome:
    table = rule.cases.table
    if table and workspace.source(table).open:
        return _plain(workspace, rule, about, "no_evidence", evidence_of(workspace, table))
    if not rule.none:
        verdict = verdict_of_none(about.provision.modality, begun=rule.cases.form != "every")
        return _plain(workspace, rule, about, verdict, ())
    as_once = replace(rule, cases=CheckedCases("once", None, None, None, None, "calendar", None, None, False), lets={},
                      lines=rule.none, due=None, done=None, excuses=(), amount={}, subject=None, link=None, readings=(),
                      rule=replace(rule.rule, family=None))
    outcome = _judge(workspace, as_once, about, measure_rule(workspace, as_once).cases[0])
    return outcome if outcome.evidence else replace(outcome, looked_at=tables_read(workspace, rule))


def _plain(workspace: Workspace, rule: CheckedRule, about: _About, verdict: str, missing: tuple[str, ...]) -> Outcome:
    return Outcome(rule.rule.id, about.provision, about.title, None, "", verdict, missing=missing, effect=about.effect,
                   measures={}, looked_at=tables_read(workspace, rule))


def _judge(workspace: Workspace, rule: CheckedRule, about: _About, case: Measured) -> Outcome:
    verdict, line, missing = _verdict(workspace, rule, case)
    excused_by, not_shown = None, ()
    if verdict == "breach" and rule.excuses:
        verdict, excused_by, not_shown = _excuse(workspace, rule, case)
    amount, computation = _amount(case.amount) if verdict in ("breach", "arisen") and rule.amount else (None, None)
    evidence, count = _evidence(case)
    looked_at = () if evidence or case.count > 1 else tables_read(workspace, rule)
    return Outcome(
        rule=rule.rule.id, provision=about.provision, title=about.title, subject=case.subject, link=case.link or "",
        verdict=verdict, effect=about.effect, due=moment_text(case.due), done=moment_text(case.done), amount=amount,
        computation=computation, provisional=case.provisional, measures={n: _bounds(v) for n, v in case.measures.items()},
        evidence=evidence, evidence_count=count, missing=missing, not_shown=not_shown, excused_by=excused_by,
        why=line.why if line else None, count=case.count, looked_at=looked_at)


def _verdict(workspace: Workspace, rule: CheckedRule, case: Measured) -> tuple[str, Line | None, tuple[str, ...]]:
    """The verdict of the first line that holds, unless an unknown line before it could say otherwise."""
    if case.doubtful:
        return "no_evidence", None, in_doubt(workspace, rule, [rule.cases.where])
    line = rule.lines[case.first] if case.first >= 0 else None
    if line is None or case.unclear:
        asked = [rule.lines[i].condition for i in case.unclear] or [x.condition for x in rule.lines]
        return "no_evidence", None, in_doubt(workspace, rule, asked)
    return line.verdict, line, ()


def _excuse(workspace: Workspace, rule: CheckedRule, case: Measured) -> tuple[str, str | None, tuple[str, ...]]:
    """A breach is excused by what is shown; what was not shown is named."""
    for excuse, holds in zip(rule.excuses, case.excuses, strict=True):
        if holds:
            return "excused", excuse.by, ()
    unknown = [e.condition for e, holds in zip(rule.excuses, case.excuses, strict=True) if holds is None]
    return "breach", None, in_doubt(workspace, rule, unknown) if unknown else ()


def _amount(parts: Mapping[str, Decimal | int | None]) -> tuple[Decimal | None, str | None]:
    """base x rate x times / divide within floor and cap, rounded half up once; None where a part is unknown."""
    if any(v is None for v in parts.values()):
        return None, None
    with localcontext() as context:
        context.prec = 60
        known = {k: Decimal(v) for k, v in parts.items() if v is not None}
        factors = [known[k] for k in ("base", "rate", "times") if k in known]
        result = Decimal(1)
        for factor in factors:
            result *= factor
        text = " × ".join(_plain_number(f) for f in factors)
        if "divide" in known:
            if known["divide"] == 0:
                return None, None
            result /= known["divide"]
            text += f" ÷ {_plain_number(known['divide'])}"
        rounded = result.quantize(CENT, ROUND_HALF_UP)
        if len(factors) > 1 or "divide" in known:
            text += f" = {rounded}"
        if "cap" in known and result > known["cap"]:
            rounded = known["cap"].quantize(CENT, ROUND_HALF_UP)
            text += f" > {_plain_number(known['cap'])} → {rounded}"
        if "floor" in known and result < known["floor"]:
            rounded = known["floor"].quantize(CENT, ROUND_HALF_UP)
            text += f" < {_plain_number(known['floor'])} → {rounded}"
        return rounded, text


def _plain_number(number: Decimal) -> str:
    """Without the zeros that carry nothing; cents are written with two places."""
    places = -int(number.normalize().as_tuple().exponent)
    return f"{number:.2f}" if places == 1 else f"{number:.{max(places, 0)}f}"


def _evidence(case: Measured) -> tuple[tuple[int, ...], int]:
    """The rows behind a case, each once, and how many there are (at most, where not all of them are named)."""
    shown = [code for codes, _ in case.evidence for code in codes if code is not None]
    unique = tuple(dict.fromkeys(shown))
    count = sum(int(total) for _, total in case.evidence)
    return unique, max(count - (len(shown) - len(unique)), len(unique))


def moment_text(value: Any) -> str | None:
    """A day, or a moment to the minute; a moment known only to the day is a day."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.microsecond == 1 else value.isoformat("T", "minutes")
    return value.isoformat() if isinstance(value, date) else None


def _bounds(bounds: tuple[Any, Any]) -> str | None:
    """A measure as text; an interval where evidence leaves it open."""
    low, high = (_value_text(b) for b in bounds)
    if low == high:
        return low
    return f"{low or '?'} … {high or '?'}"


def _value_text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case Decimal():
            return _plain_number(value)
        case datetime() | date():
            return moment_text(value)
        case _:
            return str(value)
