"""A contract as a file: TXT, Markdown, DOCX or PDF, read once, never run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from compliance.contract_text.readers.characters import character_problems
from compliance.contract_text.readers.docx_files import read_docx
from compliance.contract_text.readers.pdf_files import read_pdf
from compliance.contract_text.readers.text_files import read_text
from compliance.contract_text.records import ClauseTree, Line
from compliance.contract_text.tree import clause_tree
from compliance.ground import Location, Problem, sorted_problems

MAX_BYTES = 50 * 2**20
MAX_LINES = 20_000  # 500 pages of 40 lines
MAX_LINE = 20_000  # characters
_READERS: dict[str, Callable[[bytes, str], tuple[list[Line], list[Problem]]]] = {
    ".txt": read_text, ".md": read_text, ".docx": read_docx, ".pdf": read_pdf}
_FORMATS = "hand the contract over as TXT, Markdown, DOCX or PDF"
_HEADS = {b"%PDF-": "a PDF file", b"PK\x03\x04": "a DOCX or other zipped file", b"\xd0\xcf\x11\xe0": "an old Office file"}


def read_contract_text(path: Path) -> tuple[ClauseTree | None, list[Problem]]:
    """The clauses of a contract file, or None and what is wrong with the file; what was not read of it is noted.

    The notes are also among the problems of the tree. `sha256` is that of the bytes that were read.
    """
    raw, problems = _bytes(path)
    if raw is None:
        return None, problems
    lines, problems = _READERS[path.suffix.lower()](raw, path.name)
    problems = sorted_problems([*problems, *_limits(path.name, lines), *character_problems(path.name, lines)])
    if not lines and not any(p.fatal for p in problems):
        problems.append(Problem("contract-empty", "the file holds no text", Location(path.name),
                                "check that it is the right file; pictures of pages are not read"))
    if any(p.fatal for p in problems):
        return None, problems
    tree = clause_tree(path.name, hashlib.sha256(raw).hexdigest(), lines, problems)
    return tree, list(tree.problems)


def _bytes(path: Path) -> tuple[bytes | None, list[Problem]]:
    """The bytes of a file that may be a contract."""
    place, suffix = Location(path.name), path.suffix.lower()
    try:
        if not path.exists():
            return None, [Problem("contract-missing", f"there is no file {path}", place, "check the path")]
        if not path.is_file():
            return None, [Problem("contract-unreadable", "this is no file", place, "name the file of the contract itself")]
        if suffix not in _READERS:
            help_ = "open it in Word and save it as .docx" if suffix in (".doc", ".wps", ".rtf", ".odt") else _FORMATS
            return None, [Problem("contract-format", f"files of the kind '{suffix}' are not read", place, help_)]
        if path.stat().st_size > MAX_BYTES:
            return None, [Problem("contract-too-large", "the file is larger than 50 MB", place,
                                  "remove its pictures, or save its text alone")]
        raw = path.read_bytes()
    except (OSError, ValueError) as fault:  # ValueError: a path with a NUL
        return None, [Problem("contract-unreadable", f"cannot read the file: {fault}", place, "check that it exists and may be read")]
    if not raw:
        return None, [Problem("contract-empty", "the file is empty", place, "check that it was copied completely")]
    held = next((name for head, name in _HEADS.items() if suffix in (".txt", ".md") and raw.startswith(head)), None)
    if held is not None:
        return None, [Problem("contract-format", f"the file is {held} under the name of a text file", place,
                              "give it the ending of its format")]
    return raw, []


def _limits(file: str, lines: list[Line]) -> list[Problem]:
    """No contract is as long as this; what is would keep the machine busy for hours."""
    problems = [Problem("contract-too-large", f"the line has more than {MAX_LINE} characters", Location(file, line.number),
                        "break the text into its paragraphs") for line in lines if len(line.text) > MAX_LINE]
    if len(lines) > MAX_LINES:
        problems.append(Problem("contract-too-large", f"the text has more than {MAX_LINES} lines", Location(file),
                                "hand over the contract alone"))
    return problems
