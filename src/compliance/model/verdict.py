"""Verdicts of a case and their order when several cases are rolled up, worst first."""

from __future__ import annotations

from collections.abc import Iterable

from compliance.model.contract import Bilingual

DUTY_ORDER = ("error", "breach", "needs_judgement", "no_evidence", "not_due", "excused", "waived", "compliant",
              "not_triggered")
EFFECT_ORDER = ("error", "needs_judgement", "no_evidence", "arisen", "not_arisen")
VERDICTS = (*DUTY_ORDER, "arisen", "not_arisen")
EFFECT_MODALITIES = frozenset({"consequence", "exemption", "may"})
# What makes an audit end with exit status 1: something is in breach, undecided or broken.
OPEN_VERDICTS = frozenset({"error", "breach", "needs_judgement", "no_evidence"})
CLEAR_VERDICTS = frozenset({"compliant", "not_triggered", "not_arisen"})
VERDICT_WORDS = {
    "compliant": Bilingual("已履行", "Kept"),
    "breach": Bilingual("违约", "In breach"),
    "excused": Bilingual("未按约履行但免责", "Excused"),
    "not_due": Bilingual("尚未到期", "Not yet due"),
    "not_triggered": Bilingual("条件未成就，不适用", "Not triggered"),
    "no_evidence": Bilingual("证据不足，无法判定", "Evidence is missing"),
    "needs_judgement": Bilingual("需人工判断", "Needs a person's judgement"),
    "waived": Bilingual("已放弃", "Waived"),
    "error": Bilingual("无法运行", "Could not be run"),
    "arisen": Bilingual("已产生", "Has arisen"),
    "not_arisen": Bilingual("未产生", "Has not arisen"),
}


def worst(verdicts: Iterable[str]) -> str:
    """The roll-up of the verdicts of several cases of one provision."""
    found = set(verdicts)
    order = EFFECT_ORDER if found & {"arisen", "not_arisen"} else DUTY_ORDER
    return next(v for v in (*order, *DUTY_ORDER) if v in found)


def verdict_of_none(modality: str, *, begun: bool = True) -> str:
    """The verdict of a provision that has no case although its table was supplied.

    Where no period of it has `begun`, even a prohibition has not been kept yet.
    """
    if modality in EFFECT_MODALITIES:
        return "not_arisen"
    return "compliant" if modality == "must_not" and begun else "not_triggered"
