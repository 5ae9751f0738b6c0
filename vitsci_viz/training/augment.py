"""Mirrors and right-angle turns of whole examples, so that trees need not be built anew."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.morton import morton_key
from vitsci_viz.patching.pyramid import grid_shape
from vitsci_viz.patching.sides import PatchSides, Sides
from vitsci_viz.training.examples import Example
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.types import PatchTree

Array = NDArray[Any]


@dataclass(frozen=True)
class Turn:
    """Axes in their new order, and those (after that) which are mirrored."""

    order: tuple[int, ...]
    mirrored: tuple[bool, ...]


def draw_turn(random: np.random.Generator, example: Example, sides: PatchSides) -> Turn:
    """Draw a mirror of every axis and an exchange of axes that are alike in length, sides and spacing.

    Parameters
    ----------
    random : Generator
        Where the draw comes from.
    example : Example
        What is to be turned.
    sides : PatchSides
        Sides of tokens and finest leaves.
    """
    spacing = example.spacing_um or (1.0,) * example.tree.ndim
    frame = frame_of(example.tree.shape, sides.min_size)
    kinds = list(zip(frame, sides.patch_size, sides.min_size, spacing, strict=True))
    order = list(range(len(kinds)))
    for kind in dict.fromkeys(kinds):
        alike = [axis for axis, other in enumerate(kinds) if other == kind]
        for axis, taken in zip(alike, random.permutation(alike).tolist(), strict=True):
            order[axis] = taken
    return Turn(tuple(order), tuple(bool(value) for value in random.integers(0, 2, len(kinds))))


def frame_of(shape: Sides, min_size: Sides) -> Sides:
    """Return the shape in whole finest cells: what is mirrored, so that leaves fall on leaves.

    >>> frame_of((30, 32), (8, 8))
    (32, 32)
    """
    return tuple(n * side for n, side in zip(grid_shape(shape, min_size), min_size, strict=True))


def turn_example(example: Example, turn: Turn, min_size: Sides) -> Example:
    """Turn tokens, targets, leaves, grid and pixels together, in the frame of whole finest cells.

    Parameters
    ----------
    example : Example
        What to turn; its pixels are padded to the frame first, with labels that are left out.
    turn : Turn
        Order and mirrors of the axes.
    min_size : tuple of int
        Sides of the finest leaf.

    Returns
    -------
    Example
        With leaves in Z-order.
    """
    frame = frame_of(example.tree.shape, min_size)
    tree, rows = turn_tree(example.tree, turn, frame, min_size)
    changes: dict[str, Any] = {"tree": tree, "tokens": _turned(example.tokens[rows], turn, first=1)}
    for name in ("fractions", "area"):
        value = getattr(example, name)
        changes[name] = None if value is None else _turned(value[rows], turn, first=1)
    if example.grid is not None:
        new_row = np.empty(len(rows) + 1, np.int32)
        new_row[rows], new_row[-1] = np.arange(len(rows)), len(rows)
        changes["grid"] = _turned(new_row[example.grid], turn)
    for name, outside in (("pixels", 0), ("labels", IGNORED)):
        value = getattr(example, name)
        changes[name] = None if value is None else _turned(_padded(value, frame, outside), turn)
    if frame != example.tree.shape:
        changes["inside"] = _turned_box(example.tree.shape, turn, frame)
    return replace(example, **changes)


def turn_tree(tree: PatchTree, turn: Turn, frame: Sides, min_size: Sides) -> tuple[PatchTree, NDArray[np.int64]]:
    """Turn the leaves of a tree in a frame.

    Returns
    -------
    PatchTree
        Of the frame's shape, in Z-order.
    rows : (n,) int64
        Which leaf of the tree each of them was.
    """
    order, mirrored = list(turn.order), np.array(turn.mirrored)
    origin, size = tree.origin[:, order], tree.size[:, order]
    shape = tuple(frame[axis] for axis in order)
    origin = np.where(mirrored, np.array(shape) - origin - size, origin)
    finest = (origin - np.minimum(origin.min(axis=0), 0)) // np.array([min_size[axis] for axis in order])
    rows = np.argsort(morton_key(finest), kind="stable")
    turned = PatchTree(
        shape=shape, origin=origin[rows], size=size[rows], level=tree.level[rows], score=tree.score[rows]
    )
    return turned, rows


def _turned(array: Array, turn: Turn, *, first: int = 0) -> Array:
    """Turn the spatial axes, which begin at `first`; a last axis of channels stays."""
    rest = range(first + len(turn.order), array.ndim)
    array = array.transpose(*range(first), *(first + axis for axis in turn.order), *rest)
    return np.flip(array, tuple(first + axis for axis, is_mirrored in enumerate(turn.mirrored) if is_mirrored))


def _turned_box(shape: Sides, turn: Turn, frame: Sides) -> tuple[slice, ...]:
    """Return where an image at the beginning of a frame lies once the frame is turned."""
    return tuple(
        slice(frame[axis] - shape[axis], frame[axis]) if is_mirrored else slice(0, shape[axis])
        for axis, is_mirrored in zip(turn.order, turn.mirrored, strict=True)
    )


def _padded(array: Array, frame: Sides, outside: int) -> Array:
    more = [(0, n - m) for n, m in zip(frame, array.shape, strict=False)]
    more += [(0, 0)] * (array.ndim - len(frame))
    return np.pad(array, more, constant_values=outside) if any(after for _, after in more) else array
