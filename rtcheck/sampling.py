"""Occupancy and dose -> how much volume gets which dose: the compiled loops over cells.

In every box (a cell of the lattice, one sub-layer high) the dose is taken as linear, so that its volume is spread
evenly over the doses that the box spans, around the dose at the centroid of the covered part. Nothing is binned: a box
adds a ramp to the cumulative function, exact at every knot. Boxes of one dose are kept apart as point masses. Volume
outside the dose grid, and between samples of which one is unknown (NaN), is kept apart as unknown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from rtcheck.geometry import FloatArray
from rtcheck.voxelise import cover

#: Doses (knots) narrower than this are one dose.
SHARP_KNOTS = 1e-3
#: So many different single doses are kept exactly; more are spread over one knot.
MAX_SHARP = 4096
#: A box that reaches across a frame of the dose is cut there where it spans so many times as much.
FRAME_STEEPNESS = 4.0
#: Places in `Accumulator.sums`.
INSIDE_CC, DOSE_CC, MIN_GY, MAX_GY, OUTSIDE_CC, SHARP, ODD_CC, CORE_MIN_GY, CORE_MAX_GY = range(9)


class Accumulator(NamedTuple):
    """Volume by dose.

    Attributes
    ----------
    ramps : ndarray, shape (knots + 3, 2)
        What each knot adds to the volume below it, and to the rise of that volume from knot to knot.
    sharp_gy, sharp_cc : ndarray, shape (MAX_SHARP,)
        Volumes at exactly one dose.
    sums : ndarray, shape (9,)
        Volume of known dose, its dose times volume, lowest and highest dose, volume of unknown dose, number of
        single doses, volume that outlines don't bound once, and lowest and highest dose of wholly covered cells.
    low_gy, step_gy : float
        The first knot, and the distance of the knots.
    edge_gy : ndarray, shape (2,)
        Lowest and highest dose that a cell at the edge may span: those at the outlines' corners.
    """

    ramps: FloatArray
    sharp_gy: FloatArray
    sharp_cc: FloatArray
    sums: FloatArray
    low_gy: float
    step_gy: float
    edge_gy: FloatArray

    @classmethod
    def empty(cls, low_gy: float, step_gy: float, knots: int, edge_gy: FloatArray) -> Accumulator:
        """Nothing yet."""
        sums = np.array([0.0, 0.0, np.inf, -np.inf, 0.0, 0.0, 0.0, np.inf, -np.inf])
        return cls(np.zeros((knots + 3, 2)), np.zeros(MAX_SHARP), np.zeros(MAX_SHARP), sums, low_gy, step_gy, edge_gy)

    @property
    def inside_cc(self) -> float:
        """Volume of known dose."""
        return float(self.sums[INSIDE_CC])

    @property
    def outside_cc(self) -> float:
        """Volume of unknown dose: outside the grid, or beside an unknown sample."""
        return float(self.sums[OUTSIDE_CC])

    @property
    def dose_cc(self) -> float:
        """Sum of dose times volume."""
        return float(self.sums[DOSE_CC])

    @property
    def min_gy(self) -> float:
        """Lowest dose of a box; infinite without one."""
        return float(self.sums[MIN_GY])

    @property
    def max_gy(self) -> float:
        """Highest dose of a box."""
        return float(self.sums[MAX_GY])

    @property
    def core_gy(self) -> tuple[float, float]:
        """Lowest and highest dose of cells that are wholly covered."""
        return float(self.sums[CORE_MIN_GY]), float(self.sums[CORE_MAX_GY])

    @property
    def crossing_cc(self) -> float:
        """Volume that outlines bound twice or the wrong way round."""
        return float(self.sums[ODD_CC])

    def sharp(self) -> tuple[FloatArray, FloatArray]:
        """Doses and volumes of the point masses."""
        count = int(self.sums[SHARP])
        return self.sharp_gy[:count], self.sharp_cc[:count]

    def absorb(self, other: Accumulator) -> None:
        """Add what another has accumulated over the same knots."""
        self.ramps[:] += other.ramps
        for gray, volume_cc in zip(*other.sharp(), strict=True):
            add_point(self, gray, volume_cc)
        sharp = self.sums[SHARP]
        lows = np.minimum(self.sums, other.sums)[[MIN_GY, CORE_MIN_GY]]
        highs = np.maximum(self.sums, other.sums)[[MAX_GY, CORE_MAX_GY]]
        self.sums[:] += other.sums
        self.sums[[MIN_GY, CORE_MIN_GY]], self.sums[[MAX_GY, CORE_MAX_GY]], self.sums[SHARP] = lows, highs, sharp


def curve_points(parts: Sequence[Accumulator], bounds_gy: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Dose and volume of the cumulative curve of what one or more accumulators hold over the same knots.

    Parameters
    ----------
    parts : sequence of Accumulator
    bounds_gy : tuple of float
        Lowest and highest dose of the whole; what was spread beyond them lies at them.

    Returns
    -------
    dose_gy, volume_cc : ndarray, shape (n,)
        As in `DoseVolumeCurve`: exact at the knots, and at every dose that a volume has exactly; linear in between.
    """
    ramps = parts[0].ramps if len(parts) == 1 else np.add(parts[0].ramps, parts[1].ramps)
    for part in parts[2:]:
        ramps += part.ramps
    sharp_gy, sharp_cc = (np.concatenate(one) for one in zip(*(part.sharp() for part in parts), strict=True))
    if len(sharp_gy) > 1:
        sharp_gy, inverse = np.unique(sharp_gy, return_inverse=True)
        sharp_cc = np.bincount(inverse, sharp_cc, len(sharp_gy))
    low, high = bounds_gy
    first = parts[0]
    dose, volume = _polyline(ramps, first.low_gy, first.step_gy, float(low), float(high), sharp_gy, sharp_cc)
    return np.asarray(dose), np.asarray(volume)


class Cells(NamedTuple):
    """The lattice, and where its columns and rows lie among the samples of an aligned grid.

    Attributes
    ----------
    corner_mm, spacing_mm : ndarray, shape (2,)
        Lower corner (u, v) and sides of a cell.
    column, row : ndarray, int64
        Sample below each column's (row's) centre; -1 outside the grid.
    column_share, row_share : ndarray
        How far on the way to the next sample.
    column_per_mm, row_per_mm : ndarray
        Samples per millimetre there.
    steep_gy : float
        A wholly covered cell that holds several samples and spans more is cut between them; infinite for none.
    """

    corner_mm: FloatArray
    spacing_mm: FloatArray
    column: NDArray[np.int64]
    column_share: FloatArray
    column_per_mm: FloatArray
    row: NDArray[np.int64]
    row_share: FloatArray
    row_per_mm: FloatArray
    steep_gy: float


@njit(nogil=True, cache=True, error_model="numpy")
def _polyline(ramps, low_gy, step_gy, least_gy, most_gy, sharp_gy, sharp_cc):  # type: ignore[no-untyped-def]
    """`curve_points` of summed ramps, and of point masses sorted by dose."""
    smooth = np.empty(ramps.shape[0] - 2)
    value = ramp = rise = 0.0
    for knot in range(len(smooth)):
        value += ramps[knot, 0]
        ramp += rise
        rise += ramps[knot, 1]
        smooth[knot] = value + ramp
    first = min(max(math.floor((least_gy - low_gy) / step_gy) + 1, 0), len(smooth))
    last = max(min(math.ceil((most_gy - low_gy) / step_gy), len(smooth)), first)
    room = last - first + 4 + 2 * len(sharp_gy)
    dose, below = np.empty(room), np.empty(room)
    count = point = 0
    points_cc = 0.0
    for node in range(last - first + 5):
        # The lowest dose, and all that was spread below it; knots; the highest dose, and all beyond; then only points.
        if node < 2:
            at_gy, at_cc = least_gy, 0.0 if node == 0 else _smooth_at(smooth, low_gy, step_gy, least_gy)
        elif node < last - first + 2:
            at_gy, at_cc = low_gy + (first + node - 2) * step_gy, smooth[first + node - 2]
        elif node == last - first + 2:
            at_gy, at_cc = most_gy, _smooth_at(smooth, low_gy, step_gy, most_gy)
        else:
            at_gy, at_cc = most_gy if node == last - first + 3 else np.inf, smooth[-1]
        while point < len(sharp_gy) and sharp_gy[point] < at_gy:
            within = min(max(sharp_gy[point], least_gy), most_gy)
            part = smooth[-1] if sharp_gy[point] >= most_gy else _smooth_at(smooth, low_gy, step_gy, within)
            part = 0.0 if sharp_gy[point] < least_gy else part
            dose[count], below[count] = sharp_gy[point], part + points_cc
            points_cc += sharp_cc[point]
            dose[count + 1], below[count + 1] = sharp_gy[point], part + points_cc
            count, point = count + 2, point + 1
        if at_gy < np.inf:
            dose[count], below[count] = at_gy, at_cc + points_cc
            count += 1
    return _volume_above(dose[:count], below[:count])


@njit(nogil=True, cache=True, error_model="numpy")
def _smooth_at(smooth, low_gy, step_gy, at_gy):  # type: ignore[no-untyped-def]
    """The volume below a dose, linear between knots."""
    position = min(max((at_gy - low_gy) / step_gy, 0.0), float(len(smooth) - 1))
    knot = min(int(position), max(len(smooth) - 2, 0))
    following = smooth[min(knot + 1, len(smooth) - 1)]
    return smooth[knot] + (position - knot) * (following - smooth[knot])


@njit(nogil=True, cache=True, error_model="numpy")
def _volume_above(dose, below):  # type: ignore[no-untyped-def]
    """Dose and volume of a curve from the volume below each dose, without flat ends."""
    highest = 0.0
    for index in range(len(below)):
        highest = max(highest, below[index])
        below[index] = highest
    first, last = 0, len(below) - 1
    while first < last and below[first + 1] <= 1e-12 * highest:
        first += 1
    while last > first and below[last - 1] >= highest * (1.0 - 1e-12):
        last -= 1
    volume = np.empty(last - first + 1)
    for index in range(first, last):
        volume[index - first] = highest - below[index]
    volume[last - first] = 0.0
    if first < last and volume[0] < highest:
        volume[0] = highest
    return dose[first : last + 1].copy(), volume


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def locate(position_mm, reach_mm, axis, at_mm):  # type: ignore[no-untyped-def]
    """Sample below a position (-1 outside), how far it is on the way to the next one, and samples per millimetre."""
    index, share, per_mm = -1, 0.0, 0.0
    count = len(position_mm)
    if reach_mm[axis, 0] <= at_mm <= reach_mm[axis, 1]:
        index = 0
        if count > 1:
            # Samples are nearly always equally spaced: the guess is right, or one off.
            mean = (position_mm[count - 1] - position_mm[0]) / (count - 1)
            index = min(max(int((at_mm - position_mm[0]) / mean), 0), count - 2)
            while index > 0 and at_mm < position_mm[index]:
                index -= 1
            while index < count - 2 and at_mm >= position_mm[index + 1]:
                index += 1
            per_mm = 1.0 / (position_mm[index + 1] - position_mm[index])
            share = min(max((at_mm - position_mm[index]) * per_mm, 0.0), 1.0)
    return index, share, per_mm


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _trilinear(gray, k, share_w, j, share_v, i, share_u):  # type: ignore[no-untyped-def]
    """Dose between eight samples, and its rise per sample along u, v and w."""
    k1, j1, i1 = min(k + 1, gray.shape[0] - 1), min(j + 1, gray.shape[1] - 1), min(i + 1, gray.shape[2] - 1)
    a, b, c, d = gray[k, j, i], gray[k, j, i1], gray[k, j1, i], gray[k, j1, i1]
    da, db, dc, dd = gray[k1, j, i] - a, gray[k1, j, i1] - b, gray[k1, j1, i] - c, gray[k1, j1, i1] - d
    rise_w = (1.0 - share_v) * (da + share_u * (db - da)) + share_v * (dc + share_u * (dd - dc))
    a, b, c, d = a + share_w * da, b + share_w * db, c + share_w * dc, d + share_w * dd
    rise_u = (1.0 - share_v) * (b - a) + share_v * (d - c)
    rise_v = (c - a) + share_u * ((d - c) - (b - a))
    value = (1.0 - share_v) * (a + share_u * (b - a)) + share_v * (c + share_u * (d - c))
    return value, rise_u, rise_v, rise_w


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def spread(ramps, begin, end, volume_cc):  # type: ignore[no-untyped-def]
    """Add a volume that lies evenly between two positions, in knots."""
    slope = volume_cc / (end - begin)
    knot = int(begin) + 1  # a ramp that begins on a knot adds nothing there
    ramps[knot, 0] += slope * (knot - begin)
    ramps[knot, 1] += slope
    knot = int(end) + 1
    ramps[knot, 0] -= slope * (knot - end)
    ramps[knot, 1] -= slope


@njit(nogil=True, cache=True, error_model="numpy")
def add_point(into, gray, volume_cc):  # type: ignore[no-untyped-def]
    """Add a volume at exactly one dose."""
    count = int(into.sums[SHARP])
    if count > 0 and into.sharp_gy[count - 1] == gray:
        into.sharp_cc[count - 1] += volume_cc
    elif count < MAX_SHARP:
        into.sharp_gy[count], into.sharp_cc[count] = gray, volume_cc
        into.sums[SHARP] += 1.0
    else:
        knots = into.ramps.shape[0] - 3
        begin = min(max((gray - into.low_gy) / into.step_gy - 0.5, 0.0), knots - 1.0)
        spread(into.ramps, begin, begin + 1.0, volume_cc)


@njit(nogil=True, cache=True, error_model="numpy")
def _samples_between(column_at, first, last):  # type: ignore[no-untyped-def]
    """The lowest and highest sample below a run of columns; -1 where none lies inside the grid."""
    low, high = -1, -1
    for column in range(first, last + 1):
        sample = column_at[column]
        if sample >= 0:
            low = sample if low < 0 else min(low, sample)
            high = max(high, sample)
    return low, high


@njit(nogil=True, cache=True, error_model="numpy")
def _fill_line(gray, k, share_w, j, share_v, first, line):  # type: ignore[no-untyped-def]
    """Dose along a row of cells at samples `first` and following, and its rise per sample along v and w."""
    k1, j1 = min(k + 1, gray.shape[0] - 1), min(j + 1, gray.shape[1] - 1)
    near, far, near_up, far_up = gray[k, j], gray[k, j1], gray[k1, j], gray[k1, j1]
    final = gray.shape[2] - 1
    for node in range(line.shape[1]):
        i = min(first + node, final)
        a, c = float(near[i]), float(far[i])
        da, dc = near_up[i] - a, far_up[i] - c
        low = a + share_w * da
        rise = c + share_w * dc - low
        line[0, node], line[1, node], line[2, node] = low + share_v * rise, rise, da + share_v * (dc - da)


@njit(nogil=True, cache=True, error_model="numpy")
def add_slab(covered, mean_u, mean_v, first_row, first_column, w_mm, height_mm, cells, dose, sign, into):  # type: ignore[no-untyped-def]  # noqa: PLR0912, PLR0915  one loop: each call would count references
    """Add one sub-layer: cells covered as `cover` found them, at a height, in boxes of a height.

    With `sign` -1 the volume is taken away.
    """
    side_u, side_v = cells.spacing_mm[0], cells.spacing_mm[1]
    corner_u, corner_v = cells.corner_mm[0], cells.corner_mm[1]
    cell_cc = sign * side_u * side_v * height_mm / 1000.0
    k, share_w, per_w = locate(dose.w_mm, dose.reach_mm, 2, w_mm)
    across_w = per_w * height_mm
    crosses = k >= 0 and (share_w - 0.5 * across_w < -1e-6 or share_w + 0.5 * across_w > 1.0 + 1e-6)
    aligned, gray_at, ramps, sums = dose.aligned, dose.gray, into.ramps, into.sums
    w_at, high_w = dose.w_mm, dose.reach_mm[2, 1]
    # Taken out of their tuples once: every time counts a reference.
    column_at, column_share, column_per_mm = cells.column, cells.column_share, cells.column_per_mm
    row_at, row_share, row_per_mm, steep_gy = cells.row, cells.row_share, cells.row_per_mm, cells.steep_gy
    low_gy, per_step, last = into.low_gy, 1.0 / into.step_gy, float(ramps.shape[0] - 3)
    high_gy = low_gy + last * into.step_gy
    edge_low, edge_high = (into.edge_gy[0] - low_gy) * per_step, (into.edge_gy[1] - low_gy) * per_step
    inside = dosed = outside = 0.0
    lowest, highest, core_low, core_high = np.inf, -np.inf, np.inf, -np.inf
    point_gy, point_cc = math.nan, 0.0  # a run of boxes of one dose, most often none
    first_sample, last_sample = _samples_between(column_at, first_column, first_column + covered.shape[1] - 2)
    line = np.empty((3, max(last_sample - first_sample + 2, 1)))
    for r in range(covered.shape[0]):
        j, share_v, across_v = row_at[first_row + r], row_share[first_row + r], row_per_mm[first_row + r]
        across_v *= side_v
        if aligned and k >= 0 and j >= 0 and first_sample >= 0:
            _fill_line(gray_at, k, share_w, j, share_v, first_sample, line)
        for c in range(covered.shape[1] - 1):
            part = covered[r, c]
            if part == 0.0:
                continue
            column = first_column + c
            whole = part >= 1.0
            off_u, off_v = (0.0, 0.0) if whole else (mean_u[r, c], mean_v[r, c])
            if aligned:
                i = column_at[column]
                if k < 0 or j < 0 or i < 0:
                    outside += part
                    continue
                # Samples along a cell; the dose is asked where the covered part lies.
                across_u = column_per_mm[column] * side_u
                at_u, at_v = column_share[column] + off_u * across_u, share_v + off_v * across_v
                node = i - first_sample
                rise_u, rise_v, rise_w = line[0, node + 1] - line[0, node], line[1, node], line[2, node]
                rise_v += at_u * (line[1, node + 1] - rise_v)
                rise_w += at_u * (line[2, node + 1] - rise_w)
                gray = line[0, node] + at_u * rise_u + off_v * across_v * rise_v
                rise_u, rise_v, rise_w = rise_u * across_u, rise_v * across_v, rise_w * across_w
                wide = across_u > 1.5 or across_v > 1.5
                if whole and (wide or crosses):
                    span = abs(rise_u) + abs(rise_v) + abs(rise_w)
                    if wide:
                        span = _span(gray_at, k, share_w, j + at_v, i + at_u, across_v, across_u) + abs(rise_w)
                    # Where a sample is unknown the span isn't a number: cut there too.
                    if not span <= (steep_gy if wide else FRAME_STEEPNESS * steep_gy):
                        found = _add_steep(
                            gray_at,
                            w_at,
                            high_w,
                            j + at_v,
                            i + at_u,
                            across_v,
                            across_u,
                            w_mm,
                            height_mm,
                            cell_cc,
                            ramps,
                            low_gy,
                            per_step,
                        )
                        inside += cell_cc - found[3]
                        outside += found[3] / cell_cc
                        dosed += found[0]
                        core_low, core_high = min(core_low, found[1]), max(core_high, found[2])
                        continue
            else:
                u_mm = corner_u + (column + 0.5 + off_u) * side_u
                v_mm = corner_v + (first_row + r + 0.5 + off_v) * side_v
                gray, rise_u, rise_v, rise_w = dose_at(dose, u_mm, v_mm, w_mm)
                rise_u, rise_v, rise_w = rise_u * side_u, rise_v * side_v, rise_w * height_mm
            if math.isnan(gray):
                outside += part
                continue
            inwards = rise_u * off_u + rise_v * off_v
            # A strip at one side of a cell, its centroid off by t, is 1 - 2 |t| wide.
            rise_u *= 1.0 - 2.0 * abs(off_u)
            rise_v *= 1.0 - 2.0 * abs(off_v)
            half = 0.5 * per_step * math.sqrt(rise_u * rise_u + rise_v * rise_v + rise_w * rise_w)
            gray = min(max(gray, low_gy), high_gy)
            volume_cc = part * cell_cc
            inside += volume_cc
            dosed += gray * volume_cc
            middle = (gray - low_gy) * per_step
            begin, end = max(middle - half, 0.0), min(middle + half, last)
            if whole:
                core_low, core_high = min(core_low, gray), max(core_high, gray)
            else:
                lowest, highest = min(lowest, gray), max(highest, gray)
                # Outwards, a cell at the edge may span more than there is in its covered part.
                if inwards >= 0.0 and middle >= edge_low:
                    begin = max(begin, edge_low)
                if inwards <= 0.0 and middle <= edge_high:
                    end = min(end, edge_high)
            if end - begin > SHARP_KNOTS:
                spread(ramps, begin, end, volume_cc)
            elif gray == point_gy:
                point_cc += volume_cc
            else:
                if point_cc != 0.0:
                    add_point(into, point_gy, point_cc)
                point_gy, point_cc = gray, volume_cc
    if point_cc != 0.0:
        add_point(into, point_gy, point_cc)
    sums[INSIDE_CC] += inside
    sums[DOSE_CC] += dosed
    sums[OUTSIDE_CC] += outside * cell_cc
    if sign > 0:
        lowest, highest = min(lowest, core_low), max(highest, core_high)
        sums[MIN_GY], sums[MAX_GY] = min(sums[MIN_GY], lowest), max(sums[MAX_GY], highest)
        sums[CORE_MIN_GY], sums[CORE_MAX_GY] = min(sums[CORE_MIN_GY], core_low), max(sums[CORE_MAX_GY], core_high)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _span(gray, k, share_w, at_v, at_u, across_v, across_u):  # type: ignore[no-untyped-def]
    """By how much the samples at a cell's corners differ; not a number where one is unknown."""
    j0, j1 = max(int(at_v - 0.5 * across_v + 0.5), 0), min(int(at_v + 0.5 * across_v + 0.5), gray.shape[1] - 1)
    i0, i1 = max(int(at_u - 0.5 * across_u + 0.5), 0), min(int(at_u + 0.5 * across_u + 0.5), gray.shape[2] - 1)
    near = k if share_w < 0.5 else min(k + 1, gray.shape[0] - 1)
    a, b, c, d = gray[near, j0, i0], gray[near, j0, i1], gray[near, j1, i0], gray[near, j1, i1]
    return math.nan if math.isnan(a + b + c + d) else max(a, b, c, d) - min(a, b, c, d)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _add_steep(  # type: ignore[no-untyped-def]
    gray_at, w_at, high_w, at_v, at_u, across_v, across_u, w_mm, height_mm, cell_cc, ramps, low_gy, per_step
):
    """Add a wholly covered box in parts that lie between the same dose samples: where it is steep, kinks matter.

    Returns its dose times volume, the lowest and highest dose of a part, and the volume of unknown dose.
    """
    last = float(ramps.shape[0] - 3)
    parts_v, parts_u = max(int(across_v + 0.5), 1), max(int(across_u + 0.5), 1)
    step_v, step_u = across_v / parts_v, across_u / parts_u
    sum_gy, least, most, unknown_cc = 0.0, np.inf, -np.inf, 0.0
    bottom, top = w_mm - 0.5 * height_mm, w_mm + 0.5 * height_mm
    frame, frames = 0, len(w_at)
    while frame < frames - 2 and w_at[frame + 1] <= bottom:
        frame += 1
    while top - bottom > 1e-9 * height_mm:
        stop_w = min(top, w_at[frame + 1]) if frame + 2 < frames else top
        part_mm = stop_w - bottom
        across_w = part_mm / (w_at[frame + 1] - w_at[frame]) if frames > 1 else 0.0
        at_w = min(0.5 * (bottom + stop_w), high_w) - w_at[frame]
        at_w = max(at_w / (w_at[frame + 1] - w_at[frame]), 0.0) if frames > 1 else 0.0
        part_cc = cell_cc * part_mm / height_mm / (parts_v * parts_u)
        for part_v in range(parts_v):
            v = max(at_v + (part_v + 0.5) * step_v - 0.5 * across_v, 0.0)
            row_at = min(int(v), gray_at.shape[1] - 1)
            for part_u in range(parts_u):
                u = max(at_u + (part_u + 0.5) * step_u - 0.5 * across_u, 0.0)
                column_at = min(int(u), gray_at.shape[2] - 1)
                part_gy, part_rise_u, part_rise_v, part_rise_w = _trilinear(
                    gray_at, frame, at_w, row_at, v - row_at, column_at, u - column_at
                )
                if math.isnan(part_gy):
                    unknown_cc += part_cc
                    continue
                rise = (part_rise_u * step_u) ** 2 + (part_rise_v * step_v) ** 2 + (part_rise_w * across_w) ** 2
                wide = max(0.5 * per_step * math.sqrt(rise), SHARP_KNOTS)
                centre = (part_gy - low_gy) * per_step
                sum_gy += part_gy * part_cc
                least, most = min(least, part_gy), max(most, part_gy)
                start = min(max(centre - wide, 0.0), last - SHARP_KNOTS)
                spread(ramps, start, max(min(centre + wide, last), start + SHARP_KNOTS), part_cc)
        bottom = stop_w
        frame = min(frame + 1, max(frames - 2, 0))
    return sum_gy, least, most, unknown_cc


@njit(nogil=True, cache=True, error_model="numpy")
def dose_at(dose, u_mm, v_mm, w_mm):  # type: ignore[no-untyped-def]
    """Dose at a point in the solid's coordinates (NaN: unknown), and its rise per millimetre along u, v, w."""
    turn = dose.rotation
    x_mm = turn[0, 0] * u_mm + turn[0, 1] * v_mm + turn[0, 2] * w_mm
    y_mm = turn[1, 0] * u_mm + turn[1, 1] * v_mm + turn[1, 2] * w_mm
    z_mm = turn[2, 0] * u_mm + turn[2, 1] * v_mm + turn[2, 2] * w_mm
    i, share_u, per_u = locate(dose.u_mm, dose.reach_mm, 0, x_mm)
    j, share_v, per_v = locate(dose.v_mm, dose.reach_mm, 1, y_mm)
    k, share_w, per_w = locate(dose.w_mm, dose.reach_mm, 2, z_mm)
    if i < 0 or j < 0 or k < 0:
        return math.nan, 0.0, 0.0, 0.0
    gray, x, y, z = _trilinear(dose.gray, k, share_w, j, share_v, i, share_u)
    x, y, z = x * per_u, y * per_v, z * per_w
    return (
        gray,
        turn[0, 0] * x + turn[1, 0] * y + turn[2, 0] * z,
        turn[0, 1] * x + turn[1, 1] * y + turn[2, 1] * z,
        turn[0, 2] * x + turn[1, 2] * y + turn[2, 2] * z,
    )


@njit(nogil=True, cache=True, error_model="numpy")
def add_prisms(points, ring_start, layer_start, layers, part_start, parts, is_cap, cells, dose, body, caps):  # type: ignore[no-untyped-def]
    """Add a run of layers as right prisms.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Corners of all outlines, in cells from the lattice's lower corner.
    ring_start, layer_start : ndarray
        As in `Rings`.
    layers : tuple of int
        First layer, and the one after the last.
    part_start : ndarray, shape (layers + 1,)
        Where in `parts` each layer starts.
    parts : ndarray, shape (parts, 3)
        Bottom and top in mm, and the number of sub-layers.
    is_cap : ndarray of bool, shape (parts,)
        Whether a part lies beyond the outermost contour.
    cells : Cells
    dose : DoseGrid
    body, caps : Accumulator
        What is added to.
    """
    room = 0
    for layer in range(layers[0], layers[1]):
        first, last = ring_start[layer_start[layer]], ring_start[layer_start[layer + 1]]
        _, _, columns, rows = window(points[first:last], cells)
        room = max(room, rows * (columns + 1))
    # The same memory for every layer: fresh pages cost more than clearing them.
    rooms = np.empty((3, room))
    for layer in range(layers[0], layers[1]):
        rings = ring_start[layer_start[layer] : layer_start[layer + 1] + 1]
        corners = points[rings[0] : rings[-1]].copy()
        first_column, first_row, columns, rows = window(corners, cells)
        for index in range(len(corners)):
            corners[index, 0] -= first_column
            corners[index, 1] -= first_row
        size = rows * (columns + 1)
        rooms[:, :size] = 0.0
        covered = rooms[0, :size].reshape(rows, columns + 1)
        mean_u, mean_v = rooms[1, :size].reshape(rows, columns + 1), rooms[2, :size].reshape(rows, columns + 1)
        odd = cover(corners, rings - rings[0], covered, mean_u, mean_v)
        for part in range(part_start[layer], part_start[layer + 1]):
            into = caps if is_cap[part] else body
            bottom, height = parts[part, 0], (parts[part, 1] - parts[part, 0]) / parts[part, 2]
            into.sums[ODD_CC] += (
                odd * cells.spacing_mm[0] * cells.spacing_mm[1] * (parts[part, 1] - parts[part, 0]) / 1000.0
            )
            for sub in range(int(parts[part, 2])):
                w_mm = bottom + (sub + 0.5) * height
                add_slab(covered, mean_u, mean_v, first_row, first_column, w_mm, height, cells, dose, 1.0, into)


@njit(nogil=True, cache=True, error_model="numpy")
def window(corners, cells):  # type: ignore[no-untyped-def]
    """First column and row of the cells that hold some corners, and how many there are."""
    low_u = low_v = np.inf
    high_u = high_v = -np.inf
    for index in range(len(corners)):
        low_u, high_u = min(low_u, corners[index, 0]), max(high_u, corners[index, 0])
        low_v, high_v = min(low_v, corners[index, 1]), max(high_v, corners[index, 1])
    last_column, last_row = len(cells.column) - 1, len(cells.row) - 1
    column, row = min(max(math.floor(low_u), 0), last_column), min(max(math.floor(low_v), 0), last_row)
    to_column = min(max(math.ceil(high_u), column + 1), last_column + 1)
    to_row = min(max(math.ceil(high_v), row + 1), last_row + 1)
    return column, row, to_column - column, to_row - row


@njit(nogil=True, cache=True, error_model="numpy")
def add_vertices(points_mm, ring_start, layer_start, part_start, parts, is_cap, plane_mm, dose, low_high):  # type: ignore[no-untyped-def]
    """Lowest and highest dose at the corners of outlines.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 2)
    plane_mm : ndarray, shape (layers,)
        Where the contours were drawn.
    low_high : ndarray, shape (3, 2)
        Widened: at the ends of the parts within the outermost contours, of those beyond, and on the contours' planes.
    """
    if not dose.aligned:
        _add_oblique_vertices(points_mm, ring_start, layer_start, part_start, parts, is_cap, plane_mm, dose, low_high)
        return
    u_at, v_at, reach, gray = dose.u_mm, dose.v_mm, dose.reach_mm, dose.gray
    most = 2 * max(np.max(part_start[1:] - part_start[:-1]), 1) + 1
    kind, frame, share = np.zeros(most, np.int64), np.zeros(most, np.int64), np.zeros(most)
    last_j, last_i = gray.shape[1] - 1, gray.shape[2] - 1
    per_u = last_i / (u_at[-1] - u_at[0]) if last_i > 0 else 0.0
    per_v = last_j / (v_at[-1] - v_at[0]) if last_j > 0 else 0.0
    for layer in range(len(layer_start) - 1):
        # Both ends of every part, then the contours' own plane.
        heights = 0
        for part in range(part_start[layer], part_start[layer + 1]):
            for end in range(2):
                kind[heights] = 1 if is_cap[part] else 0
                frame[heights], share[heights], _ = locate(dose.w_mm, reach, 2, parts[part, end])
                heights += 1
        kind[heights] = 2
        frame[heights], share[heights], _ = locate(dose.w_mm, reach, 2, plane_mm[layer])
        heights += 1
        for index in range(ring_start[layer_start[layer]], ring_start[layer_start[layer + 1]]):
            u_mm, v_mm = points_mm[index, 0], points_mm[index, 1]
            if not (reach[0, 0] <= u_mm <= reach[0, 1] and reach[1, 0] <= v_mm <= reach[1, 1]):
                continue
            i, share_u = _between(u_at, u_mm, per_u)
            j, share_v = _between(v_at, v_mm, per_v)
            # Beside a sample that the corner lies on, an unknown one doesn't matter.
            i1, j1 = i if share_u == 0.0 else i + 1, j if share_v == 0.0 else j + 1
            known, low, rise = -1, 0.0, 0.0
            for height in range(heights):
                k = frame[height]
                if k < 0:
                    continue
                if k != known:
                    k1 = min(k + 1, gray.shape[0] - 1)
                    a, b, c, d = gray[k, j, i], gray[k, j, i1], gray[k, j1, i], gray[k, j1, i1]
                    low = (1.0 - share_v) * (a + share_u * (b - a)) + share_v * (c + share_u * (d - c))
                    a, b, c, d = gray[k1, j, i], gray[k1, j, i1], gray[k1, j1, i], gray[k1, j1, i1]
                    rise = (1.0 - share_v) * (a + share_u * (b - a)) + share_v * (c + share_u * (d - c)) - low
                    known = k
                at_gy, row = low if share[height] == 0.0 else low + share[height] * rise, kind[height]
                if not math.isnan(at_gy):
                    low_high[row, 0] = min(low_high[row, 0], at_gy)
                    low_high[row, 1] = max(low_high[row, 1], at_gy)


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _between(position_mm, at_mm, per_mm):  # type: ignore[no-untyped-def]
    """Sample below a position within reach, and how far it is on the way to the next one."""
    last = len(position_mm) - 2
    if last < 0:
        return 0, 0.0
    index = min(max(int((at_mm - position_mm[0]) * per_mm), 0), last)
    while index > 0 and at_mm < position_mm[index]:
        index -= 1
    while index < last and at_mm >= position_mm[index + 1]:
        index += 1
    return index, min(max((at_mm - position_mm[index]) / (position_mm[index + 1] - position_mm[index]), 0.0), 1.0)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_oblique_vertices(points_mm, ring_start, layer_start, part_start, parts, is_cap, plane_mm, dose, low_high):  # type: ignore[no-untyped-def]
    """`add_vertices` in a dose grid whose axes aren't the solid's."""
    for layer in range(len(layer_start) - 1):
        for index in range(ring_start[layer_start[layer]], ring_start[layer_start[layer + 1]]):
            u_mm, v_mm = points_mm[index, 0], points_mm[index, 1]
            for part in range(part_start[layer], part_start[layer + 1]):
                for end in range(2):
                    _widen(dose_at(dose, u_mm, v_mm, parts[part, end])[0], 1 if is_cap[part] else 0, low_high)
            _widen(dose_at(dose, u_mm, v_mm, plane_mm[layer])[0], 2, low_high)


@njit(nogil=True, cache=True, error_model="numpy")
def _widen(gray, kind, low_high):  # type: ignore[no-untyped-def]
    if not math.isnan(gray):
        low_high[kind, 0], low_high[kind, 1] = min(low_high[kind, 0], gray), max(low_high[kind, 1], gray)
