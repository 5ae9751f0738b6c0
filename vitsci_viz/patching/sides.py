"""Sides of tokens and finest leaves, one per axis, from the options and the image."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions, is_power_of_two

Sides = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PatchSides:
    """Side of a token and of the finest leaf on every axis, in pixels."""

    patch_size: Sides
    min_size: Sides


def per_axis(value: int | Sequence[int], ndim: int, name: str) -> Sides:
    """Repeat one side for every axis, or check that there is one per axis.

    Raises
    ------
    OptionError
        The number of sides is not the number of axes, or a side is no power of two.
    """
    if not isinstance(value, int | np.integer) and not hasattr(value, "__len__"):
        raise OptionError(f"{name} must be a whole number or one per axis ({ndim}), got {value!r}")
    sides = (int(value),) * ndim if isinstance(value, int | np.integer) else tuple(int(side) for side in value)
    if len(sides) != ndim:
        raise OptionError(f"{name} must be one number or one per axis ({ndim}), got {sides}")
    if not all(is_power_of_two(side) for side in sides):
        raise OptionError(f"{name} must be a power of two on every axis, got {sides}")
    return sides


def resolve_sides(options: PatchOptions, ndim: int, spacing: Sequence[float] | None = None) -> PatchSides:
    """Resolve `patch_size` and `min_size` for an image with `ndim` spatial axes.

    Parameters
    ----------
    options : PatchOptions
        `min_size` may be None (the patch size) or "cubic".
    ndim : int
        Number of spatial axes.
    spacing : sequence of float, optional
        Distance between samples on every axis, any unit; "cubic" needs it.

    Raises
    ------
    OptionError
        A side is missing, or "cubic" is asked for without a spacing.

    Examples
    --------
    >>> resolve_sides(PatchOptions(min_size="cubic"), 3, (3.0, 0.75, 0.75)).min_size
    (2, 8, 8)
    """
    patch_size = per_axis(options.patch_size, ndim, "patch_size")
    if options.min_size is None:
        return PatchSides(patch_size=patch_size, min_size=patch_size)
    if options.min_size != "cubic":
        return PatchSides(patch_size=patch_size, min_size=per_axis(options.min_size, ndim, "min_size"))
    if spacing is None:
        raise OptionError("min_size='cubic' needs a known spacing: give the image one, or sides per axis")
    target = min(side * step for side, step in zip(patch_size, spacing, strict=True))
    min_size = tuple(2 ** max(0, round(math.log2(target / step))) for step in spacing)
    return PatchSides(patch_size=patch_size, min_size=min_size)


def cell_of(leaf: Sides, patch_size: Sides) -> Sides:
    """Return the pixels one token value stands for in a leaf, at least one on every axis.

    >>> cell_of((32, 4), (8, 8))
    (4, 1)
    """
    return tuple(max(1, side // patch) for side, patch in zip(leaf, patch_size, strict=True))


def three(shape: Sequence[int]) -> Sides:
    """Put axes of length one before a shape until it has three.

    >>> three((4, 5))
    (1, 4, 5)
    """
    return (1,) * (3 - len(shape)) + tuple(int(n) for n in shape)


def known_spacing(spacing_um: Sequence[float] | None) -> Sequence[float]:
    """Return the spacing that `physical=True` rests on.

    Raises
    ------
    OptionError
        The spacing is unknown.
    """
    if spacing_um is None:
        raise OptionError("physical=True needs a known spacing: give the image one, or use pixels")
    return spacing_um
