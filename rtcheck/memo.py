"""Things that are made once and kept, also where several threads ask for them at the same time."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Made = TypeVar("_Made")


class Memo(Generic[_Key, _Made]):
    """What was made for each key."""

    def __init__(self) -> None:
        self._made: dict[_Key, _Made] = {}
        self._locks: dict[_Key, Lock] = {}
        self._lock = Lock()

    def of(self, key: _Key, make: Callable[[], _Made]) -> _Made:
        """What was made for `key`, or what `make` gives now; its errors are raised and not kept.

        Who asks while another thread makes it waits for that. `make` may ask for other keys, and not for its own.
        """
        with self._lock:
            own_lock = self._locks.setdefault(key, Lock())
        with own_lock:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
