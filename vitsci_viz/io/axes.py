"""Axis letters of any file, put in our order: z, y, x, then the channel."""

from collections.abc import Sequence
from typing import Any

from vitsci_viz.errors import InputError
from vitsci_viz.io.levels import ArrangedLevel


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
