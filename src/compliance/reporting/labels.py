"""The words of the report in both languages, in one place."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from compliance.evidence.dictionary import evidence_name, load_dictionary
from compliance.model.verdict import VERDICT_WORDS

Label = Mapping[str, str]


def _label(zh: str, en: str) -> Label:
    return {"zh": zh, "en": en}


VERDICTS: Mapping[str, Label] = {name: words.as_dict() for name, words in VERDICT_WORDS.items()}
SEVERITIES: Mapping[str, Label] = {"error": _label("错误", "Error"), "warning": _label("警示", "Warning"), "note": _label("提示", "Note")}
CATEGORIES: Mapping[str, Label] = {
    "payment_ordering": _label("付款顺序与期限", "Payment order and time"), "payment_amount": _label("付款金额", "Payment amount"),
    "invoice": _label("发票", "Invoices"), "staffing": _label("人员配备", "Staffing"), "training": _label("培训", "Training"),
    "personnel_change": _label("人员变动", "Change of personnel"), "confidentiality": _label("保密", "Confidentiality"),
    "data_security": _label("数据安全", "Data security"), "penalty": _label("违约责任", "Penalties"),
    "termination_exit": _label("解除与退出", "Termination and exit"), "service_level": _label("服务水平", "Service level"),
    "deliverable_report": _label("成果与报告", "Deliverables and reports"), "incident_response": _label("事件响应", "Incident response"),
    "notice_deadline": _label("通知与期限", "Notices"), "acceptance": _label("验收", "Acceptance"),
    "assessment": _label("考核", "Assessment"), "ip": _label("知识产权", "Intellectual property"),
    "force_majeure": _label("不可抗力", "Force majeure"), "dispute": _label("争议", "Disputes"),
    "complaint": _label("投诉", "Complaints"), "subcontracting": _label("转让与分包", "Assignment and subcontracting"),
    "precedence": _label("文件效力", "Precedence"), "definition": _label("定义", "Definitions"), "other": _label("其他", "Other")}
MODALITIES: Mapping[str, Label] = {
    "must": _label("义务", "Obligation"), "must_not": _label("禁止", "Prohibition"), "may": _label("权利", "Right"),
    "consequence": _label("后果", "Consequence"), "exemption": _label("免责", "Exemption"), "definition": _label("定义", "Definition")}
OBLIGORS: Mapping[str, Label] = {
    "party_a": _label("甲方", "Party A"), "party_b": _label("乙方", "Party B"), "both": _label("双方", "Both parties"),
    "none": _label("—", "—")}
EFFECTS: Mapping[str, Label] = {
    "penalty": _label("违约金", "Penalty"), "deduction": _label("扣款", "Deduction"), "refund": _label("退还", "Refund"),
    "compensation": _label("赔偿", "Compensation"), "deferral": _label("顺延", "Deferral"), "exemption": _label("免责", "Exemption"),
    "termination": _label("解除权", "Right to terminate"), "right": _label("权利", "Right"), "cure": _label("补救义务", "Duty to cure"),
    "set_off": _label("抵扣", "Set-off")}
STATUS: Mapping[str, Label] = {"encoded": _label("已编码", "Encoded"), "not_encoded": _label("尚未编码", "Not yet encoded")}
# The order in which verdicts are counted and drawn, with their colour.
SHOWN: tuple[tuple[str, str], ...] = (
    ("breach", "#b3261e"), ("error", "#7b1fa2"), ("no_evidence", "#b26a00"), ("needs_judgement", "#8d6e00"),
    ("excused", "#3e6b89"), ("waived", "#607d8b"), ("not_due", "#5c6bc0"), ("compliant", "#2e7d32"),
    ("not_triggered", "#9e9e9e"), ("arisen", "#6a1b9a"), ("not_arisen", "#bdbdbd"))


def table_label(name: str) -> Label:
    """An evidence table by its Chinese and English name."""
    spec = load_dictionary().tables.get(name)
    return _label(spec.zh if spec else name, name.replace("_", " "))


def effect_labels() -> Mapping[str, Label]:
    """The effects of findings, and the kinds of penalty that the evidence records."""
    kinds = load_dictionary().code_lists["penalty_type"].values
    return {**{kind.code: _label(kind.zh, kind.code.replace("_", " ").capitalize()) for kind in kinds}, **EFFECTS}


def missing_label(name: str) -> Label:
    """What is missing: a table, or a column of a table."""
    return evidence_name(name).as_dict()


def money(amount: str | None) -> str:
    """Thousands separated; the same in both languages."""
    if amount is None:
        return ""
    whole, _, cents = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    groups = []
    while len(digits) > 3:
        digits, group = digits[:-3], digits[-3:]
        groups.insert(0, group)
    return sign + ",".join([digits, *groups]) + (f".{cents}" if cents else "")


def visible(text: object) -> str:
    """Text of evidence with every character that hides or turns around what follows made visible."""
    given = str(text)
    if given.isprintable():  # nearly every text: nothing in it hides
        return given
    shown = []
    for character in given:
        kind = unicodedata.category(character)
        hidden = kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in "\n\t"
        shown.append(f"⟦U+{ord(character):04X}⟧" if hidden else character)
    return "".join(shown)
