"""Counting lesions and organs, and whether each lesion is drawn and treated."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.finding import Verdict
from rtcheck.rules import Drawn, EveryLesionTreated, LesionCount, Level, OrganCount
from rtcheck.sheet import LesionKind
from rtcheck.study import PlanDose
from tests import studies
from tests.compliance.cases import ask, ask_one, case, lesion, rule, study, two

COUNT, ORGANS = rule(LesionCount), rule(OrganCount)
TREATED, DRAWN = rule(EveryLesionTreated), rule(Drawn)
#: Nothing is drawn that could be a lesion nobody declared.
BARE = replace(study(), structure_set=replace(study().structure_set, rois=study().structure_set.rois[4:]))
NODE, THROMBUS, PRIMARY = LesionKind.LYMPH_NODE, LesionKind.THROMBUS, LesionKind.PRIMARY


@pytest.mark.parametrize("asked", [COUNT, ORGANS, TREATED, DRAWN])
def test_without_a_list_of_lesions_nothing_about_them_is_evaluated(asked) -> None:
    finding = ask_one(case(), asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-declared")


@pytest.mark.parametrize(
    ("number", "verdict", "reason"),
    [
        (0, Verdict.FAIL, "too-few-lesions"),
        (1, Verdict.PASS, ""),
        (5, Verdict.PASS, ""),
        (6, Verdict.FAIL, "too-many-lesions"),
    ],
)
def test_one_to_five_lesions_the_primary_included(number, verdict, reason) -> None:
    lesions = tuple(lesion(str(n), PRIMARY if n == 0 else LesionKind.METASTASIS) for n in range(number))
    finding = ask_one(case(BARE, lesions=lesions), COUNT)
    assert (finding.verdict, finding.reason, finding.observed) == (verdict, reason, number)


def test_nodes_of_one_site_are_one_lesion_and_each_thrombus_counts_by_itself() -> None:
    lesions = (
        lesion("1", PRIMARY),
        lesion("2", THROMBUS),
        lesion("3", THROMBUS),
        *(lesion(name, NODE, station=station) for name, station in (("4", "16a"), ("5", "16b"), ("6", "No. 8"))),
    )
    by_site = ask_one(case(BARE, lesions=lesions), COUNT)
    assert (by_site.verdict, by_site.observed) == (Verdict.PASS, 5)
    assert by_site.message == (
        "5 lesions: 1 primary tumour; 2 thrombi, each by itself; "
        "3 declared lymph node lesions of 2 sites, which count as one a site"
    )
    by_region = ask_one(case(BARE, lesions=lesions), rule(LesionCount, nodes="drainage-region"))
    assert (by_region.verdict, by_region.observed) == (Verdict.FAIL, 6)
    assert "3 drainage regions" in by_region.message


@pytest.mark.parametrize("same", ["16a", "16A", " 16 a"])
def test_nodes_of_one_region_are_one_lesion_however_it_is_written(same) -> None:
    lesions = (lesion("1", NODE, station="16a"), lesion("2", NODE, station=same))
    assert ask_one(case(BARE, lesions=lesions), rule(LesionCount, nodes="drainage-region")).observed == 1


def test_nodes_without_a_station_are_not_counted_as_one() -> None:
    five = tuple(lesion(str(n)) for n in range(4))
    unclear = ask_one(case(BARE, lesions=(*five, lesion("8", NODE), lesion("9", NODE, station=" "))), COUNT)
    assert (unclear.verdict, unclear.reason, unclear.observed) == (Verdict.NOT_EVALUATED, "not-declared", None)
    assert "8 and 9" in unclear.message
    assert unclear.message.startswith("5 to 6 lesions: ")


def test_nodes_without_a_station_are_no_matter_where_the_answer_is_the_same() -> None:
    few = ask_one(case(BARE, lesions=(lesion("8", NODE), lesion("9", NODE))), COUNT)
    many = ask_one(
        case(BARE, lesions=(*(lesion(str(n)) for n in range(5)), lesion("8", NODE), lesion("9", NODE))), COUNT
    )
    assert (few.verdict, many.verdict) == (Verdict.PASS, Verdict.FAIL)


KINDS = st.sampled_from(list(LesionKind))
STATIONS = st.sampled_from(["8", "16a", "16b", "16b1", "hilum", None])
LESIONS = st.lists(st.tuples(KINDS, STATIONS), max_size=7).map(
    lambda each: tuple(lesion(str(n), kind, station=station) for n, (kind, station) in enumerate(each))
)
CASE = case(BARE)


def declaring(lesions) -> Case:
    CASE.sheet = replace(CASE.sheet, lesions=lesions)
    return CASE


@given(LESIONS, st.randoms())
def test_the_order_of_lesions_doesnt_matter(lesions, random) -> None:
    other = list(lesions)
    random.shuffle(other)
    for asked in (COUNT, ORGANS):
        one, two_ = ask_one(declaring(lesions), asked), ask_one(declaring(tuple(other)), asked)
        assert (one.verdict, one.observed) == (two_.verdict, two_.observed)


@given(LESIONS)
def test_counting_by_region_never_counts_fewer_and_never_more_than_are_declared(lesions) -> None:
    by_site = ask_one(declaring(lesions), COUNT).observed
    by_region = ask_one(declaring(lesions), rule(LesionCount, nodes="drainage-region")).observed
    assert (by_site is None) == (by_region is None)
    if by_site is not None:
        assert by_site <= by_region <= len(lesions)


@given(LESIONS, KINDS)
def test_one_more_lesion_never_mends_a_count_that_is_too_high(lesions, kind) -> None:
    before = ask_one(declaring(lesions), COUNT)
    after = ask_one(declaring((*lesions, lesion("more", kind, station="99"))), COUNT)
    if before.reason == "too-many-lesions":
        assert after.reason == "too-many-lesions"


@pytest.mark.parametrize(
    ("organs", "number"),
    [
        (["liver", "Liver", "left lobe of the liver"], 1),
        (["left lung", "right lung", "Lungs"], 1),
        (["liver", "lung", "adrenal gland", "brain"], 4),
        (["vertebra L3", "rib", "bone"], 1),
        (["Milz", "milz"], 1),
        (["hepatic dome", "liver, segment 7"], 1),
        (["RUL", "pulmonary", "left lower lobe"], 1),
    ],
)
def test_sides_of_a_pair_and_bones_are_one_organ(organs, number) -> None:
    lesions = tuple(lesion(str(n), organ=organ) for n, organ in enumerate(organs))
    finding = ask_one(case(BARE, lesions=lesions), ORGANS)
    assert finding.observed == number
    assert finding.verdict is (Verdict.FAIL if number > 3 else Verdict.PASS)


def test_lymph_nodes_are_one_system_and_declared_bone_is_another() -> None:
    lesions = (
        lesion("1", NODE, organ="hilum"),
        lesion("2", NODE, organ="lymph nodes"),
        lesion("3", organ="L3", bone=True),
        lesion("4", organ="pelvis", vertebra=False, bone=True),
    )
    finding = ask_one(case(BARE, lesions=lesions), ORGANS)
    assert finding.message == "2 organs or systems: lymph nodes and bone"


@pytest.mark.parametrize("nothing", [" ", "TBD", "n/a", "unknown"])
def test_an_organ_that_isnt_declared_is_not_evaluated_where_it_may_decide(nothing) -> None:
    organs = ["liver", "lung", "brain", nothing]
    finding = ask_one(case(BARE, lesions=tuple(lesion(str(n), organ=one) for n, one in enumerate(organs))), ORGANS)
    assert (finding.verdict, finding.observed) == (Verdict.NOT_EVALUATED, None)
    assert "no organ is declared of 3" in finding.message


@pytest.mark.parametrize(
    ("one", "other", "counted"),
    [
        ("16a1", "16b1", 1),
        ("16a", "No. 16b", 1),
        ("No. 4", "level 4", None),
        ("4R", "4L", None),
        ("12a", "12 paratracheal", None),
        ("2nd: mediastinum", "2nd: retroperitoneum", None),
        ("left axilla", "axilla, left", 1),
        ("7", "8", 2),
    ],
)
def test_stations_that_share_a_number_and_no_more_may_be_one_site_or_two(one, other, counted) -> None:
    nodes = (lesion("8", NODE, station=one), lesion("9", NODE, station=other))
    assert ask_one(case(BARE, lesions=nodes), COUNT).observed == counted
    full = ask_one(case(BARE, lesions=(*nodes, *(lesion(str(n)) for n in range(4)))), COUNT)
    assert full.verdict is {1: Verdict.PASS, 2: Verdict.FAIL, None: Verdict.NOT_EVALUATED}[counted]


def test_volumes_that_no_declared_lesion_has_leave_the_count_open() -> None:
    finding = ask_one(case(lesions=two()[:1]), COUNT)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "undeclared-volume")
    assert "GTV_2" in finding.message
    assert ask_one(case(lesions=tuple(lesion(str(n)) for n in range(6))), COUNT).verdict is Verdict.FAIL
    assert ask_one(case(lesions=two()), COUNT).verdict is Verdict.PASS


@pytest.mark.parametrize("organ", ["liver and spleen", "lung, brain", "colon and thymus"])
def test_a_lesion_of_several_organs_leaves_their_number_open(organ) -> None:
    finding = ask_one(case(BARE, lesions=(lesion(organ=organ),)), ORGANS)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "several-organs")
    assert "name one organ a lesion" in finding.message


def test_an_organ_that_contradicts_the_declaration_leaves_the_number_open() -> None:
    finding = ask_one(case(BARE, lesions=(lesion(organ="rib", bone=False),)), ORGANS)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradictory")


OTHER_ORGANS = "liver|left lung|Adrenal gland|bone|rib|RUL|esophagus|Leber|Leber Segment 7|foie|肝"
NODAL = (
    "lymph nodes|lymph node|Nodes|LN|LN16|LK 2|Lymphknoten|Leber-Lymphknoten|linfonodi|ganglions|adénopathie|淋巴结|"
    "hilar lymph nodes|pulmonary nodes|spine nodes|mediastinum|upper mediastinum|Mediastino|hilum|pelvis|axilla|neck|"
    "hepatic hilum|porta hepatis|splenic artery|para-aortic|aorta|next to the liver|"
)


@pytest.mark.parametrize(
    ("organ", "parts"),
    [
        *((organ, {}) for organ in OTHER_ORGANS.split("|")),
        ("bone", {"bone": True}),
        ("lymph nodes", {"bone": True}),
        ("nodes", {"vertebra": True}),
    ],
)
def test_a_lymph_node_of_another_organ_or_in_bone_contradicts_itself(organ, parts) -> None:
    nodes = tuple(lesion(f"L{n}", NODE, organ=organ, station="hilar", **parts) for n in range(6))
    finding = ask_one(case(BARE, lesions=nodes), ORGANS)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradictory")
    assert "L5 is declared as in" in finding.message
    assert "a lymph node, which is contradictory" in finding.message


@pytest.mark.parametrize("organ", NODAL.split("|"))
def test_a_lymph_node_of_nodes_or_of_a_place_of_nodes_is_one(organ) -> None:
    finding = ask_one(case(BARE, lesions=(lesion("1", NODE, organ=organ, station="16a"),)), ORGANS)
    assert (finding.verdict, finding.message) == (Verdict.PASS, "1 organ or system: lymph nodes")


def test_every_lesion_with_a_prescription_passes_by_name() -> None:
    found = ask(case(lesions=two()), TREATED)
    assert [(one.subject, one.lesion, one.verdict) for one in found] == [
        ("L1", "L1", Verdict.PASS),
        ("L2", "L2", Verdict.PASS),
    ]
    assert "5x8Gy" in found[0].message


def test_a_target_that_no_declared_lesion_has_is_somebodys_to_explain() -> None:
    found = ask(case(lesions=two()[:1]), TREATED)
    assert [(one.subject, one.verdict, one.reason) for one in found] == [
        ("L1", Verdict.PASS, ""),
        ("PTV_2", Verdict.NOT_EVALUATED, "undeclared-target"),
        ("GTV_2", Verdict.NOT_EVALUATED, "undeclared-volume"),
    ]


def test_a_lesion_that_no_target_is_left_for_isnt_treated() -> None:
    finding = ask(case(lesions=(*two(), lesion("L3"))), TREATED)[2]
    assert (finding.verdict, finding.reason, finding.lesion) == (Verdict.FAIL, "not-treated", "L3")


def test_a_lesion_that_may_have_any_of_several_targets_isnt_evaluated() -> None:
    found = ask(case(lesions=(lesion("A"), lesion("B"))), TREATED)
    assert [one.reason for one in found[:4]] == ["not-linked", "not-linked", "undeclared-target", "undeclared-target"]
    assert {one.verdict for one in found} == {Verdict.NOT_EVALUATED}


def test_a_ptv_that_isnt_there_is_said_by_name() -> None:
    finding = ask(case(lesions=(two()[0], lesion("L2", ptv="PTV_9"))), TREATED)[1]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradicts-files")
    assert "'PTV_9'" in finding.message


def test_an_roi_that_is_no_target_treats_nothing() -> None:
    finding = ask(case(lesions=(two()[0], lesion("L2", ptv="Stomach"))), TREATED)[1]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradicts-files")
    assert "Stomach" in finding.message


def test_a_target_without_a_prescription_isnt_treatment() -> None:
    plan = studies.plan([studies.target_reference(1, 40.0, 1)], [5])
    of = replace(study(), plan_doses=(PlanDose(plan, study().dose),))
    found = ask(case(of, lesions=two()), TREATED)
    assert [(one.verdict, one.reason) for one in found] == [
        (Verdict.PASS, ""),
        (Verdict.NOT_EVALUATED, "no-prescription"),
    ]


def test_a_prescription_to_a_target_that_isnt_drawn_isnt_treatment() -> None:
    rois = [studies.box_roi(1, "PTV_1", ((-10, 10), (-10, 10), (-10, 10)), "PTV"), studies.empty_roi(2, "PTV_2", "PTV")]
    of = replace(study(), structure_set=replace(study().structure_set, rois=tuple(rois)))
    finding = ask(case(of, lesions=two()), TREATED)[1]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "no-target")


def test_a_plan_that_doesnt_prescribe_to_the_lesions_target_contradicts_the_sheet() -> None:
    finding = ask(case(lesions=(lesion("L1", ptv="PTV_1", plan="Boost"), two()[1])), TREATED)[0]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradicts-files")
    assert "'Boost'" in finding.message


def test_a_wrong_name_of_a_gtv_doesnt_undo_a_lesions_treatment() -> None:
    of = case(lesions=(lesion("L1", ptv="PTV_1", gtv="GTV_7"), two()[1]))
    assert ask(of, TREATED)[0].verdict is Verdict.PASS
    finding = ask(of, DRAWN)[0]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "sheet-contradicts-files")


def test_lesions_of_one_target_are_treated_together_and_that_is_said() -> None:
    found = ask(case(lesions=(lesion("A", ptv="PTV_1"), lesion("B", ptv="PTV_1"), lesion("C", ptv="PTV_2"))), TREATED)
    assert {one.verdict for one in found} == {Verdict.PASS}
    assert "treats B too" in found[0].message


def test_an_empty_list_of_lesions_leaves_every_target_unexplained() -> None:
    found = ask(case(lesions=()), TREATED)
    assert [one.reason for one in found[:3]] == ["not-declared", "undeclared-target", "undeclared-target"]
    assert {one.reason for one in found[3:]} == {"undeclared-volume"}
    assert ask_one(case(lesions=()), DRAWN).verdict is Verdict.NOT_EVALUATED


def test_every_lesion_has_a_gtv_of_its_own_by_name() -> None:
    found = ask(case(lesions=two()), DRAWN)
    assert [(one.lesion, one.verdict, one.rois) for one in found] == [
        ("L1", Verdict.PASS, ("GTV_1",)),
        ("L2", Verdict.PASS, ("GTV_2",)),
    ]


def test_a_gtv_that_two_lesions_share_is_nobodys_own() -> None:
    lesions = (lesion("A", ptv="PTV_1", gtv="GTV_1"), lesion("B", ptv="PTV_2", gtv="GTV_1"))
    found = ask(case(lesions=lesions), DRAWN)
    assert {(one.verdict, one.reason) for one in found} == {(Verdict.NOT_EVALUATED, "not-its-own")}


def test_a_volume_that_nobody_drew_is_missing() -> None:
    found = ask(case(lesions=two()), rule(Drawn, volume="CTV"))
    assert {(one.verdict, one.reason) for one in found} == {(Verdict.FAIL, "not-drawn")}


def test_a_volume_that_was_named_and_never_drawn_is_missing() -> None:
    rois = (*study().structure_set.rois[:4], studies.empty_roi(9, "GTV_9", "GTV"))
    of = replace(study(), structure_set=replace(study().structure_set, rois=rois))
    finding = ask(case(of, lesions=(lesion("A", ptv="PTV_1", gtv="GTV_9"),)), DRAWN)[0]
    assert (finding.verdict, finding.reason) == (Verdict.FAIL, "not-drawn")


def test_a_gtv_that_nothing_links_isnt_lent() -> None:
    finding = ask(case(lesions=(lesion("A"), lesion("B"))), DRAWN)[0]
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "not-linked")
    assert "GTV_1 and GTV_2" in finding.message


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        (Level.PROTOCOL, Verdict.FAIL),
        (Level.ELIGIBILITY, Verdict.FAIL),
        (Level.RECOMMENDED, Verdict.ACCEPTABLE),
        (Level.INFORMATION, Verdict.INFO),
    ],
)
def test_the_level_of_a_rule_decides_what_breaking_it_means(level, verdict) -> None:
    of = case(lesions=tuple(lesion(str(n)) for n in range(6)))
    assert ask_one(of, rule(LesionCount, level)).verdict is verdict


def test_a_recommendation_of_which_nobody_knows_is_not_evaluated_and_information_never_decides() -> None:
    assert ask_one(case(), rule(LesionCount, Level.RECOMMENDED)).verdict is Verdict.NOT_EVALUATED
    assert ask_one(case(), rule(LesionCount, Level.INFORMATION)).verdict is Verdict.INFO
