"""A case's second opinions, ROI by ROI: what is compared, and what there is nothing to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pydicom.dataset import Dataset

from rtcheck.case import Case
from rtcheck.crosscheck.causes import likely_cause
from rtcheck.crosscheck.comparison import Cause, Comparison, Engine, compared
from rtcheck.crosscheck.facts import Facts
from rtcheck.crosscheck.peer import PeerDVH, PeerError, dose_dataset, peer_dvh
from rtcheck.dvh import DVH
from rtcheck.errors import RoiError, RtcheckError
from rtcheck.roi_algebra import Name, parse_expression
from rtcheck.study import ROI, StoredDVH


def compare_stored(subject: Case | DVH, stored: StoredDVH) -> Comparison:
    """Compare a DVH that the planning system stored with ours.

    Parameters
    ----------
    subject : Case or DVH
        The case that the stored DVH belongs to, or our DVH of the same ROI; with a DVH alone, causes that need the
        contours are not looked for.
    stored : StoredDVH

    Returns
    -------
    Comparison
        With a `problem` where the stored DVH can't be used or its ROI isn't there.
    """
    if isinstance(subject, DVH):
        if stored.problem:
            return Comparison(subject.roi, Engine.STORED, subject.volume_cc, problem=_unusable(stored))
        return _judged(Facts(compared(subject, stored, Engine.STORED), subject, stored), stored.remarks)
    rois = [_roi_of(subject, number) for number in stored.roi_numbers]
    label = " + ".join(roi.name if roi else f"ROI {n}" for n, roi in zip(stored.roi_numbers, rois, strict=True))
    if stored.problem:
        return Comparison(label or "(no ROI named)", Engine.STORED, problem=_unusable(stored))
    known = [roi for roi in rois if roi is not None]
    if len(known) < len(rois):
        absent = ", ".join(str(n) for n, roi in zip(stored.roi_numbers, rois, strict=True) if roi is None)
        problem = f"a DVH is stored for ROI {absent}, which the structure set doesn't have"
        return Comparison(label, Engine.STORED, problem=problem)
    try:
        dvh = subject.dvh_of(known[0]) if len(known) == 1 else subject.dvh(" + ".join(f'"{r.name}"' for r in known))
    except RtcheckError as error:
        return Comparison(label, Engine.STORED, problem=f"no DVH here: {error}")
    facts = Facts(compared(dvh, stored, Engine.STORED), dvh, stored, subject, known[0] if len(known) == 1 else None)
    return _judged(facts, (*stored.remarks, *_of_other_structures(subject)))


def compare_peer(case: Case, roi: ROI, other: PeerDVH | None = None, *, dose: Dataset | None = None) -> Comparison:
    """Compare dicompyler-core's DVH of an ROI with ours.

    Parameters
    ----------
    case : Case
    roi : ROI
    other : PeerDVH, optional
        What it computed, e.g. from files; computed here where not given.
    dose : pydicom.Dataset, optional
        The case's dose as `dose_dataset` makes it, where many ROIs are asked.

    Returns
    -------
    Comparison
        With a `problem` where it fails.
    """
    dvh = case.dvh_of(roi)
    if dvh.curve is None:
        problem = f"no DVH here: {dvh.problem or 'all of it lies outside the dose grid'}"
        return Comparison(roi.name, Engine.PEER, dvh.volume_cc or None, problem=problem)
    try:
        other = other or peer_dvh(roi, case.study.dose if dose is None else dose)
    except PeerError as error:
        return _without_peer(roi, dvh, error)
    return _judged(Facts(compared(dvh, other, Engine.PEER), dvh, other, case, roi))


def stored_comparisons(case: Case, rois: Sequence[ROI] | None = None) -> tuple[Comparison, ...]:
    """The planning system's stored DVHs against ours: at least one row for every ROI.

    Parameters
    ----------
    case : Case
    rois : sequence of ROI, optional
        Only these; all, and what is stored for other ROIs, where not given.
    """
    stored = case.study.dose.stored_dvhs
    asked = case.study.structure_set.rois if rois is None else rois
    rows: list[Comparison] = []
    for roi in asked:
        of_roi = [one for one in stored if roi.number in one.roi_numbers]
        rows += [compare_stored(case, one) for one in of_roi]
        if not of_roi:
            problem = "no DVH is stored for it" if stored else "the dose file stores no DVHs"
            rows.append(Comparison(roi.name, Engine.STORED, case.dvh_of(roi).volume_cc or None, problem=problem))
    return (*rows, *(_of_no_roi(case) if rois is None else ()))


def peer_comparisons(case: Case, rois: Sequence[ROI] | None = None) -> tuple[Comparison, ...]:
    """dicompyler-core's DVHs against ours: one row for every ROI.

    Parameters
    ----------
    case : Case
    rois : sequence of ROI, optional
        Only these; all where not given.
    """
    dose = dose_dataset(case.study.dose)
    asked = case.study.structure_set.rois if rois is None else rois
    return tuple(compare_peer(case, roi, dose=dose) for roi in asked)


def second_opinions(case: Case, asked: Sequence[str] | None = None) -> tuple[Comparison, ...]:
    """Both engines against ours, ROI by ROI.

    Parameters
    ----------
    case : Case
    asked : sequence of str, optional
        Names of ROIs; an expression has no second opinion and gets a row that says so. All ROIs where not given.
    """
    dose = dose_dataset(case.study.dose)
    rois = case.study.structure_set.rois if asked is None else [_single_roi(case, text) for text in asked]
    rows: list[Comparison] = []
    for roi in rois:
        if isinstance(roi, Comparison):
            rows.append(roi)
        else:
            rows += [*stored_comparisons(case, [roi]), compare_peer(case, roi, dose=dose)]
    return (*rows, *(_of_no_roi(case) if asked is None else ()))


def _single_roi(case: Case, text: str) -> ROI | Comparison:
    """The ROI that a text names, or the row that says why there is none."""
    try:
        is_name = text in case.roi_names or isinstance(parse_expression(text), Name)
        names = case.rois_of(text)
    except RoiError as error:
        return Comparison(text, Engine.PEER, problem=f"no DVH here: {error}")
    found = [roi for roi in case.study.structure_set.rois if roi.name in names]
    if is_name and len(found) == 1:
        return found[0]
    return Comparison(text, Engine.PEER, problem="an expression: other engines know single ROIs alone")


def _of_no_roi(case: Case) -> list[Comparison]:
    """What is stored for ROIs that the structure set doesn't have."""
    numbers = {roi.number for roi in case.study.structure_set.rois}
    stored = case.study.dose.stored_dvhs
    return [compare_stored(case, one) for one in stored if not numbers.intersection(one.roi_numbers)]


def _judged(facts: Facts, remarks: tuple[str, ...] = ()) -> Comparison:
    if facts.comparison.problem:
        return replace(facts.comparison, remarks=remarks)
    cause, explanation = likely_cause(facts)
    return replace(facts.comparison, cause=cause, explanation=explanation, remarks=remarks)


def _without_peer(roi: ROI, dvh: DVH, error: PeerError) -> Comparison:
    """The row of an ROI that dicompyler-core has no DVH of; where its known faults tell why, they are the cause."""
    row = Comparison(roi.name, Engine.PEER, dvh.volume_cc, mean_gy=dvh.mean_gy, max_gy=dvh.max_gy, problem=str(error))
    if len({round(float(contour.points_mm[0, 2]), 2) for contour in roi.closed_contours}) == 1:
        text = "single-slice ROI: dicompyler-core gives it no volume"
        return replace(row, other_volume_cc=0.0, cause=Cause.SINGLE_SLICE, explanation=text)
    return row


def _roi_of(case: Case, number: int) -> ROI | None:
    return next((roi for roi in case.study.structure_set.rois if roi.number == number), None)


def _unusable(stored: StoredDVH) -> str:
    return f"the stored DVH can't be used: {stored.problem}"


def _of_other_structures(case: Case) -> tuple[str, ...]:
    named, read = case.study.dose.referenced_structure_set_uid, case.study.structure_set.sop_instance_uid
    if named is None or named == read:
        return ()
    return (f"stored for another structure set ({named}): ROIs of one number may not be the same",)
