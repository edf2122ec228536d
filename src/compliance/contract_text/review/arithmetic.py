"""Sums of money that contradict each other: words and digits, lines and totals, shares and instalments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from compliance.contract_text.figures import Money, Percentage, money, number, percentages
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import ERROR, WARNING, Flaw, around
from compliance.contract_text.review.tables import Row, Table, tables
from compliance.contract_text.review.term import service_months
from compliance.model.contract import Bilingual

_CENT = Decimal("0.01")
_PRICE = re.compile(r"(?:总\s*金\s*额|总\s*价|价\s*款|服务费总额|合同金额|合同总额|总费用|维护费用|服务费用?(?:总计|合计))[^，。；]{0,24}$")
_OF_PRICE = re.compile(r"(?:总金额|总价款?|合同款项?|合同金额|合同总额|合同价款?|价款|服务费|费用)")
_PAID = re.compile(r"支\s*付|付\s*款|首\s*款|尾\s*款|进度款|预付|余款")
_PENALTY = re.compile(r"违约金|赔偿|扣[除减款]|罚|不超过")
_REST = re.compile(r"尾款|余款|剩余|其余|结清|据实|按实")

KINDS: Mapping[str, Kind] = {
    "words-and-digits": Kind(
        Bilingual("大写与小写金额不一致", "Amount in words differs from digits"),
        Bilingual(
            "付款审计无法确定应付金额；通常以大写为准，对方会据此争议。",
            "The amount due cannot be settled in an audit of payments; as a rule the words prevail, and the other party will say so.",
        ),
    ),
    "line-total": Kind(
        Bilingual("单价×数量与行金额不符", "Price times quantity differs from the total of the line"),
        Bilingual("结算以单价还是以行金额为准没有依据。", "Nothing says whether the price or the total of the line is owed."),
    ),
    "table-sum": Kind(
        Bilingual("合计与各行之和不符", "A sum differs from its lines"),
        Bilingual(
            "合同价款的构成无法复核，多付或少付无从认定。", "The price cannot be traced to its parts, so overpayment cannot be shown."
        ),
    ),
    "price-sum": Kind(
        Bilingual("清单总额与合同价款不符", "The list of prices does not add up to the contract price"),
        Bilingual("付款上限有两个。", "There are two limits of what may be paid."),
    ),
    "price-twice": Kind(
        Bilingual("合同价款前后不一致", "The contract price is stated differently"),
        Bilingual("比例付款和违约金的计算基数不确定。", "Shares of the price and penalties have no certain base."),
    ),
    "share-amount": Kind(
        Bilingual("比例与金额不符", "A share of the price differs from the amount stated for it"),
        Bilingual("每笔应付金额有两种算法。", "There are two amounts for one payment."),
    ),
    "instalments": Kind(
        Bilingual("各期付款与总额不符", "The instalments do not add up to the price"),
        Bilingual("全部付款后仍有余额或超付。", "After the last payment something is left over, or too much was paid."),
    ),
}


def words_against_digits(tree: ClauseTree) -> Iterator[Flaw]:
    """Each sum in words beside the sum in digits that it repeats."""
    for clause in tree.clauses:
        found = money(clause.text)
        for words in (m for m in found if m.in_words):
            digits = _beside(clause, words, found)
            if digits is not None and digits[0] != words.value:
                yield Flaw(
                    "words-and-digits",
                    ERROR,
                    Bilingual(
                        f"条款 {clause.id}：大写 {words.written} 为 {words.value:f} 元，小写 {digits[1]} 为 {digits[0]:f} 元",
                        f"Clause {clause.id}: {words.written} in words is "
                        f"{words.value:f} yuan, {digits[1]} in digits is {digits[0]:f} yuan",
                    ),
                    (around(clause, words.written), around(clause, digits[1])),
                    f"{words.value:f} − {digits[0]:f} = {words.value - digits[0]:f}",
                )


def _beside(clause: Clause, words: Money, found: Sequence[Money]) -> tuple[Decimal, str] | None:
    """The sum in digits that words repeat: the nearest with nothing but brackets and names of sums between."""
    best: tuple[int, Money] | None = None
    for other in found:
        if other.in_words or other.per:
            continue
        between = clause.text[other.at[1] : words.at[0]] if other.at[1] <= words.at[0] else clause.text[words.at[1] : other.at[0]]
        if re.fullmatch(
            r"[\s（()）：:，,、|；¥￥即为计整正元]*(?:(?:人民币|大写|小写|金额|含税|合计|RMB)[\s（()）：:，,、|；¥￥即为计]*)*", between
        ) and (best is None or len(between) < best[0]):
            best = len(between), other
    if best is not None:
        return best[1].value, best[1].written
    cells = [c for c in clause.cells if (n := number(c)) is not None and n > 0 and not any(m.in_words for m in money(c))]
    if len(cells) == 1:
        return number(cells[0]) or Decimal(0), cells[0]
    return None


@dataclass(frozen=True, slots=True)
class _Basis:
    """How a total of a line is made: which columns are multiplied, and by what besides."""

    columns: tuple[str, ...]
    factor: Decimal

    def total(self, values: Mapping[str, Decimal]) -> Decimal | None:
        if any(c not in values for c in self.columns):
            return None
        product = self.factor
        for column in self.columns:
            product *= values[column]
        return product.quantize(_CENT, ROUND_HALF_UP)

    def spelled(self, values: Mapping[str, Decimal]) -> str:
        parts = [f"{values[c]:f}" for c in self.columns] + ([f"{self.factor:f}"] if self.factor != 1 else [])
        return " × ".join(parts)


def line_totals(tree: ClauseTree) -> Iterator[Flaw]:
    """The one basis that fits the lines of a table, and the lines that it does not fit."""
    months = service_months(tree) or Decimal(12)
    bases = [
        _Basis(c, f)
        for c in (("price", "quantity"), ("price", "quantity", "months"), ("price", "months"), ("price",))
        for f in dict.fromkeys((Decimal(1), months, Decimal(12)))
    ]
    for table in tables(tree):
        lines = [r for r in table.rows if not r.sum_of and {"price", "total"} <= r.values.keys()]
        fits = {b: [r for r in lines if b.total(r.values) == r.values["total"]] for b in bases}
        basis = max(bases, key=lambda b: len(fits[b]))
        if len(lines) < 3 or len(fits[basis]) * 3 < len(lines) * 2:
            continue
        for row in lines:
            expected = basis.total(row.values)
            if expected is not None and row not in fits[basis]:
                yield _line_flaw(table, row, basis, expected, len(fits[basis]), len(lines))


def _line_flaw(table: Table, row: Row, basis: _Basis, expected: Decimal, fitting: int, lines: int) -> Flaw:
    stated = row.values["total"]
    return Flaw(
        "line-total",
        ERROR,
        Bilingual(
            f"条款 {row.clause.id}：{basis.spelled(row.values)} = "
            f"{expected:f}，合同写为 {stated:f}（该算法与 {lines} 行中的 {fitting} 行相符）",
            f"Clause {row.clause.id}: {basis.spelled(row.values)} = {expected:f}, the "
            f"contract says {stated:f} (the same way fits {fitting} of {lines} lines)",
        ),
        (around(row.clause), *((around(table.head),) if table.head else ())),
        f"{basis.spelled(row.values)} = {expected:f} ≠ {stated:f}; {stated:f} − {expected:f} = {stated - expected:f}",
    )


def table_sums(tree: ClauseTree) -> Iterator[Flaw]:
    """Sums of tables against the lines above them; sums of sums where several tables stand in one annex."""
    open_: dict[str, list[tuple[Decimal, Row, bool]]] = {}
    for table in tables(tree):
        stack = open_.setdefault(table.scope, [])
        for row in table.rows:
            value = row.values.get("total")
            if value is None:
                continue
            if not row.sum_of:
                stack.append((value, row, False))
                continue
            flaw = _summed(stack, row, value)
            if flaw is not None:
                yield flaw


def _summed(stack: list[tuple[Decimal, Row, bool]], row: Row, stated: Decimal) -> Flaw | None:
    """Puts a sum in the place of what it adds up; a flaw where no lines above it add up to it."""
    total, at = Decimal(0), None
    for i in range(len(stack) - 1, -1, -1):
        if stack[i][2] and row.sum_of == "sub":
            break
        total += stack[i][0]
        if total == stated:
            at = i
    if at is None:
        begin = 0
        if row.sum_of == "sub":
            begin = 1 + max((i for i, (_, _, done) in enumerate(stack) if done), default=-1)
        parts = stack[begin:]
        at = begin
        if len(parts) < 2:
            stack.append((stated, row, True))
            return None
        computed = sum((v for v, _, _ in parts), Decimal(0))
        stack[at:] = [(stated, row, True)]
        return Flaw(
            "table-sum",
            ERROR,
            Bilingual(
                f"条款 {row.clause.id}：各行相加为 {computed:f}，合同写为 {stated:f}，相差 {stated - computed:f}",
                f"Clause {row.clause.id}: the lines add up to {computed:f}, the "
                f"contract says {stated:f}, a difference of {stated - computed:f}",
            ),
            (around(row.clause), around(parts[0][1].clause), around(parts[-1][1].clause)),
            f"{' + '.join(f'{v:f}' for v, _, _ in parts[:40])}{' + …' if len(parts) > 40 else ''} = {computed:f} ≠ {stated:f}",
        )
    stack[at:] = [(stated, row, True)]
    return None


@dataclass(frozen=True, slots=True)
class Price:
    """A statement of the price of the contract."""

    value: Decimal
    clause: Clause
    written: str


def prices(tree: ClauseTree) -> list[Price]:
    """Where the contract itself (no annex) states its price."""
    result = []
    for clause in tree.clauses:
        if clause.id.startswith("A"):
            continue
        for m in money(clause.text):
            if not m.per and _PRICE.search(clause.text[: m.at[0]]) and not percentages(clause.text[max(0, m.at[0] - 30) : m.at[0]]):
                result.append(Price(m.value, clause, m.written))
    return result


def contract_price(tree: ClauseTree) -> Price | None:
    """The price most of its statements give."""
    stated = prices(tree)
    if not stated:
        return None
    value, _ = Counter(p.value for p in stated).most_common(1)[0]
    return next(p for p in stated if p.value == value)


def price_against_itself(tree: ClauseTree) -> Iterator[Flaw]:
    """Other statements of the price, and totals of tables that make up the price."""
    price = contract_price(tree)
    if price is None:
        return
    for other in prices(tree):
        if other.value != price.value and other.clause.id != price.clause.id:
            yield Flaw(
                "price-twice",
                ERROR,
                Bilingual(
                    f"条款 {price.clause.id} 的价款为 {price.value:f} 元，条款 {other.clause.id} 为 {other.value:f} 元",
                    f"Clause {price.clause.id} states {price.value:f} yuan, clause {other.clause.id} {other.value:f} yuan",
                ),
                (around(price.clause, price.written), around(other.clause, other.written)),
                f"{other.value:f} − {price.value:f} = {other.value - price.value:f}",
            )
    totals = {t.scope: r for t in tables(tree) for r in t.rows if r.sum_of == "grand" and "total" in r.values}
    for row in totals.values():
        total = row.values["total"]
        if total != price.value:
            yield Flaw(
                "price-sum",
                ERROR,
                Bilingual(
                    f"条款 {row.clause.id} 的总额为 {total:f} 元，条款 {price.clause.id} 的合同价款为 {price.value:f} 元",
                    f"Clause {row.clause.id} totals {total:f} yuan, the price in clause {price.clause.id} is {price.value:f} yuan",
                ),
                (around(row.clause), around(price.clause, price.written)),
                f"{total:f} − {price.value:f} = {total - price.value:f}",
            )


@dataclass(frozen=True, slots=True)
class Instalment:
    """A payment of a share of the price, with the amount stated for it."""

    clause: Clause
    share: Percentage
    amount: Money | None


def instalments(clause: Clause) -> list[Instalment]:
    """The shares of the price that a clause has paid, each with the amount between it and the next share."""
    if not _PAID.search(clause.text):
        return []
    shares = [p for p in percentages(clause.text) if _OF_PRICE.search(clause.text[max(0, p.at[0] - 16) : p.at[0] + len(p.written) + 8])]
    result = []
    for i, share in enumerate(shares):
        end = shares[i + 1].at[0] if i + 1 < len(shares) else len(clause.text)
        sentence = clause.text[share.at[1] : end]
        if _PENALTY.search(clause.text[max(0, share.at[0] - 40) : share.at[1] + 12]):
            continue
        amounts = [m for m in money(clause.text) if share.at[1] <= m.at[0] < end and not m.per]
        near = amounts[:1] if re.match(r"[^。]{0,40}?(?:即|为|计|[（(：:]|人民币)", sentence) else []
        digits = [m for m in amounts[:2] if not m.in_words]
        result.append(Instalment(clause, share, (digits or near)[0] if near else None))
    return result


def shares_and_instalments(tree: ClauseTree) -> Iterator[Flaw]:
    """Shares against their amounts, and all instalments of a payment clause against the price."""
    price = contract_price(tree)
    if price is None:
        return
    groups: dict[str, list[Instalment]] = {}
    for clause in tree.clauses:
        if clause.id.startswith("A"):
            continue
        for found in instalments(clause):
            groups.setdefault(re.match(r"\d*", clause.id)[0], []).append(found)  # type: ignore[index]
            yield from _share_flaw(found, price)
    for group in groups.values():
        yield from _group_flaw(tree, group, price)


def _share_flaw(found: Instalment, price: Price) -> Iterator[Flaw]:
    """A share with decimals may be rounded, a whole one is exact to the cent."""
    if found.amount is None:
        return
    exact = price.value * found.share.value / 100
    off = abs(found.amount.value - exact)
    rounding = price.value / 100 / 2 / 10**found.share.places
    if off < _CENT or (found.share.places and off <= rounding):
        return
    yield Flaw(
        "share-amount",
        WARNING if off <= rounding else ERROR,
        Bilingual(
            f"条款 {found.clause.id}：{price.value:f} 的 {found.share.written} "
            f"为 {exact.normalize():f} 元，合同写为 {found.amount.value:f} 元",
            f"Clause {found.clause.id}: {found.share.written} of {price.value:f} is "
            f"{exact.normalize():f} yuan, the contract says {found.amount.value:f} yuan",
        ),
        (around(found.clause, found.share.written), around(found.clause, found.amount.written), around(price.clause, price.written)),
        f"{price.value:f} × {found.share.written} = {exact.normalize():f} ≠ {found.amount.value:f}",
    )


def _group_flaw(tree: ClauseTree, group: Sequence[Instalment], price: Price) -> Iterator[Flaw]:
    if len(group) < 2:
        return
    places = tuple(around(i.clause, i.share.written) for i in group)
    shares = sum((i.share.value for i in group), Decimal(0))
    article = re.match(r"\d*", group[0].clause.id)[0]  # type: ignore[index]
    own = [c for c in tree.clauses if re.match(rf"{article}(?!\d)", c.id)]
    has_rest = any(_REST.search(c.text) for c in own)
    amounts = [i.amount.value for i in group if i.amount is not None]
    stated = [m.value for c in own for m in money(c.text) if not m.in_words and not m.per]
    if shares > 100 or (shares < 100 and not has_rest):
        yield Flaw(
            "instalments",
            ERROR,
            Bilingual(f"各期比例合计为 {shares:f}%", f"The shares of all instalments are {shares:f}%"),
            places,
            f"{' + '.join(i.share.written for i in group)} = {shares:f}%",
        )
    elif len(amounts) == len(group) and shares == 100 and sum(amounts) != price.value:
        yield Flaw(
            "instalments",
            ERROR,
            Bilingual(
                f"各期金额合计 {sum(amounts):f} 元，合同价款 {price.value:f} 元",
                f"The instalments add up to {sum(amounts):f} yuan, the price is {price.value:f} yuan",
            ),
            (*places, around(price.clause, price.written)),
            f"{' + '.join(f'{a:f}' for a in amounts)} = {sum(amounts):f} ≠ {price.value:f}",
        )
    elif has_rest and amounts and len(amounts) == len(group) and shares < 100:
        rest = [v for v in stated if v not in amounts and v != price.value]
        if len(rest) == 1 and sum(amounts) + rest[0] != price.value:
            total = sum(amounts) + rest[0]
            yield Flaw(
                "instalments",
                ERROR,
                Bilingual(
                    f"各期金额合计 {total:f} 元，合同价款 {price.value:f} 元",
                    f"The instalments add up to {total:f} yuan, the price is {price.value:f} yuan",
                ),
                (*places, around(price.clause, price.written)),
                f"{' + '.join(f'{a:f}' for a in [*amounts, rest[0]])} = {total:f} ≠ {price.value:f}",
            )


CHECKS = (words_against_digits, line_totals, table_sums, price_against_itself, shares_and_instalments)
