"""The calls of the hotline: one row in the record of the carrier and one in that of the platform for each call, as a Parquet table."""

from __future__ import annotations

from pathlib import Path

import duckdb

from compliance.evidence.dictionary import load_dictionary

CALLS = 104_000
TABLE = "call_records"
FILE = f"{load_dictionary().tables[TABLE].zh}.parquet"
# Calls that the platform did not log, and answered calls that it did not record.
UNLOGGED = (20_811, 47_212, 83_030)
UNRECORDED = (5_120, 31_407, 52_666, 77_913, 99_004)

# What is arbitrary follows from the number of the call; the agents are those who hold a seat on that day.
_CALLS = """
    SELECT i, day, timestamp '2025-10-01 09:00' + to_days(day) + to_seconds(((i % 285) * 113 + hash(i) % 97)::INTEGER) AS started_at,
           CASE WHEN hash(i * 7 + 1) % 100 < 97 OR i IN {unrecorded} THEN 'answered' WHEN hash(i * 7 + 1) % 100 = 97 THEN 'abandoned'
                ELSE 'unanswered' END AS status,
           (20 + hash(i * 7 + 2) % 480)::INTEGER AS talk,
           CASE WHEN hash(i * 7 + 3) % 20 = 0 THEN 'outbound' ELSE 'inbound' END AS direction,
           (1 + hash(i * 7 + 4) % 14)::INTEGER AS seat
    FROM (SELECT i, (i // 285)::INTEGER AS day FROM range({calls}) AS t(i))
"""
_AGENT = """
    CASE WHEN seat = 3 AND started_at >= '2025-12-08' THEN 'R016' WHEN seat = 7 AND started_at >= '2026-02-02' THEN 'R017'
         WHEN seat = 10 AND started_at >= '2026-04-13' THEN 'R018' WHEN seat = 12 AND started_at >= '2026-06-08' THEN 'R019'
         ELSE 'R' || lpad(seat::VARCHAR, 3, '0') END
"""
_ROWS = """
    SELECT 'platform' AS record_source, 'P' || lpad(i::VARCHAR, 6, '0') AS call_id, 'Y' || lpad(i::VARCHAR, 6, '0') AS carrier_call_id,
           direction, started_at, status, CASE WHEN status = 'answered' THEN {agent} END AS agent_id,
           CASE WHEN status = 'answered' THEN talk ELSE 0 END AS talk_seconds,
           CASE WHEN status = 'answered' AND i NOT IN {unrecorded} THEN 'L' || lpad(i::VARCHAR, 6, '0') END AS recording_id
    FROM calls WHERE i NOT IN {unlogged}
    UNION ALL
    SELECT 'carrier', 'Y' || lpad(i::VARCHAR, 6, '0'), NULL, direction, started_at, status, NULL,
           CASE WHEN status = 'answered' THEN talk ELSE 0 END, NULL
    FROM calls
"""


def write_calls(folder: Path) -> dict[str, str]:
    """Writes the table; gives its file by its name."""
    figures = {"calls": CALLS, "unlogged": UNLOGGED, "unrecorded": UNRECORDED, "agent": _AGENT}
    columns = ", ".join(f'{c.name} AS "{c.zh}"' for c in load_dictionary().tables[TABLE].columns
                        if c.name in ("record_source", "call_id", "carrier_call_id", "direction", "started_at", "status", "agent_id",
                                      "talk_seconds", "recording_id"))
    target = str(folder / FILE).replace("'", "''")
    with duckdb.connect(config={"threads": 1}) as engine:
        engine.execute(f"CREATE TEMP VIEW calls AS {_CALLS.format(**figures)}")
        engine.execute(f"COPY (SELECT {columns} FROM ({_ROWS.format(**figures)}) ORDER BY record_source, call_id)"
                       f" TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 60000)")
    return {TABLE: FILE}
