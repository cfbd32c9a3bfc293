"""One patient's treatment, ready to be questioned: ROIs by name, prescriptions, and the only memo of DVHs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Literal

from rtcheck import radiobiology
from rtcheck.body import BODY_NAME, Body, body_of
from rtcheck.contoured import Contoured, contour_points
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.cores import Cores
from rtcheck.dvh import DVH, compute_dvh
from rtcheck.equivalent import in_basis
from rtcheck.errors import MissingRoiError, NoVolumeError, RtcheckError, UsageError
from rtcheck.fractionation import Schedule
from rtcheck.memo import Memo
from rtcheck.metrics import Metric, MetricValue, conformity, parse_metric
from rtcheck.nomenclature import Names, shipped_names
from rtcheck.prescription import given, targets, unstated
from rtcheck.roi_algebra import Name, Selection
from rtcheck.sheet import NOTHING_DECLARED, CaseSheet
from rtcheck.solid import Flag, QualityFlag, Solid
from rtcheck.study import ROI, PlanDose, Prescription, Study
from rtcheck.treatment import TreatmentDose
from rtcheck.units import PHYSICAL, DoseBasis

CHILD_PUGH_SCORES = ("A5", "A6", "B7", "B8", "B9", "C10", "C11", "C12", "C13", "C14", "C15")


class Case:
    """A study with what was declared about the patient, and DVHs computed at most once each.

    The dose of several plans, or of phases with a dose each, is their sum, voxel by voxel.

    It may be asked from several threads.

    Parameters
    ----------
    study : Study
    child_pugh : str or None
        Child-Pugh class and score (``"A5"`` ... ``"C15"``); DICOM doesn't know it.
    convention : Convention
        How contours are read as solids; its values are the ones given and judged.
    intervals : bool
        False computes no DVHs under the other named conventions: faster. Metrics then have no interval over them, and
        a robust verdict is one that holds whatever the dose outside the grid is, no more; the report says so.
    prescriptions : mapping of str to str or Schedule
        What is prescribed, target by target, where the plans don't say it or contradict themselves:
        ``{"PTV_1": "5x8Gy"}``.
    names : Names, optional
        Names of organs and their synonyms; those that rtcheck ships where not given.
    sheet : CaseSheet, optional
        What was declared. What is given by the arguments above counts in place of what the sheet says.

    Raises
    ------
    UsageError
        An unknown Child-Pugh score, a prescription to a target or a confirmed name of an ROI that isn't there.

    Examples
    --------
    >>> case = Case(rtcheck.read_study("sample_plans/hcc-sbrt-5fx"))                       # doctest: +SKIP
    >>> case.dvh("Liver - GTV*")["CV15Gy[cc]"]                                             # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        *,
        child_pugh: str | None = None,
        convention: Convention = DEFAULT_CONVENTION,
        intervals: bool = True,
        prescriptions: Mapping[str, str | Schedule] | None = None,
        names: Names | None = None,
        sheet: CaseSheet | None = None,
    ) -> None:
        self.sheet = sheet = sheet or NOTHING_DECLARED
        child_pugh = child_pugh or sheet.child_pugh
        child_pugh = child_pugh.strip().upper() if child_pugh else None
        if child_pugh is not None and child_pugh not in CHILD_PUGH_SCORES:
            raise UsageError(f"Child-Pugh {child_pugh!r} is unknown; it is one of {', '.join(CHILD_PUGH_SCORES)}")
        self.study = study
        self.child_pugh = child_pugh
        self.convention = convention
        self.intervals = intervals
        self.targets = targets(study, given({**sheet.prescriptions, **(prescriptions or {})}))
        self._unprescribed = tuple(one for one in self.targets if one.roi is not None and one.prescription is None)
        self.names = names or shipped_names()
        if sheet.names:
            self.names = self.names.with_confirmed(sheet.names).with_confirmed(dict(self.names.confirmed))
        for organ, roi in self.names.confirmed:
            if roi not in {one.name for one in study.structure_set.rois}:
                raise UsageError(f"{roi!r} was confirmed as {organ}, and no ROI of the structure set is called so")
        self.contoured = Contoured(study, self.names)
        self.dose = TreatmentDose(study.plan_doses)
        self._cores = Cores()
        self._dvhs = Memo[tuple[str, DoseBasis, tuple[QualityFlag, ...]], DVH]()
        self._dvhs_of = Memo[tuple[int, DoseBasis], DVH]()
        self._parts = Memo[tuple[int, ...], Case]()
        self._similar = Memo[str, tuple[str, ...]]()

    @property
    def roi_names(self) -> tuple[str, ...]:
        """Names of all ROIs, in the structure set's order."""
        return tuple(roi.name for roi in self.study.structure_set.rois)

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """What is prescribed to the targets, each once; empty where nothing says it."""
        every = (target.prescription for target in self.targets)
        return tuple(dict.fromkeys(one for one in every if one is not None))

    @property
    def prescription_problem(self) -> str:
        """Why no target has a prescription; empty where one has."""
        if self.prescriptions:
            return ""
        problems = dict.fromkeys(target.problem for target in self.targets if target.problem)
        return unstated(self.study) or "; ".join(problems) or "no target is drawn or named"

    @property
    def fractions(self) -> int | None:
        """Fractions of all phases of the only plan; None where not stated, and for several plans."""
        groups = self.study.plan.fraction_groups if len(self.study.plans) == 1 and self.study.plan else ()
        counts = [group.fractions_planned for group in groups]
        sums = any(one.sums_plans for one in self.study.plan_doses)
        return sum(count or 0 for count in counts) if counts and all(counts) and not sums else None

    @cached_property
    def schedules(self) -> tuple[Schedule, ...]:
        """The distinct schedules that the prescriptions mean."""
        return tuple(dict.fromkeys(prescription.schedule for prescription in self.prescriptions))

    @cached_property
    def schedule_text(self) -> str:
        """The distinct schedules for the reader, ``5x8Gy and 3x9Gy``; empty where nothing says them."""
        return " and ".join(str(schedule) for schedule in self.schedules)

    def of_plans(self, plan_uids: Sequence[str], group_numbers: Sequence[int] = ()) -> Case:
        """The same patient with the doses of some plans, or of some phases of a plan, alone.

        A dose that holds more phases than are asked can't be cut; it is taken whole.
        """
        kept = tuple(
            one
            for one in self.study.plan_doses
            if one.plan
            and one.plan.sop_instance_uid in plan_uids
            and (not group_numbers or not one.group_numbers or set(one.group_numbers) <= set(group_numbers))
        )
        if not kept or len(kept) == len(self.study.plan_doses):
            return self
        return self._parts.of(tuple(map(id, kept)), lambda: self._with(kept))

    def of(self, prescription: Prescription) -> Case:
        """The same patient with the doses that a prescription is of, alone."""
        return self.of_plans(prescription.plan_uids, prescription.group_numbers)

    @property
    def by_plan(self) -> tuple[Case, ...]:
        """One case for each plan, with its doses alone."""
        return tuple(self.of_plans([plan.sop_instance_uid]) for plan in self.study.plans)

    def _with(self, plan_doses: tuple[PlanDose, ...]) -> Case:
        other = Case(
            replace(self.study, plan_doses=plan_doses),
            child_pugh=self.child_pugh,
            convention=self.convention,
            intervals=self.intervals,
            names=self.names,
            sheet=replace(self.sheet, prescriptions={}),  # their targets may be another plan's
        )
        other.contoured, other._cores = self.contoured, self._cores  # the contours are the same
        uids = {one.plan.sop_instance_uid for one in plan_doses if one.plan}
        other.targets = tuple(  # what was declared of them holds here too
            target for target in self.targets if target.prescription and uids.issuperset(target.prescription.plan_uids)
        )
        other._unprescribed = self._unprescribed  # nothing tells which plan treats these
        return other

    def dvh(self, roi: str, basis: DoseBasis = PHYSICAL) -> DVH:
        """The DVH of an ROI or ROI expression.

        An ROI that exists but bounds no volume (no contours, a POINT) gives a DVH whose metrics are not evaluable, and
        so does a dose that isn't known in the basis asked for.

        Parameters
        ----------
        roi : str
        basis : DoseBasis
            What its doses are to be; of one plan it is mapped, of several it is summed voxel by voxel.

        Raises
        ------
        MissingRoiError, AmbiguousRoiError
            For a name that fits no ROI, or more than one.
        ParseError
            For text that is no expression.
        """
        flags = self.contoured.flags_of_member(roi)
        return self._dvhs.of((roi, basis, flags), lambda: self._compute(roi, basis, flags))

    def dvh_of(self, roi: ROI, basis: DoseBasis = PHYSICAL) -> DVH:
        """The DVH of one ROI of the structure set, whatever others are called."""
        solid, physical = partial(self.contoured.solid_of, roi), partial(self.dvh_of, roi)
        made = partial(self._in_basis, roi.name, (roi.name,), basis, solid, physical, only=roi)
        return self._dvhs_of.of((roi.number, basis), made)

    def metric(self, roi: str, metric: str | Metric, basis: DoseBasis = PHYSICAL) -> MetricValue:
        """What an ROI or ROI expression answers to any metric, conformity to the whole body included.

        Raises
        ------
        ParseError
            For text that is no metric, or no expression.
        MissingRoiError, AmbiguousRoiError
            As `dvh`.

        Examples
        --------
        >>> case.metric("PTV", "PCI(95%)[1]")                                               # doctest: +SKIP
        """
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        return self.answer(self.dvh(roi, basis), asked)

    def answer(self, dvh: DVH, metric: str | Metric) -> MetricValue:
        """What a DVH of this case answers to any metric; `ParseError` for text that is none.

        Conformity is asked of the DVH and of the body's in the same basis. It is not evaluable where no ROI is the
        body, where more than one may be, and where the body isn't drawn whole.
        """
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        if not asked.question.needs_body or dvh.problem:
            return dvh[asked]
        body = self.body_dvh(dvh.basis)
        if body.problem:
            return replace(MetricValue.absent(str(asked), asked.unit, body.problem), basis=dvh.basis)
        return conformity(asked, dvh.distribution, body.distribution, dvh.alternatives, body.alternatives)

    def flags_of(self, dvh: DVH, metric: str | Metric) -> tuple[QualityFlag, ...]:
        """What makes a metric of one of this case's DVHs fragile: of the ROI, and of the body where it is asked too."""
        asked = parse_metric(metric) if isinstance(metric, str) else metric
        if not asked.question.needs_body or dvh.problem:
            return dvh.flags_of(asked)
        body = self.body_dvh(dvh.basis)
        of_body = (
            QualityFlag(flag.flag, f"{body.roi}: {flag.message}") for flag in body.flags if flag not in dvh.flags
        )
        return (*dvh.flags_of(asked), *of_body)

    @property
    def body(self) -> ROI | None:
        """The patient's outline: the ROI of type EXTERNAL, else the one named so; None where it isn't clear."""
        return self._body.roi

    @property
    def body_problem(self) -> str:
        """Why no ROI is the patient's whole outline; empty where one is."""
        return self._body.problem

    @cached_property
    def _body(self) -> Body:
        return body_of(self.study.structure_set.rois, self.names)

    def body_dvh(self, basis: DoseBasis = PHYSICAL) -> DVH:
        """The DVH of the patient's outline; one that answers nothing and says why where there is none."""
        if self.body is None or self.body_problem:
            return self._absent(BODY_NAME, (), self.body_problem, basis)
        dvh = self.dvh_of(self.body, basis)
        return replace(dvh, problem=f"the body {self.body.name!r}: {dvh.problem}") if dvh.problem else dvh

    def dvhs(
        self, rois: Sequence[str] | None = None, basis: DoseBasis = PHYSICAL, *, with_body: bool = False
    ) -> tuple[DVH, ...]:
        """Many DVHs at once, in the order asked, computed on all cores.

        Parameters
        ----------
        rois : sequence of str, optional
            ROIs or ROI expressions, as for `dvh`; without it every ROI of the structure set, as by `dvh_of`.
        basis : DoseBasis
        with_body : bool
            Whether to compute the body's DVH with them, which `metric` will ask; it isn't among those returned.

        Raises
        ------
        MissingRoiError, AmbiguousRoiError, ParseError
            As `dvh`, for the first in order that has no answer.
        """
        asks: list[Callable[[], DVH]]
        if rois is None:
            drawn = self.study.structure_set.rois
            asks, sizes = [partial(self.dvh_of, roi, basis) for roi in drawn], [contour_points(roi) for roi in drawn]
        else:
            asks, sizes = [partial(self.dvh, roi, basis) for roi in rois], [self._size(roi) for roi in rois]
        count = len(asks)
        body = self.body if not self.body_problem else None
        if with_body and rois is not None and body is not None and body.name not in rois:
            asks, sizes = [*asks, partial(self.dvh_of, body, basis)], [*sizes, contour_points(body)]
        self.dose.problem(basis)  # a sum is made once, before the cores ask for it
        # The largest first, so that no core is left with the body while the others wait.
        largest_first = sorted(range(len(asks)), key=lambda index: -sizes[index])
        settled = self._cores.run([partial(_settled, asks[index]) for index in largest_first])
        found = dict(zip(largest_first, settled, strict=True))
        dvhs = []
        for index in range(count):
            answer = found[index]
            if isinstance(answer, RtcheckError):
                raise answer
            dvhs.append(answer)
        return tuple(dvhs)

    def _size(self, roi: str) -> int:
        """Contour points of an expression: about how long its DVH takes."""
        try:
            return self.contoured.points(roi)
        except RtcheckError:
            return 0  # `dvh` will say what is wrong

    def rois_of(self, roi: str) -> tuple[str, ...]:
        """Names of the ROIs that an expression resolves to, with contours or without; errors as for `dvh`."""
        return self.contoured.rois_of(roi)

    def is_contoured(self, organ: str) -> bool:
        """Whether something of an organ is drawn; see `Contoured.is_contoured`."""
        return self.contoured.is_contoured(organ)

    def members(self, roi: str) -> tuple[str, ...]:
        """What a row about an ROI expression asks one by one: the members of ``any(...)`` or ``all(...)``, or itself.

        Text that makes no sense is its own only member: asking for its DVH tells what is wrong.
        """
        try:
            return self.contoured.members(roi)
        except RtcheckError:
            return (roi,)

    def quantifier(self, roi: str) -> Literal["any", "all"] | None:
        """How many of the members must keep a limit; None for an expression that has a DVH of its own."""
        try:
            expression = self.contoured.parsed(roi)
        except RtcheckError:
            return None
        return expression.quantifier if isinstance(expression, Selection) else None

    def organ(self, name: str) -> str:
        """The organ that a limit on a structure is about: ``Kidneys`` for ``Kidney_Cortex``; see `Names.organ`."""
        return self.names.organ(name)

    def union_of(self, organ: str) -> tuple[str, ...]:
        """The organs that a paired organ is made of; empty for any other."""
        return self.names.union_of(organ)

    def similar(self, organ: str) -> tuple[str, ...]:
        """Names of drawn ROIs that look like an organ's and that no other organ has: for a person to settle."""
        return self._similar.of(organ, lambda: self.names.suggestions(organ, self._unlisted))

    @cached_property
    def _unlisted(self) -> tuple[str, ...]:
        """Names of drawn ROIs that no organ of the list has."""
        drawn = [roi.name for roi in self.study.structure_set.rois if roi.closed_contours]
        return tuple(name for name in drawn if self.names.standard(name) is None)

    @property
    def dose_is_physical(self) -> bool:
        """False for a dose that is weighted (EFFECTIVE): limits in physical dose say nothing about it."""
        return self.dose.is_physical

    def _compute(self, roi: str, basis: DoseBasis, flags: tuple[QualityFlag, ...]) -> DVH:
        rois = self.rois_of(roi)
        if only := self.contoured.only_roi(roi):
            dvh = self.dvh_of(only, basis)
            return replace(dvh, roi=roi, flags=(*dvh.flags, *flags))
        return self._in_basis(
            roi, rois, basis, partial(self.contoured.solid, roi), partial(self.dvh, roi), only=self._only(roi, rois)
        )

    def _only(self, roi: str, rois: tuple[str, ...]) -> ROI | None:
        """The one ROI that a pattern means; None for an expression that may be a part of one."""
        if len(rois) != 1 or not isinstance(self.contoured.parsed(roi), Name):
            return None
        return next(one for one in self.study.structure_set.rois if one.name == rois[0])

    def _in_basis(
        self,
        roi: str,
        rois: tuple[str, ...],
        basis: DoseBasis,
        make_solid: Callable[[], Solid],
        physical: Callable[[], DVH],
        *,
        only: ROI | None,
    ) -> DVH:
        """A DVH in a basis: of one plan `physical` with its axis mapped, else computed in the sum."""
        if problem := self.dose.problem(basis):
            return self._absent(roi, rois, problem, basis)
        references = self._references(basis, only)
        if self.dose.is_sum or basis.is_physical:
            return self._computed(roi, rois, basis, make_solid, references)
        fractions = self.study.plan_doses[0].fractions
        assert fractions is not None  # else there was a problem
        return in_basis(physical(), basis, fractions, reference_gy=references)

    def _computed(
        self,
        roi: str,
        rois: tuple[str, ...],
        basis: DoseBasis,
        make_solid: Callable[[], Solid],
        references: Mapping[str, float],
    ) -> DVH:
        try:
            solid = make_solid()
        except MissingRoiError as error:
            if not error.empty:
                raise
            return self._absent(roi, rois, str(error), basis)
        except NoVolumeError as error:
            return self._absent(roi, rois, str(error), basis)
        dvh = compute_dvh(
            solid,
            self.dose.field(basis),
            roi=roi,
            rois=rois,
            reference_gy=references,
            convention=self.convention,
            intervals=self.intervals,
            cores=self._cores,
        )
        return replace(dvh, flags=(*dvh.flags, *self.dose_flags), dose=self.dose.text)

    def _absent(self, roi: str, rois: tuple[str, ...], problem: str, basis: DoseBasis) -> DVH:
        return DVH(roi, rois, None, problem=problem, basis=basis, convention=self.convention, dose=self.dose.text)

    @cached_property
    def dose_flags(self) -> tuple[QualityFlag, ...]:
        """What every number from this dose carries with it."""
        return tuple(
            QualityFlag(
                Flag.NORMALISED, f"relative dose of {one.label}, normalised by the user: {one.dose.normalisation}"
            )
            for one in self.study.plan_doses
            if one.dose.normalisation
        )

    def _references(self, basis: DoseBasis, only: ROI | None) -> dict[str, float]:
        """Prescribed doses by target; empty where two have one name, which then names nothing.

        A drawn target whose prescription isn't known is among them with NaN: percent may be of it. Only the DVH of the
        one target that has a prescription leaves no doubt, so `only` that ROI has no other.
        """
        every = self.prescriptions
        doses = {p.target: radiobiology.in_basis(p.schedule, basis) for p in every}
        if len(doses) < len(every):
            return {}
        prescribed = [target.roi for target in self.targets if target.prescription is not None]
        if only is not None and [roi.number for roi in prescribed if roi] == [only.number] and len(prescribed) == 1:
            return doses
        unknown = {target.name: math.nan for target in self._unprescribed}
        return {} if doses.keys() & unknown else doses | unknown


def _settled(ask: Callable[[], DVH]) -> DVH | RtcheckError:
    """A DVH, or the error that says why there is none."""
    try:
        return ask()
    except RtcheckError as error:
        return error
