"""Phantoms of ellipses and ellipsoids whose line integrals are known exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Ellipsoid:
    """One body of even attenuation; bodies add up where they overlap.

    Parameters
    ----------
    value : float
        Attenuation that it adds, per unit of length.
    centre : (float, float, float)
        x, y, z; x grows with the column, y with the row and z with the slice.
    radii : (float, float, float)
        Semi-axes along its own x, y and z; infinite in z for an elliptic cylinder.
    turn_rad : float
        Turn about z, from x towards y.
    """

    value: float
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radii: tuple[float, float, float] = (1.0, 1.0, math.inf)
    turn_rad: float = 0.0

    def __post_init__(self) -> None:
        if not all(radius > 0 for radius in self.radii):
            raise InputError(f"the semi-axes of an ellipsoid must be positive, got {self.radii}")

    def section(self, z: float) -> tuple[float, float]:
        """Return the semi-axes of the ellipse that a plane cuts out; (0, 0) where it passes by."""
        share = 1 - ((z - self.centre[2]) / self.radii[2]) ** 2
        scale = math.sqrt(share) if share > 0 else 0.0
        return self.radii[0] * scale, self.radii[1] * scale

    def contains(self, x: Floats, y: Floats, z: float) -> NDArray[np.bool_]:
        """Tell which points of a plane lie inside."""
        a, b = self.section(z)
        if a == 0:
            return np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
        dx, dy = x - self.centre[0], y - self.centre[1]
        cosine, sine = math.cos(self.turn_rad), math.sin(self.turn_rad)
        return ((dx * cosine + dy * sine) / a) ** 2 + ((dy * cosine - dx * sine) / b) ** 2 <= 1

    def line_integrals(self, angles_rad: Floats, t: Floats, z: float | Floats) -> Floats:
        """Return the attenuation along the lines x cos(angle) + y sin(angle) = t, each in a plane.

        Parameters
        ----------
        angles_rad : (a,) float
            Directions of the lines' normals.
        t : (n,) float
            Signed distance of the line from the origin.
        z : float or (n,) float
            The plane, or that of every line.

        Returns
        -------
        (a, n) float64

        Notes
        -----
        With s^2 = a^2 cos^2(angle - turn) + b^2 sin^2(angle - turn) and d the distance of the line from the centre, the
        chord is 2 a b sqrt(s^2 - d^2) / s^2. A plane at height h above the centre of an ellipsoid cuts out an ellipse
        smaller by k with k^2 = 1 - h^2 / c^2, whose chord is 2 a b sqrt(k^2 s^2 - d^2) / s^2.

        References
        ----------
        Kak and Slaney, Principles of Computerized Tomographic Imaging, 1988, section 3.1, equation 3.5.
        """
        a, b, c = self.radii
        share = 1 - ((np.asarray(z, np.float64) - self.centre[2]) / c) ** 2
        if np.all(share <= 0):
            return np.zeros((len(angles_rad), len(t)))
        angle = np.asarray(angles_rad, np.float64)[:, None]
        square = (a * np.cos(angle - self.turn_rad)) ** 2 + (b * np.sin(angle - self.turn_rad)) ** 2
        distance = np.asarray(t, np.float64) - self.centre[0] * np.cos(angle) - self.centre[1] * np.sin(angle)
        return self.value * 2 * a * b * np.sqrt(np.maximum(share * square - distance**2, 0)) / square


Phantom = Sequence[Ellipsoid]

_SHEPP_LOGAN = (
    (1.0, 0.69, 0.92, 0.81, 0.0, 0.0, 0.0, 0.0),
    (-0.8, 0.6624, 0.874, 0.78, 0.0, -0.0184, 0.0, 0.0),
    (-0.2, 0.11, 0.31, 0.22, 0.22, 0.0, 0.0, -18.0),
    (-0.2, 0.16, 0.41, 0.28, -0.22, 0.0, 0.0, 18.0),
    (0.1, 0.21, 0.25, 0.41, 0.0, 0.35, -0.15, 0.0),
    (0.1, 0.046, 0.046, 0.05, 0.0, 0.1, 0.25, 0.0),
    (0.1, 0.046, 0.046, 0.05, 0.0, -0.1, 0.25, 0.0),
    (0.1, 0.046, 0.023, 0.05, -0.08, -0.605, 0.0, 0.0),
    (0.1, 0.023, 0.023, 0.02, 0.0, -0.606, 0.0, 0.0),
    (0.1, 0.023, 0.046, 0.02, 0.06, -0.605, 0.0, 0.0),
)
"""Value, semi-axes, centre and turn in degrees, on a field from -1 to 1 with y upwards."""


def shepp_logan(half_width: float = 1.0, *, is_flat: bool = True) -> tuple[Ellipsoid, ...]:
    """Return the head phantom of Shepp and Logan with Toft's stronger contrast.

    Parameters
    ----------
    half_width : float
        Half of the field's side: the head is 0.92 of it high.
    is_flat : bool
        Cylinders whose every slice is the phantom's middle; otherwise ellipsoids.

    References
    ----------
    Shepp and Logan, The Fourier reconstruction of a head section, IEEE Trans. Nucl. Sci. 21, 1974; contrast of Toft,
    The Radon transform, 1996, table B.3.
    """
    bodies: list[Ellipsoid] = []
    for value, a, b, c, x, y, z, turn in _SHEPP_LOGAN:
        bodies.append(
            Ellipsoid(
                value=value / half_width,
                centre=(x * half_width, -y * half_width, 0.0 if is_flat else z * half_width),
                radii=(a * half_width, b * half_width, math.inf if is_flat else c * half_width),
                turn_rad=-math.radians(turn),
            )
        )
    return tuple(bodies)


def pixel_places(count: int) -> Floats:
    """Return the coordinates of pixel centres along an axis, in pixels about the middle.

    >>> pixel_places(4).tolist()
    [-1.5, -0.5, 0.5, 1.5]
    """
    return np.arange(count, dtype=np.float64) - (count - 1) / 2


def draw_slice(phantom: Phantom, side: int, z: float = 0.0, *, samples: int = 4) -> Floats:
    """Return the mean attenuation of every pixel of a slice; lengths are in pixels.

    Parameters
    ----------
    phantom : sequence of Ellipsoid
        Its bodies.
    side : int
        Of the square slice.
    z : float
        The plane.
    samples : int
        Points along each axis of a pixel that the mean is taken over.
    """
    inside = (np.arange(samples) + 0.5) / samples - 0.5
    fine = (pixel_places(side)[:, None] + inside).ravel()
    total = np.zeros((side * samples, side * samples))
    for body in phantom:
        total += body.value * body.contains(fine[None, :], fine[:, None], z)
    return total.reshape(side, samples, side, samples).mean(axis=(1, 3))


def project_phantom(
    phantom: Phantom, angles_rad: Floats, columns: int, *, centre: float | None = None, z: Floats | None = None
) -> NDArray[np.float32]:
    """Return the exact line integrals at the centres of detector pixels; lengths are in pixels.

    Parameters
    ----------
    phantom : sequence of Ellipsoid
        Its bodies.
    angles_rad : (a,) float
        Of the views.
    columns : int
        Detector pixels.
    centre : float, optional
        Where the rotation axis falls, in pixels of the detector; default its middle.
    z : (r,) float, optional
        Plane of every detector row; default one row at 0.

    Returns
    -------
    (angle, row, column) float32
    """
    middle = (columns - 1) / 2 if centre is None else centre
    t = np.arange(columns, dtype=np.float64) - middle
    planes = np.zeros(1) if z is None else np.asarray(z, np.float64)
    rows = [sum((body.line_integrals(angles_rad, t, plane) for body in phantom), np.zeros(())) for plane in planes]
    return np.stack([np.broadcast_to(row, (len(angles_rad), columns)) for row in rows], axis=1).astype(np.float32)
