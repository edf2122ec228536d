"""Strict readers of text cells as SQL over a whole column: what cannot be read is NULL, never a guess."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from compliance.evidence.dictionary import CodeList, ColumnSpec, Dictionary

SQL_TYPES = {"text": "VARCHAR", "enum": "VARCHAR", "integer": "BIGINT", "decimal": "DECIMAL(18,6)",
             "money": "DECIMAL(18,2)", "date": "DATE", "datetime": "TIMESTAMP", "boolean": "BOOLEAN"}
# Full-width digits and signs as they come from Chinese input methods, and what they stand for.
_WIDE, _NARROW = "０１２３４５６７８９．－／：，＋　", "0123456789.-/:,+ "
_TRUE = ("true", "yes", "1", "是", "有", "已", "对", "√")
_FALSE = ("false", "no", "0", "否", "无", "未", "不", "×")
# From 1900 on: an earlier year, such as 0026, is a slip, and a day of it would be before every last day.
_DAY = r"((?:19|[2-9]\d)\d\d)(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
_CLOCK = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?"
_MIDNIGHT = r"(?:[ T]00:00(?::00)?)?"
# What a plain cell is made of: printable ASCII, Chinese characters and the signs beside them that are their own normal form.
_SIGN = "!-~×·—‘’“”、。\u3008-\u3011\u3014-\u301d\u4e00-\u9fff"
FIRST_DAY, AFTER_LAST_DAY = "DATE '1900-01-01'", "DATE '10000-01-01'"
# A declared format that is not year first, and the year-first form it stands for.
_DECLARED_FORMATS = {
    "DD/MM/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})($|[ T])", r"\3-\2-\1\4"),
    "MM/DD/YYYY": (r"^(\d{1,2})/(\d{1,2})/(\d{4})($|[ T])", r"\3-\1-\2\4"),
    "YYYYMMDD": (r"^(\d{4})(\d{2})(\d{2})($|[ T])", r"\1-\2-\3\4"),
}
DATE_FORMATS = ("YYYY-MM-DD", *_DECLARED_FORMATS)


def quoted(name: str) -> str:
    """An identifier for SQL text."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def literal(value: object) -> str:
    """SQL of a value of ours. (A statement with parameters makes the engine load a library for tables, which takes half a second.)"""
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case date():
            return text_literal(value.isoformat())
        case str():
            return text_literal(value)
    raise TypeError(value)


def cleaned(column: str) -> str:
    """The cell without outer blanks; a blank cell is NULL."""
    return f"nullif(trim({column}, ' \t\r\n\u3000\u00a0'), '')"


def is_plain(column: str) -> str:
    """Whether the cell is its own normal form: plain signs without outer blanks."""
    # Sign by sign only where there are others than ASCII: a pattern costs three times as much.
    blank_ends = " OR ".join(f"suffix({column}, '{blank}')" for blank in " \t\r\n")
    return (f"CASE WHEN strlen({column}) = length({column}) THEN NOT ({column} < '!' OR {blank_ends})"
            f" ELSE regexp_full_match({column}, '[{_SIGN}]([ {_SIGN}]*[{_SIGN}])?') END")


def is_day(column: str) -> str:
    """Whether a typed day or moment is in a year that text can be read of as well; infinity is none."""
    return f"({column} >= {FIRST_DAY} AND {column} < {AFTER_LAST_DAY})"


def _narrow(text: str) -> str:
    return f"translate({text}, '{_WIDE}', '{_NARROW}')"


def _year_first(text: str, date_format: str) -> str:
    if date_format not in _DECLARED_FORMATS:
        return text
    pattern, replacement = _DECLARED_FORMATS[date_format]
    return f"regexp_replace({text}, '{pattern}', '{replacement}')"


def split(column: ColumnSpec, text: str, date_format: str = "YYYY-MM-DD") -> str:
    """SQL that makes of the cleaned text of a cell what `typed` reads: a day or a moment is split into its parts.

    A step of its own, because the engine would prepare the pattern once for every part.
    """
    if column.type not in ("date", "datetime"):
        return text
    pattern, count = (_DAY + _MIDNIGHT, 9) if column.type == "date" else (_DAY + _CLOCK, 12)
    names = ", ".join(f"'g{i}'" for i in range(1, count + 1))
    return f"regexp_extract({_year_first(_narrow(text), date_format)}, '^{pattern}$', [{names}])"


def typed(column: ColumnSpec, text: str, dictionary: Dictionary) -> str:
    """SQL that reads a cell, cleaned and split, as the type of its column."""
    match column.type:
        case "text":
            return f"CASE WHEN regexp_full_match({text}, '[ {_SIGN}]*') THEN {text}" \
                   f" ELSE nullif(trim(nfkc({text})), '') END"
        case "enum":
            return _code(text, dictionary.code_lists[column.enum or ""])
        case "boolean":
            return f"{_map(dict.fromkeys(_TRUE, 'TRUE') | dict.fromkeys(_FALSE, 'FALSE'))}[lower({text})]"
        case "date":
            return _date(text)
        case "datetime":
            return _moment(text)
        case "integer":
            return _number(_narrow(text), "BIGINT", 0)
        case "money":
            return _number(_narrow(text), "DECIMAL(18,2)", 2)
        case _:
            return _number(_narrow(text), "DECIMAL(18,6)", 6)


def _code(text: str, codes: CodeList) -> str:
    """A code by itself, its Chinese label or an alias; full-width and half-width signs are the same."""
    labels = {label: code.code for code in codes.values for label in (code.code, code.zh, *code.aliases)}
    folded: dict[str, str] = {}
    for label, code in labels.items():
        folded.setdefault(unicodedata.normalize("NFKC", label), code)
    known = _map({k: text_literal(v) for k, v in (folded | labels).items()})
    return f"coalesce({known}[{text}], {known}[nfkc({text})])"


def _map(values: Mapping[str, str]) -> str:
    """A look-up of texts. (The engine turns every list of IN into a join of its own, which costs more to plan than to run.)"""
    return f"MAP {{{', '.join(f'{text_literal(k)}: {v}' for k, v in values.items())}}}"


def _number(text: str, kind: str, places: int) -> str:
    """Digits with thousands separators in their places; further decimals only if they are zeros."""
    fraction = rf"(\.\d{{1,{places}}}0*)?" if places else r"(\.0+)?"
    form = rf"[-+]?(\d+|\d{{1,3}}(,\d{{3}})+){fraction}"
    bare = f"replace({text}, ',', '')"
    return f"CASE WHEN regexp_full_match({text}, '{form}') THEN TRY_CAST({bare} AS {kind}) END"


def _day_of(parts: str) -> str:
    """The day of what a cell was split into; the year is empty where it is none."""
    month = "concat(" + ", ".join(f"{parts}.g{i}" for i in (2, 4, 6, 8)) + ")"
    day = "concat(" + ", ".join(f"{parts}.g{i}" for i in (3, 5, 7, 9)) + ")"
    return f"TRY_CAST({parts}.g1 || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0') AS DATE)"


def _date(parts: str) -> str:
    """Year first, so that nothing is ambiguous; a time of midnight after it is a day all the same."""
    return f"CASE WHEN {parts}.g1 <> '' THEN {_day_of(parts)} END"


def _moment(parts: str) -> str:
    """A moment to the minute or second; a bare day is marked by its first microsecond; 24:00 is the next day's 00:00."""
    hour, minute, second = (f"{parts}.g{i}" for i in (10, 11, 12))
    clock = (f"CASE WHEN {hour} = '' THEN to_microseconds(1)"
             f" WHEN {hour}::INT < 24 AND {minute}::INT < 60 AND coalesce(nullif({second}, '')::INT, 0) < 60"
             f" THEN to_hours({hour}::INT) + to_minutes({minute}::INT) + to_seconds(coalesce(nullif({second}, '')::INT, 0))"
             f" WHEN {hour} = '24' AND {minute}::INT = 0 AND coalesce(nullif({second}, '')::INT, 0) = 0 THEN to_hours(24) END")
    return f"CASE WHEN {parts}.g1 <> '' THEN {_day_of(parts)}::TIMESTAMP + ({clock}) END"


# What a typed column of a Parquet file or database may be, for each type of the dictionary.
_NATIVE = {
    "date": ("DATE",), "boolean": ("BOOLEAN",), "datetime": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS",
                                                              "TIMESTAMP WITH TIME ZONE"),
    "integer": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"),
}


def is_native(column: ColumnSpec, physical: str) -> bool:
    """Whether a typed column can be read as the type of the dictionary without passing through text."""
    if column.type in ("decimal", "money"):
        return physical.startswith("DECIMAL") or physical in (*_NATIVE["integer"], "DOUBLE", "FLOAT")
    return physical in _NATIVE.get(column.type, ())


def native(column: ColumnSpec, name: str, physical: str) -> str:
    """SQL that reads a typed cell; a number that is not exact at the places of its type cannot be read."""
    kind = SQL_TYPES[column.type]
    if column.type in ("decimal", "money"):
        exact = f"TRY_CAST({name} AS {kind})"
        return f"CASE WHEN {exact}::{physical if physical in ('DOUBLE', 'FLOAT') else 'DECIMAL(38,9)'} = {name} THEN {exact} END"
    if column.type in ("date", "datetime"):
        value = f"({name} AT TIME ZONE 'Asia/Shanghai')" if physical == "TIMESTAMP WITH TIME ZONE" else f"TRY_CAST({name} AS {kind})"
        return f"CASE WHEN {is_day(name)} THEN {value} END"
    return f"TRY_CAST({name} AS {kind})"
