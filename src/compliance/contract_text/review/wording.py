"""Words that will be disputed: duties without a limit, deadlines without a beginning, terms without a meaning, names that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.contract_text.figures import lengths
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.blanks import date_fields
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.names import CHECKS as CHECKS_OF_NAMES
from compliance.contract_text.review.names import KINDS as NAMES
from compliance.contract_text.review.passages import Sentence, ancestors, excerpt, flaw, listed, scope_of, sentence_at, sentences, spoken
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, Place, place
from compliance.model.contract import Bilingual

_FAMILIES = (
    ("及时", re.compile(r"(?<![未不]能)(?<![未不])及时(?!性|率|的数据|的信息|的支持|足额|、准确|准确|、完整)")),
    ("定期", re.compile(r"(?<!不)定期(?!考核|存款|限)|(?<![约规决固指特假既])定时")),
    ("立即", re.compile(r"(?:立即|立刻|马上|第一时间)(?![^，。；]{0,2}(?:解除|终止|生效))")),
    ("尽快", re.compile(r"尽快|尽早|尽速|迅速")),
    ("按时", re.compile(r"(?<!未)(?<!不)(?:按时|如期)|(?<!未)(?<!不)按期(?!完成任务)")),
    ("合理期限", re.compile(r"合理的?(?:期限|时间|期间|时限)")),
)
_DUTY = re.compile(r"应当?|须|需(?!求|要)|(?<![务作际据展理常])需要|必须|负责|保证|确保|承诺|有义务")
# In specifications a duty stands without a word of one: 对故障进行及时响应.
_SPECIFIED = re.compile(r"及时(?:完成|响应|修复|排除|处理|恢复|报告|通知|建立|提出)|定期(?:更换|检测|检查|更新|备份|组织|对|数据备份)"
                        r"|第一时间(?:安装|修复|响应|处理)")
_BOUNDED = re.compile(r"^\s*(?:之|以)?[内前]")
_AT_MOST = re.compile(r"(?:不超过|不得超过|不晚于|每|至少)\s*$")
_AGREED = re.compile(r"(?:合同|协议|约定|规定|附件|计划)[^，。；]{0,12}(?:按时|按期|如期|定期)|(?:按时|按期|如期"
                     r"|按[^，。；]{0,8}计划定期|定期按|定期)[^，。；]{0,14}(?:约定|规定)"
                     r"|(?:约定|规定)的?(?:时间|期限|日期)")
_EVERY = re.compile(r"每(?:个)?(?:半?年|季度?|月|周|星期|日|天|次|小时)|半年|当[日天月]|次[日月]|月度|季度|年度")
_LIMITLESS_BREACH = re.compile(r"(?:未(?:能)?|没有|不能?|不予?)(?P<word>及时|按时|按期|如期|立即|尽快|定期)"
                               r"|(?<!指定的)(?P<term>合理的?(?:期限|时间|期间|时限))内?[^。；]{0,24}(?:未|不|仍)")
_CONSEQUENCE = re.compile(r"违约金|解除|终止(?:本|合同|协议)|扣除|扣减|罚款|扣款")
_WITHIN = re.compile(r"^\s*(?:之|以)?内(?!部|容|网|存|控|外|累计|发生|出现|连续|不得|接到|超过|有|的服务|[一二三\d])")
_EVENT = re.compile(r"之日|之后|以后|[^最今先]后|起(?!诉|草|到|来)|收到|接到|接收|得知|知悉|发现|发生|届满|期满|生效|签订|签署|完成"
                    r"|结束|终止|解除|通知|通报|"
                    r"故障|事件|事故|投诉|报警|报修|申请|请求|提出|结算|每|的[，,]|时[，,]|前|(?:如|若)[^。；]*[，,][^。；]*(?:应|须"
                    r"|需|可|有权)|"
                    r"对[^，。；]{1,10}$|超过|遇有|遭[受遇]|受[^，。；]{0,8}影响")
_ANCHOR_BEHIND = re.compile(r"之日起|起算|开始计算|自[^，。；]{2,20}起")
_DATED_FROM = re.compile(r"(?:合同|协议)?(?:签订|签署|签约|生效|签字|盖章)(?:完毕)?\s*(?:之日|日期|之后|日|后|之时"
                         r"|完毕)?(?:之日)?\s*(?:起|后|算)?")
_DEGREE = r"(?:重大|严重|特别重大|较大|恶劣|严重不利|重大不利|重大恶劣)"
_VAGUE_TERM = re.compile(rf"{_DEGREE}(?:影响|事故|损失|后果|不利影响|违约(?!行为)|活动|事件|失误|投诉)|骨干人员|核心人员|关键人员"
                         rf"|(?:多次|屡次)(?=在|出现|发生|违反|未|经)|情节严重|性质恶劣")
_LEVEL_TERM = re.compile(r"(?<![A-Za-z])(?P<level>[A-EＡ-Ｅ]|[一二三四五ⅠⅡⅢⅣ特]|[1-5])\s*级\s*(?:及以[上下])?\s*(?:事件|事故|故障|违约)")
_QUOTED = re.compile(r"[“\"](?P<term>[^”\"“]{2,10})[”\"]")
_INDICATOR = re.compile(r"(?P<term>[一-鿿]{1,7}(?:(?<![税利费汇折浮扣价])率|可用性|服务水平|满意度)|服务水平)(?:应|须|需|要|必须)?\s*"
                        r"(?:大于等于|小于等于|不低于|不高于|不得低于|不得高于|不少于|不超过|大于|小于|低于|高于|达到|达不到|为|≥|≤|>"
                        r"|<|＞|＜)+(?:或等于)?\s*(?!100\s*[%％])\d+(?:\.\d+)?\s*[%％]")
_TENDER = re.compile(r"(?:招标|投标|磋商|响应|采购|谈判|比选|询价|中标)(?:文件|通知书)")
_PART = re.compile(r"组成部分|不可分割|同等(?:的)?(?:法律)?效力|具有(?:相同|同样)的?(?:法律)?效力|为准|有效组成")
_PREVAILS = re.compile(r"以[^。；]{2,40}?为准|优先(?:适用|于|效力)?|效力(?:高于|优于)|解释顺序|优先顺序")
_CONFLICT = re.compile(r"不一致|冲突|矛盾|抵触|不符|歧义|相悖|互为(?:补充|解释)|优先|顺序|次序")
_ANNEX_FIRST = re.compile(r"以本(?:附件|协议书?)[^，。；]{0,6}为准")
_BODY_FIRST = re.compile(r"以(?:本合同|本协议|合同正文|正文)[^，。；]{0,6}为准")

# One of two words of comparison or of cause was meant to go.
_COMPARED = "(?:超过|大于|高于|多于|低于|小于|少于|至少|不少于|不低于|不超过)"
_CAUSED = "(?:带来|造成|导致|引起)"
_LEFTOVERS = (
    ("中文句子中的英文单词", "an English word in a Chinese sentence",
     re.compile(r"(?<=[一-鿿，、])\s*\b(?:and|or|the|of|to|for|with|by|from|in)\b\s*(?=[一-鿿])", re.IGNORECASE)),
    ("标点重复", "doubled punctuation", re.compile(r"[。，；：、,]\s?[。，；：、]|。{2,}")),
    ("文字重复", "doubled words", re.compile(
        r"(?<![目标有])的的(?!确|士)|(?<!为)了了(?!解|结|却)|(?<![参])与与|和和(?!气)|(?<!即)将将|(?<!供)给给|(?<![等])于于|或或|是是(?!非)"
        r"|(?P<w>甲方|乙方|丙方|双方|应当|可以|必须|有权|不得|本合同|本协议|按照|以及|或者|并且|如果|对于|由于)(?P=w)"
        rf"|{_COMPARED}{_COMPARED}|{_CAUSED}{_CAUSED}|包括但不限于\s*[:：]?\s*包括"
        r"|的规定[一-鿿]{0,6}的规定(?!的)")),
    ("疑似错字", "words that are likely misspelt", re.compile(
        r"本协(?![议定商作会助调同办查管力])..|本合(?![同作约法格计并理资伙金规算适])..|(?:及时|快速|积极|尽快)相应(?![的地调增减变])"
        r"|违约责认|不可坑力|做为(?=[甲乙本])|履行[^，。；]{0,4}义物")),
)

KINDS: Mapping[str, Kind] = {
    "duty-without-limit": Kind(
        Bilingual("义务没有时限", "Duties without a limit"),
        Bilingual("“及时”“定期”没有天数，审计时无法判断是否逾期。", "Without a number of days it cannot be decided whether a duty was "
                                               "late.")),
    "limitless-duty-penalised": Kind(
        Bilingual("违约后果所依据的义务没有时限", "A penalty or termination rests on a duty without a limit"),
        Bilingual("何时构成违约无法判断，违约金或解除会有争议。", "When the breach begins is uncertain, and so is the penalty or the "
                                            "right to terminate.")),
    "deadline-without-anchor": Kind(
        Bilingual("期限没有起算点", "A deadline has no beginning"),
        Bilingual("期限从何时起算不明。", "It is uncertain when the days begin to run.")),
    "anchor-blank": Kind(
        Bilingual("期限的起算日期空白", "The day a deadline runs from is blank"),
        Bilingual("期限无法计算，是否逾期无法判断。", "The deadline cannot be computed.")),
    "term-undefined": Kind(
        Bilingual("涉及金钱或权利的用语没有定义", "A term on which money or rights depend is not defined"),
        Bilingual("适用与否全凭解释，扣款或解除会有争议。", "Whether it applies is a matter of opinion; deductions and terminations "
                                         "will be disputed.")),
    "indicator-undefined": Kind(
        Bilingual("指标没有计算方法", "An indicator has a threshold and no way to compute it"),
        Bilingual("统计口径不明，达标与否无法复核。", "Without a formula the result cannot be re-performed.")),
    "precedence-missing": Kind(
        Bilingual("没有约定文件的优先顺序", "No clause says which document prevails"),
        Bilingual("附件、采购文件与正文不一致时以何者为准会有争议。", "Where the documents differ, which one prevails will be disputed.")),
    "precedence-contradictory": Kind(
        Bilingual("文件优先顺序的约定相互矛盾", "The clauses on precedence contradict each other"),
        Bilingual("两个标准给出不同的结果。", "Two rules give different results.")),
    **NAMES,
    "text-leftover": Kind(
        Bilingual("文字残留或错误", "Leftovers and slips of the text"),
        Bilingual("说明文本未经校对，个别处可能改变意思。", "The text was not proof-read; in places the meaning may be another.")),
}


def limitless_duties(tree: ClauseTree) -> Iterator[Flaw]:
    """Duties to act 及时, 定期, 立即 ... in sentences without any measure of time, in one flaw: they are many and alike."""
    found: dict[str, list[Place]] = {}
    for clause in spoken(tree):
        for s in sentences(clause):
            is_duty = _DUTY.search(s.text) or (clause.kind in ("item", "paragraph") and _SPECIFIED.search(s.text))
            if not is_duty or _is_limited(s.text) or _EVERY.search(s.text) or _AGREED.search(s.text):
                continue
            for family, pattern in _FAMILIES:
                m = pattern.search(s.text)
                if m is not None:
                    found.setdefault(family, []).append(place(clause, excerpt(s.text, *m.span())))
    if found:
        said = "；".join(f"“{word}”{listed(found[word])}" for word, _ in _FAMILIES if word in found)
        yield flaw("duty-without-limit", NOTE, f"义务没有写明时限：{said}。", f"duties without a limit: {said}.",
                   [p for word, _ in _FAMILIES for p in found.get(word, ())])


def _is_limited(text: str) -> bool:
    """Whether a sentence has a time within which something is to be done; 7*24小时 is none."""
    return any(_BOUNDED.match(text[x.at[1]:]) or _AT_MOST.search(text[:x.at[0]]) for x in lengths(text))


def limitless_duties_penalised(tree: ClauseTree) -> Iterator[Flaw]:
    """A penalty, deduction or termination for not acting 及时 or 在合理期限内, where the clause has no number."""
    for clause in spoken(tree):
        if lengths(clause.text) or _EVERY.search(clause.text):
            continue
        parent = next(ancestors(tree, clause), None)
        above = parent.text if parent is not None and clause.kind == "item" and parent.text.endswith(("：", ":")) else ""
        for s in sentences(clause):
            found = _LIMITLESS_BREACH.search(s.text)
            consequence = _CONSEQUENCE.search(s.text[found.start():]) or _CONSEQUENCE.search(above) if found is not None else None
            if found is None or consequence is None or _AGREED.search(s.text):
                continue
            word = found["word"] or found["term"]
            places = [place(clause, s.text), *([place(parent)] if above and parent is not None else [])]
            yield flaw("limitless-duty-penalised", WARNING, f"条款 {clause.id}：“{consequence[0]}”以“{word}”为条件，没有写明天数。",
                       f"clause {clause.id}: “{consequence[0]}” rests on “{word}” without a number of days.", places)


def deadlines_without_anchor(tree: ClauseTree) -> Iterator[Flaw]:
    """N日内 in the sentence of a duty that names no event for the days to run from."""
    for clause in spoken(tree):
        for s in sentences(clause, "。\n"):
            if not re.search(r"应|须|需|能够|保证|承诺|未能|负责|完成", s.text):
                continue
            for length in lengths(s.text):
                beyond = s.text[length.at[1]:]
                if length.unit == "year" or _WITHIN.match(beyond) is None:
                    continue
                named = _EVENT.search(_without_duties(s.text[:length.at[0]])) or _ANCHOR_BEHIND.search(beyond)
                if named is None and not _anchored_above(tree, clause):
                    yield flaw("deadline-without-anchor", WARNING, f"条款 {clause.id} “{length.written}内”没有写明从何时起算。",
                               f"clause {clause.id}: “{length.written}” do not say what they run from.",
                               [place(clause, excerpt(s.text, *length.at, margin=20))])


def _without_duties(text: str) -> str:
    """A sentence without words in which an event only seems to be named."""
    return re.sub(r"完成|提前|目前|当前|之前签|如下|例如|后台|售后|后续", "", text)


def _anchored_above(tree: ClauseTree, clause: Clause) -> bool:
    parent = next(ancestors(tree, clause), None)
    return parent is not None and clause.kind == "item" and re.search(r"之日|后[，,：:]|收到|接到", parent.text) is not None


def blank_anchors(tree: ClauseTree) -> Iterator[Flaw]:
    """Lengths that run from the signing or the effect of a contract whose day of signing is blank."""
    fields = date_fields(tree)
    signed = any(c.kind == "signature" for c in tree.clauses)
    if not fields or not signed or any(filled for _, _, filled in fields):
        return
    places = []
    for clause in spoken(tree):
        for s in sentences(clause):
            for found in _DATED_FROM.finditer(s.text):
                if re.match(r"[^，。；]{0,6}$", s.text[found.end():]) is None and any(0 <= x.at[0] - found.end() <= 6
                                                                                   for x in lengths(s.text)):
                    places.append(place(clause, excerpt(s.text, *found.span())))
                    break
    if places:
        yield flaw("anchor-blank", ERROR, f"{listed(places)}的期限自签订或生效起算，而签订日期没有填写。",
                   f"the terms in {listed(places)} run from signing or effect, and the day of signing is blank.",
                   [*places, *(place(c, name) for c, name, _ in fields)])


def undefined_terms(tree: ClauseTree) -> Iterator[Flaw]:
    """Terms such as 重大影响, A级事件 or a quoted one that decide on money or termination and that nothing explains."""
    found: dict[str, list[Place]] = {}
    for clause in spoken(tree):
        if not _decides(tree, clause):
            continue
        for m in _VAGUE_TERM.finditer(clause.text):
            in_brackets = re.match(r"[^。；，或、]{0,6}[（(]", clause.text[m.end():]) is not None
            if not in_brackets and _decides_sentence(clause, m.start()) and not _is_explained(tree, m[0], clause):
                found.setdefault(m[0], []).append(place(clause, excerpt(clause.text, *m.span())))
        for m in _LEVEL_TERM.finditer(clause.text):
            if _decides_sentence(clause, m.start()) and not _level_is_explained(tree, m["level"], clause):
                found.setdefault(re.sub(r"\s|及以[上下]", "", m[0]), []).append(place(clause, excerpt(clause.text, *m.span())))
        for m in _QUOTED.finditer(clause.text):
            if clause.kind == "row" or not _decides_sentence(clause, m.start()):
                continue
            if not _is_explained(tree, m["term"], clause) and _is_once(tree, m):
                found.setdefault(m["term"], []).append(place(clause, excerpt(clause.text, *m.span())))
    for term, places in found.items():
        yield flaw("term-undefined", WARNING, f"“{term}”决定扣款、违约金或解除，合同没有定义：{listed(places)}。",
                   f"“{term}” decides on deductions, penalties or termination and is not defined: {listed(places)}.", places)


def _decides(tree: ClauseTree, clause: Clause) -> bool:
    """Whether money or the end of the contract hangs on a clause: by its own words, its list, or the head of its table."""
    above = [a.text for a in ancestors(tree, clause) if clause.kind == "item" and a.text.rstrip().endswith(("：", ":"))]
    head = tree.head_of(clause)
    names = head.columns if head is not None else ()
    return any(_CONSEQUENCE.search(t) for t in [clause.text, *above]) or any(re.search(r"系数|扣|违约金|罚", n) for n in names)


def _decides_sentence(clause: Clause, at: int) -> bool:
    """Whether the consequence stands in the sentence of a term; in a row or a member of a list it stands elsewhere."""
    own = sentence_at(clause, at, "。\n")
    return clause.kind == "row" or _CONSEQUENCE.search(own) is not None or _CONSEQUENCE.search(clause.text) is None


def _is_explained(tree: ClauseTree, term: str, within: Clause) -> bool:
    """Whether some clause says what a term means: X是指, 所称X, X（指...）, 以下简称X, X包括, or a table or annex is headed by it."""
    bare = re.escape(term)
    says = re.compile(rf"{bare}[”\"]?\s*(?:（[^）]*）)?\s*(?:是指|系指|指的是|即指|指[:：，]?|的?定义|包括|的?(?:认定|判定)?标准|[:：]"
                      rf"|[=＝])|所称[“\"]?{bare}"
                      rf"|{bare}[”\"]?\s*[（(][^）)]{{2,}}[）)]|简称(?:为)?[“\"]?{bare}")
    return any(says.search(c.text) for c in tree.clauses) or any(
        term in re.sub(r"\s", "", c.text) for c in tree.clauses if c.kind in ("caption", "annex", "header") and c.id != within.id)


def _level_is_explained(tree: ClauseTree, level: str, within: Clause) -> bool:
    """Whether a row of a table or a sentence says what belongs to a level."""
    says = re.compile(rf"(?<![A-Za-z]){level}\s*级(?:事件|事故|故障|违约)?[”\"]?\s*(?:是指|系指|指|[:：（(]|包括)")
    return any(says.search(c.text) for c in tree.clauses) or any(
        re.fullmatch(rf"{level}\s*级.{{0,4}}", cell) for c in tree.clauses if c.kind == "row" and c.id != within.id for cell in c.cells)


def _is_once(tree: ClauseTree, quoted: re.Match[str]) -> bool:
    """Whether a quoted term is used as a term of this clause alone: names of services and platforms stand everywhere."""
    return sum(c.text.count(quoted["term"]) for c in tree.clauses) <= 2


def undefined_indicators(tree: ClauseTree) -> Iterator[Flaw]:
    """Rates and levels with a threshold that no clause says how to compute."""
    places = []
    for clause in spoken(tree):
        for m in _INDICATOR.finditer(clause.text):
            term = m["term"][-8:]
            core = re.escape(term[-3:])
            computed = re.compile(rf"{core}[”\"]?\s*(?:（[^）]*）)?\s*(?:是指|系指|指|[=＝]|的?计算|的?统计|按[^，。；]{{0,12}}计算)"
                                  rf"|占[^，。；]{{2,12}}的比例")
            if not any(computed.search(c.text) for c in tree.clauses):
                places.append(place(clause, m[0]))
    if places:
        yield flaw("indicator-undefined", WARNING, f"指标有限值而没有计算方法：{listed(places)}。",
                   f"indicators with a threshold and no formula: {listed(places)}.", places)


def precedence(tree: ClauseTree) -> Iterator[Flaw]:
    """Annexes or tender documents that bind, and no clause (or two of different meaning) on which of them prevails."""
    rules = [s for c in spoken(tree) for s in sentences(c, "。\n") if _PREVAILS.search(s.text) and _CONFLICT.search(s.text)]
    rules += [_with_list(tree, s) for s in rules]
    for name, pattern in (("附件", re.compile("附件")), ("采购文件", _TENDER)):
        places = [place(c, excerpt(c.text, *m.span())) for c in spoken(tree) if scope_of(c.id) == ""
                  for s in sentences(c) if (m := pattern.search(s.text)) and _PART.search(s.text) and not _CONFLICT.search(s.text)]
        governed = any(pattern.search(r.text) or re.search(r"(?:其他|其它|所有|任何|各|组成)[^，。；]{0,8}文件", r.text) for r in rules)
        if places and not governed:
            yield flaw("precedence-missing", WARNING, f"{name}是合同的组成部分或依据（{listed(places)}），"
                                                      f"没有约定与正文不一致时以何者为准。",
                       f"{name} bind ({listed(places)}), and no clause says what prevails where they differ.", places)
    yield from _two_criteria(rules)
    yield from _opposed(rules)


def _with_list(tree: ClauseTree, sentence: Sentence) -> Sentence:
    """A sentence on precedence with the list it introduces."""
    items = [c.text for c in tree.clauses if c.parent == sentence.clause.id]
    return Sentence(sentence.clause, "，".join([sentence.text, *items]), sentence.at)


def _two_criteria(rules: list[Sentence]) -> Iterator[Flaw]:
    for s in dict.fromkeys(r for r in rules if r.text in r.clause.text):
        if re.search(r"次序|顺序|在先|在后", s.text) and re.search(r"更[高严]|较[高严]|从[高严]|[高严]者", s.text):
            yield flaw("precedence-contradictory", WARNING, f"条款 {s.clause.id} 同时以先后次序和更高要求为准，两者不同时无法适用。",
                       f"clause {s.clause.id} lets both the order and the higher requirement prevail; they may "
                       f"differ.", [place(s.clause, s.text)])


def _opposed(rules: list[Sentence]) -> Iterator[Flaw]:
    """One clause lets the annexes prevail over the contract, another the contract over the annexes."""
    annexes = [s for s in rules if scope_of(s.clause.id) == "" and re.search(r"以[^，。；]{0,6}附件[^，。；]{0,8}为准", s.text)]
    annexes += [s for s in rules if scope_of(s.clause.id) and _ANNEX_FIRST.search(s.text) and "合同" in s.text]
    body = [s for s in rules if scope_of(s.clause.id) == "" and "附件" in s.text and _BODY_FIRST.search(s.text)]
    if annexes and body and {s.clause.id for s in annexes} != {s.clause.id for s in body}:
        places = list(dict.fromkeys(place(s.clause, s.text) for s in [*body, *annexes]))
        yield flaw("precedence-contradictory", ERROR, f"正文与附件不一致时，{listed(places)}的约定相反。",
                   f"where contract and annex differ, {listed(places)} say the opposite.", places)


def leftovers(tree: ClauseTree) -> Iterator[Flaw]:
    """English words, doubled punctuation and words, likely slips; one flaw a sort."""
    for zh, en, pattern in _LEFTOVERS:
        places = [place(c, excerpt(c.text, *m.span(), margin=6)) for c in spoken(tree) for m in pattern.finditer(c.text)]
        if places:
            words = "、".join(dict.fromkeys(p.quote for p in places[:4]))
            yield flaw("text-leftover", NOTE, f"{zh}，共{len(places)}处："
                                              f"“{words}”（{listed(places)}）。", f"{en}, {len(places)} places: {listed(places)}.",
                       places)


CHECKS = (limitless_duties, limitless_duties_penalised, deadlines_without_anchor, blank_anchors, undefined_terms, undefined_indicators,
          *CHECKS_OF_NAMES, precedence, leftovers)
