"""The clause tree of a contract: every paragraph gets a stable id from its label and its place.

Ids: the number of an article or chapter ("4"), of a dotted label ("4.2.1"), "parent/2" for 2. under an article, "(2)"
or "①" appended for brackets and circles (after a slash where the parent is an article itself), "¶k" for the k-th
paragraph without a label, "#k" for a row of a table and "#0" for its head, "0" for what stands before the first clause,
"S" for the signatures, "A1" for an annex, before the ids of its own clauses. Numbers of rows are their labels; the head
of such a table is no row, but the end of the text that introduces it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from compliance.contract_text.labels import Label
from compliance.contract_text.paragraphs import Paragraph, paragraphs
from compliance.contract_text.records import Clause, ClauseTree, Line
from compliance.contract_text.table_rows import RowsOfTable, divided
from compliance.contract_text.whole import articles_with_their_text, under_lost_articles
from compliance.ground import Location, Problem

_SIGNING = re.compile(r"[（(]?\s*(?:以下|此页|本页)?\s*无正文")
_PARTY = re.compile(r"[（(]?\s*(?:[甲乙丙]\s*方|(?:委托|受托|采购|供应|发包|承包|买|卖)\s*[方人])\s*(?:签\s*[章字]|盖\s*章|公\s*章)?"
                    r"\s*(?:[（(][^）)]*[)）])?\s*[:：]")
_SEAL = re.compile(r"签\s*字|签\s*章|盖\s*章|公\s*章|签\s*名")
_TITLE = re.compile(r"(?:协议书|协议|合同|承诺书|清单|细则|说明|方案|标准|办法)$")
_TABLE_TITLE = re.compile(r"表\s*\d{0,2}\s*[:：]")
_LIST_OF_ANNEXES = re.compile(r"附\s*件\s*[:：]\s*\d")
_NUMBERED_TITLE = re.compile(r"\d{1,2}\s*[、.．]?\s*\S")


@dataclass(frozen=True, slots=True)
class _Node:
    """An open clause. `told`: it is a member of a list that a colon introduced; `style`: how its list is written."""

    id: str
    kind: str
    numbers: tuple[int, ...]
    style: str
    told: bool
    text: str
    script: str = ""


@dataclass(slots=True)
class _Builder:
    """The state while the paragraphs are read: the open clauses, from the article down to the innermost."""

    file: str
    clauses: list[Clause] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    latest: str = ""  # the clause that took the last paragraph
    used: dict[str, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    scope: str = ""  # "" in the contract itself, else the id of the annex
    path: list[_Node] = field(default_factory=list)
    begun: bool = False  # a clause was met in this scope
    opening: str | None = None  # the clause that takes what stands before the first label
    titled: bool = False  # the annex has a title besides the one after its label
    signing: str | None = None
    annexes: int = 0
    tables: dict[str, int] = field(default_factory=dict)

    def note(self, code: str, message: str, line: int, help_: str | None = None) -> None:
        self.problems.append(Problem(code, message, Location(self.file, line), help_, fatal=False))

    def add(self, id_: str, part: Paragraph, kind: str, parent: str | None, label: str | None, head: str | None = None) -> str:
        """A clause under an id of its own; one that is there already gets a number."""
        self.used[id_] = self.used.get(id_, 0) + 1
        if self.used[id_] > 1:
            self.note("clause-repeated", f"the label {label or id_} of clause {id_} is there already", part.first,
                      "the text may lack a page, or the numbering is wrong; the clause is called "
                      f"{id_}~{self.used[id_]}")
            id_ = f"{id_}~{self.used[id_]}"
        parent = parent if parent in self.ids else None
        self.ids.add(id_)
        columns = part.cells if kind == "header" else ()
        self.clauses.append(Clause(id_, label, parent, kind, (part.first, part.last), part.text, part.page, part.cells, head, columns))
        self.latest = id_
        return id_

    def extend(self, id_: str, part: Paragraph, between: str = "\n", columns: tuple[str, ...] = ()) -> None:
        """Adds a paragraph, or the head of a table, to the text of a clause."""
        at = next(i for i in range(len(self.clauses) - 1, -1, -1) if self.clauses[i].id == id_)
        clause = self.clauses[at]
        self.clauses[at] = replace(clause, text=f"{clause.text}{between}{part.text}" if clause.text else part.text,
                                   lines=(clause.lines[0], part.last), columns=columns or clause.columns)
        self.latest = id_


def clause_tree(file: str, sha256: str, lines: Sequence[Line], problems: Sequence[Problem] = ()) -> ClauseTree:
    """The clauses of the lines of a contract; what is uncertain is among the problems, nothing is left out."""
    builder = _Builder(file, problems=list(problems))
    parts = paragraphs(lines)
    at = 0
    while at < len(parts):
        rows = list(takewhile(lambda p: p.cells, parts[at:]))
        if rows:
            _tables(builder, rows)
        else:
            _place(builder, parts[at], parts[at + 1:at + 13])
        at += len(rows) or 1
    clauses, under_lost = under_lost_articles(builder.clauses)
    explained = [("clause-repeated", c.lines[0]) for c in under_lost]
    builder.problems = [p for p in builder.problems if (p.code, p.location.line) not in explained]
    for clause in under_lost:
        builder.note("clause-lost", f"the label {clause.label} is there already, and the next article is not the next number",
                     clause.lines[0], f"the text may lack a page with the heading; the clause is called {clause.id}")
    clauses = articles_with_their_text(clauses)
    if not any(c.kind in ("article", "item") for c in clauses):
        # Of the whole file, so that it stands before what is said of single lines.
        builder.problems.insert(0, Problem("no-clauses", "no clause with a label was found", Location(file),
                                           "is this the text of a contract? Its labels may be pictures, or lost", fatal=False))
    return ClauseTree(file, sha256, tuple(clauses), tuple(builder.problems))


def _place(builder: _Builder, part: Paragraph, following: Sequence[Paragraph]) -> None:
    label = part.label
    if label is not None and label.kind == "annex" and not _LIST_OF_ANNEXES.match(f"{label.written}{label.rest}"):
        _annex(builder, part, label.numbers, label.written)
    elif builder.signing is None and _begins_signatures(builder, part, following):
        builder.signing = builder.add(f"{builder.scope}/S" if builder.scope and "S" in builder.used else "S",
                                      _as_written(part), "signature", builder.scope or None, None)
    elif builder.signing is not None:
        _after_signatures(builder, part, following)
    elif label is None or label.kind == "annex" or not _labelled(builder, part, label):
        _unlabelled(builder, _as_written(part))


def _as_written(part: Paragraph) -> Paragraph:
    """A paragraph with what looked like its label."""
    return part if part.label is None else replace(part, text=f"{part.label.written} {part.text}".strip(), label=None)


def _annex(builder: _Builder, part: Paragraph, numbers: tuple[int, ...], written: str | None) -> None:
    number = numbers[0] if numbers else builder.annexes + 1
    if number != builder.annexes + 1:
        builder.note("clause-gap", f"annex {number} follows annex {builder.annexes}", part.first)
    builder.annexes = max(builder.annexes, number)
    builder.scope = builder.add(f"A{number}", part, "annex", None, written)
    builder.path, builder.begun, builder.opening, builder.signing = [], False, builder.scope, None
    builder.titled = written is None


def _begins_signatures(builder: _Builder, part: Paragraph, following: Sequence[Paragraph]) -> bool:
    if _SIGNING.match(part.text):
        return True
    if not builder.begun or part.label is not None or not _PARTY.match(part.text) or len(part.text) > 40:
        return False
    return _SEAL.search(part.text) is not None or any(_SEAL.search(p.text) for p in following[:4] if p.label is None)


def _after_signatures(builder: _Builder, part: Paragraph, following: Sequence[Paragraph]) -> None:
    """A new title before a party is named begins an annex without a number; all else belongs to the signatures."""
    is_title = part.label is None and _TITLE.search(part.text) and len(part.text) < 60 and not part.is_field
    if is_title and any(_PARTY.match(p.text) for p in following[:3]):
        _annex(builder, part, (), None)
        if re.search("合同书?$", part.text):
            builder.note("second-contract", f"a second contract seems to begin here; it is read as annex {builder.scope}", part.first,
                         "hand over each contract as a file of its own")
        return
    if part.label is not None and part.label.kind in ("chapter", "article"):
        builder.note("clause-after-signatures", "a clause stands after the signatures", part.first,
                     "the file may hold more than one contract")
    builder.extend(builder.signing or "S", _as_written(part))


def _labelled(builder: _Builder, part: Paragraph, label: Label) -> bool:
    """Places a labelled paragraph; False where the label is none in this place."""
    match label.kind:
        case "chapter" | "article":
            _article(builder, part, label)
        case "ordinal" if not any(n.style in ("chapter", "article") for n in builder.path):
            _article(builder, part, label)
        case "item" if not builder.path and not builder.begun:
            _article(builder, part, label)
        case "item" if len(builder.path) > 0 and builder.path[0].style == "item" and _is_next_article(builder, label):
            _article(builder, part, label)
        case "dotted":
            _dotted(builder, part, label)
        case _ if not builder.path and not builder.scope:
            return False  # a list in the preamble
        case _:
            _listed(builder, part, label)
    builder.begun, builder.opening = True, None
    return True


def _is_next_article(builder: _Builder, label: Label) -> bool:
    """Whether 2. goes on with the articles of a contract that numbers them 1., 2., 3."""
    inner = any(n.style == label.kind and n.numbers[-1] + 1 == label.number for n in builder.path[1:])
    return label.number == builder.path[0].numbers[-1] + 1 and not inner


def _article(builder: _Builder, part: Paragraph, label: Label) -> None:
    above = [n for n in builder.path if n.style == "chapter"] if label.kind == "article" else []
    base = above[-1].id if above else builder.scope
    id_ = f"{base}/{label.number}" if base else str(label.number)
    before = next((n for n in builder.path if n.style == label.kind), None)
    if before is not None and label.number != before.numbers[-1] + 1:
        builder.note("clause-gap", f"{label.written} follows number {before.numbers[-1]}", part.first)
    id_ = builder.add(id_, part, "article", base or None, label.written)
    builder.path = [*above, _Node(id_, "article", label.numbers, label.kind, False, part.text)]


def _dotted(builder: _Builder, part: Paragraph, label: Label) -> None:
    """4.2.1 belongs to 4.2; 6.1 to the article 6, or to an item 6. inside of an article."""
    numbers = label.numbers
    written = ".".join(map(str, numbers))
    owner = next((i for i in range(len(builder.path) - 1, -1, -1) if _is_above(builder.path[i], numbers)), None)
    if owner is not None:
        parent = builder.path[owner].id
        head = parent[:-len(".".join(map(str, builder.path[owner].numbers)))]  # before the number: "", "2/", "A4/"
        kept = builder.path[:owner + 1]
    else:
        articles = [i for i, n in enumerate(builder.path) if n.kind == "article"]
        kept = builder.path[:articles[-1] + 1] if articles else []
        parent = kept[-1].id if kept else builder.scope
        head = f"{parent}/" if parent else ""
        if kept:
            builder.note("clause-misnumbered", f"{written} stands under clause {parent}", part.first)
    id_ = builder.add(f"{head}{written}", part, "item", parent or None, label.written)
    builder.path = [*kept, _Node(id_, "dotted", numbers, "dotted", False, part.text)]


def _is_above(node: _Node, numbers: tuple[int, ...]) -> bool:
    """Whether a dotted number continues that of a clause."""
    return (node.kind in ("article", "item", "dotted") and len(node.numbers) < len(numbers)
            and node.numbers == numbers[:len(node.numbers)])


def _listed(builder: _Builder, part: Paragraph, label: Label) -> None:
    """A member of a list: it goes on with the innermost list it is the next of, or begins one."""
    open_ = [i for i in range(len(builder.path) - 1, -1, -1) if builder.path[i].style == label.kind]
    at = next((i for i in open_ if builder.path[i].numbers[-1] + 1 == label.number), None)
    if label.number == 1 and open_ and open_[0] == len(builder.path) - 1 and builder.path[-1].script == _script(label):
        at = open_[0]  # a list right inside of one that is written the same way is none: the label is there twice
    if at is None and label.number != 1 and open_:
        at = open_[0]
        builder.note("clause-gap", f"{label.written} follows number {builder.path[at].numbers[-1]}", part.first)
    elif at is None and label.number != 1:
        builder.note("clause-gap", f"{label.written} is the first of its list", part.first)
    if at is not None:
        if builder.path[at].script != _script(label):
            builder.note("clause-mixed", f"{label.written} goes on with a list that was counted another way", part.first)
        told = builder.path[at].told
        builder.path = builder.path[:at]
    else:
        told = _last_text(builder).endswith((":", "："))
    parent = builder.path[-1].id if builder.path else builder.scope
    id_ = builder.add(_list_id(parent, label), part, "item", parent or None, label.written)
    builder.path.append(_Node(id_, label.kind, label.numbers, label.kind, told, part.text, _script(label)))


def _script(label: Label) -> str:
    """Whether a list is counted in digits or in Chinese numerals."""
    return "digits" if re.search(r"\d", label.written) else "words"


def _list_id(parent: str, label: Label) -> str:
    is_plain = re.fullmatch(r"\d+|A\d+", parent) is not None
    if label.kind == "circled":
        return f"{parent}{'①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳'[label.number - 1]}"
    if label.kind == "bracket":
        return f"{parent}/({label.number})" if is_plain else f"{parent}({label.number})"
    return f"{parent}{label.number}" if parent.endswith(")") else f"{parent}/{label.number}"


def _last_text(builder: _Builder) -> str:
    return builder.clauses[-1].text if builder.clauses else ""


def _unlabelled(builder: _Builder, part: Paragraph) -> None:
    if builder.begun:
        _paragraph(builder, part)
    elif builder.scope:
        _opening_of_annex(builder, part)
    else:
        _preamble(builder, part)


def _preamble(builder: _Builder, part: Paragraph) -> None:
    """Title, parties and recital. Where the parties follow the title at once each of them is a paragraph of its own."""
    is_party = _PARTY.match(part.text) is not None
    if "0" not in builder.used:
        builder.add("0", part, "preamble", None, None)
    elif builder.opening is None and not is_party:
        builder.extend("0", part)
        builder.opening = "0"
    elif builder.opening == "0":
        builder.extend("0", part)
    elif builder.opening is not None and part.is_field and not is_party:
        builder.extend(builder.opening, part, "；")
    else:
        _paragraph(builder, part)
        builder.opening = builder.clauses[-1].id


def _opening_of_annex(builder: _Builder, part: Paragraph) -> None:
    """Title, parties and recital of an annex.

    An agreement with a title of its own has a preamble of its own; else the parties stand in the heading of the annex.
    """
    scope, own = builder.scope, f"{builder.scope}/0"
    names = part.is_field or _PARTY.match(part.text) is not None
    if _TABLE_TITLE.match(part.text) or (builder.opening == scope and not (names or part.is_finished)):
        builder.extend(scope, part)
        builder.titled = True
    elif names and builder.opening in (scope, own) and not builder.titled:
        builder.extend(scope, part)
    elif builder.opening == own:
        builder.extend(own, part)
        builder.opening = own if names or not part.is_sentence else None
    elif names and builder.opening == scope:
        builder.opening = builder.add(own, part, "preamble", scope, None)
    else:
        builder.opening = None
        _paragraph(builder, part)


def _paragraph(builder: _Builder, part: Paragraph) -> None:
    """A paragraph without label belongs to the innermost clause that is not a finished member of an introduced list."""
    if part.heading or _LIST_OF_ANNEXES.match(part.text):
        builder.path = builder.path[:1]
    while len(builder.path) > 1 and builder.path[-1].told and re.search(r"[。；;：:]$", builder.path[-1].text):
        builder.path.pop()
    owner = builder.path[-1].id if builder.path else (builder.scope or "0")
    last = builder.clauses[-1] if builder.clauses else None
    if last is not None and last.kind == "paragraph" and last.parent == owner:
        is_blank_field = re.fullmatch(r"[^，。；:：]{1,14}[:：]", part.text) is not None and not part.apart
        is_next_annex = _LIST_OF_ANNEXES.match(last.text) is not None and _NUMBERED_TITLE.match(part.text) is not None
        if is_blank_field or is_next_annex:
            builder.extend(last.id, part, " ")
            return
    count = 1 + sum(1 for c in builder.clauses if c.kind == "paragraph" and c.parent == owner)
    builder.add(f"{owner}¶{count}", part, "paragraph", owner, None)


def _tables(builder: _Builder, rows: Sequence[Paragraph]) -> None:
    """The tables that rows which stand together are; after the signatures they belong to these."""
    if builder.signing is not None:
        for row in rows:
            builder.extend(builder.signing, row)
        return
    builder.begun = True
    top = (builder.path[0].id if builder.path else builder.scope) or "0"
    owner = builder.path[-1].id if builder.path else (builder.scope or "0")
    for table in divided(rows):
        number = builder.tables[top] = builder.tables.get(top, 0) + 1
        id_ = f"{top}t{number}" if table.caption is not None or number > 1 else top
        if table.caption is not None:
            builder.add(id_, replace(table.caption, text=table.caption.cells[0]), "caption", owner, None)
        _rows(builder, table, id_, id_ if table.caption is not None else owner)


def _rows(builder: _Builder, table: RowsOfTable, id_: str, owner: str) -> None:
    """The head of a table is its row 0; where the rows are numbered it has no number and is read with the text before it."""
    headed = None
    if table.head is not None and table.is_counted and _introduces(builder):
        headed = builder.latest
        builder.extend(headed, table.head, columns=table.head.cells)
    elif table.head is not None:
        headed = builder.add(f"{id_}#0", table.head, "header", owner, None)
    for number, row in enumerate(table.body, start=1):
        builder.add(f"{id_}#{number}", table.content(row), "row", owner, row.cells[0] or None, headed)


def _introduces(builder: _Builder) -> bool:
    """Whether the text before a table names it: a sentence that ends with a colon, or the title of the table."""
    last = next((c for c in reversed(builder.clauses) if c.id == builder.latest), None)
    return last is not None and not last.cells and (last.text.endswith((":", "："))
                                                    or _TABLE_TITLE.match(last.text.rpartition("\n")[2]) is not None)
