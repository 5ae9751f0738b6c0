"""One open scan: its sinograms, its views and its slices, made for looking at while the axis is moved."""

import importlib.util
import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.corrections import Corrections
from vitsci_viz.reconstruction.flats import check_light
from vitsci_viz.reconstruction.one_view import OpenBeam, one_view, read_open_beam
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.padding import extend_views
from vitsci_viz.reconstruction.trials import in_circle
from vitsci_viz.types import Scan
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.workflows.reconstruct_options import MOST_BIN, ReconstructOptions
from vitsci_viz.workflows.reconstructing import PADDED_SHARE, Axis, SliceEngine
from vitsci_viz.workflows.slab_plan import binned_centre

Floats32 = NDArray[np.float32]

ROWS_KEPT = 12
"""Sinograms kept for when the user comes back to a row or a setting."""
VIEWS_KEPT = 16
QUICK_SAMPLES = 400_000
"""Sinograms up to this many samples are reconstructed at once; larger ones are shown at screen resolution first."""
ENOUGH_VIEWS = 0.6
"""Views of a preview per pixel along its side: streaks of fewer would hide those of a wrong centre."""
LEAST_PREVIEW_VIEWS = 180
PLAIN = ("rings", "phase", "hardening", "padding", "filter", "air")
"""Options that a comparison with the uncorrected slice sets back."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialSlice:
    """A slice for one place of the axis.

    Parameters
    ----------
    values : (n, n) float32
        Attenuation.
    side : int
        Side of the slice in (binned) detector pixels; larger than n where each pixel stands for several.
    unit : str
        Of the values: ``1/mm`` or ``1/px``.
    centre_px : float
        Where the axis was taken to fall, on the unbinned detector.
    is_preview : bool
        From fewer views at screen resolution.
    is_final : bool
        Made as the whole volume will be: neither a preview nor by a faster method.
    method : str
        What made it.
    """

    values: Floats32
    side: int
    unit: str
    centre_px: float
    is_preview: bool
    method: str
    is_final: bool = True


class TomographySession:
    """An open scan with everything known about it; safe to use from several threads.

    Parameters
    ----------
    scan : Scan
        Counts or line integrals.
    threads : int, optional
        Of one computation; default all processors.

    Raises
    ------
    InputError
        Its flats hold no light.
    """

    def __init__(self, scan: Scan, *, threads: int | None = None) -> None:
        check_light(scan)
        self.scan = scan
        self.threads = threads or os.cpu_count() or 1
        self._lines: OnceCache[tuple[Floats32, Corrections]] = OnceCache(ROWS_KEPT)
        self._tuners: OnceCache[Any] = OnceCache(4)
        self._beam: OnceCache[OpenBeam | None] = OnceCache(1)
        self._views: OnceCache[Floats32] = OnceCache(VIEWS_KEPT)
        self._tilts: OnceCache[float] = OnceCache(8)

    # ---- where things are

    @property
    def middle_row(self) -> int:
        """The detector row in the middle."""
        return self.scan.rows // 2

    @property
    def first_centre(self) -> float:
        """Where the axis is taken to fall before it is found: as the file says, else the middle of the detector."""
        known = self.scan.geometry.centre
        middle = (self.scan.columns - 1) / 2
        return known if known is not None and 0 <= known <= self.scan.columns - 1 else middle

    def centre_of(self, options: ReconstructOptions, found: float | None) -> float:
        """Return the centre of a setting: as given, else as found, else a first guess."""
        if options.centre != "auto":
            return float(options.centre)
        return self.first_centre if found is None else found

    def engine(self, options: ReconstructOptions, centre_px: float) -> SliceEngine:
        """Return what makes slices with a setting and an axis.

        Raises
        ------
        OptionError, InputError
            The setting does not go with the scan.
        """
        axis = Axis(centre_px=centre_px, method="given", tilt_rad=self.tilt_rad(options))
        return SliceEngine(scan=self.scan, options=options, axis=axis, threads=self.threads)

    def tilt_rad(self, options: ReconstructOptions) -> float:
        """Return the tilt of a setting, found once where it is automatic."""
        if options.tilt != "auto":
            return math.radians(options.tilt) or self.scan.geometry.tilt_rad
        from vitsci_viz.reconstruction.tilt import find_tilt

        return self._tilts.get(
            (_preprocessing(options),), lambda: find_tilt(self.scan, preprocess=options, threads=self.threads).tilt_rad
        )

    def index_of(self, options: ReconstructOptions, row: int) -> int:
        """Return which slice of a setting holds a detector row, the nearest one where it is left out."""
        engine = self.engine(options.replace(centre="auto"), self.first_centre)
        return min(max((row - engine.rows.start) // options.bin, 0), engine.slices - 1)

    def side_of(self, options: ReconstructOptions, centre_px: float) -> int:
        """Return the side of the slices of a setting; that of the detector where the two do not go together."""
        try:
            return self.engine(options, centre_px).side
        except VitsciVizError:
            return self.scan.columns

    # ---- what is shown

    def projection(self, view: int) -> Floats32:
        """Return a view (row, column) to be looked at."""
        beam = self._beam.get("beam", lambda: read_open_beam(self.scan))
        return self._views.get(view, lambda: one_view(self.scan, view, beam))

    def lines(self, options: ReconstructOptions, row: int, centre_px: float) -> tuple[Floats32, Corrections]:
        """Return the corrected sinogram (angle, column) behind the slice that holds a row, and what was found in it.

        It does not depend on the centre but where the axis leans, as rows are then turned about it.
        """
        engine, index = self.engine(options, centre_px), self.index_of(options, row)
        about = round(centre_px) if engine.axis.tilt_rad else None
        key = (_preprocessing(options), options.bin, options.rows, engine.axis.tilt_rad, about, index)

        def compute() -> tuple[Floats32, Corrections]:
            found, corrections = engine.lines(slice(index, index + 1))
            return np.ascontiguousarray(found[:, 0]), corrections

        return self._lines.get(key, compute)

    def is_quick(self, options: ReconstructOptions) -> bool:
        """Tell whether a slice is made so fast that no preview is needed."""
        return self.scan.views * self.scan.columns // options.bin <= QUICK_SAMPLES and has_finufft()

    def trial(self, options: ReconstructOptions, row: int, centre_px: float) -> TrialSlice:
        """Return a slice with all views at full resolution through the tables that are kept: at once, for a drag."""
        engine = self.engine(options, centre_px)
        if engine.is_joined or not has_finufft():
            return self._by_engine(engine, row, centre_px)
        return self._by_tuner(engine, row, centre_px, pixels=engine.side, every=1)

    def preview(self, options: ReconstructOptions, row: int, centre_px: float, *, pixels: int) -> TrialSlice:
        """Return a slice at screen resolution, from as many views as such a picture needs."""
        engine = self.engine(options, centre_px)
        pixels = max(16, min(pixels, engine.side))
        needed = max(LEAST_PREVIEW_VIEWS, ENOUGH_VIEWS * pixels)
        every = max(1, int(self.scan.views // needed))
        coarser = max(1, min(engine.side // pixels, MOST_BIN // options.bin))
        if engine.is_joined or not has_finufft():
            return self._by_engine(engine, row, centre_px, coarser=coarser, every=every)
        return self._by_tuner(engine, row, centre_px, pixels=pixels, every=every)

    def slice(
        self, options: ReconstructOptions, row: int, centre_px: float, *, progress: Progress = silent
    ) -> TrialSlice:
        """Return a slice with all views at full resolution, by the method that makes the whole volume.

        Parameters
        ----------
        options : ReconstructOptions
            The setting.
        row : int
            A detector row.
        centre_px : float
            Where the axis falls.
        progress : callable
            Told what is done; raises `Cancelled` to stop.
        """
        engine = self.engine(options, centre_px)
        self.lines(options, row, centre_px)
        progress("slice", 0, 1)
        return (
            self._by_engine(engine, row, centre_px) if engine.method == "fbp" else self.trial(options, row, centre_px)
        )

    # ---- inside

    def _by_tuner(self, engine: SliceEngine, row: int, centre_px: float, *, pixels: int, every: int) -> TrialSlice:
        from vitsci_viz.reconstruction.axis_tuning import AxisTuner

        options = engine.options
        lines, _ = self.lines(options, row, centre_px)
        beyond = 0 if options.padding == "none" else round(PADDED_SHARE * lines.shape[1])
        key = (id(lines), engine.side, pixels, every, options.filter, options.padding)

        def make() -> tuple[Any, Floats32]:
            wide = extend_views(lines[:, None], beyond, options.padding)[:, 0]
            angles = self.scan.geometry.angles_rad
            # the lines are kept with the tuner, so that no other array can take over their id
            return AxisTuner(
                wide, angles, side=engine.side, pixels=pixels, every=every, filter_name=options.filter,
                threads=self.threads,
            ), lines  # fmt: skip

        tuner, _ = self._tuners.get(key, make)
        values = tuner.slice(binned_centre(centre_px, options.bin) + beyond)
        is_preview = pixels < engine.side or every > 1
        return _finished(engine, values, centre_px, is_preview=is_preview, method="fourier")

    def _by_engine(
        self, engine: SliceEngine, row: int, centre_px: float, *, coarser: int = 1, every: int = 1
    ) -> TrialSlice:
        """Make a slice as the whole volume is made; a preview of coarser pixels and fewer views where that is asked."""
        options, angles = engine.options, self.scan.geometry.angles_rad
        lines, _ = self.lines(options, row, centre_px)
        if coarser > 1 or every > 1:
            width = lines.shape[1] // coarser * coarser
            small = lines[::every, :width].reshape(len(lines[::every]), -1, coarser).mean(axis=2, dtype=np.float32)
            angles = angles[::every]
            given = options.replace(bin=options.bin * coarser, rows=None)
            engine = SliceEngine(scan=self.scan, options=given, axis=engine.axis, threads=self.threads)
            lines = small
        found = engine.from_lines(lines[:, None], angles)[0]
        full = engine.side * coarser
        return TrialSlice(
            values=found, side=full, unit=_unit(engine), centre_px=centre_px, is_preview=coarser > 1 or every > 1,
            method=engine.method, is_final=coarser == 1 and every == 1,
        )  # fmt: skip


def plain_options(options: ReconstructOptions) -> ReconstructOptions:
    """Return a setting without what corrects and smooths: what a slice was before.

    >>> plain_options(ReconstructOptions(rings="sorting", centre=31.5)).rings
    'none'
    """
    fresh = ReconstructOptions()
    return options.replace(**{name: getattr(fresh, name) for name in PLAIN})


def _finished(engine: SliceEngine, values: Floats32, centre_px: float, *, is_preview: bool, method: str) -> TrialSlice:
    if engine.pixel_mm is not None:
        values /= np.float32(engine.pixel_mm)
    if engine.options.circle:
        values[~in_circle(len(values), len(values) / 2)] = 0
    return TrialSlice(
        values=values, side=engine.side, unit=_unit(engine), centre_px=centre_px, is_preview=is_preview, method=method,
        is_final=not is_preview and engine.method == method,
    )  # fmt: skip


def _unit(engine: SliceEngine) -> str:
    return "1/px" if engine.pixel_mm is None else "1/mm"


def _preprocessing(options: ReconstructOptions) -> PreprocessOptions:
    """Return what the line integrals depend on."""
    return PreprocessOptions(**{
        name: getattr(options, name) for name in PreprocessOptions.model_fields if name != "padding"
    })  # fmt: skip


def has_finufft() -> bool:
    """Tell whether slices can be made through a non-uniform Fourier transform."""
    return importlib.util.find_spec("finufft") is not None
