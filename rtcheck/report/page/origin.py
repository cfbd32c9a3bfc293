"""Where a report comes from: how the files were read, and everything that whoever recomputes it needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rtcheck.finding import Finding
from rtcheck.protocol import Evaluation
from rtcheck.report import sections, summary
from rtcheck.report.page.model import (
    Align,
    Anchor,
    Block,
    Column,
    Fact,
    Facts,
    Grid,
    Line,
    Lines,
    Own,
    Part,
    Prose,
    Section,
    Whole,
)
from rtcheck.report.page.people import PEOPLE_CHECKS
from rtcheck.report.page.words import Citations, mark, worst_mark

#: So many files of one kind are told one by one; more are told together.
_FEW = 8
_FILE_COLUMNS = (
    Column(Own("Kind")),
    Column(Own("File"), is_wide=True),
    Column(Own("SOP Instance UID, SHA-256"), Align.CODE),
)
_TABLE_COLUMNS = (
    Column(Own("What"), is_wide=True),
    Column(Own("Version")),
    Column(Own("File")),
    Column(Own("SHA-256"), Align.CODE),
)


def reading_section(evaluation: Evaluation) -> Section:
    """What a reviewer should know of the files: what decides first, then notes, then what makes numbers fragile."""
    parts = sections.sections(evaluation.findings)
    notes = [finding for finding in parts.notes if finding.check not in PEOPLE_CHECKS]
    told = (*parts.remarks, *parts.head, *notes)
    lines = [Line(finding.message, _about(finding), mark(finding.verdict)) for finding in told]
    blocks: list[Block] = [Lines(tuple(lines))] if lines else [Prose(Own("The files were read without remarks."))]
    if flags := summary.quality_flags(evaluation):
        blocks.append(Lines(tuple(Line(message, rois) for rois, message in flags)))
    return Section(Anchor.READING, Own("How files and case sheet were read"), tuple(blocks), mark=worst_mark(told))


def _about(finding: Finding) -> str:
    return finding.subject if finding.subject.casefold() != "table selection" else Own("Tables")


def provenance_section(provenance: Mapping[str, Any], digest: str, citations: Citations) -> Section:
    """Software, protocol and tables, settings, inputs, publications, and the digest of the report's data."""
    inputs: Sequence[Mapping[str, Any]] = provenance.get("inputs", ())
    parts = [
        Part(Own("Software and data"), (Facts(tuple(_software(provenance, digest))),)),
        Part(Own("Protocol and tables"), (_tables(provenance),)),
        Part(Own("Settings and conventions"), (Facts(tuple(_settings(provenance))),)),
        Part(Own("Inputs"), _inputs(inputs), aside=Own(f"{len(inputs)} files")),
    ]
    if citations.listed:
        parts.append(Part(Own("Publications"), (Lines(tuple(Line(text) for text in citations.listed)),)))
    return Section(Anchor.PROVENANCE, Own("Provenance"), (), tuple(parts))


def _software(provenance: Mapping[str, Any], digest: str) -> Iterable[Fact]:
    software = provenance.get("software", {})
    yield Fact(Own("Software"), (Own(f"{software.get('name')} {software.get('version')}"),))
    if software.get("sha256"):
        yield Fact(Own("Its SHA-256"), (Own(software["sha256"]),))
    yield Fact(Own("Time"), (Own(provenance.get("time", "")),))
    yield Fact(Own("Report's digest"), (Own(digest), Own("SHA-256 of the report's data, as its JSON states it")))
    if sheet := provenance.get("case_sheet"):
        yield Fact(Own("Case sheet"), (sheet.get("file", ""), Own(sheet.get("sha256", ""))))


def _tables(provenance: Mapping[str, Any]) -> Grid:
    """Protocol, tables, site and further data, each with its digest."""
    protocol, site = provenance.get("protocol", {}), provenance.get("site")
    checks = provenance.get("plan_checks") or {}
    every = [("protocol", protocol), *(("table", table) for table in provenance.get("tables", ()))]
    every += [("site", site)] if site else []
    every += [("data", one) for one in provenance.get("data", ())]
    every += [("plan checks", checks)] if checks.get("file") else []
    rows = [
        (
            Own(f"{kind} {one.get('id') or ''}".strip()),
            Own(str(one.get("version") or "")),
            Own(one.get("file") or ""),
            Own(one.get("sha256") or ""),
        )
        for kind, one in every
    ]
    return Grid(Own("Protocol, tables and data"), _TABLE_COLUMNS, tuple(rows), is_titled=True)


def _settings(provenance: Mapping[str, Any]) -> Iterable[Fact]:
    conventions = provenance.get("conventions", {})
    for label, key in (("Contours as solids", "solid"), ("Dose", "dose"), ("Outside the dose grid", "outside_grid")):
        if key in conventions:
            yield Fact(Own(label), (Own(conventions[key]),))
    over = conventions.get("intervals_over", ())
    yield Fact(Own("Intervals"), (Own("; ".join(over)),))
    dose = provenance.get("dose", {})
    if provenance.get("dose_grid"):
        yield Fact(Own("Dose grid"), (str(provenance["dose_grid"]),))
    for part in dose.get("parts", ()):
        told = [part.get("summation_type"), part.get("dose_type"), part.get("grid"), part.get("resampling")]
        told += [part.get("normalisation"), part.get("registration")]
        yield Fact(Own("Dose of"), (str(part.get("plan")), " · ".join(str(one) for one in told if one)))
    yield Fact(Own("Tables asked"), (Own(str(provenance.get("table_selection", ""))),))
    converted = "in EQD2" if provenance.get("converted_to_eqd2") else "not converted"
    yield Fact(Own("Conventional limits"), (Own(converted),))
    settings = [f"{key.replace('_', ' ')}: {_said(value)}" for key, value in provenance.get("settings", {}).items()]
    if settings:
        yield Fact(Own("As asked"), tuple(settings))


def _said(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_said, value)) or "none"
    return (
        {None: "not given", True: "yes", False: "no"}.get(value, str(value))
        if value in (None, True, False)
        else str(value)
    )


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """Files of a kind that has few of them, and one line for each series of many; on a screen also all of them."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for one in inputs:
        by_kind.setdefault(str(one.get("modality")), []).append(one)
    rows: list[tuple[str, ...]] = []
    for kind, some in by_kind.items():
        rows += [_file(one) for one in some] if len(some) <= _FEW else [_together(kind, some)]
    blocks: list[Block] = [Grid(Own("Input files"), _FILE_COLUMNS, tuple(rows), is_titled=True)]
    if len(rows) < len(inputs):
        every = Grid(Own("All input files"), _FILE_COLUMNS, tuple(_file(one) for one in inputs), is_titled=True)
        blocks.append(Whole(Own(f"All {len(inputs)} input files"), every))
    return tuple(blocks)


def _file(one: Mapping[str, Any]) -> tuple[str, ...]:
    kind, name = str(one.get("modality")), str(one.get("file"))
    return (Own(kind), name, Own(f"{one.get('sop_instance_uid')} {one.get('sha256')}"))


def _together(kind: str, some: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Many files in one line."""
    folder = str(some[0].get("file")).rpartition("/")[0]
    where = f"{len(some)} files{f' in {folder}' if folder else ''}"
    told = "each in the report's data; SHA-256 of their sorted digests, one a line:"
    return (Own(kind), where, Own(f"{told} {combined_digest(str(one.get('sha256')) for one in some)}"))


def combined_digest(digests: Iterable[str]) -> str:
    """SHA-256 of digests in hexadecimal, sorted, each followed by a line feed: the order of files doesn't count."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(digests)).encode()).hexdigest()
