"""ROI names: AAPM TG-263 standard names, synonyms, and matching that never guesses.

A name is looked for exactly, then without regard to case, blanks and separators, then among the synonyms of its TG-263
name. More than one ROI at the first level that fits is an ambiguity for a person to settle. Nothing is ever matched by
similarity; similar names are only offered in the message.

References
----------
.. [1] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Sequence

#: TG-263 name -> names that clinics use for the same thing, in any case and with any separators.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "Body": ("external", "skin contour", "outline", "体表", "身体", "外轮廓"),
    "Liver": ("hepar", "leber", "foie", "whole liver", "肝", "肝脏", "全肝"),
    "Kidney_L": ("left kidney", "kidney left", "lt kidney", "l kidney", "ren l", "niere links", "rein g", "左肾"),
    "Kidney_R": ("right kidney", "kidney right", "rt kidney", "r kidney", "ren r", "niere rechts", "rein d", "右肾"),
    "Kidneys": ("both kidneys", "kidney both", "bilateral kidneys", "kidney total", "nieren", "reins", "双肾"),
    "Lung_L": ("left lung", "lung left", "lt lung", "l lung", "lunge links", "poumon g", "左肺"),
    "Lung_R": ("right lung", "lung right", "rt lung", "r lung", "lunge rechts", "poumon d", "右肺"),
    "Lungs": ("both lungs", "lung both", "bilateral lungs", "lung total", "lungen", "poumons", "双肺", "全肺"),
    "Stomach": ("magen", "estomac", "gaster", "胃"),
    "Duodenum": ("zwölffingerdarm", "十二指肠"),
    "Bowel_Small": ("small bowel", "small intestine", "smallbowel", "dünndarm", "intestin grele", "小肠"),
    "Bag_Bowel": ("bowel bag", "bowelbag", "peritoneal space", "肠袋"),
    "SpinalCord": ("spinal cord", "cord", "myelon", "rückenmark", "moelle", "脊髓"),
    "Heart": ("cor", "herz", "coeur", "心脏", "心"),
    "Pericardium": ("perikard", "心包"),
    "Esophagus": ("oesophagus", "ösophagus", "oesophage", "食管", "食道"),
}

#: Organs that may be drawn as two, and stand for their union.
PAIRS: dict[str, tuple[str, str]] = {"Kidneys": ("Kidney_L", "Kidney_R"), "Lungs": ("Lung_L", "Lung_R")}

_SEPARATORS = re.compile(r"[\s_\-.,/\\^]+")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SEPARATORS.pattern}(?=\d)")


def normalised(name: str) -> str:
    """A name without case, blanks, separators and width variants (full-width letters count as plain ones).

    Between digits a separator stays, as one sign: lesion ``GTV_1_1`` isn't ``GTV_11``.
    """
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "|".join(_SEPARATORS.sub("", part) for part in _BETWEEN_DIGITS.split(plain))


def match(name: str, existing: Sequence[str]) -> tuple[str, ...]:
    """The names among `existing` that stand for `name`; none, one, or several that a person must choose from.

    Wildcards (``*`` any text, ``?`` one character) are matched without regard to case.
    """
    if is_pattern(name):
        pattern = name.casefold().replace("[", "[[]")  # brackets are letters here
        return tuple(other for other in existing if fnmatch.fnmatchcase(other.casefold(), pattern))
    exact = tuple(other for other in existing if other == name)
    wanted = normalised(name)
    if exact or not wanted:
        return exact
    alike = tuple(other for other in existing if normalised(other) == wanted)
    if alike:
        return alike
    meant = {wanted} | {normalised(synonym) for synonym in _synonyms(wanted)}
    return tuple(other for other in existing if normalised(other) in meant)


def is_pattern(name: str) -> bool:
    """Whether a name holds wildcards."""
    return "*" in name or "?" in name


def suggestions(name: str, existing: Iterable[str]) -> tuple[str, ...]:
    """Existing names that look like `name`, best first; for a message, never for a match."""
    by_form = {normalised(other): other for other in existing}
    close = difflib.get_close_matches(normalised(name), list(by_form), n=3, cutoff=0.6)
    return tuple(by_form[form] for form in close)


def pair_of(name: str) -> tuple[str, str] | None:
    """The two organs whose union a paired organ is: ``Kidneys`` -> ``Kidney_L``, ``Kidney_R``."""
    wanted = normalised(name)
    return next((pair for whole, pair in PAIRS.items() if normalised(whole) == wanted), None)


def _synonyms(wanted: str) -> tuple[str, ...]:
    """All names of the TG-263 organ that a normalised name belongs to."""
    for standard, others in SYNONYMS.items():
        if wanted == normalised(standard) or wanted in {normalised(other) for other in others}:
            return (standard, *others)
    return ()
