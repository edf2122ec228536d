"""Prompt handling of citizens' complaints: team, duty, reports and requests of the service year from 10 February 2026."""

from __future__ import annotations

from generator.rows import Rows, Tables, at, contract, days, months, numbered, people, pick, plus

C = "complaints-2026"
START, END = "2026-02-10", "2027-02-09"
TEAM = people("C", 26)
LEAVERS = {"C019": "2026-10-12", "C023": "2026-10-15"}
NEWCOMERS = ["C027", "C028"]
UNEXAMINED, JOINED = "C028", "2026-11-02"
LATE_WEEK = "2026-09-06"
ACCOUNT = "0200000000000000026"


def money() -> Tables:
    """The second instalment is paid seven days late."""
    tail, printed = "291000.00", {r["no"]: r["amount"] for r in contract(C).lists["instalments"].rows}
    paid = [(1, "2026-03-06", printed[1], "2026-02-24"), (2, "2026-07-22", printed[2], "2026-07-03"),
            (3, "2026-12-01", tail, "2026-11-24")]
    return {
        "payments": [{"payment_no": f"FK-{n:02}", "purpose": "instalment", "instalment_no": n, "payer": "party_a", "paid_on": day,
                      "amount": amount,
                      "method": "bank_transfer", "status": "completed", "payee_account": ACCOUNT} for n, day, amount, _ in paid],
        "invoices": [{"invoice_no": f"FP-{n:02}", "instalment_no": n, "issued_on": day, "received_on": plus(day, 1), "amount": amount,
                      "is_valid": True} for n, _, amount, day in paid],
        "guarantees": [{"guarantee_no": "BH-01", "instalment_no": 3, "guarantor": "某商业银行", "provided_on": "2026-11-20", "amount": tail,
                        "valid_to_on": "2027-05-31"}],
        "penalties": [{"penalty_id": "KK-01", "penalty_type": "deduction", "clause": "A1/(6)", "liable_party": "party_b", "stage": "first",
                       "incurred_on": "2026-11-10", "amount": "5000.00", "confirmed_on": "2026-11-12", "settlement": "deducted",
                       "payment_no": "FK-03"}],
        "acceptances": [{"acceptance_id": "YS-01", "stage": "first", "organised_by": "party_a", "applied_on": "2026-11-03",
                         "concluded_on": "2026-11-12",
                         "result": "passed", "confirmed_on": "2026-11-13", "determined_amount": tail}],
        "contract_events": [{"event_id": f"SJ-{i:02}", "event_type": kind, "occurred_on": day, "party": party, "document": "main_contract"}
                            for i, (kind, day, party) in enumerate((("signed", "2026-02-09", "party_a"),
                                                                    ("signed", "2026-02-09", "party_b"),
                                                                    ("service_started", START, "both")), start=1)],
        "contract_parameters": [{"parameter_id": "CS-01", "parameter": "payee_account", "party": "party_b", "document": "main_contract",
                                 "value_text": ACCOUNT, "valid_from_on": START}],
        "budget_events": [], "losses": [], "amendments": [], "subcontracts": []}


def team() -> Tables:
    """From 16 October to 1 November 2026 the team has 24 members; one newcomer starts before the examination."""
    posts = [{"person_id": p, "role": "project_manager" if p == TEAM[0] else "agent", "started_on": START, "ended_on": LEAVERS.get(p)}
             for p in TEAM]
    posts += [{"person_id": p, "role": "agent", "started_on": JOINED, "ended_on": None} for p in NEWCOMERS]
    persons = [{"person_id": p, "party": "party_b", "education_level": ("bachelor", "college", "bachelor", "master")[i % 4],
                "is_major_relevant": i % 3 != 2, "health_checked_on": "2026-01-20" if p in TEAM else "2026-10-26",
                "has_system_access": True}
               for i, p in enumerate(TEAM + NEWCOMERS)]
    sessions = numbered("session_id", "PX", [
        {"training_type": kind, "title": title, "held_at": at(day, 540), "hours": 3, "mode": "on_site", "organised_by": "party_b",
         "has_follow_up": True, "is_up_to_standard": True}
        for kind, title, day in (("pre_job", "岗前培训", "2026-02-05"), ("pre_job_exam", "岗前考核", "2026-02-06"),
                                 ("business", "派单与督办", "2026-04-16"),
                                 ("confidentiality", "保密教育", "2026-05-14"), ("business", "回访与复核", "2026-09-17"),
                                 ("pre_job", "岗前培训", "2026-10-28"),
                                 ("pre_job_exam", "岗前考核", "2026-10-30"), ("pre_job_exam", "岗前补考", "2026-11-12"),
                                 ("business", "政策更新", "2027-01-14"))])
    of_session = {"PX-006": NEWCOMERS, "PX-007": NEWCOMERS[:1], "PX-008": NEWCOMERS[1:],
                  "PX-009": [p for p in TEAM if p not in LEAVERS] + NEWCOMERS}
    attended = [{"session_id": s["session_id"], "person_id": p, "is_passed": True} for s in sessions
                for p in of_session.get(s["session_id"], TEAM)]
    signed = [{"agreement_type": "confidentiality_undertaking", "party": "party_b", "person_id": p, "form": "written",
               "signed_on": "2026-02-06" if p in TEAM else "2026-10-28"} for p in TEAM + NEWCOMERS]
    shifts = [{"duty_on": d.isoformat(), "team": ("早班", "中班", "晚班")[n], "person_id": TEAM[1 + (3 * i + n) % 17],
               "started_at": at(d, 480 * n),
               "ended_at": at(d, 480 * (n + 1)), "was_present": True} for i, d in enumerate(days(START, END)) for n in range(3)]
    return {"staff": persons, "staff_assignments": numbered("assignment_id", "GW", posts), "training_sessions": sessions,
            "training_attendances": attended, "agreements": numbered("agreement_id", "XY", signed),
            "duty_shifts": numbered("shift_id", "ZB", shifts),
            "staff_changes": [{"change_id": f"BG-{i:02}", "change_type": "attrition", "initiated_by": "employee", "person_id": p,
                               "role": "agent",
                               "approval_id": None, "advance_notice_id": None, "demand_notice_id": None, "effective_on": day,
                               "replaced_on": JOINED}
                              for i, (p, day) in enumerate(LEAVERS.items(), start=1)],
            "meetings": [{"meeting_id": "HY-01", "meeting_type": "publicity_event", "held_on": "2026-06-11", "topic": "接诉即办宣传",
                          "was_party_a_present": True,
                          "was_party_b_present": True}, *({"meeting_id": f"HY-{i:02}", "meeting_type": "coordination",
                                                           "held_on": plus(b, 4), "topic": "月度例会",
                                                           "was_party_a_present": True, "was_party_b_present": True}
                                                          for i, (_, b) in enumerate(months(START, 11), start=2))]}


def reports() -> Tables:
    """Every report is handed over in time but that of the week to 6 September 2026."""
    sundays = [d.isoformat() for d in days("2026-02-22", "2027-02-07") if d.weekday() == 6]
    made: Rows = [{"deliverable_type": "weekly_report", "period_start_on": plus(d, -6), "period_end_on": d,
                   "submitted_on": plus(d, 19 if d == LATE_WEEK else 2)}
                  for d in sundays if d != "2027-02-07"]
    ends = [b for _, b in months("2026-02-01", 12)]
    made += [{"deliverable_type": "monthly_report", "period_start_on": b[:8] + "01", "period_end_on": b, "submitted_on": plus(b, 8)}
             for b in ends]
    made += [{"deliverable_type": "data_analysis_monthly", "period_start_on": b[:8] + "01", "period_end_on": b, "submitted_on": plus(b, 12)}
             for b in ends[:11]]
    made += [{"deliverable_type": "work_briefing", "submitted_on": b[:8] + "26"} for b in ends]
    made += [{"deliverable_type": kind, "submitted_on": d} for kind, d in (
        ("data_analysis_quarterly", "2026-05-15"), ("data_analysis_quarterly", "2026-08-14"), ("data_analysis_quarterly", "2026-11-13"),
        ("data_analysis_quarterly", "2027-02-05"), ("half_year_report", "2026-08-14"), ("annual_report", "2027-02-05"))]
    for row in made:
        row |= {"submitted_by": "party_b", "recipient": "party_a"}
    scores = [{"assessment_type": "complaint_handling", "period_start_on": b[:8] + "01", "period_end_on": b, "assessed_on": plus(b, 3),
               "published_on": plus(b, 4),
               "assessed_by": "supervisor", "score": 90 + pick(9, b), "result": "passed", "confirmed_on": None} for b in ends[:11]]
    scores.append({"assessment_type": "staff_evaluation", "period_start_on": "2026-08-10", "period_end_on": "2026-08-21",
                   "assessed_on": "2026-08-25",
                   "assessed_by": "party_a", "score": 93, "result": "passed", "confirmed_on": "2026-08-28"})
    rules = [("hotline_operation_rules", "热线运行制度"), ("workflow_rules", "工作流程制度"), ("training_rules", "培训制度"),
             ("security_rules", "安全制度"),
             ("confidentiality_rules", "保密制度")]
    return {"deliverables": numbered("deliverable_id", "CG", made), "assessments": numbered("assessment_id", "KH", scores),
            "policy_documents": [{"document_id": f"ZD-{i:02}", "document_type": kind, "title": title, "author": "party_b",
                                  "issued_on": "2026-03-02",
                                  "valid_to_on": None} for i, (kind, title) in enumerate(rules, start=1)]}


def requests() -> Tables:
    """Citizens' requests, complaints and the access to them."""
    orders = [{"order_type": "citizen_request", "channel": ("hotline_12345", "web_12345", "government_website",
                                                            "online_petition")[pick(4, i)], "item": "医疗服务",
               "priority": ("normal", "normal", "normal", "key", "urgent")[pick(5, "p", i)], "handled_by": "party_b",
               "received_at": at(plus(START, i // 2), 500 + pick(600, i)),
               "dispatched_at": at(plus(START, i // 2), 1120 + pick(60, i)),
               "closed_at": at(plus(START, i // 2 + 1 + pick(5, "c", i)), 900), "status": "closed",
               "has_error": i % 97 == 96, "error_step": "callback" if i % 97 == 96 else None, "has_missed_target": False}
               for i in range(700)]
    accesses = [{"person_id": TEAM[1 + i % 17], "party": "party_b", "information_type": "user_data", "action": "read",
                 "purpose": "contract_performance",
                 "accessed_at": at(plus(START, 2 * i), 545 + pick(300, i)), "approval_id": None, "is_verified": None} for i in range(180)]
    told = [{"action": "provide", "disclosing_party": "party_b", "owner_party": "party_a", "information_type": "user_data",
             "recipient": f"医疗机构{n:02}",
             "recipient_type": "medical_institution", "disclosed_at": at(plus("2026-02-24", 13 * n), 615), "approval_id": "SP-01",
             "is_verified": True}
            for n in range(1, 25)]
    complaints = [{"complaint_type": "complaint", "source": "phone", "received_at": at(plus("2026-03-09", 41 * i), 640),
                   "subject": "attitude", "target": "party_b",
                   "cause_party": "third_party", "verification": "unsubstantiated", "verified_on": plus("2026-03-13", 41 * i)}
                   for i in range(8)]
    notices: Rows = [{"notice_id": "TZ-01", "notice_type": "staff_list_filing", "sender": "party_b", "receiver": "party_a",
                      "form": "written", "method": "courier",
                      "sent_at": at("2026-02-10", 600), "received_at": at("2026-02-11", 600), "person_id": None, "due_on": None},
                     {"notice_id": "TZ-02", "notice_type": "staff_list_filing", "sender": "party_b", "receiver": "party_a",
                      "form": "written", "method": "courier",
                      "sent_at": at("2026-11-03", 600), "received_at": at("2026-11-04", 600), "person_id": None, "due_on": None}]
    return {"work_orders": numbered("order_id", "GD", orders), "data_accesses": numbered("access_id", "FW", accesses),
            "disclosures": numbered("disclosure_id", "PL", told), "complaints": numbered("complaint_id", "TS", complaints),
            "notices": notices,
            "approvals": [{"approval_id": "SP-01", "subject_type": "disclosure", "subject_id": None, "approver": "party_a",
                           "decision": "granted",
                           "decided_at": at("2026-02-12", 600), "form": "written"}],
            "incidents": [], "findings": [], "force_majeure_events": [], "attestations": [], "ip_records": [], "inspections": []}


def tables() -> Tables:
    return money() | team() | reports() | requests()
