"""The benchmarks: ratios against a named baseline of the same run, as one table. They inform; the exit status is 0.

    .venv/bin/python benchmarks/run.py [--millions N] [--repeat N] [--contract NAME] [--only contract,orders,batch,text]

The machine may be shared: seconds differ from run to run, ratios say more. The lowest of the repeated times counts.
This process imports nothing large, because a child begins with the peak memory of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
START_UP = 1.5  # seconds that a command may take before its first statement
COMMAND = (sys.executable, "-c", "from compliance.cli.main import main; main()")


class Failed(RuntimeError):
    """A measurement that could not be made; the message is its reason."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table; `target` is the figure asked for."""

    what: str
    seconds: float | None
    baseline: str
    baseline_seconds: float | None
    ratio: float | None
    target: str = ""
    note: str = ""


def _measure(role: str, *arguments: object) -> dict[str, Any]:
    """One measurement in a process of its own."""
    done = subprocess.run([sys.executable, str(HERE / "measured.py"), role, *map(str, arguments)], cwd=PROJECT,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"{role}: {(done.stderr.strip() or 'stopped').splitlines()[-1][:200]}")
    return json.loads(done.stdout.splitlines()[-1])


def _best(repeat: int, role: str, *arguments: object, by: str = "seconds") -> dict[str, Any]:
    """The quickest of the repeated measurements, with the highest peak of all of them."""
    found = [_measure(role, *arguments) for _ in range(repeat)]
    return min(found, key=lambda f: f[by]) | {"peak_mb": max(f["peak_mb"] for f in found)}


def _command(*arguments: object) -> float:
    """Seconds of a whole command from its start to its end; exit status 1 says that something is in breach."""
    started = time.perf_counter()
    done = subprocess.run([*COMMAND, *map(str, arguments)], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        raise Failed(f"compliance {arguments[0]}: {(done.stderr.strip() or 'stopped').splitlines()[-1][:200]}")
    return seconds


def _audit_seconds(contract: str, repeat: int) -> float:
    """findings.json of one contract on its sample evidence; a first run fills the caches and is not counted."""
    day = _measure("service-end", PROJECT / "rules", contract)["day"]
    times = [_command("audit", contract, "--evidence", f"data/{contract}", "--as-of", day, "--format", "json")
             for _ in range(repeat + 1)]
    return min(times[1:])


def one_contract(contract: str, repeat: int) -> list[Line]:
    """(1) The whole command against the engine's time for the SQL that it generates."""
    seconds = _audit_seconds(contract, repeat)
    sql = _best(repeat, "generated-sql", PROJECT / "rules", contract, PROJECT / "data" / contract)
    note = f"{sql['statements']} statements"
    what = f"{contract}: findings.json"
    return [Line(what, seconds, f"DuckDB, generated SQL alone, + {START_UP} s", sql["seconds"] + START_UP,
                 seconds / (sql["seconds"] + START_UP), "", note),
            Line(f"{what}, less {START_UP} s", seconds - START_UP, "DuckDB, generated SQL alone", sql["seconds"],
                 (seconds - START_UP) / sql["seconds"], "< 3", note)]


def _same(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Whether both gave the same counts and rows; a ratio between different answers means nothing."""
    equal = all(ours.get(k) == theirs.get(k) for k in ("counts", "offending", "rows"))
    return f"same {ours['rows']} rows" if equal else f"ANSWERS DIFFER: {ours['rows']} and {theirs['rows']} rows"


def many_orders(millions: float, repeat: int, folder: Path) -> list[Line]:
    """(2) Rules on, and validation of, a large table against fused queries."""
    rows = int(millions * 1_000_000)
    rules, clean, faulty = folder / "rules", folder / "clean", folder / "faulty"
    _measure("write-rules", PROJECT / "rules", rules)
    for evidence in (clean, faulty):
        _measure("write-orders", rows, evidence / "work_orders.parquet", evidence.name)
    _progress(f"{rows} orders are written")
    ours = _best(repeat, "system-rules", rules, clean)
    from_file = _best(repeat, "fused-rules", clean / "work_orders.parquet", "file")
    from_table = _best(repeat, "fused-rules", clean / "work_orders.parquet", "loaded")
    _progress("rules are measured")
    checked = _best(repeat, "system-validation", faulty)
    one_query = _best(repeat, "fused-validation", faulty / "work_orders.parquet")
    whole, both = ours["loading"] + ours["seconds"], from_file["seconds"] + one_query["seconds"]
    name = f"{millions:g} M orders"
    return [
        Line(f"{name}: rules, evidence loaded", ours["seconds"], "fused query on a loaded table", from_table["seconds"],
             ours["seconds"] / from_table["seconds"], "", _same(ours, from_table)),
        Line(f"{name}: rules, evidence loaded", ours["seconds"], "fused query on the Parquet file", from_file["seconds"],
             ours["seconds"] / from_file["seconds"], "< 2", _same(ours, from_file)),
        Line(f"{name}: load and validate", checked["seconds"], "fused validation on the Parquet file", one_query["seconds"],
             checked["seconds"] / one_query["seconds"], "< 2", _same(checked, one_query)),
        Line(f"{name}: load, validate, rules", whole, "both fused queries on the Parquet file", both, whole / both),
        _memory(f"{name}: peak MB, rules", ours, from_file), _memory(f"{name}: peak MB, validation", checked, one_query)]


def _memory(what: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Line:
    return Line(what, ours["peak_mb"], "peak MB of the fused query", theirs["peak_mb"], ours["peak_mb"] / theirs["peak_mb"],
                "< 1024 MB", "of the child process, imports included")


def portfolio(repeat: int, folder: Path) -> list[Line]:
    """(3) The batch with all its reports against the single audits one after the other, without reports."""
    if subprocess.run([*COMMAND, "batch", "--help"], cwd=PROJECT, capture_output=True, check=False).returncode:
        raise Failed("there is no command 'batch' yet")
    contracts = sorted(p.name for p in (PROJECT / "data").iterdir() if (PROJECT / "rules" / p.name / "contract.yaml").is_file())
    singles = sum(_audit_seconds(c, 1) for c in contracts)
    # Each run has a folder of its own: a second one in the same folder would keep everything.
    batch = min(_command("batch", "--evidence", "data", "--out", folder / f"out{i}", "--jobs", 2) for i in range(repeat))
    return [Line(f"batch of {len(contracts)}, two processes", batch, "sum of the single audits, JSON only", singles,
                 batch / singles, "< 15 s")]


def contract_text(repeat: int, folder: Path) -> list[Line]:
    """(4) Clause tree, binding and review of a contract of 15,000 characters."""
    text, rules = folder / "contract.txt", folder / "rules"
    _measure("write-text", PROJECT / "examples" / "cleaning-contract.txt", 15_000, text, PROJECT / "rules", rules)
    ours, theirs = _best(repeat, "system-text", text, rules), _best(repeat, "figure-patterns", text)
    return [Line("contract text: tree, binding, review", ours["seconds"], "one pass of the patterns of figures", theirs["seconds"],
                 ours["seconds"] / theirs["seconds"], "< 2 s",
                 f"{ours['characters']} characters, {ours['clauses']} clauses, {ours['flaws']} flaws, {ours['figures']} figures bound")]


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def show(lines: Sequence[Line]) -> None:
    """The table, in columns as wide as their widest cell."""
    heads = ("what", "measured", "baseline", "its figure", "ratio", "target", "note")
    cells = [(x.what, _number(x.seconds), x.baseline, _number(x.baseline_seconds), _number(x.ratio), x.target, x.note) for x in lines]
    widths = [max(len(row[i]) for row in (heads, *cells)) for i in range(len(heads))]
    for row in (heads, tuple("-" * w for w in widths), *cells):
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    print("Seconds, unless MB is said. The machine may be shared: read the ratios.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Ratios against a named baseline of the same run.")
    parser.add_argument("--millions", type=float, default=2, help="million work orders (10 for the full figure)")
    parser.add_argument("--repeat", type=int, default=2, help="times each figure is measured; the lowest counts")
    parser.add_argument("--contract", default="hotline-2025", help="contract of the first figure")
    parser.add_argument("--only", default="contract,orders,batch,text", help="which figures, by comma")
    given = parser.parse_args()
    if given.millions <= 0 or given.repeat < 1:
        parser.error("--millions and --repeat must be positive")
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="compliance-bench-") as name:
        folder = Path(name)
        os.environ["COMPLIANCE_CACHE"] = str(folder / "cache")
        figures = {"contract": lambda: one_contract(given.contract, given.repeat),
                   "orders": lambda: many_orders(given.millions, given.repeat, folder),
                   "batch": lambda: portfolio(given.repeat, folder / "batch"),
                   "text": lambda: contract_text(given.repeat, folder / "text")}
        for figure in given.only.split(","):
            if figure not in figures:
                parser.error(f"--only knows {', '.join(figures)}")
            _progress(f"{figure} ...")
            try:
                lines += figures[figure]()
            except Failed as reason:
                lines.append(Line(figure, None, "-", None, None, "", f"not measured: {reason}"))
    show(lines)


if __name__ == "__main__":
    main()
