"""The command `compliance batch`: what it is asked for; what runs notebooks is loaded when it is run."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from compliance.cli.options import Lang, Language, RulesDir, a_date
from compliance.cli.places import rules_root

app = typer.Typer()


@app.command()
def batch(evidence: Annotated[Path, typer.Option(help="Folder with one folder of evidence a contract.")] = Path("data"),
          as_of: Annotated[date | None, typer.Option(parser=a_date, metavar="YYYY-MM-DD", help="Audit date; default: the last day "
                                                     "of the service term of each contract.")] = None,
          jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0: one a core.")] = 0,
          out_dir: Annotated[Path, typer.Option("--out", help="Folder for the reports.")] = Path("reports"),
          texts: Annotated[Path | None, typer.Option(help="Folder with the signed contracts (CONTRACT.docx, .pdf, .md, .txt): their "
                                                          "wording and a review stand in the reports.")] = None,
          lang: Lang = Language.ZH, rules_dir: RulesDir = None) -> None:
    """Audits the portfolio: one executed notebook, findings and report a contract, and a summary page.

    A run that was stopped goes on where it was: what is whole and rests on the same inputs is kept.

    Example: compliance batch --evidence data --out reports --jobs 2
    """
    # What runs notebooks takes seconds to load: it begins first, and the other commands do not wait for it.
    import_module("compliance.batch.workers").start_loading()
    run = import_module("compliance.cli.batch").batch
    raise typer.Exit(run(rules_root(rules_dir), evidence, as_of, jobs, out_dir, lang.value, texts))
