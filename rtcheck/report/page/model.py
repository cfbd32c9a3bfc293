"""What a page says, in order: a frozen tree of words and rounded numbers that templates only set.

Texts are plain text; nothing in them is markup. Codes that a template chooses by are enums, so that texts alone change
where a name is taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from rtcheck.finding import Verdict
from rtcheck.report.plots import Plot


class Own(str):
    """A text of rtcheck's own, of a table or of a publication: a patient's name isn't looked for in it."""

    __slots__ = ()


class Tone(Enum):
    """How loud a text is."""

    PLAIN = "plain"
    WARNING = "warning"


class Align(Enum):
    """How a column of a table is set."""

    LEFT = "left"
    RIGHT = "right"
    #: Hashes and identifiers, in a fixed pitch.
    CODE = "code"


class Anchor(Enum):
    """The sections of a report, by what links point at."""

    ATTENTION = "attention"
    LESIONS = "lesions"
    LIMITS = "constraints"
    CURVES = "dvh"
    RULES = "rules"
    PLAN_CHECKS = "plan-checks"
    PEOPLE = "sign-offs"
    FOLLOW_UP = "follow-up"
    LEFT_OUT = "not-judged"
    DECLARED = "declared"
    READING = "reading"
    PROVENANCE = "provenance"


@dataclass(frozen=True)
class Mark:
    """A verdict: its sign is drawn by the template, its word stands beside it."""

    verdict: Verdict
    word: str


@dataclass(frozen=True)
class Bar:
    """A margin beside its limit, which stands at 50 % of the bar's width: to the right it is kept.

    Attributes
    ----------
    start, width : float
        In percent of the bar's width.
    """

    start: float
    width: float


@dataclass(frozen=True)
class Row:
    """One finding.

    Attributes
    ----------
    mark : Mark
    subject, metric, observed, limit, margin : str
        Empty where there is none.
    bar : Bar or None
    said : str
        What is to be said in words.
    tone : Tone
        How loud that is.
    notes : tuple of str
        What else is behind the numbers: their interval, how far the curve is from the limit.
    origin : str
        The rule, how well it was confirmed, and where it is printed.
    standing : str
        Whether it is a limit of the protocol, or of a table alone.
    """

    mark: Mark
    subject: str
    metric: str
    observed: str
    limit: str
    margin: str
    bar: Bar | None
    said: str
    tone: Tone
    notes: tuple[str, ...]
    origin: str
    standing: str


@dataclass(frozen=True)
class Group:
    """Rows under a heading; empty where every row says it."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Numbers:
    """Findings with their numbers in columns.

    Attributes
    ----------
    caption : str
    groups : tuple of Group
    has_limits, has_margins : bool
        Whether any of them has a limit, and a margin to it; a column that nobody needs isn't set.
    """

    kind: ClassVar[str] = "numbers"
    caption: str
    groups: tuple[Group, ...]
    has_limits: bool
    has_margins: bool


@dataclass(frozen=True)
class Sentences:
    """Findings that are told in words.

    Attributes
    ----------
    caption : str
    groups : tuple of Group
    has_numbers : bool
        Whether any of them has a number or a limit, which then stand in columns.
    """

    kind: ClassVar[str] = "sentences"
    caption: str
    groups: tuple[Group, ...]
    has_numbers: bool


@dataclass(frozen=True)
class Fact:
    """A label and what stands beside it, a line each."""

    label: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Labels and texts in two columns."""

    kind: ClassVar[str] = "facts"
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table; a wide one takes the room that the others leave."""

    title: str
    align: Align = Align.LEFT
    is_wide: bool = False


@dataclass(frozen=True)
class Grid:
    """A table of texts.

    Attributes
    ----------
    caption : str
    columns : tuple of Column
    rows : tuple of tuple of str
    is_titled : bool
        Whether a heading beside it says what the caption says.
    """

    kind: ClassVar[str] = "grid"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    is_titled: bool = False


@dataclass(frozen=True)
class Line:
    """A line of a list: a verdict where there is one, what it is about, what is said."""

    text: str
    head: str = ""
    mark: Mark | None = None
    to: Anchor | None = None


@dataclass(frozen=True)
class Lines:
    """A list."""

    kind: ClassVar[str] = "lines"
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Figure:
    """Curves, and the numbers of each, which are its legend."""

    kind: ClassVar[str] = "figure"
    title: str
    plot: Plot
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A long table that a screen shows when asked, and a print leaves to the data that it carries."""

    kind: ClassVar[str] = "whole"
    title: str
    grid: Grid


Block = Numbers | Sentences | Facts | Grid | Lines | Prose | Figure | Whole


@dataclass(frozen=True)
class Part:
    """A part of a section.

    Attributes
    ----------
    title : str
    blocks : tuple of Block
    mark : Mark or None
        The worst verdict in it.
    aside : str
        What is said beside the title.
    """

    title: str
    blocks: tuple[Block, ...]
    mark: Mark | None = None
    aside: str = ""


@dataclass(frozen=True)
class Section:
    """A section: blocks, then parts of its own."""

    anchor: Anchor
    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Part, ...] = ()
    mark: Mark | None = None
    aside: str = ""


@dataclass(frozen=True)
class Area:
    """How many findings of an area have each verdict.

    Attributes
    ----------
    title : str
    to : Anchor
    counts : tuple of str
        In the order of `Glance.marks`; empty for none.
    """

    title: str
    to: Anchor
    counts: tuple[str, ...]


@dataclass(frozen=True)
class Glance:
    """The whole report in one table; every finding is counted once."""

    marks: tuple[Mark, ...]
    areas: tuple[Area, ...]
    totals: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes
    ----------
    title : str
    mark : Mark
        The verdict.
    wording : str
        What the trial calls the verdict; empty where it has no words of its own.
    summary : str
        How many findings of which kind, in a sentence.
    subject, centre : str
        Subject code and centre.
    patient : str
        Name and ID where they were asked for; else empty.
    protocol : str
        Id and version, for the head of every printed page.
    time : str
    software : str
    digest : str
        SHA-256 of the report's data, as the data state it.
    facts : tuple of Fact
    glance : Glance
    sections : tuple of Section
    closing : tuple of str
        Notes and disclaimers at the end, the last of them rtcheck's own.
    """

    title: str
    mark: Mark
    wording: str
    summary: str
    subject: str
    centre: str
    patient: str
    protocol: str
    time: str
    software: str
    digest: str
    facts: tuple[Fact, ...]
    glance: Glance
    sections: tuple[Section, ...]
    closing: tuple[str, ...]
