"""One step of training: loss, gradients, and the change of the weights."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from vitsci_viz.errors import InputError
from vitsci_viz.training.losses import segmentation_loss

if TYPE_CHECKING:
    from vitsci_viz.models.batch import Batch, Targets
    from vitsci_viz.training.options import LoopOptions

BF16_CAPABILITY = (8, 0)
"""CUDA devices from this capability on multiply faster in bf16."""


class NotFiniteError(InputError):
    """The loss or its gradient became infinite or NaN."""


class OutOfMemoryError(InputError):
    """A step did not fit into the memory of the device."""


def find_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the type of the matrix products: ``auto`` takes bf16 on GPUs that are faster with it, float32 elsewhere.

    On a CPU bf16 must be asked for, so that CPUs with and without its instructions give the same answer.
    """
    if name == "auto":
        fast = device.type == "cuda" and torch.cuda.get_device_capability(device) >= BF16_CAPABILITY
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if name == "bf16" else torch.float32


def make_optimiser(model: nn.Module, options: LoopOptions) -> torch.optim.AdamW:
    """Return AdamW for a model; norms, biases and embeddings do not decay.

    Parameters
    ----------
    model : nn.Module
        On its device already.
    options : LoopOptions
        Learning rate and weight decay.
    """
    still = {id(weight) for part in model.modules() if isinstance(part, nn.Embedding) for weight in part.parameters()}
    groups: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for weight in model.parameters():
        if weight.requires_grad:
            groups[weight.ndim >= 2 and id(weight) not in still].append(weight)
    return torch.optim.AdamW(
        [
            {"params": groups[True], "weight_decay": options.weight_decay},
            {"params": groups[False], "weight_decay": 0.0},
        ],
        lr=options.learning_rate,
    )


def train_step(
    model: nn.Module,
    batch: Batch,
    targets: Targets,
    optimiser: torch.optim.Optimizer,
    *,
    class_weights: Tensor | None = None,
    dice_weight: float = 0.5,
    clip: float = 1.0,
    precision: torch.dtype = torch.float32,
) -> float:
    """Change the weights once, by one batch.

    Parameters
    ----------
    model : nn.Module
        In training mode.
    batch, targets : Batch, Targets
        On the model's device.
    optimiser : torch.optim.Optimizer
        Of the model's weights.
    class_weights : (K,) float32, optional
        Weights of the classes in the cross-entropy.
    dice_weight : float
        Share of the Dice loss.
    clip : float
        Largest norm of the gradient; 0 for no bound.
    precision : torch.dtype
        Type of the matrix products.

    Returns
    -------
    float
        The loss before the change.

    Raises
    ------
    NotFiniteError
        The loss or the gradient is infinite or NaN; the weights are left as they were.
    """
    optimiser.zero_grad(set_to_none=True)  # a step that failed may have left some
    loss = add_gradients(
        model, batch, targets, class_weights=class_weights, dice_weight=dice_weight, precision=precision
    )
    apply_gradients(model, optimiser, clip=clip)
    return loss


def add_gradients(
    model: nn.Module,
    batch: Batch,
    targets: Targets,
    *,
    share: float = 1.0,
    class_weights: Tensor | None = None,
    dice_weight: float = 0.5,
    precision: torch.dtype = torch.float32,
) -> float:
    """Add the gradients of one batch to those that the weights hold already.

    Parameters
    ----------
    model, batch, targets, class_weights, dice_weight, precision
        As for `train_step`.
    share : float
        Share of the batch in the step: one over the number of batches.

    Returns
    -------
    float
        The loss of the batch.

    Raises
    ------
    NotFiniteError
        The loss is infinite or NaN; no gradient is added.
    """
    with torch.autocast(batch.tokens.device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16):
        logits = model(batch)
    loss = segmentation_loss(logits, targets, class_weights=class_weights, dice_weight=dice_weight)
    value = float(loss.detach())
    if not math.isfinite(value):
        raise NotFiniteError(f"the loss must be finite, it became {value}")
    (loss * share).backward()
    return value


def apply_gradients(model: nn.Module, optimiser: torch.optim.Optimizer, *, clip: float = 1.0) -> float:
    """Change the weights by the gradients they hold, and clear these.

    Returns
    -------
    float
        Norm of the gradient before it was clipped.

    Raises
    ------
    NotFiniteError
        The gradient is infinite or NaN; the weights are left as they were.
    """
    norm = float(nn.utils.clip_grad_norm_(model.parameters(), clip if clip > 0 else math.inf))
    if not math.isfinite(norm):
        optimiser.zero_grad(set_to_none=True)
        raise NotFiniteError(f"the gradient must be finite, its norm became {norm}")
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return norm


def set_learning_rate(optimiser: torch.optim.Optimizer, learning_rate: float) -> None:
    """Give every group of weights a learning rate."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate


@contextlib.contextmanager
def explaining_memory(what: str, device: torch.device) -> Iterator[None]:
    """Put a failed allocation in one line that says what to lower.

    Parameters
    ----------
    what : str
        What was computed, such as "4 sequences of up to 1,024 tokens".
    device : torch.device
        Where.

    Raises
    ------
    OutOfMemoryError
        The device or the machine has no more memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemoryError(
            f"a step must fit into the memory of the device ({device.type}): {what} did not; lower batch_size (and "
            "raise accumulate to make up for it), length or crop, or take a smaller encoder or head=token"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch failed for want of memory: a CUDA error of its own, a plain RuntimeError on the CPU."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
