"""Checks of what beams give: monitor units, and the doses that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.beam_facts import Planned, each_group
from rtcheck.plan_checks.check import Alert, Answer, Shown, Thresholds, Unknown
from rtcheck.plan_checks.wording import listed
from rtcheck.study import Beam, FractionGroup, ReferencedBeam

#: Dose points closer than this (mm) are one.
SAME_POINT_MM = 1.0
_Used = Sequence[tuple[Beam, ReferencedBeam]]


def monitor_units(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Every treating beam has monitor units, and as many as its dose makes plausible.

    A treating beam of 0 MU isn't given, and one without a meterset where the others have one was never calculated.
    Per beam, very few are beneath what monitor chambers measure well, and very many beyond what machines deliver; per
    gray, 1 Gy takes about 100 MU of an open field (1 MU is 1 cGy under reference conditions), modulated and small
    fields take several times that. Whoever confuses cGy with Gy, or one fraction with all, is a factor of 5 and more
    away. AAPM TG-275 and MPPG 11.a ask for a look at MU against dose; how much is plausible is a rule of thumb, for
    photon beams measured in MU.
    """
    yield from each_group(case, lambda plan, group: _units(plan, group, thresholds))


def beam_doses(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The doses of the beams of a fraction add up to what is prescribed per fraction.

    BeamDose is the dose at a point (DICOM PS3.3, C.8.8.13): it is more than what is prescribed where the target is
    covered by a lower isodose, as in stereotactic treatments, so only a sum that is clearly off is reported. Doses at
    different points don't add up. AAPM TG-275: prescription against plan.
    """
    yield from each_group(case, lambda plan, group: _sum(plan, group, thresholds))


def _units(plan: Planned, group: FractionGroup, thresholds: Thresholds) -> Iterator[Answer]:
    used = plan.used_in(group)
    subject = plan.group_name(group)
    if not used:
        yield Unknown(subject, "no treating beam belongs to it")
        return
    missing = [plan.called(beam) for beam, use in used if use.meterset is None]
    if len(missing) == len(used):
        yield Unknown(subject, "no beam has a meterset")
        return
    if missing:
        yield Alert(
            subject, f"no meterset is stated for {listed(missing)}, and other beams have one: was it calculated?"
        )
    for beam, use in used:
        if use.meterset is not None and use.meterset <= 0:
            message = f"it treats and has a meterset of {use.meterset:g}: it gives no dose"
            yield Alert(plan.called(beam), message, observed=use.meterset, limit="> 0")
        elif use.meterset is not None and _in_units(beam) and beam.radiation_type in ("PHOTON", "ELECTRON"):
            yield from _per_beam(plan.called(beam), use.meterset, thresholds)
    if not missing:
        yield from _per_gray(plan, group, used, thresholds)


def _per_beam(subject: str, units: float, thresholds: Thresholds) -> Iterator[Answer]:
    low, high = thresholds["least_mu"], thresholds["most_mu"]
    if low <= units <= high:
        return
    why = "monitor chambers measure so few badly" if units < low else "few machines deliver so many in one beam"
    yield Alert(
        subject,
        f"the beam has {units:.4g} MU: {why}",
        observed=units,
        limit=f"{low:g} to {high:g} MU",
        unit="MU",
        severity=Severity.WARNING,
        confidence=Confidence.HEURISTIC,
    )


def _per_gray(plan: Planned, group: FractionGroup, used: _Used, thresholds: Thresholds) -> Iterator[Answer]:
    subject = plan.group_name(group)
    if not all(_in_units(beam) and beam.radiation_type == "PHOTON" for beam, _ in used):
        kinds = {f"{beam.radiation_type or 'unknown'} in {beam.dosimeter_unit or 'MU'}" for beam, _ in used}
        message = f"MU per Gy are judged of photon beams alone, not of {', '.join(sorted(kinds))}"
        yield Unknown(subject, message, severity=Severity.WARNING)
        return
    units = sum(use.meterset or 0.0 for _, use in used)
    dose_gy, whose = plan.fraction_dose_gy(group), "prescribed"
    if dose_gy is None and all(use.beam_dose_gy is not None for _, use in used):
        dose_gy, whose = sum(use.beam_dose_gy or 0.0 for _, use in used), "of the beams' doses"
    if not dose_gy:
        yield Unknown(subject, f"{units:.4g} MU per fraction, and the dose per fraction isn't known")
        return
    ratio, low, high = units / dose_gy, thresholds["low_mu_per_gy"], thresholds["high_mu_per_gy"]
    yield Shown(subject, f"{units:.4g} MU for {dose_gy:.4g} Gy {whose} per fraction", observed=ratio, unit="MU/Gy")
    if not low <= ratio <= high:
        yield Alert(
            subject,
            f"{units:.4g} MU for {dose_gy:.4g} Gy {whose} per fraction are {ratio:.4g} MU/Gy, and {low:g} to {high:g} "
            "are usual: are units, fractions and the plan's normalisation right?",
            observed=ratio,
            limit=f"{low:g} to {high:g} MU/Gy",
            unit="MU/Gy",
            severity=Severity.WARNING,
            confidence=Confidence.HEURISTIC,
        )


def _sum(plan: Planned, group: FractionGroup, thresholds: Thresholds) -> Iterator[Answer]:
    used, subject = plan.used_in(group), plan.group_name(group)
    missing = [plan.called(beam) for beam, use in used if use.beam_dose_gy is None]
    if missing or not used:
        yield Unknown(subject, f"no dose is stated for {listed(missing) or 'any beam'}")
        return
    if not _at_one_point([use for _, use in used]):
        yield Unknown(subject, "the doses of its beams are stated at different points, and don't add up")
        return
    prescribed = plan.fraction_dose_gy(group)
    total = sum(use.beam_dose_gy or 0.0 for _, use in used)
    if prescribed is None:
        yield Unknown(subject, f"the beams add up to {total:.4g} Gy, and the dose per fraction isn't known otherwise")
        return
    percent, low, high = 100 * total / prescribed, thresholds["low_percent"], thresholds["high_percent"]
    yield Shown(
        subject, f"the beams add up to {total:.4g} Gy, {prescribed:.4g} Gy are prescribed", observed=percent, unit="%"
    )
    if not low <= percent <= high:
        yield Alert(
            subject,
            f"the beams add up to {total:.4g} Gy per fraction at their point, {percent:.0f} % of the {prescribed:.4g} "
            "Gy that are prescribed: is a beam missing, or the prescription another plan's?",
            observed=percent,
            limit=f"{low:g} to {high:g} %",
            unit="%",
        )


def _at_one_point(used: Sequence[ReferencedBeam]) -> bool:
    """Whether the points that are stated are one; where none is, the doses are of one reference point."""
    points = np.array([use.point_mm for use in used if use.point_mm is not None])
    return len(points) == 0 or bool(np.linalg.norm(points - points[0], axis=1).max() <= SAME_POINT_MM)


def _in_units(beam: Beam) -> bool:
    return beam.dosimeter_unit in (None, "MU")
