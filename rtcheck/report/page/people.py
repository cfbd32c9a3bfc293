"""What people declared and signed: attestations, sign-offs, overrides, the case sheet, confirmed names, visits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from rtcheck.case import Case
from rtcheck.compliance import visits
from rtcheck.protocol import Evaluation
from rtcheck.report import sections
from rtcheck.report.calendar import calendar_rows
from rtcheck.report.page.model import Anchor, Block, Column, Fact, Facts, Grid, Line, Lines, Own, Prose, Section
from rtcheck.report.page.words import mark
from rtcheck.sheet import Attestation, CaseSheet, Override, SignOff

#: Findings of what people declared that no rule asked for.
PEOPLE_CHECKS = ("attestation", "override")
#: Columns of sentences.
_WIDE = frozenset({"Remark", "Reason", "Visit"})
#: Columns of the calendar.
_VISIT = {"day": "Day", "earliest": "From", "latest": "To", "title": "Visit", "number": "No.", "rule": "Rule"}
_ANSWERS = {True: "yes", False: "no", None: "doesn't arise"}


def people_section(evaluation: Evaluation) -> Section:
    """Attestations, sign-offs and overrides as tables, and what the check says of them."""
    sheet = evaluation.case.sheet
    tables = [
        _grid(
            "Attestations",
            ("Question", "Lesion", "Answer", "By", "Role", "Date", "Remark"),
            [
                (one.key, one.lesion or "all", _ANSWERS[one.answer], one.name, _role(one), _day(one.date), one.remark)
                for one in sheet.attestations
            ],
        ),
        _grid(
            "Sign-offs",
            ("Of", "Round", "Decision", "By", "Role", "Date", "Remark"),
            [
                (
                    one.subject.value,
                    str(one.round),
                    one.decision.value,
                    one.name,
                    _role(one),
                    _day(one.date),
                    "; ".join(part for part in (one.remark, f"record {one.record}" if one.record else "") if part),
                )
                for one in sheet.sign_offs
            ],
        ),
        _grid(
            "Overrides of alerts",
            ("Check", "About", "Reason", "By", "Role", "Date"),
            [
                (one.check, one.subject or "all alerts", one.reason, one.name, _role(one), _day(one.date))
                for one in sheet.overrides
            ],
        ),
    ]
    blocks: tuple[Block, ...] = tuple(table for table in tables if table is not None)
    about = sections.of_checks(evaluation.findings, *PEOPLE_CHECKS)
    if about:
        told = tuple(Line(finding.message, finding.subject, mark(finding.verdict)) for finding in about)
        blocks = (*blocks, Lines(told))
    nothing = (Prose(Own("Nobody attested, signed or overrode anything.")),)
    return Section(Anchor.PEOPLE, Own("Attestations and sign-offs"), blocks or nothing)


def follow_up_section(evaluation: Evaluation) -> Section | None:
    """The calendar of visits; None where the protocol asks for none, or their beginning isn't declared."""
    rows = calendar_rows(visits(evaluation.case, evaluation.protocol.rules))
    if not rows:
        return None
    told = tuple(tuple(str(row[key]) for key in _VISIT) for row in rows)
    grid = Grid(Own("Visits"), tuple(map(_column, _VISIT.values())), told, is_titled=True)
    return Section(Anchor.FOLLOW_UP, Own("Follow-up"), (grid,), aside=Own("dates, not a verdict"))


def declared_section(case: Case) -> Section:
    """What the case sheet says that no file does, and which names a person confirmed."""
    facts = [Fact(Own(label), (text,)) for label, text in _declared(case.sheet)]
    confirmed = case.names.confirmed
    if confirmed:
        facts.append(Fact(Own("Names confirmed"), tuple(f"{organ} is {roi}" for organ, roi in confirmed)))
    blocks: tuple[Block, ...] = (Facts(tuple(facts)),) if facts else (Prose(Own("Nothing was declared.")),)
    return Section(Anchor.DECLARED, Own("Declared"), blocks, aside=case.sheet.file)


def _declared(sheet: CaseSheet) -> list[tuple[str, str]]:
    """What is known, a line for each matter; what isn't declared is said by the rules that ask it."""
    patient = [
        ("Child-Pugh", sheet.child_pugh),
        ("ECOG", sheet.ecog),
        ("age", sheet.age),
        ("BCLC", sheet.bclc),
        ("AFP", None if sheet.afp_ng_ml is None else f"{sheet.afp_ng_ml:g} ng/mL"),
    ]
    course = [
        ("stable disease", _months(sheet.stable_months)),
        ("anticipated survival", _months(sheet.survival_months)),
        ("early progression", _yes_no(sheet.early_progression)),
        ("oligoprogression before", _yes_no(sheet.prior_oligoprogression)),
        ("most lesions before", sheet.prior_lesions),
        ("most organs before", sheet.prior_organs),
    ]
    told = [
        ("Patient", _joined(patient)),
        ("Course", _joined(course)),
        ("Dates", _dates(sheet.dates, sheet.never)),
        ("Prescriptions", " · ".join(f"{target} {schedule}" for target, schedule in sheet.prescriptions.items())),
        ("Notes", sheet.notes),
    ]
    return [(label, text) for label, text in told if text]


def _joined(pairs: Sequence[tuple[str, object]]) -> str:
    return " · ".join(f"{label} {value}" for label, value in pairs if value is not None)


def _yes_no(answer: bool | None) -> str | None:
    return None if answer is None else ("yes" if answer else "no")


def _months(months: float | None) -> str | None:
    return None if months is None else f"{months:g} months"


def _dates(dates: Mapping[str, date], never: frozenset[str]) -> str:
    known = [f"{key.replace('_', ' ')} {_day(day)}" for key, day in dates.items()]
    return " · ".join([*known, *(f"{key.replace('_', ' ')} never" for key in sorted(never))])


def _day(day: date) -> str:
    return day.isoformat()


def _role(one: Attestation | SignOff | Override) -> str:
    return one.role.value.replace("-", " ")


def _column(title: str) -> Column:
    return Column(Own(title), is_wide=title in _WIDE)


def _grid(caption: str, titles: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Grid | None:
    return Grid(Own(caption), tuple(map(_column, titles)), tuple(rows)) if rows else None
