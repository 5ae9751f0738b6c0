"""What training makes small: cross-entropy and Dice, weighted by the pixels that a prediction stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from vitsci_viz.models.batch import Targets

SMOOTHING = 1.0
"""Pixels added to both sides of the Dice ratio: a class that is absent and not predicted costs nothing."""


def segmentation_loss(
    logits: Tensor, targets: Targets, *, class_weights: Tensor | None = None, dice_weight: float = 0.5
) -> Tensor:
    """Return the loss of a batch: ``(1 - dice_weight) * cross-entropy + dice_weight * Dice``.

    Parameters
    ----------
    logits : (B, N, K) float
        Predictions, in the order of the targets.
    targets : Targets
        Shares of the classes and the pixels that each prediction stands for.
    class_weights : (K,) float32, optional
        Weights of the classes in the cross-entropy; default 1.
    dice_weight : float
        Share of the Dice loss, 0 to 1.

    Returns
    -------
    () float32
        0 where nothing of the batch is labelled.

    Notes
    -----
    For two classes the softmax over two logits is the sigmoid of their difference, so the cross-entropy equals the
    binary one.

    References
    ----------
    Symmetric adaptive patching: 0.5 cross-entropy + 0.5 Dice, smoothing 1, foreground classes, on tokens.
    """
    logits = logits.float()
    parts = []
    if dice_weight < 1:
        parts.append((1 - dice_weight) * cross_entropy(logits, targets, class_weights=class_weights))
    if dice_weight > 0:
        parts.append(dice_weight * dice_loss(logits, targets))
    return torch.stack(parts).sum()


def cross_entropy(logits: Tensor, targets: Targets, *, class_weights: Tensor | None = None) -> Tensor:
    """Return the cross-entropy per labelled pixel.

    Parameters
    ----------
    logits : (B, N, K) float32
        Predictions.
    targets : Targets
        What should have been predicted.
    class_weights : (K,) float32, optional
        Weights of the classes.

    Notes
    -----
    ``sum(a f w (-log p)) / sum(a f w)`` over predictions and classes, with area a, fraction f, weight w: on unit areas
    and whole labels this is torch's weighted mean.
    """
    wanted = targets.fractions * targets.area[..., None]
    if class_weights is not None:
        wanted = wanted * class_weights
    total = wanted.sum()
    surprise = -(wanted * functional.log_softmax(logits, dim=-1)).sum()
    return surprise / total.clamp(min=torch.finfo(total.dtype).tiny)


def dice_loss(logits: Tensor, targets: Targets) -> Tensor:
    """Return 1 minus the soft Dice of the foreground classes, averaged over them.

    Parameters
    ----------
    logits : (B, N, K) float32
        Predictions; class 0 is background.
    targets : Targets
        What should have been predicted.

    Notes
    -----
    Per class ``1 - (2 sum(a p f) + 1) / (sum(a p) + sum(a f) + 1)``; the sums run over the whole batch, so that one
    image without the class does not weigh like one that is full of it.

    References
    ----------
    Milletari et al., V-Net, 3DV 2016, with the plain denominator of MONAI's ``DiceLoss(batch=True)``.
    """
    area = targets.area[..., None]
    share = functional.softmax(logits, dim=-1)[..., 1:] * area
    fractions = targets.fractions[..., 1:]
    shared = (share * fractions).sum(dim=(0, 1))
    sizes = share.sum(dim=(0, 1)) + (fractions * area).sum(dim=(0, 1))
    return (1 - (2 * shared + SMOOTHING) / (sizes + SMOOTHING)).mean()
