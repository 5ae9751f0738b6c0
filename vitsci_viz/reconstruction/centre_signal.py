"""What is done to sinograms before their centre is measured: stripes out, edges faded, air recognised."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vitsci_viz.errors import InputError

Floats = NDArray[np.float64]
STRIPE_WIDTH = 9
"""Stripes are what a running median of so many detector pixels takes out of a mean view."""
STRETCHES = 6
"""Mean views of so many stretches of the scan are compared: a stripe is in all, an edge of the object in few."""
EDGE_PARTS = 64
"""The ends of a row are this part of it."""
EDGE_SHARE = 0.1
"""Line integrals at an end of the row that reach this share of the largest show an object wider than the detector."""
BLOCK = 8
"""Side of the blocks of line integrals whose means tell an object from noise."""
NOISE_RATIO = 3.0
"""Block means that vary more than so many times what noise alone explains show an object."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """How far line integrals vary, and how far noise alone would let them.

    Parameters
    ----------
    variation : float
        Standard deviation of the means of blocks of `BLOCK` views by `BLOCK` columns, or of the mean view's columns.
    noise : float
        What it would be for noise that differs from pixel to pixel.
    """

    variation: float
    noise: float

    @property
    def is_air(self) -> bool:
        """Nothing rises above the noise."""
        return not self.variation > NOISE_RATIO * self.noise


def without_stripes(sinograms: NDArray[np.floating]) -> NDArray[np.float32]:
    """Take out what is the same in every view and narrow on the detector: rings of the slice.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals.

    Returns
    -------
    (angle, row, column) float32

    Notes
    -----
    A stripe does not turn with the object, so that it pulls every measure of the centre towards its own mirror image.
    """
    views = np.asarray(sinograms, np.float32)
    columns = views.shape[2]
    means = np.stack(
        [part.mean(axis=0, dtype=np.float64) for part in np.array_split(views, min(STRETCHES, len(views)))]
    )
    width = min(STRIPE_WIDTH, 2 * ((columns - 1) // 2) + 1)
    stripes = np.median(means - ndimage.median_filter(means, size=(1, 1, width), mode="nearest"), axis=0)
    return views - stripes.astype(np.float32)


def faded_edges(sinogram: NDArray[np.floating], margin: int) -> NDArray[np.float32]:
    """Lengthen rows on both sides by their last value that fades to zero.

    Parameters
    ----------
    sinogram : (..., column) float
        Line integrals, perhaps of an object wider than the detector.
    margin : int
        Columns on either side.

    Returns
    -------
    (..., column + 2 * margin) float32
    """
    fade = np.cos(np.linspace(0, np.pi / 2, margin + 2)[1:-1]) ** 2
    left, right = sinogram[..., :1] * fade[::-1], sinogram[..., -1:] * fade
    return np.concatenate([left, sinogram, right], axis=-1).astype(np.float32)


def is_cut(sinogram: NDArray[np.floating]) -> bool:
    """Tell whether the object reaches beyond the detector in some views.

    Parameters
    ----------
    sinogram : (angle, column) float
        Line integrals of one row.
    """
    margin = max(1, sinogram.shape[1] // EDGE_PARTS)
    ends = np.stack([sinogram[:, :margin].mean(axis=1), sinogram[:, -margin:].mean(axis=1)])
    top = float(np.quantile(np.abs(sinogram), 0.99))
    # A tenth of the views is more than specks and noise reach.
    return float(np.quantile(np.abs(ends).max(axis=0), 0.9)) > EDGE_SHARE * top


def signal_of(sinograms: NDArray[np.floating]) -> Signal:
    """Measure whether anything but noise and stripes is in line integrals.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals.

    Notes
    -----
    What turns differs from view to view more than noise does. What does not, as a disc about the axis, is in the mean
    view, and wider there than stripes, which differ from column to column.
    """
    views = np.asarray(sinograms, np.float32)
    mean = views.mean(axis=0, keepdims=True, dtype=np.float64)
    turning, still = _block_signal(np.asarray(views - mean)), _block_signal(mean)
    return max(turning, still, key=lambda signal: signal.variation / max(signal.noise, 1e-300))


def _block_signal(views: NDArray[np.floating]) -> Signal:
    """Compare how the means of blocks vary with what the differences of neighbouring columns let expect."""
    steps = np.diff(views, axis=2) if views.shape[2] > 1 else np.zeros(1)
    noise = float(np.median(np.abs(steps))) / 0.6745 / math.sqrt(2)
    high, wide = (min(BLOCK, n) for n in (views.shape[0], views.shape[2]))
    tall, broad = (views.shape[0] // high) * high, (views.shape[2] // wide) * wide
    blocks = views[:tall, :, :broad].reshape(-1, high, views.shape[1], broad // wide, wide).mean(axis=(1, 4))
    return Signal(variation=float(blocks.std()), noise=noise / math.sqrt(high * wide))


def check_finite(sinograms: NDArray[np.floating]) -> None:
    """Refuse line integrals that are no numbers.

    Raises
    ------
    InputError
        Some are not finite.
    """
    if not np.isfinite(sinograms).all():
        count = int(np.count_nonzero(~np.isfinite(sinograms)))
        raise InputError(f"line integrals must be finite to find the centre, {count:,} are not: correct dead pixels")


def check_signal(signals: Sequence[Signal]) -> None:
    """Refuse a scan in which no centre can be found.

    Parameters
    ----------
    signals : sequence of Signal
        Of the rows that were looked at.

    Raises
    ------
    InputError
        Every row shows nothing but air.
    """
    if all(signal.is_air for signal in signals):
        best = max(signals, key=lambda signal: signal.variation)
        raise InputError(
            f"the scan must show an object to find its centre, but it looks like nothing but air: line integrals vary "
            f"by {best.variation:.2g} where noise alone gives {best.noise:.2g}; choose other rows, check the flat "
            "fields, or give the centre"
        )
