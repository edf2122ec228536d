"""The footer of a Parquet file without what it states of the values: an engine that believes it passes over rows.

Least and greatest values, counts of blanks and distinct values, Bloom filters, page indexes and sort orders only serve
to read less. Who hands the file over can write anything there; without them every value is read. Where the columns and
pages lie, and of which types they are, stays byte for byte.

The footer is a Thrift structure in the compact protocol (https://parquet.apache.org/docs/file-format/metadata/).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

MAGIC = b"PAR1"
# Ten million rows in groups of 10,000 rows and 30 columns stay below this.
MAX_FOOTER = 16 * 1024**2
_MAX_DEPTH = 32
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_VARINTS = (4, 5, 6)
# Fields left out, by the path of fields that leads to their structure.
_FILE, _ROW_GROUP, _CHUNK, _COLUMN = (), (4,), (4, 1), (4, 1, 3)
_CLAIMS: Mapping[tuple[int, ...], frozenset[int]] = {
    _FILE: frozenset({7}),  # column_orders: how least and greatest values were compared
    _ROW_GROUP: frozenset({4}),  # sorting_columns
    _CHUNK: frozenset({4, 5, 6, 7}),  # offset_index and column_index: offset and length
    _COLUMN: frozenset({12, 13, 14, 15, 16, 17}),  # statistics of values, encodings, Bloom filter, sizes, geometry
}
_ON_THE_WAY: Mapping[tuple[int, ...], int] = {_ROW_GROUP: _LIST, _CHUNK: _LIST, _COLUMN: _STRUCT}


class NoFooter(ValueError):
    """The file does not end as a Parquet file does; the message says why."""


def strip_claims(path: Path) -> None:
    """Writes the footer of a file anew without what it states of the values. Raises NoFooter."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        if size < 12:
            raise NoFooter("the file is too short")
        file.seek(size - 8)
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != MAGIC:
            raise NoFooter("the file does not end with PAR1")
        if length > min(size - 12, MAX_FOOTER):
            raise NoFooter(f"its footer of {length} bytes is too long")
        start = size - 8 - length
        file.seek(start)
        footer = without_claims(file.read(length))
        file.seek(start)
        file.write(footer + len(footer).to_bytes(4, "little") + MAGIC)
        file.truncate()


def without_claims(footer: bytes) -> bytes:
    """The footer without the fields that state something of the values. Raises NoFooter where it is no such structure."""
    source = _Source(footer)
    try:
        result = source.structure(_FILE, 0)
    except IndexError:
        raise NoFooter("its footer is cut off") from None
    if source.at != len(footer):
        raise NoFooter("its footer goes on after its end")
    return result


class _Source:
    """A reading position in a footer."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise NoFooter("its footer holds a number that is too long")

    def pass_over(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise NoFooter("its footer is cut off")

    def structure(self, path: tuple[int, ...], depth: int) -> bytes:
        """A structure on the way to fields that are left out, written anew."""
        kept = bytearray()
        read = written = 0
        claims = _CLAIMS.get(path, frozenset())
        while True:
            head = self.data[self.at]
            self.at += 1
            if head == 0:
                return bytes(kept) + b"\0"
            kind, step = head & 0x0F, head >> 4
            before, read = read, read + step if step else _zigzag(self.varint())
            inner, start = (*path, read), self.at
            # Fields in their order, each once: otherwise another reader might take another one than this.
            if read <= before or kind != _ON_THE_WAY.get(inner, kind):
                raise NoFooter("its footer is of another form")
            if inner not in _ON_THE_WAY:
                self.skip(kind, depth + 1)
                value = self.data[start:self.at]
            else:
                value = self.structure(inner, depth + 1) if kind == _STRUCT else self._structures(inner, depth + 1)
            if read in claims:
                continue
            kept += _field(kind, read - written, read) + value
            written = read

    def _structures(self, path: tuple[int, ...], depth: int) -> bytes:
        """A list of structures on the way."""
        start = self.at
        kind, count = self._list_head()
        if kind != _STRUCT:
            raise NoFooter("its footer is of another form")
        head = self.data[start:self.at]
        return head + b"".join(self.structure(path, depth) for _ in range(count))

    def _list_head(self) -> tuple[int, int]:
        head = self.data[self.at]
        self.at += 1
        count = head >> 4
        return head & 0x0F, self.varint() if count == 0x0F else count

    def skip(self, kind: int, depth: int) -> None:
        """Passes over a value of a field."""
        if depth > _MAX_DEPTH:
            raise NoFooter("its footer is nested too deeply")
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self.pass_over(1)
        elif kind in _VARINTS:
            self.varint()
        elif kind == _DOUBLE:
            self.pass_over(8)
        elif kind == _BINARY:
            self.pass_over(self.varint())
        elif kind in (_LIST, _SET):
            element, count = self._list_head()
            for _ in range(count):
                self._skip_element(element, depth + 1)
        elif kind == _MAP:
            count = self.varint()
            kinds = self.data[self.at] if count else 0
            self.at += 1 if count else 0
            for _ in range(count):
                self._skip_element(kinds >> 4, depth + 1)
                self._skip_element(kinds & 0x0F, depth + 1)
        elif kind == _STRUCT:
            while head := self._field_head():
                self.skip(head & 0x0F, depth + 1)
        else:
            raise NoFooter("its footer is of another form")

    def _skip_element(self, kind: int, depth: int) -> None:
        """Passes over an element of a list: there a truth value is a byte of its own."""
        self.pass_over(1) if kind in (_TRUE, _FALSE) else self.skip(kind, depth)

    def _field_head(self) -> int:
        head = self.data[self.at]
        self.at += 1
        if head and not head >> 4:
            self.varint()
        return head


def _zigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _field(kind: int, step: int, number: int) -> bytes:
    """The head of a field: its kind, and its number as the step from the field before."""
    if step <= 15:
        return bytes([step << 4 | kind])
    folded, coded = number << 1, bytearray([kind])
    while folded > 0x7F:
        coded.append(folded & 0x7F | 0x80)
        folded >>= 7
    return bytes(coded) + bytes([folded])
