"""Where the data files that rtcheck ships are: tables, protocols, names."""

from __future__ import annotations

from pathlib import Path

from rtcheck.errors import InputError


def data_folder() -> Path:
    """The folder of the data files that rtcheck ships.

    Raises
    ------
    InputError
        If the installation has none.
    """
    return _data_folder(Path(__file__).parent)


def _data_folder(package: Path) -> Path:
    """A wheel carries the files inside the package; an editable install has the checkout's folder beside it."""
    candidates = (package / "_constraints", package.parent / "constraints")
    folder = next((candidate for candidate in candidates if candidate.is_dir()), None)
    if folder is None:
        raise InputError("the constraint tables of rtcheck aren't there", str(candidates[0]), "install rtcheck again")
    return folder
