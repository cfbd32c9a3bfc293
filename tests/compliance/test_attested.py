"""What people attest: of the treatment, and lesion by lesion."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.compliance import dates, further_attestations
from rtcheck.compliance.where import concerned
from rtcheck.finding import Verdict
from rtcheck.rules import Attested, Level, Where
from rtcheck.sheet import LesionKind
from tests.compliance.cases import DAY, ask, ask_one, attest, case, lesion, rule

ANY = rule(Attested, key="simulation", question="Was it simulated by CT or MRI?")
MOBILE = rule(Attested, key="motion-management", where=Where.MOBILE)
VERTEBRA = rule(Attested, key="vertebral-ctv", where=Where.VERTEBRA)
LATER = DAY + timedelta(days=1)
LUNG, LIVER, MOVING = lesion("A", organ="lung"), lesion("B"), lesion("C", mobile=True)


def of_lung(*attestations, **parts):
    return ask_one(case(lesions=(replace(LUNG, **parts),), attestations=attestations), MOBILE)


def test_what_is_attested_passes_and_says_by_whom() -> None:
    finding = ask_one(case(attestations=(attest("simulation", remark="4D CT"),)), ANY)
    assert finding.verdict is Verdict.PASS
    assert finding.message == "yes, says A.B. (physicist, 2025-03-20): 4D CT"


def test_what_nobody_attests_is_not_evaluated_and_says_the_question() -> None:
    finding = ask_one(case(attestations=(attest("other"),)), ANY)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-attested")
    assert "Was it simulated" in finding.message


@pytest.mark.parametrize(
    ("level", "verdict"), [(Level.PROTOCOL, Verdict.FAIL), (Level.RECOMMENDED, Verdict.ACCEPTABLE)]
)
def test_no_breaks_the_rule(level, verdict) -> None:
    finding = ask_one(case(attestations=(attest("simulation", False),)), replace(ANY, level=level))
    assert (finding.verdict, finding.reason) == (verdict, "attested-no")


def test_a_no_of_one_person_isnt_outvoted_by_others() -> None:
    said = (attest("simulation", False), attest("simulation", name="C.D.", day=LATER))
    assert ask_one(case(attestations=said), ANY).verdict is Verdict.FAIL


def test_the_same_person_may_correct_an_answer_on_a_later_day() -> None:
    assert (
        ask_one(case(attestations=(attest("simulation", False), attest("simulation", day=LATER))), ANY).verdict
        is Verdict.PASS
    )
    assert ask_one(case(attestations=(attest("simulation", False), attest("simulation"))), ANY).verdict is Verdict.FAIL
    assert (
        ask_one(case(attestations=(attest("simulation"), attest("simulation", False, day=LATER))), ANY).verdict
        is Verdict.FAIL
    )


@pytest.mark.parametrize("name", ["", " ", "-", "TBD", "n/a"])
def test_nobody_attests_without_a_name(name) -> None:
    assert ask_one(case(attestations=(attest("simulation", name=name),)), ANY).verdict is Verdict.NOT_EVALUATED


def test_a_question_that_doesnt_arise_needs_a_reason() -> None:
    finding = of_lung(attest("motion-management", None, remark="fixed to the chest wall"))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_APPLICABLE, "does-not-arise")
    finding = of_lung(attest("motion-management", None))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-attested")


def test_yes_goes_before_an_answer_that_the_question_doesnt_arise() -> None:
    assert of_lung(attest("motion-management", None), attest("motion-management", name="C.D.")).verdict is Verdict.PASS


def test_keys_are_the_same_however_they_are_written() -> None:
    assert of_lung(attest("Motion_Management")).verdict is Verdict.PASS


def test_an_attestation_of_one_lesion_isnt_one_of_another() -> None:
    lesions = (LUNG, replace(LUNG, name="B"))
    found = ask(case(lesions=lesions, attestations=(attest("motion-management", lesion="A"),)), MOBILE)
    assert [(one.lesion, one.verdict) for one in found] == [("A", Verdict.PASS), ("B", Verdict.NOT_EVALUATED)]
    found = ask(case(lesions=lesions, attestations=(attest("motion-management"),)), MOBILE)
    assert {one.verdict for one in found} == {Verdict.PASS}


def test_a_no_of_one_lesion_isnt_excused_by_a_yes_for_all() -> None:
    assert (
        of_lung(attest("motion-management", False, lesion="A"), attest("motion-management", day=LATER)).verdict
        is Verdict.FAIL
    )


def test_what_the_case_sheet_says_of_motion_is_shown_and_isnt_an_attestation() -> None:
    finding = of_lung(motion="4D CT and ITV")
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "'4D CT and ITV'" in finding.message


def test_lesions_are_asked_by_what_is_declared_of_their_motion() -> None:
    still = replace(LUNG, name="D", mobile=False)
    found = {one.subject: one for one in ask(case(lesions=(LUNG, LIVER, MOVING, still)), MOBILE)}
    assert {name: one.verdict for name, one in found.items()} == {
        "A": Verdict.NOT_EVALUATED,
        "B": Verdict.NOT_EVALUATED,
        "C": Verdict.NOT_EVALUATED,
        "D": Verdict.NOT_APPLICABLE,
    }
    assert "say whether B (liver) is mobile" in found["B"].message


@pytest.mark.parametrize(
    ("organ", "verdict"),
    [
        ("brain", Verdict.INFO),
        ("bone", Verdict.INFO),
        ("thymus", Verdict.NOT_EVALUATED),
        ("kidney", Verdict.NOT_EVALUATED),
        ("brain and lung", Verdict.NOT_EVALUATED),
    ],
)
def test_only_organs_that_breathing_doesnt_move_arent_asked(organ, verdict) -> None:
    assert ask_one(case(lesions=(lesion(organ=organ),)), MOBILE).verdict is verdict


def test_a_question_that_the_case_sheet_says_arises_isnt_answered_by_not_applicable() -> None:
    said = attest("motion-management", None, remark="why")
    assert of_lung(said, mobile=True).verdict is Verdict.NOT_EVALUATED
    finding = ask_one(case(attestations=(attest("simulation", None, remark="why"),)), ANY)
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_an_attestation_before_the_planning_ct_or_in_the_future_doesnt_count(monkeypatch) -> None:
    monkeypatch.setattr(dates, "today", lambda: DAY)
    for day, since in ((LATER, DAY), (DAY, LATER)):
        of = case(attestations=(attest("simulation", day=day),), dates={"planning_ct": since})
        finding = ask_one(of, ANY)
        assert finding.verdict is Verdict.NOT_EVALUATED
        assert "doesn't count" in finding.message


def test_a_bone_lesion_of_which_nobody_says_whether_it_is_a_vertebra_is_not_evaluated() -> None:
    lesions = (lesion("A", organ="bone"), lesion("B", organ="skull base", bone=True), LIVER)
    found = ask(case(lesions=(*lesions[:2], replace(LIVER, name="L"))), VERTEBRA)
    assert [(one.subject, one.verdict, one.reason) for one in found] == [
        ("A", Verdict.NOT_EVALUATED, "not-declared"),
        ("B", Verdict.NOT_EVALUATED, "not-declared"),
        ("L", Verdict.NOT_APPLICABLE, "not-concerned"),
    ]


@pytest.mark.parametrize("asked", [MOBILE, VERTEBRA])
@pytest.mark.parametrize("lesions", [None, ()])
def test_without_lesions_nothing_of_lesions_is_evaluated(asked, lesions) -> None:
    finding = ask_one(case(lesions=lesions, attestations=(attest(asked.key),)), asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")


def test_a_question_about_the_treatment_is_answered_by_one_answer_for_each_lesion() -> None:
    lesions = (LUNG, LIVER)
    one, other = attest("simulation", lesion="A"), attest("simulation", lesion="B")
    assert ask_one(case(lesions=lesions, attestations=(one, other)), ANY).verdict is Verdict.PASS
    finding = ask_one(case(lesions=lesions, attestations=(one,)), ANY)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-attested")
    assert "nobody attests it of B" in finding.message
    assert ask_one(case(lesions=lesions, attestations=(one, replace(other, answer=False))), ANY).verdict is Verdict.FAIL
    assert ask_one(case(attestations=(one,)), ANY).verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize(
    ("where", "declared", "answer"),
    [
        (Where.ANY, LIVER, True),
        (Where.MOBILE, LIVER, None),
        (Where.MOBILE, LUNG, True),
        (Where.MOBILE, lesion(organ="left adrenal gland"), True),
        (Where.MOBILE, replace(LUNG, mobile=False), False),
        (Where.BONE, LIVER, False),
        (Where.BONE, lesion(organ="T11"), None),
        (Where.BONE, lesion(organ="T11", bone=True), True),
        (Where.BONE, lesion(organ="T11", vertebra=True), True),
        (Where.BONE, lesion(organ="rib"), True),
        (Where.BONE, lesion(organ="rib", bone=False), None),
        (Where.BONE, lesion(kind=LesionKind.THROMBUS, organ="rib"), None),
        (Where.VERTEBRA, lesion(organ="vertebra L3", vertebra=False), None),
        (Where.MOBILE, lesion(organ="RUL"), True),
        (Where.MOBILE, lesion(organ="left lower lobe"), True),
        (Where.BONE, lesion(kind=LesionKind.THROMBUS, organ="portal vein"), False),
        (Where.BONE, lesion(kind=LesionKind.LYMPH_NODE, organ="nodes along the spine"), False),
        (Where.BONE, lesion(kind=LesionKind.LYMPH_NODE, organ="liver"), False),
        (Where.BONE, lesion(kind=LesionKind.LYMPH_NODE, organ="spine"), None),
        (Where.BONE, lesion(kind=LesionKind.LYMPH_NODE, organ="nodes", bone=True), None),
        (Where.SOFT_TISSUE, lesion(kind=LesionKind.LYMPH_NODE, organ="rib"), None),
        (Where.VERTEBRA, lesion(kind=LesionKind.LYMPH_NODE, organ="nodes", vertebra=True), None),
        (Where.SOFT_TISSUE, LIVER, True),
        (Where.SOFT_TISSUE, lesion(organ="rib"), False),
        (Where.SOFT_TISSUE, lesion(organ="T11"), None),
        (Where.VERTEBRA, LIVER, False),
        (Where.VERTEBRA, lesion(organ="vertebra L3"), True),
        (Where.VERTEBRA, lesion(organ="rib"), None),
        (Where.VERTEBRA, lesion(organ="rib", vertebra=False), False),
        (Where.VERTEBRA, lesion(organ="T11", bone=False), None),
    ],
)
def test_what_is_declared_decides_and_else_the_organ_may_tell(where, declared, answer) -> None:
    assert concerned(where, declared) is answer


def test_attestations_that_no_rule_asks_for_are_shown() -> None:
    said = (
        attest("independent-mu-check", remark="0.8 %"),
        attest("motion-management", lesion="A"),
        attest("motion-management", lesion="D"),
        attest("motion-management", lesion="Z"),
        attest("simulation"),
    )
    of = case(lesions=(LUNG, replace(LUNG, name="D", mobile=False)), attestations=said)
    found = list(further_attestations(of, [ANY, MOBILE]))
    assert [(one.subject, one.lesion, one.verdict) for one in found] == [
        ("independent-mu-check", "", Verdict.INFO),
        ("D", "D", Verdict.INFO),
        ("Z", "", Verdict.INFO),
    ]
    assert "0.8 %" in found[0].message
    assert "doesn't list" in found[2].message


def test_a_no_that_no_rule_asks_for_is_a_warning() -> None:
    (found,) = further_attestations(case(attestations=(attest("patient-specific-qa", False),)), [ANY])
    assert (found.verdict, found.reason) == (Verdict.ACCEPTABLE, "answered-no")


def test_an_attestation_for_all_lesions_that_concerns_none_is_shown() -> None:
    of = case(lesions=(replace(LUNG, mobile=False),), attestations=(attest("motion-management"),))
    assert len(list(further_attestations(of, [MOBILE]))) == 1


ANSWERS = st.lists(
    st.builds(
        attest,
        st.sampled_from(["motion-management", "simulation"]),
        st.sampled_from([True, False, None]),
        st.sampled_from(["A.B.", "AB", "C.D."]),
        st.sampled_from([DAY, LATER]),
        lesion=st.sampled_from([None, "A", "C"]),
        remark=st.sampled_from(["", "why"]),
    ),
    max_size=6,
)
CASE = case(lesions=(LUNG, MOVING))


def answers(said):
    CASE.sheet = replace(CASE.sheet, attestations=tuple(said))
    return ask(CASE, ANY, MOBILE)


@given(ANSWERS, st.randoms())
def test_the_order_of_entries_doesnt_matter(said, random) -> None:
    other = list(said)
    random.shuffle(other)
    assert answers(said) == answers(other)


@given(ANSWERS, st.sampled_from([None, "A", "C"]))
def test_somebodys_no_always_breaks_the_rule(said, about) -> None:
    no = attest("motion-management", False, "X.Y.", lesion=about)
    found = {one.lesion: one.verdict for one in answers([*said, no]) if one.lesion}
    assert {name for name, verdict in found.items() if verdict is Verdict.FAIL} >= ({about} if about else {"A", "C"})


@given(ANSWERS)
def test_every_attestation_is_asked_for_or_shown(said) -> None:
    CASE.sheet = replace(CASE.sheet, attestations=tuple(said))
    shown = list(further_attestations(CASE, [MOBILE]))
    assert len(shown) == sum(one.key == "simulation" for one in said)
