"""What all rules may say, and what their keys may hold: quantities, ranges, names of what a case sheet declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal

from pydantic import Field as Key
from pydantic import PlainValidator

from rtcheck.finding import Source
from rtcheck.rules import Level, Rule
from rtcheck.tables.bounds import (
    AMOUNTS_PATTERN,
    BOUND_PATTERN,
    SPAN_PATTERN,
    Bound,
    parse_amount,
    parse_amounts,
    parse_bound,
    parse_span,
)
from rtcheck.tables.declared import DATES, QUANTITIES
from rtcheck.tables.keys import Cites, Id, Status, Text, read_by
from rtcheck.tables.problems import closest_or_all
from rtcheck.tables.quantities import DOSES_PATTERN, parse_doses
from rtcheck.units import Comparator

#: Larger numbers were meant otherwise: centimetres, or a field of view.
MAX_CT_MM, MAX_MARGIN_MM = 10.0, 50.0


def _at_most_mm(text: str) -> float:
    bound = parse_bound(text, ("mm",))
    if bound.comparator is not Comparator.LE:
        raise ValueError(f"expected what is allowed at most, such as '<= 3 mm', got {text!r}")
    if not 0 < bound.value <= MAX_CT_MM:
        raise ValueError(f"{text!r}: a CT has slices and pixels of more than 0 and at most {MAX_CT_MM:g} mm")
    return bound.value


def _margin_mm(text: str) -> tuple[float, float]:
    low, high, _ = parse_span(text, ("mm",))
    if high > MAX_MARGIN_MM:
        raise ValueError(f"{text!r}: more than {MAX_MARGIN_MM:g} mm (is the unit right?)")
    return low, high


def _count(text: str) -> tuple[int, int]:
    low, high, _ = parse_span(text, ("",))
    if not (low.is_integer() and high.is_integer()):
        raise ValueError(f"{text!r}: expected whole numbers such as '1-5'")
    return int(low), int(high)


def _elapsed(text: str) -> Bound:
    bound = parse_bound(text, ("days", "months"))
    if bound.high is not None:
        raise ValueError(f"expected one limit such as '>= 14 days', got the range {text!r}")
    return bound


def _months(text: str) -> float:
    return parse_amount(text, ("months",))[0]


def _whole(*units: str) -> Callable[[str], tuple[tuple[int, ...], str]]:
    def parse(text: str) -> tuple[tuple[int, ...], str]:
        values, unit = parse_amounts(text, units)
        if not all(value.is_integer() and value > 0 for value in values):
            raise ValueError(f"{text!r}: expected whole {unit}, 1 or more")
        return tuple(int(value) for value in values), unit

    return parse


def _one_whole(*units: str) -> Callable[[str], tuple[int, str]]:
    def parse(text: str) -> tuple[int, str]:
        values, unit = _whole(*units)(text)
        if len(values) != 1:
            raise ValueError(f"expected one number such as '2 {unit}', got {text!r}")
        return values[0], unit

    return parse


def _declared(known: Iterable[str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        if text not in known:
            raise ValueError(f"a case sheet has no {text!r}{closest_or_all(text, known)}")
        return text

    return checked


def _read(parse: Callable[[str], object], pattern: str, *examples: str) -> PlainValidator:
    """What reads text by `parse`, and tells editors its pattern."""
    text: Any = Annotated[str, Key(pattern=pattern, examples=list(examples))]
    return PlainValidator(read_by(parse), json_schema_input_type=text)


def _one_of(known: Iterable[str]) -> PlainValidator:
    text: Any = Annotated[str, Key(json_schema_extra={"enum": list(known)})]
    return PlainValidator(read_by(_declared(known)), json_schema_input_type=text)


AtMostMm = Annotated[float, _read(_at_most_mm, BOUND_PATTERN, "<= 3 mm")]
MarginMm = Annotated[tuple[float, float], _read(_margin_mm, SPAN_PATTERN, "2-5 mm")]
Count = Annotated[tuple[int, int], _read(_count, SPAN_PATTERN, "1-5")]
Elapsing = Annotated[Bound, _read(_elapsed, BOUND_PATTERN, ">= 14 days", "> 3 months")]
Months = Annotated[float, _read(_months, AMOUNTS_PATTERN, "6 months")]
Visits = Annotated[tuple[tuple[int, ...], str], _read(_whole("days", "months"), AMOUNTS_PATTERN, "3, 6 and 12 months")]
Every = Annotated[tuple[int, str], _read(_one_whole("days", "months"), AMOUNTS_PATTERN, "2 months")]
Days = Annotated[tuple[int, str], _read(_one_whole("days"), AMOUNTS_PATTERN, "7 days")]
WholeMonths = Annotated[tuple[int, str], _read(_one_whole("months"), AMOUNTS_PATTERN, "36 months")]
TotalGy = Annotated[tuple[float, float], _read(parse_doses, DOSES_PATTERN, "40-60 Gy")]
#: Which unit belongs to it hangs on the quantity.
BoundText = Annotated[str, _read(str.strip, BOUND_PATTERN, "<= 1", ">= 3 months", "18-75 years")]
QuantityKey = Annotated[str, _one_of(QUANTITIES)]
DateKey = Annotated[str, _one_of(DATES)]
#: Of the key that tells which kind of rule it is.
KIND: Any = Key(description="The kind of the rule.")
Volume = Literal["GTV", "CTV", "PTV"]
WhereKey = Literal["any", "bone", "soft-tissue", "vertebra", "mobile"]
RoleKey = Literal["radiation-oncologist", "physicist", "dosimetrist", "investigator", "monitor"]

_BREAKING = (
    "protocol or eligibility: breaking it is FAIL; recommended: ACCEPTABLE, and said; information: shown, never judged."
)


class RuleKeys(Cites):
    """What all rules may say."""

    id: Id = Key(description="Unique over the protocol and its tables: p.ct.slice.")
    title: Text = Key(description="For the reader, in one line.")
    level: Literal["protocol", "eligibility", "recommended", "information"] = Key(
        default="protocol", description=f"How the protocol words it; {_BREAKING}"
    )
    status: Status | None = Key(
        default=None, description="How well it was confirmed against its publication: verified, single ..."
    )
    notes: Text | None = Key(default=None, description="What a reader should know of the rule.")
    covers: Annotated[list[Id], Key(min_length=1)] | None = Key(
        default=None, description="Ids of sentences of the protocol that this rule answers together with its own."
    )

    def value(self, source: Source) -> Rule:
        """The rule as a value; its source is told by the file."""
        raise NotImplementedError

    def said(self, source: Source) -> dict[str, Any]:
        """What all rules have, for the value's constructor."""
        return {
            "id": self.id,
            "title": self.title,
            "level": Level(self.level),
            "source": source,
            "notes": self.notes or "",
            "covers": tuple(self.covers or ()),
        }
