"""How long reports take, and how large they are: ``python -m bench.reports`` writes REPORTS.md.

Every sample is a process of its own, as on the command line: the first PDF of a process loads typst and its fonts. It
stands beside the check itself in the same process, from the files to the verdict.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import rtcheck

PAGE = Path(__file__).with_name("REPORTS.md")
SAMPLES = Path(__file__).resolve().parent.parent / "sample_plans"
#: What a PDF may take (seconds), and a page weigh (kB).
PDF_LIMIT_S, HTML_LIMIT_KB = 1.0, 300.0
RUNS = 3


def measured(folder: Path) -> dict[str, float]:
    """Seconds and kilobytes of one sample in this process; the first PDF is that of a cold one."""
    begun = time.perf_counter()
    result = rtcheck.check(folder)
    found = {"check_s": time.perf_counter() - begun}
    for name, make in (("pdf_cold", result.to_pdf), ("pdf_warm", result.to_pdf), ("html", result.to_html)):
        begun = time.perf_counter()
        made = make()
        found[f"{name}_s"] = time.perf_counter() - begun
        found[f"{name}_kb"] = len(made if isinstance(made, bytes) else made.encode()) / 1000.0
    return found


def in_a_process(folder: Path) -> dict[str, float]:
    """The same in a process of its own."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.reports", str(folder)], check=True, capture_output=True, encoding="utf-8"
    )
    return {name: float(value) for name, value in json.loads(told.stdout).items()}


def page(runs: dict[str, list[dict[str, float]]]) -> str:
    """REPORTS.md: of every figure the least and the largest of the runs."""
    lines = [
        "# Reports",
        "",
        f"Written by `python -m bench.reports`: {os.cpu_count()} cores, Python {platform.python_version()}; {RUNS} "
        "processes a sample, least to largest. A PDF may take "
        f"{PDF_LIMIT_S:g} s, an HTML page weigh {HTML_LIMIT_KB:g} kB.",
        "",
        "| sample | first PDF, of the check | first PDF, s | another PDF, s | PDF, kB | HTML, s | HTML, kB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, found in runs.items():
        share = [one["pdf_cold_s"] / one["check_s"] for one in found]
        cells = [f"{min(share):.2f} to {max(share):.2f}"]
        cells += [_ends(found, key) for key in ("pdf_cold_s", "pdf_warm_s", "pdf_warm_kb", "html_s", "html_kb")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _ends(found: list[dict[str, float]], key: str) -> str:
    values = [one[key] for one in found]
    if key.endswith("_kb"):
        return f"{max(values):.0f}"
    return f"{min(values):.2f} to {max(values):.2f}"


def main(arguments: list[str]) -> None:
    """Measure all samples, or one in this process."""
    if arguments:
        print(json.dumps(measured(Path(arguments[0]))))
        return
    folders = sorted(path for path in SAMPLES.iterdir() if path.is_dir())
    PAGE.write_text(page({one.name: [in_a_process(one) for _ in range(RUNS)] for one in folders}), encoding="utf-8")
    print(f"{PAGE.name} written")


if __name__ == "__main__":
    main(sys.argv[1:])
