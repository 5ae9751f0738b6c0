"""What a model said, as level arrays: painted from its tokens where they are sliced, never the whole image at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.patching.painting import paint
from vitsci_viz.types import LevelArray, PatchTree

Array = NDArray[Any]
Floats = NDArray[np.float32]
Kind = Literal["labels", "confidence", "uncertainty", "probabilities"]

CHUNK_BYTES = 64 * 2**20
"""Probabilities that are held at once while a window is painted."""
DTYPES: dict[Kind, Any] = {
    "labels": np.uint8,
    "confidence": np.float32,
    "uncertainty": np.float32,
    "probabilities": np.float16,
}


def labels_of(probabilities: Floats) -> NDArray[np.uint8]:
    """Return the likeliest class; of equal ones the first."""
    if probabilities.shape[-1] == 2:
        return (probabilities[..., 1] > probabilities[..., 0]).view(np.uint8)
    return probabilities.argmax(axis=-1).astype(np.uint8)


def confidence_of(probabilities: Floats) -> Floats:
    """Return the probability of the likeliest class."""
    return probabilities.max(axis=-1)


def uncertainty_of(probabilities: Floats) -> Floats:
    r"""Return the entropy over that of equal probabilities, from 0 (sure) to 1.

    Notes
    -----
    .. math:: u = -\frac{1}{\log K} \sum_k p_k \log p_k
    """
    tiny = np.finfo(np.float32).tiny
    entropy = -(probabilities * np.log(np.maximum(probabilities, tiny))).sum(axis=-1)
    return np.clip(entropy / np.float32(math.log(probabilities.shape[-1])), 0, 1)


READINGS: dict[Kind, Callable[[Floats], Array]] = {
    "labels": labels_of,
    "confidence": confidence_of,
    "uncertainty": uncertainty_of,
    "probabilities": lambda probabilities: probabilities,
}


class Field(Protocol):
    """Something that knows what a model said at every pixel."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes."""
        ...

    def read(self, kind: Kind, box: Box) -> Array:
        """Return one reading of a spatial box."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Painting:
    """What a model said of one domain: the whole image, or a tile with its halo.

    Parameters
    ----------
    core : tuple of slice
        Pixels of the image that are taken from here.
    corner : tuple of int
        Pixel of the image where the domain begins.
    trees : tuple of PatchTree
        One per tree of the forest, in pixels of the domain.
    probabilities : tuple of (n, *patch, K) float32
        Of each tree, with one value per pixel where leaves are finer than tokens (see `merged_cells`).
    """

    core: tuple[slice, ...]
    corner: tuple[int, ...]
    trees: tuple[PatchTree, ...]
    probabilities: tuple[Floats, ...]
    _read: dict[Kind, Array] = field(default_factory=dict, repr=False)

    def cells(self, kind: Kind) -> Array:
        """Return a reading of every cell of the only tree, made once: painting costs less than reading every pixel."""
        if kind not in self._read:
            (values,) = self.probabilities
            found = READINGS[kind](values).astype(DTYPES[kind])
            self._read[kind] = found if kind == "probabilities" else found[..., None]
        return self._read[kind]

    def window(self, part: Sequence[slice]) -> tuple[slice, ...]:
        """Return a part of the image in pixels of the domain."""
        return tuple(slice(p.start - c, p.stop - c) for p, c in zip(part, self.corner, strict=True))


class TokenField:
    """Probabilities of tokens, painted into any window; where no leaf lies is background.

    Several trees of a domain are merged by the mean of their probabilities.

    Parameters
    ----------
    shape : tuple of int
        Spatial shape of the image.
    classes : int
        Number of classes.
    paintings : sequence of Painting
        Their cores tile the image.
    """

    def __init__(self, shape: tuple[int, ...], classes: int, paintings: Sequence[Painting]) -> None:
        self.shape, self.classes = shape, classes
        self.paintings = tuple(paintings)

    def read(self, kind: Kind, box: Box) -> Array:
        """Return one reading of a spatial box."""
        sides = tuple(stop - start for start, stop in box)
        channels = (self.classes,) if kind == "probabilities" else ()
        out = np.empty((*sides, *channels), DTYPES[kind])
        for painting in self.paintings:
            part = [slice(max(b[0], c.start), min(b[1], c.stop)) for b, c in zip(box, painting.core, strict=True)]
            if all(p.stop > p.start for p in part):
                place = tuple(slice(p.start - b[0], p.stop - b[0]) for p, b in zip(part, box, strict=True))
                out[place] = self._painted(painting, kind, painting.window(part))
        return out

    def _painted(self, painting: Painting, kind: Kind, window: tuple[slice, ...]) -> Array:
        sides = tuple(part.stop - part.start for part in window)
        if len(painting.trees) == 1:
            values = painting.cells(kind)
            canvas = np.zeros((*sides, values.shape[-1]), values.dtype)
            canvas[..., 0] = 1 if kind in ("probabilities", "confidence") else 0
            paint(painting.trees[0], values, window, canvas)
            return canvas if kind == "probabilities" else canvas[..., 0]
        total, canvas = (np.zeros((*sides, self.classes), np.float32) for _ in range(2))
        for tree, values in zip(painting.trees, painting.probabilities, strict=True):
            canvas[...] = 0
            canvas[..., 0] = 1
            paint(tree, values, window, canvas)
            total += canvas
        return READINGS[kind](total / np.float32(len(painting.trees)))


@dataclass(frozen=True, eq=False, kw_only=True)
class PixelField:
    """Probabilities of pixels, kept in memory or in a file.

    Parameters
    ----------
    probabilities : (*shape, K) float16
        Level array.
    labels : (*shape) uint8
        Level array of the likeliest class, found before rounding.
    """

    probabilities: LevelArray
    labels: LevelArray

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape."""
        return tuple(int(n) for n in self.labels.shape)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.probabilities.shape[-1])

    def read(self, kind: Kind, box: Box) -> Array:
        """Return one reading of a spatial box."""
        part = tuple(slice(*pair) for pair in box)
        if kind == "labels":
            return np.asarray(self.labels[part])
        values = np.asarray(self.probabilities[part])
        return values if kind == "probabilities" else READINGS[kind](values.astype(np.float32))


class FieldLevel(BoxLevel):
    """One reading of a field as a level array.

    Parameters
    ----------
    field : Field
        What is read.
    kind : {"labels", "confidence", "uncertainty", "probabilities"}
        Which reading.
    name : str
        Named in errors.
    """

    def __init__(self, field: Field, kind: Kind, name: str = "the prediction") -> None:
        channels = (field.classes,) if kind == "probabilities" else ()
        super().__init__((*field.shape, *channels), DTYPES[kind], name)
        self.field = field
        self.kind: Kind = kind

    def read_box(self, box: Box) -> Array:
        """Read the box in bands of rows, so that probabilities of a band alone are in memory."""
        spatial = box[: len(self.field.shape)]
        (first, stop), rest = spatial[0], spatial[1:]
        row_bytes = 4 * self.field.classes * math.prod(high - low for low, high in rest)
        step = max(1, CHUNK_BYTES // max(1, row_bytes))
        out = np.empty([high - low for low, high in box], self.dtype)
        for top in range(first, stop, step):
            end = min(top + step, stop)
            found = self.field.read(self.kind, ((top, end), *rest))
            out[top - first : end - first] = found[..., slice(*box[-1])] if self.kind == "probabilities" else found
        return out
