"""What it costs to get a batch from the cache, beside the step that it is for."""

import os
import tempfile
from pathlib import Path

from tests.benchmarks.measuring import Row, in_turn, median_ms, ratio
from vitsci_viz.simulation.datasets import make_set
from vitsci_viz.training.batches import make_batch
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.step import make_optimiser, train_step
from vitsci_viz.workflows.train_setup import set_up

IMAGES, SIDE, BATCH, TOKENS = 8, 512, 4, 1024
REPETITIONS = 7


def measure() -> list[Row]:
    """Load a batch of 512^2 images that were cut before, and take a step of the tiny encoder on it."""
    options = TrainOptions(mode="length", length=TOKENS, patch_size=8, min_size=4, encoder="tiny", batch_size=BATCH)
    with tempfile.TemporaryDirectory(prefix="loading-") as folder:
        os.environ["VITSCI_VIZ_CACHE"] = str(Path(folder) / "cache")
        make_set("vessels_set", Path(folder), count=IMAGES, side=SIDE)
        setup = set_up(str(Path(folder) / "table.csv"), options)
        model, optimiser = setup.model.train(), make_optimiser(setup.model, options)
        epochs = iter(range(1_000_000))

        def load() -> tuple:
            epoch = next(epochs)
            examples = [setup.train.example(index, epoch=epoch) for index in range(BATCH)]
            return make_batch(examples, spec=setup.spec, normalisation=setup.normalisation)

        batch, targets = load()
        works = {"load": load, "step": lambda: train_step(model, batch, targets, optimiser)}
        seconds = in_turn(works, REPETITIONS)
    share = ratio(seconds, "load", "step")
    return [
        Row(
            name=f"loading a batch of {BATCH} images of {SIDE}^2 as {TOKENS:,} tokens from the cache, augmented, "
            "against a training step of the tiny encoder",
            target="< 5 % of the step",
            measured=f"{100 * share:.1f} % ({median_ms(seconds['load']):.0f} ms against "
            f"{median_ms(seconds['step']):.0f} ms; in training it runs beside the step)",
            is_met=share < 0.05,
            repetitions=REPETITIONS,
            values={"share": share, "load_ms": median_ms(seconds["load"]), "step_ms": median_ms(seconds["step"])},
        )
    ]
