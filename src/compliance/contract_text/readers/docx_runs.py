"""The text inside of a paragraph of a DOCX file, as it is shown with all changes accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from docx.oxml.ns import qn

from compliance.contract_text.readers.docx_numbering import is_on

_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PICTURES = ("{http://schemas.openxmlformats.org/drawingml/2006/main}blip", "{urn:schemas-microsoft-com:vml}imagedata")
# Elements that only hold what would stand there without them.
HELD = frozenset(qn(t) for t in ("w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:smartTag"))
# Deleted text, what a reading aid adds, drawings (their text boxes are noted), the older copy of a drawing.
LEFT_OUT = frozenset({qn(t) for t in ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:instrText", "w:delText", "w:rt", "w:drawing", "w:pict",
                                      "w:object", "w:txbxContent", "w:sdtPr", "w:sdtEndPr")} | {_FALLBACK})
_SIGNS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
# Boxes and ticks of the Wingdings fonts: which option was chosen depends on them.
_SYMBOLS = {"F0FE": "☑", "F052": "☑", "F0A8": "□", "F06F": "□", "F0A3": "□", "F0FC": "√", "F050": "√"}


def plain_runs(parent: Any) -> tuple[str, bool]:
    """The text of a paragraph, with a line break where one is shown; whether hidden text was left out of it."""
    parts: list[str] = []
    hidden = False
    for child in parent:
        if not isinstance(child.tag, str) or child.tag in LEFT_OUT:
            continue
        if child.tag in (qn("w:t"), _MATH):
            parts.append(child.text or "")
        elif child.tag in _SIGNS:
            parts.append(_SIGNS[child.tag])
        elif child.tag == qn("w:sym"):
            parts.append(_SYMBOLS.get((child.get(qn("w:char")) or "").upper(), "\ufffd"))
        else:
            text, inner = plain_runs(child)
            is_hidden = child.tag == qn("w:r") and _is_hidden(child)
            hidden = hidden or inner or (is_hidden and bool(text.strip()))
            parts.append("" if is_hidden else text)
    return "".join(parts), hidden


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return vanish is not None and is_on(vanish)


def unread_parts(body: Any, parts: Iterable[tuple[str, Any]], is_page_number: Callable[[str], bool]) -> list[str]:
    """What holds text or pictures but is no part of the body, with its verb."""
    found = ["text boxes are"] if any(_text(box) for box in body.iter(qn("w:txbxContent"))) else []
    for kind, part in parts:
        text = [t for p in part.iter(qn("w:p")) if (t := _text(p)) and not is_page_number(t)]
        shown = f" ({text[0][:30]})" if text else ""
        if text and f"{kind}{shown} are" not in found:
            found.append(f"{kind}{shown} are")
    pictures = sum(1 for tag in _PICTURES for _ in body.iter(tag))
    return [*found, f"{pictures} pictures are" if pictures > 1 else "a picture is"] if pictures else found


def _text(parent: Any) -> str:
    return "".join(t.text or "" for t in parent.iter(qn("w:t"))).strip()
