"""Axis letters of any file, put in our order: z, y, x, then the channel."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.io.lazy import ArrangedLevel

KNOWN_AXES = ("yx", "yxc", "zyx", "zyxc")
MAX_COLOURS = 4
"""A last axis of a 3-D array no longer than this is taken as channels."""


def guess_axes(shape: tuple[int, ...]) -> str:
    """Name the axes of a bare array.

    2-D is ``yx``; 3-D with at most four entries along the last axis is ``yxc``, any other 3-D ``zyx``; 4-D is ``zyxc``.

    >>> guess_axes((100, 80, 3)), guess_axes((100, 80, 60))
    ('yxc', 'zyx')
    """
    if len(shape) == 3:
        return "yxc" if shape[-1] <= MAX_COLOURS else "zyx"
    for axes in KNOWN_AXES:
        if len(axes) == len(shape):
            return axes
    raise InputError(
        f"an image must have 2 to 4 axes, got the shape {tuple(shape)}: take a slice, or say which are which "
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
        An axis has length zero, or the dtype is complex, text or objects.
    """
    if 0 in shape:
        raise InputError(f"{name} must have pixels, but its shape is {tuple(shape)}: nothing to read")
    kind = np.dtype(dtype).kind
    if kind not in "buif":
        raise InputError(f"{name} must hold integers, floats or booleans, got {np.dtype(dtype)}: convert it first")


def arrange(levels: Sequence[Any], axes: str, name: object) -> tuple[tuple[Any, ...], str]:
    """Put the axes of every level in our order, dropping those of length one.

    ``y`` and ``x`` stay; ``z`` is kept when longer than one; ``c`` or ``s`` (samples) becomes the last axis; one other
    long axis (time, an unnamed stack of pages) stands in for a missing ``z``.

    Parameters
    ----------
    levels : sequence of level arrays
        Finest first.
    axes : str
        One letter per axis as the file names it, lower case.
    name
        Named in errors.

    Returns
    -------
    levels, axes
        The levels in our order, and one of `KNOWN_AXES`.

    Raises
    ------
    InputError
        There is no y or x, two kinds of channels, or more axes than z, y, x and the channel.
    """
    shape = tuple(levels[0].shape)
    if "y" not in axes or "x" not in axes or len(axes) != len(shape):
        raise InputError(f"{name} must have axes y and x, got {axes!r} with the shape {shape}")
    long_axes = [letter for letter, n in zip(axes, shape, strict=True) if n > 1 and letter not in "yx"]
    channels = [letter for letter in long_axes if letter in "cs"]
    stacks = [letter for letter in long_axes if letter not in "cs"]
    if len(channels) > 1 or len(stacks) > 1:
        sizes = ", ".join(f"{letter}={n}" for letter, n in zip(axes, shape, strict=True))
        raise InputError(
            f"{name} must have at most one stack axis and one channel axis, got {sizes}: save one part of it"
        )
    kept = [*stacks, "y", "x", *channels]
    order = tuple(axes.index(letter) for letter in kept)
    fixed = {axis: 0 for axis in range(len(axes)) if axis not in order}
    ours = ("z" if stacks else "") + "yx" + ("c" if channels else "")
    if order == tuple(range(len(axes))):
        return tuple(levels), ours
    return tuple(ArrangedLevel(level, order, fixed) for level in levels), ours
