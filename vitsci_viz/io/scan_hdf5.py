"""Scans in HDF5: the layouts DXchange and NXtomo."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.frames import PickedLevel
from vitsci_viz.io.hdf5 import dataset_level, length_mm, numbers_at, open_hdf5, text_attribute
from vitsci_viz.io.scan_angles import AngleUnit, in_radians
from vitsci_viz.io.scan_parts import listed, no_angles, scan_of
from vitsci_viz.types import LevelArray, Scan

Floats = NDArray[np.float64]
DATA, FLATS, DARKS, THETA = "exchange/data", "exchange/data_white", "exchange/data_dark", "exchange/theta"
FLAT_THETA = "exchange/theta_white"
RESOLUTION = "measurement/instrument/detection_system/objective/resolution"
CENTRE, TILT = "process/geometry/centre_px", "process/geometry/tilt_rad"
LINE_INTEGRALS = "line integrals"
"""Description of data that need no flats and no logarithm."""
_DETECTORS = ("instrument/detector", "tomo_entry/instrument/detector", "tomo_entry/data", "data")
_TURNS = (
    "sample/rotation_angle",
    "sample/transformations/rotation_angle",
    "tomo_entry/sample/rotation_angle",
    "tomo_entry/data/rotation_angle",
    "data/rotation_angle",
)
_VIEW, _FLAT, _DARK = 0, 1, 2


def read_hdf5_scan(path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    """Read a scan in the layout DXchange or NXtomo.

    Parameters
    ----------
    path : Path
        The file.
    angles : (a,) float64, optional
        In radians; used instead of those of the file.
    unit : {"deg", "rad"}, optional
        Of the angles in the file.

    Raises
    ------
    InputError
        The layout is another, the file is damaged, counts do not match, or angles are missing or unclear.

    References
    ----------
    De Carlo et al., Scientific data exchange: a schema for HDF5-based storage of raw and analyzed data, J. Synchrotron
    Rad. 21, 2014; NeXus application definition NXtomo.
    """
    with open_hdf5(path) as file:
        if DATA in file:
            return _read_dxchange(file, path, angles, unit)
        entry, detector = next(_detectors(file), (None, None))
        if detector is not None:
            return _read_nxtomo(entry, detector, path, angles, unit)
        looked = ", ".join([f"/{DATA} (DXchange)", *(f"/*/{place}/image_key (NXtomo)" for place in _DETECTORS)])
        raise InputError(f"{path} must be a scan: looked for {looked}, but it holds {_contents(file)}")


def _contents(file: Any) -> str:
    """Name the arrays of a file, the largest first."""
    found: list[tuple[int, str]] = []
    file.visititems(lambda name, node: found.append((node.size or 0, f"/{name}")) if hasattr(node, "dtype") else None)
    return listed([name for _, name in sorted(found, key=lambda item: (-item[0], item[1]))])


def _read_dxchange(file: Any, path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    data, theta = file[DATA], numbers_at(file, THETA)
    if angles is None:
        if theta is None:
            raise no_angles(path, f"/{THETA}", len(data))
        said = text_attribute(file[THETA], "units")
        angles = in_radians(theta.reshape(-1), unit, f"the angles /{THETA} of {path.name}", said=said)
    return scan_of(
        path,
        projections=dataset_level(data, path),
        angles=angles,
        flats=_frames_at(file, FLATS, path),
        darks=_frames_at(file, DARKS, path),
        flat_places=_flat_places(numbers_at(file, FLAT_THETA), theta, len(data)),
        pixel_mm=length_mm(file, RESOLUTION),
        centre=_number(file, CENTRE),
        tilt_rad=_number(file, TILT) or 0.0,
        are_line_integrals=text_attribute(data, "description") == LINE_INTEGRALS,
    )


def _frames_at(file: Any, name: str, path: Path) -> LevelArray | None:
    """Return flats or darks; a file may keep an empty array where none were taken."""
    found = file.get(name)
    if found is None or not found.shape or 0 in found.shape:
        return None
    level = dataset_level(found, path)
    return np.asarray(level[...])[None] if len(level.shape) == 2 else level


def _number(file: Any, name: str) -> float | None:
    found = numbers_at(file, name)
    return None if found is None or found.size != 1 else float(found.reshape(-1)[0])


def _flat_places(flat_theta: Floats | None, theta: Floats | None, views: int) -> Floats | None:
    """Return when flats were taken, in views, from the angle at which they were."""
    if flat_theta is None or theta is None or theta.shape != (views,) or views < 2:
        return None
    steps = np.diff(theta)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        return None
    edges = np.concatenate([[theta[0] - steps[0] / 2], theta, [theta[-1] + steps[-1] / 2]])
    places = np.concatenate([[-0.5], np.arange(views, dtype=np.float64), [views - 0.5]])
    order = np.argsort(edges)
    return np.interp(flat_theta.reshape(-1), edges[order], places[order])


def _detectors(file: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the entries of a NeXus file with the detector in them that tells views, flats and darks apart."""
    for entry in file.values():
        for place in _DETECTORS if hasattr(entry, "keys") else ():
            group = entry.get(place)
            if group is not None and hasattr(group, "keys") and "data" in group and "image_key" in group:
                yield entry, group


def _read_nxtomo(entry: Any, detector: Any, path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    frames = dataset_level(detector["data"], path)
    keys = numbers_at(detector, "image_key_control" if "image_key_control" in detector else "image_key")
    if keys is None or keys.shape != (frames.shape[0],):
        got = None if keys is None else keys.shape
        raise InputError(f"{path} must have one image_key for every frame: {frames.shape[0]:,} frames, got keys {got}")
    views, flats, darks = (np.flatnonzero(keys == key) for key in (_VIEW, _FLAT, _DARK))
    if not len(views):
        raise InputError(f"{path} must hold views (image_key 0), but none of its {len(keys):,} frames is one")
    if angles is None:
        angles = _nxtomo_angles(entry, views, len(keys), path, unit)
    return scan_of(
        path,
        projections=PickedLevel(frames, views),
        angles=angles,
        flats=PickedLevel(frames, flats) if len(flats) else None,
        darks=PickedLevel(frames, darks) if len(darks) else None,
        flat_places=np.searchsorted(views, flats).astype(np.float64) - 0.5 if len(flats) else None,
        pixel_mm=length_mm(entry, "sample/x_pixel_size") or length_mm(detector, "x_pixel_size"),
    )


def _nxtomo_angles(entry: Any, views: NDArray[Any], frames: int, path: Path, unit: AngleUnit | None) -> Floats:
    place = next((name for name in _TURNS if numbers_at(entry, name) is not None), None)
    if place is None:
        raise no_angles(path, f"{entry.name}/{_TURNS[0]}", len(views))
    turns = np.asarray(numbers_at(entry, place)).reshape(-1)
    if len(turns) == frames:
        turns = turns[views]
    said = text_attribute(entry[place], "units")
    return in_radians(turns, unit, f"the angles {entry.name}/{place} of {path.name}", said=said)
