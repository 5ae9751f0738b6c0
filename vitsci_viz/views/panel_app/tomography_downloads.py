"""What the user may take away from the Tomography page: the slice as picture and as numbers, the sinogram, readings."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.progress import Progress
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.tomography import TomographySession
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """What is on screen, for a download.

    Parameters
    ----------
    session : TomographySession
        The open scan.
    options : ReconstructOptions
        The setting.
    row : int
        Detector row of the slice.
    centre_px : float
        Where the axis falls.
    span : (float, float)
        Values shown as black and white.
    quality : mapping
        What was told of the slice; may be empty.
    """

    session: TomographySession
    options: ReconstructOptions
    row: int
    centre_px: float
    span: Span
    quality: Mapping[str, Any]

    def name(self, what: str) -> str:
        """Name a file after the scan, the row and the axis."""
        return f"{self.session.scan.name}-{what}-row{self.row:05d}-axis{self.centre_px:.2f}"


def slice_picture(shown: Shown, progress: Progress) -> File:
    """Return the slice in grey between the values on screen."""
    from vitsci_viz.views.session.volume_scene import as_grey

    values = shown.session.slice(shown.options, shown.row, shown.centre_px, progress=progress).values
    return _file(shown, "slice", as_grey(values, shown.span), ".png")


def slice_values(shown: Shown, progress: Progress) -> File:
    """Return the slice as float32 in its unit, as a whole reconstruction makes it."""
    index = shown.session.index_of(shown.options, shown.row)
    engine = shown.session.engine(shown.options, shown.centre_px)
    return _file(shown, "slice", engine.volume(slice(index, index + 1))[0], ".tif")


def sinogram_values(shown: Shown, progress: Progress) -> File:
    """Return the corrected sinogram as float32: one row a view, in the order of the file."""
    lines, _ = shown.session.lines(shown.options, shown.row, shown.centre_px)
    return _file(shown, "sinogram", lines, ".tif", has_spacing=False)


def readings(shown: Shown, progress: Progress) -> File:
    """Return the setting and what is known of the slice as JSON."""
    from vitsci_viz.workflows.table import to_json

    found = {
        "scan": shown.session.scan.name, "row": shown.row, "centre_px": shown.centre_px,
        "options": shown.options.to_mapping(), "quality": dict(shown.quality), "values": list(shown.span),
    }  # fmt: skip
    return File(name=f"{shown.name('slice')}.json", mime="application/json", data=to_json(found).encode())


def _file(shown: Shown, what: str, values: Any, suffix: str, *, has_spacing: bool = True) -> File:
    from vitsci_viz.io.writing import write_image

    pixel = shown.session.engine(shown.options, shown.centre_px).pixel_mm if has_spacing else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{shown.name(what)}{suffix}"
        write_image(
            path,
            values,
            axes="yx",
            spacing=None if pixel is None else (pixel,) * 2,
            unit=None if pixel is None else "mm",
        )
        return File(
            name=path.name, mime="image/tiff" if suffix == ".tif" else "image/png", data=path.read_bytes()
        )  # fmt: skip


TOMOGRAPHY_DOWNLOADS: Mapping[str, tuple[str, Callable[[Shown, Progress], File]]] = {
    "slice-png": ("Slice, grey (PNG)", slice_picture),
    "slice-tif": ("Slice, values (TIFF)", slice_values),
    "sinogram-tif": ("Sinogram, values (TIFF)", sinogram_values),
    "readings": ("Readings (JSON)", readings),
}
"""Name -> title in the menu and maker."""


def hand_over(
    name: str,
    shown: Shown,
    *,
    lane: Lane,
    toolbar: Toolbar,
    status: StatusLine,
    failed: Callable[[Exception], None],
) -> None:
    """Make a file of what is on screen in a worker thread and give it to the browser."""
    title, make = TOMOGRAPHY_DOWNLOADS[name]
    status.busy(f"Making the {title}")

    def done(file: File) -> None:
        for piece in file.pieces():
            toolbar.view.send(**piece)
        status.idle(f"{file.name} saved")

    lane.submit(lambda progress: make(shown, progress), done, failed, kind="download")
