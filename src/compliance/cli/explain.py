"""The command `compliance explain`: why a case has its verdict."""

from __future__ import annotations

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
        known = [str(f["subject"]) for f in wanted if f["subject"]] if wanted else sorted(
            {f["provision"].removeprefix(f"{contract}-") for f in document["findings"]})
        asked = provision if not wanted else f"{provision} {subject}"
        raise unusable([Problem("explain-nothing", f"there is no finding for '{asked}'", Location(contract),
                                 suggestion(subject or "" if wanted else provision, known))])
    for finding in found:
        show_finding(finding, document, lang.value)


def _is_about(finding: dict[str, Any], contract: str, name: str) -> bool:
    return name in (finding["provision"], finding["provision"].removeprefix(f"{contract}-"), finding["rule"], finding["id"])
