"""Z-order (Morton) keys in any dimension."""

import numpy as np
from numpy.typing import NDArray

# Steps that spread the low bits of an integer d places apart, for the common dimensions.
_SPREAD: dict[int, tuple[tuple[int, int], ...]] = {
    2: (
        (16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333), (1, 0x5555555555555555),
    ),
    3: (
        (32, 0x1F00000000FFFF), (16, 0x1F0000FF0000FF), (8, 0x100F00F00F00F00F),
        (4, 0x10C30C30C30C30C3), (2, 0x1249249249249249),
    ),
}  # fmt: skip


def morton_key(index: NDArray[np.integer]) -> NDArray[np.uint64]:
    """Interleave the bits of cell indices; the first axis is the most significant.

    Parameters
    ----------
    index : (n, d) integers, >= 0
        Cell indices, below ``2**(64 // d)``.

    Returns
    -------
    (n,) uint64
        Keys whose order is the Z-order: NW, NE, SW, SE in (y, x).

    References
    ----------
    Morton, A computer oriented geodetic data base, IBM, 1966.

    Examples
    --------
    >>> morton_key(np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist()
    [0, 1, 2, 3]
    """
    ndim = index.shape[1]
    key = np.zeros(len(index), np.uint64)
    for axis in range(ndim):
        key |= _spread(index[:, axis].astype(np.uint64), ndim) << np.uint64(ndim - 1 - axis)
    return key


def _spread(value: NDArray[np.uint64], ndim: int) -> NDArray[np.uint64]:
    if ndim == 1:
        return value
    if ndim in _SPREAD:
        for shift, mask in _SPREAD[ndim]:
            value = (value | (value << np.uint64(shift))) & np.uint64(mask)
        return value
    result = np.zeros_like(value)
    for bit in range(64 // ndim):
        result |= ((value >> np.uint64(bit)) & np.uint64(1)) << np.uint64(bit * ndim)
    return result
