"""From the syntax tree to the typed tree: names resolved, types checked, everything outside the white list refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlglot import exp

from compliance.ground import Location, Problem
from compliance.linting.functions import AGGREGATES, FUNCTIONS
from compliance.linting.grammar import ExpressionSyntaxError, parse
from compliance.linting.shapes import TableShape
from compliance.model.contract import Contract, Scalar, Term
from compliance.model.expression import (
    MOMENTS,
    NUMBERS,
    Aggregate,
    Apply,
    Column,
    DatedTerm,
    Expression,
    LetValue,
    Literal,
    Parameter,
    walk,
)
from compliance.model.rule import Source
from compliance.reading.schema import suggestion

_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a name can mean at one place of a rule."""

    contract: Contract
    rows: Mapping[str, TableShape] = field(default_factory=dict)  # "" is the from-table, others by the name of the join
    case: TableShape | None = None
    lets: Mapping[str, Expression] = field(default_factory=dict)
    let_names: frozenset[str] = frozenset()
    sets: Mapping[str, Mapping[str, TableShape]] = field(default_factory=dict)
    parameters: TableShape | None = None
    as_of: bool = True


class ExpressionFault(ValueError):
    """What is wrong with an expression: code, message, help and where in its text."""

    def __init__(self, code: str, message: str, node: exp.Expression | None = None, help_: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.help = code, message, help_
        self.offset = _offset(node)


def _offset(node: exp.Expression | None) -> int:
    starts = [i.meta["start"] for i in node.find_all(exp.Identifier) if "start" in i.meta] if node else []
    return min(starts, default=0)


def check(source: Source, scope: Scope, kinds: tuple[str, ...] = ()) -> tuple[Expression | None, list[Problem]]:
    """The typed expression of a text; `kinds` are the types it may have, any when empty."""
    try:
        expression = _Checker(scope).visit(parse(source.text))
        if kinds and expression.type not in (*kinds, "null"):
            raise ExpressionFault("rule-type", f"this is {_a(expression.type)}, {' or '.join(_a(k) for k in kinds)} "
                                  "is needed")
    except ExpressionSyntaxError as fault:
        return None, [Problem("rule-syntax", str(fault), _place(source, fault.offset), f"in: {source.text}")]
    except ExpressionFault as fault:
        return None, [Problem(fault.code, fault.message, _place(source, fault.offset), fault.help)]
    return expression, []


def _place(source: Source, offset: int) -> Location:
    at = source.location
    return Location(at.file, at.line, at.column + offset) if "\n" not in source.text else at


def _a(kind: str) -> str:
    return {"null": "NULL", "integer": "an integer"}.get(kind, f"a {kind}")


def depends_on(expression: Expression) -> tuple[set[str], set[str]]:
    """The let values and the row sets an expression needs."""
    nodes = list(walk(expression))
    return ({n.name for n in nodes if isinstance(n, LetValue)}, {n.rows for n in nodes if isinstance(n, Aggregate)})


@dataclass(frozen=True, slots=True)
class _Checker:
    scope: Scope
    of_set: str | None = None  # inside an aggregate: the name of the set

    def visit(self, node: exp.Expression) -> Expression:
        match node:
            case exp.Paren():
                return self.visit(node.this)
            case exp.Literal():
                return self._literal(node)
            case exp.Boolean():
                return Literal(bool(node.this), "boolean")
            case exp.Null():
                return Literal(None, "null")
            case exp.Column():
                return self._name(node)
            case exp.Anonymous():
                return self._call(node)
            case exp.And() | exp.Or():
                operator = "and" if isinstance(node, exp.And) else "or"
                return Apply(operator, (self._of(node.this, "boolean"), self._of(node.expression, "boolean")), "boolean")
            case exp.Not(this=exp.Is() as inner):
                return self._is(inner, negated=True)
            case exp.Not():
                return Apply("not", (self._of(node.this, "boolean"),), "boolean")
            case exp.Is():
                return self._is(node, negated=False)
            case exp.In():
                return self._in(node)
            case exp.Between():
                value = node.this
                low, high = exp.GTE(this=value, expression=node.args["low"]), exp.LTE(this=value, expression=node.args["high"])
                return Apply("and", (self._comparison(low, ">="), self._comparison(high, "<=")), "boolean")
            case exp.Neg():
                operand = self._of(node.this, *NUMBERS)
                if isinstance(operand, Literal):
                    return Literal(-operand.value, operand.type)  # type: ignore[operator]
                return Apply("negate", (operand,), operand.type)
            case exp.Case():
                return self._case(node)
        for kind, operator in _COMPARISONS.items():
            if type(node) is kind:
                return self._comparison(node, operator)
        for kind, operator in _ARITHMETIC.items():
            if type(node) is kind:
                return self._arithmetic(node, operator)
        help_ = "compare rates by multiplication: 100 * a < 15 * b" if isinstance(node, exp.Div) else None
        raise ExpressionFault("rule-construct", f"'{node.key}' is not part of the rule language", node, help_)

    def _of(self, node: exp.Expression, *kinds: str) -> Expression:
        expression = self.visit(node)
        if expression.type not in (*kinds, "null"):
            raise ExpressionFault("rule-type", f"this is {_a(expression.type)}, {' or '.join(_a(k) for k in sorted(kinds))}"
                                  " is needed here", node)
        return expression

    def _literal(self, node: exp.Literal) -> Literal:
        if node.is_string:
            return Literal(node.this, "text")
        value = Decimal(node.this)
        whole = "." not in node.this and "e" not in node.this.lower()
        return Literal(int(value), "integer", ) if whole else Literal(value, "decimal")

    def _is(self, node: exp.Is, *, negated: bool) -> Expression:
        if not isinstance(node.expression, exp.Null):
            raise ExpressionFault("rule-construct", "'is' is only followed by null or not null", node)
        test = Apply("is_null", (self.visit(node.this),), "boolean")
        return Apply("not", (test,), "boolean") if negated else test

    def _in(self, node: exp.In) -> Expression:
        if not node.expressions:
            raise ExpressionFault("rule-construct", "'in' needs a list of values in brackets", node)
        tests = [self._comparison(exp.EQ(this=node.this, expression=e), "=") for e in node.expressions]
        result = tests[0]
        for test in tests[1:]:
            result = Apply("or", (result, test), "boolean")
        return result

    def _comparison(self, node: exp.Expression, operator: str) -> Expression:
        left, right = self.visit(node.this), self.visit(node.expression)
        if not _comparable(left.type, right.type):
            raise ExpressionFault("rule-type", f"{_a(left.type)} cannot be compared with {_a(right.type)}", node)
        if left.type in ("boolean", "text") and operator not in ("=", "<>"):
            raise ExpressionFault("rule-type", f"{_a(left.type)} has no order for '{operator}'", node)
        for column, literal in ((left, right), (right, left)):
            self._check_code(column, literal, node)
        return Apply(operator, (left, right), "boolean")

    def _check_code(self, column: Expression, literal: Expression, node: exp.Expression) -> None:
        codes = self._codes(column)
        if codes and isinstance(literal, Literal) and literal.type == "text" and literal.value not in codes:
            raise ExpressionFault("rule-unknown-code", f"'{literal.value}' is not a code of this column", node,
                                  suggestion(str(literal.value), list(codes)))

    def _codes(self, expression: Expression) -> tuple[str, ...] | None:
        if isinstance(expression, Aggregate) and expression.operator in ("the", "min", "max"):
            inner = expression.argument
            table = self.scope.sets.get(expression.rows, {}).get(inner.table) if isinstance(inner, Column) else None
            return table.columns[inner.name].codes if table and isinstance(inner, Column) else None
        if isinstance(expression, LetValue):
            value = self.scope.lets.get(expression.name)
            return self._codes(value) if value is not None else None
        if not isinstance(expression, Column):
            return None
        if expression.scope == "case":
            table = self.scope.case
        else:
            table = (self.scope.sets[self.of_set] if self.of_set else self.scope.rows).get(expression.table)
        return table.columns[expression.name].codes if table else None

    def _arithmetic(self, node: exp.Expression, operator: str) -> Expression:
        left, right = self.visit(node.this), self.visit(node.expression)
        for side in (left, right):
            if side.type in MOMENTS:
                raise ExpressionFault("rule-type", "dates are not added or subtracted with + and -", node,
                                      "use add_days, days_after, hours_after or days_between")
            if side.type not in (*NUMBERS, "null"):
                raise ExpressionFault("rule-type", f"{_a(side.type)} is not a number", node)
        kinds = {left.type, right.type} - {"null"}
        kind = "integer" if kinds <= {"integer"} else "decimal" if operator == "*" or "money" not in kinds else "money"
        return Apply(operator, (left, right), kind, _nonnegative(left) and _nonnegative(right) and operator != "-")

    def _case(self, node: exp.Case) -> Expression:
        if node.this is not None:
            raise ExpressionFault("rule-construct", "write 'case when CONDITION then VALUE ... end'", node)
        arguments: list[Expression] = []
        for branch in node.args["ifs"]:
            arguments += [self._of(branch.this, "boolean"), self.visit(branch.args["true"])]
        default = node.args.get("default")
        arguments.append(self.visit(default) if default is not None else Literal(None, "null"))
        values = [*arguments[1:-1:2], arguments[-1]]
        return Apply("case", tuple(arguments), self._common(values, node), all(_nonnegative(v) for v in values))

    def _common(self, values: list[Expression], node: exp.Expression) -> str:
        kinds = {v.type for v in values} - {"null"}
        if not kinds:
            return "null"
        if len(kinds) == 1:
            return kinds.pop()
        if kinds <= NUMBERS:
            return "money" if "money" in kinds and "decimal" not in kinds else "decimal"
        if kinds <= MOMENTS:
            return "datetime"
        raise ExpressionFault("rule-type", f"the values have different types: {', '.join(sorted(kinds))}", node)

    def _call(self, node: exp.Anonymous) -> Expression:
        name = str(node.this).lower()
        if name in AGGREGATES and not (name in ("min", "max") and len(node.expressions) > 1):
            return self._aggregate(name, node)
        if name == "date":
            return self._date(node)
        if name == "term_at":
            return self._term_at(node)
        function = FUNCTIONS.get(name)
        if function is None:
            raise ExpressionFault("rule-unknown-function", f"there is no function '{name}'", node,
                                  suggestion(name, [*FUNCTIONS, *AGGREGATES, "term_at"]))
        wanted = len(function.arguments)
        if len(node.expressions) != wanted and not (function.variadic and len(node.expressions) >= wanted):
            raise ExpressionFault("rule-arguments", f"{name} takes {wanted} arguments, not {len(node.expressions)}", node)
        kinds = function.arguments + ("same",) * (len(node.expressions) - wanted)
        arguments = [self._argument(n, kind) for n, kind in zip(node.expressions, kinds, strict=True)]
        result = self._common(arguments, node) if function.result == "first" else function.result
        nonnegative = name == "abs" or (name in ("least", "greatest", "coalesce", "if_shown", "floor_div") and all(
            _nonnegative(a) for a in arguments))
        return Apply(name, tuple(arguments), result, nonnegative)

    def _argument(self, node: exp.Expression, kind: str) -> Expression:
        match kind:
            case "moment":
                return self._of(node, *MOMENTS)
            case "number":
                return self._of(node, *NUMBERS)
            case "any" | "same":
                return self.visit(node)
            case _:
                return self._of(node, kind)

    def _date(self, node: exp.Anonymous) -> Literal:
        try:
            return Literal(date.fromisoformat(str(node.expressions[0].this)), "date")
        except (ValueError, IndexError) as fault:
            raise ExpressionFault("rule-wrong-date", "a date is written date '2026-06-30'", node) from fault

    def _term_at(self, node: exp.Anonymous) -> Expression:
        if len(node.expressions) != 2:
            raise ExpressionFault("rule-arguments", "term_at takes a term and a day", node)
        first = node.expressions[0]
        name = first.name if isinstance(first, exp.Column) else ""
        term = self._term(name, node)
        day = self._of(node.expressions[1], *MOMENTS)
        steps = tuple((v.start, _constant(v.value, term.type)) for v in term.values)
        return DatedTerm(name, day, steps, term.type, all(_nonnegative(s) for _, s in steps))

    def _term(self, name: str, node: exp.Expression) -> Term:
        term = self.scope.contract.terms.get(name)
        if term is None:
            raise ExpressionFault("rule-unknown-term", f"the contract has no term '{name}'", node,
                                  suggestion(name, list(self.scope.contract.terms)))
        return term

    def _aggregate(self, name: str, node: exp.Anonymous) -> Expression:
        if self.of_set or not self.scope.sets:
            raise ExpressionFault("rule-aggregate", f"{name}() is not possible here", node,
                                  "measures over rows belong to 'let' and to the slots of the rule")
        if len(node.expressions) != 1:
            raise ExpressionFault("rule-arguments", f"{name} takes one argument", node)
        inner = node.expressions[0]
        named = {c.parts[0].name for c in inner.find_all(exp.Column)} & set(self.scope.sets)
        if len(named) != 1:
            raise ExpressionFault("rule-aggregate", f"{name}() must name the columns of exactly one set of rows", node,
                                  f"the sets are: {', '.join(sorted(self.scope.sets))}")
        rows = named.pop()
        bare = isinstance(inner, exp.Column) and len(inner.parts) == 1
        if name in ("exists", "count"):
            if not bare:
                raise ExpressionFault("rule-aggregate", f"{name}() takes the name of a set of rows", node)
            return Aggregate(name, rows, None, "boolean" if name == "exists" else "integer", name == "count")
        if bare:
            raise ExpressionFault("rule-aggregate", f"{name}() takes an expression over columns: {name}({rows}.column)", node)
        argument = _Checker(self.scope, rows).visit(inner)
        kinds = {"sum": NUMBERS, "min": NUMBERS | MOMENTS, "max": NUMBERS | MOMENTS,
                 "longest_run": frozenset({"integer", "date"})}.get(name)
        if kinds and argument.type not in kinds:
            raise ExpressionFault("rule-type", f"{name}() of {_a(argument.type)} has no meaning", node)
        kind = "integer" if name in ("count_distinct", "longest_run") else argument.type
        return Aggregate(name, rows, argument, kind, (kind == "integer" and name != "sum" and name not in ("min", "max", "the"))
                         or _nonnegative(argument))

    def _name(self, node: exp.Column) -> Expression:
        parts = [p.name for p in node.parts]
        if any(p.quoted for p in node.parts):
            raise ExpressionFault("rule-construct", "names are written without quotes; text uses 'single quotes'", node)
        if self.of_set and parts[0] == self.of_set:
            return self._set_column(parts[1:], self.scope.sets[self.of_set], node)
        return self._bare(parts[0], node) if len(parts) == 1 else self._qualified(parts, node)

    def _set_column(self, parts: list[str], tables: Mapping[str, TableShape], node: exp.Expression) -> Column:
        name = parts[-1]
        candidates = [parts[0]] if len(parts) == 2 else [""] if name in tables[""].columns else [t for t in tables if t]
        for table in candidates:
            if table in tables and name in tables[table].columns:
                return _row_column(table, tables[table], name)
        raise ExpressionFault("rule-unknown-column", f"table '{tables[''].name}' has no column '{name}'", node,
                              suggestion(name, [c for t in tables.values() for c in t.columns]))

    def _bare(self, name: str, node: exp.Expression) -> Expression:
        scope = self.scope
        if name == "as_of":
            return Apply("as_of", (), "date")
        if scope.rows and not self.of_set:
            if name in scope.rows[""].columns:
                return _row_column("", scope.rows[""], name)
            if name in scope.let_names:
                raise ExpressionFault("rule-unknown-column", f"'{name}' is a value of the case", node,
                                      f"write 'case.{name}'")
            raise ExpressionFault("rule-unknown-column", f"table '{scope.rows[''].name}' has no column '{name}'", node,
                                  suggestion(name, list(scope.rows[""].columns)))
        return self._of_case(name, node)

    def _of_case(self, name: str, node: exp.Expression) -> Expression:
        scope = self.scope
        if name in scope.lets:
            value = scope.lets[name]
            return LetValue(name, value.type, _nonnegative(value))
        if scope.case and name in scope.case.columns:
            column = scope.case.columns[name]
            return Column("case", scope.case.name, name, column.type, column.nonnegative)
        known = [*scope.let_names, *(scope.case.columns if scope.case else ())]
        raise ExpressionFault("rule-unknown-name", f"the case has no value or column '{name}'", node,
                              suggestion(name, known))

    def _qualified(self, parts: list[str], node: exp.Expression) -> Expression:
        scope, contract = self.scope, self.scope.contract
        head, name = parts[0], parts[-1]
        if len(parts) > 2:
            raise ExpressionFault("rule-unknown-name", f"'{'.'.join(parts)}' has too many parts", node)
        constants: dict[str, Callable[[], Scalar]] = {
            "service.start": lambda: contract.service_start, "service.end": lambda: contract.service_end,
            "contract.signed_on": lambda: contract.signed_on}
        if ".".join(parts) in constants:
            return _constant(constants[".".join(parts)](), "date")
        if head == "terms":
            term = self._term(name, node)
            if len(term.values) > 1:
                raise ExpressionFault("rule-dated-term", f"'{name}' changes with time", node, f"use term_at({name}, DAY)")
            return _constant(term.value, term.type)
        if head == "param":
            if scope.parameters is None or name not in scope.parameters.columns:
                raise ExpressionFault("rule-unknown-parameter", f"there is no parameter '{name}'", node,
                                      suggestion(name, list(scope.parameters.columns) if scope.parameters else []))
            column = scope.parameters.columns[name]
            return Parameter(name, column.type, column.nonnegative)
        if head == "case":
            return self._of_case(name, node)
        if scope.rows and not self.of_set and head in scope.rows:
            return self._set_column([head, name], scope.rows, node)
        known = ["terms", "service", "contract", "param", "case", *(t for t in scope.rows if t)]
        raise ExpressionFault("rule-unknown-name", f"'{head}' is not known here", node, suggestion(head, known))


def _row_column(table: str, shape: TableShape, name: str) -> Column:
    column = shape.columns[name]
    return Column("row", table, name, column.type, column.nonnegative)


def _comparable(left: str, right: str) -> bool:
    return left == right or "null" in (left, right) or {left, right} <= NUMBERS or {left, right} <= MOMENTS


def _constant(value: Scalar, kind: str) -> Literal:
    return Literal(value, kind)


def _nonnegative(expression: Expression) -> bool:
    if isinstance(expression, Literal):
        return expression.type in NUMBERS and expression.value is not None and expression.value >= 0  # type: ignore[operator]
    return expression.nonnegative


