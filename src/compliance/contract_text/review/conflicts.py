"""Two answers to one question: sums for one event, periods of grace, names of a role; and who checks the own work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from compliance.contract_text.figures import days, lengths, money, percentages
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import NOTE, WARNING, Flaw, around
from compliance.model.contract import Bilingual

# Events that penalties are tied to, under the words that authors use for one of them.
_EVENTS = {"被处罚 / a sanction": re.compile("处罚"), "泄密 / a leak": re.compile("泄露|泄密|保密义务"),
           "被投诉 / a complaint": re.compile("投诉"),
           "服务中断 / an interruption": re.compile("中断|中止运行|宕机")}
_PAYS = re.compile(r"违约金|赔偿金|扣除|扣减|扣款|违约责任")
_VERIFIED = re.compile(r"属实|查实|核实|有效投诉|有责|确认")
_ROLES = re.compile(r"项目经理|项目负责人|驻场经理|驻场负责人|现场经理|现场负责人|项目主管|服务经理")
_OUTSIDERS = re.compile(r"(?:运维|项目|工程)?监理(?:单位|方|机构)?|用户方(?![式法便案面])|使用方(?![式法便案面])"
                        r"|[^\s，。；、在和与由向对按的及或且经]{0,4}(?:监管服务商|管理单位)"
                        r"|第三方(?:评估|审计|监测)机构")
_DEFINED = re.compile(r"以下简称|下称|是指|系指|指的?是|[:：]")
_TERM_USED = re.compile(r"服务期(?:内|满|届满)")
_TERM_STATED = re.compile(r"服务期|为期|有效期|(?:合同|协议)期限")
_OWN_WORK = re.compile(r"乙方[^。；，]{0,24}组织[^。；，]{0,14}验收|(?:与|和)乙方[^。；，]{0,10}共同组织[^。；，]{0,10}验收")
_GRACE = {"合理期限": re.compile("合理(?:的)?(?:期限|时间)"), "宽限期": re.compile("宽限期"),
          "催告": re.compile(r"(?:催告|通知)后[^。；，]{0,16}(?:仍未|仍不)|仍未[^。；，]{0,8}超过\s*\d+")}

KINDS: Mapping[str, Kind] = {
    "two-sums": Kind(
        Bilingual("同一事件有两种金额", "Two sums for one event"),
        Bilingual("扣多少、是否并罚，按哪一条都会被争议。", "How much is due, and whether both, will be disputed under either clause.")),
    "complaint-unverified": Kind(
        Bilingual("被投诉即扣款，未要求查实", "A complaint alone is penalised"),
        Bilingual("不实投诉也触发扣款，事实依据会被争议。", "An unfounded complaint would be enough; the facts will be disputed.")),
    "names-of-role": Kind(
        Bilingual("一个岗位有几个名称", "One role under several names"),
        Bilingual("由谁履行该义务不确定。", "Nothing says who has to do it.")),
    "outsider-undefined": Kind(
        Bilingual("合同外的第三方没有说明", "A third party that is not defined"),
        Bilingual("其通知、评审是否有效无从认定。", "Whether its notices and assessments count cannot be established.")),
    "term-not-stated": Kind(
        Bilingual("使用“服务期”而没有约定", "A term of service that is used and not stated"),
        Bilingual("期内、期满的义务没有起止日。", "Duties within and after it have no days.")),
    "own-acceptance": Kind(
        Bilingual("履约方组织或参与组织自己的验收", "The supplier organises its own acceptance, or takes part in that"),
        Bilingual("验收结论的证明力会被质疑。", "What the acceptance proves will be questioned.")),
    "periods-of-grace": Kind(
        Bilingual("解除前的宽限期约定不一", "Several periods of grace before termination"),
        Bilingual("何时可以解除，各条答案不同。", "The clauses answer differently when termination is allowed.")),
}


def two_sums(tree: ClauseTree) -> Iterator[Flaw]:
    """Clauses that let pay different sums for the same event."""
    paying = [(c, _sums(c)) for c in tree.clauses if c.kind not in ("preamble", "signature") and not c.cells and _PAYS.search(c.text)]
    for event, pattern in _EVENTS.items():
        found = [(c, sums) for c, sums in paying if sums and pattern.search(c.text)]
        pairs = [(a, b) for (a, x), (b, y) in combinations(found, 2) if not x & y and a.parent != b.id and b.parent != a.id]
        clauses = list(dict.fromkeys(c for pair in pairs for c in pair))
        if clauses:
            zh, en = event.split(" / ")
            names = [c.id for c in clauses]
            message = Bilingual(f"{zh}：条款 {'、'.join(names)} 的金额不同",
                                f"For {en} clauses {', '.join(names)} have different sums")
            yield Flaw("two-sums", WARNING, message, tuple(around(c, pattern.search(c.text)[0]) for c in clauses))  # type: ignore[index]


def _sums(clause: Clause) -> frozenset[str]:
    """The sums and shares of a clause as they count."""
    return frozenset([*(f"{m.value.normalize():f}元" for m in money(clause.text) if not m.in_words),
                      *(f"{p.value.normalize():f}%" for p in percentages(clause.text))])


def complaints_unverified(tree: ClauseTree) -> Iterator[Flaw]:
    """Deductions for a complaint that nobody has to verify."""
    for clause in tree.clauses:
        if "被投诉" in clause.text and re.search("扣除|扣减|扣款|违约金", clause.text) and not _VERIFIED.search(clause.text):
            yield Flaw("complaint-unverified", WARNING, Bilingual(
                f"条款 {clause.id}：被投诉即扣款，未要求查实", f"Clause {clause.id}: a complaint alone is penalised"),
                (around(clause, "被投诉"),))


def _named(tree: ClauseTree, pattern: re.Pattern[str]) -> dict[str, Clause]:
    """Each of the words and the first clause that uses it."""
    found: dict[str, Clause] = {}
    for clause in tree.clauses:
        for word in pattern.findall(clause.text) if clause.kind not in ("preamble", "signature") else ():
            found.setdefault(word, clause)
    return found


def names_of_roles(tree: ClauseTree) -> Iterator[Flaw]:
    """The person in charge under more than one name."""
    found = _named(tree, _ROLES)
    if len(found) > 1:
        words = "、".join(f"“{w}”（{c.id}）" for w, c in found.items())
        yield Flaw("names-of-role", WARNING, Bilingual(f"负责人的名称不一：{words}", f"The person in charge has several names: {words}"),
                   tuple(around(c, w) for w, c in found.items()))


def outsiders_undefined(tree: ClauseTree) -> Iterator[Flaw]:
    """Third parties that take part in the contract and are said nowhere who they are."""
    named = _named(tree, _OUTSIDERS)
    found = {w: c for w, c in named.items() if not any(w in other and w != other for other in named) and not any(
        re.search(rf"{re.escape(w)}[^。；，]{{0,6}}(?:{_DEFINED.pattern})", other.text) for other in tree.clauses)}
    if found:
        words = "、".join(f"“{w}”（{c.id}）" for w, c in found.items())
        yield Flaw("outsider-undefined", WARNING, Bilingual(f"没有说明是谁：{words}", f"It is not said who this is: {words}"),
                   tuple(around(c, w) for w, c in found.items()))


def term_not_stated(tree: ClauseTree) -> Iterator[Flaw]:
    """“Within the term of service”, where no clause gives that term its days or its length."""
    used = [c for c in tree.clauses if _TERM_USED.search(c.text)]
    stated = any((_TERM_STATED.search(c.text) or (c.parent and _TERM_STATED.search(tree.by_id[c.parent].text)))
                 and (days(c.text) or any(n.unit in ("month", "year") and n.value >= 1 for n in lengths(c.text)))
                 and not _TERM_USED.search(c.text) for c in tree.clauses)
    if used and not stated:
        names = [c.id for c in used[:6]]
        yield Flaw("term-not-stated", WARNING, Bilingual(
            f"“服务期”没有约定起止：{'、'.join(names)}", f"The term of service is not stated: {', '.join(names)}"),
            tuple(around(c, _TERM_USED.search(c.text)[0]) for c in used[:6]))  # type: ignore[index]


def own_acceptance(tree: ClauseTree) -> Iterator[Flaw]:
    """An acceptance that the supplier organises, alone or with the client."""
    for clause in tree.clauses:
        found = _OWN_WORK.search(clause.text)
        if found:
            # Together with the client it is usual, and only something to know.
            jointly = "共同" in found[0]
            message = Bilingual(f"条款 {clause.id}：验收由双方共同组织", f"Clause {clause.id}: both parties organise the acceptance") \
                if jointly else Bilingual(f"条款 {clause.id}：验收由乙方组织", f"Clause {clause.id}: the supplier organises the acceptance")
            yield Flaw("own-acceptance", NOTE if jointly else WARNING, message, (around(clause, found[0]),))


def periods_of_grace(tree: ClauseTree) -> Iterator[Flaw]:
    """The grace before the client may terminate, told in more than one way."""
    found: dict[str, tuple[Clause, str]] = {}
    for clause in tree.clauses:
        title = tree.by_id[clause.parent].text if clause.parent else ""
        if re.search("解除|终止", clause.text + title) and not re.match("甲方(?:不|未)", clause.text):
            for name, pattern in _GRACE.items():
                if (m := pattern.search(clause.text)) is not None:
                    found.setdefault(name, (clause, m[0]))
    if len(found) > 1:
        names = [c.id for c, _ in found.values()]
        yield Flaw("periods-of-grace", WARNING, Bilingual(
            f"解除前的宽限期在条款 {'、'.join(names)} 中约定不一", f"Clauses {', '.join(names)} differ on the grace before termination"),
            tuple(around(c, q) for c, q in found.values()))


CHECKS = (two_sums, complaints_unverified, names_of_roles, outsiders_undefined, term_not_stated, own_acceptance, periods_of_grace)
