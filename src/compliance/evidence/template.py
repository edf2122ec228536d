"""The workbook that asks for evidence: one sheet a table, Chinese headers, drop-down codes, a note on every column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from compliance.evidence.dictionary import ColumnSpec, Dictionary, TableSpec

_ROWS = 2000
_TYPES = {"text": "文本", "enum": "从下拉列表选择", "integer": "整数", "decimal": "数字，最多6位小数", "money": "金额（元），最多2位小数",
          "date": "日期，如 2026-07-31", "datetime": "时间，如 2026-07-31 09:30", "boolean": "是 或 否"}
# A fixed time of making: the same rules give the same workbook.
_MADE = datetime(2000, 1, 1)


def write_template(path: Path, title: str, columns: Mapping[str, Sequence[str]], dictionary: Dictionary) -> None:
    """Writes the workbook for the columns that the rules of a contract need, and those without which a row says nothing."""
    asked = {table: [c.name for c in dictionary.tables[table].columns if c.required or c.name in needed]
             for table, needed in columns.items()}
    book = Workbook()
    book.properties.created = book.properties.modified = _MADE
    book.properties.creator = "compliance"
    codes = book.create_sheet("代码")
    codes.sheet_state = "visible"
    _instructions(book.worksheets[0], title, asked, dictionary)
    used: dict[str, str] = {}
    for name, wanted in asked.items():
        spec = dictionary.tables[name]
        _table_sheet(book.create_sheet(spec.zh[:31]), spec, wanted, dictionary, codes, used)
    book.move_sheet(codes, len(book.worksheets))
    book.save(path)


def _instructions(sheet: Worksheet, title: str, columns: Mapping[str, Sequence[str]], dictionary: Dictionary) -> None:
    sheet.title = "说明"
    lines = [f"{title}：证据填报表", "每张表一个工作表，第一行是表头，请勿改动；每行填写一条记录。",
             "带 * 说明为必填；代码列请从下拉列表选择；日期写成 2026-07-31，金额只写数字（元）。",
             "不要使用公式、合并单元格、隐藏行列；没有发生的事项保留表头、不填行，表示“无”；不提供的表请删除其工作表。"]
    for line in lines:
        sheet.append([line])
    sheet.append([])
    sheet.append(["工作表", "每行是什么", "列数"])
    for name, wanted in columns.items():
        spec = dictionary.tables[name]
        sheet.append([spec.zh, spec.row, len(wanted)])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 80


def _table_sheet(sheet: Worksheet, spec: TableSpec, wanted: Sequence[str], dictionary: Dictionary, codes: Worksheet,
                 used: dict[str, str]) -> None:
    for number, name in enumerate(wanted, start=1):
        column = spec.column(name)
        assert column is not None
        cell = sheet.cell(1, number, column.zh)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        cell.fill = PatternFill("solid", fgColor="FDE9D9" if column.required else "E8EEF7")
        cell.comment = Comment(_note(column), "compliance", width=260, height=120)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = max(12, 2 * len(column.zh) + 2)
        for row in range(2, 200):
            sheet.cell(row, number).number_format = "@"
        _drop_down(sheet, letter, column, dictionary, codes, used)
    sheet.freeze_panes = "A2"


def _note(column: ColumnSpec) -> str:
    parts = [f"{'* 必填。' if column.required else ''}{_TYPES[column.type]}"]
    if column.unit:
        parts.append(f"单位：{column.unit}")
    if column.minimum is not None or column.maximum is not None:
        parts.append(f"范围：{column.minimum if column.minimum is not None else ''} ~ "
                     f"{column.maximum if column.maximum is not None else ''}")
    return "\n".join([*parts, column.description, column.name])


def _drop_down(sheet: Worksheet, letter: str, column: ColumnSpec, dictionary: Dictionary, codes: Worksheet,
               used: dict[str, str]) -> None:
    if column.type == "boolean":
        formula = '"是,否"'
    elif column.enum:
        formula = used.get(column.enum) or _code_list(column.enum, dictionary, codes, used)
    else:
        return
    rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True,
                          errorTitle="代码", error="请从下拉列表选择")
    sheet.add_data_validation(rule)
    rule.add(f"{letter}2:{letter}{_ROWS}")


def _code_list(name: str, dictionary: Dictionary, codes: Worksheet, used: dict[str, str]) -> str:
    """The Chinese labels of a code list as a column of the sheet of codes."""
    number = len(used) + 1
    values = dictionary.code_lists[name]
    codes.cell(1, number, values.zh)
    for row, code in enumerate(values.values, start=2):
        codes.cell(row, number, code.zh)
    letter = get_column_letter(number)
    used[name] = f"'代码'!${letter}$2:${letter}${len(values.values) + 1}"
    return used[name]
