"""Approvals by several people, in rounds, of the files of the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.compliance import dates
from rtcheck.compliance.persons import distinct, key, may_be_same
from rtcheck.finding import Verdict, worst
from rtcheck.rules import Approval, Level
from rtcheck.sheet import Decision, Role, Subject
from rtcheck.study import PlanDose
from tests import studies
from tests.compliance.cases import DAY, ask_one, case, rule, sign, study

RO, PHYSICIST, DOSIMETRIST = Role.RADIATION_ONCOLOGIST, Role.PHYSICIST, Role.DOSIMETRIST
TWO = rule(Approval, roles=(RO,), at_least=2)
PLAN = rule(Approval, subject=Subject.PLAN, roles=(DOSIMETRIST, PHYSICIST, RO))
LATER, BEFORE = DAY + timedelta(days=1), DAY - timedelta(days=1)
APPROVED, CONDITIONAL, REJECTED, WITHDRAWN = (
    Decision.APPROVED,
    Decision.CONDITIONAL,
    Decision.REJECTED,
    Decision.WITHDRAWN,
)
BOTH = (sign("A.B."), sign("C.D."))
PLAN_SIGNED = tuple(
    sign(name, role=role, subject=Subject.PLAN)
    for name, role in (("E.F.", DOSIMETRIST), ("G.H.", PHYSICIST), ("A.B.", RO))
)


def contours(*signs, of=None):
    return ask_one(case(of, sign_offs=signs), TWO)


def test_two_radiation_oncologists_approve_the_contours() -> None:
    finding = contours(*BOTH)
    assert (finding.verdict, finding.reason, finding.subject) == (Verdict.PASS, "", "contours")
    assert "A.B. (radiation oncologist, 2025-03-20" in finding.message
    assert "C.D." in finding.message
    assert "round 1" in finding.message


def test_nobody_is_not_evaluated_and_says_who_is_missing() -> None:
    finding = contours()
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-approved")
    assert "missing: 2 radiation oncologists" in finding.message


@pytest.mark.parametrize("again", ["A.B.", "AB", "a. b.", "Dr. A.B.", "A. Berg", "Anna Berg", "Berg, Anna"])
def test_the_same_person_isnt_both_oncologists(again) -> None:
    finding = contours(sign("A.B."), sign(again, day=LATER))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-approved")
    assert "missing: 1 radiation oncologist" in finding.message


def test_a_third_role_doesnt_replace_an_oncologist() -> None:
    assert contours(sign("A.B."), sign("C.D.", role=PHYSICIST)).verdict is Verdict.NOT_EVALUATED


def test_sign_offs_of_another_subject_dont_count() -> None:
    assert contours(*(replace(one, subject=Subject.PLAN) for one in BOTH)).verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("blank", ["", "  ", "...", "TBD", "n/a", "unknown", "xxx"])
def test_nobody_signs_without_a_name(blank) -> None:
    finding = contours(sign("A.B."), sign(blank))
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "nobody's name" in finding.message


def test_an_approval_on_conditions_isnt_one() -> None:
    finding = contours(sign("A.B."), sign("C.D.", CONDITIONAL, remark="crop at the duodenum"))
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "isn't an approval yet (crop at the duodenum)" in finding.message
    assert contours(*BOTH, sign("C.D.", CONDITIONAL, day=LATER)).verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("decision", [WITHDRAWN, REJECTED])
@pytest.mark.parametrize(("day", "taken"), [(BEFORE, False), (DAY, True), (LATER, True)])
def test_the_latest_decision_of_a_person_counts(decision, day, taken) -> None:
    verdict = contours(*BOTH, sign("CD", decision, day=day)).verdict
    assert verdict is ((Verdict.FAIL if decision is REJECTED else Verdict.NOT_EVALUATED) if taken else Verdict.PASS)


def test_initials_take_back_what_their_person_may_have_approved() -> None:
    signs = (sign("Anna Berg"), sign("C.D."), sign("A.B.", WITHDRAWN, day=LATER))
    assert contours(*signs).verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("role", list(Role))
def test_a_rejection_by_anybody_fails(role) -> None:
    finding = contours(*BOTH, sign("X.Y.", REJECTED, role=role))
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "rejected")
    assert finding.message.startswith("rejected by X.Y.")


def test_a_rejection_that_the_same_person_revised_later_doesnt_stand() -> None:
    revised = contours(*BOTH, sign("C.D.", REJECTED, day=BEFORE))
    assert revised.verdict is Verdict.PASS
    assert "was followed by another decision" in revised.message
    assert contours(*BOTH, sign("X.Y.", REJECTED), sign("X.Y.", day=LATER)).verdict is Verdict.PASS
    assert contours(*BOTH, sign("X.Y.", REJECTED), sign("Z.Y.", day=LATER)).verdict is Verdict.FAIL


def test_the_last_round_counts_alone() -> None:
    first = (*BOTH, sign("X.Y.", REJECTED))
    assert contours(*first, sign("A.B.", round=2)).verdict is Verdict.NOT_EVALUATED
    finding = contours(*first, *(replace(one, round=2) for one in BOTH))
    assert finding.verdict is Verdict.PASS
    assert "round 2" in finding.message


@pytest.mark.parametrize("objects", [("1.2.3.8",), ("0" * 64,), ("9.9", "1.2.3.8"), ()])
def test_what_was_signed_is_the_structure_set(objects) -> None:
    assert contours(*(replace(one, objects=objects) for one in BOTH)).verdict is Verdict.PASS


def test_a_sign_off_of_other_files_doesnt_count() -> None:
    finding = contours(sign("A.B."), sign("C.D.", objects=("1.2.3.80", "f" * 64)))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-approved")
    assert "signed for other files: the structure set isn't among them" in finding.message


def test_digests_are_compared_without_case() -> None:
    own = replace(study().structure_set, source=replace(study().structure_set.source, sha256="ab" * 32))
    of = replace(study(), structure_set=own)
    assert contours(*(replace(one, objects=("AB" * 32,)) for one in BOTH), of=of).verdict is Verdict.PASS


def test_a_plan_is_signed_with_all_its_doses() -> None:
    plan = replace(
        studies.plan([studies.target_reference(1, 40.0, 1)]), source=replace(studies.source("RTPLAN"), sha256="a" * 64)
    )
    dose = replace(studies.dose(40.0), source=replace(studies.source("RTDOSE"), sha256="b" * 64))
    of = replace(study(), plan_doses=(PlanDose(plan, dose),))
    for objects, verdict in (
        (("1.2.3.7", "1.2.3.9"), Verdict.PASS),
        (("a" * 64, "b" * 64), Verdict.PASS),
        (("1.2.3.7", "b" * 64, "1.2.3.8"), Verdict.PASS),
        (("1.2.3.7",), Verdict.NOT_EVALUATED),
        (("1.2.3.9",), Verdict.NOT_EVALUATED),
    ):
        signs = tuple(replace(one, objects=objects) for one in PLAN_SIGNED)
        assert ask_one(case(of, sign_offs=signs), PLAN).verdict is verdict


def test_every_plan_of_a_sum_must_be_signed() -> None:
    second = replace(studies.plan(), sop_instance_uid="1.2.3.77", label="Boost")
    boost = PlanDose(
        second,
        replace(
            studies.dose(10.0), sop_instance_uid="1.2.3.99", source=replace(studies.source("RTDOSE"), sha256="c" * 64)
        ),
    )
    of = replace(study(), plan_doses=(*study().plan_doses, boost))
    one = ("1.2.3.7", "1.2.3.9")
    signs = tuple(replace(sign_off, objects=one) for sign_off in PLAN_SIGNED)
    finding = ask_one(case(of, sign_offs=signs), PLAN)
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "'Boost'" in finding.message
    signs = tuple(replace(sign_off, objects=(*one, "1.2.3.77", "1.2.3.99")) for sign_off in PLAN_SIGNED)
    assert ask_one(case(of, sign_offs=signs), PLAN).verdict is Verdict.PASS


def test_a_dose_that_was_added_up_is_signed_by_all_its_files() -> None:
    parts = tuple(replace(studies.source("RTDOSE"), sop_instance_uid=f"1.2.3.9{n}", sha256=f"{n}" * 64) for n in (1, 2))
    of = replace(study(), plan_doses=(PlanDose(study().plan, replace(study().dose, parts=parts)),))
    for objects, verdict in (
        (("1.2.3.7", "1.2.3.91", "2" * 64), Verdict.PASS),
        (("1.2.3.7", "1.2.3.91"), Verdict.NOT_EVALUATED),
    ):
        signs = tuple(replace(one, objects=objects) for one in PLAN_SIGNED)
        assert ask_one(case(of, sign_offs=signs), PLAN).verdict is verdict


@pytest.mark.parametrize(("date", "verdict"), [("20250320", Verdict.PASS), ("20250321", Verdict.NOT_EVALUATED)])
def test_nobody_approves_contours_before_they_are_there(date, verdict) -> None:
    of = replace(study(), structure_set=replace(study().structure_set, date=date))
    finding = contours(*BOTH, of=of)
    assert finding.verdict is verdict
    assert ("dated before the structure set (2025-03-21)" in finding.message) == (verdict is not Verdict.PASS)


def test_nobody_approves_a_plan_before_it_is_there() -> None:
    of = replace(study(), plan_doses=(PlanDose(replace(study().plan, date="20250321"), study().dose),))
    finding = ask_one(case(of, sign_offs=PLAN_SIGNED), PLAN)
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "dated before the plan" in finding.message


def test_three_roles_approve_the_plan_and_each_that_is_missing_is_named() -> None:
    assert ask_one(case(sign_offs=PLAN_SIGNED), PLAN).verdict is Verdict.PASS
    for index, role in enumerate(("dosimetrist", "physicist", "radiation oncologist")):
        left = tuple(one for number, one in enumerate(PLAN_SIGNED) if number != index)
        finding = ask_one(case(sign_offs=left), PLAN)
        assert finding.verdict is Verdict.NOT_EVALUATED
        assert f"missing: 1 {role}" in finding.message


def test_one_person_in_two_roles_is_said() -> None:
    signs = (*PLAN_SIGNED[:2], sign("G.H.", subject=Subject.PLAN))
    assert "G.H. signed as physicist and radiation oncologist" in ask_one(case(sign_offs=signs), PLAN).message


def test_a_plan_that_isnt_among_the_files_was_approved_by_nobody() -> None:
    of = replace(study(), plan_doses=(PlanDose(None, study().dose),))
    finding = ask_one(case(of, sign_offs=PLAN_SIGNED), PLAN)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-plan")


def test_the_status_that_the_files_state_is_shown_and_a_rejected_one_contradicts_the_approvals() -> None:
    for status, verdict in (
        ("APPROVED", Verdict.PASS),
        ("UNAPPROVED", Verdict.PASS),
        ("REJECTED", Verdict.NOT_EVALUATED),
    ):
        of = replace(study(), structure_set=replace(study().structure_set, approval_status=status))
        finding = contours(*BOTH, of=of)
        assert finding.verdict is verdict
        assert f"ApprovalStatus by DICOM: structure set {status}" in finding.message
    assert "structure set not stated" in contours(*BOTH).message


def test_a_report_is_approved_by_people_alone() -> None:
    asked = rule(Approval, subject=Subject.REPORT, roles=(PHYSICIST,))
    signs = (sign("G.H.", role=PHYSICIST, subject=Subject.REPORT, objects=("a" * 64,)),)
    assert ask_one(case(sign_offs=signs), asked).verdict is Verdict.PASS


def test_a_rejection_breaks_a_recommendation_no_louder_than_any_other() -> None:
    asked = rule(Approval, Level.RECOMMENDED, roles=(RO,), at_least=2)
    assert ask_one(case(sign_offs=(*BOTH, sign("X.Y.", REJECTED))), asked).verdict is Verdict.ACCEPTABLE


NAMES = st.sampled_from(["A.B.", "ab", "Anna Berg", "A. Berg", "Berg", "C.D.", "Carl Dorn", "Axel Braun", "王华", "E"])
SIGNS = st.lists(
    st.builds(
        sign,
        NAMES,
        st.sampled_from(list(Decision)),
        st.sampled_from([RO, PHYSICIST]),
        st.sampled_from([BEFORE, DAY, LATER]),
        round=st.sampled_from([1, 2]),
        objects=st.sampled_from([(), ("1.2.3.8",), ("9.9",)]),
    ),
    max_size=6,
)
ORDER = [Verdict.PASS, Verdict.ACCEPTABLE, Verdict.NOT_EVALUATED, Verdict.FAIL]
CASE = case()


def verdict_of(signs) -> Verdict:
    CASE.sheet = replace(CASE.sheet, sign_offs=tuple(signs))
    return ask_one(CASE, TWO).verdict


@given(SIGNS, NAMES, st.sampled_from([RO, PHYSICIST]), st.sampled_from([BEFORE, DAY, LATER]))
def test_one_more_rejection_never_improves_the_verdict(signs, name, role, day) -> None:
    last = max((one.round for one in signs), default=1)
    before, after = verdict_of(signs), verdict_of([*signs, sign(name, REJECTED, role, day, round=last)])
    assert worst([before, after]) is after


@given(SIGNS, NAMES, st.sampled_from([RO, PHYSICIST]), st.sampled_from([BEFORE, DAY, LATER]), st.sampled_from([1, 2]))
def test_one_more_approval_never_worsens_the_verdict(signs, name, role, day, round_) -> None:
    last = max((one.round for one in signs), default=1)
    before, after = verdict_of(signs), verdict_of([*signs, sign(name, APPROVED, role, day, round=min(round_, last))])
    assert worst([before, after]) is before


@given(SIGNS, st.randoms())
def test_the_order_of_entries_doesnt_matter(signs, random) -> None:
    other = list(signs)
    random.shuffle(other)
    CASE.sheet = replace(CASE.sheet, sign_offs=tuple(signs))
    one = ask_one(CASE, TWO)
    CASE.sheet = replace(CASE.sheet, sign_offs=tuple(other))
    assert ask_one(CASE, TWO) == one


@given(SIGNS)
def test_a_pass_needs_two_approvals_by_oncologists_of_the_last_round(signs) -> None:
    if verdict_of(signs) is Verdict.PASS:
        last = max(one.round for one in signs)
        names = {key(one.name) for one in signs if one.decision is APPROVED and one.role is RO and one.round == last}
        assert len(names) >= 2


@given(st.lists(NAMES, max_size=6), NAMES, st.integers(1, 4))
def test_more_names_never_make_fewer_people(names, more, at_most) -> None:
    assert len(distinct(names, at_most)) <= len(distinct([*names, more], at_most)) <= at_most


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A.B.", "AB", True),
        ("A.B.", "a. b.", True),
        ("Prof. Dr. A. Berg", "A. Berg", True),
        ("Berg, Anna", "Anna Berg", True),
        ("Anna Maria Berg", "A. Berg", True),
        ("Anna Maria Berg", "AMB", True),
        ("Berg", "Anna Berg", True),
        ("A", "Anna", True),
        ("B", "Anna Berg", True),
        ("Anna", "Axel", False),
        ("C", "Anna Berg", False),
        ("AB", "Anna Maria Berg", True),
        ("A.B.", "A.C.", False),
        ("A. Berg", "A. Braun", False),
        ("Anna Berg", "Axel Berg", False),
        ("A.B.", "B.A.", False),
        ("王华", "李华", False),
        ("", "A.B.", False),
    ],
)
def test_names_that_abbreviate_one_another_may_be_one_persons(one, other, same) -> None:
    assert may_be_same(one, other) is same
    assert may_be_same(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("A.B.", "A.B., MD", True),
        ("A.B.", "MD A.B.", True),
        ("A.B.", "A.B. (RO)", True),
        ("A.B.", "AB2", True),
        ("AB2", "AB3", False),
        ("Anna Berg", "Berg Anna", True),
        ("Anna Berg", "Anna Berg MD", True),
        ("Zhang Wei", "Wei Zhang", True),
        ("André Petit", "Andre Petit", True),
        ("Müller", "Mueller", True),
        ("Anna Berg", "Ana Berg", True),
        ("Wang Wei", "Yang Wei", False),
        ("K100 T101", "K102 T101", False),
    ],
)
def test_titles_accents_order_and_typing_errors_make_nobody_two_people(one, other, same) -> None:
    assert may_be_same(one, other) is may_be_same(other, one) is same


def test_names_that_may_be_one_persons_are_said() -> None:
    finding = contours(sign("Anna Berg"), sign("Ana Berg"))
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "Ana Berg and Anna Berg may be the same person" in finding.message


def test_one_person_in_several_roles_is_one_review() -> None:
    signs = tuple(sign("A.B.", role=role, subject=Subject.PLAN) for role in (DOSIMETRIST, PHYSICIST, RO))
    finding = ask_one(case(sign_offs=signs), PLAN)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-independent")
    assert "A.B. as dosimetrist, physicist and radiation oncologist" in finding.message


def test_an_approval_in_the_future_doesnt_count(monkeypatch) -> None:
    monkeypatch.setattr(dates, "today", lambda: DAY)
    assert contours(*BOTH).verdict is Verdict.PASS
    finding = contours(sign("A.B."), sign("C.D.", day=LATER))
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert "dated in the future" in finding.message
    assert contours(*BOTH, sign("X.Y.", REJECTED, day=LATER)).verdict is Verdict.FAIL


def test_an_approval_before_the_round_before_was_turned_down_doesnt_count() -> None:
    signs = (sign("X.Y.", REJECTED, day=LATER), *(replace(one, round=2) for one in BOTH))
    assert contours(*signs).verdict is Verdict.NOT_EVALUATED


def test_a_rejection_without_a_name_counts() -> None:
    assert contours(*BOTH, sign("?", REJECTED)).verdict is Verdict.FAIL


def test_a_structure_set_without_a_date_is_said() -> None:
    finding = contours(*BOTH, of=replace(study(), structure_set=replace(study().structure_set, date="")))
    assert finding.verdict is Verdict.PASS
    assert "states no date" in finding.message


def test_a_title_alone_is_a_name() -> None:
    assert key("Dr") == "dr"
    assert key("Dr. A.B.") == "ab"
    assert key("Alexandr Novak") == "alexandrnovak"
    assert key("Anna Dr Berg") == "annaberg"


@pytest.mark.parametrize("name", ["N.A.", "NA", "T.B.D.", "Anna None"])
def test_initials_that_look_like_a_word_for_nobody_are_initials(name) -> None:
    assert key(name)


def test_an_approval_after_radiotherapy_doesnt_count() -> None:
    def of(day):
        return case(sign_offs=(sign("A.B."), sign("C.D.", day=LATER)), dates={"radiotherapy_end": day})

    assert ask_one(of(LATER), TWO).verdict is Verdict.PASS
    finding = ask_one(of(DAY), TWO)
    assert finding.verdict is Verdict.NOT_EVALUATED
    assert f"dated after radiotherapy had ended ({DAY})" in finding.message
    turned_down = case(sign_offs=(*BOTH, sign("E.F.", REJECTED, day=LATER)), dates={"radiotherapy_end": DAY})
    assert ask_one(turned_down, TWO).verdict is Verdict.FAIL
