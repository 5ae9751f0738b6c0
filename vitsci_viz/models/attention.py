"""One attention for all models, with a kernel that can be exchanged from outside."""

import contextlib
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]
"""``kernel(query, key, value, mask)`` of (B, heads, L, width) each; mask (B, 1, 1, L) bool, False is not looked at."""

LONGEST_PERIOD = 2.0
"""Longest wave of the rotary embedding, in the longest side of training: a whole turn is never reached within it."""
SHORTEST_PERIOD = 1 / 128
"""Shortest wave of the rotary embedding, in the longest side of training."""

QUERIES = 4096
"""Queries answered between two looks at whether anyone wants to stop; a multiple of what the kernels take at once."""
_between: ContextVar[Callable[[], None] | None] = ContextVar("between", default=None)


class Rotation(NamedTuple):
    """Cosine and sine (B, 1, L, pairs) float32 of the angles by which pairs of channels are turned."""

    cosine: Tensor
    sine: Tensor


def dense_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Attend to every valid token, through PyTorch's fused kernels."""
    tell = _between.get()
    if tell is None or query.shape[2] <= QUERIES:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    found: list[Tensor] = []
    for part in query.split(QUERIES, dim=2):
        tell()
        found.append(functional.scaled_dot_product_attention(part, key, value, attn_mask=mask))
    return torch.cat(found, dim=2)


@contextlib.contextmanager
def pausing(tell: Callable[[], None]) -> Iterator[None]:
    """Have long attention done piece by piece in this thread, calling a function before each that may raise.

    One layer over tens of thousands of tokens takes a minute on a CPU, and no kernel can be interrupted.
    """
    token = _between.set(tell)
    try:
        yield
    finally:
        _between.reset(token)


def key_mask(valid: Tensor) -> Tensor | None:
    """Return the mask of keys for sequences with padding, None where every token is valid.

    Parameters
    ----------
    valid : (B, L) bool
        A sequence without any valid token attends to its padding, so that its numbers stay finite.

    Returns
    -------
    (B, 1, 1, L) bool or None
        None leaves the choice of kernel to PyTorch: its fastest ones take no mask.
    """
    if bool(valid.all()):
        return None
    return (valid | ~valid.any(dim=1, keepdim=True))[:, None, None, :]


def rotation_of(places: Tensor, head_width: int) -> Rotation:
    """Return the angles that turn queries and keys by their centre.

    Parameters
    ----------
    places : (B, L, d + 1) float32
        Centre of each leaf in units of the longest side in training, then log2 of the size (left aside here).
    head_width : int
        Width of one head; every axis turns ``head_width // (2 d)`` pairs of channels, the rest stays as it is.

    References
    ----------
    Su et al., RoFormer, Neurocomputing 2024, equation 15; one group of channels per axis as in Heo et al., Rotary
    position embedding for vision transformer, ECCV 2024 (axial). Periods are spread evenly on a logarithmic scale from
    twice that side to 1/128 of it.
    """
    ndim = places.shape[-1] - 1
    pairs = head_width // (2 * ndim)
    exponents = torch.linspace(math.log(LONGEST_PERIOD), math.log(SHORTEST_PERIOD), pairs, device=places.device)
    frequencies = 2 * math.pi / exponents.exp()
    angles = (places[..., :ndim].float().unsqueeze(-1) * frequencies).flatten(-2)[:, None]
    return Rotation(angles.cos(), angles.sin())


def turned(values: Tensor, rotation: Rotation) -> Tensor:
    """Turn pairs of channels of queries or keys (B, heads, L, width)."""
    pairs = rotation.cosine.shape[-1]
    first, second, rest = values[..., :pairs], values[..., pairs : 2 * pairs], values[..., 2 * pairs :]
    cosine, sine = rotation.cosine, rotation.sine
    parts = [first * cosine - second * sine, first * sine + second * cosine]
    return torch.cat([*(part.to(values.dtype) for part in parts), rest], dim=-1)


class Attention(nn.Module):
    """Multi-head self-attention.

    Parameters
    ----------
    width : int
        Width D of the tokens.
    heads : int
        Attention heads; D is a multiple.

    Attributes
    ----------
    kernel : callable
        `dense_attention`; another kernel may be set from outside.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.kernel: Kernel = dense_attention
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, hidden: Tensor, mask: Tensor | None = None, rotation: Rotation | None = None) -> Tensor:
        """Return (B, L, D) for tokens (B, L, D)."""
        batch, length, width = hidden.shape
        parts = self.query_key_value(hidden).view(batch, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        if rotation is not None:
            query, key = turned(query, rotation), turned(key, rotation)
        mixed = self.kernel(query, key, value, mask)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))
