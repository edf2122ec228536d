"""Days that cannot be, stand in the wrong order, or fall on days of rest; payments before what they wait for."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from compliance.calendar.workdays import CalendarDay, calendar_days
from compliance.contract_text.figures import Day, days, lengths
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, around
from compliance.contract_text.review.term import Term, terms
from compliance.contract_text.spans import last_day_of, months_between
from compliance.model.contract import Bilingual

_DUE = re.compile(r"\s*(?:之?前|以前|止|内|完成)")
_ACT = re.compile(r"支付|付款|付清|验收|提交|交付|完成|归还|返还|报送")
_FINAL = re.compile(r"最终验收|终验|整体验收|全面验收|总体验收|竣工验收")
_LAST_PAYMENT = re.compile(r"尾款|余款|剩余(?:款|\s*\d)")
_AFTER_END = re.compile(r"(?P<when>(?:服务|合同)期?(?:满|届满|结束)\s*\S{1,3}\s*个?月(?:之?后))[^。]{0,20}(?:中期|阶段|期中)")
_FIRST_MONTHS = re.compile(r"前\s*(?P<n>\d{1,2}|[一二三四五六七八九十]{1,2})\s*个月")

KINDS: Mapping[str, Kind] = {
    "no-such-day": Kind(
        Bilingual("日历上没有的日期", "A day that no calendar has"),
        Bilingual("期限无从起算，逾期无法认定。", "Nothing can be late that is due on a day that does not exist."),
    ),
    "term-order": Kind(
        Bilingual("期限起止颠倒或与所称长度不符", "A term that ends before it begins, or is not as long as it says"),
        Bilingual("服务期内的义务和费用按哪个期限核算没有依据。", "Nothing says for which time duties and fees are counted."),
    ),
    "two-terms": Kind(
        Bilingual("服务期限前后不一致", "Two terms"),
        Bilingual("期限不同，费用与义务的起止不同。", "Duties and fees begin and end on different days."),
    ),
    "date-outside-term": Kind(
        Bilingual("日期与服务期限矛盾", "A day that contradicts the term"),
        Bilingual(
            "在服务尚未完成（或尚未开始）时即须验收或付款，审计时只能认定为未按约或无法履行。",
            "Acceptance or payment would be due before the service is there; it cannot be kept as written.",
        ),
    ),
    "before-condition": Kind(
        Bilingual("付款早于其条件可能成就之时", "A payment due before its condition can exist"),
        Bilingual("按期付款即无依据付款，按条件付款即逾期付款。", "To pay in time is to pay without ground, to wait is to pay late."),
    ),
    "rest-day": Kind(
        Bilingual("到期日为休息日", "A due day on a day of rest"),
        Bilingual(
            "是否顺延至下一工作日，合同如无约定将产生是否逾期的争议（《民法典》第二百零三条）。",
            "Whether it moves to the next working day will be disputed unless the contract says so (Civil Code, article 203).",
        ),
    ),
}


@cache
def _calendar() -> Mapping[date, CalendarDay]:
    return {d.day: d for d in calendar_days()}


def impossible_days(tree: ClauseTree) -> Iterator[Flaw]:
    """Days such as 2026年2月30日."""
    for clause in tree.clauses:
        for day in days(clause.text):
            if day.value is None:
                yield Flaw(
                    "no-such-day",
                    ERROR,
                    Bilingual(f"条款 {clause.id}：{day.written} 不存在", f"Clause {clause.id}: there is no {day.written}"),
                    (around(clause, day.written),),
                )


def terms_in_order(tree: ClauseTree) -> Iterator[Flaw]:
    """The term of the service: its ends, its length, and whether it is stated once."""
    found = list(terms(tree))
    for term in found:
        if term.end < term.start:
            yield Flaw(
                "term-order",
                ERROR,
                Bilingual(
                    f"条款 {term.clause.id}：期限 {term.start} 至 {term.end} 起止颠倒",
                    f"Clause {term.clause.id}: the term {term.start} to {term.end} ends before it begins",
                ),
                (around(term.clause, term.written),),
            )
        elif term.stated is not None:
            yield from _length_flaw(term)
    for other in found[1:]:
        if (other.start, other.end) != (found[0].start, found[0].end):
            yield Flaw(
                "two-terms",
                ERROR,
                Bilingual(
                    f"条款 {found[0].clause.id} 的期限为 {found[0].start} 至 {found[0].end}，"
                    f"条款 {other.clause.id} 为 {other.start} 至 {other.end}",
                    f"Clause {found[0].clause.id} has the term {found[0].start} to "
                    f"{found[0].end}, clause {other.clause.id} {other.start} to {other.end}",
                ),
                (around(found[0].clause, found[0].written), around(other.clause, other.written)),
            )


def _length_flaw(term: Term) -> Iterator[Flaw]:
    assert term.stated is not None
    months = term.stated.value * (12 if term.stated.unit == "year" else 1)
    actual = months_between(term.start, term.end)
    # Authors count to the same day a year later as well: 2026-02-01 to 2027-02-01.
    loose = months_between(term.start, date.fromordinal(term.end.toordinal() - 1))
    if months not in (actual, loose):
        yield Flaw(
            "term-order",
            ERROR,
            Bilingual(
                f"条款 {term.clause.id}：{term.start} 至 {term.end} 不是 {term.stated.written}",
                f"Clause {term.clause.id}: {term.start} to {term.end} is not {term.stated.written}",
            ),
            (around(term.clause, term.written), around(term.clause, term.stated.written)),
            f"{(term.end - term.start).days + 1} 天 / days",
        )


def days_against_the_term(tree: ClauseTree) -> Iterator[Flaw]:
    """A final acceptance or a last payment before the service has ended, an act before it has begun."""
    term = next(terms(tree), None)
    if term is None or term.end < term.start:
        return
    for clause, day, sentence in _due_days(tree):
        if _FINAL.search(sentence) and day <= term.end:
            yield _outside(clause, day, term, "最终验收早于服务期届满", "the final acceptance is due before the service has ended")
        elif _LAST_PAYMENT.search(sentence) and not re.search("验收|考核", sentence) and day <= term.end:
            yield _outside(clause, day, term, "尾款到期日早于服务期届满", "the last payment is due before the service has ended", WARNING)
        elif day < term.start and re.search("验收", sentence):
            yield _outside(clause, day, term, "验收早于服务期开始", "the acceptance is due before the service has begun")


def _outside(clause: Clause, day: date, term: Term, zh: str, en: str, severity: str = ERROR) -> Flaw:
    return Flaw(
        "date-outside-term",
        severity,
        Bilingual(
            f"条款 {clause.id}：{day} {zh}（{term.start} 至 {term.end}，条款 {term.clause.id}）",
            f"Clause {clause.id}: {en}: {day}; the term is {term.start} to {term.end} (clause {term.clause.id})",
        ),
        (around(clause), around(term.clause, term.written)),
        f"{term.end} − {day} = {(term.end - day).days} 天 / days",
    )


def _due_days(tree: ClauseTree) -> Iterator[tuple[Clause, date, str]]:
    """Full days before which something is to be done, each with its sentence."""
    for clause in tree.clauses:
        if clause.kind in ("preamble", "signature"):
            continue
        for day in days(clause.text):
            sentence = _sentence(clause.text, day)
            if day.day and day.value and _DUE.match(clause.text[day.at[1] :]) and _ACT.search(sentence):
                yield clause, day.value, sentence


def _sentence(text: str, day: Day) -> str:
    start = max(text.rfind(sign, 0, day.at[0]) for sign in "。；;")
    ends = [e for e in (text.find(sign, day.at[1]) for sign in "。；;") if e >= 0]
    return text[start + 1 : min(ends, default=len(text))]


def due_on_rest_days(tree: ClauseTree) -> Iterator[Flaw]:
    """Due days on weekends and public holidays; a Saturday that is worked is none."""
    for clause, day, _ in _due_days(tree):
        known = _calendar().get(day)
        if known is not None and not known.is_workday and not known.provisional:
            yield Flaw(
                "rest-day",
                NOTE,
                Bilingual(
                    f"条款 {clause.id}：{day} 为休息日（星期{'一二三四五六日'[day.weekday()]}），下一工作日为 {known.next_workday}",
                    f"Clause {clause.id}: {day} is a day of rest ({day:%A}); the next working day is {known.next_workday}",
                ),
                (around(clause),),
            )


def acceptances_after_the_end(tree: ClauseTree) -> Iterator[Flaw]:
    """An acceptance half-way months after 服务期满: after so many months of service, or after the end and so many months."""
    for clause in tree.clauses:
        for found in _AFTER_END.finditer(clause.text):
            yield Flaw(
                "date-outside-term",
                NOTE,
                Bilingual(
                    f"条款 {clause.id}：“{found['when']}”有两种读法；照“期满后再过”读，中期验收在服务结束之后",
                    f"Clause {clause.id}: “{found['when']}” can be read in two ways; as so long after the end the acceptance half-way "
                    "would come after the service",
                ),
                (around(clause, found[0]),),
            )


def payments_before_their_condition(tree: ClauseTree) -> Iterator[Flaw]:
    """The fee of the first months paid before these months are over."""
    term = next(terms(tree), None)
    if term is None:
        return
    for clause in tree.clauses:
        for found in _FIRST_MONTHS.finditer(clause.text):
            later = [d for d in days(clause.text) if d.at[0] > found.end()]
            span = lengths(found[0].replace("前", "", 1))
            sentence_end = min((e for e in (clause.text.find(s, found.end()) for s in "。；;") if e >= 0), default=len(clause.text))
            if (
                not later
                or not span
                or later[0].at[0] > sentence_end
                or not re.search("支付|付款", clause.text[found.start() : sentence_end])
            ):
                continue
            over, due = last_day_of(term.start, int(span[0].value)), _due(later[0])
            if due < over:
                yield Flaw(
                    "before-condition",
                    ERROR,
                    Bilingual(
                        f"条款 {clause.id}：{found[0]}（至 {over}）的费用须在 {later[0].written} 支付，届时尚未期满",
                        f"Clause {clause.id}: the fee of the first {span[0].value} months "
                        f"(until {over}) is due in {later[0].written}, before they are over",
                    ),
                    (around(clause, found[0]), around(clause, later[0].written), around(term.clause, term.written)),
                    f"{term.start} + {span[0].value} 个月 / months → {over} > {due}",
                )


def _due(day: Day) -> date:
    return date(day.year, day.month, day.day or monthrange(day.year, day.month)[1])


CHECKS = (
    impossible_days,
    terms_in_order,
    days_against_the_term,
    due_on_rest_days,
    acceptances_after_the_end,
    payments_before_their_condition,
)
