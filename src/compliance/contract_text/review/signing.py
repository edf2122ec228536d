"""Signatures: their days, who may sign, and agreements without any."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.contract_text.figures import days
from compliance.contract_text.records import ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, around
from compliance.model.contract import Bilingual

_EFFECTIVE = re.compile(r"自[^。；]{0,40}(?:签字|签名|签章|盖章)[^。；]{0,20}生效")
_ONLY_IN_PERSON = re.compile(r"法定代表人(?!或|及|（|或者|[（(])[^。；]{0,6}(?:签字|签名|签章)")
_AGENT = re.compile(r"委托代理人|授权代表|被授权人")

KINDS: Mapping[str, Kind] = {
    "signing-days": Kind(
        Bilingual("双方签署日期不同", "The parties signed on different days"),
        Bilingual("自签订之日起算的期限有两个起点。", "Time limits that run from signing have two beginnings.")),
    "signer": Kind(
        Bilingual("签署人与生效条件不符", "Signed by another than the contract asks for"),
        Bilingual("合同是否生效会被质疑，所有期限随之落空。",
                  "Whether the contract is in force will be questioned, and every time limit with it.")),
    "unsigned-annex": Kind(
        Bilingual("以签署为生效条件的附件没有签署页", "An annex that takes effect on signature and has none"),
        Bilingual("依该附件主张的违约责任缺少生效依据。", "Claims under the annex lack a ground.")),
}


def signing_days(tree: ClauseTree) -> Iterator[Flaw]:
    """The days beside the signatures of the contract."""
    clause = tree.by_id.get("S")
    found = [d for d in days(clause.text) if d.day and d.value] if clause else []
    if clause is not None and len({d.value for d in found}) > 1:
        shown = sorted({str(d.value) for d in found})
        yield Flaw("signing-days", NOTE, Bilingual(f"签署日期有 {'、'.join(shown)}", f"The signatures are of {', '.join(shown)}"),
                   tuple(around(clause, d.written) for d in found))


def who_may_sign(tree: ClauseTree) -> Iterator[Flaw]:
    """A contract that takes effect when the legal representative signs, signed by an agent."""
    signed = tree.by_id.get("S")
    agent = _AGENT.search(signed.text) if signed else None
    for clause in tree.clauses:
        found = _EFFECTIVE.search(clause.text)
        in_person = found is not None and _ONLY_IN_PERSON.search(found[0]) and not _AGENT.search(found[0])
        if found and signed and agent and in_person and not clause.id.startswith("A"):
            yield Flaw("signer", ERROR, Bilingual(
                f"条款 {clause.id} 以法定代表人签署为生效条件，签署处为{agent[0]}",
                f"Clause {clause.id} asks for the signature of the legal representative, the signatures name an agent ({agent[0]})"),
                (around(clause, found[0]), around(signed, agent[0])))


def annexes_without_signatures(tree: ClauseTree) -> Iterator[Flaw]:
    """An annex that is an agreement of its own by its words, without signatures."""
    for clause in tree.clauses:
        scope = clause.id.split("/")[0]
        found = _EFFECTIVE.search(clause.text)
        is_agreement = scope.startswith("A") and "本协议" in clause.text
        if found and is_agreement and f"{scope}/S" not in tree.by_id and not _signed_last(tree, scope):
            yield Flaw("unsigned-annex", WARNING, Bilingual(
                f"附件 {scope} 以签署为生效条件（条款 {clause.id}），但没有签署处",
                f"Annex {scope} takes effect on signature (clause {clause.id}) and has no place for one"),
                (around(clause, found[0]), around(tree.by_id[scope])))


def _signed_last(tree: ClauseTree, scope: str) -> bool:
    """Whether the signatures of the whole contract stand at the end of this annex."""
    order = [c.id for c in tree.clauses]
    return "S" in order and order.index("S") > order.index(scope)


CHECKS = (signing_days, who_may_sign, annexes_without_signatures)
