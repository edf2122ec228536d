"""Compiled plans kept between runs: compiling a rule costs more than running it on a year of evidence.

A plan is the SQL that Ibis made of a rule. Its key is everything it was made from: the rule, the state of the tables it
reads, the audit date and this code. Removing the cache changes nothing but the time.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The query, its columns, and where named values and rows are found in them.

    `lets` gives the columns of lower and upper bound; `evidence` the columns of numbered rows of evidence and of their count.
    """

    query: str
    columns: tuple[str, ...]
    lets: Mapping[str, tuple[str, str | None]]
    evidence: tuple[tuple[str, str], ...]


@cache
def code_version() -> str:
    """A hash of the code that makes plans, and of the libraries below it."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *(here.parent / "model").glob("*.py"), *(here.parent / "linting").glob("*.py")]):
        digest.update(path.read_bytes())
    for name in ("ibis-framework", "sqlglot", "duckdb"):
        digest.update(version(name).encode())
    return digest.hexdigest()


def plan_key(*parts: object) -> str:
    """The key of a plan from all that it depends on."""
    return hashlib.sha256("\0".join([code_version(), *map(repr, parts)]).encode()).hexdigest()


def cache_folder() -> Path:
    """Where plans are kept: COMPLIANCE_CACHE, else the user's cache folder."""
    own = os.environ.get("COMPLIANCE_CACHE")
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(own) if own else (Path(base) if base else Path.home() / ".cache") / "compliance"


@dataclass(slots=True)
class PlanCache:
    """The plans of one contract; `path` None keeps them for this process only."""

    path: Path | None
    plans: dict[str, Plan] = field(default_factory=dict)
    changed: bool = False

    def kept(self, key: str, make: Callable[[], Plan]) -> Plan:
        """The plan kept under the key, else a new one."""
        if key not in self.plans:
            self.plans[key] = make()
            self.changed = True
        return self.plans[key]

    def save(self) -> None:
        """Writes the plans that were used; a folder that cannot be written is no fault of the audit."""
        if self.path is None or not self.changed:
            return
        document = {"version": code_version(), "plans": {k: asdict(self.plans[k]) for k in sorted(self.plans)[:5000]}}
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".plans-")
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(document, out)
            os.replace(name, self.path)
        except OSError:
            return


def open_plans(name: str) -> PlanCache:
    """The plans kept for a contract; none where there are none of this code, or they cannot be read."""
    path = cache_folder() / f"{name}.plans.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["version"] == code_version():
            return PlanCache(path, {k: _plan(p) for k, p in document["plans"].items()})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return PlanCache(path)


def _plan(raw: Mapping[str, Any]) -> Plan:
    return Plan(raw["query"], tuple(raw["columns"]), {k: (lo, hi) for k, (lo, hi) in raw["lets"].items()},
                tuple((rows, count) for rows, count in raw["evidence"]))
