"""Which lesions a rule is about, and which organ or system a lesion belongs to: by what was declared of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType

from rtcheck.nomenclature import normalised, shipped_names
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
#: Organs by their words: nouns, adjectives and abbreviations. A lesion of one of these isn't in bone.
_WORDS_OF: Mapping[str, str] = MappingProxyType(
    {
        "liver": "liver livers hepatic hepar intrahepatic",
        "lung": "lung lungs pulmonary intrapulmonary bronchus bronchi bronchial lingula rul rml rll lul lml lll",
        "adrenal": "adrenal adrenals suprarenal",
        "lymph nodes": "node nodes nodal lymph lymphatic",
        "brain": "brain cerebral cerebrum cerebellum cerebellar intracranial brainstem",
        "kidney": "kidney kidneys renal",
        "spleen": "spleen splenic",
        "pancreas": "pancreas pancreatic",
        "stomach": "stomach gastric",
        "peritoneum": "peritoneum peritoneal omentum omental",
        "pleura": "pleura pleural",
        "heart": "heart cardiac myocardium pericardium pericardial",
    }
)
_ORGANS: Mapping[str, str] = MappingProxyType(
    {word: organ for organ, words in _WORDS_OF.items() for word in words.split()}
)
#: Lobes of these names are lobes of the lung, and of these of the brain.
_LUNG_LOBES, _BRAIN_LOBES = (
    frozenset({"upper", "middle", "lower"}),
    frozenset(["frontal", "temporal", "parietal", "occipital"]),
)
_LOBES = frozenset({"lobe", "lobes"})
#: Organs whose lesions count as mobile unless somebody declared otherwise.
_MOBILE_ORGANS = frozenset({"lung", "adrenal"})
#: Organs that breathing doesn't move. The bones of the chest it does.
_STILL_ORGANS = frozenset({"brain", "bone"})
_CHEST_WALL = frozenset(["rib", "ribs", "sternum", "clavicle", "scapula"])
#: Words beside an organ that name no other.
_BESIDE = frozenset(
    [
        "left",
        "right",
        "both",
        "upper",
        "middle",
        "lower",
        "central",
        "lobe",
        "lobes",
        "segment",
        "segments",
        "seg",
        "dome",
        "caudate",
        "of",
        "the",
        "in",
        "near",
        "next",
        "to",
        "at",
        "i",
        "ii",
        "iii",
        "iv",
        "v",
        "vi",
        "vii",
        "viii",
        "l",
        "r",
        "s",
        "metastasis",
        "lesion",
        "body",
        "head",
        "tail",
        "pole",
        "apex",
        "base",
        "gland",
        "side",
    ]
)
_WORD = re.compile(r"[^\W\d_]+")
#: What an organ's words may say of a lymph node: that it is one, in any language known here, or a place beside the
#: organ where nodes lie (``hepatic hilum``, ``splenic artery``).
_NODAL = re.compile(
    r"lymph|\bnod[ei]|nodal|gangli|linf|adenopath|\b(?:ln|lns|lnn|lk)(?![^\W\d_])|淋巴|リンパ|"
    r"\bhil(?:um|us|a|ar|en|i|o|e)\b|\bporta|mediastin|ligament|curvature|\b(?:arter|vein|vessel|aort|caval)|"
    r"\b(?:near|next|beside|behind|along|around)\b",
    re.IGNORECASE,
)
#: Names of the list that are places of lymph nodes too, in any language: big vessels, their trunks and the mediastinum.
_NODAL_PLACES = frozenset(
    [
        *("Mediastinum", "Kidney_Hilum_L", "Kidney_Hilum_R", "Kidney_Hilums", "Carina", "Body"),
        *("A_Aorta", "A_Celiac", "A_Mesenteric_S", "A_Carotid", "A_Carotid_L", "A_Carotid_R", "GreatVes"),
        *("V_Portal", "V_Venacava_I", "V_Venacava_S", "A_Pulmonary", "V_Pulmonary"),
    ]
)
#: A vertebra by its level: ``T11``, ``Th11``, ``L3``.
_LEVEL = re.compile(r"\b(?:c[1-7]|th?(?:1[0-2]|[1-9])|l[1-5])\b", re.IGNORECASE)
_AND = re.compile(r"\band\b|[&+;,/]", re.IGNORECASE)


def organ_of(lesion: DeclaredLesion) -> str:
    """The organ or system that a lesion counts for.

    Lymph nodes are one system and bones another; both sides of a paired organ are one organ. An organ that isn't known
    here is taken as it is declared.
    """
    if lesion.kind is LesionKind.LYMPH_NODE:
        return "lymph nodes"
    if lesion.bone or lesion.vertebra:
        return "bone"
    if lesion.bone is None and _BONE & set(_words(lesion)):
        return "bone"
    return _known_organ(lesion) or normalised(lesion.organ)


def names_several(lesion: DeclaredLesion) -> bool:
    """Whether the organ of a lesion names more than one: ``liver and spleen``, ``lung, brain``."""
    if lesion.kind is LesionKind.LYMPH_NODE:
        return False
    words = _words(lesion)
    known = {*_organs_in(words), *(["bone"] if _BONE & set(words) else [])}
    if len(known) > 1:
        return True
    parts = [set(_WORD.findall(part)) - _BESIDE for part in _AND.split(lesion.organ.casefold())]
    told = {_first(_organs_in(sorted(part))) or " ".join(sorted(part)) for part in parts if part}
    return len(told) > 1


def contradiction(lesion: DeclaredLesion) -> str:
    """How what is declared of a lesion contradicts its organ; empty where it doesn't."""
    said = f"{lesion.name} is declared as in {lesion.organ!r} and as"
    if lesion.bone is False and _denied_bone(lesion):
        return f"{said} not in bone, which is contradictory"
    if lesion.vertebra is False and _denied_vertebra(lesion):
        return f"{said} not in a vertebra, which is contradictory"
    if _bony_thrombus(lesion):
        return f"{said} a thrombus, which is contradictory"
    if lesion.kind is LesionKind.LYMPH_NODE and (lesion.bone or lesion.vertebra):
        where = "bone" if lesion.bone else "a vertebra"
        return f"{lesion.name} is declared as in {where} and as a lymph node, which is contradictory"
    if _node_of_organ(lesion):
        return f"{said} a lymph node, which is contradictory: name the nodes as its organ, or declare another kind"
    return ""


def is_still(lesion: DeclaredLesion) -> bool:
    """Whether breathing doesn't move the organ of a lesion: brain, and bones other than those of the chest wall."""
    words = set(_words(lesion))
    organs = {*_organs_in(words), *(["bone"] if _BONE & words or lesion.bone or lesion.vertebra else [])}
    if lesion.kind in (LesionKind.LYMPH_NODE, LesionKind.THROMBUS) or contradiction(lesion) or names_several(lesion):
        return False
    return bool(organs) and organs <= _STILL_ORGANS and not _CHEST_WALL & words


def concerned(where: Where, lesion: DeclaredLesion) -> bool | None:
    """Whether a rule about some lesions is about this one; None where what decides isn't declared.

    What is declared counts, unless it contradicts the organ: then nobody knows. Where nothing is declared, the organ
    may tell: a liver lesion isn't in bone, one in a vertebra is, and lesions in lung or adrenal count as mobile.
    """
    return _CONCERNED[where](lesion)


def _in_bone(lesion: DeclaredLesion) -> bool | None:
    if _bony_node(lesion):
        return None
    if lesion.vertebra:
        return True
    if (lesion.bone is False and _denied_bone(lesion)) or _bony_thrombus(lesion):
        return None
    if lesion.bone is not None:
        return lesion.bone
    if lesion.kind in (LesionKind.LYMPH_NODE, LesionKind.THROMBUS):
        return False
    if _BONE & set(_words(lesion)):
        return True
    return False if _known_organ(lesion) else None


def _denied_bone(lesion: DeclaredLesion) -> bool:
    """Whether the organ of a lesion is a bone by its words or by its level; the spinal cord is none."""
    words = set(_words(lesion))
    bone = bool(_BONE & words) and "cord" not in words
    return lesion.kind is not LesionKind.LYMPH_NODE and (bone or _is_level(lesion))


def _denied_vertebra(lesion: DeclaredLesion) -> bool:
    words = set(_words(lesion))
    vertebra = bool(_VERTEBRA & words) and "cord" not in words
    return lesion.kind is not LesionKind.LYMPH_NODE and (vertebra or _is_level(lesion))


def _is_level(lesion: DeclaredLesion) -> bool:
    """``T11``; what names an organ too, as a segment of the liver may, is none."""
    return bool(_LEVEL.search(lesion.organ)) and not _known_organ(lesion)


def _bony_thrombus(lesion: DeclaredLesion) -> bool:
    return lesion.kind is LesionKind.THROMBUS and bool(_BONE & set(_words(lesion)))


def _bony_node(lesion: DeclaredLesion) -> bool:
    """Whether a lymph node is declared as in bone, or its organ is a bone."""
    if lesion.kind is not LesionKind.LYMPH_NODE:
        return False
    return bool(lesion.bone or lesion.vertebra or (_node_of_organ(lesion) and _BONE & set(_words(lesion))))


def _node_of_organ(lesion: DeclaredLesion) -> bool:
    """Whether the organ of a lymph node is one that is none: ``liver``, ``Leber``, ``rib``; not ``hepatic hilum``."""
    if lesion.kind is not LesionKind.LYMPH_NODE or _NODAL.search(lesion.organ):
        return False
    words = _words(lesion)
    # The whole first: a name may be of several words, and in any language.
    standards = [shipped_names().standard(text) for text in (lesion.organ.strip(), *words)]
    if standards[0] in _NODAL_PLACES:
        return False
    listed = any(one is not None and one not in _NODAL_PLACES for one in standards)
    return listed or bool(_organs_in(words) or _BONE & set(words))


def _in_soft_tissue(lesion: DeclaredLesion) -> bool | None:
    bone = _in_bone(lesion)
    return None if bone is None else not bone


def _in_vertebra(lesion: DeclaredLesion) -> bool | None:
    if (lesion.vertebra is False and _denied_vertebra(lesion)) or (lesion.vertebra and _bony_node(lesion)):
        return None
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
    return _first(_organs_in(_words(lesion)))


def _organs_in(words: Collection[str]) -> list[str]:
    """The organs that words name, in order; lobes are of the lung or the brain where their names say so."""
    found = list(dict.fromkeys(_ORGANS[word] for word in words if word in _ORGANS))
    if not found and _LOBES & set(words):
        return ["lung"] * bool(_LUNG_LOBES & set(words)) + ["brain"] * bool(_BRAIN_LOBES & set(words))
    return found


def _first(organs: Sequence[str]) -> str:
    return organs[0] if organs else ""


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
