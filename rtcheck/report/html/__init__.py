"""A report as one HTML file: no scripts, nothing from a network, readable on a phone and in print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

from jinja2 import BaseLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from rtcheck.finding import Verdict
from rtcheck.protocol import Evaluation
from rtcheck.report.page import page
from rtcheck.report.page.signs import COLOURS, sign
from rtcheck.report.plots import Plot, PlotCurve, sample_svg, svg

__all__ = ["html_report"]


def html_report(
    evaluation: Evaluation,
    document: Mapping[str, object],
    *,
    time: datetime,
    show_name: bool = False,
) -> str:
    """The report of a check as a page, to be written as UTF-8.

    Parameters
    ----------
    evaluation : Evaluation
    document : mapping
        The report as plain data: `rtcheck.report.check_document`.
    time : datetime
        When the report was made, with its zone.
    show_name : bool
        Whether the patient's name and ID are in it. The subject code always is.

    Raises
    ------
    UsageError
        As `rtcheck.report.page.page`.
    """
    told = page(evaluation, document, time=time, show_name=show_name)
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        page=told,
        style=Markup(style),
        style_digest=digest,
        signs={verdict: Markup(sign(verdict)) for verdict in Verdict},
        Verdict=Verdict,
    )


@cache
def _template() -> Template:
    """Everything that isn't marked as SVG of our own is escaped."""
    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["drawn"] = _drawn
    environment.filters["sample"] = _sample
    return environment.from_string(files(__package__).joinpath("report.html.jinja").read_text("utf-8"))


@cache
def _style() -> str:
    """The style sheet, with a colour for each verdict."""
    text = files(__package__).joinpath("report.css").read_text("utf-8").replace("\r\n", "\n")
    colours = "".join(f"--{verdict.value}:{colour};" for verdict, colour in COLOURS.items())
    return f":root{{{colours}}}\n{text}"


def _drawn(plot: Plot) -> Markup:
    return Markup(svg(plot))


def _sample(curve: PlotCurve) -> Markup:
    return Markup(sample_svg(curve))
