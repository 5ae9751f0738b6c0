"""Nuclei of a virtual slide: bent ellipses with rim, chromatin and nucleolus."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.lattice import Window, smoothstep

REACH = 17
"""Half side of the square in which a nucleus is drawn, in pixels."""
_CHUNK = 1024


@dataclass(frozen=True)
class Nuclei:
    """Properties of n nuclei, each an array of length n.

    Parameters
    ----------
    y, x : centre in slide pixels
    along, across : semi-axes in pixels
    angle : direction of the long axis in radians
    bend : how much the ellipse is bent, -1 to 1
    density : haematoxylin density of the body
    texture : contrast of the chromatin
    """

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    along: NDArray[np.float64]
    across: NDArray[np.float64]
    angle: NDArray[np.float64]
    bend: NDArray[np.float64]
    density: NDArray[np.float64]
    texture: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.y)


def select(nuclei: Nuclei, keep: NDArray[np.bool_] | slice) -> Nuclei:
    """Return the nuclei that are kept."""
    return Nuclei(**{name: getattr(nuclei, name)[keep] for name in Nuclei.__dataclass_fields__})


def join(parts: list[Nuclei]) -> Nuclei:
    """Put groups of nuclei one after the other."""
    return Nuclei(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in Nuclei.__dataclass_fields__}
    )


def inside(nuclei: Nuclei, window: Window) -> Nuclei:
    """Return the nuclei whose square lies wholly in the window."""
    row, column = np.floor(nuclei.y) - window.top, np.floor(nuclei.x) - window.left
    keep = (row >= REACH) & (row < window.height - REACH) & (column >= REACH) & (column < window.width - REACH)
    return select(nuclei, keep)


def draw_nuclei(
    nuclei: Nuclei, window: Window, chromatin: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw nuclei that lie wholly in the window.

    Parameters
    ----------
    nuclei : Nuclei
        What to draw.
    window : Window
        Pixels to fill.
    chromatin : (height, width) float64
        Noise of about [-1, 1] that the chromatin is taken from.

    Returns
    -------
    density : (height, width) float64
        Haematoxylin; where nuclei overlap the denser one shows.
    cover : (height, width) float64
        How much of a pixel is nucleus, 0 to 1; half and above is nucleus.
    """
    density, cover = np.zeros(window.shape), np.zeros(window.shape)
    for start in range(0, len(nuclei), _CHUNK):
        part = select(nuclei, slice(start, start + _CHUNK))
        rows = np.floor(part.y).astype(np.int64) - window.top - REACH
        columns = np.floor(part.x).astype(np.int64) - window.left - REACH
        bodies, rims = _profiles(part)
        side = 2 * REACH + 1
        for k, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            place = (slice(row, row + side), slice(column, column + side))
            grain = 1.0 + part.texture[k] * chromatin[place] + rims[k]
            np.maximum(density[place], part.density[k] * bodies[k] * grain, out=density[place])
            np.maximum(cover[place], bodies[k], out=cover[place])
    return density, cover


def _profiles(nuclei: Nuclei) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cover and rim of each nucleus on its square, (n, side, side)."""
    offsets = np.arange(-REACH, REACH + 1, dtype=np.float64)
    dy = offsets[None, :, None] + (np.floor(nuclei.y) - nuclei.y)[:, None, None]
    dx = offsets[None, None, :] + (np.floor(nuclei.x) - nuclei.x)[:, None, None]
    cosine, sine = np.cos(nuclei.angle)[:, None, None], np.sin(nuclei.angle)[:, None, None]
    u = (dx * cosine + dy * sine) / nuclei.along[:, None, None]
    v = (dy * cosine - dx * sine) / nuclei.across[:, None, None]
    v = v + nuclei.bend[:, None, None] * (u * u - 0.4)
    radius = np.sqrt(u * u + v * v)
    soft = (1.1 / np.sqrt(nuclei.along * nuclei.across))[:, None, None]
    body = smoothstep((1.0 - radius) / soft, -1.0, 1.0)
    rim = 0.35 * np.exp(-(((radius - 0.86) / 0.16) ** 2))
    return body, rim
