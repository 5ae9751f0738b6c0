"""Filtered back-projection of parallel-beam scans, many slices at a time."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.beam_kernels import GROUP, LANES, TILE, add_views
from vitsci_viz.reconstruction.filters import FilterName, filter_response, filter_views
from vitsci_viz.reconstruction.geometry import checked_scan, view_weights

Floats32 = NDArray[np.float32]
SLICES = 64
"""Slices that are computed together: enough to fill vector registers, few enough for the cache."""


def filtered_back_projection(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    centre: float | None = None,
    side: int | None = None,
    filter_name: FilterName = "ram-lak",
    radius: float = math.inf,
    threads: int = 1,
) -> Floats32:
    """Reconstruct slices from line integrals.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals of the attenuation; every detector row gives a slice.
    angles_rad : (angle,) float
        Over half a turn or more, in any order and distance.
    centre : float, optional
        Where the rotation axis falls, in detector pixels whose centres are at integers; default the middle.
    side : int, optional
        Of the square slices; default the detector's pixels.
    filter_name : str
        See `filter_response`.
    radius : float
        Pixels further from the axis are left at zero.
    threads : int
        Never change the answer.

    Returns
    -------
    (row, side, side) float32
        Attenuation in one over pixels; pixel (i, j) lies at x = j - (side - 1) / 2 and y = i - (side - 1) / 2 from the
        axis, and t = x cos(angle) + y sin(angle) + centre on the detector. Lines that miss the detector count as zero.

    Raises
    ------
    InputError
        Shapes do not fit, or the centre lies off the detector.

    References
    ----------
    Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, section 3.3.
    """
    angles, middle = checked_scan(sinograms, angles_rad, centre)
    views, rows, columns = sinograms.shape
    response, weights = filter_response(columns, filter_name), view_weights(angles)
    width = columns if side is None else side
    slices = np.empty((rows, width, width), np.float32)
    for first in range(0, rows, SLICES):
        part = _slices_together(sinograms[:, first : first + SLICES])
        filter_views(part[:views], response, weights, threads=threads)
        found = back_project(part, angles, centre=middle, side=width, radius=radius, threads=threads)
        count = min(SLICES, rows - first)
        slices[first : first + count] = found[:, :, :count].transpose(2, 0, 1)
    return slices


def back_project(
    views: Floats32,
    angles_rad: NDArray[np.floating],
    *,
    centre: float,
    side: int,
    radius: float = math.inf,
    threads: int = 1,
) -> Floats32:
    """Smear views back over slices.

    Parameters
    ----------
    views : (a, c, s) float32
        Slices lie together; a is the number of angles, filled up with zeros to a multiple of `GROUP`, and s one of
        `LANES`.
    angles_rad : (angle,) float
        Of the views, without those filled up.
    centre : float
        Of rotation, in detector pixels.
    side : int
        Of the square slices.
    radius : float
        Pixels further from the axis are left at zero.
    threads : int
        Each takes whole rows of tiles, so they never change the answer.

    Returns
    -------
    (side, side, s) float32
    """
    turns = np.zeros(len(views))
    turns[: len(angles_rad)] = angles_rad
    cosines, sines, places = np.cos(turns), np.sin(turns), np.arange(side) - (side - 1) / 2
    out = np.zeros((side, side, views.shape[2]), np.float32)

    def fill(top: int) -> None:
        part = slice(top, top + TILE)
        add_views(views, cosines, sines, float(centre), places[part], places, float(radius), out[part])

    with ThreadPoolExecutor(threads, thread_name_prefix="beams") as pool:
        list(pool.map(fill, range(0, side, TILE)))
    return out


def _slices_together(sinograms: NDArray[np.floating]) -> Floats32:
    """Return (angle, column, row) in float32, with views and rows of zeros up to whole groups and vectors."""
    views, rows, columns = sinograms.shape
    part = np.zeros((-(-views // GROUP) * GROUP, columns, -(-rows // LANES) * LANES), np.float32)
    part[:views, :, :rows] = sinograms.transpose(0, 2, 1)
    return part
