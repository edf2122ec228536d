"""Commands for the text of a contract: its clauses, its flaws, how a rule set fits it, a first rule set.

The readers of files take most of a second to load, so that only these commands wait for them.
"""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from compliance.cli.options import Lang, Language, RulesDir

app = typer.Typer(no_args_is_help=True, help="Read the text of a contract: TXT, Markdown, DOCX or PDF.")


class Printed(StrEnum):
    """What is printed on standard output."""

    TABLE = "table"
    JSON = "json"


class Page(StrEnum):
    """What a review prints on standard output."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


File = Annotated[Path, typer.Argument(help="Contract as TXT, Markdown, DOCX or PDF with text.")]
As = Annotated[Printed, typer.Option("--format", help="What to print.")]


def _run(name: str, *arguments: Any) -> typer.Exit:
    return typer.Exit(getattr(import_module("compliance.cli.contract_text"), name)(*arguments))


@app.command()
def tree(file: File, format_: As = Printed.TABLE) -> None:
    """Shows the clauses with their ids; what could not be placed for certain is listed.

    Example: compliance document tree contract.docx
    """
    raise _run("show_tree", file, format_.value)


@app.command()
def review(file: File, format_: Annotated[Page, typer.Option("--format", help="What to print.")] = Page.TABLE,
           out_dir: Annotated[Path | None, typer.Option("--out", help="Folder for the review as JSON and HTML.")] = None,
           lang: Lang = Language.ZH) -> None:
    """Finds what is wrong in the text itself: sums, dates, numbering, references, limits, penalties, blanks.

    Examples: compliance document review contract.docx

    compliance document review contract.pdf --out reports --lang en
    """
    raise _run("show_review", file, format_.value, out_dir, lang.value)


@app.command()
def bind(file: File, contract: Annotated[str, typer.Argument(help="Contract whose rule set is held against the text.")],
         before: Annotated[Path | None, typer.Option(
             help="An earlier version of the text: what changed, and which rules are touched.")] = None,
         format_: As = Printed.TABLE, rules_dir: RulesDir = None) -> None:
    """Holds a rule set against the text: cited clauses, figures in their clause, duties that no provision cites.

    Examples: compliance document bind contract.docx hotline-2025

    compliance document bind amended.docx hotline-2025 --before contract.docx
    """
    raise _run("show_binding", file, contract, before, format_.value, rules_dir)


@app.command()
def draft(file: File, contract: Annotated[str, typer.Argument(help="Id of the new contract: small letters, digits and hyphens.")],
          out_dir: Annotated[Path, typer.Option("--out", help="Folder in which a folder of the contract is made.")]) -> None:
    """Writes a first rule set from the text: terms, provisions and skeleton rules, each marked as a draft.

    No audit uses an entry until a person has compared it with its clause and deleted 'draft: true'.

    Example: compliance document draft contract.docx cleaning-2027 --out drafts
    """
    raise _run("write_draft", file, contract, out_dir)
