"""The command `compliance explain`: why a case has its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from compliance.cli.audit import audited
from compliance.cli.options import AsOf, Bad, BadRows, Contract, Evidence, Lang, Language, RulesDir
from compliance.cli.shown import show_finding, unusable
from compliance.document import findings_document
from compliance.ground import Location, Problem
from compliance.reading.schema import suggestion

app = typer.Typer()


@app.command()
def explain(contract: Contract, provision: Annotated[str, typer.Argument(help="Provision, such as P088, or a rule.")],
            evidence: Evidence, as_of: AsOf,
            subject: Annotated[str | None, typer.Argument(help="Only this case.")] = None,
            lang: Lang = Language.ZH, rules_dir: RulesDir = None, bad_rows: Bad = BadRows.STOP) -> None:
    """Says why: clause, test, measures, rows, and what follows from it.

    Example: compliance explain govcloud-2026 P088 --evidence data/govcloud-2026 --as-of 2027-06-30
    """
    document = findings_document(audited(contract, evidence, as_of, rules_dir, bad_rows))
    wanted = [f for f in document["findings"] if _is_about(f, contract, provision)]
    found = [f for f in wanted if subject in (None, f["subject"])]
    if not found:
        raise unusable([_nothing(document, contract, provision, subject, wanted)])
    for finding in found:
        show_finding(finding, document, lang.value)


def _names(provision: str, contract: str) -> tuple[str, str]:
    """A provision with and without its contract."""
    return provision, provision.removeprefix(f"{contract}-")


def _is_about(finding: dict[str, Any], contract: str, name: str) -> bool:
    return name in (*_names(finding["provision"], contract), finding["rule"], finding["id"])


def _nothing(document: dict[str, Any], contract: str, asked: str, subject: str | None, wanted: Sequence[dict[str, Any]]) -> Problem:
    """Why there is nothing to explain: no such case, a provision without a rule, or no such provision."""
    if wanted:
        known = [str(f["subject"]) for f in wanted if f["subject"]]
        return Problem("explain-nothing", f"there is no finding for '{asked} {subject}'", Location(contract),
                       suggestion(subject or "", known))
    for provision in document["coverage"]["provisions"]:
        if asked in _names(provision["provision"], contract):
            return Problem("explain-not-encoded", f"no rule decides '{asked}' (clause {provision['clause']}) yet", Location(contract),
                           f"decide it by hand; compliance rules coverage {contract} --missing lists all such provisions")
    known = sorted({_names(f["provision"], contract)[1] for f in document["findings"]})
    return Problem("explain-nothing", f"there is no finding for '{asked}'", Location(contract), suggestion(asked, known))
