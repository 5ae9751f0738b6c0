"""The batches of every step, made one step ahead while the model computes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.batches import batches_of, make_batch

if TYPE_CHECKING:
    from vitsci_viz.models.batch import Batch, Targets
    from vitsci_viz.models.options import ModelSpec
    from vitsci_viz.training.examples import Example
    from vitsci_viz.training.normalisation import Normalisation
    from vitsci_viz.training.schedule import Schedule
    from vitsci_viz.training.source import ExampleSource


@dataclass(frozen=True, eq=False, kw_only=True)
class NamedBatch:
    """One batch with the names of its images.

    Parameters
    ----------
    names : tuple of str
        The images.
    batch, targets : Batch, Targets
        What the model is fed and what it should predict.
    """

    names: tuple[str, ...]
    batch: Batch
    targets: Targets


@dataclass(frozen=True, eq=False, kw_only=True)
class StepBatches:
    """What one step is made from.

    Parameters
    ----------
    batches : tuple of NamedBatch
        One batch for every time that gradients are added; none where nothing could be read.
    skipped : tuple of str
        Images that could not be read and are left out.
    """

    batches: tuple[NamedBatch, ...]
    skipped: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The images, each once."""
        return tuple(dict.fromkeys(name for each in self.batches for name in each.names))

    @property
    def tokens(self) -> int:
        """Tokens that are not padding."""
        return sum(int(each.batch.valid.sum()) for each in self.batches)

    @property
    def longest(self) -> int:
        """Length of the longest sequence, padding included."""
        return max(each.batch.tokens.shape[1] for each in self.batches)


class Feeder:
    """Makes the batches of a step; which ones they are depends on the seed and the step's number alone.

    Parameters
    ----------
    source : ExampleSource
        Training examples.
    schedule : Schedule
        Steps, batch size and seed.
    spec : ModelSpec
        The model that is fed.
    normalisation : Normalisation
        Of the channels.
    """

    def __init__(
        self, source: ExampleSource, schedule: Schedule, spec: ModelSpec, normalisation: Normalisation
    ) -> None:
        self._source, self._schedule, self._spec, self._normalisation = source, schedule, spec, normalisation
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: tuple[int, Future[StepBatches]] | None = None

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Make the batches of the next step in a thread while the block runs."""
        with ThreadPoolExecutor(1, thread_name_prefix="batches") as pool:
            self._pool = pool
            try:
                yield
            finally:
                self._pool = self._ahead = None
                pool.shutdown(wait=True, cancel_futures=True)

    def take(self, step: int) -> StepBatches:
        """Return the batches of a step, counted from 1.

        Raises
        ------
        InputError, MissingFileError
            An image or a mask cannot be read, and ``on_error`` does not say to skip it.
        """
        ahead, self._ahead = self._ahead, None
        made = ahead[1].result() if ahead is not None and ahead[0] == step else self.make(step)
        if self._pool is not None and step < self._schedule.steps:
            self._ahead = (step + 1, self._pool.submit(self.make, step + 1))
        return made

    def make(self, step: int) -> StepBatches:
        """Make the batches of a step."""
        schedule, options = self._schedule, self._schedule.options
        epoch, place = divmod(step - 1, schedule.steps_per_epoch)
        order = batches_of(schedule.samples, options.batch_size, epoch=epoch, seed=options.seed)
        first = place * options.accumulate
        batches, skipped = [], []
        for indices in order[first : first + options.accumulate]:
            examples = []
            for index in map(int, indices):
                read = read_examples(self._source, [index], epoch=epoch)
                examples += read or []
                skipped += [] if read else [self._source.record(index).name]
            if examples:
                batches.append(self._named(examples))
        return StepBatches(batches=tuple(batches), skipped=tuple(skipped))

    def _named(self, examples: list[Example]) -> NamedBatch:
        batch, targets = make_batch(examples, spec=self._spec, normalisation=self._normalisation)
        return NamedBatch(names=tuple(example.name for example in examples), batch=batch, targets=targets)


def read_examples(source: ExampleSource, indices: Iterable[int], *, epoch: int) -> list[Example] | None:
    """Return examples; None where one cannot be read and the source's ``on_error`` says to skip it.

    Raises
    ------
    InputError, MissingFileError
        One cannot be read, and ``on_error`` says to stop.
    """
    try:
        return [source.example(index, epoch=epoch) for index in indices]
    except (VitsciVizError, OSError):
        if source.data.on_error == "stop":
            raise
        return None
