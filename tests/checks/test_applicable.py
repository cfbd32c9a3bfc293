"""Which rows belong to a plan, and what is said of those that don't."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtcheck.checks import dose_constraint, table_selection, with_nearest
from rtcheck.constraint import (
    Constraint,
    Group,
    GroupKind,
    NoLimit,
    Patients,
    Regimen,
    RequiredRoi,
    Requirement,
    Role,
)
from rtcheck.finding import Source, Verdict
from rtcheck.protocol import evaluate
from tests import studies
from tests.checks.test_coverage import SOURCE, case, protocol
from tests.checks.test_dose import ANY, BIG, CONVENTIONAL, FIVE, SMALL, liver_case, row

THREE = Regimen("3 fractions", fractions=(3, 3))


def named(row_id: str, constraint: Constraint) -> Constraint:
    return replace(constraint, id=row_id, source=Source("t", row_id))


ROWS = (
    named("mean.5", row("Mean[Gy]", "<", 30, regimen=FIVE)),
    named("mean.3", row("Mean[Gy]", "<", 20, regimen=THREE)),
    named("mean.2gy", row("Mean[Gy]", "<", 32, regimen=CONVENTIONAL)),
)


def test_a_row_for_other_schedules_names_those_for_this_one() -> None:
    plan = liver_case(1.0, schedule=(45.0, 3))
    findings = with_nearest(plan, ROWS, [dose_constraint(plan, one) for one in ROWS])
    assert findings[1].verdict is Verdict.PASS
    assert findings[2].verdict is Verdict.NOT_APPLICABLE
    assert findings[2].message.endswith("here: mean.5, mean.3")
    far = liver_case(1.0, schedule=(48.0, 16))
    findings = with_nearest(far, ROWS, [dose_constraint(far, one) for one in ROWS])
    assert all(finding.message.endswith("no limit of Liver is for this schedule") for finding in findings)


def test_nothing_is_interpolated_between_fraction_numbers() -> None:
    plan = liver_case(1.0, schedule=(48.0, 6))
    for regimen in (FIVE, THREE):
        assert dose_constraint(plan, row("Mean[Gy]", "<", 30, regimen=regimen)).verdict is Verdict.NOT_APPLICABLE


def test_the_selection_explains_itself() -> None:
    finding = table_selection(liver_case(1.0), ROWS, SOURCE)
    assert finding.verdict is Verdict.INFO
    assert finding.message == (
        "5x8Gy: for this schedule are t 1 row (3-5 fractions); "
        "for others t 2 rows (1 for 3 fractions, 1 for conventional 1.8-2.0 Gy/fraction)"
    )
    unknown = table_selection(liver_case(1.0, schedule=None), ROWS, SOURCE)
    assert unknown.message.startswith("schedule unknown: nobody can tell of t 3 rows")


def test_a_required_organ_without_a_row_for_this_schedule_is_not_evaluated() -> None:
    found = evaluate(case(schedule=(48.0, 6)), protocol(*ROWS, required=["Liver"]))
    (finding,) = [one for one in found.findings if one.check == "unjudged-organ"]
    assert (finding.subject, finding.verdict, finding.reason) == ("Liver", Verdict.NOT_EVALUATED, "no-limit-applies")
    assert "for other schedules there are mean.5 (3-5 fractions), mean.3 (3 fractions)" in finding.message
    assert finding.observed == pytest.approx(1.0)


def test_a_protocol_may_know_that_there_is_no_limit_for_a_schedule() -> None:
    six = NoLimit(Regimen("6 fractions", fractions=(6, 6)), "nothing was published for 6")
    asked = replace(protocol(*ROWS), required_rois=(RequiredRoi("Liver", SOURCE, (six,)),))
    (finding,) = [one for one in evaluate(case(schedule=(48.0, 6)), asked).findings if one.check == "unjudged-organ"]
    assert finding.verdict is Verdict.INFO
    assert finding.message.endswith("nothing was published for 6")
    (finding,) = [one for one in evaluate(case(schedule=(48.0, 8)), asked).findings if one.check == "unjudged-organ"]
    assert finding.verdict is Verdict.NOT_EVALUATED


def test_half_of_a_pair_does_not_stand_for_both() -> None:
    rois = [
        studies.box_roi(1, "PTV", ((-10, 10), (-10, 10), (-10, 10)), "PTV"),
        studies.box_roi(2, "Kidney_L", ((20, 40), (-10, 10), (-10, 10))),
        studies.box_roi(3, "Kidney_R", ((-40, -20), (-10, 10), (-10, 10))),
    ]
    left, right = (row("Mean[Gy]", "<", 10, roi=f"Kidney_{side}") for side in "LR")
    found = evaluate(case(rois=rois), protocol(named("l", left), required=["Kidneys"]))
    assert found.verdict is Verdict.NOT_EVALUATED
    found = evaluate(case(rois=rois), protocol(named("l", left), named("r", right), required=["Kidneys"]))
    assert found.verdict is Verdict.PASS


def required(*names: str, rows=(), **kept) -> list[tuple[str, str]]:
    """Subject and verdict of what is said of required organs that no limit judged."""
    organs = {
        "Heart": 0,
        "A_LAD": 4,
        "SpinalCord": 8,
        "SpinalCanal": 12,
        "Lung_L": 16,
        "Lung_R": -24,
        "Bowel_Small": -16,
    }
    rois = [studies.box_roi(1, "PTV", ((-10, 10), (-10, 10), (-10, 10)), "PTV")]
    rois += [
        studies.box_roi(number, name, ((x, x + 4), (20, 30), (-10, 10)))
        for number, (name, x) in enumerate(organs.items(), start=2)
    ]
    rules = tuple(RequiredRoi(name, SOURCE, **kept) for name in names)
    found = evaluate(case(rois=rois), replace(protocol(*rows), required_rois=rules)).findings
    return [(one.subject, one.verdict.value) for one in found if one.check == "unjudged-organ"]


PTV_ROW = named("ptv", row("Mean[Gy]", "<", 90, roi="PTV"))


@pytest.mark.parametrize(
    ("rule", "subjects"),
    [
        ("Heart", ["Heart"]),
        ("Heart + 5mm", ["Heart"]),
        ("all(Lung_L, Lung_R)", ["Lung_L", "Lung_R"]),
        ("Heart - PTV*", ["Heart"]),
        ("Bowel*", ["Bowel_Small"]),
        ("PTV*", []),
    ],
)
@pytest.mark.parametrize("rows", [(), (PTV_ROW,)])
def test_a_required_organ_must_be_judged_however_it_is_written(rule, subjects, rows) -> None:
    assert required(rule, rows=rows) == [(one, "NOT_EVALUATED") for one in subjects]


def test_a_part_of_an_organ_is_required_by_itself() -> None:
    heart = named("heart", row("Mean[Gy]", "<", 90, roi="Heart"))
    assert required("A_LAD", "Heart", rows=[heart]) == [("A_LAD", "NOT_EVALUATED")]
    never = (NoLimit(ANY, "nobody limits the canal"),)
    rules = (RequiredRoi("SpinalCord", SOURCE), RequiredRoi("SpinalCanal", SOURCE, never))
    rois = [
        studies.box_roi(1, "PTV", ((-10, 10), (-10, 10), (-10, 10)), "PTV"),
        studies.box_roi(2, "SpinalCord", ((20, 24), (20, 24), (-10, 10))),
        studies.box_roi(3, "SpinalCanal", ((18, 26), (18, 26), (-10, 10))),
    ]
    found = evaluate(case(rois=rois), replace(protocol(PTV_ROW), required_rois=rules)).findings
    verdicts = {one.subject: one.verdict for one in found if one.check == "unjudged-organ"}
    assert verdicts == {"SpinalCord": Verdict.NOT_EVALUATED, "SpinalCanal": Verdict.INFO}
    left = named("left", row("Mean[Gy]", "<", 90, roi="Lung_L"))
    assert required("Lung_L", rows=[left]) == []
    assert required("Lungs", rows=[left]) == [("Lungs", "NOT_EVALUATED")]


@pytest.mark.parametrize(
    ("metric", "roi"),
    [
        ("Mean[Gy]", "Heart & PTV*"),
        ("Mean[Gy]", "Heart - PTV*"),
        ("Mean[Gy]", "ring(Heart, 0mm, 5mm)"),
        ("Mean[Gy]", "Heart - 1mm"),
        ("Volume[cc]", "Heart"),
        ("D100%[Gy]", "Heart"),
        ("Min[Gy]", "Heart"),
    ],
)
def test_a_limit_on_a_piece_or_on_no_hot_spot_judges_no_organ(metric, roi) -> None:
    assert required("Heart", rows=[named("piece", row(metric, "<", 900, roi=roi))]) == [("Heart", "NOT_EVALUATED")]


def test_an_organ_without_the_tumour_in_it_is_the_organ() -> None:
    assert required("Heart", rows=[named("h", row("Mean[Gy]", "<", 90, roi="Heart - GTV*"))]) == []


def test_a_row_that_may_be_for_other_patients_judges_no_organ() -> None:
    patients = Patients(diagnosis=frozenset({"bladder-cancer"}), text="bladder cancer")
    rows = [replace(named("h", row("Mean[Gy]", "<", 90, roi="Heart")), patients=patients)]
    found = evaluate(case(rois=None), replace(protocol(*rows), diagnosis=None, required_rois=())).findings
    assert found
    rois = [*case().study.structure_set.rois, studies.box_roi(3, "Heart", ((20, 30), (20, 30), (-10, 10)))]
    asked = replace(protocol(*rows, required=["Heart"]), diagnosis=None)
    assert evaluate(case(rois=rois), asked).verdict is Verdict.NOT_EVALUATED


def test_what_speaks_for_an_organ_judges_it() -> None:
    canal = named("canal", row("Mean[Gy]", "<", 90, roi="SpinalCanal"))
    assert required("SpinalCord", rows=[canal]) == [("SpinalCord", "NOT_EVALUATED")]
    assert required("SpinalCord", rows=[canal], judged_by=("SpinalCanal",)) == []


def test_a_target_without_a_prescription_leaves_the_dose_per_fraction_unknown() -> None:
    rois = [
        studies.box_roi(1, "PTV_1", ((-10, 10), (-10, 10), (-10, 10)), "PTV"),
        studies.box_roi(2, "PTV_2", ((20, 40), (-10, 10), (-10, 10)), "PTV"),
        studies.box_roi(3, "Heart", ((-40, -20), (-10, 10), (-10, 10))),
    ]
    plan = studies.plan([studies.target_reference(1, 50.0, 1)], [25])
    two = case(rois=rois, plan=plan)
    asked = row("Mean[Gy]", "<", 26, roi="Heart", regimen=CONVENTIONAL)
    finding = dose_constraint(two, asked)
    assert (finding.verdict, finding.reason) == (Verdict.NOT_EVALUATED, "schedule-unknown")
    assert "PTV_2" in finding.message
    by_number = Regimen("25 fractions", fractions=(25, 25))
    assert dose_constraint(two, replace(asked, regimen=by_number)).verdict is Verdict.PASS


def test_a_name_that_is_nearly_right_is_offered_and_never_taken() -> None:
    rois = [studies.box_roi(1, "Livr", BIG), studies.box_roi(2, "GTV", SMALL, "GTV")]
    finding = dose_constraint(liver_case(1.0, rois=rois), row("Mean[Gy]", "<", 30))
    assert (finding.verdict, finding.reason) == (Verdict.NOT_APPLICABLE, "not-contoured")
    assert finding.message == "not contoured; similar: 'Livr'"


_METRICS = ("Mean[Gy]", "Max[Gy]", "V15Gy[%]", "CV15Gy[cc]", "D2cc[Gy]", "DC700cc[Gy]", "SD[Gy]", "HI[1]", "CI(90%)[1]")
_ROIS = ("Liver - GTV*", "Liver", "Kidneys", "Nothing", "PTV*", "any(Liver, Spleen)", "all(Liver, PTV)", "PTV + 5mm")
_rows = st.builds(
    lambda metric, sign, limit, roi, regimen, need, role, group: row(
        metric, sign, limit, roi=roi, regimen=regimen, requirement=need, role=role, group=group
    ),
    st.sampled_from(_METRICS),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.floats(0, 100),
    st.sampled_from(_ROIS),
    st.sampled_from([ANY, FIVE, THREE, CONVENTIONAL]),
    st.sampled_from(list(Requirement)),
    st.sampled_from(list(Role)),
    st.sampled_from([None, Group("a", GroupKind.ANY), Group("s", GroupKind.SET)]),
)
_SHARED = case(gray=12.0)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(_rows, max_size=12))
def test_a_table_gives_as_many_findings_as_it_has_rows(rows: list[Constraint]) -> None:
    rows = [named(f"r{index}", one) for index, one in enumerate(rows)]
    found = evaluate(_SHARED, protocol(*rows)).findings
    answered = [one.source.row for one in found if one.check == "dose-constraint"]
    assert answered == [one.id for one in rows]
    for one in found:
        if one.check == "dose-constraint" and one.verdict in (Verdict.PASS, Verdict.ACCEPTABLE):
            assert one.observed is not None or (one.low is not None and one.high is not None)
