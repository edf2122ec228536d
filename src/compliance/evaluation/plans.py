"""Compiled plans: compiling a rule costs more than running it on a year of evidence, so plans are kept between runs.

A plan is the SQL that Ibis made of a rule. Its key is everything it was made from: the rule, the state of the tables it
reads, the audit date and the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.caching import Cache, open_cache


@dataclass(frozen=True, slots=True)
class Plan:
    """The query, its columns, and where named values and rows are found in them.

    `lets` gives the columns of lower and upper bound; `evidence` the columns of numbered rows of evidence and of their count.
    """

    query: str
    columns: tuple[str, ...]
    lets: Mapping[str, tuple[str, str | None]]
    evidence: tuple[tuple[str, str], ...]


def open_plans(contract: str) -> Cache[Plan]:
    """The plans kept for a contract."""
    return open_cache(f"{contract}.plans")
