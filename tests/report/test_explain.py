"""A constraint in plain English: read here as a dosimetrist would, and asked of every row that is shipped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rtcheck.constraint import Constraint, Group, GroupKind, Limit, Patients, Regimen, Requirement, Role
from rtcheck.finding import Source
from rtcheck.metrics import Question, parse_metric
from rtcheck.report.constraints import Listed, rows_of
from rtcheck.report.constraints.phrases import expression_of, metric_text, roi_text
from rtcheck.report.explain import explanation
from rtcheck.tables import all_tables, load_protocol, protocol_ids
from rtcheck.tables.quantities import parse_limit
from rtcheck.units import eqd2_basis

CONVENTIONAL = Regimen("conventional 1.8-2.0 Gy/fraction", dose_per_fraction_gy=(1.8, 2.0))
SBRT = Regimen("3-5 fractions", (3, 5))


def row(metric: str, limit: str | Limit, roi: str = "Liver - GTV*", **parts: object) -> Constraint:
    said = {
        "id": "t.row",
        "organ": "Liver",
        "roi": roi,
        "metric": parse_metric(metric),
        "goal": parse_limit(limit) if isinstance(limit, str) else limit,
        "source": Source("t", "t.row", "t.yaml", 1, "Someone 2010", "verified"),
        "regimen": SBRT,
        "transcriptions": 4,
    }
    return Constraint(**(said | parts))


def told(constraint: Constraint) -> dict[str, str]:
    return dict(explanation(constraint))


def test_a_limit_with_a_range_reads_like_this() -> None:
    constraint = row("Mean[Gy]", "< 30 Gy", acceptable=parse_limit("< 32 Gy"), regimen=CONVENTIONAL, rate_pct="<5")
    assert told(replace(constraint, endpoint="Classic RILD")) == {
        "In short": "The mean dose of Liver without the GTVs must be less than 30 Gy; less than 32 Gy is acceptable.",
        "Asks": "Mean[Gy] of Liver - GTV*, in Gy. Doses are physical.",
        "Schedule": '1.8 to 2 Gy per fraction only ("conventional 1.8-2.0 Gy/fraction"). For any other it is NOT '
        "APPLICABLE, unless you ask it in EQD2 with --convert eqd2.",
        "PASS": "Less than 30 Gy.",
        "ACCEPTABLE": "At least 30 Gy, but less than 32 Gy.",
        "FAIL": "At least 32 Gy.",
        "At the limit": 'Exactly 30 Gy is ACCEPTABLE (the comparator is "<"). Exactly 32 Gy is FAIL (the comparator '
        'is "<").',
        "Without the ROI": "Where no ROI is Liver, or a synonym, it is NOT APPLICABLE, and the report lists it as not "
        "contoured. Where only GTV* is missing, it is NOT EVALUATED.",
        "Outcome": "Classic RILD: <5 %.",
        "How sure": "Verified: two or more independent transcriptions agree; not read in the publication itself (4 "
        "were compared).",
        "Source": "Someone 2010",
    }


def test_a_spared_volume_says_what_it_is_not() -> None:
    parts = told(row("CV15Gy[cc]", ">= 700 cc"))
    assert parts["In short"] == (
        "The volume of Liver without the GTVs that gets less than 15 Gy must be at least 700 cc."
    )
    assert parts["Too small"] == "An ROI of less than 700 cc can't meet it: FAIL, and the finding says why."
    assert parts["Beware"] == (
        "This isn't D700cc[Gy] <= 15 Gy, which is about the hottest 700 cc: in an ROI of 1050 cc that would spare only "
        "350 cc. It asks too little of an ROI below 1400 cc, and too much above. Asked as a dose, this row reads "
        "DC700cc[Gy] <= 15 Gy: the highest dose of the coldest 700 cc."
    )


def test_only_spared_volumes_are_told_apart_from_the_hot_volume() -> None:
    assert "Beware" not in told(row("V15Gy[cc]", "< 700 cc"))
    assert "Beware" not in told(row("CV15Gy[%]", ">= 50 %"))


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("< 30 Gy", 'Exactly 30 Gy is FAIL (the comparator is "<").'),
        ("<= 30 Gy", 'Exactly 30 Gy is PASS (the comparator is "<=").'),
        ("> 30 Gy", 'Exactly 30 Gy is FAIL (the comparator is ">").'),
        (">= 30 Gy", 'Exactly 30 Gy is PASS (the comparator is ">=").'),
    ],
)
def test_the_limit_itself_is_told_as_it_is_judged(limit: str, words: str) -> None:
    assert told(row("Mean[Gy]", limit))["At the limit"] == words


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        ("= 72 Gy", "72 Gy is where the source quotes a rate of 5 %"),
        ("~ 72 Gy", "About 72 Gy is where the source quotes a rate of 5 %"),
        ("between 55 and 60 Gy", "Between 55 and 60 Gy is where the source quotes a rate of 5 %"),
        ("< 42 Gy", "Less than 42 Gy is where the source quotes a rate of 5 %"),
    ],
)
def test_a_quoted_number_is_never_called_a_limit(limit: str, words: str) -> None:
    parts = told(row("Max[Gy]", limit, role=Role.RISK_POINT, rate_pct="5"))
    assert parts["INFO"] == f"{words}; it is no limit. Nothing passes or fails."
    assert not {"PASS", "FAIL", "ACCEPTABLE", "At the limit"} & set(parts)
    assert "never judged" in parts["In short"]


def test_a_range_of_risk_points_has_both_ends() -> None:
    point = row("Max[Gy]", "<= 12.4 Gy", role=Role.RISK_POINT, acceptable=parse_limit("<= 14 Gy"), rate_pct="1-5")
    assert told(point)["INFO"].startswith("12.4 to 14 Gy is where the source quotes a rate of 1-5 %")


def test_a_required_row_keeps_the_plan_from_passing_without_its_roi() -> None:
    parts = told(row("Mean[Gy]", "< 30 Gy", roi="Heart", requirement=Requirement.REQUIRED))
    assert (
        parts["Without the ROI"]
        == "Where no ROI is Heart, or a synonym, it is NOT EVALUATED, and the plan doesn't pass."
    )


def test_patients_are_those_that_are_tested() -> None:
    patients = Patients(frozenset({"hcc"}), frozenset({"A", "B7"}), "primary liver cancer")
    assert told(row("Mean[Gy]", "< 30 Gy", patients=patients))["Patients"] == (
        'Hepatocellular carcinoma, Child-Pugh A or B7 only ("primary liver cancer"). For others it is NOT APPLICABLE; '
        "where nobody says, a value that breaks the limit is NOT EVALUATED."
    )
    untested = told(row("Mean[Gy]", "< 30 Gy", patients=Patients(text="liver SBRT")))["Patients"]
    assert untested == '"liver SBRT": this isn\'t tested, the row is asked of every patient.'


def test_groups_say_how_their_rows_count_together() -> None:
    one_of_two = row("Mean[Gy]", "< 30 Gy", group=Group("t.either", GroupKind.ANY, "either of two"))
    assert told(one_of_two)["FAIL"] == "At least 30 Gy, unless another row of t.either is met: then it is ACCEPTABLE."
    a_set = row("Mean[Gy]", "< 30 Gy", role=Role.SET_MEMBER, group=Group("t.set", GroupKind.SET, "five rows"))
    assert told(a_set)["Belongs to"] == "t.set. Five rows. The published rate holds only where all its rows are met."


def test_a_clinics_own_number_is_not_passed_off_as_published() -> None:
    source = Source("mine", "t.row", "mine.yaml", 1, "Someone 2010", "unverified")
    parts = told(
        row("Mean[Gy]", "< 28 Gy", overrides="limit < 28 Gy in place of < 30 Gy of t: we ask for less", source=source)
    )
    assert parts["Changed"] == "Limit < 28 Gy in place of < 30 Gy of t: we ask for less."
    assert parts["How sure"].startswith("Unverified: the publication's number is another")


def test_doses_that_are_not_physical_are_named() -> None:
    parts = told(row("Mean[Gy]", "< 30 Gy", basis=eqd2_basis(3), regimen=Regimen("any")))
    assert "EQD2 (alpha/beta 3 Gy), of the sum of all plans, voxel by voxel" in parts["Asks"]
    assert parts["Schedule"] == "Any."


@pytest.mark.parametrize(
    ("roi", "words"),
    [
        ("Liver", "Liver"),
        ("Liver - GTV* - PTV_*", "Liver without the GTVs without the PTVs"),
        ("Kidney_L + Kidney_R", "Kidney_L together with Kidney_R"),
        ("(Lungs + Heart) & Body", "(Lungs together with Heart) within Body"),
        ("all(Cochlea_L, Cochlea_R)", "each of Cochlea_L and Cochlea_R"),
        ("any(Parotid_L, Parotid_R)", "one of Parotid_L or Parotid_R"),
        ("SpinalCord + 5mm", "SpinalCord grown by 5 mm"),
        ("(PTV* & Liver) - 3mm", "(the PTVs within Liver) shrunk by 3 mm"),
        ("ring(PTV, 0mm, 20mm)", "the shell 0 to 20 mm around PTV"),
        ("'PTV - old'", "PTV - old"),
        ("Node_*", "the ROIs named Node_*"),
        ("Liver - (", "Liver - ("),
    ],
)
def test_roi_expressions_in_words(roi: str, words: str) -> None:
    assert roi_text(expression_of(roi)) == words


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("D0.035cc[Gy]", "the lowest dose in the hottest 0.035 cc of X"),
        ("DC700cc[Gy]", "the highest dose in the coldest 700 cc of X"),
        ("V20Gy[%]", "the part of X that gets 20 Gy or more"),
        ("V95%@PTV[cc]", "the volume of X that gets 95 % of the dose prescribed to PTV or more"),
        ("CV15Gy[cc]", "the volume of X that gets less than 15 Gy"),
        ("gEUD(8)[Gy]", "the generalised equivalent uniform dose of X with a = 8"),
        ("MeanOf95%Volume[Gy]", "the mean dose of the hottest 95 % of X"),
        ("PrescriptionDose[Gy]", "the prescribed dose itself"),
        (
            "CI(95%)[1]",
            "the conformity index of RTOG, the volume of the body that gets 95 % of the prescribed dose over that of X",
        ),
    ],
)
def test_metrics_in_words(metric: str, words: str) -> None:
    assert metric_text(parse_metric(metric), "X") == words


@pytest.mark.parametrize(
    "metric",
    [
        "Min[Gy]",
        "Max[Gy]",
        "Mean[Gy]",
        "Median[Gy]",
        "SD[Gy]",
        "Volume[cc]",
        "HI[1]",
        "PCI(95%)[1]",
        "GI(100%)[1]",
        "R50[1]",
    ],
)
def test_every_metric_has_words_of_its_own(metric: str) -> None:
    words = metric_text(parse_metric(metric), "X")
    assert "X" in words
    assert "{" not in words


def test_no_question_is_without_words() -> None:
    from rtcheck.report.constraints import phrases

    assert set(phrases._ASKED) == set(Question)


@pytest.fixture(scope="module")
def shipped() -> tuple[Listed, ...]:
    return rows_of(all_tables(), [load_protocol(one) for one in protocol_ids()])


def test_every_shipped_row_can_be_explained(shipped: tuple[Listed, ...]) -> None:
    assert len(shipped) >= 385
    for one in shipped:
        constraint, parts = one.row, told(one.row)
        said = " ".join(parts.values())
        assert str(constraint.metric) in parts["Asks"], constraint.id
        assert f"{constraint.goal.value:g}" in parts["In short"], constraint.id
        assert all(text[-1] in '.?"' or heading == "Source" for heading, text in parts.items()), constraint.id
        assert "  " not in said and ".." not in said and " ." not in said, (constraint.id, said)
        assert ("PASS" in parts) == constraint.role.is_judged, constraint.id
