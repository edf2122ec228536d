"""Findings and effects as they are reported: plain values, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from compliance.model.contract import Bilingual, Provision


@dataclass(frozen=True, slots=True)
class EvidenceReference:
    """A row of evidence for ever: file, sheet, row number and primary key."""

    table: str
    file: str
    sheet: str | None
    row: int
    key: str


@dataclass(frozen=True, slots=True)
class ReadingResult:
    reading: str
    text: Bilingual
    verdict: str
    due: str | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Verdict, effect, explanation, evidence and clause of one case of one provision."""

    id: str
    rule: str
    provision_id: str
    provision: Provision
    subject: str | None
    link: str | None
    verdict: str
    effect: str | None
    due: str | None
    done: str | None
    amount: Decimal | None
    computation: str | None
    provisional: bool
    readings: tuple[ReadingResult, ...]
    title: Bilingual
    summary: Bilingual
    explanation: Bilingual
    measures: Mapping[str, str | None]
    evidence: tuple[EvidenceReference, ...]
    evidence_count: int
    missing: tuple[str, ...]
    because: tuple[str, ...]
    count: int

    @property
    def contested(self) -> bool:
        return bool(self.readings)
