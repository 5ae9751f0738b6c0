"""The rule of adaptive mesh refinement: neighbouring leaves differ by at most one level."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def balanced_splits(splits: Sequence[Flags], lowest: int = 0) -> list[Flags]:
    """Add the splits that bring leaves sharing a face within one level of each other.

    Parameters
    ----------
    splits : sequence of bool arrays, finest first
        Which cells of every level are split; level 0 is never split.
    lowest : int
        Step of the finest leaves: cells at or below it are not split.

    Returns
    -------
    list of bool arrays
        The smallest balanced superset.

    Notes
    -----
    Where a cell is split, the leaves beside it may be no coarser than the cell itself, so the parents of its
    face neighbours are split too. One pass from fine to coarse closes the rule.

    References
    ----------
    Sundar, Sampath, Biros, Bottom-up construction and 2:1 balance refinement of linear octrees, SISC 2008.
    """
    result = [np.array(level, copy=True) for level in splits]
    for step in range(lowest + 1):
        result[step][...] = False
    for step in range(lowest + 1, len(result) - 1):
        parents = result[step + 1]
        needed = _with_neighbours(result[step])
        for axis in range(needed.ndim):
            needed = _either_of_pairs(needed, axis)
        parents |= needed
    return result


def _with_neighbours(flags: Flags) -> Flags:
    wide = flags.copy()
    for axis in range(flags.ndim):
        ahead = (slice(None),) * axis + (slice(1, None),)
        behind = (slice(None),) * axis + (slice(None, -1),)
        wide[behind] |= flags[ahead]
        wide[ahead] |= flags[behind]
    return wide


def _either_of_pairs(flags: Flags, axis: int) -> Flags:
    lead = (slice(None),) * axis
    even = flags[(*lead, slice(0, None, 2))].copy()
    odd = flags[(*lead, slice(1, None, 2))]
    even[(*lead, slice(0, odd.shape[axis]))] |= odd
    return even
