"""What the notebook of a contract text needs besides: its parameters, and the file."""

from __future__ import annotations

from pathlib import Path

from compliance.batch.notebook import UnusableInput, listed
from compliance.contract_text.readers.files import read_contract_text
from compliance.contract_text.records import ClauseTree
from compliance.linting.loading import contract_ids
from compliance.reading.schema import suggestion


def checked_text_parameters(file: str, contract: str, rules: str, out: str) -> None:
    """Refuses parameters of the review that cannot be used, all at once."""
    given = {"file": file, "contract": contract, "rules": rules, "out": out}
    faults = [f"{name}: {value!r} is not text; write it in quotes" for name, value in given.items() if not isinstance(value, str)]
    if not faults:
        known = contract_ids(Path(rules))
        if not Path(file).is_file():
            faults.append(f"file: there is no file '{file}'; name a contract as TXT, Markdown, DOCX or PDF")
        if contract and contract not in known:
            faults.append(f"contract: there is no contract '{contract}' under '{rules}'; {suggestion(contract, known)}")
        if not Path(out).is_dir():
            faults.append(f"out: there is no folder '{out}'; make it first, or name another")
    if faults:
        raise UnusableInput("; ".join(faults))


def read_text(file: str) -> ClauseTree:
    """The clauses of a contract file; raises UnusableInput with every problem of the file."""
    found, problems = read_contract_text(Path(file))
    if found is None:
        raise UnusableInput(listed(problems))
    return found
