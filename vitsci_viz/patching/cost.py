"""What a training step of a plain ViT costs on a sequence: FLOPs and bytes, counted from its layers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vitsci_viz.patching.pyramid import grid_shape

EncoderName = Literal["tiny", "small", "base", "large"]


@dataclass(frozen=True, kw_only=True)
class EncoderSize:
    """Width and depth of a plain pre-norm ViT encoder with an MLP four times as wide."""

    width: int
    depth: int


ENCODERS: dict[EncoderName, EncoderSize] = {
    "tiny": EncoderSize(width=192, depth=12),
    "small": EncoderSize(width=384, depth=12),
    "base": EncoderSize(width=768, depth=12),
    "large": EncoderSize(width=1024, depth=24),
}
"""Base and large of Dosovitskiy et al., ICLR 2021; tiny and small of Touvron et al., ICML 2021."""

BACKWARD = 3
"""A training step costs three forward passes: the backward pass has two products for each forward one."""
FLOAT_BYTES = 4


@dataclass(frozen=True, kw_only=True)
class StepCost:
    """Cost of one training step on one sequence.

    Parameters
    ----------
    attention_flops : int
        Products of attention alone: scores and weighted sums, forward and backward.
    step_flops : int
        All matrix products of encoder, embedding and token head, forward and backward.
    step_bytes : int
        Weights, gradients, two Adam moments and stored activations, in float32; attention scores are not stored.
    """

    attention_flops: int
    step_flops: int
    step_bytes: int


def step_cost(
    tokens: int, token_values: int, encoder: EncoderName | EncoderSize = "small", *, outputs: int = 1
) -> StepCost:
    """Count the cost of a training step with a token head.

    Parameters
    ----------
    tokens : int
        Sequence length L.
    token_values : int
        Numbers in a token: ``prod(patch_size) * channels``.
    encoder : {"tiny", "small", "base", "large"} or EncoderSize
        Size of the encoder.
    outputs : int
        Values the head predicts per pixel of a token and channel.

    Notes
    -----
    A layer of width D multiplies 24 L D^2 + 4 L^2 D FLOPs forward (a multiply-add counts two): projections 8 L D^2,
    MLP 16 L D^2, attention 4 L^2 D. It stores 16 L D activations when attention is computed in blocks: two normalised
    inputs, q, k, v, attention output, two residuals, and the MLP's hidden values before and after its
    non-linearity (4 + 4).

    References
    ----------
    Korthikanti et al., Reducing activation recomputation in large transformer models, MLSys 2023, section 4.

    Examples
    --------
    >>> step_cost(16384, 48).attention_flops // step_cost(1024, 48).attention_flops
    256
    """
    size = encoder if isinstance(encoder, EncoderSize) else ENCODERS[encoder]
    width, depth = size.width, size.depth
    attention = 4 * tokens**2 * width * depth
    products = 24 * tokens * width**2 * depth
    ends = 2 * tokens * token_values * width * (1 + outputs)
    weights = 12 * width**2 * depth + token_values * width * (1 + outputs)
    activations = 16 * tokens * width * depth + tokens * token_values * (1 + outputs)
    return StepCost(
        attention_flops=BACKWARD * attention,
        step_flops=BACKWARD * (attention + products + ends),
        step_bytes=FLOAT_BYTES * (4 * weights + activations),
    )


def uniform_tokens(shape: Sequence[int], min_size: Sequence[int]) -> int:
    """Count the tokens of the uniform grid of the finest leaf.

    >>> uniform_tokens((512, 500), (4, 4))
    16000
    """
    return math.prod(grid_shape(shape, min_size))
