"""Times: several runs, in turn with what they are compared to, and the least and the median of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Timing:
    """Seconds of every run of one thing, and the largest peak memory where processes were run.

    Attributes
    ----------
    seconds : tuple of float
    processor_s : float or None
        Least processor time, all cores together; a busy machine hardly changes it. None where the system doesn't say.
    peak_mb : float or None
        In 10**6 bytes; None where the system doesn't say.
    """

    seconds: tuple[float, ...]
    processor_s: float | None = None
    peak_mb: float | None = None

    @property
    def least_s(self) -> float:
        return min(self.seconds)

    @property
    def median_s(self) -> float:
        return statistics.median(self.seconds)

    def __str__(self) -> str:
        processor = "" if self.processor_s is None else f"; {self.processor_s:.3g}"
        return f"{self.least_s:.3g}; {self.median_s:.3g}{processor}"


@dataclass(frozen=True)
class Run:
    """One run that has ended."""

    seconds: float
    processor_s: float | None = None
    peak_mb: float | None = None


def in_turn(
    jobs: Mapping[str, Callable[[], object]], repeats: int, few: Mapping[str, int] | None = None
) -> dict[str, Timing]:
    """Time every job `repeats` times, one after the other, so that a slow minute of the machine hits all of them.

    Parameters
    ----------
    jobs : mapping of str to callable
        One that returns a `Run` has timed itself.
    repeats : int
    few : mapping of str to int, optional
        Jobs that take long, and how often they are run.

    Returns
    -------
    dict of str to Timing
    """
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for turn in range(repeats):
        for name, job in jobs.items():
            if turn < (few or {}).get(name, repeats):
                runs[name].append(_timed(job))
    return {name: _timing(done) for name, done in runs.items()}


def _timed(job: Callable[[], object]) -> Run:
    start, processor_start = time.perf_counter(), time.process_time()
    result = job()
    if isinstance(result, Run):
        return result
    return Run(time.perf_counter() - start, time.process_time() - processor_start)


def _timing(runs: Sequence[Run]) -> Timing:
    processor = [run.processor_s for run in runs if run.processor_s is not None]
    peaks = [run.peak_mb for run in runs if run.peak_mb is not None]
    return Timing(tuple(run.seconds for run in runs), min(processor, default=None), max(peaks, default=None))


def process(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end in a process of its own; what it prints is thrown away.

    Raises
    ------
    RuntimeError
        If it ends with another exit code than 0.
    """
    launcher = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), *map(str, command)],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    report = json.loads(launcher.stdout) if launcher.returncode == 0 else {"code": launcher.returncode}
    if report["code"] != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with exit code {report['code']}: {launcher.stderr}")
    return Run(report["seconds"], report["processor_s"], report["peak_mb"])
