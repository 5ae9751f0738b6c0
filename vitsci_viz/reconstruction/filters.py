"""Filters of back-projection, made in space and applied in frequency."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import OptionError

FilterName = Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann", "none"]
WINDOWS: Mapping[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "ram-lak": np.ones_like,
    "shepp-logan": np.sinc,
    "cosine": lambda f: np.cos(math.pi * f),
    "hamming": lambda f: 0.54 + 0.46 * np.cos(2 * math.pi * f),
    "hann": lambda f: 0.5 + 0.5 * np.cos(2 * math.pi * f),
}
"""What the ramp is multiplied by, at frequencies in cycles per detector pixel."""
CHUNK_BYTES = 2**19
"""Views are filtered in pieces of about this size, which stay in the cache from one transform to the other."""


def padded_length(columns: int) -> int:
    """Return the length that rows are padded to: at least twice as long, so that the convolution does not wrap round.

    >>> padded_length(640)
    1280
    """
    length: Any = fft.next_fast_len(2 * columns, real=True)
    return int(length)


def filter_response(columns: int, name: FilterName = "ram-lak") -> NDArray[np.float32]:
    """Return the frequency response of a filter for rows of a detector.

    Parameters
    ----------
    columns : int
        Detector pixels.
    name : str
        Window on the ramp; ``none`` leaves rows as they are.

    Returns
    -------
    (n // 2 + 1,) float32
        For `padded_length` n, in one over pixels.

    Raises
    ------
    OptionError
        No such filter.

    Notes
    -----
    The band-limited ramp is made in space, h(0) = 1/4 and h(n) = -1/(pi n)^2 for odd n, so that its mean is right: a
    ramp sampled in frequency has a zero there, which lowers the whole slice.

    References
    ----------
    Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, section 3.3.3, equation 3.61.
    """
    if name not in get_args(FilterName):
        raise OptionError(f"filter must be one of {', '.join(get_args(FilterName))}, got {name!r}")
    length = padded_length(columns)
    if name == "none":
        return np.ones(length // 2 + 1, np.float32)
    place = fft.fftfreq(length, 1 / length)
    is_odd = place % 2 == 1
    kernel = np.zeros(length)
    kernel[is_odd] = -1 / (math.pi * place[is_odd]) ** 2
    kernel[0] = 0.25
    spectrum: Any = fft.rfft(kernel)
    frequencies: Any = fft.rfftfreq(length)
    return (spectrum.real * WINDOWS[name](frequencies)).astype(np.float32)


def filter_views(views: NDArray[np.float32], response: NDArray[np.float32], weights: NDArray[np.floating]) -> None:
    """Filter the rows of every view in place.

    Parameters
    ----------
    views : (a, c, s) float32
        Line integrals; columns are the middle axis, slices lie together.
    response : (n // 2 + 1,) float32
        As `filter_response` gives it.
    weights : (a,) float
        What each view is multiplied by as well.
    """
    columns, length = views.shape[1], padded_length(views.shape[1])
    step = max(1, CHUNK_BYTES // (4 * length * views.shape[2]))
    for first in range(0, len(views), step):
        part = slice(first, first + step)
        spectrum: Any = fft.rfft(views[part], n=length, axis=1)
        spectrum *= response[:, None] * np.asarray(weights[part], np.float32)[:, None, None]
        rows: Any = fft.irfft(spectrum, n=length, axis=1, overwrite_x=True)
        views[part] = rows[:, :columns]
