"""The batch: one executed notebook a contract in worker processes, resumable, outputs all or nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from compliance.caching import code_version
from compliance.ground import collecting_rarely
from compliance.reporting.document import provision_verdicts

OUTPUTS = ("findings.json", "report.html", "audit.ipynb")


@dataclass(frozen=True, slots=True)
class Job:
    """One contract of the batch."""

    contract: str
    evidence: str
    as_of: str
    rules: str
    notebook: str
    out: str
    key: str
    text: str = ""  # the signed contract, where it was handed over


@dataclass(frozen=True, slots=True)
class Result:
    """How a job ended: done, kept (nothing had changed) or failed, with its message."""

    contract: str
    status: str
    message: str = ""


def plan(rules: Path, evidence: Path, as_of: date | None, notebook: Path, out: Path,
         service_ends: Mapping[str, date], texts: Mapping[str, Path] | None = None) -> tuple[list[Job], list[str]]:
    """The jobs of a batch, and the contracts that have no folder of evidence; `texts` are the signed contracts that are there."""
    jobs, without = [], []
    for contract, end in service_ends.items():
        folder = evidence / contract
        if not folder.is_dir():
            without.append(contract)
            continue
        day = (as_of or end).isoformat()
        text = (texts or {}).get(contract)
        key = _key(rules / contract, folder, notebook, day, text)
        jobs.append(Job(contract, str(folder.resolve()), day, str(rules.resolve()), str(notebook.resolve()),
                        str((out / contract).resolve()), key, str(text.resolve()) if text else ""))
    return jobs, without


def _key(rules: Path, evidence: Path, notebook: Path, as_of: str, text: Path | None) -> str:
    """A hash of everything that the outputs of a job depend on."""
    digest = hashlib.sha256((code_version() + as_of).encode())
    package = Path(__file__).parents[1]
    files = [*sorted(rules.glob("*.yaml")), notebook, *([text] if text else []), *sorted(p for p in evidence.rglob("*") if p.is_file()),
             *sorted(package.rglob("*.py")), *sorted((package / "reporting").rglob("*.*"))]
    for path in files:
        if path.suffix != ".pyc":
            digest.update(path.name.encode() + b"\0")
            with path.open("rb") as data:
                digest.update(hashlib.file_digest(data, "sha256").digest())
    return digest.hexdigest()


def is_done(job: Job) -> bool:
    """Whether the outputs of a job are there and whole, from the same inputs."""
    folder = Path(job.out)
    try:
        token = json.loads((folder / "done.json").read_text(encoding="utf-8"))
        return token["key"] == job.key and all(
            token["sha256"][n] == hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in OUTPUTS)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@collecting_rarely()
def run_job(job: Job) -> Result:
    """Runs one job in a folder of its own and puts the outputs in place together."""
    # A worker has loaded these; who only gives out jobs needs none of them.
    engine, shared = import_module("compliance.batch.engine"), import_module("compliance.evidence.side_by_side")
    target = Path(job.out)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{job.contract}-"))
    before = Path.cwd()
    try:
        os.chdir(staging)
        with shared.at_work():
            engine.run_notebook(Path(job.notebook), staging / "audit.ipynb", {
                "contract": job.contract, "evidence": job.evidence, "as_of": job.as_of, "rules": job.rules, "out": str(staging),
                "text": job.text})
        _without_paths(staging, job)
        token = {"key": job.key, "sha256": {n: hashlib.sha256((staging / n).read_bytes()).hexdigest() for n in OUTPUTS}}
        (staging / "done.json").write_text(json.dumps(token, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        if target.exists():
            shutil.rmtree(target)
        os.replace(staging, target)
    except (engine.NotebookFault, OSError) as fault:
        shutil.rmtree(staging, ignore_errors=True)
        return Result(job.contract, "failed", str(fault))
    finally:
        os.chdir(before)
    return Result(job.contract, "done")


def _without_paths(staging: Path, job: Job) -> None:
    """The executed notebook names evidence and rules by their last parts: no path of the machine stays in it."""
    path = staging / "audit.ipynb"
    text = path.read_text(encoding="utf-8")
    for full, short in ((str(staging), "."), (job.evidence, f"evidence/{job.contract}"), (job.rules, "rules"),
                        (job.text, Path(job.text).name)):
        text = text.replace(full, short) if full else text
    path.write_text(text, encoding="utf-8", newline="\n")


def run_jobs(jobs: Sequence[Job], pool: Executor) -> Iterator[Result]:
    """Results as they come in. Those with most evidence begin, so that no worker is left with a long one at the end."""
    running = {pool.submit(run_job, job): job for job in sorted(jobs, key=_size, reverse=True)}
    for future in as_completed(running):
        fault = future.exception()
        yield Result(running[future].contract, "failed", f"the worker process ended: {fault}") if fault else future.result()


def _size(job: Job) -> int:
    return sum(p.stat().st_size for p in Path(job.evidence).rglob("*") if p.is_file())


def entry(job: Job, result: Result) -> dict[str, Any]:
    """What the summary page says of a contract; `counts`: provisions by the worst verdict of their cases."""
    path = Path(job.out) / "findings.json"
    if result.status == "failed" or not path.is_file():
        return {"id": job.contract, "title": {"zh": job.contract, "en": job.contract}, "as_of": job.as_of, "counts": {},
                "status": "failed", "message": result.message, "files": {}}
    document = json.loads(path.read_text(encoding="utf-8"))
    counts = Counter(provision_verdicts(document).values())
    return {"id": job.contract, "title": document["manifest"]["contract"]["title"], "as_of": job.as_of, "counts": counts,
            "status": "done", "message": "", "files": {n: f"{job.contract}/{n}" for n in reversed(OUTPUTS)}}


def index_page(entries: Sequence[Mapping[str, Any]]) -> str:
    """The summary page."""
    page: str = import_module("compliance.reporting.index").render_index(entries)
    return page
