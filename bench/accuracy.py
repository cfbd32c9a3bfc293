"""How exact rtcheck's DVHs are: ``python bench/accuracy.py`` writes ACCURACY.md and accuracy.svg beside this file.

Everything is measured against closed forms (`rtcheck.synthetic`), under right prisms and under surfaces interpolated
between the slices, and dicompyler-core is measured on the same cases. It takes some minutes.
``--brief`` measures the published pairs of the analytic benchmark only, and prints what is off.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from bench import accuracy_measures as measures
from bench.accuracy_engines import Answer, answers_of, dicompyler_engine, errors_percent, rtcheck_engine
from bench.accuracy_page import Measured, Reading, page
from rtcheck.convention import Convention
from rtcheck.synthetic import scenes
from rtcheck.synthetic.benchmark import CASES, PUBLISHED_CASES

FOLDER = Path(__file__).resolve().parent
CONVENTIONS = {"prism": measures.PRISM, "interpolated": measures.INTERPOLATED}


def reading(convention: Convention) -> Reading:
    """Everything that is measured under one convention."""
    return Reading(
        answers=answers_of(rtcheck_engine(convention), CASES),
        discs=measures.scene_errors(scenes.discs_and_rings(), convention),
        spheres=measures.scene_errors(scenes.spheres_in_all_phases(), convention),
        others=measures.scene_errors(scenes.other_solids(), convention),
        conformity={spacing: measures.conformities(convention, spacing) for spacing in (0.2, 1.0)},
        spread=measures.orientation_spread(convention),
        spacing_errors=measures.spacing_errors(convention),
        box_errors=measures.box_errors(convention),
        voxel_errors=measures.voxel_errors(convention),
    )


def brief() -> None:
    for name, convention in CONVENTIONS.items():
        answers = answers_of(rtcheck_engine(convention), PUBLISHED_CASES)
        off = [answer for answer in answers if answer.off]
        median = np.median(errors_percent(answers))
        print(f"{name}: {len(off)} of {len(answers)} off by more than 3 %, median {median:.4f} %")
        for answer in off:
            print(f"  {describe(answer)}")


def describe(answer: Answer) -> str:
    case = answer.case
    grid = f"grid {case.grid_mm:g} mm{' shifted' if case.shifted else ''}"
    return f"{case.shape}, {case.spacing_mm:g} mm, {grid}, {case.gradient}: {answer.metric} {100 * answer.error:+.2f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the accuracy of DVHs against closed forms.")
    parser.add_argument("--brief", action="store_true", help="print the published pairs only, and write nothing")
    if parser.parse_args().brief:
        brief()
        return
    readings = {}
    for name, convention in CONVENTIONS.items():
        print(f"measuring: {name}", file=sys.stderr)
        readings[name] = reading(convention)
    print("measuring: dicompyler-core", file=sys.stderr)
    peer = dicompyler_engine()
    measured = Measured(readings, answers_of(peer, PUBLISHED_CASES) if peer else None)
    (FOLDER / "ACCURACY.md").write_text(page(measured), encoding="utf-8", newline="\n")
    try:
        from bench.accuracy_figure import draw  # noqa: PLC0415  matplotlib is needed for nothing else
    except ImportError as error:
        print(f"no figure: {error}", file=sys.stderr)
        return
    draw(measured, FOLDER / "accuracy.svg")


if __name__ == "__main__":
    main()
