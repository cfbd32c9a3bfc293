"""What a reviewer must know of the case sheet itself: that it is of another protocol, or was overruled."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict


def sheet_notes(case: Case, protocol_id: str) -> Iterator[Finding]:
    """ACCEPTABLE where what was given at the check counted in place of what the sheet says, or where the sheet is of
    another protocol; nothing where all agrees, or no sheet is there."""
    sheet = case.sheet
    if sheet.child_pugh is not None and sheet.child_pugh != case.child_pugh:
        message = f"the case sheet says {sheet.child_pugh}; {case.child_pugh} was given with the check, and counts"
        yield _finding("Child-Pugh", message, "declared-otherwise")
    if sheet.protocol is not None and sheet.protocol.casefold() != protocol_id.casefold():
        message = f"the case sheet is of {sheet.protocol}, and was asked by {protocol_id}"
        yield _finding("case sheet", message, "other-protocol")


def _finding(subject: str, message: str, reason: str) -> Finding:
    return Finding(
        check="case-sheet",
        subject=subject,
        verdict=Verdict.ACCEPTABLE,
        message=message,
        source=Source("rtcheck", "case-sheet"),
        reason=reason,
        group="Case sheet",
    )
