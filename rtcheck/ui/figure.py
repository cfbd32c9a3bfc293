"""The DVH figure, and which ROIs it can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.pipeline import Result
from rtcheck.report.curves import DrawnCurve, drawn_band, drawn_curve
from rtcheck.study import ROI, Prescription
from rtcheck.ui.colours import PALETTE, RGB, visible
from rtcheck.ui.dose_scale import DoseScale, prescribed_lines
from rtcheck.ui.plain import plotly_text
from rtcheck.units import PHYSICAL, DoseBasis

TARGET_TYPES = ("GTV", "CTV", "ITV", "PTV")
#: Curves differ in colour and in line; "dash" alone means that part of the ROI lies outside the dose grid.
_LINES = ("solid", "dot", "dashdot", "longdashdot")
_OUTSIDE = "dash"
#: Height of a line of text over the figure (px), and how many stand on each other.
_LINE_HEIGHT, _STEPS = 16, 3
#: Height of the figure (px): as high as its legend is, within bounds.
_LOW, _HIGH, _BESIDE_LEGEND, _ENTRY = 520, 900, 135, 29
_PHYSICAL = DoseScale()


@dataclass(frozen=True)
class Choice:
    """An ROI or ROI expression that can be drawn.

    Attributes
    ----------
    key : str
        ``#`` and the ROI's number, or the expression.
    label : str
    roi : ROI or None
        None for an expression.
    colour : tuple of int
    is_target : bool
    """

    key: str
    label: str
    roi: ROI | None
    colour: RGB
    is_target: bool

    @property
    def name(self) -> str:
        """The ROI's name, or the expression."""
        return self.key if self.roi is None else self.roi.name

    def dvh(self, case: Case, basis: DoseBasis = PHYSICAL) -> DVH:
        """Its DVH; computed at most once for a case."""
        return case.dvh(self.key, basis) if self.roi is None else case.dvh_of(self.roi, basis)


def choices(result: Result) -> dict[str, Choice]:
    """Every ROI of the structure set, then the expressions that the constraints measured; by key."""
    rois = result.case.study.structure_set.rois
    names = [roi.name for roi in rois]
    colours = {roi.name: roi.color or PALETTE[number % len(PALETTE)] for number, roi in enumerate(rois)}
    found = {}
    for roi in rois:
        label = roi.name if names.count(roi.name) == 1 else f"{roi.name} (ROI {roi.number})"
        target = roi.interpreted_type in TARGET_TYPES
        found[f"#{roi.number}"] = Choice(f"#{roi.number}", label, roi, colours[roi.name], target)
    for finding in result.findings:
        if finding.check == "dose-constraint" and len(finding.rois) > 1 and finding.subject not in names:
            found[finding.subject] = Choice(finding.subject, finding.subject, None, colours[finding.rois[0]], False)
    return found


def shown_first(result: Result, every: dict[str, Choice]) -> list[str]:
    """Keys of the targets, of the ROIs that the protocol requires, and of what its deciding constraints measured."""
    asked = [finding for finding in result.findings if finding.rois and finding.verdict.decides]
    one_by_one = [finding for finding in asked if finding.check != "dose-constraint" or len(finding.rois) == 1]
    names = {name for finding in one_by_one for name in finding.rois}
    expressions = {finding.subject for finding in asked if finding.check == "dose-constraint"}
    return [
        key
        for key, choice in every.items()
        if choice.is_target or (choice.roi.name in names if choice.roi else key in expressions)
    ]


def dvh_figure(
    drawn: Sequence[tuple[Choice, DVH]],
    prescriptions: Sequence[Prescription],
    *,
    in_cc: bool,
    dark: bool,
    scale: DoseScale = _PHYSICAL,
) -> go.Figure:
    """Cumulative curves of the DVHs that have one, in bands over conventions, and a line at each prescribed dose.

    The DVHs are in the bases of the scale.
    """
    figure = go.Figure()
    organs = 0
    for choice, dvh in drawn:
        curve = drawn_curve(dvh)
        if curve is not None:
            line = _LINES[0 if choice.is_target else organs % len(_LINES)]
            organs += not choice.is_target
            band, colour = drawn_band(dvh, curve), visible(choice.colour, dark=dark)
            if band is not None:
                _add_band(figure, choice, band, in_cc=in_cc, colour=colour)
            named = replace(choice, label=scale.named(choice.label, dvh.basis))
            _add(figure, named, dvh, curve, band, in_cc=in_cc, line=line, colour=colour)
    lines = sorted(prescribed_lines(prescriptions, scale))
    for number, (dose_gy, text) in enumerate(lines):
        figure.add_vline(x=dose_gy, line={"width": 1, "dash": "dot", "color": "#808080"})
        # Texts of neighbouring lines stand on steps, so that they can be read.
        lift = _LINE_HEIGHT * (number % _STEPS)
        figure.add_annotation(x=dose_gy, y=1, yref="paper", yanchor="bottom", yshift=lift, text=text, showarrow=False)
    top = 30 + _LINE_HEIGHT * (min(len(lines), _STEPS) - 1 if lines else 0)
    figure.update_xaxes(title=scale.axis, rangemode="tozero", showgrid=True)
    figure.update_yaxes(title="Volume [cc]" if in_cc else "Volume [%]", rangemode="tozero", showgrid=True)
    entries = sum(dvh.curve is not None for _, dvh in drawn)
    height = min(max(_LOW, _BESIDE_LEGEND + entries * _ENTRY), _HIGH)
    margin = {"t": top, "r": 10, "b": 10, "l": 10}
    figure.update_layout(height=height, margin=margin, legend={"groupclick": "togglegroup"})
    return figure


def outside_text(dvh: DVH) -> str:
    """That part of an ROI lies outside the dose grid; empty where none does."""
    return f"{dvh.outside_percent:.3g} % outside the dose grid" if dvh.outside_cc else ""


def _add_band(figure: go.Figure, choice: Choice, band: DrawnCurve, *, in_cc: bool, colour: RGB) -> None:
    """Light shading of all that the curve may be; hidden and shown together with it."""
    low, high = (band.low_cc, band.high_cc) if in_cc else (band.low_percent, band.high_percent)
    shared: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=band.dose_gy, y=low, legendgroup=choice.key, **shared)
    fill = "rgba({}, {}, {}, 0.22)".format(*colour)
    figure.add_scatter(x=band.dose_gy, y=high, legendgroup=choice.key, fill="tonexty", fillcolor=fill, **shared)


def _add(
    figure: go.Figure,
    choice: Choice,
    dvh: DVH,
    curve: DrawnCurve,
    band: DrawnCurve | None,
    *,
    in_cc: bool,
    line: str,
    colour: RGB,
) -> None:
    low, high = (curve.low_cc, curve.high_cc) if in_cc else (curve.low_percent, curve.high_percent)
    outside = outside_text(dvh)
    name = plotly_text(f"{choice.label} ({outside})" if outside else choice.label)
    unit = "cc" if in_cc else "%"
    gray = "Gy" if dvh.basis.is_physical else f"Gy {dvh.basis.label}"
    rgb = "rgb({}, {}, {})".format(*colour)
    hover: dict[str, Any] = {"hovertemplate": f"%{{x:.2f}} {gray}, %{{y:.1f}} {unit}<extra>{name}</extra>"}
    if band is not None:
        ends = (band.low_cc, band.high_cc) if in_cc else (band.low_percent, band.high_percent)
        between = f"%{{y:.1f}} {unit} (%{{customdata[0]:.1f}} to %{{customdata[1]:.1f}})"
        hover = {
            "customdata": np.transpose([end[: len(low)] for end in ends]),
            "hovertemplate": f"%{{x:.2f}} {gray}, {between}<extra>{name}</extra>",
        }
    figure.add_scatter(
        x=curve.dose_gy,
        y=low,
        mode="lines",
        name=name,
        legendgroup=choice.key,
        line={"color": rgb, "width": 3 if choice.is_target else 2, "dash": _OUTSIDE if outside else line},
        **hover,
    )
    if outside:  # the part of unknown dose: between unirradiated and hot
        figure.add_scatter(
            x=curve.dose_gy,
            y=high,
            mode="lines",
            name=name,
            legendgroup=choice.key,
            showlegend=False,
            line={"color": rgb, "width": 1, "dash": _OUTSIDE},
            fill="tonexty",
            fillcolor="rgba({}, {}, {}, 0.07)".format(*colour),
            hovertemplate=f"at most %{{y:.1f}} {unit} at %{{x:.2f}} {gray}<extra>{name}</extra>",
        )
