"""What a check found, from the verdict down to the downloads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.finding import Finding
from rtcheck.pipeline import Result
from rtcheck.report import curves_csv
from rtcheck.report.sections import WORST_FIRST, organs_without_limit, remarks, sections
from rtcheck.report.summary import closing_notes, facts, fragile_text, quality_flags
from rtcheck.study import Study
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.constraints import show_constraints
from rtcheck.ui.dvhs import show_dvhs
from rtcheck.ui.figure import choices
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.plain import plain
from rtcheck.ui.reading import alone_text
from rtcheck.ui.session import Files, study_key
from rtcheck.ui.targets import show_targets

#: Letters of a fact that has room in half of the page.
_SHORT = 200


def show(result: Result, files: Files) -> None:
    """The whole result of what was read of the files."""
    key = study_key(files)  # tells this study's widgets from another's
    show_verdict(result)
    show_cautions(result.case.study, result.case.convention, alone_text(files, result.case.study))
    show_unjudged(result.findings)
    show_facts(result)
    show_downloads(result)
    st.subheader("Targets: prescribed dose")
    show_targets(result, files, key)
    st.subheader("Dose constraints")
    show_constraints(result, key)
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
    """Beside the verdict: what decides and stands in no table, warnings, and organs it says nothing of."""
    for finding in remarks(findings):
        text = plain(f"{finding.subject}: {finding.message}")
        if finding.verdict.decides:
            st.error(f"**{sign_and_word(finding.verdict)}** {text}")
        else:
            st.warning(f"**!** {text}")
    organs = organs_without_limit(findings)
    if organs:
        text = f"Not judged, for no limit here is for these organs at this schedule: {', '.join(organs)}"
        st.warning(f"**!** {plain(text)}")


def show_cautions(study: Study, convention: Convention, aside: str) -> None:
    """What every number here depends on, where it isn't the whole treatment's dose as the files say it."""
    cautions = [aside] if aside else []
    cautions += [
        f"The dose of {one.label} is relative, and its values mean what you said: {one.dose.normalisation}. Every dose "
        "here depends on it."
        for one in study.plan_doses
        if one.dose.normalisation
    ]
    if convention != DEFAULT_CONVENTION:
        cautions.append(f"Contours are read as: {convention}. That is not the default, which is: {DEFAULT_CONVENTION}.")
    for text in cautions:
        st.warning(f"**!** {plain(text)}")


def show_facts(result: Result) -> None:
    """Patient, plans, prescriptions, doses, protocol and what was declared; rows of one label stand together."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for label, text in facts(result.evaluation):
        by_label[label].append(text)
    single = {label: texts[0] for label, texts in by_label.items() if len(texts) == 1}
    short = [label for label, text in single.items() if len(text) <= _SHORT]
    with st.container(border=True):
        for start in range(0, len(short), 2):
            for column, label in zip(st.columns(2), short[start : start + 2], strict=False):
                column.markdown(f"**{label}:** {plain(single[label])}")
        for label, texts in by_label.items():
            if label in single and label not in short:
                st.markdown(f"**{label}:** {plain(single[label])}")
            if len(texts) > 1:
                st.markdown(f"**{label}:**\n" + "".join(f"\n* {plain(text)}" for text in texts))


def show_downloads(result: Result) -> None:
    """The report as JSON and the curves as CSV, made when they are asked for."""
    stem = f"rtcheck-{result.evaluation.protocol.id}-{result.time:%Y%m%dT%H%M%SZ}"
    left, right, _ = st.columns([1, 1, 3])
    left.download_button(
        "Report (JSON)", result.to_json, f"{stem}.json", "application/json", on_click="ignore", width="stretch"
    )
    right.download_button(
        "DVH curves (CSV)", lambda: curves_of(result), f"{stem}-dvh.csv", "text/csv", on_click="ignore", width="stretch"
    )


def show_notes(result: Result) -> None:
    """Quality flags, how the files were understood, notes of the protocol, disclaimers, and what this is not."""
    flags = quality_flags(result.evaluation)
    notes = sections(result.findings).notes
    if flags or notes:
        st.subheader("Notes")
    for roi, message in flags:
        st.markdown(f"i {plain(f'{roi}: {message}')}")
    for finding in notes:
        st.markdown(f"i {plain(f'{finding.subject}: {finding.message}')}")
    for note in closing_notes(result.evaluation.protocol):
        st.caption(plain(note))


def curves_of(result: Result) -> str:
    """All curves as CSV, in physical dose, whatever the figure shows."""
    result.case.dvhs()  # on all cores
    return curves_csv([choice.dvh(result.case) for choice in choices(result).values()])
