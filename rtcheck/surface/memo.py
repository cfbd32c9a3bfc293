"""What was measured between two ROIs, kept as long as both of them live."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from rtcheck.study import ROI

_Made = TypeVar("_Made")


class PairMemo(Generic[_Made]):
    """What was made for each pair of ROIs; ROIs are the same only as objects.

    It keeps no ROI alive, and forgets what it made with either of them: what is made must not refer to them.
    """

    def __init__(self) -> None:
        self._made: WeakKeyDictionary[ROI, WeakKeyDictionary[ROI, _Made]] = WeakKeyDictionary()
        self._lock = Lock()

    def of(self, one: ROI, other: ROI, make: Callable[[], _Made]) -> _Made:
        """What was made for the pair, or what `make` gives now; its errors are raised and not kept."""
        with self._lock:
            known = self._made.setdefault(one, WeakKeyDictionary()).get(other)
        if known is not None:
            return known
        made = make()
        with self._lock:
            return self._made.setdefault(one, WeakKeyDictionary()).setdefault(other, made)

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._made.values()))
