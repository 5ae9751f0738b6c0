"""The batches of every step, made one step ahead while the model computes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitsci_viz.training.batches import batches_of, make_batch

if TYPE_CHECKING:
    from vitsci_viz.models.batch import Batch, Targets
    from vitsci_viz.models.options import ModelSpec
    from vitsci_viz.training.examples import Example
    from vitsci_viz.training.normalisation import Normalisation
    from vitsci_viz.training.schedule import Schedule
    from vitsci_viz.training.source import ExampleSource


@dataclass(frozen=True, eq=False, kw_only=True)
class Portion:
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

    Attributes
    ----------
    skipped : int
        Examples of the last step that could not be read and were left out.
    """

    def __init__(
        self, source: ExampleSource, schedule: Schedule, spec: ModelSpec, normalisation: Normalisation
    ) -> None:
        self._source, self._schedule, self._spec, self._normalisation = source, schedule, spec, normalisation
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: tuple[int, Future[list[Portion]]] | None = None

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

    def take(self, step: int) -> list[Portion]:
        """Return the batches of a step, counted from 1.

        Raises
        ------
        InputError
            An image or a mask cannot be read.
        """
        ahead, self._ahead = self._ahead, None
        made = ahead[1].result() if ahead is not None and ahead[0] == step else self.make(step)
        if self._pool is not None and step < self._schedule.steps:
            self._ahead = (step + 1, self._pool.submit(self.make, step + 1))
        return made

    def make(self, step: int) -> list[Portion]:
        """Make the batches of a step."""
        schedule, options = self._schedule, self._schedule.options
        epoch, place = divmod(step - 1, schedule.steps_per_epoch)
        order = batches_of(schedule.samples, options.batch_size, epoch=epoch, seed=options.seed)
        first = place * options.accumulate
        made = []
        for indices in order[first : first + options.accumulate]:
            examples = [self._source.example(int(index), epoch=epoch) for index in indices]
            made.append(self._portion(examples))
        return made

    def _portion(self, examples: list[Example]) -> Portion:
        batch, targets = make_batch(examples, spec=self._spec, normalisation=self._normalisation)
        return Portion(names=tuple(example.name for example in examples), batch=batch, targets=targets)
