"""Every finding has one section, organs with the worst verdict come first, and what is left out is named."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.finding import Finding, Source, Verdict
from rtcheck.report.sections import (
    Sections,
    by_organ,
    flat,
    left_out,
    organ_text,
    organs_without_limit,
    remarks,
    sections,
)
from tests.report.test_text import finding

CHECKS = (
    "plan-status",
    "patient",
    "names",
    "laterality",
    "prescription-sources",
    "bed",
    "bed-achieved",
    "required-roi",
    "tables",
    "table-change",
    "dose-constraint",
    "limits",
    "unjudged-organ",
    "reading",
    "somebody-elses-check",
)


def row(subject: str, verdict: Verdict = Verdict.PASS, row_id: str = "t.row", **parts: object) -> Finding:
    return finding(subject=subject, verdict=verdict, source=Source("t", row_id), **parts)


def absent(subject: str, reason: str, message: str = "", table: str = "t", **parts: object) -> Finding:
    source = Source(table, f"{table}.row")
    return finding(
        subject=subject, verdict=Verdict.NOT_APPLICABLE, reason=reason, message=message, source=source, **parts
    )


@given(st.lists(st.tuples(st.sampled_from(CHECKS), st.sampled_from(Verdict))))
def test_every_finding_stands_in_exactly_one_section(told: list[tuple[str, Verdict]]) -> None:
    findings = [finding(check=check, verdict=verdict) for check, verdict in told]
    parts = sections(findings)
    placed = [one for field in dataclasses.fields(Sections) for one in getattr(parts, field.name)]
    assert sorted(map(id, placed)) == sorted(map(id, findings))


@pytest.mark.parametrize(
    ("check", "verdict", "section"),
    [
        ("tables", Verdict.INFO, "head"),
        ("table-change", Verdict.INFO, "changes"),
        ("laterality", Verdict.NOT_EVALUATED, "remarks"),
        ("laterality", Verdict.INFO, "notes"),
        ("names", Verdict.NOT_EVALUATED, "remarks"),
        ("unjudged-organ", Verdict.NOT_EVALUATED, "remarks"),
        ("unjudged-organ", Verdict.INFO, "unjudged"),
        ("dose-constraint", Verdict.NOT_EVALUATED, "limits"),
        ("dose-constraint", Verdict.INFO, "quoted"),
        ("dose-constraint", Verdict.NOT_APPLICABLE, "not_applicable"),
        ("somebody-elses-check", Verdict.FAIL, "limits"),
        ("somebody-elses-check", Verdict.INFO, "notes"),
    ],
)
def test_section_of_a_finding(check: str, verdict: Verdict, section: str) -> None:
    one = finding(check=check, verdict=verdict)
    assert getattr(sections([one]), section) == (one,)


def test_organs_with_the_worst_verdict_come_first_and_their_rows_stay_together() -> None:
    findings = [
        row("Heart", row_id="1"),
        row("Liver", row_id="2"),
        row("Lungs", Verdict.NOT_EVALUATED, "3"),
        row("Liver - GTV*", Verdict.FAIL, "4"),
    ]
    groups = by_organ(findings)
    assert [organ for organ, _ in groups] == ["Liver", "Lungs", "Heart"]
    assert [one.source.row for one in flat(groups)] == ["4", "2", "3", "1"]


def test_rows_of_a_set_stand_together_where_the_worst_of_them_does() -> None:
    findings = [
        row("Esophagus", Verdict.ACCEPTABLE, "alone"),
        row("Esophagus", Verdict.PASS, "a1", set="a"),
        row("Esophagus", Verdict.FAIL, "a2", set="a"),
    ]
    assert [one.source.row for one in flat(by_organ(findings))] == ["a2", "a1", "alone"]


@pytest.mark.parametrize(
    ("subject", "organ"),
    [
        ("Liver - GTV*", "Liver"),
        ("all(Kidney_L, Kidney_R)", "Kidney"),  # what the source calls both
        ("'not an expression", "'not an expression"),
    ],
)
def test_organ_of_a_row(subject: str, organ: str) -> None:
    assert organ_text(row(subject, group="Kidney")) == organ


def test_every_organ_that_is_not_contoured_is_named_once_with_what_looks_like_it() -> None:
    told = left_out(
        [
            absent("Brain", "not-contoured", "not contoured"),
            absent("Liver - GTV*", "not-contoured", "not contoured; similar: 'Livr', 'Liv'"),
            absent("Liver", "not-contoured", "not contoured; similar: 'Livr'"),
            absent("all(Kidney_L, Kidney_R)", "not-contoured", "not contoured"),
        ]
    )
    assert told == (("Not contoured", ("Brain", "Liver (similar: 'Livr', 'Liv')", "Kidney_L", "Kidney_R")),)


def test_rows_for_other_schedules_are_counted_by_table_and_those_for_other_patients_named() -> None:
    told = left_out(
        [
            absent("Heart", "schedule", "for 3 fractions"),
            absent("Heart", "schedule", "for 1 fraction"),
            absent("Lungs", "schedule", table="u"),
            absent("Bladder", "patient", metric="V65Gy[%]"),
            absent("Bladder", "patient", metric="V70Gy[%]"),
            absent("Heart", "else", "of another kind", metric="Max[Gy]"),
        ]
    )
    assert told == (
        ("Only for other schedules", ("t 2 rows", "u 1 row")),
        ("Only for other patients", ("Bladder V65Gy[%], V70Gy[%]",)),
        ("of another kind", ("Heart Max[Gy]",)),
    )


def test_only_organs_that_need_no_limit_are_listed_as_without_one() -> None:
    needless = finding(check="unjudged-organ", verdict=Verdict.INFO, subject="Spleen", observed=3.0, low=3.0)
    needed = finding(check="unjudged-organ", verdict=Verdict.NOT_EVALUATED, subject="Liver", message="required")
    unknown = finding(check="unjudged-organ", verdict=Verdict.INFO, subject="Lung")
    findings = [needless, needed, unknown]
    assert organs_without_limit(findings) == ("Spleen (max 3.00 Gy)", "Lung (max unknown)")
    assert remarks(findings) == [needed]
