"""What is drawn like a lesion, or prescribed to, and belongs to no declared one: a list may have forgotten one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from rtcheck.case import Case
from rtcheck.checks.lesion_places import covered, holds
from rtcheck.checks.lesions import Lesion, lesions, lesions_by_target, says_volume
from rtcheck.contoured import TARGET_TYPES
from rtcheck.nomenclature import helper_word
from rtcheck.nomenclature.helpers import words_of
from rtcheck.prescription import Target
from rtcheck.study import ROI

#: Words that say: a lesion, wherever they stand by themselves (``TU2``, ``Liver Met``); no organ is called so.
_NAMES = (
    "met mets meta metas mts nodule nodules mass masses btv mtv tu hcc chc ccc crlm nsclc sclc pvtt hvtt ivctt "
    "herd herde filia filiae filien absiedlung absiedlungen raumforderung raumforderungen "
    "nodulo nodulos noduli secondarismo secondarismi"
)
_LESION_WORDS = frozenset(_NAMES.split())
_LETTERS = re.compile(r"[^\W\d_]+")
#: Parts of words that say it too, at any place: ``Lebermetastase``, ``Rundherd``, ``hepatocarcinoma``, ``livermet``.
_LESION_PARTS = re.compile(
    "metasta|tumo|tumeur|lesion|lasion|laesion|thromb|tromb[oiu]|carcinom|karzinom|sarcom|melanom|lymphom|linfom|gliom|"
    "hepatom(?!eg)|blastom|neoplas|malign|geschwulst|rundherd|(?:leber|lungen|hirn|knochen|nieren)herd|"
    "(?:liver|lung|brain|bone|spine|hirn|leber)mets?(?![a-z])|"
    "肿瘤|腫瘤|腫瘍|病灶|病变|病變|癌|转移|轉移|転移|结节|結節"
)
#: Types that say that an ROI is something else. All others tell nothing: systems give new ROIs the type ORGAN, and
#: planners give AVOIDANCE or CONTROL to what they draw for themselves.
_TYPES = (
    "EXTERNAL BOLUS MARKER ISOCENTER REGISTRATION SUPPORT FIXATION DOSE_REGION DOSE_MEASUREMENT CONTRAST_AGENT "
    "BRACHY_CHANNEL BRACHY_ACCESSORY BRACHY_SRC_APP BRACHY_CHNL_SHLD"
)
_TELLING_TYPES = frozenset(_TYPES.split())


def undeclared_targets(case: Case) -> tuple[Target, ...]:
    """The targets that no declared lesion has; none where no list was declared."""
    if case.sheet.lesions is None:
        return ()
    taken = lesions_by_target(case)
    return tuple(target for target in case.targets if id(target) not in taken)


def undeclared_volumes(case: Case) -> tuple[ROI, ...]:
    """What is drawn like a lesion and belongs to no declared one: somebody must say what it is.

    Asked is every drawn ROI of type GTV, CTV or PTV, every other whose name says GTV, CTV, PTV or ITV in any place, and
    those whose name says lesion, tumour, metastasis or thrombus (``HCC_2``, ``Met2``, ``Herd``) and whose type doesn't
    say that they are something else (a marker). Left out are organs of the list (``Liver-GTV``) and helpers, the
    volumes of declared lesions and what the case sheet names, an ITV round a declared lesion's volume, and a union that
    is made of declared volumes. A GTV inside another GTV may be a variant of it, or a lesion that was forgotten; it is
    told. Targets are among them (`undeclared_targets`).

    Returns
    -------
    tuple of ROI
        In the structure set's order; empty where no list was declared.
    """
    if case.sheet.lesions is None:
        return ()
    every = lesions(case)
    own = {id(roi) for one in every for roi in (one.gtv, one.ctv, one.ptv, one.target and one.target.roi) if roi}
    named = {name for one in case.sheet.lesions for name in (one.gtv, one.ctv, one.ptv, *one.also) if name}
    return tuple(
        roi
        for roi in case.study.structure_set.rois
        if roi.closed_contours
        and id(roi) not in own
        and roi.name not in named
        and _says_lesion(case, roi)
        and not _is_motion_of(every, roi)
        and not _is_union_of(every, roi)
    )


def _says_lesion(case: Case, roi: ROI) -> bool:
    """Whether an ROI's type or name says that it is a lesion, or a volume of one."""
    if helper_word(roi.name):
        return False
    if roi.interpreted_type in TARGET_TYPES or says_volume(case, roi):
        return True
    untold = roi.interpreted_type not in _TELLING_TYPES
    return untold and named_as_lesion(roi.name) and case.names.standard(roi.name) is None


def named_as_lesion(name: str) -> bool:
    """Whether a word of a name says lesion, tumour, metastasis or thrombus, in any language known here.

    Examples
    --------
    >>> [named_as_lesion(name) for name in ("Met2", "TU_re", "Läsion 2", "Metatarsal", "Stomach")]
    [True, True, True, False, False]
    """
    letters = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    # Parted where case changes (``LiverMet``), and at separators and digits alone (``MEt2``).
    words = {word.casefold() for word in (*words_of(plain), *_LETTERS.findall(plain))}
    return bool(words & _LESION_WORDS) or bool(_LESION_PARTS.search(plain.casefold()))


def _is_motion_of(every: Sequence[Lesion], roi: ROI) -> bool:
    """Whether an ROI is the volume that a declared lesion moves through: inside its PTV, and around its GTV or CTV."""
    if not re.search(r"i[gc]?tv", roi.name, re.IGNORECASE):
        return False
    return any(
        one.ptv is not None and inner is not None and holds(one.ptv, roi) and holds(roi, inner)
        for one in every
        for inner in (one.gtv, one.ctv)
    )


def _is_union_of(every: Sequence[Lesion], roi: ROI) -> bool:
    """Whether an ROI is made of two declared volumes of one kind or more: it holds them, and reaches beyond none."""
    for kind in TARGET_TYPES:
        distinct = {id(one): one for one in (lesion.volume(kind) for lesion in every) if one is not None}
        parts = [one for one in distinct.values() if holds(roi, one)]
        if len(parts) > 1 and covered(roi, parts):
            return True
    return False
