"""Colours: of verdicts, and of curves that stay visible on a light and on a dark page."""

from __future__ import annotations

from rtcheck.finding import Verdict

RGB = tuple[int, int, int]

#: White text on each of them has a contrast of 4.5 or more. Green is for PASS alone.
VERDICT_COLOURS: dict[Verdict, str] = {
    Verdict.PASS: "#1a7f37",
    Verdict.ACCEPTABLE: "#9a5b00",
    Verdict.NOT_EVALUATED: "#7d2bab",
    Verdict.FAIL: "#b42318",
    Verdict.NOT_APPLICABLE: "#5f6773",
    Verdict.INFO: "#0b6285",
}

#: For ROIs without a display colour: Okabe and Ito, told apart with any colour vision.
PALETTE: tuple[RGB, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
)
_WHITE: RGB = (255, 255, 255)
_DARK: RGB = (23, 22, 20)
#: WCAG 2.2, success criterion 1.4.11: graphics against what is beside them.
_CONTRAST = 3.0


def visible(colour: RGB, *, dark: bool) -> RGB:
    """The colour, darkened or lightened until it can be seen on the page."""
    page, toward = (_DARK, 255) if dark else (_WHITE, 0)
    for step in range(20):
        mixed = tuple(round(part + (toward - part) * step / 20) for part in colour)
        shown: RGB = (mixed[0], mixed[1], mixed[2])
        if contrast(shown, page) >= _CONTRAST:
            return shown
    return (toward, toward, toward)


def contrast(one: RGB, other: RGB) -> float:
    """Contrast ratio of two colours by WCAG 2.2, from 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
