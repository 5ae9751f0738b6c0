"""Resolution by Fourier ring and shell correlation of two halves of a scan."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from skimage.filters import window

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import SAME_RAD

Floats = NDArray[np.float64]
SEVENTH = 1 / 7
"""Correlation of halves at which the whole correlates by 1/2 with the truth."""
STAY = 3
"""Rings in a row below the threshold that end the resolution; a single one may be a zero of the object's spectrum."""
TAPER = 0.3
"""Share of the radius over which slices fade out, so that their ends make no edges."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ShellCorrelation:
    """How far two pictures of one thing agree, by frequency.

    Parameters
    ----------
    frequencies : (n,) float64
        Mean of every ring (or shell), in cycles per pixel, up to 1/2.
    correlations : (n,) float64
        -1 to 1.
    coefficients : (n,) int64
        Fourier coefficients in every ring.
    """

    frequencies: Floats
    correlations: Floats
    coefficients: NDArray[np.int64]


def shell_correlation(
    first: NDArray[np.floating], second: NDArray[np.floating], *, ndim: int | None = None
) -> ShellCorrelation:
    """Correlate two pictures ring by ring, or two volumes shell by shell.

    Parameters
    ----------
    first, second : (..., *shape) float
        The same thing with noise of its own each, in a field that is round: what lies beyond the inscribed circle fades
        out. Slices of a stack are summed up.
    ndim : int, optional
        2 for rings, 3 for shells; default all axes. Axes before those are the stack.

    Returns
    -------
    ShellCorrelation

    Raises
    ------
    InputError
        Shapes differ, an axis is shorter than 8, or a pixel is not finite.

    Notes
    -----
    sum(F1 conj(F2)) / sqrt(sum(abs(F1)^2) sum(abs(F2)^2)) over the coefficients of a ring.

    References
    ----------
    Saxton and Baumeister, The correlation averaging of a regularly arranged bacterial cell envelope protein, J.
    Microsc. 127, 1982. Harauz and van Heel, Exact filters for general geometry three dimensional reconstruction, Optik
    73, 1986.
    """
    shape = _checked_shape(first, second, first.ndim if ndim is None else ndim)
    rings, radii = _rings(shape)
    total = int(rings.max()) + 1
    sums = np.zeros((3, total))
    pairs: Any = zip(first.reshape(-1, *shape), second.reshape(-1, *shape), strict=True)
    for one, other in pairs:
        a, b = _spectrum(one), _spectrum(other)
        products = (a * b.conj()).real, np.abs(a) ** 2, np.abs(b) ** 2
        sums += [np.bincount(rings.ravel(), product.ravel(), total) for product in products]
    members = np.bincount(rings.ravel(), minlength=total)
    power = np.sqrt(sums[1] * sums[2])
    correlations = np.divide(sums[0], power, out=np.zeros(total), where=power > 0)
    frequencies = np.bincount(rings.ravel(), radii.ravel(), total) / members
    # The last ring gathers the corners beyond 1/2, the first is the mean, which was taken off.
    keep = slice(1, total - 1)
    return ShellCorrelation(
        frequencies=frequencies[keep],
        correlations=correlations[keep],
        coefficients=(members * (first.size // rings.size))[keep].astype(np.int64),
    )


def _checked_shape(first: NDArray[np.floating], second: NDArray[np.floating], count: int) -> tuple[int, ...]:
    """Return the shape of one picture, or refuse pictures that cannot be correlated."""
    if first.shape != second.shape or count not in (2, 3) or first.ndim < count or min(first.shape[-count:]) < 8:
        raise InputError(
            f"pictures to be correlated must have one shape with 2 or 3 axes of 8 pixels or more, got {first.shape} "
            f"and {second.shape}"
        )
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError(
            "pictures to be correlated must be finite: a view or a pixel without a value was reconstructed"
        )
    return first.shape[-count:]


def half_bit_threshold(coefficients: NDArray[np.integer]) -> Floats:
    """Return the correlation of halves at which the whole holds half a bit of information a coefficient.

    Parameters
    ----------
    coefficients : (n,) int
        In every ring.

    Examples
    --------
    >>> half_bit_threshold(np.array([1, 100, 10**12])).round(4)
    array([1.    , 0.3067, 0.1716])

    References
    ----------
    Van Heel and Schatz, Fourier shell correlation threshold criteria, J. Struct. Biol. 151, 2005, equation 17.
    """
    root = np.sqrt(np.asarray(coefficients, np.float64))
    return (0.2071 + 1.9102 / root) / (1.2071 + 0.9102 / root)


def highest_frequency(curve: ShellCorrelation, threshold: NDArray[np.floating] | float) -> float | None:
    """Return the frequency at which a correlation falls below a threshold and stays there.

    Parameters
    ----------
    curve : ShellCorrelation
        Of two halves.
    threshold : (n,) float or float
        For every ring.

    Returns
    -------
    float or None
        In cycles per pixel, linear between rings; that of the first ring where it is below from there on, and None
        where it stays above up to 1/2.
    """
    above = curve.correlations - threshold
    runs = np.convolve(above < 0, np.ones(STAY), "full")[: len(above)] >= STAY
    # The last rings need no STAY successors.
    if not runs.any() and above[-1] >= 0:
        return None
    first = int(np.argmax(runs)) - STAY + 1 if runs.any() else int(np.flatnonzero(above >= 0)[-1]) + 1
    if first == 0:
        return float(curve.frequencies[0])
    share = above[first - 1] / (above[first - 1] - above[first])
    return float(curve.frequencies[first - 1] + share * (curve.frequencies[first] - curve.frequencies[first - 1]))


def interleaved_halves(angles_rad: NDArray[np.floating]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the views of two half-scans: every other one by angle.

    Angles count modulo a full turn, so that each half of a full turn has views from all around: those of an offset scan
    see one side of the object each.

    >>> [half.tolist() for half in interleaved_halves(np.deg2rad([0, 60, 120, 30, 90, 150]))]
    [[0, 1, 2], [3, 4, 5]]
    """
    order = np.argsort(np.mod(np.asarray(angles_rad, np.float64) + SAME_RAD / 2, 2 * np.pi), kind="stable")
    return np.sort(order[::2]), np.sort(order[1::2])


def _rings(shape: tuple[int, ...]) -> tuple[NDArray[np.int64], Floats]:
    """Return the ring and the frequency of every coefficient; the last ring is all beyond 1/2."""
    axes: Any = np.meshgrid(*(fft.fftfreq(length) for length in shape), indexing="ij", sparse=True)
    radii = np.sqrt(sum(axis**2 for axis in axes))
    width = 1 / min(shape)
    rings = np.rint(radii / width).astype(np.int64)
    last = min(shape) // 2 + 1
    rings[(rings >= last) | (radii > 0.5)] = last
    return rings, radii


def _spectrum(picture: NDArray[np.floating]) -> NDArray[np.complexfloating]:
    """Return the spectrum of a picture about its mean, faded out towards the ends."""
    fade = window(("tukey", TAPER), picture.shape)
    mean = (picture * fade).sum() / fade.sum()
    spectrum: Any = fft.fftn((picture - mean) * fade)
    return spectrum
