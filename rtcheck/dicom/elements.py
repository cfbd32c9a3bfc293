"""The bytes of a DICOM data set as a table of elements, every length checked against what is there.

pydicom reads a file that was cut short as a shorter file, without a word. A dose that lost its last frames or a plan
that lost a phase must be refused, so the element stream is walked here, strictly: it has to end exactly where the
bytes end, at every level that is looked at. Nothing is decoded; a value is a span of the file's bytes.

References
----------
.. [1] DICOM PS3.5, section 7.1 (data elements), 7.5 (nesting), 6.2.2 (unknown VR) and A.4 (encapsulated pixels).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from rtcheck.errors import UnreadableFileError
from rtcheck.study import Note

ITEM = 0xFFFEE000
ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF

#: Deepest nesting of sequences; real RT objects need five.
MAX_DEPTH = 32

#: Explicit VRs with a four-byte length; every other has two bytes (PS3.5 table 7.1-1).
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())

CUT_SHORT = "copy or export it again: it was cut short or damaged"


class Span(NamedTuple):
    """Where an element's value lies; `implicit` is how the items inside it are encoded."""

    start: int
    stop: int
    implicit: bool
    vr: bytes


Spans = dict[int, Span]


def is_vr(code: bytes) -> bool:
    """Whether two bytes can be an explicit VR: two capital letters."""
    return len(code) == 2 and 0x41 <= code[0] <= 0x5A and 0x41 <= code[1] <= 0x5A


def starts_explicit(data: bytes, position: int) -> bool:
    """Whether the element at a position carries an explicit VR."""
    return is_vr(data[position + 4 : position + 6])


class Stream:
    """One file's bytes, their byte order, and what there is to say about them.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    data : bytes
    little_endian : bool
    notes : list of Note
        Remarks are added here while values are read, each code once.
    """

    __slots__ = ("data", "little_endian", "name", "notes", "unpack_long", "unpack_short", "unpack_tag_length")

    def __init__(self, name: str, data: bytes, little_endian: bool, notes: list[Note] | None = None) -> None:
        order = "<" if little_endian else ">"
        self.name = name
        self.data = data
        self.little_endian = little_endian
        self.notes: list[Note] = [] if notes is None else notes
        self.unpack_tag_length = struct.Struct(order + "HHL").unpack_from
        self.unpack_short = struct.Struct(order + "H").unpack_from
        self.unpack_long = struct.Struct(order + "L").unpack_from

    def note(self, code: str, message: str) -> None:
        """Add a remark, once per code."""
        if all(note.code != code for note in self.notes):
            self.notes.append(Note(code, self.name, message))

    def broken(self, problem: str) -> NoReturn:
        """Refuse the file."""
        raise UnreadableFileError(problem, self.name, CUT_SHORT)

    def scan(self, start: int, stop: int, implicit: bool, group: int | None = None) -> tuple[Spans, int]:
        """Elements of the data set that fills ``data[start:stop]``.

        Parameters
        ----------
        start, stop : int
        implicit : bool
            The encoding expected; items written implicitly in an explicit file are recognised.
        group : int, optional
            Stop before the first element of another group (file meta information).

        Returns
        -------
        spans : dict of int to Span
        end : int
            Position after the last element; `stop` unless `group` was given or the file is padded with NULs.
        """
        return self._scan(start, stop, implicit, group=group, delimited=False, depth=0)

    def items(self, span: Span) -> Iterator[Spans]:
        """Data sets of a sequence's items."""
        position = span.start
        while position < span.stop:
            tag, length = self._item_header(position, span.stop)
            if tag != ITEM:
                self.broken(f"an item of a sequence is expected at byte {position}, and something else is there")
            position += 8
            end = span.stop if length == UNDEFINED else position + length
            if end > span.stop:
                self.broken(f"the sequence item at byte {position - 8} reaches beyond its sequence")
            spans, position = self._scan(
                position, end, span.implicit, group=None, delimited=length == UNDEFINED, depth=1
            )
            yield spans

    def count_fragments(self, span: Span) -> int:
        """Number of fragments of encapsulated pixel data, without the offset table that comes first (PS3.5 A.4)."""
        position, count = span.start, -1
        while position < span.stop:
            _, length = self._item_header(position, span.stop)
            position += 8 + length
            count += 1
        return count

    def _item_header(self, position: int, stop: int) -> tuple[int, int]:
        if position + 8 > stop:
            self.broken("it ends in the middle of a sequence")
        high, low, length = self.unpack_tag_length(self.data, position)
        return high << 16 | low, length

    def _scan(
        self, start: int, stop: int, implicit: bool, *, group: int | None, delimited: bool, depth: int
    ) -> tuple[Spans, int]:
        # Writers may encode a sequence's items implicitly in an explicit file (PS3.5 6.2.2): the first element tells.
        implicit = implicit or (depth > 0 and not starts_explicit(self.data, start))
        spans: Spans = {}
        position = start
        while position < stop:
            if position + 8 > stop or (self.data[position : position + 2] == b"\0\0" and spans):
                self._end(position, stop, depth)
                break
            tag, vr, length, value = self._element_header(position, stop, implicit)
            if group is not None and tag >> 16 != group:
                return spans, position
            if tag >> 16 == 0xFFFE:
                if tag == ITEM_END and delimited:
                    return spans, value
                self.broken(f"a sequence delimiter stands at byte {position}, where no sequence is open")
            if tag in spans and not tag >> 16 & 1:
                self.broken(f"element {tag_text(tag)} stands twice in one data set")
            if length == UNDEFINED:
                end, position = self._skip_items(value, stop, not vr, depth + 1, tag)
            else:
                end = position = value + length
                if end > stop:
                    self.broken(f"element {tag_text(tag)} says {length} bytes and {max(stop - value, 0)} are left")
            spans[tag] = Span(value, end, not vr, vr)
        if delimited:
            self.broken("it ends inside an item of a sequence")
        return spans, position

    def _element_header(self, position: int, stop: int, implicit: bool) -> tuple[int, bytes, int, int]:
        """Tag, VR (empty where implicit), length and position of the value of the element at a position."""
        high, low, length = self.unpack_tag_length(self.data, position)
        tag = high << 16 | low
        vr = self.data[position + 4 : position + 6]
        # Delimiters have no VR; a single element without one in an explicit data set is read as implicit, as pydicom
        # does: its length is checked like any other.
        if implicit or not is_vr(vr):
            return tag, b"", length, position + 8
        if vr not in LONG_VRS:
            return tag, vr, self.unpack_short(self.data, position + 6)[0], position + 8
        if position + 12 > stop:
            self.broken(f"it ends in the middle of element {tag_text(tag)}")
        return tag, vr, self.unpack_long(self.data, position + 8)[0], position + 12

    def _end(self, position: int, stop: int, depth: int) -> None:
        # Some archives pad files with NULs to a block; anything else after the last element is the rest of one.
        if depth or self.data[position:stop].strip(b"\0"):
            self.broken(f"bytes {position} to {stop} are no data element")
        self.note("trailing-padding", f"{stop - position} NUL bytes after the last element are ignored")

    def _skip_items(self, position: int, stop: int, implicit: bool, depth: int, tag: int) -> tuple[int, int]:
        """End of a value of undefined length, without and with its delimiter."""
        if depth > MAX_DEPTH:
            self.broken(f"sequences are nested more than {MAX_DEPTH} deep")
        while True:
            if position + 8 > stop:
                self.broken(f"it ends inside element {tag_text(tag)}, whose delimiter is missing")
            item, length = self._item_header(position, stop)
            if item == SEQUENCE_END:
                return position, position + 8
            if item != ITEM:
                self.broken(f"element {tag_text(tag)} holds something that is no item, at byte {position}")
            position += 8
            if length == UNDEFINED:
                _, position = self._scan(position, stop, implicit, group=None, delimited=True, depth=depth)
            elif position + length > stop:
                self.broken(f"element {tag_text(tag)} says {length} bytes and {stop - position} are left")
            else:
                position += length


def tag_text(tag: int) -> str:
    """A tag as DICOM writes it, e.g. ``(7FE0,0010)``."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
