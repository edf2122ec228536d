"""One bad rule for each problem code: the code, the place to the column and what to do. ‸ marks the expected place."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping

import pytest

from compliance.ground import Problem

MARK = "‸"
Lint = Callable[[Mapping[str, str]], list[Problem]]

HEAD = """\
rules:
- id: paid-on-time
  provision: P001
  title: {zh: 按时付款, en: Paid on time}
"""
GOOD = """\
rows:
  paid: {from: payments, where: "purpose = 'instalment'"}
let:
  last: max(paid.paid_on)
when:
  due: workdays_after(contract.signed_on, terms.payment_days)
  done: last
"""


def rule(body: str, head: str = HEAD) -> str:
    return head + textwrap.indent(textwrap.dedent(body), "  ")


def place(text: str) -> tuple[str, str]:
    before, found, after = text.partition(MARK)
    assert found, "the text marks where the problem is expected"
    return before + after, f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def check(lint: Lint, text: str, code: str, message: str, help_: str | None) -> None:
    """Exactly one problem, with its code, place, message and help."""
    clean, at = place(text)
    found = [str(p) for p in lint({"bad.yaml": clean})]
    expected = f"rules/sample/bad.yaml:{at}: {code}: {message}"
    assert found == [f"{expected}\n  help: {help_}" if help_ else expected]


def test_a_good_rule_has_no_problem(lint):
    assert lint({"good.yaml": rule(GOOD)}) == []


# code, body of the rule with the mark, message, help
NAMES = {
    "table": ("rule-unknown-table", "rows:\n  paid: ‸{from: payment}\nmust: exists(paid)",
              "there is no table, list or view 'payment'", "did you mean 'payments'?"),
    "column of a row": ("rule-unknown-column", "rows:\n  paid: {from: payments, where: ‸payed_on is null}\nmust: exists(paid)",
                        "table 'payments' has no column 'payed_on'", "did you mean 'paid_on'?"),
    "column of a set": ("rule-unknown-column", "rows:\n  paid: {from: payments}\nmust: sum(‸paid.amont) = 1",
                        "table 'payments' has no column 'amont'", "did you mean 'amount'?"),
    "column of by": ("rule-unknown-column", "cases: ‸{each: payments, by: payr}\nmust: true",
                     "table 'payments' has no column 'payr'", "did you mean 'payer'?"),
    "code": ("rule-unknown-code", "cases: {each: payments}\nmust: ‸payer = 'party_c'",
             "'party_c' is not a code of this column", "did you mean 'party_b'?"),
    "term": ("rule-unknown-term", "must: ‸terms.totl > 0", "the contract has no term 'totl'", "did you mean 'total'?"),
    "dated term": ("rule-dated-term", "must: ‸terms.fee > 0", "'fee' changes with time", "use term_at(fee, DAY)"),
    "name": ("rule-unknown-name", "let: {paid_sum: 1}\nmust: ‸paid_sun > 0",
             "the case has no value or column 'paid_sun'", "did you mean 'paid_sum'?"),
    "qualifier": ("rule-unknown-name", "must: ‸servce.start < as_of", "'servce' is not known here", "did you mean 'service'?"),
    "parameter": ("rule-unknown-parameter", "family: {list: instalments}\nmust: ‸param.amout > 0",
                  "there is no parameter 'amout'", "did you mean 'amount'?"),
    "parameter without a family": ("rule-unknown-parameter", "must: ‸param.amount > 0",
                                   "there is no parameter 'amount'", "known here: nothing"),
    "value of the case in where": ("rule-unknown-column", "let: {limit_day: as_of}\nrows:\n  paid: {from: payments, where: "
                                   "paid_on < ‸limit_day}\nmust: exists(paid)",
                                   "'limit_day' is a value of the case", "write 'case.limit_day'"),
}


@pytest.mark.parametrize("case", NAMES.values(), ids=NAMES.keys())
def test_a_name_that_does_not_exist_is_found_and_the_nearest_is_offered(lint, case):
    code, body, message, help_ = case
    check(lint, rule(body), code, message, help_)


TYPES = {
    "comparison": ("rule-type", "must: ‸terms.total = 'x'", "a money cannot be compared with a text", None),
    "order of texts": ("rule-type", "cases: {each: payments}\nmust: ‸payer < 'party_b'", "a text has no order for '<'", None),
    "verdict of a number": ("rule-type", "must: ‸terms.total", "this is a money, a boolean is needed", None),
    "due that is money": ("rule-type", "when: {due: ‸terms.total, done: as_of}",
                          "this is a money, a date or a datetime is needed", None),
    "date and number": ("rule-type", "must: ‸as_of + 1 > as_of", "dates are not added or subtracted with + and -",
                        "use add_days, days_after, hours_after or days_between"),
    "sum of dates": ("rule-type", "rows:\n  paid: {from: payments}\nmust: ‸sum(paid.paid_on) = 1",
                     "sum() of a date has no meaning", None),
    "not of money": ("rule-type", "must: not ‸terms.total", "this is a money, a boolean is needed here", None),
    "branches": ("rule-type", "must: ‸case when true then 1 else 'a' end = 1",
                 "the values have different types: integer, text", None),
    "window of every": ("rule-type", "cases: {every: day, from: ‸terms.total}\nmust: true",
                        "this is a money, a date is needed", None),
}


@pytest.mark.parametrize("case", TYPES.values(), ids=TYPES.keys())
def test_values_of_types_that_do_not_go_together_are_found(lint, case):
    code, body, message, help_ = case
    text = rule(body)
    if "sum(" in body:
        text = text.replace(MARK, "").replace("paid.paid_on", f"{MARK}paid.paid_on")
    check(lint, text, code, message, help_)


LANGUAGE = {
    "division": ("rule-construct", "must: ‸terms.total / 2 > 0", "'div' is not part of the rule language",
                 "compare rates by multiplication: 100 * a < 15 * b"),
    "is true": ("rule-construct", "must: ‸true is true", "'is' is only followed by null or not null", None),
    "empty in": ("rule-construct", "must: ‸1 in ()", "'in' needs a list of values in brackets", None),
    "simple case": ("rule-construct", "must: ‸case 1 when 1 then true end",
                    "write 'case when CONDITION then VALUE ... end'", None),
    "function": ("rule-unknown-function", "must: is_workdy(‸as_of)", "there is no function 'is_workdy'",
                 "did you mean 'is_workday'?"),
    "arguments": ("rule-arguments", "must: add_days(‸as_of) > as_of", "add_days takes 2 arguments, not 1", None),
    "arguments of count": ("rule-arguments", "rows:\n  paid: {from: payments}\nmust: count(‸paid, paid) > 0",
                           "count takes one argument", None),
    "count of a column": ("rule-aggregate", "rows:\n  paid: {from: payments}\nmust: count(‸paid.amount) > 0",
                          "count() takes the name of a set of rows", None),
    "measure in where": ("rule-aggregate", "rows:\n  paid: {from: payments, where: count(‸paid) > 1}\nmust: exists(paid)",
                         "count() is not possible here", "measures over rows belong to 'let' and to the slots of the rule"),
    "two sets": ("rule-aggregate", "rows:\n  paid: {from: payments}\n  billed: {from: invoices}\n"
                 "must: sum(‸paid.amount + billed.amount) > 0",
                 "sum() must name the columns of exactly one set of rows", "the sets are: billed, paid"),
    "day that does not exist": ("rule-wrong-date", "must: ‸date '2026-02-30' > as_of", "a date is written date '2026-06-30'", None),
    "unfinished": ("rule-syntax", "must: terms.total ‸>", "this is not an expression of the rule language", "in: terms.total >"),
    "two expressions": ("rule-syntax", "must: ‸1 = 1; 2 = 2", "exactly one expression is expected", "in: 1 = 1; 2 = 2"),
}


@pytest.mark.parametrize("name", LANGUAGE)
def test_what_is_outside_the_language_is_refused(lint, name):
    code, body, message, help_ = LANGUAGE[name]
    check(lint, rule(body), code, message, help_)


def test_a_function_of_the_engine_is_no_function_of_the_language(lint):
    for call in ("read_text('x')", "getenv('x')", "query('x')", "pragma_version('x')", "nfkc('x')"):
        [problem] = lint({"bad.yaml": rule(f'must: "{call} = 1"')})
        assert problem.code == "rule-unknown-function"


SHAPES = {
    "no test": ("rule-no-test", "let: {a: 1}", "the rule tests nothing: it needs must, when, arises, decide or follows", None),
    "two tests": ("rule-two-tests", "must: true\narises: true", "must and arises exclude each other", None),
    "until and due": ("rule-when", "when: {until: as_of, due: as_of}\nmust: true", "'until' goes with 'must' and without 'due'", None),
    "due alone": ("rule-when", "when: {due: as_of}", "a due date alone decides nothing: add 'done' or 'must'", None),
    "no default reading": ("rule-readings", "must: true\nreadings:\n  a: {text: {zh: 甲, en: A}, must: false}\n"
                           "  b: {text: {zh: 乙, en: B}, must: false}", "exactly one reading is the default", None),
    "default that changes": ("rule-readings", "must: true\nreadings:\n  a: {default: true, text: {zh: 甲, en: A}, must: false}\n"
                             "  b: {text: {zh: 乙, en: B}, must: false}",
                             "the default reading 'a' changes nothing: the rule itself is it", None),
    "list": ("rule-unknown-list", "family: {list: instalment}\nmust: true", "the contract has no list 'instalment'",
             "did you mean 'instalments'?"),
    "provision that is excused": ("rule-unknown-provision", "must: true\nexcuses: [P009]", "the register has no provision P009",
                                  "did you mean 'P003'?"),
    "provision that excuses": ("rule-unknown-provision", "must: true\nunless: [{if: 'true', by: P077}]",
                               "the register has no provision P077", "known here: P001, P002, P003"),
}


@pytest.mark.parametrize("case", SHAPES.values(), ids=SHAPES.keys())
def test_a_rule_whose_parts_make_no_sense_is_refused_at_its_place(lint, case):
    code, body, message, help_ = case
    head = HEAD.replace("- id", f"- {MARK}id")
    check(lint, rule(body, head), code, message, help_)


PARTS = {
    "decide without a verdict": ("rule-decide", "decide: [‸{why: {zh: 甲, en: A}}]",
                                 "a line of 'decide' needs one verdict with its condition", None),
    "name of rows and value": ("rule-duplicate-name", "rows:\n  paid: {from: payments}\nlet: {paid: ‸1}\nmust: exists(paid)",
                               "'paid' is the name of rows and of a value", None),
    "join without reference": ("rule-join", "rows:\n  paid: {from: payments, join: [‸invoices]}\nmust: exists(paid)",
                               "no column refers to 'invoices' in the dictionary",
                               'write join: [{table: invoices, on: "invoices.COLUMN = COLUMN"}]'),
    "join that is no equation": ("rule-join", "rows:\n  paid: {from: payments, join: [{table: invoices, on: "
                                 "‸invoices.amount > amount}]}\nmust: exists(paid)",
                                 "a join is a list of equations joined by 'and'", None),
}


@pytest.mark.parametrize("case", PARTS.values(), ids=PARTS.keys())
def test_a_part_that_makes_no_sense_is_refused_where_it_stands(lint, case):
    code, body, message, help_ = case
    check(lint, rule(body), code, message, help_)


@pytest.mark.parametrize("body", ["let: {a: ‸b + 1, b: a + 1}\nmust: a > b",
                                  "rows:\n  paid: {from: payments, where: amount > case.a}\nlet: {a: ‸count(paid)}\nmust: a > 0"],
                         ids=["values", "value and rows"])
def test_a_circle_is_named(lint, body):
    text, at = place(rule(body))
    circle = next(p for p in lint({"bad.yaml": text}) if p.code == "rule-circle")
    assert str(circle.location) == f"rules/sample/bad.yaml:{at}"
    assert "need each other: a ->" in circle.message


@pytest.mark.parametrize("fault", [
    ("unknown-field", "mustt: true", "there is no field 'mustt' here", "did you mean 'must'?"),
    ("unknown-field", "must: true\namount: {bas: 1}", "there is no field 'bas' here", "did you mean 'base'?"),
    ("wrong-value", "must: true\neffect: nice", '"nice" is not one of penalty', None),
    ("wrong-value", "must: true\nnone: whatever", '"whatever" is not one of compliant', None)],
    ids=["field", "part of amount", "effect", "verdict"])
def test_a_field_or_value_that_the_schema_does_not_know_is_refused(lint, fault):
    code, body, message, help_ = fault
    [problem] = lint({"bad.yaml": rule(body)})
    assert (problem.code, problem.help) == (code, help_) and problem.message.startswith(message)
    assert problem.location.line == 4 + len(body.splitlines()) and problem.location.column > 2


def test_a_missing_field_is_named_at_the_rule(lint):
    [problem] = lint({"bad.yaml": "rules:\n- {id: a, provision: P001, must: true}\n"})
    assert str(problem) == "rules/sample/bad.yaml:2:3: missing-field: the field 'title' is missing"


def test_a_rule_that_stands_twice_is_found_across_files(lint):
    text = rule("must: true\n")
    assert [str(p) for p in lint({"a.yaml": text, "b.yaml": text})] == [
        "rules/sample/b.yaml:2:3: rule-duplicate: the rule 'paid-on-time' also stands at rules/sample/a.yaml:2:3"]


def test_a_view_neither_stands_twice_nor_hides_a_table(lint):
    text = "views:\n  v: {cases: {each: payments}}\n  payments: {cases: {each: invoices}}\n"
    found = {p.message: p for p in lint({"a.yaml": text, "b.yaml": "views:\n  v: {cases: {each: invoices}}\n"})}
    assert {p.code for p in found.values()} == {"view-duplicate"}
    assert "the view 'v' also stands at rules/sample/a.yaml:2:6" in found
    assert str(found["'payments' is already the name of a table"].location).startswith("rules/sample/a.yaml:3:")


def test_views_that_need_each_other_are_unknown_to_each_other(lint):
    found = lint({"a.yaml": "views:\n  v: {cases: {each: w}}\n  w: {cases: {each: v}}\n"})
    assert [(p.code, p.location.line) for p in found] == [("rule-unknown-table", 2), ("rule-unknown-table", 3)]


def test_a_case_of_a_rule_that_does_not_exist_is_found(lint):
    case = "cases:\n- {rule: paid-on-tim, name: x, as_of: 2026-02-01, evidence: {}, expect: [{subject: null, verdict: breach}]}\n"
    assert [str(p) for p in lint({"a.yaml": rule("must: true"), "a.cases.yaml": case})] == [
        "rules/sample/a.cases.yaml:2:3: case-unknown-rule: there is no rule 'paid-on-tim'\n  help: did you mean 'paid-on-time'?"]


def test_a_family_of_a_column_or_provision_that_does_not_exist_is_refused(lint):
    head = HEAD.replace("P001", "param.prov")
    [problem] = lint({"a.yaml": rule("family: {list: instalments}\nmust: true", head)})
    assert (problem.code, problem.help) == ("rule-unknown-parameter", "did you mean 'provision'?")


def test_a_reading_is_checked_as_the_rule_is(lint):
    body = ("must: true\nreadings:\n  a: {default: true, text: {zh: 甲, en: A}}\n"
            "  b: {text: {zh: 乙, en: B}, must: ‸terms.totl > 0}")
    check(lint, rule(body), "rule-unknown-term", "the contract has no term 'totl'", "did you mean 'total'?")


def test_the_rules_of_all_files_are_checked_in_one_go(lint):
    """A person mends everything after one run: names, types, fields and YAML of several files."""
    second = rule("must: terms.total", HEAD.replace("paid-on-time", "second").replace("P001", "P008"))
    third = rule("rows:\n  paid: {from: paymentz}\nmust: exists(paid)", HEAD.replace("paid-on-time", "third")).removeprefix("rules:\n")
    found = lint({"a.yaml": rule("must: terms.totl > 0"), "b.yaml": f"{second}\n{third}"})
    assert sorted((p.location.file, p.code) for p in found) == [
        ("rules/sample/a.yaml", "rule-unknown-term"), ("rules/sample/b.yaml", "rule-type"),
        ("rules/sample/b.yaml", "rule-unknown-provision"), ("rules/sample/b.yaml", "rule-unknown-table")]
