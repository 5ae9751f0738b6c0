"""Grey pictures of real numbers: a part of an array at screen size, with the values that are black and white."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.layers import Extent, Raster
from vitsci_viz.views.session.picture import shrink
from vitsci_viz.views.session.state import MARGIN, Window

Levels = tuple[float, float]
"""Values shown as black and as white."""
TAILS = (0.2, 99.8)
"""Percentiles that are black and white where the user has not said which."""
SAMPLES = 200_000
"""Values that percentiles are taken from at most."""


@functools.cache
def grey_palette() -> NDArray[np.uint8]:
    """Return black to white with full opacity."""
    ramp = np.arange(256, dtype=np.uint8)
    return np.stack([ramp, ramp, ramp, np.full(256, 255, np.uint8)], axis=1)


def levels_of(values: NDArray[Any], tails: tuple[float, float] = TAILS) -> Levels:
    """Return the values that a picture shows as black and as white.

    >>> low, high = levels_of(np.arange(1001.0), (0, 100))
    >>> (float(low), float(high))
    (0.0, 1000.0)
    """
    flat = values.reshape(-1)
    sample = flat[:: max(1, flat.size // SAMPLES)]
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(sample, tails))
    return (low, high) if high > low else (low, low + 1.0)


def grey_raster(
    values: NDArray[Any],
    extent: Extent,
    levels: Levels,
    window: Window | None,
    *,
    label: str = "",
    margin: float = MARGIN,
) -> Raster | None:
    """Return the part of an array that a window shows, at no more pixels than the screen has.

    Parameters
    ----------
    values : (h, w) float
        What is shown.
    extent : tuple of float
        The rectangle of the canvas that the whole array covers.
    levels : tuple of float
        Values shown as black and as white.
    window : Window or None
        What the canvas shows; None for all of it.
    label : str
        What the values are, with their unit, for the legend.
    margin : float
        Share of the window shown beyond each edge.

    Returns
    -------
    Raster or None
        None where the window misses the array.
    """
    x0, y0, x1, y1 = extent
    step = ((y1 - y0) / values.shape[0], (x1 - x0) / values.shape[1])
    rows, columns = slice(0, values.shape[0]), slice(0, values.shape[1])
    scale = max((x1 - x0), (y1 - y0)) / 512
    if window is not None:
        shown, scale = window.padded(margin), window.scale
        rows = _part(shown.y0 - y0, shown.y1 - y0, step[0], values.shape[0])
        columns = _part(shown.x0 - x0, shown.x1 - x0, step[1], values.shape[1])
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    small = shrink(values[rows, columns][..., None], (scale / step[0], scale / step[1]))[..., 0]
    low, high = levels
    index = np.clip((small - low) * (255 / (high - low)), 0, 255)
    return Raster(
        index=np.nan_to_num(index).astype(np.uint8), palette=grey_palette(), low=low, high=high, label=label,
        extent=(x0 + columns.start * step[1], y0 + rows.start * step[0],
                x0 + columns.stop * step[1], y0 + rows.stop * step[0]),
        is_capped=False,
    )  # fmt: skip


def _part(first: float, last: float, step: float, count: int) -> slice:
    """Return the whole pixels between two places of an axis, inside the array."""
    return slice(max(0, int(first // step)), min(count, int(-(-last // step))))
