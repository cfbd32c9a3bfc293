"""The solid between contours by shape-based interpolation, sub-layer by sub-layer.

On the nodes of a lattice every contour plane has a level function that is negative inside,

    f = d (d + 2 r),

with the signed distance `d` to the outlines (negative inside) and the inner radius `r` of the plane's largest outline.
Between two planes `f` follows a monotone cubic in z [1]_, its slopes taken from the parabola through neighbouring
planes; the solid is where `f < 0`. Signed distances interpolated linearly [2]_ make cones of domes: their poles lose a
third of the last slice. `f` of a circle is ``x**2 + y**2 - r**2``, so that spheres, cones, cylinders along and across
the slices, and ellipsoids are followed where three planes tell, to second order. Branches need no matching: where one
outline becomes two, so does the set.

References
----------
.. [1] Fritsch FN, Carlson RE. Monotone piecewise cubic interpolation. SIAM J Numer Anal 1980;17:238-246.
.. [2] Raya SP, Udupa JK. Shape-based interpolation of multidimensional objects. IEEE Trans Med Imaging 1990;9:32-42.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from rtcheck.sampling import add_slab, window
from rtcheck.voxelise import cover

#: Every gap between two planes is cut into at least this many sub-layers.
MIN_SUBLAYERS = 2
#: A level is shifted to its plane's exact area by no more than this share of a cell.
MAX_SHIFT = 0.3


@njit(nogil=True, cache=True, error_model="numpy")
def _add_sublayer(covered, mean_u, mean_v, row, column, w_mm, height_mm, cells, dose, sign, into):  # type: ignore[no-untyped-def]
    """Add a sub-layer, cut where an aligned dose ends, so that none is half outside."""
    bottom, top = w_mm - 0.5 * height_mm, w_mm + 0.5 * height_mm
    cuts = dose.cut_mm
    for part in range(len(cuts) + 1):
        stop = top if part == len(cuts) else min(top, cuts[part])
        if stop > bottom:
            middle = 0.5 * (bottom + stop)
            add_slab(covered, mean_u, mean_v, row, column, middle, stop - bottom, cells, dose, sign, into)
            bottom = stop


@njit(nogil=True, cache=True, error_model="numpy")
def add_interpolated(points, ring_start, layer_start, plane_mm, linked, border_mm, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Add what lies between linked planes, or what it differs by from right prisms.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Corners of all outlines, in cells from the lattice's lower corner.
    ring_start, layer_start : ndarray
        As in `Rings`.
    plane_mm : ndarray, shape (layers,)
        Height of each plane.
    linked : ndarray of bool, shape (layers,)
        Whether a plane is connected to the next one.
    border_mm : ndarray, shape (layers,) or (0,)
        Height up to which each plane's prism reaches: with these, the prisms are taken away again, and the columns of
        cells inside both are left out. Empty for the whole solid.
    height_mm : float
        Sub-layers are no higher.
    cells : Cells
    dose : DoseGrid
    into : Accumulator
    """
    count = len(plane_mm)
    windows = _windows(points, ring_start, layer_start, linked, cells)
    nothing = np.zeros((0, 0))
    previous = nothing
    here, _, prism_here = _level(points, ring_start, layer_start, 0, windows[0], cells)
    following, prism_following = nothing, prism_here
    if count > 1:
        following, _, prism_following = _level(points, ring_start, layer_start, 1, windows[1], cells)
    for plane in range(count - 1):
        after, prism_after = nothing, prism_following
        if plane + 2 < count:
            after, _, prism_after = _level(points, ring_start, layer_start, plane + 2, windows[plane + 2], cells)
        gap = plane_mm[plane + 1] - plane_mm[plane]
        if linked[plane] and gap > 0.0:
            low = plane_mm[plane] - plane_mm[plane - 1] if plane > 0 and linked[plane - 1] else 0.0
            high = plane_mm[plane + 2] - plane_mm[plane + 1] if plane + 2 < count and linked[plane + 1] else 0.0
            slab = _slab(previous, here, following, after, windows, plane, low, gap, high)
            if len(border_mm) == 0:
                _add_columns(slab, plane_mm[plane], gap, height_mm, cells, dose, into)
            else:
                border = border_mm[plane]
                _take_prism(slab, prism_here, windows, plane, plane_mm[plane], border, height_mm, cells, dose, into)
                top = plane_mm[plane + 1]
                _take_prism(slab, prism_following, windows, plane + 1, border, top, height_mm, cells, dose, into)
            _add_changing(slab, plane_mm[plane], gap, height_mm, cells, dose, into)
        previous, here, following = here, following, after
        prism_here, prism_following = prism_following, prism_after


@njit(nogil=True, cache=True, error_model="numpy")
def add_domes(points, ring_start, layer_start, domes, dome_layer, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Add domes on the outermost planes: an ellipse's profile, ``f + r**2 t**2`` at the share `t` of their height.

    Parameters
    ----------
    domes : ndarray, shape (domes, 2)
        Heights of foot and top in mm.
    dome_layer : ndarray, shape (domes,)
        Whose outlines they stand on.
    points, ring_start, layer_start, height_mm, cells, dose, into
        As for `add_interpolated`.
    """
    for dome in range(len(domes)):
        layer = dome_layer[dome]
        rings = ring_start[layer_start[layer] : layer_start[layer + 1] + 1]
        first_column, first_row, columns, rows = window(points[rings[0] : rings[-1]], cells)
        frame = np.array([first_column, first_row, columns, rows])
        level, radius, _ = _level(points, ring_start, layer_start, layer, frame, cells)
        rise = domes[dome, 1] - domes[dome, 0]
        subs = _sublayers(abs(rise), height_mm)
        value = np.empty(level.shape)
        for sub in range(subs):
            t = (sub + 0.5) / subs
            for r in range(level.shape[0]):
                for c in range(level.shape[1]):
                    # The mean of t**2 over the sub-layer.
                    value[r, c] = level[r, c] + radius * radius * (t * t + 1.0 / (12.0 * subs * subs))
            _add_level(value, frame, domes[dome, 0] + t * rise, abs(rise) / subs, cells, dose, into)


@njit(nogil=True, cache=True, error_model="numpy")
def _windows(points, ring_start, layer_start, linked, cells):  # type: ignore[no-untyped-def]
    """Cells (first column and row, columns, rows) that hold each plane's outlines and those of the planes linked."""
    count = len(layer_start) - 1
    own = np.zeros((count, 4), np.int64)
    for plane in range(count):
        first, last = ring_start[layer_start[plane]], ring_start[layer_start[plane + 1]]
        own[plane, 0], own[plane, 1], own[plane, 2], own[plane, 3] = window(points[first:last], cells)
    joined = own.copy()
    for plane in range(count):
        if plane > 0 and linked[plane - 1]:
            _join(joined, plane, own, plane - 1)
        if plane + 1 < count and linked[plane]:
            _join(joined, plane, own, plane + 1)
    return joined


@njit(nogil=True, cache=True, error_model="numpy")
def _join(joined, plane, own, other):  # type: ignore[no-untyped-def]
    """Widen the window of one plane to hold that of another."""
    for axis in range(2):
        end = max(joined[plane, axis] + joined[plane, axis + 2], own[other, axis] + own[other, axis + 2])
        joined[plane, axis] = min(joined[plane, axis], own[other, axis])
        joined[plane, axis + 2] = end - joined[plane, axis]


@njit(nogil=True, cache=True, error_model="numpy")
def _level(points, ring_start, layer_start, plane, frame, cells):  # type: ignore[no-untyped-def]
    """The level function of one plane on a window's nodes, the inner radius of its outlines, and their coverage."""
    rings = ring_start[layer_start[plane] : layer_start[plane + 1] + 1]
    edges = _edges(points, rings, frame, cells.spacing_mm)
    distance = _signed_distance(edges, frame[3] + 1, frame[2] + 1, cells.spacing_mm)
    prism = _prism(points, ring_start, layer_start, plane, frame)
    area = 0.0
    for r in range(frame[3]):
        for c in range(frame[2]):
            area += prism[0][r, c]
    area *= cells.spacing_mm[0] * cells.spacing_mm[1]
    perimeter = 0.0
    for edge in range(len(edges)):
        perimeter += math.hypot(edges[edge, 2], edges[edge, 3])
    radius = area / perimeter
    for r in range(distance.shape[0]):
        for c in range(distance.shape[1]):
            radius = max(radius, -distance[r, c])
    level = np.empty(distance.shape)
    _square(distance, 0.0, radius, level)
    # Corners cut by straight pieces cost area; the exact area of the plane is known.
    shift = 0.0
    for _ in range(2):
        step = (_area(level, cells.spacing_mm) - area) / perimeter
        if abs(shift + step) > MAX_SHIFT * cells.spacing_mm[0] or abs(step) < 1e-3 * cells.spacing_mm[0]:
            break
        shift += step
        _square(distance, shift, radius, level)
    return level, radius, prism


@njit(nogil=True, cache=True, error_model="numpy")
def _square(distance, shift, radius, level):  # type: ignore[no-untyped-def]
    """Fill `level` with ``d (d + 2 r)`` of the shifted distances."""
    for r in range(distance.shape[0]):
        for c in range(distance.shape[1]):
            d = distance[r, c] + shift
            level[r, c] = d * (d + 2.0 * radius)


@njit(nogil=True, cache=True, error_model="numpy")
def _edges(points, rings, frame, spacing_mm):  # type: ignore[no-untyped-def]
    """Start (x, y), step (x, y), 1 / length**2 and end (y) of every edge, in mm from the window's corner; shape (n, 6).

    The end is kept: start plus step may miss the next edge's start by a rounding error, and a row of nodes in between.
    """
    edges = np.zeros((rings[-1] - rings[0], 6))
    count = 0
    for ring in range(len(rings) - 1):
        first, last = rings[ring], rings[ring + 1]
        x0, y0 = (points[last - 1, 0] - frame[0]) * spacing_mm[0], (points[last - 1, 1] - frame[1]) * spacing_mm[1]
        for index in range(first, last):
            x1, y1 = (points[index, 0] - frame[0]) * spacing_mm[0], (points[index, 1] - frame[1]) * spacing_mm[1]
            dx, dy = x1 - x0, y1 - y0
            squared = dx * dx + dy * dy
            if squared > 0.0:
                edges[count, 0], edges[count, 1], edges[count, 2], edges[count, 3] = x0, y0, dx, dy
                edges[count, 4], edges[count, 5] = 1.0 / squared, y1
                count += 1
            x0, y0 = x1, y1
    return edges[:count]


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _squared_distance(edges, edge, x, y):  # type: ignore[no-untyped-def]
    """Squared distance of a point from one edge."""
    px, py = x - edges[edge, 0], y - edges[edge, 1]
    dx, dy = edges[edge, 2], edges[edge, 3]
    t = min(max((px * dx + py * dy) * edges[edge, 4], 0.0), 1.0)
    px, py = px - t * dx, py - t * dy
    return px * px + py * py


@njit(nogil=True, cache=True, error_model="numpy")
def _signed_distance(edges, rows, columns, spacing_mm):  # type: ignore[no-untyped-def]
    """Distance of every node from the nearest edge, negative inside (even-odd); shape (rows, columns).

    Nodes around each edge are measured; from there the nearest edge's number is handed on in sweeps, and each node
    measures to the edges that its neighbours offer.
    """
    squared = np.full((rows, columns), np.inf)
    nearest = np.full((rows, columns), -1, np.int32)
    inside = np.zeros((rows, columns), np.uint8)
    side_u, side_v = spacing_mm[0], spacing_mm[1]
    for edge in range(len(edges)):
        x, y, dx, dy = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
        first_column = max(math.floor(min(x, x + dx) / side_u), 0)
        last_column = min(math.ceil(max(x, x + dx) / side_u), columns - 1)
        first_row = max(math.floor(min(y, y + dy) / side_v), 0)
        last_row = min(math.ceil(max(y, y + dy) / side_v), rows - 1)
        for row in range(first_row, last_row + 1):
            at = row * side_v
            if (y <= at) != (edges[edge, 5] <= at):
                # Nodes to the right of a crossing change sides.
                column = math.floor((x + (at - y) / dy * dx) / side_u) + 1
                if column < columns:
                    inside[row, max(column, 0)] ^= 1
            for column in range(first_column, last_column + 1):
                found = _squared_distance(edges, edge, column * side_u, at)
                if found < squared[row, column]:
                    squared[row, column] = found
                    nearest[row, column] = edge
    _sweep(edges, squared, nearest, side_u, side_v)
    for row in range(rows):
        within = 0
        for column in range(columns):
            within ^= inside[row, column]
            root = math.sqrt(squared[row, column])
            squared[row, column] = -root if within else root
    return squared


@njit(nogil=True, cache=True, error_model="numpy")
def _sweep(edges, squared, nearest, side_u, side_v):  # type: ignore[no-untyped-def]
    """Hand the nearest edge on: down and up the rows, in each to the right and to the left."""
    rows, columns = squared.shape
    for turn in range(2):
        behind = -1 if turn == 0 else 1
        for number in range(rows):
            row = number if turn == 0 else rows - 1 - number
            y, first = row * side_v, number == 0
            for column in range(columns):
                best, own, x = squared[row, column], nearest[row, column], column * side_u
                edge = own if first else nearest[row + behind, column]
                if edge != own and edge >= 0:
                    found = _squared_distance(edges, edge, x, y)
                    if found < best:
                        best, own = found, edge
                edge = own if column == 0 else nearest[row, column - 1]
                if edge != own and edge >= 0:
                    found = _squared_distance(edges, edge, x, y)
                    if found < best:
                        best, own = found, edge
                squared[row, column], nearest[row, column] = best, own
            for column in range(columns - 2, -1, -1):
                edge, own = nearest[row, column + 1], nearest[row, column]
                if edge != own and edge >= 0:
                    found = _squared_distance(edges, edge, column * side_u, y)
                    if found < squared[row, column]:
                        squared[row, column], nearest[row, column] = found, edge


@njit(nogil=True, cache=True, error_model="numpy")
def _slab(before, here, following, after, windows, plane, low_mm, gap_mm, high_mm):  # type: ignore[no-untyped-def]
    """Levels at both planes of a gap and their limited slopes per gap, on the nodes that both planes' windows share.

    A neighbouring gap of 0 mm isn't there. Slopes are filled only where the sign changes around a node: elsewhere a
    monotone cubic changes nothing. Returns the window, `levels` of shape ``(rows, columns, 4)`` (start, end, both
    slopes), and for every cell whether it is outside (0), inside (1) or to be asked (2).
    """
    column = max(windows[plane, 0], windows[plane + 1, 0])
    row = max(windows[plane, 1], windows[plane + 1, 1])
    columns = min(windows[plane, 0] + windows[plane, 2], windows[plane + 1, 0] + windows[plane + 1, 2]) - column
    rows = min(windows[plane, 1] + windows[plane, 3], windows[plane + 1, 1] + windows[plane + 1, 3]) - row
    frame = np.array([column, row, columns, rows])
    levels = np.zeros((rows + 1, columns + 1, 4))
    state = np.zeros((rows, columns), np.uint8)
    asked = np.zeros((rows + 1, columns + 1), np.uint8)
    row_here, column_here = row - windows[plane, 1], column - windows[plane, 0]
    row_following, column_following = row - windows[plane + 1, 1], column - windows[plane + 1, 0]
    for r in range(rows + 1):
        for c in range(columns + 1):
            levels[r, c, 0] = here[r + row_here, c + column_here]
            levels[r, c, 1] = following[r + row_following, c + column_following]
    for r in range(rows):
        for c in range(columns):
            negative = 0
            for which in range(2):
                negative += (levels[r, c, which] < 0.0) + (levels[r, c + 1, which] < 0.0)
                negative += (levels[r + 1, c, which] < 0.0) + (levels[r + 1, c + 1, which] < 0.0)
            if negative == 8:
                state[r, c] = 1
            elif negative:
                state[r, c] = 2
                asked[r, c] = asked[r, c + 1] = asked[r + 1, c] = asked[r + 1, c + 1] = 1
    _add_slopes(levels, asked, before, after, frame, windows, plane, low_mm, gap_mm, high_mm)
    return frame, levels, state


@njit(nogil=True, cache=True, error_model="numpy")
def _add_slopes(levels, asked, before, after, frame, windows, plane, low_mm, gap_mm, high_mm):  # type: ignore[no-untyped-def]
    """Fill in the limited slopes per gap of the nodes that are asked."""
    row_before = column_before = row_after = column_after = 0
    if low_mm > 0.0:
        row_before, column_before = frame[1] - windows[plane - 1, 1], frame[0] - windows[plane - 1, 0]
    if high_mm > 0.0:
        row_after, column_after = frame[1] - windows[plane + 2, 1], frame[0] - windows[plane + 2, 0]
    for r in range(levels.shape[0]):
        for c in range(levels.shape[1]):
            if not asked[r, c]:
                continue
            a, b = levels[r, c, 0], levels[r, c, 1]
            secant = (b - a) / gap_mm
            bend_low = bend_high = math.nan  # second divided differences with the plane before, and after
            r0, c0, r3, c3 = r + row_before, c + column_before, r + row_after, c + column_after
            if low_mm > 0.0 and 0 <= r0 < before.shape[0] and 0 <= c0 < before.shape[1]:
                bend_low = (secant - (a - before[r0, c0]) / low_mm) / (low_mm + gap_mm)
            if high_mm > 0.0 and 0 <= r3 < after.shape[0] and 0 <= c3 < after.shape[1]:
                bend_high = ((after[r3, c3] - b) / high_mm - secant) / (high_mm + gap_mm)
            if math.isnan(bend_low):
                bend_low = 0.0 if math.isnan(bend_high) else bend_high
            if math.isnan(bend_high):
                bend_high = bend_low
            levels[r, c, 2] = _limited(secant - bend_low * gap_mm, secant) * gap_mm
            levels[r, c, 3] = _limited(secant + bend_high * gap_mm, secant) * gap_mm


@njit(nogil=True, cache=True, error_model="numpy", inline="always")
def _cubic(levels, r, c, h0, h1, h2, h3):  # type: ignore[no-untyped-def]
    """A node's level between two planes, from the weights of its ends and slopes."""
    return h0 * levels[r, c, 0] + h1 * levels[r, c, 1] + h2 * levels[r, c, 2] + h3 * levels[r, c, 3]


@njit(nogil=True, cache=True, error_model="numpy")
def _sublayers(gap_mm, height_mm):  # type: ignore[no-untyped-def]
    """Into how many sub-layers to cut a gap."""
    return max(math.ceil(gap_mm / height_mm - 1e-6), MIN_SUBLAYERS)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_columns(slab, bottom_mm, gap_mm, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Add the columns of cells that are inside from one plane to the next."""
    frame, _, state = slab
    rows, columns = state.shape
    covered, mean = np.zeros((rows, columns + 1)), np.zeros((rows, columns + 1))
    for r in range(rows):
        for c in range(columns):
            covered[r, c] = 1.0 if state[r, c] == 1 else 0.0
    subs = max(math.ceil(gap_mm / height_mm - 1e-6), 1)
    for sub in range(subs):
        w_mm = bottom_mm + (sub + 0.5) / subs * gap_mm
        _add_sublayer(covered, mean, mean, frame[1], frame[0], w_mm, gap_mm / subs, cells, dose, 1.0, into)


@njit(nogil=True, cache=True, error_model="numpy")
def _add_changing(slab, bottom_mm, gap_mm, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Add what is inside of the columns that the surface crosses, sub-layer by sub-layer."""
    frame, levels, state = slab
    rows, columns = state.shape
    shape = (rows, columns + 1)
    covered, mean_u, mean_v = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    subs = _sublayers(gap_mm, height_mm)
    for sub in range(subs):
        t = (sub + 0.5) / subs
        rest = 1.0 - t
        h0, h1, h2, h3 = (1.0 + 2.0 * t) * rest * rest, (3.0 - 2.0 * t) * t * t, t * rest * rest, -t * t * rest
        for r in range(rows):
            for c in range(columns):
                if state[r, c] == 2:
                    covered[r, c], mean_u[r, c], mean_v[r, c] = _below_zero(
                        _cubic(levels, r, c, h0, h1, h2, h3),
                        _cubic(levels, r, c + 1, h0, h1, h2, h3),
                        _cubic(levels, r + 1, c + 1, h0, h1, h2, h3),
                        _cubic(levels, r + 1, c, h0, h1, h2, h3),
                    )
        w_mm = bottom_mm + t * gap_mm
        _add_sublayer(covered, mean_u, mean_v, frame[1], frame[0], w_mm, gap_mm / subs, cells, dose, 1.0, into)


@njit(nogil=True, cache=True, error_model="numpy")
def _prism(points, ring_start, layer_start, plane, frame):  # type: ignore[no-untyped-def]
    """Coverage of a plane's own outlines in a window."""
    shape = (frame[3], frame[2] + 1)
    covered, mean_u, mean_v = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    rings = ring_start[layer_start[plane] : layer_start[plane + 1] + 1]
    corners = points[rings[0] : rings[-1]].copy()
    for index in range(len(corners)):
        corners[index, 0] -= frame[0]
        corners[index, 1] -= frame[1]
    cover(corners, rings - rings[0], covered, mean_u, mean_v)
    return covered, mean_u, mean_v


@njit(nogil=True, cache=True, error_model="numpy")
def _take_prism(slab, prism, windows, plane, bottom_mm, top_mm, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Take a plane's prism away, but for the columns that are inside from one plane to the next: these stay."""
    frame, _, state = slab
    rows, columns = state.shape
    row, column = frame[1] - windows[plane, 1], frame[0] - windows[plane, 0]
    covered, mean_u, mean_v = prism
    shape = (rows, columns + 1)
    part, part_u, part_v = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for r in range(rows):
        for c in range(columns):
            if state[r, c] != 1:
                part[r, c] = covered[r + row, c + column]
                part_u[r, c] = mean_u[r + row, c + column]
                part_v[r, c] = mean_v[r + row, c + column]
            else:
                # A corner between the nodes may still be cut off.
                part[r, c] = covered[r + row, c + column] - 1.0
    subs = max(math.ceil((top_mm - bottom_mm) / height_mm - 1e-6), 1)
    height = (top_mm - bottom_mm) / subs
    for sub in range(subs):
        w_mm = bottom_mm + (sub + 0.5) * height
        _add_sublayer(part, part_u, part_v, frame[1], frame[0], w_mm, height, cells, dose, -1.0, into)


@njit(nogil=True, cache=True, error_model="numpy")
def _limited(slope, secant):  # type: ignore[no-untyped-def]
    """A slope that keeps the cubic monotone: between 0 and 3 secants."""
    if secant == 0.0 or slope * secant <= 0.0:
        return 0.0
    return 3.0 * secant if abs(slope) > 3.0 * abs(secant) else slope


@njit(nogil=True, cache=True, error_model="numpy")
def _add_level(value, frame, w_mm, height_mm, cells, dose, into):  # type: ignore[no-untyped-def]
    """Add the sub-layer where a level function on nodes is negative."""
    rows, columns = frame[3], frame[2]
    covered, mean_u, mean_v = (
        np.zeros((rows, columns + 1)),
        np.zeros((rows, columns + 1)),
        np.zeros((rows, columns + 1)),
    )
    for r in range(rows):
        for c in range(columns):
            covered[r, c], mean_u[r, c], mean_v[r, c] = _below_zero(
                value[r, c], value[r, c + 1], value[r + 1, c + 1], value[r + 1, c]
            )
    _add_sublayer(covered, mean_u, mean_v, frame[1], frame[0], w_mm, height_mm, cells, dose, 1.0, into)


@njit(nogil=True, cache=True, error_model="numpy")
def _area(value, spacing_mm):  # type: ignore[no-untyped-def]
    """Area in square millimetres where a level function on nodes is negative."""
    total = 0.0
    for r in range(value.shape[0] - 1):
        for c in range(value.shape[1] - 1):
            total += _below_zero(value[r, c], value[r, c + 1], value[r + 1, c + 1], value[r + 1, c])[0]
    return total * spacing_mm[0] * spacing_mm[1]


@njit(nogil=True, cache=True, error_model="numpy")
def _below_zero(f0, f1, f2, f3):  # type: ignore[no-untyped-def]
    """Share of a cell where its corners' values (counter-clockwise from the lower left) say negative, and centroid.

    Between the corners the function is bilinear; its zero line may pass close by a corner on either side, and the share
    must not jump there.
    """
    if f0 < 0.0 and f1 < 0.0 and f2 < 0.0 and f3 < 0.0:
        return 1.0, 0.0, 0.0
    if f0 >= 0.0 and f1 >= 0.0 and f2 >= 0.0 and f3 >= 0.0:
        return 0.0, 0.0, 0.0
    area = u = v = 0.0
    # Along every row the function is linear; rows change kind where it is zero on the left or the right side.
    left = f0 / (f0 - f3) if (f0 < 0.0) != (f3 < 0.0) else 1.0
    right = f1 / (f1 - f2) if (f1 < 0.0) != (f2 < 0.0) else 1.0
    start = 0.0
    for piece in range(3):
        stop = min(left, right) if piece == 0 else max(left, right) if piece == 1 else 1.0
        width = stop - start
        if width <= 0.0:
            continue
        for node in range(3):
            weight = (4.0 if node == 1 else 2.5) / 9.0 * width
            y = start + (0.5 + 0.3872983346207417 * (node - 1)) * width
            a, b = f0 + (f3 - f0) * y, f1 + (f2 - f1) * y
            if a >= 0.0 and b >= 0.0:
                continue
            begin, end = 0.0, 1.0
            if a >= 0.0:
                begin = a / (a - b)
            elif b >= 0.0:
                end = a / (a - b)
            part = weight * (end - begin)
            area += part
            u += part * ((begin + end) / 2 - 0.5)
            v += part * (y - 0.5)
        start = stop
    if area <= 1e-12:
        return 0.0, 0.0, 0.0
    return area, u / area, v / area
