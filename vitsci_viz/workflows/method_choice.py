"""Which method makes slices where the user leaves it open."""

import importlib.util

FOURIER_SIDE = 1216
"""From this side on the Fourier method is faster than back-projection of a slab of slices; measured on two cores."""
EQUAL_ERROR = 0.05
"""Slices count as equally good where their errors against a known phantom differ by no more than this share."""


def faster_method(side: int) -> tuple[str, str]:
    """Return the faster of two methods whose errors are equal, and why it is taken.

    Parameters
    ----------
    side : int
        Of the square slices.

    Examples
    --------
    >>> faster_method(512)[0]
    'fbp'
    """
    equal = f"errors of both equal within {100 * EQUAL_ERROR:.0f} %"
    if side < FOURIER_SIDE:
        return "fbp", f"faster below {FOURIER_SIDE:,} px, {equal}"
    if importlib.util.find_spec("finufft") is None:
        return "fbp", "fourier, faster from so many pixels on, needs the extra ct"
    return "fourier", f"faster from {FOURIER_SIDE:,} px on, {equal}"
