"""One patient's plan, ready to be questioned: ROIs by name, prescriptions, and the only memo of DVHs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from rtcheck import nomenclature
from rtcheck.dvh import DVH, compute_dvh
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, NoVolumeError, UsageError
from rtcheck.fractionation import Schedule
from rtcheck.roi_algebra import Expression, Name, combine, evaluate, names, parse_expression
from rtcheck.solid import Flag, QualityFlag, Solid, solid_of
from rtcheck.study import ROI, FractionGroup, Prescription, Study
from rtcheck.trilinear import DoseField

CHILD_PUGH_SCORES = ("A5", "A6", "B7", "B8", "B9", "C10", "C11", "C12", "C13", "C14", "C15")


class Case:
    """A study with what was declared about the patient, and DVHs computed at most once each.

    Parameters
    ----------
    study : Study
    child_pugh : str or None
        Child-Pugh class and score (``"A5"`` ... ``"C15"``); DICOM doesn't know it.

    Examples
    --------
    >>> case = Case(rtcheck.read_study("sample_plans/hcc-sbrt-5fx"))                       # doctest: +SKIP
    >>> case.dvh("Liver - GTV*")["CV15Gy[cc]"]                                             # doctest: +SKIP
    """

    def __init__(self, study: Study, *, child_pugh: str | None = None) -> None:
        if child_pugh is not None and child_pugh not in CHILD_PUGH_SCORES:
            raise UsageError(f"Child-Pugh {child_pugh!r} is unknown; it is one of {', '.join(CHILD_PUGH_SCORES)}")
        self.study = study
        self.child_pugh = child_pugh
        self._solids: dict[int, Solid] = {}
        self._dvhs: dict[str, DVH] = {}
        self._by_name: dict[str, ROI] = {}
        self._duplicates: set[str] = set()
        for roi in study.structure_set.rois:
            if roi.name in self._by_name:
                self._duplicates.add(roi.name)
            self._by_name[roi.name] = roi

    @property
    def roi_names(self) -> tuple[str, ...]:
        """Names of all ROIs, in the structure set's order."""
        return tuple(roi.name for roi in self.study.structure_set.rois)

    @cached_property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """What the plan prescribes to its targets; empty where it doesn't say.

        Read from dose references of type TARGET and the fraction group. References to a site or volume come before
        those to a point, which planning systems use for normalisation. Several fraction groups are phases whose split
        dose references can't tell, and a dose summed over several plans has no one schedule: nothing is derived then.
        """
        plan = self.study.plan
        if plan is None or len(plan.fraction_groups) != 1 or self._dose_sums_plans:
            return ()
        fractions = plan.fraction_groups[0].fractions_planned
        if not fractions or fractions < 1:
            return ()
        targets = [
            reference
            for reference in plan.dose_references
            if reference.reference_type == "TARGET" and (reference.target_prescription_dose_gy or 0) > 0
        ]
        volumes = [reference for reference in targets if reference.structure_type in ("SITE", "VOLUME")]
        by_number = {roi.number: roi.name for roi in self.study.structure_set.rois}
        found = []
        for reference in volumes or targets:
            roi_number = reference.referenced_roi_number
            target = by_number.get(roi_number or -1) or reference.description or f"dose reference {reference.number}"
            dose = reference.target_prescription_dose_gy
            assert dose is not None
            found.append(Prescription(dose, fractions, target, roi_number, f"dose reference {reference.number}"))
        return tuple(found)

    @cached_property
    def prescription_problem(self) -> str:
        """Why there is no prescription; empty where there is one."""
        plan = self.study.plan
        if self.prescriptions:
            return ""
        if plan is None:
            return "no RT Plan among the files"
        if self._dose_sums_plans:
            return "the dose is a sum over several plans, whose schedules one plan doesn't tell"
        if len(plan.fraction_groups) != 1:
            return (
                f"the plan has {len(plan.fraction_groups)} fraction groups, whose doses its dose references don't tell"
            )
        if not plan.fraction_groups[0].fractions_planned:
            return "the plan's fraction group doesn't state its number of fractions"
        beams = beam_dose_per_fraction_gy(plan.fraction_groups[0])
        hint = f" (its beam doses add up to {beams:.2f} Gy per fraction at their points)" if beams else ""
        return f"the plan has no dose reference of type TARGET with a dose{hint}"

    @cached_property
    def fractions(self) -> int | None:
        """Fractions of the plan's only fraction group, or of all its groups; None where not stated."""
        if self._dose_sums_plans:
            return None
        groups = self.study.plan.fraction_groups if self.study.plan else ()
        counts = [group.fractions_planned for group in groups]
        return sum(count or 0 for count in counts) if counts and all(counts) else None

    @property
    def _dose_sums_plans(self) -> bool:
        dose = self.study.dose
        return dose.summation_type == "MULTI_PLAN" or len(dose.referenced_plan_uids) > 1

    @cached_property
    def schedules(self) -> tuple[Schedule, ...]:
        """The distinct schedules that the prescriptions mean."""
        every = [Schedule.uniform(p.total_dose_gy, p.fractions) for p in self.prescriptions]
        return tuple(dict.fromkeys(every))

    def dvh(self, roi: str) -> DVH:
        """The DVH of an ROI or ROI expression.

        An ROI that exists but bounds no volume (no contours, a POINT) gives a DVH whose metrics are not evaluable.

        Raises
        ------
        MissingRoiError, AmbiguousRoiError
            For a name that fits no ROI, or more than one.
        ParseError
            For text that is no expression.
        """
        if roi not in self._dvhs:
            self._dvhs[roi] = self._compute(roi)
        return self._dvhs[roi]

    def dvh_of(self, roi: ROI) -> DVH:
        """The DVH of one ROI of the structure set, whatever others are called."""
        key = f"#{roi.number}"
        if key not in self._dvhs:
            self._dvhs[key] = self._computed(roi.name, (roi.name,), lambda: self._solid_of(roi))
        return self._dvhs[key]

    def rois_of(self, roi: str) -> tuple[str, ...]:
        """Names of the ROIs that an expression resolves to, with contours or without; errors as for `dvh`."""
        every = [found.name for name in names(self._parse(roi)) for found in self._find(name)]
        return tuple(dict.fromkeys(every))

    def _compute(self, roi: str) -> DVH:
        return self._computed(roi, self.rois_of(roi), lambda: evaluate(self._parse(roi), self._solid))

    def _computed(self, roi: str, rois: tuple[str, ...], make_solid: Callable[[], Solid]) -> DVH:
        references = {p.target: p.total_dose_gy for p in self.prescriptions}
        if len(references) < len(self.prescriptions):
            references = {}  # two doses of one name name nothing
        try:
            solid = make_solid()
        except MissingRoiError as error:
            if not error.empty:
                raise
            return DVH(roi, rois, None, problem=str(error))
        except NoVolumeError as error:
            return DVH(roi, rois, None, problem=str(error))
        return compute_dvh(solid, self._field, roi=roi, rois=rois, reference_gy=references)

    @cached_property
    def _field(self) -> DoseField:
        return DoseField(self.study.dose.grid, self.study.dose.dose_gy)

    def _parse(self, text: str) -> Expression:
        """An ROI whose name equals the text wins over the expression."""
        return Name(text, quoted=True) if text in self._by_name else parse_expression(text)

    def _find(self, name: Name) -> tuple[ROI, ...]:
        """The ROIs that one name of an expression means."""
        found = self._match(name)
        if not found:
            pair = nomenclature.pair_of(name.text)
            halves = [self._match(Name(half)) for half in pair] if pair else []
            if not halves or not all(halves):
                close = nomenclature.suggestions(name.text, self._by_name)
                detail = f"similar: {', '.join(map(repr, close))}" if close else ""
                raise MissingRoiError(name.text, detail=detail)
            found = halves[0] + halves[1]
        return tuple(self._by_name[other] for other in found)

    def _match(self, name: Name) -> tuple[str, ...]:
        """Names that one name means; more than one only for a pattern."""
        pattern = nomenclature.is_pattern(name.text) and not name.quoted
        if name.quoted:
            found: tuple[str, ...] = (name.text,) if name.text in self._by_name else ()
        else:
            found = nomenclature.match(name.text, tuple(self._by_name))
        doubled = [other for other in found if other in self._duplicates]
        if doubled:
            raise AmbiguousRoiError(name.text, (doubled[0], doubled[0]))
        if len(found) > 1 and not pattern:
            raise AmbiguousRoiError(name.text, found)
        return found

    def _solid(self, name: Name) -> Solid:
        """The solid that a name means: one ROI's, or the union of several."""
        rois = self._find(name)
        drawn = [roi for roi in rois if roi.closed_contours]
        if not drawn:
            kinds = sorted({contour.geometric_type.value for roi in rois for contour in roi.contours})
            raise MissingRoiError(name.text, empty=True, detail=f"only {', '.join(kinds)}" if kinds else "never drawn")
        if len(drawn) < len(rois) and not nomenclature.is_pattern(name.text):
            missing = next(roi.name for roi in rois if not roi.closed_contours)
            raise MissingRoiError(missing, empty=True, detail=f"needed for {name.text!r}")
        solid = self._solid_of(drawn[0])
        for roi in drawn[1:]:
            solid = combine("+", solid, self._solid_of(roi))
        left_out = [roi.name for roi in rois if not roi.closed_contours]
        if left_out:
            flag = QualityFlag(Flag.EMPTY_OPERAND, f"without contours, left out of {name.text}: {', '.join(left_out)}")
            solid = replace(solid, flags=(*solid.flags, flag))
        return solid

    def _solid_of(self, roi: ROI) -> Solid:
        if roi.number not in self._solids:
            self._solids[roi.number] = solid_of(roi, self._slice_spacing_mm)
        return self._solids[roi.number]

    @cached_property
    def _slice_spacing_mm(self) -> float | None:
        """Spacing of the image slices by their positions; without images, the commonest gap between contour planes."""
        spacings = [np.diff(series.slice_positions_mm) for series in self.study.images if series.modality == "CT"]
        gaps = [float(np.median(gap)) for gap in spacings if len(gap)]
        if gaps:
            return min(gaps)
        every = []
        for roi in self.study.structure_set.rois:
            heights = np.unique(np.round([contour.points_mm[0, 2] for contour in roi.closed_contours], 2))
            every += [round(float(gap), 2) for gap in np.diff(heights)]
        return max(set(every), key=every.count) if every else None


def beam_dose_per_fraction_gy(group: FractionGroup) -> float | None:
    """Sum of a fraction group's beam doses, each at its own point; None where no beam states one."""
    doses = [beam.beam_dose_gy for beam in group.beams if beam.beam_dose_gy is not None]
    return sum(doses) if doses else None


__all__ = ["CHILD_PUGH_SCORES", "Case", "beam_dose_per_fraction_gy"]
