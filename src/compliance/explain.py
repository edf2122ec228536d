"""Says in words why a case has its verdict: what was asked, what was found, what is missing, what excuses it."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.evaluation.judge import Outcome
from compliance.evidence.dictionary import evidence_name
from compliance.model.contract import Bilingual
from compliance.model.verdict import VERDICT_WORDS

# Verdicts that may rest on there being no row.
_BY_ABSENCE = frozenset({"compliant", "breach", "not_triggered", "not_arisen"})


def _names(names: Sequence[str]) -> tuple[str, str]:
    found = [evidence_name(n) for n in names]
    return "、".join(n.zh for n in found), ", ".join(n.en for n in found)


def summary(outcome: Outcome) -> Bilingual:
    """One line: the verdict, what it is about, its dates and its amount."""
    words = VERDICT_WORDS[outcome.verdict]
    about_zh = f"（{outcome.subject}）" if outcome.subject else ""
    about_en = f" ({outcome.subject})" if outcome.subject else ""
    zh, en = [f"{words.zh}{about_zh}"], [f"{words.en}{about_en}"]
    if outcome.due:
        zh.append(f"应于 {outcome.due} 前")
        en.append(f"due {outcome.due}")
    if outcome.done:
        zh.append(f"实际 {outcome.done}")
        en.append(f"done {outcome.done}")
    if outcome.amount is not None:
        zh.append(f"金额 {outcome.amount} 元")
        en.append(f"amount CNY {outcome.amount}")
    return Bilingual("，".join(zh), ", ".join(en))


def explanation(outcome: Outcome, contract_id: str) -> Bilingual:
    """The reasons in full sentences, each traceable to a measure, a column or another finding."""
    zh, en = [], []

    def say(chinese: str, english: str) -> None:
        zh.append(chinese)
        en.append(english)

    clause = outcome.provision.clause
    say(f"依据条款 {clause}：{outcome.title.zh}。", f"Clause {clause}: {outcome.title.en}.")
    if outcome.count > 1:
        say(f"共 {outcome.count} 个情形。", f"{outcome.count} cases in all.")
    if outcome.why:
        say(f"{outcome.why.zh}。", f"{outcome.why.en}.")
    known = {k: v for k, v in (outcome.measures or {}).items() if v is not None}
    if known:
        listed = "; ".join(f"{k} = {v}" for k, v in known.items())
        say(f"测得：{listed}。", f"Measured: {listed}.")
    if outcome.missing:
        chinese, english = _names(outcome.missing)
        say(f"未提供或不明确：{chinese}。", f"Not supplied or not clear: {english}.")
    elif outcome.looked_at and outcome.verdict in _BY_ABSENCE:
        chinese, english = _names(outcome.looked_at)
        say(f"已查 {chinese}，没有相关行。", f"No row of {english} bears on it.")
    if outcome.excused_by:
        say(f"依条款 {outcome.excused_by} 免责。", f"Excused by provision {outcome.excused_by}.")
    if outcome.not_shown and outcome.verdict == "breach":
        chinese, english = _names(outcome.not_shown)
        say(f"免责事由未获证明（{chinese}），违约成立。", f"No exemption was shown ({english}); the breach stands.")
    if outcome.computation:
        say(f"计算：{outcome.computation}。", f"Computation: {outcome.computation}.")
    for reading in outcome.readings:
        words = VERDICT_WORDS[reading.verdict]
        money = f" {reading.amount}" if reading.amount is not None else ""
        say(f"若按另一解释（{reading.text.zh}）：{words.zh}{money}。",
            f"Under another reading ({reading.text.en}): {words.en}{money}.")
    if outcome.provisional:
        say("所涉年度的放假安排尚未公布，日期为暂定。",
            "The working days of a year concerned have not been published; the date is provisional.")
    return Bilingual("".join(zh), " ".join(en))
