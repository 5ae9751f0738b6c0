"""Scores of a trained run on images and masks."""

import csv
import gc
import json
import math
import weakref
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from tests.training.nuclei import touching_discs
from vitsci_viz.errors import Cancelled, InputError, MissingFileError
from vitsci_viz.io import read_image
from vitsci_viz.io.writing import write_image
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.run_folder import RunFolder, write_facts, write_splits
from vitsci_viz.types import Recipe
from vitsci_viz.workflows import evaluate
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.segmenting import open_model

SIDE = 48
TINY = {
    "length": 48, "patch_size": 4, "min_size": 4, "width": 16, "depth": 1, "heads": 2, "epochs": 8, "batch_size": 2,
    "learning_rate": 0.01, "device": "cpu", "val_share": 0.4, "val_every": 4,
}  # fmt: skip


def write_nuclei(folder, *, spacing_um=0.5):
    """Write bright objects on a dark noisy ground, their numbers as masks, and a table with groups."""
    lines = ["image,mask,group"]
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(6):
        objects = cv2.resize(
            touching_discs(12, side=2 * SIDE, seed=number).astype(np.uint8),
            (SIDE, SIDE),
            interpolation=cv2.INTER_NEAREST,
        )
        noise = np.random.default_rng(number).normal(0, 8, objects.shape)
        image = (60 + 120 * (objects > 0) + noise).clip(0, 255).astype(np.uint8)
        for part, array in (("images", image), ("masks", objects)):
            write_image(folder / part / f"n{number}.tif", array, axes="yx", spacing=(spacing_um,) * 2, unit="um")
        lines.append(f"images/n{number}.tif,masks/n{number}.tif,slide {number % 3}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six images of nuclei from three slides."""
    return write_nuclei(tmp_path_factory.mktemp("nuclei"))


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """A tiny model trained on them."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    recipe = Recipe(
        workflow="train", inputs={"data": str(data)}, outputs={"run": str(folder)},
        options={**TINY, "instances": True},
    )  # fmt: skip
    run_recipe(recipe)
    return folder


def _recipe(run, data, *, table=None, **options):
    outputs = {} if table is None else {"table": str(table)}
    return Recipe(
        workflow="evaluate", inputs={"run": str(run), "data": str(data)}, outputs=outputs,
        options={"resamples": 100, **options},
    )  # fmt: skip


def _evaluate(run, data, **options):
    return run_recipe(_recipe(run, data, **options)).results


@pytest.fixture(scope="module")
def results(run, data):
    """What the trained model scores on all images."""
    return _evaluate(run, data)


def test_dice_is_that_of_what_the_model_predicts(results, run, data):
    model = open_model(run)
    for row in results["images"]:
        predicted = np.asarray(model.predict(read_image(row["image"])).labels[...]) == 1
        truth = np.asarray(read_image(row["mask"])) > 0
        assert row["dice"] == pytest.approx(2 * (predicted & truth).sum() / (predicted.sum() + truth.sum()))
    assert min(row["dice"] for row in results["images"]) > 0.5


def test_means_are_over_images_and_the_worst_comes_first(results):
    dice = [row["dice"] for row in results["images"]]
    assert len(dice) == 6
    assert dice == sorted(dice)
    assert results["mean_dice"] == results["dice"]["foreground"] == pytest.approx(np.mean(dice))
    assert set(results["dice"]) == set(results["iou"]) == {"background", "foreground"}
    assert set(results["hd95"]) == set(results["nsd"]) == {"foreground"}
    low, high = results["interval"]
    assert min(dice) <= low <= results["mean_dice"] <= high <= max(dice)
    assert results["intervals"]["foreground"] == results["interval"]


def test_results_are_plain(results):
    assert json.loads(json.dumps(results, allow_nan=False)) == results


def test_objects_are_scored(results):
    found = results["instances"]
    assert found["true_objects"] == sum(len(np.unique(read_image(row["mask"]))) - 1 for row in results["images"])
    for name in ("f1", "f1_mean", "pq", "aji"):
        assert found[name] == pytest.approx(np.mean([row[name] for row in results["images"]]))
        assert 0 < found[name] < 1
    assert found["pq"] < results["ceiling"]["pq"]


def test_small_predicted_objects_are_left_out(run, data, results):
    found = _evaluate(run, data, min_object=20)
    assert found["instances"]["predicted_objects"] < results["instances"]["predicted_objects"]
    assert found["mean_dice"] == results["mean_dice"]


def test_images_that_were_trained_on_are_marked(results, run):
    with (run / "splits.csv").open() as file:
        used = {row["image"].rpartition("/")[2]: row["split"] for row in csv.DictReader(file)}
    for row in results["images"]:
        split = used[row["image"].rpartition("/")[2]]
        assert (row["split"], row["trained_on"]) == (split, split == "train")
    trained = list(used.values()).count("train")
    assert f"{trained} of 6 images were trained on: their scores are not those of new images" in results["notes"]


def test_a_split_takes_the_images_the_run_kept(run, data, results):
    kept = [row["name"] for row in results["images"] if row["split"] == "val"]
    found = _evaluate(run, data, split="val")
    assert [row["name"] for row in found["images"]] == kept
    assert not any("trained on" in note for note in found["notes"])
    if len({row["group"] for row in found["images"]}) == 1:
        assert found["interval"] == [None, None]
        assert "one group: no interval" in found["notes"]


def test_other_copies_of_trained_images_are_noticed(run, tmp_path):
    found = _evaluate(run, write_nuclei(tmp_path / "copy"))
    assert not any(row["trained_on"] for row in found["images"])
    assert any(note.startswith("the run was trained on files of the same names as n") for note in found["notes"])


@pytest.mark.parametrize("name", ["rows.csv", "rows.json"])
def test_the_table_has_a_row_for_each_image(run, data, tmp_path, name):
    found = _evaluate(run, data, table=tmp_path / name)
    text = (tmp_path / name).read_text()
    rows = json.loads(text) if name.endswith("json") else list(csv.DictReader(text.splitlines()))
    assert [row["name"] for row in rows] == [row["name"] for row in found["images"]]
    assert [float(row["dice foreground"]) for row in rows] == [row["dice"] for row in found["images"]]


def test_runs_are_repeated_bit_for_bit(run, data, results):
    again = _evaluate(run, data)
    timed = ("seconds", "peak_rss_bytes", "images")
    assert {key: again[key] for key in again.keys() - timed} == {key: results[key] for key in results.keys() - timed}


def test_another_pixel_size_is_told_once(run, results, tmp_path):
    found = _evaluate(run, write_nuclei(tmp_path / "coarse", spacing_um=0.8))
    assert results["unit"] == found["unit"] == "um"
    told = "the image has 0.8 um per pixel, the model was trained at 0.5: resampled to that, and the labels back"
    assert f"{told} (6 of 6 images)" in found["notes"]
    assert not any("um per pixel" in note for note in results["notes"])
    single = open_model(run).predict(tmp_path / "coarse" / "images" / "n0.tif")
    assert single.notes[0].startswith("the image n0 has 0.8 um"), "a sentence must not begin with a file's name"


def test_the_user_can_stop(run, data):
    def stop(stage, done, total):
        if stage.startswith("n3"):
            raise Cancelled

    with pytest.raises(Cancelled):
        run_recipe(_recipe(run, data), progress=stop)


# A model that says what it is told to.


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """``stub(labels, predict)`` makes a run whose model answers with ``predict(image)``."""

    def make(labels, predict):
        run = RunFolder(tmp_path / "stub")
        run.path.mkdir()
        write_facts(run, {"state": "done"})
        write_splits(run, [])

        def answer(image, **_):
            return SimpleNamespace(labels=predict(image), tokens=1, notes=(f"{image.name} is odd",))

        model = SimpleNamespace(labels=labels, predict=answer)
        monkeypatch.setattr(evaluate, "open_model", lambda *_, **__: model)
        return run.path

    return make


THREE = LabelMap(values=(0, 10, 20), names=("background", "gland", "stroma"), ignore=(99,))


def _write(folder, name, mask, **spacing):
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        write_image(folder / part / f"{name}.tif", np.asarray(mask, np.uint8), axes="yx", **spacing)


def _read_as(labels):
    """Predict the very mask that lies beside the image, left out pixels as background."""
    return lambda image: np.where((found := labels.index_of(np.asarray(image))) == 255, 0, found).astype(np.uint8)


def test_a_perfect_model_scores_one_everywhere(stub, tmp_path):
    mask = np.repeat(np.repeat([[0, 10, 0], [20, 0, 99]], 6, axis=0), 6, axis=1)
    _write(tmp_path / "d", "a", mask)
    found = _evaluate(stub(THREE, _read_as(THREE)), tmp_path / "d")
    assert found["dice"] == found["iou"] == {"background": 1.0, "gland": 1.0, "stroma": 1.0}
    assert found["hd95"] == {"gland": 0.0, "stroma": 0.0}
    assert found["nsd"] == {"gland": 1.0, "stroma": 1.0}
    assert found["mean_dice"] == 1
    assert found["interval"] == [None, None]
    assert found["confusion"] == [[108, 0, 0], [0, 36, 0], [0, 0, 36]]  # of 216 pixels 36 are left out
    assert "instances" not in found
    assert "a is odd" in found["notes"]


def test_a_class_that_no_image_has_is_unknown(stub, tmp_path):
    _write(tmp_path / "d", "a", [[0, 10]] * 4)
    _write(tmp_path / "d", "b", [[0, 0]] * 4)
    found = _evaluate(stub(THREE, _read_as(THREE)), tmp_path / "d")
    assert (found["dice"]["gland"], found["dice"]["stroma"], found["mean_dice"]) == (1, None, 1)
    assert [(row["name"], row["dice"]) for row in found["images"]] == [("a", 1), ("b", None)]


@pytest.mark.parametrize(("spacing", "unit", "factor"), [(None, "px", 1), (0.25, "um", 0.25), (0.25, "mm", 0.25)])
def test_distances_have_the_unit_of_the_pixels(stub, tmp_path, spacing, unit, factor):
    known = {} if spacing is None else {"spacing": (spacing, spacing), "unit": unit}
    mask = np.zeros((30, 30), np.uint8)
    mask[8:16, 8:16] = 10
    _write(tmp_path / "d", "a", mask, **known)
    model = stub(THREE, lambda image: np.roll(_read_as(THREE)(image), 4, axis=1))
    found = _evaluate(model, tmp_path / "d", tolerance=1.0)
    assert found["unit"] == unit
    assert found["hd95"]["gland"] == pytest.approx(4 * factor)
    assert (found["nsd"]["gland"] == 1) == (unit != "px")


def test_images_in_different_units_are_measured_in_um(stub, tmp_path):
    mask = np.zeros((30, 30), np.uint8)
    mask[8:16, 8:16] = 10
    _write(tmp_path / "d", "a", mask, spacing=(0.5, 0.5), unit="um")
    _write(tmp_path / "d", "b", mask, spacing=(0.0005, 0.0005), unit="mm")
    found = _evaluate(stub(THREE, lambda image: np.roll(_read_as(THREE)(image), 4, axis=1)), tmp_path / "d")
    assert found["unit"] == "um"
    assert [row["hd95"] for row in found["images"]] == pytest.approx([2.0, 2.0])


def test_a_volume_is_measured_in_its_own_spacing(stub, tmp_path):
    mask = np.zeros((12, 20, 20), np.uint8)
    mask[3:6, 5:11, 5:11] = 10
    for part in ("images", "masks"):
        (tmp_path / "d" / part).mkdir(parents=True)
        write_image(tmp_path / "d" / part / "v.tif", mask, axes="zyx", spacing=(2.5, 0.7, 0.7), unit="um")
    found = _evaluate(stub(THREE, lambda image: np.roll(_read_as(THREE)(image), 2, axis=0)), tmp_path / "d")
    assert found["hd95"]["gland"] == pytest.approx(5.0)
    assert found["dice"]["gland"] == pytest.approx(1 / 3)


def test_pixels_of_unknown_size_are_told_and_counted_for_all(stub, tmp_path):
    _write(tmp_path / "d", "a", [[0, 10]] * 4, spacing=(0.5, 0.5), unit="um")
    _write(tmp_path / "d", "b", [[0, 10]] * 4)
    found = _evaluate(stub(THREE, lambda image: np.zeros(image.shape, np.uint8)), tmp_path / "d")
    assert found["unit"] == "px"
    assert {row["hd95"] for row in found["images"]} == {math.hypot(4, 2)}
    assert any(note.startswith("1 of 2 images do not say how large a pixel is") for note in found["notes"])


def test_one_image_at_a_time_is_held(stub, tmp_path):
    seen = []

    def predict(image):
        gc.collect()
        assert not any(each() for each in seen)
        seen.append(weakref.ref(image))
        return np.zeros(np.asarray(image).shape, np.uint8)

    for name in "abc":
        _write(tmp_path / "d", name, [[0, 10]] * 4)
    assert len(_evaluate(stub(THREE, predict), tmp_path / "d")["images"]) == len(seen) == 3


def test_what_cannot_be_scored_is_refused_by_name(stub, tmp_path):
    run = stub(THREE, _read_as(THREE))
    _write(tmp_path / "d", "a", [[0, 10, 7]] * 4)
    with pytest.raises(InputError, match=r"a\.tif .* 7 \(4 pixels\)"):
        _evaluate(run, tmp_path / "d")
    with pytest.raises(InputError, match="kept for validation, but it knows none of the 1"):
        _evaluate(run, tmp_path / "d", split="val")
    with pytest.raises(MissingFileError, match="does not exist"):
        _evaluate(run, tmp_path / "nowhere")
    with pytest.raises(MissingFileError, match="does not exist"):
        _evaluate(tmp_path / "nowhere", tmp_path / "d")
    write_image(tmp_path / "d" / "masks" / "a.tif", np.zeros((3, 3), np.uint8), axes="yx")
    with pytest.raises(InputError, match="one shape"):
        _evaluate(run, tmp_path / "d")
