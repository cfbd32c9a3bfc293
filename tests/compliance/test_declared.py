"""Values that the case sheet declares, ages by birth dates, and times between dates."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.compliance.dates import add_months, age_on, months_between
from rtcheck.finding import Verdict
from rtcheck.rules import Declared, Elapsed, Level
from rtcheck.sheet import CaseSheet
from rtcheck.units import Comparator
from tests.compliance.cases import ask, ask_one, born, case, ct, lesion, rule, study, with_images

GE, GT, LE, LT, BETWEEN = Comparator.GE, Comparator.GT, Comparator.LE, Comparator.LT, Comparator.BETWEEN
CT_DAY = date(2025, 3, 10)


def declared(quantity, comparator=None, value=None, high=None, **parts):
    return rule(Declared, Level.ELIGIBILITY, quantity=quantity, comparator=comparator, value=value, high=high, **parts)


ECOG = declared("ecog", BETWEEN, 0, 1)
AGE = declared("age", BETWEEN, 18, 75, unit="years")
PRIOR = declared("lesion.prior_radiotherapy", one_of=("no",))
MEASURABLE = declared("lesion.measurable", one_of=("yes",), at_least_one=True)
GAP = rule(Elapsed, Level.ELIGIBILITY, since="last_radiotherapy", until="radiotherapy_start", value=14)
NONE_IS_MET = rule(
    Elapsed, Level.ELIGIBILITY, since="last_radiotherapy", until="radiotherapy_start", value=14, none_is_met=True
)


@pytest.mark.parametrize(
    ("asked", "sheet", "verdict"),
    [
        (ECOG, {"ecog": 0}, Verdict.PASS),
        (ECOG, {"ecog": 1}, Verdict.PASS),
        (ECOG, {"ecog": 2}, Verdict.FAIL),
        (declared("child_pugh", LE, 7), {"child_pugh": "A6"}, Verdict.PASS),
        (declared("child_pugh", LE, 7), {"child_pugh": "B7"}, Verdict.PASS),
        (declared("child_pugh", LE, 7), {"child_pugh": "B8"}, Verdict.FAIL),
        (declared("child_pugh", LE, 9), {"child_pugh": "C10"}, Verdict.FAIL),
        (declared("child_pugh", one_of=("A5", "A6", "B7")), {"child_pugh": "b7"}, Verdict.PASS),
        (declared("bclc", one_of=("C",)), {"bclc": "C"}, Verdict.PASS),
        (declared("bclc", one_of=("C",)), {"bclc": "B"}, Verdict.FAIL),
        (declared("stable_months", GE, 3, unit="months"), {"stable_months": 3.0}, Verdict.PASS),
        (declared("stable_months", GE, 3, unit="months"), {"stable_months": 2.9}, Verdict.FAIL),
        (declared("afp_ng_ml", LT, 10000, unit="ng/mL"), {"afp_ng_ml": 9999.0}, Verdict.PASS),
        (declared("afp_ng_ml", LT, 10000, unit="ng/mL"), {"afp_ng_ml": 10000.0}, Verdict.FAIL),
        (declared("early_progression", one_of=("no",)), {"early_progression": False}, Verdict.PASS),
        (declared("early_progression", one_of=("no",)), {"early_progression": True}, Verdict.FAIL),
    ],
)
def test_a_declared_value_keeps_its_limit_or_fails(asked, sheet, verdict) -> None:
    assert ask_one(case(**sheet), asked).verdict is verdict


@pytest.mark.parametrize(
    ("quantity", "key"),
    [
        ("ecog", "patient: ecog"),
        ("child_pugh", "patient: child_pugh"),
        ("stable_months", "patient: stable_disease"),
        ("survival_months", "patient: anticipated_survival"),
        ("afp_ng_ml", "patient: afp"),
        ("prior_lesions", "patient: most_lesions_before"),
    ],
)
def test_what_nobody_declared_is_not_evaluated_and_says_where_it_belongs(quantity, key) -> None:
    finding = ask_one(case(), declared(quantity, GE, 0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")
    assert key in finding.message


def test_zero_and_no_are_declared() -> None:
    assert ask_one(case(ecog=0), ECOG).observed == 0.0
    assert (
        ask_one(case(early_progression=False), declared("early_progression", one_of=("yes",))).verdict is Verdict.FAIL
    )


@pytest.mark.parametrize("quantity", ["height", "lesion.height", "lesions", "data"])
def test_a_quantity_that_no_case_sheet_has_is_not_evaluated(quantity) -> None:
    finding = ask_one(case(lesions=(lesion(),)), declared(quantity, GE, 0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "unknown-quantity")


@pytest.mark.parametrize("sheet", [{"bclc": "C"}, {"afp_ng_ml": float("nan")}, {"early_progression": True}])
def test_what_is_no_number_keeps_no_limit(sheet) -> None:
    (quantity,) = sheet
    finding = ask_one(case(**sheet), declared(quantity, GE, 0))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-number")


def test_a_child_pugh_score_given_beside_the_sheet_counts_and_the_sheets_is_told() -> None:
    of = Case(study(), child_pugh="B7", sheet=CaseSheet(child_pugh="B8"))
    finding = ask_one(of, declared("child_pugh", LE, 7))
    assert finding.verdict is Verdict.PASS
    assert "the case sheet says B8" in finding.message


def test_a_quantity_of_lesions_is_asked_of_each() -> None:
    lesions = (lesion("1", prior_radiotherapy=False), lesion("2", prior_radiotherapy=True), lesion("3"))
    found = ask(case(lesions=lesions), PRIOR)
    assert [(one.lesion, one.verdict) for one in found] == [
        ("1", Verdict.PASS),
        ("2", Verdict.FAIL),
        ("3", Verdict.NOT_EVALUATED),
    ]
    assert "lesions: prior_radiotherapy" in found[2].message


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([False, True], Verdict.PASS),
        ([None, True], Verdict.PASS),
        ([None, False], Verdict.NOT_EVALUATED),
        ([False, False], Verdict.FAIL),
    ],
)
def test_one_measurable_lesion_is_enough_and_silence_isnt_no(answers, verdict) -> None:
    lesions = tuple(lesion(str(n), measurable=one) for n, one in enumerate(answers))
    assert ask_one(case(lesions=lesions), MEASURABLE).verdict is verdict


@pytest.mark.parametrize("asked", [PRIOR, MEASURABLE])
@pytest.mark.parametrize("lesions", [None, ()])
def test_a_quantity_of_lesions_without_lesions_is_not_evaluated(asked, lesions) -> None:
    assert ask_one(case(lesions=lesions), asked).verdict is Verdict.NOT_EVALUATED


def test_a_kind_of_lesion_is_asked_by_its_name() -> None:
    assert ask_one(case(lesions=(lesion(),)), declared("lesion.kind", one_of=("metastasis",))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("birth", "verdict", "age"),
    [
        ("20070310", Verdict.PASS, 18),
        ("20070311", Verdict.FAIL, 17),
        ("19490311", Verdict.PASS, 75),
        ("19490310", Verdict.FAIL, 76),
    ],
)
def test_an_age_that_isnt_declared_is_that_of_the_birth_date_at_the_planning_ct(birth, verdict, age) -> None:
    finding = ask_one(case(with_images(ct(), of=born(birth))), AGE)
    assert (finding.verdict, finding.observed) == (verdict, age)
    assert "birth date" in finding.message
    assert "age isn't declared" in finding.message


def test_without_a_planning_ct_the_start_of_radiotherapy_tells_the_age() -> None:
    finding = ask_one(case(born("19640301"), dates={"radiotherapy_start": CT_DAY}), AGE)
    assert (finding.verdict, finding.observed) == (Verdict.PASS, 61.0)
    assert "start of radiotherapy" in finding.message


@pytest.mark.parametrize("birth", [None, "", "1964", "19640230", "18000101", "20300101"])
def test_a_birth_date_that_isnt_one_tells_no_age(birth) -> None:
    finding = ask_one(case(born(birth), dates={"planning_ct": CT_DAY}), AGE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")


def test_a_birth_date_without_any_other_date_tells_no_age() -> None:
    assert ask_one(case(born("19640301")), AGE).verdict is Verdict.NOT_EVALUATED


def test_a_declared_age_that_the_birth_date_contradicts_is_not_evaluated_and_names_both() -> None:
    finding = ask_one(case(born("19640301"), age=71, dates={"planning_ct": CT_DAY}), AGE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "age-contradictory")
    assert "71" in finding.message
    assert "61" in finding.message


def test_a_birthday_between_progression_and_radiotherapy_contradicts_neither_age() -> None:
    dates = {"progression": date(2025, 2, 1), "radiotherapy_start": date(2025, 3, 24)}
    for age, verdict in ((60, Verdict.PASS), (61, Verdict.PASS), (62, Verdict.NOT_EVALUATED)):
        assert ask_one(case(born("19640301"), age=age, dates=dates), AGE).verdict is verdict


def test_a_birth_date_that_was_put_in_place_of_another_doesnt_contradict_a_declared_age() -> None:
    finding = ask_one(case(born("18000101"), age=61, dates={"planning_ct": CT_DAY}), AGE)
    assert finding.verdict is Verdict.PASS
    assert "can't be true" in finding.message


def test_an_age_by_a_planning_ct_of_two_dates_is_not_evaluated() -> None:
    finding = ask_one(case(with_images(ct(), of=born("19640301")), dates={"planning_ct": date(2025, 1, 1)}), AGE)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dates-contradictory")


def dates(since: date | None, until: date | None) -> dict[str, date]:
    both = {"last_radiotherapy": since, "radiotherapy_start": until}
    return {key: day for key, day in both.items() if day is not None}


@pytest.mark.parametrize(("days", "verdict"), [(13, Verdict.FAIL), (14, Verdict.PASS), (15, Verdict.PASS)])
def test_two_weeks_without_radiotherapy(days, verdict) -> None:
    finding = ask_one(case(dates=dates(CT_DAY, CT_DAY + timedelta(days=days))), GAP)
    assert (finding.verdict, finding.observed) == (verdict, days)
    assert "2025-03-10" in finding.message


def test_no_radiotherapy_before_keeps_the_rule_only_where_the_rule_says_so() -> None:
    never = {"dates": dates(None, CT_DAY), "never": frozenset({"last_radiotherapy"})}
    assert ask_one(case(**never), NONE_IS_MET).verdict is Verdict.PASS
    finding = ask_one(case(**never), GAP)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")
    assert "never" in finding.message


def test_never_and_a_date_contradict_each_other() -> None:
    sheet = {"dates": dates(CT_DAY, CT_DAY + timedelta(days=30)), "never": frozenset({"last_radiotherapy"})}
    finding = ask_one(case(**sheet), NONE_IS_MET)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dates-contradictory")


@pytest.mark.parametrize("missing", [(None, CT_DAY), (CT_DAY, None), (None, None)])
def test_a_date_that_nobody_declared_is_named(missing) -> None:
    finding = ask_one(case(dates=dates(*missing)), NONE_IS_MET)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")
    for key, day in zip(("last_radiotherapy", "radiotherapy_start"), missing, strict=True):
        assert (f"dates: {key}" in finding.message) == (day is None)


@pytest.mark.parametrize("comparator", [GE, LE])
def test_dates_in_the_wrong_order_keep_no_limit(comparator) -> None:
    asked = rule(Elapsed, since="last_radiotherapy", until="radiotherapy_start", comparator=comparator, value=14)
    finding = ask_one(case(dates=dates(CT_DAY, CT_DAY - timedelta(days=1))), asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dates-contradictory")


def test_a_unit_that_nobody_counts_in_is_not_evaluated() -> None:
    asked = rule(Elapsed, since="last_radiotherapy", until="radiotherapy_start", value=2, unit="weeks")
    finding = ask_one(case(dates=dates(CT_DAY, CT_DAY + timedelta(days=30))), asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "unknown-unit")


def test_a_time_that_begins_with_a_planning_ct_of_two_dates_is_not_evaluated() -> None:
    asked = rule(Elapsed, since="planning_ct", until="radiotherapy_start", comparator=LE, value=28)
    said = {"planning_ct": date(2025, 3, 12), "radiotherapy_start": date(2025, 3, 24)}
    finding = ask_one(case(with_images(ct()), dates=said), asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "dates-contradictory")
    assert ask_one(case(with_images(ct(dates=("20250312",))), dates=said), asked).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("comparator", "until", "verdict"),
    [
        (GE, date(2025, 2, 27), Verdict.FAIL),
        (GE, date(2025, 2, 28), Verdict.PASS),
        (GT, date(2025, 2, 28), Verdict.FAIL),
        (GT, date(2025, 3, 1), Verdict.PASS),
        (LE, date(2025, 2, 28), Verdict.PASS),
        (LE, date(2025, 3, 1), Verdict.FAIL),
    ],
)
def test_six_months_after_the_last_of_august_are_the_last_of_february(comparator, until, verdict) -> None:
    asked = rule(
        Elapsed,
        since="last_radiotherapy",
        until="radiotherapy_start",
        comparator=comparator,
        value=6,
        unit="months",
    )
    finding = ask_one(case(dates=dates(date(2024, 8, 31), until)), asked)
    assert finding.verdict is verdict
    told = finding.message.split()[0]
    assert (told == "6.0") == (until == date(2025, 2, 28))


DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))
MONTHS = st.integers(0, 600)


@given(DAYS, MONTHS, MONTHS)
def test_more_months_are_later_and_zero_is_the_same_day(day, months, more) -> None:
    assert add_months(day, 0) == day
    assert (add_months(day, months) < add_months(day, months + more)) == (more > 0)
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(DAYS, st.integers(0, 20000), MONTHS)
def test_months_between_dates_are_those_that_were_added(since, days, months) -> None:
    until = since + timedelta(days=days)
    between = months_between(since, until)
    assert between >= 0
    assert (between >= months) == (until >= add_months(since, months))
    assert months_between(since, add_months(since, months)) == months


@given(DAYS, st.integers(0, 20000))
def test_months_grow_with_every_day(since, days) -> None:
    until = since + timedelta(days=days)
    assert months_between(since, until) < months_between(since, until + timedelta(days=1))


@given(DAYS, st.integers(0, 100))
def test_nobody_is_older_on_the_day_before_a_birthday(birth, years) -> None:
    try:
        birthday = birth.replace(year=birth.year + years)
    except ValueError:
        birthday = date(birth.year + years, 3, 1)
    assert age_on(birth, birthday) == years
    assert age_on(birth, birthday - timedelta(days=1)) == years - 1
