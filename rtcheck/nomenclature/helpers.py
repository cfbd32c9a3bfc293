"""Words in a name that say: no anatomy and no target, but drawn to shape or to judge a dose, or left over."""

from __future__ import annotations

import re
from functools import lru_cache

#: Rings, walls and what optimisers are given; what was cropped, grown or kept from before; isodoses.
_WORDS = (
    "ring rings rind rinds shell shells wall walls "
    "opt optim optimise optimised optimize optimized optimisation optimization tuning control ctrl push pull "
    "prv eval evaluation margin margins exp expanded expansion minus crop cropped overlap "
    "old alt prev previous copy backup bak unused temp tmp test tests dummy "
    "help helper hilf hilfe hilfs hilfsstruktur avoid avoidance spare sparing "
    "dose dosis iso isodose isodoses isocenter isocentre "
)
HELPER_WORDS = frozenset(_WORDS.split())
_TARGET = re.compile(r"gtv|ctv|ptv|itv", re.IGNORECASE)
#: ``PTV High Dose`` is a target, ``PTV_Dose50`` an isodose.
_LEVEL_OF_DOSE = re.compile(r"(?<![a-z])(?:high|mid|intermediate|low)[\s_-]*dose(?![a-z])", re.IGNORECASE)
#: ``PTV - GTV`` and ``GTV + 5mm`` were made by an operation that is still in their name.
_OPERATION = re.compile(r"(?:gtv|ctv|ptv|itv)\w*\s*-\s*(?:gtv|ctv|ptv|itv)|\+\s*\d+(?:[.,]\d+)?\s*[mc]m", re.IGNORECASE)
#: Runs of letters, parted also where small letters go over into capitals: ``GTVOptLung``.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")


@lru_cache(maxsize=1 << 12)
def helper_word(name: str) -> str:
    """The word of a name that makes it a helper structure's; empty where none does.

    Words end at separators, digits and changes of case, and around ``GTV``, ``CTV``, ``PTV`` and ``ITV``; none is
    looked for inside another.

    Examples
    --------
    >>> helper_word("GTV_ring20mm"), helper_word("PTVopt"), helper_word("PTV prostate")
    ('ring', 'opt', '')
    """
    if operation := _OPERATION.search(name):
        return operation.group()
    words = words_of(_TARGET.sub(" ", _LEVEL_OF_DOSE.sub(" ", name)))
    return next((word for word in words if word.lower() in HELPER_WORDS), "")


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, parted at separators, digits and changes of case: ``Couch``, ``Surface``."""
    return tuple(_WORD.findall(name))
