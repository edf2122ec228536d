"""Less evidence never decides more: rules and evidence made by chance, of which tables, columns, rows and cells are taken away."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from compliance.audit import audit
from compliance.evaluation import lineage, measure, planning, rows, workspace
from compliance.evidence.store import close, evidence_from_rows
from compliance.linting.loading import LoadedContract, contract_ids, load_contract
from compliance.linting.rules import CheckedRuleSet

CONTRACTS = Path(__file__).resolve().parents[2] / "rules"
AS_OF = "2026-12-31"
ATOMS = (
    "is_satisfied", "has_error", "item_no >= terms.two", "item_no = 1", "exists(paid)", "count(paid) <= 1", "count(paid) = terms.two",
    "sum(paid.amount) >= terms.sum", "sum(paid.amount) <= terms.sum", "sum(paid.amount - paid.deduction_amount) > terms.sum",
    "max(paid.paid_on) <= terms.day", "min(paid.paid_on) > terms.day", "max(paid.paid_on) is null", "count_distinct(paid.payee_name) <= 1",
    "the(paid.payee_name) = 'north'", "exists(leave)", "count(leaves) >= terms.two",
    "days_between(terms.day, max(paid.paid_on)) <= terms.two",
    "case when has_error then is_satisfied else exists(paid) end", "least(item_no, count(paid)) >= 1", "coalesce(item_no, 1) >= terms.two",
    "count(early) < terms.two", "sum(early.amount) < terms.sum", "workdays_after(max(early.paid_on), item_no) <= terms.day",
    "greatest(item_no, count(leaves)) < terms.two", "longest_run(early.paid_on) <= 1", "item_no * count(paid) < terms.two",
)
TERMS = """\
terms:
  two: {value: 2, unit: count, clause: "1"}
  sum: {value: "150.00", unit: CNY, clause: "1"}
  day: {value: "2026-04-01", unit: date, clause: "1"}
"""
SETS = """\
  cases: {each: work_orders}
  rows:
    paid: {from: payments, where: "instalment_no = case.item_no"}
    early: {from: payments, where: "instalment_no <= case.item_no and paid_on < terms.day"}
    leave: {from: approvals, where: "subject_id = case.order_id and decision = 'granted'"}
    leaves: {from: approvals, where: "decision = 'granted' and valid_to_on >= terms.day"}
"""
RULES = 4
NUMBERS = ("count(paid)", "count(early)", "count(leaves)", "count_distinct(paid.payee_name)", "sum(paid.amount)",
           "sum(early.deduction_amount)", "sum(paid.amount - paid.deduction_amount)", "item_no * count(paid)",
           "longest_run(paid.paid_on)", "item_no - count(leaves)")


def condition(chance: random.Random, depth: int = 2) -> str:
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(ATOMS)
    left, right = condition(chance, depth - 1), condition(chance, depth - 1)
    return chance.choice([f"({left} and {right})", f"({left} or {right})", f"not ({left})"])


def made_rules(chance: random.Random) -> str:
    """One rule that measures everything by itself, and rules with a test, a trigger, lines or a deadline."""
    measured = {f"a{i}": a for i, a in enumerate(ATOMS)} | {f"n{i}": n for i, n in enumerate(NUMBERS)}
    found = ["let:\n" + "".join(f"    {name}: \"{e}\"\n" for name, e in measured.items()) + "  must: is_satisfied"]
    for i in range(RULES):
        match i % 4:
            case 0:
                found.append(f"must: {condition(chance)}")
            case 1:
                found.append(f"trigger: {condition(chance, 1)}\n  must: {condition(chance)}")
            case 2:
                found.append("decide:\n" + "".join(f"  - {v}: {condition(chance, 1)}\n" for v in ("breach", "compliant", "breach")))
            case _:
                found.append(f"when: {{due: terms.day, done: \"max(paid.paid_on)\"}}\n  must: {condition(chance)}")
    return "rules:\n" + "".join(f"- id: r{i}\n  provision: P001\n  title: {{zh: 规则, en: Rule}}\n{SETS}  {test.rstrip()}\n"
                                for i, test in enumerate(found))


@pytest.fixture(scope="module")
def made(sample):
    return sample(made_rules(random.Random(11)), TERMS)


def evidence(chance: random.Random, number: int = 14, blanks: float = 0.0):
    """Rows of three tables; `blanks` is the share of cells that may be blank and are."""
    def cell(value):
        return None if chance.random() < blanks else value
    days = [f"2026-0{m}-{d:02}" for m in (3, 4) for d in (1, 2, 3, 31 - m % 2 - 1)]
    orders = [{"order_id": f"W{i}", "order_type": "service_request", "item_no": cell(chance.randrange(1, 5)),
               "is_satisfied": cell(chance.random() < 0.5), "has_error": cell(chance.random() < 0.5)} for i in range(number)]
    payments = [{"payment_no": f"Z{i}", "purpose": "instalment", "payer": "party_a", "instalment_no": cell(chance.randrange(1, 5)),
                 "amount": chance.choice(["50.00", "100.00", "150.00"]), "deduction_amount": cell(chance.choice(["0.00", "50.00"])),
                 "paid_on": cell(chance.choice(days)), "payee_name": cell(chance.choice(["north", "south"]))}
                for i in range(chance.randrange(8))]
    approvals = [{"approval_id": f"A{i}", "subject_type": "data_access", "approver": "party_a",
                  "subject_id": cell(f"W{chance.randrange(number)}"), "decision": chance.choice(["granted", "refused"]),
                  "valid_to_on": cell(chance.choice(days))}
                 for i in range(chance.randrange(8))]
    return {"work_orders": orders, "payments": payments, "approvals": approvals}


COLUMNS = {t: list(r[0]) for t, r in evidence(random.Random(2), 20).items()}


def asked(made, tables, **how):
    columns = {t: c for t, c in {**COLUMNS, **how.pop("columns", {})}.items() if t in tables}
    return {(f.rule, f.subject): f for f in made.ask([r.rule.id for r in made.loaded.checked.rules], AS_OF, tables, columns=columns, **how)}


def bounds(text):
    """Lower and upper bound of a measure as it is shown; None where nothing is known."""
    low, _, high = (text or "? … ?").partition(" … ")
    return tuple(None if b == "?" else Decimal(b) for b in (low, high or low))


def narrower(less, whole):
    """Whether a measure says more than it does on more evidence."""
    (low, high), (least, most) = bounds(less), bounds(whole)
    return (low is not None and (least is None or low > least)) or (high is not None and (most is None or high < most))


def decided_otherwise(whole, less):
    """What less evidence decides, and the whole of it decides in another way or not at all."""
    found = set()
    for (rule, subject), finding in less.items():
        full = whole.get((rule, subject))
        if full is None:
            continue
        if finding.verdict not in ("no_evidence", full.verdict):
            found.add((rule, subject, full.verdict, finding.verdict))
        for names, differs in ((ATOMS, lambda a, b: a not in (None, b)), (NUMBERS, narrower)):
            prefix = "a" if names is ATOMS else "n"
            found |= {(e, subject, full.measures[m], finding.measures[m]) for i, e in enumerate(names) if rule == "r0"
                      for m in [f"{prefix}{i}"] if differs(finding.measures[m], full.measures[m])}
    return found


def without_table(chance, tables):
    gone = chance.sample(["payments", "approvals"], chance.randrange(1, 3))
    return {t: r for t, r in tables.items() if t not in gone}, {}


def without_columns(chance, tables):
    optional = [("work_orders", "item_no"), ("work_orders", "is_satisfied"), ("work_orders", "has_error"), ("payments", "instalment_no"),
                ("payments", "deduction_amount"), ("payments", "paid_on"), ("payments", "payee_name"), ("approvals", "subject_id"),
                ("approvals", "valid_to_on")]
    gone = chance.sample(optional, chance.randrange(1, 3))
    return tables, {"columns": {t: [c for c in COLUMNS[t] if (t, c) not in gone] for t in COLUMNS}}


def with_unreadable_cells(chance, tables):
    """What a cell said cannot be read, and the row is rejected."""
    places = [("payments", "instalment_no"), ("payments", "paid_on"), ("payments", "deduction_amount"), ("payments", "amount"),
              ("approvals", "decision"), ("approvals", "valid_to_on"), ("work_orders", "item_no"), ("work_orders", "is_satisfied")]
    less = {t: [dict(r) for r in found] for t, found in tables.items()}
    for table, column in chance.sample(places, 3):
        for row in less[table]:
            if chance.random() < 0.4:
                row[column] = "???"
    return less, {"bad_rows": "reject"}


def with_part_of_the_rows(chance, tables):
    """Some rows are left out, and the table does not say that it is whole."""
    less = {t: [r for r in found if t == "work_orders" or chance.random() < 0.6] for t, found in tables.items()}
    return less, {"complete": dict.fromkeys(("payments", "approvals"), (None, "2026-03-31"))}


WAYS = [without_table, without_columns, with_unreadable_cells, with_part_of_the_rows]


@pytest.mark.parametrize("blanks", [0.0, 0.25], ids=["without blanks", "with blanks"])
@pytest.mark.parametrize("way", WAYS, ids=[w.__name__ for w in WAYS])
def test_less_evidence_decides_the_same_or_nothing(made, way, blanks):
    chance = random.Random(f"{way.__name__} {blanks}")
    tables = evidence(chance, blanks=blanks)
    whole = asked(made, tables)
    less, how = way(chance, tables)
    found = asked(made, less, **how)
    assert decided_otherwise(whole, found) == set()
    assert {"compliant", "breach"} <= {f.verdict for f in whole.values()}, "there is something to lose"


# Thresholds of the engine


def compared(found):
    """What must not depend on how a table is read: verdicts, measures and dates; not which rows are named."""
    return {k: (f.verdict, dict(f.measures), f.due, f.done, f.amount, f.contested, f.provisional, f.missing) for k, f in found.items()}


def lower(monkeypatch, names):
    """Every table that has rows is large."""
    places = [(m, n) for m in (lineage, measure, planning, rows, workspace) for n in names if hasattr(m, n)]
    assert {n for _, n in places} == set(names)
    for module, name in places:
        monkeypatch.setattr(module, name, 0)


@pytest.mark.parametrize("names", [("LARGE",), ("PAIRED",)], ids="+".join)
def test_a_large_table_is_measured_as_a_small_one_is(made, monkeypatch, names):
    tables = evidence(random.Random(5))
    small = asked(made, tables)
    lower(monkeypatch, names)
    large = asked(made, tables, fresh=True)
    assert compared(small) == compared(large)
    assert {"compliant", "breach"} <= {f.verdict for f in small.values()}


def test_a_large_table_with_blanks_decides_the_same_or_nothing(made, monkeypatch):
    tables = evidence(random.Random(6), blanks=0.25)
    small = asked(made, tables)
    lower(monkeypatch, ("LARGE", "PAIRED"))
    assert decided_otherwise(small, asked(made, tables, fresh=True)) == set()


def test_of_many_cases_the_clear_ones_are_counted_and_no_other_is_lost(made, monkeypatch):
    tables = evidence(random.Random(8), 30, blanks=0.2)
    each = asked(made, tables)
    monkeypatch.setattr(measure, "LISTED_CASES", 1)
    many = made.ask([r.rule.id for r in made.loaded.checked.rules], AS_OF, tables, columns=COLUMNS)
    for verdict in {f.verdict for f in each.values()}:
        for rule in {r for r, _ in each}:
            expected = {s for (r, s), f in each.items() if (r, f.verdict) == (rule, verdict)}
            found = [f for f in many if (f.rule, f.verdict) == (rule, verdict)]
            if verdict in ("compliant", "not_triggered"):
                assert [(f.subject, f.count) for f in found] == ([(None, len(expected))] if expected else [])
            else:
                assert {f.subject for f in found} == expected and {f.count for f in found} <= {1}
                assert compared({(rule, f.subject): f for f in found}) == compared({(rule, s): each[rule, s] for s in expected})


READ = """\
rules:
- id: stricter
  provision: P002
  title: {zh: 更严, en: Stricter}
  cases: {each: work_orders}
  must: item_no >= 1
  readings:
    one: {default: true, text: {zh: 一, en: One}}
    two: {text: {zh: 二, en: Two}, must: item_no >= terms.two}
- id: milder
  provision: P003
  title: {zh: 更宽, en: Milder}
  cases: {each: work_orders}
  must: item_no >= terms.two
  readings:
    two: {default: true, text: {zh: 二, en: Two}}
    one: {text: {zh: 一, en: One}, must: item_no >= 1}
"""


@pytest.fixture(scope="module")
def read(sample):
    return sample(READ, TERMS)


THREE = {"work_orders": [{"order_id": f"W{i}", "order_type": "service_request", "item_no": i} for i in (1, 2, 3)]}


@pytest.mark.parametrize("listed", [1000, 1], ids=["few", "many"])
def test_another_reading_is_asked_about_a_breach_among_many_cases(read, monkeypatch, listed):
    monkeypatch.setattr(measure, "LISTED_CASES", listed)
    found = {f.subject: [r.verdict for r in f.readings] for f in read.ask("milder", AS_OF, THREE) if f.verdict == "breach"}
    assert found == {"W1": ["compliant"]}


@pytest.mark.parametrize("listed", [1000, 1], ids=["few", "many"])
def test_a_case_that_another_reading_would_not_clear_is_contested_among_many(read, monkeypatch, listed):
    monkeypatch.setattr(measure, "LISTED_CASES", listed)
    contested = [f for f in read.ask("stricter", AS_OF, THREE) if f.contested]
    assert [(f.verdict, [r.verdict for r in f.readings]) for f in contested] == [("compliant", ["breach"])]


# The real contracts without any evidence


def reads_evidence(loaded, rule):
    """Whether a rule looks at more than the figures and lists of the contract."""
    tables = {rule.cases.table, *(s.table for s in rule.sets), *(j.table for s in rule.sets for j in s.joins)} - {None}
    return any(loaded.checked.tables[t].kind in ("evidence", "view") for t in tables)


@pytest.mark.parametrize("contract", contract_ids(CONTRACTS))
def test_without_evidence_no_duty_of_a_real_contract_is_kept(contract):
    loaded, problems = load_contract(CONTRACTS, contract)
    assert loaded is not None, problems
    duties = {p.id for p in loaded.contract.provisions.values() if p.modality in ("must", "must_not")}
    chosen = [r for r in loaded.checked.rules if r.rule.provision in duties and (reads_evidence(loaded, r) or r.rule.worst_of)]
    only = LoadedContract(loaded.contract, loaded.rule_set, CheckedRuleSet(tuple(chosen), loaded.checked.views, loaded.checked.tables))
    assert len(chosen) > 20
    store, problems = evidence_from_rows({})
    assert store is not None, problems
    try:
        found = audit(only, store, date(2032, 1, 1)).findings
        assert [f.id for f in found if f.verdict in ("compliant", "excused", "waived")] == []
    finally:
        close(store)


SETS_OF_ROWS = {"paid": {"from": "payments", "where": "instalment_no = case.item_no"},
                "early": {"from": "payments", "where": "instalment_no <= case.item_no and paid_on < terms.day"},
                "leave": {"from": "approvals", "where": "subject_id = case.order_id and decision = 'granted'"},
                "leaves": {"from": "approvals", "where": "decision = 'granted' and valid_to_on >= terms.day"}}
CONDITIONS_OF_CASES = ("item_no >= terms.two", "is_satisfied", "has_error or item_no = 1", "not is_satisfied", "item_no < 4")


def rules_with_readings(chance):
    """Rules whose other readings ask something else, or of other cases; some with a subject that several cases share."""
    def cases():
        return {"each": "work_orders", "where": chance.choice(CONDITIONS_OF_CASES)}

    def change():
        return chance.choice([{"decide": lines()}, {"cases": cases()}, {"cases": {"each": "work_orders"}, "decide": lines()}])

    def lines():
        return [{"compliant": condition(chance, 1)}, {"breach": condition(chance, 1)}]

    return "rules: " + json.dumps([
        {"id": f"read-{i}", "provision": f"P{i + 2:03}", "title": {"zh": "规则", "en": "Rule"}, "cases": cases(), "rows": SETS_OF_ROWS,
         **({"subject": "item_no"} if i % 2 else {}), "decide": lines(),
         "readings": {"own": {"default": True, "text": {"zh": "本", "en": "Own"}},
                      **{name: {"text": {"zh": name, "en": name}, **change()} for name in ("first", "second")}}}
        for i in range(10)], ensure_ascii=False)


@pytest.mark.parametrize("seed", range(4))
def test_readings_of_many_cases_are_compared_as_those_of_few_are(sample, monkeypatch, seed):
    chance = random.Random(seed)
    made, tables = sample(rules_with_readings(chance), TERMS), evidence(chance, 30, blanks=0.15)
    ids = [r.rule.id for r in made.loaded.checked.rules]
    few = made.ask(ids, AS_OF, tables, columns=COLUMNS)
    monkeypatch.setattr(measure, "LISTED_CASES", 1)
    many = made.ask(ids, AS_OF, tables, columns=COLUMNS)
    assert any(f.contested for f in few) and any(f.count > 1 for f in many)
    assert _told(few) == _told(many) and _counted(few) == _counted(many)


def _told(findings):
    """The findings that are not clear or that another reading would change."""
    return Counter((f.rule, f.subject, f.verdict, tuple((r.reading, r.verdict) for r in f.readings), f.evidence) for f in findings
                   if f.contested or f.verdict not in ("compliant", "not_triggered"))


def _counted(findings):
    """How many cases are clear under every reading."""
    counts = Counter()
    for f in findings:
        if not f.contested and f.verdict in ("compliant", "not_triggered"):
            counts[f.rule, f.verdict] += f.count
    return counts


OTHER_CASES = """\
rules:
- id: reports-only
  provision: P002
  title: {zh: 报告, en: Reports}
  cases: {each: deliverables, where: "deliverable_type = 'monthly_report'"}
  must: is_verified
  readings:
    reports: {default: true, text: {zh: 仅月报, en: Monthly reports only}}
    each: {text: {zh: 全部, en: All of them}, cases: {each: deliverables}}
- id: by-order
  provision: P003
  title: {zh: 工单, en: Orders}
  cases: {each: work_orders, where: has_error}
  must: is_satisfied
  readings:
    orders: {default: true, text: {zh: 工单, en: Orders}}
    deliverables: {text: {zh: 成果, en: Deliverables}, cases: {each: deliverables}, must: is_verified}
"""


def test_a_breach_of_what_only_another_reading_takes_for_a_case_is_told(sample):
    rules = sample(OTHER_CASES, TERMS)
    rows = [{"deliverable_id": f"D{i}", "deliverable_type": kind, "is_verified": good} for i, (kind, good) in enumerate(
        [("monthly_report", False), ("data_analysis_monthly", False), ("data_analysis_monthly", True)])]
    found = {f.subject: f for f in rules.ask("reports-only", AS_OF, {"deliverables": rows})}
    assert {s: (f.verdict, [r.verdict for r in f.readings], [e.key for e in f.evidence]) for s, f in found.items()} == {
        "D0": ("breach", [], ["D0"]), "D1": ("not_triggered", ["breach"], ["D1"])}
    # Very many of them are one finding.
    others = [{**rows[1], "deliverable_id": f"A{i}"} for i in range(1500)]
    many = [f for f in rules.ask("reports-only", AS_OF, {"deliverables": [*rows, *others]}) if f.contested]
    assert [(f.subject, f.verdict, f.count, [r.verdict for r in f.readings], f.evidence_count, len(f.evidence)) for f in many] == [
        (None, "not_triggered", 1501, ["breach"], 1501, 20)]


@pytest.mark.parametrize(("orders", "verified", "verdict", "other"), [
    ([], [True], "not_triggered", "compliant"), ([], [True, False], "not_triggered", "breach"), (None, [False], "no_evidence", "breach"),
    ([], [], "not_triggered", None), (None, None, "no_evidence", None)])
def test_where_the_default_reading_has_no_case_the_worst_of_the_other_is_told(sample, orders, verified, verdict, other):
    rules = sample(OTHER_CASES, TERMS)
    tables = {"work_orders": orders, "deliverables": None if verified is None else [
        {"deliverable_id": f"D{i}", "deliverable_type": "monthly_report", "is_verified": v} for i, v in enumerate(verified)]}
    found = rules.one("by-order", AS_OF, {t: r for t, r in tables.items() if r is not None})
    assert (found.subject, found.verdict, [r.verdict for r in found.readings]) == (None, verdict, [other] if other else [])
    assert [e.key for e in found.evidence] == ([f"D{i}" for i, v in enumerate(verified) if v == (other == "compliant")] if other else [])


NAMED = """\
rules:
- id: named
  provision: P001
  title: {zh: 具名条件, en: Named condition}
  cases: {each: incidents}
  rows:
    pays: {from: payments, where: "purpose = 'instalment'"}
    late: {from: complaints, where: "%s"}
  let:
    flag: exists(pays)
    wanted: "case when exists(pays) then 'C1' else 'C2' end"
  must: not exists(late)
"""


@pytest.mark.parametrize("where", ["case.flag", "complaint_id = case.wanted", "complaint_id = 'C1' and case.flag", "case.flag = true"])
def test_rows_chosen_by_a_value_that_is_unknown_stay_possible(sample, where):
    """A named value that no evidence decides is NULL without being blank: a row it asks for is not left out."""
    asked = sample(NAMED % where)
    tables = {"incidents": [{"incident_id": "I1", "occurred_at": "2026-03-02 10:00"}], "payments": [],
              "complaints": [{"complaint_id": "C1"}]}
    assert asked.verdict("named", AS_OF, tables) == "compliant"
    assert asked.verdict("named", AS_OF, tables, complete={"payments": ("2026-06-01", None)}) == "no_evidence"
    assert asked.verdict("named", AS_OF, tables | {"payments": [{"payment_no": "1", "purpose": "instalment"}]}) == "breach"
