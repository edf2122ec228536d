"""One pass over a typed file: its counts are those of the cells, and only cells that are their own value are not read again."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from compliance.evidence.counting import count_cells, profile_cells, together
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.store import close, open_evidence

DICTIONARY = load_dictionary()
ORDERS = DICTIONARY.tables["work_orders"]
ROWS = """
    SELECT * FROM (VALUES
        ('W1', 'service_request', TIMESTAMP '2026-03-01 08:00:00', TIMESTAMP '2026-03-01 09:00:00', 1::BIGINT),
        ('W2', 'service_request', TIMESTAMP '2026-03-02 08:00:00', NULL, 2),
        ('W3', NULL, TIMESTAMP '2026-03-03 00:00:00.000001', TIMESTAMP '2026-03-09 10:00:00', NULL))
    AS t(order_id, order_type, received_at, responded_at, item_no)"""
PHYSICAL = {"order_id": "VARCHAR", "order_type": "VARCHAR", "received_at": "TIMESTAMP", "responded_at": "TIMESTAMP",
            "item_no": "BIGINT"}


def run(query: str) -> list[tuple]:
    with duckdb.connect() as engine:
        return engine.execute(query).fetchall()


def profile(select: str, **physical: str):
    return profile_cells(run, f"({select})", ORDERS, PHYSICAL | physical, DICTIONARY)


def test_cells_are_counted():
    columns = [ORDERS.column(name) for name in PHYSICAL]
    counts = count_cells(run, f"({ROWS})", columns)
    assert counts.rows == 3
    assert counts.filled == {"order_id": 3, "order_type": 2, "received_at": 3, "responded_at": 2, "item_no": 2}
    assert counts.to_day == {"received_at"}
    assert counts.latest["received_at"] == date(2026, 3, 3) and counts.latest["responded_at"] == date(2026, 3, 9)
    assert profile(ROWS).counts == counts


def test_columns_of_their_own_type_are_settled():
    assert profile(ROWS).settled == frozenset(PHYSICAL)


@pytest.mark.parametrize(("column", "replaced", "physical"), [
    ("order_id", "order_id || ' '", {}),
    ("order_id", "order_id || '\u00e9'", {}),
    ("order_type", "'no such type'", {}),
    ("received_at", "'infinity'::TIMESTAMP", {}),
    ("received_at", "TIMESTAMP '1899-12-31 23:59:59'", {}),
    ("received_at", "received_at::VARCHAR", {"received_at": "VARCHAR"}),
    ("item_no", "item_no::INTEGER", {"item_no": "INTEGER"}),
])
def test_a_cell_that_must_be_read_leaves_its_column_unsettled(column, replaced, physical):
    select = f"SELECT * REPLACE ({replaced} AS {column}) FROM ({ROWS})"
    assert profile(select, **physical).settled == frozenset(PHYSICAL) - {column}


def test_a_blank_cell_is_no_fault_and_a_table_may_be_empty():
    assert profile(f"SELECT * FROM ({ROWS}) WHERE FALSE").settled == frozenset(PHYSICAL)
    assert profile(f"SELECT * FROM ({ROWS}) WHERE FALSE").counts.latest["received_at"] is None


def test_counts_of_parts_add_up():
    parts = [profile(f"SELECT * FROM ({ROWS}) WHERE order_id {where}").counts for where in ("= 'W1'", "<> 'W1'")]
    assert together(parts) == profile(ROWS).counts


def test_a_file_is_counted_as_its_table_is(tmp_path):
    """What the audit takes from the profile of a Parquet file is what its typed table holds."""
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({ROWS}) TO '{tmp_path / 'work_orders.parquet'}' (FORMAT parquet)")
    store, problems = open_evidence(str(tmp_path), bad_rows="reject")
    assert store is not None, problems
    columns = [ORDERS.column(name) for name in PHYSICAL]
    found = count_cells(lambda q: store.backend.raw_sql(q).fetchall(), "raw_work_orders", columns)
    assert store.tables["work_orders"].counts == found
    close(store)
