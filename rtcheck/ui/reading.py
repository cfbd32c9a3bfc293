"""How the files are to be read, where they leave it open: which of several objects, which plans, what a value means."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from rtcheck.dicom.normalisation import parse_normalisation
from rtcheck.errors import AmbiguousStudyError, RtcheckError
from rtcheck.study import Study
from rtcheck.ui import session
from rtcheck.ui.plain import plain
from rtcheck.ui.session import Chosen, Files, Offer

#: What is chosen beside objects: what the values of a RELATIVE dose mean.
NORMALISATION = "normalisation"
_SEVERAL_PLANS = (
    "Choose one plan, or several that the patient is treated with: the doses of several plans are added voxel by voxel."
)


def choose_candidate(files: Files, error: AmbiguousStudyError) -> None:
    """Ask which of several objects is meant, and run again with it; of plans several may be."""
    st.warning(plain(f"More than one {error.kind} is among the files, and rtcheck doesn't guess. Choose below."))
    option = error.option.removeprefix("--")
    indices = [index for index, selector in enumerate(error.selectors) if selector]
    key = f"{option}-{len(session.chosen(files))}-{files.key}"
    if error.kind == "plan":
        picked = _ask_plans(error, indices, key)
    else:
        number = st.selectbox(
            f"Which {error.kind}?",
            indices,
            index=None,
            format_func=lambda index: error.candidates[index],
            placeholder=f"Choose the {error.kind}",
            key=key,
        )
        picked = [] if number is None else [number]
    for candidate in error.candidates:
        st.caption(plain(candidate))
    if picked:
        selectors = tuple(error.selectors[number] for number in picked)
        text = "; ".join(error.candidates[number] for number in picked)
        session.choose(files, option, Chosen(selectors if error.kind == "plan" else selectors[0], text))
        st.rerun()


def _ask_plans(error: AmbiguousStudyError, indices: list[int], key: str) -> list[int]:
    """The plans that the user chose and confirmed; empty as long as none is."""
    with st.form(f"form-{key}", border=False):
        picked = st.multiselect(
            "Which plan, or plans?",
            indices,
            format_func=lambda index: error.candidates[index],
            placeholder="Choose one plan or more",
            key=key,
        )
        st.caption(_SEVERAL_PLANS)
        confirmed = st.form_submit_button("Check", type="primary")
    if confirmed and not picked:
        st.error("No plan is chosen: choose at least one.")
    return picked if confirmed else []


def show_reading(files: Files) -> None:
    """In the sidebar: which plans are added, what was chosen, and ways back."""
    offer = session.offer(files)
    if offer is not None:
        _choose_plans(files, offer)
    if session.is_relative(files):
        _normalise(files)
    shown = {option: one for option, one in session.chosen(files).items() if option != NORMALISATION}
    if offer is not None and offer.together is None:
        shown.pop("plan", None)  # the widget above tells it, and is the way back
    for option, one in shown.items():
        st.caption(f"{option.capitalize()} chosen: {plain(one.text)}")
    if shown:
        st.button("Choose again", on_click=session.unchoose)


def alone_text(files: Files, study: Study) -> str:
    """That plans which were taken together are looked at without the others; empty where they aren't."""
    offer = session.offer(files)
    if offer is None:
        return ""
    here = {plan.sop_instance_uid for plan in study.plans}
    missing = [label for (uid, _), label in zip(offer.plans, _labels(offer), strict=True) if uid not in here]
    if not missing:
        return ""
    looked_at = " and ".join(plan.label or plan.source.name for plan in study.plans)
    return f"This is {looked_at} alone, not the whole treatment: the dose of {' and '.join(missing)} isn't added."


def _choose_plans(files: Files, offer: Offer) -> None:
    """All plans together, or one alone; of three and more any of them."""
    labels, uids = _labels(offer), [uid for uid, _ in offer.plans]
    now = _looked_at(files, offer)
    # A new key after each choice, so that the widget shows what is read, whatever was clicked before.
    key = f"plans-{session.study_key(files)}"
    if len(now) > 1:
        st.caption(plain(f"{len(now)} plans added: {', '.join(labels[index] for index in now)}"))
    if len(offer.plans) == 2:
        st.radio(
            "Dose to check",
            [-1, 0, 1],
            index=now[0] + 1 if len(now) == 1 else 0,
            format_func=lambda index: "Both plans, doses added" if index < 0 else f"{plain(labels[index])} alone",
            key=key,
            on_change=lambda: _look_at(files, offer, [st.session_state[key]] if st.session_state[key] >= 0 else []),
            help=_SEVERAL_PLANS,
        )
        return
    wanted = st.multiselect(
        "Plans to check, doses added",
        range(len(uids)),
        default=now,
        format_func=lambda index: labels[index],
        key=key,
        on_change=lambda: _look_at(files, offer, st.session_state[key]) if st.session_state[key] else None,
        help=_SEVERAL_PLANS,
    )
    if not wanted:
        st.error("No plan is chosen: choose at least one. Nothing has changed.")


def _look_at(files: Files, offer: Offer, indices: list[int]) -> None:
    """Read these plans from now on; none means all that were taken together."""
    if len(indices) in (0, len(offer.plans)):
        session.choose(files, "plan", offer.together)
        return
    labels = _labels(offer)
    uids = tuple(offer.plans[index][0] for index in sorted(indices))
    session.choose(files, "plan", Chosen(uids, "; ".join(labels[index] for index in sorted(indices))))


def _looked_at(files: Files, offer: Offer) -> list[int]:
    """Indices of the plans that are read."""
    choice = session.chosen(files).get("plan")
    if choice is None or choice == offer.together:
        return list(range(len(offer.plans)))
    return [index for index, (uid, _) in enumerate(offer.plans) if uid in choice.selector]


def _labels(offer: Offer) -> list[str]:
    """Names of the plans, with their numbers where two have the same."""
    count = Counter(label for _, label in offer.plans)
    return [
        label if count[label] == 1 else f"{label} (plan {number})"
        for number, (_, label) in enumerate(offer.plans, start=1)
    ]


def _normalise(files: Files) -> None:
    """Ask what the values of a RELATIVE dose mean; a text that makes no sense changes nothing."""
    now = session.chosen(files).get(NORMALISATION)
    typed = st.text_input(
        "Normalisation (RELATIVE dose), e.g. 100=50Gy",
        now.text if now else "",
        key=f"{NORMALISATION}-{files.key}",
        help="The value that stands in the file, and the dose that it means. Every number then depends on it.",
    ).strip()
    if typed == (now.text if now else ""):
        return
    if not typed:
        session.choose(files, NORMALISATION, None)
        st.rerun()
    try:
        parse_normalisation(typed)
    except RtcheckError as error:
        st.error(plain(f"{error}; {f'it stays {now.text}' if now else 'the dose stays refused'}"))
        return
    session.choose(files, NORMALISATION, Chosen(typed, typed))
    st.rerun()
