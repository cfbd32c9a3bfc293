"""Work on all cores of this machine, and never on more: threads, for the compiled loops release the GIL."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from threading import Semaphore, Thread
from typing import TypeVar

_Result = TypeVar("_Result")


class Cores:
    """The cores that a computation may use; parts of it that run at the same time share them.

    Parameters
    ----------
    count : int, optional
        All of the machine's where not given.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = max(count or os.cpu_count() or 1, 1)
        self._spare = Semaphore(self.count - 1)

    def run(self, tasks: Sequence[Callable[[], _Result]]) -> list[_Result]:
        """Run tasks in their order, at the same time as far as cores are spare, and return their results in order.

        A task may call `run` itself. All tasks are run; then the first one's error, by order, is raised.
        """
        queue = deque(enumerate(tasks))
        results: dict[int, _Result] = {}
        errors: dict[int, Exception] = {}

        def work() -> None:
            while queue:
                try:
                    index, task = queue.popleft()
                except IndexError:
                    return
                try:
                    results[index] = task()
                except Exception as error:  # noqa: BLE001  raised below, in the caller's thread
                    errors[index] = error

        others: list[Thread] = []
        while len(others) < len(tasks) - 1 and (other := self._start(work)):
            others.append(other)
        work()
        for other in others:
            other.join()
        if errors:
            raise errors[min(errors)]
        return [results[index] for index in range(len(tasks))]

    def _start(self, task: Callable[[], object]) -> Thread | None:
        """Begin a task on a spare core; None, and nothing is done, where there is none."""
        if not self._spare.acquire(blocking=False):
            return None

        def on_spare_core() -> None:
            try:
                task()
            finally:
                self._spare.release()

        thread = Thread(target=on_spare_core, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads allowed: one is enough
            self._spare.release()
            return None
        return thread
