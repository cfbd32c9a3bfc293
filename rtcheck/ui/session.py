"""What one browser session holds of one patient: in its own memory, nowhere else, until it is cleared.

Never in ``st.cache_*``, which all users share. A study is known by the SHA-256 of its files and what was chosen among
them, so that a rerun of the page computes nothing twice; another patient's files take its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol as Interface

import streamlit as st

from rtcheck.convention import Convention
from rtcheck.dicom import read_study
from rtcheck.pipeline import Result, check_study
from rtcheck.study import Study
from rtcheck.tables import load_protocol

OPENED, _DIGESTS, _CHOSEN, _ROUND = "opened", "digests", "chosen", "round"


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


@dataclass
class Opened:
    """A study that was read, and its results by protocol, Child-Pugh score and convention."""

    key: str
    study: Study
    results: dict[tuple[str, str | None, Convention], Result] = field(default_factory=dict)


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
    selection, key = chosen(files), study_key(files)
    before: Opened | None = st.session_state.get(OPENED)
    if before is not None and before.key == key:
        return before
    st.session_state.pop(OPENED, None)
    source = files.folder or [(file.name, file.getvalue()) for file in files.uploaded]
    with st.spinner("Reading the files ..."):
        study = read_study(source, **selection)
    st.session_state[OPENED] = opened = Opened(key, study)
    return opened


def study_key(files: Files) -> str:
    """SHA-256 of the files and what was chosen among them: another plan or patient of the same files has another."""
    return hashlib.sha256(json.dumps([files.key, sorted(chosen(files).items())]).encode()).hexdigest()


def result_of(opened: Opened, protocol: str, child_pugh: str | None, convention: Convention) -> Result:
    """The study's result by a protocol; errors as of `load_protocol`."""
    asked, key = load_protocol(protocol), (protocol, child_pugh, convention)
    if key not in opened.results:
        with st.spinner("Checking the plan ..."):
            opened.results[key] = check_study(opened.study, asked, child_pugh=child_pugh, convention=convention)
    return opened.results[key]


def chosen(files: Files) -> dict[str, str]:
    """What was chosen among these files where several fitted: ``plan``, ``dose``, ``structures``."""
    key, selection = st.session_state.get(_CHOSEN, ("", {}))
    return dict(selection) if key == files.key else {}


def choose(files: Files, option: str, selector: str) -> None:
    """Keep a choice for these files."""
    st.session_state[_CHOSEN] = (files.key, {**chosen(files), option: selector})


def unchoose() -> None:
    """Forget what was chosen, so that it is asked again."""
    st.session_state.pop(_CHOSEN, None)


def close() -> None:
    """Forget the study where its files were taken back."""
    for key in (OPENED, _DIGESTS, _CHOSEN):
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
