"""The contract: identity, parties, term, figures with their clause, and the register of its provisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from compliance.ground import Location

# What a unit of a term means as a type of the expression language.
UNIT_TYPES = {"CNY": "money", "ratio": "decimal", "percent": "decimal", "count": "integer", "workday": "integer",
              "day": "integer", "month": "integer", "hour": "integer", "minute": "integer", "date": "date",
              "text": "text"}

Scalar: TypeAlias = str | int | Decimal | date | bool | None


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in Chinese and English; Chinese is the binding one."""

    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        return {"zh": self.zh, "en": self.en}

    def filled(self, values: Mapping[str, object]) -> Bilingual:
        """The text with {name} replaced; a name without a value stays as it is written."""
        zh, en = self.zh, self.en
        for name, value in values.items():
            zh, en = zh.replace("{%s}" % name, str(value)), en.replace("{%s}" % name, str(value))
        return Bilingual(zh, en)


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value of a term from a day on; `start` None is from the signing of the contract."""

    start: date | None
    value: Scalar
    clause: str


@dataclass(frozen=True, slots=True)
class Term:
    """A figure of the contract with its unit and clause; several values where an amendment changed it."""

    name: str
    unit: str
    clause: str
    values: tuple[DatedValue, ...]

    @property
    def type(self) -> str:
        kind = UNIT_TYPES[self.unit]
        whole = all(not isinstance(v.value, Decimal) or v.value == v.value.to_integral_value() for v in self.values)
        return "decimal" if kind == "integer" and not whole else kind

    @property
    def value(self) -> Scalar:
        return self.values[0].value


@dataclass(frozen=True, slots=True)
class ContractList:
    """A small table printed in the contract, such as instalments or price lines."""

    name: str
    clause: str
    key: str
    columns: Mapping[str, str]
    rows: tuple[Mapping[str, Scalar], ...]


@dataclass(frozen=True, slots=True)
class Provision:
    """One normative statement of the register; `id` is its number in the contract, such as P089."""

    id: str
    clause: str
    obligor: str
    modality: str
    category: str
    checkability: str


@dataclass(frozen=True, slots=True)
class Contract:
    id: str
    title: Bilingual
    parties: Mapping[str, Bilingual]
    signed_on: date | None
    service_start: date
    service_end: date
    price: str | None
    terms: Mapping[str, Term]
    lists: Mapping[str, ContractList]
    provisions: Mapping[str, Provision]
    location: Location
