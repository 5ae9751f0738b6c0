"""What a slab needs of the machine's memory while it is loaded, computed and stored."""

from __future__ import annotations

import numpy as np

from vitsci_viz.reconstruction import filters, fourier
from vitsci_viz.reconstruction.beam_kernels import LANES
from vitsci_viz.reconstruction.parallel_beam import SLICES
from vitsci_viz.reconstruction.preprocess import work_bytes
from vitsci_viz.reconstruction.tilt import tilt_margin
from vitsci_viz.workflows.reconstructing import PADDED_SHARE, SliceEngine

BASE_BYTES = 400 * 2**20
"""Taken by the program itself, by windows of the file, by finding the centre and by compressing what is written."""
TRANSFORMED = 3
"""Copies of the views that are filtered together: padded, as a spectrum, and taken back."""
JUDGED_SLICES = 48
"""Slices in single precision that judging the quality takes: two half-scans, their spectra and what is in them."""


def needed_bytes(engine: SliceEngine, rows: int) -> int:
    """Return the memory that slabs of so many slices take at the peak.

    Parameters
    ----------
    engine : SliceEngine
        What makes the slices.
    rows : int
        Slices of a slab.

    Notes
    -----
    One slab is loaded while the one before is computed and the one before that is stored.
    """
    at_work = load_bytes(engine, rows) + compute_bytes(engine, rows) + _stored_bytes(engine, rows)
    judged = JUDGED_SLICES * engine.side**2 * 4 + compute_bytes(engine, 1)
    return BASE_BYTES + max(at_work, judged)


def load_bytes(engine: SliceEngine, rows: int) -> int:
    """Return the memory of `SliceEngine.lines` for so many slices, its answer included."""
    scan, binning, tilt = engine.scan, engine.options.bin, engine.axis.tilt_rad
    row, taken, more = scan.views * scan.columns * 4, rows * binning, 0
    if tilt:
        taken += 2 * tilt_margin(scan.rows, scan.columns, engine.axis.centre_px, tilt)
        more = min(taken, scan.rows) * row + rows * binning * row  # in the order of views, and levelled
    if binning > 1:
        more += rows * row // binning
    return work_bytes(scan, min(taken, scan.rows), engine.options, threads=engine.threads) + more


def compute_bytes(engine: SliceEngine, rows: int) -> int:
    """Return the memory of `SliceEngine.from_lines` for so many slices, line integrals and answer included."""
    views, columns, side = engine.scan.views, engine.scan.columns // engine.options.bin, engine.side
    wide = _wide_columns(engine)
    lines, slices = rows * views * columns * 4, rows * side**2 * 4
    if wide != columns:
        lines += rows * views * wide * 4
    if engine.method == "fourier":
        return lines + slices + fourier.transform_bytes(views, wide, side) + 2 * side**2 * 8
    together = min(SLICES, -(-rows // LANES) * LANES)
    view = filters.padded_length(wide) * together * 4
    filtered = TRANSFORMED * min(max(filters.CHUNK_BYTES, view) * engine.threads, views * view)
    return lines + views * wide * together * 4 + max(filtered, side**2 * together * 4 + slices)


def _stored_bytes(engine: SliceEngine, rows: int) -> int:
    """Return the memory of slices on their way to the disk."""
    whole = 0 if engine.options.store == "float32" else np.dtype(engine.options.store).itemsize
    return rows * engine.side**2 * (4 + whole)


def _wide_columns(engine: SliceEngine) -> int:
    """Return the columns of the views that are filtered: joined views and those that go on have more."""
    wide = engine.width
    return wide if engine.options.padding == "none" else wide + 2 * round(PADDED_SHARE * wide)
