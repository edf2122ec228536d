"""Writes results all or nothing: a reader never finds half of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_all_or_nothing(folder: Path, files: Mapping[str, str]) -> None:
    """Writes every file beside its place first, and moves them there when all are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as staging:
        for name, text in files.items():
            (Path(staging) / name).write_text(text, encoding="utf-8", newline="\n")
        for name in files:
            os.replace(Path(staging) / name, folder / name)
