"""Scans to HDF5 in the layout DXchange, a few views at a time."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError
from vitsci_viz.io.hdf5 import HDF5_SUFFIXES, import_h5py
from vitsci_viz.io.scan_hdf5 import CENTRE, DARKS, DATA, FLAT_THETA, FLATS, LINE_INTEGRALS, RESOLUTION, THETA, TILT
from vitsci_viz.types import LevelArray, Scan

BLOCK_BYTES = 64 * 2**20
"""Views are copied in blocks of about this size."""


def write_scan(path: Path | str, scan: Scan) -> Path:
    """Write a scan as DXchange, uncompressed, so that rows are read without the others.

    Parameters
    ----------
    path : path
        Ends in ``.h5`` or another suffix of HDF5; replaced once the new file is whole.
    scan : Scan
        Copied in blocks of views, so it may be larger than memory.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        The suffix is no HDF5.
    OutputError
        The file could not be written.

    Notes
    -----
    ``/exchange/theta`` is in degrees. When flats were taken is kept as the angle at that time in
    ``/exchange/theta_white``, where the angles grow or fall steadily.
    """
    path = Path(path)
    if path.suffix.lower() not in HDF5_SUFFIXES:
        raise InputError(f"a scan is written as {', '.join(HDF5_SUFFIXES)}, got {path.name}")
    h5py = import_h5py()
    theta = np.rad2deg(scan.geometry.angles_rad)
    with replacing(path) as temporary, h5py.File(temporary, "w") as file:
        file["implements"] = "exchange:measurement:process"
        what = LINE_INTEGRALS if scan.are_line_integrals else "transmission"
        _copy(file, DATA, scan.projections, axes="theta:y:x", description=what)
        _put(file, THETA, theta, units="degrees")
        if scan.flats is not None:
            _copy(file, FLATS, scan.flats, axes="theta_white:y:x")
        if scan.darks is not None:
            _copy(file, DARKS, scan.darks, axes="theta_dark:y:x")
        if scan.flat_places is not None and scan.views > 1:
            _put(file, FLAT_THETA, _angle_at(scan.flat_places, theta), units="degrees")
        _put_geometry(file, scan)
    return path


def _copy(file: Any, name: str, level: LevelArray, **attributes: str) -> None:
    shape = tuple(int(n) for n in level.shape)
    dataset = file.create_dataset(name, shape, level.dtype)
    step = max(1, BLOCK_BYTES // max(1, math.prod(shape[1:]) * level.dtype.itemsize))
    for first in range(0, shape[0], step):
        dataset[first : first + step] = np.asarray(level[first : first + step])
    dataset.attrs.update(attributes)


def _put(file: Any, name: str, value: Any, **attributes: str) -> None:
    file[name] = value
    file[name].attrs.update(attributes)


def _angle_at(places: Any, theta: Any) -> Any:
    """Return the angle at a time in views, half a step beyond the first and the last view too."""
    views = np.arange(len(theta), dtype=np.float64)
    ends = theta[0] - (theta[1] - theta[0]) / 2, theta[-1] + (theta[-1] - theta[-2]) / 2
    return np.interp(places, [-0.5, *views, len(theta) - 0.5], [ends[0], *theta, ends[1]])


def _put_geometry(file: Any, scan: Scan) -> None:
    geometry = scan.geometry
    if geometry.pixel_mm is not None:
        _put(file, RESOLUTION, geometry.pixel_mm, units="mm")
    if geometry.centre is not None:
        _put(file, CENTRE, geometry.centre, units="pixel")
    if geometry.tilt_rad:
        _put(file, TILT, geometry.tilt_rad, units="rad")
