"""A scan and its options as an engine that makes slices: what the command line, the page and a notebook share."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.centre import find_centre
from vitsci_viz.reconstruction.offset import is_full_turn, overlap_of, widen
from vitsci_viz.reconstruction.padding import extend_views
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.preprocess import Corrections, line_integrals
from vitsci_viz.reconstruction.tilt import find_tilt, levelled_line_integrals
from vitsci_viz.types import Scan, Volume
from vitsci_viz.workflows.machine import check_gpu, has_gpu
from vitsci_viz.workflows.method_choice import faster_method
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions, parse_rows
from vitsci_viz.workflows.slab_plan import binned, binned_centre

Floats32 = NDArray[np.float32]
PADDED_SHARE = 0.5
"""Columns that views go on by at either side, as a share of the detector."""
ASIDE_SHARE = 0.02
"""An axis further from the middle, as a share of the detector, is aside: opposite views of a full turn are joined."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Axis:
    """Where the rotation axis falls, and how that is known.

    Parameters
    ----------
    centre_px : float
        On the unbinned detector.
    method : str
        ``given``, ``file``, or what found it.
    tilt_rad : float
        Turn of the axis in the plane of the detector, as in `ScanGeometry`.
    confidence : float or None
        0 to 1; None where it was given.
    uncertainty_px : float or None
        Robust standard deviation of the measurements that agree with it; None where it was given.
    candidates : tuple
        All that were found, best first.
    """

    centre_px: float
    method: str
    tilt_rad: float = 0.0
    confidence: float | None = None
    uncertainty_px: float | None = None
    candidates: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class SliceEngine:
    """Makes the slices of a scan, any rows at a time.

    Parameters
    ----------
    scan : Scan
        What was measured.
    options : ReconstructOptions
        What is done with it.
    axis : Axis
        Where it turned.
    threads : int
        Never change the answer.
    """

    scan: Scan
    options: ReconstructOptions
    axis: Axis
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)

    @property
    def rows(self) -> slice:
        """The detector rows that are reconstructed."""
        return chosen_rows(self.options, self.scan)

    @property
    def slices(self) -> int:
        """How many slices there are."""
        return (self.rows.stop - self.rows.start) // self.options.bin

    @property
    def is_offset(self) -> bool:
        """Whether the axis lies so far to a side of a full turn that opposite views see different parts."""
        is_aside = overlap_of(self.scan.columns, self.axis.centre_px).side != "middle"
        return is_aside and is_full_turn(self.scan.geometry.angles_rad)

    @property
    def is_joined(self) -> bool:
        """Whether opposite views of a full turn are joined: one sees beyond the edge where the other ends."""
        aside = abs(self.axis.centre_px - (self.scan.columns - 1) / 2)
        return aside > ASIDE_SHARE * self.scan.columns and is_full_turn(self.scan.geometry.angles_rad)

    @property
    def width(self) -> int:
        """Columns of the views that slices are made of, before they go on beyond the detector."""
        columns = self.scan.columns // self.options.bin
        return overlap_of(columns, self._centre).width_px if self.is_joined else columns

    @property
    def side(self) -> int:
        """Side of the square slices in pixels: the detector's, or for offset scans that of all it has seen."""
        return self.width if self.is_offset else self.scan.columns // self.options.bin

    @property
    def _centre(self) -> float:
        """Where the axis falls on the binned detector."""
        return binned_centre(self.axis.centre_px, self.options.bin)

    @property
    def pixel_mm(self) -> float | None:
        """Side of a voxel, None where it is unknown."""
        pixel = self.options.pixel_of(self.scan.geometry.pixel_mm)
        return None if pixel is None else pixel * self.options.bin

    @property
    def method(self) -> str:
        """What makes the slices: as asked, or what is faster at the same error for slices of this size."""
        if self.options.method != "auto":
            return self.options.method
        if self.device != "cpu":
            return "fbp"
        return faster_method(self.side)[0]

    @property
    def method_reason(self) -> str:
        """Why slices are made by this method."""
        if self.device != "cpu":
            return "on the GPU"
        return "as asked" if self.options.method != "auto" else faster_method(self.side)[1]

    @property
    def device(self) -> str:
        """Where slices are made, ``cpu`` or ``cuda``: as asked, or on a GPU if there is one and it knows the method.

        Raises
        ------
        OptionError, MissingExtraError
            A GPU is asked for, and there is none, or torch is not installed.
        """
        if self.options.device == "cuda":
            check_gpu()
            return "cuda"
        return "cuda" if self.options.device == "auto" and self.options.method != "fourier" and has_gpu() else "cpu"

    def lines(self, part: slice) -> tuple[Floats32, Corrections]:
        """Return the corrected, binned line integrals (angle, row, column) of some slices."""
        start, binning = self.rows.start, self.options.bin
        rows = slice(start + part.start * binning, start + part.stop * binning)
        if self.axis.tilt_rad:
            found, corrections = levelled_line_integrals(
                self.scan, rows, self.options, centre=self.axis.centre_px, tilt_rad=self.axis.tilt_rad,
                threads=self.threads,
            )  # fmt: skip
        else:
            found, corrections = line_integrals(self.scan, rows, self.options, threads=self.threads)
        return binned(found, binning), corrections

    def from_lines(self, lines: Floats32, angles_rad: NDArray[np.float64] | None = None) -> Floats32:
        """Return the slices (row, side, side) of line integrals of all views, or of those at some angles.

        Attenuation is in 1/mm, or in 1/px where the pixel's size is unknown.
        """
        angles = self.scan.geometry.angles_rad if angles_rad is None else angles_rad
        views, centre = self.wide_views(lines, angles)
        beyond = 0 if self.options.padding == "none" else round(PADDED_SHARE * views.shape[2])
        found = self._slices(extend_views(views, beyond, self.options.padding), angles, centre + beyond)
        if self.pixel_mm is not None:
            found /= np.float32(self.pixel_mm)
        return found

    def wide_views(self, lines: Floats32, angles_rad: NDArray[np.float64] | None = None) -> tuple[Floats32, float]:
        """Return views about an axis near their middle, and where it falls on them: those of a full turn are joined.

        What a full turn about an axis aside sees of one side alone counts twice there, so that it goes on beyond the
        outer end as both views of a normal scan would.
        """
        if not self.is_joined:
            return lines, self._centre
        return widen(lines, self.scan.geometry.angles_rad if angles_rad is None else angles_rad, self._centre)

    def _slices(self, views: Floats32, angles: NDArray[np.float64], centre: float) -> Floats32:
        given: dict[str, Any] = {
            "centre": centre, "side": self.side, "filter_name": self.options.filter,
            "radius": self.side / 2 if self.options.circle else math.inf,
        }  # fmt: skip
        if self.method == "fourier":
            from vitsci_viz.reconstruction.fourier import fourier_reconstruction

            return fourier_reconstruction(views, angles, **given, threads=self.threads)
        if self.device == "cpu":
            return filtered_back_projection(views, angles, **given, threads=self.threads)
        from vitsci_viz.reconstruction.torch_beam import torch_filtered_back_projection

        return torch_filtered_back_projection(views, angles, **given, device=self.device)

    def volume(self, part: slice) -> Floats32:
        """Return some slices."""
        return self.from_lines(self.lines(part)[0])


def chosen_rows(options: ReconstructOptions, scan: Scan) -> slice:
    """Return the detector rows that are reconstructed: whole blocks of the binning.

    Raises
    ------
    OptionError
        The rows are not on the detector, or fewer than are averaged.
    """
    try:
        rows = parse_rows(options.rows, scan.rows)
    except ValueError as error:
        raise OptionError(f"rows {error}: the detector has {scan.rows:,} rows") from None
    count = (rows.stop - rows.start) // options.bin
    if not count or options.bin > scan.columns // 2:
        raise OptionError(
            f"bin must leave a row and two columns or more: {rows.stop - rows.start} rows and {scan.columns} columns "
            f"cannot be averaged by {options.bin}"
        )
    return slice(rows.start, rows.start + count * options.bin)


def find_axis(scan: Scan, options: ReconstructOptions, *, progress: Progress = silent, threads: int = 1) -> Axis:
    """Return where the axis falls: as given, as the file says, or as the data say; threads never change the answer.

    Raises
    ------
    InputError
        The given centre is not on the detector, or the data tell none.
    """
    tilt = (
        math.radians(options.tilt)
        if options.tilt != "auto"
        else find_tilt(scan, preprocess=options, threads=threads).tilt_rad
    )
    upright = replace(scan, geometry=replace(scan.geometry, tilt_rad=tilt or scan.geometry.tilt_rad))
    lean = upright.geometry.tilt_rad
    if options.centre != "auto":
        if not 0 <= options.centre <= scan.columns - 1:
            raise InputError(f"the centre must lie on the detector, 0 to {scan.columns - 1} px, got {options.centre:g}")
        return Axis(centre_px=float(options.centre), method="given", tilt_rad=lean)
    if scan.geometry.centre is not None:
        return Axis(centre_px=scan.geometry.centre, method="file", tilt_rad=lean)
    found = find_centre(upright, preprocess=options, progress=progress, threads=threads)
    best = found[0]
    return Axis(
        centre_px=best.centre_px, method=best.method, tilt_rad=lean, confidence=best.confidence,
        uncertainty_px=best.uncertainty_px, candidates=found,
    )  # fmt: skip


def reconstruct(
    scan: Scan,
    options: ReconstructOptions | None = None,
    *,
    execution: ExecutionOptions | None = None,
    progress: Progress = silent,
) -> Volume:
    """Reconstruct a scan in memory.

    Parameters
    ----------
    scan : Scan
        Counts or line integrals.
    options : ReconstructOptions, optional
        What is done.
    execution : ExecutionOptions, optional
        Threads.
    progress : callable
        Counts slices; cancels by raising `Cancelled`.

    Returns
    -------
    Volume
        (row, column, column) float32: linear attenuation in 1/mm where the pixel's size is known, else in 1/px; not
        masked outside the circle unless asked.

    Raises
    ------
    InputError
        The scan lacks flats, or its centre cannot be found.
    OptionError
        Rows, binning or another option does not go with the scan.
    """
    chosen = options or ReconstructOptions()
    threads = (execution.threads if execution else 0) or os.cpu_count() or 1
    axis = find_axis(scan, chosen, progress=progress, threads=threads)
    engine = SliceEngine(scan=scan, options=chosen, axis=axis, threads=threads)
    out = np.empty((engine.slices, engine.side, engine.side), np.float32)
    for first in range(0, engine.slices, STEP):
        progress("slices", first, engine.slices)
        part = slice(first, min(first + STEP, engine.slices))
        out[part] = engine.volume(part)
    progress("slices", engine.slices, engine.slices)
    return as_volume(out, engine)


STEP = 16
"""Slices between two looks at whether anyone wants to stop."""


def as_volume(slices: Any, engine: SliceEngine) -> Volume:
    """Return slices as a volume with its spacing and name."""
    pixel = engine.pixel_mm
    spacing, unit = (None, None) if pixel is None else ((pixel,) * 3, "mm")
    return Volume(levels=(slices,), axes="zyx", spacing=spacing, unit=unit, name=engine.scan.name)
