"""Questions asked of dose-volume curves: the expression grammar and its evaluation."""

from rtcheck.metrics.conformity import conformity
from rtcheck.metrics.dose_volume import Distribution, evaluate
from rtcheck.metrics.grammar import parse_metric
from rtcheck.metrics.metric import Metric, Question
from rtcheck.metrics.value import Alternative, MetricValue, State, under

__all__ = [
    "Alternative",
    "Distribution",
    "Metric",
    "MetricValue",
    "Question",
    "State",
    "conformity",
    "evaluate",
    "parse_metric",
    "under",
]
