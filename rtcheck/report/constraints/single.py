"""Everything that is on file of one row."""

from __future__ import annotations

from pathlib import Path

from rtcheck.constraint import Constraint, GroupKind, Requirement
from rtcheck.report.constraints.listing import Listed
from rtcheck.report.constraints.phrases import ROLE_WORDS, patients_words, schedule_words, status_words
from rtcheck.tables.blocks import Blocks
from rtcheck.tables.cases import load_cases

_REQUIREMENTS = {
    Requirement.REQUIRED: "required: without the ROI it is NOT EVALUATED",
    Requirement.IF_CONTOURED: "if contoured: without the ROI it isn't asked",
}
_GROUPS = {
    GroupKind.ANY: "alternatives, one that is met is enough",
    GroupKind.ALL: "each is asked by itself",
    GroupKind.SET: "one limit in several rows",
}


def row_page(one: Listed) -> tuple[tuple[str, str], ...]:
    """Labels and texts of what a row says, in reading order; what it doesn't say is left out."""
    row = one.row
    pairs = (
        ("Table", f"{one.table}: {one.title}{'' if one.enabled else ' (not enabled: asked only where you name it)'}"),
        ("Role", ROLE_WORDS[row.role]),
        ("Schedule", _with_print(schedule_words(row.regimen) or "any", row.regimen.text)),
        ("Derived for", "{} to {} fractions".format(*row.native_fractions) if row.native_fractions else ""),
        ("Patients", _with_print(patients_words(row.patients), row.patients.text)),
        ("ROI", _REQUIREMENTS[row.requirement]),
        ("Published ROI", row.published_roi),
        ("Segmented", row.volume_segmented),
        ("Irradiation", row.irradiation),
        ("Doses", str(row.basis)),
        ("Alpha/beta", f"{row.alpha_beta_gy:g} Gy" if row.alpha_beta_gy else ""),
        ("Endpoint", row.endpoint),
        ("Rate in percent", row.rate_pct),
        ("Group", _group_text(row)),
        ("Changed", row.overrides),
        ("Status", _status_text(row)),
        ("Source", row.source.citation),
        ("File", f"{row.source.file}, line {row.source.line}" if row.source.line else row.source.file),
        ("Notes", row.notes),
    )
    return tuple((label, text) for label, text in pairs if text)


def cases_of(row_id: str, table: Path | None) -> dict[str, str]:
    """The cases of a row in the file of cases beside its table, as DVHs in words; none where there is no such file.

    Raises
    ------
    TableError
        If the file of cases is broken.
    """
    beside = table.with_name(f"{table.stem}.cases{table.suffix}") if table else None
    if beside is None or not beside.is_file():
        return {}
    return {
        f"{one.key} → {one.verdict.value}": _blocks_text(one.blocks)
        for one in load_cases(beside).expectations
        if one.row == row_id
    }


def _blocks_text(blocks: Blocks) -> str:
    """``60 cc at 26 Gy; 640 cc at 10 Gy``, hottest first."""
    pairs = sorted(zip(blocks.dose_gy, blocks.volume_cc, strict=True), reverse=True)
    parts = [f"{volume:g} cc at {dose:g} Gy" for dose, volume in pairs]
    return "; ".join([*parts, *([f"prescribed {blocks.prescribed_gy:g} Gy"] if blocks.prescribed_gy else [])])


def _with_print(tested: str, printed: str) -> str:
    """What is tested, and what the source prints where that says something else."""
    if not tested:
        return f'"{printed}", which isn\'t tested' if printed else ""
    same = printed.replace("-", " to ") in ("", tested, f"{tested}s")
    return tested if same else f'{tested} ("{printed}")'


def _group_text(row: Constraint) -> str:
    if row.group is None:
        return ""
    return ": ".join(part for part in (row.group.id, _GROUPS[row.group.kind], row.group.text) if part)


def _status_text(row: Constraint) -> str:
    words = status_words(row)
    count = f"{row.transcriptions} transcription{'s' if row.transcriptions != 1 else ''} compared"
    parts = [f"{row.source.status}: {words}" if words else row.source.status, count if row.transcriptions else ""]
    return "; ".join(part for part in parts if part)
