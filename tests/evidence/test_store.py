"""Evidence that would hurt if it were read wrongly: nothing is guessed, nothing vanishes, nothing raises."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import ibis
import pandera.errors
import pytest
from openpyxl import Workbook

from compliance.evidence.check import check_evidence
from compliance.evidence.dictionary import load_dictionary
from compliance.evidence.parsing import _SIGN
from compliance.evidence.schemas import schema_of
from compliance.evidence.store import close, evidence_from_rows, open_evidence

HEADER = "payment_no,purpose,payer,amount,paid_on,payee_account"
GOOD = "P1,instalment,party_a,100.50,2026-03-01,00123"


def payments(folder: Path, *rows: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
    (folder / "payments.csv").write_bytes("\n".join([header, *rows, ""]).encode(encoding))
    return folder


def codes(source: Path) -> set[str]:
    return {p.code for p in check_evidence(str(source))[1]}


def rows_of(source: Path, columns: str, table: str = "payments", bad_rows: str = "reject") -> list[tuple]:
    store, problems = open_evidence(str(source), bad_rows=bad_rows)
    assert store is not None, problems
    found = store.backend.raw_sql(f"SELECT {columns} FROM raw_{table} ORDER BY _id").fetchall()
    close(store)
    return found


def test_a_good_row_keeps_its_text_and_exact_amount(tmp_path):
    assert rows_of(payments(tmp_path, GOOD), "_row, payee_account, amount, paid_on, _doubt") == [
        (2, "00123", Decimal("100.50"), date(2026, 3, 1), False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_header_decides_the_encoding(tmp_path, encoding):
    header = "付款编号,款项性质,付款方,金额,付款日期,收款户名"
    source = payments(tmp_path, "P1,instalment,party_a,1,2026年3月1日,某公司", header=header, encoding=encoding)
    assert rows_of(source, "paid_on, payee_name") == [(date(2026, 3, 1), "某公司")]


def test_text_that_two_encodings_allow_is_not_guessed(tmp_path):
    word = "\u00e9\u00e9".encode().decode("gb18030")
    assert codes(payments(tmp_path, GOOD.replace("00123", word), encoding="gb18030")) == {"evidence-encoding"}


def test_rows_are_conserved_and_a_bad_row_stays(tmp_path):
    payments(tmp_path, GOOD, ",,,,,", "P2,instalment,party_a,1e5,03/04/2026,7")
    (file,), _ = check_evidence(str(tmp_path))
    assert (file.rows, file.accepted, file.rejected, file.blank) == (3, 1, 1, 1)
    assert rows_of(tmp_path, "_row, _doubt, amount, paid_on") == [
        (2, False, Decimal("100.50"), date(2026, 3, 1)), (4, True, None, None)]


def test_a_bad_row_stops_unless_it_may_be_rejected(tmp_path):
    store, problems = open_evidence(str(payments(tmp_path, "P1,instalment,party_a,x,,")))
    assert store is None and all(p.fatal for p in problems)


@pytest.mark.parametrize(("rows", "code"), [
    (["P1,instalment,party_a,1,2"], "evidence-ragged-row"),
    (['P1,"instalment,party_a,1,,'], "evidence-csv"),
    ([GOOD, GOOD], "evidence-duplicate-key"),
    (["P1,instalment,party_a,-1,,"], "evidence-out-of-range"),
    (["P1,instalment,party_a,1.005,,"], "evidence-unreadable-cell"),
    (["P1,instalment,party_a,\"1,00\",,"], "evidence-unreadable-cell"),
    (["P1,nonsense,party_a,1,,"], "evidence-unreadable-cell"),
    (["P1,instalment,party_a,1,2026-02-30,"], "evidence-unreadable-cell"),
    (["P1,instalment,party_a,,,"], "evidence-missing-value"),
    (["P1,instalment,party_a,1\0,,"], "evidence-nul-byte"),
])
def test_what_is_wrong_with_a_row_is_a_problem(tmp_path, rows, code):
    assert code in codes(payments(tmp_path, *rows))


@pytest.mark.parametrize(("header", "code"), [
    (HEADER.replace("paid_on", "payed_on"), "evidence-unknown-column"),
    (HEADER.replace("paid_on", "金额"), "evidence-duplicate-header"),
])
def test_what_is_wrong_with_a_header_is_a_problem(tmp_path, header, code):
    assert code in codes(payments(tmp_path, GOOD, header=header))


def test_comments_and_quoted_newlines_keep_their_rows(tmp_path):
    source = payments(tmp_path, '"#P\n1",instalment,party_a,1,,', "#P2,instalment,party_a,1,,")
    assert rows_of(source, "_row, payment_no") == [(2, "#P\n1"), (3, "#P2")]


def test_a_declared_date_format_is_used_and_only_then(tmp_path):
    payments(tmp_path, GOOD.replace("2026-03-01", "03/04/2026"))
    assert codes(tmp_path) == {"evidence-unreadable-cell"}
    (tmp_path / "evidence.yaml").write_text("tables:\n  payments: {file: payments.csv, date_format: DD/MM/YYYY}\n")
    assert rows_of(tmp_path, "paid_on") == [(date(2026, 4, 3),)]


@pytest.mark.parametrize("entry", ["file: ../payments.csv", "sha256: '00'", "fil: payments.csv", "file: gone.csv"])
def test_a_manifest_that_does_not_fit_is_a_problem(tmp_path, entry):
    payments(tmp_path, GOOD)
    (tmp_path / "evidence.yaml").write_text(f"tables:\n  payments: {{{entry}}}\n")
    assert open_evidence(str(tmp_path), bad_rows="reject")[0] is None


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "payments.csv").symlink_to(payments(outside, GOOD) / "payments.csv")
    assert codes(folder) == {"evidence-no-file"}


def test_nothing_outside_can_be_read_once_the_evidence_is_in(tmp_path):
    store, _ = open_evidence(str(payments(tmp_path, GOOD)))
    with pytest.raises(duckdb.Error):
        store.backend.raw_sql(f"SELECT * FROM read_csv('{tmp_path / 'payments.csv'}')")
    with pytest.raises(duckdb.Error):
        store.backend.raw_sql("SET enable_external_access=true")
    close(store)


def workbook(path: Path, *rows: tuple, title: str = "payments") -> Path:
    book = Workbook()
    book.active.title = title
    for row in (tuple(HEADER.split(",")), *rows):
        book.active.append(row)
    book.save(path)
    return path


CELLS = ("P1", "instalment", "party_a", 100.5, datetime(2026, 3, 1), "00123")


def test_typed_cells_become_exact_values(tmp_path):
    source = workbook(tmp_path / "evidence.xlsx", CELLS)
    assert rows_of(source, "_sheet, _row, amount, paid_on") == [("payments", 2, Decimal("100.50"), date(2026, 3, 1))]


@pytest.mark.parametrize(("place", "value", "code"), [
    (3, "=1+1", "evidence-formula"), (3, "#N/A", "evidence-error-cell"), (5, 123456789012345678, "evidence-long-number")])
def test_cells_that_need_a_guess_are_problems(tmp_path, place, value, code):
    cells = [*CELLS]
    cells[place] = value
    assert code in codes(workbook(tmp_path / "evidence.xlsx", tuple(cells)))


def test_a_forged_size_of_a_sheet_drops_no_rows(tmp_path):
    whole = workbook(tmp_path / "whole.xlsx", CELLS, ("P2", *CELLS[1:]))
    forged = tmp_path / "evidence.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb'dimension ref="[^"]*"', b'dimension ref="A1:F2"', old.read(name)))
    assert rows_of(forged, "payment_no") == [("P1",), ("P2",)]


@pytest.mark.parametrize("name", ["payments.xlsx", "payments.parquet", "evidence.duckdb"])
def test_a_file_that_is_not_what_it_says_is_a_problem(tmp_path, name):
    (tmp_path / name).write_bytes(b"not at all")
    source = tmp_path / name if name.endswith("duckdb") else tmp_path
    assert codes(source)


def test_parquet_amounts_that_are_not_exact_are_problems(tmp_path):
    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT 'P' || i AS payment_no, 'instalment' AS purpose, 'party_a' AS payer,"
                       f" (CASE WHEN i = 1 THEN 0.5 ELSE 0.123 END)::DOUBLE AS amount FROM range(1, 3) t(i))"
                       f" TO '{tmp_path / 'payments.parquet'}'")
    assert rows_of(tmp_path, "payment_no, amount, _doubt") == [("P1", Decimal("0.50"), False), ("P2", None, True)]


def test_a_missing_folder_is_a_problem(tmp_path):
    assert codes(tmp_path / "none") == {"evidence-missing-folder"}


def test_rows_of_a_cases_file_and_an_empty_table():
    store, problems = evidence_from_rows({"invoices": [], "payments": [
        {"payment_no": "P1", "purpose": "instalment", "payer": "party_a", "amount": 100}]})
    assert not problems and store.tables["invoices"].columns >= {"invoice_no", "received_on"}
    assert store.backend.raw_sql("SELECT amount FROM raw_payments").fetchall() == [(Decimal("100.00"),)]
    close(store)


def test_pandera_itself_refuses_a_known_bad_row():
    """The environment can switch pandera off; then this fails."""
    spec = load_dictionary().tables["payments"]
    bad = ibis.memtable({"payment_no": ["P1"], "amount": ["-1"]}).mutate(amount=ibis._.amount.cast("decimal(18,2)"))
    assert spec.column("amount").minimum == 0
    with pytest.raises((pandera.errors.SchemaError, pandera.errors.SchemaErrors)):
        schema_of("payments").validate(bad)


def test_signs_that_are_read_as_they_stand_are_their_own_normal_form():
    plain = re.compile(f"[ {_SIGN}]")
    signs = [chr(c) for c in range(0x10000) if plain.fullmatch(chr(c))]
    assert "×" in signs and "（" not in signs and "…" not in signs
    assert [s for s in signs if unicodedata.normalize("NFKC", s) != s or unicodedata.combining(s)] == []
