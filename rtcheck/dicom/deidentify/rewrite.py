"""A data set written anew, element by element: a value is its old bytes, kept for a reason, or a new one.

What isn't understood isn't copied. A number must be a number by its bytes, a text is decoded and cleaned, an element
whose VR isn't the one that DICOM gives it is dropped. Contours and pixels are copied byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from pydicom.datadict import keyword_for_tag

from rtcheck.dicom.attributes import PADDING
from rtcheck.dicom.deidentify.actions import TEXTS, Action, action_of, vr_of
from rtcheck.dicom.deidentify.layout import Layout
from rtcheck.dicom.deidentify.pseudonyms import Pseudonyms
from rtcheck.dicom.deidentify.screen import Screen
from rtcheck.dicom.deidentify.texts import Encodings, decoded, encoded, encodings_of, raw
from rtcheck.dicom.elements import Span, Spans, Stream
from rtcheck.errors import UnreadableFileError

_PIXELS = frozenset({"PixelData", "FloatPixelData", "DoubleFloatPixelData"})
_STRINGS = frozenset({*TEXTS, "AE", "AS", "DA", "DS", "DT", "IS", "PN", "TM", "UI", "UR"})
#: Signs that numbers as texts are made of (PS3.5, table 6.2-1).
_OF_NUMBERS = b"0123456789+-.eE \\\0"
_TIME = re.compile(rb"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?")
_DATE = re.compile(r"(\d{4})(\.?)(\d\d)\2(\d\d)")
_DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)((?:\d\d){0,3}(?:\.\d{1,6})?(?:[+-]\d{4})?)")
_UNDEFINED_LENGTH = b"\xff\xff\xff\xff"
_DUMMY = b"ANONYMISED"
_DUMMIES = {"DS": b"0", "IS": b"0", "AS": b"", "TM": b""}

#: Elements that are written anew at the top of a data set: VR and value.
Added = Mapping[int, tuple[bytes, bytes]]


@dataclass(frozen=True)
class Rewriter:
    """Writes one file's data set anew.

    Attributes
    ----------
    stream : Stream
        The file's bytes.
    pseudonyms : Pseudonyms
    screen : Screen
    """

    stream: Stream
    pseudonyms: Pseudonyms
    screen: Screen

    def data_set(self, spans: Spans, added: Added) -> bytes:
        """The bytes of a file's data set, with elements added or replaced."""
        implicit = all(not span.vr for span in spans.values())
        encodings = encodings_of(self.stream, spans, None)
        parts = {tag: self._element(tag, span, encodings) for tag, span in spans.items() if tag not in added}
        parts |= {tag: self._written(tag, b"" if implicit else vr, value) for tag, (vr, value) in added.items()}
        return b"".join(parts[tag] for tag in sorted(parts))

    def _item(self, spans: Spans, inherited: Encodings) -> bytes:
        encodings = encodings_of(self.stream, spans, inherited)
        content = b"".join(self._element(tag, span, encodings) for tag, span in spans.items())
        return self._layout.item(content)

    def _element(self, tag: int, span: Span, encodings: Encodings) -> bytes:
        """An element as it stands in the copy; nothing for one that is removed."""
        action = action_of(tag)
        if action is Action.REMOVE or not _fits(span.vr, vr_of(tag)):
            return b""
        if vr_of(tag) == "SQ":
            return self._sequence(tag, span, encodings, action)
        value = raw(self.stream, span)
        if keyword_for_tag(tag) in _PIXELS:
            return self._pixels(tag, span, value)
        return self._written(tag, span.vr, self._value(tag, action, value, encodings))

    def _sequence(self, tag: int, span: Span, encodings: Encodings, action: Action) -> bytes:
        kept = action in (Action.KEEP, Action.UID)
        content = b"".join(self._item(item, encodings) for item in self.stream.items(span)) if kept else b""
        if span.vr != b"UN":
            return self._written(tag, span.vr, content)
        # A sequence that a system didn't know is one of undefined length, implicit inside (PS3.5, 6.2.2).
        return self._layout.open_element(tag, span.vr, content)

    def _pixels(self, tag: int, span: Span, value: bytes) -> bytes:
        self._check_bytes(tag, value)
        if self.stream.data[max(span.start - 4, 0) : span.start] == _UNDEFINED_LENGTH:
            return self._layout.open_element(tag, span.vr, value)
        return self._written(tag, span.vr, value)

    def _value(self, tag: int, action: Action, value: bytes, encodings: Encodings) -> bytes:
        vr = vr_of(tag)
        plain = value.strip(PADDING)
        if action is Action.EMPTY or not plain:
            return value if action is Action.KEEP else b""
        if action is Action.UID:
            return b"\\".join(self._uid(one) for one in plain.split(b"\\"))
        if action is Action.SHIFT:
            return b"\\".join(self._shifted(one, vr) for one in plain.split(b"\\"))
        if action is Action.CLEAN:
            return self._cleaned(value, encodings, self.screen.clean_term if vr == "CS" else self.screen.clean)
        if action is Action.MACHINE:
            return self.pseudonyms.machine(decoded(plain, encodings).strip()).encode()
        if action is Action.DUMMY:
            return _DUMMIES.get(vr, _DUMMY) if vr in _STRINGS else b""
        return self._kept(tag, vr, value)

    def _kept(self, tag: int, vr: str, value: bytes) -> bytes:
        """A number or a time whose bytes are those of one, and hide no text; other bytes as they are."""
        if vr in ("DS", "IS") and value.translate(None, _OF_NUMBERS):
            problem = f"{keyword_for_tag(tag)} holds something that is no number"
            raise UnreadableFileError(problem, self.stream.name, "leave it out, or export it again")
        if vr not in _STRINGS:
            self._check_bytes(tag, value)
        if vr == "TM" and not all(_TIME.fullmatch(one.strip(PADDING)) for one in value.split(b"\\")):
            return b""
        return value

    def _check_bytes(self, tag: int, value: bytes) -> None:
        if self.screen.stands_in(value):
            problem = f"a name or an ID stands among the bytes of {keyword_for_tag(tag)}"
            raise UnreadableFileError(problem, self.stream.name, "leave it out")

    def _uid(self, value: bytes) -> bytes:
        text = value.strip(PADDING).decode("latin-1")
        return self.pseudonyms.uid(text).encode("ascii") if text else b""

    def _cleaned(self, value: bytes, encodings: Encodings, clean: Callable[[str], str]) -> bytes:
        text = decoded(value, encodings)
        cleaned = "\\".join(_without_blanks(one, clean) for one in text.split("\\"))
        return self.screen.clean_bytes(value if cleaned == text else encoded(cleaned, encodings))

    def _shifted(self, value: bytes, vr: str) -> bytes:
        """A DA or DT moved; what is no day is taken away."""
        match = (_DATE if vr == "DA" else _DATE_TIME).fullmatch(value.strip(PADDING).decode("latin-1"))
        if match is None:
            return b""
        year, month, day = (match[1], match[3], match[4]) if vr == "DA" else (match[1], match[2], match[3])
        try:
            moved = self.pseudonyms.day(date(int(year), int(month), int(day)))
        except (ValueError, OverflowError):
            return b""
        # `strftime` pads no years with zeros on every system.
        return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}{match[4] if vr == 'DT' else ''}".encode()

    def _written(self, tag: int, vr: bytes, value: bytes) -> bytes:
        return self._layout.element(tag, vr, value, b" " if vr_of(tag) in _STRINGS - {"UI"} else b"\0")

    @property
    def _layout(self) -> Layout:
        return Layout(self.stream.little_endian)


def _without_blanks(text: str, clean: Callable[[str], str]) -> str:
    """A cleaned text; the blanks around one aren't a part of a label, and stay where nothing is changed."""
    label = text.strip(" \0")
    cleaned = clean(label)
    return text if cleaned == label else cleaned


def _fits(written: bytes, vr: str) -> bool:
    """Whether the VR that a file gives an element is one that its tag may have."""
    if written in (b"", b"UN"):
        return True
    given = written.decode("latin-1")
    return given in vr.split(" or ") or (given in _STRINGS and vr in _STRINGS)
