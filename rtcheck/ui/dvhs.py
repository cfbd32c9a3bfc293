"""The section of the dose-volume histograms: which ROIs, whose dose, and in what it is counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from rtcheck.case import Case
from rtcheck.dvh import DVH
from rtcheck.errors import RtcheckError
from rtcheck.pipeline import Result
from rtcheck.printable import one_line
from rtcheck.study import Prescription
from rtcheck.tables import Radiobiology, load_radiobiology
from rtcheck.ui.dose_scale import KINDS, DoseScale
from rtcheck.ui.figure import Choice, choices, dvh_figure, outside_text, shown_first
from rtcheck.ui.plain import plain
from rtcheck.units import DoseKind

#: No logo, which is a link; the picture is taken in the browser.
_PLOT_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}
_OWN, _ONE = "each organ's own", "one value for all"
_DEFAULT_ALPHA_BETA_GY = 3.0
_BASIS_HELP = """
* **Physical**: absorbed dose, in which nearly all limits here are.
* **BED**: biologically effective dose, by the linear-quadratic model.
* **EQD2**: the dose that has the same effect in fractions of 2 Gy.

Of several plans both are summed voxel by voxel, each with its own fractions.
"""


def show_dvhs(result: Result, key: str) -> None:
    """The curves of the ROIs chosen, in the dose chosen, and by name those that have none."""
    every = choices(result)
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    keys = left.multiselect(
        "ROIs",
        list(every),
        default=shown_first(result, every),
        format_func=lambda choice: every[choice].label,
        key=f"rois-{key}",
        wrap=True,
    )
    in_cc = right.toggle("Volume in cc", key=f"cc-{key}")
    case, scale, table = _choose_dose(result.case, key)
    if problem := _problem(case, scale, [every[each] for each in keys]):
        st.warning(plain(f"The curves can't be shown: {problem}"))
        _show_without_curve(case, every, {})
        return
    with st.spinner("Computing DVHs ..."):
        known = {each: _dvh(case, every[each], scale) for each in keys}
    drawn = [(every[each], dvh) for each, dvh in known.items() if isinstance(dvh, DVH)]
    if any(dvh.curve is not None for _, dvh in drawn):
        dark = st.context.theme.type == "dark"
        lines = _prescribed(result.case, case, scale)
        figure = dvh_figure(drawn, lines, in_cc=in_cc, dark=dark, scale=scale)
        st.plotly_chart(figure, key=f"dvh-{key}", config=_PLOT_CONFIG, alt="Cumulative dose-volume histograms")
    else:
        st.info("No ROI with a curve is chosen.")
    if any(dvh.alternatives for _, dvh in drawn):
        st.caption("Light bands: where a curve lies under the other conventions of reading contours as a solid.")
    dashed = [f"{choice.label} ({outside_text(dvh)})" for choice, dvh in drawn if dvh.curve and outside_text(dvh)]
    if dashed:
        st.caption(plain(f"Dashed, and shaded where the dose outside the grid could be: {'; '.join(dashed)}"))
    if table is not None:
        st.caption(plain(table.disclaimer))
        if scale.table is not None:
            _show_alpha_betas(table, [choice for choice, _ in drawn])
    _show_without_curve(case, every, known)


def _choose_dose(case: Case, key: str) -> tuple[Case, DoseScale, Radiobiology | None]:
    """Whose dose, in what, and the table of alpha/betas where it is needed."""
    case, of = _choose_plan(case, key)
    kind_column, ratio_column, value_column, _ = st.columns([3, 2, 1, 2])
    kind = kind_column.radio(
        "Dose in",
        KINDS,
        format_func=lambda kind: (case.dose.basis.kind if kind is DoseKind.PHYSICAL else kind).value,
        horizontal=True,
        key=f"kind-{key}",
        help=_BASIS_HELP,
    )
    if kind is DoseKind.PHYSICAL:
        return case, DoseScale(of=of, files=case.dose.basis), None
    table = load_radiobiology()
    ratio = ratio_column.selectbox("alpha/beta", [_OWN, _ONE], key=f"ratio-{key}")
    if ratio == _OWN:
        return case, DoseScale(kind, table=table.alpha_beta, of=of), table
    value = value_column.number_input(
        "alpha/beta [Gy]",
        min_value=0.1,
        max_value=100.0,
        value=_DEFAULT_ALPHA_BETA_GY,
        step=0.5,
        key=f"alpha-beta-{key}",
    )
    return case, DoseScale(kind, value, of=of), table


def _choose_plan(case: Case, key: str) -> tuple[Case, str]:
    """The case with the dose asked for: of all plans, or of one; and how the axis names it."""
    names = list(case.study.plan_names.values())
    normalised = [one.dose.normalisation for one in case.study.plan_doses if one.dose.normalisation]
    remark = f"relative dose, {', '.join(normalised)} as given by the user" if normalised else ""
    if not case.study.is_sum:
        return case, remark
    if len(names) < 2:
        return case, " · ".join(part for part in (f"sum of {len(case.study.plan_doses)} doses", remark) if part)
    number = st.radio(
        "Dose of",
        range(-1, len(names)),
        format_func=lambda index: "sum" if index < 0 else plain(names[index]),
        horizontal=True,
        key=f"whose-{key}",
        help="Curves only: verdicts are those of the sum.",
    )
    of = f"sum of {len(names)} plans" if number < 0 else f"{names[number]} alone"
    one = case if number < 0 else case.by_plan[number]
    return one, " · ".join(part for part in (of, remark) if part)


def _problem(case: Case, scale: DoseScale, wanted: Sequence[Choice]) -> str:
    """Why no curve can be had in a dose; empty where some may."""
    for choice in wanted:
        try:
            return case.dose.problem(scale.basis(choice.name))
        except RtcheckError:
            continue  # this ROI's own trouble: it is told with its name
    return ""


def _dvh(case: Case, choice: Choice, scale: DoseScale) -> DVH | str:
    """The DVH of a choice, or why its alpha/beta isn't known."""
    try:
        return choice.dvh(case, scale.basis(choice.name))
    except RtcheckError as error:
        return str(error)


def _prescribed(whole: Case, shown: Case, scale: DoseScale) -> list[Prescription]:
    """The prescriptions that the dose shown is for, as far as they can be told in it."""
    uids = {plan.sop_instance_uid for plan in shown.study.plans}
    found = []
    for prescription in whole.prescriptions:
        if shown is whole or set(prescription.plan_uids) <= uids:
            try:
                scale.basis(prescription.target)
            except RtcheckError:
                continue  # its ROI is told with the reason, among those without a curve
            found.append(prescription)
    return found


def _show_alpha_betas(table: Radiobiology, shown: Sequence[Choice]) -> None:
    """The alpha/beta taken for each curve, the others that were published, and where they stand."""
    taken = [(choice.label, table.alpha_beta.of(choice.name)) for choice in shown]
    rows = [
        (
            one_line(label),
            f"{one.value_gy:g} Gy",
            one.tissue,
            f"{one.low_gy:g} to {one.high_gy:g} Gy" if len(one.values_gy) > 1 else "",
            f"{one.source} [{one.status}]" if one.status else one.source,
        )
        for label, one in taken
    ]
    generic = [label for label, one in taken if one.is_generic]
    if generic:
        st.caption(plain(f"No value of their own is on file, so the generic one is taken: {', '.join(generic)}"))
    with st.expander("alpha/beta of each organ"):
        frame = pd.DataFrame(rows, columns=["ROI", "alpha/beta", "Taken for", "Published", "Source"], dtype=object)
        st.dataframe(frame, hide_index=True, width="stretch", height="content")


def _show_without_curve(case: Case, every: dict[str, Choice], known: dict[str, DVH | str]) -> None:
    """Every ROI that was never drawn, and every one chosen that has no curve: by name, under its reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for key, choice in every.items():
        undrawn = choice.roi is not None and not choice.roi.closed_contours
        if key in known or undrawn:
            dvh = known[key] if key in known else choice.dvh(case)
            if isinstance(dvh, str):
                by_reason[dvh].append(choice.label)
            elif dvh.curve is None:
                by_reason[dvh.problem or outside_text(dvh)].append(choice.label)
    for reason, labels in by_reason.items():
        listed = plain(f"({reason}): {', '.join(labels)}")
        st.markdown(f":violet[**? No DVH**] {listed}")
