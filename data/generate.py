"""Makes the sample evidence: a service year of each contract as the parties would hand it over, with planted irregularities.

Run `python data/generate.py [FOLDER]`. Everything follows from the contracts; the same bytes every time. The irregularities that
were planted are listed in irregularities.yaml.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook

from compliance.evidence.dictionary import load_dictionary
from compliance.linting.loading import load_contract

HERE = Path(__file__).resolve().parent
Rows = list[dict[str, object]]


def term(contract: str, name: str) -> str:
    """A figure of the contract, as it is printed there."""
    loaded, problems = load_contract(HERE.parent / "rules", contract)
    assert loaded is not None, problems
    return str(loaded.contract.terms[name].value)


def hotline() -> dict[str, Rows]:
    """The second instalment is paid six days late, and two members of staff are exchanged without consent."""
    c = "hotline-2025"
    payee = {"payee_name": term(c, "payee_name"), "payee_bank": term(c, "payee_bank"), "payee_account": term(c, "payee_account")}
    paid = [(1, "2025-11-12", "667188.00"), (2, "2026-03-06", "1222812.60")]
    payments: Rows = [{"payment_no": f"ZF-{n:03}", "purpose": "instalment", "instalment_no": n, "payer": "party_a", "paid_on": day,
                       "deduction_amount": "0.00", "amount": amount, "method": "bank_transfer", "status": "completed", **payee}
                      for n, day, amount in paid]
    invoices: Rows = [{"invoice_no": f"FP-{n:03}", "instalment_no": n, "issued_on": day, "received_on": day, "amount": amount,
                       "is_valid": True} for n, day, amount in ((1, "2025-10-30", "667188.00"), (2, "2026-02-10", "1222812.60"))]
    changes: Rows = []
    approvals: Rows = []
    for i, (day, consent) in enumerate((("2025-12-08", "2025-12-03"), ("2026-02-02", "2026-01-29"), ("2026-04-13", None),
                                        ("2026-06-08", "2026-06-10")), start=1):
        approval = f"SP-{i:03}" if consent else None
        changes.append({"change_id": f"BG-{i:03}", "change_type": "replacement", "initiated_by": "party_b", "approval_id": approval,
                        "effective_on": day, "replaced_on": day})
        if consent:
            approvals.append({"approval_id": approval, "subject_type": "staff_change", "subject_id": f"BG-{i:03}", "approver": "party_a",
                              "decision": "granted", "decided_at": f"{consent} 10:00", "form": "written"})
    return {"payments": payments, "invoices": invoices, "budget_events": [], "staff_changes": changes, "approvals": approvals}


def govcloud() -> dict[str, Rows]:
    """The invoice of the first instalment is issued three working days before the payment: the two readings of the clause differ."""
    c = "govcloud-2026"
    party = {"payee_name": term(c, "payee_name"), "payee_bank": term(c, "payee_bank"), "payee_account": term(c, "payee_account")}
    seller, buyer, number = term(c, "seller_name"), term(c, "buyer_name"), term(c, "buyer_tax_id")
    return {
        "contract_events": [{"event_id": "E-01", "event_type": "fully_executed", "occurred_on": "2026-07-10", "party": "both"}],
        "payments": [{"payment_no": "P-01", "purpose": "instalment", "instalment_no": 1, "payer": "party_a", "paid_on": "2026-08-07",
                      "amount": "1459779.00", "method": "bank_transfer", "status": "completed", **party}],
        "invoices": [{"invoice_no": "V-01", "instalment_no": 1, "seller_name": seller, "buyer_name": buyer, "buyer_tax_id": number,
                      "issued_on": "2026-08-04", "received_on": "2026-08-04", "amount": "1459779.00", "is_valid": True}],
        "notices": []}


def appointment() -> dict[str, Rows]:
    """One disclosure of number-source data by Party B to a company that Party A never agreed to."""
    return {
        "disclosures": [
            {"disclosure_id": "DS-01", "action": "provide", "disclosing_party": "party_b", "owner_party": "party_a",
             "information_type": "number_source_data", "recipient": "某数据公司", "recipient_type": "third_party", "disclosed_at": "2026-05-18 15:20",
             "approval_id": None}],
        "approvals": []}


def complaints() -> dict[str, Rows]:
    """The second instalment is paid seven days late."""
    common = {"purpose": "instalment", "payer": "party_a", "method": "bank_transfer", "status": "completed"}
    return {"payments": [{"payment_no": "FK-01", "instalment_no": 1, "paid_on": "2026-03-06", "amount": "2072000.00", **common},
                         {"payment_no": "FK-02", "instalment_no": 2, "paid_on": "2026-07-22", "amount": "592000.00", **common}],
            "contract_events": [{"event_id": "SJ-01", "event_type": "signed", "occurred_on": "2026-02-09", "party": "both"}],
            "budget_events": []}


def medadmin() -> dict[str, Rows]:
    """Three trainings of the year; nothing is irregular."""
    return {"training_sessions": [
        {"session_id": f"PX-{i:02}", "training_type": "business", "planned_on": day, "held_at": f"{day} 14:00", "hours": "2"}
        for i, day in enumerate(("2024-07-18", "2024-10-17", "2025-01-16"), start=1)]}


EVIDENCE = {"hotline-2025": hotline, "govcloud-2026": govcloud, "appointment-2026": appointment, "complaints-2026": complaints,
            "medadmin-2024": medadmin}
# Contracts whose parties write Chinese headers, and the encoding their files come in.
CHINESE = {"hotline-2025": "utf-8-sig", "complaints-2026": "utf-8", "medadmin-2024": "gb18030"}
WORKBOOK = "appointment-2026"


def cell(value: object) -> str:
    return "" if value is None else ("是" if value else "否") if isinstance(value, bool) else str(value)


def header(table: str, column: str, chinese: bool) -> str:
    spec = load_dictionary().tables[table].column(column)
    assert spec is not None
    return spec.zh if chinese else spec.name


def columns_of(table: str, rows: Rows) -> list[str]:
    return list(rows[0]) if rows else [c.name for c in load_dictionary().tables[table].columns]


def write_csv(path: Path, table: str, rows: Rows, encoding: str, chinese: bool) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    columns = columns_of(table, rows)
    writer.writerow([header(table, c, chinese) for c in columns])
    writer.writerows([cell(r[c]) for c in columns] for r in rows)
    path.write_bytes(out.getvalue().encode(encoding))


def write_workbook(path: Path, tables: dict[str, Rows]) -> None:
    """A workbook with a sheet a table; made anew without the times that would change its bytes."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.created = book.properties.modified = datetime(2000, 1, 1)
    for table, rows in tables.items():
        sheet = book.create_sheet(load_dictionary().tables[table].zh)
        columns = columns_of(table, rows)
        sheet.append([header(table, c, True) for c in columns])
        for row in rows:
            sheet.append([cell(row[c]) or None for c in columns])
    raw = io.BytesIO()
    book.save(raw)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for name in sorted(made.namelist()):
            data = made.read(name)
            if name == "docProps/core.xml":  # the library writes the time of saving into it
                start, end = data.index(b"<dcterms:modified"), data.index(b"</dcterms:modified>")
                data = data[:start] + b'<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z' + data[end:]
            fixed.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def write_manifest(folder: Path, tables: dict[str, str], by: str, on: str) -> None:
    """evidence.yaml: who handed the files over, when, and what they were."""
    lines = ["tables:"]
    for table, file in sorted(tables.items()):
        digest = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        encoding = ", encoding: gb18030" if file.endswith(".csv") and CHINESE.get(folder.name) == "gb18030" else ""
        lines.append(f"  {table}: {{file: {file}{encoding}, handed_over_by: {by}, handed_over_on: {on}, sha256: {digest}}}")
    (folder / "evidence.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def main(target: Path) -> None:
    dictionary = load_dictionary()
    for contract, make in EVIDENCE.items():
        folder = target / contract
        folder.mkdir(parents=True, exist_ok=True)
        tables = make()
        if contract == WORKBOOK:
            write_workbook(folder / "证据.xlsx", tables)
            continue
        chinese, files = contract in CHINESE, {}
        for table, rows in tables.items():
            files[table] = f"{dictionary.tables[table].zh if chinese else table}.csv"
            write_csv(folder / files[table], table, rows, CHINESE.get(contract, "utf-8"), chinese)
        write_manifest(folder, files, "甲方项目办公室", "2027-07-15")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
