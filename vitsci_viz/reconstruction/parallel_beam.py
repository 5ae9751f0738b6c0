"""Filtered back-projection of parallel-beam scans, many slices at a time."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.beam_kernels import BEAMS, LANES, TILE, add_views
from vitsci_viz.reconstruction.filters import FilterName, filter_response, filter_views
from vitsci_viz.reconstruction.geometry import checked_scan, view_weights
from vitsci_viz.reconstruction.vector_lines import aligned_zeros

Floats32 = NDArray[np.float32]
SLICES = 64
"""Slices that are computed together: enough to fill vector registers, few enough for the cache."""
FILTERED = 8
"""Views that a thread arranges and filters at a time."""


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
    _, rows, columns = sinograms.shape
    response, weights = filter_response(columns, filter_name), view_weights(angles)
    width = columns if side is None else side
    slices = np.empty((rows, width, width), np.float32)
    for first in range(0, rows, SLICES):
        part = slice(first, first + SLICES)
        together = _filtered_together(sinograms[:, part], response, weights, threads)
        back_project(together, angles, centre=middle, side=width, radius=radius, threads=threads, out=slices[part])
    return slices


def back_project(
    views: Floats32,
    angles_rad: NDArray[np.floating],
    *,
    centre: float,
    side: int,
    radius: float = math.inf,
    threads: int = 1,
    out: Floats32 | None = None,
) -> Floats32:
    """Smear views back over slices.

    Parameters
    ----------
    views : (a, c, s) float32
        Slices lie together; a is the number of angles, filled up with zeros to a multiple of `BEAMS`, and s one of
        `LANES`. Faster where they begin at a line of the cache, as `aligned_zeros` do.
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
    out : (n, side, side) float32, optional
        Takes the first n of the s slices; default all, in an array of their own.

    Returns
    -------
    (side, side, n) float32
        A view of slices each of which is contiguous.
    """
    turns = np.zeros(len(views))
    turns[: len(angles_rad)] = angles_rad
    cosines, sines, places = np.cos(turns), np.sin(turns), np.arange(side) - (side - 1) / 2
    slices = np.empty((views.shape[2], side, side), np.float32) if out is None else out

    def fill(top: int) -> None:
        part = slice(top, top + TILE)
        add_views(views, cosines, sines, float(centre), places[part], places, float(radius), slices[:, part])

    with ThreadPoolExecutor(threads, thread_name_prefix="beams") as pool:
        list(pool.map(fill, range(0, side, TILE)))
    return slices.transpose(1, 2, 0)


def _filtered_together(
    sinograms: NDArray[np.floating], response: Floats32, weights: NDArray[np.float64], threads: int
) -> Floats32:
    """Return filtered (angle, column, row), with views and rows of zeros up to whole groups and vectors."""
    views, rows, columns = sinograms.shape
    together = aligned_zeros((-(-views // BEAMS) * BEAMS, columns, -(-rows // LANES) * LANES))

    def fill(first: int) -> None:
        part = slice(first, min(first + FILTERED, views))
        together[part, :, :rows] = sinograms[part].transpose(0, 2, 1)
        filter_views(together[part], response, weights[part])

    with ThreadPoolExecutor(threads, thread_name_prefix="filter") as pool:
        list(pool.map(fill, range(0, views, FILTERED)))
    return together
