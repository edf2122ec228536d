"""Lints the rules of a contract against its terms, its register and the evidence dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

from compliance.evidence.dictionary import Dictionary
from compliance.ground import Location, Problem
from compliance.linting.decision_table import Slots, decision_table
from compliance.linting.expressions import Scope, check, depends_on
from compliance.linting.grammar import names_in
from compliance.linting.shapes import ColumnShape, TableShape, known_tables
from compliance.model.checked import (
    CheckedCases,
    CheckedExcuse,
    CheckedJoin,
    CheckedRule,
    CheckedSet,
    CheckedView,
    Line,
)
from compliance.model.contract import Contract
from compliance.model.expression import MOMENTS, NUMBERS, Apply, Column, Expression
from compliance.model.rule import Cases, Decision, Join, RowSet, Rule, RuleSet, Source, View
from compliance.model.verdict import EFFECT_MODALITIES, EFFECT_ORDER
from compliance.reading.schema import suggestion

_MOMENT = tuple(sorted(MOMENTS))
_NUMBER = tuple(sorted(NUMBERS))
_PERIOD = {"start": ColumnShape("start", "date"), "end": ColumnShape("end", "date"),
           "no": ColumnShape("no", "integer", nonnegative=True)}


@dataclass(frozen=True, slots=True)
class CheckedRuleSet:
    """The rules and views that can be evaluated, and every table they may name."""

    rules: tuple[CheckedRule, ...]
    views: tuple[CheckedView, ...]
    tables: Mapping[str, TableShape]


@dataclass(slots=True)
class _Lint:
    """One pass over one rule or view: collects problems, remembers the tables that can be named."""

    contract: Contract
    tables: Mapping[str, TableShape]
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, message: str, location: Location, help_: str | None = None) -> None:
        self.problems.append(Problem(code, message, location, help_))

    def table(self, name: str, location: Location) -> TableShape | None:
        if name not in self.tables:
            self.add("rule-unknown-table", f"there is no table, list or view '{name}'", location,
                     suggestion(name, list(self.tables)))
        return self.tables.get(name)

    def expression(self, source: Source | None, scope: Scope, *kinds: str) -> Expression | None:
        if source is None:
            return None
        expression, problems = check(source, scope, kinds)
        self.problems += problems
        return expression


def lint_rule_set(contract: Contract, rule_set: RuleSet, dictionary: Dictionary) -> tuple[CheckedRuleSet, list[Problem]]:
    """Checked rules and views with every problem found; a rule with a problem is left out."""
    tables = known_tables(contract, dictionary)
    problems = _names(contract, rule_set)
    views: list[CheckedView] = []
    for view in _in_order(rule_set.views):
        lint = _Lint(contract, tables)
        checked, shape = _view(lint, view)
        problems += lint.problems
        if checked is not None and not lint.problems:
            views.append(checked)
            tables = {**tables, view.name: shape}
    rules = []
    for rule in rule_set.rules:
        lint = _Lint(contract, tables)
        rule_checked = _rule(lint, rule)
        problems += lint.problems
        if rule_checked is not None and not lint.problems:
            rules.append(rule_checked)
    return CheckedRuleSet(tuple(rules), tuple(views), tables), problems


def _names(contract: Contract, rule_set: RuleSet) -> list[Problem]:
    problems = []
    for kind, named in (("rule", [(r.id, r.location) for r in rule_set.rules]),
                        ("view", [(v.name, v.location) for v in rule_set.views])):
        seen: dict[str, Location] = {}
        for name, location in named:
            if name in seen:
                problems.append(Problem(f"{kind}-duplicate", f"the {kind} '{name}' also stands at {seen[name]}", location))
            seen[name] = location
    for rule in rule_set.rules:
        cited = [*(() if rule.provision.startswith("param.") else (rule.provision,)), *rule.excuses, *rule.worst_of,
                 *(rule.follows.sources if rule.follows else ()), *(e.by for e in rule.unless if e.by)]
        for provision in cited:
            if provision not in contract.provisions:
                problems.append(Problem("rule-unknown-provision", f"the register has no provision {provision}",
                                        rule.location, suggestion(provision, list(contract.provisions))))
    for case in rule_set.cases:
        if case.rule is not None and case.rule not in {r.id for r in rule_set.rules}:
            problems.append(Problem("case-unknown-rule", f"there is no rule '{case.rule}'", case.location,
                                    suggestion(case.rule, [r.id for r in rule_set.rules])))
    return problems


def _in_order(views: Sequence[View]) -> list[View]:
    """Views after the views they are made of; a circle is left in the order of the file and found as unknown table."""
    by_name = {v.name: v for v in views}
    graph = {v.name: {t for t in (v.cases.table, *(r.table for r in v.rows)) if t in by_name} for v in views}
    try:
        return [by_name[n] for n in TopologicalSorter(graph).static_order()]
    except CycleError:
        return list(views)


def _case_shape(lint: _Lint, cases: Cases) -> TableShape | None:
    """The columns that a case has."""
    if cases.form == "once":
        return TableShape("case", "once", {}, ())
    if cases.form == "every":
        return TableShape("period", "every", _PERIOD, ())
    table = lint.table(cases.table or "", cases.location)
    if table is None or cases.form == "each":
        return table
    if cases.by not in table.columns:
        lint.add("rule-unknown-column", f"table '{table.name}' has no column '{cases.by}'", cases.location,
                 suggestion(cases.by or "", list(table.columns)))
        return None
    return TableShape(table.name, table.kind, {cases.by: table.columns[cases.by]}, (cases.by,))


def _cases(lint: _Lint, cases: Cases, parameters: TableShape | None) -> CheckedCases:
    where = None
    if cases.where is not None and cases.table in lint.tables:
        scope = Scope(lint.contract, rows={"": lint.tables[cases.table]}, parameters=parameters)
        where = lint.expression(cases.where, scope, "boolean")
    constant = Scope(lint.contract, parameters=parameters)
    return CheckedCases(cases.form, cases.table, where, cases.by, cases.period, cases.of,
                        lint.expression(cases.start, constant, "date"), lint.expression(cases.end, constant, "date"),
                        cases.future)


def _joins(lint: _Lint, rows: RowSet, table: TableShape) -> tuple[dict[str, TableShape], tuple[CheckedJoin, ...]]:
    shapes, joins = {"": table}, []
    for join in rows.joins:
        joined = lint.table(join.table, join.location)
        if joined is None:
            continue
        shapes[join.table] = joined
        on = _join_condition(lint, join, shapes, joined)
        if on:
            joins.append(CheckedJoin(join.table, join.table, on))
    return shapes, tuple(joins)


def _join_condition(lint: _Lint, join: Join, shapes: Mapping[str, TableShape], joined: TableShape) -> tuple[Expression, ...]:
    scope = Scope(lint.contract, rows=shapes)
    if join.on is not None:
        on = lint.expression(join.on, scope, "boolean")
        equations = _conjuncts(on) if on else []
        if on and not all(isinstance(e, Apply) and e.operator == "=" for e in equations):
            lint.add("rule-join", "a join is a list of equations joined by 'and'", join.on.location)
        return tuple(equations)
    for name, shape in shapes.items():
        for column in shape.columns.values():
            if name != join.table and column.references and column.references[0] == join.table:
                target = joined.columns[column.references[1]]
                return (Apply("=", (Column("row", join.table, target.name, target.type),
                                    Column("row", name, column.name, column.type)), "boolean"),)
    lint.add("rule-join", f"no column refers to '{join.table}' in the dictionary", join.location,
             f"write join: [{{table: {join.table}, on: \"{join.table}.COLUMN = COLUMN\"}}]")
    return ()


def _conjuncts(expression: Expression) -> list[Expression]:
    if isinstance(expression, Apply) and expression.operator == "and":
        return [c for a in expression.arguments for c in _conjuncts(a)]
    return [expression]


@dataclass(frozen=True, slots=True)
class _Body:
    scope: Scope
    sets: tuple[CheckedSet, ...]
    lets: Mapping[str, Expression]


def _body(lint: _Lint, case: TableShape, rows: Sequence[RowSet], let: Mapping[str, Source],
          parameters: TableShape | None) -> _Body | None:
    """Row sets and let values, in an order in which each can be computed."""
    names = frozenset(let)
    clash = names & {r.name for r in rows}
    for name in sorted(clash):
        lint.add("rule-duplicate-name", f"'{name}' is the name of rows and of a value", let[name].location)
    shapes: dict[str, Mapping[str, TableShape]] = {}
    joins: dict[str, tuple[CheckedJoin, ...]] = {}
    for r in rows:
        table = lint.table(r.table, r.location)
        if table is not None:
            shapes[r.name], joins[r.name] = _joins(lint, r, table)
    if len(shapes) < len(rows):
        return None
    order = _let_order(lint, let, rows)
    scope = Scope(lint.contract, case=case, let_names=names, sets=shapes, parameters=parameters)
    lets: dict[str, Expression] = {}
    for name in order:
        expression = lint.expression(let[name], replace(scope, lets=lets))
        if expression is None:
            return None
        lets[name] = expression
    scope = replace(scope, lets=lets)
    sets = []
    for r in rows:
        inner = Scope(lint.contract, rows=shapes[r.name], case=case, lets=lets, let_names=names, parameters=parameters)
        sets.append(CheckedSet(r.name, r.table, joins[r.name], lint.expression(r.where, inner, "boolean")))
    _find_circle(lint, sets, lets, rows)
    return _Body(scope, tuple(sets), lets)


def _let_order(lint: _Lint, let: Mapping[str, Source], rows: Sequence[RowSet]) -> list[str]:
    """The let values so that each stands after those it names, directly or through a set of rows."""
    row_lets = {r.name: names_in(r.where.text, of_case=True) & set(let) if r.where else set() for r in rows}
    graph: dict[str, set[str]] = {}
    for name, source in let.items():
        named = names_in(source.text)
        graph[name] = {n for n in named if n in let} | {n for r in named & set(row_lets) for n in row_lets[r]}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as fault:
        circle = [str(n) for n in fault.args[1]]
        lint.add("rule-circle", f"these values need each other: {' -> '.join(circle)}", let[circle[0]].location)
        return []


def _find_circle(lint: _Lint, sets: Iterable[CheckedSet], lets: Mapping[str, Expression], rows: Sequence[RowSet]) -> None:
    graph = {s.name: depends_on(s.where)[0] if s.where else set() for s in sets}
    graph |= {name: set().union(*depends_on(expression)) for name, expression in lets.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as fault:
        lint.add("rule-circle", f"these need each other: {' -> '.join(str(n) for n in fault.args[1])}", rows[0].location)


def _view(lint: _Lint, view: View) -> tuple[CheckedView | None, TableShape]:
    if view.name in lint.tables:
        lint.add("view-duplicate", f"'{view.name}' is already the name of a table", view.location)
    case = _case_shape(lint, view.cases)
    body = _body(lint, case, view.rows, view.let, None) if case else None
    if case is None or body is None:
        return None, TableShape(view.name, "view", {}, ())
    columns = dict(case.columns)
    for name, expression in body.lets.items():
        columns[name] = ColumnShape(name, expression.type, nonnegative=getattr(expression, "nonnegative", False))
    return CheckedView(view.name, _cases(lint, view.cases, None), body.sets, body.lets), \
        TableShape(view.name, "view", columns, case.key)


def _rule(lint: _Lint, rule: Rule) -> CheckedRule | None:
    parameters = None
    if rule.family:
        listed = lint.contract.lists.get(rule.family)
        if listed is None:
            lint.add("rule-unknown-list", f"the contract has no list '{rule.family}'", rule.location,
                     suggestion(rule.family, list(lint.contract.lists)))
            return None
        parameters = lint.tables[rule.family]
        _family_provision(lint, rule, parameters)
    base = _variant(lint, rule, parameters)
    defaults = [r for r in rule.readings if r.default]
    if rule.readings and len(defaults) != 1:
        lint.add("rule-readings", "exactly one reading is the default", rule.location)
    variants = []
    for reading in rule.readings:
        if reading.default:
            if reading.changes:
                lint.add("rule-readings", f"the default reading '{reading.name}' changes nothing: the rule itself is it",
                         rule.location)
            continue
        variant = _variant(lint, rule.under(reading), parameters)
        if variant is not None:
            variants.append((reading, variant))
    return replace(base, readings=tuple(variants)) if base else None


def _family_provision(lint: _Lint, rule: Rule, parameters: TableShape) -> None:
    if not rule.provision.startswith("param."):
        return
    name = rule.provision.removeprefix("param.")
    if name not in parameters.columns:
        lint.add("rule-unknown-parameter", f"the list '{rule.family}' has no column '{name}'", rule.location,
                 suggestion(name, list(parameters.columns)))
        return
    for row in lint.contract.lists[rule.family or ""].rows:
        if row[name] not in lint.contract.provisions:
            lint.add("rule-unknown-provision", f"the register has no provision {row[name]}", rule.location)


def _modality(lint: _Lint, rule: Rule) -> str | None:
    provision = rule.provision
    if provision.startswith("param.") and rule.family:
        rows = lint.contract.lists[rule.family].rows
        provision = str(rows[0].get(provision.removeprefix("param."))) if rows else ""
    found = lint.contract.provisions.get(provision)
    return found.modality if found else None


def _variant(lint: _Lint, rule: Rule, parameters: TableShape | None) -> CheckedRule | None:
    """The rule under one reading."""
    before = len(lint.problems)
    effect = _modality(lint, rule) in EFFECT_MODALITIES and (rule.arises is not None or rule.follows is not None
                                                             or (rule.must is None and rule.when is None))
    if rule.worst_of:
        return _checked(lint, rule, _Body(Scope(lint.contract), (), {}), (), effect)
    case = _case_shape(lint, rule.cases)
    body = _body(lint, case, rule.rows, rule.let, parameters) if case else None
    if body is None:
        return None
    _slots_make_sense(lint, rule)
    checked = _checked(lint, rule, body, _lines(lint, rule.decide, body.scope), effect)
    return checked if len(lint.problems) == before else None


def _lines(lint: _Lint, decisions: Sequence[Decision], scope: Scope) -> tuple[Line, ...]:
    lines = []
    for decision in decisions:
        if not decision.verdict:
            lint.add("rule-decide", "a line of 'decide' needs one verdict with its condition", decision.condition.location)
            continue
        condition = lint.expression(decision.condition, scope, "boolean")
        if condition is not None:
            lines.append(Line(decision.verdict, condition, decision.why))
    return tuple(lines)


def _slots_make_sense(lint: _Lint, rule: Rule) -> None:
    when = rule.when
    tests = [n for n, v in (("must", rule.must), ("arises", rule.arises), ("decide", rule.decide or None)) if v is not None]
    decides = when is not None and when.decides and (when.due is not None or when.until is not None)
    if not tests and not decides and rule.follows is None:
        lint.add("rule-no-test", "the rule tests nothing: it needs must, when, arises, decide or follows", rule.location)
    if len(tests) > 1:
        lint.add("rule-two-tests", f"{' and '.join(tests)} exclude each other", rule.location)
    if when is not None and when.until is not None and (when.due is not None or rule.must is None):
        lint.add("rule-when", "'until' goes with 'must' and without 'due'", rule.location)
    if when is not None and when.due is not None and when.done is None and rule.must is None and not (
            rule.arises or rule.decide or rule.follows) and when.decides:
        lint.add("rule-when", "a due date alone decides nothing: add 'done' or 'must'", rule.location)


def _checked(lint: _Lint, rule: Rule, body: _Body, decide: tuple[Line, ...], effect: bool) -> CheckedRule:
    scope, when = body.scope, rule.when

    def expression(source: Source | None, *kinds: str) -> Expression | None:
        return lint.expression(source, scope, *kinds)

    due = expression(when.due, *_MOMENT) if when else None
    done = expression(when.done, *_MOMENT) if when else None
    slots = Slots(
        trigger=expression(rule.trigger, "boolean"), judgement=_lines(lint, rule.judgement, scope),
        must=expression(rule.must, "boolean"), arises=expression(rule.arises, "boolean"), due=due, done=done,
        until=expression(when.until, *_MOMENT) if when else None, decides=when.decides if when else True,
        decide=decide, follows=rule.follows is not None)
    until = slots.until if when and when.until else None
    parameters = scope.parameters
    none_scope = replace(scope, case=None, lets={}, let_names=frozenset()) if rule.none else scope
    excuses = tuple(CheckedExcuse(e, x.by) for x in rule.unless if (e := expression(x.condition, "boolean")) is not None)
    amounts = {k: e for k, v in (rule.amount.parts if rule.amount else {}).items()
               if (e := expression(v, *_NUMBER)) is not None}
    is_effect = effect or any(line.verdict in EFFECT_ORDER[-2:] for line in decide)
    return CheckedRule(
        rule=rule, cases=_cases(lint, rule.cases, parameters), sets=body.sets, lets=body.lets,
        lines=decision_table(slots, is_effect), due=due if due is not None else until, done=done, excuses=excuses,
        amount=amounts, none=_lines(lint, rule.none, none_scope),
        subject=expression(rule.subject, "text", "integer", "date"),
        link=expression(rule.link, "text", "integer", "date"), readings=())
