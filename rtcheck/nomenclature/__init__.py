"""ROI names: AAPM TG-263 standard names, synonyms, and matching that never guesses.

The names are data (``constraints/names.yaml``), and a clinic may add its own. A name is looked for exactly, then
without regard to case, blanks and separators, then among all forms of its TG-263 name. More than one ROI at the first
level that fits is an ambiguity for a person to settle. Nothing is ever matched by similarity; similar names are only
offered in the message.

The functions here ask the shipped names; `Names` is the value to ask where a clinic added names or a person confirmed
which ROI an organ is.

References
----------
.. [1] Mayo CS, Moran JM, Bosch W, et al. AAPM TG-263: standardizing nomenclatures in radiation oncology.
   Int J Radiat Oncol Biol Phys 2018;100(4):1057-1066.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rtcheck.nomenclature.forms import is_pattern, normalised
from rtcheck.nomenclature.helpers import helper_word
from rtcheck.nomenclature.index import Side
from rtcheck.nomenclature.names import Names, shipped_names

__all__ = [
    "Names",
    "Side",
    "helper_word",
    "is_pattern",
    "match",
    "normalised",
    "pair_of",
    "shipped_names",
    "suggestions",
]


def match(name: str, existing: Sequence[str]) -> tuple[str, ...]:
    """The names among `existing` that stand for `name`, by the shipped names; see `Names.match`."""
    return shipped_names().match(name, existing)


def suggestions(name: str, existing: Iterable[str]) -> tuple[str, ...]:
    """Existing names that look like `name`, best first; for a message, never for a match."""
    return shipped_names().suggestions(name, existing)


def pair_of(name: str) -> tuple[str, str] | None:
    """The two organs whose union a paired organ is: ``Kidneys`` -> ``Kidney_L``, ``Kidney_R``."""
    union = shipped_names().union_of(name)
    return (union[0], union[1]) if len(union) == 2 else None
