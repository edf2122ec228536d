"""Units, counts and grades that do not fit each other, and what is promised without a figure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.arithmetic import contract_price
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import flaw, listed, spoken, squeezed
from compliance.contract_text.review.records import NOTE, WARNING, Flaw, Place, around, place
from compliance.contract_text.review.tables import tables
from compliance.model.contract import Bilingual

_PER = re.compile(r"元?\s*/\s*(?:[年月日天次]\s*/\s*)?(?P<unit>席|人|台|个|套|次|条|号|路|户|点|人次|例)\s*(?:/\s*[年月日天])?$"
                  r"|每(?P<each>席|人|台|个|套|条|号|路|户|点)[\d.,]+\s*元")
_HOW_MANY = re.compile(r"(?P<n>[\d.,]+)\s*(?P<unit>席|人|台|个|套|次|条|号|路|户|点|人次|例)$")
_SEATS = re.compile(r"(?P<n>\d+)\s*(?:个|名)?\s*(?:坐席|席位|席)(?![^，。；|]{0,4}(?:以上|以下))")
_PLACE_FOR_STAFF = re.compile(r"坐席|席位")
_RULES_ELSEWHERE = re.compile(r"(?:价格|单价|费用|资费|折扣|费率|收费)[^，。；]{0,12}(?:按|依照?|参照|以)[^，。；]{0,16}"
                              r"(?:规定|标准|政策|办法|制度)[^，。；]{0,4}(?:执行|为准|计算|收取)")
_OFFICIAL = re.compile(r"国家|政府|财政|物价|主管部门|本合同|本协议|附件|招标|采购文件")
_PROMISED_STAFF = re.compile(r"(?:人员|人数)[^，。；]{0,16}未(?:能)?(?:达到|满足)[^，。；]{0,4}(?:合同|协议|约定)[^，。；]{0,8}"
                             r"|(?:所|已)?承诺的?[^，。；]{0,10}人员[^，。；]{0,8}(?:未到位|不到位|缺席)")
_STAFF_COUNTED = re.compile(r"(?:不少于|不低于|至少|配备|提供|安排|派驻|设置|组建|共)[^，。；|]{0,16}\d+\s*(?:名|人|位)(?![日次])")
_GRADE = re.compile(r"(?P<grade>[A-EⅠⅡⅢⅣ]|[一二三四1-4])级")
# A number of things that an event affects: 超过3个信息系统, 影响人数10万以上.
_EXTENT = re.compile(r"(?P<word>超过|大于|高于|多于)?(?P<n>\d+(?:\.\d+)?)(?P<scale>万)?(?P<unit>个|名|人|台|元|次)?(?P<of>[一-鿿]{2,4})?")
_COUNTED = re.compile(r"(?:影响|造成|导致)([一-鿿]{2,4})$")
_AND_MORE = re.compile(r"(?:及|或)?以上")

KINDS: Mapping[str, Kind] = {
    "price-unit": Kind(
        Bilingual("单价的计量单位与数量的单位不一致", "The unit of a price is not the unit of its quantity"),
        Bilingual("按哪一单位计价决定应付多少。", "Which unit is charged decides how much is owed.")),
    "seat-counts": Kind(
        Bilingual("坐席数量前后不一", "The number of seats is not the same everywhere"),
        Bilingual("配置与计费以哪一数量为准不明。", "It is open which number is to be provided and paid.")),
    "price-elsewhere": Kind(
        Bilingual("价格另按未附的规定执行", "Prices follow rules that are not attached"),
        Bilingual("与约定的固定价款冲突，应付金额会被争议。", "That contradicts a fixed price; what is owed will be disputed.")),
    "promise-missing": Kind(
        Bilingual("以合同中没有写明的人员承诺为条件", "Rests on a promise of staff that the contract does not state"),
        Bilingual("没有人数或名单可以对照，违约或解除无从认定。", "Without a number or a list no breach can be established.")),
    "grade-gap": Kind(
        Bilingual("分级之间有空档", "A gap between the grades of an event"),
        Bilingual("落在空档中的事件没有对应的后果。", "An event in the gap has no consequence.")),
    "grade-overlap": Kind(
        Bilingual("低一级没有上限，与高一级重叠", "The lower grade has no upper end and overlaps the higher"),
        Bilingual("同一事件可按两级认定，后果不同。", "One event has two grades, with different consequences.")),
}


def price_units(tree: ClauseTree) -> Iterator[Flaw]:
    """Rows whose price is for one unit, such as a seat, and whose quantity is counted in another."""
    for table in tables(tree):
        for row in table.rows:
            cells = [squeezed(cell) for cell in row.clause.cells]
            prices = [m for cell in cells if (m := _PER.search(cell)) is not None]
            counted = [m for cell in cells if (m := _HOW_MANY.fullmatch(cell)) is not None]
            if not prices or len(counted) != 1:
                continue
            per, unit = prices[0]["unit"] or prices[0]["each"], counted[0]["unit"]
            if per != unit:
                yield flaw("price-unit", WARNING, f"条款 {row.clause.id}：单价按“{per}”，数量为{counted[0]['n']}“{unit}”。",
                           f"clause {row.clause.id}: the price is for each “{per}”, the quantity is {counted[0]['n']} “{unit}”.",
                           [around(row.clause, prices[0][0]), around(row.clause, counted[0][0])])


def counts_of_seats(tree: ClauseTree) -> Iterator[Flaw]:
    """Seats, which are people at telephones, whose number differs between clauses."""
    found: dict[str, list[Place]] = {}
    for clause in spoken(tree):
        for m in _SEATS.finditer(clause.text):
            found.setdefault(m["n"], []).append(around(clause, m[0]))
        in_row = [cell.strip() for cell in clause.cells if re.fullmatch(r"\d{1,4}", cell.strip())]
        if len(in_row) == 1 and any(_PLACE_FOR_STAFF.search(cell) for cell in clause.cells[:1]):
            found.setdefault(in_row[0], []).append(around(clause))
    if len(found) > 1:
        said = "；".join(f"{n}（{listed(places)}）" for n, places in found.items())
        yield flaw("seat-counts", WARNING, f"坐席数量不一：{said}。", f"the number of seats differs: {said}.",
                   [p for places in found.values() for p in places])


def prices_elsewhere(tree: ClauseTree) -> Iterator[Flaw]:
    """A fixed price, beside prices by rules of a party that are not attached."""
    price = contract_price(tree)
    found = [place(c, m[0]) for c in spoken(tree) if (m := _RULES_ELSEWHERE.search(c.text)) and not _OFFICIAL.search(m[0])]
    if price is not None and found:
        yield flaw("price-elsewhere", WARNING, f"{listed(found)}的价格另按未附的规定执行，而合同价款已经固定。",
                   f"by {listed(found)} prices follow rules that are not attached, while the price is fixed.", found)


def promises_missing(tree: ClauseTree) -> Iterator[Flaw]:
    """Consequences for staff that was promised, where the contract states neither a number of persons nor names."""
    found = [place(c, m[0]) for c in spoken(tree) if (m := _PROMISED_STAFF.search(c.text))]
    if found and not any(_STAFF_COUNTED.search(c.text) for c in tree.clauses):
        yield flaw("promise-missing", WARNING, f"{listed(found)}以承诺的人员为条件，合同没有写明人数或名单。",
                   f"{listed(found)} rests on staff that was promised; the contract has no number and no list.", found)


def grades_that_do_not_meet(tree: ClauseTree) -> Iterator[Flaw]:
    """Events of a table that stand in two grades: what is between the extents of both, and what belongs to both."""
    for table in tables(tree):
        graded = list(_graded([r.clause for r in table.rows]))
        for (one, grade), (other, lower) in combinations(graded, 2):
            same = set(filter(None, map(squeezed, one.cells))) & set(filter(None, map(squeezed, other.cells)))
            if grade == lower or not any(re.fullmatch(r"[一-鿿]{3,12}", cell) for cell in same):
                continue
            yield from _grade_flaws(one, other)


def _graded(rows: Sequence[Clause]) -> Iterator[tuple[Clause, str]]:
    """Rows with their grade; a cell that spans rows stands in the first of them only."""
    grade = ""
    for row in rows:
        named = [m["grade"] for cell in row.cells if (m := _GRADE.fullmatch(squeezed(cell)))]
        grade = named[0] if named else grade
        if grade:
            yield row, grade


@dataclass(frozen=True, slots=True)
class _Extent:
    """How much an event affects: more than `least`, at least it (`and_more`), or exactly it."""

    least: Decimal
    over: bool
    and_more: bool
    written: str


def _extents(row: Clause) -> dict[str, _Extent]:
    """The extents of a row by what is counted: money, the word after the number and its unit, or the word before it."""
    text = squeezed(row.text)
    found: dict[str, _Extent] = {}
    for m in _EXTENT.finditer(text):
        before = _COUNTED.search(text[:m.start()])
        more = _AND_MORE.match(text[m.end("unit") if m["unit"] else m.end("scale") if m["scale"] else m.end("n"):]) is not None
        if m["unit"] == "元":
            what = "金额"
        elif m["unit"] and m["of"] and not more:
            what = m["of"]
        else:
            what = before[1] if before is not None else ""
        if what:
            value = Decimal(m["n"]) * (10_000 if m["scale"] else 1)
            found.setdefault(what, _Extent(value, m["word"] is not None, more, m[0]))
    return found


def _grade_flaws(one: Clause, other: Clause) -> Iterator[Flaw]:
    """What is wrong between the extents of one event in a grade and in the next lower one."""
    places = [around(one), around(other)]
    both = []
    high, low = _extents(one), _extents(other)
    for what in (w for w in high if w in low):
        above, below = high[what], low[what]
        if above.over and not below.over and not below.and_more and below.least < above.least:
            yield flaw("grade-gap", WARNING, f"{one.id} 为“{above.written}”，{other.id} 为“{below.written}”："
                       f"多于 {below.least}、不超过 {above.least} 的不属任何一级。",
                       f"{one.id} says “{above.written}”, {other.id} “{below.written}”: more than {below.least} and up to {above.least} "
                       "has no grade.", places)
        elif above.and_more and below.and_more and below.least < above.least:
            both.append(f"{what} {below.least:,} / {above.least:,}")
    if both:
        yield flaw("grade-overlap", NOTE, f"{other.id} 没有上限，达到 {one.id} 标准的同时属于两级（{'；'.join(both)}）。",
                   f"{other.id} has no upper end: what reaches {one.id} is in both grades ({'; '.join(both)}).", places)


CHECKS = (price_units, counts_of_seats, prices_elsewhere, promises_missing, grades_that_do_not_meet)
