"""A case sheet to be filled in: what the files know stands in it, every other key as a comment that says what it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from rtcheck.case import Case
from rtcheck.checks.lesions import Lesion, lesions
from rtcheck.days import dicom_date
from rtcheck.nomenclature import helper_word
from rtcheck.prescription import Target
from rtcheck.protocol import Protocol
from rtcheck.rules import Approval, Attested, Classification, Declared, Elapsed, FollowUp, Rule, Where
from rtcheck.study import Study
from rtcheck.tables.bounds import FIRST_YEAR, LAST_YEAR
from rtcheck.tables.declared import BLANK, DATES, LESION, PATIENT, Quantity

_HEAD = """\
## Case sheet: what DICOM doesn't know of this treatment. Take away "# " before what you declare, and fill in each ___.
## What isn't declared isn't known, and a rule that needs it isn't evaluated. Days are year-month-day: 2025-03-24.
## Never write the patient's name here. What is wrong in the file: rtcheck case lint FILE
schema: 1
"""
#: Keys of a lesion besides those that rules ask for, and what they are.
_LESION_TEXTS: Mapping[str, str] = {
    "name": "of your own, another for each lesion",
    "organ": "organ or system that is involved: liver, lung, bone, lymph nodes ...",
    "station": "of a lymph node its site or drainage region: 16a",
    "gtv": "its GTV",
    "ctv": "its CTV",
    "ptv": "its PTV",
    "also": "further ROIs that are drawn of it, no lesions of their own, with commas between them",
    "plan": "label or UID of the plan that treats it",
    "motion": "4D CT and ITV, breath hold, gating ...",
}
_PERSON = f"name: {BLANK}, role: {BLANK}, date: {BLANK}"
_ROLES = "roles: radiation-oncologist, physicist, dosimetrist, investigator, monitor"
_WHERE = {
    Where.ANY: "",
    Where.BONE: ", once for each lesion in bone",
    Where.SOFT_TISSUE: ", once for each lesion outside bone",
    Where.VERTEBRA: ", once for each lesion in a vertebra",
    Where.MOBILE: ", once for each lesion that moves",
}
#: Where comments begin, so that they stand below one another.
_COLUMN = 40
_Asking = Mapping[str, list[str]]
_TARGETS = ("GTV", "CTV", "ITV", "PTV")


def sheet_template(case: Case, protocol: Protocol) -> str:
    """A case sheet that can be read as it is, and that declares nothing but what the files say.

    Parameters
    ----------
    case : Case
        Of the files alone.
    protocol : Protocol
        Whose rules it is for; they stand beside what they ask.

    Returns
    -------
    str
        YAML.
    """
    asking = _asking(protocol.rules)
    lines = [
        *_top(protocol),
        *_files(case.study),
        "patient:",
        *(
            _asked(key, quantity, asking, _known_age(case.study) if key == "age" else "")
            for key, quantity in PATIENT.items()
        ),
        "dates:",
        *_dates(case.study, asking),
        *_lesions(case, asking),
        *_prescriptions(case.targets),
        *_names(case),
        *_attestations(protocol.rules),
        *_sign_offs(protocol.rules),
        _said("overrides:", "alerts of plan checks that may stand, and why"),
        f"  # - {{check: {BLANK}, subject: {BLANK}, reason: {BLANK}, {_PERSON}}}",
        _said(f"# notes: {BLANK}", "anything else, for the report"),
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _asking(rules: Iterable[Rule]) -> _Asking:
    """The ids of the rules that ask for a field or a date."""
    asking: dict[str, list[str]] = {}
    for rule in rules:
        for field in _fields(rule):
            asking.setdefault(field, []).append(rule.id)
    return asking


def _fields(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, Declared):
        return (rule.quantity,)
    if isinstance(rule, Elapsed):
        return (rule.since, rule.until)
    if isinstance(rule, FollowUp):
        return (rule.after,)
    if isinstance(rule, Classification):
        return ("diagnosis", "progression", "prior_oligoprogression", "prior_lesions", "prior_organs")
    return ()


def _top(protocol: Protocol) -> Iterator[str]:
    yield _said(f"# subject: {BLANK}", "subject code of the trial such as SITE01-001, never the patient's name")
    yield _said(f"# centre: {BLANK}", "code or name of the centre")
    yield _said(f"protocol: {_quoted(protocol.id)}", protocol.title)


def _files(study: Study) -> Iterator[str]:
    """What the sheet is of, so that it isn't taken for another patient's, or for that of a plan made later."""
    yield _said("files:", "UIDs of the structure set and the plans that it is for; write a new sheet for others")
    yield _said(f"  - {_quoted(study.structure_set.sop_instance_uid)}", "structure set")
    for plan in study.plans:
        yield _said(f"  - {_quoted(plan.sop_instance_uid)}", f"plan {plan.label}")


def _asked(key: str, quantity: Quantity, asking: _Asking, known: str = "") -> str:
    return _said(f"  # {key}: {BLANK}", f"{quantity.text}: {quantity.form}{known}{_by(asking, quantity.field)}")


def _by(asking: _Asking, field: str) -> str:
    """The rules that ask for something, in brackets; empty for none."""
    return f" [{', '.join(asking[field])}]" if field in asking else ""


def _known_age(study: Study) -> str:
    """What the files tell of the age; for a person to declare, since birth dates of trials are often made up."""
    born, seen = dicom_date(study.patient.birth_date), _ct_day(study)
    if born is None or seen is None or seen < born:
        return ""
    age = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    return f"; {age} at the planning CT by the birth date in the files"


def _dates(study: Study, asking: _Asking) -> Iterator[str]:
    made = _ct_day(study)
    for key, text in DATES.items():
        because = f"when {text}{_by(asking, key)}"
        if key == "planning_ct" and made is not None:
            yield _said(f"  {key}: {made}", f"{because}; from the images")
        else:
            yield _said(f"  # {key}: {BLANK}", because)


def _ct_day(study: Study) -> date | None:
    """The day of the planning CT; None where the files name none, or several."""
    days = {day for series in study.images if series.modality == "CT" for day in series.dates}
    found = dicom_date(days.pop()) if len(days) == 1 else None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _lesions(case: Case, asking: _Asking) -> Iterator[str]:
    yield _said("lesions:", "all oligoprogressive lesions, treated or not; the files' targets are suggestions")
    found = lesions(case)
    names = {plan.sop_instance_uid: plan.label for plan in case.study.plans}
    for index, lesion in enumerate(found or (None,)):
        yield from _lesion(f"L{index + 1}", lesion, names, asking)


def _lesion(name: str, lesion: Lesion | None, plans: Mapping[str, str], asking: _Asking) -> Iterator[str]:
    """One lesion as a comment: its volumes as the files tell them, and blanks."""
    known = {"name": name, "also": "[]", **_volumes(lesion, plans)}
    order = (
        "name",
        "organ",
        "kind",
        "station",
        "bone",
        "vertebra",
        "mobile",
        "measurable",
        "gtv",
        "ctv",
        "ptv",
        "also",
        "plan",
    )
    for key in (*order, "motion", "prior_radiotherapy"):
        text = _LESION_TEXTS.get(key) or f"{LESION[key].text}: {LESION[key].form}{_by(asking, f'lesion.{key}')}"
        yield _said(f"  # {'- ' if key == 'name' else '  '}{key}: {known.get(key, BLANK)}", text)
    yield _said(
        "  #   reduced:", "why it is prescribed less than the protocol asks, and the organ at risk that limits it"
    )
    yield f"  #     reason: {BLANK}"
    yield f"  #     organ: {BLANK}"


def _volumes(lesion: Lesion | None, plans: Mapping[str, str]) -> dict[str, str]:
    if lesion is None:
        return {}
    rois = {"gtv": lesion.gtv, "ctv": lesion.ctv, "ptv": lesion.ptv}
    found = {key: _quoted(roi.name) for key, roi in rois.items() if roi is not None}
    prescription = lesion.target.prescription if lesion.target else None
    labels = [plans[uid] for uid in (prescription.plan_uids if prescription else ()) if plans.get(uid)]
    return {**found, "plan": _quoted(labels[0])} if len(labels) == 1 else found


def _prescriptions(targets: Iterable[Target]) -> Iterator[str]:
    yield _said("prescriptions:", 'schedule by target, only where the files don\'t say it right: "5x8Gy"')
    for target in targets:
        said = target.prescription
        found = f"found: {said.schedule} ({said.source})" if said else f"not found: {target.problem}"
        yield _said(f"  # {_quoted(target.name)}: {BLANK}", found)


def _names(case: Case) -> Iterator[str]:
    yield _said("names:", "which ROI an organ is, where names don't tell")
    drawn = [roi.name for roi in case.study.structure_set.rois if roi.closed_contours]
    unknown = [name for name in drawn if case.names.standard(name) is None and not _is_target_or_helper(name)]
    listed = ", ".join(_quoted(name) for name in unknown)
    yield _said(
        f"  # {BLANK}: {BLANK}", f"organ: ROI; no organ is known by the names {listed}" if unknown else "organ: ROI"
    )


def _is_target_or_helper(name: str) -> bool:
    return bool(helper_word(name)) or name.upper().startswith(_TARGETS)


def _attestations(rules: Iterable[Rule]) -> Iterator[str]:
    yield _said("attestations:", f"what was done, that no file shows; answer yes, no or n/a; {_ROLES}")
    for rule in rules:
        if isinstance(rule, Attested):
            yield f"  ## {rule.question} [{rule.id}{_WHERE[rule.where]}]"
            lesion = "" if rule.where is Where.ANY else f", lesion: {BLANK}"
            yield f"  # - {{key: {rule.key}, answer: {BLANK}, {_PERSON}, remark: {BLANK}{lesion}}}"
    yield "  ## Another question, shown in the report: independent-mu-check, patient-specific-qa ..."
    yield f"  # - {{key: {BLANK}, answer: {BLANK}, {_PERSON}, remark: {BLANK}}}"


def _sign_offs(rules: Iterable[Rule]) -> Iterator[str]:
    yield _said("sign_offs:", "contours, plan, report: approved, conditional, rejected or withdrawn")
    said = f"date: {BLANK}, decision: {BLANK}, remark: {BLANK}, round: 1, objects: []"
    for rule in rules:
        if isinstance(rule, Approval):
            yield f"  ## {rule.title} [{rule.id}]"
            for role in [role.value for role in rule.roles for _ in range(rule.at_least)]:
                yield f"  # - {{of: {rule.subject.value}, role: {role}, name: {BLANK}, {said}}}"
    yield f"  # - {{of: report, role: {BLANK}, name: {BLANK}, {said}}}"


def _said(line: str, comment: str) -> str:
    """A line with its comment, which holds no line break whatever the files say."""
    text = " ".join(comment.split())
    return f"{line:<{_COLUMN}} # {text[:1].upper()}{text[1:]}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
