"""Reports without a patient's name and ID: these are taken out of every text, wherever a file had put them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from rtcheck.nomenclature import shipped_names
from rtcheck.study import Patient

#: Stands in place of a name or an ID.
REDACTED = "[patient]"
#: Shorter names and IDs stand in ordinary texts, too: replacing "1" would spoil every number.
SHORTEST = 4
#: What rtcheck's own files say: authors may be namesakes, and a gap in a citation would give the name away.
_OWN = frozenset({"source", "protocol", "tables", "site", "software", "conventions", "sha256", "sop_instance_uid"})

T = TypeVar("T")


def redacted(document: Mapping[str, T], patient: Patient) -> dict[str, T]:
    """A document in whose texts the patient's name (as a whole in any order, or the family name) and ID don't stand."""
    pattern = _pattern(patient)
    if pattern is None:
        return dict(document)
    return {key: value if key in _OWN else _replaced(value, pattern) for key, value in document.items()}


def redaction(patient: Patient) -> Callable[[str], str]:
    """What takes the patient's name and ID out of one text."""
    pattern = _pattern(patient)
    return (lambda text: text) if pattern is None else (lambda text: pattern.sub(REDACTED, text))


def _pattern(patient: Patient) -> re.Pattern[str] | None:
    """What finds name, family name or ID; None where all are too short to be told from other texts."""
    parts = [part for part in re.split(r"[\^=,\s]+", patient.name) if part]
    family = patient.name.partition("^")[0].strip()
    between = r"[\s\^_,.=-]+"
    # The longest first, so that no given name is left standing alone.
    orders = (parts, parts[::-1], parts[:2], parts[1::-1]) if len(parts) > 1 else ()
    forms = [between.join(map(re.escape, order)) for order in orders]
    if len(family) >= SHORTEST and shipped_names().standard(family) is None:
        forms.append(re.escape(family))
    if len(patient.patient_id.strip()) >= SHORTEST:
        forms.append(re.escape(patient.patient_id.strip()))
    if not forms:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(dict.fromkeys(forms))})(?![^\W_])", re.IGNORECASE)


def _replaced(value: T, pattern: re.Pattern[str]) -> T:
    if isinstance(value, str):
        return pattern.sub(REDACTED, value)  # type: ignore[return-value]
    if isinstance(value, dict):
        return {key: one if key in _OWN else _replaced(one, pattern) for key, one in value.items()}  # type: ignore[return-value]
    if isinstance(value, list | tuple):
        return [_replaced(one, pattern) for one in value]  # type: ignore[return-value]
    return value
