"""The same inputs give the same bytes: on two runs, in two time zones, with two seeds of hashing, with one thread or two."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from compliance.audit import audit
from compliance.document import findings_document
from compliance.evidence import store as evidence_store
from compliance.linting.loading import load_contract
from compliance.reporting.document import dumps

ROOT = Path(__file__).resolve().parents[1]
TOPICS = ("contract", "provisions", "payment", "invoice", "penalty", "training")
COMMAND = Path(sys.executable).parent / "compliance"


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some topics of a real contract and its evidence."""
    folder = tmp_path_factory.mktemp("inputs")
    rules = folder / "rules" / "govcloud-2026"
    rules.mkdir(parents=True)
    for schema in (ROOT / "rules").glob("*.schema.json"):
        shutil.copy(schema, rules.parent)
    for topic in TOPICS:
        shutil.copy(ROOT / "rules" / "govcloud-2026" / f"{topic}.yaml", rules)
    shutil.copytree(ROOT / "data" / "govcloud-2026", folder / "evidence")
    return folder


def start(inputs: Path, folder: Path, cache: Path, **environment: str) -> subprocess.Popen:
    """An audit in a process of its own, in a working folder of its own."""
    folder.mkdir()
    return subprocess.Popen(
        [COMMAND, "audit", "govcloud-2026", "--evidence", inputs / "evidence", "--rules", inputs / "rules", "--as-of", "2027-06-30",
         "--bad-rows", "reject", "--out", folder / "out"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "COMPLIANCE_CACHE": str(cache), "COLUMNS": "200", **environment})


def finished(process: subprocess.Popen) -> tuple[str, str]:
    out, errors = process.communicate(timeout=120)
    assert process.returncode in (0, 1), errors
    return out, errors


@pytest.fixture(scope="module")
def runs(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """Three runs: two that compile everything for themselves, and one with the plans of the first."""
    base = tmp_path_factory.mktemp("runs")
    first = start(inputs, base / "utc", base / "cache-1", TZ="UTC", PYTHONHASHSEED="0", LC_ALL="C.UTF-8")
    second = start(inputs, base / "new-york", base / "cache-2", TZ="America/New_York", PYTHONHASHSEED="4711", LANG="C")
    printed = {"utc": finished(first), "new-york": finished(second)}
    printed["warm"] = finished(start(inputs, base / "warm", base / "cache-1", TZ="Asia/Kolkata", PYTHONHASHSEED="1"))
    return {name: (base / name / "out", out) for name, (out, _) in printed.items()}


@pytest.mark.parametrize("other", ["new-york", "warm"])
@pytest.mark.parametrize("name", ["govcloud-2026.findings.json", "govcloud-2026.html"])
def test_findings_and_report_are_the_same_bytes(runs, name, other):
    first, second = ((runs[run][0] / name).read_bytes() for run in ("utc", other))
    assert len(first) > 10_000
    assert first == second


def test_what_is_printed_is_the_same(runs):
    assert len({printed for _, printed in runs.values()}) == 1


def test_no_path_of_the_machine_is_in_the_results(runs, inputs):
    for path in runs["utc"][0].iterdir():
        text = path.read_text(encoding="utf-8")
        for place in (str(inputs), str(inputs.parent), str(ROOT), str(Path.home() / "."), "/tmp/"):
            assert place not in text, f"{place} in {path.name}"


def test_there_is_no_clock_and_no_chance_in_the_sources():
    forbidden = re.compile(r"\b(?:date\.today|datetime\.(?:now|utcnow|today)|time\.time|time_ns|uuid[14]|current_date|current_timestamp)\b"
                           r"|\bimport random\b|\bnow\(\)|(?<![\w.])hash\(")
    found = [f"{path.relative_to(ROOT)}:{number}" for path in sorted((ROOT / "src").rglob("*.py"))
             for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1) if forbidden.search(line)]
    assert found == []


CONTRACT = """\
id: sample
title: {zh: 样例合同, en: Sample contract}
parties: {party_a: {zh: 甲方, en: Client}, party_b: {zh: 乙方, en: Supplier}}
signed_on: {value: 2026-01-05, clause: S}
service: {start: 2026-01-05, end: 2027-01-04, clause: "1"}
terms:
  hours: {value: 2, unit: hour, clause: "2"}
  most_open: {value: 100, unit: count, clause: "2"}
"""
REGISTER = """\
provisions:
- {id: P001, clause: "1", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P002, clause: "2", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P003, clause: "3", obligor: party_b, modality: must, category: service_level, checkability: automatic}
"""
RULES = """\
rules:
- id: answered-in-time
  provision: P001
  title: {zh: 按时响应, en: Answered in time}
  cases: {each: work_orders}
  when: {due: "hours_after(received_at, terms.hours)", done: responded_at}
- id: few-open
  provision: P002
  title: {zh: 未办结不超过上限, en: Few open orders}
  cases: {every: month, of: calendar}
  rows:
    open: {from: work_orders, where: "day(received_at) between case.start and case.end and status <> 'closed'"}
    all_orders: {from: work_orders, where: day(received_at) between case.start and case.end}
  let: {lines: sum(all_orders.item_no), systems: count_distinct(all_orders.system_id), last: max(all_orders.received_at)}
  must: count(open) <= terms.most_open and lines >= 0 and systems >= 0
- id: one-channel
  provision: P003
  title: {zh: 单一渠道, en: One channel}
  cases: {each: work_orders, by: system_id}
  rows:
    same: {from: work_orders, where: system_id = case.system_id}
  must: count_distinct(same.channel) <= 1 and count(same) > 0
"""
# Enough rows that the engine gives each thread its share; a few are late, open or on another channel.
ORDERS = """COPY (
    SELECT 'W' || range AS order_id, 'service_task' AS order_type, (1 + range * 7919 % 13)::BIGINT AS item_no,
           CASE WHEN range % 40009 = 5 THEN 'email' ELSE 'phone' END AS channel, 'S' || (range % 97) AS system_id,
           TIMESTAMP '2026-01-05 08:00:00' + INTERVAL (range % 200000) MINUTE AS received_at,
           TIMESTAMP '2026-01-05 08:00:00'
             + INTERVAL (range % 200000 + CASE WHEN range % 20011 = 3 THEN 500 ELSE 30 END) MINUTE AS responded_at,
           CASE WHEN range % 211 = 0 THEN 'open' ELSE 'closed' END AS status
    FROM range(400000)) TO '{file}' (FORMAT parquet)"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small contract with 400,000 work orders."""
    folder = tmp_path_factory.mktemp("many")
    rules = folder / "rules" / "sample"
    rules.mkdir(parents=True)
    for schema in (ROOT / "rules").glob("*.schema.json"):
        shutil.copy(schema, rules.parent)
    for name, text in {"contract.yaml": CONTRACT, "provisions.yaml": REGISTER, "service.yaml": RULES}.items():
        (rules / name).write_text(text, encoding="utf-8")
    (folder / "evidence").mkdir()
    with duckdb.connect() as engine:
        engine.execute(ORDERS.replace("{file}", str(folder / "evidence" / "work_orders.parquet")))
    return folder


@contextmanager
def threads(number: int) -> Iterator[None]:
    """Every engine that is opened has this number of threads."""
    with pytest.MonkeyPatch.context() as patch:
        opened = evidence_store.connect

        def connect():
            backend = opened()
            backend.raw_sql(f"SET threads={number}")
            return backend

        patch.setattr(evidence_store, "connect", connect)
        yield


def findings(folder: Path, number: int) -> str:
    loaded, problems = load_contract(folder / "rules", "sample")
    assert loaded is not None, problems
    with threads(number):
        store, problems = evidence_store.open_evidence(str(folder / "evidence"))
        assert store is not None, problems
        assert store.backend.raw_sql("SELECT current_setting('threads')").fetchone() == (number,)
        document = findings_document(audit(loaded, store, date(2026, 12, 31), problems))
        evidence_store.close(store)
    return dumps(document)


def test_one_thread_and_several_give_the_same_bytes(many):
    one, two, four = (findings(many, number) for number in (1, 2, 4))
    assert '"verdict": "breach"' in one and '"rule": "one-channel"' in one
    assert one == two == four


def test_planning_with_few_steps_gives_the_same_bytes(many, monkeypatch):
    """Which steps the engine plans with follows from the number of rows; a verdict does not."""
    usual = findings(many, 2)
    monkeypatch.setattr(evidence_store, "SMALL", 10**9)
    assert findings(many, 1) == usual
