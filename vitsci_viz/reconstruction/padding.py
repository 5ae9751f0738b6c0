"""Views that end inside the sample: how they go on beyond the detector."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OptionError
from vitsci_viz.reconstruction.options import PaddingMethod

Floats32 = NDArray[np.float32]
EDGE_SHARE = 0.02
"""Width of the edge whose mean a view goes on with, as a share of the columns: one noisy pixel would smear."""


def edge_columns(columns: int) -> int:
    """Return how many columns at either side tell what lies beyond.

    >>> edge_columns(640), edge_columns(16)
    (13, 1)
    """
    return max(1, round(EDGE_SHARE * columns))


def extend_views(sinograms: NDArray[np.floating], columns: int, method: PaddingMethod = "edge") -> Floats32:
    """Let views go on beyond both sides of the detector.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals; the sample may be wider than the detector.
    columns : int
        To add at either side: half of the detector is plenty. The rotation centre moves by as much.
    method : str
        ``edge`` goes on with the mean of the outermost columns, ``taper`` lets it fall to zero as a half cosine,
        ``none`` adds nothing.

    Returns
    -------
    (angle, row, column + 2 columns) float32

    Raises
    ------
    OptionError
        The width is negative.

    Notes
    -----
    The ramp filter answers a step at the detector's end with a bright rim; views that go on have none. What the matter
    outside adds to the slice cannot be known from such a scan: it stays as a smooth offset.

    References
    ----------
    Kyrieleis et al., Region-of-interest tomography using filtered backprojection: assessing the practical limits,
    J. Microsc. 241, 2011.
    """
    if columns < 0:
        raise OptionError(f"views go on by 0 columns or more, got {columns}")
    if method == "none" or columns == 0:
        return np.asarray(sinograms, np.float32)
    width = edge_columns(sinograms.shape[2])
    falling = np.ones(columns, np.float32)
    if method == "taper":
        falling = (0.5 + 0.5 * np.cos(np.pi * (np.arange(columns) + 1) / (columns + 1))).astype(np.float32)
    out = np.empty((*sinograms.shape[:2], sinograms.shape[2] + 2 * columns), np.float32)
    out[:, :, columns:-columns] = sinograms
    out[:, :, :columns] = _mean(sinograms[:, :, :width]) * falling[::-1]
    out[:, :, -columns:] = _mean(sinograms[:, :, -width:]) * falling
    return out


def truncation(sinograms: NDArray[np.floating]) -> float:
    """Return how much matter the views end in: the mean at the detector's sides over the largest mean of a column.

    Near 0 the sample lies within the detector; from about 0.1 on it is wider.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals.
    """
    profile: Any = np.asarray(sinograms, np.float64).mean(axis=(0, 1))
    width = edge_columns(len(profile))
    edges = max(profile[:width].mean(), profile[-width:].mean())
    return float(max(edges, 0) / profile.max()) if profile.max() > 0 else 0.0


def _mean(part: NDArray[np.floating]) -> Floats32:
    return part.mean(axis=2, keepdims=True, dtype=np.float64).astype(np.float32)
