"""What a check found: the verdict and whose plan it is above all, everything else in tabs."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from rtcheck.convention import DEFAULT_CONVENTION, Convention
from rtcheck.finding import Finding
from rtcheck.pipeline import Result
from rtcheck.report.sections import WORST_FIRST, organs_without_limit, remarks, sections
from rtcheck.report.summary import PLAN_CHECKS_TITLE, RULES_TITLE, closing_notes, facts, fragile_text, quality_flags
from rtcheck.study import Study
from rtcheck.ui.checking import Checked
from rtcheck.ui.colours import VERDICT_COLOURS
from rtcheck.ui.constraints import show_constraints
from rtcheck.ui.declared import show_case_sheet
from rtcheck.ui.downloads import show_downloads
from rtcheck.ui.dvhs import show_dvhs
from rtcheck.ui.findings import sign_and_word
from rtcheck.ui.notices import show_notice
from rtcheck.ui.overview import show_attention, show_glance
from rtcheck.ui.plain import plain
from rtcheck.ui.plan_checks import show_plan_checks
from rtcheck.ui.reading import alone_text
from rtcheck.ui.rules import show_follow_up, show_rules
from rtcheck.ui.sign_offs import show_sign_offs
from rtcheck.ui.targets import show_targets

#: Letters of a fact that has room in half of the page.
_SHORT = 200
#: Facts that stand above all tabs; the others stand among what was checked how.
_WHOSE = ("Patient", "Subject", "Plan", "Prescribed", "Protocol", "Declared")
_NO_SHEET = "no case sheet: give one on the left, or declare it under Case sheet"
_TABS = (
    "Overview",
    "Targets and limits",
    "DVHs",
    RULES_TITLE,
    PLAN_CHECKS_TITLE,
    "Case sheet",
    "Sign-offs",
    "Downloads",
)


def show(checked: Checked) -> None:
    """The whole result of what was read of the files."""
    result, key = checked.result, checked.key
    show_notice()
    show_verdict(result)
    show_cautions(result.case.study, result.case.convention, alone_text(checked.files, result.case.study))
    show_unjudged(result.findings)
    show_facts(result)
    overview, limits, dvhs, rules, checks, sheet, signed, files = st.tabs(_TABS, key="tabs")
    with overview:
        _show_overview(result, key)
    with limits:
        st.subheader("Targets: prescribed dose")
        show_targets(result, checked.files, key)
        st.subheader("Dose constraints")
        show_constraints(result, key)
    with dvhs:
        show_dvhs(result, key)
    with rules:
        show_rules(result, key)
        show_follow_up(result, key)
    with checks:
        show_plan_checks(checked)
    with sheet:
        show_case_sheet(checked)
    with signed:
        show_sign_offs(checked)
    with files:
        show_downloads(checked)


def show_verdict(result: Result) -> None:
    """Sign, word and colour of the overall verdict, what the protocol calls it, and how many findings say what."""
    verdict, colour = result.verdict, VERDICT_COLOURS[result.verdict]
    wording = html.escape(result.evaluation.protocol.wording.get(verdict.value, ""))
    counts = Counter(finding.verdict for finding in result.findings)
    words = [f"{counts[v]} {sign_and_word(v)}" for v in WORST_FIRST if counts[v]]
    counted = " · ".join(word for word in (*words, fragile_text(result.findings)) if word)
    # Signs, words, numbers and colours of this program and its protocol: nothing that a patient's file says is HTML.
    st.html(
        f'<div role="status" style="background:{colour};color:#fff;border-radius:8px;padding:14px 20px">'
        f'<div style="font-size:1.7rem;font-weight:700;line-height:1.3">{sign_and_word(verdict)}'
        f'<span style="font-size:1.05rem;font-weight:400">{f" · {wording}" if wording else ""}</span></div>'
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
    """Whose plan it is, what is prescribed, by what it was checked, what was declared."""
    told = [(label, texts) for label, texts in _facts(result).items() if label in _WHOSE]
    with st.container(border=True):
        _show_told(told)
        st.caption(
            "The patient's name is for this screen: downloads carry the subject code unless you ask for the name."
        )


def _show_overview(result: Result, key: str) -> None:
    show_attention(result.findings)
    show_glance(result.findings, key)
    _show_notes(result)
    with st.expander("How it was checked: dose, tables, conventions"):
        _show_told([(label, texts) for label, texts in _facts(result).items() if label not in _WHOSE])
        for note in closing_notes(result.evaluation.protocol)[:-1]:
            st.caption(plain(note))


def _show_notes(result: Result) -> None:
    """Quality flags, and how the files were understood."""
    flags = quality_flags(result.evaluation)
    notes = [one for one in sections(result.findings).notes if one.check != "override"]
    if not flags and not notes:
        return
    with st.expander(f"Notes ({len(flags) + len(notes)})"):
        for roi, message in flags:
            st.markdown(f"i {plain(f'{roi}: {message}')}")
        for finding in notes:
            st.markdown(f"i {plain(f'{finding.subject}: {finding.message}')}")


def _facts(result: Result) -> dict[str, list[str]]:
    """Rows of one label together."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for label, text in facts(result.evaluation, show_name=True):
        by_label[label].append(text)
    if not result.case.sheet.file:
        by_label["Subject"] = [_NO_SHEET]
    return by_label


def _show_told(told: Sequence[tuple[str, list[str]]]) -> None:
    """Short facts in two columns, long ones and lists below."""
    short = [(label, texts[0]) for label, texts in told if len(texts) == 1 and len(texts[0]) <= _SHORT]
    for start in range(0, len(short), 2):
        for column, (label, text) in zip(st.columns(2), short[start : start + 2], strict=False):
            column.markdown(f"**{label}:** {plain(text)}")
    for label, texts in told:
        if len(texts) == 1 and len(texts[0]) > _SHORT:
            st.markdown(f"**{label}:** {plain(texts[0])}")
        if len(texts) > 1:
            st.markdown(f"**{label}:**\n" + "".join(f"\n* {plain(text)}" for text in texts))
