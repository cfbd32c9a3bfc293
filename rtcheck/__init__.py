"""rtcheck: radiotherapy dose and constraint checker.

DICOM RT in; dose-volume histograms, biologically effective dose and verdicts out.
"""

from importlib.metadata import PackageNotFoundError, version

from rtcheck.case import Case
from rtcheck.dicom import read_study
from rtcheck.dvh import DVH
from rtcheck.errors import RtcheckError
from rtcheck.finding import Finding, Verdict
from rtcheck.fractionation import Schedule, parse_schedule
from rtcheck.metrics import Metric, MetricValue, State, parse_metric
from rtcheck.pipeline import Result, check
from rtcheck.radiobiology import bed, eqd2
from rtcheck.study import Study
from rtcheck.tables import load_protocol, load_radiobiology, load_table
from rtcheck.units import DoseBasis, bed_basis, eqd2_basis

try:
    __version__ = version("rtcheck")
except PackageNotFoundError:  # run from a checkout that isn't installed
    __version__ = "unknown"

__all__ = [
    "DVH",
    "Case",
    "DoseBasis",
    "Finding",
    "Metric",
    "MetricValue",
    "Result",
    "RtcheckError",
    "Schedule",
    "State",
    "Study",
    "Verdict",
    "bed",
    "bed_basis",
    "check",
    "eqd2",
    "eqd2_basis",
    "load_protocol",
    "load_radiobiology",
    "load_table",
    "parse_metric",
    "parse_schedule",
    "read_study",
]
