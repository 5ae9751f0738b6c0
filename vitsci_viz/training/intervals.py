"""How far a mean score can be trusted: the bootstrap over groups."""

from collections.abc import Hashable, Sequence

import numpy as np

from vitsci_viz.errors import InputError

DRAWN_AT_ONCE = 2**22
"""Groups drawn in one piece, a bound on memory."""


def bootstrap_interval(
    values: Sequence[float],
    groups: Sequence[Hashable],
    *,
    resamples: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
) -> tuple[float, float] | None:
    """Return the percentile interval of the mean when whole groups are drawn anew.

    Parameters
    ----------
    values : sequence of float
        A score per image; NaN is left out.
    groups : sequence of hashable
        The group (patient, slide) of every image: images of one group are alike, so they are drawn together.
    resamples : int
        Number of draws.
    seed : int
        Seed of the draws.
    confidence : float
        In (0, 1).

    Returns
    -------
    (low, high) or None
        None where fewer than two groups have a value: nothing can be said about other groups.

    Raises
    ------
    InputError
        Values and groups differ in number.

    Notes
    -----
    With n groups, every draw takes n of them with replacement; its mean is over all images of the drawn groups, as is
    the mean that the interval belongs to. With few groups (below about ten) such intervals are too narrow.

    References
    ----------
    Efron, Tibshirani, An introduction to the bootstrap, 1993, chapters 8 and 13.

    Examples
    --------
    >>> bootstrap_interval([0.5, 0.5, 0.9], ["a", "a", "b"])
    (0.5, 0.9)
    >>> bootstrap_interval([0.5, 0.6], ["a", "a"]) is None
    True
    """
    if len(values) != len(groups):
        raise InputError(f"every value must have its group, got {len(values)} values and {len(groups)} groups")
    known = [(group, value) for group, value in zip(groups, values, strict=True) if not np.isnan(value)]
    numbers = {group: number for number, group in enumerate(dict.fromkeys(group for group, _ in known))}
    count = len(numbers)
    if count < 2:
        return None
    index = [numbers[group] for group, _ in known]
    sums = np.bincount(index, weights=[value for _, value in known], minlength=count)
    sizes = np.bincount(index, minlength=count)
    random = np.random.default_rng(seed)
    means = []
    for start in range(0, resamples, max(1, DRAWN_AT_ONCE // count)):
        drawn = random.integers(0, count, (min(DRAWN_AT_ONCE // count or 1, resamples - start), count))
        means.append(sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    tail = 50 * (1 - confidence)
    low, high = np.percentile(np.concatenate(means), [tail, 100 - tail])
    return float(low), float(high)
