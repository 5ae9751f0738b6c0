"""Axis letters of bare arrays: z, y, x, then the channel."""

from typing import Any

import numpy as np

from vitsci_viz.errors import InputError

KNOWN_AXES = ("x", "yx", "yxc", "zyx", "zyxc")
MAX_COLOURS = 4
"""A last axis of a 3-D array no longer than this is taken as channels."""


def guess_axes(shape: tuple[int, ...]) -> str:
    """Name the axes of a bare array.

    1-D is ``x``, 2-D ``yx``; 3-D with at most four entries along the last axis is ``yxc``, any other 3-D ``zyx``;
    4-D is ``zyxc``.

    Raises
    ------
    InputError
        More or fewer axes.

    Examples
    --------
    >>> guess_axes((100, 80, 3)), guess_axes((100, 80, 60))
    ('yxc', 'zyx')
    """
    if len(shape) == 3:
        return "yxc" if shape[-1] <= MAX_COLOURS else "zyx"
    for axes in KNOWN_AXES:
        if len(axes) == len(shape):
            return axes
    raise InputError(
        f"an image must have 1 to 4 axes, got the shape {tuple(shape)}: take a slice, or say which are which "
        f"with axes=, one of {', '.join(KNOWN_AXES)}"
    )


def check_axes(axes: str, shape: tuple[int, ...]) -> str:
    """Check axes that somebody gave against an array's shape."""
    if axes not in KNOWN_AXES:
        raise InputError(f"axes must be one of {', '.join(KNOWN_AXES)}, got {axes!r}")
    if len(axes) != len(shape):
        raise InputError(f"axes must name every axis: {axes!r} for the shape {tuple(shape)}")
    return axes


def check_pixels(shape: tuple[int, ...], dtype: Any, name: object) -> None:
    """Refuse arrays without pixels and types that are no numbers.

    Raises
    ------
    InputError
        An axis has no length, or the dtype is complex, text or objects.
    """
    if any(length < 1 for length in shape):
        raise InputError(f"{name} must have pixels, but its shape is {tuple(shape)}: nothing to read")
    kind = np.dtype(dtype).kind
    if kind not in "buif":
        raise InputError(f"{name} must hold integers, floats or booleans, got {np.dtype(dtype)}: convert it first")
