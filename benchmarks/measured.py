"""What is measured, each in a process of its own: `python measured.py ROLE ...` prints one line of JSON.

Starting Python and importing are not in `seconds`; the whole commands that run.py times have them. `peak_mb` is of this process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from datetime import date
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import orders
import texts

from compliance.audit import audit
from compliance.contract_text import figures
from compliance.contract_text.readers.files import read_contract_text
from compliance.contract_text.review.checks import review
from compliance.contract_text.ruleset.binding import bind, read_sources
from compliance.evaluation.plans import open_plans
from compliance.evaluation.workspace import Workspace
from compliance.evidence.side_by_side import share_cores
from compliance.evidence.store import open_evidence
from compliance.ground import collecting_rarely
from compliance.linting.loading import LoadedContract, load_contract


def _loaded(root: str, contract: str) -> LoadedContract:
    loaded, problems = load_contract(Path(root), contract)
    if loaded is None:
        raise SystemExit("\n".join(map(str, problems)))
    return loaded


def _digest(rows: Any) -> str:
    return sha256(repr(sorted(rows)).encode()).hexdigest()[:12]


def generated_sql(root: str, contract: str, evidence: str) -> dict[str, Any]:
    """The time of the statements of one audit alone, replayed on the connection that made them."""
    share_cores(get_context("forkserver").Semaphore(0))  # no core is free: all of them are made on one connection
    loaded = _loaded(root, contract)
    store, problems = open_evidence(evidence)
    if store is None:
        raise SystemExit("\n".join(map(str, problems)))
    statements: list[tuple[Workspace, str]] = []
    run = Workspace.run

    def recording_run(self: Workspace, statement: str) -> list[tuple]:
        statements.append((self, statement))
        return run(self, statement)

    Workspace.run = recording_run  # type: ignore[method-assign]
    audit(loaded, store, loaded.contract.service_end, plans=open_plans(contract))
    Workspace.run = run  # type: ignore[method-assign]
    # The calendar is made once a connection, without OR REPLACE.
    for table in ("_calendar", "_workdays", "days"):
        store.backend.raw_sql(f"DROP TABLE IF EXISTS {table}")
    started = time.perf_counter()
    for workspace, statement in statements:
        run(workspace, statement)
    return {"seconds": time.perf_counter() - started, "statements": len(statements)}


def system_rules(root: str, evidence: str) -> dict[str, Any]:
    """Loading with validation, then the rules, by the system."""
    loaded = _loaded(root, orders.CONTRACT)
    started = time.perf_counter()
    store, problems = open_evidence(evidence)
    loading = time.perf_counter() - started
    if store is None:
        raise SystemExit("\n".join(map(str, problems)))
    started = time.perf_counter()
    plans = open_plans(orders.CONTRACT)
    result = audit(loaded, store, date.fromisoformat(orders.AS_OF), plans=plans)
    seconds = time.perf_counter() - started
    plans.save()  # the repeated measurement finds the plans compiled
    counts: Counter[tuple[str, str]] = Counter()
    offending = []
    for finding in result.findings:
        counts[finding.rule, finding.verdict] += finding.count
        if finding.verdict != "compliant":
            offending.append((finding.rule, finding.evidence[0].row))  # the row of the case comes first
    return {"seconds": seconds, "loading": loading, "counts": sorted([*k, n] for k, n in counts.items()),
            "offending": _digest(offending), "rows": len(offending)}


def fused_rules(file: str, loaded: bool) -> dict[str, Any]:
    """The same verdicts and rows by one hand-written query, on the file or on a table loaded before."""
    engine = orders.baseline_engine()
    table = orders.parquet(Path(file))
    if loaded:
        engine.execute(f"CREATE TABLE loaded AS SELECT * FROM {table}")
        table = "loaded"
    started = time.perf_counter()
    rows = engine.execute(orders.fused_rules(table)).fetchall()
    seconds = time.perf_counter() - started
    counts = sorted([orders.RULES[r], verdict, n] for r, verdict, n, _ in rows)
    offending = [(orders.RULES[r], i) for r, _, _, ids in rows for i in ids or ()]
    return {"seconds": seconds, "counts": counts, "offending": _digest(offending), "rows": len(offending)}


def system_validation(evidence: str) -> dict[str, Any]:
    """Reading and validating a table with faulty rows, by the system."""
    started = time.perf_counter()
    store, problems = open_evidence(evidence, bad_rows="reject")
    seconds = time.perf_counter() - started
    if store is None:
        raise SystemExit("\n".join(map(str, problems)))
    rows = [r for (r,) in store.backend.raw_sql("SELECT _row FROM raw_work_orders WHERE _doubt").fetchall()]
    return {"seconds": seconds, "offending": _digest(rows), "rows": len(rows)}


def fused_validation(file: str) -> dict[str, Any]:
    """The numbers of the faulty rows by one hand-written query."""
    engine = orders.baseline_engine()
    started = time.perf_counter()
    rows = [r for r, _ in engine.execute(orders.fused_validation(orders.parquet(Path(file)))).fetchall()]
    return {"seconds": time.perf_counter() - started, "offending": _digest(rows), "rows": len(rows)}


def system_text(text: str, root: str) -> dict[str, Any]:
    """Clause tree, binding and review of one contract text; the rule set is loaded before."""
    loaded, sources = _loaded(root, texts.CONTRACT), read_sources(Path(root), texts.CONTRACT)
    started = time.perf_counter()
    tree, problems = read_contract_text(Path(text))
    if tree is None:
        raise SystemExit("\n".join(map(str, problems)))
    flaws, bound = review(tree), bind(loaded, tree, sources)
    return {"seconds": time.perf_counter() - started, "characters": sum(len(c.text) for c in tree.clauses), "clauses": len(tree.clauses),
            "flaws": len(flaws), "figures": len(bound.figures)}


def figure_patterns(text: str) -> dict[str, Any]:
    """One pass of the patterns of figures over the same text."""
    started = time.perf_counter()
    content = Path(text).read_text(encoding="utf-8")
    found = [f for find in (figures.money, figures.percentages, figures.days, figures.lengths, figures.counts) for f in find(content)]
    return {"seconds": time.perf_counter() - started, "figures": len(found)}


@collecting_rarely()  # as the commands do
def main(role: str, *given: str) -> None:
    match role:
        case "write-rules":
            orders.write_rules(Path(given[0]), Path(given[1]))
            result: dict[str, Any] = {}
        case "write-orders":
            orders.write_orders(int(given[0]), Path(given[1]), faulty=given[2] == "faulty")
            result = {}
        case "service-end":
            result = {"day": _loaded(given[0], given[1]).contract.service_end.isoformat()}
        case "generated-sql":
            result = generated_sql(*given)
        case "system-rules":
            result = system_rules(*given)
        case "fused-rules":
            result = fused_rules(given[0], given[1] == "loaded")
        case "system-validation":
            result = system_validation(*given)
        case "fused-validation":
            result = fused_validation(*given)
        case "write-text":
            texts.write_text(Path(given[0]), int(given[1]), Path(given[2]))
            texts.write_rules(Path(given[3]), Path(given[2]), Path(given[4]))
            result = {}
        case "system-text":
            result = system_text(*given)
        case "figure-patterns":
            result = figure_patterns(*given)
        case _:
            raise SystemExit(f"unknown role {role}")
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
