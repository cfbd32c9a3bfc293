"""Dose-volume curves as a drawing: SVG that a page can hold, without scripts, fonts or anything from a network.

Curves differ in colour and in dash, so that a grey print tells them apart. They are thinned to what can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from xml.sax.saxutils import escape

import numpy as np

from rtcheck.geometry import FloatArray, read_only

#: Told apart with any colour vision (after Okabe and Ito), darkened until each has a contrast of 3 to white.
COLOURS = ("#0072b2", "#c64f00", "#00805f", "#a8477e", "#3d3d3d", "#8a6100", "#2b8cbe", "#6a51a3")
DASHES = ("", "8 3", "2 2.5", "9 3 2 3", "14 4", "5 2 1.5 2 1.5 2", "4 4", "16 3 3 3")
#: The drawing, in units that a page scales; the frame of the curves in it.
_WIDTH, _HEIGHT = 680.0, 272.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 50.0, 668.0, 24.0, 229.0
#: A curve may be drawn so far beside itself: less than anybody sees.
_TOLERANCE = 0.25
_INK, _FRAME, _LATTICE = "#333333", "#6b7280", "#e3e6ea"
_SIDE = 5.2
#: Texts at prescribed doses stand on so many steps, a step where they would touch.
_STEP, _LETTER = 10.0, 5.2
_PREFERRED_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_TICKS = 9


class Toward(Enum):
    """On which side of a limit its curve must pass."""

    LESS_DOSE = "less dose"
    MORE_DOSE = "more dose"
    LESS_VOLUME = "less volume"
    MORE_VOLUME = "more volume"


@dataclass(frozen=True)
class LimitMark:
    """A limit that is a point of the dose-volume plane.

    Attributes
    ----------
    dose_gy, volume_percent : float
    toward : Toward
    is_broken : bool
    """

    dose_gy: float
    volume_percent: float
    toward: Toward
    is_broken: bool


@dataclass(frozen=True, eq=False)
class PlotCurve:
    """One curve.

    Attributes
    ----------
    name : str
    colour, dash : int
        Of `COLOURS` and `DASHES`; higher numbers begin again.
    points : ndarray, shape (n, 2), read-only
        Dose in gray, and volume in percent that gets at least this dose.
    band : ndarray, shape (m, 2), read-only
        Round all that the curve may be; empty where that can't be seen.
    marks : tuple of LimitMark
    letter : str
        Stands beside its marks and its line in the table, so that they find one another without colours.
    """

    name: str
    colour: int
    dash: int
    points: FloatArray
    band: FloatArray
    marks: tuple[LimitMark, ...] = ()
    letter: str = ""

    def __post_init__(self) -> None:
        read_only(self.points)
        read_only(self.band)


@dataclass(frozen=True)
class DoseLine:
    """A dose that is prescribed."""

    dose_gy: float
    text: str


@dataclass(frozen=True, eq=False)
class Plot:
    """Curves over one dose axis.

    Attributes
    ----------
    axis : str
        What the doses are.
    curves : tuple of PlotCurve
    lines : tuple of DoseLine
    highest_gy : float
        Where the axis ends.
    text : str
        The drawing in words, for who doesn't see it.
    """

    axis: str
    curves: tuple[PlotCurve, ...]
    lines: tuple[DoseLine, ...]
    highest_gy: float
    text: str


def svg(plot: Plot, font: str = "sans-serif") -> str:
    """The drawing; equal plots give equal bytes.

    Parameters
    ----------
    plot : Plot
    font : str
        Family of its letters.
    """
    parts = [*_axes(plot), *_prescribed(plot)]
    parts += [_band(plot, curve) for curve in plot.curves if len(curve.band)]
    parts += [_curve(plot, curve) for curve in plot.curves]
    parts += [_mark(plot, curve, mark) for curve in plot.curves for mark in curve.marks]
    return _wrapped("".join(parts), _WIDTH, _HEIGHT, f' font-family="{escape(font)}" font-size="11" fill="{_INK}"')


def sample_svg(curve: PlotCurve, font: str = "sans-serif") -> str:
    """A piece of a curve's line with its letter, for the table that names it."""
    line = f'<path d="M1 6h42" fill="none" {_stroke(curve)}/>'
    return _wrapped(line + _letter(curve, 49.0, 9.6), 60.0, 12.0, f' font-family="{escape(font)}" fill="{_INK}"')


def ticks(highest: float, most: int = _MOST_TICKS) -> tuple[float, ...]:
    """Round numbers from 0 up to `highest`, at most `most` of them after 0."""
    least = highest / most
    power = 10.0 ** np.floor(np.log10(least))
    step = next(power * part for part in _PREFERRED_STEPS if power * part >= least * (1 - 1e-9))
    return tuple(float(number * step) for number in range(int(highest / step + 1e-9) + 1))


def thinned(points: FloatArray, tolerance: float = _TOLERANCE) -> FloatArray:
    """The points of a polyline that it can't do without: no other is farther than `tolerance` from what is left.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
    tolerance : float

    References
    ----------
    .. [1] Douglas DH, Peucker TK. Cartographica 1973;10(2):112-122.
    """
    kept = np.zeros(len(points), dtype=bool)
    kept[[0, -1]] = True
    open_pieces = [(0, len(points) - 1)]
    while open_pieces:
        first, last = open_pieces.pop()
        if last - first < 2:
            continue
        distance = _distances(points[first + 1 : last], points[first], points[last])
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            middle = first + 1 + farthest
            kept[middle] = True
            open_pieces += [(first, middle), (middle, last)]
    return points[kept]


def _distances(points: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Of each point from the segment between two others."""
    along = end - start
    length = float(along @ along)
    share = ((points - start) @ along / length).clip(0.0, 1.0) if length > 0 else np.zeros(len(points))
    beside = points - start - share[:, None] * along
    return np.asarray(np.hypot(beside[:, 0], beside[:, 1]))


def _wrapped(content: str, width: float, height: float, further: str = "") -> str:
    box = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}{further}>{content}</svg>'


def _x(plot: Plot, dose_gy: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * dose_gy / plot.highest_gy


def _y(volume_percent: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * volume_percent / 100.0


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _axes(plot: Plot) -> Iterator[str]:
    across = "".join(f"M{_LEFT:g} {_number(_y(share))}H{_RIGHT:g}" for share in (20, 40, 60, 80, 100))
    marked = ticks(plot.highest_gy)
    along = "".join(f"M{_number(_x(plot, dose))} {_TOP:g}V{_BOTTOM:g}" for dose in marked[1:])
    yield f'<path d="{across}{along}" stroke="{_LATTICE}" fill="none"/>'
    yield f'<path d="M{_LEFT:g} {_TOP:g}V{_BOTTOM:g}H{_RIGHT:g}" stroke="{_FRAME}" fill="none"/>'
    yield '<g text-anchor="end">'
    for share in (0, 20, 40, 60, 80, 100):
        yield f'<text x="{_LEFT - 6:g}" y="{_number(_y(share) + 3.8)}">{share}</text>'
    yield '</g><g text-anchor="middle">'
    for dose in marked:
        yield f'<text x="{_number(_x(plot, dose))}" y="{_BOTTOM + 15:g}">{dose:g}</text>'
    middle_x, middle_y = (_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2
    yield f'<text x="{middle_x:g}" y="{_BOTTOM + 34:g}" font-weight="bold">{escape(plot.axis)}</text>'
    yield f'<text transform="translate(13 {middle_y:g})rotate(-90)" font-weight="bold">Volume [%]</text></g>'


def _prescribed(plot: Plot) -> Iterator[str]:
    """Lines at the prescribed doses; a text that would touch the one before it stands a step lower."""
    free_from, step = -np.inf, 0
    for line in sorted(plot.lines, key=lambda one: one.dose_gy):
        x, half = _x(plot, line.dose_gy), _LETTER * len(line.text) / 2
        step = step + 1 if x - half < free_from else 0
        centre = min(max(x, _LEFT + half), _RIGHT - half)
        free_from = centre + half
        place = f'x="{_number(centre)}" y="{_TOP - 6 + _STEP * step:g}"'
        yield f'<path d="M{_number(x)} {_TOP:g}V{_BOTTOM:g}" stroke="{_FRAME}" stroke-dasharray="1 3" fill="none"/>'
        yield f'<text {place} text-anchor="middle" font-size="10">{escape(line.text)}</text>'


def _drawn(plot: Plot, points: FloatArray) -> FloatArray:
    """Points in the drawing's units, thinned."""
    across = _LEFT + (_RIGHT - _LEFT) * points[:, 0] / plot.highest_gy
    shown = np.column_stack([across, _BOTTOM - (_BOTTOM - _TOP) * points[:, 1] / 100.0])
    return thinned(shown.clip([_LEFT, _TOP], [_RIGHT, _BOTTOM]))


def _path(points: FloatArray) -> str:
    """Steps from point to point in tenths of a unit, which add up without drifting."""
    tenths = np.rint(points * 10).astype(int)
    steps = np.diff(tenths, axis=0)
    start = f"M{tenths[0, 0] / 10:g} {tenths[0, 1] / 10:g}"
    if not len(steps):
        return start
    return start + "l" + " ".join(f"{x / 10:g} {y / 10:g}" for x, y in steps if x or y)


def _stroke(curve: PlotCurve) -> str:
    dash = DASHES[curve.dash % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'stroke="{COLOURS[curve.colour % len(COLOURS)]}" stroke-width="1.8"{dashed}'


def _curve(plot: Plot, curve: PlotCurve) -> str:
    return f'<path d="{_path(_drawn(plot, curve.points))}" fill="none" stroke-linejoin="round" {_stroke(curve)}/>'


def _band(plot: Plot, curve: PlotCurve) -> str:
    colour = COLOURS[curve.colour % len(COLOURS)]
    return f'<path d="{_path(_drawn(plot, curve.band))}z" fill="{colour}" fill-opacity="0.16"/>'


def _letter(curve: PlotCurve, x: float, y: float) -> str:
    if not curve.letter:
        return ""
    place = f'x="{_number(x)}" y="{_number(y)}"'
    halo = 'stroke="#fff" stroke-width="2.5" stroke-linejoin="round" paint-order="stroke"'
    return f'<text {place} font-size="10" font-weight="bold" {halo}>{escape(curve.letter)}</text>'


#: Corners of a triangle round its limit: the tip points to where the curve must pass.
_TRIANGLES: dict[Toward, Sequence[tuple[int, int]]] = {
    Toward.LESS_DOSE: ((-1, 0), (1, -1), (1, 1)),
    Toward.MORE_DOSE: ((1, 0), (-1, -1), (-1, 1)),
    Toward.LESS_VOLUME: ((0, 1), (-1, -1), (1, -1)),
    Toward.MORE_VOLUME: ((0, -1), (-1, 1), (1, 1)),
}


def _mark(plot: Plot, curve: PlotCurve, mark: LimitMark) -> str:
    """An open triangle, filled and ringed where the limit is broken."""
    x, y = _x(plot, mark.dose_gy), _y(mark.volume_percent)
    colour = COLOURS[curve.colour % len(COLOURS)]
    corners = " ".join(f"{_number(x + _SIDE * a)} {_number(y + _SIDE * b)}" for a, b in _TRIANGLES[mark.toward])
    fill = colour if mark.is_broken else "#ffffff"
    triangle = f'<path d="M{corners}z" fill="{fill}" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round"/>'
    away = _SIDE * (2.6 if mark.is_broken else 1.9)
    beside = x + away if x < _RIGHT - 5 * _SIDE else x - away - _LETTER * 1.4
    triangle += _letter(curve, beside, y + 3.4)
    if not mark.is_broken:
        return triangle
    place = f'cx="{_number(x)}" cy="{_number(y)}" r="{2 * _SIDE:g}"'
    return f'{triangle}<circle {place} fill="none" stroke="{_INK}" stroke-width="1.2"/>'
