"""Which settings are worth having: none cheaper keeps as much; and where more tokens stop paying."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECOVERED = 0.5
"""Share of what the plain grid of the same tokens loses that a tree must win back to be worth its smaller tokens."""


def pareto_front(cost: Sequence[float] | NDArray[Any], score: Sequence[float] | NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which points no other point beats.

    Parameters
    ----------
    cost, score : (n,) numbers
        What a point costs and what it keeps; a NaN score never lies on the front, an infinite one may.

    Returns
    -------
    (n,) bool
        True where every point with a higher score costs more, and every cheaper point has a lower score. Of points
        equal in both all are kept.

    Examples
    --------
    >>> pareto_front([1, 2, 3, 4], [10, 30, 20, 30]).tolist()
    [True, True, False, False]
    """
    costs, scores = np.asarray(cost, np.float64), np.asarray(score, np.float64)
    is_on = np.zeros(len(costs), bool)
    known = np.flatnonzero(~np.isnan(scores))
    order = known[np.lexsort((-scores[known], costs[known]))]
    best, at = -np.inf, np.nan
    for index in order:
        if scores[index] > best:
            best, at = scores[index], costs[index]
        is_on[index] = scores[index] == best and costs[index] == at
    return is_on


def knee(cost: Sequence[float] | NDArray[Any], score: Sequence[float] | NDArray[Any]) -> int | None:
    """Return the point of the Pareto front where more cost begins to buy little.

    Parameters
    ----------
    cost, score : (n,) numbers
        Costs are positive; infinite scores (nothing lost) are left aside.

    Returns
    -------
    int or None
        Index into the inputs; None where fewer than three points of the front have a finite score.

    Notes
    -----
    With x = log(cost) and y = score, both scaled to 0-1 over the front, the knee is the point farthest above the
    chord between the ends: the largest y - x.

    References
    ----------
    Satopaa et al., Finding a "kneedle" in a haystack, ICDCS workshops 2011.

    Examples
    --------
    >>> knee([1, 10, 100, 1000], [0.0, 0.8, 0.9, 1.0])
    1
    """
    costs, scores = np.asarray(cost, np.float64), np.asarray(score, np.float64)
    front = np.flatnonzero(pareto_front(costs, scores) & np.isfinite(scores) & (costs > 0))
    if len(front) < 3:
        return None
    x, y = np.log(costs[front]), scores[front]
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return int(front[np.argmax((y - y.min()) / np.ptp(y) - (x - x.min()) / np.ptp(x))])


def recommend(
    tokens: Sequence[float] | NDArray[Any],
    score: Sequence[float] | NDArray[Any],
    token_side: Sequence[float] | NDArray[Any],
    is_uniform: Sequence[bool] | NDArray[np.bool_],
    *,
    budget: float,
    recovered: float = RECOVERED,
    tolerance: float = 0.01,
) -> int | None:
    """Return the adaptive setting to train with for a token budget.

    Smaller tokens are learned sooner, but fewer pixels of a coarse leaf can say less. A tree makes up for that where
    detail is sparse, and cannot where it is everywhere; the plain grid of the same tokens tells which.

    Parameters
    ----------
    tokens, score : (n,) numbers
        Mean tokens of a setting and what it keeps (oracle Dice, 0 to 1); a NaN score is never taken.
    token_side : (n,) numbers
        Side of a token: what a head must learn to fill.
    is_uniform : (n,) bool
        True for plain grids: they are compared with, never recommended, nor is a tree that is one of them (of the same
        tokens, as many and with the same score). A tree whose tokens no grid has wins nothing back.
    budget : float
        Most tokens.
    recovered : float
        Share of what the plain grid of the same tokens and budget loses that a tree must win back.
    tolerance : float
        Scores this close to the best within the budget count as equal to it, won back or not.

    Returns
    -------
    int or None
        Of the adaptive settings within the budget that win back enough or lose next to nothing: the one with the
        smallest tokens, then the highest score, then the fewest tokens; None where no adaptive setting fits.

    Examples
    --------
    Tokens of 8 px win back 0.08 of the 0.10 that a grid of them loses, tokens of 4 px only 0.05 of 0.20:

    >>> is_grid = [False, False, False, True, True]
    >>> recommend([256] * 5, [0.85, 0.98, 1.0, 0.8, 0.9], [4, 8, 16, 4, 8], is_grid, budget=256)
    1
    """
    counts, scores, sides = (np.asarray(values, np.float64) for values in (tokens, score, token_side))
    grid = np.asarray(is_uniform, bool)
    fits = (counts <= budget) & ~np.isnan(scores)
    plain = {place: (sides[place], counts[place], scores[place]) for place in np.flatnonzero(fits & grid).tolist()}
    trees = np.array(
        [n for n in np.flatnonzero(fits & ~grid) if (sides[n], counts[n], scores[n]) not in plain.values()], np.int64
    )
    if not len(trees):
        return None
    lost = np.array(
        [1 - max((found for side, _, found in plain.values() if side == sides[n]), default=1) for n in trees]
    )
    is_good = (1 - scores[trees] <= (1 - recovered) * lost) | (scores[trees] >= scores[trees].max() - tolerance)
    good = trees[is_good]
    return int(good[np.lexsort((counts[good], -scores[good], sides[good]))[0]])
