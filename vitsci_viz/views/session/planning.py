"""From data and setting to an estimate: the pieces that a page and a notebook ask for in the background."""

from dataclasses import dataclass
from pathlib import Path

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.views.session.data_pictures import DataPicture, data_pictures
from vitsci_viz.views.session.dataset import DataFacts, DataSet, SequenceFacts
from vitsci_viz.views.session.estimate import Estimate, Speed, batch_cost, estimate, estimate_lines, overhead_s
from vitsci_viz.views.session.guidance import Guidance, guidance
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.speed import probe_speed, speed_of_run
from vitsci_viz.views.session.wording import Reading
from vitsci_viz.workflows.catalogue import load_recipe


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """What is known of a run before it begins.

    Parameters
    ----------
    facts : DataFacts
        The data.
    estimate : Estimate
        Tokens, memory, time.
    lines : tuple of Reading
        The estimate in words.
    guidance : Guidance
        What a form shows beside its fields.
    pictures : tuple of DataPicture
        A few images as training will see them.
    """

    facts: DataFacts
    estimate: Estimate
    lines: tuple[Reading, ...]
    guidance: Guidance
    pictures: tuple[DataPicture, ...]


def plan_of(data: DataSet, options: TrainOptions, book: RunBook, *, progress: Progress = silent) -> Plan:
    """Find out what a run would take.

    Parameters
    ----------
    data : DataSet
        Images and masks.
    options : TrainOptions
        The setting.
    book : RunBook
        Earlier runs, which tell how fast this machine is.
    progress : callable
        Told what is being done; may raise `Cancelled`.

    Raises
    ------
    VitsciVizError
        The data cannot be read or split, or an option does not go with them.
    """
    facts = data.facts(options, progress=progress)
    sequence = data.sequences(options, progress=progress)
    found = estimate(options, facts, sequence, known_speed(book, options, facts, sequence))
    patch = options.part(PatchOptions)
    return Plan(
        facts=facts,
        estimate=found,
        lines=estimate_lines(found, options, facts),
        guidance=guidance(data.session(0, options.crop), patch),
        pictures=data_pictures(data, options, progress=progress),
    )


def known_speed(book: RunBook, options: TrainOptions, facts: DataFacts, sequence: SequenceFacts) -> Speed:
    """Return how fast this machine trains a model of this kind: from the newest run that tells, else guessed.

    Parameters
    ----------
    book : RunBook
        Earlier runs.
    options : TrainOptions
        The setting that is planned.
    facts : DataFacts
        The data that it is planned for: channels and classes of the earlier run are taken to be alike.
    sequence : SequenceFacts
        Sides of a token.
    """
    for run in book.look():
        former = _options_of(run.path)
        if former is None or not is_alike(former, options):
            continue
        rows = book.reader(run.path).rows
        tokens = _tokens_per_sequence(rows, former)
        if tokens is None:
            continue
        flops, _ = batch_cost(former, facts, sequence, tokens, former.batch_size)
        beside = former.accumulate * overhead_s(former)
        found = speed_of_run(rows, flops * former.accumulate, name=run.name, overhead_s=beside)
        if found is not None:
            return found
    return probe_speed()


def is_alike(former: TrainOptions, planned: TrainOptions) -> bool:
    """Tell whether an earlier run says how fast a planned one will be: the same kind of model on the same device."""
    names = ("architecture", "head", "device", "precision")
    return all(getattr(former, name) == getattr(planned, name) for name in names)


def _options_of(path: Path) -> TrainOptions | None:
    try:
        return TrainOptions(**load_recipe(RunFolder(path).recipe).options)
    except VitsciVizError:
        return None  # of another release, or not written yet


def _tokens_per_sequence(rows: list[dict[str, float]], options: TrainOptions) -> float | None:
    known = [row["tokens_per_s"] for row in rows[-20:] if row.get("tokens_per_s")]
    if len(known) < 2 or len(rows) < 21:
        return None
    seconds = (rows[-1]["seconds"] - rows[-21]["seconds"]) / 20
    return sum(known) / len(known) * seconds / (options.batch_size * options.accumulate)
