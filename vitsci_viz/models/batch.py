"""What a model is fed: sequences of tokens with their places, or pixels."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from torch import Tensor

Space = Literal["tokens", "pixels"]
"""Where a model predicts: inside every token, or at every pixel."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """Sequences of several images, padded to one length L.

    Parameters
    ----------
    tokens : (B, L, *patch, c) float32
        Normalised tokens; padding is zero.
    places : (B, L, d + 1) float32
        Centre of each leaf along every axis, in units of the longest side in training (`places_of`), then log2 of the
        leaf's side over the token's side (0 where nothing is resampled).
    valid : (B, L) bool
        False where a token is padding.
    grid : (B, *cells) int64, optional
        Index of the leaf that covers each cell of the finest leaf's size; L where no leaf does. Only for models that
        name it in `needs`.
    pixels : (B, c, *shape) float32, optional
        Normalised pixels. Only for models that name it in `needs`.
    """

    tokens: Tensor
    places: Tensor
    valid: Tensor
    grid: Tensor | None = None
    pixels: Tensor | None = None

    def to(self, device: Any) -> Batch:
        """Return the batch on a device."""
        return replace(self, **moved(self, device))


@dataclass(frozen=True, eq=False, kw_only=True)
class Targets:
    """What a model should have predicted, with the area that each prediction stands for.

    Parameters
    ----------
    fractions : (B, N, K) float32
        Share of every class; N runs over the cells of all tokens (L times the cells of a token, in the order of the
        tokens), or over pixels in row-major order. Sums to 1 where the area is positive.
    area : (B, N) float32
        Labelled pixels that the cell stands for: 0 for padding, outside the image and ignored labels.
    """

    fractions: Tensor
    area: Tensor

    def to(self, device: Any) -> Targets:
        """Return the targets on a device."""
        return replace(self, **moved(self, device))


def moved(parts: Any, device: Any) -> dict[str, Tensor]:
    """Return the tensors of a batch on a device."""
    values = {field.name: getattr(parts, field.name) for field in fields(parts)}
    return {name: value.to(device, non_blocking=True) for name, value in values.items() if value is not None}
