"""What only shows once a whole text is in clauses: articles whose heading is lost, articles that are one clause with their text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from compliance.contract_text.records import Clause

_ARTICLE_ID = re.compile(r"(?P<base>(?:.*/)?)(?P<n>\d+)")
_CHAPTER = re.compile(r"[章分]\s*$")


def under_lost_articles(clauses: Sequence[Clause]) -> tuple[list[Clause], list[Clause]]:
    """All clauses, and those among them that begin what is left of a missing article.

    Where article 5 follows article 1, a label that is there a second time before article 5 cannot be of article 1: it
    belongs to article 4, whose heading is lost.
    """
    known = {c.id for c in clauses}
    articles = [i for i, c in enumerate(clauses) if c.kind == "article"]
    ids: dict[str, str] = {}
    first: list[str] = []
    for begin, end in pairwise(articles):
        lost = _lost_before(clauses[begin].id, clauses[end].id)
        repeated = next((i for i in range(begin + 1, end) if "~" in clauses[i].id), None)
        if lost is not None and lost not in known and repeated is not None:
            own = len(clauses[begin].id)
            first.append(clauses[repeated].id)
            ids |= {c.id: lost + re.sub(r"(?<=\))~\d+/?|~\d+", "", c.id[own:]) for c in clauses[repeated:end]}
    return [_renamed(c, ids) for c in clauses], [_renamed(c, ids) for c in clauses if c.id in first]


def _lost_before(article: str, following: str) -> str | None:
    """The id of the article that is missing right before one; None where none is."""
    one, other = _ARTICLE_ID.fullmatch(article), _ARTICLE_ID.fullmatch(following)
    if one is None or other is None or one["base"] != other["base"] or int(other["n"]) <= int(one["n"]) + 1:
        return None
    return f"{other['base']}{int(other['n']) - 1}"


def _renamed(clause: Clause, ids: Mapping[str, str]) -> Clause:
    if clause.id not in ids:
        return clause
    # What belonged to the article before directly has no clause above it now.
    return replace(clause, id=ids[clause.id], parent=ids.get(clause.parent or ""), head=ids.get(clause.head or "", clause.head))


def articles_with_their_text(clauses: Sequence[Clause]) -> list[Clause]:
    """In a contract of chapters an article with a title and one paragraph is one clause: it is cited as one."""
    if not any(c.kind == "article" and c.label and _CHAPTER.search(c.label) for c in clauses):
        return list(clauses)
    children: dict[str | None, list[Clause]] = {}
    for clause in clauses:
        children.setdefault(clause.parent, []).append(clause)
    merged: dict[str, Clause] = {}
    gone: set[str] = set()
    for clause in clauses:
        own = children.get(clause.id, [])
        is_chapter = clause.label is not None and _CHAPTER.search(clause.label) is not None
        is_title = clause.kind in ("article", "item") and not re.search(r"[，。；：]", clause.text)
        if not is_chapter and is_title and len(own) == 1 and own[0].kind == "paragraph":
            merged[clause.id] = replace(clause, text=f"{clause.text}\n{own[0].text}", lines=(clause.lines[0], own[0].lines[1]))
            gone.add(own[0].id)
    return [merged.get(c.id, c) for c in clauses if c.id not in gone]
