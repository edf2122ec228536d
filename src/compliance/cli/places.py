"""Where the rules are: named on the command line, above the working folder, or beside the installed sources."""

from __future__ import annotations

from pathlib import Path

_OWN = Path(__file__).resolve().parents[3] / "rules"


def rules_root(given: Path | None) -> Path:
    """The folder with one folder a contract."""
    if given is not None:
        return given
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "rules" / "rule-file.schema.json").is_file():
            return folder / "rules"
    return _OWN
