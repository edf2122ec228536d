"""When money is due: without a day, ahead of the service, beside a price that was to be all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from compliance.contract_text.figures import days, lengths, money
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.arithmetic import contract_price, instalments
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import scope_of, sentence_at
from compliance.contract_text.review.records import ERROR, WARNING, Flaw, around
from compliance.contract_text.review.tables import tables
from compliance.contract_text.review.term import terms
from compliance.model.contract import Bilingual

# Paid shares may run ahead of the service by this many points before it is said: less is an ordinary advance.
_AHEAD = Decimal(20)
# A share of the price that is due on signature alone is said from here on.
_LARGE_ADVANCE = Decimal(50)
_ON_SIGNATURE = re.compile(r"(?:签订|签署|签约|生效)(?:完毕)?[^，。；]{0,6}(?:之日起|后|起|内)?[^，。；]{0,12}(?:日|月)内?")
_SECURITY = r"(?:保函|担保|保证金)"
_SECURED = re.compile(rf"预付款{_SECURITY}|(?:签订|签署|生效)[^。；]{{0,30}}(?:提交|提供|缴纳|交纳)[^。；]{{0,12}}{_SECURITY}")
_INSTALMENT = re.compile(r"尾款|余款|剩余款|第[二三四五]笔|末笔")
_BASIS = re.compile(r"(?:根据|依据|凭)[^，。；]{0,16}(?P<what>报告|考核结果|考核情况|工作量|验收(?:单|报告|结果))[^。；]{0,30}支付")
_PAYS = re.compile(r"(?:甲方|采购人|委托方|委托人|买方)[^。；]{0,60}?(?:支付|付清|结清)")
_SUM = re.compile(r"尾款|余款|剩余|首款|首付款|预付款|进度款")
_AFTER = re.compile(r"后[^。；]{0,40}(?:支付|付清|结清)")
_SHARE_AFTER = re.compile(r"(?:验收|合格|期满|届满|生效|签订)[^，。；]{0,8}后[^，。；]{0,8}(?:支付|付)[^，。；]{0,10}\d+(?:\.\d+)?\s*[%％]")
_NO_PAYMENT = re.compile(r"违约金|赔偿|拒绝付款|无需|不再|逾期|推迟|延迟")
_ACCOUNT = r"(?:账[号户]|帐[号户]|银行)"
_ACCOUNT_FOLLOWS = re.compile(rf"(?:下列|以下|如下)[^。；]{{0,40}}{_ACCOUNT}|{_ACCOUNT}[^。；]{{0,12}}(?:下列|以下|如下)")
_ACCOUNT_FIELD = re.compile(r"[账帐]\s*[号户]\s*[:：]\s*$")
_ACCOUNT_NUMBER = re.compile(r"\d[\d\s-]{8,}\d")
_ACCOUNT_STATED = re.compile(r"[账帐]\s*号\s*[:：]\s*\d[\d\s-]{8,}\d")
_VAGUE_YEAR = re.compile(r"(?:下一年度|次年|年底|年末|本年度末)(?!报)")
_ALL_IN = re.compile(r"(?:无需|不再|不需|不得)[^，。；]{0,12}(?:支付|收取)[^，。；]{0,8}(?:任何)?(?:其他|额外)?费用"
                     r"|包含[^。；]{0,30}(?:一切|全部|所有)(?:的)?费用")
_EXTRA = re.compile(r"超出(?:的)?部分[^。；|]{0,20}(?:收取|计费|另行|另付|元)|另行(?:收费|计费|收取)")

KINDS: Mapping[str, Kind] = {
    "payment-without-day": Kind(
        Bilingual("付款没有到期日", "A payment without a day"),
        Bilingual("何时构成逾期付款无从认定。", "Nothing says when the payment is late.")),
    "vague-year": Kind(
        Bilingual("以“年底”“下一年度”等定期限", "A time limit such as “end of the year”"),
        Bilingual("日历年度、服务年度不同，到期日可有两个。", "Calendar year and year of service differ, so the limit has two meanings.")),
    "ahead-of-service": Kind(
        Bilingual("付款进度超前于服务进度", "Payments run ahead of the service"),
        Bilingual("提前解除或验收不合格时，已付款超过已完成的服务，须追回。",
                  "If the contract ends early more was paid than was done, and has to be claimed back.")),
    "all-in-and-extras": Kind(
        Bilingual("包干价与另行收费并存", "An all-in price beside extra charges"),
        Bilingual("额外费用应否支付，两处约定相反。", "Whether extra charges are owed is answered both ways.")),
    "account-missing": Kind(
        Bilingual("所称账户未列明", "An account that is announced and not there"),
        Bilingual("付款是否付至约定账户无从核对。", "Nothing shows whether a payment went to the agreed account.")),
    "advance-unsecured": Kind(
        Bilingual("签订后即付大额款项且没有担保", "A large advance without security"),
        Bilingual("付款时没有任何履约可以核对，追回没有保障。",
                  "Nothing that was performed can be checked, and nothing secures a claim for it back.")),
    "instalment-open": Kind(
        Bilingual("一笔付款没有比例和金额", "An instalment without a share and a sum"),
        Bilingual("应付多少只能倒推。", "What is due can only be inferred from the others.")),
    "line-twice": Kind(
        Bilingual("两行单价、数量、金额完全相同", "Two lines with the same price, quantity and total"),
        Bilingual("可能为同一服务重复计费。", "One service may be charged twice.")),
}


def payments_without_day(tree: ClauseTree) -> Iterator[Flaw]:
    """Sentences in which the client pays a sum, with neither a day nor a length of time."""
    for clause in tree.clauses:
        if clause.cells or clause.kind in ("preamble", "signature", "annex"):
            continue
        for sentence in re.split("[。；;]", clause.text):
            names = _PAYS.search(sentence) and _SUM.search(sentence) and _AFTER.search(sentence)
            is_payment = (names or _SHARE_AFTER.search(sentence)) and not _NO_PAYMENT.search(sentence)
            if is_payment and not days(sentence) and not lengths(sentence) and not _VAGUE_YEAR.search(sentence):
                yield Flaw("payment-without-day", WARNING, Bilingual(
                    f"条款 {clause.id}：付款以事件为条件，未写明其后多少日内支付",
                    f"Clause {clause.id}: a payment after an event, without a number of days"),
                    (around(clause, sentence.strip()),))


def vague_years(tree: ClauseTree) -> Iterator[Flaw]:
    """Limits by a year that is not named."""
    for clause in tree.clauses:
        for found in _VAGUE_YEAR.finditer(clause.text):
            before = clause.text[max(0, found.start() - 8):found.start()]
            nearby = clause.text[max(0, found.start() - 30):found.end() + 30]
            if not re.search(r"\d{4}\s*年?$", before) and re.search("支付|付款|提交|完成|报送", nearby):
                yield Flaw("vague-year", WARNING, Bilingual(
                    f"条款 {clause.id}：“{found[0]}”指哪一年不明", f"Clause {clause.id}: it is not said which year “{found[0]}” means"),
                    (around(clause, nearby),))


def ahead_of_service(tree: ClauseTree) -> Iterator[Flaw]:
    """The shares due by a day of the term against the part of the term that is over by then."""
    term, price = next(terms(tree), None), contract_price(tree)
    if term is None or price is None or term.end <= term.start:
        return
    paid = Decimal(0)
    for clause in tree.clauses:
        if clause.id.startswith("A"):
            continue
        for instalment in instalments(clause):
            paid += instalment.share.value
            # The day of an instalment stands before its share, after the share before.
            before = [d for d in days(clause.text) if d.at[1] <= instalment.share.at[0] and d.day and d.value]
            due = before[-1].value if before else None
            if due is None or not term.start <= due <= term.end:
                continue
            over = Decimal((due - term.start).days + 1) * 100 / ((term.end - term.start).days + 1)
            if paid - over > _AHEAD:
                yield Flaw("ahead-of-service", WARNING, Bilingual(
                    f"条款 {clause.id}：至 {due} 应付 {paid:f}%，服务期仅过 {over:.1f}%（条款 {term.clause.id}）",
                    f"Clause {clause.id}: {paid:f}% is due by {due}, when {over:.1f}% of the term is over (clause {term.clause.id})"),
                    (around(clause, instalment.share.written), around(term.clause, term.written)),
                    f"{(due - term.start).days + 1} / {(term.end - term.start).days + 1} = {over:.1f}%")


def all_in_and_extras(tree: ClauseTree) -> Iterator[Flaw]:
    """A price that covers everything, and charges for what goes beyond."""
    covers = [(c, m[0]) for c in tree.clauses if (m := _ALL_IN.search(c.text)) and not c.cells]
    extras = [(c, m[0]) for c in tree.clauses
              if (m := _EXTRA.search(c.text)) and c.kind != "header" and not re.search("协商|补充协议", c.text)]
    if covers and extras:
        clause, words = covers[0]
        yield Flaw("all-in-and-extras", ERROR, Bilingual(
            f"条款 {clause.id} 为包干价，条款 {'、'.join(c.id for c, _ in extras)} 另行收费",
            f"Clause {clause.id} has an all-in price, clauses {', '.join(c.id for c, _ in extras)} charge extra"),
            (around(clause, words), *(around(c, w) for c, w in extras)))


def lines_twice(tree: ClauseTree) -> Iterator[Flaw]:
    """Lines of a table of prices that are the same but for their name."""
    for table in tables(tree):
        seen: dict[tuple[Decimal, ...], Clause] = {}
        for row in table.rows:
            if row.sum_of or not {"price", "quantity", "total"} <= row.values.keys():
                continue
            key = row.values["price"], row.values["quantity"], row.values["total"]
            other = seen.setdefault(key, row.clause)
            if other is not row.clause and row.values["quantity"] > 1:
                yield Flaw("line-twice", WARNING, Bilingual(
                    f"条款 {other.id} 与 {row.clause.id} 的单价、数量、金额相同（{key[0]:f} × {key[1]:f}）",
                    f"Clauses {other.id} and {row.clause.id} have the same price, quantity and total ({key[0]:f} × {key[1]:f})"),
                    (around(other), around(row.clause)))


def accounts_that_do_not_follow(tree: ClauseTree) -> Iterator[Flaw]:
    """A clause that announces an account, where neither it nor what belongs to it has a number of one."""
    for i, clause in enumerate(tree.clauses):
        if not _ACCOUNT_FOLLOWS.search(clause.text) or clause.kind == "signature":
            continue
        own = [c.text for c in tree.clauses[i + 1:] if c.id.startswith(clause.id) or c.parent == clause.parent][:8]
        # A field that was left blank is a blank, and said as one.
        if any(_ACCOUNT_NUMBER.search(text) or _ACCOUNT_FIELD.search(text) for text in (clause.text, *own)):
            continue
        elsewhere = [c for c in tree.clauses if scope_of(c.id) == scope_of(clause.id) and _ACCOUNT_STATED.search(c.text)]
        if elsewhere:
            names = "、".join(c.id for c in elsewhere)
            yield Flaw("account-missing", WARNING, Bilingual(
                f"条款 {clause.id} 所称“{_ACCOUNT_FOLLOWS.search(clause.text)[0]}”没有列出；只有 {names} 有账号",  # type: ignore[index]
                f"Clause {clause.id} announces an account and none follows; only {names} has one"),
                (around(clause), *(around(c, _ACCOUNT_STATED.search(c.text)[0]) for c in elsewhere)))  # type: ignore[index]
        else:
            yield Flaw("account-missing", ERROR, Bilingual(
                f"条款 {clause.id} 所指的账户未列明", f"The account that clause {clause.id} announces is not there"), (around(clause),))


def advances(tree: ClauseTree) -> Iterator[Flaw]:
    """Half of the price or more within days of the signature, where no guarantee covers it."""
    if any(_SECURED.search(c.text) for c in tree.clauses):
        return
    for clause in tree.clauses:
        for instalment in instalments(clause) if not scope_of(clause.id) else ():
            sentence = sentence_at(clause, instalment.share.at[0])
            is_secured = re.search(_SECURITY, sentence)
            if instalment.share.value >= _LARGE_ADVANCE and _ON_SIGNATURE.search(sentence) and not is_secured:
                yield Flaw("advance-unsecured", WARNING, Bilingual(
                    f"条款 {clause.id}：签订后即付 {instalment.share.written}，该款没有保函或担保",
                    f"Clause {clause.id}: {instalment.share.written} is due on signature, and no guarantee covers it"),
                    (around(clause, instalment.share.written),))


def open_instalments(tree: ClauseTree) -> Iterator[Flaw]:
    """An instalment with neither share nor sum, beside others that have them."""
    for clause in tree.clauses:
        beside = [c for c in tree.children.get(clause.parent, ()) if c.id != clause.id and instalments(c)]
        named = _INSTALMENT.search(clause.text)
        if beside and named and "支付" in clause.text and not instalments(clause) and not money(clause.text) and clause.parent:
            yield Flaw("instalment-open", WARNING, Bilingual(
                f"条款 {clause.id}：{named[0]}没有写明比例或金额，其他各期已写明（{'、'.join(c.id for c in beside)}）",
                f"Clause {clause.id}: the instalment ({named[0]}) has neither a share nor a sum; the others have"
                f" ({', '.join(c.id for c in beside)})"), (around(clause, named[0]), *(around(c) for c in beside)))


def paid_before_their_basis(tree: ClauseTree) -> Iterator[Flaw]:
    """All payments rest on reports or assessments, and a share is due on signature, when there can be none."""
    bases = [(c, m) for c in tree.clauses if not scope_of(c.id) and (m := _BASIS.search(c.text)) and not _INSTALMENT.search(c.text)
             and not instalments(c)]
    early = [(c, i) for c in tree.clauses if not scope_of(c.id) for i in instalments(c)
             if _ON_SIGNATURE.search(sentence_at(c, i.share.at[0]))]
    for clause, basis in bases[:1]:
        for other, instalment in early:
            yield Flaw("before-condition", WARNING, Bilingual(
                f"条款 {clause.id} 以{basis['what']}为付款依据，条款 {other.id} 的 {instalment.share.written} 在签订、生效后即付，"
                f"届时没有{basis['what']}",
                f"By clause {clause.id} payments rest on {basis['what']}; {instalment.share.written} in clause {other.id} "
                "is due on signature or effect, when there is none"), (around(clause, basis[0]), around(other, instalment.share.written)))


CHECKS = (payments_without_day, vague_years, ahead_of_service, all_in_and_extras, lines_twice, accounts_that_do_not_follow, advances,
          open_instalments, paid_before_their_basis)
