"""A last look at a copy, by another reader than the one that wrote it: what still says who the patient is?"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator

import pydicom
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from rtcheck.dicom.deidentify.actions import Action, action_of
from rtcheck.dicom.deidentify.screen import Screen

#: Bytes and numbers: not read as texts.
_NO_TEXTS = frozenset(
    ("OB", "OW", "OF", "OD", "OL", "OV", "US", "SS", "UL", "SL", "FD", "FL", "SV", "UV", "AT", "UI", "DA", "DT", "TM")
)
_NUMBERS = ("DS", "IS")
#: Longer lists of numbers are contours and curves.
_LONGEST_NUMBER = 64


def remains(content: bytes, screen: Screen) -> Iterator[str]:
    """Names of the elements of a copy that shouldn't be there, or whose text says who the patient is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # odd values are as odd as in the original
        dataset = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
        yield from _in(dataset, screen)


def _in(dataset: Dataset, screen: Screen) -> Iterator[str]:
    for tag in sorted(dataset.keys()):
        stored = dataset.get_item(tag)
        if action_of(int(tag)) is Action.REMOVE and int(tag) != _METHOD:
            yield str(tag)
        elif (vr := _vr(stored)) == "SQ":
            for item in dataset[tag].value:
                yield from _in(item, screen)
        elif vr in _NUMBERS:
            text = stored.value if isinstance(stored, RawDataElement) else b""
            if text and len(text) <= _LONGEST_NUMBER and screen.is_number(text.decode("latin-1")):
                yield dataset[tag].keyword
        elif vr not in _NO_TEXTS and any(map(_holds(vr, screen), _texts(dataset[tag].value))):
            yield dataset[tag].keyword or str(tag)


def _holds(vr: str, screen: Screen) -> Callable[[str], bool]:
    return (lambda text: screen.clean_term(text) != text) if vr == "CS" else screen.holds


#: DeidentificationMethodCodeSequence: ours, and no other is kept.
_METHOD = 0x00120064


def _vr(stored: DataElement | RawDataElement | None) -> str:
    """The VR by dictionary or file; reading an element of numbers as a list would take long for contours."""
    vr = getattr(stored, "VR", None)
    if vr in (None, "UN") and stored is not None:
        return pydicom.datadict.dictionary_VR(stored.tag)
    return str(vr)


def _texts(value: object) -> list[str]:
    several = value if isinstance(value, list | tuple | pydicom.multival.MultiValue) else [value]
    return [str(one) for one in several if one is not None]
