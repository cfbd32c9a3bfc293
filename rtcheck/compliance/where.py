"""Which lesions a rule is about, and which organ or system a lesion belongs to: by what was declared of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from rtcheck.nomenclature import normalised
from rtcheck.rules import Where
from rtcheck.sheet import DeclaredLesion, LesionKind

#: Words of an organ that are a vertebra, or another bone.
_VERTEBRA = frozenset(["vertebra", "vertebrae", "vertebral", "spine", "spinal"])
_BONE = _VERTEBRA | frozenset(
    [
        "bone",
        "bones",
        "bony",
        "osseous",
        "skeleton",
        "rib",
        "ribs",
        "sternum",
        "femur",
        "humerus",
        "skull",
        "sacrum",
        "clavicle",
        "scapula",
        "ilium",
    ]
)
#: Organs by their words, singular. A lesion of one of these isn't in bone.
_ORGANS: Mapping[str, str] = MappingProxyType(
    {
        "liver": "liver",
        "lung": "lung",
        "lungs": "lung",
        "pulmonary": "lung",
        "adrenal": "adrenal",
        "adrenals": "adrenal",
        "node": "lymph nodes",
        "nodes": "lymph nodes",
        "nodal": "lymph nodes",
        "brain": "brain",
        "kidney": "kidney",
        "kidneys": "kidney",
        "spleen": "spleen",
        "pancreas": "pancreas",
        "stomach": "stomach",
        "peritoneum": "peritoneum",
        "peritoneal": "peritoneum",
        "pleura": "pleura",
        "pleural": "pleura",
    }
)
#: Organs whose lesions count as mobile unless somebody declared otherwise.
_MOBILE_ORGANS = frozenset({"lung", "adrenal"})
_WORD = re.compile(r"[^\W\d_]+")


def organ_of(lesion: DeclaredLesion) -> str:
    """The organ or system that a lesion counts for.

    Lymph nodes are one system and bones another; both sides of a paired organ are one organ. An organ that isn't known
    here is taken as it is declared.
    """
    if lesion.kind is LesionKind.LYMPH_NODE:
        return "lymph nodes"
    if lesion.bone or lesion.vertebra:
        return "bone"
    words = _words(lesion)
    if lesion.bone is None and _BONE & set(words):
        return "bone"
    known = [_ORGANS[word] for word in words if word in _ORGANS]
    return known[0] if known else normalised(lesion.organ)


def concerned(where: Where, lesion: DeclaredLesion) -> bool | None:
    """Whether a rule about some lesions is about this one; None where what decides isn't declared.

    What is declared counts. Where it isn't, the organ may tell: a liver lesion isn't in bone, one in a vertebra is, and
    lesions in lung or adrenal count as mobile.
    """
    return _CONCERNED[where](lesion)


def _in_bone(lesion: DeclaredLesion) -> bool | None:
    if lesion.vertebra:
        return True
    if lesion.bone is not None:
        return lesion.bone
    if lesion.kind in (LesionKind.LYMPH_NODE, LesionKind.THROMBUS):
        return False
    if _BONE & set(_words(lesion)):
        return True
    return False if _known_organ(lesion) else None


def _in_soft_tissue(lesion: DeclaredLesion) -> bool | None:
    bone = _in_bone(lesion)
    return None if bone is None else not bone


def _in_vertebra(lesion: DeclaredLesion) -> bool | None:
    if lesion.vertebra is not None:
        return lesion.vertebra
    if _in_bone(lesion) is False:
        return False
    return True if _VERTEBRA & set(_words(lesion)) else None


def _is_mobile(lesion: DeclaredLesion) -> bool | None:
    if lesion.mobile is not None:
        return lesion.mobile
    return True if _known_organ(lesion) in _MOBILE_ORGANS else None


def _known_organ(lesion: DeclaredLesion) -> str:
    return next((_ORGANS[word] for word in _words(lesion) if word in _ORGANS), "")


def _words(lesion: DeclaredLesion) -> list[str]:
    return _WORD.findall(lesion.organ.casefold())


_CONCERNED: Mapping[Where, Callable[[DeclaredLesion], bool | None]] = MappingProxyType(
    {
        Where.ANY: lambda _: True,
        Where.BONE: _in_bone,
        Where.SOFT_TISSUE: _in_soft_tissue,
        Where.VERTEBRA: _in_vertebra,
        Where.MOBILE: _is_mobile,
    }
)
