"""Images and settings that the session's tests share."""

from typing import Any

import numpy as np

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import Image
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window


def blobs(shape: tuple[int, ...], *, seed: int = 0, channels: int = 0) -> np.ndarray[Any, Any]:
    """Smooth blobs with some noise, uint8: detail here, none there."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*(np.linspace(0, 1, n) for n in shape), indexing="ij"), -1)
    values = np.zeros(shape)
    for _ in range(6):
        centre, width = rng.random(len(shape)), rng.uniform(0.03, 0.15)
        values += np.exp(-((grid - centre) ** 2).sum(-1) / width**2)
    values = values + 0.15 * rng.standard_normal(shape) * (grid[..., -1] > 0.6)
    grey = np.clip(values * 160 + 30, 0, 255).astype(np.uint8)
    return grey if not channels else np.stack([np.roll(grey, 3 * k, axis=0) for k in range(channels)], -1)


def session_of(array: np.ndarray[Any, Any], axes: str, *, mask: Any = None, **image: Any) -> PatchSession:
    """Open an array."""
    labels = None if mask is None else Image(levels=(mask,), axes=axes.removesuffix("c"))
    return PatchSession(Image(levels=(array,), axes=axes, **image), labels)


def whole(shape: tuple[int, ...]) -> Window:
    """The window that shows a (y, x) shape pixel by pixel."""
    rows, columns = shape[-2:]
    return Window(0, 0, columns, rows, columns, rows)


VARIANCE = PatchOptions(detail="variance", split_value=4000.0, patch_size=8, min_size=4)
"""A setting whose tree needs no edges, so tests may use any small array."""


class CountingLevel:
    """A level array that counts how many pixels were read from it."""

    def __init__(self, array: np.ndarray[Any, Any]) -> None:
        self.array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.pixels_read = 0

    def __getitem__(self, key: Any) -> Any:
        """Read and count."""
        found = self.array[key]
        self.pixels_read += int(np.size(found))
        return found
