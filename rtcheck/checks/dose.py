"""One dose constraint of a table, asked of a case."""

from __future__ import annotations

from dataclasses import replace

from rtcheck.case import Case
from rtcheck.checks.applicable import UNDECLARED, Answer, not_applicable, schedule_answer
from rtcheck.checks.conversion import asked_rows, conversion_remark
from rtcheck.checks.judged import finding_of, judged
from rtcheck.checks.members import of_all, of_any
from rtcheck.checks.remarks import plan_by_plan, schedule_remark
from rtcheck.checks.robustness import holds
from rtcheck.constraint import Constraint, Role
from rtcheck.dvh import DVH
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, ParseError
from rtcheck.finding import Finding, Verdict
from rtcheck.tissue import AlphaBetaTable
from rtcheck.units import eqd2_basis, number_text


def dose_constraint(
    case: Case, constraint: Constraint, diagnosis: str | None = None, alpha_betas: AlphaBetaTable | None = None
) -> Finding:
    """Exactly one finding for one row.

    In this order: does the row belong to this patient, is its organ contoured, does the row belong to this schedule,
    has its metric an answer, and does the answer meet the limit whatever the dose outside the grid is. Whatever isn't
    known is NOT_EVALUATED, with the reason. Several plans are judged by their sum, in the row's own basis; what each
    gives by itself is told beside it. Other conventions of reading contours don't change a verdict: where one
    would, the finding isn't robust and names it. A row of ``all(A, B)`` is judged by the worst of its ROIs, one of
    ``any(A, B)`` by the best. With `alpha_betas`, a conventional row is asked in EQD2 on another schedule.
    """
    declared = constraint.patients.admits(diagnosis, case.child_pugh)
    quantifier = case.quantifier(constraint.roi)
    findings = []
    for asked in asked_rows(case, constraint, alpha_betas):
        absent = not_applicable(case, asked, diagnosis)
        findings.append(finding_of(asked, absent) if absent else _of_one(case, asked, declared))
    if quantifier is None:
        return replace(findings[0], subject=constraint.roi)
    if quantifier == "all":
        return of_all(case, constraint, findings)
    return of_any(constraint, findings)


def _of_one(case: Case, constraint: Constraint, declared: bool | None) -> Finding:
    """The finding of a row that is about one ROI expression and belongs to this patient."""
    if declared is False:
        # A protocol's own row is shown to other patients too, as information.
        shown = _of_one(case, replace(constraint, role=Role.RISK_POINT), None)
        number = f"{number_text(shown.observed)} {shown.unit}" if shown.observed is not None else "no value"
        message = f"{number}; a limit for {constraint.patients.text or 'other patients'}, shown here"
        return shown if shown.reason else replace(shown, message=message)
    schedule = schedule_answer(case, constraint.regimen)
    dvh = _dvh_or_answer(case, constraint)
    if isinstance(dvh, Answer):
        return finding_of(constraint, dvh)
    value, flags = case.answer(dvh, constraint.metric), case.flags_of(dvh, constraint.metric)
    if not case.dose_is_physical and constraint.role.is_judged:
        types = " and ".join(case.dose.types)
        message = f"{value}, but the dose is of type {types}, and the limit is in physical dose"
        weighted = Answer(Verdict.NOT_EVALUATED, message, "dose-not-physical", False)
        return finding_of(constraint, weighted, value, dvh, flags)
    if schedule is not None:
        return finding_of(constraint, schedule, value, dvh, flags)
    answer = judged(constraint, value, dvh)
    if declared is None and answer.verdict in (Verdict.FAIL, Verdict.ACCEPTABLE):
        message = f"{answer.message}; it counts for {constraint.patients.text}, which isn't declared"
        answer = replace(answer, verdict=Verdict.NOT_EVALUATED, message=message, reason=UNDECLARED)
    if declared is None and answer.verdict is Verdict.PASS:
        message = f"{answer.message}; whether it counts for this patient isn't declared, and it is met"
        answer = replace(answer, message=message, reason=UNDECLARED)
    answer = _over_alpha_betas(case, constraint, answer)
    remarks = [plan_by_plan(case, constraint), schedule_remark(case, constraint), conversion_remark(case, constraint)]
    message = "; ".join(part for part in (answer.message, *remarks) if part)
    return finding_of(constraint, replace(answer, message=message), value, dvh, flags)


def _dvh_or_answer(case: Case, constraint: Constraint) -> DVH | Answer:
    """The row's DVH, or why there is none."""
    if problem := case.dose.problem(constraint.basis):
        return Answer(Verdict.NOT_EVALUATED, problem, "dose-unknown", robust=False)
    try:
        dvh = case.dvh(constraint.roi, constraint.basis)
    except MissingRoiError as error:
        return Answer(Verdict.NOT_EVALUATED, str(error), "roi-missing")
    except AmbiguousRoiError as error:
        return Answer(Verdict.NOT_EVALUATED, str(error), "roi-ambiguous")
    except ParseError as error:
        return Answer(Verdict.NOT_EVALUATED, f"ROI expression {error}", "roi-expression")
    return Answer(Verdict.NOT_EVALUATED, dvh.problem, "roi-empty") if dvh.problem else dvh


def _over_alpha_betas(case: Case, constraint: Constraint, answer: Answer) -> Answer:
    """A verdict on a converted limit is robust only where every published alpha/beta gives the same."""
    choice = constraint.conversion
    if choice is None or not answer.verdict.decides:
        return answer
    told = []
    robust = answer.robust
    for alpha_beta_gy in (choice.low_gy, choice.high_gy):
        if alpha_beta_gy == choice.value_gy:
            continue
        value = case.metric(constraint.roi, constraint.metric, eqd2_basis(alpha_beta_gy))
        robust = robust and bool(value.ends) and holds(value, constraint.verdict_of, answer.verdict)
        number = "unknown" if value.value is None else number_text(value.value, constraint.goal.value)
        told.append(f"{number} {value.unit} with {alpha_beta_gy:g} Gy")
    message = f"{answer.message}; {' and '.join(told)}" if told else answer.message
    return replace(answer, message=message, robust=robust)
