"""One dose constraint of a table, asked of a case."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rtcheck.case import Case
from rtcheck.checks.robustness import dissent, holds, under_which
from rtcheck.constraint import Constraint, Requirement, Role
from rtcheck.dvh import DVH
from rtcheck.errors import AmbiguousRoiError, BasisError, MissingRoiError, ParseError, RtcheckError
from rtcheck.finding import Finding, Verdict
from rtcheck.metrics import MetricValue, Question
from rtcheck.radiobiology import eqd2_of_dose
from rtcheck.roi_algebra import names, parse_expression
from rtcheck.solid import DOUBTFUL
from rtcheck.units import GY_PER, Unit, number_text


@dataclass(frozen=True)
class _Answer:
    """The parts of a finding that differ from row to row."""

    verdict: Verdict
    message: str
    reason: str = ""
    robust: bool = True


def dose_constraint(case: Case, constraint: Constraint, diagnosis: str | None = None) -> Finding:
    """Exactly one finding for one row.

    In this order: does the row belong to this patient, is its organ contoured, does the row belong to this schedule,
    has its metric an answer, and does the answer meet the limit whatever the dose outside the grid is. Whatever isn't
    known is NOT_EVALUATED, with the reason. Several plans are judged by their sum, in the row's own basis; what each
    gives by itself is told beside it. Other conventions of reading contours don't change a verdict: where one
    would, the finding isn't robust and names it.
    """
    declared = constraint.patients.admits(diagnosis, case.child_pugh)
    if declared is False and constraint.requirement is Requirement.REQUIRED:
        # A protocol's own row is shown to other patients too, as information.
        constraint = replace(constraint, role=Role.RISK_POINT)
    if elsewhere := _not_applicable(case, constraint, diagnosis):
        return _finding(constraint, elsewhere)
    schedule = _schedule_answer(case, constraint)
    dvh = _dvh_or_answer(case, constraint)
    if isinstance(dvh, _Answer):
        return _finding(constraint, dvh)
    value = dvh[constraint.metric]
    if not case.dose_is_physical and constraint.role.is_judged:
        types = " and ".join(case.dose.types)
        message = f"{value}, but the dose is of type {types}, and the limit is in physical dose"
        return _finding(constraint, _Answer(Verdict.NOT_EVALUATED, message, "dose-not-physical", False), value, dvh)
    if schedule is not None:
        return _finding(constraint, schedule, value, dvh)
    answer = _judged(constraint, value, dvh)
    if declared is None and answer.verdict in (Verdict.FAIL, Verdict.ACCEPTABLE):
        message = f"{answer.message}; it counts for {constraint.patients.text}, which isn't declared"
        answer = _Answer(Verdict.NOT_EVALUATED, message, "patient-undeclared", answer.robust)
    if declared is None and answer.verdict is Verdict.PASS:
        message = f"{answer.message}; whether it counts for this patient isn't declared, and it is met"
        answer = _Answer(answer.verdict, message, answer.reason, answer.robust)
    remarks = [_plan_by_plan(case, constraint), _schedule_remark(case, constraint)]
    message = "; ".join(part for part in (answer.message, *remarks) if part)
    answer = _Answer(answer.verdict, message, answer.reason, answer.robust)
    return _finding(constraint, answer, value, dvh)


def judge(constraint: Constraint, dvh: DVH) -> Finding:
    """The finding that a row gives on a DVH that it applies to, whatever the schedule and the patient are."""
    if dvh.problem:
        return _finding(constraint, _Answer(Verdict.NOT_EVALUATED, dvh.problem, "roi-empty"))
    value = dvh[constraint.metric]
    return _finding(constraint, _judged(constraint, value, dvh), value, dvh)


def is_measured(case: Case, constraint: Constraint, diagnosis: str | None = None) -> bool:
    """Whether a row asks for its DVH."""
    return _not_applicable(case, constraint, diagnosis) is None


def _not_applicable(case: Case, constraint: Constraint, diagnosis: str | None) -> _Answer | None:
    """Why a row has nothing to do with this patient, structure set or schedule; None where it has."""
    optional = constraint.requirement is Requirement.IF_CONTOURED
    if optional and constraint.patients.admits(diagnosis, case.child_pugh) is False:
        patients = constraint.patients.text or "other patients"
        return _Answer(Verdict.NOT_APPLICABLE, f"for other patients: {patients}", "patient")
    if optional and not case.is_contoured(organ_of(constraint.roi)):
        return _Answer(Verdict.NOT_APPLICABLE, "not contoured", "not-contoured")
    schedule = _schedule_answer(case, constraint)
    return schedule if schedule is not None and schedule.verdict is Verdict.NOT_APPLICABLE else None


def _schedule_answer(case: Case, constraint: Constraint) -> _Answer | None:
    """Why the row can't be judged on the plan's schedule; None where it can."""
    regimen = constraint.regimen
    if regimen.fractions is None and regimen.dose_per_fraction_gy is None:
        return None
    if doubt := _schedule_doubt(case):
        return _Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; {doubt}", "schedule-unknown")
    if case.schedules:
        text = " and ".join(str(schedule) for schedule in case.schedules)
        admitted = [regimen.admits_schedule(schedule) for schedule in case.schedules]
        if all(admitted):
            return None
        if not any(admitted):
            return _Answer(Verdict.NOT_APPLICABLE, f"for {regimen.text}, not {text}", "schedule")
        return _Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; prescribed are {text}", "schedule-mixed")
    if case.fractions is None:
        return _Answer(Verdict.NOT_EVALUATED, f"for {regimen.text}; {case.prescription_problem}", "schedule-unknown")
    if not regimen.admits_fractions(case.fractions):
        return _Answer(Verdict.NOT_APPLICABLE, f"for {regimen.text}, not {case.fractions} fractions", "schedule")
    if regimen.dose_per_fraction_gy is None:
        return None
    message = f"for {regimen.text}; the dose per fraction is unknown: {case.prescription_problem}"
    return _Answer(Verdict.NOT_EVALUATED, message, "schedule-unknown")


def _schedule_doubt(case: Case) -> str:
    """Why the prescriptions don't tell the fractions of the whole dose; empty where they do, or there are none."""
    for target in case.targets:
        if target.doubt:
            return f"{target.name}: {target.doubt}"
    told = {uid for prescription in case.prescriptions for uid in prescription.plan_uids}
    names = case.study.plan_names
    untold = [names[plan.sop_instance_uid] for plan in case.study.plans if plan.sop_instance_uid not in told]
    return f"the schedule of {', '.join(untold)} isn't known" if case.prescriptions and untold else ""


def _dvh_or_answer(case: Case, constraint: Constraint) -> DVH | _Answer:
    """The row's DVH, or why there is none."""
    if problem := case.dose.problem(constraint.basis):
        return _Answer(Verdict.NOT_EVALUATED, problem, "dose-unknown", robust=False)
    try:
        dvh = case.dvh(constraint.roi, constraint.basis)
    except MissingRoiError as error:
        return _Answer(Verdict.NOT_EVALUATED, str(error), "roi-missing")
    except AmbiguousRoiError as error:
        return _Answer(Verdict.NOT_EVALUATED, str(error), "roi-ambiguous")
    except ParseError as error:
        return _Answer(Verdict.NOT_EVALUATED, f"ROI expression {error}", "roi-expression")
    return _Answer(Verdict.NOT_EVALUATED, dvh.problem, "roi-empty") if dvh.problem else dvh


def organ_of(roi: str) -> str:
    """The first name of an ROI expression: ``Liver`` of ``Liver - GTV*``."""
    try:
        return names(parse_expression(roi))[0].text
    except ParseError:
        return roi


def _judged(constraint: Constraint, value: MetricValue, dvh: DVH) -> _Answer:
    """The verdict under the chosen convention, over all that its dose may be; robust where it holds under every one."""
    if not constraint.role.is_judged:
        known = f"for {constraint.patients.text}" if constraint.patients.text else "risk point, not a limit"
        return _Answer(Verdict.INFO, f"{value}; {known}")
    if value.basis != constraint.basis:
        raise BasisError(str(constraint.basis), str(value.basis), f"limit {constraint.id}")
    if shortfall := _volume_shortfall(constraint, dvh):
        return shortfall
    if value.own_low is None or value.own_high is None:
        return _Answer(Verdict.NOT_EVALUATED, value.reason, "metric-not-evaluable", robust=False)
    limit = constraint.goal.value
    verdicts = {constraint.verdict_of(value.own_low), constraint.verdict_of(value.own_high)}
    # Without a value the interval stands for it, here as in the finding.
    ends = value.own_ends if value.value is not None else value.ends
    observed = f"{' to '.join(dict.fromkeys(number_text(end, limit) for end in ends))} {value.unit}"
    because = f" ({value.reason})" if value.reason else ""
    doubts = [flag.message for flag in dvh.flags if flag.flag in DOUBTFUL]
    if doubts and verdicts != {Verdict.FAIL}:
        return _Answer(Verdict.NOT_EVALUATED, f"{observed}, but {'; '.join(doubts)}", "contours-doubtful", robust=False)
    if len(verdicts) > 1 and Verdict.FAIL in verdicts:
        return _Answer(Verdict.NOT_EVALUATED, f"{observed}: may pass or fail{because}", "interval", robust=False)
    verdict = verdicts.pop() if len(verdicts) == 1 else Verdict.ACCEPTABLE
    message = ", ".join(part for part in (f"{observed}{because}", dissent(value, constraint.verdict_of, limit)) if part)
    return _Answer(verdict, message, robust=not doubts and holds(value, constraint.verdict_of, verdict))


def _volume_shortfall(constraint: Constraint, dvh: DVH) -> _Answer | None:
    """An organ smaller than the volume that must be spared fails, and says why."""
    goal = constraint.goal
    spared = constraint.metric.question is Question.COLD_VOLUME_AT and goal.unit is Unit.CC
    if not spared or goal.comparator.is_upper or goal.is_met(dvh.volume_cc):
        return None
    volume = number_text(dvh.volume_cc, goal.value, 0)
    others = dvh["Volume[cc]"].alternatives
    enough = [other.convention for other in others if other.high is not None and goal.is_met(other.high)]
    message = (
        f"{dvh.roi} is {volume} cc, smaller than the {goal.value:g} cc to be spared"
        f"{f' (not {under_which(enough, len(others))})' if enough else ''}: "
        "check for a truncated contour or scan; a mean-dose limit may apply instead"
    )
    return _Answer(Verdict.FAIL, message, f"volume below the required {goal.value:g} cc", robust=not enough)


def _plan_by_plan(case: Case, constraint: Constraint) -> str:
    """Of a sum of plans, what each gives by itself; empty for a single plan."""
    names = case.study.plan_names
    if len(names) < 2:
        return ""
    parts = []
    for (uid, name), alone in zip(names.items(), case.by_plan, strict=True):
        try:
            value = alone.dvh(constraint.roi, constraint.basis)[constraint.metric]
        except RtcheckError as error:
            parts.append(f"{name} not evaluable ({error})")
            continue
        if value.value is not None:
            parts.append(f"{name} {number_text(value.value, constraint.goal.value)} {value.unit}")
        elif _is_zero_outside(case, constraint, uid):
            parts.append(f"{name} counted as zero outside its grid, whose faces are all zero")
        else:
            parts.append(f"{name} {value}")
    return f"sum of {len(parts)} plans, each by itself: {', '.join(parts)}"


def _is_zero_outside(case: Case, constraint: Constraint, plan_uid: str) -> bool:
    """Whether a sum counts a plan's doses as zero where their grids end."""
    total = case.dose.sum(constraint.basis)
    own = {
        one.dose.sop_instance_uid for one in case.study.plan_doses if one.plan and one.plan.sop_instance_uid == plan_uid
    }
    parts = [part for part in total.provenance if own & set(part.sop_instance_uids)] if total else []
    return bool(parts) and all(part.is_zero_outside for part in parts)


def _schedule_remark(case: Case, constraint: Constraint) -> str:
    """What a limit derived for other fraction numbers means on this schedule."""
    native, metric = constraint.native_fractions, constraint.metric
    counts = [case.fractions] if len(case.study.plans) < 2 else [alone.fractions for alone in case.by_plan]
    if native is None or all(count is not None and native[0] <= count <= native[1] for count in counts):
        return ""
    listed = " and ".join("an unknown number" if count is None else str(count) for count in counts)
    remark = f"the limit was derived for {native[0]} to {native[1]} fractions and is asked here in {listed}"
    in_gray = metric.question.takes_dose and metric.threshold_unit in GY_PER and constraint.basis.is_physical
    if in_gray and constraint.alpha_beta_gy is not None and case.fractions is not None:
        assert metric.threshold is not None and metric.threshold_unit is not None
        dose = metric.threshold * GY_PER[metric.threshold_unit]
        here, most, least = (
            float(eqd2_of_dose(dose, n, alpha_beta_gy=constraint.alpha_beta_gy)) for n in (case.fractions, *native)
        )
        remark += (
            f", where {dose:g} Gy is EQD2 {here:.1f} Gy (alpha/beta {constraint.alpha_beta_gy:g}; "
            f"{least:.1f} to {most:.1f} Gy in {native[1]} to {native[0]})"
        )
    return remark


def _finding(
    constraint: Constraint, answer: _Answer, value: MetricValue | None = None, dvh: DVH | None = None
) -> Finding:
    # A risk point is shown and never judged, whatever couldn't be told of it.
    shown_only = not constraint.role.is_judged and answer.verdict.decides
    return Finding(
        check="dose-constraint",
        subject=constraint.roi,
        metric=str(constraint.metric),
        verdict=Verdict.INFO if shown_only else answer.verdict,
        robust=answer.robust,
        observed=value.value if value else None,
        low=value.low if value else None,
        high=value.high if value else None,
        limit=constraint.limit_text,
        limit_value=constraint.goal.value,
        unit=str(constraint.goal.unit),
        reason=answer.reason,
        message=answer.message,
        source=constraint.source,
        group=constraint.organ,
        rois=dvh.rois if dvh else (),
        flags=tuple(f"{flag.flag.value}: {flag.message}" for flag in dvh.flags_of(constraint.metric)) if dvh else (),
        basis=str(value.basis if value else constraint.basis),
    )
