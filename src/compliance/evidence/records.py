"""What the evidence layer hands on: files with their counts, tables with what is known of them, and the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from tempfile import TemporaryDirectory

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from compliance.evidence.counting import Counts


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file or sheet that was handed over; rows = accepted + rejected + blank."""

    table: str
    file: str
    sheet: str | None
    sha256: str
    rows: int
    accepted: int
    rejected: int
    blank: int
    encoding: str | None = None
    complete_from: date | None = None
    complete_to: date | None = None
    handed_over_by: str | None = None
    handed_over_on: date | None = None


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """One supplied table; `bad_columns` have at least one cell that could not be read."""

    name: str
    supplied: bool
    columns: frozenset[str]
    bad_columns: frozenset[str]
    rejected: int
    counts: Counts
    complete_from: date | None = None
    complete_to: date | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong with a row; `bad` is true where it is."""

    code: str
    columns: tuple[str, ...]
    message: str
    bad: ir.BooleanValue


@dataclass(frozen=True, slots=True)
class EvidenceStore:
    """The engine that holds the tables (`raw_<table>`), and what is known of each; the copies of files it reads from."""

    backend: Backend
    tables: Mapping[str, EvidenceTable]
    files: tuple[EvidenceFile, ...]
    staging: TemporaryDirectory[str] | None = None
