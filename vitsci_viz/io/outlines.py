"""Exact outlines of labelled areas along the edges of their pixels, collected band by band.

A rectilinear area is known by the corners of its outline: along every line of the lattice they pair up, first with
second, third with fourth, to its edges. So one pass over the pixels keeps the corners alone, and everything after it
works on them: memory goes with the outline, not with the image.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError

Array = NDArray[Any]

MOST_CORNERS = 20_000_000
"""More would be gigabytes of text that no program opens."""
_LEFT, _UP, _INSIDE = 1, 2, 4
"""A corner's edges run left (else right) and up (else down); the pixel right below it belongs to the area."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Area:
    """One connected area: pixels of one class that share edges.

    Parameters
    ----------
    label : int
        Its class.
    rings : tuple of (n, 2) int32
        Corners as x, y in pixels, (0, 0) being the upper left corner of the first pixel; the last corner is the first
        again. First the outer ring, counter-clockwise in a plane whose y points up, then the holes, clockwise.
    """

    label: int
    rings: tuple[NDArray[np.int32], ...]


def outline(bands: Iterable[Array], width: int) -> Iterator[Area]:
    """Find the outlines of every class but 0.

    Parameters
    ----------
    bands : iterable of (rows, width) uint8
        The labels from the first row to the last.
    width : int
        Pixels of a row.

    Yields
    ------
    Area
        By class, then in the order of their first pixels.

    Raises
    ------
    InputError
        The labels are so ragged that there are more than `MOST_CORNERS` corners.
    """
    corners = _corners(bands, width)
    if len(corners) == 0:
        return
    partner = _vertical_partners(corners)
    start, members = _trace(partner)
    firsts = members[start[:-1]]
    is_outer = (corners["flags"][firsts] & _INSIDE) > 0
    outer_of = _outer_rings(corners, partner, start, members, is_outer)
    holes = np.flatnonzero(~is_outer)
    holes = holes[np.argsort(outer_of[holes], kind="stable")]
    ends = np.searchsorted(outer_of[holes], np.arange(len(is_outer) + 1))
    points = np.stack([corners["x"], corners["y"]], axis=1)
    for ring in np.flatnonzero(is_outer):
        own = holes[ends[ring] : ends[ring + 1]]
        inner = (_closed(points, members[start[hole] : start[hole + 1]][::-1]) for hole in own)
        rings = (_closed(points, members[start[ring] : start[ring + 1]]), *inner)
        yield Area(label=int(corners["label"][firsts[ring]]), rings=rings)


def _closed(points: NDArray[np.int32], members: NDArray[np.int64]) -> NDArray[np.int32]:
    return points[np.append(members, members[0])]


_CORNER = np.dtype([("label", np.uint8), ("flags", np.uint8), ("y", np.int32), ("x", np.int32)])


def _corners(bands: Iterable[Array], width: int) -> Array:
    """Collect the corners of every class, ordered by class, row and column.

    Neighbours in this order, first with second, are the ends of a horizontal edge.
    """
    above = np.zeros(width, np.uint8)
    parts: list[Array] = []
    top, count = 0, 0

    def collect(rows: Array) -> None:
        nonlocal count
        parts.append(_found(above, rows, top))
        count += len(parts[-1])
        if count > MOST_CORNERS:
            raise InputError(
                f"polygons must have at most {MOST_CORNERS:,} corners, these labels have more: write them as .tif or "
                ".ome.zarr"
            )

    for band in bands:
        collect(np.ascontiguousarray(band))
        above, top = np.array(band[-1]), top + len(band)
    collect(np.zeros((1, width), np.uint8))
    found = np.concatenate(parts)
    return found[np.argsort(found["label"], kind="stable")]


def _found(above: Array, rows: Array, top: int) -> Array:
    """Return the corners on the upper edges of some rows, by row and column."""
    room = np.empty(max(2**16, 4 * (rows.shape[1] + 1)), _CORNER)
    parts, row = [], 0
    while row < len(rows):
        count, row = _scan(above, rows, row, top, room)
        parts.append(room[:count].copy())
    return np.concatenate(parts)


@numba.njit(cache=True, nogil=True)
def _scan(above: Array, rows: Array, row: int, top: int, room: Array) -> tuple[int, int]:
    """Write the corners of rows until the room may not hold those of one more; return how many, and the next row."""
    width, count = rows.shape[1], 0
    while row < len(rows) and count + 4 * (width + 1) <= len(room):
        upper, lower = above if row == 0 else rows[row - 1], rows[row]
        nw, sw = np.uint8(0), np.uint8(0)
        for x in range(width + 1):
            ne, se = np.uint8(0), np.uint8(0)
            if x < width:
                ne, se = upper[x], lower[x]
            if (nw == sw and ne == se) or (nw == ne and sw == se):  # no corner of any class
                nw, sw = ne, se
                continue
            for k in range(4):
                label = (nw, ne, sw, se)[k]
                if label == 0 or (k > 0 and label == nw) or (k > 1 and label == ne) or (k > 2 and label == sw):
                    continue
                a, b, c, d = nw == label, ne == label, sw == label, se == label
                left, up = a != c, a != b
                if left != (b != d) and up != (c != d):
                    flags = left * _LEFT + up * _UP + d * _INSIDE
                    count = _put(room, count, label, flags, top + row, x)
                elif left and up and b != d and c != d:  # two pixels that touch at this corner only: two outlines
                    first = _LEFT + a * _UP + d * _INSIDE
                    count = _put(room, count, label, first, top + row, x)
                    count = _put(room, count, label, (not a) * _UP + d * _INSIDE, top + row, x)
            nw, sw = ne, se
        row += 1
    return count, row


@numba.njit(cache=True, nogil=True)
def _put(room: Array, count: int, label: int, flags: int, y: int, x: int) -> int:
    room[count].label, room[count].flags, room[count].y, room[count].x = label, flags, y, x
    return count + 1


def _vertical_partners(corners: Array) -> NDArray[np.int64]:
    """Return the corner at the other end of each corner's vertical edge."""
    is_lower = (corners["flags"] & _UP) == 0
    order = np.lexsort((is_lower, corners["y"], corners["x"], corners["label"]))
    partner = np.empty(len(corners), np.int64)
    partner[order[0::2]], partner[order[1::2]] = order[1::2], order[0::2]
    return partner


@numba.njit(cache=True, nogil=True)
def _trace(partner: Array) -> tuple[Array, Array]:
    """Walk along horizontal and vertical edges in turn: the rings, each from its first corner to the right.

    Returns
    -------
    start : (rings + 1,) int64
        Where each ring begins in `members`.
    members : (n,) int64
        Corners in the order of the walk.
    """
    count = len(partner)
    members, start = np.empty(count, np.int64), np.empty(count // 4 + 2, np.int64)
    seen = np.zeros(count, np.bool_)
    done, rings = 0, 0
    for first in range(count):
        if seen[first]:
            continue
        start[rings] = done
        rings += 1
        at = first
        while not seen[at]:
            across = at ^ 1
            seen[at], seen[across] = True, True
            members[done], members[done + 1] = at, across
            done += 2
            at = partner[across]
    start[rings] = done
    return start[: rings + 1].copy(), members


def _outer_rings(corners: Array, partner: Array, start: Array, members: Array, is_outer: Array) -> NDArray[np.int64]:
    """Return the outer ring around each hole, and of each outer ring itself.

    From the first corner of a hole the area goes on to the left, until an edge of its outer ring or of another of its
    holes, which has begun before.
    """
    ring_of = np.empty(len(corners), np.int64)
    ring_of[members] = np.repeat(np.arange(len(is_outer)), np.diff(start))
    upper = np.flatnonzero((corners["flags"] & _UP) == 0)  # in the order of rows
    firsts = members[start[:-1]]
    found = np.arange(len(is_outer))
    for label in np.unique(corners["label"]):
        edges = upper[corners["label"][upper] == label]
        holes = np.flatnonzero(~is_outer & (corners["label"][firsts] == label))
        _find_outer(corners["x"], corners["y"], partner, ring_of, edges, holes, firsts, is_outer, found)
    return found


@numba.njit(cache=True, nogil=True)
def _find_outer(
    x: Array, y: Array, partner: Array, ring_of: Array, edges: Array, holes: Array, firsts: Array, is_outer: Array,
    found: Array,
) -> None:  # fmt: skip
    """Sweep down over the vertical edges of one class; rows end where the edge at a column ends."""
    width = 1
    for edge in edges:
        width = max(width, x[edge] + 1)
    below, ring_at = np.full(width, -1, np.int64), np.zeros(width, np.int64)
    following = 0
    for hole in holes:
        row, column = y[firsts[hole]], x[firsts[hole]]
        while following < len(edges) and y[edges[following]] <= row:
            edge = edges[following]
            below[x[edge]], ring_at[x[edge]] = y[partner[edge]], ring_of[edge]
            following += 1
        column -= 1
        while below[column] <= row:
            column -= 1
        ring = ring_at[column]
        found[hole] = ring if is_outer[ring] else found[ring]
