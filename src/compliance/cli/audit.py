"""The command `compliance audit`: one contract on its evidence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from compliance.audit import Audit
from compliance.audit import audit as run_audit
from compliance.cli.options import AsOf, Bad, BadRows, Contract, Evidence, Lang, Language, RulesDir
from compliance.cli.places import rules_root
from compliance.cli.shown import counts_line, errors, findings_table, out, plain, show_problems, unusable
from compliance.document import findings_document
from compliance.evaluation.plans import open_plans
from compliance.evidence.store import close, open_evidence
from compliance.linting.loading import load_kept_contract
from compliance.outputs import write_all_or_nothing
from compliance.reporting.document import dumps

app = typer.Typer()


class Format(StrEnum):
    """What an audit prints on standard output."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


def _render(document: dict[str, Any], findings_json: str, lang: str) -> str:
    """The report. The drawing library takes a second to load; an audit that prints no report does not wait for it."""
    render: Callable[[dict[str, Any], str, str], str] = import_module("compliance.reporting.html").render_html
    return render(document, findings_json, lang)


def audited(contract: str, source: str, as_of: date, rules_dir: Path | None, bad_rows: BadRows) -> Audit:
    """The audit with its progress on standard error; every problem of rules and evidence in one go."""
    loaded, problems = load_kept_contract(rules_root(rules_dir), contract)
    store, more = open_evidence(source, bad_rows=bad_rows.value)
    if loaded is None or store is None:
        raise unusable(problems + more)
    total = len(loaded.checked.rules)
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=errors, transient=True) as progress:
        task = progress.add_task(contract, total=total)
        plans = open_plans(contract)
        result = run_audit(loaded, store, as_of, more, lambda rule: progress.update(
            task, advance=1, description=f"{contract}: {rule}"), plans)
        plans.save()
    close(store)
    return result


@app.command()
def audit(contract: Contract, evidence: Evidence, as_of: AsOf,
          format_: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TABLE,
          out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for findings.json and the report.")] = None,
          text: Annotated[Path | None, typer.Option(help="The signed contract (TXT, Markdown, DOCX, PDF): the wording of the clauses and "
                                                         "a review of the text stand in the report.")] = None,
          lang: Lang = Language.ZH, rules_dir: RulesDir = None, bad_rows: Bad = BadRows.STOP) -> None:
    """Audits one contract on its evidence.

    Examples: compliance audit govcloud-2026 --evidence data/govcloud-2026 --as-of 2027-06-30

    compliance audit govcloud-2026 --evidence data/govcloud-2026 --as-of 2027-06-30 --format json > findings.json

    compliance audit govcloud-2026 --evidence data/govcloud-2026 --as-of 2027-06-30 --text contract.docx --out reports
    """
    # The readers of contract files take a moment to load; an audit without one does not wait for them.
    signed, review = import_module("compliance.cli.contract_text").text_and_review(text) if text is not None else (None, None)
    result = audited(contract, evidence, as_of, rules_dir, bad_rows)
    document = findings_document(result, signed, review)
    findings_json = dumps(document)
    if out_dir is not None:
        write_all_or_nothing(out_dir, {f"{contract}.findings.json": findings_json,
                                       f"{contract}.html": _render(document, findings_json, lang.value)})
    match format_:
        case Format.JSON:
            sys.stdout.write(findings_json)
        case Format.HTML:
            sys.stdout.write(_render(document, findings_json, lang.value))
        case Format.TABLE:
            out.print(findings_table(document, lang.value))
            out.print(plain(counts_line(document["findings"], lang.value)))
    show_problems(result.problems)
    raise typer.Exit(0 if result.is_clean else 1)
