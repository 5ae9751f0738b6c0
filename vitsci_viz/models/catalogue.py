"""From a specification to a model: the one place that knows which models there are."""

from collections.abc import Callable

import torch

from vitsci_viz.errors import OptionError
from vitsci_viz.models.baselines import build_unet, build_unetr
from vitsci_viz.models.decoders import DecoderModel
from vitsci_viz.models.options import Architecture, Head, ModelSpec
from vitsci_viz.models.segmentation import SegmentationModel, TokenModel

HEADS: dict[Head, Callable[[ModelSpec], SegmentationModel]] = {"token": TokenModel, "unetr": DecoderModel}
ARCHITECTURES: dict[Architecture, Callable[[ModelSpec], SegmentationModel]] = {
    "vit": lambda spec: HEADS[spec.head](spec),
    "monai_unet": build_unet,
    "monai_unetr": build_unetr,
}


def build_model(spec: ModelSpec, *, seed: int | None = None) -> SegmentationModel:
    """Build a model with new weights.

    Parameters
    ----------
    spec : ModelSpec
        What to build.
    seed : int, optional
        Of the weights; PyTorch's own generator is left as it was. Default: draw from that generator.

    Returns
    -------
    SegmentationModel
        ``model(batch)`` returns logits (B, N, K) float32 in the order of `vitsci_viz.models.batch.Targets`.

    Raises
    ------
    OptionError
        The parts of the specification do not fit.

    Examples
    --------
    >>> model = build_model(ModelSpec(width=16, depth=1, heads=1), seed=0)
    >>> model.space, sorted(model.needs)
    ('tokens', [])
    """
    check_spec(spec)
    if seed is None:
        return ARCHITECTURES[spec.architecture](spec)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ARCHITECTURES[spec.architecture](spec)


def check_spec(spec: ModelSpec) -> None:
    """Check that sides are given for every axis and that the width can be shared among the heads.

    Raises
    ------
    OptionError
        Something does not fit.
    """
    if spec.ndim not in (2, 3):
        raise OptionError(f"models take images of 2 or 3 axes, got {spec.ndim}")
    for name in ("patch_size", "min_size", "image_size"):
        sides = getattr(spec, name)
        if len(sides) != spec.ndim:
            raise OptionError(f"{name} must have one side per axis ({spec.ndim}), got {sides}")
    if spec.width % spec.heads:
        raise OptionError(f"width must be a multiple of heads, got {spec.width} and {spec.heads}")
    if spec.classes < 2:
        raise OptionError(f"a model needs at least 2 classes (background included), got {spec.classes}")
