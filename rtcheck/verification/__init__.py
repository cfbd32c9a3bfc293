"""A report recomputed from its inputs, and everything in which the two differ.

A report is trusted for nothing but what it asks for: its settings say what to recompute. Its bytes and its digest, the
hashes of all files that it names, and every finding are compared. What none of this shows is another time in a report
that was given a new digest, or another name of a file that nothing was read from: who kept the digest elsewhere gives
it, and sees that, too.
"""

from rtcheck.verification.model import Arguments, Difference, Given, Report, Verification
from rtcheck.verification.reading import given_files, read_report
from rtcheck.verification.whole import compared, verify

__all__ = [
    "Arguments",
    "Difference",
    "Given",
    "Report",
    "Verification",
    "compared",
    "given_files",
    "read_report",
    "verify",
]
