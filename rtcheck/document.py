"""YAML -> plain data and the place of every key and value; the only user of yaml.

PyYAML's safe loader keeps the last of two equal keys silently, reads ``no`` as False, ``010`` as 8 and ``12:30:00`` as
45000. Here the parser's events are composed into plain data by the rules of YAML 1.2 [1]_ (core schema, decimal numbers
alone), and what a table has no use for is refused: equal keys, anchors and aliases, tags, more than one document.

References
----------
.. [1] YAML Ain't Markup Language, revision 1.2.2 (2021), section 10.3: core schema. https://yaml.org/spec/1.2.2/
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol, TypeGuard

import yaml

from rtcheck.errors import InputError, Problem, TableError
from rtcheck.printable import STEERING, shown

#: Larger files and deeper nesting are no constraint tables.
MAX_BYTES = 1 << 20
MAX_DEPTH = 12

#: The C parser is several times faster; a PyYAML built without libyaml has the other alone.
_LOADER: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_FIRST_OF_NUMBERS = frozenset("+-.0123456789")
#: What steers a terminal or turns the writing direction, and what is no text; line ends and tabs lie between values.
_UNPRINTABLE = re.compile(f"[{STEERING}\ud800-\udfff\ufffe\uffff](?<![\\t\\n\\r])")

Loc = tuple[str | int, ...]


class Place(NamedTuple):
    """A position in a file: 1-based line and column."""

    line: int
    column: int


class _Mark(Protocol):
    """What both parsers know of a position: 0-based line and column."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Document:
    """What a file says, and where.

    Parameters
    ----------
    file : str
        Name of the file in problems.
    content : bytes
        The file's bytes.

    Attributes
    ----------
    file : str
    sha256 : str
    data : object
        Mappings, lists, text, numbers, booleans and None.
    problems : list of Problem
        What was wrong, and didn't stop the reading.

    Raises
    ------
    TableError
        Where the reading can't go on: not UTF-8, not YAML, empty. It holds the problems found until then, too.
    """

    def __init__(self, file: str, content: bytes) -> None:
        self.file = file
        self.sha256 = hashlib.sha256(content).hexdigest()
        # Marks, not places: of the many few are ever asked for.
        self._key_marks: dict[Loc, _Mark] = {}
        self._value_marks: dict[Loc, _Mark] = {}
        self.problems: list[Problem] = []
        text = self._decoded(content)
        try:
            self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
            self.data = self._composed()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            words = ", ".join(part for part in (error.context, error.problem) if part)
            raise self._refusal(place, f"not YAML: {words}") from None
        except yaml.YAMLError as error:
            raise self._refusal(Place(1, 1), f"not YAML: {error}") from None

    @property
    def name(self) -> str:
        """The file's name without its folders, as `shown`: it stands in reports."""
        return shown(Path(self.file).name)

    def at(self, *loc: str | int) -> object:
        """The value of a path, whatever the schema thinks of it; None where there is none."""
        value = self.data
        for step in loc:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
            else:
                return None
        return value

    def items(self, *loc: str | int) -> list[tuple[Loc, object]]:
        """The items of a list with their paths; none where there is no list."""
        value = self.at(*loc)
        return [((*loc, index), item) for index, item in enumerate(value)] if isinstance(value, list) else []

    def note(self, place: Place, message: str) -> None:
        """Keep a problem for later."""
        self.problems.append(Problem(self.file, place.line, place.column, message))

    def place_of(self, loc: Loc, *, key: bool = False) -> Place:
        """Where a value (or its key) stands; for a path that isn't in the file, where the nearest one above it does."""
        marks = self._key_marks if key else self._value_marks
        for length in range(len(loc), -1, -1):
            if mark := marks.get(loc[:length]):
                return Place(mark.line + 1, mark.column + 1)
            marks = self._value_marks
        return Place(1, 1)

    @property
    def locs(self) -> tuple[Loc, ...]:
        """The paths of all values, in file order."""
        return tuple(self._value_marks)

    def _refusal(self, place: Place, message: str) -> TableError:
        self.note(place, message)
        return TableError(in_order(self.problems))

    def _decoded(self, content: bytes) -> str:
        if len(content) > MAX_BYTES:
            raise self._refusal(Place(1, 1), f"larger than {MAX_BYTES:,} bytes: no constraint table")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start].decode("utf-8-sig", errors="replace")
            message = f"not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
            raise self._refusal(_place_after(before), message) from None
        if match := _UNPRINTABLE.search(text):
            message = f"control character U+{ord(match.group()):04X}; remove it"
            raise self._refusal(_place_after(text[: match.start()]), message)
        return text

    def _composed(self) -> object:
        next(self._events)  # start of the stream
        if isinstance(next(self._events), yaml.StreamEndEvent):
            raise self._refusal(Place(1, 1), "the file is empty")
        data = self._node(next(self._events), ())
        next(self._events)  # end of the document
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._refusal(_place(after), "a second document; a file holds one table")
        return data

    def _node(self, event: yaml.Event, loc: Loc) -> object:
        mark = self._value_marks[loc] = _mark(event)
        place = Place(mark.line + 1, mark.column + 1)
        if len(loc) > MAX_DEPTH:
            raise self._refusal(place, f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.AliasEvent):
            self.note(place, f"alias *{event.anchor}; write the value out")
            return None
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)
        if event.anchor is not None:
            self.note(place, f"anchor &{event.anchor}; tables have neither anchors nor aliases")
        if event.tag is not None:
            self.note(place, f"tag {event.tag}; tables have no tags")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc)
        return self._sequence(loc)

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> object:
        if match := _UNPRINTABLE.search(event.value):
            self.note(place, f"control character U+{ord(match.group()):04X} in the text; remove it")
        return _resolved(event.value) if event.implicit[0] else event.value

    def _sequence(self, loc: Loc) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            if _is_plain(event):
                self._value_marks[*loc, len(items)] = _mark(event)
                items.append(_resolved(event.value))
            else:
                items.append(self._node(event, (*loc, len(items))))
        return items

    def _mapping(self, loc: Loc) -> dict[str, object]:
        mapping: dict[str, object] = {}
        # A path under which nothing is looked up: where the values of refused keys go.
        aside = (*loc, -1)
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = _resolved(event.value) if _is_plain(event) else self._node(event, aside)
            if isinstance(key, str) and key and key not in mapping:
                self._key_marks[*loc, key] = _mark(event)
                mapping[key] = self._node(next(self._events), (*loc, key))
                continue
            if isinstance(key, str) and key:
                first = self.place_of((*loc, key), key=True)
                self.note(_place(event), f"duplicate key {key!r}; first in line {first.line}")
            elif not isinstance(event, yaml.AliasEvent):
                self.note(_place(event), "a key must be text")
            self._node(next(self._events), aside)
        return mapping


def read_document(path: Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InputError
        If the file can't be opened.
    TableError
        If it holds no YAML.
    """
    try:
        with path.open("rb") as stream:
            # One byte more than allowed shows that a file is too large, also where it has no end.
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"can't be read ({reason})", str(path)) from None
    return Document(str(path), content)


def in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Problems of one file by position."""
    return tuple(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _is_plain(event: yaml.Event) -> TypeGuard[yaml.ScalarEvent]:
    """Whether an event is a scalar without quotes, tag and anchor: nearly all that a file holds."""
    return type(event) is yaml.ScalarEvent and event.implicit[0] and event.anchor is None


def _mark(event: yaml.Event) -> _Mark:
    mark = event.start_mark
    assert mark is not None  # both parsers mark every event
    return mark


def _place(event: yaml.Event) -> Place:
    mark = _mark(event)
    return Place(mark.line + 1, mark.column + 1)


def _place_after(text: str) -> Place:
    """The place of the character that follows a text."""
    lines = re.split("\r\n|\r|\n", text)
    return Place(len(lines), len(lines[-1]) + 1)


def _resolved(text: str) -> object:
    """A plain scalar by the core schema of YAML 1.2: ``no``, ``12:30``, ``0x10`` and dates stay text, 010 is ten."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST_OF_NUMBERS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def closest(word: str, known: Iterable[str], most: int = 1) -> str:
    """``; did you mean 'organ'?`` for a word that is nearly known, otherwise nothing.

    Parameters
    ----------
    word : str
    known : iterable of str
    most : int
        At most so many near words.
    """
    by_case = {name.casefold(): name for name in known}
    near = [repr(by_case[one]) for one in difflib.get_close_matches(word.casefold(), by_case, n=most)]
    return f"; did you mean {' or '.join(near)}?" if near else ""
