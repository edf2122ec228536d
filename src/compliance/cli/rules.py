"""Commands for those who write rules: lint, test, show, coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import typer

from compliance.cli.places import rules_root
from compliance.cli.shown import out, plain, show_problems, table_with
from compliance.ground import Problem
from compliance.linting.loading import LoadedContract, contract_ids, load_contract
from compliance.model.rule import Amount, Cases, Decision, Excuse, Follows, RowSet, Rule, Source, When
from compliance.rule_tests import run_cases, without_cases

app = typer.Typer(no_args_is_help=True, help="Write and check rules.")
PathArgument = Annotated[Path | None, typer.Argument(help="Folder of one contract or of all; default: all rules.")]


def _chosen(path: Path | None) -> tuple[Path, list[str]]:
    """The root of the rules and the contracts meant by a path, or by the name of a contract."""
    if path is not None and (path / "contract.yaml").is_file():
        return path.resolve().parent, [path.resolve().name]
    if path is not None and not path.exists():
        return rules_root(None), [path.name]
    root = rules_root(path)
    return root, contract_ids(root)


def _load(root: Path, contract: str) -> LoadedContract:
    loaded, problems = load_contract(root, contract, with_cases=True)
    if loaded is None:
        show_problems(problems)
        raise typer.Exit(2)
    return loaded


@app.command()
def lint(path: PathArgument = None) -> None:
    """Checks rule files against the schema, the register and the evidence dictionary.

    Example: compliance rules lint rules/govcloud-2026
    """
    root, contracts = _chosen(path)
    faulty = 0
    for contract in contracts:
        loaded, problems = load_contract(root, contract, with_cases=True)
        show_problems(problems, out)
        faulty += len(problems)
        if loaded is not None:
            out.print(f"{contract}: {len(loaded.rule_set.rules)} rules, {len(loaded.rule_set.cases)} cases, no problem")
    if not contracts:
        out.print(plain(f"there are no contracts under {root.name}"))
    raise typer.Exit(2 if faulty or not contracts else 0)


@dataclass(frozen=True, slots=True)
class _Tested:
    """What the cases of one contract say, in lines."""

    lines: tuple[str, ...]
    cases: int
    faults: int
    problems: tuple[Problem, ...] = ()


def _tested(root: Path, contract: str, rule: str | None, complete: bool) -> _Tested:
    loaded, problems = load_contract(root, contract, with_cases=True)
    if loaded is None:
        return _Tested((), 0, 0, tuple(problems))
    cases = [c for c in loaded.rule_set.cases if rule in (None, c.rule)]
    results = list(run_cases(loaded, cases))
    lines = [f"{r.case.location}: {r.case.name}: {difference}" for r in results for difference in r.differences]
    bad = sum(bool(r.differences) for r in results)
    lacking = without_cases(loaded) if complete and rule is None else []
    summary = [f"{contract}: {len(cases) - bad} of {len(cases)} cases agree"] if cases or rule is None else []
    return _Tested((*lines, *summary, *(f"{contract}: {line}" for line in lacking)), len(cases), bad + len(lacking))


@app.command()
def test(path: PathArgument = None,
         rule: Annotated[str | None, typer.Option(help="Only the cases of one rule.")] = None,
         complete: Annotated[bool, typer.Option(help="Also ask for a kept, a broken and an undecided case of each rule.")] = False,
         jobs: Annotated[int, typer.Option(min=1, help="Contracts tested side by side.")] = 2) -> None:
    """Runs the cases beside the rules.

    Example: compliance rules test rules/govcloud-2026 --rule first-instalment-on-time
    """
    root, contracts = _chosen(path)
    ask = partial(_tested, root, rule=rule, complete=complete)
    tested: list[_Tested] = []
    with ProcessPoolExecutor(min(jobs, len(contracts) or 1), mp_context=get_context("spawn")) as pool:
        for found in map(ask, contracts) if len(contracts) == 1 else pool.map(ask, contracts):
            show_problems(found.problems)
            for line in found.lines:
                out.print(plain(line), soft_wrap=True)
            tested.append(found)
    if not any(t.cases or t.problems for t in tested):
        out.print(plain(f"there are no cases{f' of a rule {rule!r}' if rule else ''} under {root.name}"))
        raise typer.Exit(2)
    raise typer.Exit(2 if any(t.problems for t in tested) else 1 if any(t.faults for t in tested) else 0)


@app.command()
def show(rule: Annotated[str, typer.Argument(help="A rule, or a provision such as govcloud-2026-P088.")],
         rules_dir: Annotated[Path | None, typer.Option("--rules", help="Folder of rules.")] = None) -> None:
    """Shows a rule: its provision, what it is asked about, what it measures and its decision table.

    Example: compliance rules show first-instalment-on-time
    """
    root, contracts = _chosen(rules_dir)
    found = 0
    for contract in contracts:
        loaded = _load(root, contract)
        for known in loaded.rule_set.rules:
            if rule in (known.id, f"{contract}-{known.provision}", known.provision):
                _show(loaded, known)
                found += 1
    if not found:
        out.print(plain(f"there is no rule or encoded provision '{rule}'"))
        raise typer.Exit(2)


def _show(loaded: LoadedContract, rule: Rule) -> None:
    provision = loaded.contract.provisions.get(rule.provision)
    out.print(plain(f"{rule.id}  ({loaded.contract.id}-{rule.provision}, {rule.location})"))
    out.print(plain(f"  {rule.title.zh}\n  {rule.title.en}"))
    if provision:
        out.print(plain(f"  clause {provision.clause}, {provision.modality}, {provision.obligor}, {provision.category}"))
    for field in fields(rule):
        for line in _slot(field.name, getattr(rule, field.name)):
            out.print(plain(f"  {line}"))
    for checked in loaded.checked.rules:
        if checked.rule.id == rule.id:
            for number, row in enumerate(checked.lines, start=1):
                out.print(plain(f"  {number}. {row.verdict}" + (f": {row.why.zh}" if row.why else "")))
    for reading in rule.readings:
        out.print(plain(f"  reading {reading.name}{' (default)' if reading.default else ''}: {reading.text.zh} / {reading.text.en}"))
        for name, value in reading.changes.items():
            for line in _slot(name, value):
                out.print(plain(f"    {line}"))
    out.print()


def _slot(name: str, value: object) -> list[str]:
    """A part of a rule as it is written, a line for each condition; nothing of a part that says nothing."""
    match value:
        case Source(text=text):
            return [f"{name}: {text}"]
        case Cases():
            of = value.table or f"{value.period} of the {value.of}" if value.form != "once" else ""
            parts = [f" {word} {text}" for word, text in (("by", value.by), ("from", value.start and value.start.text),
                                                           ("to", value.end and value.end.text)) if text]
            return [f"cases: {value.form} {of}{''.join(parts)}{_where(value.where)}".rstrip()]
        case When():
            moments = (("due", value.due), ("done", value.done), ("until", value.until))
            parts = [f"{part} {source.text}" for part, source in moments if source]
            return [f"when: {', '.join(parts)}" + ("" if value.decides else " (reported only)")]
        case Amount(parts=parts):
            return [f"amount {part}: {source.text}" for part, source in parts.items()]
        case Follows():
            linked = " with the same link" if value.linked else ""
            ignored = ", undecided ones ignored" if value.undecided_ignored else ""
            return [f"follows {value.mode} of {', '.join(value.sources)}{linked}{ignored}"]
        case RowSet():
            joins = "".join(f" join {j.table}" for j in value.joins)
            return [f"rows {value.name}: {value.table}{joins}{_where(value.where)}"]
        case Decision():
            return [f"{name} {value.verdict}: {value.condition.text}"]
        case Excuse():
            return [f"unless {value.condition.text}" + (f" (by {value.by})" if value.by else "")]
        case tuple() if name in ("excuses", "worst_of"):
            return [f"{name}: {', '.join(value)}"] if value else []
        case tuple():
            return [line for part in value for line in _slot(name, part)]
        case str() if name in ("effect", "family"):
            return [f"{name}: {value}"]
        case Mapping() if name == "let":
            return [f"let {key}: {source.text}" for key, source in value.items()]
        case _:
            return []


def _where(condition: Source | None) -> str:
    return f" where {condition.text}" if condition else ""


@app.command()
def coverage(contract: Annotated[str | None, typer.Argument(help="One contract; default: all.")] = None,
             rules_dir: Annotated[Path | None, typer.Option("--rules", help="Folder of rules.")] = None,
             missing: Annotated[bool, typer.Option(help="List the provisions that are not yet encoded.")] = False) -> None:
    """Shows which provisions of the registers a rule covers.

    Example: compliance rules coverage govcloud-2026 --missing
    """
    root, contracts = _chosen(rules_dir)
    table = table_with("contract", "category", "provisions", "encoded", "automatic", "of these encoded")
    for name in contracts if contract is None else [contract]:
        loaded = _load(root, name)
        encoded = covered(loaded)
        register = loaded.contract.provisions.values()
        total = Counter(p.category for p in register)
        for category in sorted(total):
            own = [p for p in register if p.category == category]
            automatic = [p for p in own if p.checkability == "automatic"]
            table.add_row(name, category, str(len(own)), str(sum(p.id in encoded for p in own)), str(len(automatic)),
                          str(sum(p.id in encoded for p in automatic)))
        table.add_row(name, "all", str(len(register)), str(sum(p.id in encoded for p in register)), "", "", end_section=True)
        if missing:
            for p in register:
                if p.id not in encoded:
                    out.print(plain(f"{name}-{p.id} clause {p.clause}: {p.category}, {p.modality}, {p.checkability}: not yet encoded"))
    out.print(table)


def covered(loaded: LoadedContract) -> set[str]:
    """The provisions for which there is a rule."""
    found = set()
    for rule in loaded.rule_set.rules:
        if rule.provision.startswith("param."):
            rows = loaded.contract.lists[rule.family or ""].rows
            found |= {str(row[rule.provision.removeprefix("param.")]) for row in rows}
        else:
            found.add(rule.provision)
    return found
