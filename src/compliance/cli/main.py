"""The command line: audit, batch, evidence, rules, explain."""

from __future__ import annotations

import json
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from compliance.audit import audit as run_audit
from compliance.cli import rules
from compliance.cli.places import rules_root
from compliance.document import findings_document
from compliance.evidence.store import close, open_evidence
from compliance.ground import Problem, sorted_problems
from compliance.linting.loading import load_contract

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Audits service contracts: rules as data, evidence in, findings and a report out.")
app.add_typer(rules.app, name="rules")
errors = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    HTML = "html"


def show_problems(problems: list[Problem]) -> None:
    """All problems at once, in the order of their places."""
    for problem in sorted_problems(problems):
        errors.print(str(problem), markup=False)


def a_date(text: str) -> date:
    """A day on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"'{text}' is not a day YYYY-MM-DD") from fault


@app.command()
def audit(contract: Annotated[str, typer.Argument(help="Contract, such as govcloud-2026.")],
          evidence: Annotated[str, typer.Option(help="Folder, workbook or database with the evidence.")],
          as_of: Annotated[date, typer.Option(parser=a_date, help="Audit date, YYYY-MM-DD.")],
          format_: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TABLE,
          rules_dir: Annotated[Path | None, typer.Option("--rules", help="Folder of rules.")] = None) -> None:
    """Audits one contract on a folder of evidence."""
    loaded, problems = load_contract(rules_root(rules_dir), contract)
    if loaded is None:
        show_problems(problems)
        raise typer.Exit(2)
    store, problems = open_evidence(evidence)
    if store is None:
        show_problems(problems)
        raise typer.Exit(2)
    result = run_audit(loaded, store, as_of, problems)
    close(store)

    sys.stdout.write(json.dumps(findings_document(result), ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    raise typer.Exit(0 if result.is_clean else 1)


def main() -> None:
    """Entry point of the command `compliance`."""
    app()
