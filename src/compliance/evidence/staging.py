"""From the files that were handed over to files in the normal form of the engine; what is read is a copy of our own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from compliance.evidence.csv_files import Staged, stage_csv
from compliance.evidence.dictionary import Dictionary
from compliance.evidence.headers import near, plain, table_named
from compliance.evidence.manifest import MANIFEST, Declared
from compliance.evidence.native_files import stage_database, stage_parquet
from compliance.evidence.xlsx_files import read_workbook, stage_sheet
from compliance.ground import Location, Problem

# Sheets of our own template that hold no evidence.
_INSTRUCTIONS = frozenset({"说明", "代码", "instructions", "codes"})

_BLOCK = 4 * 1024**2  # bytes that are written while they are digested


@dataclass(frozen=True, slots=True)
class Part:
    """One file (or sheet) of a table, staged for the engine."""

    table: str
    file: str
    sheet: str | None
    sha256: str
    staged: Staged


def stage(path: Path, staging: Path, dictionary: Dictionary, declared: Mapping[str, Declared]) -> tuple[list[Part], list[Problem]]:
    """Everything that a folder, workbook or database hands over."""
    if path.is_dir():
        parts, problems = _stage_folder(path, staging, dictionary, declared)
    else:
        copy, digest = _taken(path, staging / "given")
        if path.suffix.lower() == ".xlsx":
            parts, problems = _stage_workbook(copy, path.name, digest, staging, dictionary)
        else:
            exported, problems = stage_database(copy, staging, path.name, dictionary)
            parts = [Part(table, path.name, name, digest, staged) for table, name, staged in exported]
    return parts, [*problems, *_repeated(parts, declared), *_uneven(parts)]


def _taken(path: Path, target: Path) -> tuple[Path, str]:
    """A copy with its sha256: the file that is read is the file whose digest is reported, whatever happens to the other."""
    copy, digest = target.with_suffix(path.suffix.lower()), hashlib.sha256()
    with path.open("rb") as given, copy.open("wb") as taken, ThreadPoolExecutor(1) as digesting:
        before: Future[None] | None = None
        while block := given.read(_BLOCK):
            if before is not None:
                before.result()  # at most two blocks are in memory
            before = digesting.submit(digest.update, block)
            taken.write(block)
    return copy, digest.hexdigest()


def _stage_folder(folder: Path, staging: Path, dictionary: Dictionary, declared: Mapping[str, Declared],
                  ) -> tuple[list[Part], list[Problem]]:
    """Every file of the folder, each in a staging folder of its own."""
    parts: list[Part] = []
    problems: list[Problem] = []
    in_parts = {f: table for table, d in declared.items() for f in d.files}
    for number, path in enumerate(sorted(folder.iterdir())):
        if path.name == MANIFEST or path.name.startswith((".", "~$")):
            continue
        if path.is_symlink() or not path.is_file():
            problems.append(Problem("evidence-no-file", "links and folders inside the evidence are not read", Location(path.name),
                                    "put the file itself into the folder"))
            continue
        own = staging / f"file{number}"
        own.mkdir()
        table = in_parts.get(path.name) or table_named(path.stem, dictionary)
        if table is None and path.suffix.lower() == ".xlsx":
            copy, digest = _taken(path, own / "given")
            found, more = _stage_workbook(copy, path.name, digest, own, dictionary)
        elif table is None:
            found, more = [], [Problem("evidence-unknown-table", f"no table is called '{path.stem}'", Location(path.name),
                                       near(path.stem, [n for t in dictionary.tables.values() for n in (t.name, t.zh)]))]
        else:
            found, more = _stage_file(path, table, own, dictionary, declared.get(table, Declared()))
        parts += found
        problems += more
    missing = [(t, f) for t, d in declared.items() for f in d.files if not (folder / f).is_file()]
    problems += [Problem("evidence-missing-file", f"the manifest names '{f}' for {t}, which is not there", Location(MANIFEST))
                 for t, f in missing]
    return parts, problems


def _stage_file(path: Path, table: str, staging: Path, dictionary: Dictionary, declared: Declared) -> tuple[list[Part], list[Problem]]:
    copy, digest = _taken(path, staging / "given")
    expected = (declared.sha256 or {}).get(path.name, (declared.sha256 or {}).get(""))
    if expected and expected.lower() != digest:
        return [], [Problem("evidence-changed", "the file is not the one that was declared: its sha256 differs",
                            Location(path.name), "ask for the file that was handed over")]
    spec = dictionary.tables[table]
    match copy.suffix:
        case ".csv" | ".txt":
            staged, problems = stage_csv(copy, spec, staging / "part.csv", path.name, encoding=declared.encoding,
                                         delimiter=declared.delimiter)
        case ".parquet":
            staged, problems = stage_parquet(copy, spec, path.name, dictionary)
        case ".xlsx":
            sheets, problems = read_workbook(copy, staging / "sheets", path.name)
            filled = [s for s in sheets if s.path.stat().st_size]
            if not problems and len(filled) != 1:
                return [], [Problem("evidence-sheets", f"the workbook of one table has {len(filled)} sheets with content",
                                    Location(path.name), "keep one sheet, or name the workbook 'evidence.xlsx' and each sheet "
                                    "after its table")]
            staged, more = stage_sheet(filled[0], spec, staging / "part.csv", path.name) if not problems else (None, [])
            return ([Part(table, path.name, filled[0].name, digest, staged)] if staged else []), problems + more
        case _:
            return [], [Problem("evidence-file-type", f"files of type '{path.suffix}' are not read", Location(path.name),
                                "hand over CSV, XLSX or Parquet")]
    return ([Part(table, path.name, None, digest, staged)] if staged else []), problems


def _stage_workbook(copy: Path, file: str, digest: str, staging: Path, dictionary: Dictionary) -> tuple[list[Part], list[Problem]]:
    """A workbook with a sheet a table; every sheet is named after its table."""
    sheets, problems = read_workbook(copy, staging / "sheets", file)
    parts: list[Part] = []
    for number, sheet in enumerate(sheets):
        table = table_named(sheet.name, dictionary)
        if table is None:
            if plain(sheet.name) not in _INSTRUCTIONS:
                problems.append(Problem("evidence-unknown-table", f"no table is called '{sheet.name}'", Location(file, 0, 0, sheet.name),
                                        near(sheet.name, [n for t in dictionary.tables.values() for n in (t.name, t.zh)])))
            continue
        staged, more = stage_sheet(sheet, dictionary.tables[table], staging / f"sheet{number}.csv", file)
        problems += more
        parts += [Part(table, file, sheet.name, digest, staged)] if staged else []
    return parts, problems


def _repeated(parts: Sequence[Part], declared: Mapping[str, Declared]) -> list[Problem]:
    """Two files for one table, unless both are declared as its parts."""
    problems = []
    for table in sorted({p.table for p in parts}):
        own = [p for p in parts if p.table == table]
        if len(own) > 1 and not {p.file for p in own} <= set(declared.get(table, Declared()).files):
            places = [Location(p.file, 0, 0, p.sheet) for p in own]
            problems.append(Problem("evidence-two-files", f"{' and '.join(map(str, places))} are both for table '{table}'",
                                    places[1], f"keep one, or declare both in {MANIFEST}: {table}: {{files: [...]}}"))
    return problems


def _uneven(parts: Sequence[Part]) -> list[Problem]:
    """A part without a column that another part of its table has: of its rows it is not said that the cell is blank."""
    problems = []
    for table in sorted({p.table for p in parts}):
        own = [p for p in parts if p.table == table]
        columns = list(dict.fromkeys(c for p in own for c in p.staged.columns))
        problems += [Problem("evidence-parts-differ", f"this part of '{table}' has no column '{c}', which another part has",
                             Location(p.file, 1, 0, p.sheet, c), "add the column; leave a cell blank only where it is known to be blank")
                     for p in own for c in columns if c not in p.staged.columns]
    return problems
