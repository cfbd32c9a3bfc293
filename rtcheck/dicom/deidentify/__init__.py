"""Copies of RT objects without a patient's identity, whose links, geometry and verdicts are those of the originals.

References
----------
.. [1] DICOM PS3.15, Annex E: Basic Application Level Confidentiality Profile, with the options "Clean Descriptors" and
   "Retain Longitudinal Temporal Information With Modified Dates".
"""

from rtcheck.dicom.deidentify.identity import Identity, Screen, identity_of
from rtcheck.dicom.deidentify.objects import Copy, copies
from rtcheck.dicom.deidentify.pseudonyms import MAPPING_SCHEMA, Pseudonyms, new_pseudonyms, read_pseudonyms

__all__ = [
    "MAPPING_SCHEMA",
    "Copy",
    "Identity",
    "Pseudonyms",
    "Screen",
    "copies",
    "identity_of",
    "new_pseudonyms",
    "read_pseudonyms",
]
