"""What the commands print: problems, tables of findings, one finding in full. Text from evidence is data, never markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from compliance.evidence.dictionary import evidence_name
from compliance.ground import Problem, sorted_problems
from compliance.model.verdict import VERDICT_WORDS, VERDICTS

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
_COLOURS = {"breach": "red", "error": "red", "no_evidence": "yellow", "needs_judgement": "yellow", "arisen": "magenta",
            "excused": "cyan", "compliant": "green"}


def plain(text: object) -> Text:
    """Evidence and messages as they are, with control characters made visible."""
    return Text("".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in str(text)))


def show_problems(problems: Iterable[Problem], console: Console = errors) -> None:
    """All problems at once, in the order of their places."""
    for problem in sorted_problems(list(problems)):
        console.print(plain(problem))


def unusable(problems: list[Problem]) -> typer.Exit:
    """How a command ends whose input cannot be used: every problem at once, exit status 2."""
    show_problems(problems)
    errors.print(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}; nothing was written")
    return typer.Exit(2)


def table_with(*heads: str, title: str | None = None) -> Table:
    """A table that breaks what does not fit over lines: a name that is cut off names nothing."""
    return Table(*(Column(head, overflow="fold") for head in heads), title=title)


def verdict_text(verdict: str, lang: str) -> Text:
    return Text(VERDICT_WORDS[verdict].as_dict()[lang], style=_COLOURS.get(verdict, ""))


def findings_table(document: dict[str, Any], lang: str) -> Table:
    """One line a finding: clause, what it asks, verdict, dates, amount."""
    heads = {"zh": ("条款", "规定", "对象", "结论", "应于", "实际", "金额", "证据"),
             "en": ("Clause", "Provision", "Subject", "Verdict", "Due", "Done", "Amount", "Evidence")}[lang]
    table = table_with(*heads, title=document["manifest"]["contract"]["title"][lang])
    table.columns[heads.index({"zh": "金额", "en": "Amount"}[lang])].justify = "right"
    for finding in document["findings"]:
        first = finding["evidence"][0] if finding["evidence"] else None
        where = f"{first['file']}:{first['row']}" if first else ", ".join(_named(m, lang) for m in finding["missing"][:2])
        more = f" +{finding['evidence_count'] - 1}" if finding["evidence_count"] > 1 else ""
        table.add_row(plain(finding["clause"]), plain(finding["title"][lang]), plain(finding["subject"] or ""),
                      verdict_text(finding["verdict"], lang), finding["due"] or "", finding["done"] or "",
                      finding["amount"] or "", plain(where + more))
    return table


def _named(name: str, lang: str) -> str:
    return evidence_name(name).as_dict()[lang]


def counts_line(findings: Sequence[dict[str, Any]], lang: str) -> str:
    """How many findings have each verdict."""
    counted = Counter(f["verdict"] for f in findings)
    return ", ".join(f"{VERDICT_WORDS[v].as_dict()[lang]} {counted[v]}" for v in VERDICTS if counted[v])


def show_finding(finding: dict[str, Any], document: dict[str, Any], lang: str) -> None:
    """Why a case has its verdict: clause, measures, evidence rows, what follows from it."""
    words = {"zh": ("条款", "结论", "说明", "测得", "证据", "缺少", "由此产生", "依据"),
             "en": ("Clause", "Verdict", "Why", "Measured", "Evidence", "Missing", "What follows", "Because of")}[lang]
    clause, verdict, why, measured, evidence, missing, follows, because = words
    out.print(Text(f"{finding['provision']}  {finding['title'][lang]}", style="bold"))
    out.print(plain(f"{clause}: {finding['clause']}"))
    summary = plain(finding["summary"][lang])  # it begins with the words of the verdict
    summary.stylize(_COLOURS.get(finding["verdict"], ""), 0, len(VERDICT_WORDS[finding["verdict"]].as_dict()[lang]))
    out.print(Text(f"{verdict}: ").append_text(summary))
    out.print(plain(f"{why}: {finding['explanation'][lang]}"))
    for name, value in finding["measures"].items():
        out.print(plain(f"  {measured}: {name} = {'—' if value is None else value}"))
    for row in finding["evidence"]:
        sheet = f"[{row['sheet']}]" if row["sheet"] else ""
        out.print(plain(f"  {evidence}: {row['file']}{sheet}:{row['row']}  {row['table']} {row['key']}"))
    if finding["evidence_count"] > len(finding["evidence"]):
        out.print(plain(f"  {evidence}: … {finding['evidence_count']}"))
    for name in finding["missing"]:
        out.print(plain(f"  {missing}: {_named(name, lang)}"))
    for name in finding["because"]:
        out.print(plain(f"  {because}: {name}"))
    for other in document["findings"]:
        if finding["id"] in other["because"]:
            out.print(plain(f"  {follows}: {other['id']}: {other['summary'][lang]}"))
    out.print()
