"""Every option of training, prediction and evaluation changes the answer; what only steers the machine does not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from pydantic import ByteSize

from tests.workflows.runs import picture, write_run
from vitsci_viz.io.writing import write_image
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.loop import fit
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.segment_options import EvaluateOptions, PredictOptions
from vitsci_viz.workflows.train_setup import set_up

SIDE = 48
TRAIN_BASE: dict[str, Any] = {
    "mode": "threshold", "split_value": 6.0, "length": 40, "patch_size": 4, "min_size": 4, "overflow": "drop_random",
    "thresholds": (60, 120), "blur": 3, "width": 8, "depth": 1, "heads": 1, "epochs": 2, "batch_size": 2,
    "learning_rate": 0.01, "val_share": 0.2, "flips": False,
}  # fmt: skip
LENGTH = {"mode": "length", "split_value": None}
"""Trees by length; those of the base are by threshold, so that `overflow` and `seed` count."""
TISSUE = {**LENGTH, "tissue": "auto"}
NAMED_SIZE = {"width": None, "heads": None}
Change = tuple[Mapping[str, Any], Mapping[str, Any]]
"""What is laid over the base for both runs, and for the second one."""
TRAIN_CHANGES: dict[str, Change] = {
    "classes": ({}, {"classes": {0: "ground", 1: "disc", 2: "ring"}}),
    "instances": ({}, {"instances": True}),
    "ignore": ({}, {"ignore": (2,)}),
    "val_share": ({}, {"val_share": 0.5}),
    "crop": ({}, {"crop": 32}),
    "tissue": (LENGTH, {"tissue": "auto"}),
    "tokens_per_mm2": (TISSUE, {"tokens_per_mm2": 30_000.0}),
    "flips": ({}, {"flips": True}),
    "colour": ({}, {"colour": 0.5}),
    "random_trees": ({}, {"random_trees": True}),
    "epochs": ({}, {"epochs": 3}),
    "batch_size": ({}, {"batch_size": 1}),
    "accumulate": ({}, {"accumulate": 2}),
    "learning_rate": ({}, {"learning_rate": 0.001}),
    "weight_decay": ({}, {"weight_decay": 0.5}),
    "schedule": ({}, {"schedule": "constant"}),
    "warmup": ({}, {"warmup": 0.5}),
    "clip": ({}, {"clip": 0.001}),
    "dice_weight": ({}, {"dice_weight": 1.0}),
    "class_weights": ({}, {"class_weights": "balanced"}),
    "precision": ({}, {"precision": "bf16"}),
    "val_every": ({}, {"val_every": 2}),
    "seed": ({}, {"seed": 1}),
    "encoder": (NAMED_SIZE, {"encoder": "small"}),
    "head": ({}, {"head": "unetr"}),
    "width": ({}, {"width": 12}),
    "depth": ({}, {"depth": 2}),
    "heads": ({}, {"heads": 2}),
    "rotary": ({}, {"rotary": False}),
    "dropout": ({}, {"dropout": 0.5}),
    "mode": ({}, {"mode": "uniform", "split_value": None}),
    "split_value": ({}, {"split_value": 9.0}),
    "length": (LENGTH, {"length": 25}),
    "patch_size": ({}, {"patch_size": 8}),
    "min_size": ({}, {"min_size": 8}),
    "max_depth": ({}, {"max_depth": 2}),
    "balance": ({"min_size": 2}, {"balance": True}),
    "detail": ({}, {"detail": "variance"}),
    "thresholds": ({}, {"thresholds": (250, 500)}),
    "blur": ({}, {"blur": 7}),
    "channel": ({}, {"channel": 1}),
    "physical": ({}, {"physical": True}),
    "forest": ({}, {"forest": 3}),
    "overflow": ({"length": 12}, {"overflow": "drop_lowest"}),
}
STEERING = {"device": "cpu", "save_every": 1}
"""Where to compute and what is kept on disk: the weights are the same."""
SHOWN_ELSEWHERE = {"architecture", "on_error", "max_minutes"}
"""Other networks (tests of models), broken files and the clock (tests of the train workflow)."""
PREDICT_CHANGES: dict[str, Change] = {
    "checkpoint": ({}, {"checkpoint": "last"}),
    "probabilities": ({}, {"probabilities": True}),
    "length": ({}, {"length": 16}),
    "tile": ({}, {"tile": 32}),
    "halo": ({"tile": 32}, {"halo": 4}),
}
EVALUATE_CHANGES: dict[str, Change] = {
    "checkpoint": ({}, {"checkpoint": "last"}),
    "split": ({}, {"split": "val"}),
    "tolerance": ({}, {"tolerance": 4.0}),
    "instances": ({}, {"instances": True}),
    "min_object": ({"instances": True}, {"min_object": 30}),
    "resamples": ({}, {"resamples": 101}),
    "seed": ({}, {"seed": 1}),
}


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Keep examples away from those of other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITSCI_VIZ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def write_tissue(folder: Path, *, values: tuple[int, ...]) -> Path:
    """Write images of pink discs on glass, a ring around some, with a known pixel size."""
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(5):
        random = np.random.default_rng(number)
        mask = np.zeros((SIDE, SIDE), np.uint8)
        for value in (*values, *values):
            centre = tuple(int(place) for place in random.integers(8, SIDE - 8, 2))
            cv2.circle(mask, centre, int(random.integers(3, 9)), value, -1)
        dyes = np.array([(235, 232, 236), (190, 90, 150), (120, 60, 140)], np.float64)[np.minimum(mask, 2)]
        image = (dyes + random.normal(0, 5, dyes.shape)).clip(0, 255).astype(np.uint8)
        for part, array, axes in (("images", image, "yxc"), ("masks", mask, "yx")):
            write_image(folder / part / f"t{number}.tif", array, axes=axes, spacing=(0.5, 0.5), unit="um")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Five images with three classes."""
    return write_tissue(tmp_path_factory.mktemp("tissue"), values=(1, 2))


def trained(data: Path, **options: Any) -> list[Any]:
    """Train, and return all that came of it apart from times."""
    wanted = TrainOptions(**options)
    setup = set_up(str(data), wanted)
    history = fit(setup.model, setup.train, setup.val, setup.normalisation, wanted, spec=setup.spec)
    rows = [(row["loss"], row["val_dice"], row["learning_rate"]) for row in history.rows]
    weights = {name: value.tolist() for name, value in setup.model.state_dict().items()}
    return [rows, weights, setup.labels.names, [record.split for record in setup.records]]


def test_the_table_of_training_names_every_option():
    assert {*TRAIN_CHANGES, *STEERING, *SHOWN_ELSEWHERE} == set(TrainOptions.model_fields)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"mode": "uniform"}, "changes nothing with a plain grid"),
        ({"mode": "length", "length": 16, "detail": "variance"}, "changes nothing with detail=variance"),
        ({"mode": "length", "length": 16}, None),
    ],
)
def test_random_trees_that_change_nothing_are_named(data, options, said):
    notes = set_up(str(data), TrainOptions(**{**TRAIN_BASE, **options, "random_trees": True})).notes
    assert [said in note for note in notes if "random_trees" in note] == ([True] if said else [])


@pytest.fixture(scope="module")
def plain(data):
    """What the base trains to."""
    return trained(data, **TRAIN_BASE)


@pytest.mark.parametrize("name", TRAIN_CHANGES)
def test_every_option_of_training_changes_the_answer(name, data, plain):
    context, change = TRAIN_CHANGES[name]
    base = {**TRAIN_BASE, **context}
    assert name in change
    assert trained(data, **{**base, **change}) != (trained(data, **base) if context else plain)


@pytest.mark.parametrize("name", STEERING)
def test_where_to_compute_and_what_to_keep_do_not_change_the_weights(name, data, plain):
    assert trained(data, **{**TRAIN_BASE, name: STEERING[name]}) == plain


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose two checkpoints are different models."""
    folder = tmp_path_factory.mktemp("runs")
    best, last = (write_run(folder / name, seed=seed, spacing_um=(0.5, 0.5)) for seed, name in enumerate("ab"))
    (last / "checkpoints/best").rename(best / "checkpoints/last")
    return best


def predicted(run: Path, folder: Path, execution: ExecutionOptions | None = None, **options: Any) -> dict[str, Any]:
    """Predict an image, and return the pixels of everything that was written (files carry identifiers of their own)."""
    write_image(folder / "image.tif", picture(), axes="yxc", spacing=(0.5, 0.5), unit="um")
    (folder / "out").mkdir()
    recipe = Recipe(
        workflow="predict", inputs={"run": str(run), "image": str(folder / "image.tif")},
        outputs={"labels": str(folder / "out/labels.tif")}, options=options,
    )  # fmt: skip
    run_recipe(recipe, execution=execution or ExecutionOptions())
    return {path.name: tifffile.imread(path).tolist() for path in (folder / "out").iterdir()}


def test_the_table_of_prediction_names_every_option():
    assert set(PREDICT_CHANGES) == set(PredictOptions.model_fields)


@pytest.mark.parametrize("name", PREDICT_CHANGES)
def test_every_option_of_prediction_changes_what_is_written(name, run, tmp_path):
    context, change = PREDICT_CHANGES[name]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert predicted(run, tmp_path / "a", **context) != predicted(run, tmp_path / "b", **{**context, **change})


@pytest.mark.parametrize("execution", [ExecutionOptions(threads=2), ExecutionOptions(memory=ByteSize(2**20))])
def test_threads_and_memory_do_not_change_what_is_written(execution, run, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = predicted(run, tmp_path / "a", ExecutionOptions(threads=1))
    assert predicted(run, tmp_path / "b", execution) == plain


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """Two classes, a run whose checkpoints differ, and a split of its own: what evaluation needs."""
    folder = tmp_path_factory.mktemp("scored")
    data = write_tissue(folder / "data", values=(1,))
    options = {**TRAIN_BASE, "epochs": 8, "val_share": 0.4}
    for name, seed in (("run", 0), ("other", 1)):
        recipe = Recipe(
            workflow="train", inputs={"data": str(data)}, outputs={"run": str(folder / name)},
            options={**options, "seed": seed},
        )  # fmt: skip
        run_recipe(recipe)
    (folder / "other/checkpoints/last").replace(folder / "run/checkpoints/last")
    return folder / "run", data


def evaluated(run: Path, data: Path, execution: ExecutionOptions | None = None, **options: Any) -> dict[str, Any]:
    """Return all scores, without times and what was merely said again."""
    recipe = Recipe(workflow="evaluate", inputs={"run": str(run), "data": str(data)}, outputs={}, options=options)
    results = run_recipe(recipe, execution=execution or ExecutionOptions()).results
    said = {"seconds", "peak_rss_bytes", "notes", "checkpoint", "split", "tolerance"}
    images = [{key: value for key, value in row.items() if key != "seconds"} for row in results["images"]]
    return {**{key: value for key, value in results.items() if key not in said}, "images": images}


def test_the_table_of_evaluation_names_every_option():
    assert set(EVALUATE_CHANGES) == set(EvaluateOptions.model_fields)


@pytest.mark.parametrize("name", EVALUATE_CHANGES)
def test_every_option_of_evaluation_changes_the_scores(name, scored):
    context, change = EVALUATE_CHANGES[name]
    assert evaluated(*scored, **context) != evaluated(*scored, **{**context, **change})


@pytest.mark.parametrize("execution", [ExecutionOptions(threads=2), ExecutionOptions(memory=ByteSize(2**20))])
def test_threads_and_memory_do_not_change_the_scores(execution, scored):
    assert evaluated(*scored, execution=execution) == evaluated(*scored, execution=ExecutionOptions(threads=1))


def test_scores_without_a_change_are_the_same(scored):
    assert evaluated(*scored) == evaluated(*scored)
