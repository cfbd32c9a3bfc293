"""What one browser session holds of one patient: in its own memory, nowhere else, until it is cleared.

Never in ``st.cache_*``, which all users share. A study is known by the SHA-256 of its files and what was chosen among
them, so that a rerun of the page computes nothing twice; another patient's files take its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from typing import Protocol as Interface

import streamlit as st

from rtcheck.dicom import read_study
from rtcheck.pipeline import Result
from rtcheck.study import Patient, Study
from rtcheck.ui.given import GivenFile

OPENED, _DIGESTS, _CHOSEN, _ROUND = "opened", "digests", "chosen", "round"
_OFFER, _RELATIVE, _DECLARED = "offer", "relative", "declared"
_FOUND, _CHANGED, _GIVEN_FOR = "found-sheet", "changed-sheets", "patients-of-sheets"
_OF_FILES = (OPENED, _DIGESTS, _CHOSEN, _OFFER, _RELATIVE, _DECLARED, _FOUND, _CHANGED)

#: A label, UID or file name, several of them (plans), or the text of a normalisation.
Selector = str | tuple[str, ...]


class Uploaded(Interface):
    """What is used of Streamlit's uploaded file."""

    name: str
    file_id: str

    def getvalue(self) -> bytes:
        """The file's bytes."""
        ...


@dataclass(frozen=True)
class Files:
    """Files that were chosen to be read.

    Attributes
    ----------
    key : str
        SHA-256 of names and contents; of a sample, of its folder's name.
    uploaded : tuple of Uploaded
    folder : Path or None
        A sample's.
    """

    key: str
    uploaded: tuple[Uploaded, ...] = ()
    folder: Path | None = None


@dataclass(frozen=True)
class Chosen:
    """What was chosen of one kind: the selector, and how to name it to the user."""

    selector: Selector
    text: str


@dataclass(frozen=True)
class Offer:
    """Plans that were taken together, of which the user may look at one alone.

    Attributes
    ----------
    files : str
        Key of the files.
    together : Chosen or None
        The choice of plans that gives all of them; None where nobody had to choose.
    plans : tuple of tuple of str
        SOP Instance UID and label of each.
    """

    files: str
    together: Chosen | None
    plans: tuple[tuple[str, str], ...]


@dataclass
class Opened:
    """A study that was read, and its latest results by what was asked and said."""

    key: str
    study: Study
    results: dict[Hashable, Result] = field(default_factory=dict)


def files_of(uploaded: Sequence[Uploaded]) -> Files:
    """Uploaded files and the SHA-256 of their names and contents, which is computed once."""
    known: dict[str, str] = st.session_state.get(_DIGESTS, {})
    digests = {
        file.file_id: known.get(file.file_id) or hashlib.sha256(file.getvalue()).hexdigest() for file in uploaded
    }
    st.session_state[_DIGESTS] = digests
    listed = sorted((file.name, digests[file.file_id]) for file in uploaded)
    return Files(hashlib.sha256(json.dumps(listed).encode()).hexdigest(), tuple(uploaded))


def sample_files(folder: Path) -> Files:
    """The files of a sample plan."""
    return Files(hashlib.sha256(folder.name.encode()).hexdigest(), folder=folder)


def open_study(files: Files) -> Opened:
    """Read the files, or give what was read of them before; errors as of `read_study`."""
    key = study_key(files)
    before: Opened | None = st.session_state.get(OPENED)
    if before is not None and before.key == key:
        return before
    st.session_state.pop(OPENED, None)
    _forget_others(files)
    source = files.folder or [(file.name, file.getvalue()) for file in files.uploaded]
    selection: dict[str, Any] = {option: one.selector for option, one in chosen(files).items()}
    with st.spinner("Reading the files ..."):
        study = read_study(source, **selection)
    st.session_state[OPENED] = opened = Opened(key, study)
    if len(study.plans) > 1 and offer(files) is None:
        plans = tuple((plan.sop_instance_uid, plan.label or plan.source.name) for plan in study.plans)
        st.session_state[_OFFER] = Offer(files.key, chosen(files).get("plan"), plans)
    return opened


def study_key(files: Files) -> str:
    """SHA-256 of the files and what was chosen among them: another plan or patient of the same files has another."""
    selection = sorted((option, one.selector) for option, one in chosen(files).items())
    return hashlib.sha256(json.dumps([files.key, selection]).encode()).hexdigest()


def chosen(files: Files) -> dict[str, Chosen]:
    """What was chosen among these files: keywords of `read_study` (``plan``, ``dose``, ``normalisation`` ...)."""
    key, selection = st.session_state.get(_CHOSEN, ("", {}))
    return dict(selection) if key == files.key else {}


def choose(files: Files, option: str, choice: Chosen | None) -> None:
    """Keep a choice for these files; None takes it back."""
    selection = chosen(files) | ({option: choice} if choice else {})
    if choice is None:
        selection.pop(option, None)
    st.session_state[_CHOSEN] = (files.key, selection)


def unchoose() -> None:
    """Forget what was chosen, so that it is asked again."""
    for key in (_CHOSEN, _OFFER):
        st.session_state.pop(key, None)


def offer(files: Files) -> Offer | None:
    """The plans of these files that were taken together; None where none were."""
    known: Offer | None = st.session_state.get(_OFFER)
    return known if known is not None and known.files == files.key else None


def is_relative(files: Files) -> bool:
    """Whether the dose of these files needs a normalisation."""
    return st.session_state.get(_RELATIVE) == files.key


def mark_relative(files: Files) -> None:
    """Remember that the dose of these files needs a normalisation."""
    st.session_state[_RELATIVE] = files.key


def declared(files: Files) -> Mapping[str, str]:
    """Schedules that the user said are right, by target, for what is chosen among the files."""
    known: dict[str, dict[str, str]] = _declared(files)
    return known.get(study_key(files), {})


def declare(files: Files, target: str, schedule: str) -> None:
    """Keep what the user says is prescribed to a target; an empty schedule takes it back."""
    known, key = _declared(files), study_key(files)
    kept = {name: text for name, text in known.get(key, {}).items() if name != target}
    st.session_state[_DECLARED] = (files.key, known | {key: kept | ({target: schedule} if schedule else {})})


def found_sheet(files: Files) -> tuple[GivenFile | None] | None:
    """The case sheet that was found among these files, or that there is none; None where nobody looked."""
    key, found = st.session_state.get(_FOUND, ("", None))
    return (found,) if key == files.key else None


def keep_found_sheet(files: Files, found: GivenFile | None) -> None:
    """Remember the case sheet that is among these files."""
    st.session_state[_FOUND] = (files.key, found)


def is_for(file_id: str, patient: Patient) -> bool:
    """Whether a case sheet that was given is this patient's: it is that of the patient whom it was first used for."""
    known: dict[str, str] = st.session_state.setdefault(_GIVEN_FOR, {})
    return known.setdefault(file_id, str(patient)) == str(patient)


def changed_sheets(files: Files) -> Mapping[str, bytes]:
    """Case sheets that were made or changed on this page for these files, by what they began as."""
    key, known = st.session_state.get(_CHANGED, ("", {}))
    return dict(known) if key == files.key else {}


def keep_sheet(files: Files, key: str, content: bytes | None) -> None:
    """Keep a case sheet that was changed; None takes it back."""
    known = {name: one for name, one in changed_sheets(files).items() if name != key}
    st.session_state[_CHANGED] = (files.key, known if content is None else known | {key: content})


def _forget_others(files: Files) -> None:
    """What was declared for other files is asked anew, should they come back."""
    for name in (_DECLARED, _CHANGED):
        if st.session_state.get(name, (files.key,))[0] != files.key:
            del st.session_state[name]


def _declared(files: Files) -> dict[str, dict[str, str]]:
    key, known = st.session_state.get(_DECLARED, ("", {}))
    return dict(known) if key == files.key else {}


def close() -> None:
    """Forget the study where its files were taken back."""
    for key in _OF_FILES:
        st.session_state.pop(key, None)


def clear() -> None:
    """Forget the patient: files, study, results and everything that was declared."""
    number = round_number()
    for key in list(st.session_state):
        del st.session_state[key]
    st.session_state[_ROUND] = number + 1


def round_number() -> int:
    """Part of the keys of widgets that must be new after `clear`: an uploader keeps its files as long as its key."""
    number: int = st.session_state.get(_ROUND, 0)
    return number
