"""What the user chooses: files, protocol, what is declared, and a BED calculator beside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import rtcheck
from rtcheck.case import CHILD_PUGH_SCORES
from rtcheck.convention import DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.errors import AmbiguousStudyError, InputError, RtcheckError
from rtcheck.fractionation import parse_schedule
from rtcheck.pipeline import DEFAULT_PROTOCOL
from rtcheck.radiobiology import bed, eqd2
from rtcheck.synthetic import SAMPLES
from rtcheck.tables import protocol_ids
from rtcheck.ui import session
from rtcheck.ui.plain import plain
from rtcheck.ui.settings import MAX_TOTAL_MB

#: Beside the package in a checkout; a wheel has none.
SAMPLE_FOLDER = Path(rtcheck.__file__).parents[1] / "sample_plans"

_FILES, _FOLDER, _SAMPLE = "Files", "Folder", "Sample"
_NOT_DECLARED = "not declared"
_CONVENTION_HELP = """
How contours are read as a solid. Planning systems differ in it. Values and verdicts are those of the convention chosen
here; intervals are over all of them.

* **Between slices**, *prism*: each contour reaches half way to its neighbours; *interpolated*: the outline changes from
  one contour to the next.
* **Beyond the ends**, *half-slice*: the last contour reaches half a slice further; *none*: nothing lies beyond it;
  *rounded*: a dome half a slice high stands on it.
"""


def choose_files() -> session.Files | None:
    """Where the plan comes from; None as long as nothing is chosen."""
    number = session.round_number()
    samples = sample_names()
    ways = [_FILES, _FOLDER, *([_SAMPLE] if samples else [])]
    way = st.radio("Plan", ways, horizontal=True, key=f"way-{number}")
    if way == _SAMPLE:
        name = st.selectbox("Sample plan", samples, index=None, key=f"sample-{number}", help=_sample_help())
        return session.sample_files(SAMPLE_FOLDER / name) if name else None
    uploaded = st.file_uploader(
        "A folder of DICOM files" if way == _FOLDER else "RT Plan, RT Structure Set, RT Dose, images; or a zip of them",
        accept_multiple_files="directory" if way == _FOLDER else True,
        key=f"{'folder' if way == _FOLDER else 'files'}-{number}",
        help="The files go to the server on this machine, stay in its memory, and are never written to disk.",
    )
    if not uploaded:
        return None
    if sum(file.size for file in uploaded) > MAX_TOTAL_MB << 20:
        raise InputError(f"more than {MAX_TOTAL_MB} MB", "the files given", "leave out images, or use the command line")
    return session.files_of(uploaded)


def sample_names() -> list[str]:
    """The sample plans of the checkout; empty in a wheel."""
    if not SAMPLE_FOLDER.is_dir():
        return []
    return sorted(path.name for path in SAMPLE_FOLDER.iterdir() if path.is_dir() and any(path.rglob("*.dcm")))


def choose_protocol() -> str:
    """Identifier of a shipped protocol."""
    known = protocol_ids()
    first = known.index(DEFAULT_PROTOCOL) if DEFAULT_PROTOCOL in known else 0
    return st.selectbox("Protocol", known, index=first, key="protocol")


def choose_convention() -> Convention:
    """How contours are read as solids; the default stands first."""
    between = sorted(Between, key=lambda option: option is not DEFAULT_CONVENTION.between)
    ends = sorted(Ends, key=lambda option: option is not DEFAULT_CONVENTION.ends)
    return Convention(
        st.selectbox(
            "Convention: solid between slices",
            between,
            index=0,
            format_func=lambda option: option.value,
            key="between",
            help=_CONVENTION_HELP,
        ),
        st.selectbox(
            "Convention: solid beyond the ends", ends, index=0, format_func=lambda option: option.value, key="ends"
        ),
    )


def declare_child_pugh(files: session.Files) -> str | None:
    """The patient's Child-Pugh score; asked anew for other files, and for another choice among them."""
    score = st.selectbox(
        "Child-Pugh score",
        [_NOT_DECLARED, *CHILD_PUGH_SCORES],
        key=f"child-pugh-{session.study_key(files)}",
        help="DICOM doesn't know it; limits for some classes alone can't be judged without it.",
    )
    return None if score == _NOT_DECLARED else score


def choose_candidate(files: session.Files, error: AmbiguousStudyError) -> None:
    """Ask which of several objects is meant, and run again with it."""
    st.warning(plain(f"More than one {error.kind} is among the files, and rtcheck doesn't guess. Choose one below."))
    option = error.option.removeprefix("--")
    number = st.selectbox(
        f"Which {error.kind}?",
        [index for index, selector in enumerate(error.selectors) if selector],
        index=None,
        format_func=lambda index: error.candidates[index],
        placeholder=f"Choose the {error.kind}",
        key=f"{option}-{len(session.chosen(files))}-{files.key}",
    )
    for candidate in error.candidates:
        st.caption(plain(candidate))
    if number is not None:
        session.choose(files, option, error.selectors[number])
        st.rerun()


def show_chosen(files: session.Files) -> None:
    """What was chosen among several objects, and a way back."""
    selection = session.chosen(files)
    if selection:
        for option, selector in selection.items():
            st.caption(f"{option.capitalize()} chosen: {plain(selector)}")
        st.button("Choose again", on_click=session.unchoose)


def bed_calculator() -> None:
    """BED and EQD2 of a schedule that the user types."""
    with st.expander("BED calculator"):
        text = st.text_input("Schedule", "5x8Gy", key="schedule", help="5x8Gy, 50Gy/25, 25x2Gy + 5x3Gy")
        ratio = st.number_input("alpha/beta [Gy]", min_value=0.1, value=10.0, step=0.5, format="%.1f", key="alpha-beta")
        try:
            schedule = parse_schedule(text)
            biological = bed(schedule, alpha_beta_gy=ratio)
            equivalent = eqd2(schedule, alpha_beta_gy=ratio)
        except RtcheckError as error:
            st.error(plain(str(error)))
            return
        st.metric("BED", f"{biological:.2f} Gy")
        st.metric("EQD2", f"{equivalent:.2f} Gy")
        st.caption(plain(f"{schedule}: {float(schedule.total_dose_gy):g} Gy in {schedule.fractions}"))


def _sample_help() -> str:
    known = [SAMPLES[name] for name in sample_names() if name in SAMPLES]
    return "\n".join(f"* **{plain(spec.name)}**: {plain(spec.description)}" for spec in known)
