"""The command line: audit, batch, evidence, rules, explain."""

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
from compliance.cli import document as contract_document
from compliance.cli import evidence, rules
from compliance.cli.places import rules_root
from compliance.cli.shown import counts_line, errors, findings_table, out, plain, show_finding, show_problems
from compliance.document import findings_document
from compliance.evaluation.plans import open_plans
from compliance.evidence.store import close, open_evidence
from compliance.ground import Location, Problem, collecting_rarely, plain_day
from compliance.linting.loading import load_contract
from compliance.outputs import write_all_or_nothing
from compliance.reading.schema import suggestion
from compliance.reporting.document import dumps

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Audits service contracts: rules as data, evidence in, findings and a report out.\n\n"
                       "Exit status: 0 nothing is in breach, undecided or broken; 1 something is; 2 an input is unusable.")
app.add_typer(rules.app, name="rules")
app.add_typer(evidence.app, name="evidence")
app.add_typer(contract_document.app, name="document")


class Format(StrEnum):
    """What an audit prints on standard output."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


class Language(StrEnum):
    """The language shown first."""

    ZH = "zh"
    EN = "en"


class BadRows(StrEnum):
    """What happens to rows of evidence with a fault."""

    STOP = "stop"
    REJECT = "reject"


def a_date(text: str) -> date:
    """A day on the command line."""
    day = plain_day(text)
    if day is None:
        raise typer.BadParameter(f"'{text}' is not a day written YYYY-MM-DD")
    return day


Contract = Annotated[str, typer.Argument(help="Contract, such as govcloud-2026.")]
Evidence = Annotated[str, typer.Option(help="Folder, workbook or database (duckdb:///FILE) with the evidence.")]
AsOf = Annotated[date, typer.Option(parser=a_date, metavar="YYYY-MM-DD", help="Audit date.")]
RulesDir = Annotated[Path | None, typer.Option("--rules", help="Folder of rules; default: rules/ above the working folder.")]
Lang = Annotated[Language, typer.Option(help="Language shown first.")]
Bad = Annotated[BadRows, typer.Option(help="Rows with a fault: stop, or reject them and leave open what they could change.")]


def _render(document: dict[str, Any], findings_json: str, lang: str) -> str:
    """The report. The drawing library takes a second to load; an audit that prints no report does not wait for it."""
    render: Callable[[dict[str, Any], str, str], str] = import_module("compliance.reporting.html").render_html
    return render(document, findings_json, lang)


def _unusable(problems: list[Problem]) -> typer.Exit:
    show_problems(problems)
    errors.print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}; nothing was written")
    return typer.Exit(2)


def _audited(contract: str, source: str, as_of: date, rules_dir: Path | None, bad_rows: BadRows) -> Audit:
    """The audit with its progress on standard error; every problem of rules and evidence in one go."""
    loaded, problems = load_contract(rules_root(rules_dir), contract)
    store, more = open_evidence(source, bad_rows=bad_rows.value)
    if loaded is None or store is None:
        raise _unusable(problems + more)
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
    result = _audited(contract, evidence, as_of, rules_dir, bad_rows)
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


@app.command()
def explain(contract: Contract, provision: Annotated[str, typer.Argument(help="Provision, such as P088, or a rule.")],
            evidence: Evidence, as_of: AsOf,
            subject: Annotated[str | None, typer.Argument(help="Only this case.")] = None,
            lang: Lang = Language.ZH, rules_dir: RulesDir = None, bad_rows: Bad = BadRows.STOP) -> None:
    """Says why: clause, test, measures, rows, and what follows from it.

    Example: compliance explain govcloud-2026 P088 --evidence data/govcloud-2026 --as-of 2027-06-30
    """
    document = findings_document(_audited(contract, evidence, as_of, rules_dir, bad_rows))
    wanted = [f for f in document["findings"] if _is_about(f, contract, provision)]
    found = [f for f in wanted if subject in (None, f["subject"])]
    if not found:
        known = [str(f["subject"]) for f in wanted if f["subject"]] if wanted else sorted(
            {f["provision"].removeprefix(f"{contract}-") for f in document["findings"]})
        asked = provision if not wanted else f"{provision} {subject}"
        raise _unusable([Problem("explain-nothing", f"there is no finding for '{asked}'", Location(contract),
                                 suggestion(subject or "" if wanted else provision, known))])
    for finding in found:
        show_finding(finding, document, lang.value)


@app.command()
def batch(evidence: Annotated[Path, typer.Option(help="Folder with one folder of evidence a contract.")] = Path("data"),
          as_of: Annotated[date | None, typer.Option(parser=a_date, metavar="YYYY-MM-DD", help="Audit date; default: the last day "
                                                     "of the service term of each contract.")] = None,
          jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0: one a core.")] = 0,
          out_dir: Annotated[Path, typer.Option("--out", help="Folder for the reports.")] = Path("reports"),
          lang: Lang = Language.ZH, rules_dir: RulesDir = None) -> None:
    """Audits the portfolio: one executed notebook, findings and report a contract, and a summary page.

    A run that was stopped goes on where it was: what is whole and rests on the same inputs is kept.

    Example: compliance batch --evidence data --out reports --jobs 2
    """
    # What runs notebooks takes most of a second to load; the other commands do not wait for it.
    run = import_module("compliance.cli.batch").batch
    raise typer.Exit(run(rules_root(rules_dir), evidence, as_of, jobs, out_dir, lang.value))


def _is_about(finding: dict[str, Any], contract: str, name: str) -> bool:
    return name in (finding["provision"], finding["provision"].removeprefix(f"{contract}-"), finding["rule"], finding["id"])


def main() -> None:
    """Entry point of the command `compliance`."""
    with collecting_rarely():
        app()
