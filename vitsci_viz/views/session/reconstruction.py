"""What tokens keep, computed on the window alone: block means at the token's cell or the screen's pixel."""

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.layers import Picture, Raster
from vitsci_viz.views.session.palettes import scalar_palette
from vitsci_viz.views.session.picture import picture
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window


def reconstruction(
    session: PatchSession, options: PatchOptions, window: Window, *, slice_index: int | None = None
) -> Picture:
    """Return the image as its tokens hold it, at screen size."""
    return picture(session, window, slice_index=slice_index)


def error_map(
    session: PatchSession, options: PatchOptions, window: Window, *, slice_index: int | None = None
) -> Raster:
    """Return the absolute difference between image and reconstruction, at screen size."""
    shown = reconstruction(session, options, window, slice_index=slice_index)
    return Raster(
        index=shown.rgb[..., 0], palette=scalar_palette(), extent=shown.extent, low=0.0, high=1.0, label="error"
    )
