"""A report for the archive: A4, PDF/A-3a and PDF/UA-1 in one file that carries the report's data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

from rtcheck.errors import UsageError
from rtcheck.finding import Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report.data import serialised
from rtcheck.report.page import page
from rtcheck.report.page.model import Whole
from rtcheck.report.page.plain import spelt
from rtcheck.report.page.signs import COLOURS, sign_svg
from rtcheck.report.plots import Plot, sample_svg, svg

__all__ = ["STANDARDS", "pdf_report"]

#: Archiving with text and structure for machines, and access for people who don't see it.
STANDARDS = ("a-3a", "ua-1")
_FONT = "Libertinus Serif"
#: Longer runs without a blank get places where a line may break; digests are kept as they are.
_LONGEST_RUN = 24
_RUN = re.compile(rf"\S{{{_LONGEST_RUN + 1},}}")
_DIGEST = re.compile("[0-9a-f]{64}")
_PIECE = re.compile(r"[^\W_]{8}|[\W_]")
_BREAK = "\u200b"
#: How typst names a character that no font at hand has.
_MISSING = re.compile(r"the text `\"(.+?)\"` could not be displayed")
#: All but what the fonts that typst carries surely have: Latin, Greek, Cyrillic, and what rtcheck itself writes.
_UNSURE = re.compile(
    r"[^\x20-\x7e\u00a0-\u017f\u0391-\u03a1\u03a3-\u03a9\u03b1-\u03c9\u0410-\u044f\u200b–—−·≤≥≈±×…⟨⟩’“”]"
)


def pdf_report(
    evaluation: Evaluation,
    document: Mapping[str, object],
    *,
    time: datetime,
    show_name: bool = False,
) -> bytes:
    """The report of a check as a PDF; equal arguments give equal bytes.

    Parameters
    ----------
    evaluation : Evaluation
    document : mapping
        The report as plain data: `rtcheck.report.check_document`. It is attached as ``rtcheck.json``.
    time : datetime
        When the report was made, with its zone.
    show_name : bool
        Whether the patient's name and ID are in it. The subject code always is.

    Raises
    ------
    UsageError
        If typst isn't installed, and as `rtcheck.report.page.page`.

    Notes
    -----
    Characters that the fonts of typst don't have are set in the fonts of the machine where those have them, and spelt
    as code points (``⟨U+4E2D⟩``) where not: what can't be drawn is never left out.
    """
    typst = _typst()
    told = page(evaluation, document, time=time, show_name=show_name)
    inputs = {
        "page": json.dumps(_plain(told), ensure_ascii=False),
        "drawings": _drawings(),
        "data": data_of(document).decode(),
    }
    return _compiled(typst, inputs, time)


def data_of(document: Mapping[str, object]) -> bytes:
    """The document as the report carries it: its text in UTF-8, halves of characters escaped as JSON allows."""
    return serialised(document).encode("utf-8", "backslashreplace")


def _typst() -> ModuleType:
    try:
        import typst  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise UsageError('a PDF needs typst, which isn\'t installed: pip install "rtcheck[report]"') from error
    return typst


def _compiled(typst: ModuleType, inputs: Mapping[str, str], time: datetime) -> bytes:
    """Set in typst's own fonts; in the machine's too; with what these lack, or else all that may be lacking, spelt."""
    text, lacking = inputs["page"], frozenset[str]()
    ways: tuple[Callable[[], tuple[str, bool]], ...] = (
        lambda: (text, False),
        lambda: (text, True),
        lambda: (_spelt(text, lacking), True),
    )
    for way in ways:
        try:
            return _set(typst, inputs, *way(), time)
        except typst.TypstError as error:
            lacking = frozenset("".join(_MISSING.findall(error.diagnostic)))
            if not lacking:
                raise  # no font is to blame
    return _set(typst, inputs, _carried(text), False, time)


def _set(typst: ModuleType, inputs: Mapping[str, str], text: str, with_machine_fonts: bool, time: datetime) -> bytes:
    made: bytes = typst.compile(
        _template(),
        format="pdf",
        sys_inputs={**inputs, "page": text},
        ignore_system_fonts=not with_machine_fonts,
        pdf_standards=list(STANDARDS),
        timestamp=time,
    )
    return made


def _spelt(text: str, characters: frozenset[str]) -> str:
    return "".join(spelt(character) if character in characters else character for character in text)


def _carried(text: str) -> str:
    """All that typst's own fonts may lack is spelt."""
    return _UNSURE.sub(lambda found: spelt(found.group()), text)


@cache
def _template() -> bytes:
    return files(__package__).joinpath("report.typ").read_bytes()


@cache
def _drawings() -> str:
    """Signs and colours of the verdicts."""
    return json.dumps(
        {
            "signs": {verdict.value: sign_svg(verdict) for verdict in Verdict},
            "colours": {verdict.value: colour for verdict, colour in COLOURS.items()},
        }
    )


def _plain(node: Any) -> Any:
    """Plain data for the template: blocks with their kind, curves as drawings, texts that can be broken."""
    if isinstance(node, tuple):
        return [_plain(one) for one in node if not isinstance(one, Whole)]
    if isinstance(node, Enum):
        return node.value
    if isinstance(node, str):
        return breakable(node)
    if isinstance(node, Plot):
        return _drawing(node)
    if not is_dataclass(node):
        return node
    data = {one.name: _plain(getattr(node, one.name)) for one in fields(node)}
    kind = getattr(node, "kind", None)
    return data if kind is None else {"kind": kind, **data}


def _drawing(plot: Plot) -> dict[str, object]:
    """A figure's drawing. What no font has would vanish from it, and no error would say so: it is spelt."""
    lines = tuple(replace(line, text=_carried(line.text)) for line in plot.lines)
    drawing = svg(replace(plot, axis=_carried(plot.axis), lines=lines), _FONT)
    return {"text": plot.text, "drawing": drawing, "samples": [sample_svg(one, _FONT) for one in plot.curves]}


def breakable(text: str) -> str:
    """`text` with places to break a line in runs that are longer than a column may be."""
    return _RUN.sub(lambda run: _broken(run.group()), text)


def _broken(run: str) -> str:
    return run if _DIGEST.fullmatch(run) else _PIECE.sub(lambda piece: piece.group() + _BREAK, run)
