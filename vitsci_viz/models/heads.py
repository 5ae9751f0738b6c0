"""The symmetric head: classes inside every token, from one linear layer."""

import math

from torch import Tensor, nn

from vitsci_viz.models.options import ModelSpec


class TokenHead(nn.Module):
    """Predict the classes of every cell of a token; scaled back into the leaf they are the segmentation.

    Parameters
    ----------
    spec : ModelSpec
        `width`, `patch_size` and `classes` are used.

    Notes
    -----
    Two classes have two logits: the cross-entropy of their softmax is the binary cross-entropy of their difference.
    """

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.classes = spec.classes
        self.linear = nn.Linear(spec.width, math.prod(spec.patch_size) * spec.classes)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (B, L * prod(patch), K) for features (B, L, D), cells of a token in row-major order."""
        return self.linear(features).view(len(features), -1, self.classes)
