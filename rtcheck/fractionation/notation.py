"""How schedules are written: `parse_schedule` reads what clinics write, ``str(schedule)`` prints one form of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction

from rtcheck.errors import ParseError, UsageError
from rtcheck.fractionation.schedule import Phase, Schedule

#: One sign for another, so that a position in the plain text is the position in the text given.
_SIGNS: dict[int, str] = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    ord(sign): plain
    for signs, plain in (("×✕✖⨯", "x"), ("·∙⋅•∗", "*"), ("⁄∕", "/"), ("−‐‑–", "-"), ("\u200b\u2060\ufeff", " "))
    for sign in signs
}

_NUMBER = re.compile(r"([0-9]{1,12})(?:([.,])([0-9]{1,400}))?")
_POINT_NUMBER = re.compile(r"([0-9]{1,12})(?:([.])([0-9]{1,400}))?")
_DIGITS = re.compile(r"[0-9]{1,410}")
_UNIT = re.compile(r"cGy|Gy", re.IGNORECASE)
_PLUS = re.compile(r"\+")
_TIMES = re.compile(r"[x*]", re.IGNORECASE)
_TIMES_OR_OF = re.compile(r"[x*]|of(?![a-z])", re.IGNORECASE)
_IN = re.compile(r"/|in", re.IGNORECASE)
_FRACTIONS = re.compile(r"(?:fractions?|fx|fr|f|#)(?![a-z])", re.IGNORECASE)
_OVER = re.compile(r"in|over", re.IGNORECASE)
_DAYS = re.compile(r"(?:(days?|d)|weeks?|wks?|w)(?![a-z])", re.IGNORECASE)
_OPEN, _CLOSE, _COMMA, _SEMICOLON, _SLASH = (re.compile(sign) for sign in (r"\[", r"\]", ",", ";", "/"))
#: Doses with one unit after the last: ``8, 8, 6 Gy``, ``8; 8; 6 Gy``, ``8+8+6 Gy``. A comma without a blank is decimal.
_BARE_LIST = re.compile(
    r"[0-9]+(?:\.[0-9]+)?(?P<sign>\s*;|,(?=\s)|\s*\+)\s*[0-9]+(?:\.[0-9]+)?"
    r"(?:(?P=sign)\s*[0-9]+(?:\.[0-9]+)?)*\s*c?Gy(?![a-z])(?!\s*(?:/|[x*]|in\s*[0-9]++\s*+(?!d|w)))",
    re.IGNORECASE,
)
_NEXT = re.compile(r"[,;+]")
_BEFORE, _AFTER = re.compile(r"\("), re.compile(r"\)")
_TIME_AHEAD = re.compile(rf"(?:in|over)\s*[0-9]+\s*(?={_DAYS.pattern})", re.IGNORECASE)
_PER_DAY = re.compile(
    r"""(?: (?P<number> [0-9]{1,6}) \s* (?:x|times|fx|fractions?)? \s* (?: (?:/|per\s|a\s) \s* d(?:ay)? | daily)
          | (?P<often> once|twice|thrice|(?:two|three|four)(?=\s+times)) (?:\s+times)? \s* (?:daily | (?:a|per|/)\s*day)
          | (?P<short> daily | q\.?d | b\.?i\.?d | b\.?d | t\.?i\.?d | t\.?d\.?s | q\.?i\.?d) \.?
        ) (?![a-z])""",
    re.IGNORECASE | re.VERBOSE,
)
_HOW_OFTEN = {
    **dict.fromkeys(("once", "daily", "qd"), 1),
    **dict.fromkeys(("twice", "two", "bid", "bd"), 2),
    **dict.fromkeys(("thrice", "three", "tid", "tds"), 3),
    **dict.fromkeys(("four", "qid"), 4),
}
#: A dose without a number of fractions is one fraction; above the largest single fractions in use it is rather a total.
_BARE_UP_TO_GY = 35

_A_SCHEDULE = "expected a schedule such as 25x2Gy, 50Gy/25, 60 Gy in 8 fx or [8, 8, 6] Gy"
_HOW_MANY = "how many fractions? Write 25x2Gy or 50Gy/25, and 1x8Gy for a single one"


def parse_schedule(text: str) -> Schedule:
    """Read a schedule; ``parse_schedule(str(schedule)) == schedule``.

    ======================  ====================================================================================
    Equal fractions         ``25x2Gy``, ``5 × 8 Gy``, ``2Gy x 25``, ``50Gy/25``, ``60 Gy in 8 fx``,
                            ``8 fractions of 7.5 Gy``; Gy or cGy, decimal point or comma
    Phases                  ``25x2Gy + 5x3Gy``
    Unequal fractions       ``8Gy + 8Gy + 6Gy``, ``8 Gy, 8 Gy, 6 Gy``, ``8, 8, 6 Gy``, ``[8, 8, 6] Gy``,
                            ``[7,5; 8] Gy``; equal neighbours join
    Several a day           after a phase: ``60x1.2Gy 2/day``, ``bid``, ``b.i.d.``, ``twice daily``, ``2 per day``
    Overall time            at the end: ``25x2Gy in 33 days``, ``in 5 weeks`` (35 days), see `Schedule`
    ======================  ====================================================================================

    A dose without a number of fractions is one fraction only in a sum of such doses: ``50Gy`` alone, or beside phases
    whose fractions are counted, is likelier the total of a phase, and is refused. So is ``5,000cGy``, whose comma may
    mean either.

    Raises
    ------
    ParseError
        With the position of the first sign, word or number that makes no sense.
    """
    reader = _Reader(text)
    parts = [_part(reader)]
    while reader.take(_PLUS if parts[-1].missing is None else _NEXT):
        parts.append(_part(reader))
    phases = _phases(reader, parts)
    days = _overall_days(reader, phases)
    if reader.position < len(reader.plain):
        if days is not None:
            raise reader.refused("expected the end: the overall time is that of the whole schedule")
        raise reader.refused("expected '+' and another phase, fractions a day (2/day), an overall time (in 33 days)")
    return Schedule(phases, days)


@dataclass(frozen=True)
class _Number:
    """A number, where it stands, and where its decimal sign stands if it has one."""

    value: Fraction
    position: int
    mark: int | None = None
    may_be_thousands: bool = False


@dataclass(frozen=True)
class _Part:
    """One summand; `missing` is where the number of fractions should stand, if it doesn't."""

    phases: tuple[Phase, ...]
    missing: int | None = None


class _Reader:
    """The text, and how far it is understood; blanks after every token are skipped."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain = text.translate(_SIGNS)
        self.position = 0
        self._skip_blanks()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.plain, self.position)
        if found:
            self.position = found.end()
            self._skip_blanks()
        return found

    def required(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        found = self.take(pattern)
        if found is None:
            raise self.refused(expected)
        return found

    def _skip_blanks(self) -> None:
        while self.position < len(self.plain) and self.plain[self.position].isspace():
            self.position += 1

    def refused(self, expected: str, position: int | None = None) -> ParseError:
        return ParseError(self.text, self.position if position is None else position, expected)

    @contextmanager
    def blaming(self, position: int) -> Iterator[None]:
        """Turns the refusal of a value into that of the place where it stands."""
        try:
            yield
        except UsageError as error:
            raise self.refused(str(error), position) from None

    def number(self, expected: str, pattern: re.Pattern[str] = _NUMBER) -> _Number:
        position = self.position
        if found := self.take(pattern):
            whole, mark, decimals = found.groups()
            value = Fraction(f"{whole}.{decimals}" if mark else whole)
            return _Number(value, position, found.start(2) if mark else None, mark == "," and len(decimals) == 3)
        if self.take(_BEFORE):
            return self._quotient(position)
        if self.plain.startswith("-", self.position):
            raise self.refused("a negative number makes no sense in a schedule")
        raise self.refused(expected)

    def _quotient(self, position: int) -> _Number:
        """``(50/3)``, from the first digit on."""
        above = self.required(_DIGITS, "expected a whole number")
        self.required(_SLASH, "expected '/'")
        below = self.required(_DIGITS, "expected a whole number")
        if not int(below[0]):
            raise self.refused("division by zero", below.start())
        self.required(_AFTER, "expected ')'")
        return _Number(Fraction(int(above[0]), int(below[0])), position)

    def whole(self, number: _Number, what: str) -> int:
        if number.mark is not None or number.value.denominator != 1:
            raise self.refused(f"{what} is a whole number", number.mark or number.position)
        return int(number.value)

    def unit(self) -> Fraction:
        """Gray per unit of the dose before it."""
        found = self.required(_UNIT, "the unit is missing: Gy or cGy")
        return Fraction(1) if found[0].lower() == "gy" else Fraction(1, 100)

    def gray(self, number: _Number, unit: Fraction) -> Fraction:
        if number.may_be_thousands and unit != 1:
            raise self.refused("decimals or thousands? Write the number without the comma", number.mark)
        return number.value * unit


def _part(reader: _Reader) -> _Part:
    """One summand: a list, a number of fractions and their dose, or a dose and a number of fractions."""
    if reader.take(_OPEN):
        return _Part(_list(reader))
    if _BARE_LIST.match(reader.plain, reader.position):
        return _Part(_bare_list(reader))
    first = reader.number(_A_SCHEDULE)
    if not _UNIT.match(reader.plain, reader.position):
        return _Part((_counted(reader, first),))
    gray = reader.gray(first, reader.unit())
    ahead = _TIME_AHEAD.match(reader.plain, reader.position)
    if ahead is None and reader.take(_IN):
        return _Part((_phase(reader, _count(reader), first, total=gray),))
    if reader.take(_TIMES):
        return _Part((_phase(reader, _count(reader), first, each=gray),))
    with reader.blaming(first.position):
        phase = Phase(1, gray)
    missing = ahead.end() if ahead else reader.position
    if gray > _BARE_UP_TO_GY:
        raise reader.refused(_HOW_MANY, missing)
    return _Part((phase,), missing)


def _count(reader: _Reader) -> _Number:
    number = reader.number("expected the number of fractions")
    reader.take(_FRACTIONS)
    return number


def _counted(reader: _Reader, count: _Number) -> Phase:
    """``25x2Gy``, ``8 fractions of 7.5 Gy``, from the sign between the numbers on."""
    reader.take(_FRACTIONS)
    reader.required(_TIMES_OR_OF, "expected the unit (Gy or cGy), or 'x' and the dose per fraction")
    dose = reader.number("expected the dose per fraction")
    return _phase(reader, count, dose, each=reader.gray(dose, reader.unit()))


def _phase(
    reader: _Reader, count: _Number, dose: _Number, *, total: Fraction | None = None, each: Fraction = Fraction(0)
) -> Phase:
    """Equal fractions from the numbers read, and how many a day; refusals stand where the number at fault does."""
    fractions = reader.whole(count, "the number of fractions")
    with reader.blaming(count.position):
        Phase(fractions, Fraction(1))
    with reader.blaming(dose.position):
        phase = Phase(fractions, each if total is None else total / fractions)
    return _several_a_day(reader, (phase,))[0]


def _list(reader: _Reader) -> tuple[Phase, ...]:
    """``[8, 8, 6] Gy``, from the first number on. Commas are decimal where semicolons part the numbers."""
    body = reader.plain[reader.position :].partition("]")[0]
    if re.fullmatch(r"[0-9]+,[0-9]+\s*", body):
        at = reader.position + body.index(",")
        raise reader.refused("one dose with decimals or two doses? Write [7.5] or [7; 5]", at)
    separator, pattern = (_SEMICOLON, _NUMBER) if ";" in body else (_COMMA, _POINT_NUMBER)
    numbers = [reader.number("expected a dose", pattern)]
    while reader.take(separator):
        numbers.append(reader.number("expected a dose", pattern))
    reader.required(_CLOSE, "expected ']' or another dose; the unit stands once, after the list")
    return _several_a_day(reader, _single_fractions(reader, numbers))


def _bare_list(reader: _Reader) -> tuple[Phase, ...]:
    """``8, 8, 6 Gy``."""
    numbers = [reader.number("expected a dose", _POINT_NUMBER)]
    while reader.take(_NEXT):
        numbers.append(reader.number("expected a dose", _POINT_NUMBER))
    return _several_a_day(reader, _single_fractions(reader, numbers))


def _single_fractions(reader: _Reader, numbers: list[_Number]) -> tuple[Phase, ...]:
    """One fraction of each dose, from the unit on; equal neighbours join."""
    unit = reader.unit()
    phases = []
    for number in numbers:
        with reader.blaming(number.position):
            phases.append(Phase(1, reader.gray(number, unit)))
    return Schedule(tuple(phases)).merged.phases


def _several_a_day(reader: _Reader, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
    position = reader.position
    found = reader.take(_PER_DAY)
    if found is None:
        return phases
    if len(phases) > 1:
        raise reader.refused("fractions a day belong to equal fractions: write 2x8Gy 2/day + 1x6Gy", position)
    often = (found["number"] or found["often"] or found["short"]).replace(".", "").lower()
    times = int(often) if found["number"] else _HOW_OFTEN[often]
    with reader.blaming(position):
        return (replace(phases[0], fractions_per_day=times),)


def _phases(reader: _Reader, parts: list[_Part]) -> tuple[Phase, ...]:
    """Of all summands; doses without a number of fractions are fractions where all summands are such doses."""
    phases = tuple(phase for part in parts for phase in part.phases)
    missing = [part.missing for part in parts if part.missing is not None]
    if not missing:
        return phases
    if len(missing) < max(len(parts), 2):
        raise reader.refused(_HOW_MANY, missing[0])
    return Schedule(phases).merged.phases


def _overall_days(reader: _Reader, phases: tuple[Phase, ...]) -> int | None:
    if not reader.take(_OVER):
        return None
    number = reader.number("expected the overall time, as in 33 days or 5 weeks")
    unit = reader.required(_DAYS, "expected days or weeks")
    days = reader.whole(number, "the overall time in days or weeks") * (1 if unit[1] else 7)
    with reader.blaming(number.position):
        Schedule(phases, days)
    return days
