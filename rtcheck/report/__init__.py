"""Evaluations and DVHs as text, plain data and frames. Units are converted and numbers rounded here, and only here."""

from rtcheck.report.curves import curves_csv
from rtcheck.report.data import check_document, digest_of, dvh_rows, findings_frame, serialised, with_scores
from rtcheck.report.provenance import software_version
from rtcheck.report.text import print_bed, print_check, print_dvh

__all__ = [
    "check_document",
    "curves_csv",
    "digest_of",
    "dvh_rows",
    "findings_frame",
    "print_bed",
    "print_check",
    "print_dvh",
    "serialised",
    "software_version",
    "with_scores",
]
