"""What a Parquet file states of its values is gone before it is read; the values, their order and their types stay."""

from __future__ import annotations

import random
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.evidence.parquet_footer import MAGIC, NoFooter, strip_claims, without_claims

ROWS = 5000
EVERY_TYPE = """
    SELECT i::INTEGER AS whole, i::HUGEINT::DECIMAL(30, 4) AS exact, i::DOUBLE AS rough, 'v' || i AS word, i % 2 = 0 AS flag,
           DATE '2026-01-01' + i::INTEGER AS day, TIMESTAMP '2026-01-01 08:00:00' + to_minutes(i) AS moment,
           TIMESTAMPTZ '2026-01-01 08:00:00+08' + to_minutes(i) AS zoned, TIME '08:00:00' AS clock, [i, i + 1] AS some,
           {'a': i, 'b': [{'c': 'v' || i}]} AS nested, MAP {'k': i} AS pairs, gen_random_uuid() AS random,
           CASE WHEN i % 7 > 0 THEN i END AS gaps, NULL::INTEGER AS nothing
    FROM range(3000) AS t(i)"""


def written(path: Path) -> Path:
    """Text and numbers in the order of a sorted column, with all that a writer can state of them."""
    table = pa.table({"word": [f"qaaa{i:04}" for i in range(ROWS)], "whole": list(range(ROWS))})
    pq.write_table(table, path, use_dictionary=False, compression="none", row_group_size=1000, write_page_index=True,
                   data_page_size=2000, sorting_columns=[pq.SortingColumn(0)])
    return path


def asked(path: Path, query: str) -> list[tuple]:
    with duckdb.connect() as engine:
        return engine.execute(query.replace("FILE", f"read_parquet('{path}')")).fetchall()


def test_forged_bounds_hide_no_row(tmp_path):
    path = written(tmp_path / "orders.parquet")
    raw = path.read_bytes()
    # Every mention of a value but the value itself, which stands behind its length.
    forged = re.sub(rb"(?<!\x08\x00\x00\x00)qaaa\d{4}", b"qaaa0000", raw)
    assert forged != raw
    path.write_bytes(forged)
    wanted = "SELECT count(*) FROM FILE WHERE word >= 'qaaa4000'"
    assert asked(path, wanted) != [(1000,)], "the engine no longer believes what a file states; then nothing need be taken out"
    strip_claims(path)
    assert asked(path, wanted) == [(1000,)]
    assert asked(path, "SELECT count(*), sum(whole), max(word) FROM FILE") == [(ROWS, sum(range(ROWS)), "qaaa4999")]


def test_nothing_is_stated_of_the_values_any_more(tmp_path):
    path = written(tmp_path / "orders.parquet")
    before = pq.read_table(path)
    strip_claims(path)
    metadata = pq.ParquetFile(path).metadata
    for group in (metadata.row_group(i) for i in range(metadata.num_row_groups)):
        assert group.sorting_columns == ()
        for column in (group.column(i) for i in range(group.num_columns)):
            assert column.statistics is None and not column.has_column_index and not column.has_offset_index
    assert pq.read_table(path).equals(before)


def test_values_and_types_of_every_kind_stay(tmp_path):
    path = tmp_path / "kinds.parquet"
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({EVERY_TYPE}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    every_row = "SELECT * REPLACE (zoned::VARCHAR AS zoned) FROM FILE"
    described, rows = asked(path, "DESCRIBE SELECT * FROM FILE"), asked(path, every_row)
    assert asked(path, f"SELECT count(stats_min_value) + count(bloom_filter_offset) > 0 FROM parquet_metadata('{path}')") == [(True,)]
    strip_claims(path)
    assert asked(path, "DESCRIBE SELECT * FROM FILE") == described
    assert asked(path, every_row) == rows
    stated = " + ".join(f"count({c})" for c in ("stats_min", "stats_max", "stats_min_value", "stats_max_value", "stats_null_count",
                                                "stats_distinct_count", "bloom_filter_offset"))
    assert asked(path, f"SELECT {stated} FROM parquet_metadata('{path}')") == [(0,)]


def test_a_file_without_rows_stays_one(tmp_path):
    table = pa.table({"word": pa.array([], pa.string())})
    path = tmp_path / "orders.parquet"
    pq.write_table(table, path)
    strip_claims(path)
    assert pq.read_table(path).equals(table) and asked(path, "SELECT * FROM FILE") == []


def test_a_footer_without_claims_stays_byte_for_byte(tmp_path):
    path = written(tmp_path / "orders.parquet")
    strip_claims(path)
    once = path.read_bytes()
    strip_claims(path)
    assert path.read_bytes() == once


def footer_of(path: Path) -> bytes:
    raw = path.read_bytes()
    length = int.from_bytes(raw[-8:-4], "little")
    return raw[-8 - length:-8]


def test_a_damaged_footer_is_refused_in_words_or_read_as_it_is(tmp_path):
    footer = footer_of(written(tmp_path / "orders.parquet"))
    chance = random.Random(20261128)
    refused = 0
    for _ in range(400):
        damaged = bytearray(footer)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            without_claims(bytes(damaged[:chance.randint(1, len(damaged))]) if chance.random() < 0.3 else bytes(damaged))
        except NoFooter:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize(("content", "reason"), [
    (b"PAR1", "too short"),
    (b"PAR1" + b"\0" * 40, "does not end with PAR1"),
    (b"PAR1\0" + (1).to_bytes(4, "little") + b"PARE", "does not end with PAR1"),
    (b"PAR1\0" + (2**31).to_bytes(4, "little") + MAGIC, "too long"),
    (b"PAR1\x15" + (1).to_bytes(4, "little") + MAGIC, "cut off"),
    (b"PAR1\x1c" + b"\x1c" * 200 + b"\0" * 300 + (501).to_bytes(4, "little") + MAGIC, "nested too deeply"),
    (b"PAR1\x48\x01x\0" + (4).to_bytes(4, "little") + MAGIC, "another form"),
    (b"PAR1\0\0" + (2).to_bytes(4, "little") + MAGIC, "goes on after its end"),
])
def test_what_is_no_footer_says_why(tmp_path, content, reason):
    path = tmp_path / "orders.parquet"
    path.write_bytes(content)
    with pytest.raises(NoFooter, match=reason):
        strip_claims(path)
    assert path.read_bytes() == content
