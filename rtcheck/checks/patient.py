"""Is the patient one that the protocol is for?"""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.finding import Finding, Source, Verdict


def child_pugh_admitted(case: Case, admitted: frozenset[str], source: Source) -> Iterator[Finding]:
    """NOT_EVALUATED for a declared score outside the protocol: its limits weren't chosen for such a liver."""
    if case.child_pugh is None or not admitted or case.child_pugh in admitted:
        return
    yield Finding(
        check="patient",
        subject="Child-Pugh",
        verdict=Verdict.NOT_EVALUATED,
        message=f"{case.child_pugh}, and the protocol admits {', '.join(sorted(admitted))}",
        source=source,
        reason="outside-protocol",
        group="Patient",
    )
