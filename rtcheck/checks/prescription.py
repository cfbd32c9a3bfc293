"""What is prescribed to every target, and the biologically effective dose of it.

The trial's rule is about the prescription of every lesion [1]_. A prescription alone may be wrong (a dose per fraction
in place of the total, centigray, half a plan), so it counts as met only where the target's own dose doesn't contradict
it, and where no other place in the plan says one that fails.

Less is ACCEPTABLE where the rule allows it and the case sheet records, for every lesion of the target, a reason and the
organ at risk that limits the dose. That excuses the prescription and nothing else: the dose must bear the lower one out
as it must a full one.

References
----------
.. [1] Wang H, Zhang X, Zhu K, et al. Ther Adv Med Oncol 2025;17:1-12 (NCT06261047).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rtcheck import radiobiology
from rtcheck.body import BODY_NAME, BODY_TYPE
from rtcheck.case import Case
from rtcheck.checks.lesion_places import drawn_organ
from rtcheck.checks.lesions import Lesion, lesions_by_target, says_volume
from rtcheck.checks.robustness import under_which
from rtcheck.constraint import BedRule
from rtcheck.contoured import TARGET_TYPES
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.fractionation import Schedule
from rtcheck.prescription import Place, Statement, Target
from rtcheck.radiobiology import bed
from rtcheck.sheet import says_nothing
from rtcheck.study import Prescription
from rtcheck.units import Comparator, bed_basis, meets, number_text

#: A target wasn't planned to a prescription when its D95% is below the one share of it, or its D50% above the other
#: (centre doses of 1.6 times the margin's are common in stereotactic treatment, and more is another prescription).
NEAR_MINIMUM_SHARE, MEDIAN_SHARE = 0.9, 1.6
#: Nor when its D95% is above this share: prescribed to an isodose, as in stereotactic treatment, D95% is about the
#: prescription itself, and the margin is never a fifth above it.
NEAR_MINIMUM_MOST = 1.2
#: Half of a target gets this share of its prescription at least, whatever a rule says. In plans that are normalised to
#: D50% it gets all of it, to within a fraction of a percent.
OWN_SHARE = 0.99
#: An organ that gets less than this of the prescribed dose (share) anywhere doesn't limit it.
LIMITING_SHARE = 0.1
#: Reason of a finding: less than the rule asks, on record for the sake of an organ at risk.
REDUCED = "reduced-for-organ"
#: Types of ROIs and names of the list that are no organ at risk.
_NO_ORGAN_TYPES = frozenset((*TARGET_TYPES, BODY_TYPE, "SUPPORT", "FIXATION", "BOLUS", "MARKER", "ISOCENTER"))
_NO_ORGANS = frozenset((BODY_NAME, "Couch", "CouchSurface", "CouchInterior"))
#: Whether a target's D50% is enough.
Enough = Callable[[float], bool]


def prescription_sources(case: Case) -> Iterator[Finding]:
    """For each target every place that says what is prescribed; NOT_EVALUATED where they contradict each other.

    Beam doses are those of a point, and may say another dose than the target's without being wrong: that is shown.
    """
    for target in case.targets:
        if not target.statements:
            continue
        deciding = [one for one in target.contradicting if one.place is not Place.BEAM_DOSES]
        message, reason = "; ".join(one.text for one in target.statements), ""
        if target.doubt:
            message, reason = f"{target.doubt}: {message}", "fractions-contradictory"
        elif deciding and target.prescription is not None:
            say = f'on the command line with --prescription "{target.name}={target.prescription.schedule}"'
            message, reason = f"contradictory: {message}. Say which is right, {say}", "prescription-contradictory"
        elif target.contradicting:
            message, reason = f"beam doses differ: {message}", "beam-doses-differ"
        yield Finding(
            check="prescription-sources",
            subject=target.name,
            verdict=Verdict.NOT_EVALUATED if deciding or target.doubt else Verdict.INFO,
            robust=not (target.contradicting or target.doubt),
            message=message,
            source=Source("rtcheck", "prescription-sources"),
            reason=reason,
            group="Targets",
            rois=(target.roi.name,) if target.roi else (),
        )


def prescribed_bed(case: Case, rule: BedRule) -> Iterator[Finding]:
    """One finding per target: is its prescription's BED high enough, and does its dose bear that out?"""
    if not case.targets:
        problem = f"{case.prescription_problem}, and no target is drawn"
        yield bed_finding(rule, "prescription", Verdict.NOT_EVALUATED, problem, "no-prescription")
    owners = lesions_by_target(case)
    for target in case.targets:
        own = owners.get(id(target), ())
        yield replace(_judged(case, rule, target, own), lesion=lesion_names(own))


def lesion_names(own: Sequence[Lesion]) -> str:
    """The declared lesions that a target treats, for `Finding.lesion`; empty where none is declared."""
    return ", ".join(lesion.name for lesion in own)


@dataclass(frozen=True)
class Borne:
    """Whether a target's dose bears its prescription out.

    Attributes
    ----------
    verdict : Verdict
        PASS or NOT_EVALUATED; of a rule that is broken its verdict.
    reason, remark : str
        Stable code, and what to add to a message.
    robust : bool
        Whether it is so under every convention.
    """

    verdict: Verdict
    reason: str
    remark: str
    robust: bool = True


def _judged(case: Case, rule: BedRule, target: Target, own: Sequence[Lesion]) -> Finding:
    prescription = target.prescription
    if prescription is None:
        return bed_finding(rule, target.name, Verdict.NOT_EVALUATED, target.problem, "no-prescription", target=target)
    schedule = prescription.schedule
    value = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy)
    text = f"{schedule} ({prescription.source}): BED {number_text(value, rule.bed_gy)} Gy"
    met = meets(value, rule.comparator, rule.bed_gy)
    if target.doubt:
        message = f"{text}, but {target.doubt}"
        return _unsure(rule, target, message, "fractions-contradictory", value)
    if target.in_files and all(_meets(rule, one) is not met for one in target.in_files):
        message = f"{text}, but {_files_say(target)}: the case sheet or the command line can't overrule them"
        return _unsure(rule, target, message, "prescription-contradictory", value)
    if target.in_files and schedule not in target.in_files:
        text += f", though {_files_say(target)}"
    if differing := statements_against(target, lambda one: _meets(rule, one), met=met):
        message = f"{text}, but {'; '.join(one.text for one in differing)}"
        return _unsure(rule, target, message, "prescription-contradictory", value)
    if met:
        borne = _borne_out(case, target, prescription, _enough_for(rule, prescription))
    elif rule.may_be_reduced and not _lacking(case, own) and (doubtful := _doubtful(case, prescription, own)):
        borne = Borne(Verdict.NOT_EVALUATED, "reduction-unclear", f", and {doubtful}")
    elif not rule.may_be_reduced or (lacking := _lacking(case, own)):
        borne = Borne(Verdict.FAIL, "", f"; {lacking}" if rule.may_be_reduced else "")
    else:
        borne = _reduced(case, target, prescription, own)
    doubt = radiobiology.lq_remark(schedule)
    message = text + borne.remark + (f"; {doubt}" if doubt else "")
    made = bed_finding(rule, target.name, borne.verdict, message, borne.reason, value=value, target=target)
    said = [f"{flag.flag.value}: {flag.message}" for flag in case.of(prescription).dose_flags]
    return replace(made, robust=borne.robust, flags=tuple(said))


def statements_against(target: Target, meets_rule: Callable[[Schedule], bool], *, met: bool) -> list[Statement]:
    """The places by which a rule about schedules has another answer; none where the user settled it.

    Of a target that several plans treat each statement tells a part, so that any contradiction may turn the answer.
    """
    if target.is_settled or target.prescription is None:
        return []
    if len(target.prescription.plan_uids) > 1:
        return [one for one in target.contradicting if one.place is not Place.BEAM_DOSES]
    told = [one for one in target.statements if one.place is not Place.BEAM_DOSES]
    return [one for one in told if one.schedule and meets_rule(one.schedule) is not met]


def _files_say(target: Target) -> str:
    """What the places in the files say of a target whose prescription the user gave."""
    told = [one.text for one in target.statements if one.is_usable and one.place not in (Place.USER, Place.BEAM_DOSES)]
    return f"the files say {'; '.join(told)}"


def _unsure(rule: BedRule, target: Target, message: str, reason: str, value: float) -> Finding:
    made = bed_finding(rule, target.name, Verdict.NOT_EVALUATED, message, reason, value=value, target=target)
    return replace(made, robust=False)


def _meets(rule: BedRule, schedule: Schedule) -> bool:
    return meets(bed(schedule, alpha_beta_gy=rule.alpha_beta_gy), rule.comparator, rule.bed_gy)


def _lacking(case: Case, own: Sequence[Lesion]) -> str:
    """What the case sheet would have to record for a lower dose to be acceptable; empty where it does."""
    wanted = "less is acceptable where the case sheet records a reason and the organ at risk that limits the dose"
    if case.sheet.lesions is None:
        return f"{wanted}, and it has no list of lesions"
    if not own:
        return f"{wanted} of its lesion, and no declared lesion has this target"
    without = [lesion.name for lesion in own if not _reason_and_organ(lesion)]
    return f"{wanted}, and it doesn't record both for {' and '.join(without)}" if without else ""


def _reason_and_organ(lesion: Lesion) -> tuple[str, str] | None:
    """Why a lesion is prescribed less, and for which organ's sake; None where either isn't recorded."""
    reduction = lesion.declared.reduction if lesion.declared is not None else None
    if reduction is None or says_nothing(reduction.reason) or says_nothing(reduction.organ):
        return None
    return reduction.reason.strip(), reduction.organ.strip()


def _doubtful(case: Case, prescription: Prescription, own: Sequence[Lesion]) -> str:
    """Why an organ that the case sheet records can't be seen to limit the dose; empty where every one can."""
    recorded = dict.fromkeys(organ for _, organ in filter(None, map(_reason_and_organ, own)))
    return "; ".join(filter(None, (_not_limiting(case, prescription, organ) for organ in recorded)))


def _not_limiting(case: Case, prescription: Prescription, organ: str) -> str:
    """Why a recorded organ can't be one at risk that limits the dose: no organ, nothing drawn, or hardly a dose."""
    standard = case.names.standard(organ)
    found = {*case.names.match(organ, case.roi_names)}
    rois = [roi for roi in case.study.structure_set.rois if roi.name in found]
    if standard in _NO_ORGANS or any(roi.interpreted_type in _NO_ORGAN_TYPES or says_volume(case, roi) for roi in rois):
        return f"{organ!r}, for which the case sheet says it is less, is no organ at risk"
    if standard is None and not rois:
        return f"{organ!r}, for which the case sheet says it is less, is neither an organ of the list nor an ROI"
    if not (any(roi.closed_contours for roi in rois) or case.is_contoured(organ)):
        return f"{organ!r}, for which the case sheet says it is less, isn't contoured: its dose isn't known"
    drawn = [roi for roi in rois if roi.closed_contours] or drawn_organ(case, organ)
    doses = [case.dvh_of(roi)["Max[Gy]"].value for roi in drawn]
    highest_gy = max((dose for dose in doses if dose is not None), default=None)
    # What is known of it may be enough to limit the dose; where it isn't, what isn't known decides.
    if highest_gy is not None and highest_gy >= LIMITING_SHARE * float(prescription.total_dose_gy):
        return ""
    if highest_gy is None or None in doses:
        return f"the dose of {organ!r}, for which the case sheet says it is less, isn't known"
    return f"{organ!r}, for which the case sheet says it is less, gets {highest_gy:.2f} Gy at most: it limits no dose"


def _reduced(case: Case, target: Target, prescription: Prescription, own: Sequence[Lesion]) -> Borne:
    """A lower dose on purpose: ACCEPTABLE where nothing in the plan contradicts it and the dose bears it out."""
    told = []
    for reason, organ in dict.fromkeys(filter(None, map(_reason_and_organ, own))):
        told.append(f"; reduced for {organ}: {reason}")
    remark = "".join(told)
    deciding = [one.text for one in target.contradicting if one.place is not Place.BEAM_DOSES]
    if deciding and not target.is_settled:
        return Borne(
            Verdict.NOT_EVALUATED, "prescription-contradictory", f"{remark}, but {'; '.join(deciding)}", robust=False
        )
    borne = borne_out(case, target, prescription)
    borne = replace(borne, remark=remark + borne.remark)
    return replace(borne, verdict=Verdict.ACCEPTABLE, reason=REDUCED) if borne.verdict is Verdict.PASS else borne


def borne_out(case: Case, target: Target, prescription: Prescription) -> Borne:
    """Whether a target's dose bears its own prescription out, whatever a rule says of that."""
    asked = prescription.total_dose_gy
    return _borne_out(case, target, prescription, lambda gray: meets(gray, Comparator.GE, OWN_SHARE * asked))


def _enough_for(rule: BedRule, prescription: Prescription) -> Enough:
    """Whether half of the target gets what the rule asks."""
    schedule = prescription.schedule
    return lambda gray: meets(bed_in_proportion(schedule, gray, rule), rule.comparator, rule.bed_gy)


def _borne_out(case: Case, target: Target, prescription: Prescription, enough: Enough) -> Borne:
    """Whether the target's dose bears its prescription out; robust where it does so under every convention."""
    if target.roi is None:
        return Borne(Verdict.NOT_EVALUATED, "no-target", ", but no target is drawn to verify the dose with")
    own = case.of(prescription)
    if not own.dose_is_physical:
        remark = f", but the dose is of type {' and '.join(own.dose.types)}: the physical dose isn't known"
        return Borne(Verdict.NOT_EVALUATED, "dose-not-physical", remark)
    dvh = own.dvh_of(target.roi)
    median, near_minimum = dvh["D50%[Gy]"], dvh["D95%[Gy]"]
    if median.value is None or near_minimum.value is None:
        remark = f", but the target's dose isn't known: {median.reason}"
        return Borne(Verdict.NOT_EVALUATED, "target-dose-unknown", remark, robust=False)
    asked = prescription.total_dose_gy
    contradicted = _contradicted(enough, asked, median.value, near_minimum.value)
    seen = f"D50% is {median.value:.1f} Gy, D95% {near_minimum.value:.1f} Gy"
    because = f" ({near_minimum.reason})" if near_minimum.reason else ""
    others = [
        one.convention
        for one, other in zip(median.alternatives, near_minimum.alternatives, strict=True)
        if _answers(enough, asked, one.ends, other.ends) not in (set(), {contradicted})
    ]
    where = under_which(others, len(median.alternatives)) if others else ""
    robust = not (others or median.unanswered or near_minimum.unanswered) and _answers(
        enough, asked, median.own_ends, near_minimum.own_ends
    ) == {contradicted}
    if contradicted:
        remark = (
            f", but {seen}{f' (no contradiction {where})' if where else ''}{because}: is the prescription this plan's?"
        )
        return Borne(Verdict.NOT_EVALUATED, "prescription-contradicted", remark, robust)
    return Borne(Verdict.PASS, "", f"; {seen}{f', contradicted {where}' if where else ''}{because}", robust)


def _answers(
    enough: Enough, asked_gy: float, median_gy: tuple[float, ...], near_minimum_gy: tuple[float, ...]
) -> set[bool]:
    """Whether doses within bounds contradict the prescription: both where some do, nothing where none is known."""
    return {_contradicted(enough, asked_gy, *doses) for doses in product(median_gy, near_minimum_gy)}


def _contradicted(enough: Enough, asked_gy: float, median_gy: float, near_minimum_gy: float) -> bool:
    """Whether doses like these can't be what was prescribed."""
    return (
        not enough(median_gy)
        or not NEAR_MINIMUM_SHARE * asked_gy <= near_minimum_gy <= NEAR_MINIMUM_MOST * asked_gy
        or median_gy > MEDIAN_SHARE * asked_gy
    )


def bed_in_proportion(schedule: Schedule, dose_gy: float, rule: BedRule) -> float:
    """BED of a point that gets `dose_gy` in all, every fraction its share of it; exact for equal fractions."""
    share = dose_gy / float(schedule.total_dose_gy)
    total = float(schedule.total_dose_gy)
    quadratic = bed(schedule, alpha_beta_gy=rule.alpha_beta_gy) - total
    return share * total + share * share * quadratic


def bed_finding(
    rule: BedRule,
    subject: str,
    verdict: Verdict,
    message: str,
    reason: str = "",
    *,
    value: float | None = None,
    target: Target | None = None,
) -> Finding:
    """A finding of the BED rule about a prescription."""
    return Finding(
        check="bed",
        subject=subject,
        metric=f"BED{rule.alpha_beta_gy:g}[Gy]",
        verdict=verdict,
        observed=value,
        low=value,
        high=value,
        limit=f"{rule.comparator} {rule.bed_gy:g} Gy",
        limit_value=rule.bed_gy,
        unit="Gy",
        reason=reason,
        message=message,
        source=rule.source,
        group="Targets",
        rois=(target.roi.name,) if target and target.roi else (),
        basis=str(bed_basis(rule.alpha_beta_gy)),
        standing="protocol",
    )
