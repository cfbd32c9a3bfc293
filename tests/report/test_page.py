"""What a page says: every finding, in order, in numbers that hide no failure, and nobody's name."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Case
from rtcheck.errors import UsageError
from rtcheck.finding import Finding, Measured, Source, Verdict
from rtcheck.protocol import Amendment, Evaluation, evaluate
from rtcheck.report import check_document
from rtcheck.report.page import Page, page
from rtcheck.report.page.model import Anchor, Facts, Figure, Grid, Lines, Numbers, Own, Part, Row, Section, Sentences
from rtcheck.report.page.origin import combined_digest
from rtcheck.report.page.plain import made_plain, visible
from rtcheck.report.page.words import bar
from rtcheck.rules import FollowUp, Level
from rtcheck.sheet import (
    Attestation,
    CaseSheet,
    Decision,
    DeclaredLesion,
    LesionKind,
    Override,
    Role,
    SignOff,
    Subject,
)
from rtcheck.study import Patient
from tests.checks.test_coverage import case as small_case
from tests.checks.test_coverage import protocol
from tests.checks.test_dose import row as limit
from tests.report.test_text import finding

TIME = datetime(2025, 3, 20, 14, 5, 9, tzinfo=UTC)
NAME = Patient("HOSP-0815", "Miller^Anna")
LESIONS = (
    DeclaredLesion("L1", "liver", LesionKind.PRIMARY, mobile=True, ptv="PTV"),
    DeclaredLesion("L2", "bone", LesionKind.METASTASIS, ptv="PTV_2"),
)
SHEET = CaseSheet(
    file="case.yaml",
    sha256="ab" * 32,
    subject="SITE01-001",
    centre="SITE01",
    child_pugh="A5",
    ecog=0,
    lesions=LESIONS,
    dates=MappingProxyType({"radiotherapy_end": date(2025, 3, 28)}),
    never=frozenset({"last_radiotherapy"}),
    attestations=(Attestation("simulation", True, "A.B.", Role.PHYSICIST, date(2025, 3, 12), "CT and MRI"),),
    sign_offs=(SignOff(Subject.PLAN, Role.PHYSICIST, "A.B.", date(2025, 3, 18), Decision.CONDITIONAL, "see remark"),),
    overrides=(Override("E2", "couch kick", "A.B.", Role.PHYSICIST, date(2025, 3, 18)),),
)


@cache
def base() -> Evaluation:
    """A case of two boxes, asked two limits."""
    made = small_case(lambda x, y, z: 20 + z)
    asked = protocol(limit("Max[Gy]", "<=", 50.0, roi="PTV"), limit("V22Gy[%]", "<", 95.0, roi="Liver"))
    return evaluate(made, asked)


def told(*findings: Finding, sheet: CaseSheet = SHEET, patient: Patient | None = None, **changes: object) -> Evaluation:
    """The small case with other findings."""
    study = base().case.study
    case = Case(replace(study, patient=patient or study.patient), sheet=sheet)
    asked = replace(base().protocol, **changes)  # type: ignore[arg-type]
    return replace(base(), case=case, protocol=asked, findings=findings or base().findings)


def rule(subject: str = "contours", verdict: Verdict = Verdict.PASS, **parts: object) -> Finding:
    source = Source("p", "p.rule", citation="Miller A et al. J Test 2020;1:1-2; Methods; doi:10.1/x")
    given_parts = {"limit_value": None, "unit": "", "group": "Approvals", "standing": "protocol", "source": source}
    return finding(check="protocol-rule", subject=subject, verdict=verdict, **{**given_parts, **parts})


def plan_check(row: str, verdict: Verdict = Verdict.PASS, reason: str = "", **parts: object) -> Finding:
    given_parts = {"limit_value": None, "unit": "", "group": row[0], "source": Source("plan-checks", row)}
    return finding(check="plan-check", verdict=verdict, reason=reason, **{**given_parts, **parts})


def made(evaluation: Evaluation, *, show_name: bool = False) -> Page:
    return page(evaluation, check_document(evaluation, TIME, show_name=show_name), time=TIME, show_name=show_name)


def texts(node: object) -> Iterator[str]:
    """Every text of a tree."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, tuple):
        for one in node:
            yield from texts(one)
    elif dataclasses.is_dataclass(node) and not isinstance(node, type):
        for field in dataclasses.fields(node):
            yield from texts(getattr(node, field.name))


def said(node: object) -> str:
    return "\n".join(texts(node))


def section(of: Page, anchor: Anchor) -> Section:
    return next(one for one in of.sections if one.anchor is anchor)


def rows(node: Section | Part) -> list[Row]:
    blocks = [block for part in (node, *getattr(node, "parts", ())) for block in part.blocks]
    tables = [block for block in blocks if isinstance(block, Numbers | Sentences)]
    return [row for table in tables for group in table.groups for row in group.rows]


CHECKS = ("bed", "bed-achieved", "required-roi", "plan-status", "reading", "names", "attestation", "override")
KINDS = [*((check, verdict) for check in CHECKS for verdict in (Verdict.FAIL, Verdict.INFO, Verdict.NOT_EVALUATED))]
KINDS += [("protocol-rule", verdict) for verdict in Verdict] + [("plan-check", verdict) for verdict in Verdict]
KINDS += [("dose-constraint", verdict) for verdict in Verdict if verdict is not Verdict.NOT_APPLICABLE]


def test_every_finding_is_told_and_counted_once() -> None:
    findings = [
        finding(check=check, verdict=verdict, subject=f"S{number:03}", group="A", message=f"M{number:03}")
        for number, (check, verdict) in enumerate(KINDS)
    ]
    findings.append(finding(verdict=Verdict.NOT_APPLICABLE, reason="not-contoured", subject="Brain"))
    whole = made(told(*findings))
    elsewhere = said(tuple(one for one in whole.sections if one.anchor is not Anchor.ATTENTION))
    assert [one.subject for one in findings if one.subject not in elsewhere and one.message not in elsewhere] == []
    assert sum(int(count or 0) for count in whole.glance.totals) == len(findings)
    assert [sum(int(area.counts[at] or 0) for area in whole.glance.areas) for at in range(6)] == [
        int(count or 0) for count in whole.glance.totals
    ]


def test_head_names_verdict_wording_subject_protocol_and_amendments() -> None:
    wording = MappingProxyType({"FAIL": "deviation unacceptable"})
    changes = {"wording": wording, "amendments": (Amendment("2", "2025-01-15", "four more centres"),)}
    whole = made(told(finding(verdict=Verdict.FAIL), **changes))
    assert (whole.mark.word, whole.wording) == ("FAIL", "deviation unacceptable")
    assert (whole.subject, whole.centre) == ("SITE01-001", "SITE01")
    assert "amendment 2 of 2025-01-15: four more centres" in said(whole.facts)
    assert whole.summary == "1 failing"


def test_what_needs_attention_begins_with_what_fails() -> None:
    findings = (
        finding(verdict=Verdict.ACCEPTABLE),
        finding(verdict=Verdict.PASS),
        rule("age", Verdict.NOT_EVALUATED, reason="not-declared", message="age isn't declared"),
        plan_check("B6", Verdict.FAIL, subject="Lung_L", message="outside the grid"),
        finding(verdict=Verdict.PASS, robust=False, message="under another"),
    )
    lines = section(made(told(*findings)), Anchor.ATTENTION).blocks[0]
    assert isinstance(lines, Lines)
    verdicts = [line.mark.verdict for line in lines.lines if line.mark]
    assert verdicts == [Verdict.FAIL, Verdict.NOT_EVALUATED, Verdict.ACCEPTABLE, Verdict.PASS]
    assert lines.lines[0].head == "B6 · Lung_L"


def test_rows_that_nobody_could_evaluate_for_one_reason_are_one_line_of_attention() -> None:
    same = {"verdict": Verdict.NOT_EVALUATED, "reason": "schedule-mixed", "message": "for 3 fractions"}
    lines = section(made(told(*(finding(subject=name, **same) for name in ("Cord", "Heart")))), Anchor.ATTENTION)
    assert [(line.head, line.text) for line in lines.blocks[0].lines] == [("Cord, Heart", "2 rows: for 3 fractions")]  # type: ignore[union-attr]


def test_organs_with_failing_limits_come_first_and_in_them_the_failing_limits() -> None:
    findings = (
        finding(subject="Heart", observed=1.0),
        finding(subject="Cord", observed=1.0),
        finding(subject="Cord", observed=16.0, verdict=Verdict.FAIL),
    )
    found = rows(section(made(told(*findings)), Anchor.LIMITS))
    assert [(row.subject, row.mark.verdict) for row in found] == [
        ("Cord", Verdict.FAIL),
        ("Cord", Verdict.PASS),
        ("Heart", Verdict.PASS),
    ]


def test_failure_is_not_rounded_onto_its_limit() -> None:
    broken = finding(observed=15.004, limit="<= 15 Gy", margin=-0.004, margin_percent=-0.027, verdict=Verdict.FAIL)
    row = rows(section(made(told(broken)), Anchor.LIMITS))[0]
    assert (row.observed, row.limit, row.margin) == ("15.004 Gy", "≤ 15 Gy", "−0.004 Gy (−0.03 %)")


def test_limits_of_tables_are_told_from_those_of_the_protocol() -> None:
    whole = made(told(finding(standing="reference"), finding(standing="protocol"), finding()))
    standings = {row.standing for row in rows(section(whole, Anchor.LIMITS))}
    assert standings == {"reference, not a protocol limit", "limit of the protocol", ""}


def test_row_says_whether_it_holds_over_its_interval() -> None:
    held = {"observed": 14.0, "low": 13.0, "limit": "<= 15 Gy"}
    robust, fragile = finding(**held, high=14.5), finding(**held, high=15.5, robust=False)
    notes = [row.notes for row in rows(section(made(told(robust, fragile)), Anchor.LIMITS))]
    assert notes == [("robust over 13.00 – 14.50 Gy",), ("not robust over 13.00 – 15.50 Gy",)]


@pytest.mark.parametrize(
    ("margin", "percent", "start", "width"),
    [
        (7.5, 50.0, 50.0, 25.0),
        (-3.75, -25.0, 37.5, 12.5),
        (60.0, 400.0, 50.0, 50.0),
        (-0.004, -0.027, 48.5, 1.5),
        (0.0, 0.0, 50.0, 0.0),
    ],
)
def test_bar_shows_the_margin_on_its_side_of_the_limit(
    margin: float, percent: float, start: float, width: float
) -> None:
    drawn = bar(finding(observed=15 - margin, limit="<= 15 Gy", margin=margin, margin_percent=percent))
    assert drawn is not None
    assert (drawn.start, drawn.width) == (start, width)


def test_margin_without_percent_has_no_bar() -> None:
    assert bar(finding(observed=1.0)) is None


def test_source_said_above_is_not_said_again() -> None:
    source = Source("t", "t.row", citation="Doe J. J Test 2020; Table 1; doi:10.1/x", status="verified")
    found = rows(section(made(told(finding(source=source), finding(source=source))), Anchor.LIMITS))
    assert [row.origin for row in found] == ["t.row [verified] · (1) Table 1", "t.row [verified]"]


def test_lesions_have_their_findings_and_nothing_about_other_targets_is_lost() -> None:
    findings = (
        finding(check="bed", subject="PTV", metric="BED10[Gy]"),
        finding(check="bed", subject="PTV_9", metric="BED10[Gy]"),
        rule("L2", Verdict.NOT_EVALUATED, lesion="L2", group="Volumes", message="no PTV"),
    )
    parts = section(made(told(*findings)), Anchor.LESIONS).parts
    assert [part.title for part in parts] == ["L1", "L2", "PTV_9"]
    assert [row.subject for part in parts for row in rows(part)] == ["PTV", "Volumes", "PTV_9"]
    facts = parts[0].blocks[0]
    assert isinstance(facts, Facts)
    assert "not said: bone, vertebra, measurable" in said(facts)


def test_without_a_list_of_lesions_the_page_says_so() -> None:
    assert "No list of lesions was declared" in said(section(made(told(sheet=CaseSheet())), Anchor.LESIONS))


def test_many_numbers_behind_a_rule_are_a_table() -> None:
    statistics = ("minimum", "median", "maximum")
    measured = tuple(Measured(f"{side}{name}", 2.0, "mm") for side in ("", "left, ", "right, ") for name in statistics)
    part = section(made(told(rule("L1", lesion="L1", measured=measured))), Anchor.LESIONS).parts[0]
    grid = next(block for block in part.blocks if isinstance(block, Grid))
    assert [column.title for column in grid.columns] == ["Where", "minimum [mm]", "median [mm]", "maximum [mm]"]
    assert [row[0] for row in grid.rows] == ["all", "left", "right"]


def test_count_has_no_decimals_and_a_rule_answered_in_words_no_number() -> None:
    counted = rule("lesions", observed=1, low=1, high=1, unit="lesions", limit="1 to 5")
    worded = rule("Child-Pugh", limit="A5, A6 or B7")
    observed = {row.subject: row.observed for row in rows(section(made(told(counted, worded)), Anchor.RULES))}
    assert observed == {"lesions": "1 lesion", "Child-Pugh": ""}


def test_plan_checks_tell_alerts_then_a_line_for_each_kind_of_silence() -> None:
    findings = (
        plan_check("E1", message="one isocentre"),
        plan_check(
            "E2",
            Verdict.ACCEPTABLE,
            message="31 mm away",
            overridden="A.B. (physicist): couch kick",
            overridden_verdict=Verdict.FAIL,
        ),
        plan_check("E3", Verdict.INFO, "not-checked", message="couldn't be checked: no beams"),
        plan_check("E4", Verdict.INFO, "shown", subject="Arc", message="2154 MU", observed=2154.0, unit="MU"),
        plan_check("E5", Verdict.NOT_APPLICABLE, "off", message="switched off: not ours"),
        plan_check("E6", Verdict.INFO, "carried", message="judged by the findings of bed"),
        plan_check("E7", Verdict.FAIL, "angles", message="370 degrees"),
    )
    part = section(made(told(*findings)), Anchor.PLAN_CHECKS).parts[0]
    assert part.title == "E · Beams"
    assert [row.said for row in rows(part)] == ["370 degrees"]
    lines = part.blocks[1]
    assert isinstance(lines, Lines)
    assert [line.head for line in lines.lines] == [
        "E2 Cord",
        "Couldn't be checked",
        "E4 Arc",
        "Passed",
        "Judged by other findings",
        "Switched off",
    ]
    assert lines.lines[0].text == "31 mm away. Overridden: A.B. (physicist): couch kick (without it FAIL)"
    assert lines.lines[2].text == "2154 MU"


def test_value_that_the_sentence_lacks_is_shown_in_significant_digits() -> None:
    shown = plan_check("G2", Verdict.INFO, "shown", message="conformity", metric="CI", observed=0.98389)
    assert "conformity (CI 0.9839)" in said(section(made(told(shown)), Anchor.PLAN_CHECKS))


def test_people_and_what_they_said_stand_in_tables() -> None:
    grids = [block for block in section(made(told()), Anchor.PEOPLE).blocks if isinstance(block, Grid)]
    assert [grid.caption for grid in grids] == ["Attestations", "Sign-offs", "Overrides of alerts"]
    assert grids[1].rows == (("plan", "1", "conditional", "A.B.", "physicist", "2025-03-18", "see remark"),)
    assert "Nobody attested" in said(section(made(told(sheet=CaseSheet())), Anchor.PEOPLE))


def test_visits_are_a_table_where_the_protocol_asks_for_them() -> None:
    asked = FollowUp("p.fu", "Imaging", Level.INFORMATION, Source("p", "p.fu"), at=(1,), until_months=1)
    grid = section(made(told(rules=(asked,))), Anchor.FOLLOW_UP).blocks[0]
    assert isinstance(grid, Grid)
    assert grid.rows == (("2025-04-28", "2025-04-28", "2025-04-28", "Imaging", "1", "p.fu"),)
    assert Anchor.FOLLOW_UP not in {one.anchor for one in made(told()).sections}


def test_what_does_not_apply_is_named_in_one_line_each() -> None:
    absent = {"verdict": Verdict.NOT_APPLICABLE, "reason": "not-contoured"}
    lines = section(made(told(*(finding(subject=name, **absent) for name in ("Brain", "Lens")))), Anchor.LEFT_OUT)
    assert [(line.head, line.text) for line in lines.blocks[0].lines] == [("Not contoured", "Brain; Lens")]  # type: ignore[union-attr]


def test_curves_of_targets_and_of_measured_organs_are_drawn() -> None:
    drawn = section(made(base()), Anchor.CURVES).blocks
    assert all(isinstance(block, Figure) for block in drawn)
    names = [[curve.name for curve in block.plot.curves] for block in drawn]  # type: ignore[union-attr]
    assert names == [["PTV"], ["PTV", "Liver"]]


def test_name_and_id_of_the_patient_stand_nowhere_unless_asked_for() -> None:
    findings = (
        finding(subject="Liver Miller", message="of Miller^Anna, HOSP-0815"),
        rule("L1", message="as Anna Miller said", lesion="L1"),
        finding(check="reading", subject="Miller_Anna.dcm", verdict=Verdict.INFO, message="patient HOSP-0815"),
    )
    sheet = replace(SHEET, notes="Mrs Miller agrees")
    whole = said(made(told(*findings, sheet=sheet, patient=NAME)))
    without_own = [
        text for text in texts(made(told(*findings, sheet=sheet, patient=NAME))) if not isinstance(text, Own)
    ]
    assert "HOSP-0815" not in whole
    assert "Anna" not in whole
    assert not any("Miller" in text for text in without_own)
    assert "SITE01-001" in whole
    asked = said(made(told(*findings, sheet=sheet, patient=NAME), show_name=True))
    assert "Miller^Anna (HOSP-0815)" in asked


def test_authors_with_the_patients_name_are_cited() -> None:
    assert "Miller A et al. J Test 2020;1:1-2 doi:10.1/x" in said(made(told(rule(), patient=NAME)))


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="zone"):
        page(base(), check_document(base(), TIME), time=TIME.replace(tzinfo=None))


def test_document_with_a_name_is_refused_where_none_is_asked_for() -> None:
    with pytest.raises(UsageError, match="show_name"):
        page(base(), check_document(base(), TIME, show_name=True), time=TIME)


def test_digest_is_that_of_the_document() -> None:
    document = check_document(base(), TIME)
    assert made(base()).digest == document["digest"]
    assert str(document["digest"]) in said(section(made(base()), Anchor.PROVENANCE))


def test_many_files_of_a_kind_are_told_together() -> None:
    document = check_document(base(), TIME)
    digests = [f"{number:064x}" for number in range(20)]
    inputs = [{"modality": "CT", "file": f"CT/{d}.dcm", "sop_instance_uid": "1.2", "sha256": d} for d in digests]
    provenance = {**document["provenance"], "inputs": inputs}  # type: ignore[dict-item]
    whole = page(base(), {**document, "provenance": provenance}, time=TIME)
    part = next(part for part in section(whole, Anchor.PROVENANCE).parts if part.title == "Inputs")
    short, every = part.blocks
    assert short.rows[0][1] == "20 files in CT"  # type: ignore[union-attr]
    assert combined_digest(digests) in short.rows[0][2]  # type: ignore[union-attr]
    assert len(every.grid.rows) == 20  # type: ignore[union-attr]


@given(st.lists(st.text("0123456789abcdef", min_size=4), min_size=1))
def test_combined_digest_does_not_depend_on_the_order(digests: list[str]) -> None:
    assert combined_digest(digests) == combined_digest(digests[::-1])


@given(st.text())
def test_text_of_a_file_becomes_one_line_of_visible_characters(text: str) -> None:
    shown = visible(text)
    assert not [one for one in shown if unicodedata.category(one)[0] == "C" and one not in "\u200c\u200d"]
    assert not set(shown) & set("\n\r\u2028\u2029")
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("PTV\u202e1", "PTV⟨U+202E⟩1"),
        ("\x1b[31mPTV", "⟨U+001B⟩[31mPTV"),
        ("A\nB\tC", "A B C"),
        ("肝脏 🫀 الكبد", "肝脏 🫀 الكبد"),
    ],
)
def test_what_cannot_be_seen_is_spelt(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_texts_of_rtcheck_are_made_visible_and_not_redacted() -> None:
    found = made_plain((Own("a\x00b"), "a\x00b"), lambda text: text.upper())
    assert found == ("a⟨U+0000⟩b", "A⟨U+0000⟩B")
