"""Compiled plans: compiling a rule costs more than running it on a year of evidence, so plans are kept between runs.

A plan is the SQL that Ibis made of a rule. Its key is everything it was made from: the rule, the state of the tables it
reads, the audit date and the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.caching import Cache, open_cache

_UNCLEAR = "unclear"


def of_reading(column: str, number: int) -> str:
    """The name of what a reading reports; the first reading of a plan has no number."""
    return f"{column}_r{number}" if number else column


def _reading_of(column: str) -> int:
    """The number of the reading that reports a column; 0 too where it is one of all readings."""
    number = column.rpartition("_r")[2]
    return int(number) if number.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The query, its columns, and where named values and rows are found in them.

    What further readings of a rule (or further rules) report has the number of the reading at the end of its name (`of_reading`).
    `brief` asks only which line holds, not which line that evidence leaves open could have held instead; its last column
    says whether there is such a line, and then the query has to be asked. It is empty where it would be the query itself.
    `lets` gives the columns of lower and upper bound; `evidence` the columns of numbered rows of evidence and of their count.
    """

    query: str
    columns: tuple[str, ...]
    lets: Mapping[str, tuple[str, str | None]]
    evidence: tuple[tuple[str, str], ...]
    brief: str = ""

    def decided(self) -> tuple[str, ...]:
        """The columns of `brief`, without its last one."""
        return tuple(c for c in self.columns if not c.startswith(_UNCLEAR))

    def own(self, column: str, number: int) -> str:
        """The name of what a reading reports, where it is not the same for all."""
        name = of_reading(column, number)
        return name if name in self.columns else column

    def of(self, number: int) -> tuple[str, ...]:
        """The columns that a reading reports from; those of the first one stand for what it has not of its own."""
        return tuple(c for c in self.columns if _reading_of(c) == number or (_reading_of(c) == 0 and self.own(c, number) == c))


def open_plans(contract: str) -> Cache[Plan]:
    """The plans kept for a contract."""
    return open_cache(f"{contract}.plans")
