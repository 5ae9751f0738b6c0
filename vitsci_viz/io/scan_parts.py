"""A scan put together from what its file holds."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.types import LevelArray, Scan, ScanGeometry

Floats = NDArray[np.float64]


def no_angles(path: Path, place: str, views: int) -> InputError:
    """Return what to raise where a file holds no angles."""
    return InputError(
        f"{path} has no angles at {place}: give angles (--angles on the command line), a file or start:stop:count "
        f"such as '0:180:{views}'"
    )


def listed(names: list[str], most: int = 8) -> str:
    """Name what a file holds, on one line.

    >>> listed(["data", "theta"]), listed([])
    ('data, theta', 'no arrays')
    """
    text = ", ".join(names[:most]) + (", ..." if len(names) > most else "")
    return "".join(letter if letter.isprintable() else "?" for letter in text) or "no arrays"


def scan_of(
    path: Path,
    *,
    projections: LevelArray,
    angles: Floats,
    flats: LevelArray | None = None,
    darks: LevelArray | None = None,
    flat_places: Floats | None = None,
    pixel_mm: float | None = None,
    centre: float | None = None,
    tilt_rad: float = 0.0,
    are_line_integrals: bool = False,
) -> Scan:
    """Put what a file holds together; what does not fit is said with the file's name.

    Raises
    ------
    InputError
        Shapes or counts do not match.
    """
    if flat_places is not None and flats is not None and len(flat_places) != flats.shape[0]:
        flat_places = None
    try:
        return Scan(
            projections=projections,
            geometry=ScanGeometry(angles_rad=angles, centre=centre, pixel_mm=pixel_mm, tilt_rad=tilt_rad),
            flats=flats,
            darks=darks,
            flat_places=None if flats is None else flat_places,
            are_line_integrals=are_line_integrals,
            name=path.name.removesuffix(path.suffix),
            path=path,
        )
    except InputError as error:
        is_turned = len(projections.shape) == 3 and projections.shape[0] != len(angles) == projections.shape[1]
        hint = "; the axes look like (row, angle, column), and must be (angle, row, column)" if is_turned else ""
        raise InputError(f"{path}: {error}{hint}") from error
