"""Limits that do not fit together: two for one act, a share against a number of heads, steps with gaps or overlaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise

from compliance.contract_text.figures import Count, Length, Percentage, counts, lengths, percentages
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import ERROR, WARNING, Flaw, Place, around
from compliance.model.contract import Bilingual

# One act under the words that authors use for it; the limit and the act stand in one sentence.
_ACTS: Mapping[str, re.Pattern[str]] = {
    "更换人员 / replacement of staff": re.compile(
        r"(?:调换|更换|替换|撤换|补充).{0,12}(?:人员|人选|人手)|(?:人员|人选).{0,12}(?:调换|更换|替换|撤换|补充|到位)|予以(?:调换|更换)|未(?:调换|更换)"
    ),
    "发票 / invoice": re.compile(r"发票"),
    "账户变更通知 / notice of a new account": re.compile(r"账[户号].{0,12}(?:变更|变化|发生)|变更.{0,6}账[户号]"),
    "不可抗力通知与证明 / notice of force majeure": re.compile(r"不可抗力.{0,60}(?:通知|证明)"),
    "返还保密资料 / return of confidential material": re.compile(
        r"(?:归还|返还|交回|销毁).{0,30}(?:保密|资料|文件)|(?:保密|资料|文件).{0,30}(?:归还|返还|交回|销毁)"
    ),
    "故障响应 / response to a fault": re.compile(r"故障.{0,20}(?:响应|应答)"),
    "整改 / remedy": re.compile(r"(?:整改|返工|改正|纠正).{0,16}(?:完成|完毕|提交|验收)?"),
    "验收 / acceptance": re.compile(r"(?:组织|完成|进行).{0,10}验收"),
}
_ANCHOR = re.compile(r"(?:收到|接到|签订|签署|生效|届满|期满|终止|解除|发生|合格|结束|通知|变更|变化)")
_WITHIN = re.compile(r"\s*(?:之?内|以内|前|之前|未|内)")
_OBLIGED = re.compile(r"([甲乙双])方(?=[^，。]{0,6}(?:应|须|需|能够|负责|保证|承诺|超过|逾期|未))")
_FAMILY = {"workday": "day", "calendar_day": "day", "minute": "time", "hour": "time", "month": "month", "year": "month"}

KINDS: Mapping[str, Kind] = {
    "two-limits": Kind(
        Bilingual("同一行为有两个期限", "Two limits for one act"),
        Bilingual(
            "较长期限内的履行按较短期限即为违约，审计结论取决于适用哪一条。",
            "What keeps the longer limit breaks the shorter one; the finding depends on which clause applies.",
        ),
    ),
    "workday-and-day": Kind(
        Bilingual("同一行为一处用工作日、一处用日", "One act in working days here and in days there"),
        Bilingual("遇周末和节假日，两种算法的到期日不同。", "Over weekends and holidays the two give different due days."),
    ),
    "share-and-heads": Kind(
        Bilingual("比例与人数限额矛盾", "A share of heads against a number of heads"),
        Bilingual("同一事实按比例违约、按人数不违约。", "The same facts break one limit and keep the other."),
    ),
    "step-gap": Kind(
        Bilingual("分档之间有空档", "A gap between steps"),
        Bilingual("恰好落在空档的情形没有对应的后果。", "What falls into the gap has no consequence."),
    ),
    "step-end": Kind(
        Bilingual("最后一档之上没有档次", "Nothing beyond the last step"),
        Bilingual("最严重的情形反而没有约定的后果。", "The gravest cases have no agreed consequence."),
    ),
    "step-flat": Kind(
        Bilingual("相邻两档后果相同", "Two steps with the same consequence"),
        Bilingual("较重的情形没有更重的后果，可能有一档写错。", "What is worse costs no more; one of the two may be a mistake.")),
    "step-overlap": Kind(
        Bilingual("分档之间有重叠", "Steps that overlap"), Bilingual("同一情形有两个后果。", "One case has two consequences.")
    ),
}


@dataclass(frozen=True, slots=True)
class _Limit:
    clause: Clause
    length: Length
    sentence: str


def two_limits(tree: ClauseTree) -> Iterator[Flaw]:
    """The same act of the same party with limits that differ in number or in the kind of days."""
    for act, pattern in _ACTS.items():
        found = list(_limits(tree, pattern))
        done: set[tuple[str, str]] = set()
        for one, other in ((a, b) for i, a in enumerate(found) for b in found[i + 1 :]):
            pair = one.clause.id, other.clause.id
            if one.clause.id == other.clause.id or pair in done or not _comparable(one, other):
                continue
            done.add(pair)
            same_number = one.length.value == other.length.value
            kind = "workday-and-day" if same_number else "two-limits"
            zh, en = act.split(" / ")
            yield Flaw(
                kind,
                ERROR,
                Bilingual(
                    f"{zh}：条款 {one.clause.id} 为 {one.length.written}，条款 {other.clause.id} 为 {other.length.written}",
                    f"{en.capitalize()}: clause {one.clause.id} says {one.length.written}, clause {other.clause.id} {other.length.written}",
                ),
                (around(one.clause, one.sentence), around(other.clause, other.sentence)),
            )


def _limits(tree: ClauseTree, act: re.Pattern[str]) -> Iterator[_Limit]:
    for clause in tree.clauses:
        if clause.kind in ("preamble", "signature", "annex") or clause.cells:
            continue
        for sentence in re.split("[。；;]", clause.text):
            for part in (*lengths(sentence), *_at_once(sentence)):
                if (
                    (not part.value or _WITHIN.match(sentence[part.at[1] :]))
                    and part.unit in _FAMILY | {"day": ""}
                    and _near(sentence, part, act)
                ):
                    yield _Limit(clause, part, sentence)
                    break


def _at_once(sentence: str) -> Iterator[Length]:
    """An act that is due at once has a limit of no days."""
    for found in re.finditer("立即", sentence):
        yield Length(Decimal(0), "day", found[0], found.span())


def _near(sentence: str, length: Length, act: re.Pattern[str]) -> bool:
    """Whether the act stands close to its limit in the sentence."""
    return any(m.start() - 40 <= length.at[0] <= m.end() + 40 for m in act.finditer(sentence))


def _comparable(one: _Limit, other: _Limit) -> bool:
    """Limits of one party, counted in units of one family, from the same kind of event, and not the same."""
    families = {_FAMILY.get(x.length.unit, x.length.unit) for x in (one, other)}
    parties = [_party(x) for x in (one, other)]
    anchors = [set(_ANCHOR.findall(x.sentence)) for x in (one, other)]
    same_party = parties[0] == parties[1] or None in parties
    return (
        len(families) == 1
        and same_party
        and (not all(anchors) or bool(anchors[0] & anchors[1]))
        and (one.length.value, one.length.unit) != (other.length.value, other.length.unit)
    )


def _party(limit: _Limit) -> str | None:
    """Who has to act within the limit: the last party before it of which a duty or a delay is said."""
    found = _OBLIGED.findall(limit.sentence[: limit.length.at[0]])
    return found[-1] if found else None


_TURNOVER = re.compile(r"流失|流动|离职|变动|更换率|调换率|空岗|缺岗|缺勤")
_AT_MOST = re.compile(r"(?:不得?(?:高于|超过|多于|大于)|最多|至多|以内)\s*$")
_TEAM = re.compile(r"(?:不低于|不少于|至少|共|配备|组建|设置|提供)\s*$")


def shares_and_heads(tree: ClauseTree) -> Iterator[Flaw]:
    """A share of the staff against a number of persons that limits the same thing: both are held to the size of the team."""
    team = _team(tree)
    if team is None:
        return
    clause, size = team
    shares = [
        (c, p, m[0]) for c in tree.clauses for p in percentages(c.text) if (m := _TURNOVER.search(c.text[max(0, p.at[0] - 16) : p.at[0]]))
    ]
    heads = [
        (c, n, m[0])
        for c in tree.clauses
        for n in counts(c.text)
        if n.unit in ("人", "名", "人次")
        and _AT_MOST.search(c.text[: n.at[0]])
        and (m := _TURNOVER.search(c.text[max(0, n.at[0] - 16) : n.at[0]]))
    ]
    for in_share, share, word in shares:
        for in_heads, count, other in heads:
            if word == other:
                yield from _share_flaw(clause, size, (in_share, share), (in_heads, count))


def _share_flaw(team: Clause, size: Count, one: tuple[Clause, Percentage], other: tuple[Clause, Count]) -> Iterator[Flaw]:
    (in_share, share), (in_heads, count) = one, other
    exact = size.value * share.value / 100
    is_strict = (
        re.search(r"(?:小于|低于|不足|少于)\s*$", in_share.text[: share.at[0]]) is not None
        and re.search(r"不(?:得)?低于\s*$", in_share.text[: share.at[0]]) is None
    )
    allowed = exact.to_integral_value(ROUND_FLOOR)
    allowed = allowed - 1 if is_strict and allowed == exact else allowed
    if allowed != count.value:
        yield Flaw(
            "share-and-heads",
            ERROR,
            Bilingual(
                f"条款 {in_share.id} 的 {share.written}（{size.written} "
                f"中最多 {allowed} 人）与条款 {in_heads.id} 的 {count.written} 不一致",
                f"{share.written} in clause {in_share.id} (at most {allowed} of "
                f"{size.value}) does not agree with {count.value} in clause {in_heads.id}",
            ),
            (around(in_share, share.written), around(in_heads, count.written), around(team, size.written)),
            f"{size.value} × {share.written} = {exact.normalize():f}; {count.value} "
            f"/ {size.value} = {(count.value * 100 / size.value).normalize():f}%",
        )


def _team(tree: ClauseTree) -> tuple[Clause, Count] | None:
    """The size of the team: the greatest number of persons that the contract says must be there."""
    found = [
        (c, n) for c in tree.clauses for n in counts(c.text) if n.unit in ("人", "名") and n.value > 1 and _TEAM.search(c.text[: n.at[0]])
    ]
    return max(found, key=lambda f: f[1].value, default=None)


_STEP = re.compile(
    r"(?P<lo_word>大于等于|不少于|不低于|超过|大于|高于|≥|>)\s*(?P<lo>\d+(?:\.\d+)?)\s*(?P<unit>小时|分钟|天|日|次|人|%|％|万元|元)?"
    r"[^\d，。；]{0,6}?(?P<hi_word>小于等于|不超过|不足|小于|低于|少于|≤|<|未超过)\s*(?P<hi>\d+(?:\.\d+)?)\s*(?P<unit2>小时|分钟|天|日|次|人|%|％|万元|元)?"
)
_INCLUDES_LOW = ("大于等于", "不少于", "不低于", "≥")
_INCLUDES_HIGH = ("小于等于", "不超过", "≤", "未超过")


@dataclass(frozen=True, slots=True)
class _Step:
    clause: Clause
    subject: str
    low: Decimal
    high: Decimal
    has_low: bool
    has_high: bool
    unit: str
    written: str


# Kind, severity, message and places of what is wrong with two steps.
_Said = tuple[str, str, Bilingual, tuple[Place, ...]]


def steps_that_meet(tree: ClauseTree) -> Iterator[Flaw]:
    """Steps of one measure in one list: where one ends the next has to begin, and only one of them takes the boundary."""
    groups: dict[tuple[str, str, str], list[_Step]] = {}
    for step in (s for c in tree.clauses for s in _steps(c)):
        scope = re.split(r"[#(]", step.clause.id)[0]
        key = next(
            (k for k in groups if k[0] == scope and k[2] == step.unit and (k[1].endswith(step.subject) or step.subject.endswith(k[1]))),
            (scope, step.subject, step.unit),
        )
        groups.setdefault(key, []).append(step)
    said: dict[tuple[str, str, str], list[tuple[Bilingual, tuple[Place, ...]]]] = {}
    for (scope, _, _), steps in groups.items():
        ordered = sorted(steps, key=lambda s: (s.low, s.high))
        found = [f for one, other in pairwise(ordered) for f in (_meeting(one, other), _no_step(one, other)) if f]
        if len(steps) > 1 and not _goes_on(tree, scope, ordered[-1]):
            found.append(_open_end(ordered[-1]))
        for kind, severity, message, places in found:
            said.setdefault((scope, kind, severity), []).append((message, places))
    # One list of steps usually has one fault all over: it is said once, with all its places.
    for (_, kind, severity), parts in said.items():
        message = Bilingual("；".join(m.zh for m, _ in parts), "; ".join(m.en for m, _ in parts))
        yield Flaw(kind, severity, message, tuple(dict.fromkeys(p for _, places in parts for p in places)))


def _no_step(one: _Step, other: _Step) -> _Said | None:
    """Two steps of a table that lead to the same share."""
    shares = [percentages(s.clause.cells[-1] if s.clause.cells else "") for s in (one, other)]
    if one.low == other.low or not all(shares) or shares[0][0].value != shares[1][0].value:
        return None
    share = shares[0][0].written
    names = one.clause.id, other.clause.id
    message = Bilingual(f"条款 {names[0]} 与 {names[1]} 同为 {share}", f"Clauses {names[0]} and {names[1]} both lead to {share}")
    return "step-flat", WARNING, message, (around(one.clause), around(other.clause))


def _goes_on(tree: ClauseTree, scope: str, last: _Step) -> bool:
    """Whether a clause of the same list takes what is beyond the last step."""
    beyond = re.compile(
        rf"{last.high}\s*{last.unit}\s*(?:（含）)?(?:及)?以上|(?:超过|大于|不少于|达到|≥|>)\s*{last.high}\s*{last.unit}(?![^，。；|]{{0,8}}(?:小于|不足|不超过))"
    )
    return any(c.id.startswith(scope) and c.id != last.clause.id and beyond.search(c.text) for c in tree.clauses)


def _open_end(last: _Step) -> _Said:
    message = Bilingual(
        f"{last.subject}：{last.high} {last.unit}以上没有对应的档次",
        f"{last.subject}: there is no step for {last.high} {last.unit} and more",
    )
    return "step-end", WARNING, message, (around(last.clause, last.written),)


def _steps(clause: Clause) -> Iterator[_Step]:
    for m in _STEP.finditer(clause.text):
        unit = m["unit"] or m["unit2"] or ""
        if m["unit2"] and m["unit"] and m["unit"] != m["unit2"]:
            continue
        subject = re.split(r"[，。；|:：]", clause.text[: m.start()])[-1].strip()
        yield _Step(
            clause, subject, Decimal(m["lo"]), Decimal(m["hi"]), m["lo_word"] in _INCLUDES_LOW, m["hi_word"] in _INCLUDES_HIGH, unit, m[0]
        )


def _meeting(one: _Step, other: _Step) -> _Said | None:
    """What is wrong where one step ends and the next begins."""
    if (one.low, one.high) == (other.low, other.high):
        return None  # the same step under another condition
    places = around(one.clause, one.written), around(other.clause, other.written)
    label = one.subject if len(one.subject) < len(other.subject) else other.subject
    zh, en = f"条款 {one.clause.id} 与 {other.clause.id}", f"clauses {one.clause.id} and {other.clause.id}"
    if one.high == other.low and not one.has_high and not other.has_low:
        message = Bilingual(f"{label}：恰为 {one.high} {one.unit}时，{zh} 均不适用",
                            f"{label}: exactly {one.high} {one.unit} is in none of {en}")
        return "step-gap", WARNING, message, places
    if one.high < other.low:
        span = f"{one.high} – {other.low} {one.unit}"
        return "step-gap", WARNING, Bilingual(f"{label}：{span} 不在{zh} 的任何一档", f"{label}: {span} is in none of {en}"), places
    if one.high > other.low or (one.has_high and other.has_low):
        span = f"{max(one.low, other.low)} – {min(one.high, other.high)} {one.unit}"
        return "step-overlap", ERROR, Bilingual(f"{label}：{span} 同时在{zh}", f"{label}: {span} is in both of {en}"), places
    return None


CHECKS = (two_limits, shares_and_heads, steps_that_meet)
