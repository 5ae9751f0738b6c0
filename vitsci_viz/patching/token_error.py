"""What one sequence of tokens loses, from the tokens themselves: no table of other trees, little memory."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.cutting import leaf_groups
from vitsci_viz.patching.sides import Sides
from vitsci_viz.patching.similarity import data_range
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.patching.stream import Tile, run, tile_side, tiles
from vitsci_viz.patching.variance import moments, shift_for
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchSequence, PatchTree

Array = NDArray[Any]
CHUNK_VALUES = 2**22
"""Token values that are squared at a time."""


def sequence_psnr(
    image: Any,
    sequence: PatchSequence,
    *,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> float:
    """Return the PSNR in dB of the image put together again from its tokens; infinite where nothing is lost.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        Read tile by tile.
    sequence : PatchSequence
        Its tokens, one per leaf of a whole tree.
    progress : callable
        Called with each tile.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Notes
    -----
    A token value is the mean m of the n pixels it stands for, so the squared error is sum x^2 - sum n m^2, with the
    second sum over token values; `ErrorTable` gives the same for any tree, from tables of all leaves.
    """
    image = as_image(image)
    tree, sides = sequence.tree, tuple(int(side) for side in sequence.tokens.shape[1:-1])
    if (tree.size <= np.array(sides)).all():
        return float("inf")
    shift = shift_for(image)
    lost = _squares(image, shift, progress, execution) - _kept(sequence.tokens[sequence.valid], tree, sides, shift)
    error = max(0.0, lost) / math.prod(image.data.shape)
    return float("inf") if error == 0 else float(10 * np.log10(data_range(image) ** 2 / error))


def _squares(image: Image, shift: float, progress: Progress, execution: ExecutionOptions | None) -> float:
    """Sum the squares of all pixels, in the order of the tiles whatever the threads."""

    def work(tile: Tile) -> float:
        pixels = read_window(image, tile.core)
        pixels = pixels if image.axes.endswith("c") else pixels[..., None]
        return float(moments(pixels, pixels.shape[:-1], shift)[1].sum())

    jobs = tiles(image.shape, tile_side((1,) * image.ndim), 0)
    found = {
        str(tile.core): total
        for tile, total in run(jobs, work, stage="quality", progress=progress, execution=execution)
    }
    return sum(found[str(tile.core)] for tile in jobs)


def _kept(values: Array, tree: PatchTree, sides: Sides, shift: float) -> float:
    """Sum n m^2 over the token values."""
    total = 0.0
    step = max(1, CHUNK_VALUES // int(np.prod(values.shape[1:])))
    for size, members in leaf_groups(tree):
        for first in range(0, len(members), step):
            rows = members[first : first + step]
            squares = ((values[rows].astype(np.float64) - shift) ** 2).sum(axis=-1)
            for axis, weights in enumerate(_weights(tree, rows, size, sides), start=1):
                squares *= weights.reshape(len(rows), *(1,) * (axis - 1), -1, *(1,) * (tree.ndim - axis))
            total += float(squares.sum())
    return total


def _weights(tree: PatchTree, rows: NDArray[np.int64], size: Sides, sides: Sides) -> list[Array]:
    """Return for every axis the (n, side) pixels inside the image that each token value stands for."""
    found: list[Array] = []
    for axis, (length, side) in enumerate(zip(size, sides, strict=True)):
        edges = np.arange(side + 1) * (length / side)
        inside = np.minimum(tree.shape[axis] - tree.origin[rows, axis], length)[:, None]
        found.append(np.diff(np.minimum(edges[None, :], inside), axis=1))
    return found
