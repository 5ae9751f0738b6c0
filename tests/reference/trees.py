"""Threshold, length, uniform and balanced trees in plain recursion."""

import heapq
import itertools

import numpy as np

from tests.reference.cells import Cell, Score, root, z_key


def may_split(cell: Cell, min_size: tuple[int, ...], max_depth: int | None) -> bool:
    """Tell whether a cell is above the finest size and the deepest level."""
    return cell.size != tuple(min_size) and (max_depth is None or cell.level < max_depth)


def threshold_tree(
    score: Score, shape: tuple[int, ...], min_size: tuple[int, ...], split_value: float, max_depth: int | None = None
) -> list[Cell]:
    """Split a cell iff its score exceeds the split value and it may be split."""

    def walk(cell: Cell) -> list[Cell]:
        if may_split(cell, min_size, max_depth) and score(cell) > split_value:
            return [leaf for child in cell.children(shape) for leaf in walk(child)]
        return [cell]

    return walk(root(shape, min_size))


def uniform_tree(shape: tuple[int, ...], min_size: tuple[int, ...]) -> list[Cell]:
    """Split everything."""
    return threshold_tree(lambda cell: 1.0, shape, min_size, 0.0)


def length_tree(
    score: Score, shape: tuple[int, ...], min_size: tuple[int, ...], length: int, max_depth: int | None = None
) -> list[Cell]:
    """Split the highest score first, ties in Z-order; stop at the split that would exceed the length.

    A cell without detail is never split.
    """
    top = root(shape, min_size)
    leaves = {top}
    heap: list[tuple[float, int, int, Cell]] = []
    serial = itertools.count()

    def offer(cell: Cell) -> None:
        if may_split(cell, min_size, max_depth) and score(cell) > 0:
            heapq.heappush(heap, (-score(cell), z_key(cell.origin, min_size), next(serial), cell))

    offer(top)
    while heap:
        cell = heapq.heappop(heap)[-1]
        children = cell.children(shape)
        if len(leaves) - 1 + len(children) > length:
            break
        leaves.remove(cell)
        leaves.update(children)
        for child in children:
            offer(child)
    return in_z_order(leaves, min_size)


def in_z_order(leaves: set[Cell], min_size: tuple[int, ...]) -> list[Cell]:
    """Sort disjoint cells along the Z-order curve."""
    return sorted(leaves, key=lambda cell: z_key(cell.origin, min_size))


def level_map(leaves: list[Cell], shape: tuple[int, ...], min_size: tuple[int, ...]) -> np.ndarray:
    """Paint the level of its leaf on every finest cell inside the domain."""
    grid = tuple(-(-n // m) for n, m in zip(shape, min_size, strict=True))
    painted = np.full(grid, -1)
    for leaf in leaves:
        index = tuple(slice(o // m, (o + s) // m) for o, s, m in zip(leaf.origin, leaf.size, min_size, strict=True))
        painted[index] = leaf.level
    return painted


def balance(leaves: list[Cell], shape: tuple[int, ...], min_size: tuple[int, ...]) -> list[Cell]:
    """Split every leaf that has a face neighbour more than one level finer, until there is none."""
    current = set(leaves)
    while True:
        levels = level_map(list(current), shape, min_size)
        coarse = {leaf for leaf in current if _finest_neighbour(leaf, levels, min_size) > leaf.level + 1}
        if not coarse:
            return in_z_order(current, min_size)
        for leaf in coarse:
            current.remove(leaf)
            current.update(leaf.children(shape))


def _finest_neighbour(leaf: Cell, levels: np.ndarray, min_size: tuple[int, ...]) -> int:
    """Return the deepest level among the finest cells that share a face with the leaf (-1: none)."""
    low = [o // m for o, m in zip(leaf.origin, min_size, strict=True)]
    high = [(o + s) // m for o, s, m in zip(leaf.origin, leaf.size, min_size, strict=True)]
    deepest = -1
    for axis, count in enumerate(levels.shape):
        for layer in (low[axis] - 1, high[axis]):
            if 0 <= layer < count:
                index = [slice(a, b) for a, b in zip(low, high, strict=True)]
                index[axis] = slice(layer, layer + 1)
                deepest = max(deepest, int(levels[tuple(index)].max()))
    return deepest
