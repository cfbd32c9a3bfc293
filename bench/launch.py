"""Run a command as a process of its own; print, as JSON, its times, its peak memory and its exit code.

``python -I -S bench/launch.py COMMAND ...``. A process of its own, and a small one, for on Linux a child's peak starts
at its parent's. Only the standard library is imported, and nothing of this project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    if hasattr(os, "wait4"):
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        # Kilobytes on Linux, bytes on macOS.
        peak_mb = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
        processor_s = usage.ru_utime + usage.ru_stime
    else:
        code = process.wait()
        seconds, peak_mb, processor_s = time.perf_counter() - start, None, None
    print(json.dumps({"seconds": seconds, "processor_s": processor_s, "peak_mb": peak_mb, "code": code}))


if __name__ == "__main__":
    main()
