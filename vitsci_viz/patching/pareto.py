"""Which settings are worth having: none cheaper keeps as much; and where more tokens stop paying."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 0.02
"""Oracle Dice of two settings that counts as equal: trained models stay further below what their tokens could give."""


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
    *,
    budget: float,
    tolerance: float = TOLERANCE,
) -> int | None:
    """Return the setting to train with for a token budget.

    Parameters
    ----------
    tokens, score : (n,) numbers
        Mean tokens of a setting and what it keeps (oracle Dice, 0 to 1); a NaN score is never taken.
    token_side : (n,) numbers
        Side of a token: what a head must learn to fill.
    budget : float
        Most tokens.
    tolerance : float
        Scores this close to the best within the budget count as equal.

    Returns
    -------
    int or None
        Of the settings within the budget whose score is about the best, the one with the smallest tokens, then the
        highest score, then the fewest tokens; None where nothing fits the budget.

    Examples
    --------
    >>> recommend([256, 256, 256, 900], [0.97, 0.998, 1.0, 1.0], [4, 8, 16, 4], budget=256)
    1
    """
    counts, scores, sides = (np.asarray(values, np.float64) for values in (tokens, score, token_side))
    fits = np.flatnonzero((counts <= budget) & ~np.isnan(scores))
    if not len(fits):
        return None
    good = fits[scores[fits] >= scores[fits].max() - tolerance]
    return int(good[np.lexsort((counts[good], -scores[good], sides[good]))[0]])
