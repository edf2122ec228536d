"""Penalties that cannot be computed, that have no end, or that meet in one act."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from compliance.contract_text.figures import Percentage, lengths, money, percentages, words_value
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import Sentence, ancestors, excerpt, flaw, listed, scope_of, sentences, spoken
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, Place, place
from compliance.model.contract import Bilingual

# A sum that is owed for a breach; the checks ask for the money or share beside it themselves.
_OWED = re.compile(r"违约金|滞纳金|罚款|罚金|扣除|扣减|扣款|扣罚|加罚|[%％‰][^。；，]{0,6}承担违约责任")
_BASE = re.compile(r"(?:额|总价款?|价格|价款|费用?|款项?|货款|报价|损失|部分|酬金|工资|报酬|价值|单价|租金|投资|预算|保证金|年费|月费)"
                   r"[）)”》]?\s*(?:的|之|按|以|人民币|[（(]\s*[¥￥]?[\d,.]+\s*万?元\s*[）)])?\s*(?:每[^，。；\d]{1,6})?\s*[【\[]?\s*$")
_BASE_AFTER = re.compile(r"[】\]]?\s*的?\s*(?:合同|协议)?(?:总|未付|应付|当[期月次年])?(?:总额|价款?|金额|费用|款项|服务费|损失)")
_THOUSANDTHS = re.compile(r"(?P<of>[千万])分之\s*(?P<n>\d+(?:\.\d+)?|[零一二三四五六七八九十点]+)")
_IN_WORDS_BEFORE = re.compile(r"百分之[零一二三四五六七八九十百点]+\s*[（(]\s*$")
_NO_PENALTY = re.compile(r"税|质保金|保证金")
_RANGE_LEFT = re.compile(r"[%％‰\d]\s*(?:[-—–~～]+|至|到)\s*$")
_RANGE = re.compile(r"\d+(?:\.\d+)?\s*[%％‰]?\s*(?:[-—–~～]+|至|到)\s*\d+(?:\.\d+)?\s*[%％‰]|\d[\d,.]*\s*万?元?\s*(?:[-—–~～]+|至"
                    r"|到)\s*\d[\d,.]*\s*万?元")
_CRITERION = re.compile(r"情节|程度|等级|级别|标准|细则|附件|附表|考核|次数|天数|比例|得分|分值|依据|按照.{0,12}(?:确定|执行)|评[估分]")
_LATE = re.compile(r"逾期|延期|迟延|延迟|拖延|推迟|未按.{0,10}(?:时间|期限|日期|期)|未及时|未按时|未按期")
_PERIOD = re.compile(r"每|按[日天周月]|逐日|日\s*万分|/\s*[日天]|一次性|总计|共计")
_PER = re.compile(r"每(?:逾期|延期|迟延|延误|延迟|推迟|超过|发生|出现|增加|超出|缺少|缺|少|晚|有|违反|迟到|脱岗)?"
                  r"\s*(?:[一1]|[2-9]|\d{2})?\s*(?:个)?\s*(?:次|日|天|项|人次|人|件|小时|分钟|周|自然日|工作日|处|例|起|张|笔|台)"
                  r"|缺少?一项|按日|按天|逐日")
_CAP = re.compile(r"不(?:得|应)?超过|上限|最高|封顶|为限|限额|不高于|至多|最多")
_OVERALL_CAP = re.compile(r"(?:违约金|扣款|扣除|罚款|赔偿)[^。；，]{0,12}(?:累计|总额|合计|总计|总和|总数)?[^。；，]{0,8}"
                          r"(?:不(?:得|应)?超过|上限|最高|以[^。；，]{2,16}为限|不高于|封顶)")
_RESERVE = re.compile(r"另有(?:约定|规定)|除外|不重复|不(?:再)?并(?:罚|用|处)|择一|孰高|较高者|从重|不再(?:适用|执行|另行)|仅适用于")
_GENERAL = re.compile(r"(?:任何一方|一方|双方|[甲乙]方|违约方)?[^，。；]{0,6}(?:未(?:能)?(?:按照?|依)?[^，。；]{0,40}履行|不履行|违反"
                      r"|履行[^，。；]{0,16}不符合|不符合)"
                      r"[^。；]{0,45}?(?:义务|约定|规定|职责|条款|要求|合同|协议)")
_SPECIFIC = re.compile(r"保密|知识产权|侵权|迟延|逾期|泄露|转包|分包|投诉|付款|验收|信息安全|人员")
_ANY = re.compile(r"任何|任一|任意|一项|其他义务|其它义务|各项|本(?:合同|协议)(?:项下)?(?:的|约定的?|规定的?"
                  r"|应履行的?)?(?:任何)?(?:义务|约定|规定|条款)?")
_DAMAGES = re.compile(r"违约金[^。；]{0,12}?[，、,；;][^。；]{0,6}?(?:并|且|同时|还|另|另行|以及|对其?)[^。；]{0,18}(?:赔偿|承担"
                      r"|补偿)[^。；]{0,30}(?:损失|责任|损害)"
                      r"|违约金\s*(?:并|且|及|和)[^。；]{0,10}(?:赔偿|承担)[^。；]{0,30}(?:损失|责任|损害)"
                      r"|承担违约责任[，,]?\s*并\s*(?:应)?赔偿[^。；]{0,30}损失")
_NETTED = re.compile(r"不足(?:以|部分)?|差额|超出(?:违约金|部分)|高于违约金|低于.{0,6}损失|扣除违约金|未能弥补|弥补")
_VAGUE = r"(?P<vague>(?:一定|相应|适当)的?(?:数额|比例|金额|数量|程度)?的?)"
_NO_AMOUNT = re.compile(rf"(?:(?:支付|缴纳|承担|给予|处以)\s*{_VAGUE}\s*(?:违约金|赔偿(?!责任)|罚款|补偿)"
                        rf"|(?:扣除|扣减|扣罚)\s*{_VAGUE.replace('vague', 'cut')}\s*(?:违约金|服务费|合同款|费用|款项)"
                        r"|(?:支付|缴纳|承担)违约金(?=[。；;：:，,]|$))")
_FIXED_ELSEWHERE = re.compile(r"附件|附表|细则|第[^，。；]{1,8}条|约定的(?:数额|金额|比例|标准)|详见|如下表"
                              r"|按照?[^，。；]{0,24}(?:约定|标准|规定)[^，。；]{0,4}(?:支付|承担|扣)"
                              r"|标准(?:的)?(?:扣|对)")
_THRESHOLD = re.compile(r"违约金[^。；]{0,16}?(?:超出|超过|达到|累计|大于)[^。；%％]{0,10}?(?:合同|协议)?(?:总金额|总额|总价款?|金额"
                        r"|价款)的?\s*[【\[]?\s*"
                        r"(?P<n>\d+(?:\.\d+)?)\s*[】\]]?\s*[%％][^。；]{0,25}(?:解除|终止)")
_FORMULA = re.compile(r"(?P<left>违约金(?:数额|金额)?|扣款(?:数额|金额)?"
                      r"|扣除金额)\s*[=＝]\s*(?P<base>[一-鿿（）()]{2,20}?)\s*(?P<op>[*×xX÷/])\s*(?P<rest>[^。；（(\n]{2,40})")
_COEFFICIENT = re.compile(r"系数|比例")
_MONTHLY = re.compile(r"[/÷]\s*(?:服务|合同)?(?:期限)?月数")

# 除承担违约责任外，并应...: it is said that both apply.
_CUMULATIVE = re.compile(r"除[^。；]{0,24}(?:违约责任|违约金|责任)[^，。；]{0,4}外")

KINDS: Mapping[str, Kind] = {
    "penalty-without-base": Kind(
        Bilingual("违约金没有计算基数或周期", "A penalty has no base or no period"),
        Bilingual("违约金数额算不出来，扣款无依据。", "The penalty cannot be computed, and a deduction has no ground.")),
    "penalty-without-amount": Kind(
        Bilingual("违约金没有数额", "A penalty has no amount"),
        Bilingual("只写支付违约金而没有数额或算法，审计时无法主张。", "Without a sum or a way to compute it the penalty cannot be "
                                              "claimed.")),
    "penalty-without-cap": Kind(
        Bilingual("按次或按日的违约金没有上限", "A penalty per event or per day has no cap"),
        Bilingual("累计可能远超损失，易被请求调减。", "It may add up to far more than the loss, and a court may reduce it.")),
    "penalty-stacked": Kind(
        Bilingual("一般违约金与专项违约金可能重叠", "A general penalty and special ones meet in one act"),
        Bilingual("同一行为适用哪一条、是否并罚会有争议。", "Which of them applies, or whether both do, will be disputed.")),
    "damages-on-top": Kind(
        Bilingual("违约金之外另赔全部损失且未约定抵扣", "Full damages are owed on top of a penalty without netting"),
        Bilingual("违约金与损失是否重复计算会有争议。", "Whether the loss is counted twice will be disputed.")),
    "penalty-range": Kind(
        Bilingual("违约金为区间且没有选取标准", "A penalty is a range that no criterion governs"),
        Bilingual("取何值没有依据，扣款决定无法复核。", "The choice within the range cannot be re-performed.")),
    "penalty-threshold": Kind(
        Bilingual("一次违约金可能超过解除合同的累计门槛", "One penalty may exceed the threshold of termination at once"),
        Bilingual("累计门槛失去作用，一次违约即可能解除合同。", "A threshold meant for accumulation is passed by a single breach.")),
}


def _statements(tree: ClauseTree) -> Iterator[Sentence]:
    """The sentences in which a sum is owed for a breach."""
    for clause in spoken(tree):
        yield from (s for s in sentences(clause) if _OWED.search(s.text))


def _shares(sentence: Sentence) -> list[Percentage]:
    """The shares of a sentence that measure a penalty, not a quality that was missed (低于99.99%)."""
    missed = re.compile(r"(?:低于|高于|大于|小于|不足|达不到|达到|未达|超过|超出|合格率|可用[率性]|满意率|接通率)\s*(?:[^，。；\d]{0,6})$")
    found = [*percentages(sentence.text), *_in_thousandths(sentence.text)]
    return [p for p in found if not missed.search(sentence.text[:p.at[0]])]


def _in_thousandths(text: str) -> Iterator[Percentage]:
    """千分之五 and 万分之五 as shares in parts of one hundred."""
    for m in _THOUSANDTHS.finditer(text):
        value = words_value(m["n"]) if not m["n"][0].isdigit() else Decimal(m["n"])
        if value is not None:
            yield Percentage(value / (10 if m["of"] == "千" else 100), 2, m[0], m.span())


def penalties_without_base(tree: ClauseTree) -> Iterator[Flaw]:
    """A share of nothing (支付3‰的违约金), and a formula whose first term the contract does not price."""
    for s in _statements(tree):
        if s.clause.kind == "row":
            continue
        for share in _shares(s):
            before = s.text[:share.at[0]]
            near = _OWED.search(s.text[max(0, share.at[0] - 20):share.at[1] + 12])
            is_other = _NO_PENALTY.search(s.text[max(0, share.at[0] - 8):share.at[1] + 8]) is not None
            if near is None or is_other or _RANGE_LEFT.search(before) or _has_base(s, share):
                continue
            no_period = _LATE.search(s.text) is not None and _PERIOD.search(s.text) is None
            zh = f"条款 {s.clause.id} “{share.written}”的违约金没有写明以什么为基数" + (
                "，也没有写明按日还是按次计算。" if no_period else "。")
            en = f"clause {s.clause.id}: a penalty of {share.written} of nothing" + (", neither per day nor once." if no_period else ".")
            yield flaw("penalty-without-base", ERROR, zh, en, [place(s.clause, excerpt(s.text, *share.at))])
    yield from _formulas_without_base(tree)


def _has_base(sentence: Sentence, share: Percentage) -> bool:
    """Whether the base stands before or after a share, or at the head of the sentence: 以合同总额为基数，按日3‰."""
    before = _IN_WORDS_BEFORE.sub("", sentence.text[:share.at[0]])
    if _BASE.search(before) or _BASE_AFTER.match(sentence.text[share.at[1]:]):
        return True
    return re.search(r"(?:以|按照?)[^，。；]{2,20}(?:为基数|为基础|计算)", sentence.text) is not None or share.value == 100


def _formulas_without_base(tree: ClauseTree) -> Iterator[Flaw]:
    found: dict[str, list[Place]] = {}
    for clause in spoken(tree):
        for m in _FORMULA.finditer(clause.text):
            found.setdefault(m["base"], []).append(place(clause, m[0]))
    for base, places in found.items():
        elsewhere = [c for c in tree.clauses if base in re.sub(r"\s", "", c.text) and c.id not in {p.clause for p in places}]
        if not elsewhere:
            yield flaw("penalty-without-base", WARNING, f"{listed(places)}的公式以“{base}”为基数，合同其他地方没有该项金额或定义。",
                       f"the formula in {listed(places)} rests on “{base}”, which the contract neither prices nor defines.", places)


def penalties_without_amount(tree: ClauseTree) -> Iterator[Flaw]:
    """支付违约金 or 一定数额的违约金 where neither the clause nor what belongs to it has a figure."""
    places = []
    for clause in spoken(tree):
        for s in sentences(clause):
            found = _NO_AMOUNT.search(s.text)
            if found is None or _FIXED_ELSEWHERE.search(s.text) or re.search(r"(?:不|无需|无须|免于"
                                                                             r"|免除)[^，。；]{0,6}$", s.text[:found.start()]):
                continue
            is_vague = found["vague"] is not None or found["cut"] is not None
            family = [] if is_vague else [clause, *(c for c in tree.clauses if c.parent == clause.id)]
            if not _shares(s) and not money(s.text) and not any(percentages(c.text) or money(c.text) for c in family
                                                                         if "违约金" in c.text or c is clause):
                places.append(place(clause, excerpt(s.text, *found.span())))
    if places:
        yield flaw("penalty-without-amount", WARNING, f"只写应付违约金、赔偿或扣款，没有数额或算法：{listed(places)}。",
                   f"a penalty, compensation or deduction without a sum or a way to compute it: {listed(places)}.", places)


def penalties_without_cap(tree: ClauseTree) -> Iterator[Flaw]:
    """Penalties that grow with days or events and that neither their clause nor the contract limits."""
    # A limit in a clause that has a penalty per day itself is the limit of that penalty only.
    if any(_OVERALL_CAP.search(s.text) and not _PER.search(s.clause.text) and not _THRESHOLD.search(s.text) for s in _statements(tree)):
        return
    places = []
    for s in _statements(tree):
        found = _PER.search(s.text)
        near = s.text[max(0, found.start() - 15):] if found is not None else ""
        if found is not None and (percentages(near) or _THOUSANDTHS.search(near) or re.search(
            r"\d\s*[】\]]?\s*[千万]?元", near)) and not _is_capped(tree, s):
            places.append(place(s.clause, s.text[found.start():]))
    if places:
        yield flaw("penalty-without-cap", WARNING, f"按次、按项或按日累加的违约金或扣款没有上限：{listed(places)}。",
                   f"penalties per event, item or day have no cap: {listed(places)}.", places)


def _is_capped(tree: ClauseTree, sentence: Sentence) -> bool:
    beyond = sentence.clause.text[sentence.at + len(sentence.text):]
    parent = next(ancestors(tree, sentence.clause), None)
    caps = [m for m in _CAP.finditer(sentence.text) if _OWED.search(sentence.text[:m.start()])]
    return bool(caps) or _CAP.search(beyond) is not None or (parent is not None and _OVERALL_CAP.search(parent.text) is not None)


def stacked_penalties(tree: ClauseTree) -> Iterator[Flaw]:
    """A general penalty with a sum of its own beside special ones, where no clause says which of them applies."""
    general: list[tuple[Clause, Place]] = []
    special: list[tuple[Clause, Place]] = []
    for s in _statements(tree):
        if scope_of(s.clause.id) or s.clause.kind == "row" or not (_shares(s) or money(s.text)) or _THRESHOLD.search(s.text):
            continue
        parent = next(ancestors(tree, s.clause), None)
        condition = (parent.text if parent is not None and s.clause.kind == "item" else "") + s.text.partition("违约金")[0]
        if _CUMULATIVE.search(s.text) or _RESERVE.search(s.clause.text) or (parent is not None and _RESERVE.search(parent.text)):
            continue
        (general if _is_general(condition) else special).append((s.clause, place(s.clause, s.text)))
    others = [p for c, p in special if c.id not in {g.id for g, _ in general}]
    whole = list(dict.fromkeys(p for _, p in general))
    if whole and (others or len({c.id for c, _ in general}) > 1):
        rest = f"与专项条款{listed(others)}" if others else "之间"
        yield flaw("penalty-stacked", WARNING, f"一般违约条款{listed(whole)}{rest}可能适用于同一行为，没有约定择一或并罚。",
                   f"the general penalty in {listed(whole)} and {listed(others) or 'each other'} may meet in one act; "
                   "no clause says which applies.", [*whole, *others])


def _is_general(condition: str) -> bool:
    """Whether a breach is that of any duty of the contract: 违反本合同约定, but not 违反本合同约定的保密义务."""
    found = _GENERAL.search(condition)
    if found is None:
        return False
    return (_ANY.search(condition[found.start():found.end() + 4]) is not None
            and _SPECIFIC.search(condition[found.start():found.end() + 12]) is None)


def damages_on_top(tree: ClauseTree) -> Iterator[Flaw]:
    """A penalty with a figure 'and' all damages, without a word that the one is set off against the other."""
    places = []
    for s in _statements(tree):
        found = _DAMAGES.search(s.text)
        if found is not None and (_shares(s) or money(s.text)) and not _NETTED.search(s.clause.text):
            places.append(place(s.clause, found[0]))
    if places:
        yield flaw("damages-on-top", WARNING, f"违约金之外并赔偿损失，未约定违约金抵扣损失：{listed(places)}。",
                   f"damages are owed on top of the penalty, without netting: {listed(places)}.", places)


def penalty_ranges(tree: ClauseTree) -> Iterator[Flaw]:
    """扣除合同金额的1%-5% without a word on what decides within the range."""
    places = []
    for s in _statements(tree):
        found = _RANGE.search(s.text)
        if found is None or _CRITERION.search(s.text):
            continue
        if _OWED.search(s.text[:found.start()] + s.text[found.end():found.end() + 10]):
            places.append(place(s.clause, excerpt(s.text, *found.span())))
    if places:
        yield flaw("penalty-range", WARNING, f"违约金或扣款为区间，没有写明在区间内如何确定：{listed(places)}。",
                   f"the penalty is a range and nothing says how it is chosen: {listed(places)}.", places)


def thresholds(tree: ClauseTree) -> Iterator[Flaw]:
    """Termination when penalties exceed a share of the price, against coefficients of a monthly price that exceed it at once."""
    months = _months(tree)
    for clause in spoken(tree):
        found = _THRESHOLD.search(clause.text)
        if found is None:
            continue
        limit = Decimal(found["n"])
        for formula in (c for c in spoken(tree) if _FORMULA.search(c.text) and _MONTHLY.search(c.text)):
            rows = _coefficients(tree, scope_of(formula.id))
            if months is None or not rows:
                continue
            top = max(value for _, value in rows)
            once = top / months
            if once > limit:
                above = [row for row, value in rows if value / months > limit]
                yield flaw("penalty-threshold", NOTE,
                           f"条款 {clause.id} 以违约金超过合同总额{limit:f}%为解除条件，"
                           f"{formula.id}的系数{top:f}%一次即为基数的{once:.4g}%；"
                           f"基数占合同总额超过{limit / once * 100:.4g}%时，一次即可解除。",
                           f"clause {clause.id} lets terminate above {limit:f}% of the price; the coefficient {top:f}% in {formula.id} "
                           f"is {once:.4g}% of its base, so once is enough where the base is more than {limit / once * 100:.4g}% of "
                           f"the price.",
                           [place(clause, found[0]), place(formula), *(place(r) for r in above)],
                           f"{top:f}% / {months:f} = {once:.4g}% > {limit:f}%")


def _months(tree: ClauseTree) -> Decimal | None:
    """The months of service, where the contract writes them as a length."""
    for clause in spoken(tree):
        above = "".join(a.text for a in ancestors(tree, clause) if a.kind == "article")
        if re.search(r"(?:服务|合同|协议)期[限间]?|为期", above + clause.text) and not scope_of(clause.id):
            for length in lengths(clause.text):
                if length.unit in ("month", "year") and re.search(r"为期|期限[^，。；]{0,4}$|共计?\s*$", clause.text[:length.at[0]]):
                    return length.value * (12 if length.unit == "year" else 1)
    return None


def _coefficients(tree: ClauseTree, scope: str) -> list[tuple[Clause, Decimal]]:
    """The rows of a table in an annex whose head names a coefficient, with its value."""
    result = []
    for head in (c for c in tree.clauses if c.columns and scope_of(c.id) == scope):
        column = next((i for i, cell in enumerate(head.columns) if _COEFFICIENT.search(cell)), None)
        for row in (c for c in tree.clauses if column is not None and c.head == head.id):
            shares = percentages(row.cells[column]) if column is not None and column < len(row.cells) else []
            result += [(row, shares[0].value)] if len(shares) == 1 else []
    return result


CHECKS = (penalties_without_base, penalties_without_amount, penalties_without_cap, stacked_penalties, damages_on_top,
          penalty_ranges, thresholds)
