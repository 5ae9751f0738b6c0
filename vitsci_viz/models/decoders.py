"""A convolutional decoder on features at their true places, in two and three dimensions."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from vitsci_viz.errors import InputError
from vitsci_viz.models.batch import Batch, Space
from vitsci_viz.models.encoder import EPSILON, Encoder, initialise
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.segmentation import SegmentationModel

WIDTHS = (32, 64, 96, 128)
"""Channels on cells of 1, 2, 4 and 8 finest leaves a side."""
PIXEL_WIDTH = 16
"""Channels at full resolution, as in the published UNETR."""
CONV: dict[int, Any] = {2: nn.Conv2d, 3: nn.Conv3d}
UPWARD: dict[int, Any] = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
LAYOUT: dict[int, Any] = {2: torch.channels_last, 3: torch.channels_last_3d}


def leaf_rows(grid: Tensor, valid: Tensor) -> Tensor:
    """Return for every cell the row of its leaf in a table of all tokens of the batch.

    Parameters
    ----------
    grid : (B, *cells) int64
        Index of the covering leaf; L (or that of a padding token) where there is none.
    valid : (B, L) bool
        Tokens that are not padding.

    Returns
    -------
    (B, *cells) int64
        ``image * L + leaf``; ``B * L`` where no leaf lies.
    """
    batch, length = valid.shape
    rows = torch.arange(batch * length, device=valid.device).view(batch, length)
    rows = functional.pad(rows.masked_fill(~valid, batch * length), (0, 1), value=batch * length)
    return rows.gather(1, grid.flatten(1)).view_as(grid)


def placed(features: Tensor, rows: Tensor, factor: int) -> Tensor:
    """Put features of leaves on a grid of cells: in every cell the area-weighted mean of the leaves that cover it.

    Parameters
    ----------
    features : (B, L, C)
        One vector a token.
    rows : (B, *cells) int64
        From `leaf_rows`; every axis is a multiple of `factor`.
    factor : int
        Finest cells on every axis of a cell.

    Returns
    -------
    (B, C, *cells / factor)
        Zero where no leaf lies; finest cells without a leaf do not count in means.
    """
    width, ndim = features.shape[-1], rows.ndim - 1
    nowhere = features.shape[0] * features.shape[1]
    table = functional.pad(features.reshape(nowhere, width), (0, 0, 0, 1))
    if factor == 1:
        found = functional.embedding(rows, table)
        return found.movedim(-1, 1)
    cells = [side // factor for side in rows.shape[1:]]
    split = rows.reshape(len(rows), *(part for side in cells for part in (side, factor)))
    order = [0, *range(1, 2 * ndim, 2), *range(2, 2 * ndim + 1, 2)]
    bags = split.permute(order).reshape(-1, factor**ndim)
    found = functional.embedding_bag(bags, table, mode="mean", padding_idx=nowhere)
    return found.view(len(rows), *cells, width).movedim(-1, 1)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel alone: no pixel depends on how much image lies around it."""

    def forward(self, values: Tensor) -> Tensor:
        """Return values (B, C, *shape) with zero mean and unit variance over C."""
        return super().forward(values.movedim(1, -1)).movedim(-1, 1)


def convolution(ndim: int, before: int, after: int) -> nn.Module:
    """Return a convolution three wide that keeps the sides."""
    return CONV[ndim](before, after, 3, padding=1, bias=False)


def rectified(width: int) -> nn.Sequential:
    """Return a norm over channels and a rectifier; not in place, as the norm returns a view."""
    return nn.Sequential(ChannelNorm(width, eps=EPSILON), nn.ReLU())


class PlacedDecoder(nn.Module):
    """From features of four depths and the pixels to classes at every pixel.

    Parameters
    ----------
    spec : ModelSpec
        `ndim`, `width`, `channels`, `classes` and `min_size` are used.

    Notes
    -----
    Each depth is projected to few channels while it is still a sequence, then put at its true places: the deepest on
    cells of eight finest leaves a side, the shallowest on the finest cells. Transposed convolutions lead from each grid
    to the next finer one, and at last to pixels, where a convolution of the image is added.

    References
    ----------
    Hatamizadeh et al., UNETR, WACV 2022, section 3.1, with leaves at their places where tokens are no raster.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        ndim = spec.ndim
        self.min_size = spec.min_size
        self.norms = nn.ModuleList(nn.LayerNorm(spec.width, eps=EPSILON) for _ in WIDTHS[1:])
        self.norms.append(nn.Identity())  # the deepest features come normalised from the encoder
        self.projections = nn.ModuleList(nn.Linear(spec.width, width) for width in WIDTHS)
        self.mixing = nn.ModuleList(
            nn.Sequential(convolution(ndim, width, width), rectified(width)) for width in WIDTHS
        )
        self.upward = nn.ModuleList(UPWARD[ndim](coarse, fine, 2, stride=2) for fine, coarse in pairwise(WIDTHS))
        self.to_pixels = UPWARD[ndim](WIDTHS[0], PIXEL_WIDTH, spec.min_size, stride=spec.min_size)
        self.skip = convolution(ndim, spec.channels, PIXEL_WIDTH)
        self.last = nn.Sequential(
            rectified(PIXEL_WIDTH), convolution(ndim, PIXEL_WIDTH, PIXEL_WIDTH), rectified(PIXEL_WIDTH)
        )
        self.classes = nn.Linear(PIXEL_WIDTH, spec.classes)
        # channels last in memory: what placed features and norms over channels have, so that nothing is copied
        cast("Any", self).to(memory_format=LAYOUT[ndim])

    def forward(self, features: Sequence[Tensor], rows: Tensor, pixels: Tensor) -> Tensor:
        """Return logits (B, prod(shape), K).

        Parameters
        ----------
        features : four of (B, L, D)
            Shallowest first, the last one normalised.
        rows : (B, *cells) int64
            From `leaf_rows`, with ``cells * min_size >= shape``.
        pixels : (B, c, *shape)
            Normalised image.
        """
        nowhere = features[0].shape[0] * features[0].shape[1]
        rows = padded(rows, [-side % 2 ** (len(WIDTHS) - 1) for side in rows.shape[1:]], nowhere)
        hidden: Any = 0
        for step in reversed(range(len(WIDTHS))):
            narrow = self.projections[step](self.norms[step](features[step]))
            hidden = self.mixing[step](hidden + placed(narrow, rows, 2**step))
            if step > 0:
                hidden = self.upward[step - 1](hidden)
        fine = cropped(self.to_pixels(hidden), pixels.shape[2:]) + self.skip(pixels)
        return self.classes(self.last(fine).movedim(1, -1).flatten(1, -2))


class DecoderModel(SegmentationModel):
    """Encoder and UNETR-type decoder: the loss is taken on pixels."""

    space: ClassVar[Space] = "pixels"
    needs: ClassVar[frozenset[str]] = frozenset({"grid", "pixels"})

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.min_size = spec.min_size
        self.after = depths_of(spec.depth)
        self.encoder = Encoder(spec)
        self.decoder = PlacedDecoder(spec)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits (B, prod(shape), K) float32.

        Raises
        ------
        InputError
            The batch has no grid or no pixels, or they do not fit.
        """
        if batch.grid is None or batch.pixels is None:
            raise InputError("the unetr head needs the grid and the pixels of every image: give the batch both")
        shape = batch.pixels.shape[2:]
        wanted = tuple(-(-side // cell) for side, cell in zip(shape, self.min_size, strict=True))
        if tuple(batch.grid.shape[1:]) != wanted:
            raise InputError(
                f"the grid must have {wanted} cells of {self.min_size} pixels for images of {tuple(shape)}, got "
                f"{tuple(batch.grid.shape[1:])}: build it with grid_of(tree, min_size)"
            )
        *early, last = self.encoder.features(batch.tokens, batch.places, batch.valid, self.after)
        features = [*early, self.encoder.norm(last)]
        rows, kind = leaf_rows(batch.grid, batch.valid), batch.pixels.device.type
        if kind == "cpu" and batch.pixels.ndim == 5:
            # oneDNN's weight gradient of 3-D convolutions in bf16 reads memory nobody wrote where the grid is small
            with torch.autocast(kind, enabled=False):
                return self.decoder([part.float() for part in features], rows, batch.pixels)
        return self.decoder(features, rows, batch.pixels).float()

    def parts(self) -> Sequence[nn.Module]:
        """Return the blocks of the encoder, what mixes each grid of the decoder, and its convolutions on pixels."""
        return [*self.encoder.blocks, *self.decoder.mixing, *self.decoder.last]


def depths_of(blocks: int) -> tuple[int, ...]:
    """Return the four depths whose features a decoder reads: quarters of the blocks, at least one.

    >>> depths_of(12), depths_of(2)
    ((3, 6, 9, 12), (1, 1, 2, 2))
    """
    return tuple(max(1, math.ceil(blocks * quarter / 4)) for quarter in range(1, 5))


def padded(values: Tensor, amounts: Sequence[int], value: float) -> Tensor:
    """Pad the ends of the last axes, one amount an axis."""
    if not any(amounts):
        return values
    return functional.pad(values, [part for amount in reversed(amounts) for part in (0, amount)], value=value)


def cropped(values: Tensor, shape: Sequence[int]) -> Tensor:
    """Cut the ends of the last axes off, to a shape."""
    return values[(..., *(slice(side) for side in shape))]
