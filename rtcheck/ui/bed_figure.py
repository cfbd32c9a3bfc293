"""The figure of the BED calculator: BED over the number of fractions."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from rtcheck.fractionation import Schedule, decimal_text
from rtcheck.radiobiology import LQ_DOUBTFUL_ABOVE_GY, bed
from rtcheck.report.bed import bed_text, over_text
from rtcheck.report.bed_answer import BedAnswer
from rtcheck.report.bed_curve import BedCurve, at_dose_per_fraction, at_total_dose
from rtcheck.ui.colours import PALETTE, RGB, visible
from rtcheck.ui.plain import plotly_text
from rtcheck.units import bed_basis

#: Room above what matters, as part of it; curves may leave the figure at the top.
_HEADROOM = 1.35
_DOUBTFUL = "dot"
#: Further right than this part of the axis, words stand left of their point.
_LABEL_RIGHT_UP_TO = 0.68
#: By whether the page is dark.
_INK: dict[bool, RGB] = {False: (30, 30, 30), True: (240, 240, 240)}
_GREY: dict[bool, RGB] = {False: (90, 90, 90), True: (170, 170, 170)}
_PAGE: dict[bool, RGB] = {False: (255, 255, 255), True: (24, 24, 24)}


def bed_figure(answer: BedAnswer, threshold_gy: float, *, published: bool, dark: bool) -> go.Figure:
    """BED at the answer's dose per fraction and at its total dose, the threshold, and the answer itself."""
    figure = go.Figure()
    total, each = at_total_dose(answer), at_dose_per_fraction(answer)
    if each is not None:
        dose = decimal_text(answer.schedule.max_dose_per_fraction_gy)
        _add(figure, each, f"{dose} Gy per fraction", visible(PALETTE[0], dark=dark), published=published)
    name = f"{decimal_text(answer.schedule.total_dose_gy)} Gy in all"
    _add(figure, total, name, visible(PALETTE[1], dark=dark), published=published and each is None)
    _add_threshold(figure, threshold_gy, _GREY[dark])
    right = total.fractions[-1]
    if answer.solution and answer.solution.equivalent_to:
        _mark(figure, answer, answer.solution.equivalent_to, right, symbol="circle-open", dark=dark)
    _mark(figure, answer, answer.schedule, right, symbol="diamond", dark=dark)
    label = bed_basis(answer.ratio.value_gy).label
    figure.update_xaxes(title="Fractions", range=[0, right + 0.7], showgrid=False, zeroline=False)
    top_gy = _top_gy(answer, threshold_gy, published=published)
    figure.update_yaxes(title=f"{label} [Gy]", range=[0, top_gy], showgrid=True, zeroline=False)
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    figure.update_layout(height=400, margin={"t": 10, "r": 10, "b": 10, "l": 10}, legend=legend, hovermode="closest")
    return figure


def figure_captions(answer: BedAnswer, threshold_gy: float, *, published: bool) -> list[str]:
    """What the band and the dotted parts are, as far as they can be seen."""
    captions = []
    if published and len(answer.ratio.published_gy) > 1:
        captions.append(f"Band: {over_text(answer.ratio)}.")
    top_gy = _top_gy(answer, threshold_gy, published=published)
    curves = [curve for curve in (at_total_dose(answer), at_dose_per_fraction(answer)) if curve is not None]
    parts = [part for curve in curves for part in zip(curve.doubtful, curve.bed_gy, strict=True)]
    if any(doubtful and bed_gy < top_gy for doubtful, bed_gy in parts):
        captions.append(f"Dotted: more than {LQ_DOUBTFUL_ABOVE_GY:g} Gy per fraction, where the model is doubtful.")
    return captions


def _top_gy(answer: BedAnswer, threshold_gy: float, *, published: bool) -> float:
    return _HEADROOM * max(answer.bed_gy, threshold_gy, answer.bed_ends_gy[1] if published else 0.0)


def _add(figure: go.Figure, curve: BedCurve, name: str, colour: RGB, *, published: bool) -> None:
    """A curve, dotted where the model is doubtful, in its band over the published alpha/betas."""
    if published and curve.low_gy != curve.high_gy:
        hidden: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=curve.fractions, y=curve.low_gy, legendgroup=name, **hidden)
        fill = "rgba({}, {}, {}, 0.2)".format(*colour)
        figure.add_scatter(
            x=curve.fractions, y=curve.high_gy, legendgroup=name, fill="tonexty", fillcolor=fill, **hidden
        )
    first = sum(curve.doubtful)  # doubtful schedules are those of few fractions, or all
    parts = [(0, min(first + 1, len(curve.fractions)), _DOUBTFUL), (first, len(curve.fractions), "solid")]
    drawn = [part for part in parts if part[1] > part[0] and (part[2] != _DOUBTFUL or first)]
    for start, end, dash in drawn:
        figure.add_scatter(
            x=curve.fractions[start:end],
            y=curve.bed_gy[start:end],
            mode="lines+markers",
            name=plotly_text(name),
            legendgroup=name,
            showlegend=dash == drawn[-1][2],
            marker={"size": 4},
            line={"color": _css(colour), "width": 2, "dash": dash},
            hovertemplate=f"%{{x}} fractions, {plotly_text(name)}: BED %{{y:.2f}} Gy<extra></extra>",
        )


def _add_threshold(figure: go.Figure, threshold_gy: float, colour: RGB) -> None:
    figure.add_hline(y=threshold_gy, line={"width": 1.5, "dash": "dash", "color": _css(colour)})
    figure.add_annotation(
        x=1,
        xref="paper",
        xanchor="right",
        y=threshold_gy,
        yanchor="bottom",
        text=f"BED {round(threshold_gy, 2):g} Gy",
        showarrow=False,
        font={"color": _css(colour)},
    )


def _mark(figure: go.Figure, answer: BedAnswer, schedule: Schedule, right: int, *, symbol: str, dark: bool) -> None:
    """A schedule and its BED; the words stand where they don't leave the figure."""
    value_gy, ink = bed(schedule, alpha_beta_gy=answer.ratio.value_gy), _css(_INK[dark])
    text = plotly_text(f"{schedule}: {bed_text(answer, value_gy)}")
    figure.add_scatter(
        x=[schedule.fractions],
        y=[value_gy],
        mode="markers",
        marker={"symbol": symbol, "size": 13, "color": ink, "line": {"width": 2, "color": ink}},
        showlegend=False,
        cliponaxis=False,
        hovertemplate=f"{text}<extra></extra>",
    )
    figure.add_annotation(
        x=schedule.fractions,
        y=value_gy,
        text=f"<b>{text}</b>",
        font={"color": ink, "size": 13},
        bgcolor="rgba({}, {}, {}, 0.8)".format(*_PAGE[dark]),
        showarrow=False,
        xanchor="left" if schedule.fractions <= _LABEL_RIGHT_UP_TO * right else "right",
        xshift=12 if schedule.fractions <= _LABEL_RIGHT_UP_TO * right else -12,
        yshift=18,
    )


def _css(colour: RGB) -> str:
    return "rgb({}, {}, {})".format(*colour)
