"""The one module that imports papermill: runs a parameterised notebook inside this process and keeps it as working paper.

A kernel of its own would take seconds to start for each contract; the worker processes of the batch are isolation
enough. A parameter that the notebook does not have, or that it did not take over, is an error and not a default run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from papermill.engines import Engine, papermill_engines
from papermill.inspection import _infer_parameters
from papermill.iorw import load_notebook_node
from traitlets.config import Config

ENGINE = "compliance-in-process"
TOKEN = "audit complete"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class NotebookFault(RuntimeError):
    """A notebook that cannot be run, or that stopped before its end."""


class InProcessEngine(Engine):
    """Runs the cells one after the other in a fresh namespace of this process."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **_: Any) -> None:
        """Executes every code cell and keeps what it printed and displayed."""
        # What cells show is kept in the notebook, and what was typed is no business of the user's own history.
        shell = InteractiveShell.instance(cache_size=0, config=Config({"HistoryManager": {"enabled": False}}))
        shell.reset(new_session=True)
        count = 0
        for index, cell in enumerate(nb_man.nb.cells):
            if cell.cell_type != "code" or not cell.source.strip():
                continue
            count += 1
            nb_man.cell_start(cell, index)
            with capture_output() as captured:
                done = shell.run_cell(cell.source, store_history=False)
            cell.execution_count = count
            cell.outputs = _outputs(captured)
            if done.error_in_exec or done.error_before_exec:
                nb_man.cell_exception(cell, index, exception=done.error_in_exec or done.error_before_exec)
                raise NotebookFault(str(done.error_in_exec or done.error_before_exec)) from done.error_in_exec
            nb_man.cell_complete(cell, index)


def _outputs(captured: Any) -> list[Any]:
    outputs = []
    for name, text in (("stdout", captured.stdout), ("stderr", captured.stderr)):
        if text:
            outputs.append(nbformat.v4.new_output("stream", name=name, text=text))
    for shown in captured.outputs:
        outputs.append(nbformat.v4.new_output("display_data", data=shown.data, metadata=shown.metadata or {}))
    return outputs


def run_notebook(notebook: Path, target: Path, parameters: Mapping[str, Any]) -> None:
    """Runs a notebook with its parameters and writes the executed one; raises NotebookFault."""
    papermill_engines.register(ENGINE, InProcessEngine)
    known = {p.name for p in _infer_parameters(load_notebook_node(str(notebook)))}
    unknown = [name for name in parameters if name not in known or not _NAME.fullmatch(name)]
    if unknown:
        raise NotebookFault(f"the notebook {notebook.name} has no parameter {', '.join(unknown)}; it has {', '.join(sorted(known))}")
    written = sys.displayhook, sys.excepthook
    try:
        # Without a path of its own: papermill would write the whole notebook before and after every cell.
        done = papermill.execute_notebook(str(notebook), None, parameters=dict(parameters), engine_name=ENGINE,
                                          progress_bar=False, log_output=False)
    finally:
        sys.displayhook, sys.excepthook = written
    _strip_times(done)
    if TOKEN not in "".join(str(o.get("text", "")) for o in done.cells[-1].get("outputs", [])):
        raise NotebookFault(f"the notebook {notebook.name} ended without its last line '{TOKEN}'")
    nbformat.write(done, str(target))


def _strip_times(notebook: Any) -> None:
    """Times, durations and paths of the run: they would make two equal audits differ."""
    notebook.metadata.pop("papermill", None)
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        cell.id = f"cell-{number}"
