"""Typed values of a data set's elements, by DICOM keyword: absent and empty are None, nonsense is an error."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import NoReturn

import numpy as np
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import tag_for_keyword

from rtcheck.dicom.decimals import parse_decimals
from rtcheck.dicom.elements import Span, Spans, Stream
from rtcheck.errors import UnreadableFileError
from rtcheck.geometry import FloatArray
from rtcheck.printable import one_line

PADDING = b" \0"

#: Characters that end an escape's reach in a text (PS3.5 6.1.2.5.3): tab, LF, FF, CR; in names also ``^`` and ``=``.
_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D, 0x5E, 0x3D}

#: Escape sequences that switch character sets; pydicom 3.0 leaves that of ISO 2022 IR 58 (Chinese) in the text.
_ESCAPES = re.compile(r"\x1b\$?[()-]?[A-Z]")


@cache
def tag_of(keyword: str) -> int:
    """Tag of a DICOM keyword."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


class Attributes:
    """One data set: the file's own, or an item of a sequence.

    Parameters
    ----------
    stream : Stream
    spans : dict of int to Span
    encodings : sequence of str, optional
        Python encodings of the enclosing data set; None where no character set was declared.
    """

    __slots__ = ("encodings", "spans", "stream")

    def __init__(self, stream: Stream, spans: Spans, encodings: Sequence[str] | None = None) -> None:
        self.stream = stream
        self.spans = spans
        self.encodings = encodings
        declared = self.raw("SpecificCharacterSet").strip(PADDING)
        if declared:
            self.encodings = self._declared_encodings(declared)

    @property
    def name(self) -> str:
        """The file's name, for messages."""
        return self.stream.name

    def has(self, keyword: str) -> bool:
        """Whether the element is there, empty or not."""
        return tag_of(keyword) in self.spans

    def raw(self, keyword: str) -> bytes:
        """The value's bytes; empty where the element is absent."""
        span = self.spans.get(tag_of(keyword))
        return b"" if span is None else self.stream.data[span.start : span.stop]

    def text(self, keyword: str) -> str | None:
        """Text, without its padding, in whatever character set; on one line, since no name steers a terminal."""
        value = self.raw(keyword).strip(PADDING)
        return (one_line(self._decode(value)) or None) if value else None

    def code(self, keyword: str) -> str | None:
        """A code string: text in capitals."""
        text = self.text(keyword)
        return None if text is None else text.upper()

    def numbers(self, keyword: str) -> FloatArray:
        """Every component of a decimal or integer string, shape ``(n,)``; empty where absent."""
        try:
            values = parse_decimals(self.raw(keyword).strip(PADDING))
        except ValueError:
            self.wrong(keyword, "is no list of numbers")
        if not np.all(np.isfinite(values)):
            self.wrong(keyword, "holds a value that is not finite")
        return values

    def number(self, keyword: str) -> float | None:
        """A single decimal or integer string."""
        values = self.numbers(keyword)
        if len(values) > 1:
            self.wrong(keyword, "must be one number")
        return float(values[0]) if len(values) else None

    def integer(self, keyword: str) -> int | None:
        """A single integer string (VR IS)."""
        value = self.number(keyword)
        if value is None:
            return None
        if value != math.floor(value):
            self.wrong(keyword, "must be a whole number")
        return int(value)

    def unsigned(self, keyword: str) -> int | None:
        """A single binary integer (VR US)."""
        value = self.raw(keyword)
        if not value:
            return None
        if len(value) != 2:
            self.wrong(keyword, "must be one 16-bit integer")
        return int.from_bytes(value, "little" if self.stream.little_endian else "big")

    def items(self, keyword: str) -> list[Attributes]:
        """Items of a sequence; empty where absent."""
        return self.items_at(tag_of(keyword))

    def items_at(self, tag: int) -> list[Attributes]:
        """Items of a sequence, by tag."""
        span = self.spans.get(tag)
        if span is None:
            return []
        return [Attributes(self.stream, spans, self.encodings) for spans in self.stream.items(span)]

    def uids(self, sequence: str) -> tuple[str, ...]:
        """ReferencedSOPInstanceUID of every item of a sequence, each once."""
        found = (item.text("ReferencedSOPInstanceUID") for item in self.items(sequence))
        return tuple(dict.fromkeys(uid for uid in found if uid))

    def required(self, keyword: str) -> str:
        """Text that must not be missing."""
        text = self.text(keyword)
        return self.missing(keyword) if text is None else text

    def missing(self, keyword: str) -> NoReturn:
        """Refuse the file for want of an attribute."""
        raise UnreadableFileError(f"{keyword} is missing", self.name, "export it again, complete")

    def wrong(self, keyword: str, problem: str) -> NoReturn:
        """Refuse the file for an attribute's value."""
        value = self.raw(keyword)
        shown = ascii(value[:40].decode("latin-1")) + ("..." if len(value) > 40 else "")
        raise UnreadableFileError(f"{keyword} {problem}: {shown}", self.name, "export it again")

    def refuse(self, problem: str, mend: str) -> NoReturn:
        """Refuse the file."""
        raise UnreadableFileError(problem, self.name, mend)

    def only(self, keywords: Iterable[str]) -> Attributes:
        """The same attributes, those named and no others, in bytes of their own: lets go of the file's."""
        parts: list[bytes] = []
        spans: Spans = {}
        position = 0
        for tag in map(tag_of, keywords):
            span = self.spans.get(tag)
            if span is None:
                continue
            parts.append(self.stream.data[span.start : span.stop])
            end = position + span.stop - span.start
            spans[tag] = Span(position, end, span.implicit, span.vr)
            position = end
        stream = Stream(self.name, b"".join(parts), self.stream.little_endian, self.stream.notes)
        return Attributes(stream, spans, self.encodings)

    def _declared_encodings(self, declared: bytes) -> Sequence[str]:
        terms = [term.strip() for term in declared.decode("latin-1").split("\\")]
        with self._character_sets("character-set", "SpecificCharacterSet is not understood"):
            return convert_encodings(terms)

    def _decode(self, value: bytes) -> str:
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii")
        if self.encodings is None:
            return self._guess(value)
        with self._character_sets("text-encoding", "a text doesn't fit the character set declared"):
            return _ESCAPES.sub("", decode_bytes(value, self.encodings, _DELIMITERS))

    @contextmanager
    def _character_sets(self, code: str, remark: str) -> Iterator[None]:
        """What pydicom's codecs warn of becomes a note, what they raise a refusal; nothing else of pydicom warns."""
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
        except (LookupError, ValueError) as error:
            self.refuse(f"{remark} ({str(error)!a})", "export it with a character set of DICOM")
        if caught:
            self.stream.note(code, f"{remark}: {' '.join(str(caught[0].message).split())}")

    def _guess(self, value: bytes) -> str:
        # No character set declared means ASCII alone; UTF-8 shows by its form, Latin-1 can hold any byte.
        try:
            text, guess = value.decode("utf-8"), "UTF-8"
        except UnicodeDecodeError:
            text, guess = value.decode("latin-1"), "Latin-1"
        self.stream.note(
            "character-set-missing", f"SpecificCharacterSet is missing; non-ASCII text is read as {guess}: {text!r}"
        )
        return text
