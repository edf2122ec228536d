"""Contracts as files: the same clauses from every format, and nothing is read that was not there."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle

from compliance.contract_text.readers import files
from compliance.contract_text.readers.characters import plain_text
from compliance.contract_text.readers.docx_numbering import Counters, Level, NumberedList, in_format
from compliance.contract_text.readers.files import read_contract_text

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
PARAGRAPHS = [
    "园区绿化养护合同", "甲方：山海园区管理处", "乙方：青禾园艺有限公司", "双方就园区内的草木养护订立本合同。",
    "第一条 养护范围", "1.1 乙方养护园区内的全部乔木、灌木与草坪，并每月向甲方提交一份养护记录，记录应写明浇水、修剪和施肥的日期与人员。",
    "1.2 乙方不得使用下列药剂：", "（1）剧毒农药；", "（2）有异味的药剂。",
    "第二条 养护费用", "2.1 养护费用按下表计算："]
TABLE = [("项目", "面积", "单价"), ("草坪", "300", "12"), ("灌木", "80", "25")]
AFTER = ["2.2 甲方在收到发票后十日内付款。"]
IDS = ["0", "0¶1", "0¶2", "0¶3", "1", "1.1", "1.2", "1.2(1)", "1.2(2)", "2", "2.1", "2#0", "2#1", "2#2", "2.2"]


def refused(path: Path) -> str:
    """What is said of a file that is not read."""
    tree, problems = read_contract_text(path)
    assert tree is None
    return "\n".join(str(p) for p in problems if p.fatal)


def notes(path: Path) -> list[str]:
    tree, problems = read_contract_text(path)
    assert tree is not None, problems
    return [f"{p.code}: {p.message}" for p in problems]


def clauses(path: Path) -> dict[str, str]:
    tree, problems = read_contract_text(path)
    assert tree is not None, problems
    return dict(tree.texts)


def written(folder: Path, raw: bytes | str, name: str = "contract.txt", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(raw.encode(encoding) if isinstance(raw, str) else raw)
    return path


def as_text() -> str:
    return "\n".join([*PARAGRAPHS, *("\t".join(r) for r in TABLE), *AFTER])


def as_markdown() -> str:
    rows = ["| " + " | ".join(r) + " |" for r in TABLE]
    paragraphs = ["## " + p if p.startswith("第") else p for p in PARAGRAPHS]
    return "\n\n".join(["# " + paragraphs[0], *paragraphs[1:], "\n".join([rows[0], "|---|---|---|", *rows[1:]]), *AFTER])


def as_docx(path: Path) -> Path:
    document = docx.Document()
    for text in PARAGRAPHS:
        document.add_paragraph(text, style="Heading 1" if text.startswith("第") else None)
    table = document.add_table(len(TABLE), 3)
    for i, row in enumerate(TABLE):
        for j, cell in enumerate(row):
            table.cell(i, j).text = cell
    for text in AFTER:
        document.add_paragraph(text)
    document.save(str(path))
    return path


def font() -> FontProperties:
    spec = find_spec("pylopdf_fonts_zh_cn")
    assert spec is not None and spec.origin is not None
    return FontProperties(fname=str(Path(spec.origin).parent / "NotoSansSC-Regular.otf"), size=10)


class Printer:
    """Pages of 595 x 842 points; lines of 40 characters, tables with ruled lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.figures: list[Figure] = []

    def page(self, *paragraphs: str, table: list[tuple[str, ...]] | None = None, after: tuple[str, ...] = (),
             header: str = "", footer: str = "", picture: bool = False) -> Printer:
        figure = Figure(figsize=(595 / 72, 842 / 72))
        self.figures.append(figure)
        if picture:
            figure.figimage([[0.5] * 500] * 700, resize=False, cmap="gray")
        self._put(80, 800, header)
        self._put(290, 40, footer)
        y = self._paragraphs(paragraphs, 760)
        for row in table or ():
            for j, cell in enumerate(row):
                figure.add_artist(Rectangle(((80 + 100 * j) / 595, (y - 6) / 842), 100 / 595, 18 / 842, fill=False))
                self._put(84 + 100 * j, y, cell)
            y -= 18
        self._paragraphs(after, y - 12)
        return self

    def _paragraphs(self, paragraphs: tuple[str, ...], y: int) -> int:
        for text in paragraphs:
            for at in range(0, len(text), 40):
                self._put(80, y, text[at:at + 40])
                y -= 18
        return y

    def _put(self, x: int, y: int, text: str) -> None:
        if text:
            self.figures[-1].text(x / 595, y / 842, text, fontproperties=font(), va="baseline")

    def save(self) -> Path:
        with PdfPages(self.path) as pdf:
            for figure in self.figures:
                pdf.savefig(figure, dpi=72)
        return self.path


def test_every_format_gives_the_same_clauses(tmp_path):
    paths = [written(tmp_path, as_text()), written(tmp_path, as_markdown(), "contract.md"), as_docx(tmp_path / "contract.docx"),
             Printer(tmp_path / "contract.PDF").page(*PARAGRAPHS, table=TABLE, after=tuple(AFTER)).save()]
    found = [clauses(p) for p in paths]
    assert list(found[0]) == IDS
    assert [list(f) for f in found[1:]] == [IDS] * 3
    assert [{k: "".join(v.split()) for k, v in f.items()} for f in found[1:]] == [{k: "".join(v.split()) for k, v in found[0].items()}] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_an_encoding_changes_nothing(tmp_path, encoding):
    assert list(clauses(written(tmp_path, as_text(), encoding=encoding))) == IDS


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n\n", "\f"])
def test_ends_of_lines_change_nothing(tmp_path, end):
    text = as_text().replace("\n", end, 10)
    assert list(clauses(written(tmp_path, text))) == IDS


def test_lines_are_those_of_an_editor_and_the_sum_is_of_the_bytes(tmp_path):
    tree, _ = read_contract_text(written(tmp_path, "合同\r\n\r\n第一条 范围\f\r\n第二条 费用"))
    assert tree is not None
    assert [(c.id, c.lines) for c in tree.clauses] == [("0", (1, 1)), ("1", (3, 3)), ("2", (4, 4))]
    assert tree.sha256 == hashlib.sha256((tmp_path / "contract.txt").read_bytes()).hexdigest()


def test_mixed_encodings_name_the_line(tmp_path):
    raw = "第一条 养护范围\n".encode() + "第二条 养护费用\n".encode("gb18030")
    assert refused(written(tmp_path, raw)) == ("contract.txt:2: contract-encoding: line 2 is GB18030 but line 1 is UTF-8: the file mixes "
                                               "encodings\n  help: save the whole file as UTF-8")


def test_bytes_of_no_encoding_name_the_line(tmp_path):
    raw = "第一条 养护范围\n".encode() + b"2.1 \xff\xff\n"
    assert "contract.txt:2: contract-encoding: line 2 is neither UTF-8 nor GB18030" in refused(written(tmp_path, raw))
    assert "is not UTF-16" in refused(written(tmp_path, b"\xff\xfea\x00\n\x00\x00\xd8a\x00"))


def test_control_characters_name_every_line(tmp_path):
    said = refused(written(tmp_path, "第一条 范\0围\n第二条 费用\n第三条 甲方\u202e乙方"))
    assert "contract.txt:1: contract-control-character: the line holds the control character U+0000" in said
    assert "contract.txt:3: contract-control-character: the line holds the control character U+202E" in said


def test_invisible_characters_and_twins_are_plain_and_lost_ones_are_noted(tmp_path):
    path = written(tmp_path, "第一条 甲\u200b\u2f45付款\n第二条 单价为\ufffd元")
    assert clauses(path)["1"] == "甲方付款"
    assert notes(path) == ["contract-lost-character: a character of this line is lost (\ufffd, a symbol or one without a code)"]


@pytest.mark.parametrize(("name", "raw", "said"), [
    ("contract.txt", b"", "contract-empty: the file is empty"),
    ("contract.txt", b"\n \n", "contract-empty: the file holds no text"),
    ("contract.doc", b"x", "contract-format: files of the kind '.doc' are not read\n  help: open it in Word and save it as .docx"),
    ("contract.exe", b"x", "contract-format: files of the kind '.exe' are not read"),
    ("contract.txt", b"%PDF-1.7\n", "contract-format: the file is a PDF file under the name of a text file"),
    ("contract.docx", b"no zip", "contract-damaged: the file is no DOCX document: it is not zipped"),
    ("contract.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "contract-protected: the file is protected by a password or an old .doc file\n"
                                                          "  help: save it as .docx without password"),
    ("contract.pdf", b"%PDF-1.7 nothing", "contract-damaged: the file is no readable PDF document"),
    ("contract.pdf", b"\0" * 100, "contract-damaged: the file is no readable PDF document"),
])
def test_bad_files_are_refused_with_a_reason(tmp_path, name, raw, said):
    assert said in refused(written(tmp_path, raw, name))


def test_a_missing_file_a_folder_and_a_large_one(tmp_path, monkeypatch):
    assert "contract-missing: there is no file" in refused(tmp_path / "none.txt")
    (tmp_path / "folder.txt").mkdir()
    assert "contract-unreadable: this is no file" in refused(tmp_path / "folder.txt")
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    monkeypatch.setattr(files, "MAX_LINES", 1)
    assert "contract-too-large: the file is larger than 50 MB" in refused(written(tmp_path, "第一条 养护范围"))
    assert "contract-too-large: the text has more than 1 lines" in refused(written(tmp_path, "一\n二"))


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, raw in members.items():
            package.writestr(name, raw)
    return out.getvalue()


def test_packages_that_are_no_documents(tmp_path):
    assert "contract-too-large: the file unpacks to 20 MB" in refused(written(tmp_path, zipped(bomb=b"0" * (20 * 2**20)), "contract.docx"))
    assert "contract-damaged: the file is no readable DOCX" in refused(written(tmp_path, zipped(a=b"b"), "contract.docx"))
    locked = bytearray(zipped(a=b"b"))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert "contract-protected: the file is protected by a password" in refused(written(tmp_path, bytes(locked), "contract.docx"))


def test_entities_in_a_document_are_not_opened(tmp_path):
    path = as_docx(tmp_path / "good.docx")
    with zipfile.ZipFile(path) as package:
        members = {n: package.read(n) for n in package.namelist()}
    head = b'<!DOCTYPE d [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    body = members["word/document.xml"].replace("全部乔木".encode(), b"&secret;")
    members["word/document.xml"] = body.replace(b"<w:document", head + b"<w:document", 1)
    tree, _ = read_contract_text(written(tmp_path, zipped(**members), "contract.docx"))
    assert tree is None or Path("/etc/hostname").read_text().strip() not in tree.texts["1.1"]


LEVELS = {0: ("chineseCountingThousand", "第%1条"), 1: ("decimal", "%1.%2"), 2: ("decimal", "（%3）")}


def numbering(document, levels: dict[int, tuple[str, str]], *, legal: tuple[int, ...] = (), start: int = 1,
              override: int | None = None) -> str:
    """Adds a list and gives its id."""
    element = document.part.numbering_part.element
    inner = "".join(f'<w:lvl w:ilvl="{i}"><w:start w:val="{start}"/><w:numFmt w:val="{f}"/>{"<w:isLgl/>" if i in legal else ""}'
                    f'<w:lvlText w:val="{t}"/></w:lvl>' for i, (f, t) in levels.items())
    abstract = parse_xml(f'<w:abstractNum {W} w:abstractNumId="900">{inner}</w:abstractNum>')
    element.insert(0, abstract)
    starts = f'<w:lvlOverride w:ilvl="0"><w:startOverride w:val="{override}"/></w:lvlOverride>' if override is not None else ""
    element.append(parse_xml(f'<w:num {W} w:numId="900"><w:abstractNumId w:val="900"/></w:num>'))
    element.append(parse_xml(f'<w:num {W} w:numId="901"><w:abstractNumId w:val="900"/>{starts}</w:num>'))
    return "900"


def numbered(document, text: str, level: int, list_id: str = "900"):
    paragraph = document.add_paragraph(text)
    paragraph._p.get_or_add_pPr().append(
        parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'))
    return paragraph


def saved(folder: Path, document) -> Path:
    path = folder / "contract.docx"
    document.save(str(path))
    return path


def test_numbers_that_word_counts_are_counted(tmp_path):
    document = docx.Document()
    numbering(document, LEVELS, legal=(1,))
    document.add_paragraph("园区绿化养护合同")
    for text, level in [("养护范围", 0), ("乙方养护下列草木：", 1), ("乔木；", 2), ("灌木。", 2), ("乙方每月提交记录。", 1),
                        ("养护费用", 0), ("甲方按月付款，付款前乙方应：", 1), ("开具发票。", 2)]:
        numbered(document, text, level)
    found = clauses(saved(tmp_path, document))
    assert list(found) == ["0", "1", "1.1", "1.1(1)", "1.1(2)", "1.2", "2", "2.1", "2.1(1)"]
    assert found["2.1(1)"] == "开具发票。"


def test_a_list_that_starts_anew_and_one_that_goes_on(tmp_path):
    document = docx.Document()
    numbering(document, {0: ("decimal", "第%1条")}, start=3, override=8)
    for text, list_id in [("范围", "900"), ("费用", "900"), ("期限", "901"), ("解除", "901")]:
        numbered(document, text, 0, list_id)
    assert list(clauses(saved(tmp_path, document))) == ["3", "4", "8", "9"]


def test_a_style_numbers_its_paragraphs(tmp_path):
    document = docx.Document()
    numbering(document, LEVELS)
    style = document.styles["Heading 1"].element
    style.get_or_add_pPr().append(parse_xml(f'<w:numPr {W}><w:numId w:val="900"/></w:numPr>'))
    document.add_paragraph("养护范围", style="Heading 1")
    document.add_paragraph("养护费用", style="Heading 1")
    assert clauses(saved(tmp_path, document)) == {"1": "养护范围", "2": "养护费用"}


def test_numbers_that_cannot_be_counted_are_noted(tmp_path):
    document = docx.Document()
    numbering(document, {0: ("ideographTraditional", "%1、"), 1: ("decimal", "%1.%2")})
    document.add_paragraph("第一条 养护范围")
    numbered(document, "乔木", 0)
    assert notes(saved(tmp_path, document)) == [
        "contract-numbering: the automatic numbering has numbers of the format ideographTraditional: the first stands here"]


@pytest.mark.parametrize(("number", "format_", "text"), [
    (7, "decimal", "7"), (7, "decimalZero", "07"), (10, "chineseCounting", "十"), (21, "chineseCountingThousand", "二十一"),
    (115, "chineseCountingThousand", "一百一十五"), (100, "chineseCounting", None), (12, "japaneseCounting", "十二"),
    (3, "chineseLegalSimplified", "叁"), (20, "decimalEnclosedCircle", "⑳"), (21, "decimalEnclosedCircle", None), (27, "lowerLetter", "aa"),
    (2, "upperLetter", "B"), (0, "lowerLetter", None), (1, "ideographTraditional", None), (1, "thaiNumbers", None)])
def test_formats_of_numbers(number, format_, text):
    assert in_format(number, format_) == text


def test_levels_begin_anew_unless_they_go_on():
    def labels(restart: int | None) -> list[str]:
        levels = {0: Level(text="%1."), 1: Level(text="%1.%2", restart=restart)}
        counters = Counters({"1": NumberedList("a", levels, {})})
        return [counters.count("1", at).label for at in (0, 1, 1, 0, 1)]

    assert labels(None) == ["1.", "1.1", "1.2", "2.", "2.1"]
    assert labels(0) == ["1.", "1.1", "1.2", "2.", "2.3"]


def test_a_skipped_level_is_said_to_be_uncertain():
    counters = Counters({"1": NumberedList("a", {0: Level(text="%1"), 1: Level(text="%1.%2")}, {})})
    counted = counters.count("1", 1)
    assert (counted.label, counted.unknown) == ("1.1", "a number of level 2 below no number of level 1")


def test_merged_cells_of_a_row_stand_once(tmp_path):
    document = docx.Document()
    document.add_paragraph("第一条 费用")
    table = document.add_table(3, 3)
    for i, row in enumerate([("项目", "面积", "单价"), ("草坪", "300", "12"), ("", "80", "25")]):
        for j, text in enumerate(row):
            table.cell(i, j).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    table.add_row().cells[0].text = "合计"
    table.cell(3, 0).merge(table.cell(3, 1))
    table.cell(3, 2).text = "5600"
    tree, _ = read_contract_text(saved(tmp_path, document))
    assert tree is not None
    assert [c.cells for c in tree.clauses if c.cells] == [
        ("项目", "面积", "单价"), ("草坪", "300", "12"), ("", "80", "25"), ("合计", "", "5600")]


def test_changes_are_accepted_and_hidden_text_is_noted(tmp_path):
    document = docx.Document()
    paragraph = document.add_paragraph("第一条 甲方在")
    for inner in ('<w:del w:id="1"><w:r><w:delText>十</w:delText></w:r></w:del>',
                  '<w:ins w:id="2"><w:r><w:t>二十</w:t></w:r></w:ins>',
                  "<w:r><w:t>日内付款。</w:t></w:r>", "<w:r><w:rPr><w:vanish/></w:rPr><w:t>乙方可以涨价。</w:t></w:r>"):
        paragraph._p.append(parse_xml(inner.replace(">", f" {W}>", 1)))
    path = saved(tmp_path, document)
    assert clauses(path) == {"1": "甲方在二十日内付款。"}
    assert notes(path) == ["contract-unread: hidden text was left out"]


def test_text_outside_of_the_body_is_noted(tmp_path):
    document = docx.Document()
    paragraph = document.add_paragraph("第一条 范围")
    box = "<w:pict><w:txbxContent><w:p><w:r><w:t>补充约定</w:t></w:r></w:p></w:txbxContent></w:pict>"
    paragraph._p.append(parse_xml(f"<w:r {W}>{box}</w:r>"))
    document.sections[0].header.paragraphs[0].text = "合同编号：甲七"
    document.sections[0].footer.paragraphs[0].text = "第 1 页"
    path = saved(tmp_path, document)
    assert clauses(path) == {"1": "范围"}
    assert notes(path) == ["contract-unread: headers (合同编号：甲七) are not read", "contract-unread: text boxes are not read"]


def test_a_table_of_contents_gives_no_clauses(tmp_path):
    document = docx.Document()
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("第一条 范围\t1", style="toc 1")
    document.add_paragraph("第一条 范围")
    path = saved(tmp_path, document)
    assert list(clauses(path)) == ["1"]
    assert notes(path) == ["contract-unread: a table of contents was left out"]


def test_a_frame_around_text_is_no_table(tmp_path):
    document = docx.Document()
    cell = document.add_table(1, 1).cell(0, 0)
    cell.text = "第一条 范围"
    cell.add_paragraph("第二条 费用")
    assert list(clauses(saved(tmp_path, document))) == ["1", "2"]


def test_headers_and_page_numbers_are_left_out_and_listed(tmp_path):
    printer = Printer(tmp_path / "contract.pdf")
    for number, text in enumerate(["第一条 乙方养护乔木。", "第二条 乙方养护灌木。", "第三条 乙方养护草坪。"], start=1):
        printer.page(text, f"{number}.1 乙方应当按季节修剪第{number}号地块。", header="绿化养护合同 甲七号", footer=f"- {number} -")
    path = printer.save()
    assert list(clauses(path)) == ["1", "1.1", "2", "2.1", "3", "3.1"]
    assert notes(path) == ["contract-page-lines: headers, footers and numbers of pages were left out: '绿化养护合同 甲七号'; "
                           "3 page numbers"]
    tree, _ = read_contract_text(path)
    assert tree is not None and [c.page for c in tree.clauses] == [1, 1, 2, 2, 3, 3]


def test_a_sentence_goes_on_over_lines_and_pages(tmp_path):
    text = "1.1 乙方应当在每个季度的第一个月内完成园区内全部乔木与灌木的修剪工作，" \
           "并且在完成以后的3.5小时之内通知甲方派人到现场查看修剪的结果"
    rest = "并在查看之后由双方的经办人签字确认。"
    path = Printer(tmp_path / "contract.pdf").page("第一条 修剪", text).page(rest, "1.2 乙方清运枝叶。").save()
    assert {k: "".join(v.split()) for k, v in clauses(path).items()} == {
        "1": "修剪", "1.1": "".join(text.split())[3:] + rest, "1.2": "乙方清运枝叶。"}


def test_scanned_pages_are_named(tmp_path):
    path = Printer(tmp_path / "contract.pdf").page("第一条 范围").page(picture=True).page(picture=True).save()
    assert refused(path) == ("contract.pdf: contract-scanned: pages 2, 3 are without text, only a picture: scanned\n"
                             "  help: run OCR (text recognition) on the file, or ask for the text")


def test_a_locked_pdf_is_refused(tmp_path):
    raw = Printer(tmp_path / "contract.pdf").page("第一条 范围").save().read_bytes()
    at = raw.rindex(b"trailer")
    key = b"<" + b"41" * 32 + b">"
    lock = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O " + key + b" /U " + key + b" >> /ID [<41> <41>] "
    locked = raw[:at] + raw[at:].replace(b"<<", b"<< " + lock, 1)
    assert "contract-protected: the file is protected by a password" in refused(written(tmp_path, locked, "contract.pdf"))


def test_a_pdf_that_would_fill_the_memory_is_refused(tmp_path):
    packed = zlib.compress(b"0" * (101 * 2**20))
    raw = b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n" + packed + b"\nendstream\nendobj\n"
    assert "contract-too-large: a part of the file unpacks to more than 100 MB" in refused(written(tmp_path, raw, "contract.pdf"))


def test_a_pdf_that_was_cut_never_raises(tmp_path):
    raw = Printer(tmp_path / "contract.pdf").page("第一条 范围", "1.1 乙方养护乔木。").save().read_bytes()
    for share in range(1, 12):
        tree, problems = read_contract_text(written(tmp_path, raw[:len(raw) * share // 12], "contract.pdf"))
        assert tree is not None or any(p.fatal for p in problems)


def test_a_docx_with_bytes_changed_never_raises(tmp_path):
    raw = as_docx(tmp_path / "contract.docx").read_bytes()
    for at in range(7, len(raw), len(raw) // 60):
        tree, problems = read_contract_text(written(tmp_path, raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1:], "contract.docx"))
        assert tree is not None or any(p.fatal for p in problems)


@pytest.mark.parametrize(("twin", "meant"), [
    ("人⺠币", "人民币"), ("⻅附件", "见附件"), ("⻓期", "长期"), ("甲⽅", "甲方"), ("⻋辆", "车辆")])
def test_radicals_of_pdf_fonts_are_the_characters_they_look_like(twin, meant):
    assert plain_text(twin) == meant
