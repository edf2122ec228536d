"""Government cloud: billing, accounts, incidents and maintenance of the service year from 10 July 2026."""

from __future__ import annotations

from generator.rows import Rows, Tables, at, contract, months, numbered, payee, people, pick, plus, term

C = "govcloud-2026"
START, END = "2026-07-10", "2027-07-09"
STAFF = people("Y", 24)
SYSTEMS = [f"SYS-{i:02}" for i in range(1, 17)]
UNTRAINED = "Y021"
SHORT_MONTH, SHORT_ITEM = 8, 14


def money() -> Tables:
    """The first instalment is paid a week late; in the eighth month two SSL VPN too few are provided."""
    amount = term(C, "first_amount")
    printed = contract(C).lists["price_lines"].rows
    whole = [{"item_no": r["item_no"], "item": r["zh"], "quantity": r["quantity"], "unit_price": r["unit_price"], "amount": r["amount"]}
             for r in printed]
    cycles = [{"cycle_id": f"M{i:02}", "period_start_on": a, "period_end_on": b, "basis": "contract_term", "verified_on": plus(b, 0),
               "verified_by": "party_a"} for i, (a, b) in enumerate(months(START, 12), start=1)]
    monthly = [{"cycle_id": f"M{m:02}", "item_no": r["item_no"], "item": r["zh"], "unit_price": r["unit_price"],
                "quantity": int(r["quantity"]) - (2 if (m, r["item_no"]) == (SHORT_MONTH, SHORT_ITEM) else 0)}
               for m in range(1, 13) for r in printed]
    return {
        "payments": [{"payment_no": "P-001", "purpose": "instalment", "instalment_no": 1, "payer": "party_a", "paid_on": "2026-08-14",
                      "amount": amount, "method": "bank_transfer", "status": "completed", **payee(C)}],
        "invoices": [{"invoice_no": "V-001", "invoice_type": "vat_special", "instalment_no": 1, "seller_name": term(C, "seller_name"),
                      "buyer_name": term(C, "buyer_name"), "buyer_tax_id": term(C, "buyer_tax_id"), "issued_on": "2026-07-28",
                      "received_on": "2026-07-29", "amount": amount, "is_valid": True}],
        "billing_cycles": cycles, "billing_lines": numbered("line_id", "L", whole + monthly),
        "amendments": [], "penalties": [], "losses": []}


def staff() -> Tables:
    """One engineer has access to user data before any confidentiality training."""
    roles = {STAFF[0]: "project_leader", STAFF[1]: "security_officer"}
    persons = [{"person_id": "J001", "party": "party_a", "qualification": None}]
    persons += [{"person_id": p, "party": "party_b", "qualification": "CISP" if p == STAFF[1] else "HCIP"} for p in STAFF]
    posts = [{"person_id": "J001", "role": "project_leader", "started_on": START, "has_need_to_know": True, "is_promised": False,
              "ended_on": None}]
    posts += [{"person_id": p, "role": roles.get(p, "om_staff"), "started_on": START if p != UNTRAINED else "2026-12-01",
               "has_need_to_know": True, "is_promised": i < 6} for i, p in enumerate(STAFF)]
    signed = [{"agreement_type": "confidentiality_agreement", "party": "party_b", "person_id": p, "form": "written", "is_sealed": True,
               "signed_on": START if p != UNTRAINED else "2026-11-27"} for p in STAFF]
    sessions = [{"training_type": t, "title": title, "held_at": at(day, 540), "hours": h, "mode": "on_site", "organised_by": "party_b"}
                for t, title, day, h in (("confidentiality", "入场保密教育", START, 2), ("safety", "机房安全", "2026-08-20", 2),
                                         ("cybersecurity", "攻防演练复盘", "2026-10-22", 3),
                                         ("confidentiality", "保密教育复训", "2027-01-14", 2),
                                         ("cybersecurity", "数据安全", "2027-04-15", 3))]
    sessions = numbered("session_id", "T", sessions)
    attended = [{"session_id": s["session_id"], "person_id": p, "is_passed": True} for s in sessions for p in STAFF
                if p != UNTRAINED or s["held_at"] > "2026-12"]
    major = [("2026-09-30", "2026-10-08"), ("2027-03-03", "2027-03-12")]
    shifts = [{"duty_on": plus(a, d), "person_id": p, "site": "政务云机房", "started_at": at(plus(a, d), 480),
               "ended_at": at(plus(a, d), 1200),
               "was_present": True} for a, b in major for d in range(10 if b.endswith("12") else 9) for p in STAFF[:6]]
    events: Rows = [{"event_type": "first_contacted", "occurred_on": "2026-05-18", "party": "both"},
                    *({"event_type": t, "occurred_on": START, "party": p} for t in ("signed", "sealed") for p in ("party_a", "party_b")),
                    {"event_type": "fully_executed", "occurred_on": START, "party": "both"},
                    {"event_type": "service_started", "occurred_on": START, "party": "both"},
                    *({"event_type": "major_event", "occurred_on": a, "ended_on": b, "party": "both"} for a, b in major)]
    return {"staff": persons, "staff_assignments": numbered("assignment_id", "A", posts),
            "agreements": numbered("agreement_id", "G", signed),
            "training_sessions": sessions, "training_attendances": attended, "duty_shifts": numbered("shift_id", "D", shifts),
            "contract_events": numbered("event_id", "E", events),
            "contract_parameters": [
                {"parameter_id": "CP-01", "parameter": "required_staff", "party": "party_b", "document": "response_document",
                 "value_number": 20,
                 "unit": "人"},
                {"parameter_id": "CP-02", "parameter": "contract_total", "party": "both", "document": "main_contract",
                 "value_number": term(C, "contract_total"), "unit": "元"}]}


def security() -> Tables:
    """A report of a hidden risk is acted upon after 31 hours; one access has no authorisation of Party A."""
    deployed = [plus("2026-07-20", 5 * i) for i in range(len(SYSTEMS))]
    tests = [{"activity_type": "cloud_entry_test", "system_id": s, "performed_at": at(plus(d, -3), 600), "organised_by": "party_b",
              "result": "passed"} for s, d in zip(SYSTEMS, deployed, strict=True)]
    scans = [{"activity_type": kind, "system_id": s, "performed_at": at(plus(a, 3 + pick(20, s, a, kind)), 120), "organised_by": "party_b",
              "result": "passed"} for a, _ in months("2026-11-10", 8) for s in SYSTEMS for kind in ("backup", "vulnerability_scan")]
    hazards = [plus("2026-08-03", 28 * i) for i in range(11)]
    notices = [{"notice_id": f"N-{i:03}", "notice_type": "security_hazard", "sender": "cloud_supervisor", "receiver": "party_b",
                "form": "written", "method": "platform", "sent_at": at(d, 570), "received_at": at(d, 575),
                "system_id": SYSTEMS[pick(16, d)]} for i, d in enumerate(hazards, start=1)]
    actions = [{"activity_type": "hazard_mitigation", "system_id": n["system_id"], "notice_id": n["notice_id"], "organised_by": "party_b",
                "performed_at": at(n["sent_at"][:10], 570 + (31 * 60 if n["notice_id"] == "N-007" else 120 + pick(900, n["notice_id"]))),
                "result": "passed"} for n in notices]
    drills = [{"activity_type": "drill", "performed_at": at(d, 1320), "organised_by": "party_b", "approval_id": a, "result": "passed"}
              for d, a in (("2026-11-18", "AP-101"), ("2027-05-19", "AP-102"))]
    approvals = [{"approval_id": f"AP-{i:03}", "subject_type": "data_access", "requested_by": "party_b", "approver": "party_a",
                  "decision": "granted", "decided_at": at("2026-07-15", 600 + i), "form": "written", "system_id": s, "valid_to_on": END}
                 for i, s in enumerate(SYSTEMS, start=1) if s != SYSTEMS[15]]
    approvals += [{"approval_id": a, "subject_type": "drill", "requested_by": "party_b", "approver": "party_a", "decision": "granted",
                   "decided_at": at(d, 600), "form": "written", "system_id": None}
                  for a, d in (("AP-101", "2026-11-11"), ("AP-102", "2027-05-12"))]
    accesses = [{"person_id": STAFF[2 + pick(18, i)], "party": "party_b", "system_id": SYSTEMS[pick(15, "s", i)],
                 "approval_id": None, "information_type": ("service_data", "user_data")[i % 2], "action": "read",
                 "accessed_at": at(plus("2026-08-01", 2 * i), 550 + i),
                 "purpose": "contract_performance"} for i in range(150)]
    accesses[64] |= {"person_id": UNTRAINED}
    accesses[97] |= {"system_id": SYSTEMS[15]}
    returns: Rows = [{"return_id": "R-01", "notice_id": "N-101", "request_form": "written", "action": "return", "returned_on": "2027-03-22",
                      "description": "网络拓扑资料", "retained_copies": 0}]
    notices.append({"notice_id": "N-101", "notice_type": "return_request", "sender": "party_a", "receiver": "party_b", "form": "written",
                    "sent_at": at("2027-03-22", 540), "received_at": at("2027-03-22", 600)})
    return {"systems": [{"system_id": s, "name": f"业务系统{i:02}", "is_important": i <= 4, "protection_level": 3 if i <= 4 else 2,
                         "deployed_on": d} for i, (s, d) in enumerate(zip(SYSTEMS, deployed, strict=True), start=1)],
            "maintenance_activities": numbered("activity_id", "W", tests + scans + actions + drills), "notices": notices,
            "approvals": approvals, "data_accesses": numbered("access_id", "AC", accesses), "information_returns": returns,
            "disclosures": [{"disclosure_id": f"DS-{i:02}", "action": "provide", "disclosing_party": "party_b", "person_id": STAFF[1],
                             "owner_party": "party_a", "information_type": "cloud_status", "content": "安全监控分析",
                             "recipient": STAFF[2 + i],
                             "recipient_type": "party_b_staff", "disclosed_at": at(b, 960), "approval_id": None, "is_compelled": False}
                            for i, (_, b) in enumerate(months(START, 11), start=1)],
            "force_majeure_events": [], "ip_records": []}


def operation() -> Tables:
    """Faults and demands are answered in time; every month is measured and assessed."""
    faults = [{"incident_type": "fault", "system_id": s, "scope": "system", "occurred_at": at(d, m), "reported_at": at(d, m + 3),
               "responded_at": at(d, m + 5 + pick(8, d)), "restored_at": at(d, m + 12), "is_on_site_required": False,
               "cause": "application_fault", "cause_party": "third_party", "impact": "none", "duration_minutes": 12,
               "is_important_system": SYSTEMS.index(s) < 4, "has_mutual_backup": True, "is_force_majeure": False,
               "is_in_major_event": False}
              for d, m, s in ((plus("2026-07-25", 8 * i), 400 + pick(800, i), SYSTEMS[pick(16, "f", i)]) for i in range(43))]
    orders = [{"order_type": "expansion" if i % 6 == 0 else "service_request", "system_id": SYSTEMS[pick(16, "o", i)],
               "handled_by": "party_b",
               "received_at": at(d, 500 + pick(400, i)), "responded_at": at(d, 505 + pick(400, i)),
               "completed_at": at(plus(d, 1 + pick(5, "c", i)), 900), "status": "completed"}
              for i, d in ((i, plus("2026-07-13", 3 * i)) for i in range(119))]
    metrics = [{"metric": name, "period_start_on": first, "period_end_on": last, "value": value, "unit": unit}
               for a, b in months("2026-07-01", 13) for first, last in [(max(a, START), min(b, END))]
               for name, value, unit in (("availability", "99.995", "percent"), ("data_availability", "99.99995", "percent"),
                                         ("mean_response_time", "7", "minute"), ("mean_recovery_time", "12", "minute"),
                                         ("head_count", "20", "count"))]
    assessed = [{"assessment_type": "monthly_assessment", "period_start_on": max(a, START), "period_end_on": b, "assessed_on": plus(b, 5),
                 "assessed_by": "party_a", "score": 92 + pick(7, a), "result": "passed"} for a, b in months("2026-07-01", 12)]
    return {"incidents": numbered("incident_id", "I", faults), "work_orders": numbered("order_id", "O", orders),
            "service_metrics": numbered("measurement_id", "M", metrics), "assessments": numbered("assessment_id", "K", assessed),
            "complaints": [], "inspections": [],
            "deliverables": [{"deliverable_id": "DL-01", "deliverable_type": "acceptance_application", "stage": "interim",
                              "submitted_on": "2027-01-20", "submitted_by": "party_b", "recipient": "party_a", "form": "written",
                              "copies": 2}],
            "acceptances": [{"acceptance_id": "Y-01", "stage": "interim", "applied_on": "2027-01-20", "concluded_on": "2027-01-29",
                             "result": "passed"}],
            "findings": []}


def tables() -> Tables:
    return money() | staff() | security() | operation()
