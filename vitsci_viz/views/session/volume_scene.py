"""A plane of a volume in a window: the fitting level, read once, in grey between two values."""

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.layers import Raster
from vitsci_viz.views.session.picture import OVERVIEW_SIDE, box_in, shrink
from vitsci_viz.views.session.state import MARGIN, Window
from vitsci_viz.views.session.volume_planes import Plane
from vitsci_viz.views.session.volume_session import VolumeSession


def plane_raster(
    session: VolumeSession,
    plane: Plane,
    index: int,
    window: Window,
    *,
    span: Span,
    label: str = "",
    margin: float = MARGIN,
) -> Raster:
    """Return one plane in a window at no more pixels than the screen shows.

    Parameters
    ----------
    session : VolumeSession
        The open volume.
    plane : Plane
        Which of the three.
    index : int
        Slice along the axis that it cuts.
    window : Window
        In pixels of the plane; may reach beyond it.
    span : (float, float)
        Values shown as black and as white.
    label : str
        Names the values in a colour bar; none is drawn without it.
    margin : float
        Share of the window shown beyond each edge.
    """
    window = window.padded(margin)
    level = session.plane_level(plane, index, window.scale)
    box = box_in(level, window, session.plane_shape(plane))
    if box is None:
        return _raster(np.zeros((1, 1), np.float32), (0.0, 0.0, 0.0, 0.0), span, label)
    step = (window.scale / level.step_yx[0], window.scale / level.step_yx[1])

    def read() -> NDArray[Any]:
        stored = np.asarray(level.array[(box.rows, box.columns)])
        return session.values(shrink(stored[..., None], step)[..., 0])

    parts = (box.rows.start, box.rows.stop, box.columns.start, box.columns.stop)
    key = (plane.name, getattr(level.array, "index", index), level.step, parts, round(window.scale, 6))
    return _raster(session.kept_pixels(key, read), box.extent, span, label)


def plane_overview(session: VolumeSession, plane: Plane, index: int, *, span: Span) -> Raster:
    """Return a whole plane, small: shown first and behind everything, so that nothing is ever blank."""
    rows, columns = session.plane_shape(plane)
    scale = max(rows, columns) / OVERVIEW_SIDE
    window = Window(0, 0, columns, rows, max(1, round(columns / scale)), max(1, round(rows / scale)))
    return plane_raster(session, plane, index, window, span=span, margin=0)


def as_grey(values: NDArray[np.float32], span: Span) -> NDArray[np.uint8]:
    """Return values as shades from black to white; what is not finite is black."""
    low, high = span
    return np.clip(np.nan_to_num((values - low) * (255.0 / (high - low))) + 0.5, 0, 255).astype(np.uint8)


def _raster(values: NDArray[Any], extent: Any, span: Span, label: str) -> Raster:
    low, high = span if label else (0.0, 0.0)
    return Raster(
        index=as_grey(values, span), palette=grey_palette(), extent=extent, low=low, high=high, label=label,
        is_capped=False,
    )  # fmt: skip


@functools.cache
def grey_palette() -> NDArray[np.uint8]:
    """Return shades from black to white with full opacity."""
    ramp = np.arange(256, dtype=np.uint8)
    return np.stack([ramp, ramp, ramp, np.full(256, 255, np.uint8)], axis=1)
