"""How a reconstruction is cut into slabs, and whether machine and disk can hold it: known before it starts."""

from __future__ import annotations

import bisect
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from vitsci_viz.errors import InputError, OutputError

MOST_ROWS = 64
"""Rows of a slab at the most: more do not make the inner loops faster."""
SHARE = 0.5
"""Of the memory that is free, taken where no bound is given."""
PYRAMID = 8 / 7
"""What the coarser levels add to a volume."""


@dataclass(frozen=True, kw_only=True)
class SlabPlan:
    """What a reconstruction needs.

    Parameters
    ----------
    rows : int
        Detector rows, after binning, of one slab.
    slabs : int
        How many.
    memory_bytes : int
        Planned at the peak.
    disk_bytes : int
        Of the volume, uncompressed, with its pyramid.
    """

    rows: int
    slabs: int
    memory_bytes: int
    disk_bytes: int


def plan_slabs(
    needed: Callable[[int], int], *, slices: int, side: int, stored_bytes: int, memory: int | None
) -> SlabPlan:
    """Choose the height of slabs.

    Parameters
    ----------
    needed : callable
        Memory in bytes that slabs of so many slices take; more slices take more.
    slices : int
        To make.
    side : int
        Of the square slices.
    stored_bytes : int
        Of one voxel of the volume.
    memory : int, optional
        Bound in bytes; default a share of what is free.

    Raises
    ------
    InputError
        Not even one slice fits.
    """
    bound = int(psutil.virtual_memory().available * SHARE) if memory is None else memory
    heights = range(1, min(MOST_ROWS, slices) + 1)
    height = bisect.bisect_right(heights, bound, key=needed)
    if not height:
        raise InputError(
            f"one slice of {side:,} x {side:,} needs {size_text(needed(1))}, and {size_text(bound)} may be used: "
            "allow more with --memory, or take fewer pixels with --bin"
        )
    if height < slices:
        height = 1 << (height.bit_length() - 1)  # so that slabs fill whole chunks
    return SlabPlan(
        rows=height, slabs=-(-slices // height), memory_bytes=needed(height),
        disk_bytes=int(slices * side * side * stored_bytes * PYRAMID),
    )  # fmt: skip


def check_disk(place: Path, needed: int) -> None:
    """Say before any work is done that a volume does not fit.

    Raises
    ------
    OutputError
        Less is free than may be needed.
    """
    free = shutil.disk_usage(place.absolute().parent).free
    if needed > free:
        folder = place.absolute().parent
        raise OutputError(
            f"{place.name} may need {size_text(needed)}, and {size_text(free)} are free in {folder}: make room, write "
            "to another disk, or take --bin, --rows or --store uint16"
        )


def binned(lines: np.ndarray, binning: int) -> np.ndarray:
    """Average line integrals (angle, row, column) over blocks of rows and columns; what is left over is cut off."""
    if binning == 1:
        return lines
    views, rows, columns = lines.shape
    cut = lines[:, : rows // binning * binning, : columns // binning * binning]
    blocks = cut.reshape(views, rows // binning, binning, columns // binning, binning)
    return blocks.mean(axis=(2, 4), dtype=np.float32)


def binned_centre(centre: float, binning: int) -> float:
    """Return where the axis falls on binned columns.

    >>> binned_centre(0.5, 2)
    0.0
    """
    return (centre + 0.5) / binning - 0.5


def size_text(count: int) -> str:
    """Write a number of bytes in MiB or GiB."""
    return f"{count / 2**30:.2f} GiB" if count >= 2**28 else f"{count / 2**20:.1f} MiB"
