"""Signs of the verdicts as drawings: each has an outline of its own, so that a grey print tells them apart."""

from __future__ import annotations

from rtcheck.finding import Verdict

#: Text of these colours on white, and white on them, has a contrast of 4.5 or more; after Okabe and Ito, darkened.
COLOURS: dict[Verdict, str] = {
    Verdict.FAIL: "#b83200",
    Verdict.NOT_EVALUATED: "#7b3f98",
    Verdict.ACCEPTABLE: "#8a6100",
    Verdict.PASS: "#00735c",
    Verdict.INFO: "#005f99",
    Verdict.NOT_APPLICABLE: "#5f6773",
}
_LINE = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
#: Outline, and what stands in it, in a square of 16: octagon, square, triangle, disc; rings below.
_SHAPES: dict[Verdict, tuple[str, str]] = {
    Verdict.FAIL: ("M5 .6h6L15.4 5v6L11 15.4H5L.6 11V5z", "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"),
    Verdict.NOT_EVALUATED: ("M1 1h14v14H1z", "M5.7 6a2.3 2.3 0 1 1 3.3 2.1q-1 .5-1 1.6M8 12.2v.1"),
    Verdict.ACCEPTABLE: ("M8 .8l7.8 14.2H.2z", "M8 5.8v4.2M8 12.4v.1"),
    Verdict.PASS: ("M8 .4a7.6 7.6 0 1 0 0 15.2A7.6 7.6 0 1 0 8 .4z", "M4.4 8.3l2.6 2.6 4.7-5.3"),
}
_RINGS: dict[Verdict, str] = {
    Verdict.INFO: "M8 7.4v4M8 4.6v.1",
    Verdict.NOT_APPLICABLE: "M5 8h6",
}


def sign(verdict: Verdict) -> str:
    """What is drawn for a verdict, in a square of 16 units, as SVG elements."""
    colour = COLOURS[verdict]
    if verdict in _RINGS:
        ring = f'<circle cx="8" cy="8" r="7" fill="#fff" stroke="{colour}" stroke-width="1.4"/>'
        return f'{ring}<path d="{_RINGS[verdict]}" stroke="{colour}" stroke-width="1.7" {_LINE}/>'
    outline, inner = _SHAPES[verdict]
    return f'<path d="{outline}" fill="{colour}"/><path d="{inner}" stroke="#fff" stroke-width="1.7" {_LINE}/>'


def sign_svg(verdict: Verdict) -> str:
    """A verdict's sign as a drawing of its own."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16">{sign(verdict)}</svg>'
