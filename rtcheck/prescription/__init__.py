"""What is prescribed to each target: every place that says so, what they add up to, and where they contradict."""

from rtcheck.prescription.doubts import Target
from rtcheck.prescription.statements import Place, Statement, statements_of, statements_of_points, treat_apart
from rtcheck.prescription.targets import given, targets, unstated

__all__ = [
    "Place",
    "Statement",
    "Target",
    "given",
    "statements_of",
    "statements_of_points",
    "targets",
    "treat_apart",
    "unstated",
]
