"""The forward projector of parallel beam and its exact adjoint, many slices at a time."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import checked_angles
from vitsci_viz.reconstruction.line_kernels import GROUP, LANES, TILE, add_lines, add_shares
from vitsci_viz.types import Image, Scan, ScanGeometry

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
SLICES = 64
"""Slices that are computed together."""
VIEWS = 32
"""Views that a thread projects at a time: the slices pass through the cache once for all of them."""
SAME_SIZE = 1e-4
"""Relative difference up to which two sizes of a pixel are the same."""


def project(
    volume: Image | NDArray[np.floating], geometry: ScanGeometry, *, columns: int | None = None, threads: int = 1
) -> Scan:
    """Project a volume.

    Parameters
    ----------
    volume : Image or (row, y, x) float
        Attenuation in 1/mm where the size of a pixel is known, from the volume or the geometry, and else in 1/px.
    geometry : ScanGeometry
        Angles, centre (default the middle of the detector), size of a pixel, and tilt of the axis.
    columns : int, optional
        Detector pixels; default the width of the volume.
    threads : int
        Never change the answer.

    Returns
    -------
    Scan
        Line integrals, in memory, with the centre and the size of a pixel filled in.

    Raises
    ------
    InputError
        Pixels of the volume are not square, or of another size than the geometry says.

    Examples
    --------
    >>> scan = project(np.ones((2, 8, 8)), ScanGeometry(angles_rad=np.zeros(1)))
    >>> scan.shape, float(scan.projections[0, 0, 3])
    ((1, 2, 8), 8.0)
    """
    pixel_mm = _pixel_mm(volume, geometry.pixel_mm)
    slices: Any = np.asarray(volume)
    lines = project_slices(slices, geometry.angles_rad, columns=columns, centre=geometry.centre, threads=threads)
    centre = (lines.shape[2] - 1) / 2 if geometry.centre is None else geometry.centre
    if geometry.tilt_rad:
        lines = _tilted(lines, centre, geometry.tilt_rad)
    if pixel_mm is not None:
        lines *= np.float32(pixel_mm)
    known = replace(geometry, centre=centre, pixel_mm=pixel_mm)
    return Scan(projections=lines, geometry=known, are_line_integrals=True, name="projected")


def project_slices(
    slices: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    columns: int | None = None,
    centre: float | None = None,
    threads: int = 1,
) -> Floats32:
    """Return the line integrals of slices.

    Parameters
    ----------
    slices : (row, y, x) float
        Attenuation in one over pixels; pixel (i, j) lies at x = j - (width - 1) / 2, y = i - (height - 1) / 2 from the
        axis.
    angles_rad : (angle,) float
        Of the views, in any order.
    columns : int, optional
        Detector pixels, at least 2; default the width of the slices.
    centre : float, optional
        Where the rotation axis falls, in detector pixels whose centres are at integers; default the middle. It may lie
        off the detector.
    threads : int
        Each takes whole views, so they never change the answer.

    Returns
    -------
    (angle, row, column) float32
        t = x cos(angle) + y sin(angle) + centre on the detector; lengths in pixels.

    Raises
    ------
    InputError
        Shapes do not fit, or a pixel is not finite.

    Notes
    -----
    The matrix element between detector pixel c and a pixel at t is max(0, 1 - abs(c - t) / m) / m with
    m = max(abs(cos), abs(sin)).

    References
    ----------
    Joseph, An improved algorithm for reprojecting rays through pixel images, IEEE Trans. Med. Imaging 1, 1982.
    """
    if slices.ndim != 3 or 0 in slices.shape:
        raise InputError(f"slices must be (row, y, x) with a pixel at least, got {slices.shape}")
    rows, _, width = slices.shape
    channels = width if columns is None else columns
    angles, axis = _checked(angles_rad, channels, centre)
    sinograms = np.empty((len(angles), rows, channels), np.float32)
    for first in range(0, rows, SLICES):
        part = slices[first : first + SLICES]
        is_finite = np.isfinite(part).all(axis=(1, 2))
        if not is_finite.all():
            raise InputError(
                f"pixels to be projected must be finite, row {first + int(np.argmin(is_finite))} has others"
            )
        found = _project(part, angles, channels, axis, threads)
        sinograms[:, first : first + SLICES] = found[:, :, : len(part)].transpose(0, 2, 1)
    return sinograms


def project_adjoint(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    shape: tuple[int, int] | None = None,
    centre: float | None = None,
    threads: int = 1,
) -> Floats32:
    """Return what the transpose of `project_slices` makes of line integrals.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals.
    angles_rad : (angle,) float
        Of the views.
    shape : (int, int), optional
        Height and width of the slices; default the detector's pixels both ways.
    centre : float, optional
        Where the rotation axis falls, in detector pixels; default the middle.
    threads : int
        Each takes whole rows of tiles, so they never change the answer.

    Returns
    -------
    (row, y, x) float32

    Raises
    ------
    InputError
        Shapes do not fit.
    """
    if sinograms.ndim != 3:
        raise InputError(f"sinograms must be (angle, row, column), got {sinograms.shape}")
    views, rows, columns = sinograms.shape
    angles, axis = _checked(checked_angles(angles_rad, views), columns, centre)
    height, width = (columns, columns) if shape is None else shape
    slices = np.empty((rows, height, width), np.float32)
    for first in range(0, rows, SLICES):
        part = sinograms[:, first : first + SLICES]
        found = _spread(part, angles, (height, width), axis, threads)
        slices[first : first + SLICES] = found[:, :, : part.shape[1]].transpose(2, 0, 1)
    return slices


def _checked(angles_rad: NDArray[np.floating], columns: int, centre: float | None) -> tuple[Floats, float]:
    """Return the angles and the centre."""
    if columns < 2:
        raise InputError(f"a detector must have 2 columns or more, got {columns}")
    angles = checked_angles(angles_rad, np.size(angles_rad))
    axis = (columns - 1) / 2 if centre is None else float(centre)
    if not np.isfinite(axis):
        raise InputError(f"the centre must be a finite place on the detector's line, got {axis}")
    return angles, axis


def _project(part: NDArray[np.floating], angles: Floats, columns: int, centre: float, threads: int) -> Floats32:
    """Return (angle, column, row), rows filled up: lines along y in one go, those along x in slices turned over."""
    rows, height, width = part.shape
    upright = np.zeros((_whole(height, GROUP), _whole(width, GROUP), _whole(rows, LANES)), np.float32)
    upright[:height, :width, :rows] = part.transpose(1, 2, 0)
    cosines, sines = np.cos(angles), np.sin(angles)
    is_upright = np.abs(cosines) >= np.abs(sines)
    middle = ((height - 1) / 2, (width - 1) / 2)
    out = np.zeros((len(angles), columns, upright.shape[2]), np.float32)
    with ThreadPoolExecutor(threads, thread_name_prefix="lines") as pool:

        def add(slices: Floats32, across: Floats, along: Floats, axis: tuple[float, float], which: NDArray) -> None:
            def fill(views: NDArray) -> None:
                found = np.zeros((len(views), *out.shape[1:]), np.float32)
                add_lines(slices, across[views], along[views], centre, axis, found)
                out[views] = found

            list(pool.map(fill, np.array_split(which, -(-len(which) // VIEWS) or 1)))

        add(upright, cosines, sines, middle, np.flatnonzero(is_upright))
        if not is_upright.all():
            turned = np.ascontiguousarray(upright.transpose(1, 0, 2))
            add(turned, sines, cosines, middle[::-1], np.flatnonzero(~is_upright))
    return out


def _spread(
    part: NDArray[np.floating], angles: Floats, shape: tuple[int, int], centre: float, threads: int
) -> Floats32:
    """Return (y, x, row), rows filled up."""
    views, rows, columns = part.shape
    height, width = shape
    data = np.zeros((_whole(views, GROUP), columns, _whole(rows, LANES)), np.float32)
    data[:views, :, :rows] = part.transpose(0, 2, 1)
    turns = np.zeros(len(data))
    turns[:views] = angles
    cosines, sines = np.cos(turns), np.sin(turns)
    y, x = np.arange(height) - (height - 1) / 2, np.arange(width) - (width - 1) / 2
    out = np.zeros((height, width, data.shape[2]), np.float32)

    def fill(top: int) -> None:
        band = slice(top, top + TILE)
        add_shares(data, cosines, sines, centre, y[band], x, out[band])

    with ThreadPoolExecutor(threads, thread_name_prefix="shares") as pool:
        list(pool.map(fill, range(0, height, TILE)))
    return out


def _whole(count: int, group: int) -> int:
    """Return how many there are with those that fill the last group."""
    return -(-count // group) * group


def _pixel_mm(volume: Image | NDArray[np.floating], said: float | None) -> float | None:
    """Return the side of a pixel in mm, from the volume or as said."""
    spacing_um = volume.spacing_um if isinstance(volume, Image) else None
    if spacing_um is None:
        return said
    across, along = spacing_um[-1] / 1000, spacing_um[-2] / 1000
    if not math.isclose(across, along, rel_tol=SAME_SIZE):
        raise InputError(
            f"slices to be projected must have square pixels, got {along:g} x {across:g} mm: resample them"
        )
    if said is not None and not math.isclose(across, said, rel_tol=SAME_SIZE):
        raise InputError(f"the volume's pixels must be those of the geometry, {said:g} mm, got {across:g} mm")
    return across


def _tilted(lines: NDArray[np.float32], centre: float, tilt_rad: float) -> NDArray[np.float32]:
    """Turn every view about the axis on the middle row, linear between pixels; zero comes in from outside."""
    pivot = np.array([(lines.shape[1] - 1) / 2, centre])
    cosine, sine = math.cos(tilt_rad), math.sin(tilt_rad)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    offset: Any = pivot - turn @ pivot
    turned: Any = [ndimage.affine_transform(view, turn, offset, order=1) for view in lines]
    return np.stack(turned)
