"""The chooser of a scan: samples, recent ones, the data root, upload."""

import dataclasses
from collections.abc import Callable

import numpy as np

from vitsci_viz.io.scans import SCAN_READERS
from vitsci_viz.types import Scan
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.sources import SourceChooser


class ScanChooser(SourceChooser):
    """Shows which scan is open and lets the user choose another one.

    Parameters
    ----------
    library : Library
        What may be opened.
    on_open : callable
        Called with the source that the user chose.
    """

    def __init__(self, library: Library, on_open: Callable[[str], None]) -> None:
        super().__init__(library, lambda role, source: on_open(source))

    def _island(self) -> Island:
        return super()._island(samples=self._library.scan_samples(), what="scan")

    def show_scan(self, source: str, scan: Scan) -> None:
        """Say what is open."""
        self._library.remember(source)
        self.view.put(
            image={"source": source, "name": scan.name, "facts": scan_facts(scan)}, recent=list(self._library.recent),
            error="", opened=self.view.state.get("opened", 0) + 1,
        )  # fmt: skip

    def _browse(self, path: str) -> None:
        self.view.put(folder=dataclasses.asdict(self._library.listing(path, for_scans=True)), error="")

    def _start(self, name: str, size: int) -> None:
        super()._start(name, size, tuple(SCAN_READERS))


def scan_facts(scan: Scan) -> str:
    """Say views, size, turn, pixels and flats of a scan in one line.

    >>> scan_facts(Scan.from_line_integrals(np.zeros((180, 4, 64)), angles_rad=np.arange(180) * np.pi / 180))
    '180 views of 4 x 64 px, 0 to 179 degrees, line integrals'
    """
    angles = np.rad2deg(scan.geometry.angles_rad)
    parts = [
        f"{scan.views:,} views of {scan.rows:,} x {scan.columns:,} px",
        f"{angles.min():.4g} to {angles.max():.4g} degrees",
    ]
    if scan.geometry.pixel_mm is not None:
        parts.append(f"{1000 * scan.geometry.pixel_mm:.4g} um/px")
    if scan.are_line_integrals:
        return ", ".join([*parts, "line integrals"])
    counts = [(0 if frames is None else int(frames.shape[0]), what)
              for frames, what in ((scan.flats, "flats"), (scan.darks, "darks"))]  # fmt: skip
    return ", ".join([*parts, *(f"{count:,} {what}" for count, what in counts), str(scan.projections.dtype)])
