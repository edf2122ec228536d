"""Whether evidence can be audited: every file with its counts, and every problem at once."""

from __future__ import annotations

from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.records import EvidenceFile, EvidenceStore
from compliance.evidence.store import close, open_evidence
from compliance.ground import Location, Problem, sorted_problems


def check_evidence(source: str) -> tuple[tuple[EvidenceFile, ...], list[Problem]]:
    """The files of a folder, workbook or database, and all their problems in the order of their place.

    No file is named where a problem of form (a header, an encoding, a formula) keeps the rows from being read.
    """
    store, problems = open_evidence(source, bad_rows="reject")
    if store is None:
        return (), sorted_problems(problems)
    files = store.files
    problems += _absent_columns(store)
    close(store)
    return files, sorted_problems(problems)


def _absent_columns(store: EvidenceStore) -> list[Problem]:
    """Columns that every row of a table needs and that no file of it has.

    Only a check says so: an audit goes on, and what needs the column is undecided for want of it.
    """
    tables = load_dictionary().tables
    return [Problem("evidence-absent-column", f"{spec.zh} ({spec.name}) has no column {column.zh} ({column.name})",
                    Location(file.file, 1, 0, file.sheet, column.zh), "add the column; what needs it stays undecided", fatal=False)
            for file in store.files for spec in [tables[file.table]] for column in spec.columns
            if column.required and column.name not in store.tables[file.table].columns]
