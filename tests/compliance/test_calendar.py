"""The type of oligoprogression, and the visits after radiotherapy: shown and never judged."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.compliance import visits
from rtcheck.compliance.dates import add_months
from rtcheck.finding import Verdict
from rtcheck.rules import Classification, FollowUp, OrganCount
from tests.compliance.cases import ask_one, case, rule

TYPE = rule(Classification)
END = date(2025, 3, 28)
IMAGING = rule(FollowUp, at=(1,), every=2, window_days=7)
SAFETY = rule(FollowUp, at=(30,), unit="days", window_days=7)
SURVIVAL = rule(FollowUp, every=60, unit="days", window_days=7)
LATE = rule(FollowUp, at=(3, 6, 12, 36))


def typed(**sheet):
    return ask_one(case(**sheet), TYPE)


ALL = {
    "dates": {"diagnosis": date(2024, 1, 10), "progression": date(2025, 3, 1)},
    "prior_oligoprogression": True,
    "prior_lesions": 7,
    "prior_organs": 2,
}


def test_several_types_may_hold_and_each_says_why() -> None:
    finding = typed(**ALL)
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "")
    assert finding.message.startswith("metachronous, repeat and induced: 13.7 months from diagnosis (2024-01-10)")
    assert "at most 7 lesions before" in finding.message


def test_no_type_holds_where_everything_is_declared_and_nothing_fits() -> None:
    finding = typed(
        dates={"diagnosis": date(2025, 1, 10), "progression": date(2025, 3, 1)},
        prior_oligoprogression=False,
        prior_lesions=5,
        prior_organs=3,
    )
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "")
    assert finding.message.startswith("of no type: ")


def test_what_isnt_declared_is_named_and_no_type_is_made_of_it() -> None:
    finding = typed()
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "not-declared")
    assert "metachronous, repeat and induced: not known" in finding.message
    assert "the date of diagnosis and progression isn't declared" in finding.message


@pytest.mark.parametrize(
    ("lesions", "organs", "told"),
    [
        (6, None, "induced: "),
        (None, 4, "induced: "),
        (5, None, "(induced: not known)"),
        (5, 3, "metachronous and repeat: "),
    ],
)
def test_more_than_five_lesions_or_three_organs_before_are_enough(lesions, organs, told) -> None:
    assert told in typed(**{**ALL, "prior_lesions": lesions, "prior_organs": organs}).message


@pytest.mark.parametrize(("progression", "holds"), [(date(2024, 7, 10), False), (date(2024, 7, 11), True)])
def test_metachronous_is_more_than_six_months_and_not_exactly_six(progression, holds) -> None:
    finding = typed(dates={"diagnosis": date(2024, 1, 10), "progression": progression})
    assert finding.message.startswith("metachronous") is holds


def test_a_progression_before_the_diagnosis_makes_no_type() -> None:
    finding = typed(dates={"diagnosis": date(2024, 1, 10), "progression": date(2023, 1, 10)})
    assert finding.reason == "not-declared"
    assert "before the diagnosis" in finding.message


def days_of(asked, **dates):
    return [visit.day for visit in visits(dates or {"radiotherapy_end": END}, [asked])]


def test_imaging_is_after_one_month_and_then_every_two_months_of_the_calendar() -> None:
    days = days_of(IMAGING)
    assert days[:3] == [date(2025, 4, 28), date(2025, 6, 28), date(2025, 8, 28)]
    assert days[-1] == date(2028, 2, 28)
    assert len(days) == 18


def test_every_visit_has_its_window() -> None:
    (visit,) = visits(case(dates={"radiotherapy_end": END}), [SAFETY])
    assert (visit.rule, visit.number) == ("p.rule", 1)
    assert (visit.earliest, visit.day, visit.latest) == (date(2025, 4, 20), date(2025, 4, 27), date(2025, 5, 4))


def test_contacts_every_sixty_days_begin_after_sixty_days_and_end_after_three_years() -> None:
    days = days_of(SURVIVAL)
    assert days[0] == END + timedelta(days=60)
    assert days[-1] <= date(2028, 3, 28) < days[-1] + timedelta(days=60)


def test_months_dont_drift_at_the_end_of_short_ones() -> None:
    assert days_of(LATE, radiotherapy_end=date(2024, 11, 30)) == [
        date(2025, 2, 28),
        date(2025, 5, 30),
        date(2025, 11, 30),
        date(2027, 11, 30),
    ]


@pytest.mark.parametrize("every", [0, -2, None])
def test_a_series_that_doesnt_go_on_ends(every) -> None:
    assert days_of(rule(FollowUp, at=(1,), every=every)) == [date(2025, 4, 28)]


def test_visits_of_several_rules_are_in_the_order_of_their_days() -> None:
    days = [visit.day for visit in visits({"radiotherapy_end": END}, [LATE, IMAGING, SAFETY, rule(OrganCount)])]
    assert days == sorted(days)
    assert len(days) == 4 + 18 + 1


def test_a_rule_whose_date_isnt_declared_has_no_visits_and_says_so() -> None:
    assert visits({}, [IMAGING]) == ()
    finding = ask_one(case(), IMAGING)
    assert (finding.verdict, finding.reason) == (Verdict.INFO, "not-declared")
    assert "radiotherapy end isn't declared" in finding.message


@pytest.mark.parametrize("asked", [rule(FollowUp), rule(FollowUp, at=(2,), unit="weeks")])
def test_a_rule_without_visits_says_so(asked) -> None:
    assert ask_one(case(dates={"radiotherapy_end": END}), asked).reason == "no-visits"


def test_the_first_visits_are_named_and_the_others_counted() -> None:
    finding = ask_one(case(dates={"radiotherapy_end": END}), IMAGING)
    assert finding.verdict is Verdict.INFO
    assert finding.message == (
        "2025-04-28, 2025-06-28, 2025-08-28, 2025-10-28, up to 7 days earlier or later; counted from radiotherapy end "
        "2025-03-28; 14 more visits to 2028-02-28"
    )
    assert "more" not in ask_one(case(dates={"radiotherapy_end": END}), LATE).message


@given(
    st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    st.lists(st.integers(0, 40), max_size=3).map(tuple),
    st.one_of(st.none(), st.integers(1, 400)),
    st.sampled_from(["days", "months"]),
    st.integers(0, 40),
)
def test_visits_are_numbered_in_order_and_never_before_radiotherapy_ends(end, at, every, unit, until_months) -> None:
    asked = rule(FollowUp, at=at, every=every, unit=unit, until_months=until_months, window_days=7)
    found = visits({"radiotherapy_end": end}, [asked])
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert [one.day for one in found] == sorted({one.day for one in found})
    assert all(one.day >= end for one in found)
    assert len(found) >= len(set(at))
    regular = [one for one in found if one.day > add_months(end, until_months)]
    assert len(regular) <= len(set(at))
