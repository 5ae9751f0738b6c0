"""Angles of a scan: read from a file or a few numbers, with degrees told from radians by the turn they cover."""

import math
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.lazy import reading

AngleUnit = Literal["deg", "rad"]
Floats = NDArray[np.float64]
ANGLE_SUFFIXES = (".txt", ".csv", ".dat", ".npy")
"""Files that angles are read from."""
TOLERANCE = 0.02
"""Share of half a turn or a turn by which a scan may miss it and still be taken for one."""
_TURNS = {"deg": (180.0, 360.0), "rad": (math.pi, 2 * math.pi)}
_UNIT_NAMES: dict[str, AngleUnit] = {
    **dict.fromkeys(("deg", "degs", "degree", "degrees", "°"), "deg"),
    **dict.fromkeys(("rad", "rads", "radian", "radians"), "rad"),
}
_RANGE = re.compile(r"\s*([^:\s]+):([^:\s]+):(\d+)\s*(deg|rad)?\s*")


def angles_from(source: Any, unit: AngleUnit | None = None) -> Floats:
    """Return the angles that somebody named, in radians.

    Parameters
    ----------
    source : (a,) array, path or str
        Numbers; a file of them (text with one a line or in one column, or ``.npy``); or ``start:stop:count``, which
        are `count` views at equal steps from `start`, without `stop`, and may end in ``deg`` or ``rad``.
    unit : {"deg", "rad"}, optional
        Else recognised by the turn that they cover.

    Returns
    -------
    (a,) float64

    Raises
    ------
    InputError
        They are no numbers, or their unit cannot be told.
    MissingFileError
        There is no such file.

    Examples
    --------
    >>> np.rad2deg(angles_from("0:180:4"))
    array([  0.,  45.,  90., 135.])
    >>> angles_from([0, 90], "deg") / np.pi
    array([0. , 0.5])
    """
    if isinstance(source, str | Path) and ":" in Path(source).name and not Path(source).exists():
        text = Path(source).name  # a recipe puts its folder before whatever stands for a file
        values, said = _from_range(text)
        return in_radians(values, unit or said, f"the angles {text}")
    if isinstance(source, str | Path):
        return in_radians(_from_file(Path(source).expanduser()), unit, str(source))
    return in_radians(np.asarray(source, np.float64), unit, "the angles")


def in_radians(values: Floats, unit: AngleUnit | None, where: str, *, said: str | None = None) -> Floats:
    """Return angles in radians.

    Parameters
    ----------
    values : (a,) float64
        In either unit.
    unit : {"deg", "rad"}, optional
        Certain: not questioned.
    where : str
        What they are called in errors.
    said : str, optional
        Unit that a file states; refused where the turn covered says that it is the other one.

    Raises
    ------
    InputError
        Not one finite number a view, or the unit cannot be told.

    Notes
    -----
    A scan covers half a turn or a turn: 180 or 360 are degrees, 3.14 or 6.28 radians. Anything else could be either,
    and a guess would spoil the picture without a word.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 1 or not len(values):
        raise InputError(f"{where} must be one number for every view, got an array {values.shape}")
    if not np.isfinite(values).all():
        raise InputError(f"{where} must be finite, but number {int(np.argmin(np.isfinite(values)))} is not")
    seen, stated = _unit_seen(values), _UNIT_NAMES.get((said or "").strip().lower())
    if unit is None and stated is not None and seen is not None and seen != stated:
        raise InputError(
            f"{where} cover {_span_text(values)} and are said to be in {said}, but that is how a scan in {seen} looks: "
            "say which is right with angle_unit='deg' or 'rad' (--angle-unit on the command line)"
        )
    known = unit or stated or seen
    if known is None and len(np.unique(values)) < 2:
        raise InputError(f"{where} must differ from view to view, but all {len(values):,} are {values[0]:.6g}")
    if known is None:
        raise InputError(
            f"{where} cover {_span_text(values)}, which is neither half a turn nor a turn in degrees or radians: "
            "say their unit with angle_unit='deg' or 'rad' (--angle-unit on the command line)"
        )
    return np.deg2rad(values) if known == "deg" else values


def _unit_seen(values: Floats) -> AngleUnit | None:
    """Return the unit in which the views cover half a turn or a turn, or None."""
    ordered = np.unique(values)
    span = float(ordered[-1] - ordered[0])
    step = float(np.median(np.diff(ordered))) if len(ordered) > 1 else 0.0
    for unit, turns in _TURNS.items():
        if any(span - TOLERANCE * turn <= turn <= span + step + TOLERANCE * turn for turn in turns):
            return "deg" if unit == "deg" else "rad"
    return None


def _span_text(values: Floats) -> str:
    return f"{values.min():.6g} to {values.max():.6g}"


def _from_range(text: str) -> tuple[Floats, AngleUnit | None]:
    found = _RANGE.fullmatch(text)
    try:
        start, stop, count = (float(part) for part in found.groups()[:3]) if found else (0.0, 0.0, 0.0)
    except ValueError:
        count = 0.0
    if found is None or count < 1:
        raise InputError(f"angles must be a file or start:stop:count such as 0:180:721, got {text!r}")
    return np.linspace(start, stop, int(count), endpoint=False), _UNIT_NAMES.get(found.group(4) or "")


def _from_file(path: Path) -> Floats:
    if not path.is_file():
        raise MissingFileError(f"the file of angles {path} does not exist: check the name, or give start:stop:count")
    if path.suffix.lower() not in ANGLE_SUFFIXES:
        raise InputError(f"angles are read from {', '.join(ANGLE_SUFFIXES)}, got {path.name}")
    with reading(path):
        if path.suffix.lower() == ".npy":
            return np.asarray(np.load(path, allow_pickle=False), np.float64).squeeze()
        lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    return _from_lines([line for line in lines if line], path)


def _from_lines(lines: list[str], path: Path) -> Floats:
    """Return the numbers of a text: one a line, or all in one; a first line of words is a heading."""
    rows = [[cell for cell in re.split(r"[,;\s]+", line) if cell] for line in lines]
    if rows and not any(_is_number(cell) for cell in rows[0]):
        rows = rows[1:]
    cells = rows[0] if len(rows) == 1 else [cell for row in rows for cell in row]
    if not cells or (len(rows) > 1 and len(cells) != len(rows)):
        raise InputError(f"{path} must hold one angle a line, got {len(rows):,} lines with {len(cells):,} numbers")
    wrong = next((cell for cell in cells if not _is_number(cell)), None)
    if wrong is not None:
        raise InputError(f"{path} must hold one angle a line, but {wrong!r} is no number")
    return np.array([float(cell) for cell in cells])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
