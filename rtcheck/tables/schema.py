"""What a table and a protocol may say: pydantic models, one field a key.

Quantities are text with units and become values here; checks of one key against another stand at the later of the two
fields, so that one wrong key doesn't hide the next. Nothing here knows of files or lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from pydantic import (
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
from rtcheck.tables.quantities import (
    check_acceptable,
    check_hot_volume,
    check_limit,
    parse_dose,
    parse_dose_per_fraction,
    parse_fractions,
    parse_limit,
)

#: A closed set: a row for a diagnosis that nobody can declare would never be asked, and nobody would see it.
Diagnosis = Literal["hcc", "liver-metastases", "no-liver-disease", "other"]
#: Scores, and the classes that stand for all their scores.
CHILD_PUGH = ("A", "B", "C", *CHILD_PUGH_SCORES)
#: How well a number was confirmed against its publication.
Status = Literal["verified", "single", "values-only", "conflict", "unverified"]
#: Version of what these models say.
SCHEMA = 1
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
DOI_PATTERN = r"^10\.\d{4,9}/\S+$"


def _read_by(parse: Callable[[str], object]) -> Callable[[object], object]:
    """What reads text by `parse`, and complains of anything else as pydantic does."""

    def read(value: object) -> object:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "text")
        return parse(value)

    return read


def _schema_number(value: object) -> object:
    # For pydantic, true equals 1.
    if value != SCHEMA or isinstance(value, bool):
        raise PydanticCustomError("literal_error", "schema", {"expected": str(SCHEMA)})
    return value


def _checked_roi(text: str) -> str:
    parse_expression(text)
    return text.strip()


def _child_pugh(text: str) -> str:
    if text not in CHILD_PUGH:
        raise ValueError(f"{text!r} is no Child-Pugh class or score; expected one of {', '.join(CHILD_PUGH)}")
    return text


Schema = Annotated[Literal[1], BeforeValidator(_schema_number)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Doi = Annotated[str, StringConstraints(pattern=DOI_PATTERN)]
Roi = Annotated[str, BeforeValidator(_read_by(_checked_roi))]
ChildPugh = Annotated[str, BeforeValidator(_read_by(_child_pugh))]
DoseGy = Annotated[float, BeforeValidator(_read_by(parse_dose), json_schema_input_type=str)]
DosesGy = Annotated[tuple[float, float], BeforeValidator(_read_by(parse_dose_per_fraction), json_schema_input_type=str)]
Fractions = Annotated[tuple[int, int], PlainValidator(parse_fractions, json_schema_input_type=int | str | list[int])]
MetricText = Annotated[Metric, PlainValidator(_read_by(parse_metric), json_schema_input_type=str)]
LimitText = Annotated[Limit, PlainValidator(_read_by(parse_limit), json_schema_input_type=str)]


class Strict(BaseModel):
    """No other keys, no conversions."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True)


class Reference(Strict):
    """A publication that rows point to by its key."""

    citation: Text
    full: Text | None = None
    doi: Doi | None = None


class Cited(Strict):
    """Where a number was published: a citation, or the key of one of the file's sources."""

    source: Text | None = None
    citation: Text | None = Key(default=None, validate_default=True)
    locator: Text | None = None
    doi: Doi | None = None
    status: Status
    transcriptions: Annotated[int, Key(ge=0)] | None = None

    @field_validator("citation")
    @classmethod
    def _some_citation(cls, citation: str | None, info: ValidationInfo) -> str | None:
        if citation is None and info.data.get("source", "") is None:
            raise PydanticCustomError("missing", "citation")
        return citation


class RegimenKeys(Strict):
    """The schedules that a row belongs to."""

    text: Text
    fractions: Fractions | None = None
    dose_per_fraction: DosesGy | None = None


class PatientsKeys(Strict):
    """The patients that a row belongs to."""

    text: Text
    diagnosis: Annotated[list[Diagnosis], Key(min_length=1)] | None = None
    child_pugh: Annotated[list[ChildPugh], Key(min_length=1)] | None = None


class Row(Cited):
    """One row of a table."""

    id: Id
    organ: Text
    roi: Roi
    published_roi: Text | None = None
    metric: MetricText
    limit: LimitText
    hot_volume_intended: bool = Key(default=False, validate_default=True)
    acceptable: LimitText | None = None
    requirement: Literal["required", "if_contoured"] = "if_contoured"
    role: Literal["limit", "risk-point"] = "limit"
    regimen: RegimenKeys
    native_fractions: Fractions | None = None
    alpha_beta: DoseGy | None = None
    basis: Literal["physical", "BED", "EQD2"] = Key(default="physical", validate_default=True)
    patients: PatientsKeys | None = None
    irradiation: Text | None = None
    endpoint: Text | None = None
    rate_pct: Text | None = None
    volume_segmented: Text | None = None
    notes: Text | None = None
    group: Id | None = None

    @field_validator("limit")
    @classmethod
    def _limit_fits(cls, limit: Limit, info: ValidationInfo) -> Limit:
        if metric := info.data.get("metric"):
            check_limit(metric, limit)
        return limit

    @field_validator("hot_volume_intended")
    @classmethod
    def _hot_volume(cls, intended: bool, info: ValidationInfo) -> bool:
        metric, limit = info.data.get("metric"), info.data.get("limit")
        if metric and limit and not intended:
            try:
                check_hot_volume(metric, limit)
            except ValueError as error:
                # The key that is wrong is the metric, not this one, which may not even be in the file.
                raise PydanticCustomError("hot_volume", "{error}", {"error": str(error), "at": "metric"}) from None
        return intended

    @field_validator("basis")
    @classmethod
    def _has_alpha_beta(cls, basis: str, info: ValidationInfo) -> str:
        if basis != "physical" and info.data.get("alpha_beta", 0.0) is None:
            raise ValueError(f"a limit in {basis} needs alpha_beta")
        return basis

    @field_validator("acceptable")
    @classmethod
    def _laxer(cls, acceptable: Limit | None, info: ValidationInfo) -> Limit | None:
        if acceptable is not None and (limit := info.data.get("limit")):
            check_acceptable(limit, acceptable)
        return acceptable


class TableFile(Strict):
    """A file of rows."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id
    title: Text
    version: Text
    disclaimer: Text | None = None
    sources: dict[str, Reference] = {}
    rows: Annotated[list[Row], Key(min_length=1)]


class BedKeys(Cited):
    """The biologically effective dose that every target must be prescribed."""

    id: Id = "bed"
    alpha_beta: DoseGy
    at_least: DoseGy


class ProtocolFile(Strict):
    """A protocol: a dose rule, ROIs that must be there, tables, and rows of its own."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id
    title: Text
    version: Text
    diagnosis: Diagnosis | None = None
    child_pugh: Annotated[list[ChildPugh], Key(min_length=1)] | None = None
    sources: dict[str, Reference] = {}
    bed: BedKeys | None = None
    required_rois: list[Roi] = []
    required_rois_citation: Text | None = None
    tables: list[Text] = []
    rows: list[Row] = []
    notes: list[Text] = []
