"""What keys of data files may hold: types of values that several kinds of files share.

Quantities are text with units and become values here. Nothing here knows of files or lines.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic import Field as Key
from pydantic_core import PydanticCustomError

from rtcheck.case import CHILD_PUGH_SCORES
from rtcheck.constraint import Limit
from rtcheck.metrics import Metric, parse_metric
from rtcheck.roi_algebra import parse_expression
from rtcheck.sheet import says_nothing
from rtcheck.tables.bounds import DATE_PATTERN, parse_date
from rtcheck.tables.quantities import (
    DOSE_PATTERN,
    DOSES_PATTERN,
    FRACTIONS_PATTERN,
    LIMIT_PATTERN,
    METRIC_PATTERN,
    parse_dose,
    parse_dose_per_fraction,
    parse_fractions,
    parse_limit,
)

#: A closed set: a row for a diagnosis that nobody can declare would never be asked, and nobody would see it.
Diagnosis = Literal[
    "hcc",
    "liver-metastases",
    "no-liver-disease",
    "bladder-cancer",
    "prostate-cancer",
    "head-neck-reirradiation",
    "other",
]
#: Scores, and the classes that stand for all their scores.
CHILD_PUGH = ("A", "B", "C", *CHILD_PUGH_SCORES)
#: How well a number was confirmed against its publication.
Status = Literal["verified", "single", "values-only", "conflict", "unverified"]
#: Version of what these models say.
SCHEMA = 1
_YES_NO = {"yes": True, "no": False}
#: So many letters a reason has at least.
LEAST_LETTERS = 3
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
DOI_PATTERN = r"^10\.\d{4,9}/\S+$"


def read_by(parse: Callable[[str], object]) -> Callable[[object], object]:
    """What reads text by `parse`, and complains of anything else as pydantic does."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "text")
        return parse(value)

    return read


def problem_at(key: str, message: str) -> PydanticCustomError:
    """A problem that stands at another key of the same mapping than the one that is being read."""
    return PydanticCustomError("at_key", "{error}", {"error": message, "at": key})


def checked_roi(text: str) -> str:
    """An ROI expression that can be read, without the blanks around it."""
    parse_expression(text)
    return text.strip()


def checked_reason(text: str) -> str:
    """A reason as it was written; ValueError where it has hardly a letter, or is a word for nothing."""
    if sum(sign.isalpha() for sign in text) < LEAST_LETTERS or says_nothing(text):
        raise ValueError(f"{text!r} is no reason; write one that a reviewer understands")
    return text


def _yes_or_no(value: object) -> bool:
    # YAML 1.2 reads yes and no as text.
    answer = _YES_NO.get(value) if isinstance(value, str) else value
    if not isinstance(answer, bool):
        got = "nothing" if value is None else value if isinstance(value, int | float) else repr(value)
        raise ValueError(f"expected yes or no, got {got}")
    return answer


def _schema_number(value: object) -> object:
    # For pydantic, true equals 1.
    if value != SCHEMA or isinstance(value, bool):
        raise PydanticCustomError("literal_error", "schema", {"expected": str(SCHEMA)})
    return value


def _child_pugh(text: str) -> str:
    if text not in CHILD_PUGH:
        raise ValueError(f"{text!r} is no Child-Pugh class or score; expected one of {', '.join(CHILD_PUGH)}")
    return text


# What an editor is told of the text; the parsers say more, and decide.
_DoseText = Annotated[str, Key(pattern=DOSE_PATTERN, examples=["10 Gy", "1000 cGy"])]
_DosesText = Annotated[str, Key(pattern=DOSES_PATTERN, examples=["1.8-2 Gy", "8 Gy"])]
_FractionsText = Annotated[str, Key(pattern=FRACTIONS_PATTERN, examples=["3-5", "5"])]
_FractionsKey = Annotated[int, Key(ge=1)] | _FractionsText | Annotated[list[int], Key(min_length=1)]
_MetricKey = Annotated[
    str, Key(pattern=METRIC_PATTERN, examples=["Mean[Gy]", "V20Gy[%]", "D0.03cc[Gy]", "CV15Gy[cc]", "DC700cc[Gy]"])
]
_LimitKey = Annotated[
    str, Key(pattern=LIMIT_PATTERN, examples=["< 30 Gy", "<= 15 %", ">= 700 cc", "= 72 Gy", "between 55 and 60 Gy"])
]
_RoiKey = Annotated[
    str, Key(min_length=1, examples=["Liver - GTV*", "all(Kidney_L, Kidney_R)", "SpinalCord", '"OAR (left)"'])
]
_ChildPughKey = Annotated[str, Key(json_schema_extra={"enum": list(CHILD_PUGH)})]

_DateKey = Annotated[str, Key(pattern=DATE_PATTERN, examples=["2025-03-24"])]
Day = Annotated[date, PlainValidator(read_by(parse_date), json_schema_input_type=_DateKey)]
#: ``yes``, ``no``, ``true`` or ``false``.
YesNo = Annotated[bool, PlainValidator(_yes_or_no, json_schema_input_type=Literal["yes", "no", True, False])]
Schema = Annotated[Literal[1], BeforeValidator(_schema_number), Key(description="Version of the form of the file: 1.")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
#: Why a person decided something; it stands in reports.
Reason = Annotated[Text, AfterValidator(checked_reason)]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Doi = Annotated[str, StringConstraints(pattern=DOI_PATTERN)]
Roi = Annotated[str, BeforeValidator(read_by(checked_roi), json_schema_input_type=_RoiKey)]
ChildPugh = Annotated[str, BeforeValidator(read_by(_child_pugh), json_schema_input_type=_ChildPughKey)]
DoseGy = Annotated[float, BeforeValidator(read_by(parse_dose), json_schema_input_type=_DoseText)]
DosesGy = Annotated[
    tuple[float, float], BeforeValidator(read_by(parse_dose_per_fraction), json_schema_input_type=_DosesText)
]
Fractions = Annotated[tuple[int, int], PlainValidator(parse_fractions, json_schema_input_type=_FractionsKey)]
MetricText = Annotated[Metric, PlainValidator(read_by(parse_metric), json_schema_input_type=_MetricKey)]
LimitText = Annotated[Limit, PlainValidator(read_by(parse_limit), json_schema_input_type=_LimitKey)]


class Strict(BaseModel):
    """No other keys, no conversions; a part of a file, which is read with the whole and never by itself.

    A part has no validator of its own, which would be made in vain. What is read by itself is of `Whole`: a validator
    that is made when it is first needed would be made by two threads at once.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Whole(Strict):
    """What is read by itself: a file, or a part that is also made by hand."""

    model_config: ClassVar[ConfigDict] = ConfigDict(defer_build=False)


class Reference(Strict):
    """A publication that rows point to by its key."""

    citation: Text = Key(description="Authors, journal, year, volume and pages in one line.")
    full: Text | None = Key(default=None, description="The whole reference, with its title.")
    doi: Doi | None = Key(default=None, description="Digital object identifier, without https://doi.org/.")


class Cites(Strict):
    """Where something was published: a citation, or the key of one of the file's sources."""

    source: Text | None = Key(default=None, description="Key of one of the file's `sources`; or give `citation`.")
    citation: Text | None = Key(
        default=None, validate_default=True, description="The publication in one line, where `source` isn't given."
    )
    locator: Text | None = Key(default=None, description="Where in the publication: table, page.")
    doi: Doi | None = Key(default=None, description="DOI of the publication, where its source doesn't give it.")

    @field_validator("citation")
    @classmethod
    def _some_citation(cls, citation: str | None, info: ValidationInfo) -> str | None:
        if citation is None and info.data.get("source", "") is None:
            raise PydanticCustomError("missing", "citation")
        return citation


class Cited(Cites):
    """Where a number was published, and how well it was confirmed."""

    status: Status = Key(
        description="How well the number was confirmed against its publication: verified (two or more transcriptions "
        "agree), single (one), values-only, conflict, unverified."
    )
    transcriptions: Annotated[int, Key(ge=0)] | None = Key(
        default=None, description="How many independent transcriptions of the publication were compared."
    )
