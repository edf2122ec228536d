"""What is missing or out of order in a contract: annexes, cited clauses, numbers of clauses, blanks that were never filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from compliance.contract_text.labels import chinese_number, read_label
from compliance.contract_text.records import Clause, ClauseTree
from compliance.contract_text.review.blanks import CHECKS as CHECKS_OF_BLANKS
from compliance.contract_text.review.blanks import KINDS as BLANKS
from compliance.contract_text.review.kinds import Kind
from compliance.contract_text.review.passages import ancestors, excerpt, flaw, scope_of, squeezed
from compliance.contract_text.review.records import ERROR, NOTE, WARNING, Flaw, Place, place
from compliance.ground import Problem
from compliance.model.contract import Bilingual

_CN = "零〇一二三四五六七八九十百"
_NUMBER = rf"(?:\d{{1,3}}|[{_CN}]{{1,5}})"
_MORE_ANNEXES = r"(?:\s*[、,，和及]\s*(?:附\s*件\s*)?\d{1,2}(?![\d.．%日天年月份个]))*"
_ANNEX = re.compile(rf"附\s*件\s*(?P<numbers>{_NUMBER}(?!\d|[{_CN}]|\s*[份个页套项式维方]){_MORE_ANNEXES})")
_ANNEX_NAMED = re.compile(rf"附\s*件\s*(?P<n>{_NUMBER})?\s*[:：]?\s*《(?P<name>[^》]{{2,60}})》")
_ANNEX_BARE = re.compile(r"见\s*(?:本?(?:合同|协议))?\s*附\s*件\s*(?=[。，；）)]|$)")
_LIST_OF_ANNEXES = re.compile(r"附\s*件\s*[:：]\s*(?=\d)")
_LISTED = re.compile(r"(?<![\d.])(?P<n>\d{1,2})\s*[、.．:：]?\s*(?P<name>[^\d\s、.．:：][^\d]*)")
# What stands before an annex or a clause of another document: a tender, a law, a document in title marks.
_FOREIGN = re.compile(r"(?:》|(?:招标|投标|磋商|响应|采购|谈判|比选|询价)文件|主合同|原合同|总包合同|法|法典|条例|办法|规定|解释|细则"
                      r"|通则|章程)\s*"
                      r"(?:[（(][^）)]{0,40}[）)])?\s*(?:的|之|中|等)?\s*(?:第[^，。；]{1,12}[条款项章节]\s*[、和及至]?\s*)*$")
_CLAUSE = re.compile(rf"第\s*(?P<dotted>\d{{1,3}}(?:\s*[.．]\s*\d{{1,3}})+)\s*[条款项]"
                     rf"|第\s*(?P<n>{_NUMBER})\s*条(?:\s*第\s*[（(]?\s*(?P<part>{_NUMBER})\s*[)）]?\s*[款项])?")
_OWN_ITEM = re.compile(rf"本条\s*第\s*[（(]\s*(?P<n>{_NUMBER})\s*[)）]\s*[款项]")
KINDS: Mapping[str, Kind] = {
    "annex-missing": Kind(
        Bilingual("引用或列出的附件不存在", "An annex that is cited or listed does not exist"),
        Bilingual("义务写在附件里而附件缺失，审计时无从取得标准。", "Duties that stand in a missing annex have no standard to be "
                                             "audited against.")),
    "annex-unlisted": Kind(
        Bilingual("附件未列入附件清单", "An annex is not on the list of annexes"),
        Bilingual("是否属于合同组成部分会有争议。", "Whether it is part of the contract will be disputed.")),
    "annex-name": Kind(
        Bilingual("附件名称与引用不一致", "An annex has another name than where it is cited"),
        Bilingual("无法确定所指的是哪一份文件。", "It is uncertain which document is meant.")),
    "annex-unnamed": Kind(
        Bilingual("引用附件未写明编号", "An annex is cited without its number"),
        Bilingual("有多份附件时无法确定所指。", "With several annexes it is uncertain which one is meant.")),
    "annex-empty": Kind(
        Bilingual("附件只有标题没有内容", "An annex has a title and no content"),
        Bilingual("文件不完整，标准无从取得。", "The file is incomplete, and so is what it should set.")),
    "clause-missing": Kind(
        Bilingual("引用的条款不存在", "A clause that is cited does not exist"),
        Bilingual("引用落空，所附的权利义务无法适用。", "The right or duty that rests on the reference cannot be applied.")),
    "clause-circular": Kind(
        Bilingual("条款引用自身所在的条", "A clause refers to the article it stands in"),
        Bilingual("没有指明适用其中哪一项。", "It is not said which part of the article applies.")),
    "annex-uncited": Kind(
        Bilingual("附件在正文中没有提到", "An annex that the contract does not mention"),
        Bilingual("是否属于合同组成部分会有争议。", "Whether it is part of the contract will be disputed.")),
    "clause-numbering": Kind(
        Bilingual("条款编号错误、重复或缺号", "Clauses are mis-numbered, repeated or skipped"),
        Bilingual("按编号引用条款会指向错误的位置，也可能缺页。", "References by number lead to the wrong place; a page may be missing.")),
    **BLANKS,
}


def _annexes(tree: ClauseTree) -> dict[str, Clause]:
    """Annexes by id. One that is only announced in a list and stands again further on is taken where it stands."""
    found: dict[str, Clause] = {}
    for clause in tree.clauses:
        if clause.kind == "annex":
            found[clause.id.partition("~")[0]] = clause
    return found


def _numbers(text: str) -> list[int]:
    return [chinese_number(n) for n in re.findall(_NUMBER, text)]


def annex_references(tree: ClauseTree) -> Iterator[Flaw]:
    """Annexes that clauses cite by number and that are not in the file."""
    annexes = _annexes(tree)
    missing: dict[int, list[Place]] = {}
    for clause in tree.clauses:
        if clause.kind == "annex" or _LIST_OF_ANNEXES.search(clause.text):
            continue
        for found in _ANNEX.finditer(clause.text):
            if _FOREIGN.search(clause.text[:found.start()]):
                continue
            for number in _numbers(found["numbers"]):
                if f"A{number}" not in annexes:
                    missing.setdefault(number, []).append(place(clause, excerpt(clause.text, *found.span())))
    present = "、".join(f"附件{a[1:]}" for a in annexes)
    for number, places in sorted(missing.items()):
        yield flaw("annex-missing", ERROR if annexes else WARNING, f"条款 {places[0].clause} 引用附件{number}，"
                                                                   f"文件中没有附件{number}" + (
                                                                       f"（现有{present}）。" if present else "，也没有任何附件。"),
            f"clause {places[0].clause} cites annex {number}, which is not in the file.", tuple(places))


def annex_names(tree: ClauseTree) -> Iterator[Flaw]:
    """Annexes cited by a name that no annex has, or by the number of one with another name; 见附件 among several."""
    annexes = _annexes(tree)
    titles = {id_: squeezed(_title(tree, a)) for id_, a in annexes.items()}
    for clause in tree.clauses:
        for found in _ANNEX_NAMED.finditer(clause.text):
            if clause.kind == "annex" or _FOREIGN.search(clause.text[:found.start()]):
                continue
            name, number = squeezed(found["name"]), f"A{chinese_number(found['n'])}" if found["n"] else None
            if number in titles and not _is_alike(name, titles[number]):
                yield flaw("annex-name", ERROR, f"条款 {clause.id} 称附件{number[1:]}为《{found['name']}》，"
                                                f"该附件的标题是“{titles[number][:40]}”。",
                    f"clause {clause.id} calls annex {number[1:]} 《{found['name']}》, its title is “{titles[number][:40]}”.",
                    (place(clause, found[0]), place(annexes[number])))
            elif number is None and not any(_is_alike(name, t) for t in titles.values()):
                yield flaw("annex-missing", ERROR if annexes else WARNING, f"条款 {clause.id} 引用附件《{found['name']}》，"
                                                                           f"文件中没有该名称的附件。",
                    f"clause {clause.id} cites the annex 《{found['name']}》; no annex has that name.", (place(clause, found[0]),))
        bare = _ANNEX_BARE.search(clause.text)
        if bare is not None and len(annexes) > 1 and scope_of(clause.id) == "":
            yield flaw("annex-unnamed", NOTE, f"条款 {clause.id} 只写“{bare[0].strip()}”，文件有{len(annexes)}份附件，未写明是哪一份。",
                f"clause {clause.id} only says “{bare[0].strip()}”; the file has {len(annexes)} annexes.",
                (place(clause, excerpt(clause.text, *bare.span())),))


def _title(tree: ClauseTree, annex: Clause) -> str:
    """The title of an annex with the captions of its tables."""
    return annex.text + "".join(c.text for c in tree.clauses if c.parent == annex.id and c.kind in ("caption", "paragraph")
                                and len(c.text) < 30)


def _is_alike(name: str, title: str) -> bool:
    match = SequenceMatcher(None, name, title, autojunk=False).find_longest_match()
    return match.size * 2 >= min(len(name), 12)


def annex_lists(tree: ClauseTree) -> Iterator[Flaw]:
    """A list of annexes against the annexes that are there, and annexes that are nothing but a title."""
    annexes = _annexes(tree)
    for clause in tree.clauses:
        start = _LIST_OF_ANNEXES.search(clause.text)
        if start is None or clause.kind in ("annex", "row") or scope_of(clause.id):
            continue
        listed = {int(m["n"]): m["name"].strip() for m in _LISTED.finditer(clause.text[start.end():])}
        lacking = [n for n in listed if f"A{n}" not in annexes]
        extra = [a for id_, a in annexes.items() if int(id_[1:]) not in listed]
        if lacking:
            names = "、".join(f"附件{n}“{listed[n]}”" for n in lacking)
            yield flaw("annex-missing", ERROR if annexes else WARNING, f"条款 {clause.id} 附件清单列有{names}，文件中没有。", f"the "
                                                                                                             f"list of annexes "
                                                                                                             f"in {clause.id} "
                                                                                                             f"names {names}, not in "
                                                                                                             f"the file.",
                (place(clause),))
        if extra and listed:
            names = "、".join(f"{a.label or a.id}“{_first_line(a)}”" for a in extra)
            yield flaw("annex-unlisted", WARNING, f"条款 {clause.id} 附件清单只列{len(listed)}份附件，文件中另有{names}。",
                f"the list of annexes in {clause.id} names {len(listed)}; the file also has {names}.",
                (place(clause), *(place(a, _first_line(a)) for a in extra)))
    for annex in annexes.values():
        own = [c for c in tree.clauses if c.id != annex.id and scope_of(c.id) == annex.id and c.kind != "signature"]
        if not own and len(annex.text) < 60 and "\n" not in annex.text:
            yield flaw("annex-empty", WARNING, f"{annex.label or annex.id}“{annex.text}”只有标题，"
                                               f"没有内容。", f"annex {annex.id} has a title and no content.", (place(annex),))


def _first_line(clause: Clause) -> str:
    return clause.text.split("\n")[0]


def clause_references(tree: ClauseTree) -> Iterator[Flaw]:
    """Clauses cited by a number that the contract (in an annex: the annex, else the contract) does not have."""
    numbered = _numbered(tree)
    for clause in tree.clauses:
        scope = scope_of(clause.id)
        own = numbered.get(scope, set())
        known = (own if any(len(n) == 1 for n in own) else set()) | (numbered.get("", set()) if scope else set())
        if not any(len(n) == 1 for n in known) or clause.kind == "header":
            continue
        for found in _CLAUSE.finditer(clause.text):
            if _FOREIGN.search(clause.text[:found.start()]) is None and not _exists(tree, known, found, scope):
                yield flaw("clause-missing", ERROR, f"条款 {clause.id} 引用“{found[0]}”，合同中没有该条款。", f"clause {clause.id} "
                                                                                              f"cites “{found[0]}”, which does not exist.",
                    (place(clause, excerpt(clause.text, *found.span())),))
        yield from _own_items(tree, clause)


def _numbered(tree: ClauseTree) -> dict[str, set[tuple[int, ...]]]:
    """The numbers of articles and dotted clauses of each document."""
    result: dict[str, set[tuple[int, ...]]] = {}
    for clause in tree.clauses:
        label = read_label(clause.label) if clause.label and clause.kind in ("article", "item") else None
        if label is None:
            continue
        numbers = result.setdefault(scope_of(clause.id), set())
        if clause.kind == "article" or label.kind == "dotted":
            numbers.add(label.numbers)
        elif label.kind in ("item", "bracket"):  # 4.2 is a way to cite 2. of clause 4
            above = tree.by_id.get(clause.parent or "")
            upper = read_label(above.label) if above is not None and above.label and above.kind in ("article", "item") else None
            if upper is not None:
                numbers.add((*upper.numbers, label.number))
    return result


def _exists(tree: ClauseTree, known: set[tuple[int, ...]], found: re.Match[str], scope: str) -> bool:
    try:
        if found["dotted"]:
            return tuple(int(n) for n in re.split(r"\s*[.．]\s*", found["dotted"])) in known
        number = chinese_number(found["n"])
        part = chinese_number(found["part"]) if found["part"] else None
    except ValueError:
        return True
    if (number,) not in known:
        return False
    ids = {c.id for c in tree.clauses if c.kind == "article" and scope_of(c.id) in ("", scope)
           and c.label and (label := read_label(c.label)) is not None and label.numbers == (number,)}
    # 款 are paragraphs with or without a label; only an article with fewer of both lacks one for certain.
    below = [c for c in tree.clauses if c.parent in ids and c.kind in ("item", "paragraph")]
    nested = [c for c in tree.clauses if c.parent in {b.id for b in below}]
    return part is None or not below or len(below) >= part or len(nested) >= part or (number, part) in known


def _own_items(tree: ClauseTree, clause: Clause) -> Iterator[Flaw]:
    article = next((a for a in (clause, *ancestors(tree, clause)) if a.kind == "article"), None)
    for found in _OWN_ITEM.finditer(clause.text):
        number = chinese_number(found["n"])
        inside = [c for c in tree.clauses if article is not None and any(a.id == article.id for a in ancestors(tree, c))]
        labels = [read_label(c.label) for c in inside if c.label]
        brackets = [x.number for x in labels if x is not None and x.kind == "bracket"]
        if article is not None and number not in brackets and not re.search(rf"[（(]\s*{found['n']}\s*[)）]", article.text):
            yield flaw("clause-missing", ERROR, f"条款 {clause.id} 引用“{found[0]}”，条款 {article.id} 没有该项。",
                f"clause {clause.id} cites “{found[0]}”; article {article.id} has no such item.", (place(clause, found[0]), place(article)))


def numbering(tree: ClauseTree) -> Iterator[Flaw]:
    """The numbers of clauses that the reading of the text could not follow."""
    repeated = {p.location.line for p in tree.problems if p.code == "clause-repeated"}
    for problem in tree.problems:
        clause = next((c for c in tree.clauses if c.lines[0] == problem.location.line and c.label), None)
        # A list of annexes before the signatures looks like the annexes themselves; the first of the two is empty then.
        if problem.code == "clause-after-signatures":
            yield _after_signatures(tree, problem)
        elif clause is not None and clause.kind != "annex" and not (problem.code == "clause-gap" and clause.lines[0] in repeated):
            yield from _numbering_flaw(tree, clause, problem)


def _after_signatures(tree: ClauseTree, problem: Problem) -> Flaw:
    line = problem.location.line
    places = tuple(Place(c.id, line, c.text[:40]) for c in tree.clauses if c.kind == "signature" and c.lines[0] <= line <= c.lines[1])
    return flaw("clause-numbering", WARNING, f"第{line}行：签署处之后还有条款。", f"line {line}: a clause stands after the "
                                                                     f"signatures.", places)


def _numbering_flaw(tree: ClauseTree, clause: Clause, problem: Problem) -> Iterator[Flaw]:
    label = (clause.label or clause.id).strip()
    # What stands behind a lost heading has no clause above it: it goes on with whatever stands before it.
    is_behind_lost = clause.parent is None and clause.kind == "item"
    before = [c for c in tree.clauses if c.lines[0] < clause.lines[0] and c.label and (is_behind_lost or c.parent == clause.parent)]
    previous = before[-1] if before else None
    places = (place(clause, f"{label} {clause.text}"), *([place(previous, f"{previous.label} {previous.text}")] if previous else []))
    match problem.code:
        case "clause-misnumbered":
            yield flaw("clause-numbering", ERROR, f"编号{label}的条款位于条款 {clause.parent} 之下。", f"the clause numbered {label} "
                                                                                         f"stands under clause {clause.parent}.", places)
        case "clause-repeated":
            first = tree.by_id.get(clause.id.partition("~")[0])
            yield flaw("clause-numbering", ERROR, f"编号{label}重复出现（条款 {clause.id.partition('~')[0]}）。", f"the number {label} "
                                                                                                      f"stands twice "
                                                                                                      f"({clause.id.partition('~')[0]}).",
                (place(clause, f"{label} {clause.text}"), *([place(first, f"{first.label} {first.text}")] if first else [])))
        case "clause-gap":
            after = f"接在{(previous.label or '').strip()}之后" if previous else "是该列表的第一项"
            yield flaw("clause-numbering", WARNING, f"编号不连续：{label}（条款 {clause.id}）{after}，缺号或缺页。",
                f"the numbering has a gap before {label} (clause {clause.id}): a number or a page is missing.", places)
        case "clause-mixed":
            earlier = (previous.label or "").strip() if previous else ""
            yield flaw("clause-numbering", WARNING, f"同一层级的编号写法不一：{label}（条款 {clause.id}）接在{earlier}之后。",
                       f"one list is counted in two ways: {label} (clause {clause.id}) goes on with a list written otherwise.", places)
        case _:
            pass


def own_article_cited(tree: ClauseTree) -> Iterator[Flaw]:
    """“Under article 12” inside of article 12, without saying which part."""
    for clause in tree.clauses:
        article = next((a for a in (clause, *ancestors(tree, clause)) if a.kind == "article" and a.label), None)
        label = read_label(article.label or "") if article is not None else None
        if article is None or label is None or label.kind != "article":
            continue
        for found in _CLAUSE.finditer(clause.text):
            own = found["n"] and not found["part"] and _numbers(found["n"]) == [label.number]
            if own and _FOREIGN.search(clause.text[:found.start()]) is None:
                yield flaw("clause-circular", NOTE, f"条款 {clause.id} 引用“{found[0]}”，即其自身所在的条，未指明哪一项。",
                           f"clause {clause.id} refers to “{found[0]}”, the article it stands in.",
                           (place(clause, excerpt(clause.text, *found.span())), place(article)))


def annexes_uncited(tree: ClauseTree) -> Iterator[Flaw]:
    """Annexes that no clause names by number or title, in a contract that names others."""
    annexes = _annexes(tree)
    own = [c for c in tree.clauses if not scope_of(c.id) and c.kind != "annex"]
    if any(_LIST_OF_ANNEXES.search(c.text) for c in own):
        return
    cited = {f"A{n}" for c in own for m in _ANNEX.finditer(c.text) for n in _numbers(m["numbers"])}
    titles = [squeezed(t) for c in own for t in re.findall(r"《([^》]{2,60})》", c.text)]
    lost = [a for id_, a in annexes.items() if cited and id_ not in cited
            and not any(t in squeezed(_title(tree, a)) or squeezed(_first_line(a)) in t for t in titles)]
    if lost:
        names = "、".join(f"{a.label or a.id}“{_first_line(a)}”" for a in lost)
        yield flaw("annex-uncited", NOTE, f"正文没有提到{names}。", f"the contract does not mention {names}.",
                   tuple(place(a, _first_line(a)) for a in lost))


CHECKS = (annex_references, annex_names, annex_lists, own_article_cited, annexes_uncited, clause_references, numbering, *CHECKS_OF_BLANKS)
