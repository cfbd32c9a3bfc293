"""Pixel data of a dose as an integer array: native in either byte order, or RLE."""

from __future__ import annotations

import warnings
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from rtcheck.dicom.attributes import Attributes, tag_of
from rtcheck.dicom.elements import CUT_SHORT, Span
from rtcheck.dicom.part10 import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE
from rtcheck.errors import UnreadableFileError, UnsupportedDoseError

_NATIVE = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG})

#: What pydicom's decoder raises at damaged RLE segments.
_DECODER_ERRORS = (ValueError, RuntimeError, IndexError, KeyError, TypeError, EOFError, StopIteration, AttributeError)


def read_pixels(attributes: Attributes, transfer_syntax: str, shape: tuple[int, int, int]) -> NDArray[np.generic]:
    """Stored values of every frame.

    Parameters
    ----------
    attributes : Attributes
    transfer_syntax : str
    shape : tuple of int
        ``(frames, rows, columns)``.

    Returns
    -------
    ndarray, shape `shape`
        16 or 32-bit integers, C-contiguous, in file order; a view of the file's bytes where they are native.

    Raises
    ------
    UnreadableFileError
        Pixel data are absent, shorter or longer than `shape`, or damaged.
    UnsupportedDoseError
        The pixels are compressed otherwise than by RLE, or of a format that doses don't have.
    """
    dtype = _dtype(attributes)
    span = attributes.spans.get(tag_of("PixelData"))
    if span is None:
        attributes.missing("PixelData")
    expected = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if transfer_syntax in _NATIVE:
        pixels = _native(attributes, span, dtype, expected)
    elif transfer_syntax == RLE:
        pixels = _run_lengths(attributes, span, dtype, shape)
    else:
        raise UnsupportedDoseError(
            f"its pixels are compressed (transfer syntax {transfer_syntax})", attributes.name, "export it uncompressed"
        )
    if pixels.nbytes != expected:
        _wrong_length(attributes, pixels.nbytes, expected)
    pixels = pixels.reshape(shape)
    stored = attributes.unsigned("BitsStored") or 8 * dtype.itemsize
    if stored < 8 * dtype.itemsize and int(pixels.max()) >= 1 << stored:
        attributes.wrong("BitsStored", f"says {stored} bits, and values are larger")
    return pixels


def _dtype(attributes: Attributes) -> np.dtype[np.generic]:
    bits = attributes.unsigned("BitsAllocated")
    signed = attributes.unsigned("PixelRepresentation") or 0
    samples = attributes.unsigned("SamplesPerPixel")
    if bits not in (16, 32) or signed not in (0, 1) or samples not in (None, 1):
        raise UnsupportedDoseError(
            f"pixels of {bits} bits, {samples} samples and representation {signed} are no dose",
            attributes.name,
            "export it with 16 or 32-bit integers",
        )
    return np.dtype(f"{'i' if signed else 'u'}{bits // 8}")


def _native(attributes: Attributes, span: Span, dtype: np.dtype[np.generic], expected: int) -> NDArray[np.generic]:
    length = span.stop - span.start
    if length not in (expected, expected + expected % 2):
        _wrong_length(attributes, length, expected)
    if not attributes.stream.little_endian:
        if span.vr == b"OB":  # bytes aren't swapped, so that words of two or four have no defined order (PS3.5, 8.1.1)
            attributes.refuse("its big-endian pixels have VR OB", "export it little endian")
        dtype = dtype.newbyteorder(">")
    return np.frombuffer(attributes.stream.data, dtype, expected // dtype.itemsize, span.start)


def _run_lengths(
    attributes: Attributes, span: Span, dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> NDArray[np.generic]:
    frames, rows, columns = shape
    bits = 8 * dtype.itemsize
    options: dict[str, Any] = {
        "rows": rows,
        "columns": columns,
        "number_of_frames": frames,
        "samples_per_pixel": 1,
        "bits_allocated": bits,
        "bits_stored": bits,
        "photometric_interpretation": "MONOCHROME2",
        "pixel_representation": int(dtype.kind == "i"),
        "pixel_keyword": "PixelData",
    }
    fragments = attributes.stream.count_fragments(span)
    if fragments != frames:
        attributes.refuse(f"{fragments} RLE frames are there, and NumberOfFrames says {frames}", CUT_SHORT)
    encoded = attributes.stream.data[span.start : span.stop]
    try:
        with warnings.catch_warnings():
            # The length is checked here; what pydicom would like to say about padding adds nothing.
            warnings.simplefilter("ignore")
            array, _ = get_decoder(UID(RLE)).as_array(encoded, raw=True, **options)
    except _DECODER_ERRORS as error:
        raise UnreadableFileError(f"its RLE pixels can't be decoded ({error})", attributes.name, CUT_SHORT) from error
    return np.ascontiguousarray(array)


def _wrong_length(attributes: Attributes, length: int, expected: int) -> NoReturn:
    attributes.refuse(f"PixelData has {length} bytes, and rows x columns x frames x bytes make {expected}", CUT_SHORT)
