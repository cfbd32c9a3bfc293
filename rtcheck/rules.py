"""The rules of a protocol as values: what it asks besides dose limits, each with its source.

A rule names no patient and computes nothing: `rtcheck.compliance` answers them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rtcheck.finding import Source
from rtcheck.sheet import Role, Subject
from rtcheck.units import Comparator


class Level(Enum):
    """How a protocol words a rule, which decides what breaking it means."""

    #: Broken: FAIL.
    PROTOCOL = "protocol"
    #: Eligibility or exclusion. Broken: FAIL.
    ELIGIBILITY = "eligibility"
    #: Broken: ACCEPTABLE, and said.
    RECOMMENDED = "recommended"
    #: Shown, never judged.
    INFORMATION = "information"


class Where(Enum):
    """The lesions that a rule is about."""

    ANY = "any"
    BONE = "bone"
    #: Lesions that aren't in bone.
    SOFT_TISSUE = "soft-tissue"
    VERTEBRA = "vertebra"
    MOBILE = "mobile"


@dataclass(frozen=True)
class Rule:
    """What all rules have.

    Attributes
    ----------
    id : str
        As in the protocol's file: ``p.ct.slice``.
    title : str
        For the reader, in one line.
    level : Level
    source : Source
    notes : str
    covers : tuple of str
        Ids of published sentences that the rule answers together with its own.
    """

    id: str
    title: str
    level: Level
    source: Source
    notes: str = ""
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class LesionCount(Rule):
    """From `low` to `high` lesions, the primary tumour included.

    Each node (site or drainage region, by `nodes`) and each macrovascular thrombus counts by itself.
    """

    low: int = 1
    high: int = 5
    #: ``site``: nodes of one site are one lesion; ``drainage-region``: of one region (16a and 16b are two).
    nodes: str = "site"


@dataclass(frozen=True)
class OrganCount(Rule):
    """At most `high` organs or systems are involved."""

    low: int = 1
    high: int = 3


@dataclass(frozen=True)
class EveryLesionTreated(Rule):
    """Every declared lesion has a target with a prescription."""


@dataclass(frozen=True)
class Drawn(Rule):
    """Every lesion has a volume of its own that is drawn: ``GTV``."""

    volume: str = "GTV"


@dataclass(frozen=True)
class SliceThickness(Rule):
    """The planning CT's slices: SliceThickness, and their distance by position, at most `at_most_mm`, inclusive."""

    at_most_mm: float = 3.0


@dataclass(frozen=True)
class PixelSize(Rule):
    """Both elements of the planning CT's PixelSpacing at most `at_most_mm`, inclusive."""

    at_most_mm: float = 1.0


@dataclass(frozen=True)
class Contains(Rule):
    """One volume of a lesion lies inside another: ``CTV`` contains ``GTV``."""

    inner: str = "GTV"
    outer: str = "CTV"
    where: Where = Where.ANY


@dataclass(frozen=True)
class MarginRange(Rule):
    """From `low_mm` to `high_mm` between two volumes of a lesion, measured as a distribution of surface distances.

    Attributes
    ----------
    inner, outer : str
        ``GTV``, ``CTV`` or ``PTV``.
    allowed_mm : tuple of float or None
        A further range that is allowed at discretion: ACCEPTABLE.
    where : Where
    """

    inner: str = "CTV"
    outer: str = "PTV"
    low_mm: float = 2.0
    high_mm: float = 5.0
    allowed_mm: tuple[float, float] | None = None
    where: Where = Where.ANY


@dataclass(frozen=True)
class Declared(Rule):
    """A value of the case sheet keeps a limit, or is one of several.

    Attributes
    ----------
    quantity : str
        A field of `CaseSheet`: ``ecog``, ``age``, ``child_pugh``, ``bclc``, ``afp_ng_ml`` ...; or of every lesion:
        ``lesion.prior_radiotherapy``; ``lesion.measurable``.
    comparator : Comparator or None
        With `value` (and `high` for BETWEEN, inclusive); None where `one_of` says it.
    one_of : tuple of str
        Texts of allowed values; booleans are ``yes`` and ``no``.
    unit : str
    at_least_one : bool
        Of a quantity of lesions: one that keeps it is enough.
    """

    quantity: str = ""
    comparator: Comparator | None = None
    value: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    unit: str = ""
    at_least_one: bool = False


@dataclass(frozen=True)
class Elapsed(Rule):
    """The time from one date of the case sheet to another keeps a limit.

    Attributes
    ----------
    since, until : str
        Keys of `CaseSheet.dates`.
    comparator : Comparator
    value : float
    unit : str
        ``days``, or ``months`` of the calendar.
    none_is_met : bool
        Whether a `since` that is declared as never having been (``never``) keeps the rule: no radiotherapy before.
    """

    since: str = ""
    until: str = ""
    comparator: Comparator = Comparator.GE
    value: float = 0.0
    unit: str = "days"
    none_is_met: bool = False


@dataclass(frozen=True)
class Attested(Rule):
    """A person attests that something was done; a lesion at a time where `where` isn't ANY.

    Attributes
    ----------
    key : str
        Of `Attestation`.
    question : str
        What is attested, as a question that "yes" answers well.
    where : Where
    """

    key: str = ""
    question: str = ""
    where: Where = Where.ANY


@dataclass(frozen=True)
class Approval(Rule):
    """People of given roles approved the contours or the plan, in the last round.

    Attributes
    ----------
    subject : Subject
    roles : tuple of Role
        All of them are needed.
    at_least : int
        So many different persons of each role.
    """

    subject: Subject = Subject.CONTOURS
    roles: tuple[Role, ...] = ()
    at_least: int = 1


@dataclass(frozen=True)
class Classification(Rule):
    """The type of oligoprogression, shown and never judged: metachronous, repeat, induced.

    Attributes
    ----------
    metachronous_months : float
        More than so many months from diagnosis to progression.
    lesions, organs : int
        More than so many at any time before: induced.
    """

    metachronous_months: float = 6.0
    lesions: int = 5
    organs: int = 3


@dataclass(frozen=True)
class FollowUp(Rule):
    """A series of visits after radiotherapy, as dates; never judged.

    Attributes
    ----------
    after : str
        Key of `CaseSheet.dates` from which it counts.
    at : tuple of int
        In `unit`: the single visits, or the first ones of a series.
    every : int or None
        In `unit`: how often after the last of `at`.
    unit : str
        ``days`` or ``months``.
    window_days : int
        Each visit is allowed so many days earlier or later.
    until_months : int
        How far a series is written out.
    """

    after: str = "radiotherapy_end"
    at: tuple[int, ...] = ()
    every: int | None = None
    unit: str = "months"
    window_days: int = 0
    until_months: int = 36


@dataclass(frozen=True)
class PrescribedDose(Rule):
    """Total dose and dose per fraction of every target lie in ranges, inclusive.

    Attributes
    ----------
    low_gy, high_gy : float
        Of the total dose.
    dose_per_fraction_gy : tuple of float or None
    """

    low_gy: float = 0.0
    high_gy: float = 0.0
    dose_per_fraction_gy: tuple[float, float] | None = None
