"""The plan checks as a catalogue: as data, as a page of Markdown, and as a tuning file to be filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rtcheck.finding import Confidence, Severity, Verdict
from rtcheck.plan_checks.check import READING, PlanCheck, verdict_of
from rtcheck.plan_checks.organ_volumes import VOLUMES_CC
from rtcheck.plan_checks.unseen import ATTESTED, UNSEEN, UNSEEN_BY_ALL

#: Titles of the sections, by the letter that the ids of their checks begin with.
SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "A": "Identity and links",
        "B": "Dose",
        "C": "Structures",
        "D": "Prescription",
        "E": "Beams",
        "F": "Images",
        "G": "Plan quality",
    }
)
_HEAD = """\
# Plan checks

What DICOM RT files alone tell of a plan's faults. This page is made by rtcheck from the checks themselves:

```
rtcheck checks list --format markdown > docs/plan-checks.md
```

`rtcheck checks show C5` says more of one check, and `rtcheck checks template` writes a file to tune them with.
Every check gives at least one finding, so that a silent one is seen to have been asked. How loud an alert is follows
from the check's severity and confidence, so that a heuristic never cries wolf as loud as a fact; a milder case may be
told more softly, never louder.
"""
_AFTER_LOUDNESS = """\
What a check couldn't look at is NOT_EVALUATED for an error, and said as INFO otherwise; it never passes. A check that
itself fails is NOT_EVALUATED, whatever its severity. "Also judged by" names other findings that judge the same: then
silence is no pass but a pointer to them, or says that this protocol doesn't ask them. Files "refused when read" never
get as far as a check. One that a clinic switched off says so with the reason: ACCEPTABLE for an error, since nobody
looked whether there is one, and NOT_APPLICABLE otherwise.
"""
_ATTESTING = "No file shows these. A person records each in the case sheet, with name, role, date and remark:"
_RANGES = "; ".join(f"{organ} {low:g} to {high:g}" for organ, (low, high) in VOLUMES_CC.items())
#: What stands below the table of a section.
_BESIDE: Mapping[str, tuple[str, ...]] = MappingProxyType({"C": (f"Ranges of C4, in cc: {_RANGES}.",)})
_TEMPLATE_HEAD = """\
## Your clinic's tuning of the plan checks: which are off, and thresholds of your own, each with a reason that stands in
## the report. Take away "# " before what you change. The file has the name of its id, and is given so:
## rtcheck check FOLDER --checks {id}.yaml
schema: 1
id: {id}
title: Plan checks of our clinic
"""
#: Where comments of a tuning file begin, so that they stand below one another.
_COLUMN = 44
_BLANK = "___"
_Cells = Sequence[str]


def check_document(check: PlanCheck) -> dict[str, object]:
    """A check as plain data for JSON, without its docstring."""
    return {
        "id": check.id,
        "name": check.name,
        "section": SECTIONS[check.id[0]],
        "title": check.title,
        "severity": check.severity.value,
        "confidence": check.confidence.value,
        "verdict": verdict_of(check.severity, check.confidence).value,
        "thresholds": [
            {"name": name, "value": one.value, "unit": one.unit, "text": one.text}
            for name, one in check.thresholds.items()
        ],
        "origin": check.origin,
        "carried_by": check.carried_by,
        "unseen": UNSEEN.get(check.id, ""),
    }


def threshold_texts(check: PlanCheck) -> tuple[str, ...]:
    """The thresholds of a check for the reader: ``10 mm: distance of a piece from the rest``."""
    return tuple(f"{_number(one.value, one.unit)}: {one.text}" for one in check.thresholds.values())


def carrier_text(check: PlanCheck) -> str:
    """What judges the same besides a check; empty for nothing."""
    if check.carried_by == READING:
        return "refused when read"
    return f"findings of {check.carried_by}" if check.carried_by else ""


def check_paragraphs(check: PlanCheck) -> tuple[str, ...]:
    """The docstring of a check as paragraphs, each in one line, names without quotes."""
    return tuple(" ".join(part.split()).replace("`", "") for part in re.split(r"\n\s*\n", check.text))


def catalogue_markdown(checks: Iterable[PlanCheck]) -> str:
    """The page of all checks: a table for each section, what no file tells, and what the checks can't see.

    Parameters
    ----------
    checks : iterable of PlanCheck
        In order.
    """
    every = tuple(checks)
    lines = [_HEAD, *_table(("severity", "certain", "heuristic"), _loudness()), "", _AFTER_LOUDNESS]
    for letter, title in SECTIONS.items():
        own = [check for check in every if check.id.startswith(letter)]
        heads = ("id", "what holds of a good plan", "alert", "thresholds", "origin", "also judged by")
        lines += [f"## {letter}. {title}", "", *_table(heads, map(_row, own)), ""]
        lines += [*_BESIDE.get(letter, ()), *([""] if letter in _BESIDE else [])]
    lines += ["## H. Not judged from files", "", _ATTESTING, "", *(f"* {text}" for text in ATTESTED), ""]
    lines += ["## What the checks can't see", "", *(f"* {text}" for text in UNSEEN_BY_ALL), ""]
    lines += _table(("id", "what it can't see"), ([key, text] for key, text in UNSEEN.items()))
    return "\n".join(lines) + "\n"


def tuning_template(checks: Iterable[PlanCheck], name: str) -> str:
    """A clinic's tuning to be filled in: YAML that can be read as it is, and changes nothing.

    Its only entry gives the first threshold the number that it has; all others, and the checks to switch off, are
    comments.

    Parameters
    ----------
    checks : iterable of PlanCheck
    name : str
        Its id, and its file's name without ``.yaml``.
    """
    every = tuple(checks)
    lines = ["## Checks that aren't asked.", "# off:"]
    lines += [_said(f"#   - {{id: {check.id}, because: {_BLANK}}}", check.title) for check in every]
    lines += ["## Thresholds as they are shipped, each with its unit.", "thresholds:"]
    tunable = [check for check in every if check.thresholds]
    for check in tunable:
        lines += _entry(check, live=check is tunable[0])
    return _TEMPLATE_HEAD.format(id=name) + "\n".join(lines) + "\n"


def _entry(check: PlanCheck, *, live: bool) -> Iterator[str]:
    """The thresholds of a check; as a comment unless `live`."""
    begin, indent = ("  - ", "    ") if live else ("  # - ", "  #   ")
    alert = f"{check.severity.value}, {check.confidence.value}"
    yield _said(f"{begin}id: {check.id}", f"{check.title} ({alert})")
    yield _said(f"{indent}because: {'as shipped' if live else _BLANK}", "your reason")
    for name, one in check.thresholds.items():
        yield _said(f"{indent}{name}: {_number(one.value, one.unit)}", one.text)


def _said(line: str, comment: str) -> str:
    return f"{line:<{_COLUMN}} # {comment}"


def _number(value: float, unit: str) -> str:
    return f"{value:g} {unit}".strip()


def _loudness() -> Iterator[_Cells]:
    for severity in Severity:
        verdicts = (verdict_of(severity, confidence) for confidence in (Confidence.CERTAIN, Confidence.HEURISTIC))
        yield (severity.value, *(_verdict_text(one) for one in verdicts))


def _verdict_text(verdict: Verdict) -> str:
    return verdict.value if verdict.decides else f"{verdict.value}, decides nothing"


def _row(check: PlanCheck) -> _Cells:
    alert = f"{check.severity.value}, {check.confidence.value}"
    texts = "; ".join(f"`{name}` {text}" for name, text in zip(check.thresholds, threshold_texts(check), strict=True))
    return check.id, check.title, alert, texts, check.origin, carrier_text(check)


def _table(heads: _Cells, rows: Iterable[_Cells]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' for _ in heads)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
