"""What every report of a check says, in the same words: facts, order, groups and intervals.

Pure functions from an evaluation to text; the terminal, the browser and printed reports set them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION
from rtcheck.finding import Finding, Verdict
from rtcheck.protocol import Evaluation
from rtcheck.solid import QualityFlag
from rtcheck.study import PlanDose
from rtcheck.units import PHYSICAL, number_text

DISCLAIMER = "A second check, no medical device: a qualified person decides."
WORST_FIRST = (
    Verdict.FAIL,
    Verdict.NOT_EVALUATED,
    Verdict.ACCEPTABLE,
    Verdict.PASS,
    Verdict.INFO,
    Verdict.NOT_APPLICABLE,
)
#: Said of every verdict that other conventions, or doses that aren't known, may turn.
NOT_ROBUST = "not robust"
#: Checks without a section of their own: shown above the tables where they decide.
REMARK_CHECKS = ("plan-status", "patient", "limits", "reading")
#: Reasons of findings that decide nothing and that nobody should overlook.
WARNINGS = frozenset({"achieved-below-rule"})
#: What stands in the table of targets.
TARGET_CHECKS = ("bed", "prescription-sources", "bed-achieved")
#: Why a row isn't applicable, by reason code; any other reason is listed under its own message.
_LEFT_OUT = {
    "not-contoured": "Not contoured",
    "schedule": "Only for other schedules",
    "patient": "Only for other patients",
}


def facts(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """Label and text of what was checked: patient, plan, prescriptions, dose, protocol, what was declared."""
    study, protocol, case = evaluation.case.study, evaluation.protocol, evaluation.case
    prescribed = [f"{p.target} {p.schedule} ({p.source})" for p in case.prescriptions]
    status = {finding.subject: finding.message for finding in of_checks(evaluation.findings, "plan-status")}
    score = f"Child-Pugh {case.child_pugh}" if case.child_pugh else "Child-Pugh not declared"
    return (
        ("Patient", f"{study.patient.name} ({study.patient.patient_id})"),
        *(("Plan", f"{plan.label} · {status.get(plan.label, '')}") for plan in study.plans),
        *(() if study.plans else (("Plan", "no plan file"),)),
        ("Prescribed", "; ".join(prescribed) or case.prescription_problem),
        ("Protocol", f"{protocol.id} · {protocol.title}"),
        *(("Dose", text) for text in dose_texts(case)),
        ("Declared", ", ".join(part for part in (protocol.diagnosis, score) if part)),
        ("Convention", convention_text(case)),
    )


def dose_texts(case: Case) -> tuple[str, ...]:
    """What the doses are: basis, grid, what was done to them; of a sum first the whole, then every part."""
    parts = [_dose_text(one) for one in case.study.plan_doses]
    basis = case.dose.basis.label.lower()
    if not case.dose.is_sum:
        return (f"{basis} · {parts[0]}",)
    total = case.dose.sum()
    if total is None:
        return (f"no sum: {case.dose.problem(PHYSICAL)}", *parts)
    whole = f"{basis} · sum of {len(parts)} doses, voxel by voxel · {total.text}"
    return (whole, *(part.text for part in total.provenance))


def _dose_text(one: PlanDose) -> str:
    dose = one.dose
    done = [
        f"{len(dose.parts)} parts added" if dose.parts else "",
        f"relative dose, {dose.normalisation} as the user said" if dose.normalisation else "",
        f"moved by {dose.registration}" if dose.registration else "",
    ]
    return " · ".join(part for part in (dose.grid.describe(), *done) if part)


def convention_text(case: Case) -> str:
    """How contours were read as solids, and what intervals are over."""
    chosen = str(case.convention) if case.convention == DEFAULT_CONVENTION else f"{case.convention} (not the default)"
    over = f"over all {len(CONVENTIONS)} named conventions" if case.intervals else "over this convention alone"
    return f"{chosen} · intervals {over}, and over the dose outside the grid"


def of_checks(findings: Iterable[Finding], *checks: str) -> list[Finding]:
    """The findings of some checks, in order."""
    return [finding for finding in findings if finding.check in checks]


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first; in the protocol's order among equals."""
    return sorted(findings, key=lambda finding: WORST_FIRST.index(finding.verdict))


def by_target(findings: Iterable[Finding]) -> list[Finding]:
    """Findings about targets, those of one target together; the target with the worst verdict first."""
    grouped: dict[str, list[Finding]] = defaultdict(list)
    for finding in of_checks(findings, *TARGET_CHECKS):
        grouped[finding.subject].append(finding)
    order = sorted(grouped.values(), key=lambda some: min(WORST_FIRST.index(one.verdict) for one in some))
    return [finding for some in order for finding in ranked(some)]


def metric_text(finding: Finding) -> str:
    """The metric, and its dose basis unless it is physical or the metric says it."""
    said = not finding.basis or finding.basis == str(PHYSICAL) or finding.metric.startswith("BED")
    return finding.metric if said else f"{finding.metric} {finding.basis}"


def why(finding: Finding) -> str:
    """The message where it says more than the numbers beside it; first of all that a verdict isn't robust."""
    if finding.is_fragile:
        return f"{NOT_ROBUST}: {finding.message}"
    told_by_numbers = finding.check == "dose-constraint" and finding.robust and not finding.reason
    if told_by_numbers and finding.verdict.decides and not {";", "("} & set(finding.message):
        return ""
    return finding.message


def left_out(findings: Iterable[Finding]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The constraints that are not applicable: why, and each organ with its metrics. Every one of them is named."""
    reasons: dict[str, dict[str, list[str]]] = {label: defaultdict(list) for label in _LEFT_OUT.values()}
    for finding in findings:
        if finding.verdict is Verdict.NOT_APPLICABLE:
            label = _LEFT_OUT.get(finding.reason, finding.message or "Not applicable")
            reasons.setdefault(label, defaultdict(list))[finding.group or finding.subject].append(finding.metric)
    return tuple(
        (label, tuple(f"{organ} {', '.join(dict.fromkeys(metrics))}".strip() for organ, metrics in organs.items()))
        for label, organs in reasons.items()
        if organs
    )


def organs_without_limit(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Contoured organs that no limit judged, each with its maximum."""
    return tuple(
        f"{finding.subject} (max {observed_text(finding) if finding.low is not None else 'unknown'})"
        for finding in of_checks(findings, "unjudged-organ")
    )


def observed_text(finding: Finding) -> str:
    """The observed value or interval with its unit, never rounded across the limit."""
    decimals = 2 if finding.unit == "Gy" else 1
    if finding.observed is not None:
        return f"{number_text(finding.observed, finding.limit_value, decimals)} {finding.unit}"
    if finding.low is None or finding.high is None:
        return "—"
    low = number_text(finding.low, finding.limit_value, decimals)
    return f"{low} to {number_text(finding.high, finding.limit_value, decimals)} {finding.unit}"


def interval_text(finding: Finding) -> str:
    """The interval of an observed value; empty where it doesn't differ from the value in the digits shown."""
    if finding.observed is None or finding.low is None or finding.high is None:
        return ""
    decimals = 2 if finding.unit == "Gy" else 1
    low, value, high = (
        number_text(number, finding.limit_value, decimals) for number in (finding.low, finding.observed, finding.high)
    )
    return "" if low == value == high else f"{low} – {high}"


def fragile_text(findings: Iterable[Finding]) -> str:
    """How many verdicts aren't robust; empty where all are."""
    count = sum(finding.is_fragile for finding in findings)
    return f"{count} {NOT_ROBUST}" if count else ""


def remarks(findings: Iterable[Finding]) -> list[Finding]:
    """What stands above the tables: deciding findings of no section of their own, worst first, then warnings."""
    every = list(findings)
    deciding = [finding for finding in of_checks(every, *REMARK_CHECKS) if finding.verdict.decides]
    return ranked([*deciding, *(finding for finding in every if finding.reason in WARNINGS)])


def quality_flags(evaluation: Evaluation) -> tuple[tuple[str, QualityFlag], ...]:
    """What may make numbers fragile: the flags of every ROI or ROI expression that was measured, each once."""
    bases = {constraint.source.row: constraint.basis for constraint in evaluation.protocol.all_constraints}
    measured = [finding for finding in of_checks(evaluation.findings, "dose-constraint") if finding.rois]
    every = [
        (finding.subject, flag)
        for finding in measured
        for flag in evaluation.case.dvh(finding.subject, bases[finding.source.row]).flags_of(finding.metric)
    ]
    return tuple(dict.fromkeys(every))
