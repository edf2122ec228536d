"""The command `compliance batch`: the whole portfolio, one executed notebook a contract, and a summary page."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

from compliance.batch.portfolio import Job, Result, entry, index_page, is_done, plan, run_jobs
from compliance.batch.workers import worker_processes
from compliance.cli.shown import errors, out, plain, show_problems, table_with
from compliance.ground import Location, Problem
from compliance.linting.loading import contract_ids, load_kept_contract
from compliance.model.verdict import OPEN_VERDICTS
from compliance.outputs import write_all_or_nothing
from compliance.reporting import labels

_OWN_NOTEBOOK = Path(__file__).resolve().parents[3] / "notebooks" / "audit.ipynb"


_TEXTS = (".txt", ".md", ".docx", ".pdf")


def batch(rules: Path, evidence: Path, as_of: date | None, jobs: int, folder: Path, lang: str, texts: Path | None = None) -> int:
    """Runs the batch and returns the exit status: 2 an input was unusable, 1 something is open, 0 all is well."""
    if not evidence.is_dir():
        show_problems([Problem("evidence-missing-folder", "there is no such folder of evidence", Location(evidence.name),
                               "name the folder that holds one folder of evidence a contract")])
        return 2
    with worker_processes(jobs or os.cpu_count() or 1) as pool:
        planned, problems = _planned(rules, evidence, as_of, folder, texts)
        if problems:
            show_problems(problems)
            return 2
        if not planned:
            errors.print("there is no evidence for any contract; nothing was written")
            return 2
        ended = _ended(planned, pool)
        listed = [ended[job.contract][1] for job in planned]
        page = _page(listed, pool)
    write_all_or_nothing(folder, {"index.html": page})
    return _summary(listed, [result for result, _ in ended.values()], folder, lang)


def _page(listed: Sequence[dict[str, Any]], pool: Executor) -> str:
    """The summary page. The workers have loaded what draws; where one of them died the others take no more work."""
    try:
        return pool.submit(index_page, listed).result()
    except BrokenExecutor:
        return index_page(listed)


def _planned(rules: Path, evidence: Path, as_of: date | None, folder: Path, texts: Path | None) -> tuple[list[Job], list[Problem]]:
    """The jobs, or every problem of the rules and of the folder of signed contracts."""
    loaded = {name: load_kept_contract(rules, name) for name in contract_ids(rules)}
    problems = [p for _, found in loaded.values() for p in found]
    signed, faults = _signed(texts, list(loaded))
    if problems or faults:
        return [], problems or faults
    ends = {name: found.contract.service_end for name, (found, _) in loaded.items() if found is not None}
    notebook = rules.parent / "notebooks" / "audit.ipynb"
    planned, without = plan(rules, evidence, as_of, notebook if notebook.is_file() else _OWN_NOTEBOOK, folder, ends, signed)
    for contract in without:
        errors.print(plain(f"{contract}: no folder of evidence, not audited"))
    return planned, []


def _ended(planned: Sequence[Job], pool: Executor) -> dict[str, tuple[Result, dict[str, Any]]]:
    """How each job ended and what the summary page says of it, with a line for each as it ends."""
    waiting = [job for job in planned if not is_done(job)]
    kept = [Result(job.contract, "kept") for job in planned if job not in waiting]
    of = {job.contract: job for job in planned}
    ended = {}
    for number, result in enumerate(chain(kept, run_jobs(waiting, pool)), start=1):
        message = f": {result.message.splitlines()[0]}" if result.message else ""
        errors.print(plain(f"[{number}/{len(planned)}] {result.contract}: {result.status}{message}"))
        ended[result.contract] = result, entry(of[result.contract], result)  # while the others are still at work
    return ended


def _signed(texts: Path | None, contracts: Sequence[str]) -> tuple[dict[str, Path], list[Problem]]:
    """The signed contract of each contract that has one in the folder of texts, named after it."""
    if texts is None:
        return {}, []
    if not texts.is_dir():
        return {}, [Problem("texts-missing-folder", "there is no such folder of contract texts", Location(texts.name),
                            "name the folder that holds CONTRACT.docx, CONTRACT.pdf, CONTRACT.md or CONTRACT.txt")]
    found = {name: [p for s in _TEXTS if (p := texts / f"{name}{s}").is_file()] for name in contracts}
    problems = [Problem("texts-two-files", f"there is more than one text of '{name}'", Location(p[1].name), "keep the signed one")
                for name, p in found.items() if len(p) > 1]
    return {name: p[0] for name, p in found.items() if p}, problems


def _summary(entries: list[dict[str, Any]], results: Sequence[Result], folder: Path, lang: str) -> int:
    """Prints the provisions of each contract by their worst verdict; the exit status."""
    table = table_with(*{"zh": ("合同", "审计日", "条款数（按其最严重的结论）"),
                         "en": ("Contract", "Audit date", "Provisions by their worst verdict")}[lang])
    for e in entries:
        counts = ", ".join(f"{labels.VERDICTS[v][lang]} {e['counts'][v]}" for v, _ in labels.SHOWN if e["counts"].get(v))
        table.add_row(e["id"], e["as_of"], counts if e["status"] == "done" else {"zh": "未完成", "en": "Not done"}[lang])
    out.print(table)
    out.print(plain(str(folder / "index.html")), soft_wrap=True)
    failed = [result for result in results if result.status == "failed"]
    for result in failed:
        errors.print(plain(f"{result.contract}: {result.message}"))
    if failed:
        return 2
    return 1 if any(e["counts"].get(v) for e in entries for v in OPEN_VERDICTS) else 0
