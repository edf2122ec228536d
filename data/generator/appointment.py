"""Appointment platform: bookings, channels, staff and security of the service year from 1 February 2026."""

from __future__ import annotations

from decimal import Decimal

from generator.rows import Rows, Tables, at, contract, months, numbered, payee, people, pick, plus, term

C = "appointment-2026"
START, END = "2026-02-01", "2027-01-31"
CYCLES = [("ZQ-1", START, "2026-05-31", "2026-06-08"), ("ZQ-2", "2026-06-01", "2026-11-30", "2026-12-04"),
          ("ZQ-3", "2026-12-01", END, None)]
STAFF = people("L", 20)
TECHNICIANS = STAFF[:8]
WITHOUT_PLEDGE, RELEASE_WITHOUT_CONSENT, LATE_STAGE = TECHNICIANS[3], 11, 3


def money() -> Tables:
    """Quantities by cycle, institution and channel; the second instalment is paid eight days late."""
    prices = {r["channel"]: Decimal(str(r["price"])) for r in contract(C).lists["unit_prices"].rows}
    lines: Rows = [{"cycle_id": cycle, "item": f"医疗机构{n:02}", "channel": channel, "status": status,
                    "quantity": (base + pick(base // 2, cycle, n, channel)) // (1 if status == "successful" else 12), "unit_price": price}
                   for cycle, *_ in CYCLES for n in range(1, 23)
                   for channel, price, base in ((c, p, {"network": 180000, "phone": 18000}[c]) for c, p in prices.items())
                   for status in ("successful", "unsuccessful")]
    for row in lines:
        row["amount"] = f"{row['quantity'] * row['unit_price']:.2f}"
    totals = {cycle: sum((Decimal(r["amount"]) for r in lines if r["cycle_id"] == cycle and r["status"] == "successful"), Decimal(0))
              for cycle, *_ in CYCLES}
    seller = {"seller_name": term(C, "party_b_name"), "seller_tax_id": term(C, "party_b_code"), "buyer_name": term(C, "party_a_name"),
              "buyer_tax_id": term(C, "party_a_code")}
    settled = [(1, "ZQ-1", "2026-06-15", "2026-06-26"), (2, "ZQ-2", "2026-12-16", "2027-01-08")]
    return {
        "payments": [{"payment_no": f"FK-{n:03}", "purpose": "instalment", "instalment_no": n, "payer": "party_a", "cycle_id": cycle,
                      "paid_on": paid, "payable_amount": totals[cycle], "deduction_amount": "0.00", "amount": totals[cycle],
                      "method": "bank_transfer", "status": "completed", **payee(C)} for n, cycle, _, paid in settled],
        "invoices": [{"invoice_no": f"FP-{n:03}", "invoice_type": "vat_special", "instalment_no": n, **seller, "issued_on": day,
                      "received_on": plus(day, 1), "amount": totals[cycle], "is_valid": True} for n, cycle, day, _ in settled],
        "billing_cycles": [{"cycle_id": c, "period_start_on": a, "period_end_on": b, "basis": "default", "verified_on": v,
                            "verified_by": "party_a" if v else None} for c, a, b, v in CYCLES],
        "billing_lines": numbered("line_id", "MX", lines), "budget_events": [], "penalties": [], "losses": [], "other_payments": [],
        "amendments": [], "contract_parameters": [{"parameter_id": "CS-01", "parameter": "contract_total", "party": "both",
                                                   "document": "main_contract", "value_number": term(C, "contract_total"), "unit": "元"}],
        "contract_events": [
            {"event_id": "SJ-01", "event_type": "signed", "occurred_on": term(C, "signed_by_b_on"), "party": "party_b",
             "document": "main_contract"},
            {"event_id": "SJ-02", "event_type": "signed", "occurred_on": term(C, "signed_by_a_on"), "party": "party_a",
             "document": "main_contract"},
            {"event_id": "SJ-03", "event_type": "service_started", "occurred_on": START, "party": "both", "document": "main_contract"}]}


def staff() -> Tables:
    """One technician works in the system without the personal pledge."""
    posts = [{"person_id": p, "role": "technician" if p in TECHNICIANS else "agent" if i < 17 else "data_manager", "started_on": START,
              "ended_on": None, "is_dedicated": True, "has_need_to_know": True} for i, p in enumerate(STAFF)]
    signed = [{"agreement_type": kind, "party": "party_b", "person_id": p, "signed_on": "2026-01-30", "form": "written"}
              for p in STAFF for kind in ("confidentiality_agreement", "professional_undertaking")
              if (p, kind) != (WITHOUT_PLEDGE, "professional_undertaking")]
    sessions = [{"session_id": f"PX-{i:02}", "training_type": kind, "title": title, "held_at": at(day, 570), "hours": h, "mode": "on_site",
                 "organised_by": "party_b"}
                for i, (kind, title, day, h) in enumerate((("confidentiality", "入场保密教育", "2026-01-30", 2),
                                                           ("business", "预约规则", "2026-03-11", 3),
                                                           ("cybersecurity", "数据安全", "2026-05-20", 2),
                                                           ("quality", "话务质量", "2026-07-15", 3),
                                                           ("confidentiality", "保密教育复训", "2026-08-12", 2),
                                                           ("business", "挂号渠道", "2026-10-21", 3)), 1)]
    topics = [{"session_id": s["session_id"], "item_type": "topic", "item": topic} for s in sessions
              if s["training_type"] == "confidentiality"
              for topic in ("保密信息的范围", "保密义务", "泄密法律责任")]
    accesses = [{"person_id": STAFF[i % 20], "party": "party_b", "system_id": "SYS-01", "information_type": "number_source_data",
                 "action": "read",
                 "accessed_at": at(plus("2026-02-02", 2 * i), 545 + pick(400, i)), "purpose": "contract_performance", "approval_id": None}
                for i in range(180)]
    return {"staff": [{"person_id": p, "party": "party_b", "employment_type": "employee", "has_system_access": True} for p in STAFF],
            "staff_assignments": numbered("assignment_id", "GW", posts), "agreements": numbered("agreement_id", "XY", signed),
            "training_sessions": sessions, "content_items": numbered("item_id", "NR", topics),
            "data_accesses": numbered("access_id", "FW", accesses),
            "training_attendances": [{"session_id": s["session_id"], "person_id": p, "is_passed": True} for s in sessions for p in STAFF]}


def security() -> Tables:
    """Number-source data goes to a company that Party A never agreed to."""
    once = [("level_protection_assessment", "2026-09-16"), ("level_protection_filing", "2026-03-18"), ("supply_chain_review", "2026-04-22"),
            ("risk_assessment", "2026-06-10")]
    work = [{"activity_type": kind, "performed_at": at(day, 600), "organised_by": "party_b", "result": "passed", "standard": "2.0",
             "protection_level": 3, "filing_no": "备案-2026-03" if kind.endswith("filing") else None} for kind, day in once]
    work += [{"activity_type": kind, "performed_at": at(plus(a, 4 + n), 600), "organised_by": "party_b", "result": "passed"}
             for a, _ in months(START, 12) for n, kind in enumerate(("perimeter_monitoring", "vulnerability_analysis", "scalper_control",
                                                                     "backup"))]
    told = [{"action": "provide", "recipient": p, "recipient_type": "party_b_staff", "information_type": "booking_information",
             "disclosed_at": at("2026-02-02", 540 + i), "approval_id": None} for i, p in enumerate(STAFF)]
    told += [{"action": "provide", "recipient": f"医疗机构{n:02}", "recipient_type": "medical_institution",
              "information_type": "booking_information",
              "disclosed_at": at("2026-03-02", 540 + n), "approval_id": None} for n in range(1, 23)]
    told += [{"action": "publish", "recipient": "市民", "recipient_type": "public", "information_type": "booking_information",
              "disclosed_at": at(plus(b, 3), 600), "approval_id": f"SP-{201 + i}"} for i, (_, b) in enumerate(months(START, 11))]
    told.append({"action": "provide", "recipient": "某数据公司", "recipient_type": "third_party", "information_type": "number_source_data",
                 "disclosed_at": at("2026-05-18", 920), "approval_id": None})
    for row in told:
        row |= {"disclosing_party": "party_b", "owner_party": "party_a"}
    return {"maintenance_activities": numbered("activity_id", "WH", work), "disclosures": numbered("disclosure_id", "PL", told),
            "systems": [{"system_id": "SYS-01", "name": "预约挂号统一平台", "is_important": True, "protection_level": 3}],
            "information_returns": [], "ip_records": [], "force_majeure_events": [], "integrity_events": [], "disputes": [],
            "handovers": []}


def operation() -> Tables:
    """A release without consent, and results of a stage handed over five working days late."""
    releases = [{"order_type": "channel_release", "item": item, "channel": channel, "received_at": at(plus("2026-02-10", 14 * i), 600),
                 "released_at": at(plus("2026-02-20", 14 * i), 1320), "status": "completed",
                 "approval_id": None if i == RELEASE_WITHOUT_CONSENT else f"SP-{101 + i}"}
                for i, (item, channel) in enumerate((item, channel)
                                                    for item in ("挂号须知更新", "在线支付", "分级诊疗入口", "号源展示", "就诊提醒",
                                                                 "停诊通知")
                                                    for channel in ("network", "mini_program", "mobile_app", "wechat_account"))]
    orders = [{"order_type": "user_support", "item": "预约咨询", "channel": "phone",
               "received_at": at(plus("2026-02-01", 2 * i), 500 + pick(500, i)),
               "completed_at": at(plus("2026-02-01", 2 * i), 1010 + pick(60, i)), "status": "closed", "approval_id": None}
               for i in range(180)]
    granted = [{"approval_id": r["approval_id"], "subject_type": "release", "requested_by": "party_b", "approver": "party_a",
                "decision": "granted",
                "decided_at": at(plus(r["received_at"][:10], 6), 600), "form": "written"} for r in releases if r["approval_id"]]
    granted += [{"approval_id": f"SP-{201 + i}", "subject_type": "publication", "requested_by": "party_b", "approver": "party_a",
                 "decision": "granted", "decided_at": at(plus(b, 1), 600), "form": "written"} for i, (_, b) in enumerate(months(START, 11))]
    measured = [{"metric": metric, "channel": channel, "period_start_on": a, "period_end_on": b, "value": value, "unit": unit,
                 "numerator": top,
                 "denominator": bottom} for a, b in months(START, 12)
                for metric, channel, value, unit, top, bottom in (
                    ("service_level", "phone", None, "percent", 93000 + pick(3000, a), 100000),
                    ("availability", "phone", None, "percent", 43180, 43200),
                    ("availability", "network", None, "percent", 43199, 43200), ("technical_support_hours", None, 24, "hour", None, None),
                    ("manual_service_hours", "phone", 24, "hour", None, None),
                    ("real_name_share", None, None, "percent", 1500000 + pick(9999, a), None))]
    for row in measured:
        if row["metric"] == "real_name_share":
            row["denominator"] = row["numerator"]
    stages = [{"deliverable_type": "stage_result", "title": f"第{q}季度阶段成果", "trigger_on": day,
               "submitted_on": plus(day, 21 if q == LATE_STAGE else 8),
               "submitted_by": "party_b", "recipient": "party_a"} for q,
               day in enumerate(("2026-04-30", "2026-07-31", "2026-10-30"), start=1)]
    reports = [{"deliverable_type": "monthly_report", "title": "月度运行报告", "trigger_on": b, "submitted_on": plus(b, 5),
                "submitted_by": "party_b",
                "recipient": "party_a"} for _, b in months(START, 11)]
    faults = [{"incident_type": "service_interruption", "system_id": "SYS-01", "channel": ("network", "phone")[i % 2],
               "occurred_at": at(day, 300),
               "restored_at": at(day, 318 + 7 * i), "cause": "carrier_fault", "cause_party": "third_party", "has_data_loss": False,
               "has_data_leak": False, "leaked_information": None, "has_delayed_work": False}
              for i, day in enumerate(("2026-03-25", "2026-07-09", "2026-09-14", "2026-12-21"))]
    demands = [("TZ-01", "2026-05-25", "2026-06-15", "2026-06-11"), ("TZ-02", "2026-10-12", "2026-10-30", "2026-10-27")]
    return {
        "work_orders": numbered("order_id", "GD", releases + orders), "approvals": granted,
        "service_metrics": numbered("measurement_id", "ZB", measured),
        "deliverables": numbered("deliverable_id", "CG", stages + reports), "incidents": numbered("incident_id", "GZ", faults),
        "acceptances": [], "subcontracts": [],
        "notices": [{"notice_id": n, "notice_type": "rectification_demand", "sender": "party_a", "receiver": "party_b", "form": "written",
                     "sent_at": at(sent, 600), "received_at": at(sent, 660), "due_on": due, "due_grace_on": None,
                     "reason": "坐席话术不规范"}
                    for n, sent, due, _ in demands],
        "findings": [{"finding_id": f"WT-{i:02}", "finding_type": "default", "source_type": "notice", "source_id": n,
                      "responsible_party": "party_b",
                      "raised_on": sent, "due_on": due, "completed_on": done, "confirmed_on": done}
                     for i, (n, sent, due, done) in enumerate(demands, start=1)],
        "system_functions": [{"function_id": f"JK-{i:02}", "system_id": "SYS-01", "function_type": "data_exchange", "name": "号源数据交换",
                              "counterparty": f"医疗机构{i:02}", "method": ("接口", "前置机")[i % 2], "status": "available",
                              "available_from_on": START}
                             for i in range(1, 23)]}


def tables() -> Tables:
    return money() | staff() | security() | operation()
