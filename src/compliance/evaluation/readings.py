"""A rule measured under each of its readings; of very many cases the engine finds those on which the readings differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from compliance.evaluation.measure import (
    Measurement,
    cases_of,
    is_large,
    is_supplied,
    list_readings,
    number_of_cases,
    prepare,
    settled,
)
from compliance.evaluation.plans import Plan
from compliance.evaluation.workspace import Workspace
from compliance.model.checked import CheckedRule


def measure_readings(workspace: Workspace, rule: CheckedRule, none: Sequence[Mapping[int, str]]) -> tuple[Measurement, ...]:
    """What the evidence shows under the default reading, then under each other one.

    Of very many cases those are only counted that are clear and that every reading decides alike. `none`: the verdict of
    each other reading on what is no case of it, for each row of the family's list.
    """
    readings = (rule, *(variant for _, variant in rule.readings))
    if not (any(is_large(workspace, r) for r in readings) and all(is_supplied(workspace, r) for r in readings)):
        return list_readings(workspace, readings)
    default, *plans = (prepare(workspace, r) for r in readings)
    others = [(i, other, _paired_by(rule, other), plan) for i, (other, plan) in enumerate(zip(readings[1:], plans, strict=True), start=1)]
    for i, other, _, plan in others:
        workspace.run(f'CREATE OR REPLACE TEMP TABLE "reading_{i}" AS {_with_clear_verdicts(other, plan)}')
    joins = " ".join(f"LEFT JOIN ({_agreed(i, by)}) o{i} ON {_same(f'o{i}', 'd', by)}" for i, _, by, _ in others)
    agreeing = " AND ".join(['"_clear" IS NOT NULL', *(_agrees(i, none[i - 1]) for i, *_ in others)])
    workspace.run(f"""
        CREATE OR REPLACE TEMP TABLE "reading_0" AS SELECT d.*, NOT coalesce({agreeing}, FALSE) AS "_asked"
        FROM ({_with_clear_verdicts(rule, default)}) d {joins}""")
    found = [_listed_and_counted(workspace, rule, default, '(SELECT * FROM "reading_0")'),
             *(_listed_and_counted(workspace, other, plan, _asked_of(i, by)) for i, other, by, plan in others)]
    for i in range(len(readings)):
        workspace.run(f'DROP TABLE "reading_{i}"')
    return tuple(found)


def are_same_cases(rule: CheckedRule, other: CheckedRule) -> bool:
    """Whether both readings choose among the same rows, periods or values, so that the key of a case says which it is.

    Where they do not, cases are the same that have the same subject.
    """
    return replace(rule.cases, where=None) == replace(other.cases, where=None)


def _paired_by(rule: CheckedRule, other: CheckedRule) -> str:
    return "_key" if are_same_cases(rule, other) else "_name"


def _with_clear_verdicts(rule: CheckedRule, plan: Plan) -> str:
    """SQL: the cases of a reading with their clear verdict, NULL where a person has to look."""
    words = " ".join(f"WHEN {i} THEN '{line.verdict}'" for i, line in enumerate(rule.lines))
    name = "own_subject" if rule.subject is not None else "subject"
    return (f'SELECT *, CASE WHEN {settled(rule.lines, plan)} THEN CASE "first" {words} END END AS "_clear", '
            f'"k"::VARCHAR AS "_key", "{name}"::VARCHAR AS "_name" FROM ({plan.query})')


def _agreed(i: int, paired_by: str) -> str:
    """SQL: the clear verdict of a reading on each of its cases, NULL where it is none or not one."""
    return (f'SELECT "p", "{paired_by}", CASE WHEN count("_clear") = count(*) AND min("_clear") = max("_clear") '
            f'THEN min("_clear") END AS "_agreed" FROM "reading_{i}" GROUP BY ALL')


def _agrees(i: int, none: Mapping[int, str]) -> str:
    """SQL: whether a reading gives a case of the default one the same clear verdict."""
    without = " ".join(f"WHEN {p} THEN '{verdict}'" for p, verdict in none.items())
    return f'"_clear" = CASE WHEN o{i}."p" IS NULL THEN CASE d."p" {without} END ELSE o{i}."_agreed" END'


def _same(left: str, right: str, paired_by: str) -> str:
    return f'{left}."p" = {right}."p" AND {left}."{paired_by}" IS NOT DISTINCT FROM {right}."{paired_by}"'


def _asked_of(i: int, paired_by: str) -> str:
    """SQL: the cases of another reading; asked for are those asked for of the default one, and unclear ones it does not know."""
    return f"""(
        SELECT v.*, coalesce(d."_asked", v."_clear" IS NULL) AS "_asked" FROM "reading_{i}" v
        LEFT JOIN (SELECT "p", "{paired_by}", bool_or("_asked") AS "_asked" FROM "reading_0" GROUP BY ALL) d
        ON {_same('v', 'd', paired_by)})"""


def _listed_and_counted(workspace: Workspace, rule: CheckedRule, plan: Plan, cases: str) -> Measurement:
    columns = ", ".join(f'"{c}"' for c in plan.columns)
    listed = cases_of(workspace, rule, plan, f'SELECT {columns} FROM {cases} WHERE "_asked" ORDER BY "k", "p"')
    counts = workspace.run(f"""
        SELECT "p", "first", count(*), bool_or("provisional") FROM {cases} WHERE NOT "_asked"
        GROUP BY "p", "first" ORDER BY "p", "first" """)
    return Measurement(True, listed, tuple(number_of_cases(rule, *numbers) for numbers in counts))
