"""How many steps a run has, and the learning rate of each: pure functions of the options (no torch)."""

import math
from dataclasses import dataclass

from vitsci_viz.training.options import LoopOptions

STEP_DECAYS = (0.5, 0.75, 0.875)
"""Shares of the steps after which the step schedule goes on with a tenth, as the published code does."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The steps of a run.

    Parameters
    ----------
    options : LoopOptions
        Epochs, batch size, accumulation and learning rate.
    samples : int
        Sequences in one epoch.

    Examples
    --------
    >>> schedule = Schedule(options=LoopOptions(epochs=3, batch_size=4, accumulate=2), samples=18)
    >>> schedule.batches_per_epoch, schedule.steps_per_epoch, schedule.steps
    (5, 3, 9)
    """

    options: LoopOptions
    samples: int

    @property
    def batches_per_epoch(self) -> int:
        """Batches in one epoch; the last may be smaller."""
        return math.ceil(self.samples / self.options.batch_size)

    @property
    def steps_per_epoch(self) -> int:
        """Changes of the weights in one epoch; the last may be made from fewer batches."""
        return math.ceil(self.batches_per_epoch / self.options.accumulate)

    @property
    def steps(self) -> int:
        """Changes of the weights in the whole run."""
        return self.options.epochs * self.steps_per_epoch

    def epoch_of(self, step: int) -> int:
        """Return the epoch, from 1, that a step, from 1, belongs to."""
        return (step - 1) // self.steps_per_epoch + 1

    def is_validated(self, step: int) -> bool:
        """Whether a validation follows a step: at the end of every `val_every`-th epoch, and of the last."""
        if step % self.steps_per_epoch:
            return False
        return self.epoch_of(step) % self.options.val_every == 0 or step == self.steps

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 1.

        Notes
        -----
        It rises linearly over the warm-up, so that the first step learns already; then it follows
        ``(1 + cos(pi t)) / 2``, with t from 0 to 1 over the steps that remain, or falls to a tenth after 50, 75 and
        87.5 % of all steps, or stays.

        Examples
        --------
        >>> schedule = Schedule(options=LoopOptions(epochs=10, warmup=0.2, learning_rate=1.0), samples=4)
        >>> [round(schedule.learning_rate(step), 3) for step in (1, 2, 3, 6, 10)]
        [0.5, 1.0, 0.97, 0.587, 0.03]
        """
        options, warmup = self.options, round(self.options.warmup * self.steps)
        if step <= warmup:
            return options.learning_rate * step / warmup
        if options.schedule == "cosine":
            share = (step - warmup) / (self.steps - warmup + 1)
            return options.learning_rate * (1 + math.cos(math.pi * share)) / 2
        if options.schedule == "step":
            return options.learning_rate * 0.1 ** sum(step > decay * self.steps for decay in STEP_DECAYS)
        return options.learning_rate
