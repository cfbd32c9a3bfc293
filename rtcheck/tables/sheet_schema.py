"""What a case sheet may say: pydantic models, one field a key. What is left out, or left empty, isn't declared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, PlainValidator, StringConstraints, ValidationInfo, field_validator
from pydantic import Field as Key

from rtcheck.fractionation import parse_schedule
from rtcheck.sheet import LesionKind
from rtcheck.tables.bounds import AMOUNTS_PATTERN, DATE_PATTERN, parse_amount, parse_date
from rtcheck.tables.declared import BCLC_STAGES, BLANK, DATES, LESION, NEVER, PATIENT
from rtcheck.tables.keys import Day, Schema, Strict, Whole, YesNo, checked_reason, read_by
from rtcheck.tables.rule_keys import RoleKey

#: So many months of survival or of stable disease nobody means.
MAX_MONTHS = 600.0
#: Months in one of each unit that a duration may have: a month is 1/12 of 365.25 days.
_MONTHS_IN = {"months": 1.0, "days": 1.0 / 30.4375, "weeks": 7.0 / 30.4375, "years": 12.0}
NOT_ASKED = "n/a"
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
UID_PATTERN = r"^\s*[0-9]+(\.[0-9]+)+\s*$"
MAX_UID = 64
SUBJECT_PATTERN = r"^\s*[A-Za-z0-9][A-Za-z0-9._/-]*\s*$"


def _filled(text: str) -> str:
    if text == BLANK:
        raise ValueError(f"{BLANK} is the template's blank; fill it in, or leave the key out")
    return text


def _subject(text: str) -> str:
    code = text.strip()
    if not (_SUBJECT.fullmatch(code) and any(sign.isdigit() for sign in code)):
        raise ValueError(
            f"{text!r} doesn't look like a subject code such as SITE01-001 (letters, digits, '-', '_', '.' and '/', "
            "with a digit); never write a patient's name here"
        )
    return code


def _stage(value: object) -> str:
    stage = str(value) if value == 0 and not isinstance(value, bool) else value
    if stage not in BCLC_STAGES:
        raise ValueError(f"{value!r} is no BCLC stage; expected one of {', '.join(BCLC_STAGES)}")
    return str(stage)


def _with_unit(parse: Callable[[str], float], example: str) -> PlainValidator:
    """What reads a number with its unit; one without a unit isn't made better by quotes."""

    def read(value: object) -> float:
        if not isinstance(value, str):
            got = "nothing" if value is None else value if isinstance(value, int | float) else repr(value)
            raise ValueError(f"expected a number with its unit such as {example!r}, got {got}")
        return parse(value)

    text: Any = Annotated[str, Key(pattern=AMOUNTS_PATTERN, examples=[example])]
    return PlainValidator(read, json_schema_input_type=text)


def _months(text: str) -> float:
    number, unit = parse_amount(text, tuple(_MONTHS_IN))
    months = number * _MONTHS_IN[unit]
    if months > MAX_MONTHS:
        raise ValueError(f"{text!r}: more than {MAX_MONTHS:g} months (is the unit right?)")
    return months


def _ng_ml(text: str) -> float:
    return parse_amount(text, ("ng/mL",))[0]


def _schedule(text: str) -> str:
    parse_schedule(text)
    return text.strip()


def _uid(text: str) -> str:
    uid = text.strip()
    if not re.match(UID_PATTERN, uid) or len(uid) > MAX_UID:
        raise ValueError(f"expected a SOP Instance UID (digits and dots), got {text!r}")
    return uid


def _whole(value: object) -> object:
    """The number of one that stands in quotes."""
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_UID else value


def _one_of(words: tuple[str, ...]) -> BeforeValidator:
    """What takes ``Radiation Oncologist`` for ``radiation-oncologist``, and leaves other words for the complaint."""

    def read(value: object) -> object:
        word = "-".join(re.findall(r"[^\s_-]+", value.casefold())) if isinstance(value, str) else ""
        return word if word in words else value

    return BeforeValidator(read)


def _answer(value: object) -> bool | None:
    answer = {"yes": True, "no": False, NOT_ASKED: None}.get(value, value) if isinstance(value, str) else value
    if isinstance(answer, bool) or value == NOT_ASKED:
        return None if value == NOT_ASKED else bool(answer)
    raise ValueError(f"expected yes, no or {NOT_ASKED}, got {'nothing' if value is None else repr(value)}")


def _day_or_never(text: str) -> date | str:
    return NEVER if text.strip() == NEVER else parse_date(text)


def _said(key: str) -> str:
    """What a key of a patient or a lesion is, and how it is written."""
    quantity = PATIENT.get(key) or LESION[key]
    return f"{quantity.text}: {quantity.form}."


_SubjectText = Annotated[str, Key(pattern=SUBJECT_PATTERN, examples=["SITE01-001"])]
_StageKey = Literal["0", 0, "A", "B", "C", "D"]
_UidKey = Annotated[str, Key(pattern=UID_PATTERN, max_length=MAX_UID + 2, examples=["1.2.840.10008.1"])]
_AgeKey = Annotated[int, Key(ge=0, le=130)] | Annotated[str, Key(pattern=r"^\s*[0-9]{1,3}\s*$")]
_ScheduleText = Annotated[str, Key(min_length=1, examples=["5x8Gy"])]
_DayOrNeverText = Annotated[str, Key(pattern=rf"^\s*never\s*$|{DATE_PATTERN}", examples=["2025-03-24", "never"])]
_AnswerKey = Literal["yes", "no", "n/a", True, False]

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(_filled)]
FilledReason = Annotated[Filled, AfterValidator(checked_reason)]
Notes = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_filled)]
Subject = Annotated[str, PlainValidator(read_by(_subject), json_schema_input_type=_SubjectText)]
Stage = Annotated[str, PlainValidator(_stage, json_schema_input_type=_StageKey)]
Months = Annotated[float, _with_unit(_months, "6 months")]
NgMl = Annotated[float, _with_unit(_ng_ml, "400 ng/mL")]
ScheduleText = Annotated[str, PlainValidator(read_by(_schedule), json_schema_input_type=_ScheduleText)]
DayOrNever = Annotated[date | str, PlainValidator(read_by(_day_or_never), json_schema_input_type=_DayOrNeverText)]
Answer = Annotated[bool | None, PlainValidator(_answer, json_schema_input_type=_AnswerKey)]
UidText = Annotated[str, PlainValidator(read_by(_uid), json_schema_input_type=_UidKey)]
Age = Annotated[int, Key(ge=0, le=130), BeforeValidator(_whole, json_schema_input_type=_AgeKey)]
DecisionKey = Literal["approved", "conditional", "rejected", "withdrawn"]
Role = Annotated[RoleKey, _one_of(get_args(RoleKey))]
Decision = Annotated[DecisionKey, _one_of(get_args(DecisionKey))]
Count = Annotated[int, Key(ge=0, le=999)]
ChildPughScore = Literal["A5", "A6", "B7", "B8", "B9", "C10", "C11", "C12", "C13", "C14", "C15"]
KindKey = Literal["primary", "metastasis", "lymph-node", "thrombus"]


class PatientKeys(Strict):
    """What is declared of the patient."""

    child_pugh: ChildPughScore | None = Key(default=None, description=_said("child_pugh"))
    ecog: Annotated[int, Key(ge=0, le=5)] | None = Key(default=None, description=_said("ecog"))
    age: Age | None = Key(default=None, description=_said("age"))
    bclc: Stage | None = Key(default=None, description=_said("bclc"))
    stable_disease: Months | None = Key(default=None, description=_said("stable_disease"))
    anticipated_survival: Months | None = Key(default=None, description=_said("anticipated_survival"))
    afp: NgMl | None = Key(default=None, description=_said("afp"))
    early_progression: YesNo | None = Key(default=None, description=_said("early_progression"))
    prior_oligoprogression: YesNo | None = Key(default=None, description=_said("prior_oligoprogression"))
    most_lesions_before: Count | None = Key(default=None, description=_said("most_lesions_before"))
    most_organs_before: Count | None = Key(default=None, description=_said("most_organs_before"))


class DatesKeys(Strict):
    """Days of the calendar: year-month-day."""

    diagnosis: Day | None = Key(default=None, description=f"When {DATES['diagnosis']}.")
    progression: Day | None = Key(default=None, description=f"When {DATES['progression']}.")
    first_line_start: Day | None = Key(default=None, description=f"When {DATES['first_line_start']}.")
    second_line_start: Day | None = Key(default=None, description=f"When {DATES['second_line_start']}.")
    last_radiotherapy: DayOrNever | None = Key(default=None, description=f"When {DATES['last_radiotherapy']}.")
    planning_ct: Day | None = Key(default=None, description=f"When {DATES['planning_ct']}.")
    radiotherapy_start: Day | None = Key(default=None, description=f"When {DATES['radiotherapy_start']}.")
    radiotherapy_end: Day | None = Key(default=None, description=f"When {DATES['radiotherapy_end']}.")


class ReducedKeys(Strict):
    """Why a lesion is prescribed less than the protocol asks."""

    reason: FilledReason = Key(description="In one sentence.")
    organ: Filled = Key(description="The organ at risk that limits the dose.")


class LesionKeys(Strict):
    """One lesion."""

    name: Filled = Key(description="Of your own, another for each lesion: L1.")
    organ: Filled = Key(
        description="The organ that is involved, or, of lymph nodes, the system: liver, lung, bone, lymph nodes."
    )
    kind: KindKey = Key(description=_said("kind"))
    station: Filled | None = Key(default=None, description="Of a lymph node its site or drainage region: '16a'.")
    bone: YesNo | None = Key(default=None, description=_said("bone"))
    vertebra: YesNo | None = Key(default=None, description=_said("vertebra"))
    mobile: YesNo | None = Key(default=None, description=_said("mobile"))
    measurable: YesNo | None = Key(default=None, description=_said("measurable"))
    gtv: Filled | None = Key(default=None, description="Name of the ROI that is its GTV.")
    ctv: Filled | None = Key(default=None, description="Name of the ROI that is its CTV.")
    ptv: Filled | None = Key(default=None, description="Name of the ROI that is its PTV.")
    also: list[Filled] = Key(
        default_factory=list, description="Further ROIs that are drawn of it, no lesions of their own: [GTV_MR]."
    )
    plan: Filled | None = Key(default=None, description="Label or SOP Instance UID of the plan that treats it.")
    motion: Filled | None = Key(
        default=None, description="How its motion was managed: 4D CT and ITV, breath hold, gating ..."
    )
    prior_radiotherapy: YesNo | None = Key(default=None, description=_said("prior_radiotherapy"))
    reduced: ReducedKeys | None = Key(
        default=None, description="Why it is prescribed less than the protocol asks: `reason` and `organ`."
    )

    @field_validator("station")
    @classmethod
    def _of_a_node(cls, station: str | None, info: ValidationInfo) -> str | None:
        kind = info.data.get("kind", LesionKind.LYMPH_NODE.value)
        if station is not None and kind != LesionKind.LYMPH_NODE.value:
            raise ValueError(f"{station!r} is said of a lymph node, and the lesion is of kind {kind}")
        return station

    @field_validator("vertebra")
    @classmethod
    def _in_bone(cls, vertebra: bool | None, info: ValidationInfo) -> bool | None:
        if vertebra and info.data.get("bone") is False:
            raise ValueError("a vertebra is bone, and bone is no")
        return vertebra


class _Signed(Strict):
    name: Filled = Key(description="Name or initials of who says so.")
    role: Role = Key(description="radiation-oncologist, physicist, dosimetrist, investigator or monitor.")
    date: Day = Key(description="When: 2025-03-24.")


class AttestationKeys(_Signed):
    """What a person says was done, that no file shows."""

    key: Filled = Key(description="Which question, as the protocol calls it: motion-management.")
    answer: Answer = Key(description="yes, no, or n/a where the question doesn't arise; then `remark` says why.")
    remark: Filled | None = Key(default=None, validate_default=True, description="What was done, or why not.")
    lesion: Filled | None = Key(default=None, description="Name of the lesion that it is about; leave it out for all.")

    @field_validator("remark")
    @classmethod
    def _says_why(cls, remark: str | None, info: ValidationInfo) -> str | None:
        if remark is None and info.data.get("answer", True) is None:
            raise ValueError(f"say why the question doesn't arise (answer: {NOT_ASKED})")
        return remark


class SignOffKeys(_Signed):
    """One decision of one person."""

    of: Literal["contours", "plan", "report"] = Key(description="What is signed: contours, plan or report.")
    decision: Decision = Key(description="approved, conditional (the remark says on what), rejected, or withdrawn.")
    remark: Filled | None = Key(default=None, validate_default=True, description="What is to be changed, or why.")
    round: Annotated[int, Key(ge=1, le=99)] = Key(
        default=1, description="1 for the first submission, one more for every one after it."
    )
    objects: list[Filled] | None = Key(
        default=None, description="SOP Instance UIDs of what was signed, or SHA-256 of their files."
    )

    @field_validator("remark")
    @classmethod
    def _says_on_what(cls, remark: str | None, info: ValidationInfo) -> str | None:
        if remark is None and info.data.get("decision") == "conditional":
            raise ValueError("say on what the approval depends (decision: conditional)")
        return remark


class OverrideKeys(_Signed):
    """A person's reason why an alert of a plan check may stand."""

    check: Filled = Key(description="Id of the plan check: E2.")
    subject: Filled | None = Key(
        default=None, description="The alert's subject, as in the report; leave it out for all alerts of the check."
    )
    reason: FilledReason = Key(description="Why it may stand; it is printed in the report.")


class SheetFile(Whole):
    """A case sheet: what DICOM doesn't know of one patient's treatment. What is left out isn't declared."""

    version_of_schema: Schema = Key(alias="schema")
    subject: Subject | None = Key(default=None, description="Subject code of the trial, never the patient's name.")
    centre: Filled | None = Key(default=None, description="Code or name of the centre.")
    protocol: Filled | None = Key(default=None, description="Id of the protocol, or its file: NCT06261047.")
    files: list[UidText] | None = Key(
        default=None,
        description="SOP Instance UIDs of the structure set and the plans that it was written for; "
        "with others it isn't taken for theirs.",
    )
    patient: PatientKeys | None = Key(default=None, description="What is declared of the patient.")
    dates: DatesKeys | None = Key(default=None, description="Days of the calendar: year-month-day.")
    lesions: list[LesionKeys] | None = Key(
        default=None, description="All oligoprogressive lesions; without this list nobody knows how many there are."
    )
    prescriptions: dict[Filled, ScheduleText] | None = Key(
        default=None, description="Schedule by target, only where the files don't say it right: {PTV_1: 5x8Gy}."
    )
    names: dict[Filled, Filled] | None = Key(
        default=None, description="Which ROI an organ is, confirmed by a person: {SpinalCord: RM_neu}."
    )
    attestations: list[AttestationKeys] | None = Key(default=None, description="What was done, that no file shows.")
    sign_offs: list[SignOffKeys] | None = Key(default=None, description="Who approved contours, plan and report.")
    overrides: list[OverrideKeys] | None = Key(
        default=None, description="Alerts of plan checks that may stand, and why."
    )
    notes: Notes | None = Key(default=None, description="Anything else, for the report.")
