"""Every exception of rtcheck.

An exception says *this run cannot go on* or *this call makes no sense*. Whatever a reviewer should read about a
patient's plan is a finding instead, never an exception::

    RtcheckError
    +-- InputError                 the files given can't be used
    |   +-- UnreadableFileError    one file is broken, truncated or not DICOM
    |   +-- UnsupportedDoseError   a dose that must not be read as absolute gray
    |   +-- IncompleteStudyError   an object that the run needs is absent
    |   +-- AmbiguousStudyError    two candidates fit and nobody chose
    |   +-- InconsistentStudyError objects that don't belong together
    +-- TableError                 a table or protocol file is wrong (all problems at once)
    +-- ParseError                 a metric, schedule or ROI expression can't be parsed (also a ValueError)
    +-- RoiError                   an ROI expression can't be resolved
    |   +-- MissingRoiError        no ROI has that name, or the ROI holds no contours
    |   +-- AmbiguousRoiError      more than one ROI fits the name
    |   +-- NoVolumeError          the contours bound no volume
    +-- UsageError                 a value that the caller gave makes no sense (also a ValueError)
        +-- BasisError             doses of different bases (physical, BED, EQD2) would be mixed

Each carries its parts as attributes, pickles (its ``args`` are exactly the constructor's), and reads as one line:
what is wrong, where, and how to mend it.
"""

from __future__ import annotations

from dataclasses import dataclass


class RtcheckError(Exception):
    """Base of every exception that rtcheck raises on purpose."""


class InputError(RtcheckError):
    """The files given can't be used.

    Parameters
    ----------
    problem : str
        What is wrong, as half a sentence.
    where : str
        The file, folder or object concerned; may be empty.
    mend : str
        What the user can do about it; may be empty.
    """

    def __init__(self, problem: str, where: str = "", mend: str = "") -> None:
        super().__init__(problem, where, mend)
        self.problem = problem
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        text = f"{self.where}: {self.problem}" if self.where else self.problem
        return f"{text}; {self.mend}" if self.mend else text


class UnreadableFileError(InputError):
    """One file is broken, truncated or not DICOM."""


class UnsupportedDoseError(InputError):
    """A dose that must not be read as absolute gray: RELATIVE units, type ERROR, one beam's part of a plan."""


class IncompleteStudyError(InputError):
    """An object that the run needs (dose, structure set) is absent."""


class InconsistentStudyError(InputError):
    """Objects that don't belong together: different patients, frames of reference or references."""


class AmbiguousStudyError(InputError):
    """Two candidates fit and nobody chose.

    Parameters
    ----------
    kind : str
        What was looked for: ``"plan"``, ``"dose"`` or ``"structure set"``.
    candidates : tuple of str
        One description per candidate: label, file and SOP Instance UID.
    option : str
        The command-line option that chooses, e.g. ``"--dose"``.
    selectors : tuple of str
        For each candidate, the value of the option that chooses it; empty where the reader knows none.
    """

    def __init__(self, kind: str, candidates: tuple[str, ...], option: str, selectors: tuple[str, ...] = ()) -> None:
        RtcheckError.__init__(self, kind, candidates, option, selectors)
        self.kind = kind
        self.candidates = candidates
        self.option = option
        self.selectors = selectors
        self.problem = f"{len(candidates)} candidates for the {kind}: {'; '.join(candidates)}"
        self.where = ""
        sums = ", or name several to sum them" if kind == "plan" else ""
        self.mend = f"choose one with {option} (label, file name or SOP Instance UID){sums}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a table: where (1-based line and column) and what."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class TableError(RtcheckError):
    """A table or protocol file is wrong; `problems` holds every problem found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ParseError(RtcheckError, ValueError):
    """A metric, schedule or ROI expression can't be parsed.

    Parameters
    ----------
    text : str
        The whole text.
    position : int
        Index of the first character that makes no sense (0-based).
    expected : str
        What was expected there, or why it is refused.
    """

    def __init__(self, text: str, position: int, expected: str) -> None:
        super().__init__(text, position, expected)
        self.text = text
        self.position = position
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.text!r}, character {self.position + 1}: {self.expected}"


class RoiError(RtcheckError):
    """An ROI expression can't be resolved against the structure set."""


class MissingRoiError(RoiError):
    """No ROI has that name, or the ROI that has it holds no closed contours.

    Parameters
    ----------
    name : str
        The name as asked.
    empty : bool
        True when an ROI of that name exists but has no closed planar contour.
    detail : str
        Why it is empty, or similar names that exist.
    """

    def __init__(self, name: str, empty: bool = False, detail: str = "") -> None:
        super().__init__(name, empty, detail)
        self.name = name
        self.empty = empty
        self.detail = detail

    def __str__(self) -> str:
        text = f"ROI {self.name!r} has no closed contours" if self.empty else f"no ROI is named {self.name!r}"
        return f"{text} ({self.detail})" if self.detail else text


class AmbiguousRoiError(RoiError):
    """More than one ROI fits the name; `candidates` are their names."""

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        super().__init__(name, candidates)
        self.name = name
        self.candidates = candidates

    def __str__(self) -> str:
        quoted = ", ".join(repr(candidate) for candidate in self.candidates)
        return f"{len(self.candidates)} ROIs fit {self.name!r}: {quoted}; name one of them exactly"


class NoVolumeError(RoiError):
    """The contours bound no volume: none closed, not parallel, one plane of unknown thickness."""


class UsageError(RtcheckError, ValueError):
    """A value that the caller gave makes no sense: what, and what would."""


class BasisError(UsageError):
    """Doses of different bases would be mixed: physical dose where EQD2 belongs, two alpha/betas ...

    Parameters
    ----------
    wanted, given : str
        The bases, as text.
    what : str
        What they meet in.
    """

    def __init__(self, wanted: str, given: str, what: str) -> None:
        super().__init__(wanted, given, what)
        self.wanted = wanted
        self.given = given
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} needs doses in {self.wanted}, and {self.given} is given; convert it first"
