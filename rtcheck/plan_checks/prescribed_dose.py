"""Section D, plausibility: are dose and number of fractions such as are given, and as the label says?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Confidence, Severity
from rtcheck.plan_checks.check import Alert, Answer, PlanCheck, Shown, Thresholds, Unknown, tunable
from rtcheck.prescription import Place
from rtcheck.study import Plan

#: A dose in a label is the prescribed one within this share: labels are rounded.
_SAME_DOSE = 0.02
_DOSE_IN_LABEL = re.compile(r"(?<![\d.,])(\d{1,5}(?:[.,]\d{1,3})?)\s*(c?Gy)(?![a-z])", re.IGNORECASE)
_COUNT_IN_LABEL = re.compile(r"(?<![\d.,])(\d{1,2})\s*(?:fxs?|frac|fractions?|fr|#)(?![a-z])", re.IGNORECASE)


def plausible_dose(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """Dose per fraction and total are such as are given, and doses in the plan's label are those prescribed.

    A schedule that stands whole in a label (``50Gy25F``) is held against the plan by ``prescription-sources``; here a
    dose or a number of fractions alone is. TG-275: prescription and plan differ.
    """
    if not case.prescriptions:
        yield Unknown("prescription", case.prescription_problem)
    low, high, total = (thresholds[name] for name in ("least_gy", "most_gy", "most_total_gy"))
    for one in case.prescriptions:
        each = [float(phase.dose_per_fraction_gy) for phase in one.schedule.phases]
        odd = min(each) if min(each) < low else max(each)
        if not low <= odd <= high:
            message = f"{one.schedule}: {odd:.4g} Gy in a fraction; is the total one fraction's, or the unit another?"
            yield Alert(one.target, message, (), odd, f"{low:g} to {high:g} Gy", "Gy")
        elif one.total_dose_gy > total:
            message = f"{one.schedule}: {one.total_dose_gy:.4g} Gy in all"
            yield Alert(one.target, message, (), one.total_dose_gy, f"<= {total:g} Gy", "Gy")
    for plan in case.study.plans:
        yield from _label(case, plan)


def _label(case: Case, plan: Plan) -> Iterator[Answer]:
    """Doses and numbers of fractions in a plan's label and name against what it prescribes."""
    subject = case.study.plan_names[plan.sop_instance_uid]
    own = [one for one in case.prescriptions if plan.sop_instance_uid in one.plan_uids]
    told = [said for target in case.targets for said in target.statements if said.plan_uid == plan.sop_instance_uid]
    labels = [said for said in told if said.place is Place.LABEL]
    if labels:  # a whole schedule
        if any(said in target.contradicting for target in case.targets for said in labels):
            yield Shown(subject, "its label says another schedule: judged by prescription-sources")
        return
    if not own:
        return
    text = " ".join(dict.fromkeys(part for part in (plan.label, plan.name) if part))
    doses = {float(one.total_dose_gy) for one in own} | {
        float(p.total_dose_gy) for one in own for p in one.schedule.phases
    }
    doses |= {float(phase.dose_per_fraction_gy) for one in own for phase in one.schedule.phases}
    for match in _DOSE_IN_LABEL.finditer(text):
        said = float(match[1].replace(",", ".")) / (100.0 if match[2].lower() == "cgy" else 1.0)
        if not any(abs(said - gray) <= _SAME_DOSE * gray for gray in doses):
            schedules = ", ".join(str(one.schedule) for one in own)
            yield Alert(subject, f"{match[0]!r} stands in {text!r}, and prescribed is {schedules}", (), said, "", "Gy")
    counts = {one.fractions for one in own} | {phase.fractions for one in own for phase in one.schedule.phases}
    for match in _COUNT_IN_LABEL.finditer(text):
        if int(match[1]) not in counts:
            listed = ", ".join(map(str, sorted(counts)))
            message = f"{match[0]!r} stands in {text!r}, and prescribed are {listed} fractions"
            yield Alert(subject, message, (), float(match[1]), "", "1")


def fitting_tables(case: Case, thresholds: Thresholds) -> Iterator[Answer]:
    """The number of fractions is plausible, and doses of different fractions aren't summed as if they were alike.

    Limits belong to the fraction numbers that they were derived for; which rows of which tables were chosen is told
    under ``tables``, and a limit of 3 fractions is used for no others without a conversion. AAPM TG-101, QUANTEC.
    """
    counts = {}
    for alone in case.by_plan:
        name = alone.study.plan_names[alone.study.plans[0].sop_instance_uid]
        counts[name] = alone.fractions
        if alone.fractions is None:
            yield Unknown(name, "its number of fractions isn't known: no table can be chosen")
        elif alone.fractions > thresholds["most_fractions"]:
            limit = f"<= {thresholds['most_fractions']:g}"
            message = f"{alone.fractions} fractions: is it their number?"
            yield Alert(name, message, (), float(alone.fractions), limit, "1", confidence=Confidence.HEURISTIC)
        else:
            yield Shown(name, f"limits for {alone.fractions} fractions fit ({alone.schedule_text or 'dose not told'})")
    if not counts:
        yield Unknown("plan", "no RT Plan is among the files: the number of fractions isn't known")
    yield from _unlike(case, thresholds["unlike_percent"])


def _unlike(case: Case, unlike_percent: float) -> Iterator[Answer]:
    """Plans of a sum whose fractions are of different size."""
    if len(case.study.plans) < 2:
        return
    each = _fraction_doses_gy(case)
    if unknown := [name for name in case.study.plan_names.values() if name not in each]:
        yield Unknown("sum of plans", f"the dose per fraction of {', '.join(unknown)} isn't known")
        return
    apart = 100.0 * (max(each.values()) / min(each.values()) - 1.0)
    if apart > unlike_percent:
        listed = ", ".join(f"{name} {gray:g} Gy" for name, gray in each.items())
        message = (
            f"plans of different dose per fraction are summed ({listed}): limits on physical dose hold for neither"
        )
        yield Alert("sum of plans", f"{message}; read the sum in EQD2", (), apart, f"<= {unlike_percent:g} %", "%")


def _fraction_doses_gy(case: Case) -> dict[str, float]:
    """The largest dose per fraction of each plan, as far as it is told; by the plan's name."""
    found: defaultdict[str, float] = defaultdict(float)
    for one in case.prescriptions:
        phases = [float(phase.dose_per_fraction_gy) for phase in one.schedule.phases]
        if len(one.plan_uids) == 1:
            phases = [max(phases)]
        if len(phases) == len(one.plan_uids):  # of several plans each gives a phase
            for uid, gray in zip(one.plan_uids, phases, strict=True):
                found[case.study.plan_names[uid]] = max(found[case.study.plan_names[uid]], gray)
    return found


_NCT = "NCT06261047 (Wang 2025)"
CHECKS: tuple[PlanCheck, ...] = (
    PlanCheck(
        "D5",
        "plausible-dose",
        "dose per fraction and total are such as are given, and those that the label says",
        Severity.WARNING,
        Confidence.HEURISTIC,
        "AAPM TG-275 (2020); AAPM MPPG 11.a (2021)",
        plausible_dose,
        tunable(
            least_gy=(1.0, "Gy", "least dose in a fraction"),
            most_gy=(34.0, "Gy", "largest dose in a fraction"),
            most_total_gy=(100.0, "Gy", "largest total dose"),
        ),
    ),
    PlanCheck(
        "D7",
        "fitting-tables",
        "limits are those of the plan's number of fractions",
        Severity.WARNING,
        Confidence.CERTAIN,
        "AAPM TG-101 (2010); QUANTEC (2010)",
        fitting_tables,
        tunable(
            most_fractions=(45.0, "fractions", "largest number of fractions"),
            unlike_percent=(10.0, "%", "difference of the doses per fraction in a sum"),
        ),
        carried_by="tables",
    ),
)
