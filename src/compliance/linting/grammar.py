"""The one module that parses expression text: SQL scalar expressions, by sqlglot with everything else switched off."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.parser import Parser
from sqlglot.tokens import Token, Tokenizer, TokenType

_WORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "CASE", "WHEN", "THEN", "ELSE", "END", "TRUE",
                    "FALSE"})


class ExpressionSyntaxError(ValueError):
    """A text that is not an expression; `offset` is where it stops making sense."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class _Tokenizer(Tokenizer):
    KEYWORDS = {k: v for k, v in Tokenizer.KEYWORDS.items() if k in _WORDS or not k[0].isalpha()}
    COMMENTS: list[str] = []


class _Parser(Parser):
    # Every call is an unknown function to the parser; which functions exist is decided by our own white list.
    FUNCTIONS: dict = {}
    FUNCTION_PARSERS: dict = {}
    NO_PAREN_FUNCTIONS: dict = {}
    NO_PAREN_FUNCTION_PARSERS = {"CASE": Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


def parse(text: str) -> exp.Expression:
    """The syntax tree of one expression; raises ExpressionSyntaxError."""
    try:
        tokens = _own_words(_Tokenizer().tokenize(text))
        trees = _Parser().parse(tokens, text)
    except SqlglotError as fault:
        errors = getattr(fault, "errors", None) or [{}]
        column = errors[0].get("col") or 1
        raise ExpressionSyntaxError("this is not an expression of the rule language", max(column - 1, 0)) from fault
    except RecursionError as fault:
        raise ExpressionSyntaxError("the expression is nested too deeply", 0) from fault
    if len(trees) != 1 or trees[0] is None:
        raise ExpressionSyntaxError("exactly one expression is expected", 0)
    return trees[0]


def names_in(text: str, *, of_case: bool = False) -> set[str]:
    """The names in a text, `case.x` as x (only those with `of_case`); nothing of a text that cannot be parsed."""
    try:
        columns = list(parse(text).find_all(exp.Column))
    except ExpressionSyntaxError:
        return set()
    parts = [[p.name for p in c.parts] for c in columns]
    return {p[1] if p[0] == "case" and len(p) > 1 else p[0] for p in parts if p[0] == "case" or not of_case}


def _own_words(tokens: list[Token]) -> list[Token]:
    """`case.x` is a name here, and `date '2026-06-30'` a literal."""
    result: list[Token] = []
    for i, token in enumerate(tokens):
        following = tokens[i + 1] if i + 1 < len(tokens) else None
        if token.token_type is TokenType.CASE and following and following.token_type is TokenType.DOT:
            token = _like(token, TokenType.VAR, token.text)
        result.append(token)
        if (token.text.lower() == "date" and token.token_type is not TokenType.STRING and following
                and following.token_type is TokenType.STRING):
            result.append(_like(token, TokenType.L_PAREN, "("))
        elif len(result) > 1 and token.token_type is TokenType.STRING and result[-2].token_type is TokenType.L_PAREN \
                and i > 0 and tokens[i - 1].text.lower() == "date":
            result.append(_like(token, TokenType.R_PAREN, ")"))
    return result


def _like(token: Token, kind: TokenType, text: str) -> Token:
    return Token(kind, text, token.line, token.col, token.start, token.end)
