"""A first rule set for a new contract, drafted from its text: a person confirms every entry of it before an audit uses it.

Every entry carries `draft: true`, for which the schemas of the rules have no field: a rule set with one draft left in it
is refused as a whole. Comments say where in the text a figure stands; sentences of the contract are not copied.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted

from compliance.contract_text import figures
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.ruleset.binding import duty_word
from compliance.contract_text.spans import last_day_of

MOST_PROVISIONS = 999  # their ids have three digits
_MOST_MONTHS = 1200
_TOO_LARGE = Decimal(10) ** 15  # no figure of a contract, but the digits of an account or a code
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TITLE_END = re.compile(r"(?:合同书?|协议书?|契约)(?:\s*[（(][^）)]*[）)])?$")
_NUMBERED = re.compile(r"编\s*号|\d\s*号$")
_PARTY = re.compile(r"(?P<party>[甲乙])\s*方\s*(?:[（(][^）)]*[）)])?\s*[)）]?\s*[:：]\s*(?P<name>[^\s；;，,。|][^\n；;，,。|]*)")
_FIELD = re.compile(r"(?:项目|合同|协议)(?:名称|编号)|[甲乙]\s*方|签[订约署]")
_TERM_WORDS = re.compile(r"服务期|合同期|协议期|有效期|履行期|期限|运维期|租用期|为期")
_PRICE_WORDS = re.compile(r"合同总?[金价]|协议总?[金价]|总金额|总价|总额|服务费用?总")
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]*\d{6})[0-9A-Z]{12,25}(?![0-9A-Za-z])")
_ACCOUNT_WORDS = re.compile(r"[账帐]\s*[号户]|开户|纳税人|税号|信用代码")

# Whom a sentence obliges: the last of these before the word of duty.
_OBLIGORS = re.compile(r"(?P<both>甲[、，,]?\s*乙\s*(?:双\s*)?方|双\s*方|各\s*方|任[何一]+\s*方)"
                       r"|(?P<a>甲\s*方|采购[人方]|委托[人方]|发包[人方]|买\s*方)|(?P<b>乙\s*方|供应商|供货[人方]|受托[人方]|承包[人方]|服务商|卖\s*方)")
_MUST = re.compile("应|须|必须|负责|保证|承诺|承担|支付|赔偿")
# 不得少于 and its like set a bound of something that must be done.
_MUST_NOT = re.compile(r"不得(?![低少小迟晚早超高多大][于过])|不准|不允许|严禁|禁止|不能|不可(?!抗)|无权")
_MAY = re.compile(r"有权|(?<!不)可以")
_JUDGED = re.compile(r"合理|积极|妥善|良好|充分|认真|尽力|及时|适当|必要的")
_DOCUMENTED = re.compile(r"书面|报告|记录|通知|证书|证明|资料|材料|名单|清单|档案|提交|签署|备案|培训")
# The first category that one of its words points to; what is more special stands first.
_CATEGORIES = tuple((name, re.compile(words)) for name, words in (
    ("force_majeure", "不可抗力"), ("dispute", "争议|仲裁|诉讼|管辖"), ("invoice", "发票|开票"), ("confidentiality", "保密|泄密|泄露"),
    ("subcontracting", "分包|转包|转让"), ("penalty", "违约金|赔偿|扣除|罚|违约责任"), ("acceptance", "验收"),
    ("data_security", "数据|信息安全|网络安全|备份|漏洞|个人信息"), ("incident_response", "故障|应急|事故|抢修|中断"),
    ("termination_exit", "解除|终止|交接|移交"), ("personnel_change", "更换|调换|离职|替换"), ("training", "培训"),
    ("staffing", "人员|坐席|驻场|团队|值守"), ("payment_ordering", "付款|支付|结算"), ("payment_amount", "价款|费用|金额|单价"),
    ("complaint", "投诉"), ("assessment", "考核|评价|满意度"), ("ip", "知识产权|著作权|专利"), ("notice_deadline", "通知|告知|送达"),
    ("deliverable_report", "报告|提交|报送|文档|资料"), ("precedence", "效力|为准"), ("service_level", "服务|响应|运行|可用")))
_LENGTHS = {"workday": ("workday", "workdays", 1), "day": ("day", "days", 1), "calendar_day": ("day", "days", 1),
            "week": ("day", "days", 7), "month": ("month", "months", 1), "quarter": ("month", "months", 3), "year": ("month", "months", 12),
            "hour": ("hour", "hours", 1), "minute": ("minute", "minutes", 1)}
_MODALITIES = {"must": ("应当履行的义务", "what {} must do"), "must_not": ("不得从事的行为", "what {} must not do"),
               "may": ("享有的权利", "what {} may do")}
_PARTIES = {"party_a": ("甲方", "Party A"), "party_b": ("乙方", "Party B"), "both": ("双方", "both parties"),
            "none": ("未指明的一方", "a party not named")}


@dataclass(frozen=True, slots=True)
class DraftTerm:
    """A figure of the text as a term: a name that says nothing of the parties, its value as it is written in YAML, its place."""

    name: str
    value: str | int
    unit: str
    clause: str
    line: int
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class DraftProvision:
    """A clause with a word of duty as an entry of the register."""

    id: str
    clause: str
    obligor: str
    modality: str
    category: str
    checkability: str
    line: int


def draft(tree: ClauseTree, contract_id: str) -> Mapping[str, str]:
    """The files of a first rule set by their names; the same text gives the same bytes.

    The folder that takes them is named after the contract. Raises ValueError where the id cannot be one of a contract.
    """
    if _ID.fullmatch(contract_id) is None:
        raise ValueError(f"'{contract_id}' is no id of a contract: small letters, digits and hyphens")
    signed = signing_day(tree)
    service = service_term(tree, signed[0] if signed else None)
    terms = drafted_terms(tree, [d for d in service[:2] if d] if service else [])
    provisions = drafted_provisions(tree)
    return {"contract.yaml": _yaml(_contract(tree, contract_id, signed, service, terms)),
            "provisions.yaml": _yaml(_register(provisions, len(_duties(tree)) - len(provisions))), **_topics(provisions, terms)}


def title(tree: ClauseTree) -> str:
    """The title of the contract: the lines of the preamble up to the first that ends as titles do."""
    lines = [" ".join(x.split()) for c in tree.clauses[:1] for x in c.text.split("\n")]
    lines = [x for x in lines if re.search("[一-龥]", x) and not _NUMBERED.search(x)]
    opening = lines[:next((i for i, x in enumerate(lines) if _FIELD.match(x)), len(lines))]
    end = next((i for i, x in enumerate(opening) if _TITLE_END.search(x)), 0)
    return "".join(opening[:end + 1]) or "合同"


def party_names(tree: ClauseTree) -> tuple[str, str]:
    """The names of Party A and Party B from the preamble; where it has none, what the text calls them."""
    found = {"甲": "", "乙": ""}
    for clause in tree.clauses:
        if clause.kind == "preamble" or clause.parent == "0":
            for m in _PARTY.finditer(clause.text):
                found[m["party"]] = found[m["party"]] or " ".join(m["name"].split())
    return found["甲"] or "甲方", found["乙"] or "乙方"


def signing_day(tree: ClauseTree) -> tuple[date, Clause] | None:
    """The latest full day among the signatures, else one that the preamble calls the day of signing."""
    signatures = [(d.value, c) for c in tree.clauses if c.kind == "signature" for d in _full_days(c.text)]
    preamble = [(d.value, c) for c in tree.clauses if c.kind == "preamble" and re.search(r"签[订约署]", c.text) for d in _full_days(c.text)]
    found = [(day, c) for day, c in signatures or preamble if day is not None]
    return max(found, key=lambda f: f[0]) if found else None


def service_term(tree: ClauseTree, signed: date | None) -> tuple[date | None, date | None, Clause] | None:
    """First and last day of the service: printed, or reckoned from a first day or the signing and a printed length.

    A clause that speaks of the term without them gives it with blanks.
    """
    bare = None
    for clause in tree.clauses:
        if clause.kind in ("preamble", "signature") or not _TERM_WORDS.search(clause.text):
            continue
        days = [d.value for d in _full_days(clause.text) if d.value]
        if len(days) > 1 and days[0] < days[1] and re.search(r"[至到~—－-]", clause.text):
            return days[0], days[1], clause
        start = days[0] if days else signed if re.search(r"签[订署]|生效", clause.text) else None
        months = [int(n.value * _LENGTHS[n.unit][2]) for n in figures.lengths(clause.text) if n.unit in ("month", "year")]
        if start is not None and months and 0 < months[0] <= _MOST_MONTHS:
            return start, last_day_of(start, months[0]), clause
        bare = bare or clause
    return (None, None, bare) if bare else None


def _full_days(text: str) -> list[figures.Day]:
    return [d for d in figures.days(text) if d.day is not None and d.value is not None]


def drafted_terms(tree: ClauseTree, known: Sequence[date] = ()) -> list[DraftTerm]:
    """The figures of the text in its order, each once a clause; days of signing and of the term (`known`) are no terms."""
    counts: dict[str, int] = {}
    result = []
    for clause in tree.clauses:
        if clause.kind in ("preamble", "signature", "annex", "caption", "header") or clause.parent == "0":
            continue
        seen = set()
        found = sorted(_figures(clause, known), key=lambda f: (f[0], f[1]))
        for at, kind, value, unit in found:
            is_part = kind == "count" and any(k != "count" and a[0] < at[1] and at[0] < a[1] for a, k, _, _ in found)  # 10个工作日
            if not is_part and (value, unit) not in seen:
                seen.add((value, unit))
                counts[kind] = counts.get(kind, 0) + 1
                result.append(DraftTerm(f"{kind}_{counts[kind]}", value, unit, clause.id, clause.lines[0], at))
    return result


_Figure = tuple[tuple[int, int], str, str | int, str]  # place, what its name begins with, value, unit


def _figures(clause: Clause, known: Sequence[date]) -> Iterator[_Figure]:
    text = clause.text
    for m in (m for m in figures.money(text) if m.value < _TOO_LARGE):
        fine = -int(m.value.normalize().as_tuple().exponent) > 2  # a price with more places than a sum of money has
        yield m.at, "price" if fine else "amount", _decimal(m.value) if fine else f"{m.value:.2f}", "ratio" if fine else "CNY"
    for p in (p for p in figures.percentages(text) if p.value < _TOO_LARGE):
        yield p.at, "share", _decimal(p.value / 100), "ratio"
    for n in (n for n in figures.lengths(text) if n.value < _TOO_LARGE):
        unit, name, times = _LENGTHS[n.unit]
        value = n.value * times
        yield n.at, name, int(value) if value == value.to_integral_value() else _decimal(value), unit
    for d in _full_days(text):
        if d.value is not None and d.value not in known:
            yield d.at, "date", d.value.isoformat(), "date"
    for c in figures.counts(text):
        if 1 < c.value < _TOO_LARGE and c.value == c.value.to_integral_value():  # 一项, 一份 count nothing
            yield c.at, "count", int(c.value), "count"
    if _ACCOUNT_WORDS.search(text):
        for found in _ACCOUNT.finditer(unicodedata.normalize("NFKC", text)):
            yield found.span(), "account", found[0], "text"


def _decimal(value: Decimal) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def drafted_provisions(tree: ClauseTree) -> list[DraftProvision]:
    """One provision a clause with a word of duty, with what its words let guess."""
    duties = _duties(tree)[:MOST_PROVISIONS]
    return [DraftProvision(f"P{i:03d}", c.id, _obligor(tree, c, word), _modality(c.text), _category(tree, c), _checkability(c), c.lines[0])
            for i, (c, word) in enumerate(duties, start=1)]


def _duties(tree: ClauseTree) -> list[tuple[Clause, str]]:
    return [(c, word) for c in tree.clauses if (word := duty_word(c)) is not None]


def _obligor(tree: ClauseTree, clause: Clause, word: str) -> str:
    """Who stands last before the word of duty; the word may name the party itself. An item may leave it to what introduces it."""
    before = clause.text[:clause.text.index(word) + len(word)]
    named = list(_OBLIGORS.finditer(before))
    if named:
        return "both" if named[-1]["both"] else "party_a" if named[-1]["a"] else "party_b"
    above = tree.by_id.get(clause.parent or "")
    named = list(_OBLIGORS.finditer(above.text)) if above is not None and above.kind in ("article", "item", "paragraph") else []
    return "none" if not named else "both" if named[0]["both"] else "party_a" if named[0]["a"] else "party_b"


def _modality(text: str) -> str:
    """By the first word of duty, prohibition or right."""
    first = {"must_not": _MUST_NOT.search(text), "may": _MAY.search(text), "must": _MUST.search(text)}
    found = [(m.start(), name) for name, m in first.items() if m is not None]
    return min(found)[1] if found else "must"


def _category(tree: ClauseTree, clause: Clause) -> str:
    """By the words of the clause, else by those of what it belongs to."""
    above = tree.by_id.get(clause.parent or "")
    for text in (clause.text, above.text if above else ""):
        for name, words in _CATEGORIES:
            if words.search(text):
                return name
    return "other"


def _checkability(clause: Clause) -> str:
    """What has a figure may be computed, what leaves a document attested, what is done well or duly is judged."""
    readers: tuple[Callable[[str], Sequence[object]], ...] = (figures.money, figures.percentages, figures.lengths, _full_days)
    if any(read(clause.text) for read in readers):
        return "automatic"
    if _DOCUMENTED.search(clause.text) and not _JUDGED.search(clause.text):
        return "attested"
    return "judgement"


def _contract(tree: ClauseTree, contract_id: str, signed: tuple[date, Clause] | None,
              service: tuple[date | None, date | None, Clause] | None, terms: Sequence[DraftTerm]) -> CommentedMap:
    a, b = party_names(tree)
    file = CommentedMap({"$schema": "../contract.schema.json", "draft": True, "id": contract_id})
    file.yaml_set_start_comment(_HOW)
    file["title"] = _flow(zh=Quoted(title(tree)), en=Quoted(f"Contract {contract_id}"))
    names = {"party_a": (a, "Party A"), "party_b": (b, "Party B")}
    file["parties"] = CommentedMap({k: _flow(zh=Quoted(zh), en=Quoted(en)) for k, (zh, en) in names.items()})
    if signed is not None:
        file["signed_on"] = _flow(value=Quoted(signed[0].isoformat()), clause=Quoted(signed[1].id), draft=True)
    start, end, clause = service if service is not None else (None, None, None)
    # A day that was not found stays empty: the linter refuses it until somebody has looked it up.
    file["service"] = _flow(start=Quoted(start.isoformat() if start else ""), end=Quoted(end.isoformat() if end else ""),
                            clause=Quoted(clause.id if clause else ""), draft=True)
    price = _price(tree, terms)
    if price is not None:
        file["price"] = price
    if terms:
        file["terms"] = _terms(terms)
    return file


_HOW = ("A draft made from the text of the contract. Compare every entry with its clause, correct it, give it a name that\n"
        "says what it is, and delete its 'draft: true'; an audit is refused while one of them is left.")


def _price(tree: ClauseTree, terms: Sequence[DraftTerm]) -> str | None:
    """The largest amount of the clauses that speak of the price of the contract."""
    amounts = [t for t in terms if t.unit == "CNY" and _PRICE_WORDS.search("\n".join(_around(tree, t.clause)))]
    return max(amounts, key=lambda t: Decimal(t.value)).name if amounts else None


def _around(tree: ClauseTree, id_: str) -> Iterator[str]:
    """The text of a clause, of the head of its table, and of what it belongs to."""
    ids = (id_, f"{id_.rpartition('#')[0]}#0", tree.by_id[id_].parent or "")
    yield from (tree.by_id[i].text for i in ids if i in tree.by_id)


def _terms(terms: Sequence[DraftTerm]) -> CommentedMap:
    result = CommentedMap()
    for t in terms:
        value = Quoted(t.value) if isinstance(t.value, str) else t.value
        result[t.name] = _flow(value=value, unit=t.unit, clause=Quoted(t.clause), draft=True)
        result.yaml_add_eol_comment(f"line {t.line}, characters {t.at[0] + 1}-{t.at[1]} of the clause", t.name, column=0)
    return result


def _register(provisions: Sequence[DraftProvision], more: int) -> CommentedMap:
    entries = CommentedSeq()
    for i, p in enumerate(provisions):
        entries.append(_flow(id=p.id, clause=Quoted(p.clause), obligor=p.obligor, modality=p.modality, category=p.category,
                             checkability=p.checkability, draft=True))
        entries.yaml_add_eol_comment(f"line {p.line}", i, column=0)
    file = CommentedMap({"$schema": "../provisions.schema.json", "provisions": entries})
    file.yaml_set_start_comment(f"{_HOW}\n{more} clauses more have a word of duty; a register takes {MOST_PROVISIONS}." if more else _HOW)
    return file


def _topics(provisions: Sequence[DraftProvision], terms: Sequence[DraftTerm]) -> dict[str, str]:
    """A file a category with the skeleton of a rule for every provision that evidence could show."""
    topics: dict[str, CommentedSeq] = {}
    for p in provisions:
        if p.checkability in ("automatic", "attested"):
            rules = topics.setdefault(p.category, CommentedSeq())
            rules.append(_skeleton(p))
            usable = [t.name for t in terms if t.clause == p.clause]
            if usable:
                rules[-1].yaml_add_eol_comment(f"terms of the clause: {', '.join(usable)}", "provision", column=0)
    return {f"{name.replace('_', '-')}.yaml": _yaml(_topic(rules)) for name, rules in sorted(topics.items())}


def _topic(rules: CommentedSeq) -> CommentedMap:
    file = CommentedMap({"$schema": "../rule-file.schema.json", "rules": rules})
    file.yaml_set_start_comment(_HOW)
    return file


def _skeleton(p: DraftProvision) -> CommentedMap:
    """A rule that decides nothing yet: it leaves its provision to judgement and says so."""
    (who_zh, who_en), (what_zh, what_en) = _PARTIES[p.obligor], _MODALITIES[p.modality]
    decision = CommentedMap({"needs_judgement": Quoted("true")})
    decision["why"] = _flow(zh=Quoted("该条款的判断规则尚未写出"), en=Quoted("The test of this clause is not written yet"))
    return CommentedMap({
        "id": f"{p.category.replace('_', '-')}-{p.id.lower()}", "draft": True, "provision": p.id,
        "title": _flow(zh=Quoted(f"{p.clause}：{who_zh}{what_zh}"), en=Quoted(f"Clause {p.clause}: {what_en.format(who_en)}")),
        "cases": "once", "decide": CommentedSeq([decision])})


def _flow(**fields: object) -> CommentedMap:
    result = CommentedMap(fields)
    result.fa.set_flow_style()
    return result


def _yaml(file: CommentedMap) -> str:
    writer = YAML()
    writer.width = 4096
    writer.indent(mapping=2, sequence=2, offset=0)
    out = io.StringIO()
    writer.dump(file, out)
    return out.getvalue()
