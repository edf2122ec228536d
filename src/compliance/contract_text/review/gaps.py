"""What a contract leaves out or gives away: no term of secrecy, no standard of an assessment, consent by silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from compliance.contract_text.figures import days, lengths
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, around
from compliance.model.contract import Bilingual

_SECRECY = re.compile(r"保密(?:责任|义务|条款|信息)|予以?保密|不得(?:向|对)?[^。；]{0,20}(?:泄露|披露)|泄露给")
_SECRECY_TERM = re.compile(r"保密[^。；]{0,30}(?:期限|期间|永久|长期|年)"
                           r"|(?:保密|本)[^。；]{0,30}(?:不因|不随)[^。；]{0,30}(?:终止|解除|失效|免除)")
_FORCE_MAJEURE = re.compile(r"不可抗力|不可控事件|不可预见")
_OWN_SPHERE = re.compile(r"系统故障|网络(?:运营商)?[^，。；]{0,8}(?:设备)?故障|设备故障|停电|断电|软件故障|服务器故障")
_CAUSED_BY_SUPPLIER = re.compile(r"乙方(?:的)?(?:原因|责任|过错)|非不可抗力|因乙方|除不可抗力")
_SILENCE = re.compile(r"(?:逾期|未(?:在|于)|未按|届满)[^。；]{0,40}视为[^。；]{0,16}(?:通过|同意|认可|合格|接受|确认|无异议)")
_AHEAD_WITHOUT_DAYS = re.compile(r"(?:需|应|应当|须|必须)提前(?:书面)?(?:提交|通知|告知|报|向)")
_ASSESSED = re.compile(r"考核(?:合格|不合格|结果|标准|要求)?|服务质量(?:考核)?标准|绩效评价")
_RESTS_ON_IT = re.compile(r"支付|尾款|扣除|扣减|违约金|赔偿|解除|终止|不合格|未能通过")
_STANDARD = re.compile(r"考核(?:办法|细则|标准|指标|方案|评分)|评分(?:表|标准|细则)|服务质量标准|服务水平协议")
_ELSEWHERE = re.compile(r"(?:投标|响应文件|响应|磋商|招标|采购文件)[^，。；]{0,8}(?:期限|时限)[^，。；]{0,4}内?")
_LEFT_OPEN = re.compile(r"(?:费用|价格|金额|价款|补偿|报酬|承担方式|部分)[^，。；]{0,10}(?:由|可|经)?(?:甲乙)?双方(?:另行)?协商(?!一致)")
_LIABLE = re.compile(r"赔偿|承担")
_DIRECT = re.compile(r"直接(?:经济)?损失")
_WHOLE = re.compile(r"(?:全部|一切|所有)(?:的)?(?:经济)?损失")
_OFTEN = re.compile(r"(?P<act>巡检|备份|漏洞扫描|漏扫|应急演练|病毒查杀|安全检查)")
_EVERY = re.compile(r"每(?:个)?(?P<unit>日|天|周|星期|月|季度|季|半年|年)|\d+\s*次\s*/\s*(?P<per>日|天|周|月|季度|季|年)")
_UNITS = {"天": "日", "星期": "周", "季": "季度"}
_ACCEPTS = re.compile(r"(?:组织|进行|完成|开展)[^，。；]{0,10}验收(?!合格|申请|材料|文档|准备)")
_REACHED_BY = re.compile(r"(?:约定|记载|载明|列明)[^。；]{0,16}(?:传真|邮箱|电子邮件)")
_ADDRESS_THERE = re.compile(r"(?:传真|邮箱|电子邮件)[^。；\n|]{0,8}[:：|]\s*[\w〔.+-]|[\w.+-]+@[\w.-]+")

_BOTH_IN_BREACH = re.compile(r"(?:甲乙)?双方[^。；]{0,30}(?:未能|未按|未履行|违反|违约)"
                             r"[^。；]{0,60}有权[^。；]{0,40}(?:要求对方|向对方)[^。；]{0,10}(?:赔偿|支付)")
_JOINTLY = re.compile(r"经双方[^，。；]{0,6}(?:确认|认可|同意)后")
_ALONE = re.compile(r"以甲方[^，。；]{0,12}(?:确定|认定|核定|计算)[^，。；]{0,10}为准")
# Rules of the client, or of a document with a title, that a party is held to; laws have titles of their own.
_RULE = (r"(?:管理办法|管理制度|规章制度|操作规范|工作规范|技术规范|业务流程|管理目标|服务标准|服务方案|实施方案|考核办法"
         r"|工作手册|用语规范|术语规范)")
_HELD_TO = re.compile(rf"(?:按照?|遵守|依照?|执行|符合|落实)[^，。；]{{0,10}}"
                      rf"(?P<name>《[^》]{{3,40}}(?:制度|规范|手册|方案|流程|汇编)[^》]{{0,6}}》"
                      rf"|(?:甲方|合同|项目)[^，。；《》]{{0,14}}?{_RULE})")

KINDS: Mapping[str, Kind] = {
    "rules-unattached": Kind(
        Bilingual("须遵守的制度、标准没有附上", "Rules that bind a party and are not attached"),
        Bilingual("依据哪一版、内容为何，审计时无从核对。", "Which version binds, and what it says, cannot be established.")),
    "secrecy-without-term": Kind(
        Bilingual("保密义务没有期限", "Secrecy without a term"),
        Bilingual("合同终止后保密义务是否存续没有依据。",
                  "Nothing says whether secrecy goes on after the contract has ended.")),
    "force-majeure-too-wide": Kind(
        Bilingual("把履约方自身范围内的故障列为不可抗力", "Faults of the supplier's own sphere as force majeure"),
        Bilingual("服务中断的违约责任可被此条免除。", "Liability for interruptions can be avoided by it.")),
    "silence-is-consent": Kind(
        Bilingual("逾期未表示即视为同意", "Silence counts as consent"),
        Bilingual("甲方未按时提出意见的证据即为验收或认可的证据。",
                  "That the client said nothing in time is then evidence that it accepted.")),
    "ahead-without-days": Kind(
        Bilingual("“提前”没有天数", "Ahead, without a number of days"),
        Bilingual("何为及时提前无法检查。", "What is early enough cannot be checked.")),
    "assessment-without-standard": Kind(
        Bilingual("以考核为条件而没有考核标准", "An assessment without a standard"),
        Bilingual("合格与否由一方认定，付款和扣款没有可核对的依据。",
                  "One side decides what passes; payments and deductions have no ground that can be checked.")),
    "limit-elsewhere": Kind(
        Bilingual("期限写在未附的文件中", "A time limit in a document that is not attached"),
        Bilingual("合同本身不能说明何时逾期。", "The contract itself does not say when something is late.")),
    "left-to-agreement": Kind(
        Bilingual("金额留待双方协商", "A sum left to a later agreement"),
        Bilingual("协商不成时没有可执行的金额。", "Where they do not agree there is no sum to be paid.")),
    "damages-range": Kind(
        Bilingual("赔偿范围前后不一", "Direct loss here, all loss there"),
        Bilingual("同一违约的赔偿额有两种算法。", "The damages for one breach are computed in two ways.")),
    "acceptance-without-time": Kind(
        Bilingual("验收没有期限", "An acceptance without a time"),
        Bilingual("以验收为条件的付款没有到期日。", "Payments that wait for it have no due day.")),
    "two-frequencies": Kind(
        Bilingual("同一工作有两种频次", "One task at two frequencies"),
        Bilingual("按较低频次履行时是否违约有两种答案。", "Whether the lower frequency is a breach is answered both ways.")),
    "both-in-breach": Kind(
        Bilingual("以双方违约为条件、又向“对方”索赔", "Both parties in breach, and each claims from the other"),
        Bilingual("照字面须双方同时违约，或违约方也可索赔，解除权无法认定。",
                  "Read literally it needs two breaches, or lets the party in breach claim; the right cannot be established.")),
    "joint-and-sole": Kind(
        Bilingual("既须双方确认、又以一方认定为准", "By both parties, and by one of them alone"),
        Bilingual("乙方不确认时能否扣款有两种答案。", "Whether a deduction stands without the other's consent is answered both ways.")),
    "address-missing": Kind(
        Bilingual("约定的传真或邮箱没有写明", "A fax or mail address that is referred to and not there"),
        Bilingual("送达是否有效无法证明。", "It cannot be shown that a notice has arrived.")),
}


def _flaw(kind: str, clauses: list[tuple[Clause, str]], zh: str, en: str, severity: str = WARNING) -> Flaw:
    names = [c.id for c, _ in clauses]
    message = Bilingual(f"{zh}：{'、'.join(names)}", f"{en}: {', '.join(names)}")
    return Flaw(kind, severity, message, tuple(around(c, q) for c, q in clauses))


def _found(tree: ClauseTree, pattern: re.Pattern[str], *, main: bool = False) -> list[tuple[Clause, str]]:
    """The clauses with the words in question, in the contract itself or in its annexes too."""
    return [(c, m[0]) for c in tree.clauses if c.kind not in ("preamble", "signature") and not (main and c.id.startswith("A"))
            and (m := pattern.search(c.text))]


# Words that are a gap wherever they stand: kind, pattern, what is said of the clauses that have them, severity.
_WORDS = (
    ("silence-is-consent", _SILENCE, "逾期未表示视为同意", "Silence counts as consent", WARNING),
    ("ahead-without-days", _AHEAD_WITHOUT_DAYS, "“提前”没有天数", "Ahead, without a number of days", NOTE),
    ("limit-elsewhere", _ELSEWHERE, "期限见未附的文件", "The limit stands in a document that is not attached", WARNING),
    ("left-to-agreement", _LEFT_OPEN, "金额留待双方协商", "A sum is left to a later agreement", WARNING),
    ("both-in-breach", _BOTH_IN_BREACH, "双方违约而向对方索赔", "Both are in breach and claim from each other", ERROR),
)


def words_that_leave_a_gap(tree: ClauseTree) -> Iterator[Flaw]:
    """Clauses whose words alone leave open, or give away, what an audit asks."""
    for kind, pattern, zh, en, severity in _WORDS:
        found = _found(tree, pattern)
        if found:
            yield _flaw(kind, found, zh, en, severity)


def secrecy_without_term(tree: ClauseTree) -> Iterator[Flaw]:
    """Duties of secrecy, where no clause and no annex says how long."""
    duties = [(c, q) for c, q in _found(tree, _SECRECY, main=True) if re.search("[，。；]", c.text)]
    if duties and not _found(tree, _SECRECY_TERM):
        yield _flaw("secrecy-without-term", duties[:3], "没有约定保密期限", "No term of secrecy is agreed")


def force_majeure_too_wide(tree: ClauseTree) -> Iterator[Flaw]:
    """Clauses that free the supplier from faults of systems, networks or power as such."""
    found = [(c, _OWN_SPHERE.search(c.text)) for c, _ in _found(tree, _FORCE_MAJEURE)]
    wide = [(c, m[0]) for c, m in found if m and not c.cells and not _CAUSED_BY_SUPPLIER.search(c.text[max(0, m.start() - 30):m.start()])]
    if wide:
        yield _flaw("force-majeure-too-wide", wide, "自身故障被列为免责事由", "Faults of its own free the supplier")


def assessments_without_standard(tree: ClauseTree) -> Iterator[Flaw]:
    """Payments, deductions and rights that rest on an assessment of which no annex and no titled clause gives the standard."""
    if any(c.kind in ("annex", "caption") and _STANDARD.search(c.text) for c in tree.clauses):
        return
    found = [(c, q) for c, q in _found(tree, _ASSESSED) if _RESTS_ON_IT.search(c.text) or _STANDARD.search(c.text)]
    if found:
        yield _flaw("assessment-without-standard", found, "考核没有附标准", "An assessment without its standard")


def addresses_missing(tree: ClauseTree) -> Iterator[Flaw]:
    """Ways of notice that the contract is said to name."""
    found = _found(tree, _REACHED_BY)
    if found and not any(_ADDRESS_THERE.search(c.text) for c in tree.clauses):
        yield _flaw("address-missing", found, "传真、邮箱未写明", "Fax and mail address are not there")


def rules_not_attached(tree: ClauseTree) -> Iterator[Flaw]:
    """Rules and standards a party is held to, where no annex and no caption has their name."""
    titles = "".join(c.text for c in tree.clauses if c.kind in ("annex", "caption"))
    found = [(c, m["name"]) for c, _ in _found(tree, _HELD_TO) for m in _HELD_TO.finditer(c.text)
             if m["name"].strip("《》")[-6:] not in titles]
    if found:
        yield _flaw("rules-unattached", found, "须遵守的制度、标准没有附上", "Rules that bind a party are not attached")


def joint_and_sole(tree: ClauseTree) -> Iterator[Flaw]:
    """A clause that asks for the confirmation of both parties and lets one of them decide."""
    found = [(c, q) for c, q in _found(tree, _JOINTLY) if _ALONE.search(c.text)]
    if found:
        yield _flaw("joint-and-sole", found, "双方确认与一方认定并存", "Confirmed by both and decided by one", ERROR)


def damages_of_two_ranges(tree: ClauseTree) -> Iterator[Flaw]:
    """Clauses that let pay the direct loss, and clauses that let pay all of it."""
    def liable(pattern: re.Pattern[str]) -> list[tuple[Clause, str]]:
        return [(c, q) for c, q in _found(tree, pattern) if _LIABLE.search(c.text)]

    direct, whole = liable(_DIRECT), [(c, q) for c, q in liable(_WHOLE) if not _DIRECT.search(c.text)]
    if direct and whole:
        yield _flaw("damages-range", [*direct, *whole], "有的只赔直接损失，有的赔全部损失",
                    "Direct loss in some clauses, all loss in others")


def acceptance_without_time(tree: ClauseTree) -> Iterator[Flaw]:
    """A contract with an acceptance, no sentence of which says when."""
    found = [(c, q) for c, q in _found(tree, _ACCEPTS, main=True) if re.search("[，。；]", c.text)]
    sentences = [s for c, _ in found for s in re.split("[。；;]", c.text) if "验收" in s]
    if found and not any(lengths(s) or days(s) for s in sentences):
        yield _flaw("acceptance-without-time", found[:3], "验收没有期限", "The acceptance has no time")


def two_frequencies(tree: ClauseTree) -> Iterator[Flaw]:
    """The same task, counted by the day in one clause and by the week in another."""
    told: dict[str, list[tuple[str, Clause, str]]] = {}
    for clause in tree.clauses:
        for act in _OFTEN.finditer(clause.text):
            nearby = clause.text[max(0, act.start() - 8):act.end() + 12]
            every = _EVERY.search(nearby)
            # How often a record is handed over says nothing of how often it is made.
            if every is not None and not re.search("提交|合订|报送", nearby):
                unit = every["unit"] or every["per"]
                told.setdefault(act["act"], []).append((_UNITS.get(unit, unit), clause, nearby))
    for task, found in told.items():
        if len({unit for unit, _, _ in found}) > 1 and len({c.id for _, c, _ in found}) > 1:
            yield _flaw("two-frequencies", [(c, q) for _, c, q in found], f"{task}有两种频次", f"Two frequencies of {task}")


CHECKS = (words_that_leave_a_gap, rules_not_attached, secrecy_without_term, force_majeure_too_wide, assessments_without_standard,
          joint_and_sole, addresses_missing, damages_of_two_ranges, acceptance_without_time, two_frequencies)
