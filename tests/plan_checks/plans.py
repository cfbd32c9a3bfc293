"""Small plans as values: a box of a target with its prescription, in a dose given by a function."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rtcheck.case import Case
from rtcheck.constraint import BedRule
from rtcheck.finding import Source
from rtcheck.study import PlanDose, ReferencedBeam, StoredDVH
from rtcheck.units import Comparator
from tests import studies

#: The trial's rule.
RULE = BedRule(10.0, Comparator.GE, 60.0, Source("p", "p.bed10"))
TOTAL_GY = 40.0
PTV_BOX = ((-12, 12), (-12, 12), (-12, 12))
ORGAN_BOX = ((-40, -20), (-12, 12), (-12, 12))
CORE = ((-6, 6), (-6, 6), (-6, 6))
OTHER_BOX = ((20, 40), (-12, 12), (-12, 12))
BODY_BOX = ((-58, 58), (-58, 58), (-58, 58))
PTV = studies.box_roi(1, "PTV", PTV_BOX, "PTV")


def target_study(total_gy=TOTAL_GY, fractions=5, level_gy=None, *, rois=None, dose=None, beam_dose_gy=None, **changes):
    """A target in a flat dose: that prescribed, where no other is given."""
    references = [studies.target_reference(1, total_gy, 1)] if total_gy else []
    plan = replace(studies.plan(references, [fractions], beam_dose_gy), **changes)
    level_gy = (total_gy or 0.0) if level_gy is None else level_gy
    return studies.study([PTV] if rois is None else rois, dose or studies.dose(level_gy), plan)


def target_case(*args, sheet=None, **changes):
    return Case(target_study(*args, **changes), intervals=False, sheet=sheet)


def falling(x, y, z, at=(0.0, 0.0, 0.0)):
    """44 Gy in the middle, 0.5 Gy less with every millimetre."""
    distance = np.sqrt(sum((value - middle) ** 2 for value, middle in zip((x, y, z), at, strict=True)))
    return np.clip(44.0 - 0.5 * distance, 0.0, None)


def organ_study(dose=None, rois=None, **changes):
    """A target, the liver and the body in a dose that falls off around the target."""
    liver, body = studies.box_roi(2, "Liver", ORGAN_BOX), studies.box_roi(3, "Body", BODY_BOX, "EXTERNAL")
    return target_study(rois=rois or [PTV, liver, body], dose=dose or studies.dose(falling), **changes)


def organ_case(dose=None, **changes):
    return Case(organ_study(dose, **changes))


def in_two_phases(first_gy, second_gy, fractions=25):
    """Two plans one after the other for one target."""
    one = studies.plan([studies.target_reference(1, first_gy, 1)], [25])
    groups = (replace(one.fraction_groups[0], fractions_planned=fractions),)
    references = (studies.target_reference(1, second_gy, 1),)
    other = replace(one, sop_instance_uid="1.2.3.77", label="Boost", dose_references=references, fraction_groups=groups)
    doses = (studies.dose(first_gy), replace(studies.dose(second_gy or 0.0), referenced_plan_uids=("1.2.3.77",)))
    study = studies.study(
        [PTV],
        doses[0],
        plan_doses=tuple(PlanDose(plan, dose) for plan, dose in zip((one, other), doses, strict=True)),
    )
    return Case(study, intervals=False)


def at_points(study, *points_and_doses):
    """A study whose beams give a dose per fraction at a point each."""
    plan = study.plan
    (group,) = plan.fraction_groups
    beams = tuple(
        ReferencedBeam(number, gray, 100.0, point) for number, (point, gray) in enumerate(points_and_doses, start=1)
    )
    changed = replace(plan, fraction_groups=(replace(group, beams=beams),))
    return Case(replace(study, plan_doses=(replace(study.plan_doses[0], plan=changed),)))


def stored(case_, numbers=(2,), *, times=1.0, volume=1.0, **changes):
    """Our own DVH of the liver as the planning system might have stored it."""
    dvh = case_.dvh_of(case_.study.structure_set.rois[1])
    edges = np.arange(0.0, 60.0, 0.05) * times
    volumes = dvh.curve.volumes_at(edges / times) * 100.0 / dvh.curve.total_cc
    made = StoredDVH(numbers, edges, np.append(volumes[:-1], 0.0), dvh.volume_cc * volume, mean_gy=dvh.mean_gy * times)
    return replace(made, **changes)


def with_stored(case_, *dvhs, **changes):
    """A case whose dose file stores DVHs."""
    (one,) = case_.study.plan_doses
    dose = replace(one.dose, stored_dvhs=dvhs, **changes)
    other = Case(replace(case_.study, plan_doses=(replace(one, dose=dose),)))
    other._dvhs_of = case_._dvhs_of  # computed once
    return other


def cold_core(level_gy):
    """40 Gy with a colder middle."""
    rois = [PTV, studies.box_roi(2, "GTV", CORE, "GTV")]
    inside = studies.dose(
        lambda x, y, z: np.where(np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 7, level_gy, 40.0), spacing_mm=2.0
    )
    return target_case(rois=rois, dose=inside)
