"""Blanks that were never filled in: accounts, dates, sums, names of parties, signatures without a day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.contract_text.figures import days
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import excerpt, flaw, scope_of
from compliance.contract_text.review.records import ERROR, WARNING, Flaw, Place, place
from compliance.model.contract import Bilingual

_FORM = re.compile(r"格式|样式|模板|样本|范本|[表单]\s*$")
_NAME_FIELD = r"开户名称|开户名|账户名称|账户名|收款人|户名"
_BANK_FIELD = r"开户银行及账号|开户银行|开户行名称|开户行|收款银行"
_NUMBER_FIELD = r"银行账号|银行帐号|银行账户|收款账号|账号|帐号"
_ACCOUNT = re.compile(rf"(?:{_NAME_FIELD}|{_BANK_FIELD}|{_NUMBER_FIELD})\s*[:：]")
_FIELD_START = re.compile(r"[^，。；:：\s]{1,14}[:：]")
_INNER_SPACE = re.compile(r"(?<=[一-鿿])[^\S\n]+(?=[一-鿿:：])")
DATE_FIELD = re.compile(r"(?:签\s*[订约署字]\s*)?(?:日\s*期|时\s*间)\s*[:：]")
_SIGNING_FIELD = re.compile(r"签\s*[订约署字]\s*(?:日\s*期|时\s*间)\s*[:：]")
_DATE_BLANK = re.compile(r"(?<![\d/零〇一二三四五六七八九])[\s_＿]*年[\s_＿]+月[\s_＿]+日|\d{4}\s*年[\s_＿]+月[\s_＿]*日"
                         r"|\d{4}\s*年\s*\d{1,2}\s*月[\s_＿]+日")
_PLACEHOLDER = re.compile(r"(?<![A-Za-z0-9])[xXＸ×]{2,}(?![A-Za-z0-9])|[_＿]{3,}|【\s*】|\[\s*\]|［\s*］|〖\s*〗|（\s{2,}）|\(\s{2,}\)")
_AMOUNT_BLANK = re.compile(r"(?:人民币|金额|大写|小写|总价|[¥￥])\s*[）)]?\s*[:：]?\s*[¥￥]?\s*"
                           r"(?:[/／](?=\s*(?:$|[万千]?元|[，。；）)]))|[_＿]{2,}|【\s*】|\[\s*\])\s*(?:[万千]?元)?")
_PARTY_BLANK = re.compile(r"(?:[甲乙丙]\s*方|(?:委托|受托|采购|供应|发包|承包|买"
                          r"|卖)\s*[方人])\s*(?:[（(][^）)\n]*[)）])?\s*[:：][^\S\n]*(?:[_＿/]+[^\S\n]*)?"
                          r"(?=\n|；|$)")
_SEAL = re.compile(r"签\s*[字章名]|盖\s*章|公\s*章")

KINDS: Mapping[str, Kind] = {
    "blank-account": Kind(
        Bilingual("收款账户信息空白", "The account to pay into is blank"),
        Bilingual("无法核对款项是否付至约定账户。", "It cannot be checked that payments went to the agreed account.")),
    "blank-date": Kind(
        Bilingual("日期未填写", "A date is not filled in"),
        Bilingual("自签订或生效起算的期限无法计算。", "Terms that run from signing or effect cannot be computed.")),
    "blank-amount": Kind(
        Bilingual("金额空白", "A sum of money is blank"),
        Bilingual("应付金额无法核对。", "What is owed cannot be checked.")),
    "blank-placeholder": Kind(
        Bilingual("占位符未填写", "A placeholder was never filled in"),
        Bilingual("约定内容不完整。", "What was agreed is incomplete.")),
    "blank-party": Kind(
        Bilingual("当事人名称空白", "A party has no name"),
        Bilingual("义务主体不明。", "It is uncertain who owes.")),
    "signature-undated": Kind(
        Bilingual("签署处没有日期", "A signature has no date"),
        Bilingual("合同成立和生效时间无法认定。", "When the contract came into effect cannot be established.")),
}


def blank_accounts(tree: ClauseTree) -> Iterator[Flaw]:
    """Name, bank and number of an account without a value."""
    for i, clause in enumerate(tree.clauses):
        if clause.kind in ("header", "row", "caption") or _is_form(tree, clause):
            continue
        text = _INNER_SPACE.sub("", clause.text)
        after = tree.clauses[i + 1] if i + 1 < len(tree.clauses) else None
        blank = [m[0].rstrip(":： ") for m in _ACCOUNT.finditer(text) if _is_blank(text[m.end():], after)]
        if blank:
            names = "、".join(blank)
            yield flaw("blank-account", ERROR, f"条款 {clause.id}：{names}没有填写。", f"clause {clause.id}: {names} without a value.",
                       (place(clause, "；".join(f"{b}：" for b in blank)),))


def _is_blank(rest: str, after: Clause | None) -> bool:
    """Whether nothing follows a field but the next field; a value may stand in a line or clause of its own."""
    value = rest.strip()
    if value:
        return re.match(r"[_＿/／\s]*[；\n]", value) is not None or _FIELD_START.match(value) is not None
    if after is None or after.label is not None or len(after.text) > 40:
        return True
    return _FIELD_START.match(_INNER_SPACE.sub("", after.text)) is not None


def _is_form(tree: ClauseTree, clause: Clause) -> bool:
    """Whether a clause belongs to an annex that is a form to be filled in later."""
    annex = tree.by_id.get(scope_of(clause.id))
    return annex is not None and _FORM.search(annex.text.split("\n")[0]) is not None


def date_fields(tree: ClauseTree) -> list[tuple[Clause, str, bool]]:
    """The fields for the day of signing in the head and the signatures of the contract, and whether each is filled in."""
    result = []
    for clause in tree.clauses:
        in_head = clause.kind == "preamble" or clause.parent == "0"
        if not in_head and clause.kind != "signature":
            continue
        fields = list((_SIGNING_FIELD if in_head else DATE_FIELD).finditer(clause.text))
        for i, found in enumerate(fields):
            value = clause.text[found.end():fields[i + 1].start() if i + 1 < len(fields) else len(clause.text)]
            result.append((clause, found[0], bool(days(value)) or re.match(r"\s*〔", value) is not None))
    return result


def blank_dates(tree: ClauseTree) -> Iterator[Flaw]:
    """Days of signing that are not filled in, and 年 月 日 with blanks."""
    fields = date_fields(tree)
    # Side by side the days of both parties may stand after both fields.
    balanced = {c.id for c, _, _ in fields if len(days(c.text)) >= sum(1 for d, _, _ in fields if d.id == c.id)}
    places = [place(c, name) for c, name, filled in fields if not filled and c.id not in balanced]
    taken = {p.clause for p in places}
    for clause in tree.clauses:
        found = _DATE_BLANK.search(clause.text) if not _is_form(tree, clause) and clause.id not in taken else None
        if found is not None and clause.kind != "header":
            places.append(place(clause, excerpt(clause.text, *found.span())))
    if places:
        ids = "、".join(dict.fromkeys(p.clause for p in places))
        yield flaw("blank-date", WARNING, f"日期未填写，共{len(places)}处（{ids}）。", f"{len(places)} dates are not filled in ({ids}).",
                   tuple(places))


def placeholders(tree: ClauseTree) -> Iterator[Flaw]:
    """Sums of money and other words that were left as ____, xxxx, 【 】 or /."""
    others: list[Place] = []
    for clause in tree.clauses:
        if clause.kind == "signature" or _is_form(tree, clause):
            continue
        amount = _AMOUNT_BLANK.search(clause.text)
        if amount is not None and clause.kind not in ("row", "header"):
            yield flaw("blank-amount", ERROR, f"条款 {clause.id} 金额空白：“{amount[0].strip()}”。",
                       f"clause {clause.id}: the sum is blank: “{amount[0].strip()}”.", (place(clause, excerpt(clause.text,
                                                                                                              *amount.span())),))
            continue
        blank_line = _DATE_BLANK.search(clause.text)
        found = _PLACEHOLDER.search(clause.text) if blank_line is None else None
        if found is not None:
            others.append(place(clause, excerpt(clause.text, *found.span())))
    if others:
        ids = "、".join(dict.fromkeys(p.clause for p in others))
        yield flaw("blank-placeholder", WARNING, f"占位符未填写，共{len(others)}处（{ids}）。",
                   f"{len(others)} placeholders were never filled in ({ids}).", tuple(others))


def parties(tree: ClauseTree) -> Iterator[Flaw]:
    """Parties without a name in the head of the contract or of an annex."""
    for i, clause in enumerate(tree.clauses):
        if not (clause.kind in ("preamble", "annex") or clause.parent == "0") or _is_form(tree, clause):
            continue
        after = tree.clauses[i + 1] if i + 1 < len(tree.clauses) else None
        for found in _PARTY_BLANK.finditer(clause.text):
            rest = clause.text[found.end():].lstrip("；\n ")
            if _FIELD_START.match(rest) if rest else _is_blank("", after):
                yield flaw("blank-party", ERROR, f"条款 {clause.id} “{found[0].strip()}”没有名称。",
                           f"clause {clause.id}: “{found[0].strip()}” has no name.", (place(clause, found[0]),))


def signatures(tree: ClauseTree) -> Iterator[Flaw]:
    """Signatures without a date and without a field for one; a day of signing at the head of the contract is enough."""
    dated_head = any(filled for c, _, filled in date_fields(tree) if c.kind != "signature")
    for clause in tree.clauses:
        if clause.kind == "signature" and _SEAL.search(clause.text) and not (
                days(clause.text) or DATE_FIELD.search(clause.text) or _DATE_BLANK.search(clause.text) or dated_head):
            yield flaw("signature-undated", WARNING, f"签署处（{clause.id}）没有日期。", f"the signatures {clause.id} have no date.",
                       (place(clause),))


CHECKS = (blank_accounts, blank_dates, placeholders, parties, signatures)
