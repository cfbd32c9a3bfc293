"""What is prescribed to each target: every place that says so, what they add up to, and where they contradict."""

from rtcheck.prescription.statements import Place, Statement, statements_of, treat_apart
from rtcheck.prescription.targets import Target, given, targets, unstated

__all__ = ["Place", "Statement", "Target", "given", "statements_of", "targets", "treat_apart", "unstated"]
