"""Quadtrees, octrees and their kin from a detail pyramid: threshold, length and uniform, in any dimension."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.balance import balanced_splits
from vitsci_viz.patching.detail import detail_pyramid
from vitsci_viz.patching.morton import morton_key
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import DetailPyramid, merge_tallies
from vitsci_viz.patching.sides import known_spacing
from vitsci_viz.patching.source import as_image
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import PatchTree

Array = NDArray[Any]
Index = NDArray[np.int64]
Rule = Callable[[int, Index, Array], NDArray[np.bool_]]
"""``rule(step, index, score)``: which cells of ``pyramid.levels[step]`` are split."""

EDGES_SPLIT_VALUE = 50.0
"""Default split value for edge counts, in edge pixels: the middle one of the SC'24 paper's figure 3."""
AUTOMATIC_SHARE = 10
"""An automatic split value keeps one in this many uniform tokens (figure 1 of the paper: 4,096 become 424)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LengthCurve:
    """Sequence length against split value: a step function, known at once from the pyramid.

    Parameters
    ----------
    split_values : (m,) float64, ascending, the first is 0
        Where the length changes.
    lengths : (m,) int64, descending
        Tokens of the threshold tree for every split value from this one up to the next.
    """

    split_values: NDArray[np.float64]
    lengths: NDArray[np.int64]

    def length_at(self, split_value: float) -> int:
        """Return the tokens of the threshold tree for a split value."""
        return int(self.lengths[max(0, np.searchsorted(self.split_values, split_value, side="right") - 1)])

    def split_value_for(self, length: int) -> float:
        """Return the smallest split value whose tree has at most `length` tokens (at least one)."""
        first = np.searchsorted(-self.lengths, -max(1, length), side="left")
        return float(self.split_values[min(first, len(self.split_values) - 1)])

    def knee(self) -> tuple[float, int]:
        """Return the point farthest from the chord of the curve on logarithmic axes, where its slope changes most.

        References
        ----------
        Satopaa et al., Finding a "kneedle" in a haystack, ICDCS workshops 2011.
        """
        keep = self.split_values > 0
        if np.count_nonzero(keep) < 3:
            return float(self.split_values[-1]), int(self.lengths[-1])
        x, y = np.log(self.split_values[keep]), np.log(self.lengths[keep])
        x = (x - x[0]) / (x[-1] - x[0])
        y = (y - y[-1]) / max(y[0] - y[-1], np.finfo(float).eps)
        best = int(np.argmax(np.abs((1 - x) - y)))
        return float(self.split_values[keep][best]), int(self.lengths[keep][best])


def length_curve(pyramid: DetailPyramid, *, max_depth: int | None = None) -> LengthCurve:
    """Return the tokens of the threshold tree for every split value (balance left aside).

    Parameters
    ----------
    pyramid : DetailPyramid
        Detail of every cell.
    max_depth : int, optional
        Deepest level of a leaf.

    Notes
    -----
    A cell is split iff its score exceeds the split value v, and then so are all cells around it; hence
    length(v) = 1 + sum over cells with score > v of (children inside the image - 1).
    """
    steps = range(_lowest_step(pyramid, max_depth) + 1, pyramid.depth + 1)
    values, gains = merge_tallies(
        [np.zeros(0), *(pyramid.tallies[step][0] for step in steps)],
        [np.zeros(0, np.int64), *(pyramid.tallies[step][1] for step in steps)],
    )
    remaining = np.concatenate([np.cumsum(gains[::-1])[::-1], [0]])
    return LengthCurve(split_values=np.concatenate([[0.0], values]), lengths=1 + remaining)


def resolve_split_value(
    options: PatchOptions, pyramid: DetailPyramid, *, spacing_um: Sequence[float] | None = None
) -> float:
    """Return the split value in the pyramid's own units.

    Parameters
    ----------
    options : PatchOptions
        `split_value` may be None: 50 for edges, else the smallest value that keeps at most a tenth of the
        tokens of the uniform grid.
    pyramid : DetailPyramid
        Detail of every cell.
    spacing_um : sequence of float, optional
        Pixel sides in um; needed for `physical=True`, where each pixel counts with its area (2-D, um^2) or
        volume (3-D, um^3).

    Raises
    ------
    OptionError
        `physical=True` without a known spacing.
    """
    if options.split_value is None:
        if pyramid.is_edges:
            return EDGES_SPLIT_VALUE
        share = -(-int(np.prod(pyramid.levels[0].shape)) // AUTOMATIC_SHARE)
        return length_curve(pyramid, max_depth=options.max_depth).split_value_for(share)
    return split_value_px(options.split_value, options, spacing_um)


def split_value_px(value: float, options: PatchOptions, spacing_um: Sequence[float] | None) -> float:
    """Return a split value in pixels: as it is, or divided by the area or volume of a pixel with `physical=True`.

    Raises
    ------
    OptionError
        `physical=True` without a known spacing.
    """
    if not options.physical:
        return value
    return value / float(np.prod(known_spacing(spacing_um)))


def tree_from_pyramid(
    pyramid: DetailPyramid, options: PatchOptions, *, spacing_um: Sequence[float] | None = None
) -> PatchTree:
    """Build the tree from a pyramid: look-ups only, milliseconds at any image size.

    Parameters
    ----------
    pyramid : DetailPyramid
        Detail of every cell.
    options : PatchOptions
        `mode`, `split_value` or `length`, `max_depth`, `balance`.
    spacing_um : sequence of float, optional
        Pixel sides in um, for `physical=True`.

    Returns
    -------
    PatchTree
        Leaves in Z-order.

    References
    ----------
    Zhang et al., SC'24, section III (threshold tree). The length tree splits the leaf of highest score first.
    """
    if options.mode == "uniform":
        return _grow(pyramid, options, lambda step, index, score: np.ones(len(index), bool))
    if options.mode == "length":
        return _length_tree(pyramid, options)
    return _threshold_tree(pyramid, options, resolve_split_value(options, pyramid, spacing_um=spacing_um))


def _threshold_tree(pyramid: DetailPyramid, options: PatchOptions, value: float) -> PatchTree:
    grow = _grow_balanced if options.balance else _grow
    return grow(pyramid, options, lambda step, index, score: score > value)


def _length_tree(pyramid: DetailPyramid, options: PatchOptions) -> PatchTree:
    curve = length_curve(pyramid, max_depth=options.max_depth)
    if not options.balance:
        return _grow(pyramid, options, _length_rule(pyramid, options, curve, options.length))
    return _balanced_length_tree(pyramid, options, curve)


def _length_rule(pyramid: DetailPyramid, options: PatchOptions, curve: LengthCurve, length: int) -> Rule:
    """Split the cell of highest score first; ties in Z-order; stop at the first split that exceeds the length."""
    value = curve.split_value_for(length)
    last = _last_tie(pyramid, options, value, length - curve.length_at(value)) if value > 0 else None

    def is_split(step: int, index: Index, score: Array) -> NDArray[np.bool_]:
        ties = score == value
        if last is not None and ties.any():
            ties[ties] = _preorder(pyramid, step, index[ties]) <= last
            return (score > value) | ties
        return score > value

    return is_split


def _last_tie(pyramid: DetailPyramid, options: PatchOptions, value: float, left: int) -> Any:
    """Return the pre-order key of the last cell of score `value` that may be split within `left` more leaves.

    Of two cells with equal score one of which lies in the other, the outer one is split first, and then the
    inner one is the next in Z-order: pre-order.
    """
    keys: list[Array] = []
    gains: list[Array] = []

    def collect(step: int, index: Index, score: Array) -> NDArray[np.bool_]:
        ties = index[score == value]
        keys.append(_preorder(pyramid, step, ties))
        gains.append(_children(pyramid, step, ties)[1].sum(axis=1) - 1)
        return score >= value

    _walk(pyramid, options, collect)
    key, gain = np.concatenate(keys), np.concatenate(gains)
    order = np.argsort(key)
    taken = np.searchsorted(np.cumsum(gain[order]), left, side="right")
    return None if taken == 0 else key[order][taken - 1]


def _preorder(pyramid: DetailPyramid, step: int, index: Index) -> NDArray[np.uint64]:
    """Return keys that sort cells of different levels as a depth-first walk meets them."""
    return (morton_key(index << step) << np.uint64(6)) | np.uint64(pyramid.depth - step)


def _balanced_length_tree(pyramid: DetailPyramid, options: PatchOptions, curve: LengthCurve) -> PatchTree:
    """Balance the longest length tree that stays within the length once it is balanced."""

    def balanced(length: int) -> PatchTree:
        return _grow_balanced(pyramid, options, _length_rule(pyramid, options, curve, length))

    low, high = 1, min(options.length, int(curve.lengths[0]))
    best = balanced(high)
    if len(best) <= options.length:
        return best
    best = balanced(low)
    while low < high - 1:
        middle = (low + high) // 2
        tree = balanced(middle)
        if len(tree) <= options.length:
            low, best = middle, tree
        else:
            high = middle
    return best


def _lowest_step(pyramid: DetailPyramid, max_depth: int | None) -> int:
    """Return the step of the finest leaves that `max_depth` allows."""
    return 0 if max_depth is None else max(0, pyramid.depth - max_depth)


def _children(pyramid: DetailPyramid, step: int, index: Index) -> tuple[Index, NDArray[np.bool_]]:
    """Return the (n, 2^d, d) children of cells in Z-order and which of them lie in the image."""
    corners = np.array(list(product((0, 1), repeat=pyramid.ndim)), np.int64)
    children = index[:, None, :] * 2 + corners
    is_inside = np.ones(children.shape[:2], np.bool_)
    for axis, length in enumerate(pyramid.levels[step - 1].shape):
        is_inside &= children[..., axis] < length
    return children, is_inside


def _grow(pyramid: DetailPyramid, options: PatchOptions, rule: Rule) -> PatchTree:
    """Split by a rule from the root on, and sort the leaves in Z-order."""
    return _assemble(pyramid, _walk(pyramid, options, rule))


def _walk(pyramid: DetailPyramid, options: PatchOptions, rule: Rule) -> list[tuple[int, Index, Array]]:
    """Walk the pyramid from the root, level by level on whole index arrays; return the leaves of every step."""
    lowest = _lowest_step(pyramid, options.max_depth)
    index = np.zeros((1, pyramid.ndim), np.int64)
    found: list[tuple[int, Index, Array]] = []
    for step in range(pyramid.depth, -1, -1):
        score = pyramid.levels[step][tuple(index.T)]
        if step == lowest:
            found.append((step, index, score))
            break
        is_split = rule(step, index, score)
        found.append((step, index[~is_split], score[~is_split]))
        children, inside = _children(pyramid, step, index[is_split])
        index = children[inside]
    return found


def _grow_balanced(pyramid: DetailPyramid, options: PatchOptions, rule: Rule) -> PatchTree:
    """Grow by a rule and add the splits that bring neighbours within one level."""
    flags = [np.zeros(level.shape, bool) for level in pyramid.levels]

    def mark(step: int, index: Index, score: Array) -> NDArray[np.bool_]:
        is_split = rule(step, index, score)
        flags[step][tuple(index[is_split].T)] = True
        return is_split

    _walk(pyramid, options, mark)
    splits = balanced_splits(flags, _lowest_step(pyramid, options.max_depth))
    return _grow(pyramid, options, lambda step, index, score: splits[step][tuple(index.T)])


def _assemble(pyramid: DetailPyramid, found: list[tuple[int, Index, Array]]) -> PatchTree:
    finest = np.concatenate([index << step for step, index, _ in found])
    steps = np.concatenate([np.full(len(index), step, np.int64) for step, index, _ in found])
    score = np.concatenate([score.astype(np.float64) for _, _, score in found])
    order = np.argsort(morton_key(finest), kind="stable")
    steps, min_size = steps[order], np.array(pyramid.min_size, np.int64)
    return PatchTree(
        shape=pyramid.shape,
        origin=finest[order] * min_size,
        size=min_size << steps[:, None],
        level=(pyramid.depth - steps).astype(np.int16),
        score=score[order],
    )


def build_tree(
    image: Any,
    options: PatchOptions | None = None,
    *,
    detail: Any = None,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> PatchTree:
    """Cut an image into adaptive patches.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        Any real dtype, any size; read tile by tile.
    options : PatchOptions, optional
        How to cut; the default is a threshold tree on Canny edges with 8-pixel patches.
    detail : array (*shape), optional
        Non-negative detail of every pixel, in place of the edge or gradient map.
    progress : callable
        Called with each finished tile; raises `Cancelled` to stop.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Returns
    -------
    PatchTree
        Leaves in Z-order. The root sits at the origin with side ``min_size * 2**k`` on every axis.

    Raises
    ------
    InputError, OptionError
        As `detail_pyramid` and `tree_from_pyramid` say.

    Examples
    --------
    >>> import numpy as np
    >>> picture = np.zeros((64, 64), np.uint8)
    >>> picture[20:30, 20:30] = 255
    >>> len(build_tree(picture, PatchOptions(split_value=5))) < 64
    True
    """
    options = options or PatchOptions()
    image = as_image(image)
    pyramid = detail_pyramid(image, options, detail=detail, progress=progress, execution=execution)
    return tree_from_pyramid(pyramid, options, spacing_um=image.spacing_um)
