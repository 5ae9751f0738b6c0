"""A plain pre-norm vision transformer on tokens of any place and size."""

import math
from collections.abc import Sequence

from torch import Tensor, nn

from vitsci_viz.errors import OptionError
from vitsci_viz.models.attention import Attention, Rotation, key_mask, rotation_of
from vitsci_viz.models.embed import TokenEmbedding
from vitsci_viz.models.options import ModelSpec

EPSILON = 1e-6
"""Added to the variance in layer norms, as in Dosovitskiy et al.'s code."""
MLP_RATIO = 4
WEIGHT_STD = 0.02
"""Standard deviation of initial weights, truncated at two (in absolute numbers), as in BERT and ViT."""


class Block(nn.Module):
    """One pre-norm layer: attention and a two-layer MLP, each on a residual branch.

    Parameters
    ----------
    width, heads : int
        Width D of the tokens and attention heads.
    dropout : float
        Share dropped at the end of each branch. Attention weights are not dropped: that would rule out fused kernels.

    References
    ----------
    Dosovitskiy et al., An image is worth 16x16 words, ICLR 2021, equations 2 and 3.
    """

    def __init__(self, width: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(width, eps=EPSILON)
        self.attention = Attention(width, heads)
        self.mlp_norm = nn.LayerNorm(width, eps=EPSILON)
        self.mlp = nn.Sequential(
            nn.Linear(width, MLP_RATIO * width), nn.GELU(), nn.Linear(MLP_RATIO * width, width), nn.Dropout(dropout)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor, mask: Tensor | None = None, rotation: Rotation | None = None) -> Tensor:
        """Return (B, L, D) for tokens (B, L, D)."""
        hidden = hidden + self.dropout(self.attention(self.attention_norm(hidden), mask, rotation))
        return hidden + self.mlp(self.mlp_norm(hidden))


class Encoder(nn.Module):
    """Tokens, places and validity in; features of every token out. Knows nothing of images or of where it runs.

    Parameters
    ----------
    spec : ModelSpec
        `width`, `depth`, `heads`, `rotary`, `dropout`, `ndim`, `channels` and `patch_size` are used.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.head_width = spec.width // spec.heads
        if spec.rotary and self.head_width < 2 * spec.ndim:
            raise OptionError(
                f"rotary needs heads at least {2 * spec.ndim} wide in {spec.ndim}-D, got {self.head_width} (width "
                f"{spec.width} over {spec.heads} heads): take fewer heads"
            )
        self.rotary = spec.rotary
        self.embedding = TokenEmbedding(spec.ndim, math.prod(spec.patch_size) * spec.channels, spec.width)
        self.dropout = nn.Dropout(spec.dropout)
        self.blocks = nn.ModuleList(Block(spec.width, spec.heads, spec.dropout) for _ in range(spec.depth))
        self.norm = nn.LayerNorm(spec.width, eps=EPSILON)

    def forward(self, tokens: Tensor, places: Tensor, valid: Tensor) -> Tensor:
        """Return normalised features (B, L, D).

        Parameters
        ----------
        tokens : (B, L, *patch, c) float
            Values of every token.
        places : (B, L, d + 1) float
            Centre and log2 size of every leaf (see `vitsci_viz.models.batch.Batch`).
        valid : (B, L) bool
            Tokens that are not padding; the others are looked at by none and their features mean nothing.
        """
        return self.norm(self.features(tokens, places, valid, (len(self.blocks),))[0])

    def features(self, tokens: Tensor, places: Tensor, valid: Tensor, after: Sequence[int]) -> list[Tensor]:
        """Return the hidden tokens (B, L, D) after some blocks, not normalised.

        Parameters
        ----------
        tokens, places, valid
            As in `forward`.
        after : sequence of int
            Numbers of blocks gone through, ascending; 0 is the embedding.
        """
        hidden = self.dropout(self.embedding(tokens, places))
        rotation = rotation_of(places, self.head_width) if self.rotary else None
        return self.transform(hidden, after, key_mask(valid), rotation)

    def transform(
        self, hidden: Tensor, after: Sequence[int], mask: Tensor | None = None, rotation: Rotation | None = None
    ) -> list[Tensor]:
        """Send embedded tokens (B, L, D) through the blocks; return them after the numbers of blocks asked for."""
        found = [hidden] * sum(number == 0 for number in after)
        for number, block in enumerate(self.blocks, 1):
            hidden = block(hidden, mask, rotation)
            found += [hidden] * sum(number == wanted for wanted in after)
        return found


def initialise(module: nn.Module) -> None:
    """Draw the weights of linear layers from a truncated normal distribution and set their biases to zero.

    References
    ----------
    Touvron et al., Training data-efficient image transformers, ICML 2021, appendix (after Hanin and Rolnick, 2018).
    """
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.trunc_normal_(part.weight, std=WEIGHT_STD)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
