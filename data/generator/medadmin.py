"""Medical administration system: operation and maintenance from 6 June 2024, with the documents that the contract asks for."""

from __future__ import annotations

from generator.rows import Rows, Tables, at, contract, days, months, numbered, people, pick, plus, term

C = "medadmin-2024"
START, END = "2024-06-06", "2025-06-05"
QUARTERS = [("2024-06-06", "2024-09-05"), ("2024-09-06", "2024-12-05"), ("2024-12-06", "2025-03-05"), ("2025-03-06", END)]
STAFF = people("H", 12)
MEDICAL, PERSONNEL = "SYS-01", "SYS-02"
LATE_FAULT, UNAPPROVED_CHANGE = 9, 57


def money() -> Tables:
    """The first instalment is paid in full and in time; the price list is the printed one."""
    amount, lists = term(C, "first_instalment"), contract(C).lists
    lines: Rows = [{"clause": r["line"], "amount": r["amount"]} for name in ("price_lines", "price_subtotals", "price_totals")
                   for r in lists[name].rows]
    return {
        "payments": [{"payment_no": "FK-001", "purpose": "instalment", "instalment_no": 1, "payer": "party_a", "paid_on": "2024-06-03",
                      "amount": amount, "method": "bank_transfer", "status": "completed", "payee_account": term(C, "payee_account")}],
        "invoices": [{"invoice_no": "FP-001", "instalment_no": 1, "issued_on": "2024-05-28", "received_on": "2024-05-29", "amount": amount,
                      "is_valid": True}],
        "billing_lines": numbered("line_id", "JM", lines), "budget_events": [], "penalties": [], "losses": [], "amendments": [],
        "contract_events": [{"event_id": f"SJ-{i:02}", "event_type": kind, "occurred_on": "2024-05-17", "party": party,
                             "document": "main_contract", "notice_id": None}
                            for i, (kind, party) in enumerate(((k, p) for k in ("signed", "sealed") for p in ("party_a", "party_b")), 1)],
        "contract_parameters": []}


def staff() -> Tables:
    """Two dedicated posts, one security officer, and a secrecy undertaking of everybody before the first day."""
    roles = {STAFF[0]: "project_manager", STAFF[1]: "security_officer", STAFF[2]: "technician", STAFF[3]: "technician", STAFF[4]: "support",
             STAFF[5]: "support"}
    persons = [{"person_id": "J001", "party": "party_a", "employment_type": "employee", "is_executive": False}]
    persons += [{"person_id": p, "party": "party_b", "employment_type": "employee", "is_executive": p == STAFF[1]} for p in STAFF]
    posts = [{"person_id": "J001", "role": "project_leader", "started_on": "2024-05-17", "ended_on": None, "is_dedicated": False,
              "shift": None}]
    posts += [{"person_id": p, "role": roles.get(p, "om_staff"), "started_on": "2024-06-01", "ended_on": None,
               "is_dedicated": p in STAFF[2:6],
               "shift": "7×24" if p in STAFF[2:6] else None} for p in STAFF]
    signed = [{"agreement_type": "confidentiality_agreement", "party": p, "person_id": None, "signed_on": "2024-05-17", "form": "written",
               "is_sealed": True} for p in ("party_a", "party_b")]
    signed += [{"agreement_type": "confidentiality_undertaking", "party": party, "person_id": p, "signed_on": "2024-05-16",
                "form": "written",
                "is_sealed": False} for party, persons_of in (("party_a", ["J001"]), ("party_b", STAFF)) for p in persons_of]
    sessions = [{"session_id": f"PX-{i:02}", "training_type": kind, "planned_on": day, "held_at": at(day, 840), "hours": 2,
                 "mode": "on_site"} for i, (kind, day) in enumerate((("confidentiality", "2024-06-05"), ("business", "2024-07-18"),
                                                                      ("business", "2024-10-17"), ("cybersecurity", "2024-12-12"),
                                                                      ("business", "2025-01-16"), ("cybersecurity", "2025-04-17")),
                                                                      start=1)]
    return {"staff": persons, "staff_assignments": numbered("assignment_id", "GW", posts),
            "agreements": numbered("agreement_id", "XY", signed),
            "training_sessions": sessions,
            "training_attendances": [{"session_id": s["session_id"], "person_id": p, "is_passed": True} for s in sessions for p in STAFF]}


def documents() -> Tables:
    """Reports, inspection records and reviews; the report of the first quarter comes eleven days late."""
    quarterly = [{"deliverable_type": kind, "title": title, "period_start_on": a, "period_end_on": b,
                  "submitted_on": "2024-12-16" if (kind, i) == ("quarterly_report", 0) else plus(b, 20 + n), "item_count": None}
                 for i, (a, b) in enumerate(QUARTERS[:3]) for n, (kind, title) in enumerate(
                     (("quarterly_report", "季度总结报告"), ("inspection_log_volume", "巡检记录季度合订本"), ("om_document", "运维文档"),
                      ("health_check_report", "健康检查报告")))]
    monthly = [{"deliverable_type": "monthly_report", "title": "月度报告", "period_start_on": a, "period_end_on": b,
                "submitted_on": plus(b, 7)}
               for a, b in months(START, 11)]
    weekly = [{"deliverable_type": "inspection_record", "title": "巡检记录", "period_start_on": a, "period_end_on": plus(a, 6),
               "submitted_on": plus(a, 7)} for a in (plus(START, 7 * i) for i in range(51))]
    others = [{"deliverable_type": kind, "title": title, "submitted_on": day, "item_count": n}
              for kind, title, day, n in (("contract_copy", "合同", "2024-06-07", 1), ("meeting_record", "会议记录", "2025-04-10", 12),
                                          ("customer_service_record", "客服记录单", "2025-05-08", 240),
                                          ("satisfaction_survey", "满意度调查", "2025-05-15", 60),
                                          ("question_bank_list", "题库清单", "2025-03-20", 58))]
    others += [{"deliverable_type": "maintenance_change_record", "title": "运维变更记录", "submitted_on": day}
               for day in (plus("2024-06-28", 14 * i) for i in range(22))]
    delivered = numbered("deliverable_id", "WD", quarterly + monthly + weekly + others)
    for row in delivered:
        row |= {"received_on": plus(row["submitted_on"], 1), "submitted_by": "party_b", "recipient": "party_a", "form": "written"}
    reviews = [{"subject_type": "deliverable", "subject_id": d["deliverable_id"], "approver": "party_a", "decision": "granted",
                "decided_at": at(plus(d["received_on"], 8), 600), "form": "written"} for d in delivered
                if d["deliverable_type"] == "om_document"]
    return {"deliverables": delivered, "approvals": numbered("approval_id", "SP", reviews), "acceptances": []}


def operation() -> Tables:
    """One fault is restored after more than five hours, and the third quarter has no backup for restoring."""
    faults = [{"incident_type": "fault", "system_id": (MEDICAL, PERSONNEL)[i % 2], "occurred_at": at(d, m), "reported_at": at(d, m + 10),
               "responded_at": at(d, m + 15 + pick(30, i)), "restored_at": at(d, m + (330 if i == LATE_FAULT else 70 + pick(120, i))),
               "cause": "application_fault", "cause_party": "party_b"}
              for i, d, m in ((i, plus("2024-06-12", 15 * i), 480 + pick(400, "m", i)) for i in range(24))]
    orders = [{"order_type": "service_request", "system_id": (MEDICAL, PERSONNEL)[i % 2], "handled_by": "party_b",
               "received_at": at(d, 560),
               "due_at": plus(d, 10), "completed_at": at(plus(d, 1 + pick(8, i)), 1000), "released_at": None, "status": "completed",
               "delay_cause": None, "force_majeure_id": None} for i, d in ((i, plus(START, 4 * i)) for i in range(88))]
    orders += [{"order_type": "modification", "system_id": MEDICAL, "handled_by": "party_b", "received_at": at(d, 560),
                "due_at": plus(d, 14),
                "completed_at": at(plus(d, 9), 1000), "status": "completed"} for d in (plus("2024-06-17", 14 * i) for i in range(22))]
    work = [{"activity_type": kind, "system_id": MEDICAL, "object": thing, "performed_at": at(plus(a, 30 + n), 1290),
             "organised_by": "party_b",
             "result": "passed"} for q, (a, _) in enumerate(QUARTERS, start=1) for thing in ("数据库", "中间件")
            for n, kind in enumerate(("vulnerability_scan", "hardening", "restore_backup", "health_check"))
            if (q, kind) != (3, "restore_backup")]
    return {
        "systems": [{"system_id": MEDICAL, "name": term(C, "medical_module")},
                    {"system_id": PERSONNEL, "name": term(C, "personnel_module")}],
        "incidents": numbered("incident_id", "GZ", faults), "work_orders": numbered("order_id", "GD", orders),
        "maintenance_activities": numbered("activity_id", "WH", work),
        "inspections": numbered("inspection_id", "XJ", [{"inspection_type": "patrol", "system_id": MEDICAL, "inspected_by": "party_b",
                                                         "inspected_on": d.isoformat(), "result": "passed"} for d in days(START, END)]),
        "service_metrics": numbered("measurement_id", "ZB", [{"metric": "technical_support_hours", "period_start_on": a, "period_end_on": b,
                                                              "value": 24, "unit": "hour"} for a, b in months(START, 12)]),
        "assessments": numbered("assessment_id", "KH", [{"assessment_type": "monthly_quarterly_review", "period_start_on": a,
                                                         "period_end_on": b,
                                                         "assessed_on": plus(b, 6), "assessed_by": "party_a", "result": "passed"}
                                                        for a, b in QUARTERS[:3]]),
        "complaints": [], "findings": [], "force_majeure_events": [], "disputes": [], "ip_records": [], "information_returns": [],
        "notices": [{"notice_id": f"TZ-{i:02}", "notice_type": "maintenance", "sender": "party_b", "receiver": "party_a", "form": "written",
                     "method": "courier", "address_used": term(C, "address_a"), "sent_at": at(a, 600), "due_on": None}
                    for i, (a, _) in enumerate(QUARTERS, start=1)]}


def secrecy(approved: Rows) -> Tables:
    """One change of data is made without the written consent of Party A."""
    changes = range(7, 90, 10)
    accesses = numbered("access_id", "FW", [
        {"person_id": STAFF[2 + pick(10, i)], "party": "party_b", "system_id": (MEDICAL, PERSONNEL)[i % 2],
         "information_type": "service_data",
         "action": "update" if i in changes else "read", "accessed_at": at(plus(START, 4 * i + 1), 580 + i),
         "purpose": "contract_performance",
         "is_authorised": True, "approval_id": None, "medium": None, "is_encrypted": None} for i in range(90)])
    consents = [{"approval_id": f"SP-{101 + n}", "subject_type": "data_change", "subject_id": accesses[i]["access_id"],
                 "approver": "party_a",
                 "decision": "granted", "decided_at": at(accesses[i]["accessed_at"][:10], 490), "form": "written"}
                for n, i in enumerate(changes) if i != UNAPPROVED_CHANGE]
    told = [{"disclosure_id": f"PL-{i:02}", "action": "provide", "disclosing_party": "party_b", "person_id": None, "owner_party": "party_a",
             "information_type": "internal_document", "recipient": p, "recipient_type": "party_b_staff",
             "disclosed_at": at("2024-06-06", 540 + i),
             "approval_id": None, "was_public": False} for i, p in enumerate(STAFF, start=1)]
    return {"data_accesses": accesses, "disclosures": told, "approvals": approved + consents}


def tables() -> Tables:
    written = documents()
    return money() | staff() | written | operation() | secrecy(written["approvals"])
