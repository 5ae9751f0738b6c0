"""Options of models (no torch: forms and help open at once)."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import model_validator

from vitsci_viz.params import Options, option
from vitsci_viz.patching.cost import ENCODERS, EncoderName, EncoderSize

HEAD_WIDTH = 64
"""Width of one attention head, as in Dosovitskiy et al., ICLR 2021."""

Architecture = Literal["vit", "monai_unet", "monai_unetr"]
Head = Literal["token", "unetr"]
VIT_ONLY = {"architecture": ("vit",)}


class ModelOptions(Options):
    """Which model is trained; every option changes the answer."""

    architecture: Architecture = option(
        "vit",
        "vit: the plain encoder on patches (adaptive, or the uniform grid with mode=uniform); monai_unet and "
        "monai_unetr: MONAI's models on pixels, the peers to compare with.",
        group="Model",
    )
    encoder: EncoderName = option(
        "tiny",
        "Size of the encoder: tiny 192 wide and 12 blocks deep, small 384 x 12, base 768 x 12, large 1024 x 24.",
        group="Model",
        applies={"architecture": ("vit", "monai_unetr")},
    )
    head: Head = option(
        "token",
        "token: one linear layer predicts the classes inside each token, which is scaled back into its leaf; unetr: "
        "a convolutional decoder on the features at their true places, with the pixels as a skip.",
        group="Model",
        applies=VIT_ONLY,
    )
    width: int | None = option(
        None,
        "Width of the encoder; default that of its size; a multiple of the heads.",
        ge=8,
        le=4096,
        group="Model",
        advanced=True,
        applies={"architecture": ("vit", "monai_unetr")},
    )
    depth: int | None = option(
        None,
        "Blocks of the encoder; default that of its size.",
        ge=1,
        le=64,
        group="Model",
        advanced=True,
        applies=VIT_ONLY,
    )
    heads: int | None = option(
        None,
        "Attention heads; default one for every 64 of the width.",
        ge=1,
        le=64,
        group="Model",
        advanced=True,
        applies={"architecture": ("vit", "monai_unetr")},
    )
    rotary: bool = option(
        True,
        "Turn queries and keys by their place (rotary embedding over the axes), beside the embedding of places: "
        "attention then knows distances, whatever the sizes of the leaves.",
        group="Model",
        advanced=True,
        applies=VIT_ONLY,
    )
    dropout: float = option(
        0.0, "Share of activations dropped in training.", ge=0, le=0.9, group="Model", advanced=True
    )

    @model_validator(mode="after")
    def _check_heads(self) -> Any:
        size = self.encoder_size()
        if size.width % self.head_count():
            raise ValueError(
                f"width must be a multiple of heads: width {size.width} and {self.head_count()} heads; change one"
            )
        return self

    def encoder_size(self) -> EncoderSize:
        """Return width and depth with what was given laid over the named size."""
        named = ENCODERS[self.encoder]
        return EncoderSize(width=self.width or named.width, depth=self.depth or named.depth)

    def head_count(self) -> int:
        """Return the number of attention heads."""
        return self.heads or max(1, self.encoder_size().width // HEAD_WIDTH)


class ModelSpec(Options):
    """Everything a model is built from: what a checkpoint carries to build it again.

    Parameters
    ----------
    architecture, head, width, depth, heads, rotary, dropout
        See `ModelOptions`.
    ndim : int
        Spatial axes, 2 or 3.
    channels : int
        Channels of the image.
    classes : int
        Classes to predict, background included.
    patch_size : tuple of int
        Sides of a token in pixels.
    min_size : tuple of int
        Sides of the finest leaf in pixels: the finest cells of the feature grid.
    image_size : tuple of int
        Sides of the images or crops in training; MONAI's UNETR is built for one size.
    """

    architecture: Architecture = "vit"
    head: Head = "token"
    width: int = 192
    depth: int = 12
    heads: int = 3
    rotary: bool = False
    dropout: float = 0.0
    ndim: int = 2
    channels: int = 1
    classes: int = 2
    patch_size: tuple[int, ...] = (8, 8)
    min_size: tuple[int, ...] = (8, 8)
    image_size: tuple[int, ...] = (512, 512)

    @property
    def unit(self) -> float:
        """Pixels that count as one in places: the longest side of the images or crops in training."""
        return float(max(self.image_size))


def spec_of(
    options: ModelOptions,
    *,
    ndim: int,
    channels: int,
    classes: int,
    patch_size: Sequence[int],
    min_size: Sequence[int],
    image_size: Sequence[int],
) -> ModelSpec:
    """Join the options of a model with what only the data tell.

    Parameters
    ----------
    options : ModelOptions
        What a person chose; a subclass may hold more.
    ndim, channels, classes, patch_size, min_size, image_size
        See `ModelSpec`.

    Examples
    --------
    >>> sides = {"patch_size": (8, 8), "min_size": (4, 4), "image_size": (512, 512)}
    >>> spec_of(ModelOptions(encoder="small"), ndim=2, channels=3, classes=2, **sides).width
    384
    """
    size = options.encoder_size()
    return ModelSpec(
        architecture=options.architecture,
        head=options.head,
        width=size.width,
        depth=size.depth,
        heads=options.head_count(),
        rotary=options.rotary,
        dropout=options.dropout,
        ndim=ndim,
        channels=channels,
        classes=classes,
        patch_size=tuple(patch_size),
        min_size=tuple(min_size),
        image_size=tuple(image_size),
    )
