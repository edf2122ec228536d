"""What the notebooks show: tables and findings as escaped HTML, never text of evidence as markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from IPython.display import HTML
from markupsafe import Markup, escape

from compliance.audit import Audit
from compliance.audit import audit as run_audit
from compliance.contract_text.records import ClauseTree
from compliance.evaluation.plans import open_plans
from compliance.evidence.store import close, open_evidence
from compliance.ground import Problem, collecting_rarely, plain_day
from compliance.linting.loading import LoadedContract, contract_ids, load_kept_contract
from compliance.reading.schema import suggestion
from compliance.reporting import labels
from compliance.reporting.page import image

# Sentences read from the left; what shows notebooks sets tables to the right.
_STYLE = "<style>table.findings td, table.findings th { text-align: left !important; vertical-align: top; }</style>"


class UnusableInput(RuntimeError):
    """Rules or evidence that cannot be used; the message lists every problem."""


def checked_names(history: Sequence[str], known: Sequence[str]) -> None:
    """Refuses a parameter that the notebook does not have: papermill only warns of it and goes on with the default values.

    `history` holds the cells run so far; the one that papermill put in begins with its comment.
    """
    injected = [cell for cell in history if cell.startswith("# Parameters\n")]
    unknown = [name for cell in injected for name in re.findall(r"^(\w+) = ", cell, re.MULTILINE) if name not in known]
    if unknown:
        choice = "one of " if len(known) > 1 else ""
        raise UnusableInput(f"{', '.join(unknown)}: there is no such parameter; give {choice}{', '.join(known)}")


def checked_parameters(contract: str, evidence: str, as_of: str, rules: str, out: str, text: str = "") -> date:
    """The audit date, after every parameter has been looked at."""
    given = {"contract": contract, "evidence": evidence, "as_of": as_of, "rules": rules, "out": out, "text": text}
    faults = [f"{name}: {value!r} is not text; write it in quotes" for name, value in given.items() if not isinstance(value, str)]
    if faults:
        raise UnusableInput("; ".join(faults))
    known = contract_ids(Path(rules))
    if not known:
        faults.append(f"rules: there are no contracts under '{rules}'; name the folder that holds one folder a contract")
    elif contract not in known:
        faults.append(f"contract: there is no contract '{contract}' under '{rules}'; {suggestion(contract, known)}")
    if not evidence or not Path(evidence.removeprefix("duckdb:///")).exists():
        faults.append(f"evidence: there is no '{evidence}'; name a folder that holds one file a table, a workbook or duckdb:///FILE")
    if text and not Path(text).is_file():
        faults.append(f"text: there is no file '{text}'; name the signed contract, or leave it empty")
    if not Path(out).is_dir():
        faults.append(f"out: there is no folder '{out}'; make it first, or name another")
    day = plain_day(as_of)
    if day is None:
        faults.append(f"as_of: '{as_of}' is not a day; write it YYYY-MM-DD")
    if faults or day is None:
        raise UnusableInput("; ".join(faults))
    return day


def loaded_contract(rules: str, contract: str) -> LoadedContract:
    loaded, problems = load_kept_contract(Path(rules), contract)
    if loaded is None:
        raise UnusableInput(listed(problems))
    return loaded


def signed_text(file: str) -> tuple[ClauseTree | None, dict[str, Any] | None]:
    """The clauses of the signed contract and what is wrong in them; none where no file is named.

    The readers of contract files take a moment to load; an audit without one does not wait for them.
    """
    if not file:
        return None, None
    tree, problems = import_module("compliance.contract_text.readers.files").read_contract_text(Path(file))
    if tree is None:
        raise UnusableInput(listed(problems))
    return tree, import_module("compliance.contract_text.review.checks").review_document(tree)


@collecting_rarely()
def audited(loaded: LoadedContract, evidence: str, as_of: date) -> Audit:
    """The audit of one contract; raises UnusableInput with every problem of the evidence."""
    store, problems = open_evidence(evidence)
    if store is None:
        raise UnusableInput(listed(problems))
    plans = open_plans(loaded.contract.id)
    result = run_audit(loaded, store, as_of, problems, plans=plans)
    plans.save()
    close(store)
    return result


def listed(problems: Sequence[Problem]) -> str:
    return "\n".join(str(p) for p in problems)


def _cell(value: object) -> Markup:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return escape(labels.visible("" if value is None else value))


def table(rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]) -> HTML:
    """Rows as a table; every cell is escaped, hidden characters are made visible."""
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(c))}</td>' for c in columns)}</tr>" for row in rows)
    return HTML(f'{_STYLE}<table class="findings"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def figure(svg: str | None, text: str) -> HTML:
    """A drawing of ours with its text alternative; what there is nothing to draw of is said in words."""
    if svg is None:
        return HTML(str(escape(text)))
    return HTML(str(Markup('<img src="{}" alt="{}">').format(image(svg), text)))


def findings_table(findings: Sequence[Mapping[str, Any]], lang: str = "zh") -> HTML:
    """Findings with clause, verdict, dates, amount, the explanation and the first rows of evidence."""
    heads = {"zh": ("条款", "规定", "对象", "结论", "应于", "实际", "金额", "说明", "证据"),
             "en": ("Clause", "Provision", "Subject", "Verdict", "Due", "Done", "Amount", "Explanation", "Evidence")}[lang]
    keys = ("clause", "title", "subject", "verdict", "due", "done", "amount", "explanation", "evidence")
    rows = [{**f, "title": f["title"][lang], "verdict": labels.VERDICTS[f["verdict"]][lang], "explanation": f["explanation"][lang],
             "evidence": _places(f["evidence"], f["evidence_count"])} for f in findings]
    return table(rows, dict(zip(keys, heads, strict=True)))


def _places(evidence: Sequence[Mapping[str, Any]], count: int, shown: int = 3) -> str:
    """Where the first rows of evidence stand, and how many more there are."""
    first = evidence[:shown]
    places = "; ".join(f"{e['file']}:{e['row']}" for e in first)
    return f"{places} +{count - len(first)}" if count > len(first) else places
