"""Medical-insurance hotline: seats, training, maintenance, requests and calls of the service year from 1 October 2025."""

from __future__ import annotations

from datetime import timedelta

from compliance.calendar.workdays import is_workday
from generator.rows import Rows, Tables, at, contract, days, months, numbered, payee, people, pick, plus, term

C = "hotline-2025"
START, END = "2025-10-01", "2026-09-30"
MANAGERS, AGENTS = people("G", 2), people("R", 15)
# The agent who leaves, the one who comes, the first day of the new one, the day of the consent, the day on which Party A was told.
EXCHANGES = [("R003", "R016", "2025-12-08", "2025-12-03", "2025-11-24"), ("R007", "R017", "2026-02-02", "2026-01-29", "2026-01-19"),
             ("R010", "R018", "2026-04-13", None, "2026-03-30"), ("R012", "R019", "2026-06-08", "2026-06-10", "2026-05-25")]
LEFT, CAME = {e[0]: e[2] for e in EXCHANGES}, {e[1]: e[2] for e in EXCHANGES}
EVERYBODY = MANAGERS + AGENTS + list(CAME)
UNTRAINED = "R018"
LATE_ACCOUNT = "DBA-2"
SERVED = {"form": "written", "method": "personal", "language": "中文"}


def money() -> Tables:
    """The second instalment is paid six days late; there is no other fault of money."""
    paid = [(1, "2025-11-12", "2025-10-30"), (2, "2026-03-06", "2026-02-10")]
    amounts = {r["no"]: r["amount"] for r in contract(C).lists["instalments"].rows}
    listed = [*contract(C).lists["price_lines"].rows, *contract(C).lists["training_line"].rows]
    used = {"名片": "7016", "外呼": "75210"}
    return {
        "payments": [{"payment_no": f"ZF-{n:03}", "purpose": "instalment", "instalment_no": n, "payer": "party_a", "paid_on": day,
                      "deduction_amount": "0.00", "amount": amounts[n], "method": "bank_transfer", "status": "completed", **payee(C)}
                     for n, day, _ in paid],
        "invoices": [{"invoice_no": f"FP-{n:03}", "instalment_no": n, "issued_on": day, "received_on": day, "amount": amounts[n],
                      "is_valid": True}
                     for n, _, day in paid],
        "billing_lines": [{"line_id": f"MX-{r['item_no']:02}", "item_no": r["item_no"], "item": r.get("name_zh") or "业务培训",
                           "cycle_id": None,
                           "quantity": 12, "quantity_used": used.get(r["word"]), "amount": r["total"], "effective_on": None}
                           for r in listed],
        "budget_events": [], "penalties": [], "losses": [], "amendments": [], "subcontracts": [], "acceptances": [],
        "contract_events": [{"event_id": f"SJ-{i:02}", "event_type": kind, "occurred_on": day, "party": party, "initiated_by": None,
                             "ground": None,
                             "notice_id": None} for i, (kind, day, party) in enumerate((("signed", "2025-09-29", "party_a"),
                                                                                       ("signed", "2025-09-29", "party_b"),
                                                                                       ("service_started", START, "both")), start=1)]}


def seats() -> Rows:
    """Fourteen seats on every working day; where somebody is absent the fifteenth agent takes the seat."""
    shifts: Rows = []
    for day in (d for d in days(START, END) if is_workday(d)):
        text = day.isoformat()
        on_post = [p for p in AGENTS + list(CAME) if text < LEFT.get(p, "9999") and text >= CAME.get(p, START)]
        absent = on_post[pick(14, text)] if day.day == 15 else None
        present = [p for p in on_post if p != absent][:14]
        shifts += [{"duty_on": text, "seat_no": seat, "person_id": p, "started_at": at(day, 540), "ended_at": at(day, 1080),
                    "was_present": True}
                   for seat, p in enumerate(present, start=1)]
        if absent:
            shifts.append({"duty_on": text, "person_id": absent, "was_present": False})
    return numbered("shift_id", "BC", shifts)


def staff() -> Tables:
    """Two exchanges of agents have no consent in time; one newcomer is never told the rules."""
    last = {p: (plus(d, -1)) for p, d in LEFT.items()}
    posts = [{"person_id": p, "role": "manager" if p in MANAGERS else "agent", "started_on": CAME.get(p, START), "ended_on": last.get(p),
              "has_need_to_know": True, "ab_role": "a" if p in MANAGERS[:1] else "b",
              "backup_person_id": MANAGERS[1] if p in MANAGERS[:1] else None} for p in EVERYBODY]
    signed = [{"agreement_type": "confidentiality_undertaking", "party": "party_b", "person_id": p, "form": "written",
               "signed_on": plus(CAME.get(p, START), -2)} for p in EVERYBODY]
    planned = [("pre_job", "岗前培训", "2025-09-29"), ("rules", "热线制度", "2025-09-29"), ("confidentiality", "保密教育", "2025-09-30"),
               ("quality", "质检标准", "2025-10-16"), ("business", "门诊报销", "2025-11-13"), ("business", "异地就医", "2026-01-15"),
               ("business", "生育津贴", "2026-03-19"), ("business", "长期护理", "2026-07-16"), ("quality", "质检复盘", "2026-08-13"),
               *((kind, title, plus(first, -4)) for first in CAME.values() for kind,
                 title in (("pre_job", "岗前培训"), ("rules", "热线制度"),
                                                                                               ("confidentiality", "保密教育"))),
               *(("counselling", "心理疏导", plus(a, 12)) for a, _ in months(START, 12))]
    sessions = numbered("session_id", "PX", [{"training_type": kind, "title": title, "planned_on": day, "held_at": at(day, 540), "hours": 4,
                                              "mode": "on_site", "organised_by": "party_b", "plan_document_id": "ZD-01"}
                                             for kind, title, day in sorted(planned, key=lambda p: p[2])])

    def attends(person: str, session: dict[str, object]) -> bool:
        day, first = str(session["planned_on"]), CAME.get(person, START)
        at_entry = session["training_type"] in ("pre_job", "rules", "confidentiality")
        if person == UNTRAINED and session["training_type"] == "rules":
            return False
        return plus(first, -10) <= day <= first if at_entry else first <= day < LEFT.get(person, "9999")

    attended = [{"session_id": s["session_id"], "person_id": p, "is_passed": True} for s in sessions for p in EVERYBODY if attends(p, s)]
    return {"staff": [{"person_id": p, "party": "party_b", "employment_type": "employee"} for p in EVERYBODY],
            "staff_assignments": numbered("assignment_id", "GW", posts), "agreements": numbered("agreement_id", "XY", signed),
            "training_sessions": sessions, "training_attendances": attended, "duty_shifts": seats(),
            "policy_documents": [{"document_id": "ZD-01", "document_type": "training_plan", "title": "年度培训计划", "author": "party_b",
                                  "issued_on": "2025-09-26"}],
            "staff_changes": [{"change_id": f"BG-{i:03}", "change_type": "replacement", "initiated_by": "party_b", "person_id": old,
                               "new_person_id": new,
                               "approval_id": f"SP-{i:03}" if consent else None, "advance_notice_id": f"TZ-{i:03}",
                               "demand_notice_id": None,
                               "effective_on": day, "replaced_on": day} for i,
                               (old, new, day, consent, _) in enumerate(EXCHANGES, start=1)]}


def maintenance() -> Tables:
    """Weekly tasks, backups every third day; the second database account keeps its password for almost five months."""
    weekly = [{"activity_type": kind, "performed_at": at(d + timedelta(days=n), 1200)} for d in days("2025-10-06", END) if d.weekday() == 0
              for n, kind in enumerate(("antivirus", "patching", "log_analysis", "performance_tuning"))]
    backups = [{"activity_type": "backup", "backup_scope": "all", "performed_at": at(d, 120)} for i, d in enumerate(days(START, END))
               if i % 3 == 0]
    changes = [{"activity_type": "password_change", "account_id": account, "performed_at": at(d, 1300)}
               for account, dates in (("DBA-1", ("2025-12-22", "2026-03-16", "2026-06-11", "2026-09-03")),
                                      (LATE_ACCOUNT, ("2025-12-22", "2026-03-16", "2026-08-06"))) for d in dates]
    planned = [{"activity_type": "system_maintenance", "plan_no": f"JH-{i:02}", "planned_start_at": at(d, 1350),
                "planned_end_at": at(d, 1430),
                "performed_at": at(d, 1355)} for i, d in enumerate((plus(a, 17) for a, _ in months(START, 12)), start=1)]
    for row in weekly + backups + changes + planned:
        row |= {"organised_by": "party_b", "result": "passed"}
    told = [{"notice_id": f"TZ-{i:03}", "notice_type": "staff_change_advice", "sender": "party_b", "receiver": "party_a",
             "address_used": term(C, "address_a"),
             "sent_at": at(day, 600), "received_at": at(day, 640), "related_id": f"BG-{i:03}", **SERVED} for i,
             (*_, day) in enumerate(EXCHANGES, start=1)]
    told += [{"notice_id": f"TZ-{100 + i}", "notice_type": "maintenance", "sender": "party_b", "receiver": "party_a",
              "address_used": term(C, "address_a"),
              "sent_at": at(plus(p["planned_start_at"][:10], -5), 600), "received_at": at(plus(p["planned_start_at"][:10], -5), 650),
              "related_id": p["plan_no"],
              **SERVED} for i, p in enumerate(planned, start=1)]
    return {"maintenance_activities": numbered("activity_id", "WH", weekly + backups + changes + planned), "notices": told,
            "systems": [{"system_id": "SYS-01", "name": "热线系统平台", "is_important": True, "protection_level": 3}],
            "system_accounts": [{"account_id": a, "system_id": "SYS-01", "account_type": kind, "created_on": "2025-09-24",
                                 "revoked_on": None}
                                for a, kind in (("DBA-1", "dba"), (LATE_ACCOUNT, "dba"), *((f"YH-{i:02}", "user") for i in range(1, 16)))],
            "service_metrics": [{"measurement_id": f"ZB-{i:02}", "metric": "monitoring_coverage", "period_start_on": a, "period_end_on": b,
                                 "unit": "minute",
                                 "numerator": 1440 * len(list(days(a, b))), "denominator": 1440 * len(list(days(a, b)))}
                                for i, (a, b) in enumerate(months(START, 12), start=1)],
            "inspections": [{"inspection_id": f"JC-{i:02}", "inspection_type": "full_check", "object": "服务器", "inspected_by": "party_b",
                             "inspected_on": d,
                             "result": "passed"} for i, d in enumerate(("2025-11-20", "2026-02-12", "2026-05-21", "2026-08-20"), start=1)]}


def operation() -> Tables:
    """Requests answered within their time, reports, the use of data and the faults of the platform."""
    orders = [{"order_type": "citizen_request", "channel": "phone", "item": ("门诊报销", "异地就医", "参保登记", "生育津贴")[pick(4, i)],
               "handled_by": "party_b",
               "received_at": at(d, 545 + pick(480, i)), "accepted_at": at(d, 1030 + pick(40, i)), "replied_at": at(plus(d, 1), 600),
               "due_at": plus(d, 5),
               "completed_at": at(plus(d, 1 + pick(4, "c", i)), 900), "closed_at": at(plus(d, 4), 1000), "status": "closed"}
              for i, d in ((i, plus(START, i * 8 // 10)) for i in range(448))]
    accesses = [{"person_id": (MANAGERS + AGENTS[:2])[i % 4], "party": "party_b", "system_id": "SYS-01", "information_type": "user_data",
                 "action": "read",
                 "accessed_at": at(plus(START, 2 * i + 1), 560 + pick(400, i)), "purpose": "contract_performance", "approval_id": None}
                 for i in range(180)]
    shared = [{"action": "provide", "disclosing_party": "party_b", "person_id": None, "owner_party": "party_a",
               "information_type": "service_data",
               "recipient": "市级热线管理单位", "recipient_type": "managing_unit", "purpose": "contract_performance",
               "disclosed_at": at(plus(b, 6), 600),
               "approval_id": "SP-101", "is_compelled": False, "was_public": False, "public_since_on": None, "legal_basis": None}
              for _, b in months(START, 11)]
    faults = [{"incident_type": kind, "system_id": "SYS-01", "detected_at": at(d, 500), "occurred_at": at(d, 498), "alarm_at": at(d, 501),
               "responded_at": at(d, 506 + i), "restored_at": at(d, 530 + 4 * i), "cause": "carrier_fault", "cause_party": "third_party",
               "was_blocked": True,
               "is_important_system": True, "has_data_leak": False, "penalty_document_no": None}
              for i, (kind, d) in enumerate((("fault", "2025-11-06"), ("intrusion", "2026-01-22"), ("fault", "2026-03-25"),
                                             ("service_interruption", "2026-05-07"),
                                             ("intrusion", "2026-06-24"), ("fault", "2026-08-27")))]
    calls = [{"event_key": f"TSJ-{i:02}", "complaint_type": "complaint", "source": "phone",
              "received_at": at(plus("2025-10-20", 40 * i), 700), "subject": "attitude",
              "target": "party_b" if i % 3 == 0 else "party_a", "cause_party": "party_b" if i % 3 == 0 else "party_a",
              "verification": "substantiated"}
             for i in range(9)]
    return {
        "work_orders": numbered("order_id", "GD", orders), "data_accesses": numbered("access_id", "FW", accesses),
        "disclosures": numbered("disclosure_id", "PL", shared), "incidents": numbered("incident_id", "GZ", faults),
        "complaints": numbered("complaint_id", "TS", calls), "findings": [], "force_majeure_events": [], "information_returns": [],
        "approvals": [{"approval_id": f"SP-{i:03}", "subject_type": "staff_change", "subject_id": f"BG-{i:03}", "approver": "party_a",
                       "decision": "granted",
                       "decided_at": at(consent, 600), "form": "written"} for i, (*_, consent, _) in enumerate(EXCHANGES, start=1)
                       if consent]
        + [{"approval_id": "SP-101", "subject_type": "disclosure", "subject_id": None, "approver": "party_a", "decision": "granted",
            "decided_at": at("2025-10-10", 600), "form": "written"}],
        "deliverables": [{"deliverable_id": f"BG-{i:02}", "deliverable_type": "service_report", "title": "月度服务报告",
                          "period_start_on": a, "period_end_on": b,
                          "issued_on": plus(b, 5), "submitted_on": plus(b, 6), "submitted_by": "party_b", "recipient": "party_a"}
                         for i, (a, b) in enumerate(months(START, 11), start=1)],
        "assessments": [{"assessment_id": f"KH-{i:02}", "assessment_type": "monthly_assessment", "period_start_on": a, "period_end_on": b,
                         "assessed_on": plus(b, 8),
                         "assessed_by": "party_a", "score": 91 + pick(8, a), "result": "passed", "deduction_pct": 0}
                        for i, (a, b) in enumerate(months(START, 11), start=1)]}


def tables() -> Tables:
    return money() | staff() | maintenance() | operation()
