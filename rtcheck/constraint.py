"""One row of a constraint table as a value, and what it answers to a metric's value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rtcheck.finding import Source, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.metrics import Metric
from rtcheck.tissue import Choice
from rtcheck.units import PHYSICAL, Comparator, DoseBasis, Unit, meets


class Requirement(Enum):
    """What a missing ROI means."""

    #: The ROI must be there: without it the row is NOT_EVALUATED.
    REQUIRED = "required"
    #: Without the ROI the row is NOT_APPLICABLE, "not contoured".
    IF_CONTOURED = "if_contoured"


class Role(Enum):
    """What a row's number is."""

    #: Pass or fail.
    LIMIT = "limit"
    #: Pass or fail, as one of several rows that share a rate.
    SET_MEMBER = "set-member"
    #: A dose at which the source quotes a rate; shown, never judged.
    RISK_POINT = "risk-point"
    #: What was used in practice, without an endpoint fitted to it; shown, never judged.
    OBSERVATIONAL = "observational"

    @property
    def is_judged(self) -> bool:
        """True where the row's number is a limit."""
        return self in (Role.LIMIT, Role.SET_MEMBER)


class GroupKind(Enum):
    """What the rows of a group are to one another."""

    #: Alternatives: where one is met, another that isn't is ACCEPTABLE.
    ANY = "any"
    #: Each is asked by itself.
    ALL = "all"
    #: One limit in several rows: the published rate holds only where all are met.
    SET = "set"


@dataclass(frozen=True)
class Group:
    """Rows that belong together.

    Attributes
    ----------
    id : str
    kind : GroupKind
    text : str
        What they have in common, as the source says it.
    """

    id: str
    kind: GroupKind
    text: str = ""


@dataclass(frozen=True)
class Regimen:
    """The schedules that a row belongs to.

    Attributes
    ----------
    text : str
        As the source says it.
    fractions : tuple of int or None
        Inclusive range of fraction numbers; None for any.
    dose_per_fraction_gy : tuple of float or None
        Inclusive range; None for any.
    """

    text: str
    fractions: tuple[int, int] | None = None
    dose_per_fraction_gy: tuple[float, float] | None = None

    def admits_fractions(self, fractions: int) -> bool:
        """Whether the row belongs to this number of fractions."""
        return self.fractions is None or self.fractions[0] <= fractions <= self.fractions[1]

    def admits_schedule(self, schedule: Schedule) -> bool:
        """Whether the row belongs to this schedule: its number of fractions, and the dose of each of them."""
        if not self.admits_fractions(schedule.fractions):
            return False
        if self.dose_per_fraction_gy is None:
            return True
        low, high = self.dose_per_fraction_gy
        doses = [float(phase.dose_per_fraction_gy) for phase in schedule.phases]
        return all(meets(dose, Comparator.GE, low) and meets(dose, Comparator.LE, high) for dose in doses)


@dataclass(frozen=True)
class Patients:
    """The patients that a row belongs to; an empty set means any.

    Attributes
    ----------
    diagnosis : frozenset of str
        ``hcc``, ``liver-metastases``, ``no-liver-disease`` ...
    child_pugh : frozenset of str
        Classes or scores: ``A``, ``B``, ``B7`` ...
    text : str
        As the source says it.
    """

    diagnosis: frozenset[str] = frozenset()
    child_pugh: frozenset[str] = frozenset()
    text: str = ""

    def admits(self, diagnosis: str | None, child_pugh: str | None) -> bool | None:
        """Whether the row belongs to such a patient; None where what decides isn't declared."""
        answers = [_member(self.diagnosis, diagnosis), _member(self.child_pugh, child_pugh)]
        if False in answers:
            return False
        return None if None in answers else True


def _member(allowed: frozenset[str], declared: str | None) -> bool | None:
    """Whether a declared value is allowed; a class stands for all its scores (``A`` for ``A5``)."""
    if not allowed:
        return True
    if declared is None:
        return None
    return declared in allowed or declared[:1] in allowed


@dataclass(frozen=True)
class Limit:
    """A bound on a metric, or a number that the source quotes of it, in the metric's own unit.

    Attributes
    ----------
    comparator : Comparator
        As printed.
    value : float
    unit : Unit
    high : float or None
        The upper end of what is printed as ``between``.
    """

    comparator: Comparator
    value: float
    unit: Unit
    high: float | None = None

    def __post_init__(self) -> None:
        if (self.comparator is Comparator.BETWEEN) != (self.high is not None):
            raise ValueError(f"{self.comparator} {self.value:g} and an upper end of {self.high} don't go together")

    def is_met(self, value: float) -> bool:
        """Whether a value in the same unit satisfies the bound; ValueError for a number that is no bound."""
        return meets(value, self.comparator, self.value)

    def __str__(self) -> str:
        ends = f"{self.value:g}" if self.high is None else f"{self.value:g} and {self.high:g}"
        return f"{self.comparator} {ends} {self.unit}"


@dataclass(frozen=True)
class Constraint:
    """One row of a constraint table.

    Attributes
    ----------
    id : str
        Unique over all tables, e.g. ``"quantec.liver.sbrt.cv15_700"``.
    organ : str
        What the source calls it; heads the row in reports.
    roi : str
        ROI expression, e.g. ``"Liver - GTV*"``.
    metric : Metric
    goal : Limit
        Comparator as printed. Met: PASS.
    acceptable : Limit or None
        A laxer bound, where the source gives a range. Met but not the goal: ACCEPTABLE.
    regimen : Regimen
    patients : Patients
    requirement : Requirement
    role : Role
    source : Source
        Table, file, line, citation and status.
    endpoint, rate_pct, irradiation, volume_segmented, published_roi, notes : str
        As published.
    transcriptions : int or None
        How many independent transcriptions of the publication were compared.
    group : Group or None
        The rows that it belongs together with.
    native_fractions : tuple of int or None
        The fraction numbers that the limit was derived for, where the row asks it of any schedule. On another schedule
        the finding says so and shows the limit's dose as EQD2.
    alpha_beta_gy : float or None
        The organ's alpha/beta, for that EQD2.
    basis : DoseBasis
        What the doses of metric and limit are. A limit in EQD2 is asked of the sum of all plans, voxel by voxel.
    overrides : str
        What a clinic's table changed in the row of another table, and why; empty for a row as it is.
    conversion : Choice or None
        The alpha/beta by which a limit for conventional fractionation is asked in EQD2 on another schedule.
    """

    id: str
    organ: str
    roi: str
    metric: Metric
    goal: Limit
    source: Source
    regimen: Regimen
    acceptable: Limit | None = None
    patients: Patients = Patients()
    requirement: Requirement = Requirement.IF_CONTOURED
    role: Role = Role.LIMIT
    endpoint: str = ""
    rate_pct: str = ""
    irradiation: str = ""
    volume_segmented: str = ""
    published_roi: str = ""
    notes: str = ""
    transcriptions: int | None = None
    group: Group | None = None
    native_fractions: tuple[int, int] | None = None
    alpha_beta_gy: float | None = None
    basis: DoseBasis = PHYSICAL
    overrides: str = ""
    conversion: Choice | None = None

    def verdict_of(self, value: float) -> Verdict:
        """PASS, ACCEPTABLE or FAIL of one number."""
        if self.goal.is_met(value):
            return Verdict.PASS
        if self.acceptable is not None and self.acceptable.is_met(value):
            return Verdict.ACCEPTABLE
        return Verdict.FAIL

    @property
    def limit_text(self) -> str:
        """The limit as printed, with the acceptable bound in brackets, and its basis unless it is physical."""
        text = str(self.goal) if self.acceptable is None else f"{self.goal} ({self.acceptable})"
        return text if self.basis.is_physical else f"{text} {self.basis}"


@dataclass(frozen=True)
class BedRule:
    """The biologically effective dose that every target must be prescribed.

    Attributes
    ----------
    alpha_beta_gy : float
    comparator : Comparator
    bed_gy : float
    source : Source
    may_be_reduced : bool
        Whether less is ACCEPTABLE for a lesion with a recorded reason and limiting organ at risk.
    """

    alpha_beta_gy: float
    comparator: Comparator
    bed_gy: float
    source: Source
    may_be_reduced: bool = False


@dataclass(frozen=True)
class NoLimit:
    """Schedules for which the author of a protocol knows that its tables have no limit for a required organ.

    Attributes
    ----------
    regimen : Regimen
    because : str
        Said in the report, beside the organ's maximum.
    """

    regimen: Regimen
    because: str


@dataclass(frozen=True)
class RequiredRoi:
    """An organ that must be contoured, and judged as a whole by a limit on its dose; or a target to be contoured.

    Attributes
    ----------
    roi : str
    source : Source
    no_limit : tuple of NoLimit
        Schedules on which it needn't be judged.
    judged_by : tuple of str
        Other structures whose limits speak for the whole organ: ``Kidney_Cortex`` for ``Kidneys``.
    """

    roi: str
    source: Source
    no_limit: tuple[NoLimit, ...] = ()
    judged_by: tuple[str, ...] = ()
