"""Whether evidence can be audited: every file with its counts, and every problem at once."""

from __future__ import annotations

from compliance.evidence.records import EvidenceFile
from compliance.evidence.store import close, open_evidence
from compliance.ground import Problem, sorted_problems


def check_evidence(source: str) -> tuple[tuple[EvidenceFile, ...], list[Problem]]:
    """The files of a folder, workbook or database, and all their problems in the order of their place.

    No file is named where a problem of form (a header, an encoding, a formula) keeps the rows from being read.
    """
    store, problems = open_evidence(source, bad_rows="reject")
    if store is None:
        return (), sorted_problems(problems)
    files = store.files
    close(store)
    return files, sorted_problems(problems)
