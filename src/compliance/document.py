"""The findings document: the one result of an audit, which everything else renders."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib.metadata import version
from typing import Any

from compliance.audit import Audit
from compliance.calendar.workdays import calendar_version, last_published_year
from compliance.contract_text.records import ClauseTree
from compliance.effects.ledger import CLAIMED_EFFECTS, Claim, LedgerLine, liable_party, money_ledger
from compliance.evidence.records import EvidenceFile
from compliance.ground import Problem
from compliance.model.finding import Finding

SCHEMA_VERSION = "1.0"
_PACKAGES = ("duckdb", "durable-rules", "ibis-framework", "matplotlib", "pandera", "papermill", "sqlglot")


def findings_document(audit: Audit, text: ClauseTree | None = None, review: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The document of DESIGN section 8; the same inputs give the same document.

    With the `text` of the contract and its `review` the wording of each clause that a finding rests on stands in it too.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "manifest": _manifest(audit),
        "findings": [_finding(f) for f in audit.findings],
        "effects": [_effect(f) for f in audit.findings if f.verdict == "arisen"],
        "ledger": [_ledger_line(line) for line in _ledger(audit)],
        "problems": [_problem(p) for p in audit.problems],
        "coverage": coverage(audit),
        "timeline": _timeline(audit),
    }
    if text is not None:
        document["contract_text"] = _contract_text(audit, text) | {"review": review}
    return document


def _contract_text(audit: Audit, text: ClauseTree) -> dict[str, Any]:
    cited = sorted({f.provision.clause for f in audit.findings})
    return {"file": text.file, "sha256": text.sha256, "clauses": {c: text.wording(c) for c in cited if c in text.by_id},
            "not_found": [c for c in cited if c not in text.by_id]}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _manifest(audit: Audit) -> dict[str, Any]:
    contract, rules = audit.loaded.contract, audit.loaded.rule_set
    price = contract.terms[contract.price].value if contract.price else None
    return {
        "contract": {
            "id": contract.id, "title": contract.title.as_dict(),
            "parties": {k: v.as_dict() for k, v in contract.parties.items()},
            "service": {"start": contract.service_start.isoformat(), "end": contract.service_end.isoformat()},
            "signed_on": contract.signed_on.isoformat() if contract.signed_on else None,
            "price": _money(price) if isinstance(price, Decimal) else None},
        "as_of": audit.as_of.isoformat(),
        "rule_set": {"sha256": rules.sha256, "rules": len(rules.rules),
                     "provisions": len({f.provision_id for f in audit.findings})},
        "evidence": [_file(f) for f in audit.files],
        "calendar": {"version": calendar_version(), "last_published_year": last_published_year()},
        "packages": {name: version(name) for name in _PACKAGES},
    }


def _file(file: EvidenceFile) -> dict[str, Any]:
    return {
        "table": file.table, "file": file.file, "sheet": file.sheet, "sha256": file.sha256, "rows": file.rows,
        "accepted": file.accepted, "rejected": file.rejected, "blank": file.blank, "encoding": file.encoding,
        "complete_from": file.complete_from and file.complete_from.isoformat(),
        "complete_to": file.complete_to and file.complete_to.isoformat(),
        "handed_over_by": file.handed_over_by, "handed_over_on": file.handed_over_on and str(file.handed_over_on)}


def _finding(finding: Finding) -> dict[str, Any]:
    provision = finding.provision
    return {
        "id": finding.id, "rule": finding.rule, "provision": finding.provision_id, "clause": provision.clause,
        "category": provision.category, "modality": provision.modality, "obligor": provision.obligor,
        "automation": provision.checkability, "subject": finding.subject, "link": finding.link,
        "verdict": finding.verdict, "due": finding.due, "done": finding.done, "amount": _money(finding.amount),
        "provisional": finding.provisional, "contested": finding.contested,
        "readings": [{"reading": r.reading, "text": r.text.as_dict(), "verdict": r.verdict, "due": r.due,
                      "amount": _money(r.amount)} for r in finding.readings],
        "title": finding.title.as_dict(), "summary": finding.summary.as_dict(),
        "explanation": finding.explanation.as_dict(), "computation": finding.computation,
        "measures": dict(finding.measures),
        "evidence": [{"table": e.table, "file": e.file, "sheet": e.sheet, "row": e.row, "key": e.key}
                     for e in finding.evidence],
        "evidence_count": finding.evidence_count, "missing": list(finding.missing), "because": list(finding.because),
        "count": finding.count}


def _effect(finding: Finding) -> dict[str, Any]:
    return {"id": f"effect/{finding.id}", "finding": finding.id, "provision": finding.provision_id,
            "clause": finding.provision.clause, "effect": finding.effect or "right", "obligor": finding.provision.obligor,
            "subject": finding.subject, "amount": _money(finding.amount), "because": list(finding.because),
            "title": finding.title.as_dict()}


def _ledger(audit: Audit) -> tuple[LedgerLine, ...]:
    """What has arisen in money, beside the penalties that the evidence records."""
    claims = [Claim(f.provision_id, f.provision.clause, liable_party(f.provision), f.effect or "", f.amount)
              for f in audit.findings if f.verdict == "arisen" and f.effect in CLAIMED_EFFECTS]
    return money_ledger(claims, audit.penalties)


def _ledger_line(line: LedgerLine) -> dict[str, Any]:
    sums = ("claimable", "recorded", "notified", "deducted", "paid", "waived", "outstanding")
    return {"provisions": list(line.provisions), "clause": line.clause, "liable_party": line.liable_party,
            "effects": list(line.effects), "unquantified": line.unquantified,
            **{name: _money(getattr(line, name)) for name in sums}}


def _problem(problem: Problem) -> dict[str, Any]:
    at = problem.location
    return {"code": problem.code, "message": problem.message, "file": at.file, "sheet": at.sheet, "row": at.line or None,
            "column": at.field, "help": problem.help, "fatal": problem.fatal}


def coverage(audit: Audit) -> dict[str, Any]:
    """Every provision of the register: encoded, or not yet."""
    encoded = {f.provision.id for f in audit.findings}
    provisions = [{"provision": f"{audit.loaded.contract.id}-{p.id}", "clause": p.clause, "category": p.category,
                   "modality": p.modality, "checkability": p.checkability,
                   "status": "encoded" if p.id in encoded else "not_encoded"}
                  for p in audit.loaded.contract.provisions.values()]
    return {"provisions": provisions, "encoded": len(encoded), "total": len(provisions)}


def _timeline(audit: Audit) -> list[dict[str, Any]]:
    """What the client (Party A) must pay by a day, for the figure; not its rights to withhold, nor what must come before."""
    return [{"kind": "payment", "key": f.id, "label": f.title.zh, "due": f.due, "done": f.done, "amount": _money(f.amount)}
            for f in audit.findings
            if (f.provision.category, f.provision.modality, f.provision.obligor) == ("payment_ordering", "must", "party_a") and f.due]
