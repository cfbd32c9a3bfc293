"""What a check found, from the verdict down to the downloads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.dvh import DVH
from rtcheck.finding import Finding, Verdict
from rtcheck.pipeline import Result
from rtcheck.report import curves_csv
from rtcheck.report.summary import (
    DISCLAIMER,
    REMARK_CHECKS,
    WORST_FIRST,
    facts,
    fragile_text,
    left_out,
    of_checks,
    organs_without_limit,
    quality_flags,
    remarks,
)
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.figure import Choice, choices, dvh_figure, outside_text, shown_first
from rtcheck.ui.findings import show_filtered, show_table, sign_and_word
from rtcheck.ui.plain import plain

_TARGET_CHECKS = ("bed", "bed-achieved")
#: No logo, which is a link; the picture is taken in the browser.
_PLOT_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}
_APART = (*_TARGET_CHECKS, "required-roi", *REMARK_CHECKS)


def show(result: Result, key: str) -> None:
    """The whole result; `key` tells this study's widgets from another's."""
    show_verdict(result)
    show_unjudged(result.findings)
    show_convention(result.case.convention)
    show_facts(result)
    show_downloads(result)
    st.subheader("Targets: prescribed dose")
    show_targets(result.findings, key)
    st.subheader("Dose constraints")
    show_constraints(result.findings, key)
    st.subheader("Dose-volume histograms")
    show_dvhs(result, key)
    show_notes(result)


def show_verdict(result: Result) -> None:
    """Sign, word and colour of the overall verdict, and how many findings say what."""
    verdict, colour = result.verdict, VERDICT_COLOURS[result.verdict]
    counts = Counter(finding.verdict for finding in result.findings)
    words = [f"{counts[v]} {sign_and_word(v)}" for v in WORST_FIRST if counts[v]]
    counted = " · ".join(word for word in (*words, fragile_text(result.findings)) if word)
    # Signs, words, numbers and colours of this program alone: nothing that a file says is put into HTML.
    st.html(
        f'<div role="status" style="background:{colour};color:#fff;border-radius:8px;padding:14px 20px">'
        f'<div style="font-size:1.7rem;font-weight:700;line-height:1.3">{sign_and_word(verdict)}</div>'
        f'<div style="font-size:0.95rem">{counted}</div></div>'
    )


def show_unjudged(findings: Sequence[Finding]) -> None:
    """Beside the verdict: the organs that it says nothing of."""
    for finding in remarks(findings):
        st.error(f"**{sign_and_word(finding.verdict)}** {plain(f'{finding.subject}: {finding.message}')}")
    organs = organs_without_limit(findings)
    if organs:
        text = f"Not judged, for no limit here is for these organs at this schedule: {', '.join(organs)}"
        st.warning(f"**!** {plain(text)}")


def show_convention(convention: Convention) -> None:
    """That the numbers aren't those of the default convention, where they aren't."""
    if convention != DEFAULT_CONVENTION:
        text = f"Contours are read as: {convention}. That is not the default, which is: {DEFAULT_CONVENTION}."
        st.warning(f"**!** {plain(text)}")


def show_facts(result: Result) -> None:
    """Patient, plan, prescriptions, dose, protocol and what was declared."""
    every = facts(result.evaluation)
    with st.container(border=True):
        for start in range(0, len(every), 2):
            for column, (label, text) in zip(st.columns(2), every[start : start + 2], strict=False):
                column.markdown(f"**{label}:** {plain(text)}")


def show_downloads(result: Result) -> None:
    """The report as JSON and the curves as CSV, made when they are asked for."""
    stem = f"rtcheck-{result.evaluation.protocol.id}-{result.time:%Y%m%dT%H%M%SZ}"
    left, right, _ = st.columns([1, 1, 3])
    left.download_button(
        "Report (JSON)", result.to_json, f"{stem}.json", "application/json", on_click="ignore", width="stretch"
    )
    right.download_button(
        "DVH curves (CSV)", lambda: _curves(result), f"{stem}-dvh.csv", "text/csv", on_click="ignore", width="stretch"
    )


def show_targets(findings: Sequence[Finding], key: str) -> None:
    """The targets' BED, and whether every required ROI is contoured."""
    targets = of_checks(findings, *_TARGET_CHECKS)
    if targets:
        show_table(targets, f"targets-{key}")
    else:
        st.markdown("This protocol has no rule for the prescribed dose.")
    required = of_checks(findings, "required-roi")
    present = [finding.subject for finding in required if finding.verdict is Verdict.PASS]
    if present:
        st.markdown(f":green[✔] Required and contoured: {plain(', '.join(present))}")
    for finding in required:
        if finding.verdict is not Verdict.PASS:
            text = plain(f"{finding.subject}: {finding.message}")
            st.markdown(f":violet[**{sign_and_word(finding.verdict)}**] {text}")


def show_constraints(findings: Sequence[Finding], key: str) -> None:
    """Every finding of no other section: those that apply, then by name those that don't."""
    rest = [finding for finding in findings if finding.check not in _APART]
    applied = [finding for finding in rest if finding.verdict is not Verdict.NOT_APPLICABLE]
    others = [finding for finding in rest if finding.verdict is Verdict.NOT_APPLICABLE]
    if applied:
        show_filtered(applied, f"constraints-{key}")
    else:
        st.warning("No dose constraint of this protocol applies to this plan.")
    if others:
        for label, organs in left_out(others):
            st.caption(plain(f"– {label}: {'; '.join(organs)}"))
        with st.expander(f"Not applicable ({len(others)})"):
            show_table(others, f"others-{key}", observed=False)


def show_dvhs(result: Result, key: str) -> None:
    """The curves of the ROIs chosen, and by name those that have none."""
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
    with st.spinner("Computing DVHs ..."):
        drawn = [(every[each], every[each].dvh(result)) for each in keys]
    if any(dvh.curve is not None for _, dvh in drawn):
        dark = st.context.theme.type == "dark"
        figure = dvh_figure(drawn, result.case.prescriptions, in_cc=in_cc, dark=dark)
        st.plotly_chart(figure, key=f"dvh-{key}", config=_PLOT_CONFIG, alt="Cumulative dose-volume histograms")
    else:
        st.info("No ROI with a curve is chosen.")
    if any(dvh.alternatives for _, dvh in drawn):
        st.caption("Light bands: where a curve lies under the other conventions of reading contours as a solid.")
    dashed = [f"{choice.label} ({outside_text(dvh)})" for choice, dvh in drawn if dvh.curve and outside_text(dvh)]
    if dashed:
        st.caption(plain(f"Dashed, and shaded where the dose outside the grid could be: {'; '.join(dashed)}"))
    _show_without_curve(result, every, dict(zip(keys, (dvh for _, dvh in drawn), strict=True)))


def _show_without_curve(result: Result, every: dict[str, Choice], known: dict[str, DVH]) -> None:
    """Every ROI that was never drawn, and every one chosen that has no curve: by name, under its reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for key, choice in every.items():
        undrawn = choice.roi is not None and not choice.roi.closed_contours
        if key in known or undrawn:
            dvh = known[key] if key in known else choice.dvh(result)
            if dvh.curve is None:
                by_reason[dvh.problem or outside_text(dvh)].append(choice.label)
    for reason, labels in by_reason.items():
        listed = plain(f"({reason}): {', '.join(labels)}")
        st.markdown(f":violet[**? No DVH**] {listed}")


def show_notes(result: Result) -> None:
    """Quality flags, how the files were understood, notes of the protocol, and what this is not."""
    flags = quality_flags(result.evaluation)
    readings = of_checks(result.findings, "reading")
    if flags or readings:
        st.subheader("Notes")
    for roi, flag in flags:
        st.markdown(f"i {plain(f'{roi}: {flag.message}')}")
    for finding in readings:
        st.markdown(f"i {plain(f'{finding.subject}: {finding.message}')}")
    for note in result.evaluation.protocol.notes:
        st.caption(plain(note))
    st.caption(plain(DISCLAIMER))


def _curves(result: Result) -> str:
    result.case.dvhs()  # on all cores
    return curves_csv([choice.dvh(result) for choice in choices(result).values()])
