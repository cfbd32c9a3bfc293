"""Which file an id means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rtcheck.document import closest
from rtcheck.errors import UsageError
from rtcheck.shipped import data_folder

SUFFIXES = (".yaml", ".yml")
#: Beside the tables, and none: alpha/betas and parameters, which ask nothing; names of organs.
RADIOBIOLOGY = "radiobiology"
NAMES = "names"
#: The folder of tables that nothing enables by itself; their ids begin so.
UNVERIFIED = "unverified"
#: The tables that a reader expects first; the others follow by name.
_FIRST = ("quantec", "quantec-liver", "tg101", "hytec")


def table_ids(*, enabled_only: bool = False) -> tuple[str, ...]:
    """Ids of the shipped tables: QUANTEC, TG-101 and HyTEC, then by name.

    Parameters
    ----------
    enabled_only : bool
        Without the tables whose rows nobody has confirmed against their publication; otherwise those come last.
    """
    return tuple(_tables(enabled_only=enabled_only))


def site_ids() -> tuple[str, ...]:
    """Ids of the shipped sites, sorted."""
    return tuple(_files("sites"))


def protocol_ids() -> tuple[str, ...]:
    """Ids of the shipped protocols, sorted."""
    return tuple(_files("protocols"))


def table_path(path_or_id: Path | str) -> Path:
    """The file of a table; UsageError where no shipped table and no file has that name."""
    return _path("table", path_or_id, _tables())


def cases_path(path_or_id: Path | str) -> Path:
    """The file of a table's cases, beside the table's: ``quantec.cases.yaml``; it need not be there.

    Raises
    ------
    UsageError
        If no shipped table and no file has that name.
    """
    path = table_path(path_or_id)
    return path.with_name(f"{path.stem}.cases.yaml")


def site_path(path_or_id: Path | str) -> Path:
    """The file of a site; UsageError where no shipped site and no file has that name."""
    return _path("site", path_or_id, _files("sites"))


def protocol_path(path_or_id: Path | str) -> Path:
    """The file of a protocol; UsageError where no shipped protocol and no file has that name."""
    return _path("protocol", path_or_id, _files("protocols"))


def beside(path: Path, name: str) -> Path | str:
    """What a name in a file means: a path is relative to the file, an id stays one."""
    return path.parent / name if name.endswith(SUFFIXES) else name


def _tables(*, enabled_only: bool = False) -> dict[str, Path]:
    """The tables' files by id, in their order."""
    enabled = {one: path for one, path in _files("").items() if one not in (RADIOBIOLOGY, NAMES)}
    order = sorted(enabled, key=lambda one: (_FIRST.index(one) if one in _FIRST else len(_FIRST), one))
    return {one: enabled[one] for one in order} | ({} if enabled_only else _files(UNVERIFIED))


def _files(folder: str) -> dict[str, Path]:
    """The shipped files of a folder by id."""
    paths = sorted((data_folder() / folder).glob("*.yaml"), key=lambda path: path.stem)
    # Files with a further dot in the name belong to a table and are none: quantec.cases.yaml.
    return {path.stem: path for path in paths if "." not in path.stem}


def _path(kind: str, path_or_id: Path | str, shipped: Mapping[str, Path]) -> Path:
    if isinstance(path_or_id, Path):
        return path_or_id
    # A shipped id wins over a file that happens to have its name.
    if path_or_id in shipped:
        return shipped[path_or_id]
    path = Path(path_or_id)
    if path.suffix not in SUFFIXES and not path.is_file():
        hint, ids = closest(path_or_id, shipped), ", ".join(shipped)
        raise UsageError(f"no {kind} is called {path_or_id!r}{hint} (shipped: {ids}; or give a .yaml file)")
    return path
