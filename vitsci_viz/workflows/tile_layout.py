"""How an image is cut into overlapping tiles of one size."""

import itertools
import math
from collections.abc import Sequence

from vitsci_viz.patching.stream import Tile


def even_tiles(shape: Sequence[int], side: Sequence[int], halo: int) -> list[Tile]:
    """Spread tiles of one size evenly, so that none is a thin rest at the far edge.

    Parameters
    ----------
    shape : sequence of int
        Of the image.
    side : sequence of int
        Longest side of a tile's own part on every axis.
    halo : int
        Least number of pixels around it that are seen too, where the image goes on.

    Returns
    -------
    list of Tile
        Cores tile the image; all windows have one shape, ``side + 2 halo`` or that of the image. Row-major order.

    Examples
    --------
    >>> [(tile.core[0].start, tile.window[0].start, tile.window[0].stop) for tile in even_tiles((21,), (8,), 1)]
    [(0, 0, 10), (8, 6, 16), (13, 11, 21)]
    """
    axes = [_spans(length, own, halo) for length, own in zip(shape, side, strict=True)]
    return [
        Tile(core=tuple(core for core, _ in spans), window=tuple(window for _, window in spans))
        for spans in itertools.product(*axes)
    ]


def _spans(length: int, side: int, halo: int) -> list[tuple[slice, slice]]:
    """Return core and window of every tile along an axis."""
    width = min(length, side + 2 * halo)
    many = 1 if width == length else max(2, math.ceil((length - 2 * halo) / side))
    starts = [round(place * (length - width) / max(1, many - 1)) for place in range(many)]
    edges = [0, *((low + width + high) // 2 for low, high in itertools.pairwise(starts)), length]
    cores = [slice(*pair) for pair in itertools.pairwise(edges)]
    return [(core, slice(start, start + width)) for core, start in zip(cores, starts, strict=True)]
