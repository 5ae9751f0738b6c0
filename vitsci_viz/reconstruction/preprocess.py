"""From counts to line integrals, row by row."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.reconstruction.corrections import Corrections, together
from vitsci_viz.reconstruction.flats import FlatField, read_dark, read_flat_field
from vitsci_viz.reconstruction.hardening import apply_polynomial
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.phase import blur_length_px, margin_px, retrieve_transmission, transform_bytes
from vitsci_viz.reconstruction.pixel_kernels import fill_gaps, transmission
from vitsci_viz.reconstruction.pixels import dead_pixels, fill_outliers, motion_px, saturation_level, stuck_pixels
from vitsci_viz.reconstruction.rings import remove_rings
from vitsci_viz.types import Scan

Floats32 = NDArray[np.float32]
ROW_BYTES = 32
"""Working memory for each sample of a row."""
FRAME_BYTES = 24
"""Working memory for each pixel of a flat or dark: they are ranked in double precision."""


def row_margin(scan: Scan, options: PreprocessOptions) -> int:
    """Return how many rows around a block take part in it: none but for phase retrieval.

    Raises
    ------
    InputError
        Phase retrieval needs the size of a pixel, and the scan does not tell it.
    """
    return margin_px(_blur_px(scan, options))


def line_integrals(
    scan: Scan, rows: slice, options: PreprocessOptions | None = None, *, threads: int = 1
) -> tuple[Floats32, Corrections]:
    """Return the line integrals of some rows of a scan.

    Parameters
    ----------
    scan : Scan
        Of counts with flats, or of line integrals.
    rows : slice
        Of the detector, without a step.
    options : PreprocessOptions, optional
        What is done.
    threads : int
        Never change the answer.

    Returns
    -------
    (angle, row, column) float32
        Line integrals of the attenuation, without a unit. Views do not go on beyond the detector here: see
        `vitsci_viz.reconstruction.padding.extend_views`.
    Corrections
        What was found on the way in these rows.

    Raises
    ------
    InputError
        There are no flats and no air columns either; the rows are not on the detector; phase retrieval does not know
        the pixel's size.
    OptionError
        Windows or air columns are wider than the detector.
    MissingExtraError
        A ring method needs a package that is not installed.

    Notes
    -----
    In this order: transmission T = (I - dark) / (flat - dark); dead, saturated and unreadable samples filled; views
    levelled to air; outliers and stuck pixels filled; p = -ln(max(T, floor)); rings; phase; hardening. Of line
    integrals only unreadable samples are filled before rings, phase and hardening. Everything looks at one row alone,
    so that any split into blocks gives the same numbers, but for phase retrieval, which reads `row_margin` rows more on
    either side and agrees up to rounding.
    """
    chosen = PreprocessOptions() if options is None else options
    first, last, step = rows.indices(scan.rows)
    if step != 1 or first >= last:
        raise InputError(f"rows must be a part of the detector's {scan.rows} rows without a step, got {rows}")
    if 2 * chosen.air > scan.columns:
        raise OptionError(f"air columns must fit the detector's {scan.columns} twice, got {chosen.air}")
    margin = row_margin(scan, chosen)
    top, bottom = min(margin, first), min(margin, scan.rows - last)
    found, parts = _rows_alone(scan, slice(first - top, last + bottom), chosen, threads)
    if chosen.phase != "none":
        np.exp(np.negative(found, out=found), out=found)
        found = retrieve_transmission(found, _blur_px(scan, chosen), margin=(top, bottom), threads=threads)
        np.negative(np.log(found, out=found), out=found)
    found = apply_polynomial(found, chosen.hardening)
    return found.transpose(1, 0, 2), together(parts[top : len(parts) - bottom])


def work_bytes(scan: Scan, rows: int, options: PreprocessOptions, *, threads: int = 1) -> int:
    """Return the memory that `line_integrals` needs at the peak for a block of so many rows, its answer included."""
    margin = row_margin(scan, options)
    taken, line = min(rows + 2 * margin, scan.rows), scan.views * scan.columns
    frames = sum(int(part.shape[0]) for part in (scan.flats, scan.darks) if part is not None)
    flats = frames * taken * scan.columns * (scan.projections.dtype.itemsize + FRAME_BYTES)
    block = taken * line * (scan.projections.dtype.itemsize + 4) + threads * line * ROW_BYTES
    phase = rows * line * 4 + transform_bytes(rows, scan.views, scan.columns, margin) if margin else 0
    powers = rows * line * 4 if options.hardening else 0
    return flats + block + max(phase, powers)


def _blur_px(scan: Scan, options: PreprocessOptions) -> float:
    if options.phase == "none":
        return 0.0
    pixel_mm = options.pixel_of(scan.geometry.pixel_mm)
    if pixel_mm is None:
        raise InputError(f"{scan.name}: phase retrieval needs the size of a pixel, and the scan has none: set pixel_mm")
    return blur_length_px(
        delta_beta=options.delta_beta,
        energy_kev=options.energy_kev,
        distance_mm=options.distance_mm,
        pixel_mm=pixel_mm,
    )


def _rows_alone(
    scan: Scan, rows: slice, options: PreprocessOptions, threads: int
) -> tuple[Floats32, list[Corrections]]:
    """Return line integrals (row, angle, column) as far as every row stands alone, and what was found in each."""
    counts = np.asarray(scan.projections[:, rows, :])
    counts = counts.astype(counts.dtype.newbyteorder("="), copy=False)  # compiled loops read no foreign byte order
    field = None if scan.are_line_integrals else _field(scan, rows, options)
    motion = motion_px(scan.geometry.angles_rad, scan.columns)
    out = np.empty((counts.shape[1], counts.shape[0], counts.shape[2]), np.float32)

    def correct(row: int) -> Corrections:
        if field is None:
            values, found = _mended_line_integrals(counts[:, row])
        else:
            values, found = _corrected_counts(counts[:, row], field, row, options, motion)
        out[row] = remove_rings(values, options)
        return found

    with ThreadPoolExecutor(threads, thread_name_prefix="rows") as pool:
        return out, list(pool.map(correct, range(len(out))))


def _field(scan: Scan, rows: slice, options: PreprocessOptions) -> FlatField:
    """Return the flats of some rows; where air columns stand in for them, they are one."""
    if scan.flats is not None or options.air == 0:
        return read_flat_field(scan, rows, options.flats_in_time)
    shape = (rows.stop - rows.start, scan.columns)
    return FlatField(
        dark=read_dark(scan.darks, rows, shape),
        open=np.ones((1, *shape), np.float32),
        series=np.zeros(scan.views, np.int64),
        share=np.zeros(scan.views, np.float32),
    )


def _mended_line_integrals(values: NDArray[Any]) -> tuple[Floats32, Corrections]:
    """Fill what is no number in the line integrals of one row."""
    mended = np.array(values, np.float32)
    gaps = ~np.isfinite(mended)
    count = int(np.count_nonzero(gaps))
    if gaps.all():
        return np.zeros_like(mended), Corrections(samples=gaps.size, not_finite=count, dark_rows=1)
    lost = fill_gaps(mended, gaps) if count else 0
    return mended, Corrections(samples=gaps.size, not_finite=count, lost_views=int(lost))


def _corrected_counts(
    counts: NDArray[Any], field: FlatField, row: int, options: PreprocessOptions, motion: int
) -> tuple[Floats32, Corrections]:
    """Return the line integrals of one row of counts of a sample that moves so many columns from view to view."""
    beam, full = field.open[:, row], saturation_level(counts.dtype, options.saturation)
    dead = dead_pixels(beam, options.dead) | (beam + field.dark[row] >= full).any(axis=0)
    if dead.all():
        return np.zeros(counts.shape, np.float32), Corrections(samples=counts.size, dead=dead.size, dark_rows=1)
    values = np.empty(counts.shape, np.float32)
    transmission(np.ascontiguousarray(counts), field.dark[row], beam, field.series, field.share, values)
    wild, full_samples = ~np.isfinite(values) & ~dead, (counts >= full) & ~dead
    lost = ((values <= 0) | dead).all(axis=1)
    lost &= not lost.all()  # an opaque sample is no lost view
    gaps = wild | full_samples | dead | lost[:, None]
    found = Corrections(
        samples=counts.size,
        not_finite=int(np.count_nonzero(wild)),
        saturated=int(np.count_nonzero(full_samples)),
        dead=int(np.count_nonzero(dead)),
    )
    if gaps.all():
        return np.zeros(counts.shape, np.float32), found + Corrections(dark_rows=1)
    lost_views = int(fill_gaps(values, gaps))
    if options.air:
        level_to_air(values, options.air)
    outliers = fill_outliers(values, options.outliers, motion)
    stuck = stuck_pixels(values) & ~dead
    if stuck.any():
        fill_gaps(values, np.broadcast_to(stuck, values.shape).copy())
    below = values < options.floor
    found += Corrections(
        outliers=outliers,
        lost_views=lost_views,
        stuck=int(np.count_nonzero(stuck)),
        below_floor=int(np.count_nonzero(below)),
    )
    return -np.log(np.maximum(values, np.float32(options.floor))), found


def level_to_air(values: Floats32, columns: int) -> None:
    """Scale every view in place so that its outermost columns transmit everything, straight in between.

    Parameters
    ----------
    values : (angle, column) float32
        Transmission of one row.
    columns : int
        Columns at either side that see only air.
    """
    left, right = np.median(values[:, :columns], axis=1), np.median(values[:, -columns:], axis=1)
    way = np.clip((np.arange(values.shape[1]) - (columns - 1) / 2) / max(values.shape[1] - columns, 1), 0, 1)
    air = left[:, None] + (right - left)[:, None] * way.astype(np.float32)
    np.divide(values, air, out=values, where=air > 0)
