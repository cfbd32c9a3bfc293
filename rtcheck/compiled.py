"""Machine code that numba keeps beside the sources: thrown away where it was made of older ones."""

from __future__ import annotations

import warnings
from pathlib import Path

__all__ = ["drop_stale"]


def drop_stale(folder: Path, modules: tuple[str, ...]) -> None:
    """Delete the indexes of kept machine code where one of the modules is newer than one of them.

    numba looks at a function's own file alone. What a function calls from another module is compiled into it, and stays
    as it was when only that module changes: numbers of an older version, without a word. Where an index is gone numba
    compiles again.

    Parameters
    ----------
    folder : Path
        Of the modules.
    modules : tuple of str
        Those that call one another's compiled functions.
    """
    indexes = [one for name in modules for one in (folder / "__pycache__").glob(f"{name}.*.nbi")]
    try:
        newest = max((folder / f"{name}.py").stat().st_mtime_ns for name in modules)
        is_stale = any(one.stat().st_mtime_ns < newest for one in indexes)
    except OSError:  # no sources beside the code, or another process at the same work
        return
    for one in indexes if is_stale else ():
        try:
            one.unlink(missing_ok=True)
        except OSError as error:
            warnings.warn(f"machine code of an older version can't be deleted: {error}; delete it", stacklevel=2)
