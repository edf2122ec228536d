"""A group of commands that are loaded when they are asked for: nobody waits for the libraries of another command."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

# Module of each command, and what the list of commands says of it.
COMMANDS = {
    "audit": ("compliance.cli.audit", "Audits one contract on its evidence."),
    "explain": ("compliance.cli.explain", "Says why: clause, test, measures, rows, and what follows from it."),
    "batch": ("compliance.cli.portfolio",
              "Audits the portfolio: one executed notebook, findings and report a contract, and a summary page."),
    "document": ("compliance.cli.document", "Read the text of a contract: TXT, Markdown, DOCX or PDF."),
    "evidence": ("compliance.cli.evidence", "Check evidence, or ask for it."),
    "rules": ("compliance.cli.rules", "Write and check rules."),
}


def command_named(name: str) -> Any:
    """The command itself, with the libraries that it needs."""
    command = typer.main.get_command(import_module(COMMANDS[name][0]).app)
    command.name = name
    return command


class LazyCommands(TyperGroup):
    """The commands of `COMMANDS`: known by name and help, loaded when one of them is run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=help_) for name, (_, help_) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command_named(name) if name in COMMANDS else command, rest
