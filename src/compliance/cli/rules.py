"""Commands for those who write rules: lint, test, show, coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from compliance.cli.places import rules_root
from compliance.ground import sorted_problems
from compliance.linting.loading import contract_ids, load_contract
from compliance.rule_tests import run_cases, without_cases

app = typer.Typer(no_args_is_help=True, help="Write and check rules.")
console = Console(highlight=False, soft_wrap=True)
PathArgument = Annotated[Path | None, typer.Argument(help="Folder of one contract or of all; default: all rules.")]


def _chosen(path: Path | None) -> tuple[Path, list[str]]:
    """The root of the rules and the contracts meant by a path."""
    if path is not None and (path / "contract.yaml").is_file():
        return path.resolve().parent, [path.resolve().name]
    root = rules_root(path)
    return root, contract_ids(root)


@app.command()
def lint(path: PathArgument = None) -> None:
    """Checks rule files against the schema, the register and the evidence dictionary.

    Example: compliance rules lint rules/govcloud-2026
    """
    root, contracts = _chosen(path)
    faulty = 0
    for contract in contracts:
        loaded, problems = load_contract(root, contract)
        for problem in sorted_problems(problems):
            console.print(str(problem), markup=False)
        faulty += len(problems)
        if loaded is not None:
            console.print(f"{contract}: {len(loaded.rule_set.rules)} rules, {len(loaded.rule_set.cases)} cases, no problem")
    raise typer.Exit(2 if faulty else 0)


@app.command()
def test(path: PathArgument = None,
         rule: Annotated[str | None, typer.Option(help="Only the cases of one rule.")] = None,
         complete: Annotated[bool, typer.Option(help="Also ask for a kept, a broken and an undecided case of each rule.")] = False,
         ) -> None:
    """Runs the cases beside the rules.

    Example: compliance rules test rules/govcloud-2026 --rule first-instalment-on-time
    """
    root, contracts = _chosen(path)
    failed = 0
    for contract in contracts:
        loaded, problems = load_contract(root, contract)
        if loaded is None:
            for problem in sorted_problems(problems):
                console.print(str(problem), markup=False)
            raise typer.Exit(2)
        cases = [c for c in loaded.rule_set.cases if rule in (None, c.rule)]
        bad = 0
        for result in run_cases(loaded, cases):
            bad += bool(result.differences)
            for difference in result.differences:
                console.print(f"{result.case.location}: {result.case.name}: {difference}", markup=False)
        console.print(f"{contract}: {len(cases) - bad} of {len(cases)} cases agree")
        lacking = without_cases(loaded) if complete and rule is None else []
        for line in lacking:
            console.print(f"{contract}: {line}", markup=False)
        failed += bad + len(lacking)
    raise typer.Exit(1 if failed else 0)
