"""The names on file as a value: which ROI is meant, which organ a text stands for, and which side it says."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from rtcheck.document import in_order, read_document
from rtcheck.errors import Problem, TableError, UsageError
from rtcheck.nomenclature.entries import Listed, listed
from rtcheck.nomenclature.forms import form, is_pattern, normalised
from rtcheck.nomenclature.index import Index, Organ, Side, crossings, indexed, organ_of
from rtcheck.shipped import data_folder

#: File of the names that rtcheck ships, beside the tables.
FILE = "names.yaml"
_NOTHING = Listed()
#: Shorter names of an organ say little where they stand inside another name.
_TELLING = 4


@dataclass(frozen=True)
class Names:
    """TG-263 names with what clinics call them, and what a person confirmed for the structure set at hand.

    Attributes
    ----------
    listed : Listed
        What the files say.
    confirmed : tuple of (str, str)
        TG-263 name, and the ROI that a person said is that organ.
    files : tuple of (str, str)
        Name and SHA-256 of the files that were added to others.

    Raises
    ------
    TableError
        Where a form of a name would stand for two organs, or a name refers to one that isn't listed.

    Examples
    --------
    >>> names = shipped_names()
    >>> names.match("Kidney_L", ["KIDNEY-LT", "Niere re."])
    ('KIDNEY-LT',)
    >>> names.standard("Niere re.")
    'Kidney_R'
    >>> names.union_of("Kidneys")
    ('Kidney_L', 'Kidney_R')
    """

    listed: Listed = _NOTHING
    confirmed: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    _index: Index | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._index is None:
            object.__setattr__(self, "_index", indexed(self.listed))
            if problems := [*self._made.problems, *crossings(self._made)]:
                raise TableError(_by_place(problems))

    @classmethod
    def read(cls, path: Path | str) -> Names:
        """Read a file of names that stands alone.

        Raises
        ------
        InputError
            If the file can't be opened.
        TableError
            With everything that is wrong in it, by line and column.
        """
        return cls().extended(path)

    def extended(self, path: Path | str) -> Names:
        """These names, and those that a file of the same form adds: words for known names, and new names.

        Raises
        ------
        InputError
            If the file can't be opened.
        TableError
            With everything that is wrong in it, by line and column; a word that stands for another organ is.
        """
        document = read_document(Path(path))
        more = listed(document, self.listed)
        index = indexed(more, document.file)
        problems = [*document.problems, *index.problems, *crossings(index)]
        if problems:
            raise TableError(_by_place(problems))
        added = (document.name, document.sha256)
        return Names(more, self.confirmed, (*self.files, added), index)

    def with_confirmed(self, rois: Mapping[str, str]) -> Names:
        """These names, where a person said which ROI an organ is; it then wins over every other for that organ.

        Parameters
        ----------
        rois : mapping of str to str
            Name of an organ, in any spelling, to the name of an ROI.

        Raises
        ------
        UsageError
            For an organ that isn't listed, and for one that is given two ROIs.
        """
        confirmed = dict(self.confirmed)
        said: dict[str, str] = {}
        for name, roi in rois.items():
            organ = self._listed(name)
            if organ is None:
                close = self.suggestions(name, self._made.organs)
                hint = f"; similar: {', '.join(close)}" if close else ""
                raise UsageError(f"{name!r} is no organ in the list of names{hint}")
            if said.setdefault(organ, roi) != roi:
                raise UsageError(f"{organ} can't be both {said[organ]!r} and {roi!r}; name one ROI")
            confirmed[organ] = roi
        return replace(self, confirmed=tuple(confirmed.items()))

    @property
    def standard_names(self) -> tuple[str, ...]:
        """All TG-263 names of the list."""
        return tuple(self._made.organs)

    def match(self, name: str, existing: Sequence[str]) -> tuple[str, ...]:
        """The names among `existing` that stand for `name`; none, one, or several that a person must choose from.

        The one that a person confirmed wins. Else a name is looked for exactly, then without regard to case and
        separators, then as the same organ: in any language, with its side in any form. An ROI confirmed to be another
        organ isn't found. Wildcards (``*`` any text, ``?`` one character) are matched without regard to case.
        """
        if is_pattern(name):
            pattern = name.casefold().replace("[", "[[]")  # brackets are letters here
            return tuple(other for other in existing if fnmatch.fnmatchcase(other.casefold(), pattern))
        organ = self._listed(name)
        if organ and self.confirmed:
            chosen = dict(self.confirmed).get(organ)
            if chosen is not None and chosen in existing:
                return (chosen,)
            others = {roi for _, roi in self.confirmed}
            existing = [other for other in existing if other not in others]
        exact = tuple(other for other in existing if other == name)
        wanted = normalised(name)
        if exact or not wanted:
            return exact
        alike = tuple(other for other in existing if normalised(other) == wanted)
        if alike or organ is None:
            return alike
        return tuple(other for other in existing if self._listed(other) == organ)

    def suggestions(self, name: str, existing: Iterable[str]) -> tuple[str, ...]:
        """Existing names that look like `name`, or hold a name of the same organ; for a message, never for a match."""
        by_form = {normalised(other): other for other in existing}
        close = difflib.get_close_matches(normalised(name), list(by_form), n=3, cutoff=0.6)
        organ = self._made.organs.get(self._listed(name) or "")
        words = [word for word in organ.words if len(word) >= _TELLING or not word.isascii()] if organ else []
        side = organ.side if organ else None
        holding = [
            one
            for one, other in by_form.items()
            if any(word in one for word in words) and self.side(other) in (None, side)
        ]
        return tuple(by_form[one] for one in dict.fromkeys([*close, *holding]))[:3]

    def standard(self, name: str) -> str | None:
        """The TG-263 name that a text stands for; an ROI that was confirmed to be an organ stands for it."""
        by_roi = {roi: organ for organ, roi in self.confirmed}
        return by_roi.get(name) or self._listed(name)

    def union_of(self, name: str) -> tuple[str, ...]:
        """The organs whose union an organ is: ``Kidneys`` -> ``Kidney_L``, ``Kidney_R``; none for others."""
        organ = self._organ(name)
        return organ.union_of if organ else ()

    def side(self, name: str) -> Side | None:
        """The patient's side that a name of the list says."""
        organ = self._organ(name)
        return organ.side if organ else None

    def part_of(self, name: str) -> str | None:
        """The organ that a structure directly belongs to: ``Kidney_Hilum_L`` -> ``Kidney_Hilums``."""
        organ = self._organ(name)
        return (organ.part_of or None) if organ else None

    def organ(self, name: str) -> str:
        """The organ that a limit on a structure is about: ``Kidney_Hilum_L`` -> ``Kidneys``.

        The TG-263 name where it is an organ itself; a name that isn't listed is its own. Never a reason to take one ROI
        for another.
        """
        organ = self._organ(name)
        while organ is not None and organ.part_of:
            name = organ.part_of
            organ = self._made.organs[name]
        return organ.name if organ else name

    @property
    def _made(self) -> Index:
        assert self._index is not None
        return self._index

    def _listed(self, name: str) -> str | None:
        return organ_of(self._made, form(name))

    def _organ(self, name: str) -> Organ | None:
        standard = self.standard(name)
        return self._made.organs[standard] if standard else None


@cache
def shipped_names() -> Names:
    """The names that rtcheck ships, read once."""
    document = read_document(data_folder() / FILE)
    what = listed(document, Listed())
    index = indexed(what)
    if problems := [*document.problems, *index.problems]:
        raise TableError(_by_place(problems))
    # `crossings` takes longer than all of this; that the shipped names have none is a test.
    return Names(what, (), (), index)


def _by_place(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Problems file by file, each by position and once."""
    files = dict.fromkeys(problem.file for problem in problems)
    of_file = ([problem for problem in dict.fromkeys(problems) if problem.file == file] for file in files)
    return tuple(problem for some in of_file for problem in in_order(some))
