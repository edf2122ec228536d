"""One thing under several names: the contract, its price, its parties, the documents it cites, the forum of disputes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations

from compliance.contract_text.records import ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import excerpt, flaw, listed, party_names, scope_of, sentences, spoken, squeezed
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, Place, place
from compliance.model.contract import Bilingual

_PRICE = re.compile(r"(?P<base>(?:本|该)?(?:项目)?(?:合同|协议)(?:结算|最终|含税|暂定|决算)?(?:总金额|总额|总价款?(?:格)?|总价格"
                    r"|结算价款?|金额|价款|款项?|总费用)"
                    r"|(?:年度|全部|总)?(?:技术)?服务(?:费用?|款)(?:总额|总价)?|(?:结算|成交|中标)(?:总)?(?:金额|价款?"
                    r"|价格))[）)]?\s*(?:的|之)?\s*[【\[]?\s*\d+(?:\.\d+)?\s*[】\]]?\s*[%％‰]")
_OWED = re.compile(r"违约金|违约责任|扣除|扣减|罚|滞纳金|扣款")
_TITLE_MARKS = re.compile(r"《([^》]{4,60})》")
_TITLE_FIELD = re.compile(r"(?:合同|协议)名称\s*[:：]\s*(?P<title>[^；。]{4,80})")
_TITLE_END = re.compile(r"(?:合同|协议书?)(?:（[^）]*）)?$")
_ARBITRATION = re.compile(r"(?:提交|由|向|至|提请|递交|选择)\s*(?P<name>[一-鿿]{2,14}?仲裁(?:委员会|院|中心))")
_COURT = re.compile(r"人民法院[^。；]{0,8}(?:提起诉讼|起诉|诉讼解决|诉讼)|(?:提交|由)[^。；]{0,20}人民法院[^。；]{0,6}(?:处理|管辖"
                    r"|诉讼|解决)")
_SUPPORT = re.compile(r"撤销|执行|保全|劳动")
_WHOLE_PRICE = re.compile(r"总?(?:金额|额|价款?|价格|款项?)")
_ESTIMATED = re.compile(r"(?:价款|金额|总价|费用)[^。；]{0,20}(?:预估|暂估|估算|暂定)|据实结算|按实结算")

KINDS: Mapping[str, Kind] = {
    "names-of-document": Kind(
        Bilingual("同一文件混称合同与协议", "One document is called both 合同 and 协议"),
        Bilingual("所指的是哪一份文件可能有争议。", "Which document is meant may be disputed.")),
    "names-of-price": Kind(
        Bilingual("违约金的计算基数名称不一", "Penalties rest on bases with different names"),
        Bilingual("各基数可能是不同的金额，违约金算法会有争议。", "The bases may be different sums, and so may the penalties.")),
    "names-of-party": Kind(
        Bilingual("同一当事人名称不一致", "A party has two names"),
        Bilingual("合同主体、收款人与签章可能不是同一单位。", "The party, the payee and the seal may not be the same entity.")),
    "forum-contradictory": Kind(
        Bilingual("争议解决机构的约定不一致", "The clauses on the forum of disputes differ"),
        Bilingual("仲裁约定可能无效，违约金应向何处主张不明。", "An agreement on arbitration may be void; where to claim is uncertain.")),
    "names-of-title": Kind(
        Bilingual("同一文件有两个名称", "A document is cited under two names"),
        Bilingual("无法确定所指的是哪一份文件。", "It is uncertain which document is meant.")),
}


def names_of_document(tree: ClauseTree) -> Iterator[Flaw]:
    """本合同 and 本协议 in one document: the places of the rarer name."""
    for scope in dict.fromkeys(scope_of(c.id) for c in tree.clauses):
        own = [c for c in tree.clauses if scope_of(c.id) == scope]
        contract = [(c, m) for c in own for m in re.finditer(r"本合同", c.text)]
        agreement = [(c, m) for c in own for m in re.finditer(r"本(?:合作)?协议(?:书)?", c.text)]
        if not contract or not agreement:
            continue
        rarer, other, usual = (contract, agreement, "本协议") if len(contract) < len(agreement) else (agreement, contract, "本合同")
        word = "本合同" if usual == "本协议" else "本协议"
        places = [place(c, excerpt(c.text, *m.span())) for c, m in rarer]
        where = f"附件{scope[1:]}" if scope else "合同正文"
        yield flaw("names-of-document", NOTE, f"{where}通常称“{usual}”（{len(other)}处），{listed(places)}又称“{word}”（{len(rarer)}处）。",
                   f"{scope or 'the contract'} mostly says “{usual}” ({len(other)}), but “{word}” in {listed(places)} ({len(rarer)}).",
                   [*places, place(other[0][0], usual)])


def names_of_price(tree: ClauseTree) -> Iterator[Flaw]:
    """The bases of penalties that are shares of the price, where they have more than one name."""
    bases: dict[str, list[Place]] = {}
    for clause in spoken(tree):
        for m in _PRICE.finditer(clause.text) if _OWED.search(clause.text) else ():
            bases.setdefault(re.sub(r"^(?:本|该)(?:项目)?|协议|合同", "", m["base"]) or m["base"], []).append(place(clause, m[0]))
    if len(bases) > 1:
        places = [p for ps in bases.values() for p in ps]
        names = "；".join(f"“{_base_as_written(ps[0].quote)}”（{listed(ps)}）" for ps in bases.values())
        # Of a fixed price these are the same sum; of an estimate, or beside a part of the price, they are not.
        is_same_sum = all(_WHOLE_PRICE.fullmatch(name) for name in bases) and not any(_ESTIMATED.search(c.text) for c in tree.clauses)
        yield flaw("names-of-price", NOTE if is_same_sum else WARNING, f"违约金的计算基数名称不一：{names}。",
                   f"penalties rest on bases with different names: {names}.", places)


def _base_as_written(quote: str) -> str:
    return re.split(r"[\s】【\[\d]|的", quote)[0].rstrip("）)")


def names_of_parties(tree: ClauseTree) -> Iterator[Flaw]:
    """A party whose name in the head, an annex, the signatures or the account is nearly, but not quite, the same."""
    names: dict[str, dict[str, list[Place]]] = {}
    for role, name, where in [*party_names(tree), *_account_names(tree)]:
        names.setdefault(role, {}).setdefault(name, []).append(where)
    seen = {(role, name) for role, of in names.items() for name in of if role}
    for role in (r for r in names if r):
        known = {**names.get("", {}), **names[role]}
        for one, two in combinations(known, 2):
            own_account = two in names[role] or one in names[role]
            other_party = any(r != role and n in (one, two) for r, n in seen)
            if own_account and not other_party and _is_nearly(one, two):
                places = [p for n in (one, two) for d in (names[role], names.get("", {})) for p in d.get(n, [])]
                yield flaw("names-of-party", ERROR, f"{role}方的名称不一致：“{one}”与“{two}”（{listed(places)}）。",
                           f"party {role} is called “{one}” and “{two}” ({listed(places)}).", places)


def _account_names(tree: ClauseTree) -> list[tuple[str, str, Place]]:
    """Names of accounts; whose account it is shows in the name."""
    field = re.compile(r"(?:账户名称|开户名称|账户名|户名|收款人)[:：](?P<name>[一-鿿（）]{4,40})")
    return [("", m["name"], place(c, m[0])) for c in spoken(tree) for m in field.finditer(squeezed(c.text))]


def _is_nearly(one: str, two: str) -> bool:
    """Whether two names differ in a few characters that are in one of them only."""
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    changes = [o for o in matcher.get_opcodes() if o[0] != "equal"]
    return one != two and matcher.ratio() >= 0.8 and len(changes) <= 2 and not any(re.search(
        r"[第\d一二三四五六七八九十]", one[a:b] + two[c:d])
                                                                                 for _, a, b, c, d in changes)


def names_of_titles(tree: ClauseTree) -> Iterator[Flaw]:
    """The contract under another title in an annex, and documents cited by titles of which one has a few characters more."""
    own = _own_title(tree)
    for clause in tree.clauses:
        cited = [m["title"] for m in _TITLE_FIELD.finditer(clause.text) if scope_of(clause.id)]
        for title in (squeezed(t.split("为贯彻")[0]) for t in cited):
            found = _TITLE_END.search(title.split("为")[0])
            name = _cut_title(title)
            if own is not None and found is not None and name != own[0] and SequenceMatcher(None, name, own[0],
                                                                                            autojunk=False).ratio() > 0.7:
                yield flaw("names-of-title", NOTE, f"{clause.id}称合同为“{name}”，合同标题为“{own[0]}”。",
                           f"{clause.id} calls the contract “{name}”, its title is “{own[0]}”.", [place(clause, name), own[1]])
    titles: dict[str, Place] = {}
    for clause in spoken(tree):
        for m in _TITLE_MARKS.finditer(clause.text):
            titles.setdefault(squeezed(m[1]), place(clause, m[0]))
    for one, two in combinations(titles, 2):
        if len(one) != len(two) and one[-3:] == two[-3:] and not (one.endswith(two) or two.endswith(one)) and _is_insertion(one, two):
            yield flaw("names-of-title", NOTE,
                       f"《{one}》与《{two}》疑为同一文件的两个名称（{titles[one].clause}、{titles[two].clause}）。",
                       f"《{one}》 and 《{two}》 may be one document ({titles[one].clause},"
                       f" {titles[two].clause}).", [titles[one], titles[two]])


def _own_title(tree: ClauseTree) -> tuple[str, Place] | None:
    head = tree.by_id.get("0")
    lines = [squeezed(x) for x in head.text.split("\n")] if head is not None else []
    title = next((x for x in lines if _TITLE_END.search(x) and len(x) > 6 and "：" not in x), None)
    return (title, place(head, title)) if title is not None and head is not None else None


def _cut_title(title: str) -> str:
    found = re.match(r".*?(?:合同|协议书?)(?:（[^）]*）)?", title)
    return found[0] if found else title


def _is_insertion(one: str, two: str) -> bool:
    ops = [o for o in SequenceMatcher(None, one, two, autojunk=False).get_opcodes() if o[0] != "equal"]
    changed = "".join(one[a:b] + two[c:d] for _, a, b, c, d in ops)
    return len(ops) == 1 and ops[0][0] != "replace" and len(changed) <= 3 and not re.search(
        r"[\d一二三四五六七八九十年月季日度非不未]", changed)


def forums(tree: ClauseTree) -> Iterator[Flaw]:
    """Two arbitration commissions, or arbitration and a court for the same disputes of one document."""
    named = [(m["name"], place(c, excerpt(c.text, *m.span()))) for c in spoken(tree) for m in _ARBITRATION.finditer(c.text)]
    names = list(dict.fromkeys(name for name, _ in named))
    if len(names) > 1:
        written = "与".join(f"“{n}”" for n in names)
        yield flaw("forum-contradictory", ERROR if len({scope_of(p.clause) for _, p in named}) == 1 else WARNING,
                   f"仲裁机构的名称不一致：{written}（{listed(p for _, p in named)}）。", f"the arbitration commissions differ: {written}.",
                   [p for _, p in named])
    for scope in dict.fromkeys(scope_of(p.clause) for _, p in named):
        courts = [place(c, s.text) for c in spoken(tree) if scope_of(c.id) == scope for s in sentences(c)
                  if _COURT.search(s.text) and not _SUPPORT.search(s.text)]
        if courts:
            own = [p for _, p in named if scope_of(p.clause) == scope]
            yield flaw("forum-contradictory", ERROR, f"同一争议既约定仲裁又约定诉讼：{listed([*own, *courts])}。",
                       f"both arbitration and a court for the same disputes: {listed([*own, *courts])}.", [*own, *courts])


CHECKS = (names_of_document, names_of_price, names_of_parties, names_of_titles, forums)
