"""MONAI's models on pixels: the peers that adaptive tokens are compared with."""

from typing import Any, ClassVar

from torch import Tensor, nn

from vitsci_viz.errors import InputError
from vitsci_viz.extras import missing_extra
from vitsci_viz.models.batch import Batch, Space
from vitsci_viz.models.decoders import cropped, padded
from vitsci_viz.models.encoder import MLP_RATIO
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.segmentation import SegmentationModel

UNET_WIDTHS = (16, 32, 64, 128, 256)
"""Channels of the U-Net, halving the resolution between them, as in MONAI's own examples."""
UNETR_PATCH = 16
"""Side of a patch in MONAI's UNETR, fixed there."""


class PixelModel(SegmentationModel):
    """A network on images, fed with sides it can take and cut back to the image.

    Parameters
    ----------
    network : nn.Module
        (B, c, *sides) to (B, K, *sides).
    step : int
        Every side is padded with zeros to a multiple of it.
    least : int
        And to at least this.
    largest : tuple of int, optional
        The one size that the network takes; smaller images are padded to it.
    """

    space: ClassVar[Space] = "pixels"
    needs: ClassVar[frozenset[str]] = frozenset({"pixels"})

    def __init__(
        self, network: nn.Module, *, step: int, least: int = 1, largest: tuple[int, ...] | None = None
    ) -> None:
        super().__init__()
        self.network = network
        self.step, self.least, self.largest = step, least, largest

    def forward(self, batch: Batch) -> Tensor:
        """Return logits (B, prod(shape), K) float32.

        Raises
        ------
        InputError
            The batch has no pixels, or more than the network was built for.
        """
        if batch.pixels is None:
            raise InputError("this model reads pixels: give the batch the pixels of every image")
        shape = tuple(batch.pixels.shape[2:])
        if self.largest is not None and any(side > most for side, most in zip(shape, self.largest, strict=True)):
            raise InputError(f"this model was built for images up to {self.largest}, got {shape}: predict in tiles")
        wanted = self.largest or tuple(max(self.least, -(-side // self.step) * self.step) for side in shape)
        amounts = [goal - side for goal, side in zip(wanted, shape, strict=True)]
        logits = cropped(self.network(padded(batch.pixels, amounts, 0.0)), shape)
        return logits.flatten(2).transpose(1, 2).float()


def build_unet(spec: ModelSpec) -> PixelModel:
    """Return MONAI's U-Net with residual units.

    References
    ----------
    Kerfoot et al., Left-ventricle quantification using residual U-Net, STACOM 2018.
    """
    network = _nets().UNet(
        spatial_dims=spec.ndim,
        in_channels=spec.channels,
        out_channels=spec.classes,
        channels=UNET_WIDTHS,
        strides=(2,) * (len(UNET_WIDTHS) - 1),
        num_res_units=2,
        dropout=spec.dropout,
    )
    step = 2 ** (len(UNET_WIDTHS) - 1)
    return PixelModel(network, step=step, least=2 * step)  # instance norm needs two values at the bottom


def build_unetr(spec: ModelSpec) -> PixelModel:
    """Return MONAI's UNETR for one image size, the next multiple of its patch; it has 12 blocks whatever the depth.

    References
    ----------
    Hatamizadeh et al., UNETR, WACV 2022.
    """
    size = tuple(-(-side // UNETR_PATCH) * UNETR_PATCH for side in spec.image_size)
    network = _nets().UNETR(
        in_channels=spec.channels,
        out_channels=spec.classes,
        img_size=size,
        hidden_size=spec.width,
        mlp_dim=MLP_RATIO * spec.width,
        num_heads=spec.heads,
        dropout_rate=spec.dropout,
        spatial_dims=spec.ndim,
    )
    return PixelModel(network, step=UNETR_PATCH, largest=size)


def _nets() -> Any:
    """Import MONAI, which takes seconds, only when one of its models is built."""
    try:
        from monai.networks import nets
    except ImportError as error:
        raise missing_extra(error) or error from None
    return nets
