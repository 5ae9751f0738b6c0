"""Phase retrieval at one distance for samples of one material."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats32 = NDArray[np.float32]
WAVELENGTH_MM_KEV = 1.2398419843320026e-6
"""Planck's constant times the speed of light: the wavelength is this over the energy."""
REST = 1e-7
"""What of the filter's response may lie beyond the margin."""
CHUNK_BYTES = 64 * 2**20
"""Views are filtered in pieces of about this size."""


def blur_length_px(*, delta_beta: float, energy_kev: float, distance_mm: float, pixel_mm: float) -> float:
    """Return the length over which phase retrieval smooths, in pixels.

    Notes
    -----
    sqrt(z delta / mu) with mu = 4 pi beta / wavelength.

    Examples
    --------
    >>> round(blur_length_px(delta_beta=1000, energy_kev=20, distance_mm=50, pixel_mm=0.001), 2)
    15.71
    """
    square = WAVELENGTH_MM_KEV / energy_kev * distance_mm * delta_beta / (4 * math.pi)
    return math.sqrt(square) / pixel_mm


def margin_px(blur_px: float) -> int:
    """Return how many pixels around a place take part in its value: the filter falls off as a power of the distance.

    >>> margin_px(0.0), margin_px(15.71)
    (0, 254)
    """
    if blur_px == 0:
        return 0
    bend = 2 + 1 / blur_px**2
    ratio = (bend - math.sqrt(bend**2 - 4)) / 2
    return math.ceil(math.log(REST) / math.log(ratio))


def transform_bytes(rows: int, views: int, columns: int, reach: int) -> int:
    """Return the memory of the transforms of `retrieve_transmission`: views padded, their spectra and the answer."""
    view = 4 * _fast_length(rows + 2 * reach) * _fast_length(columns + 2 * reach)
    return 4 * view * min(views, max(1, CHUNK_BYTES // view))


def retrieve_transmission(
    transmitted: Floats32, blur_px: float, *, margin: tuple[int, int] = (0, 0), threads: int = 1
) -> Floats32:
    """Turn intensities with phase contrast into the transmission that the material alone would have.

    Parameters
    ----------
    transmitted : (row, angle, column) float32
        Intensity over that of the beam; views go on beyond the given rows and columns by their edge.
    blur_px : float
        As `blur_length_px` gives it; 0 returns the views as they are.
    margin : (int, int)
        Rows at the top and at the bottom that only serve the others and are left out of the answer; where they are
        as many as `margin_px`, the answer is that of all rows at once, up to rounding.
    threads : int
        For the transforms.

    Returns
    -------
    (row - sum(margin), angle, column) float32
        Its negative logarithm is the line integral of the attenuation.

    Notes
    -----
    Solves I = T - L^2 Laplacian(T) with the Laplacian of neighbouring pixels: in frequency, division by
    1 + 2 L^2 (2 - cos kx - cos ky). At low frequencies this is Paganin's 1 + L^2 (kx^2 + ky^2); at high ones it smooths
    less and is never negative.

    References
    ----------
    Paganin et al., Simultaneous phase and amplitude extraction from a single defocused image of a homogeneous object,
    J. Microsc. 206, 2002, equation 10; Paganin et al., Boosting spatial resolution by incorporating periodic boundary
    conditions into single-distance hard-x-ray phase retrieval, J. Opt. 22, 2020, equation 25.
    """
    rows, views, columns = transmitted.shape
    kept = slice(margin[0], rows - margin[1])
    if blur_px == 0:
        return transmitted[kept]
    reach = margin_px(blur_px)
    top, bottom = (max(0, reach - given) for given in margin)
    height, width = _fast_length(top + rows + bottom), _fast_length(columns + 2 * reach)
    response = _response(height, width, blur_px)
    around = ((top, height - rows - top), (0, 0), (reach, width - columns - reach))
    out = np.empty((rows - sum(margin), views, columns), np.float32)
    step = max(1, CHUNK_BYTES // (4 * height * width))
    for first in range(0, views, step):
        part = slice(first, first + step)
        spectrum: Any = fft.rfftn(np.pad(transmitted[:, part], around, mode="edge"), axes=(0, 2), workers=threads)
        spectrum *= response[:, None, :]
        found: Any = fft.irfftn(spectrum, s=(height, width), axes=(0, 2), overwrite_x=True, workers=threads)
        out[:, part] = found[top : top + rows, :, reach : reach + columns][kept]
    return out


def _fast_length(count: int) -> int:
    length: Any = fft.next_fast_len(count, real=True)
    return int(length)


def _response(height: int, width: int, blur_px: float) -> Floats32:
    frequencies: Any = (fft.fftfreq(height), fft.rfftfreq(width))
    along_y, along_x = (np.cos(2 * math.pi * part) for part in frequencies)
    return (1 / (1 + 2 * blur_px**2 * (2 - along_y[:, None] - along_x[None, :]))).astype(np.float32)
