"""One matter under two regimes: how the contract ends early, who has to consent to a change, who may be told a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.contract_text.figures import lengths
from compliance.contract_text.records import ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import flaw, listed, sentences, spoken
from compliance.contract_text.review.records import WARNING, Flaw, Place, place
from compliance.model.contract import Bilingual

# Events outside of both parties on which contracts let go, under the words that authors use for one of them.
_CAUSES = {"政策变化": re.compile(r"政策|法律法规"), "预算或资金变化": re.compile(r"预算|财政资金"),
           "机构或职能调整": re.compile(r"机构改革|机构调整|职能调整|职能变化")}
_ENDS = re.compile(r"解除|终止")
_ANNOUNCED = re.compile(r"协商|提前[^，。；]{0,12}通知")
_AT_ONCE = re.compile(r"(?:甲方|乙方|任何一方)[^，。；]{0,4}(?:有权|可以?)[^，。；]{0,6}(?:单方|随时|立即|直接)[^，。；]{0,6}(?:解除|终止)")
_PERSON = r"(?:人员|经理|负责人|工作人员|专家|骨干)"
_REPLACES = re.compile(rf"(?:更换|调换|变更|替换)[^，。；]{{0,8}}{_PERSON}|{_PERSON}[^，。；]{{0,6}}(?:更换|调换|变更|替换)")
_BY_CLIENT = re.compile(r"要求[^，。；]{0,10}(?:更换|调换|替换)")
_TOLD = re.compile(r"告知|通知|报告|报备|备案")
_CONSENTED = re.compile(r"(?:同意|批准|许可|认可)")
_CHANGES = re.compile(r"(?:调整|变更|修改|增加|增减)")
_SERVICE = re.compile(r"服务(?:内容|范围|事项|标准)|工作(?:内容|安排|任务)?|报告|人员数量")
_ALONE = re.compile(r"甲方有权[^。；]*乙方(?:应|须|必须|应当)?(?:予以?|无条件)?(?:同意|接受|采纳|服从|配合)")
_AGREED = re.compile(r"(?:双方|与乙方|与甲方)[^，。；]{0,6}协商一致|经[^，。；]{0,4}双方[^，。；]{0,4}(?:同意|确认)")
_SECRET = re.compile(r"保密|机密|秘密")
_MAY_TELL = re.compile(r"不(?:属于|构成|视为)[^，。；]{0,6}(?:保密违约|违反保密|泄密|违约)|不受保密[^，。；]{0,6}限制")
_MAY_NOT_TELL = re.compile(r"(?:任何情况下?|一律|绝对)[^。；]{0,60}不得?[^。；]{0,12}(?:透露|披露|泄露|提供|公开)")

KINDS: Mapping[str, Kind] = {
    "exit-twice": Kind(
        Bilingual("同一事由有两种终止程序", "One event ends the contract in two ways"),
        Bilingual("须否协商、提前通知，两处约定不同，终止是否有效会被争议。",
                  "Whether it takes a negotiation and a notice is answered both ways; the termination will be disputed.")),
    "notice-or-consent": Kind(
        Bilingual("更换人员一处只须告知、一处须经同意", "Staff is changed by a notice here and by consent there"),
        Bilingual("未经同意的更换是否违约有两种答案。", "Whether a change without consent is a breach is answered both ways.")),
    "change-alone-or-agreed": Kind(
        Bilingual("调整服务一处由甲方决定、一处须协商一致", "The service is changed by one party here and by agreement there"),
        Bilingual("乙方不同意的调整是否有约束力有两种答案。",
                  "Whether a change binds that the supplier has not agreed to is answered both ways.")),
    "disclosure-both-ways": Kind(
        Bilingual("同一披露一处允许、一处禁止", "A disclosure is allowed here and forbidden there"),
        Bilingual("向第三方提供信息是否违约有两种答案。", "Whether telling a third party is a breach is answered both ways.")),
}


def exits_by_two_ways(tree: ClauseTree) -> Iterator[Flaw]:
    """One cause that ends the contract after talks or a notice in one clause, and at once in another."""
    for cause, pattern in _CAUSES.items():
        slow, fast = [], []
        for clause in spoken(tree):
            if not (pattern.search(clause.text) and _ENDS.search(clause.text)):
                continue
            of_cause = next(s for s in sentences(clause, "\n") if pattern.search(s.text))
            at_once = _AT_ONCE.search(of_cause.text)
            if _ANNOUNCED.search(of_cause.text):
                slow.append(place(clause, of_cause.text))
            elif at_once is not None and not lengths(of_cause.text):
                fast.append(place(clause, at_once[0]))
        if slow and fast:
            yield flaw("exit-twice", WARNING, f"{cause}：{listed(slow)}须先协商或提前通知，{listed(fast)}可径行终止。",
                       f"after a change ({cause}) {listed(slow)} asks for talks or a notice, {listed(fast)} ends the contract at once.",
                       [*slow, *fast])


def staff_by_notice_or_consent(tree: ClauseTree) -> Iterator[Flaw]:
    """A change of staff that the supplier only has to tell in one clause, and that takes consent in another."""
    told: list[Place] = []
    consented: list[Place] = []
    for clause in spoken(tree):
        for s in sentences(clause):
            if not _REPLACES.search(s.text) or _BY_CLIENT.search(s.text):
                continue
            if _CONSENTED.search(s.text):
                consented.append(place(clause, s.text))
            elif _TOLD.search(s.text) and re.search("乙方|如|若", s.text) and not re.search(r"甲方[^，。；]{0,10}通知", s.text):
                told.append(place(clause, s.text))
    if told and consented:
        yield flaw("notice-or-consent", WARNING, f"更换人员：{listed(told)}只须告知，{listed(consented)}须经同意。",
                   f"a change of staff is only told under {listed(told)}, and takes consent under {listed(consented)}.",
                   [*told, *consented])


def changes_alone_or_agreed(tree: ClauseTree) -> Iterator[Flaw]:
    """A service that the client changes as it likes in one clause, and both together in another."""
    alone: list[Place] = []
    agreed: list[Place] = []
    for clause in spoken(tree):
        for s in sentences(clause):
            if not (_CHANGES.search(s.text) and _SERVICE.search(s.text)):
                continue
            if _AGREED.search(s.text):
                agreed.append(place(clause, s.text))
            elif _ALONE.search(s.text):
                alone.append(place(clause, s.text))
    if alone and agreed:
        yield flaw("change-alone-or-agreed", WARNING, f"调整服务：{listed(alone)}由甲方决定，{listed(agreed)}须协商一致。",
                   f"the service is changed by the client alone under {listed(alone)}, by agreement under {listed(agreed)}.",
                   [*alone, *agreed])


def disclosures_both_ways(tree: ClauseTree) -> Iterator[Flaw]:
    """Third parties that may be told by one clause, where another forbids to tell anybody under all circumstances."""
    may = [place(c, m[0]) for c in spoken(tree) if _SECRET.search(c.text) and (m := _MAY_TELL.search(c.text))]
    may_not = [place(c, m[0]) for c in spoken(tree) if (m := _MAY_NOT_TELL.search(c.text))
               and (_SECRET.search(c.text) or any(_SECRET.search(t.text) for t in tree.clauses if t.id == c.parent))]
    if may and may_not:
        yield flaw("disclosure-both-ways", WARNING, f"{listed(may)}允许披露，{listed(may_not)}在任何情况下禁止。",
                   f"{listed(may)} allows a disclosure that {listed(may_not)} forbids under all circumstances.", [*may, *may_not])


CHECKS = (exits_by_two_ways, staff_by_notice_or_consent, changes_alone_or_agreed, disclosures_both_ways)
