"""What the user chooses: files, protocol, and what is declared."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import rtcheck
from rtcheck.case import CHILD_PUGH_SCORES
from rtcheck.convention import DEFAULT_CONVENTION, Between, Convention, Ends
from rtcheck.errors import InputError
from rtcheck.pipeline import DEFAULT_PROTOCOL
from rtcheck.study import Study
from rtcheck.synthetic import SAMPLES
from rtcheck.tables import protocol_ids
from rtcheck.ui import session
from rtcheck.ui.plain import plain
from rtcheck.ui.settings import MAX_TOTAL_MB

#: Beside the package in a checkout; a wheel has none.
SAMPLE_FOLDER = Path(rtcheck.__file__).parents[1] / "sample_plans"

_WANTED = "RT Plan, RT Structure Set, RT Dose, images, case sheet; or a zip of them"
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

_CONVERT_HELP = """
Limits for 1.8 to 2 Gy per fraction aren't asked of other schedules. With this they are, in EQD2: the linear-quadratic
model with each organ's published alpha/beta says what the dose would be in fractions of 2 Gy.

* It is a model, fitted at small fractions; above about 10 Gy per fraction it is doubtful.
* Published values of alpha/beta differ, and times between fractions don't enter. A verdict that another published value
  turns is called *not robust*.
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
        "A folder of DICOM files, with its case sheet" if way == _FOLDER else _WANTED,
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


def choose_conversion() -> bool:
    """Whether limits for conventional fractionation are asked on other schedules, too."""
    return st.checkbox("Ask conventional limits in EQD2", key="convert", help=_CONVERT_HELP)


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


def declare_child_pugh(files: session.Files, study: Study, said: str | None) -> str | None:
    """The patient's Child-Pugh score; asked anew for other files, and for another patient of the same.

    Parameters
    ----------
    files : Files
    study : Study
    said : str or None
        What the case sheet says, which counts where nothing is chosen.
    """
    nothing = f"{said} (case sheet)" if said else _NOT_DECLARED
    score = st.selectbox(
        "Child-Pugh score",
        [nothing, *CHILD_PUGH_SCORES],
        key=f"child-pugh-{files.key}-{study.patient}-{said}",
        help="DICOM doesn't know it; limits for some classes alone can't be judged without it. It counts in place of "
        "what the case sheet says.",
    )
    return None if score == nothing else score


def _sample_help() -> str:
    known = [SAMPLES[name] for name in sample_names() if name in SAMPLES]
    return "\n".join(f"* **{plain(spec.name)}**: {plain(spec.description)}" for spec in known)
