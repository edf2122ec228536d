"""What the notebooks show: tables and findings as escaped HTML, never text of evidence as markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from IPython.display import HTML
from markupsafe import Markup, escape

from compliance.audit import Audit
from compliance.audit import audit as run_audit
from compliance.evaluation.plans import open_plans
from compliance.evidence.store import close, open_evidence
from compliance.ground import Problem
from compliance.linting.loading import LoadedContract, load_contract
from compliance.reporting import labels


class UnusableInput(RuntimeError):
    """Rules or evidence that cannot be used; the message lists every problem."""


def checked_parameters(contract: str, evidence: str, as_of: str, rules: str, out: str) -> date:
    """The audit date, after every parameter has been looked at."""
    faults = []
    if not (Path(rules) / contract / "contract.yaml").is_file():
        faults.append(f"rules: there is no contract '{contract}' in this folder of rules")
    if not Path(evidence).exists():
        faults.append("evidence: there is no such folder")
    if not Path(out).is_dir():
        faults.append("out: there is no such folder")
    try:
        day = date.fromisoformat(as_of)
    except ValueError:
        faults.append(f"as_of: '{as_of}' is not a day YYYY-MM-DD")
    if faults:
        raise UnusableInput("; ".join(faults))
    return day


def loaded_contract(rules: str, contract: str) -> LoadedContract:
    loaded, problems = load_contract(Path(rules), contract)
    if loaded is None:
        raise UnusableInput(_listed(problems))
    return loaded


def audited(loaded: LoadedContract, evidence: str, as_of: date) -> Audit:
    """The audit of one contract; raises UnusableInput with every problem of the evidence."""
    store, problems = open_evidence(evidence)
    if store is None:
        raise UnusableInput(_listed(problems))
    plans = open_plans(loaded.contract.id)
    result = run_audit(loaded, store, as_of, problems, plans=plans)
    plans.save()
    close(store)
    return result


def _listed(problems: Sequence[Problem]) -> str:
    return "\n".join(str(p) for p in problems)


def _cell(value: object) -> Markup:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return escape(labels.visible("" if value is None else value))


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> HTML:
    """Rows as a table; every cell is escaped, hidden characters are made visible."""
    head = Markup("").join(Markup("<th>{}</th>").format(title) for title in columns.values())
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(
            Markup("<td>{}</td>").format(_cell(row.get(c))) for c in columns))
        for row in rows)
    return HTML(str(Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)))


def findings_table(findings: Sequence[Mapping[str, Any]], lang: str = "zh") -> HTML:
    """Findings with clause, verdict, dates, amount and the first row of evidence."""
    heads = {"zh": ("条款", "规定", "对象", "结论", "应于", "实际", "金额", "证据"),
             "en": ("Clause", "Provision", "Subject", "Verdict", "Due", "Done", "Amount", "Evidence")}[lang]
    keys = ("clause", "title", "subject", "verdict", "due", "done", "amount", "evidence")
    rows = [{**f, "title": f["title"][lang], "verdict": labels.VERDICTS[f["verdict"]][lang],
             "evidence": "; ".join(f"{e['file']}:{e['row']}" for e in f["evidence"][:3])} for f in findings]
    return table(rows, dict(zip(keys, heads, strict=True)))
