"""What all models share: a batch in, logits in the order of the targets out."""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from vitsci_viz.models.batch import Batch, Space
from vitsci_viz.models.encoder import Encoder, initialise
from vitsci_viz.models.heads import TokenHead
from vitsci_viz.models.options import ModelSpec


class SegmentationModel(nn.Module):
    """Base of every model that segments.

    Attributes
    ----------
    space : {"tokens", "pixels"}
        Where it predicts: N is L times the cells of a token, in the order of the tokens, or the number of pixels in
        row-major order.
    needs : frozenset of {"grid", "pixels"}
        Optional parts of the batch that it reads.
    """

    space: ClassVar[Space]
    needs: ClassVar[frozenset[str]] = frozenset()

    def forward(self, batch: Batch) -> Tensor:
        """Return logits (B, N, K) float32."""
        raise NotImplementedError

    def parts(self) -> Sequence[nn.Module]:
        """Return the parts that share the work of a forward pass, each called once: what progress is counted in."""
        return ()


class TokenModel(SegmentationModel):
    """Encoder and token head: no decoder, the loss is taken on tokens.

    References
    ----------
    The symmetric scheme of "symmetric adaptive patching": image and mask are cut by one tree.
    """

    space: ClassVar[Space] = "tokens"

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.encoder = Encoder(spec)
        self.head = TokenHead(spec)
        initialise(self)

    def forward(self, batch: Batch) -> Tensor:
        """Return logits (B, L * prod(patch), K) float32."""
        return self.head(self.encoder(batch.tokens, batch.places, batch.valid)).float()

    def parts(self) -> Sequence[nn.Module]:
        """Return the blocks of the encoder."""
        return list(self.encoder.blocks)
