"""The image as its tokens hold it, and how far that is from the image; both at screen size."""

import numpy as np

from vitsci_viz.patching.contrast import to_rgb
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.kept import KeptWindow, kept_window
from vitsci_viz.views.session.layers import Picture, Raster
from vitsci_viz.views.session.palettes import scalar_palette
from vitsci_viz.views.session.picture import empty_picture, shrink
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

ERROR_SHARE = 0.25
"""Share of the image's contrast at which the error map is brightest: one scale for every setting and zoom."""


def reconstruction(
    session: PatchSession,
    options: PatchOptions,
    window: Window,
    *,
    slice_index: int | None = None,
    margin: float = MARGIN,
) -> Picture:
    """Return the image as its tokens hold it, at screen size.

    The value of a screen pixel is the mean over its token cell, or over the pixel itself where cells are smaller.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting.
    window : Window
        What the screen shows.
    slice_index : int, optional
        Slice of a volume.
    margin : float
        Share of the window shown beyond each edge.
    """
    window = window.padded(margin)
    found = _kept(session, options, window, slice_index)
    if found is None:
        return empty_picture()
    return Picture(rgb=to_rgb(shrink(found.kept, _step(found, window)), session.contrast), extent=found.box.extent)


def error_map(
    session: PatchSession,
    options: PatchOptions,
    window: Window,
    *,
    slice_index: int | None = None,
    margin: float = MARGIN,
) -> Raster:
    """Return the absolute difference between image and reconstruction, averaged over channels, on one fixed scale.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting.
    window : Window
        What the screen shows.
    slice_index : int, optional
        Slice of a volume.
    margin : float
        Share of the window shown beyond each edge.

    Returns
    -------
    Raster
        Index 255 is a quarter of the image's contrast (in the units of the image: `high`), or more.
    """
    window = window.padded(margin)
    found = _kept(session, options, window, slice_index)
    contrast = session.contrast
    span = np.subtract(contrast.high, contrast.low, dtype=np.float32)
    high = float(span.mean()) * ERROR_SHARE
    if found is None:
        index, extent = np.zeros((1, 1), np.uint8), empty_picture().extent
    else:
        difference = np.abs(found.pixels - found.kept) / (span * ERROR_SHARE)
        # as a product, because NumPy's mean along a short axis is 40 times slower
        mean = difference @ np.full((difference.shape[-1], 1), 1 / difference.shape[-1], np.float32)
        small = shrink(mean, _step(found, window))[..., 0]
        index, extent = np.clip(small * 255 + 0.5, 0, 255).astype(np.uint8), found.box.extent
    return Raster(index=index, palette=scalar_palette(), extent=extent, low=0.0, high=high, label="absolute difference")


def _kept(session: PatchSession, options: PatchOptions, window: Window, slice_index: int | None) -> KeptWindow | None:
    """Compute a window once for both layers."""
    key = (session.tree_key(options), session.sides(options).patch_size, window, slice_index)
    return session.kept_windows.get(key, lambda: kept_window(session, options, window, slice_index=slice_index))


def _step(found: KeptWindow, window: Window) -> tuple[float, float]:
    return window.scale / found.level.step_yx[0], window.scale / found.level.step_yx[1]
