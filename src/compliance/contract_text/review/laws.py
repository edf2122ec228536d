"""Laws that a contract cites under a name they do not have, or after they were repealed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import SequenceMatcher

from compliance.contract_text.figures import days
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import flaw, spoken, squeezed
from compliance.contract_text.review.records import WARNING, Flaw, place
from compliance.contract_text.review.term import terms
from compliance.model.contract import Bilingual

# Laws and regulations that service contracts of public bodies cite, without 中华人民共和国 before them.
_KNOWN = frozenset((
    "民法典", "政府采购法", "政府采购法实施条例", "招标投标法", "招标投标法实施条例", "政府购买服务管理办法", "预算法",
    "预算法实施条例", "审计法", "审计法实施条例", "会计法", "发票管理办法", "发票管理办法实施细则", "税收征收管理法", "增值税法",
    "保障中小企业款项支付条例", "网络安全法", "数据安全法", "个人信息保护法", "密码法", "商用密码管理条例",
    "关键信息基础设施安全保护条例", "网络数据安全管理条例", "计算机信息系统安全保护条例", "电子签名法", "电信条例", "保守国家秘密法",
    "保守国家秘密法实施条例", "档案法", "档案法实施条例", "政府信息公开条例", "信访工作条例", "劳动法", "劳动合同法",
    "劳动合同法实施条例", "劳动争议调解仲裁法", "社会保险法", "工伤保险条例", "职工带薪年休假条例", "女职工劳动保护特别规定",
    "劳务派遣暂行规定", "反不正当竞争法", "反垄断法", "著作权法", "专利法", "商标法", "价格法", "产品质量法", "标准化法",
    "安全生产法", "消费者权益保护法", "仲裁法", "民事诉讼法", "行政诉讼法", "行政复议法", "行政处罚法", "行政许可法", "公证法",
    "刑法", "监察法", "公务员法", "医师法", "基本医疗卫生与健康促进法", "医疗保障基金使用监督管理条例", "北京市接诉即办工作条例",
    "北京市优化营商环境条例",
))
# Laws that are no longer in force: the day they ceased to be, and what took their place.
_REPEALED = {
    **dict.fromkeys(("合同法", "物权法", "担保法", "民法通则", "民法总则", "侵权责任法"), (date(2021, 1, 1), "民法典")),
    "增值税暂行条例": (date(2026, 1, 1), "增值税法"),
    "信访条例": (date(2022, 5, 1), "信访工作条例"),
    "执业医师法": (date(2022, 3, 1), "医师法"),
}
_CITED = re.compile(r"《(?P<title>[^》]{2,40}(?:法典?|条例|办法|规定|细则))》")
_STATE = "中华人民共和国"
_MOST_LETTERS = 3  # by which a title is taken for another one miswritten

KINDS: Mapping[str, Kind] = {
    "law-name": Kind(
        Bilingual("法律法规名称有误", "A law is cited under a name that it does not have"),
        Bilingual("援引的依据不存在，据以认定的义务会被争议。", "The rule that is relied on does not exist under that name.")),
    "law-repealed": Kind(
        Bilingual("援引已经废止的法律", "A law is cited that was repealed"),
        Bilingual("签订时已失效的法律不能作为依据。", "A law that was no longer in force when the contract was signed is no basis.")),
}


def names_of_laws(tree: ClauseTree) -> Iterator[Flaw]:
    """Titles that differ from the title of a known law by a few characters that one of them lacks."""
    for clause, title in _cited(tree):
        if title in _KNOWN or title in _REPEALED:
            continue
        meant = next((known for known in sorted(_KNOWN) if _lacks_a_few(title, known)), None)
        if meant is not None:
            yield flaw("law-name", WARNING, f"条款 {clause.id}：《{title}》不是已知的名称，疑为《{meant}》。",
                       f"clause {clause.id}: 《{title}》 is no title known here; 《{meant}》 may be meant.",
                       [place(clause, f"《{title}》")])


def repealed_laws(tree: ClauseTree) -> Iterator[Flaw]:
    """Laws that were out of force before the contract was signed, or its service began where no day of signing is there."""
    day = _signed(tree)
    for clause, title in _cited(tree):
        ceased, instead = _REPEALED.get(title, (date.max, ""))
        if day is not None and ceased <= day:
            yield flaw("law-repealed", WARNING, f"条款 {clause.id}：《{title}》自 {ceased} 起废止，现为《{instead}》。",
                       f"clause {clause.id}: 《{title}》 was repealed as of {ceased}; now 《{instead}》.", [place(clause, f"《{title}》")],
                       f"{ceased} ≤ {day}")


def _cited(tree: ClauseTree) -> Iterator[tuple[Clause, str]]:
    for clause in spoken(tree):
        for found in _CITED.finditer(clause.text):
            yield clause, squeezed(found["title"]).removeprefix(_STATE)


def _lacks_a_few(title: str, known: str) -> bool:
    changes = [o for o in SequenceMatcher(None, title, known, autojunk=False).get_opcodes() if o[0] != "equal"]
    letters = sum(max(b - a, d - c) for _, a, b, c, d in changes)
    # A title of few characters is near many others.
    return len(changes) == 1 and changes[0][0] != "replace" and letters <= min(_MOST_LETTERS, len(known) // 3)


def _signed(tree: ClauseTree) -> date | None:
    """The last day in the signatures, else the first day of the term."""
    signed = [d.value for c in tree.clauses if c.kind == "signature" for d in days(c.text) if d.day and d.value]
    term = next(terms(tree), None)
    return max(signed) if signed else term.start if term is not None else None


CHECKS = (names_of_laws, repealed_laws)
