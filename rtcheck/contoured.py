"""A structure set's ROIs by name, and as solids: the only place where a name or expression becomes contours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock

import numpy as np

from rtcheck import nomenclature
from rtcheck.errors import AmbiguousRoiError, MissingRoiError, ParseError
from rtcheck.memo import Memo
from rtcheck.nomenclature import Names
from rtcheck.roi_algebra import (
    Expression,
    Name,
    Selection,
    combine,
    evaluate,
    margin_hint,
    names,
    needs_quotes,
    parse_expression,
    quoted,
    read_as_name,
    text_of,
)
from rtcheck.solid import Flag, QualityFlag, Solid, solid_of
from rtcheck.study import ROI, Study

#: RTROIInterpretedTypes of targets.
TARGET_TYPES = ("GTV", "CTV", "PTV")
#: What a pattern of a target's name means: the types that its ROIs may have. Few systems know a type ITV.
_TYPES = {"GTV": ("GTV",), "CTV": ("CTV",), "PTV": ("PTV",), "ITV": ("ITV", "CTV", "GTV")}
#: Where no ROI has a pattern's type or none, those of these: there are systems that give every ROI the type ORGAN.
_UNTOLD_TYPES = (*TARGET_TYPES, "ORGAN")
_TARGET_PATTERN = re.compile(r"[*?_\s-]*(GTV|CTV|PTV|ITV)(?![A-Z])", re.IGNORECASE)


@dataclass(frozen=True)
class Chosen:
    """Which ROIs a pattern means.

    Attributes
    ----------
    taken : tuple of str
    left_out : tuple of (str, str)
        Names that match as well, each with why it isn't taken.
    doubtful : tuple of (str, str)
        Of those taken, the ones that may be no target, each with the word of its name that says so.
    """

    taken: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    doubtful: tuple[tuple[str, str], ...] = ()


class Contoured:
    """The ROIs of a study, found by name or expression and made solids at most once each; for several threads.

    Parameters
    ----------
    study : Study
        Its structure set, and its images for the spacing of slices.
    """

    def __init__(self, study: Study, names_of_organs: Names | None = None) -> None:
        self.study = study
        self.names = names_of_organs or nomenclature.shipped_names()
        self._solids = Memo[int, Solid]()
        self._parsed = Memo[str, Expression]()
        self._drawn = Memo[str, bool]()
        self._flags_of_members: dict[str, tuple[QualityFlag, ...]] = {}
        self._lock = Lock()
        self._by_name: dict[str, ROI] = {}
        self._duplicates: set[str] = set()
        for roi in study.structure_set.rois:
            if roi.name in self._by_name:
                self._duplicates.add(roi.name)
            self._by_name[roi.name] = roi

    def rois_of(self, roi: str) -> tuple[str, ...]:
        """Names of the ROIs that an expression resolves to, with contours or without; errors as for `solid`."""
        every = [found.name for name in names(self.parsed(roi)) for found in self._find(name)]
        return tuple(dict.fromkeys(every))

    def members(self, text: str) -> tuple[str, ...]:
        """What ``any(...)`` or ``all(...)`` asks, one expression a member; for anything else the text itself.

        A wildcard that is a member stands for each ROI that it matches, in the order of the structure set; inside a
        member's own expression it still means the union. Members that no ROI fits are listed too: asking for one of
        them tells what is missing. What a wildcard leaves out, or takes in doubt, `flags_of_member` tells afterwards.

        Raises
        ------
        AmbiguousRoiError
            A wildcard matches a name that two ROIs have.
        ParseError
            For text that is no expression.
        """
        expression = self.parsed(text)
        if not isinstance(expression, Selection):
            return (text,)
        every = [self._alone(each) for member in expression.members for each in self._each(member)]
        return tuple(dict.fromkeys(every))

    def flags_of_member(self, text: str) -> tuple[QualityFlag, ...]:
        """What a wildcard among `members` has to say about one of them, by its text; nothing of any other text."""
        return self._flags_of_members.get(text, ())

    def points(self, roi: str) -> int:
        """Contour points of an expression: about how long its DVH takes; errors as for `solid`."""
        return sum(contour_points(self._by_name[name]) for name in self.rois_of(roi))

    def is_contoured(self, organ: str) -> bool:
        """Whether something of an organ is drawn: an ROI of that name, or one half of a pair.

        A name that isn't clear (it fits two ROIs) is for a person to look at, so it counts.
        """
        return self._drawn.of(organ, lambda: self._is_drawn(organ))

    def _is_drawn(self, organ: str) -> bool:
        pair = self.names.union_of(organ)
        try:
            found = [other for name in (organ, *pair) for other in self._match(Name(name))]
        except AmbiguousRoiError:
            return True
        return any(self._by_name[other].closed_contours for other in found)

    def solid(self, roi: str) -> Solid:
        """The solid of an ROI or ROI expression.

        Raises
        ------
        MissingRoiError, AmbiguousRoiError
            For a name that fits no ROI or more than one, and for an ROI without closed contours.
        ParseError
            For text that is no expression, that an ROI's name makes ambiguous, or that asks each of several ROIs by
            itself: ``any(...)`` has `members` and no solid.
        NoVolumeError
            The contours bound no volume.
        """
        return evaluate(self.parsed(roi), self._solid)

    def solid_of(self, roi: ROI) -> Solid:
        """The solid of one ROI of the structure set."""
        return self._solids.of(roi.number, lambda: solid_of(roi, self._slice_spacing_mm))

    def only_roi(self, roi: str) -> ROI | None:
        """The one ROI that an expression is nothing but a name of; its DVH may be known already."""
        expression = self.parsed(roi)
        if not isinstance(expression, Name) or (nomenclature.is_pattern(expression.text) and not expression.quoted):
            return None
        found = self._find(expression)
        return found[0] if len(found) == 1 and found[0].closed_contours else None

    def parsed(self, text: str) -> Expression:
        """The expression that a text means here; an ROI whose name equals the text wins over the expression.

        Raises
        ------
        ParseError
            For text that is no expression, and for text of which a part is also the name of an ROI.
        """
        for name in (text, text.strip()):
            if name in self._by_name:
                # What a person confirmed decides what a name means, also where another ROI has exactly that name.
                settled = any(name in pair for pair in self.names.confirmed)
                return Name(name, quoted=not settled)
        return self._parsed.of(text, lambda: self._parse(text))

    def _parse(self, text: str) -> Expression:
        try:
            expression = parse_expression(text)
        except ParseError as error:
            hint = needs_quotes(text, self._by_name)
            raise ParseError(text, error.position, f"{error.expected}; {hint}") if hint else error from None
        if not isinstance(expression, Name) and (found := read_as_name(text, self._by_name)):
            position, name = found
            mend = f"{quoted(name)} means the ROI, and parentheses around the operation mean that"
            raise ParseError(text, position, f"this may also be the ROI {name!r}; {mend}")
        return expression

    def _each(self, member: Expression) -> tuple[Expression, ...]:
        """A member, or one for each ROI that its wildcard matches."""
        if not isinstance(member, Name) or member.quoted or not nomenclature.is_pattern(member.text):
            return (member,)
        found = self._match(member)
        ordered = [Name(name, quoted=True) for name in self._by_name if name in found]
        for one in ordered:
            self._note(self._alone(one), self._flags(member, found, [one.text]))
        return tuple(ordered) or (member,)

    def _note(self, text: str, flags: Sequence[QualityFlag]) -> None:
        """Keep what is to be told with a member."""
        if flags:
            with self._lock:
                known = self._flags_of_members.get(text, ())
                self._flags_of_members[text] = tuple(dict.fromkeys((*known, *flags)))

    def _alone(self, expression: Expression) -> str:
        """The text that means an expression also where an ROI is called like its usual text."""
        text = text_of(expression)
        while text in self._by_name and expression != Name(text):
            text = f"({text})"
        return text

    def _find(self, name: Name) -> tuple[ROI, ...]:
        """The ROIs that one name of an expression means."""
        found = self._match(name)
        if not found:
            halves = [self._match(Name(half)) for half in self.names.union_of(name.text)]
            if not halves or not all(halves):
                close = self.names.suggestions(name.text, self._by_name)
                hints = [f"similar: {', '.join(map(repr, close))}" if close else ""]
                hints += [] if name.quoted else [margin_hint(name.text)]
                detail = "; ".join(hint for hint in hints if hint)
                if left_out := _listed(self._chosen(name).left_out):
                    detail = f"left out: {left_out}"
                if any(halves):
                    detail = f"only {', '.join(repr(half[0]) for half in halves if half)}"
                raise MissingRoiError(name.text, detail=detail)
            found = tuple(half for one in halves for half in one)
        return tuple(self._by_name[other] for other in found)

    def _match(self, name: Name) -> tuple[str, ...]:
        """Names that one name means; more than one only for a pattern."""
        pattern = nomenclature.is_pattern(name.text) and not name.quoted
        if name.quoted:
            found: tuple[str, ...] = (name.text,) if name.text in self._by_name else ()
        elif pattern:
            found = self._chosen(name).taken
        else:
            found = self.names.match(name.text, tuple(self._by_name))
        doubled = [other for other in found if other in self._duplicates]
        if doubled:
            raise AmbiguousRoiError(name.text, (doubled[0], doubled[0]))
        if len(found) > 1 and not pattern:
            raise AmbiguousRoiError(name.text, found)
        return found

    def _chosen(self, name: Name) -> Chosen:
        """Of what a pattern such as ``GTV*`` matches, the ROIs that are such targets.

        By type: ``GTV_ring20mm`` is no GTV. One without a type is a target too unless its name says that it is a helper
        structure: a lesion that is forgotten would count as spared. Type against name is for a person to settle.
        """
        if name.quoted or not nomenclature.is_pattern(name.text):
            return Chosen(())
        found = self.names.match(name.text, tuple(self._by_name))
        asked = _TARGET_PATTERN.match(name.text)
        if asked is None or nomenclature.helper_word(name.text):
            return Chosen(found)  # who asks for GTV_ring* means the rings
        types = _TYPES[asked.group(1).upper()]
        rois = self.study.structure_set.rois
        typed = {roi.name for roi in rois if roi.interpreted_type in types}
        untyped = {roi.name for roi in rois if not roi.interpreted_type}
        words = {other: nomenclature.helper_word(other) for other in found}
        taken = [other for other in found if other in typed or (other in untyped and not words[other])]
        if not taken:
            likely = {roi.name for roi in rois if roi.interpreted_type in _UNTOLD_TYPES}
            taken = [other for other in found if other in likely and not words[other]]
        return Chosen(
            tuple(taken),
            tuple((other, self._why_not(other, words[other])) for other in found if other not in taken),
            tuple((other, words[other]) for other in taken if words[other]),
        )

    def _why_not(self, name: str, word: str) -> str:
        """Why an ROI is no target: its type, or without one its name."""
        kind = self._by_name[name].interpreted_type
        return f"of type {kind}" if kind else f"a helper structure by {word!r}"

    def _flags(self, name: Name, taken: Sequence[str], used: Sequence[str]) -> tuple[QualityFlag, ...]:
        """What the reader must know of a pattern: the ROIs that it leaves out, and those `used` that are in doubt."""
        chosen = self._chosen(name)
        empty = [(other, "no contours") for other in chosen.taken if other not in taken]
        flags = []
        if left_out := _listed((*empty, *chosen.left_out)):
            flags.append(QualityFlag(Flag.EMPTY_OPERAND, f"left out of {name.text}: {left_out}"))
        for other, word in chosen.doubtful:
            if other in used:
                kind = self._by_name[other].interpreted_type
                text = (
                    f"{other!r} has the type {kind} and the name of a helper structure ({word!r}): "
                    "rename it, or give it another type"
                )
                flags.append(QualityFlag(Flag.DOUBTFUL_OPERAND, text))
        return tuple(flags)

    def _solid(self, name: Name) -> Solid:
        """The solid that a name means: one ROI's, or the union of several."""
        rois = self._find(name)
        drawn = [roi for roi in rois if roi.closed_contours]
        if not drawn:
            kinds = sorted({contour.geometric_type.value for roi in rois for contour in roi.contours})
            raise MissingRoiError(name.text, empty=True, detail=f"only {', '.join(kinds)}" if kinds else "never drawn")
        if len(drawn) < len(rois) and not nomenclature.is_pattern(name.text):
            missing = next(roi.name for roi in rois if not roi.closed_contours)
            raise MissingRoiError(missing, empty=True, detail=f"needed for {name.text!r}")
        solid = self.solid_of(drawn[0])
        for roi in drawn[1:]:
            solid = combine("+", solid, self.solid_of(roi))
        drawn_names = [roi.name for roi in drawn]
        flags = self._flags(name, drawn_names, drawn_names)
        return replace(solid, flags=(*solid.flags, *flags)) if flags else solid

    @cached_property
    def _slice_spacing_mm(self) -> float | None:
        """Spacing of the image slices by their positions; without images, the commonest gap between contour planes."""
        spacings = [np.diff(series.slice_positions_mm) for series in self.study.images if series.modality == "CT"]
        gaps = [float(np.median(gap)) for gap in spacings if len(gap)]
        if gaps:
            return min(gaps)
        every = []
        for roi in self.study.structure_set.rois:
            heights = np.unique(np.round([contour.points_mm[0, 2] for contour in roi.closed_contours], 2))
            every += [round(float(gap), 2) for gap in np.diff(heights)]
        return max(set(every), key=every.count) if every else None


def contour_points(roi: ROI) -> int:
    """Points of all its contours."""
    return sum(len(contour.points_mm) for contour in roi.contours)


def _listed(left_out: Sequence[tuple[str, str]]) -> str:
    """Names, each with why."""
    return ", ".join(f"{name} ({why})" for name, why in left_out)
