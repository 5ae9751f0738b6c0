"""From tokens and their places to what the encoder reads."""

import math

import torch
from torch import Tensor, nn

OCTAVES = 10
"""Frequencies of a centre: 1/2, 1, ... 256 periods over the longest side of training, so that neighbours among 512
finest leaves on an axis still differ in sign."""
SIZE_OCTAVES = 4
"""Frequencies of log2 of the size: one period over 32, 16, 8 and 4 halvings."""


class PlaceFeatures(nn.Module):
    """Fourier features of places: sine and cosine of every coordinate at octaves, beside the coordinates themselves.

    Parameters
    ----------
    ndim : int
        Spatial axes.

    References
    ----------
    Tancik et al., Fourier features let networks learn high frequency functions in low dimensional domains,
    NeurIPS 2020, with the axis-aligned octaves of Mildenhall et al., NeRF, ECCV 2020, equation 4.
    """

    frequencies: Tensor
    size_frequencies: Tensor

    def __init__(self, ndim: int) -> None:
        super().__init__()
        self.ndim = ndim
        self.register_buffer("frequencies", math.pi * 2.0 ** torch.arange(OCTAVES), persistent=False)
        self.register_buffer("size_frequencies", math.pi / 16 * 2.0 ** torch.arange(SIZE_OCTAVES), persistent=False)

    @property
    def width(self) -> int:
        """Number of features."""
        return self.ndim * (2 * OCTAVES + 1) + 2 * SIZE_OCTAVES + 1

    def forward(self, places: Tensor) -> Tensor:
        """Return features (B, L, width) of places (B, L, d + 1), in float32 whatever the precision around."""
        places = places.float()
        centres, size = places[..., : self.ndim], places[..., self.ndim :]
        angles = torch.cat(
            [(centres.unsqueeze(-1) * self.frequencies).flatten(-2), size * self.size_frequencies], dim=-1
        )
        return torch.cat([centres - 0.5, size / 8, angles.sin(), angles.cos()], dim=-1)


class TokenEmbedding(nn.Module):
    """A linear layer on the values of a token plus a linear layer on the Fourier features of its place.

    Parameters
    ----------
    ndim : int
        Spatial axes.
    values : int
        Numbers in a token: ``prod(patch_size) * channels``.
    width : int
        Width D of the encoder.
    """

    def __init__(self, ndim: int, values: int, width: int) -> None:
        super().__init__()
        self.content = nn.Linear(values, width)
        self.features = PlaceFeatures(ndim)
        self.place = nn.Linear(self.features.width, width, bias=False)

    def forward(self, tokens: Tensor, places: Tensor) -> Tensor:
        """Return (B, L, D) for tokens (B, L, *patch, c) and places (B, L, d + 1)."""
        return self.content(tokens.flatten(2)) + self.place(self.features(places))
