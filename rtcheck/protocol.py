"""Composition of checks and tables into what one treatment is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from rtcheck.case import CHILD_PUGH_SCORES, Case
from rtcheck.checks import (
    achieved_bed,
    ambiguous_names,
    any_limit_applied,
    child_pugh_admitted,
    dose_constraint,
    dvhs_asked,
    laterality,
    plan_status,
    prescribed_bed,
    prescription_sources,
    reading_notes,
    required_roi,
    table_selection,
    unjudged_organs,
    with_groups,
    with_nearest,
)
from rtcheck.compliance import findings_of as rule_findings
from rtcheck.compliance import further_attestations, overridden, planning_day, sheet_notes
from rtcheck.constraint import BedRule, Constraint, RequiredRoi
from rtcheck.errors import RtcheckError, UsageError
from rtcheck.finding import PROTOCOL, REFERENCE, Finding, Source, Verdict, worst
from rtcheck.plan_checks import NO_TUNING, PLAN_CHECKS, Tuning
from rtcheck.plan_checks import findings_of as plan_check_findings
from rtcheck.rules import Declared, Rule
from rtcheck.tissue import AlphaBetaTable

__all__ = [
    "Amendment",
    "Base",
    "BedRule",
    "Change",
    "Constraint",
    "Evaluation",
    "Protocol",
    "RequiredRoi",
    "Site",
    "Table",
    "evaluate",
]


#: Checks whose findings can make a verdict worse, and are none by themselves.
_REMARKS = frozenset(("case-sheet", "plan-check"))


@dataclass(frozen=True)
class Change:
    """What a table changed in one that it extends.

    Attributes
    ----------
    row : str
        Id of the row.
    what : str
        ``"limit < 8 % in place of < 10 %"``, or ``"not asked"``.
    because : str
        The author's reason.
    file : str
    line : int or None
    """

    row: str
    what: str
    because: str
    file: str
    line: int | None = None


@dataclass(frozen=True)
class Site:
    """The organs that a treatment of one site must have contoured and judged; of two sites joined, texts name both.

    Attributes
    ----------
    id, title, version : str
    required_rois : tuple of RequiredRoi
    file, sha256 : str
    """

    id: str
    title: str
    version: str
    required_rois: tuple[RequiredRoi, ...]
    file: str
    sha256: str


@dataclass(frozen=True)
class Base:
    """A table that another one extends.

    Attributes
    ----------
    id, version, file, sha256 : str
    """

    id: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True)
class Table:
    """A file of constraints.

    Attributes
    ----------
    id : str
    title : str
    version : str
    constraints : tuple of Constraint
        In file order.
    file : str
        File name, for the reader.
    sha256 : str
        Of the file's bytes.
    disclaimer : str
        What the source says about its use.
    enabled : bool
        False for a table whose rows nobody should ask without having looked at them: nothing enables it by itself.
    extends : tuple of str
        Ids of the tables whose rows it took over; their files aren't asked a second time beside it.
    changes : tuple of Change
        What it changed in them.
    bases : tuple of Base
        The files of the tables that it extends, and of those that these extend.
    """

    id: str
    title: str
    version: str
    constraints: tuple[Constraint, ...]
    file: str
    sha256: str
    disclaimer: str = ""
    enabled: bool = True
    extends: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    bases: tuple[Base, ...] = ()


@dataclass(frozen=True)
class Amendment:
    """A version of a protocol after its first.

    Attributes
    ----------
    version : str
    date : str
        ``YYYY-MM-DD``.
    what : str
        What changed.
    """

    version: str
    date: str
    what: str


@dataclass(frozen=True)
class Protocol:
    """What a treatment is asked.

    Attributes
    ----------
    id, title, version : str
    tables : tuple of Table
    constraints : tuple of Constraint
        Rows of the protocol itself, before those of its tables.
    bed : BedRule or None
        None where the protocol states no dose rule.
    required_rois : tuple of RequiredRoi
        Those of its site, then its own.
    diagnosis : str or None
        What every patient of the protocol has.
    file, sha256 : str
    notes : tuple of str
        What the report says about the choice of tables.
    child_pugh : frozenset of str
        The scores that the protocol admits; empty for any.
    site : Site or None
        Where its required ROIs come from.
    selection : str
        ``listed`` where the tables are named, ``auto`` where they are all that are enabled and the rows say themselves
        whether they belong to the plan.
    rules : tuple of Rule
        What it asks besides doses: lesions, planning CT, margins, declarations, approvals, visits.
    plan_checks : tuple of str
        Ids of the plan checks that are asked.
    amendments : tuple of Amendment
    wording : mapping of str to str
        What the trial calls the verdicts, by verdict.
    reference_tables : tuple of str
        Ids of the tables that it recommends as a reference. Limits of tables are never its own.
    """

    id: str
    title: str
    version: str
    tables: tuple[Table, ...]
    constraints: tuple[Constraint, ...]
    bed: BedRule | None
    required_rois: tuple[RequiredRoi, ...]
    diagnosis: str | None
    file: str
    sha256: str
    notes: tuple[str, ...] = ()
    child_pugh: frozenset[str] = frozenset()
    site: Site | None = None
    selection: str = "listed"
    rules: tuple[Rule, ...] = ()
    plan_checks: tuple[str, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    wording: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reference_tables: tuple[str, ...] = ()

    @property
    def is_tables_alone(self) -> bool:
        """Whether it is no protocol, but tables that were named in place of one."""
        return not self.file and bool(self.tables)

    @property
    def all_constraints(self) -> tuple[Constraint, ...]:
        """The protocol's own rows and those of its tables, in order."""
        return self.constraints + tuple(row for table in self.tables for row in table.constraints)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a protocol found in a case.

    Attributes
    ----------
    case : Case
    protocol : Protocol
    findings : tuple of Finding
        One per constraint asked, in the protocol's order, then what a reviewer should know of the files.
    converted : bool
        Whether conventional limits were asked in EQD2 on other schedules.
    tuning : Tuning
        What the clinic changed in the plan checks.
    """

    case: Case
    protocol: Protocol
    findings: tuple[Finding, ...]
    converted: bool = False
    tuning: Tuning = NO_TUNING

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the findings that decide.

        Remarks on the case sheet and plan checks can make it worse, and are no answer by themselves: where nothing else
        decides, the protocol asked nothing, and the verdict is NOT_EVALUATED or worse.
        """
        asked = any(one.verdict.decides and one.check not in _REMARKS for one in self.findings)
        without_an_answer = () if asked else (Verdict.NOT_EVALUATED,)
        return worst((*without_an_answer, *(finding.verdict for finding in self.findings)))


def evaluate(
    case: Case,
    protocol: Protocol,
    *,
    alpha_betas: AlphaBetaTable | None = None,
    tuning: Tuning = NO_TUNING,
) -> Evaluation:
    """Ask a case everything that a protocol asks; each constraint gives exactly one finding.

    Parameters
    ----------
    case : Case
    protocol : Protocol
    alpha_betas : AlphaBetaTable, optional
        With it, limits for conventional fractionation are asked in EQD2 where the plan has another schedule; without
        it they don't apply there.
    tuning : Tuning
        Plan checks that are off, and thresholds of a clinic.

    Raises
    ------
    UsageError
        For a case without intervals over conventions: a verdict that no other convention was asked of isn't robust.
    """
    if not case.intervals:
        raise UsageError("Case(intervals=False) can't tell which verdicts are robust; check a case with intervals")
    constraints, required = protocol.all_constraints, protocol.required_rois
    for of, basis, rois in dvhs_asked(case, constraints, required, protocol.bed, protocol.diagnosis, alpha_betas):
        with suppress(RtcheckError):  # what is wrong with an ROI is the finding of the check that asks for it
            of.dvhs(rois, basis)
    findings = (*_findings(case, protocol, alpha_betas), *_further(case, protocol, tuning))
    findings = overridden(findings, case.sheet.overrides, planning_day(case))
    return Evaluation(case, protocol, findings, converted=alpha_betas is not None, tuning=tuning)


def _further(case: Case, protocol: Protocol, tuning: Tuning) -> Iterator[Finding]:
    """What a protocol asks besides doses, what is shown beside it, the plan checks, and how the files were read."""
    yield from sheet_notes(case, protocol.id, tables_alone=protocol.is_tables_alone)
    yield from rule_findings(case, protocol.rules)
    yield from further_attestations(case, protocol.rules)
    checks = [check for check in PLAN_CHECKS if check.id in protocol.plan_checks]
    yield from plan_check_findings(case, checks, tuning, _asked(protocol))
    yield from reading_notes(case)


def _asked(protocol: Protocol) -> frozenset[str]:
    """The checks with findings of their own that a protocol asks, whether they have something to say or not."""
    depending = {
        "bed": protocol.bed is not None,
        "bed-achieved": protocol.bed is not None,
        "required-roi": bool(protocol.required_rois),
        "dose-constraint": bool(protocol.all_constraints),
        "tables": bool(protocol.all_constraints),
    }
    always = {"laterality", "plan-status", "prescription-sources"}
    return frozenset(always | {check for check, is_asked in depending.items() if is_asked})


def _findings(case: Case, protocol: Protocol, alpha_betas: AlphaBetaTable | None) -> Iterator[Finding]:
    constraints = protocol.all_constraints
    here = Source(protocol.id, "child-pugh", protocol.file)
    yield from plan_status(case)
    if not any(isinstance(rule, Declared) and rule.quantity == "child_pugh" for rule in protocol.rules):
        yield from child_pugh_admitted(case, protocol.child_pugh, here)
    yield from ambiguous_names(case, case.names)
    yield from laterality(case, case.names)
    yield from prescription_sources(case)
    if protocol.bed is not None:
        yield from prescribed_bed(case, protocol.bed)
        yield from achieved_bed(case, protocol.bed)
    for required in protocol.required_rois:
        yield required_roi(case, required)
    if constraints:
        yield table_selection(case, constraints, replace(here, row="tables"))
    yield from _changes(protocol)
    limits = [dose_constraint(case, constraint, protocol.diagnosis, alpha_betas) for constraint in constraints]
    limits = with_nearest(case, constraints, with_groups(constraints, limits))
    yield from (replace(limit, standing=_standing(protocol, limit)) for limit in limits)
    yield from any_limit_applied(constraints, limits)
    scores = [case.child_pugh] if case.child_pugh else sorted(protocol.child_pugh or CHILD_PUGH_SCORES)
    patients = [(protocol.diagnosis, score) for score in scores]
    yield from unjudged_organs(case, constraints, protocol.required_rois, limits, patients)


def _standing(protocol: Protocol, limit: Finding) -> str:
    """Whether a limit is the protocol's own; tables are references, whoever names them."""
    return PROTOCOL if protocol.file and limit.source.table == protocol.id else REFERENCE


def _changes(protocol: Protocol) -> Iterator[Finding]:
    """What a clinic's table changed in a published one, each as a finding that everybody sees."""
    for table in protocol.tables:
        for change in table.changes:
            yield Finding(
                check="table-change",
                subject=change.row,
                verdict=Verdict.INFO,
                message=f"{change.what}: {change.because}",
                source=Source(table.id, change.row, change.file, change.line),
                group="Tables",
            )
