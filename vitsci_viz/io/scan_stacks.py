"""Scans as NumPy archives, multi-page TIFF files and folders of pictures."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.frames import FilesLevel
from vitsci_viz.io.lazy import reading
from vitsci_viz.io.reading import read_image
from vitsci_viz.io.scan_angles import ANGLE_SUFFIXES, AngleUnit, angles_from, in_radians
from vitsci_viz.io.scan_parts import listed, no_angles, scan_of
from vitsci_viz.io.volumes import from_npz, npz_level
from vitsci_viz.types import LevelArray, Scan

Floats = NDArray[np.float64]
PICTURES = (".tif", ".tiff", ".png")
"""Files of a folder that are taken for frames."""
NAMES = {
    "projections": ("projections", "projection", "data", "views", "proj"),
    "flats": ("flats", "flat", "data_white", "white"),
    "darks": ("darks", "dark", "data_dark"),
}
"""What arrays, files and sub-folders may be called."""
SINOGRAMS = "sinograms"
"""Name of an array of line integrals."""
_ANGLES: dict[str, AngleUnit | None] = {"angles_rad": "rad", "angles_deg": "deg", "angles": None, "theta": None}
_NUMBERS = re.compile(r"(\d+)")


def read_npz_scan(path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    """Read a scan from the arrays of an ``.npz`` file.

    It holds ``projections`` (or ``data``), ``flats`` and ``darks``, or ``sinograms`` that are line integrals; all
    (angle, row, column). ``angles_rad``, ``angles_deg``, ``angles`` or ``theta``; ``flat_places``, ``centre`` and
    ``pixel_mm`` where they are known.

    Raises
    ------
    InputError
        It holds no views or no angles, or counts do not match.
    """
    with reading(path), zipfile.ZipFile(path) as archive:
        held = [name.removesuffix(".npy") for name in archive.namelist()]
    named = {part: next((name for name in names if name in held), None) for part, names in NAMES.items()}
    views = SINOGRAMS if SINOGRAMS in held else named["projections"]
    if views is None:
        looked = ", ".join((*NAMES["projections"], SINOGRAMS))
        raise InputError(f"{path} must be a scan: looked for {looked}, but it holds {listed(held)}")
    projections = npz_level(path, views)
    if angles is None:
        name = next((name for name in _ANGLES if name in held), None)
        if name is None:
            raise no_angles(path, " or ".join(_ANGLES), projections.shape[0])
        angles = in_radians(_numbers(path, name), unit or _ANGLES[name], f"{name} of {path.name}")
    flats, darks = (_frames(npz_level(path, name)) if (name := named[part]) else None for part in ("flats", "darks"))
    centre, pixel = (float(_numbers(path, name)) if name in held else None for name in ("centre", "pixel_mm"))
    return scan_of(
        path,
        projections=projections,
        angles=angles,
        flats=flats,
        darks=darks,
        flat_places=_numbers(path, "flat_places") if "flat_places" in held else None,
        centre=centre,
        pixel_mm=pixel,
        are_line_integrals=views == SINOGRAMS,
    )


def _numbers(path: Path, name: str) -> Floats:
    with reading(path):
        return np.asarray(from_npz(path, name), np.float64)


def _frames(level: LevelArray) -> LevelArray:
    return np.asarray(level[...])[None] if len(level.shape) == 2 else level


def read_file_scan(path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    """Read a scan from one file of views, such as a multi-page TIFF, with its parts beside it.

    Beside ``tooth.tif`` lie ``tooth_flats.tif``, ``tooth_darks.tif`` and ``tooth_angles.txt`` (or ``.csv``, ``.npy``);
    beside ``tooth.npy`` ``tooth_flats.npy`` or ``tooth_flats.tif``, and so on.

    Raises
    ------
    InputError
        There are no angles, or counts do not match.
    """
    projections, stem = _stack(path), path.name.removesuffix(path.suffix)
    if angles is None:
        angles = _angles_beside(path, path.parent, f"{stem}_angles", projections.shape[0], unit)
    flats, darks = (
        _part_beside(path.parent, [f"{stem}_{name}" for name in NAMES[part]], (path.suffix, *PICTURES))
        for part in ("flats", "darks")
    )
    return scan_of(path, projections=projections, angles=angles, flats=flats, darks=darks)


def read_folder_scan(path: Path, angles: Floats | None, unit: AngleUnit | None) -> Scan:
    """Read a scan from a folder of pictures.

    The views are pictures in the folder itself or in its sub-folder ``projections`` (a picture a view, in the order of
    the numbers in their names), or one file ``projections.tif``; likewise ``flats`` and ``darks``. The angles stand in
    ``angles.txt`` (or ``.csv``, ``.npy``).

    Raises
    ------
    InputError
        There are no views or no angles, or counts do not match.
    """
    projections = _part_beside(path, NAMES["projections"])
    if projections is None:
        own = [name for part in ("flats", "darks") for name in NAMES[part]]
        files = [file for file in _pictures(path) if file.stem.lower() not in own]
        if not files:
            looked = ", ".join((f"*{PICTURES[0]}", f"projections{PICTURES[0]}", "projections/"))
            raise InputError(f"{path} must hold the views of a scan: looked for {looked}, and found no picture")
        projections = _stack(files[0]) if len(files) == 1 else FilesLevel(files)
    flats, darks = (_part_beside(path, NAMES[part]) for part in ("flats", "darks"))
    if angles is None:
        angles = _angles_beside(path, path, "angles", projections.shape[0], unit)
    return scan_of(path, projections=projections, angles=angles, flats=flats, darks=darks)


def _part_beside(folder: Path, names: Any, suffixes: Sequence[str] = PICTURES) -> LevelArray | None:
    """Return the frames of a file or a sub-folder by one of its names."""
    for name in names:
        inside = folder / name
        if inside.is_dir() and (files := _pictures(inside)):
            return _stack(files[0]) if len(files) == 1 else FilesLevel(files)
        file = next((folder / f"{name}{suffix}" for suffix in suffixes if (folder / f"{name}{suffix}").exists()), None)
        if file is not None:
            return _stack(file)
    return None


def _pictures(folder: Path) -> list[Path]:
    """Return the pictures of a folder in the order of the numbers in their names: 2 before 10."""
    files = [file for file in folder.iterdir() if file.suffix.lower() in PICTURES and not file.name.startswith(".")]
    return sorted(files, key=lambda file: [(int(p), "") if p.isdigit() else (-1, p) for p in _NUMBERS.split(file.name)])


def _stack(path: Path) -> LevelArray:
    """Return the frames of a file of pictures; one picture is one frame."""
    image = read_image(path)
    if image.axes == "yx":
        return FilesLevel([path])
    is_colour = image.axes.endswith("c") and path.suffix.lower() in PICTURES  # bare arrays do not tell their axes
    if len(image.data.shape) != 3 or is_colour:
        raise InputError(f"{path} must hold grey frames, got the axes {image.axes} and the shape {image.data.shape}")
    return image.data


def _angles_beside(path: Path, folder: Path, stem: str, views: int, unit: AngleUnit | None) -> Floats:
    found = next((folder / f"{stem}{end}" for end in ANGLE_SUFFIXES if (folder / f"{stem}{end}").exists()), None)
    if found is None:
        raise no_angles(path, f"{stem}{ANGLE_SUFFIXES[0]} beside it", views)
    return angles_from(found, unit)
