"""Everything a canvas can show of a session: one pure function per layer."""

from vitsci_viz.views.session.layers import LeafQuads, LeafScene, LegendRow, Picture, Raster
from vitsci_viz.views.session.leaves import leaves
from vitsci_viz.views.session.masks import mask_overlay
from vitsci_viz.views.session.picture import overview, picture
from vitsci_viz.views.session.reconstruction import error_map, reconstruction

__all__ = [
    "LeafQuads",
    "LeafScene",
    "LegendRow",
    "Picture",
    "Raster",
    "error_map",
    "leaves",
    "mask_overlay",
    "overview",
    "picture",
    "reconstruction",
]
