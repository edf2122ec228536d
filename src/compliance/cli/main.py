"""The command line: audit, batch, evidence, rules, explain, document."""

from __future__ import annotations

import gc

import typer

from compliance.cli.lazy import LazyCommands
from compliance.ground import collecting_rarely

app = typer.Typer(cls=LazyCommands, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False,
                  help="Audits service contracts: rules as data, evidence in, findings and a report out.\n\n"
                       "Exit status: 0 nothing is in breach, undecided or broken; 1 something is; 2 an input is unusable.")


@app.callback()
def _group() -> None:
    """A group even before any of its commands is loaded."""


def main() -> None:
    """Entry point of the command `compliance`."""
    with collecting_rarely():
        try:
            app()
        finally:
            gc.freeze()  # the process ends: the collector need not walk once more over everything that is there
