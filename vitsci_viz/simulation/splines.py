"""The inner loop of the random fields, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def join_splines(
    nodes: NDArray[np.float64],
    row_cell: NDArray[np.int64],
    column_cell: NDArray[np.int64],
    row_weights: NDArray[np.float64],
    column_weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Join lattice values by cubic B-splines.

    Parameters
    ----------
    nodes : (n, m) float64
        Lattice values.
    row_cell, column_cell : (height,), (width,) int64
        First of the four nodes that a row or a column depends on.
    row_weights, column_weights : (4, height), (4, width) float64
        Of those four nodes.

    Returns
    -------
    (height, width) float64
    """
    height, width = len(row_cell), len(column_cell)
    result = np.empty((height, width))
    line = np.empty(nodes.shape[1])
    for y in range(height):
        first = row_cell[y]
        for j in range(nodes.shape[1]):
            total = 0.0
            for k in range(4):
                total += row_weights[k, y] * nodes[first + k, j]
            line[j] = total
        for x in range(width):
            left = column_cell[x]
            result[y, x] = (
                column_weights[0, x] * line[left]
                + column_weights[1, x] * line[left + 1]
                + column_weights[2, x] * line[left + 2]
                + column_weights[3, x] * line[left + 3]
            )
    return result
