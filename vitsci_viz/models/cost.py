"""What a model of any architecture costs for one image: operations and stored values, counted from its layers.

No torch: the constants are those of the models, which a test holds to what torch counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vitsci_viz.models.options import ModelSpec
from vitsci_viz.patching.cost import FLOAT_BYTES, EncoderSize, step_cost

BACKWARD = 3
"""A training step costs three forward passes."""
DECODER_WIDTHS = (32, 64, 96, 128)
DECODER_PIXELS = 16
UNET_WIDTHS = (16, 32, 64, 128, 256)
UNETR_PATCH, UNETR_WIDTH, UNETR_DEPTH = 16, 16, 12
STORED = 6
"""Values that a convolution with its norm and rectifier leaves for the way back, for each one that it puts out."""


@dataclass(frozen=True, kw_only=True)
class ModelCost:
    """Of one image in training.

    Parameters
    ----------
    flops : float
        Operations, forward and backward.
    weight_bytes : float
        Weights, gradients and two moments; the same for any batch.
    image_bytes : float
        Stored activations.
    """

    flops: float
    weight_bytes: float
    image_bytes: float


def model_cost(spec: ModelSpec, tokens: int, shape: Sequence[int]) -> ModelCost:
    """Count what one image costs in a training step.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    tokens : int
        Length of its sequence; models on pixels take no notice of it.
    shape : sequence of int
        Spatial shape of the image.
    """
    if spec.architecture == "monai_unet":
        return _pixel_cost(*_unet(spec, shape))
    if spec.architecture == "monai_unetr":
        return _unetr_cost(spec, shape)
    encoder = _encoder_cost(spec, tokens)
    if spec.head == "token":
        return encoder
    flops, values = _decoder(spec, tokens, shape)
    decoder = _pixel_cost(flops, values)
    return ModelCost(
        flops=encoder.flops + decoder.flops,
        weight_bytes=encoder.weight_bytes,
        image_bytes=encoder.image_bytes + decoder.image_bytes,
    )


def _encoder_cost(spec: ModelSpec, tokens: int) -> ModelCost:
    values = math.prod(spec.patch_size) * spec.channels
    size = EncoderSize(width=spec.width, depth=spec.depth)
    outputs = max(1, round(spec.classes / spec.channels)) if spec.head == "token" else 0
    none, all_ = (step_cost(count, values, size, outputs=outputs) for count in (0, tokens))
    return ModelCost(
        flops=float(all_.step_flops),
        weight_bytes=float(none.step_bytes),
        image_bytes=float(all_.step_bytes - none.step_bytes),
    )


def _pixel_cost(flops: float, values: float) -> ModelCost:
    return ModelCost(flops=BACKWARD * flops, weight_bytes=0.0, image_bytes=FLOAT_BYTES * values)


def _decoder(spec: ModelSpec, tokens: int, shape: Sequence[int]) -> tuple[float, float]:
    """Return operations forward and stored values of `decoders.PlacedDecoder`."""
    step = 2 ** (len(DECODER_WIDTHS) - 1)
    sides = [_up_to(_up(side, cell), step) for side, cell in zip(shape, spec.min_size, strict=True)]
    cells, ball = float(math.prod(sides)), 3**spec.ndim
    flops = 2.0 * tokens * spec.width * sum(DECODER_WIDTHS)
    values = tokens * (4.0 * spec.width + sum(DECODER_WIDTHS))
    for level, width in enumerate(DECODER_WIDTHS):
        here = cells / 2 ** (spec.ndim * level)
        flops += 2 * ball * here * width**2
        values += STORED * here * width
    for level, (fine, coarse) in enumerate(pairwise(DECODER_WIDTHS)):
        flops += 2 * (cells / 2 ** (spec.ndim * level)) * coarse * fine
    pixels, wide = float(math.prod(shape)), DECODER_PIXELS
    flops += 2 * cells * math.prod(spec.min_size) * DECODER_WIDTHS[0] * wide
    flops += 2 * pixels * wide * (ball * (spec.channels + wide) + spec.classes)
    return flops, values + pixels * (2 * STORED * wide + 4 * spec.classes)


def _unet(spec: ModelSpec, shape: Sequence[int]) -> tuple[float, float]:
    """Return operations forward and stored values of MONAI's U-Net with two residual units."""
    step, ball, two = 2 ** (len(UNET_WIDTHS) - 1), 3**spec.ndim, 2**spec.ndim
    pixels = float(math.prod(max(2 * step, _up_to(side, step)) for side in shape))
    flops = values = 0.0
    here, before = pixels, spec.channels
    for width in UNET_WIDTHS[:-1]:
        here /= two
        flops += 2 * ball * here * (2 * before * width + width**2)
        values += 2 * STORED * here * width
        before = width
    bottom = UNET_WIDTHS[-1]
    flops += 2 * here * (ball * (before * bottom + bottom**2) + before * bottom)
    values += 2 * STORED * here * bottom
    joined = before + bottom
    for after in (*reversed(UNET_WIDTHS[:-2]), spec.classes):
        flops += 2 * ball * here * joined * after + 2 * ball * here * two * after**2
        here *= two
        values += 2 * STORED * here * after
        joined = 2 * after
    return flops, values


def _unetr_cost(spec: ModelSpec, shape: Sequence[int]) -> ModelCost:
    """Return the cost of MONAI's UNETR: a ViT on patches of 16 pixels and a convolutional way up from four depths."""
    tokens = math.prod(_up(side, UNETR_PATCH) for side in shape)
    patch = UNETR_PATCH**spec.ndim * spec.channels
    size = EncoderSize(width=spec.width, depth=UNETR_DEPTH)
    none, all_ = (step_cost(count, patch, size, outputs=0) for count in (0, tokens))
    ball, two, wide = 3**spec.ndim, 2**spec.ndim, UNETR_WIDTH
    flops = values = 0.0

    def block(cells: float, before: int, after: int) -> None:
        nonlocal flops, values
        flops += 2 * cells * (ball * (before * after + after**2) + (before * after if before != after else 0))
        values += 2 * STORED * cells * after

    def upward(cells: float, before: int, after: int) -> None:
        nonlocal flops, values
        flops += 2 * cells * two * before * after
        values += cells * two * after

    pixels = tokens * float(UNETR_PATCH**spec.ndim)
    block(pixels, spec.channels, wide)
    for factor, layers in ((2, 2), (4, 1), (8, 0)):
        cells = float(tokens)
        upward(cells, spec.width, factor * wide)
        for _ in range(layers):
            cells *= two
            upward(cells, factor * wide, factor * wide)
            block(cells * two, factor * wide, factor * wide)
    cells, before = float(tokens), spec.width
    for factor in (8, 4, 2, 1):
        upward(cells, before, factor * wide)
        cells *= two
        block(cells, 2 * factor * wide, factor * wide)
        before = factor * wide
    flops += 2 * cells * wide * spec.classes
    way_up = _pixel_cost(flops, values + 4 * pixels * spec.classes)
    return ModelCost(
        flops=all_.step_flops + way_up.flops,
        weight_bytes=float(none.step_bytes),
        image_bytes=all_.step_bytes - none.step_bytes + way_up.image_bytes,
    )


def _up(length: int, step: int) -> int:
    return -(-length // step)


def _up_to(length: int, step: int) -> int:
    return _up(length, step) * step
