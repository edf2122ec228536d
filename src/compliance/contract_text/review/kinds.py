"""What a check of the review is called, and why what it finds matters for a later audit."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.model.contract import Bilingual


@dataclass(frozen=True, slots=True)
class Kind:
    """The name of a check, and why what it finds matters when the contract is audited."""

    title: Bilingual
    why: Bilingual
