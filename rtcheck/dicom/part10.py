"""From a file's bytes to its data set: preamble, file meta information and transfer syntax.

References
----------
.. [1] DICOM PS3.10, section 7 (file format); PS3.5, annex A (transfer syntaxes).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from rtcheck.dicom.attributes import Attributes
from rtcheck.dicom.elements import CUT_SHORT, Stream, starts_explicit
from rtcheck.errors import UnreadableFileError

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"

#: Largest data set that a deflated file may unpack to.
MAX_INFLATED_BYTES = 4 << 30

PREAMBLE = 128
HEAD_BYTES = PREAMBLE + 12


@dataclass(frozen=True, eq=False)
class OpenFile:
    """One DICOM file: its attributes, and the transfer syntax that its pixels are in."""

    attributes: Attributes
    transfer_syntax: str


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file that begins with these bytes is DICOM, with or without preamble and file meta information."""
    if head[PREAMBLE : PREAMBLE + 4] == b"DICM":
        return True
    if head[:2] == b"\x02\x00":
        return starts_explicit(head, 0)
    if head[:2] == b"\x08\x00":
        return head[3:4] in (b"\0", b"\1")  # (0008,00xx): the identification that every data set begins with
    return head[:3] == b"\x00\x08\x00" and starts_explicit(head, 0)


def open_file(name: str, data: bytes) -> OpenFile:
    """Read a file's structure.

    Parameters
    ----------
    name : str
    data : bytes
        The whole file.

    Returns
    -------
    OpenFile

    Raises
    ------
    UnreadableFileError
        The bytes are not DICOM, or end before the data set does.
    """
    if not looks_like_dicom(data[:HEAD_BYTES]):
        raise UnreadableFileError("it is not a DICOM file", name, "leave it out, or give the DICOM export")
    stream = Stream(name, data, little_endian=True)
    start, syntax = _file_meta(stream)
    if syntax is None:
        syntax = _guess_syntax(data, start)
        stream.note("no-file-meta", f"no file meta information; {_SYNTAX_NAMES[syntax]} is assumed from the data")
    if syntax == DEFLATED:
        stream = Stream(name, _inflate(name, data[start:]), little_endian=True, notes=stream.notes)
        start = 0
    elif syntax == EXPLICIT_BIG:
        stream = Stream(name, data, little_endian=False, notes=stream.notes)
    implicit = not starts_explicit(stream.data, start)
    if implicit != (syntax == IMPLICIT_LITTLE) and start < len(stream.data):
        stream.note("transfer-syntax", "the file's VR encoding is not the one that its file meta information names")
    spans, _ = stream.scan(start, len(stream.data), implicit)
    if not spans:
        stream.broken("it holds no data set")
    return OpenFile(Attributes(stream, spans), syntax)


_SYNTAX_NAMES = {
    IMPLICIT_LITTLE: "Implicit VR Little Endian",
    EXPLICIT_LITTLE: "Explicit VR Little Endian",
    EXPLICIT_BIG: "Explicit VR Big Endian",
}


def _file_meta(stream: Stream) -> tuple[int, str | None]:
    """Where the data set begins, and its transfer syntax where stated."""
    start = PREAMBLE + 4 if stream.data[PREAMBLE : PREAMBLE + 4] == b"DICM" else 0
    implicit = not starts_explicit(stream.data, start)
    spans, end = stream.scan(start, len(stream.data), implicit, group=0x0002)
    return end, Attributes(stream, spans).text("TransferSyntaxUID")


def _guess_syntax(data: bytes, start: int) -> str:
    if not starts_explicit(data, start):
        return IMPLICIT_LITTLE
    return EXPLICIT_BIG if data[start : start + 1] == b"\0" else EXPLICIT_LITTLE


def _inflate(name: str, data: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = inflater.decompress(data, MAX_INFLATED_BYTES)
    except zlib.error as error:
        raise UnreadableFileError(f"its deflated data set is damaged ({error})", name, CUT_SHORT) from error
    if inflater.unconsumed_tail:
        raise UnreadableFileError(
            f"it unpacks to more than {MAX_INFLATED_BYTES} bytes", name, "give the file uncompressed"
        )
    if not inflater.eof:
        raise UnreadableFileError("its deflated data set ends early", name, CUT_SHORT)
    return unpacked
