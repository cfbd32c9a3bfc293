"""Copies of RT objects without a patient's identity, whose links, geometry and verdicts are those of the originals.

References
----------
.. [1] DICOM PS3.15, Annex E: Basic Application Level Confidentiality Profile, with the options "Clean Descriptors" and
   "Retain Longitudinal Temporal Information With Modified Dates".
"""

from rtcheck.dicom.deidentify.calendar import noticed
from rtcheck.dicom.deidentify.identity import Identity
from rtcheck.dicom.deidentify.inspection import remains
from rtcheck.dicom.deidentify.objects import Copy, copies
from rtcheck.dicom.deidentify.pseudonyms import (
    MAPPING_SCHEMA,
    Pseudonyms,
    check_code,
    new_pseudonyms,
    read_pseudonyms,
)
from rtcheck.dicom.deidentify.screen import Screen
from rtcheck.dicom.deidentify.sheet import OLDEST_YEARS, SheetCopy
from rtcheck.dicom.deidentify.survey import Survey, survey

__all__ = [
    "MAPPING_SCHEMA",
    "OLDEST_YEARS",
    "Copy",
    "Identity",
    "Pseudonyms",
    "Screen",
    "SheetCopy",
    "Survey",
    "check_code",
    "copies",
    "new_pseudonyms",
    "noticed",
    "read_pseudonyms",
    "remains",
    "survey",
]
