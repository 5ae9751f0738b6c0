"""What the Tomography page says."""

from typing import TYPE_CHECKING

from vitsci_viz.views.session.wording import size

if TYPE_CHECKING:
    from vitsci_viz.workflows.reconstructing import SliceEngine

TITLE = "Open a scan to begin"
INVITATION = (
    "Projections with flats and angles become slices: HDF5 (DXchange or NXtomo), npz, or a TIFF stack. Start with a "
    "sample, or choose a file of your own on the left."
)
LAYOUTS = {
    "slice": ("Slice", "Projection and sinogram beside the slice of one row."),
    "compare": ("Before | after", "The slice without and with corrections, filter and padding."),
    "volume": ("Volume", "A reconstructed volume as three planes, with the report of how it was made."),
}
HELP = """
<p>Drag the orange line on the projection or the sinogram, Shift-click there, or type a number: the slice follows.
Everything on the left goes into the recipe.</p>
<h3>Pictures</h3>
<table>
<tr><td>orange line</td><td>the rotation axis: drag it, or <kbd>Shift</kbd>-click where it belongs</td></tr>
<tr><td>blue line, click on the projection</td><td>the detector row that the slice is made of</td></tr>
<tr><td>purple line, click on the sinogram</td><td>the view that the projection shows</td></tr>
<tr><td><kbd>&larr;</kbd> <kbd>&rarr;</kbd> after that, or in the field of the axis</td><td>move the axis by 0.1 px;
with <kbd>Shift</kbd> by 1, with <kbd>Alt</kbd> by 0.01; <kbd>&uarr;</kbd> <kbd>&darr;</kbd> move a line of row or view
that was taken last</td></tr>
<tr><td>wheel, drag, double click</td><td>zoom, move, show everything</td></tr>
<tr><td><kbd>[</kbd> <kbd>]</kbd></td><td>previous and next row</td></tr>
<tr><td><kbd>s</kbd></td><td>save the picture as PNG</td></tr>
</table>
<h3>Method</h3>
<p>While the axis moves, the slice is made through a non-uniform Fourier transform whose tables are kept, of large scans
at screen resolution; when it rests, by the method of the volume: what <em>Reconstruct all</em> writes.
Half circles that open to one side tell of a wrong axis.</p>
<h3>Elsewhere</h3>
<p>The same from a terminal: save the recipe, then <kbd>vitsci-viz run recipe.yaml</kbd>.</p>
"""


def volume_facts(engine: "SliceEngine") -> str:
    """Say what a reconstruction of all slices will be."""
    import numpy as np

    item = np.dtype(engine.options.store).itemsize
    total = engine.slices * engine.side**2 * item
    plural = "s" if engine.slices != 1 else ""
    return (
        f"{engine.slices:,} slice{plural} of {engine.side:,} x {engine.side:,}, {engine.options.store}, {size(total)}, "
        f"by {engine.method}"
    )
