"""Entries -> organs, and for each form of a name the one organ that it stands for.

An organ of which there are two is listed once, without a side. What says the side is found by rule: a name, and before
or after it a word for the side, as in ``L Kidney``, ``Kidney (left)``, ``Niere re.``, ``左肾``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from rtcheck.document import closest
from rtcheck.errors import Problem
from rtcheck.nomenclature.entries import ENGLISH, At, Entry, Listed, SideWords
from rtcheck.nomenclature.forms import spellings

Side = Literal["left", "right"]
#: Languages of the TG-263 names themselves; words for sides of every language go with them.
STANDARD = ""
_SIDES: tuple[tuple[Side, str], ...] = (("left", "_L"), ("right", "_R"))


class Organ(NamedTuple):
    """One TG-263 name.

    Attributes
    ----------
    name : str
    side : "left", "right" or None
        The patient's side that the name says.
    part_of : str
        The organ that a limit on this structure is about; empty where it is one itself.
    union_of : tuple of str
    words : tuple of str
        Forms of its names, without a side.
    """

    name: str
    side: Side | None = None
    part_of: str = ""
    union_of: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class _Sideless(NamedTuple):
    """A name that wants a word for a side: its language, and the organ that it is then."""

    language: str
    organs: dict[str, str]
    at: At


class _SideWord(NamedTuple):
    """A word for a side, in one language."""

    language: str
    side: str


@dataclass(eq=False)
class Index:
    """What was made of the entries; not changed once it is made.

    Attributes
    ----------
    newest : str
        The file read last: of two names that don't go together, its own is wrong.
    organs : dict of str to Organ
    by_form : dict of str to str
        Form of a name -> TG-263 name; without the names whose side stands in a word of its own.
    said_at : dict of str to At
        Where these forms stand.
    sideless : dict of str to list of _Sideless
    side_words : dict of str to list of _SideWord
    problems : list of Problem
        What the entries don't say, or say twice.
    """

    newest: str = ""
    organs: dict[str, Organ] = field(default_factory=dict)
    by_form: dict[str, str] = field(default_factory=dict)
    said_at: dict[str, At] = field(default_factory=dict)
    sideless: dict[str, list[_Sideless]] = field(default_factory=dict)
    side_words: dict[str, list[_SideWord]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@lru_cache(maxsize=1 << 14)
def organ_of(index: Index, form: str) -> str | None:
    """The TG-263 name that a form of a name stands for; None for none, and where it could stand for two."""
    if form in index.by_form:
        return index.by_form[form]
    found: set[str] = set()
    for cut in range(1, len(form)):
        for said, name in ((form[:cut], form[cut:]), (form[cut:], form[:cut])):
            if said in index.side_words and name in index.sideless:
                found.update(organ for organ, _ in _meant(index, said, name))
    return found.pop() if len(found) == 1 else None


def indexed(what: Listed, newest: str = "") -> Index:
    """The index of all entries; problems between files are those of the `newest`."""
    index = Index(newest)
    for language, words in what.sides:
        _add_side_words(index, language, words)
    for entry in what.entries:
        if entry.sided:
            _add_halves(index, entry)
    halves = {entry.both: entry for entry in what.entries if entry.both}
    for entry in what.entries:
        if not entry.sided or entry.both == entry.name:
            _add_whole(index, entry, halves.get(entry.name))
    _check_references(index, what.entries)
    return index


def crossings(index: Index) -> list[Problem]:
    """Names that, with a word for a side, would stand for two organs.

    Slower than all the rest: it goes through every name with every word for a side.
    """
    problems: dict[At, Problem] = {}
    stands_for = {one: (organ, index.said_at[one]) for one, organ in index.by_form.items()}
    for name in index.sideless:
        for said in index.side_words:
            for organ, at in _meant(index, said, name):
                for one in (said + name, name + said):
                    owner, there = stands_for.setdefault(one, (organ, at))
                    if owner != organ:
                        problem = _two_meanings(index, one, (organ, at), (owner, there))
                        problems.setdefault(at, problem)
    return list(dict.fromkeys(problems.values()))


def _meant(index: Index, said: str, name: str) -> Iterator[tuple[str, At]]:
    """The organs that a name and a word for a side mean together, by all languages that have both."""
    for sideless in index.sideless[name]:
        for word in index.side_words[said]:
            if word.side in sideless.organs and _go_together(said, word.language, sideless.language):
                yield sideless.organs[word.side], sideless.at


def _go_together(said: str, language: str, other: str) -> bool:
    """Whether a word for a side goes with a name of another language.

    English ones go with all, and all but single letters (droit, gauche) with TG-263 names.
    """
    return language in (ENGLISH, other) or (other == STANDARD and (len(said) > 1 or not said.isascii()))


def _add_side_words(index: Index, language: str, words: SideWords) -> None:
    for side in ("left", "right", "both"):
        for word in getattr(words, side):
            for one in spellings(word):
                index.side_words.setdefault(one, []).append(_SideWord(language, side))


def _forms(entry: Entry) -> list[tuple[str, str, At]]:
    """Forms of all names of an entry, with language and place."""
    named = [(one, STANDARD, entry.at) for one in spellings(entry.name)]
    return named + [(one, word.language, word.at) for word in entry.words for one in word.forms]


def _add_halves(index: Index, entry: Entry) -> None:
    """The left and the right one of an organ."""
    forms = _forms(entry)
    words = tuple(one for one, _, _ in forms)
    organs: dict[str, str] = {"both": entry.both} if entry.both else {}
    for side, ending in _SIDES:
        name = organs[side] = entry.name + ending
        index.organs[name] = Organ(name, side, entry.both or entry.part_of, words=words)
        for one in spellings(name):  # also where a file knows no words for sides
            _claim(index, one, name, entry.at)
    for one, language, at in forms:
        _add_sideless(index, one, _Sideless(language, organs, at))


def _add_whole(index: Index, entry: Entry, half: Entry | None) -> None:
    """An organ whose name has no side; `half` is the entry of its halves, where it is both together."""
    forms = _forms(entry)
    known = index.organs.get(entry.name)  # Kidney_L, where a clinic adds names that say the side themselves
    union_of = entry.union_of or tuple(half.name + ending for _, ending in _SIDES if half)
    organ = known or Organ(entry.name, None, entry.part_of, union_of)
    index.organs[entry.name] = organ._replace(words=organ.words + tuple(one for one, _, _ in forms))
    for one, language, at in forms:
        _claim(index, one, entry.name, at)
        if half and half is not entry:
            _add_sideless(index, one, _Sideless(language, {"both": entry.name}, at))


def _claim(index: Index, form: str, organ: str, at: At) -> None:
    """Let a form stand for an organ; that it stands for another is a problem."""
    owner, there = index.by_form.setdefault(form, organ), index.said_at.setdefault(form, at)
    if owner != organ:
        index.problems.append(_two_meanings(index, form, (organ, at), (owner, there)))


def _two_meanings(index: Index, form: str, one: tuple[str, At], other: tuple[str, At]) -> Problem:
    """The problem of a form that would stand for two organs, each with its place; `other` was there first."""
    (organ, at), (owner, there) = one, other
    if there.file == index.newest != at.file:
        organ, at, owner, there = owner, there, organ, at
    where = f"line {there.line}" if there.file == at.file else f"{there.file}, line {there.line}"
    return at.problem(f"{form!r} would stand for {organ}, and stands for {owner} ({where})")


def _add_sideless(index: Index, form: str, name: _Sideless) -> None:
    """Let a form stand for organs once it has a side; that it stands for others is a problem."""
    others = index.sideless.setdefault(form, [])
    organs = sorted(set(name.organs.values()))
    for other in others:
        if any(other.organs.get(side, organ) != organ for side, organ in name.organs.items()):
            theirs = " or ".join(sorted(set(other.organs.values())))
            one, another = (" or ".join(organs), name.at), (theirs, other.at)
            index.problems.append(_two_meanings(index, f"{form} with a side", one, another))
            return
    others.append(name)


def _check_references(index: Index, entries: tuple[Entry, ...]) -> None:
    """Names that entries refer to must be there, and lead somewhere."""
    for entry in entries:
        refers = [("both", entry.both), ("part_of", entry.part_of), *(("union_of", name) for name in entry.union_of)]
        for key, name in refers:
            if name and name not in index.organs:
                text = f"{entry.name}: {key} names {name!r}, which isn't listed{closest(name, index.organs)}"
                index.problems.append(entry.at.problem(text))
        if entry.both and entry.both in index.organs and index.organs[entry.both].side:
            index.problems.append(entry.at.problem(f"{entry.name}: both names {entry.both!r}, which has a side"))
        if entry.part_of and _goes_round(index, entry):
            index.problems.append(entry.at.problem(f"{entry.name}: part_of leads back to itself"))


def _goes_round(index: Index, entry: Entry) -> bool:
    """Whether the way up from an entry comes back to it."""
    seen: set[str] = set()
    name = entry.part_of
    while name and name not in seen and name in index.organs:
        seen.add(name)
        name = index.organs[name].part_of
    return entry.name in seen
