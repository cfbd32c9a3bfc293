"""Sharing the machine's cores: order, errors, and never more threads than cores."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from rtcheck.cores import Cores


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_come_in_the_order_of_the_tasks(count: int) -> None:
    tasks: list[Callable[[], int]] = [lambda n=n: time.sleep(0.002 * (5 - n % 5)) or n for n in range(20)]
    assert Cores(count).run(tasks) == list(range(20))


def test_no_more_threads_run_than_there_are_cores_though_tasks_run_tasks() -> None:
    cores, running, most, lock = Cores(3), 0, 0, threading.Lock()

    def leaf() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return 1

    assert sum(sum(found) for found in cores.run([lambda: cores.run([leaf] * 4)] * 6)) == 24
    assert 1 < most <= 3


def test_the_first_error_by_order_is_raised_after_all_tasks_ran() -> None:
    ran = []

    def task(number: int) -> Callable[[], int]:
        def run() -> int:
            ran.append(number)
            if number in (1, 3):
                raise ValueError(number)
            return number

        return run

    with pytest.raises(ValueError, match="1"):
        Cores(2).run([task(number) for number in range(5)])
    assert sorted(ran) == list(range(5))


def test_where_no_thread_can_start_the_work_is_done_on_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    cores = Cores(2)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert cores.run([lambda: 1, lambda: 2]) == [1, 2]
    seen = set()
    cores.run([lambda: (time.sleep(0.02), seen.add(threading.get_ident()))] * 4)
    assert len(seen) == 2  # the core wasn't lost


def test_no_tasks_give_no_results() -> None:
    assert Cores(2).run([]) == []
