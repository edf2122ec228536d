"""Strict readers of text cells as SQL over a whole column: what cannot be read is NULL, never a guess."""

from __future__ import annotations

import unicodedata

from compliance.evidence.dictionary import CodeList, ColumnSpec, Dictionary

SQL_TYPES = {"text": "VARCHAR", "enum": "VARCHAR", "integer": "BIGINT", "decimal": "DECIMAL(18,6)",
             "money": "DECIMAL(18,2)", "date": "DATE", "datetime": "TIMESTAMP", "boolean": "BOOLEAN"}
# Full-width digits and signs as they come from Chinese input methods, and what they stand for.
_WIDE, _NARROW = "０１２３４５６７８９．－／：，＋　", "0123456789.-/:,+ "
_TRUE = ("true", "yes", "1", "是", "有", "已", "对", "√")
_FALSE = ("false", "no", "0", "否", "无", "未", "不", "×")
# From 1900 on: an earlier year, such as 0026, is a slip, and a day of it would be before every last day.
_DAY = r"((?:19|[2-9]\d)\d\d)(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
_CLOCK = r"(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)"
# What a plain cell begins and ends with: printable ASCII and Chinese characters.
_SIGN = "!-~\u4e00-\u9fff"
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


def cleaned(column: str) -> str:
    """The cell without outer blanks; a blank cell is NULL."""
    return f"nullif(trim({column}, ' \t\r\n\u3000\u00a0'), '')"


def is_plain(column: str) -> str:
    """Whether the cell is its own normal form: ASCII or Chinese characters without outer blanks."""
    # Sign by sign only where there are others than ASCII: a pattern costs three times as much.
    blank_ends = " OR ".join(f"suffix({column}, '{blank}')" for blank in " \t\r\n")
    return (f"CASE WHEN strlen({column}) = length({column}) THEN NOT ({column} < '!' OR {blank_ends})"
            f" ELSE regexp_full_match({column}, '[{_SIGN}]([ {_SIGN}]*[{_SIGN}])?') END")


def is_day(column: str) -> str:
    """Whether a typed day or moment is in a year that text can be read of as well; infinity is none."""
    return f"({column} >= DATE '1900-01-01' AND {column} < DATE '10000-01-01')"


def _narrow(text: str) -> str:
    return f"translate({text}, '{_WIDE}', '{_NARROW}')"


def _year_first(text: str, date_format: str) -> str:
    if date_format not in _DECLARED_FORMATS:
        return text
    pattern, replacement = _DECLARED_FORMATS[date_format]
    return f"regexp_replace({text}, '{pattern}', '{replacement}')"


def typed(column: ColumnSpec, text: str, dictionary: Dictionary, date_format: str = "YYYY-MM-DD") -> str:
    """SQL that reads the cleaned text of a cell as the type of its column."""
    match column.type:
        case "text":
            return f"CASE WHEN regexp_full_match({text}, '[ -~\u4e00-\u9fff]*') THEN {text}" \
                   f" ELSE nullif(trim(nfkc({text})), '') END"
        case "enum":
            return _code(text, dictionary.code_lists[column.enum or ""])
        case "boolean":
            return (f"CASE WHEN lower({text}) IN ({_list(_TRUE)}) THEN TRUE"
                    f" WHEN lower({text}) IN ({_list(_FALSE)}) THEN FALSE END")
        case "date":
            return _date(_year_first(_narrow(text), date_format))
        case "datetime":
            return _moment(_year_first(_narrow(text), date_format))
        case "integer":
            return _number(_narrow(text), "BIGINT", 0)
        case "money":
            return _number(_narrow(text), "DECIMAL(18,2)", 2)
        case _:
            return _number(_narrow(text), "DECIMAL(18,6)", 6)


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(text_literal(v) for v in values)


def _code(text: str, codes: CodeList) -> str:
    """A code by itself, its Chinese label or an alias; full-width and half-width signs are the same."""
    exact = "".join(f" WHEN {text} IN ({_list((c.code, c.zh, *c.aliases))}) THEN {text_literal(c.code)}" for c in codes.values)
    folded: dict[str, str] = {}
    for code in codes.values:
        for label in (code.code, code.zh, *code.aliases):
            folded.setdefault(unicodedata.normalize("NFKC", label), code.code)
    pairs = ", ".join(f"{text_literal(label)}: {text_literal(code)}" for label, code in folded.items())
    # One call only: a call that stands twice is hoisted out of the CASE by the engine and then made for every row.
    return f"CASE{exact} WHEN {text} IS NOT NULL THEN MAP {{{pairs}}}[nfkc({text})] END"


def _number(text: str, kind: str, places: int) -> str:
    """Digits with thousands separators in their places; further decimals only if they are zeros."""
    fraction = rf"(\.\d{{1,{places}}}0*)?" if places else r"(\.0+)?"
    form = rf"[-+]?(\d+|\d{{1,3}}(,\d{{3}})+){fraction}"
    bare = f"replace({text}, ',', '')"
    return f"CASE WHEN regexp_full_match({text}, '{form}') THEN TRY_CAST({bare} AS {kind}) END"


def _parts(text: str, pattern: str, count: int) -> list[str]:
    names = ", ".join(f"'g{i}'" for i in range(1, count + 1))
    return [f"regexp_extract({text}, '^{pattern}$', [{names}])['g{i}']" for i in range(1, count + 1)]


def _day_of(groups: list[str]) -> str:
    year, *pairs = groups
    month = "concat(" + ", ".join(pairs[0::2]) + ")"
    day = "concat(" + ", ".join(pairs[1::2]) + ")"
    return f"TRY_CAST({year} || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0') AS DATE)"


def _date(text: str) -> str:
    """Year first, so that nothing is ambiguous; a time of midnight after it is a day all the same."""
    pattern = _DAY + r"(?:[ T]00:00(?::00)?)?"
    return f"CASE WHEN regexp_full_match({text}, '{pattern}') THEN {_day_of(_parts(text, pattern, 9))} END"


def _moment(text: str) -> str:
    """A moment to the minute or second; a bare day is marked by its first microsecond; 24:00 is the next day's 00:00."""
    groups = _parts(text, _DAY + _CLOCK + "?", 12)
    day = _day_of(groups[:9])
    hour, minute, second = groups[9:]
    clock = (f"CASE WHEN {hour} = '' THEN to_microseconds(1)"
             f" WHEN {hour}::INT < 24 AND {minute}::INT < 60 AND coalesce(nullif({second}, '')::INT, 0) < 60"
             f" THEN to_hours({hour}::INT) + to_minutes({minute}::INT) + to_seconds(coalesce(nullif({second}, '')::INT, 0))"
             f" WHEN {hour} = '24' AND {minute}::INT = 0 AND coalesce(nullif({second}, '')::INT, 0) = 0 THEN to_hours(24) END")
    return f"CASE WHEN regexp_full_match({text}, '{_DAY}{_CLOCK}?') THEN {day}::TIMESTAMP + ({clock}) END"


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
