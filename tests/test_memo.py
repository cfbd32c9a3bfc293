"""Made once, whoever asks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rtcheck.memo import Memo


def test_threads_that_ask_at_the_same_time_get_what_one_of_them_made() -> None:
    memo, start, made = Memo[str, object](), threading.Barrier(8), []

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask(_: int) -> object:
        start.wait()
        return memo.of("key", make)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert made == [answers[0]]
    assert set(answers) == {answers[0]}


def test_other_keys_may_be_asked_for_while_one_is_made() -> None:
    memo = Memo[str, int]()
    assert memo.of("outer", lambda: memo.of("inner", lambda: 1) + 1) == 2


def test_errors_are_raised_and_not_kept() -> None:
    memo = Memo[str, float]()
    with pytest.raises(ZeroDivisionError):
        memo.of("key", lambda: 1 / 0)
    assert memo.of("key", lambda: 1.5) == 1.5
