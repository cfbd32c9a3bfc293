"""The type of oligoprogression: metachronous, repeat, induced; shown and never judged."""

from __future__ import annotations

from collections.abc import Iterator

from rtcheck.case import Case
from rtcheck.compliance.answer import NOT_DECLARED, answered, counted, joined
from rtcheck.compliance.dates import months_between
from rtcheck.finding import Finding, Verdict
from rtcheck.rules import Classification
from rtcheck.units import Comparator, meets, number_text

SUBJECT = "oligoprogression"


def classification_findings(case: Case, rule: Classification) -> Iterator[Finding]:
    """One INFO finding with the types that hold (several may), what each follows from, and what isn't declared."""
    types = {
        "metachronous": _metachronous(case, rule),
        "repeat": _repeat(case),
        "induced": _induced(case, rule),
    }
    holding = [name for name, (holds, _) in types.items() if holds]
    unknown = [name for name, (holds, _) in types.items() if holds is None]
    lead = joined(holding) if holding else "of none of the types that can be told" if unknown else "of no type"
    if unknown:
        lead += f" ({joined(unknown)}: not known)"
    message = f"{lead}: {'; '.join(text for _, text in types.values())}"
    yield answered(rule, SUBJECT, Verdict.INFO, message, NOT_DECLARED if unknown else "")


def _metachronous(case: Case, rule: Classification) -> tuple[bool | None, str]:
    """More than so many months of the calendar from diagnosis to progression."""
    dates = case.sheet.dates
    if absent := [key for key in ("diagnosis", "progression") if key not in dates]:
        return None, f"the date of {joined(absent)} isn't declared"
    diagnosis, progression = dates["diagnosis"], dates["progression"]
    if progression < diagnosis:
        return None, f"the progression ({progression}) is declared before the diagnosis ({diagnosis})"
    months = months_between(diagnosis, progression)
    text = number_text(months, rule.metachronous_months)
    return (
        meets(months, Comparator.GT, rule.metachronous_months),
        f"{text} months from diagnosis ({diagnosis}) to progression ({progression}), and metachronous is more than "
        f"{rule.metachronous_months:g}",
    )


def _repeat(case: Case) -> tuple[bool | None, str]:
    before = case.sheet.prior_oligoprogression
    if before is None:
        return None, "whether there was an earlier oligometastatic or oligoprogressive state isn't declared"
    return before, f"{'an' if before else 'no'} earlier oligometastatic or oligoprogressive state is declared"


def _induced(case: Case, rule: Classification) -> tuple[bool | None, str]:
    """More than so many lesions or organs at any time before; either is enough."""
    sheet = case.sheet
    numbers = {"lesions": (sheet.prior_lesions, rule.lesions), "organs": (sheet.prior_organs, rule.organs)}
    told = [
        f"at most {counted(number, noun[:-1])} before"
        if number is not None
        else f"the most {noun} before isn't declared"
        for noun, (number, _) in numbers.items()
    ]
    text = f"{joined(told)}, and induced is more than {rule.lesions} lesions or {rule.organs} organs"
    if any(number is not None and number > limit for number, limit in numbers.values()):
        return True, text
    return (None if any(number is None for number, _ in numbers.values()) else False), text
