"""What the commands for the text of a contract do."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from compliance.cli.places import rules_root
from compliance.cli.shown import out, plain, show_problems, table_with, unusable
from compliance.contract_text.readers.files import read_contract_text
from compliance.contract_text.records import ClauseTree
from compliance.contract_text.review.checks import review_document
from compliance.contract_text.ruleset.binding import Binding, bind, read_sources
from compliance.contract_text.ruleset.changes import Change, changes
from compliance.contract_text.ruleset.drafting import draft
from compliance.ground import Location, Problem
from compliance.linting.loading import load_kept_contract
from compliance.outputs import write_all_or_nothing
from compliance.reporting import labels
from compliance.reporting.document import dumps
from compliance.reporting.review import render_review

_COLOURS = {"error": "red", "warning": "yellow", "note": ""}


def read_text(file: Path) -> ClauseTree:
    """The clause tree of a file; ends the command with every problem that makes the file unusable."""
    found, problems = read_contract_text(file)
    if found is None:
        raise unusable(problems)
    return found


def text_and_review(file: Path) -> tuple[ClauseTree, dict[str, Any]]:
    """The clause tree of a file and what is wrong in it, as an audit puts them into its report."""
    found = read_text(file)
    return found, review_document(found)


def show_tree(file: Path, format_: str) -> int:
    """Prints the clauses; 1 where places are uncertain."""
    found = read_text(file)
    if format_ == "json":
        sys.stdout.write(dumps(_tree_document(found)))
    else:
        for clause in found.clauses:
            words = " ".join(clause.text.split())
            shown = f"  {words[:60]}…" if len(words) > 60 else f"  {words}"
            out.print(Text("  " * _depth(found, clause.id)).append(clause.id, style="bold").append_text(plain(shown)))
        out.print(f"{len(found.clauses)} clauses, {len(found.problems)} uncertain places")
    show_problems(found.problems)
    return 1 if found.problems else 0


def _depth(found: ClauseTree, id_: str) -> int:
    parent = found.by_id[id_].parent
    return 0 if parent is None or parent not in found.by_id else 1 + _depth(found, parent)


def _tree_document(found: ClauseTree) -> dict[str, Any]:
    return {"file": found.file, "sha256": found.sha256,
            "clauses": [{"id": c.id, "label": c.label, "parent": c.parent, "kind": c.kind, "lines": list(c.lines),
                         "page": c.page or None, "text": c.text} for c in found.clauses],
            "uncertain": [{"code": p.code, "message": p.message, "line": p.location.line} for p in found.problems]}


def show_review(file: Path, format_: str, out_dir: Path | None, lang: str) -> int:
    """Prints the review and writes it; 1 where the text has flaws."""
    found = read_text(file)
    document = review_document(found)
    if out_dir is not None:
        write_all_or_nothing(out_dir, {f"{file.stem}.review.json": dumps(document),
                                       f"{file.stem}.review.html": render_review(document, lang)})
    match format_:
        case "json":
            sys.stdout.write(dumps(document))
        case "html":
            sys.stdout.write(render_review(document, lang))
        case _ if document["flaws"]:
            out.print(_flaws(document, lang))
        case _:
            out.print({"zh": "未发现问题", "en": "no flaw was found"}[lang])
    show_problems(found.problems)
    return 1 if document["flaws"] else 0


def _flaws(document: dict[str, Any], lang: str) -> Table:
    heads = {"zh": ("", "问题", "条款", "说明", "计算"), "en": ("", "Check", "Clauses", "What", "Computation")}[lang]
    table = table_with(*heads, title=document["file"])
    for flaw in document["flaws"]:
        clauses = list(dict.fromkeys(p["clause"] for p in flaw["places"]))
        shown = ", ".join(clauses[:6]) + (f" +{len(clauses) - 6}" if len(clauses) > 6 else "")
        table.add_row(Text(labels.SEVERITIES[flaw["severity"]][lang], style=_COLOURS[flaw["severity"]]), plain(flaw["title"][lang]),
                      plain(shown), plain(flaw["message"][lang]), plain(flaw["computation"] or ""))
    return table


def show_binding(file: Path, contract: str, before: Path | None, format_: str, rules_dir: Path | None) -> int:
    """Prints what of a rule set does not stand in the text; 1 where something does not, or a duty is cited by no provision."""
    root = rules_root(rules_dir)
    loaded, problems = load_kept_contract(root, contract)
    if loaded is None:
        raise unusable(problems)
    text = read_text(file)
    bound = bind(loaded, text, read_sources(root, contract))
    changed = changes(read_text(before), text, loaded) if before is not None else ()
    if format_ == "json":
        sys.stdout.write(dumps({"contract": contract, "file": text.file, "sha256": text.sha256, **_binding_document(bound),
                                "changes": [_change(c) for c in changed]}))
    else:
        states = Counter(f.state for f in bound.figures)
        out.print(plain(f"{contract}: {len(bound.figures)} figures ({', '.join(f'{n} {s}' for s, n in sorted(states.items()))}), "
                        f"{len(bound.problems)} problems, {len(bound.uncited)} duties that no provision cites"))
        for duty in bound.uncited:
            out.print(plain(f"{text.file}:{duty.line}: clause {duty.clause} has '{duty.word}' and no provision cites it"))
        if changed:
            out.print(_changes(changed))
    show_problems(bound.problems)
    return 1 if bound.problems or bound.uncited else 0


def _binding_document(bound: Binding) -> dict[str, Any]:
    return {"figures": [{"name": f.name, "value": f.value, "unit": f.unit, "state": f.state, "clause": f.clause, "written": f.written}
                        for f in bound.figures],
            "uncited": [{"clause": u.clause, "word": u.word, "line": u.line} for u in bound.uncited],
            "problems": [{"code": p.code, "message": p.message, "place": str(p.location), "help": p.help} for p in bound.problems]}


def _change(change: Change) -> dict[str, Any]:
    return {"kind": change.kind, "before": change.before.id if change.before else None, "after": change.after.id if change.after else None,
            "provisions": list(change.provisions), "figures": list(change.figures), "rules": list(change.rules)}


def _changes(changed: Sequence[Change]) -> Table:
    table = table_with("Change", "Before", "Now", "Provisions", "Figures", "Rules", title="What the new text changes")
    for change in changed:
        row = _change(change)
        table.add_row(row["kind"], plain(row["before"] or ""), plain(row["after"] or ""), ", ".join(row["provisions"]),
                      ", ".join(row["figures"]), ", ".join(row["rules"]))
    return table


def write_draft(file: Path, contract: str, out_dir: Path) -> int:
    """Writes the draft of a rule set into a new folder; what a person has worked on is never written over."""
    text = read_text(file)
    target = out_dir / contract
    if target.exists():
        raise unusable([Problem("draft-exists", f"there is a folder '{contract}' already", Location(out_dir.name),
                                 "name another folder with --out, or another contract: work on a draft is not written over")])
    try:
        files = draft(text, contract)
    except ValueError as fault:
        raise unusable([Problem("draft-contract-id", str(fault), Location(file.name), "name it like cleaning-2027")]) from None
    write_all_or_nothing(target, files)
    for name in files:
        out.print(plain(f"wrote {contract}/{name}"))
    out.print("Compare every entry with its clause, correct it and delete 'draft: true'; until then no audit uses the folder.")
    return 0
