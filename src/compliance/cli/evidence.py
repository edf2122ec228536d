"""Commands for the evidence: check a folder, write the workbook that asks for it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from compliance.cli.places import rules_root
from compliance.cli.shown import out, plain, show_problems, table_with
from compliance.evidence.check import check_evidence
from compliance.evidence.dictionary import load_dictionary
from compliance.linting.loading import load_kept_contract
from compliance.linting.needs import needed_columns

app = typer.Typer(no_args_is_help=True, help="Check evidence, or ask for it.")


@app.command()
def check(folder: Annotated[str, typer.Argument(help="Folder, workbook or database with the evidence.")]) -> None:
    """Shows every problem of the files at once: file, sheet, row, column, value, what to do.

    Example: compliance evidence check data/govcloud-2026
    """
    files, problems = check_evidence(folder)
    if files:
        table = table_with("table", "file", "rows", "accepted", "rejected", "blank", "encoding")
        for file in files:
            name = f"{file.file}[{file.sheet}]" if file.sheet else file.file
            table.add_row(file.table, plain(name), str(file.rows), str(file.accepted), str(file.rejected), str(file.blank),
                          file.encoding or "")
        out.print(table)
    show_problems(problems, out)
    number = len(problems)
    out.print(f"{number or 'no'} problem{'' if number < 2 else 's'}")
    raise typer.Exit(2 if problems else 0)


@app.command()
def template(contract: Annotated[str, typer.Argument(help="Contract, such as govcloud-2026.")],
             folder: Annotated[Path, typer.Option("--out", help="Folder to write the workbook to.")],
             rules_dir: Annotated[Path | None, typer.Option("--rules", help="Folder of rules.")] = None) -> None:
    """Writes an Excel workbook to be filled in: one sheet a needed table, Chinese headers, drop-down codes, notes.

    Example: compliance evidence template govcloud-2026 --out requests
    """
    loaded, problems = load_kept_contract(rules_root(rules_dir), contract)
    if loaded is None:
        show_problems(problems)
        raise typer.Exit(2)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{contract}.xlsx"
    # What writes workbooks is only loaded where one is written.
    write_template = import_module("compliance.evidence.template").write_template
    write_template(path, loaded.contract.title.zh, needed_columns(loaded.checked), load_dictionary())
    out.print(plain(f"wrote {path.name}"))
