"""``rtcheck bed``: the questions it answers, what it prints, and what it refuses."""

from __future__ import annotations

import json
import re
import sys
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rtcheck.cli import main
from rtcheck.errors import UsageError
from rtcheck.finding import Verdict
from rtcheck.fractionation import Phase, Schedule, parse_schedule
from rtcheck.radiobiology import bed, bed_incomplete_repair, bed_lql, bed_with_repopulation, eqd2
from rtcheck.report.bed import exact_text
from rtcheck.report.bed_answer import BedAnswer, Ratio, find_dose, find_fractions, find_schedule
from rtcheck.report.bed_curve import at_dose_per_fraction, at_total_dose
from rtcheck.tables import load_radiobiology
from rtcheck.units import Comparator, meets

KEYS = ["schedule", "fractions", "total_dose_gy", "alpha_beta_gy", "bed_gy", "eqd2_gy", "at_least_gy", "meets"]
REPOPULATION = ("--kickoff-days", "28", "--gray-per-day", "0.9")


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def ask(monkeypatch, capsys):
    def asked(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["rtcheck", "bed", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return Said(stopped.value.code, *capsys.readouterr())

    return asked


@pytest.fixture
def answer(ask):
    def answered(*arguments: str) -> dict[str, Any]:
        said = ask(*arguments, "--format", "json")
        assert said.code in (0, 1), said.err
        return json.loads(said.out)

    return answered


def value_of(text: str, label: str) -> str:
    """What stands right of a label."""
    (line,) = [line for line in text.splitlines() if line.startswith(label + " ")]
    return line.removeprefix(label).strip()


# The questions


def test_the_plain_question_has_eight_keys_and_no_more(answer):
    assert list(answer("25x2Gy", "--at-least", "60")) == KEYS


def test_dose_per_fraction_that_reaches_60_in_5_fractions(ask, answer):
    said = ask("--solve", "dose", "--fractions", "5", "--reach", "60")
    assert said.code == 0
    assert value_of(said.out, "Dose per fraction, exact") == "7.0416 Gy"
    assert value_of(said.out, "Schedule").startswith("5x7.05Gy")
    assert value_of(said.out, "Total dose") == "35.25 Gy in 5 fractions"
    data = answer("--solve", "dose", "--fractions", "5", "--reach", "60")
    assert list(data)[:8] == KEYS
    assert (data["solve"], data["reach_gy"], data["step_gy"]) == ("dose", 60.0, 0.01)
    # The positive root of d^2 + 10 d - 120 = 0.
    assert data["exact_dose_per_fraction_gy"] == pytest.approx(-5 + 145**0.5, rel=1e-14)
    assert (data["schedule"], data["meets"]) == ("5x7.05Gy", None)


@pytest.mark.parametrize(
    ("fractions", "schedule"), [("25", "25x2Gy"), ("3", "3x10Gy"), ("1", "1x20Gy")], ids=["25", "3", "1"]
)
def test_exact_answers_are_not_rounded_up(answer, fractions, schedule):
    data = answer("--solve", "dose", "--fractions", fractions, "--reach", "60", "--at-least", "60")
    assert (data["schedule"], data["bed_gy"], data["meets"]) == (schedule, 60.0, True)


def test_a_coarser_step_rounds_up_to_its_multiples(answer):
    data = answer("--solve", "dose", "--fractions", "5", "--reach", "60", "--step", "0.1")
    assert (data["schedule"], data["step_gy"]) == ("5x7.1Gy", 0.1)


@pytest.mark.parametrize("dose", ["8Gy", "8 Gy", "8", "800cGy", "8.0"])
def test_number_of_fractions_of_8_gy(ask, answer, dose):
    data = answer("--solve", "fractions", "--dose", dose, "--reach", "60")
    assert (data["schedule"], data["fractions"], data["bed_gy"]) == ("5x8Gy", 5, 72.0)
    assert data["exact_fractions"] == pytest.approx(60 / 14.4)


def test_a_sixth_fraction_is_not_hidden_by_rounding(ask):
    said = ask("--solve", "fractions", "--dose", "8Gy", "--reach", "72.0001")
    assert value_of(said.out, "Schedule") == "6x8Gy"
    assert value_of(said.out, "Fractions, exact") == "5.00001"


def test_equivalent_schedule_has_the_bed_of_the_given_one(ask, answer):
    data = answer("25x2Gy", "--solve", "schedule", "--fractions", "3")
    assert (data["schedule"], data["bed_gy"], data["equivalent_to"]) == ("3x10Gy", 60.0, "25x2Gy")
    data = answer("5x8Gy", "--solve", "schedule", "--fractions", "25")
    assert (data["schedule"], data["reach_gy"]) == ("25x2.34Gy", 72.0)
    assert 25 * data["exact_dose_per_fraction_gy"] * (1 + data["exact_dose_per_fraction_gy"] / 10) == pytest.approx(72)
    said = ask("5x8Gy", "--solve", "schedule", "--fractions", "25")
    assert value_of(said.out, "Reach") == "BED of 5x8Gy, 72.00 Gy"


def test_at_least_judges_the_schedule_found(ask):
    found = ("--solve", "dose", "--fractions", "5", "--reach", "59", "--at-least", "60")
    assert ask(*found).code == 1
    assert ask("5x8Gy", "--solve", "schedule", "--fractions", "25", "--at-least", "60").code == 0


@given(
    fractions=st.integers(1, 60),
    reach=st.integers(1, 15_000).map(lambda number: number / 100),
    ratio=st.sampled_from([0.87, 2.0, 2.5, 3.0, 8.0, 10.0]),
    step=st.sampled_from([0.001, 0.01, 0.05, 0.1, 0.5]),
)
def test_every_dose_found_reaches_when_fed_back_and_one_step_less_does_not(fractions, reach, ratio, step):
    found = find_dose(fractions, reach, Ratio(ratio), step_gy=step)
    again = parse_schedule(str(found.schedule))
    assert meets(bed(again, alpha_beta_gy=ratio), Comparator.GE, reach)
    printed = exact_text(found).replace(" ", "")
    assert meets(bed(f"{fractions}x{printed}", alpha_beta_gy=ratio), Comparator.GE, reach)
    less = found.schedule.max_dose_per_fraction_gy - Fraction(repr(step))
    assume(less > 0)
    assert not meets(bed(Schedule((Phase(fractions, less),)), alpha_beta_gy=ratio), Comparator.GE, reach)


@given(
    dose=st.integers(20, 3000).map(lambda number: Fraction(number, 100)),
    reach=st.integers(1, 20_000).map(lambda number: number / 100),
    ratio=st.sampled_from([2.0, 3.0, 10.0]),
)
def test_every_number_of_fractions_reaches_when_fed_back_and_one_less_does_not(dose, reach, ratio):
    try:
        found = find_fractions(dose, reach, Ratio(ratio))
    except UsageError as error:
        assert "fractions; a phase has 1 to 200" in str(error)
        return
    assert meets(bed(str(found.schedule), alpha_beta_gy=ratio), Comparator.GE, reach)
    if found.schedule.fractions > 1:
        less = Schedule((Phase(found.schedule.fractions - 1, dose),))
        assert not meets(bed(less, alpha_beta_gy=ratio), Comparator.GE, reach)


@given(
    given_fractions=st.integers(1, 40),
    dose=st.integers(50, 2000),
    fractions=st.integers(1, 40),
    ratio=st.sampled_from([2.0, 3.0, 10.0]),
)
def test_every_equivalent_schedule_reaches_when_fed_back(given_fractions, dose, fractions, ratio):
    schedule = parse_schedule(f"{given_fractions}x{dose}cGy")
    try:
        found = find_schedule(schedule, fractions, Ratio(ratio))
    except UsageError as error:
        assert "at most 150 Gy make sense" in str(error)
        return
    reach = bed(schedule, alpha_beta_gy=ratio)
    assert meets(bed(str(found.schedule), alpha_beta_gy=ratio), Comparator.GE, reach)


# Alpha/beta


def test_alpha_beta_of_a_tissue_is_the_tables_and_its_source_is_printed(ask, answer):
    said = ask("5x8Gy", "--tissue", "Liver")
    choice = load_radiobiology().alpha_beta.of("Liver")
    assert value_of(said.out, "alpha/beta") == "3 Gy (liver; published values 2 to 8)"
    assert choice.source in value_of(said.out, "Source")
    data = answer("5x8Gy", "--tissue", "Liver")
    assert data["alpha_beta_gy"] == choice.value_gy
    assert data["bed_gy"] == bed("5x8Gy", alpha_beta_gy=choice.value_gy)
    assert data["alpha_beta_text"] == choice.text
    assert choice.source in data["alpha_beta_source"]


def test_published_values_of_the_liver_bound_bed_and_eqd2(ask, answer):
    data = answer("5x8Gy", "--tissue", "Liver", "--published")
    assert data["alpha_betas_gy"] == [2.0, 2.5, 3.0, 8.0]
    assert (data["bed_low_gy"], data["bed_high_gy"]) == (80.0, 200.0)
    assert (data["eqd2_low_gy"], data["eqd2_high_gy"]) == (64.0, 100.0)
    assert value_of(ask("5x8Gy", "--tissue", "Liver", "--published").out, "BED (alpha/beta 2 to 8 Gy, published)") == (
        "80.00 Gy to 200.00 Gy"
    )


def test_published_values_bound_what_is_found_too(answer):
    data = answer("--solve", "dose", "--fractions", "5", "--reach", "60", "--tissue", "Liver", "--published")
    doses = [find_dose(5, 60.0, Ratio(ratio)).solution.exact for ratio in (2.0, 8.0)]
    found = (data["exact_dose_per_fraction_low_gy"], data["exact_dose_per_fraction_high_gy"])
    assert found == pytest.approx(sorted(doses), rel=1e-14)
    data = answer("--solve", "fractions", "--dose", "8Gy", "--reach", "60", "--tissue", "Liver", "--published")
    assert (data["exact_fractions_low"], data["exact_fractions_high"]) == pytest.approx((60 / 40, 60 / 16))


def test_a_verdict_that_another_published_value_turns_says_so(ask, answer):
    said = ask("5x8Gy", "--tissue", "Liver", "--at-least", "100")
    assert said.code == 0
    assert "not robust" in said.out
    assert "BED 80.00 Gy at 8 Gy" in said.out
    assert answer("5x8Gy", "--tissue", "Liver", "--at-least", "100")["robust"] is False
    assert answer("5x8Gy", "--tissue", "Liver", "--at-least", "80")["robust"] is True
    assert "not robust" not in ask("5x8Gy", "--tissue", "Liver", "--at-least", "80").out


def test_a_failing_verdict_may_be_turned_as_well():
    ratio = Ratio.of_tissue(load_radiobiology().alpha_beta.of("Liver"))
    answered = BedAnswer(parse_schedule("5x8Gy"), ratio, at_least_gy=150.0)
    assert answered.verdict is Verdict.FAIL
    assert answered.turned_by_gy == (2.0, 2.5)


def test_one_published_value_is_not_passed_off_as_an_interval(ask):
    said = ask("5x8Gy", "--tissue", "HCC", "--published")
    assert "no other value on file" in said.out
    assert "the only one published" in said.out


def test_without_an_alpha_beta_the_trials_is_taken_and_named(ask):
    assert value_of(ask("5x8Gy").out, "alpha/beta") == "10 Gy (the trial's value for tumour)"
    assert value_of(ask("5x8Gy", "--alpha-beta", "4").out, "alpha/beta") == "4 Gy (as given)"


def test_a_tissue_that_the_table_does_not_know_is_said(ask, answer):
    said = ask("5x8Gy", "--tissue", "Lvier")
    assert "not a value for 'Lvier'" in said.out
    assert "no alpha/beta of 'Lvier' is on file" in said.out
    assert any("Lvier" in remark for remark in answer("5x8Gy", "--tissue", "Lvier")["remarks"])


def test_alpha_beta_stands_beside_every_number_of_bed_and_eqd2(ask):
    options = ("--tissue", "Liver", "--published", "--overall-days", "30", *REPOPULATION, "--transition", "6")
    said = ask("5x8Gy", *options)
    biological = [line for line in said.out.splitlines() if line.startswith(("BED", "EQD2"))]
    assert len(biological) == 6
    assert all("(alpha/beta " in line for line in biological)


# Other models


def test_repopulation_is_shown_beside_and_does_not_decide(ask, answer):
    said = ask("35x2Gy", "--overall-days", "46", *REPOPULATION, "--at-least", "80")
    assert said.code == 0
    assert value_of(said.out, "BED with repopulation (alpha/beta 10 Gy)").startswith("67.80 Gy")
    assert "the plain BED decides" in said.out
    data = answer("35x2Gy in 46 days", *REPOPULATION)
    assert data["bed_repopulation_gy"] == 67.8
    assert (data["overall_days"], data["kickoff_days"], data["gray_per_day"]) == (46, 28.0, 0.9)


def test_repopulation_by_doubling_time_and_alpha(answer):
    data = answer("35x2Gy in 46 days", "--kickoff-days", "28", "--doubling-days", "3", "--alpha", "0.35")
    expected = bed_with_repopulation(
        "35x2Gy in 46 days", alpha_beta_gy=10, kickoff_days=28, doubling_days=3, alpha_per_gy=0.35
    )
    assert data["bed_repopulation_gy"] == expected
    assert (data["doubling_days"], data["alpha_per_gy"]) == (3.0, 0.35)


def test_incomplete_repair_of_two_fractions_a_day(answer, ask):
    data = answer("68x1.2Gy 2/day", "--half-time-h", "4", "--interval-h", "6")
    schedule = "68x1.2Gy 2/day"
    expected = bed_incomplete_repair(schedule, alpha_beta_gy=10, repair_half_time_h=4, interval_h=6)
    assert data["bed_incomplete_repair_gy"] == expected
    assert "2 fractions a day" in ask("68x1.2Gy 2/day").out


def test_linear_quadratic_linear_model(answer):
    data = answer("3x20Gy", "--transition", "8.6")
    assert data["bed_lql_gy"] == bed_lql("3x20Gy", alpha_beta_gy=10, transition_gy=8.6)
    assert data["bed_gy"] == 180.0


def test_large_fractions_are_remarked_and_the_verdict_stays(ask, answer):
    said = ask("3x20Gy", "--at-least", "60")
    assert said.code == 0
    assert "more than 10 Gy per fraction" in said.out
    said = ask("3x20Gy", "--at-least", "60", "--format", "json")
    assert "more than 10 Gy per fraction" in said.err
    assert any("10 Gy per fraction" in remark for remark in json.loads(said.out)["remarks"])
    assert "remarks" not in answer("5x8Gy")


def test_rows_of_other_models_stand_only_where_they_are_asked(ask):
    assert not re.search("repopulation|repair|LQ-L", ask("5x8Gy").out)


# Printing


@pytest.mark.parametrize("schedule", ["25x1.9999Gy", "3x9.9999Gy", "25x1.999999Gy"])
def test_a_failing_bed_is_not_printed_as_its_threshold(ask, schedule):
    said = ask(schedule, "--at-least", "60")
    assert said.code == 1
    assert value_of(said.out, "BED (alpha/beta 10 Gy)").startswith("59.99")


def test_a_threshold_is_printed_with_all_its_decimals(ask):
    said = ask("25x2Gy", "--at-least", "60.0001")
    assert said.code == 1
    assert value_of(said.out, "Asked") == "BED >= 60.0001 Gy"


def test_help_shows_an_example_of_every_question(ask):
    said = ask("--help")
    assert said.code == 0
    for example in ("--solve dose --fractions 5", "--solve fractions --dose 8Gy", "--solve schedule --fractions 25"):
        assert example in said.out


# Refusals

DOSE, FRACTIONS, SCHEDULE = (("--solve", one) for one in ("dose", "fractions", "schedule"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "SCHEDULE is missing"),
        (("",), "character 1"),
        ((*DOSE, "--fractions", "5"), "needs --reach"),
        ((*DOSE, "--reach", "60"), "needs --fractions"),
        ((*DOSE,), "needs --fractions and --reach"),
        (("5x8Gy", *DOSE, "--fractions", "5", "--reach", "60"), "takes no SCHEDULE"),
        ((*DOSE, "--fractions", "5", "--reach", "60", "--dose", "8Gy"), "takes no --dose"),
        ((*FRACTIONS, "--reach", "60"), "needs --dose"),
        ((*FRACTIONS, "--dose", "8Gy"), "needs --reach"),
        ((*FRACTIONS, "--dose", "8Gy", "--reach", "60", "--step", "0.1"), "takes no --step"),
        ((*SCHEDULE, "--fractions", "5"), "needs SCHEDULE"),
        (("5x8Gy", *SCHEDULE), "needs --fractions"),
        (("5x8Gy", *SCHEDULE, "--fractions", "25", "--reach", "60"), "takes no --reach"),
        (("--fractions", "5", "--reach", "60"), "--solve dose"),
        (("--dose", "8Gy", "--reach", "60"), "--solve fractions"),
        (("5x8Gy", "--step", "0.1"), "needs --solve"),
        (("--solve", "total"), "total"),
        ((*DOSE, "--fractions", "0", "--reach", "60"), "--fractions"),
        ((*DOSE, "--fractions", "201", "--reach", "60"), "--fractions"),
        ((*DOSE, "--fractions", "5", "--reach", "0"), "--reach 0"),
        ((*DOSE, "--fractions", "5", "--reach", "nan"), "--reach nan"),
        ((*DOSE, "--fractions", "5", "--reach", "60", "--step", "-1"), "--step -1"),
        ((*DOSE, "--fractions", "5", "--reach", "60", "--step", "1e-12"), "too small"),
        ((*DOSE, "--fractions", "1", "--reach", "6000"), "a BED of 6000 Gy isn't reached so"),
        ((*FRACTIONS, "--dose", "0.1Gy", "--reach", "600"), "a phase has 1 to 200"),
        *(
            ((*FRACTIONS, "--dose", dose, "--reach", "60"), f"--dose '{dose}'")
            for dose in ("8x", "", "8Gy + 1x3Gy", "8Gy 2/day", "8Gy in 3 days", "2x8Gy")
        ),
        ((*FRACTIONS, "--dose", "-8Gy", "--reach", "60"), "-8Gy"),
        ((*FRACTIONS, "--dose", "0Gy", "--reach", "60"), "0"),
        (("5x8Gy", "--at-least", "0"), "--at-least 0"),
        (("5x8Gy", "--at-least", "inf"), "--at-least inf"),
        (("5x8Gy", "--alpha-beta", "0"), "alpha/beta"),
        (("5x8Gy", "--alpha-beta", "3", "--tissue", "Liver"), "exclude"),
        (("5x8Gy", "--tissue", " "), "--tissue"),
        (("5x8Gy", "--published"), "--tissue"),
        (("5x8Gy", "--published", "--alpha-beta", "3"), "--tissue"),
        (("5x8Gy", "--published", "--tissue", "Lvier"), "no alpha/beta of 'Lvier' is on file"),
        (("35x2Gy", "--overall-days", "46"), "--kickoff-days"),
        (("35x2Gy", *REPOPULATION), "--overall-days"),
        (("35x2Gy in 46 days", "--kickoff-days", "28"), "either --gray-per-day"),
        (("35x2Gy in 46 days", *REPOPULATION, "--doubling-days", "3", "--alpha", "0.3"), "either --gray-per-day"),
        (("35x2Gy in 46 days", *REPOPULATION, "--alpha", "0.3"), "either --gray-per-day"),
        (("35x2Gy in 46 days", "--kickoff-days", "28", "--doubling-days", "3"), "either --gray-per-day"),
        (("35x2Gy in 46 days", "--overall-days", "47", *REPOPULATION), "contradicts"),
        (("35x2Gy", "--overall-days", "20", *REPOPULATION), "too few"),
        (("35x2Gy", "--overall-days", "46", "--kickoff-days", "-1", "--gray-per-day", "0.9"), "--kickoff-days -1"),
        (("35x2Gy", "--overall-days", "46", "--kickoff-days", "28", "--doubling-days", "0"), "--doubling-days 0"),
        (("68x1.2Gy 2/day", "--half-time-h", "4"), "--interval-h"),
        (("68x1.2Gy 2/day", "--interval-h", "4"), "--half-time-h"),
        (("68x1.2Gy 2/day", "--half-time-h", "4", "--interval-h", "25"), "don't fit into a day"),
        (("5x8Gy", "--half-time-h", "4", "--interval-h", "6"), "once a day"),
        (("5x8Gy", "--transition", "0"), "--transition 0"),
    ],
)
def test_refusals_are_one_line_and_exit_3(ask, arguments, words):
    said = ask(*arguments)
    assert said.code == 3
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert words in line


# The curve over the number of fractions


@pytest.mark.parametrize("schedule", ["5x8Gy", "25x2Gy", "1x20Gy", "60x1.2Gy 2/day"])
def test_both_curves_go_through_the_schedule(schedule):
    answered = BedAnswer(parse_schedule(schedule))
    for curve in (at_dose_per_fraction(answered), at_total_dose(answered)):
        assert curve is not None
        at = curve.fractions.index(answered.schedule.fractions)
        assert curve.bed_gy[at] == answered.bed_gy


def test_at_a_dose_per_fraction_bed_grows_and_at_a_total_dose_it_falls():
    answered = BedAnswer(parse_schedule("5x8Gy"))
    each, total = at_dose_per_fraction(answered), at_total_dose(answered)
    assert each is not None
    assert each.fractions == total.fractions == tuple(range(1, 41))
    assert list(each.bed_gy) == sorted(each.bed_gy)
    assert list(total.bed_gy) == sorted(total.bed_gy, reverse=True)
    assert total.doubtful == tuple(40 / count > 10 for count in total.fractions)


def test_unequal_fractions_have_no_curve_of_one_dose_per_fraction():
    answered = BedAnswer(parse_schedule("25x2Gy + 5x3Gy"))
    assert at_dose_per_fraction(answered) is None
    assert at_total_dose(answered).fractions[-1] == 40


def test_a_curve_leaves_out_fractions_larger_than_any_in_use():
    assert at_total_dose(BedAnswer(parse_schedule("200x2Gy"))).fractions[0] == 3


def test_bands_hold_all_published_values():
    ratio = Ratio.of_tissue(load_radiobiology().alpha_beta.of("Liver"))
    curve = at_total_dose(BedAnswer(parse_schedule("5x8Gy"), ratio))
    at = curve.fractions.index(5)
    assert (curve.low_gy[at], curve.bed_gy[at], curve.high_gy[at]) == (80.0, bed("5x8Gy", alpha_beta_gy=3), 200.0)
    assert eqd2("5x8Gy", alpha_beta_gy=3) == pytest.approx(88)
