"""A contract text of any length for the benchmark: the articles of the invented example again and again under new numbers."""

from __future__ import annotations

import re
from pathlib import Path

from compliance.contract_text.readers.files import read_contract_text
from compliance.contract_text.ruleset.drafting import draft

CONTRACT = "bench-text"
_ARTICLE = re.compile(r"(?m)^第[一二三四五六七八九十]+条 ")
_DOTTED = re.compile(r"(?m)^\d+\.(?=\d+ )")


def write_text(example: Path, characters: int, target: Path) -> None:
    """A text of at least so many characters; its first articles are those of the example, the others say what none says twice."""
    text = example.read_text(encoding="utf-8")
    starts = [m.start() for m in _ARTICLE.finditer(text)]
    end = text.index("(以下无正文)")
    articles = [text[a:b] for a, b in zip(starts, [*starts[1:], end], strict=True)]
    body, number = "", 0
    while len(body) < characters:
        article = articles[number % len(articles)]
        number += 1
        body += _DOTTED.sub(f"{number}.", _ARTICLE.sub(f"第{number}条 ", article))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text[:starts[0]] + body + text[end:], encoding="utf-8")


def write_rules(source: Path, text: Path, root: Path) -> None:
    """The draft of a rule set of the text, as if a person had confirmed every entry."""
    tree, problems = read_contract_text(text)
    if tree is None:
        raise SystemExit("\n".join(map(str, problems)))
    folder = root / CONTRACT
    folder.mkdir(parents=True)
    for schema in source.glob("*.schema.json"):
        (root / schema.name).write_bytes(schema.read_bytes())
    for name, content in draft(tree, CONTRACT).items():
        lines = [re.sub(r", draft: true|draft: true, ", "", line) for line in content.splitlines()]
        (folder / name).write_text("\n".join(line for line in lines if line.strip() != "draft: true") + "\n", encoding="utf-8")
