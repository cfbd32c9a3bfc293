"""Alpha/beta of tissues and parameter sets of dose-response models: YAML -> values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field as Key
from pydantic import PlainValidator, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from rtcheck.document import Document, in_order, read_document
from rtcheck.errors import TableError, UsageError
from rtcheck.response import NEEDS, Model, ParameterSet
from rtcheck.shipped import data_folder
from rtcheck.tables.build import citation_of
from rtcheck.tables.keys import Cited, DoseGy, Id, Reference, Schema, Text, Whole
from rtcheck.tables.paths import RADIOBIOLOGY
from rtcheck.tables.problems import closest_or_all, validated
from rtcheck.tables.written import check_ids, check_sources
from rtcheck.tissue import AlphaBeta, AlphaBetaTable, unsettled
from rtcheck.units import GY_PER, DoseBasis, DoseKind, Unit

_SIGNED_DOSE = re.compile(r"(?P<value>-?\d+(?:\.\d+)?)\s*(?P<unit>cGy|Gy)")
_LISTS = ("alpha_beta", "models")


@dataclass(frozen=True)
class Radiobiology:
    """A file of alpha/betas and parameter sets.

    Attributes
    ----------
    id, title, version : str
    alpha_beta : AlphaBetaTable
    models : tuple of ParameterSet
        In file order.
    file : str
        File name, for the reader.
    sha256 : str
        Of the file's bytes.
    disclaimer : str
    """

    id: str
    title: str
    version: str
    alpha_beta: AlphaBetaTable
    models: tuple[ParameterSet, ...]
    file: str
    sha256: str
    disclaimer: str = ""

    def model(self, model_id: str) -> ParameterSet:
        """The parameter set of an id.

        Raises
        ------
        UsageError
            If there is none; it names the nearest, or lists all.
        """
        for model in self.models:
            if model.id == model_id:
                return model
        hint = closest_or_all(model_id, (model.id for model in self.models))
        raise UsageError(f"no parameter set is called {model_id!r}{hint}")


def load_radiobiology(path: Path | str | None = None) -> Radiobiology:
    """Read the alpha/betas of tissues and the parameter sets of dose-response models.

    Parameters
    ----------
    path : Path or str, optional
        A file; the one that rtcheck ships where not given.

    Raises
    ------
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the file, by line and column.
    """
    document = read_document(data_folder() / f"{RADIOBIOLOGY}.yaml" if path is None else Path(path))
    model = validated(RadiobiologyFile, document)
    check_ids(document, *_LISTS)
    check_sources(document, *_LISTS)
    _check_defaults(document)
    if model is None or document.problems:
        raise TableError(in_order(document.problems))
    return Radiobiology(
        id=model.id,
        title=model.title,
        version=model.version,
        alpha_beta=AlphaBetaTable(tuple(_alpha_beta(row, model.sources) for row in model.alpha_beta)),
        models=tuple(_parameters(row, model.sources) for row in model.models),
        file=document.name,
        sha256=document.sha256,
        disclaimer=model.disclaimer or "",
    )


def _signed_dose_gy(value: object) -> float:
    match = _SIGNED_DOSE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a dose such as '2.5 Gy', got {value!r}")
    return float(Fraction(match["value"]) * Fraction(str(GY_PER[Unit(match["unit"])])))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"expected a number, got {value!r}")
    return float(value)


def _interval(value: object, *, doses: bool) -> tuple[float | None, float | None]:
    """Two ends, of which one that isn't bounded is empty."""
    if not isinstance(value, list) or len(value) != 2 or value == [None, None]:
        example = '["2.2 Gy", "8.2 Gy"]' if doses else "[0.6, 1.4]"
        raise ValueError(f"expected a list of two ends such as {example}, one of which may be null")
    read = _signed_dose_gy if doses else _number
    low, high = (None if end is None else read(end) for end in value)
    if low is not None and high is not None and low >= high:
        raise ValueError(f"{low:g} to {high:g} runs downwards")
    return low, high


DoseInterval = Annotated[tuple[float | None, float | None], PlainValidator(lambda value: _interval(value, doses=True))]
Interval = Annotated[tuple[float | None, float | None], PlainValidator(lambda value: _interval(value, doses=False))]
Positive = Annotated[float, Key(gt=0)]


class AlphaBetaRow(Cited):
    """One published alpha/beta."""

    id: Id
    tissue: Text
    alpha_beta: DoseGy
    ci95: DoseInterval | None = None
    other_values: list[DoseGy] = Key(default_factory=list)
    organs: list[Text]
    not_organs: list[Text] = Key(default_factory=list)
    default: bool = False
    generic: bool = False
    notes: Text | None = None


class ModelRow(Cited):
    """One published set of parameters."""

    id: Id
    model: Literal["LKB", "probit on mean dose", "Poisson", "observation"]
    organ: Text
    endpoint: Text
    population: Text | None = None
    n: Positive | None = Key(default=None, validate_default=True)
    m: Positive | None = Key(default=None, validate_default=True)
    d50: DoseGy | None = Key(default=None, validate_default=True)
    d50_ci95: DoseInterval | None = None
    gamma50: Positive | None = Key(default=None, validate_default=True)
    gamma50_ci95: Interval | None = None
    gamma: Positive | None = Key(default=None, validate_default=True)
    p_value: Annotated[float, Key(ge=0, le=1)] | None = None
    no_event_below: DoseGy | None = None
    alpha_beta: DoseGy | None = None
    fraction: DoseGy | None = None
    converted: bool = False
    basis: Literal["physical", "BED", "EQD2", "EQDx"] | None = Key(default=None, validate_default=True)
    refusal: Text | None = Key(default=None, validate_default=True)
    notes: Text | None = None

    @field_validator("n", "m", "d50", "gamma50", "refusal")
    @classmethod
    def _needed(cls, value: float | str | None, info: ValidationInfo) -> float | str | None:
        needs = NEEDS[Model(info.data["model"])] if "model" in info.data else ()
        if value is None and info.field_name in {name.removesuffix("_gy") for name in needs}:
            raise PydanticCustomError("missing", "parameter")
        return value

    @field_validator("gamma")
    @classmethod
    def _one_slope(cls, gamma: float | None, info: ValidationInfo) -> float | None:
        known = info.data.get("model") == "Poisson" and "gamma50" in info.data
        if known and (gamma is None) == (info.data["gamma50"] is None):
            raise ValueError("a Poisson set has gamma50 or gamma, one of them")
        return gamma

    @field_validator("basis")
    @classmethod
    def _consistent(cls, basis: str | None, info: ValidationInfo) -> str | None:
        if not {"alpha_beta", "fraction", "converted"} <= info.data.keys():
            return basis
        if basis is None and info.data["fraction"] is not None:
            raise ValueError("a fraction belongs to the basis EQDx, and there is none")
        if basis == "physical" and info.data["converted"]:
            raise ValueError("physical dose isn't converted")
        if basis is not None:
            DoseBasis(DoseKind(basis), info.data["alpha_beta"], info.data["fraction"])
        return basis


class RadiobiologyFile(Whole):
    """A file of alpha/betas and parameter sets."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id
    title: Text
    version: Text
    disclaimer: Text | None = None
    sources: dict[str, Reference] = Key(default_factory=dict)
    alpha_beta: Annotated[list[AlphaBetaRow], Key(min_length=1)]
    models: list[ModelRow] = Key(default_factory=list)


def _check_defaults(document: Document) -> None:
    """Each organ has exactly one default, and the file exactly one generic value; asked of the file as written."""
    locs = [loc for loc, _ in document.items("alpha_beta")]
    rows = [_as_written(document, *loc) for loc in locs]
    for row, organ, problem in unsettled(rows):
        document.note(document.place_of((*locs[row], "organs", organ)), f"organs: {problem}")
    generic = [loc for loc, row in zip(locs, rows, strict=True) if row.is_generic]
    if not generic:
        message = "alpha_beta: no row is generic: true; one is needed for names that no row lists"
        document.note(document.place_of(("alpha_beta",), key=True), message)
    for loc in generic[1:]:
        first = document.place_of((*generic[0], "generic")).line
        document.note(document.place_of((*loc, "generic")), f"generic: a second generic row; first in line {first}")


def _as_written(document: Document, *loc: str | int) -> AlphaBeta:
    """Organs and flags of a row, whatever else is wrong in it."""
    organs = [organ if isinstance(organ, str) else "" for _, organ in document.items(*loc, "organs")]
    return AlphaBeta(
        id=str(document.at(*loc, "id")),
        tissue="",
        value_gy=1.0,
        source="",
        is_default=document.at(*loc, "default") not in (None, False),
        is_generic=document.at(*loc, "generic") is True,
        organs=tuple(organs),
    )


def _alpha_beta(row: AlphaBetaRow, sources: dict[str, Reference]) -> AlphaBeta:
    return AlphaBeta(
        id=row.id,
        tissue=row.tissue,
        value_gy=row.alpha_beta,
        source=citation_of(row, sources),
        status=row.status,
        is_default=row.default,
        organs=tuple(row.organs),
        ci95_gy=row.ci95,
        notes=row.notes or "",
        is_generic=row.generic,
        not_organs=tuple(row.not_organs),
        other_values_gy=tuple(row.other_values),
    )


def _parameters(row: ModelRow, sources: dict[str, Reference]) -> ParameterSet:
    return ParameterSet(
        id=row.id,
        model=Model(row.model),
        organ=row.organ,
        endpoint=row.endpoint,
        source=citation_of(row, sources),
        status=row.status,
        population=row.population or "",
        n=row.n,
        m=row.m,
        d50_gy=row.d50,
        gamma50=row.gamma50,
        gamma=row.gamma,
        basis=DoseBasis(DoseKind(row.basis), row.alpha_beta, row.fraction) if row.basis else None,
        alpha_beta_gy=row.alpha_beta,
        converted=row.converted,
        refusal=row.refusal or "",
        d50_ci95_gy=row.d50_ci95,
        gamma50_ci95=row.gamma50_ci95,
        p_value=row.p_value,
        no_event_below_gy=row.no_event_below,
        notes=row.notes or "",
    )
