"""Arguments and options that several commands share."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from compliance.ground import plain_day


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
