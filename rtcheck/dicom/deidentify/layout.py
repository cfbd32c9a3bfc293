"""Elements as bytes (PS3.5, 7.1; PS3.10, 7.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from rtcheck.dicom.elements import ITEM, LONG_VRS, SEQUENCE_END, UNDEFINED


@dataclass(frozen=True)
class Layout:
    """How elements are written.

    Attributes
    ----------
    little_endian : bool
    """

    little_endian: bool = True

    def element(self, tag: int, vr: bytes, value: bytes, padding: bytes = b" ") -> bytes:
        """One element of defined length; without a VR it is an implicit one."""
        value += padding * (len(value) % 2)
        return self._header(tag, vr, len(value)) + value

    def open_element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        """One element of undefined length, with its delimiter: encapsulated pixels, and sequences of VR UN."""
        return self._header(tag, vr, UNDEFINED) + value + self._header(SEQUENCE_END, b"", 0)

    def item(self, content: bytes) -> bytes:
        """An item of a sequence."""
        return self._header(ITEM, b"", len(content)) + content

    def _header(self, tag: int, vr: bytes, length: int) -> bytes:
        order = "<" if self.little_endian else ">"
        head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        if not vr:
            return head + struct.pack(f"{order}L", length)
        if vr in LONG_VRS:
            return head + vr + b"\0\0" + struct.pack(f"{order}L", length)
        return head + vr + struct.pack(f"{order}H", length)
