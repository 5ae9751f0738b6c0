"""A single view as it is looked at: line integrals without any correction that needs the other views."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.flats import mean_frame, read_dark
from vitsci_viz.types import LevelArray, Scan

Floats32 = NDArray[np.float32]
FRAMES = 8
"""Flats and darks that are averaged at most: enough for a picture."""
FLOOR = 1e-4
"""Smallest transmission, as by default where scans are reconstructed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OpenBeam:
    """What the detector sees without the sample.

    Parameters
    ----------
    dark, beam : (row, column) float32
        Counts without the beam, and those of the beam above them.
    """

    dark: Floats32
    beam: Floats32


def read_open_beam(scan: Scan) -> OpenBeam | None:
    """Read a few flats and darks of a scan; None where it has no flats or needs none."""
    if scan.are_line_integrals or scan.flats is None or not scan.flats.shape[0]:
        return None
    flats, darks = _some(scan.flats), None if scan.darks is None else _some(scan.darks)
    dark = read_dark(darks, slice(0, scan.rows), (scan.rows, scan.columns))
    return OpenBeam(dark=dark, beam=mean_frame(flats) - dark)


def one_view(scan: Scan, view: int, beam: OpenBeam | None) -> Floats32:
    """Return a view to be looked at.

    Parameters
    ----------
    scan : Scan
        Read at this view alone.
    view : int
        Which one.
    beam : OpenBeam or None
        From `read_open_beam`.

    Returns
    -------
    (row, column) float32
        Line integrals of the attenuation; counts as they are where there is no beam to compare them with.
    """
    counts = np.asarray(scan.projections[view : view + 1])[0].astype(np.float32)
    if beam is None:
        return counts
    share = np.divide(counts - beam.dark, beam.beam, out=np.ones_like(counts), where=beam.beam > 0)
    return -np.log(np.clip(np.nan_to_num(share, nan=1.0), FLOOR, None))


def _some(frames: LevelArray) -> NDArray[np.generic]:
    count = int(frames.shape[0])
    return np.asarray(frames[:: -(-count // FRAMES)])
