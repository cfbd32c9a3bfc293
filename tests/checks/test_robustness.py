"""Verdicts are the chosen convention's; where another convention turns them, they aren't robust and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rtcheck.case import Case
from rtcheck.checks import achieved_bed, dose_constraint, prescribed_bed
from rtcheck.checks.asked import dvhs_asked
from rtcheck.checks.robustness import under_which
from rtcheck.constraint import RequiredRoi, Role
from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Source, Verdict
from rtcheck.metrics import Distribution
from rtcheck.solid import Flag, QualityFlag
from rtcheck.study import ROI
from rtcheck.units import PHYSICAL, DoseBasis
from tests import studies
from tests.checks.test_dose import BIG, CONVENTIONAL, SMALL, SPARED, row
from tests.checks.test_prescription import BOX, RULE
from tests.metrics.test_alternatives import NOTHING, named

Masses = Sequence[tuple[float, float]]


def told(chosen: Distribution, *others: Distribution, flags: tuple[QualityFlag, ...] = ()) -> DVH:
    """A DVH made of distributions."""
    extremes = (chosen.mean_gy, chosen.min_gy, chosen.max_gy)
    return DVH("Liver", ("Liver",), chosen.curve, *extremes, chosen.unknown_cc, flags=flags, alternatives=others)


class Told(Case):
    """A case whose every DVH is the one it was told."""

    def __init__(self, made: DVH, schedule: tuple[float, int] = (40.0, 5)) -> None:
        plan = studies.plan([studies.target_reference(1, schedule[0], 1)], [schedule[1]])
        rois = [
            studies.box_roi(1, "PTV", BOX, "PTV"),
            studies.box_roi(2, "Liver", BIG),
            studies.box_roi(3, "GTV", SMALL),
        ]
        super().__init__(studies.study(rois, studies.dose(1.0), plan))
        self._told = made

    def dvh(self, roi: str, basis: DoseBasis = PHYSICAL) -> DVH:
        return self._told

    def dvh_of(self, roi: ROI, basis: DoseBasis = PHYSICAL) -> DVH:
        return self._told


def asked(metric: str, comparator: str, limit: float, *of: Distribution, **changes: object) -> Finding:
    return dose_constraint(Told(told(*of)), row(metric, comparator, limit, **changes))


def uniform(gray: float, volume_cc: float = 100.0, convention: str = "") -> Distribution:
    return named(convention, (gray, volume_cc))


A, B = "prism, no ends", "interpolated, no ends"


def test_verdict_that_every_convention_gives_is_robust_and_says_only_its_number() -> None:
    finding = asked("Mean[Gy]", "<", 15, uniform(14.8), uniform(14.7, convention=A), uniform(14.9, convention=B))
    assert (finding.verdict, finding.robust, finding.is_fragile) == (Verdict.PASS, True, False)
    assert (finding.low, finding.observed, finding.high) == (14.7, 14.8, 14.9)
    assert finding.message == "14.8 Gy"


def test_verdict_stays_the_chosen_conventions_and_names_the_one_that_turns_it() -> None:
    finding = asked("Mean[Gy]", "<", 15, uniform(14.8), uniform(14.7, convention=A), uniform(15.3, convention=B))
    assert (finding.verdict, finding.robust, finding.is_fragile) == (Verdict.PASS, False, True)
    assert finding.message == "14.8 Gy, 14.7 to 15.3 Gy over conventions: fails under interpolated, no ends"
    assert (finding.low, finding.high) == (14.7, 15.3)


def test_failing_verdict_names_where_it_passes() -> None:
    finding = asked("Mean[Gy]", "<", 15, uniform(15.2), uniform(14.7, convention=A), uniform(15.3, convention=B))
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, False)
    assert finding.message == "15.2 Gy, 14.7 to 15.3 Gy over conventions: passes under prism, no ends"


def test_verdict_that_every_other_convention_turns_says_so_in_short() -> None:
    finding = asked("Mean[Gy]", "<", 15, uniform(14.8), uniform(15.1, convention=A), uniform(15.3, convention=B))
    assert finding.message.endswith("fails under every other convention")


def test_interval_is_never_rounded_onto_the_limit() -> None:
    finding = asked("Mean[Gy]", "<", 15, uniform(14.8), uniform(15.004, convention=A), uniform(14.9, convention=B))
    assert "14.8 to 15.004 Gy over conventions: fails under prism, no ends" in finding.message


def test_published_range_tells_acceptable_from_passing() -> None:
    of = (uniform(29.5), uniform(30.5, convention=A), uniform(33.0, convention=B))
    finding = asked("Mean[Gy]", "<", 30, *of, acceptable=32)
    assert (finding.verdict, finding.robust) == (Verdict.PASS, False)
    assert finding.message.endswith("is acceptable under prism, no ends; fails under interpolated, no ends")


def test_dose_that_is_unknown_under_another_convention_may_turn_a_verdict() -> None:
    other = named(A, (10.0, 99.0), unknown_cc=1.0)
    finding = asked("Max[Gy]", "<", 15, uniform(10.0), other)
    assert (finding.verdict, finding.robust) == (Verdict.PASS, False)
    assert "10.0 to unknown Gy over conventions: may pass or fail under prism, no ends" in finding.message


def test_dose_that_is_unknown_under_the_chosen_convention_decides_as_ever() -> None:
    finding = asked("Max[Gy]", "<", 15, named("", (10.0, 99.0), unknown_cc=1.0), uniform(10.0, convention=A))
    assert (finding.verdict, finding.reason, finding.robust) == (Verdict.NOT_EVALUATED, "interval", False)
    assert not finding.is_fragile


def test_own_bounds_decide_and_not_those_of_other_conventions() -> None:
    # 60 of 61 cc hot under the chosen one, whatever the unknown 1 cc is; the other may be anything.
    chosen, other = named("", (20.0, 60.0), unknown_cc=1.0), named(A, (20.0, 10.0), unknown_cc=50.0)
    finding = asked("V15Gy[cc]", "<", 50, chosen, other)
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, False)
    assert "may pass or fail under prism, no ends" in finding.message


def test_convention_without_an_answer_makes_a_verdict_not_robust_in_words() -> None:
    finding = asked("DC700cc[Gy]", "<=", 15, uniform(10.0, 701.0), uniform(10.0, 695.0, A))
    assert (finding.verdict, finding.robust, finding.observed) == (Verdict.PASS, False, 10.0)
    assert finding.message == "10.0 Gy (no answer under prism, no ends: 700 cc asked of an ROI of 695.0 cc)"


def test_organ_without_volume_under_a_convention_has_no_robust_dose() -> None:
    assert not asked("Mean[Gy]", "<", 15, uniform(10.0), NOTHING).robust
    assert asked("V20Gy[cc]", "<", 15, uniform(10.0), NOTHING).robust


def test_organ_too_small_under_all_conventions_fails_robustly() -> None:
    finding = dose_constraint(Told(told(uniform(1.0, 690.0), uniform(1.0, 695.0, A))), SPARED)
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, True)
    assert "not under" not in finding.message


def test_organ_too_small_under_the_chosen_convention_names_where_it_is_not() -> None:
    finding = dose_constraint(Told(told(uniform(1.0, 699.0), uniform(1.0, 702.0, A), uniform(1.0, 690.0, B))), SPARED)
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, False)
    assert finding.reason == "volume below the required 700 cc"
    assert "to be spared (not under prism, no ends): check for" in finding.message


def test_organ_too_small_under_another_convention_passes_and_is_not_robust() -> None:
    finding = dose_constraint(Told(told(uniform(1.0, 702.0), uniform(1.0, 698.0, A), uniform(1.0, 701.0, B))), SPARED)
    assert (finding.verdict, finding.robust) == (Verdict.PASS, False)
    assert "698.0 to 702.0 cc over conventions: fails under prism, no ends" in finding.message


def test_doubtful_contours_stay_not_evaluated_and_a_sure_fail_is_not_robust() -> None:
    flags = (QualityFlag(Flag.LARGE_GAP, "gap"),)
    made = told(uniform(10.0), uniform(11.0, convention=A), flags=flags)
    assert dose_constraint(Told(made), row("Mean[Gy]", "<", 15)).verdict is Verdict.NOT_EVALUATED
    failed = dose_constraint(Told(made), row("Mean[Gy]", "<", 5))
    assert (failed.verdict, failed.robust) == (Verdict.FAIL, False)


def test_row_for_patients_not_declared_keeps_what_is_said_of_conventions() -> None:
    case = Told(told(uniform(14.8), uniform(15.3, convention=A), uniform(14.0, convention=B)))
    patients = replace(SPARED.patients, child_pugh=frozenset({"B7"}), text="Child-Pugh B7")
    finding = dose_constraint(case, row("Mean[Gy]", "<", 15, patients=patients))
    assert (finding.verdict, finding.robust) == (Verdict.PASS, False)
    assert "fails under prism, no ends" in finding.message


def test_shorter_words_only_where_there_are_several_alternatives() -> None:
    assert under_which(["a"], 1) == "under a"
    assert under_which(["a", "b"], 2) == "under every other convention"
    assert under_which(["a", "b"], 3) == "under a and under b"


# Targets.


def bed_findings(*of: Distribution) -> tuple[Finding, Finding]:
    case = Told(told(*of))
    (prescribed,) = prescribed_bed(case, RULE)
    (achieved,) = [found for found in achieved_bed(case, RULE) if found.metric == "BED10 of D95%[Gy]"]
    return prescribed, achieved


def test_prescription_that_the_dose_bears_out_under_every_convention_is_robust() -> None:
    prescribed, achieved = bed_findings(uniform(40.0), uniform(39.5, convention=A))
    assert (prescribed.verdict, prescribed.robust, achieved.robust) == (Verdict.PASS, True, True)
    assert (achieved.low, achieved.observed, achieved.high) == (pytest.approx(70.705), 72.0, 72.0)


def test_prescription_that_one_convention_contradicts_is_not_robust() -> None:
    prescribed, achieved = bed_findings(uniform(37.0), uniform(35.0, convention=A), uniform(36.9, convention=B))
    assert (prescribed.verdict, prescribed.robust) == (Verdict.PASS, False)
    assert "contradicted under prism, no ends" in prescribed.message
    assert (achieved.verdict, achieved.robust) == (Verdict.INFO, False)
    assert "59.5 to 64.4 Gy over conventions" in achieved.message


def test_contradiction_that_one_convention_lacks_names_it() -> None:
    prescribed, _ = bed_findings(uniform(35.0), uniform(37.0, convention=A), uniform(35.0, convention=B))
    assert (prescribed.verdict, prescribed.reason) == (Verdict.NOT_EVALUATED, "prescription-contradicted")
    assert not prescribed.robust
    assert "(no contradiction under prism, no ends)" in prescribed.message


def test_target_without_volume_under_a_convention_is_borne_out_but_not_robust() -> None:
    prescribed, achieved = bed_findings(uniform(40.0), NOTHING)
    assert (prescribed.verdict, prescribed.robust, achieved.robust) == (Verdict.PASS, False, False)
    assert "no answer under prism, no ends: the ROI has no volume" in prescribed.message


def test_target_partly_outside_the_grid_is_not_robust_where_the_outside_matters() -> None:
    prescribed, _ = bed_findings(named("", (35.9, 4.5), (40.0, 94.0), unknown_cc=1.5))
    assert (prescribed.verdict, prescribed.robust) == (Verdict.PASS, False)
    assert "outside the dose grid" in prescribed.message


def test_prescription_too_low_fails_whatever_the_dose_is() -> None:
    (finding,) = prescribed_bed(Told(told(uniform(35.0), uniform(60.0, convention=A)), (35.0, 5)), RULE)
    assert (finding.verdict, finding.robust) == (Verdict.FAIL, True)


# What is asked for.


def test_rois_that_checks_will_ask_for_are_known_and_those_that_fit_nothing_are_left_out() -> None:
    case = Told(told(uniform(1.0)))
    rows = [
        row("Mean[Gy]", "<", 30, roi="Liver - GTV*"),
        row("Max[Gy]", "<", 30, roi="Spleen"),
        row("Max[Gy]", "<", 30, roi="GTV", regimen=CONVENTIONAL),
        row("Max[Gy]", "<", 30, roi="PTV", role=Role.RISK_POINT),
        row("Max[Gy]", "<", 30, roi="Liver - (", requirement=SPARED.requirement),
    ]
    required = [RequiredRoi("Liver", Source("p", "r")), RequiredRoi("GTV*", Source("p", "r"))]
    assert dvhs_asked(case, rows, required, RULE, "hcc") == ((case, PHYSICAL, ("Liver - GTV*", "PTV", "GTV")),)
