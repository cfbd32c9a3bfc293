"""Whether a treatment keeps a protocol's rules besides its doses: lesions, planning CT, margins, people, dates.

`findings_of` asks them all. Which function answers a rule is told by the rule's type alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rtcheck.case import Case
from rtcheck.compliance.answer import answered
from rtcheck.compliance.attested import attested_findings, further_attestations
from rtcheck.compliance.calendar import Visit, follow_up_findings, visits
from rtcheck.compliance.classification import classification_findings
from rtcheck.compliance.dates import planning_day
from rtcheck.compliance.declared import declared_findings
from rtcheck.compliance.elapsed import elapsed_findings
from rtcheck.compliance.imaging import pixel_size_findings, slice_thickness_findings
from rtcheck.compliance.lesions import (
    drawn_findings,
    every_lesion_treated_findings,
    lesion_count_findings,
    organ_count_findings,
)
from rtcheck.compliance.margins import contains_findings, margin_findings
from rtcheck.compliance.overrides import overridden
from rtcheck.compliance.people import approval_findings
from rtcheck.compliance.prescribed import prescribed_dose_findings
from rtcheck.compliance.sheet_notes import sheet_notes
from rtcheck.errors import RtcheckError
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import (
    Approval,
    Attested,
    Classification,
    Contains,
    Declared,
    Drawn,
    Elapsed,
    EveryLesionTreated,
    FollowUp,
    LesionCount,
    MarginRange,
    OrganCount,
    PixelSize,
    PrescribedDose,
    Rule,
    SliceThickness,
)

__all__ = ["Visit", "findings_of", "further_attestations", "overridden", "planning_day", "sheet_notes", "visits"]


#: What answers a rule. Each function takes a rule of its own type.
_ANSWERS: Mapping[type[Rule], Callable[[Case, Any], Iterable[Finding]]] = MappingProxyType(
    {
        Approval: approval_findings,
        Attested: attested_findings,
        Classification: classification_findings,
        Contains: contains_findings,
        Declared: declared_findings,
        Drawn: drawn_findings,
        Elapsed: elapsed_findings,
        EveryLesionTreated: every_lesion_treated_findings,
        FollowUp: follow_up_findings,
        LesionCount: lesion_count_findings,
        MarginRange: margin_findings,
        OrganCount: organ_count_findings,
        PixelSize: pixel_size_findings,
        PrescribedDose: prescribed_dose_findings,
        SliceThickness: slice_thickness_findings,
    }
)


def findings_of(case: Case, rules: Sequence[Rule]) -> Iterator[Finding]:
    """What the rules of a protocol answer of a case: at least one finding for each, in order.

    A rule that nothing answers, and one whose answer fails with an error of rtcheck, is NOT_EVALUATED.

    Parameters
    ----------
    case : Case
        With its case sheet: ``case.sheet``.
    rules : sequence of Rule
    """
    for rule in rules:
        answer = _ANSWERS.get(type(rule))
        try:
            found = list(answer(case, rule)) if answer is not None else []
            problem = f"nothing in this version of rtcheck answers a rule of type {type(rule).__name__}"
        except RtcheckError as error:
            found, problem = [], f"couldn't be answered: {error}"
        if not found:
            found = [answered(rule, rule.title, Verdict.NOT_EVALUATED, problem, "not-answered")]
        yield from found
