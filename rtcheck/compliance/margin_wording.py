"""What is said of a margin: where it is too small or too large, and along what it was cropped."""

from __future__ import annotations

from rtcheck.compliance.answer import joined
from rtcheck.rules import Contains, MarginRange
from rtcheck.surface import (
    REACH_MM,
    TOWARDS,
    Agreement,
    Containment,
    Judgement,
    Lack,
)

#: Smaller shares aren't told.
LEAST_TOLD = 0.005


def off_text(judgement: Judgement, kept: tuple[float, float]) -> str:
    """``too small in the median, and on 30 % of the surface beyond tolerance; too small to the left (0.3 mm)``."""
    found = []
    for what, off, share in (
        ("too small", judgement.median_mm < kept[0], judgement.below),
        ("too large", judgement.median_mm > kept[1], judgement.above),
    ):
        where = ["in the median"] if off else []
        where += [f"on {100.0 * share:.0f} % of the surface beyond tolerance"] if share >= LEAST_TOLD else []
        found += [f"{what} {', and '.join(where)}"] if where else []
    if found and judgement.agreement is Agreement.UNEVEN:
        found[-1] += ", by little"
    # Of a margin that is too small everywhere no place needs to be told.
    where_too = judgement.median_mm >= kept[0] and judgement.agreement is not Agreement.TOO_LARGE
    return "; ".join(found + [_lacking(lack) for lack in judgement.lacks if where_too])


def _lacking(lack: Lack) -> str:
    """What is said of a sector or an end without a margin."""
    where, margin_mm = TOWARDS[lack.towards], round(lack.margin_mm, 1) + 0.0
    if not lack.is_end:
        return f"too small over a sector {where}, where its median is {margin_mm:.1f} mm"
    if margin_mm == 0.0:
        return f"too small {where}, where the last contours of both lie in one plane"
    how = "beyond" if margin_mm > 0.0 else "short of"
    return f"too small {where}, where its last contour lies {abs(margin_mm):.1f} mm {how} that of the volume inside"


def cropped_text(judgement: Judgement) -> str:
    """``22 % of the surface, along Body (18 %, 4.9 mm under it) and Stomach (6 %)``."""
    along = [
        f"{crop.roi} ({100.0 * crop.share:.0f} %{f', {crop.gap_mm:.1f} mm under it' if crop.is_skin else ''})"
        for crop in judgement.crops
    ]
    share = f"{100.0 * judgement.cropped:.0f} % of the surface"
    return f"{share}, along {joined(along)}" if along else share


def range_text(low_mm: float, high_mm: float) -> str:
    """``2 to 5 mm``."""
    return f"{low_mm:g} to {high_mm:g} mm"


def outside_text(rule: MarginRange | Contains, found: Containment, reaches_mm: float) -> str:
    """``2.0 % of CTV (0.98 cc) lies outside PTV, up to 3.0 mm``."""
    how_far = f"{REACH_MM:g} mm or more" if reaches_mm >= REACH_MM else f"up to {max(reaches_mm, 0.0):.1f} mm"
    share = f"{100.0 * found.share_outside:.1f} % of {rule.inner} ({found.outside_cc:.2g} cc)"
    return f"{share} lies outside {rule.outer}, {how_far}"
