"""Work orders made for the benchmark, the rules asked about them, and the hand-written queries that answer the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from compliance.calendar.workdays import calendar_days
from compliance.evidence.dictionary import load_dictionary

SEED = 20260101
CONTRACT = "bench-orders"
AS_OF = "2026-12-31"
RESPONSE_MINUTES, DEADLINE_WORKDAYS = 30, 5
# Rules in the order in which the fused query numbers them.
RULES = ("response-in-time", "subject-unique", "completed-in-time")
# The engine of the system has this limit (compliance.evidence.store.MEMORY); the baseline is given the same.
MEMORY = "700MB"

_CONTRACT = f"""\
id: {CONTRACT}
title: {{zh: 基准测试, en: Benchmark}}
parties: {{party_a: {{zh: 甲方, en: Party A}}, party_b: {{zh: 乙方, en: Party B}}}}
signed_on: {{value: "2025-12-20", clause: S}}
service: {{start: "2026-01-01", end: "2026-12-31", clause: "1"}}
terms:
  response_minutes: {{value: {RESPONSE_MINUTES}, unit: minute, clause: "2"}}
  deadline_workdays: {{value: {DEADLINE_WORKDAYS}, unit: workday, clause: "4"}}
"""
_PROVISIONS = """\
provisions:
- {id: P001, clause: "2", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P002, clause: "3", obligor: party_b, modality: must, category: service_level, checkability: automatic}
- {id: P003, clause: "4", obligor: party_b, modality: must, category: service_level, checkability: automatic}
"""
_RULES = """\
rules:
- id: response-in-time
  provision: P001
  title: {zh: 按时响应, en: Response in time}
  cases: {each: work_orders}
  when:
    due: minutes_after(received_at, terms.response_minutes)
    done: responded_at
- id: subject-unique
  provision: P002
  title: {zh: 对象不重复, en: One order a subject}
  cases: {each: work_orders}
  rows:
    same: {from: work_orders, where: "subject_id = case.subject_id"}
  must: count(same) = 1
- id: completed-in-time
  provision: P003
  title: {zh: 按工作日期限完成, en: Completed within the working days}
  cases: {each: work_orders}
  when:
    due: workdays_after(day(received_at), terms.deadline_workdays)
    done: completed_at
"""


def write_rules(source: Path, root: Path) -> None:
    """A folder of rules with one tiny contract, and the schemas of the real one."""
    (root / CONTRACT).mkdir(parents=True)
    for schema in source.glob("*.schema.json"):
        shutil.copy(schema, root)
    for name, text in (("contract", _CONTRACT), ("provisions", _PROVISIONS), ("orders", _RULES)):
        head = "rule-file" if name == "orders" else name
        (root / CONTRACT / f"{name}.yaml").write_text(f"$schema: ../{head}.schema.json\n{text}", encoding="utf-8")


def write_orders(rows: int, target: Path, *, faulty: bool) -> None:
    """Orders of one year, the same for the same number of rows; `faulty` has rows that validation rejects.

    About one order in 1,000 is answered late, one in 5,000 never, one in 2,000 shares its subject, one in 1,000 is
    completed long after its deadline.
    """
    target.parent.mkdir(parents=True, exist_ok=True)

    def chance(salt: int, one_in: int) -> str:
        return f"hash(i * 1000003 + {SEED + salt}) % {one_in}"

    order_id = f"'W' || CASE WHEN {chance(6, 4000)} = 0 AND i > 0 THEN i - 1 ELSE i END" if faulty else "'W' || i"
    accepted = f"CASE WHEN {chance(7, 4000)} = 0 THEN -1 ELSE 1 END" if faulty else "1"
    with duckdb.connect() as engine:
        engine.execute(f"SET memory_limit='{MEMORY}'")
        engine.execute(f"""
            COPY (SELECT {order_id} AS order_id, 'service_request' AS order_type,
                         'S' || CASE WHEN {chance(1, 2000)} = 0 AND i > 0 THEN i - 1 ELSE i END AS subject_id,
                         received_at, received_at + to_minutes({accepted}) AS accepted_at,
                         CASE WHEN {chance(2, 5000)} > 0 THEN received_at + to_minutes(
                             (CASE WHEN {chance(3, 1000)} = 0 THEN 31 ELSE 1 + {chance(4, 30)} END)::BIGINT) END AS responded_at,
                         received_at + to_hours((CASE WHEN {chance(5, 1000)} = 0 THEN 480 ELSE 1 + {chance(8, 96)} END)::BIGINT)
                             AS completed_at
                  FROM (SELECT i, TIMESTAMP '2026-01-01 00:00:00' + to_minutes(({chance(0, 330 * 1440)})::BIGINT) AS received_at
                        FROM range({rows}) AS t(i)))
            TO '{target}' (FORMAT parquet)""")


def baseline_engine() -> duckdb.DuckDBPyConnection:
    """A plain engine with the memory of the system's and the days of the calendar."""
    engine = duckdb.connect()
    engine.execute(f"SET memory_limit='{MEMORY}'")
    engine.execute("CREATE TABLE calendar (day DATE, is_workday BOOLEAN)")
    engine.executemany("INSERT INTO calendar VALUES (?, ?)", [[d.day, d.is_workday] for d in calendar_days()
                                                              if 2025 <= d.day.year <= 2027])
    return engine


def fused_rules(table: str) -> str:
    """One query for the three rules: rule, verdict, number of cases, and the rows of those that are not compliant."""
    return f"""
        WITH work AS (SELECT day, row_number() OVER (ORDER BY day) AS no FROM calendar WHERE is_workday),
        before AS (SELECT day, sum(is_workday::INT) OVER (ORDER BY day) AS no FROM calendar),
        due AS (SELECT before.day, work.day AS due FROM before JOIN work ON work.no = before.no + {DEADLINE_WORKDAYS}),
        twice AS (SELECT subject_id FROM {table} GROUP BY 1 HAVING count(*) > 1),
        judged AS (
            SELECT o._row, [
                coalesce(o.responded_at <= o.received_at + INTERVAL {RESPONSE_MINUTES} MINUTE, FALSE),
                o.subject_id NOT IN (SELECT subject_id FROM twice),
                coalesce(o.completed_at::DATE <= due.due, FALSE)] AS kept
            FROM {table} o JOIN due ON due.day = o.received_at::DATE),
        cases AS (SELECT _row, unnest([0, 1, 2]) AS rule, unnest(kept) AS kept FROM judged)
        SELECT rule, CASE WHEN kept THEN 'compliant' ELSE 'breach' END AS verdict, count(*),
               list(_row) FILTER (NOT kept) FROM cases GROUP BY ALL ORDER BY ALL"""


def fused_validation(table: str) -> str:
    """One query for the checks of the table: the row and a bit for each check that it breaks."""
    codes = ", ".join(f"'{c.code}'" for c in load_dictionary().code_lists["work_order_type"].values)
    return f"""
        WITH twice AS (SELECT order_id FROM {table} GROUP BY 1 HAVING count(*) > 1)
        SELECT _row, (order_id IS NULL)::INT + 2 * (order_type IS NULL)::INT
               + 4 * coalesce(accepted_at < received_at, FALSE)::INT + 8 * coalesce(completed_at < received_at, FALSE)::INT
               + 16 * (order_type NOT IN ({codes}))::INT
               + 32 * (order_id IN (SELECT order_id FROM twice))::INT AS faults
        FROM {table} WHERE faults > 0 ORDER BY _row"""


def parquet(path: Path) -> str:
    """The file as a table whose rows have the number that the system gives them (the header is row 1)."""
    return f"(SELECT *, file_row_number + 2 AS _row FROM read_parquet('{path}', file_row_number=true))"
