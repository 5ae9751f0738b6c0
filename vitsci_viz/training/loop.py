"""The training loop: everything of a step follows from the seed and the step's number, so that it can be resumed."""

from __future__ import annotations

import contextlib
import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.memory import peak_rss_bytes
from vitsci_viz.progress import Progress, silent
from vitsci_viz.torch_device import find_device
from vitsci_viz.training.card import Card
from vitsci_viz.training.checkpoint import Checkpoint, Position
from vitsci_viz.training.class_weights import class_weights_of, labelled_areas
from vitsci_viz.training.feeding import Feeder, StepBatches
from vitsci_viz.training.preview import Previews
from vitsci_viz.training.recording import Recorder
from vitsci_viz.training.saving import LAST, Saver
from vitsci_viz.training.schedule import Schedule
from vitsci_viz.training.step import (
    NotFiniteError,
    add_gradients,
    apply_gradients,
    explaining_memory,
    find_precision,
    make_optimiser,
    set_learning_rate,
)
from vitsci_viz.training.stopping import Stop
from vitsci_viz.training.validate import Validation, validate

if TYPE_CHECKING:
    from vitsci_viz.models.options import ModelSpec
    from vitsci_viz.training.normalisation import Normalisation
    from vitsci_viz.training.options import LoopOptions
    from vitsci_viz.training.run_folder import RunFolder
    from vitsci_viz.training.source import ExampleSource

State = Literal["done", "stopped"]


@dataclass(frozen=True, eq=False, kw_only=True)
class History:
    """What came of a training run.

    Parameters
    ----------
    rows : tuple of dict
        A line for every step of this part of the run, as in ``metrics.jsonl``.
    position : Position
        How far the run has come, and its best validation.
    state : {"done", "stopped"}
        Whether all epochs are done.
    validation : Validation, optional
        The last one.
    """

    rows: tuple[dict[str, Any], ...]
    position: Position
    state: State
    validation: Validation | None


def fit(
    model: Any,
    source_train: ExampleSource,
    source_val: ExampleSource | None,
    normalisation: Normalisation,
    options: LoopOptions,
    *,
    spec: ModelSpec,
    run: RunFolder | None = None,
    start: Checkpoint | None = None,
    max_steps: int | None = None,
    progress: Progress = silent,
) -> History:
    """Train a model.

    Parameters
    ----------
    model : SegmentationModel
        Trained in place; it is moved to the device of the options.
    source_train, source_val : ExampleSource
        What is learned from, and what it is judged by; without the latter the best weights are the last ones.
    normalisation : Normalisation
        Of the channels.
    options : LoopOptions
        How to train. Checkpoints carry them: only those of a whole `TrainOptions` can be predicted with.
    spec : ModelSpec
        What the model was built from.
    run : RunFolder, optional
        Where metrics, checkpoints and previews go; None keeps everything in memory.
    start : Checkpoint, optional
        Where to go on from: a ``last`` of a run with equal options.
    max_steps : int, optional
        Stop after this step; never changes the schedule.
    progress : callable
        Told of every step; raises `Cancelled` to stop.

    Returns
    -------
    History

    Raises
    ------
    NotFiniteError
        The loss or the gradient became infinite or NaN; the images are named.
    OutOfMemoryError
        A step does not fit; the error says what to lower.
    OutputError
        The disk is full; the last checkpoint that was written is kept.
    Cancelled, KeyboardInterrupt
        The user stopped the run; it is saved as it was after the last whole step.

    Notes
    -----
    Order, augmentation, dropout and learning rate are functions of (seed, step). With equal versions and numbers of
    threads a run on a CPU that was interrupted anywhere and resumed equals one that was not, bit for bit. A run that
    `max_minutes` has stopped was validated there besides.
    """
    device = find_device(options.device)
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if device.type == "cuda" else []):
        return _Fit(model, source_train, source_val, normalisation, options, spec, run, start, progress).train(
            max_steps
        )


class _Fit:
    """One part of a run: from its start, or a checkpoint, to its end or an interruption."""

    def __init__(
        self, model: Any, source_train: ExampleSource, source_val: ExampleSource | None, normalisation: Normalisation,
        options: LoopOptions, spec: ModelSpec, run: RunFolder | None, start: Checkpoint | None, progress: Progress,
    ) -> None:  # fmt: skip
        self.device = find_device(options.device)
        self.precision = find_precision(options.precision, self.device)
        self.model = model.to(self.device).train()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
        self.optimiser = make_optimiser(self.model, options)
        self.source_train, self.source_val, self.normalisation = source_train, source_val, normalisation
        self.options, self.run, self._progress = options, run, progress
        self.schedule = Schedule(options=options, samples=len(source_train))
        self.feeder = Feeder(source_train, self.schedule, spec, normalisation)
        self.card = Card(
            spec=spec, labels=source_train.labels, spacing_um=source_train.spacing_um, options=options.to_mapping(),
            mean=_plain(normalisation.mean), std=_plain(normalisation.std),
        )  # fmt: skip
        self.saver = Saver(run, self.card)
        self.position = Position() if start is None else start.position
        if start is not None:
            if start.optimiser is None:
                raise InputError(f"a run goes on from its checkpoint '{LAST}': this one lacks the optimiser's state")
            start.load_into(self.model, path=LAST if run is None else run.checkpoints / LAST)
            self.optimiser.load_state_dict(dict(start.optimiser))
        areas = labelled_areas(source_train) if options.class_weights == "balanced" else ()
        weights = class_weights_of(options, areas, spec.classes)
        self.class_weights = None if weights is None else weights.to(self.device)
        self.previews = None if run is None or source_val is None else Previews(run, source_val.records)
        self.validation: Validation | None = None
        self.stop = Stop()
        self._begin = time.monotonic() - self.position.seconds

    def train(self, max_steps: int | None) -> History:
        """Train to the end, or until something stops it."""
        end = self.schedule.steps if max_steps is None else min(max_steps, self.schedule.steps)
        recorder = Recorder(self.run, self.position.step - (self.position.pending is not None))
        try:
            with self.stop.listening(), self._saving_when_stopped(), self.feeder.ahead():
                self._steps(end, recorder)
        finally:
            recorder.close()
        state: State = "done" if self.position.step == self.schedule.steps else "stopped"
        return History(rows=tuple(recorder.rows), position=self.position, state=state, validation=self.validation)

    def _steps(self, end: int, recorder: Recorder) -> None:
        is_over = is_saved = self._is_over_time()
        while not is_over and (self.position.pending is not None or self.position.step < end):
            if self.position.pending is None:
                self._step(self.position.step + 1)
            is_over = self._is_over_time()
            is_saved = self._finish(recorder, is_last=is_over)
        if not is_saved:
            self._write_last()

    def _finish(self, recorder: Recorder, *, is_last: bool) -> bool:
        """Validate, write the line and the checkpoints of a step; return whether ``last`` is of this step."""
        step, row = self.position.step, dict(self.position.pending or {})
        is_better = False
        if self.source_val is not None and (is_last or self.schedule.is_validated(step)):
            is_better = self._judge(row, self.source_val)
        recorder.add(row)
        self.position = self.position.moved(pending=None)
        if is_better:
            self._write_best()
        is_due = row["val_dice"] is not None or step % self.options.save_every == 0
        if is_due:
            self._write_last()
        return is_due

    def _step(self, step: int) -> None:
        """Change the weights once; the line of metrics waits for the validation that may follow."""
        started = time.monotonic()
        torch.manual_seed(step_seed(self.options.seed, step))
        fed = self.feeder.take(step)
        loaded = time.monotonic()
        set_learning_rate(self.optimiser, rate := self.schedule.learning_rate(step))
        loss, norm = self._change_weights(step, fed)
        ended, epoch = time.monotonic(), self.schedule.epoch_of(step)
        row = {
            "step": step, "epoch": epoch, "loss": loss, "val_dice": None, "seconds": round(ended - self._begin, 3),
            "tokens_per_s": round(fed.tokens / (ended - started), 1), "peak_bytes": self._peak_bytes(),
            "learning_rate": rate, "gradient_norm": norm, "step_seconds": round(ended - started, 6),
            "load_seconds": round(loaded - started, 6), "skipped": len(fed.skipped),
        }  # fmt: skip
        self._count_skipped(fed.skipped)
        self.position = self.position.moved(step=step, epoch=epoch, seconds=row["seconds"], pending=row)
        self._tell("train" if loss is None else f"train, loss {loss:.4f}", step, self.schedule.steps)

    def _change_weights(self, step: int, fed: StepBatches) -> tuple[float | None, float | None]:
        """Return the loss and the norm of the gradient; None where nothing could be read."""
        if not fed.batches:
            self._refuse_nothing(fed)
            return None, None
        with self._naming(step, fed):
            losses = [
                add_gradients(
                    self.model, each.batch.to(self.device), each.targets.to(self.device), share=1 / len(fed.batches),
                    class_weights=self.class_weights, dice_weight=self.options.dice_weight, precision=self.precision,
                )
                for each in fed.batches
            ]  # fmt: skip
            norm = apply_gradients(self.model, self.optimiser, clip=self.options.clip)
        return sum(losses) / len(losses), norm

    def _judge(self, row: dict[str, Any], source: ExampleSource) -> bool:
        """Write the Dice of the validation into a line and return whether it is the best so far."""
        with explaining_memory("a whole validation image", self.device):
            self.validation = validate(
                self.model, source, self.normalisation, spec=self.card.spec, device=self.device,
                precision=self.precision, progress=lambda done, total: self._tell("validate", done, total),
                keep=self.previews.keep if self.previews else None,
            )  # fmt: skip
        if self.previews is not None:
            self.previews.finish(row["step"])
        self._count_skipped(self.validation.skipped)
        dice = self.validation.mean_dice
        row["val_dice"] = None if math.isnan(dice) else dice
        is_better = not math.isnan(dice) and (self.position.best is None or dice > self.position.best)
        if is_better:
            self.position = self.position.moved(best=dice, best_step=row["step"])
        return is_better

    def _count_skipped(self, names: Iterable[str]) -> None:
        """Add images that could not be read to those left out so far."""
        self.position = self.position.moved(skipped=dict(Counter(self.position.skipped) + Counter(names)))

    def _write_best(self) -> None:
        self.saver.best(self.position, self.model)

    def _write_last(self) -> None:
        """Write ``last``; before the first validation the best weights are the last ones."""
        self.position = self.position.moved(seconds=round(time.monotonic() - self._begin, 3))
        if self.position.best is None:
            self._write_best()
        self.saver.last(self.position, self.model, self.optimiser)

    @contextlib.contextmanager
    def _saving_when_stopped(self) -> Iterator[None]:
        try:
            yield
        except Cancelled:
            self._write_last()
            raise

    @contextlib.contextmanager
    def _naming(self, step: int, fed: StepBatches) -> Iterator[None]:
        """Add to errors of a step which one it was, and its images."""
        try:
            with explaining_memory(f"{self.options.batch_size} sequences of up to {fed.longest:,} tokens", self.device):
                yield
        except NotFiniteError as error:
            raise NotFiniteError(
                f"{error} in step {step} (epoch {self.schedule.epoch_of(step)}) with the images {', '.join(fed.names)}"
                ": look for broken pixels there, lower learning_rate, or set precision to float32; the last checkpoint "
                "is from before"
            ) from None

    def _refuse_nothing(self, fed: StepBatches) -> None:
        """Stop a run of which no image can be read any more."""
        names = {record.name for record in self.source_train.records}
        if names <= {*self.position.skipped, *fed.skipped}:
            raise InputError(
                f"at least one training image must be readable: all {len(names)} were skipped, such as {min(names)}; "
                "check the disk, or set on_error to stop to see why"
            )

    def _tell(self, stage: str, done: int, total: int) -> None:
        self.stop.check()
        self._progress(stage, done, total)

    def _is_over_time(self) -> bool:
        minutes = self.options.max_minutes
        return minutes is not None and time.monotonic() - self._begin >= 60 * minutes

    def _peak_bytes(self) -> int:
        """Return the largest memory so far: of the GPU where there is one, else of the process."""
        return torch.cuda.max_memory_allocated(self.device) if self.device.type == "cuda" else peak_rss_bytes()


def step_seed(seed: int, step: int) -> int:
    """Return the seed of everything random inside the model at a step.

    >>> step_seed(0, 1) != step_seed(1, 0)
    True
    """
    return int(np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _plain(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
