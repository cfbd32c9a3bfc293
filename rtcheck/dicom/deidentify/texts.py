"""Texts of DICOM files: decoded as declared or as best they can be, and folded so that spellings of a name agree."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence

from pydicom.charset import convert_encodings, decode_bytes, encode_string

from rtcheck.dicom.attributes import PADDING
from rtcheck.dicom.elements import Span, Spans, Stream

#: Where an escape's reach ends in a text (PS3.5, 6.1.2.5.3); in names also ``^`` and ``=``.
_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D, 0x5E, 0x3D}
_ESCAPE = b"\x1b"
#: Letters that Unicode doesn't take apart.
_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"})
#: Signs that no eye sees: marks on letters, and what steers the flow of a text.
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_CHARACTER_SET = 0x00080005
#: Encodings that files use without declaring them, or against what they declare.
_LIKELY = (
    *("utf-8", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "latin-1", "iso8859-2", "iso8859-5", "iso8859-7"),
    *("iso8859-9", "cp1251", "koi8-r", "utf-16-le", "utf-16-be"),
)
_SHIFTING = ("iso2022_jp_2", "iso2022_kr", "hz")
#: Bytes that switch character sets; between two of them a word is looked for.
_SWITCH = re.compile(rb"\x1b\$?[()\-.]?[0-9A-Z]|[\x0e\x0f]|~[{}]")

Encodings = Sequence[str] | None


def encodings_of(stream: Stream, spans: Spans, inherited: Encodings) -> Encodings:
    """The encodings of a data set; None where neither it nor what it stands in declares any."""
    declared = raw(stream, spans.get(_CHARACTER_SET)).strip(PADDING)
    if not declared:
        return inherited
    terms = [term.strip() for term in declared.decode("latin-1").split("\\")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what isn't understood the reader tells
            return convert_encodings(terms)
    except (LookupError, ValueError):
        return None


def raw(stream: Stream, span: Span | None) -> bytes:
    """An element's bytes; none for an absent one."""
    return b"" if span is None else stream.data[span.start : span.stop]


def decoded(value: bytes, encodings: Encodings) -> str:
    """A text; bytes that fit no encoding become letters of Latin-1, one by one."""
    text = well_decoded(value, encodings)
    return value.decode("latin-1") if text is None else text


def well_decoded(value: bytes, encodings: Encodings) -> str | None:
    """A text as declared, or in UTF-8 where nothing is; None for bytes that don't fit."""
    if value.isascii() and _ESCAPE not in value:
        return value.decode("ascii")
    try:
        if encodings is None:
            return value.decode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return decode_bytes(value, encodings, _DELIMITERS)
    except (LookupError, ValueError, Warning):
        return None


def encoded(text: str, encodings: Encodings) -> bytes:
    """A text in the first of the encodings that has its letters; others become question marks."""
    if text.isascii():
        return text.encode("ascii")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return encode_string(text, encodings or ["utf-8"])
    except (LookupError, ValueError, Warning):
        return text.encode("ascii", "replace")


def folded(text: str) -> tuple[str, list[int]]:
    """A text without case, marks, width and unseen signs, and where each of its letters stood before.

    Examples
    --------
    >>> folded("MÜLLER")
    ('muller', [0, 1, 2, 3, 4, 5])
    """
    letters: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        for letter in _folded(sign):
            letters.append(letter)
            places.append(place)
    return "".join(letters), places


def _folded(sign: str) -> str:
    if sign.isascii():
        return sign.lower()
    plain = unicodedata.normalize("NFKD", sign).casefold().translate(_LETTERS)
    return "".join(one for one in plain if unicodedata.category(one) not in _UNSEEN)


def spellings(word: str) -> Iterator[str]:
    """A folded word, and as systems without umlauts write it: ``muller``, ``mueller``."""
    plain, _ = folded(word)
    yield plain
    yield folded(re.sub("[äöüøåÄÖÜØÅ]", lambda one: _WITHOUT_UMLAUT[one.group().lower()], word))[0]
    if word.isascii():
        yield re.sub("ae|oe|ue", lambda one: one.group()[0], plain)


_WITHOUT_UMLAUT = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}


def byte_forms(word: str) -> Iterator[bytes]:
    """A word as bytes in every encoding that a file may have used for it, declared or not."""
    for form in dict.fromkeys((word, word.upper(), word.lower(), word.title())):
        for encoding in _LIKELY:
            try:
                yield form.encode(encoding)
            except UnicodeEncodeError:
                continue
        for encoding in _SHIFTING:
            try:
                yield from (part for part in _SWITCH.split(form.encode(encoding)) if part)
            except UnicodeEncodeError:
                continue
