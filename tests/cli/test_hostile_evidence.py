"""Files that hide, disguise or contradict a late payment: whatever a file does, it must not make the payment look kept.

Every folder here says that the instalment was paid on time (P1) and, in some way that a careless reader misses, that
another part of it was paid long after the last day (P2). The audit must see the late part or refuse the file.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from compliance.evidence import staging
from compliance.evidence.store import close, open_evidence

HEADER = "payment_no,purpose,payer,amount,paid_on"
ON_TIME = "P1,instalment,party_a,100.00,2026-01-20"
LATE = "P2,instalment,party_a,900.00,2026-05-20"
AS_OF = "2026-06-30"
COLUMNS = tuple(HEADER.split(","))
ROWS = (("P1", "instalment", "party_a", 100, date(2026, 1, 20)), ("P2", "instalment", "party_a", 900, date(2026, 5, 20)))
# The same rows as a typed table.
TYPED = ("SELECT 'P' || i AS payment_no, 'instalment' AS purpose, 'party_a' AS payer, (i * 100)::DECIMAL(18,2) AS amount,"
         " DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on FROM range(1, 3) t(i)")


@pytest.fixture
def folder(evidence: Path) -> Path:
    """The folder of evidence without a file."""
    (evidence / "payments.csv").unlink()
    return evidence


@pytest.fixture
def judged(run, rules, tmp_path) -> Callable[..., str]:
    """The verdict on the instalment, or the codes of the problems for which the evidence was refused."""
    def command(source: Path | str, bad_rows: str = "stop") -> str:
        out = tmp_path / "out"
        shutil.rmtree(out, ignore_errors=True)
        result = run("audit", "sample", "--evidence", source, "--as-of", AS_OF, "--rules", rules, "--out", out, "--bad-rows", bad_rows)
        if result.exit_code == 2:
            assert not out.exists()
            return " ".join(sorted(set(re.findall(r"\b(?:evidence|manifest)-[a-z-]+(?=:)", result.output)))) or result.output
        (finding,) = json.loads((out / "sample.findings.json").read_text(encoding="utf-8"))["findings"]
        return finding["verdict"]
    return command


def csv_file(folder: Path, *lines: str, name: str = "payments.csv", encoding: str = "utf-8", end: str = "\n") -> Path:
    (folder / name).write_bytes("".join(line + end for line in lines).encode(encoding))
    return folder


def both(judged, source: Path | str) -> tuple[str, str]:
    return judged(source), judged(source, "reject")


def test_the_rows_as_they_should_be_are_a_breach(judged, folder):
    assert both(judged, csv_file(folder, HEADER, ON_TIME, LATE)) == ("breach", "breach")


def test_without_the_late_row_the_payment_is_kept(judged, folder):
    assert both(judged, csv_file(folder, HEADER, ON_TIME)) == ("compliant", "compliant")


@pytest.mark.parametrize("late", [
    LATE.replace("P2", "#P2"),
    f'"P2\n",{LATE.partition(",")[2]}',
    LATE.replace("P2", " P2 "),
    LATE.replace("instalment", "　instalment "),
    LATE.replace("2026-05-20", "２０２６年５月２０日"),
    LATE.replace("2026-05-20", "2026/5/20"),
    LATE.replace("900.00", '"９００．００"'),
    LATE.replace("900.00", "0900.0000"),
    LATE.replace("party_a", "甲方"),
    "P2,instalment,party_a,900.00,2026.05.20",
])
def test_a_late_row_in_another_dress_is_still_read(judged, folder, late):
    assert both(judged, csv_file(folder, HEADER, ON_TIME, late)) == ("breach", "breach")


NO_DAYS = ("20/05/2026", "2026-05", "46162", "2026-05-20T10:00+08:00", "2026-05-20 10:00", "2026-02-30", "2026-13-01", "0026-05-20",
           "26-05-20", "2026-05-20\u200b", "2026\u20105-20", "二〇二六年五月二十日", "NULL", "NaN", "N/A", "-", "infinity", "epoch",
           "today", "2026-05-20 BC")
NO_CODES = ("instal\u200bment", "inst\u0430lment", "INSTALMENT", "", "null")
NO_AMOUNTS = ("9e2", "NaN", "Infinity", "-900", "9,00", "900.001", "元", "")


@pytest.mark.parametrize("late", [
    *(LATE.replace("2026-05-20", day) for day in NO_DAYS), *(LATE.replace("instalment", code) for code in NO_CODES),
    *(LATE.replace("900.00", amount) for amount in NO_AMOUNTS), LATE.replace("party_a", "party_с")])
def test_a_late_row_that_cannot_be_read_never_leaves_the_rest_kept(judged, folder, late):
    source = csv_file(folder, HEADER, ON_TIME, late)
    refused, verdict = both(judged, source)
    assert refused.startswith("evidence-")
    assert verdict in ("breach", "no_evidence") or verdict == refused


@pytest.mark.parametrize(("lines", "code"), [
    ([], "evidence-empty-file"),
    ([HEADER, ON_TIME, LATE + ",more"], "evidence-ragged-row"),
    ([HEADER, ON_TIME, LATE.rpartition(",")[0]], "evidence-ragged-row"),
    ([HEADER, ON_TIME + ',"', LATE], "evidence-csv"),
    ([HEADER, '"' + ON_TIME, LATE], "evidence-csv"),
    ([HEADER + ",付款日期", ON_TIME + ",", LATE.replace("2026-05-20", "2026-01-20,2026-05-20")], "evidence-duplicate-header"),
    ([HEADER + ",paid_on", ON_TIME + ",", LATE.replace("2026-05-20", "2026-01-20,2026-05-20")], "evidence-duplicate-header"),
    ([HEADER + ",", ON_TIME + ",", LATE + ","], "evidence-blank-header"),
    ([HEADER + ",late", ON_TIME + ",", LATE + ","], "evidence-unknown-column"),
    (["sep=;", HEADER, ON_TIME, LATE], "evidence-unknown-column"),
    ([HEADER.replace(",", ";"), "P1;instalment;party_a;100.00;2026-01-20"], "evidence-unknown-column"),
    (["", HEADER, ON_TIME, LATE], "evidence-blank-header"),
    ([HEADER, ON_TIME, LATE.replace("P2", "P\x002")], "evidence-nul-byte"),
    ([HEADER, ON_TIME, LATE.replace("P2", "P" * 40_000)], "evidence-cell-too-long"),
])
def test_a_file_of_a_doubtful_form_is_refused(judged, folder, lines, code):
    source = csv_file(folder, *lines)
    assert all(code in found.split() for found in both(judged, source))


@pytest.mark.parametrize(("number", "code"), [
    ("P1", "evidence-duplicate-key"), ("Ｐ１", "evidence-duplicate-key"), ("", "evidence-missing-value")])
def test_a_late_row_without_a_number_of_its_own_is_in_doubt_and_not_gone(judged, folder, number, code):
    assert both(judged, csv_file(folder, HEADER, ON_TIME, LATE.replace("P2", number))) == (code, "no_evidence")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_ends_of_lines_lose_no_row(judged, folder, end):
    assert judged(csv_file(folder, HEADER, ON_TIME, LATE, end=end)) in ("breach", "evidence-csv")


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x85", "\x1a"])
def test_signs_that_some_programs_take_for_the_end_of_a_line_or_file_are_none(judged, folder, sign):
    assert judged(csv_file(folder, HEADER, ON_TIME.replace("P1", f"P1{sign}x"), LATE, encoding="utf-8-sig")) == "breach"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7", "shift_jis", "big5"])
def test_an_encoding_that_is_not_allowed_is_refused(judged, folder, encoding):
    assert "evidence-" in judged(csv_file(folder, "payment_no,purpose,付款方,amount,paid_on", ON_TIME, LATE, encoding=encoding))


def test_two_files_of_one_table_are_not_chosen_between(judged, folder):
    csv_file(folder, HEADER, ON_TIME)
    csv_file(folder, HEADER, LATE, name="付款.csv")
    assert both(judged, folder) == ("evidence-two-files",) * 2


def test_two_files_that_are_declared_as_parts_are_one_table(judged, folder):
    csv_file(folder, HEADER, ON_TIME, name="first.csv")
    csv_file(folder, HEADER, LATE, name="second.csv")
    assert "evidence-unknown-table" in judged(folder)
    (folder / "evidence.yaml").write_text("tables:\n  payments: {files: [first.csv, second.csv]}\n", encoding="utf-8")
    assert judged(folder) == "breach"


def test_a_part_without_a_needed_column_does_not_hide_its_rows(judged, folder):
    csv_file(folder, HEADER, ON_TIME, name="first.csv")
    csv_file(folder, "payment_no,purpose,payer,amount", LATE.rpartition(",")[0], name="second.csv")
    (folder / "evidence.yaml").write_text("tables:\n  payments: {files: [first.csv, second.csv]}\n", encoding="utf-8")
    assert both(judged, folder) == ("evidence-parts-differ",) * 2


@pytest.mark.parametrize("name", ["evidence/payments.csv", "late.csv", "payments.csv.bak", "payments (1).csv", "payments.xls",
                                  "payments.xlsm", "payments.tsv", "payments.json", "notes.md"])
def test_a_file_that_is_not_read_is_never_passed_over(judged, folder, name):
    csv_file(folder, HEADER, ON_TIME)
    (folder / name).parent.mkdir(exist_ok=True)
    csv_file(folder, HEADER, LATE, name=name)
    assert both(judged, folder)[0].startswith("evidence-") and both(judged, folder)[1].startswith("evidence-")


# --- workbooks

def save(book: Workbook, path: Path) -> Path:
    book.save(path)
    return path.parent


def book_of(*rows: tuple, title: str = "payments") -> tuple[Workbook, Worksheet]:
    book = Workbook()
    book.active.title = title
    for row in (COLUMNS, *rows):
        book.active.append(row)
    return book, book.active


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    """The package with its parts changed."""
    parts = {}
    with zipfile.ZipFile(path) as package:
        parts = {name: change(name, package.read(name)) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


def hide_row(book: Workbook, sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True


def hide_column(book: Workbook, sheet: Worksheet) -> None:
    sheet.column_dimensions["E"].hidden = True


def hide_sheet(book: Workbook, sheet: Worksheet) -> None:
    book.create_sheet("说明")
    sheet.sheet_state = "hidden"


def merge(book: Workbook, sheet: Worksheet) -> None:
    sheet.merge_cells("E2:E3")


def formula(book: Workbook, sheet: Worksheet) -> None:
    sheet["E3"] = "=E2"


def error(book: Workbook, sheet: Worksheet) -> None:
    sheet["E3"] = "#REF!"


def clock(book: Workbook, sheet: Worksheet) -> None:
    sheet["E3"] = 46162


def second_sheet(book: Workbook, sheet: Worksheet) -> None:
    other = book.create_sheet("付款")
    for row in (COLUMNS, ROWS[1]):
        other.append(row)
    sheet.delete_rows(3)


def unknown_sheet(book: Workbook, sheet: Worksheet) -> None:
    other = book.create_sheet("Sheet2")
    for row in (COLUMNS, ROWS[1]):
        other.append(row)
    sheet.delete_rows(3)


def wide(book: Workbook, sheet: Worksheet) -> None:
    sheet["G3"] = "2026-05-20"


def gap(book: Workbook, sheet: Worksheet) -> None:
    sheet.insert_rows(3, 4)


@pytest.mark.parametrize("change", [hide_row, hide_column, hide_sheet, merge, formula, error, clock, second_sheet, unknown_sheet, wide,
                                    gap])
def test_a_workbook_hides_no_row(judged, folder, change):
    book, sheet = book_of(*ROWS)
    change(book, sheet)
    save(book, folder / "evidence.xlsx")
    assert judged(folder).startswith("evidence-") or judged(folder) == "breach"
    assert judged(folder, "reject").startswith("evidence-") or judged(folder, "reject") in ("breach", "no_evidence")


def test_empty_rows_between_do_not_end_the_table(judged, folder):
    book, sheet = book_of(*ROWS)
    gap(book, sheet)
    save(book, folder / "evidence.xlsx")
    assert judged(folder) == "breach"


def test_days_of_a_workbook_of_the_other_epoch_are_the_days_it_shows(judged, folder):
    book, _ = book_of(*ROWS)
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    save(book, folder / "evidence.xlsx")
    assert judged(folder) == "breach"


def test_two_workbooks_of_many_sheets_are_read_together(judged, folder):
    first, _ = book_of(ROWS[0])
    save(first, folder / "first.xlsx")
    second = Workbook()
    second.active.title = "invoices"
    second.active.append(("invoice_no", "received_on", "amount"))
    save(second, folder / "second.xlsx")
    assert judged(folder) == "compliant"
    again, _ = book_of(ROWS[1])
    save(again, folder / "third.xlsx")
    assert judged(folder) == "evidence-two-files"


@pytest.mark.parametrize(("pattern", "by", "code"), [
    (rb'(<row r="2".*?</row>)(<row r="3".*?</row>)', rb"\2\1", "evidence-disorder"),
    (rb'r="([A-E]?)3"', rb'r="\g<1>2"', "evidence-disorder"),
    (rb'(<c r="E3"[^>]*>)<v>(\d+)</v></c>', rb"\1<v>\2</v></c>\1<v>46042</v></c>", "evidence-disorder"),
    (rb'(<c r="D3".*?</c>)(<c r="E3".*?</c>)', rb"\2\1", "evidence-disorder"),
    (rb'<c r="E3"', rb'<c r="E2"', "evidence-disorder"),
    (rb'<row r="3"(.*?)</row>', rb'<x:row xmlns:x="urn:other" r="3"\1</x:row>', "evidence-disorder"),
    (rb'<row r="3"', rb'<row r="3" hidden="&#49;"', "evidence-hidden"),
    (rb'<row r="3"', rb'<row r="3" ht="0" customHeight="1"', "evidence-hidden"),
    (rb"<sheetFormatPr ", rb'<sheetFormatPr zeroHeight="true" ', "evidence-hidden"),
    (rb"^", rb"<!DOCTYPE worksheet>", "evidence-workbook"),
    (rb"</sheetData>", rb"", "evidence-workbook"),
])
def test_a_sheet_that_programs_show_differently_is_refused(judged, folder, pattern, by, code):
    book, _ = book_of(*ROWS)
    save(book, folder / "evidence.xlsx")
    changed = []

    def change(name: str, data: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return data
        changed.append(re.sub(pattern, by, data) != data)
        return re.sub(pattern, by, data)

    rewritten(folder / "evidence.xlsx", change)
    assert changed == [True]
    assert both(judged, folder) == (code, code)


def test_a_part_that_stands_twice_in_the_package_is_not_chosen_between(judged, folder):
    book, _ = book_of(*ROWS)
    save(book, folder / "evidence.xlsx")
    early, _ = book_of(ROWS[0])
    save(early, folder / "early.xlsx")
    with zipfile.ZipFile(folder / "early.xlsx") as package:
        part = package.read("xl/worksheets/sheet1.xml")
    (folder / "early.xlsx").unlink()
    with zipfile.ZipFile(folder / "evidence.xlsx", "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("xl/worksheets/sheet1.xml", part)
    assert judged(folder) == "evidence-workbook"


def test_an_entity_that_grows_without_end_is_refused(judged, folder):
    book, _ = book_of(*ROWS)
    save(book, folder / "evidence.xlsx")
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY a%d "%s">' % (i, (b"&a%d;" % (i - 1) if i else b"&a;") * 10) for i in range(12)) + b"]>"
    rewritten(folder / "evidence.xlsx", lambda name, data: bomb + re.sub(rb"^<\?xml.*?\?>", b"", data).replace(b"<v>", b"<v>&a11;", 1)
              if name.endswith("sheet1.xml") else data)
    assert judged(folder) == "evidence-workbook"


def test_a_cell_far_away_is_no_reason_to_take_all_memory(judged, folder):
    book, sheet = book_of(*ROWS)
    sheet["XFD1048576"] = "x"
    save(book, folder / "evidence.xlsx")
    assert judged(folder).startswith("evidence-")


def test_a_package_that_unpacks_to_gigabytes_is_refused(judged, folder):
    with (zipfile.ZipFile(folder / "evidence.xlsx", "w", zipfile.ZIP_DEFLATED) as package,
          package.open("xl/worksheets/sheet1.xml", "w") as part):
        for _ in range(300):
            part.write(b" " * 2**20)
    assert judged(folder) == "evidence-workbook"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", HEADER.encode(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)])
def test_what_is_no_workbook_is_refused(judged, folder, content):
    (folder / "evidence.xlsx").write_bytes(content)
    assert judged(folder) == "evidence-workbook"


# --- typed files

def parquet(path: Path, select: str = TYPED) -> Path:
    with duckdb.connect() as engine:
        engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


def test_a_typed_file_shows_the_late_row(judged, folder):
    parquet(folder / "payments.parquet")
    assert judged(folder) == "breach"


def test_forged_statistics_of_a_typed_file_hide_no_row(judged, folder):
    path = parquet(folder / "payments.parquet")
    raw = path.read_bytes()
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    late, early = ((day - date(1970, 1, 1)).days.to_bytes(4, "little") for day in (date(2026, 5, 20), date(2026, 1, 20)))
    assert late in raw[footer:]
    path.write_bytes(raw[:footer] + raw[footer:].replace(late, early))
    assert both(judged, folder) == ("breach", "breach")


def test_a_typed_file_that_understates_its_rows_is_refused(judged, folder):
    path = parquet(folder / "payments.parquet")
    raw = path.read_bytes()
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    # The second number of 64 bits that says 2 (rows of the group, then of the file and of each column) is made 1.
    found = 0
    for match in re.finditer(rb"\x16\x04", raw[footer:]):
        at = footer + match.start()
        path.write_bytes(raw[:at] + b"\x16\x02" + raw[at + 2:])
        answer = judged(folder)
        assert answer == "breach" or answer.startswith("evidence-")
        found += answer == "evidence-row-count"
    assert found


@pytest.mark.parametrize("select", [
    TYPED.replace("DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on", "46042 + (i - 1) * 120 AS paid_on"),
    TYPED.replace("DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on", "[DATE '2026-01-20'] AS paid_on"),
    TYPED.replace("DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on", "TIMESTAMPTZ '2026-05-20 00:30:00+08' AS paid_on"),
    TYPED.replace("DATE '2026-01-20'", "DATE '2026-01-20' AS \"付款日期\", DATE '2026-01-20'"),
    TYPED.replace("DATE '2026-01-20'", "DATE '2026-01-20' AS other, DATE '2026-01-20'"),
    TYPED.replace("'instalment' AS", "['instalment'] AS"),
])
def test_a_typed_file_with_columns_of_another_type_is_refused(judged, folder, select):
    parquet(folder / "payments.parquet", select)
    assert all(found.startswith("evidence-") for found in both(judged, folder))


@pytest.mark.parametrize("day", ["20/05/2026", "2026-02-30", "infinity"])
def test_text_in_a_typed_file_is_read_as_strictly(judged, folder, day):
    parquet(folder / "payments.parquet", TYPED.replace(
        "DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on", f"CASE i WHEN 1 THEN '2026-01-20' ELSE '{day}' END AS paid_on"))
    assert judged(folder, "reject") == "no_evidence"


@pytest.mark.parametrize("day", ["'infinity'::DATE", "'-infinity'::DATE", "DATE '0026-05-20'", "DATE '12026-05-20'"])
def test_a_day_without_end_is_no_day(judged, folder, day):
    parquet(folder / "payments.parquet", TYPED.replace(
        "DATE '2026-01-20' + ((i - 1) * 120)::INT AS paid_on", f"CASE i WHEN 1 THEN DATE '2026-01-20' ELSE {day} END AS paid_on"))
    assert judged(folder, "reject") == "no_evidence"


def test_a_folder_named_like_a_column_changes_none(judged, folder):
    inner = folder / "paid_on=2026-01-20"
    inner.mkdir()
    parquet(inner / "payments.parquet")
    assert judged(folder) == "evidence-no-file"
    assert judged(inner) == "breach"


def test_a_name_that_is_a_pattern_reads_no_other_file(judged, folder):
    parquet(folder / "payments.parquet", f"{TYPED} LIMIT 1")
    parquet(folder / "payment[s].parquet")
    (folder / "evidence.yaml").write_text("tables:\n  payments: {files: ['payment[s].parquet']}\n", encoding="utf-8")
    assert judged(folder) == "evidence-two-files"
    (folder / "payments.parquet").unlink()
    assert judged(folder) == "breach"


@pytest.mark.parametrize(("statements", "expected"), [
    (f"CREATE TABLE payments AS {TYPED}", "breach"),
    (f"CREATE TABLE payments AS {TYPED}; CREATE MACRO max(x) AS min(x); CREATE MACRO trim(x) AS ''", "breach"),
    (f"CREATE TABLE hidden AS {TYPED}; CREATE VIEW payments AS SELECT * FROM hidden LIMIT 1",
     "evidence-database-view evidence-unknown-table"),
    (f"CREATE TABLE payments AS {TYPED} LIMIT 1; CREATE SCHEMA other; CREATE TABLE other.payments AS {TYPED}", "evidence-database-schema"),
    (f"CREATE TABLE payments AS {TYPED} LIMIT 1; CREATE TABLE 付款 AS {TYPED}", "evidence-two-files"),
    (f"CREATE TABLE payments AS {TYPED}; CREATE TABLE notes AS SELECT 1 AS x", "evidence-unknown-table"),
    ("CREATE TABLE x AS SELECT 1 AS y; DROP TABLE x", "no_evidence"),
])
def test_a_database_shows_its_own_rows_and_nothing_else(judged, tmp_path, statements, expected):
    path = tmp_path / "given.duckdb"
    with duckdb.connect(str(path)) as engine:
        for statement in statements.split("; "):
            engine.execute(statement)
    assert both(judged, path) == (expected, expected)
    assert judged(f"duckdb:///{path}") == expected


@pytest.mark.parametrize("source", ["postgresql://auditor@server/db", "mysql://server/db", "https://server/payments.csv", "s3://bucket/x",
                                    "file:///payments.csv", "", "payments.csv"])
def test_a_place_that_is_no_evidence_is_refused(judged, source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert judged(source) in ("evidence-url", "evidence-missing-folder")


def test_evidence_that_is_script_stays_text_in_the_report(run, rules, folder, tmp_path):
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"
    csv_file(folder, HEADER, LATE.replace("P2", attack))
    result = run("audit", "sample", "--evidence", folder, "--as-of", AS_OF, "--rules", rules, "--out", tmp_path / "out", "--format", "html")
    assert result.exit_code == 1
    page = (tmp_path / "out" / "sample.html").read_text(encoding="utf-8")
    assert "alert(1)" in page and "<script>alert" not in page and "<img src=x" not in page


def test_a_file_that_changes_while_it_is_read_is_the_copy_whose_digest_is_reported(folder, monkeypatch):
    csv_file(folder, HEADER, ON_TIME, LATE)
    read = staging.stage_csv

    def meanwhile(*args, **kwargs):
        csv_file(folder, HEADER, ON_TIME)
        return read(*args, **kwargs)

    monkeypatch.setattr(staging, "stage_csv", meanwhile)
    store, problems = open_evidence(str(folder))
    assert store is not None, problems
    assert store.backend.raw_sql("SELECT count(*) FROM raw_payments").fetchone() == (2,)
    assert store.files[0].sha256 == hashlib.sha256("".join(f"{r}\n" for r in (HEADER, ON_TIME, LATE)).encode()).hexdigest()
    close(store)
