"""The BED calculator: BED of a schedule in the sidebar; the inverse questions and a curve in a dialog over the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial

import streamlit as st

from rtcheck.errors import RtcheckError
from rtcheck.fractionation import MAX_FRACTIONS, parse_schedule
from rtcheck.nomenclature import is_pattern
from rtcheck.report.bed import bed_text, bed_warnings, exact_ends_text, exact_text, over_text, total_text
from rtcheck.report.bed_answer import (
    STEP_GY,
    TRIAL_RATIO,
    BedAnswer,
    Ratio,
    Solve,
    find_dose,
    find_fractions,
    find_schedule,
)
from rtcheck.tables import Radiobiology, load_radiobiology
from rtcheck.ui.bed_figure import bed_figure, figure_captions
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.plain import plain
from rtcheck.units import bed_basis, eqd2_basis

SCHEDULE_HELP = "5x8Gy, 50Gy/25, 25x2Gy + 5x3Gy, 68x1.2Gy 2/day"
QUESTIONS: dict[str, Solve | None] = {
    "BED of a schedule": None,
    "Dose per fraction": Solve.DOSE,
    "Number of fractions": Solve.FRACTIONS,
    "Equivalent schedule": Solve.SCHEDULE,
}
#: The trial's: every lesion gets at least this BED.
_TRIAL_BED_GY = 60.0
_STEPS_GY = (STEP_GY, 0.05, 0.1, 0.5)
_NUMBER, _TISSUE = "Number", "Tissue"
_PLOT_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}


def bed_calculator() -> None:
    """BED and EQD2 of a schedule that the user types, and a way to the other questions."""
    with st.expander("BED calculator"):
        text = st.text_input("Schedule", "5x8Gy", key="schedule", help=SCHEDULE_HELP)
        alpha_beta_gy = _number("alpha/beta [Gy]", TRIAL_RATIO.value_gy, "alpha-beta", step=0.5, decimals=1)
        try:
            answer = BedAnswer(parse_schedule(text), _as_ratio(alpha_beta_gy))
            for label, value in _biological(answer):
                st.metric(label, value)
            st.caption(plain(f"{answer.schedule}: {total_text(answer.schedule)}"))
        except RtcheckError as error:
            st.error(plain(str(error)))
        if st.button("Curve and inverse questions", key="bed-more", width="stretch"):
            _dialog(text, alpha_beta_gy)


@st.dialog("BED calculator", width="large")
def _dialog(schedule: str, alpha_beta_gy: float) -> None:
    bed_questions(schedule, alpha_beta_gy)


def bed_questions(schedule: str, alpha_beta_gy: float) -> None:
    """BED of a schedule, or the schedule that reaches a BED, and the BED over the number of fractions.

    Parameters
    ----------
    schedule : str
        What stands in its field at first.
    alpha_beta_gy : float
        Likewise.
    """
    left, right = st.columns([2, 5], gap="medium")
    try:
        with left:
            asked = _ask(schedule)
            ratio, published = _choose_ratio(alpha_beta_gy)
        with right:
            answer = asked(ratio)
            limit_gy = answer.printing_limit_gy or _TRIAL_BED_GY
            if ratio.choice:  # a tumour's threshold: "PASS" beside an organ's BED would be read as "spared"
                answer = replace(answer, at_least_gy=None)
            _show(answer, limit_gy, published=published)
    except RtcheckError as error:
        right.error(plain(str(error)))


def _ask(schedule: str) -> Callable[[Ratio], BedAnswer]:
    """The question, as what answers it once alpha/beta is known."""
    solve = QUESTIONS[st.radio("What is asked", list(QUESTIONS), key="bed-question")]
    if solve is None or solve is Solve.SCHEDULE:
        text = st.text_input("Schedule", schedule, key="bed-schedule", help=SCHEDULE_HELP)
        if solve is None:
            at_least_gy = _number("BED of at least [Gy]", _TRIAL_BED_GY, "bed-at-least")
            return lambda ratio: BedAnswer(parse_schedule(text), ratio, at_least_gy)
        fractions, step_gy = _fractions(25, "bed-fractions-equivalent"), _step_gy()
        return lambda ratio: find_schedule(parse_schedule(text), fractions, ratio, step_gy=step_gy)
    reach_gy = _number("BED to reach [Gy]", _TRIAL_BED_GY, "bed-reach")
    if solve is Solve.DOSE:
        return partial(find_dose, _fractions(5, "bed-fractions"), reach_gy, step_gy=_step_gy())
    dose_gy = _number("Dose per fraction [Gy]", 8.0, "bed-dose", step=0.1)
    return partial(find_fractions, Fraction(repr(dose_gy)), reach_gy)


def _choose_ratio(alpha_beta_gy: float) -> tuple[Ratio, bool]:
    """Alpha/beta, and whether its published values are shown."""
    way = st.segmented_control("alpha/beta", [_NUMBER, _TISSUE], default=_NUMBER, required=True, key="bed-ratio")
    if way == _NUMBER:
        return _as_ratio(_number("alpha/beta [Gy]", alpha_beta_gy, "bed-alpha-beta", step=0.5, decimals=1)), False
    table = _radiobiology()
    organs = sorted({organ for row in table.alpha_beta.rows for organ in row.organs if not is_pattern(organ)})
    organ = st.selectbox("Tissue", organs, index=organs.index("Liver"), key="bed-tissue")
    ratio = Ratio.of_tissue(table.alpha_beta.of(organ))
    if len(ratio.published_gy) == 1:
        return ratio, False
    return ratio, st.toggle("All published values", value=True, key="bed-published")


def _show(answer: BedAnswer, limit_gy: float, *, published: bool) -> None:
    """The schedule and its doses, what to know about them, and the figure."""
    st.subheader(plain(f"{answer.schedule}: {total_text(answer.schedule)}"), anchor=False)
    for column, (label, value) in zip(st.columns(3), (*_biological(answer), _found(answer)), strict=True):
        if label:
            column.metric(label, value)
    _show_verdict(answer)
    for line in _lines(answer, published=published):
        st.markdown(plain(line))
    for warning in bed_warnings(answer):
        st.warning(f"**!** {plain(warning)}")
    dark = st.context.theme.type == "dark"
    figure = bed_figure(answer, limit_gy, published=published, dark=dark)
    st.plotly_chart(figure, key="bed-figure", config=_PLOT_CONFIG, alt="BED over the number of fractions")
    ratio, captions = answer.ratio, figure_captions(answer, limit_gy, published=published)
    source = f" Source: {ratio.source}." if ratio.source else ""
    for line in (f"alpha/beta {ratio.text}.{source}", " ".join(captions), *answer.remarks):
        if line:
            st.caption(plain(line))


def _show_verdict(answer: BedAnswer) -> None:
    if answer.verdict is None:
        return
    # Words and numbers of this program alone.
    st.html(
        f'<span role="status" style="background:{VERDICT_COLOURS[answer.verdict]};color:#fff;border-radius:6px;'
        f'padding:4px 12px;font-weight:700">{sign_and_word(answer.verdict)}</span>'
        f"&ensp;BED >= {answer.at_least_gy:g} Gy"
    )


def _biological(answer: BedAnswer) -> tuple[tuple[str, str], tuple[str, str]]:
    """Label and value of BED and EQD2."""
    ratio_gy = answer.ratio.value_gy
    return (
        (bed_basis(ratio_gy).label, bed_text(answer, answer.bed_gy)),
        (eqd2_basis(ratio_gy).label, f"{answer.eqd2_gy:.2f} Gy"),
    )


def _found(answer: BedAnswer) -> tuple[str, str]:
    """Label and value of what was asked, before it was rounded up; empty where the schedule was given."""
    if answer.solution is None:
        return "", ""
    label = "Fractions, exact" if answer.solution.solve is Solve.FRACTIONS else "Dose per fraction, exact"
    return label, exact_text(answer)


def _lines(answer: BedAnswer, *, published: bool) -> list[str]:
    """How the schedule was found, and the intervals over the published alpha/betas."""
    solution, lines = answer.solution, []
    if solution is None and answer.verdict is None:
        lines.append("No verdict with a tissue's alpha/beta: the threshold is the tumour's.")
    if solution is not None:
        to = f" to a multiple of {solution.step_gy:g} Gy" if solution.step_gy else ""
        what = f"the BED of {solution.equivalent_to}" if solution.equivalent_to else f"BED {solution.reach_gy:g} Gy"
        lines.append(f"Rounded up{to}, so that {what} is reached.")
    if published:
        low_gy, high_gy = answer.bed_ends_gy
        parts = [f"BED {bed_text(answer, low_gy)} to {bed_text(answer, high_gy)}"]
        parts.append("EQD2 {:.2f} Gy to {:.2f} Gy".format(*answer.eqd2_ends_gy))
        if solution is not None:
            parts.append(f"{_found(answer)[0].lower()}, {exact_ends_text(solution)}")
        lines.append(f"With {over_text(answer.ratio)}: {'; '.join(parts)}.")
    return lines


def _number(label: str, first: float, key: str, *, step: float = 1.0, decimals: int = 2) -> float:
    return st.number_input(label, min_value=0.1, value=first, step=step, format=f"%.{decimals}f", key=key)


def _fractions(first: int, key: str) -> int:
    return st.number_input("Fractions", min_value=1, max_value=MAX_FRACTIONS, value=first, key=key)


def _step_gy() -> float:
    return st.selectbox("Dose rounded up to [Gy]", _STEPS_GY, format_func=lambda step: f"{step:g}", key="bed-step")


def _as_ratio(alpha_beta_gy: float) -> Ratio:
    return TRIAL_RATIO if alpha_beta_gy == TRIAL_RATIO.value_gy else Ratio(alpha_beta_gy)


@st.cache_resource(show_spinner=False)
def _radiobiology() -> Radiobiology:
    """Read once for all sessions: it is part of the installation."""
    return load_radiobiology()
