"""Where the case sheet contradicts itself or the files, an answer that would be a PASS is NOT_EVALUATED."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rtcheck.finding import Verdict
from rtcheck.rules import Declared, Elapsed
from rtcheck.study import PlanDose
from rtcheck.units import Comparator
from tests.compliance.cases import ask_one, case, lesion, rule, study

PRIOR = rule(Elapsed, since="last_radiotherapy", until="radiotherapy_start", value=14.0, none_is_met=True)
STABLE = rule(Declared, quantity="stable_months", comparator=Comparator.GE, value=3.0, unit="months")
START = date(2025, 3, 24)
NEVER = frozenset({"last_radiotherapy"})


def test_never_irradiated_and_irradiated_before_is_contradictory() -> None:
    dates = {"radiotherapy_start": START}
    for before, verdict in ((False, Verdict.PASS), (True, Verdict.NOT_EVALUATED)):
        of = case(lesions=(lesion("L1", prior_radiotherapy=before),), never=NEVER, dates=dates)
        assert ask_one(of, PRIOR).verdict is verdict


def test_radiotherapy_doesnt_start_before_the_ct_or_the_plan_or_after_its_end() -> None:
    planned = replace(study(), plan_doses=(PlanDose(replace(study().plan, date="20250325"), study().dose),))
    for of in (
        case(never=NEVER, dates={"radiotherapy_start": START, "planning_ct": date(2025, 3, 25)}),
        case(never=NEVER, dates={"radiotherapy_start": START, "radiotherapy_end": date(2025, 3, 23)}),
        case(planned, never=NEVER, dates={"radiotherapy_start": START}),
        case(never=NEVER, dates={"radiotherapy_start": START, "radiotherapy_end": START}),
        case(never=NEVER, dates={"radiotherapy_start": START, "progression": date(2025, 3, 25)}),
    ):
        finding = ask_one(of, PRIOR)
        assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dates-contradictory")


def test_a_disease_isnt_stable_for_longer_than_from_first_line_to_progression() -> None:
    for start, verdict in ((date(2024, 3, 1), Verdict.PASS), (date(2024, 12, 20), Verdict.NOT_EVALUATED)):
        dates = {"first_line_start": start, "progression": date(2025, 3, 1)}
        assert ask_one(case(stable_months=6.0, dates=dates), STABLE).verdict is verdict
