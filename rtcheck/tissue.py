"""Alpha/beta of tissues: which value answers for which organ, and how far published values disagree.

The values themselves are data. For an organ one value is the default; all the others that were published for it bound
what a conversion to another fractionation may be off by. A name that no value answers for gets the generic one of
late-responding normal tissue, and the answer says so.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rtcheck.errors import UsageError
from rtcheck.nomenclature import is_pattern, match, normalised, shipped_names


@dataclass(frozen=True)
class AlphaBeta:
    """One published or conventional alpha/beta.

    Attributes
    ----------
    id : str
    tissue : str
        Tissue, and endpoint where the source states one.
    value_gy : float
    source : str
        Citation.
    status : str
        How well the value was confirmed: ``verified``, ``single`` ...
    is_default : bool
        The value taken for its organs.
    organs : tuple of str
        ROI names, or patterns of them, that it answers for; any spelling and synonym of a name does.
    ci95_gy : tuple of (float or None) or None
        95 % confidence interval of a fit; its lower end may be negative, and an end that the fit doesn't bound is None.
    notes : str
    is_generic : bool
        The value for names that no other row answers for.
    not_organs : tuple of str
        Names and patterns that it doesn't answer for, though `organs` fits.
    other_values_gy : tuple of float
        Further values that the source or its notes quote for the same tissue.
    """

    id: str
    tissue: str
    value_gy: float
    source: str
    status: str = ""
    is_default: bool = False
    organs: tuple[str, ...] = ()
    ci95_gy: tuple[float | None, float | None] | None = None
    notes: str = ""
    is_generic: bool = False
    not_organs: tuple[str, ...] = ()
    other_values_gy: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for value_gy in (self.value_gy, *self.other_values_gy):
            if not (math.isfinite(value_gy) and value_gy > 0):
                raise UsageError(f"{self.id}: alpha/beta is {value_gy} Gy; a positive number of gray is needed")


@dataclass(frozen=True)
class Choice:
    """The alpha/beta taken for an organ, and the others that were published for it.

    Attributes
    ----------
    asked : str
        The name as asked.
    row : AlphaBeta
        The one taken.
    rows : tuple of AlphaBeta
        All that answer for the organ, `row` among them.
    """

    asked: str
    row: AlphaBeta
    rows: tuple[AlphaBeta, ...]

    @property
    def value_gy(self) -> float:
        """The alpha/beta to compute with."""
        return self.row.value_gy

    @property
    def values_gy(self) -> tuple[float, ...]:
        """Every value published for the organ, rising; confidence intervals aren't among them."""
        return tuple(sorted({value for row in self.rows for value in (row.value_gy, *row.other_values_gy)}))

    @property
    def low_gy(self) -> float:
        """The lowest value published for the organ: of all, it makes large fractions count most."""
        return self.values_gy[0]

    @property
    def high_gy(self) -> float:
        """The highest value published for the organ."""
        return self.values_gy[-1]

    @property
    def tissue(self) -> str:
        """The tissue whose value is taken."""
        return self.row.tissue

    @property
    def source(self) -> str:
        """Citation of the value taken."""
        return self.row.source

    @property
    def status(self) -> str:
        """How well the value taken was confirmed."""
        return self.row.status

    @property
    def is_generic(self) -> bool:
        """True for the value of tissue in general: none is the default for this organ."""
        return self.row.is_generic

    @property
    def text(self) -> str:
        """For printing beside numbers: ``alpha/beta 3 Gy (liver; published values 2 to 8)``."""
        parts = [f"{self.tissue}, not a value for {self.asked!r}" if self.is_generic else self.tissue]
        if len(self.values_gy) > 1:
            parts.append(f"published values {self.low_gy:g} to {self.high_gy:g}")
        elif not self.is_generic:
            parts.append("no other value on file")
        return f"alpha/beta {self.value_gy:g} Gy ({'; '.join(parts)})"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class AlphaBetaTable:
    """All values on file.

    Attributes
    ----------
    rows : tuple of AlphaBeta
        Exactly one of them generic, and for each organ exactly one the default.

    Raises
    ------
    UsageError
        For an organ without a default or with two, and without a generic value or with two.
    """

    rows: tuple[AlphaBeta, ...]

    def __post_init__(self) -> None:
        generic = [row for row in self.rows if row.is_generic]
        if len(generic) != 1:
            raise UsageError(f"{len(generic)} generic values of alpha/beta; exactly one is needed")
        for _, _, problem in unsettled(self.rows):
            raise UsageError(problem)

    def of(self, name: str) -> Choice:
        """The alpha/beta of an organ.

        Parameters
        ----------
        name : str
            Name of an ROI: in any spelling or synonym, or of an organ less something else (``Liver-GTV``). Of an ROI
            expression, its first name.

        Raises
        ------
        UsageError
            If patterns of two defaults fit the name.
        """
        possible = [row for row in self.rows if not any(_fits(organ, name) for organ in row.not_organs)]
        rows = _rows_for(name, possible) or _rows_for(name.partition("-")[0].strip(), possible)
        defaults = [row for row in rows if row.is_default]
        if len(defaults) > 1:
            ids = " and ".join(row.id for row in defaults)
            raise UsageError(f"{name!r} fits the organs of {ids}; name it in the organs of one of them")
        if defaults:
            return Choice(name, defaults[0], rows)
        generic = next(row for row in self.rows if row.is_generic)
        return Choice(name, generic, (generic,))


def unsettled(rows: Sequence[AlphaBeta]) -> Iterator[tuple[int, int, str]]:
    """Organs without a default or with two: index of the row, index of the organ in it, and what is wrong.

    An organ with two defaults is reported at the second, one without at the first row that lists it.
    """
    reported: list[str] = []
    for row_index, row in enumerate(rows):
        for organ_index, organ in enumerate(row.organs):
            same = [other for other in rows if any(_same(organ, listed) for listed in other.organs)]
            defaults = [other for other in same if other.is_default]
            if not defaults and not any(_same(organ, other) for other in reported):
                reported.append(organ)
                yield row_index, organ_index, f"none of the rows for {organ!r} is its default"
            elif row.is_default and defaults[0] is not row:
                yield row_index, organ_index, f"two defaults for {organ!r}; {defaults[0].id} is the first"


def _rows_for(name: str, rows: Sequence[AlphaBeta]) -> tuple[AlphaBeta, ...]:
    """The rows that answer for a name. Those that list the name itself go before those with a pattern of it."""
    for patterns in (False, True):
        found = [row for row in rows if any(_fits(one, name) for one in row.organs if is_pattern(one) is patterns)]
        if found:
            return tuple(found)
    return ()


def _fits(organ: str, name: str) -> bool:
    """Whether a name or pattern of a row stands for a name."""
    return bool(match(organ, (name,))) if is_pattern(organ) else _form(organ) == _form(name)


def _same(organ: str, other: str) -> bool:
    """Whether two entries in lists of organs are the same name, or the same pattern."""
    if is_pattern(organ) or is_pattern(other):
        return organ.casefold() == other.casefold()
    return _form(organ) == _form(other)


def _form(name: str) -> str:
    """One form for all spellings and synonyms of a name."""
    return normalised(shipped_names().standard(name) or name)
