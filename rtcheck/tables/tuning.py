"""A clinic's tuning of the plan checks: YAML -> checks that are off, and thresholds of its own, each with a reason."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict
from pydantic import Field as Key
from pydantic_core import PydanticCustomError

from rtcheck.document import Document, Loc, in_order
from rtcheck.errors import TableError
from rtcheck.tables.asked import plan_checks
from rtcheck.tables.keys import Id, Reason, Schema, Strict, Whole
from rtcheck.tables.problems import closest_or_all, validated
from rtcheck.tables.schema import Title
from rtcheck.tables.sheets import File, document_of
from rtcheck.tables.written import check_name

if TYPE_CHECKING:
    from rtcheck.plan_checks import PlanCheck, Threshold, Tuning

#: What a mapping of thresholds holds besides them.
_NOT_THRESHOLDS = ("id", "because")
_NUMBER = re.compile(r"(?P<value>-?[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>.*)", re.DOTALL)
#: So many times a threshold is rtcheck's at most, and its least part.
MOST_TIMES = 10.0
#: The most that a threshold may be which is 0 in rtcheck.
MOST = 1e6
#: So many characters of a number are shown.
MAX_SHOWN = 20
NUMBER_PATTERN = r"^\s*-?[0-9]+(\.[0-9]+)?\s*([^\s0-9].*)?$"


def _number_or_text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError("string_type", "text")
    return str(value)


_NumberKey = Annotated[str, Key(pattern=NUMBER_PATTERN, examples=["3 mm"])] | int | float
_Number = Annotated[str, BeforeValidator(_number_or_text, json_schema_input_type=_NumberKey)]


class OffKeys(Strict):
    """A plan check that isn't asked."""

    id: Id = Key(description="Id of the plan check: G2.")
    because: Reason = Key(description="Your reason; it stands in the report.")


class ThresholdKeys(Strict):
    """Thresholds of one plan check, each by its name: `largest_grid_mm: 3 mm`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)
    __pydantic_extra__: dict[str, _Number]

    id: Id = Key(description="Id of the plan check: B5.")
    because: Reason = Key(description="Your reason; it stands in the report.")


class TuningFile(Whole):
    """A clinic's tuning of the plan checks."""

    version_of_schema: Schema = Key(alias="schema")
    id: Id = Key(description="The file's name without its suffix.")
    title: Title
    off: list[OffKeys] = Key(default_factory=list, description="Plan checks that aren't asked.")
    thresholds: list[ThresholdKeys] = Key(
        default_factory=list, description="Thresholds of your own, check by check, with the unit of rtcheck's."
    )


def read_tuning(file: File) -> Tuning:
    """Read a clinic's tuning of the plan checks.

    Parameters
    ----------
    file : Path, str, or (name, bytes)

    Raises
    ------
    InputError
        If the file can't be opened.
    TableError
        With everything that is wrong in the file, by line and column.
    """
    from rtcheck.plan_checks import Tuning  # noqa: PLC0415  tables alone need none of them

    document = document_of(file)
    model = validated(TuningFile, document)
    check_name(document, Path(document.file))
    checks = plan_checks()
    _check_ids(document, checks)
    thresholds = {
        str(document.at(*loc, "id")): dict(_thresholds(document, loc, checks))
        for loc, _ in document.items("thresholds")
    }
    if model is not None and not (model.off or model.thresholds):
        document.note(document.place_of(()), "nothing is changed; give 'off', 'thresholds' or both")
    if model is None or document.problems:
        raise TableError(in_order(document.problems))
    return Tuning(
        off=MappingProxyType({one.id: one.because for one in model.off}),
        thresholds=MappingProxyType({check: MappingProxyType(numbers) for check, numbers in thresholds.items()}),
        because=MappingProxyType({one.id: one.because for one in model.thresholds}),
        file=document.name,
        sha256=document.sha256,
    )


def _check_ids(document: Document, checks: Mapping[str, PlanCheck]) -> None:
    """Checks that are named exist, each named once."""
    first: dict[str, tuple[str | int, int]] = {}
    for loc in [loc for name in ("off", "thresholds") for loc, _ in document.items(name)]:
        check, place = document.at(*loc, "id"), document.place_of((*loc, "id"))
        if not isinstance(check, str):
            continue
        if check not in checks:
            document.note(place, f"id: no plan check is called {check!r}{closest_or_all(check, checks)}")
        elif check in first:
            document.note(place, f"id: {check!r} is under '{first[check][0]}' in line {first[check][1]} already")
        first.setdefault(check, (loc[0], place.line))


def _thresholds(document: Document, loc: Loc, checks: Mapping[str, PlanCheck]) -> Iterator[tuple[str, float]]:
    """The thresholds of one check; what is wrong with any is noted."""
    keys, check = document.at(*loc), checks.get(str(document.at(*loc, "id")))
    if check is None or not isinstance(keys, dict):
        return
    own = [name for name in keys if name not in _NOT_THRESHOLDS]
    if not own:
        known = ", ".join(f"{name} ({one.value:g} {one.unit})" for name, one in check.thresholds.items())
        message = f"no threshold of {check.id} is given; it has {known or 'none'}"
        document.note(document.place_of(loc), message)
    for name in own:
        if name not in check.thresholds:
            message = f"{check.id} has no threshold {name!r}{closest_or_all(name, check.thresholds)}"
            document.note(document.place_of((*loc, name), key=True), message)
            continue
        given = keys[name]
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            continue  # the schema tells
        try:
            yield name, _value(str(given), check.thresholds[name])
        except ValueError as error:
            document.note(document.place_of((*loc, name)), f"{name}: {error}")


def _value(given: str, threshold: Threshold) -> float:
    """The number of ``"3 mm"`` in the threshold's unit; ValueError for another unit, or a number beside all reason."""
    example = f"{threshold.value:g} {threshold.unit}".strip()
    match = _NUMBER.fullmatch(given.strip())
    if match is None:
        raise ValueError(f"expected a number such as {example!r}, got {given!r}")
    if match["unit"].strip() != threshold.unit:
        got = repr(match["unit"].strip()) if match["unit"].strip() else "none"
        wanted = f"the unit {threshold.unit!r}" if threshold.unit else "a number without a unit"
        raise ValueError(f"expected {wanted} as in {example!r}, got {got}")
    value = float(match["value"])
    least, most = _range(threshold)
    if not (math.isfinite(value) and least <= value <= most):
        shown = given if len(given) <= len(example) + MAX_SHOWN else f"{given[:MAX_SHOWN]}..."
        raise ValueError(
            f"{shown!r} isn't between {least:g} and {most:g}{f' {threshold.unit}' if threshold.unit else ''}; "
            f"rtcheck's is {example}"
        )
    return value


def _range(threshold: Threshold) -> tuple[float, float]:
    """What a clinic may make of a threshold, so that a check can be tuned but not emptied by a slip of a digit."""
    if threshold.unit == "%":
        return 0.0, 100.0 if threshold.value <= 100.0 else MOST_TIMES * threshold.value
    if threshold.value == 0.0:
        return 0.0, MOST
    return threshold.value / MOST_TIMES, MOST_TIMES * threshold.value
