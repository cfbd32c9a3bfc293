"""What a reviewer should know about how the files were understood."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict


def reading_notes(case: Case) -> Iterator[Finding]:
    """One INFO finding per note that reading the files left."""
    for note in case.study.notes:
        yield Finding(
            check="reading",
            subject=note.where,
            verdict=Verdict.INFO,
            message=note.message,
            source=Source("rtcheck", note.code),
            reason=note.code,
            group="Files",
        )
