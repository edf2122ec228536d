"""Passages of a contract: the document a clause belongs to, the clauses above it, its sentences, and how they are quoted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.records import Flaw, Place, place
from compliance.model.contract import Bilingual

_SCOPE = re.compile(r"A\d+(?:~\d+)?(?=$|[/#¶t])")
_ORGANISATION = (r"公司|局|委员会|中心|分公司|研究院|研究所|医院|大学|学院|学校|事务所|厅|部|处|站|政府|协会|学会|出版社|厂|馆|联合社"
                 r"|合作社|"
                 r"集团|银行|基金会|管委会|办公室|总队|支队|大队|法院|检察院|卫健委|卫生健康委")
_PARTY_NAME = re.compile(rf"(?P<role>[甲乙丙])方(?:（[^）]*）)*[:：](?P<name>[一-鿿（）]{{2,40}}?(?:{_ORGANISATION}))"
                         r"(?=$|（?(?:签|盖|公章|法定|委托|授权|代表|经办|单位|住所|地址|联系|统一|负责|企业|日期|电话|邮|开户"
                         r"|[甲乙丙]方)|[;；:：，。]|\d|[A-Za-z〔])")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a clause; `at` is where it begins in the text."""

    clause: Clause
    text: str
    at: int


def flaw(kind: str, severity: str, zh: str, en: str, places: Iterable[Place], computation: str | None = None) -> Flaw:
    """A flaw with its message in both languages; a sentence begins with a capital letter."""
    return Flaw(kind, severity, Bilingual(zh, en[:1].upper() + en[1:]), tuple(places), computation)


def scope_of(clause_id: str) -> str:
    """The document a clause belongs to: "" for the contract itself, "A2" for an annex."""
    found = _SCOPE.match(clause_id)
    return found[0] if found else ""


def ancestors(tree: ClauseTree, clause: Clause) -> Iterator[Clause]:
    """The clauses above a clause, from its parent upwards."""
    parent = tree.by_id.get(clause.parent or "")
    while parent is not None:
        yield parent
        parent = tree.by_id.get(parent.parent or "")


def sentences(clause: Clause, ends: str = "。；;\n") -> list[Sentence]:
    """The sentences of a clause: what stands between full stops, semicolons and line breaks."""
    return [Sentence(clause, m[0].strip(), m.start()) for m in re.finditer(f"[^{ends}]+", clause.text) if m[0].strip()]


def sentence_at(clause: Clause, at: int, ends: str = "。；;\n") -> str:
    """The sentence of a clause in which a place of its text stands."""
    return next((s.text for s in reversed(sentences(clause, ends)) if s.at <= at), clause.text)


def spoken(tree: ClauseTree) -> Iterator[Clause]:
    """The clauses that say something: no heads of tables, no signatures."""
    return (c for c in tree.clauses if c.kind not in ("header", "signature", "caption"))


def squeezed(text: str) -> str:
    """A text without blanks and with one form of brackets, to compare names."""
    return re.sub(r"\s+", "", text).replace("(", "（").replace(")", "）")


def excerpt(text: str, start: int, end: int, margin: int = 12) -> str:
    """The words in question with some of what stands beside them."""
    return text[max(0, start - margin):end + margin].strip()


def listed(places: Iterable[Place], most: int = 6) -> str:
    """The clauses of places, each once, for a message."""
    ids = list(dict.fromkeys(p.clause for p in places))
    return "、".join(ids[:most]) + ("等" if len(ids) > most else "")


def party_names(tree: ClauseTree) -> list[tuple[str, str, Place]]:
    """What each party (甲, 乙, 丙) is called in heads, annexes and signatures."""
    result = []
    for clause in tree.clauses:
        if clause.kind in ("preamble", "annex", "signature") or clause.parent == "0":
            for found in _PARTY_NAME.finditer(squeezed(clause.text)):
                result.append((found["role"], found["name"], place(clause, found[0])))
    return result
