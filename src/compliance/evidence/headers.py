"""Which column of the dictionary each header of a file means; English name, Chinese label or an alias."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Sequence

from compliance.evidence.dictionary import Dictionary, TableSpec
from compliance.ground import Location, Problem


def plain(text: str) -> str:
    """A label without the differences that do not show: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def column_names(spec: TableSpec) -> dict[str, str]:
    """Every way to write a header, to the name of its column."""
    names: dict[str, str] = {}
    for column in spec.columns:
        for label in (*column.aliases, column.zh, column.name):
            names[plain(label)] = column.name
    for column in spec.columns:  # a name of its own goes before an alias of another
        names[plain(column.name)] = column.name
        names[plain(column.zh)] = column.name
    return names


def table_named(name: str, dictionary: Dictionary) -> str | None:
    """The table a file or sheet is named after."""
    wanted = plain(name)
    return next((t.name for t in dictionary.tables.values() if wanted in (plain(t.name), plain(t.zh))), None)


def near(name: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{found[0]}'?" if found else f"known: {', '.join(list(known)[:20])}"


def match_headers(headers: Sequence[str], spec: TableSpec, file: str, sheet: str | None = None,
                  ) -> tuple[list[str], list[Problem]]:
    """Column names in the order of the headers; unknown, blank and repeated headers are problems."""
    if not any(header.strip() for header in headers):
        return [], [Problem("evidence-blank-header", "the first row is blank where the headers are needed", Location(file, 1, 0, sheet),
                            "delete the rows above the header")]
    names, problems, columns = column_names(spec), [], []
    seen: dict[str, str] = {}
    labels = [c.zh for c in spec.columns] + [c.name for c in spec.columns]
    for i, header in enumerate(headers, start=1):
        at = Location(file, 1, 0, sheet, header or f"column {i}")
        column = names.get(plain(header))
        if not header.strip():
            problems.append(Problem("evidence-blank-header", f"column {i} has no header", at,
                                    "give the column a header of the dictionary, or delete it"))
        elif column is None:
            problems.append(Problem("evidence-unknown-column", f"'{header}' is no column of {spec.name} ({spec.zh})", at,
                                    near(header, labels)))
        elif column in seen:
            problems.append(Problem("evidence-duplicate-header", f"'{header}' and '{seen[column]}' are the same column", at,
                                    "keep one of the two"))
        else:
            seen[column] = header
        columns.append(column or "")
    return columns, problems
