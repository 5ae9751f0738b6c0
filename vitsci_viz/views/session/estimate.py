"""What a training run will cost before it begins: tokens, memory, time, and how the time is known."""

import math
from dataclasses import dataclass

from vitsci_viz.models.cost import model_cost
from vitsci_viz.models.options import spec_of
from vitsci_viz.patching.cost import FLOAT_BYTES
from vitsci_viz.training.options import LoopOptions, TrainOptions
from vitsci_viz.training.schedule import Schedule
from vitsci_viz.views.session.dataset import DataFacts, SequenceFacts
from vitsci_viz.views.session.wording import Reading, share, side, size, times

FORWARD_SHARE = 1 / 3
"""Of a training step's operations, those of the prediction alone."""
FIXED_S, BLOCK_S = 0.005, 0.0012
"""Seconds of a batch beside its operations, and for every block of the encoder (measured on one processor core)."""
START_S = 8.0
"""Seconds until the first step: libraries are loaded, images and masks compared (measured likewise)."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How many operations a second this machine is expected to do in training.

    Parameters
    ----------
    flops_per_s : float
        Counted by the same formula as those of the run.
    source : str
        How it is known, in words that end a sentence.
    """

    flops_per_s: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a run is expected to take.

    Parameters
    ----------
    sequence : SequenceFacts
        Lengths, and the grid they are compared with.
    batches, steps : int
        Batches of the whole run, and changes of the weights.
    epochs : int
        Passes over the data.
    batch_flops : float
        Operations of one batch, forward and backward.
    uniform_ratio : float
        How many times more a batch of the uniform grid of the finest leaf would take.
    batch_bytes, uniform_bytes : float
        Memory of a batch in training, and on the uniform grid.
    batch_s : float
        Seconds of a batch.
    total_s : float
        Seconds of the run with its start and its validations; `max_minutes` bounds what follows the start.
    is_bounded : bool
        `max_minutes` ends the run before its last epoch.
    speed : Speed
        What the seconds were computed from.
    """

    sequence: SequenceFacts
    batches: int
    steps: int
    epochs: int
    batch_flops: float
    uniform_ratio: float
    batch_bytes: float
    uniform_bytes: float
    batch_s: float
    total_s: float
    is_bounded: bool
    speed: Speed


def estimate(options: TrainOptions, data: DataFacts, sequence: SequenceFacts, speed: Speed) -> Estimate:
    """Put an estimate together.

    Parameters
    ----------
    options : TrainOptions
        The setting.
    data : DataFacts
        How many images there are.
    sequence : SequenceFacts
        How long the sequences of this setting are.
    speed : Speed
        Of this machine.

    Notes
    -----
    Seconds are operations over speed, and a little for every batch: a batch is three forward passes per sequence, a
    validated image one. Reading images and cutting trees is left out, as they are kept after the first epoch.
    """
    loop: LoopOptions = options.part(LoopOptions)
    samples = data.train * options.forest
    schedule = Schedule(options=loop, samples=samples)
    batch = min(options.batch_size, samples)
    flops, held = batch_cost(options, data, sequence, sequence.tokens, batch)
    uniform_flops, uniform_held = batch_cost(options, data, sequence, sequence.uniform_tokens, batch)
    batches = schedule.batches_per_epoch * options.epochs
    validations = math.ceil(options.epochs / options.val_every) * data.val * options.forest
    training = samples / batch * options.epochs * flops
    beside = (batches + validations) * overhead_s(options)
    wanted = (training + validations * flops / batch * FORWARD_SHARE) / speed.flops_per_s + beside
    limit = math.inf if options.max_minutes is None else 60 * options.max_minutes
    return Estimate(
        sequence=sequence,
        batches=batches,
        steps=schedule.steps,
        epochs=options.epochs,
        batch_flops=flops,
        uniform_ratio=uniform_flops / flops,
        batch_bytes=held,
        uniform_bytes=uniform_held,
        batch_s=flops / speed.flops_per_s + overhead_s(options),
        total_s=START_S + min(wanted, limit),
        is_bounded=wanted > limit,
        speed=speed,
    )


def batch_cost(
    options: TrainOptions, data: DataFacts, sequence: SequenceFacts, tokens: float, batch: int
) -> tuple[float, float]:
    """Count the operations and the bytes of one batch in training.

    Parameters
    ----------
    options : TrainOptions
        The model.
    data : DataFacts
        Channels and classes.
    sequence : SequenceFacts
        Sides of a token and of what is trained on.
    tokens : float
        Length of a sequence.
    batch : int
        Sequences in the batch.

    Returns
    -------
    flops, held_bytes : float
    """
    spec = spec_of(
        options,
        ndim=len(sequence.shape),
        channels=data.channels,
        classes=len(data.classes),
        patch_size=sequence.sides,
        min_size=sequence.min_size,
        image_size=sequence.shape,
    )
    one = model_cost(spec, max(1, round(tokens)), sequence.shape)
    return batch * one.flops, one.weight_bytes + batch * one.image_bytes


def overhead_s(options: TrainOptions) -> float:
    """Return the seconds of a batch that no operation accounts for: calls of kernels, the change of the weights."""
    return FIXED_S + BLOCK_S * options.encoder_size().depth


def estimate_lines(found: Estimate, options: TrainOptions, data: DataFacts) -> tuple[Reading, ...]:
    """Put an estimate in lines, the same in the browser and in a notebook."""
    has_tokens = options.architecture == "vit"
    per_epoch = found.steps // found.epochs
    return (
        _size_line(found.sequence, has_tokens=has_tokens),
        Reading(
            name="Memory of a step",
            value=f"about {size(found.batch_bytes)}",
            note=f"batch of {min(options.batch_size, data.train * options.forest):,}"
            + (f"; uniform grid {size(found.uniform_bytes)}" if has_tokens else ""),
            help=f"Weights, gradients, the optimiser's two moments and the activations of a batch in float32 "
            f"({FLOAT_BYTES} bytes); the program itself and its libraries come on top (about 0.5 GB).",
        ),
        Reading(
            name="Steps",
            value=f"{found.steps:,}",
            note=f"{_counted(found.epochs, 'epoch')} of {_counted(per_epoch, 'step')}",
            help="Changes of the weights in the whole run.",
        ),
        Reading(
            name="Time of a step",
            value=duration(found.batch_s * options.accumulate),
            note=f"uniform grid {times(found.uniform_ratio)} the operations" if has_tokens else "",
            help="Operations of a step, counted from the model's layers, over the speed below.",
        ),
        Reading(
            name="Time of the run",
            value=f"about {duration(found.total_s)}",
            note=("ends by max minutes, before the last epoch; " if found.is_bounded else "") + found.speed.source,
            help="Operations of all steps and validations, counted from the model's layers, over the speed "
            f"({found.speed.flops_per_s / 1e9:,.0f} billion a second, {found.speed.source}), and about "
            f"{START_S:.0f} s to start. The first epoch takes longer, as trees are cut and kept then.",
        ),
    )


def _size_line(sequence: SequenceFacts, *, has_tokens: bool) -> Reading:
    if not has_tokens:
        return Reading(
            name="Pixels of an image",
            value=f"{math.prod(sequence.shape):,}",
            note="this model reads pixels, not tokens",
            help="Of a crop, or of the first image where none is set.",
        )
    tokens = round(sequence.tokens)
    return Reading(
        name="Tokens of an image",
        value=f"{tokens:,}",
        note=f"{share(tokens / sequence.uniform_tokens)} of the {sequence.uniform_tokens:,} of the uniform grid",
        help=f"Mean length of the sequences of {_images(sequence.examples)} with this setting; a token has a side of "
        f"{side(sequence.sides)}. Compared with the grid of the finest leaf.",
    )


def duration(seconds: float) -> str:
    """Write a time as people say it.

    >>> duration(0.0042), duration(0.42), duration(7.3), duration(95), duration(4000), duration(200000)
    ('4.2 ms', '0.42 s', '7.3 s', '1.6 min', '1 h 7 min', '2 d 8 h')
    """
    if seconds < 0.0995:
        return f"{1000 * seconds:.2g} ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 0.995 else f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < 59.5:
        return f"{minutes:.1f} min" if minutes < 9.95 else f"{minutes:.0f} min"
    whole = round(minutes)
    if whole < 24 * 60:
        return f"{whole // 60} h {whole % 60} min"
    hours = round(minutes / 60)
    return f"{hours // 24:,} d {hours % 24} h"


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def _images(count: int) -> str:
    return "one image" if count == 1 else f"{count} images"
