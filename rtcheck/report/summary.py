"""What every report of a check says beside its rows, in the same words: facts, notes, disclaimers, quality flags.

Pure functions from an evaluation to text; the terminal, the browser and printed reports set them. `sections` orders the
findings, and `wording` says what one of them says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rtcheck.case import Case
from rtcheck.convention import CONVENTIONS, DEFAULT_CONVENTION
from rtcheck.finding import Finding
from rtcheck.protocol import Evaluation, Protocol
from rtcheck.report.sections import CONSTRAINT, PlanChecks, of_checks
from rtcheck.report.wording import NOT_ROBUST
from rtcheck.study import PlanDose
from rtcheck.units import PHYSICAL

DISCLAIMER = "A second check, no medical device: a qualified person decides."
#: Headings that every report has.
LIMITS_TITLE = "Dose constraints, in physical dose unless said otherwise"
QUOTED_TITLE = "Shown, not judged: doses at which sources quote rates"
CHANGED_TITLE = "Changed by your tables"
RULES_TITLE = "Rules of the protocol"
PLAN_CHECKS_TITLE = "Plan checks"
#: What no plan check could look at.
UNCHECKED = "Not checked"
#: Said where the linear-quadratic model has a part in verdicts.
CONVERTED = "limits for conventional fractionation are asked in EQD2 on other schedules (linear-quadratic model)"


def facts(evaluation: Evaluation, *, show_name: bool = False) -> tuple[tuple[str, str], ...]:
    """Label and text of what was checked: patient, plan, prescriptions, dose, protocol, tables, what was declared.

    The patient's name and ID are among them only where asked for.
    """
    study, protocol, case = evaluation.case.study, evaluation.protocol, evaluation.case
    prescribed = [f"{p.target} {p.schedule} ({p.source})" for p in case.prescriptions]
    status = {finding.subject: finding.message for finding in of_checks(evaluation.findings, "plan-status")}
    score = f"Child-Pugh {case.child_pugh}" if case.child_pugh else "Child-Pugh not declared"
    return (
        *((("Patient", f"{study.patient.name} ({study.patient.patient_id})"),) if show_name else ()),
        ("Subject", subject_text(case)),
        *(("Plan", f"{plan.label} · {status.get(plan.label, '')}") for plan in study.plans),
        *(() if study.plans else (("Plan", "no plan file"),)),
        ("Prescribed", "; ".join(prescribed) or case.prescription_problem),
        ("Protocol", f"{protocol.id} · {protocol.title}"),
        *((("Site", f"{protocol.site.id} · {protocol.site.title}"),) if protocol.site else ()),
        *(("Tables", finding.message) for finding in of_checks(evaluation.findings, "tables")),
        *((("Converted", CONVERTED),) if evaluation.converted else ()),
        *(("Dose", text) for text in dose_texts(case)),
        ("Declared", ", ".join(part for part in (protocol.diagnosis, score) if part)),
        ("Convention", convention_text(case)),
    )


def subject_text(case: Case) -> str:
    """Subject code and centre, and the case sheet that they are from."""
    sheet = case.sheet
    if not sheet.file:
        return "no case sheet; `rtcheck case new` writes one to fill in"
    centre = f"centre {sheet.centre}" if sheet.centre else ""
    parts = (sheet.subject or "no subject code", centre, f"case sheet {sheet.file}")
    return " · ".join(part for part in parts if part)


def plan_check_lines(parts: PlanChecks) -> tuple[tuple[str, str], ...]:
    """Label and text of the plan checks that didn't fire: passed, judged elsewhere, unknown, off."""
    passed = f"{len(parts.passed)} checks ({', '.join(parts.passed)})" if parts.passed else ""
    carried = ", ".join(parts.carried)
    unknown = "; ".join(f"{one.source.row} {one.subject}: {one.message}" for one in parts.unknown)
    off = "; ".join(f"{one.source.row} {one.subject}: {one.message}" for one in parts.off)
    lines = (("Passed", passed), ("Judged by other findings", carried), (UNCHECKED, unknown), ("Switched off", off))
    return tuple((label, text) for label, text in lines if text)


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


def fragile_text(findings: Iterable[Finding]) -> str:
    """How many verdicts aren't robust; empty where all are."""
    count = sum(finding.is_fragile for finding in findings)
    return f"{count} {NOT_ROBUST}" if count else ""


def not_enabled(protocol: Protocol) -> frozenset[str]:
    """Ids of the tables that are asked only because somebody named them."""
    return frozenset(table.id for table in protocol.tables if not table.enabled)


def disclaimers(protocol: Protocol) -> tuple[str, ...]:
    """What the sources of the tables asked say about their use: each text once, after the tables that it is of."""
    tables_of: dict[str, list[str]] = defaultdict(list)
    for table in protocol.tables:
        if table.disclaimer:
            tables_of[table.disclaimer].append(table.id)
    return tuple(f"{', '.join(tables)}: {text}" for text, tables in tables_of.items())


def closing_notes(protocol: Protocol) -> tuple[str, ...]:
    """What stands at the end of a report: notes of the protocol, disclaimers of its tables, and rtcheck's own."""
    return (*protocol.notes, *disclaimers(protocol), DISCLAIMER)


def quality_flags(evaluation: Evaluation) -> tuple[tuple[str, str], ...]:
    """What may make numbers fragile: the ROIs and ROI expressions that were measured, and what is said of them."""
    rois: dict[str, dict[str, None]] = defaultdict(dict)
    for finding in of_checks(evaluation.findings, CONSTRAINT):
        for flag in finding.flags:
            rois[flag.partition(": ")[2]][finding.subject] = None
    return tuple((", ".join(some), message) for message, some in rois.items())
