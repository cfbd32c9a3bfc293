"""What a reviewer must know of the case sheet itself: that it is of other files, or another protocol, or overruled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PureWindowsPath

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict

_SUBJECT = "case sheet"
_FILES_OF_PROTOCOLS = (".yaml", ".yml", ".json")


def sheet_notes(case: Case, protocol_id: str, *, tables_alone: bool = False) -> Iterator[Finding]:
    """What stands against the case sheet; nothing where all agrees, or no sheet is there.

    NOT_EVALUATED where the sheet is of other files or of another protocol, and where the Child-Pugh score that was
    given at the check isn't the sheet's: which of them is right, nobody said. INFO where the sheet doesn't say which
    files it is of.

    Parameters
    ----------
    case : Case
    protocol_id : str
        Of the protocol that is asked.
    tables_alone : bool
        Whether tables are asked in place of a protocol: they ask nothing of the sheet that the protocol it names would
        have asked otherwise, which is ACCEPTABLE.
    """
    sheet = case.sheet
    if sheet.child_pugh is not None and sheet.child_pugh != case.child_pugh:
        message = f"the case sheet says {sheet.child_pugh}, and {case.child_pugh} was given with the check; correct one"
        yield _finding("Child-Pugh", message, "declared-otherwise")
    if sheet.protocol is not None and _id(sheet.protocol) != protocol_id.casefold():
        asked = "tables alone" if tables_alone else protocol_id
        message = f"the case sheet is of {sheet.protocol}, and was asked by {asked}"
        yield _finding(
            _SUBJECT, message, "other-protocol", Verdict.ACCEPTABLE if tables_alone else Verdict.NOT_EVALUATED
        )
    yield from _files(case)


def _id(named: str) -> str:
    """The id of a protocol that is named by its id or by its file, whose name it is."""
    path = PureWindowsPath(named)  # which takes both kinds of slashes
    return (path.stem if path.suffix.lower() in _FILES_OF_PROTOCOLS else named).casefold()


def _files(case: Case) -> Iterator[Finding]:
    """Whether the sheet was written for the structure set and the plans at hand."""
    sheet, structures = case.sheet, case.study.structure_set.sop_instance_uid
    if not sheet.files:
        if sheet.file:
            message = "nothing in the case sheet says which files it is of (files:)"
            yield _finding(_SUBJECT, message, "files-not-named", Verdict.INFO)
        return
    named = set(sheet.files)
    plans = [plan.sop_instance_uid for plan in case.study.plans]
    if named.isdisjoint((structures, *plans)):
        message = "the case sheet is of other files: it names neither this structure set nor a plan (files:)"
        yield _finding(_SUBJECT, message, "other-files")
        return
    others = [] if structures in named else ["another structure set"]
    others += [] if named.issuperset(plans) else ["other plans"]
    if others:
        message = (
            f"the case sheet was written for {' and '.join(others)} (files:); look whether it still holds, "
            "and write it anew"
        )
        yield _finding(_SUBJECT, message, "files-changed")


def _finding(subject: str, message: str, reason: str, verdict: Verdict = Verdict.NOT_EVALUATED) -> Finding:
    return Finding(
        check="case-sheet",
        subject=subject,
        verdict=verdict,
        message=message,
        source=Source("rtcheck", "case-sheet"),
        reason=reason,
        group="Case sheet",
    )
