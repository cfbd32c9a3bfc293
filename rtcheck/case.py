"""One patient's plan, ready to be questioned: ROIs by name, prescriptions, and the only memo of DVHs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial

import numpy as np

from rtcheck import nomenclature
from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.cores import Cores
from rtcheck.dvh import DVH, compute_dvh
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, NoVolumeError, RtcheckError, UsageError
from rtcheck.fractionation import Schedule
from rtcheck.memo import Memo
from rtcheck.prescription import Prescribed, prescribed, sums_plans
from rtcheck.roi_algebra import Expression, Name, combine, evaluate, names, parse_expression
from rtcheck.solid import Flag, QualityFlag, Solid, solid_of
from rtcheck.study import ROI, Prescription, Study
from rtcheck.trilinear import DoseField

#: RTROIInterpretedTypes that a pattern of that name means.
TARGET_TYPES = ("GTV", "CTV", "PTV")
CHILD_PUGH_SCORES = ("A5", "A6", "B7", "B8", "B9", "C10", "C11", "C12", "C13", "C14", "C15")


class Case:
    """A study with what was declared about the patient, and DVHs computed at most once each.

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
    ) -> None:
        child_pugh = child_pugh.strip().upper() if child_pugh else None
        if child_pugh is not None and child_pugh not in CHILD_PUGH_SCORES:
            raise UsageError(f"Child-Pugh {child_pugh!r} is unknown; it is one of {', '.join(CHILD_PUGH_SCORES)}")
        self.study = study
        self.child_pugh = child_pugh
        self.convention = convention
        self.intervals = intervals
        self._solids = Memo[int, Solid]()
        self._cores = Cores()
        self._dvhs = Memo[str, DVH]()
        self._dvhs_of = Memo[int, DVH]()
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
    def _prescribed(self) -> Prescribed:
        return prescribed(self.study)

    @property
    def prescriptions(self) -> tuple[Prescription, ...]:
        """What the plan prescribes to its targets; empty where it doesn't say."""
        return self._prescribed.prescriptions

    @property
    def prescription_problem(self) -> str:
        """Why there is no prescription; empty where there is one."""
        return self._prescribed.problem

    @cached_property
    def fractions(self) -> int | None:
        """Fractions of the plan's only fraction group, or of all its groups; None where not stated."""
        if sums_plans(self.study):
            return None
        groups = self.study.plan.fraction_groups if self.study.plan else ()
        counts = [group.fractions_planned for group in groups]
        return sum(count or 0 for count in counts) if counts and all(counts) else None

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
        return self._dvhs.of(roi, lambda: self._compute(roi))

    def dvh_of(self, roi: ROI) -> DVH:
        """The DVH of one ROI of the structure set, whatever others are called."""
        return self._dvhs_of.of(roi.number, lambda: self._computed(roi.name, (roi.name,), lambda: self._solid_of(roi)))

    def dvhs(self, rois: Sequence[str] | None = None) -> tuple[DVH, ...]:
        """Many DVHs at once, in the order asked, computed on all cores.

        Parameters
        ----------
        rois : sequence of str, optional
            ROIs or ROI expressions, as for `dvh`; without it every ROI of the structure set, as by `dvh_of`.

        Raises
        ------
        MissingRoiError, AmbiguousRoiError, ParseError
            As `dvh`, for the first in order that has no answer.
        """
        asks: list[Callable[[], DVH]]
        if rois is None:
            drawn = self.study.structure_set.rois
            asks, sizes = [partial(self.dvh_of, roi) for roi in drawn], [_points(roi) for roi in drawn]
        else:
            asks, sizes = [partial(self.dvh, roi) for roi in rois], [self._size(roi) for roi in rois]
        # The largest first, so that no core is left with the body while the others wait.
        largest_first = sorted(range(len(asks)), key=lambda index: -sizes[index])
        settled = self._cores.run([partial(_settled, asks[index]) for index in largest_first])
        found = dict(zip(largest_first, settled, strict=True))
        dvhs = []
        for index in range(len(asks)):
            answer = found[index]
            if isinstance(answer, RtcheckError):
                raise answer
            dvhs.append(answer)
        return tuple(dvhs)

    def _size(self, roi: str) -> int:
        """Contour points of an expression: about how long its DVH takes."""
        try:
            return sum(_points(self._by_name[name]) for name in self.rois_of(roi))
        except RtcheckError:
            return 0  # `dvh` will say what is wrong

    def rois_of(self, roi: str) -> tuple[str, ...]:
        """Names of the ROIs that an expression resolves to, with contours or without; errors as for `dvh`."""
        every = [found.name for name in names(self._parse(roi)) for found in self._find(name)]
        return tuple(dict.fromkeys(every))

    @property
    def dose_is_physical(self) -> bool:
        """False for a dose that is weighted (EFFECTIVE): limits in physical dose say nothing about it."""
        return self.study.dose.dose_type in (None, "", "PHYSICAL")

    def is_contoured(self, organ: str) -> bool:
        """Whether something of an organ is drawn: an ROI of that name, or one half of a pair.

        A name that isn't clear (it fits two ROIs) is for a person to look at, so it counts.
        """
        pair = nomenclature.pair_of(organ) or ()
        try:
            found = [other for name in (organ, *pair) for other in self._match(Name(name))]
        except AmbiguousRoiError:
            return True
        return any(self._by_name[other].closed_contours for other in found)

    def _compute(self, roi: str) -> DVH:
        expression, rois = self._parse(roi), self.rois_of(roi)
        if only := self._only_roi(expression):
            return replace(self.dvh_of(only), roi=roi)
        return self._computed(roi, rois, lambda: evaluate(expression, self._solid))

    def _only_roi(self, expression: Expression) -> ROI | None:
        """The one ROI that an expression is nothing but a name of; its DVH may be known already."""
        if not isinstance(expression, Name) or (nomenclature.is_pattern(expression.text) and not expression.quoted):
            return None
        found = self._find(expression)
        return found[0] if len(found) == 1 and found[0].closed_contours else None

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
        return compute_dvh(
            solid,
            self._field,
            roi=roi,
            rois=rois,
            reference_gy=references,
            convention=self.convention,
            intervals=self.intervals,
            cores=self._cores,
        )

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
                if any(halves):
                    detail = f"only one half: {', '.join(repr(half[0]) for half in halves if half)}"
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
        if pattern:
            found = self._of_type(name.text, found)
        doubled = [other for other in found if other in self._duplicates]
        if doubled:
            raise AmbiguousRoiError(name.text, (doubled[0], doubled[0]))
        if len(found) > 1 and not pattern:
            raise AmbiguousRoiError(name.text, found)
        return found

    def _of_type(self, pattern: str, found: tuple[str, ...]) -> tuple[str, ...]:
        """Of a pattern such as ``GTV*``, the ROIs of that type where any has it: ``GTV_ring20mm`` is no GTV."""
        kind = pattern.strip("*?_- ").upper()
        typed = tuple(other for other in found if self._by_name[other].interpreted_type == kind)
        return typed if kind in TARGET_TYPES and typed else found

    def _left_out(self, name: Name, used: list[ROI]) -> list[str]:
        """What a pattern matches and an expression doesn't use: ROIs of another type, or without contours."""
        matched = nomenclature.match(name.text, tuple(self._by_name)) if nomenclature.is_pattern(name.text) else ()
        names = {roi.name for roi in used}
        return [other for other in matched if other not in names]

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
        left_out = [] if name.quoted else self._left_out(name, drawn)
        if left_out:
            text = f"left out of {name.text} (no contours, or of another type): {', '.join(left_out)}"
            flag = QualityFlag(Flag.EMPTY_OPERAND, text)
            solid = replace(solid, flags=(*solid.flags, flag))
        return solid

    def _solid_of(self, roi: ROI) -> Solid:
        return self._solids.of(roi.number, lambda: solid_of(roi, self._slice_spacing_mm))

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


def _settled(ask: Callable[[], DVH]) -> DVH | RtcheckError:
    """A DVH, or the error that says why there is none."""
    try:
        return ask()
    except RtcheckError as error:
        return error


def _points(roi: ROI) -> int:
    return sum(len(contour.points_mm) for contour in roi.contours)
