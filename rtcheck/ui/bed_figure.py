"""The figure of the BED calculator: BED over the number of fractions."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from rtcheck.fractionation import Schedule, decimal_text
from rtcheck.radiobiology import LQ_DOUBTFUL_ABOVE_GY, bed
from rtcheck.report.bed import bed_text
from rtcheck.report.bed_answer import BedAnswer
from rtcheck.report.bed_curve import BedCurve, at_dose_per_fraction, at_total_dose
from rtcheck.ui.colours import PALETTE, RGB, visible
from rtcheck.ui.plain import plotly_text
from rtcheck.units import bed_basis

#: Room above what matters, as part of it; curves may leave the figure at the top.
_HEADROOM = 1.35
_DOUBTFUL = "dot"


def bed_figure(answer: BedAnswer, threshold_gy: float, *, published: bool, dark: bool) -> go.Figure:
    """BED at the answer's dose per fraction and at its total dose, the threshold, and the answer itself."""
    figure = go.Figure()
    total, each = at_total_dose(answer), at_dose_per_fraction(answer)
    if each is not None:
        dose = decimal_text(answer.schedule.max_dose_per_fraction_gy)
        _add(figure, each, f"{dose} Gy per fraction", visible(PALETTE[0], dark=dark), published=published)
    name = f"{decimal_text(answer.schedule.total_dose_gy)} Gy in all"
    _add(figure, total, name, visible(PALETTE[1], dark=dark), published=published and each is None)
    ink: RGB = (240, 240, 240) if dark else (30, 30, 30)
    grey: RGB = (160, 160, 160) if dark else (100, 100, 100)
    if answer.solution and answer.solution.equivalent_to:
        _mark(figure, answer, answer.solution.equivalent_to, ink, symbol="circle-open")
    _mark(figure, answer, answer.schedule, ink, symbol="diamond")
    figure.add_hline(y=threshold_gy, line={"width": 1.5, "dash": "dash", "color": _css(grey)})
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=threshold_gy, yanchor="bottom", showarrow=False,
        text=f"{threshold_gy:g} Gy", font={"color": _css(grey)},
    )  # fmt: skip
    label = bed_basis(answer.ratio.value_gy).label
    figure.update_xaxes(title="Fractions", range=[0, max(total.fractions[-1], 1) + 0.7], showgrid=False, zeroline=False)
    top = _HEADROOM * max(answer.bed_gy, threshold_gy, answer.bed_ends_gy[1] if published else 0.0)
    figure.update_yaxes(title=f"{label} [Gy]", range=[0, top], showgrid=True, zeroline=False)
    legend = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    figure.update_layout(height=430, margin={"t": 10, "r": 10, "b": 10, "l": 10}, legend=legend, hovermode="closest")
    return figure


def doubtful_caption(answer: BedAnswer) -> str:
    """What the dotted parts are; empty where there are none."""
    curves = [curve for curve in (at_total_dose(answer), at_dose_per_fraction(answer)) if curve is not None]
    if not any(any(curve.doubtful) for curve in curves):
        return ""
    return f"Dotted: more than {LQ_DOUBTFUL_ABOVE_GY:g} Gy per fraction, where the linear-quadratic model is doubtful."


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
    shown = True
    for start, end, dash in parts:
        if end - start < 1 or (dash == _DOUBTFUL and first == 0):
            continue
        figure.add_scatter(
            x=curve.fractions[start:end],
            y=curve.bed_gy[start:end],
            mode="lines+markers",
            name=plotly_text(name),
            legendgroup=name,
            showlegend=shown,
            marker={"size": 4},
            line={"color": _css(colour), "width": 2, "dash": dash},
            hovertemplate=f"%{{x}} fractions, {plotly_text(name)}: BED %{{y:.2f}} Gy<extra></extra>",
        )
        shown = False


def _mark(figure: go.Figure, answer: BedAnswer, schedule: Schedule, colour: RGB, *, symbol: str) -> None:
    value_gy = bed(schedule, alpha_beta_gy=answer.ratio.value_gy)
    text = plotly_text(f"{schedule}: {bed_text(answer, value_gy)}")
    figure.add_scatter(
        x=[schedule.fractions],
        y=[value_gy],
        mode="markers+text",
        text=[f"<b>{text}</b>"],
        textposition="top right" if schedule.fractions < 20 else "top left",
        textfont={"color": _css(colour), "size": 13},
        marker={"symbol": symbol, "size": 13, "color": _css(colour), "line": {"width": 2, "color": _css(colour)}},
        showlegend=False,
        cliponaxis=False,
        hovertemplate=f"{text}<extra></extra>",
    )


def _css(colour: RGB) -> str:
    return "rgb({}, {}, {})".format(*colour)
