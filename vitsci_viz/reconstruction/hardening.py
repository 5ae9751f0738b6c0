"""Beam hardening: soft photons are absorbed first, so that thick matter seems to attenuate less."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError

Floats32 = NDArray[np.float32]


def apply_polynomial(values: Floats32, coefficients: Sequence[float]) -> Floats32:
    """Return a1 p + a2 p^2 + ... for line integrals p; empty coefficients leave them as they are.

    Parameters
    ----------
    values : (...) float32
        Line integrals of the attenuation.
    coefficients : sequence of float
        a1, a2, ...; there is no constant, as air does not absorb.

    Examples
    --------
    >>> apply_polynomial(np.array([0.0, 1.0, 2.0], np.float32), (1.0, 0.1)).tolist()
    [0.0, 1.100000023841858, 2.4000000953674316]
    """
    if not coefficients:
        return values
    out = np.zeros_like(values)
    for coefficient in reversed(coefficients):
        out += np.float32(coefficient)
        out *= values
    return out


def fit_hardening(sinograms: NDArray[np.floating], degree: int = 3) -> tuple[float, ...]:
    """Find the polynomial after which every view holds the same amount of matter.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals of samples that lie wholly on the detector and are not round.
    degree : int
        Of the polynomial, 2 or more.

    Returns
    -------
    tuple of float
        a1, a2, ... for `apply_polynomial`; a1 is 1, the slope for thin matter.

    Raises
    ------
    InputError
        The degree is too small, or the views say nothing: fewer than the unknowns, or the same from every side.

    Notes
    -----
    In parallel beam the sum over a view is the mass of the slice, from whatever side (the first of the conditions of
    Helgason and Ludwig). The sums of p, p^2, ... about their means over the views give linear least squares, of which
    only directions that the views tell apart from their noise are taken.

    References
    ----------
    Natterer, The Mathematics of Computerized Tomography, 1986, section II.4.
    """
    if degree < 2:
        raise InputError(f"the degree must be 2 or more, got {degree}: 1 changes nothing but the scale")
    data = np.asarray(sinograms, np.float64)
    powers = np.stack([(data**n).sum(axis=2) for n in range(1, degree + 1)])
    scale = powers.mean(axis=(1, 2))
    if len(data) < degree + 1 or not (scale > 0).all():
        raise InputError(f"a polynomial of degree {degree} needs {degree + 1} views with matter in them")
    uneven = (powers - powers.mean(axis=1, keepdims=True)).reshape(degree, -1) / scale[:, None]
    found, _, rank, _ = np.linalg.lstsq(uneven[1:].T, -uneven[0], rcond=1e-3)
    if rank == 0 or np.abs(uneven).max() < 1e-6:
        raise InputError("the views look the same from every side and do not tell the hardening: measure a wedge")
    return (1.0, *(float(value) * scale[0] / scale[n + 1] for n, value in enumerate(found)))
