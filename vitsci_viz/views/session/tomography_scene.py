"""Grey pictures of real numbers: a part of an array at screen size, with the values that are black and white."""

from typing import Any

from numpy.typing import NDArray

from vitsci_viz.views.session.histogram import Span, histogram_of
from vitsci_viz.views.session.layers import Extent, Raster
from vitsci_viz.views.session.picture import shrink
from vitsci_viz.views.session.state import MARGIN, Window
from vitsci_viz.views.session.volume_scene import as_grey, grey_palette

SAMPLES = 200_000
"""Values that the shades of a picture are chosen by at most."""


def span_of(values: NDArray[Any]) -> Span:
    """Return the values that a picture shows as black and as white.

    >>> import numpy as np
    >>> low, high = span_of(np.arange(1001.0))
    >>> round(low), round(high)
    (1, 999)
    """
    flat = values.reshape(-1)
    return histogram_of(flat[:: max(1, flat.size // SAMPLES)]).auto


def grey_raster(
    values: NDArray[Any],
    extent: Extent,
    span: Span,
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
    span : (float, float)
        Values shown as black and as white.
    window : Window or None
        What the canvas shows; None for all of it.
    label : str
        What the values are, with their unit, for a legend; none is drawn without it.
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
    low, high = span if label else (0.0, 0.0)
    return Raster(
        index=as_grey(small, span), palette=grey_palette(), low=low, high=high, label=label,
        extent=(x0 + columns.start * step[1], y0 + rows.start * step[0],
                x0 + columns.stop * step[1], y0 + rows.stop * step[0]),
        is_capped=False,
    )  # fmt: skip


def _part(first: float, last: float, step: float, count: int) -> slice:
    """Return the whole pixels between two places of an axis, inside the array."""
    return slice(max(0, int(first // step)), min(count, int(-(-last // step))))
