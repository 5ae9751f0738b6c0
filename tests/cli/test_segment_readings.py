"""What training and evaluation found is said in the terminal: the number first, the worst images, what to note."""

import io

import pytest

from vitsci_viz.cli.console import console_for
from vitsci_viz.cli.readings import READINGS
from vitsci_viz.types import Report
from vitsci_viz.workflows.entries import CATALOGUE

USED = {"seconds": {"train": 3.0, "total": 4.0}, "peak_rss_bytes": 2_000_000}
SCORES = {"dice": 0.8, "iou": 0.7, "hd95": 3.25, "nsd": 0.9}


def shown(workflow, results, outputs=None):
    stream = io.StringIO()
    report = Report(workflow=workflow, results={**results, **USED}, recipe={"outputs": outputs or {}}, versions={})
    for part in READINGS[workflow](report):
        console_for(stream).print(part)
    return stream.getvalue()


def trained(**changes):
    results = {
        "run": "runs/a", "state": "done", "parameters": 5_422_656, "train_images": 40, "val_images": 8, "steps": 1_200,
        "epochs": 60, "best_dice": 0.87654, "best_step": 1_100, "classes": ["background", "nuclei", "glands"],
        "images": [{"name": "worst", "dice": 0.5}, {"name": "flat", "dice": None}], "notes": [],
    }  # fmt: skip
    return {**results, **changes}


def evaluated(**changes):
    classes = ["background", "nuclei"]
    results = {
        "run": "runs/a", "checkpoint": "best", "split": "all", "classes": classes, "groups": 3, "unit": "um",
        "tolerance": 1.0, "interval": [0.75, 0.85], "notes": ["two of a kind"],
        "images": [{"name": f"image{n}", "dice": n / 20, "trained_on": n == 1, "dice_by_class": {"nuclei": n / 20}}
                   for n in range(14)],
        **{f"mean_{key}": value for key, value in SCORES.items()},
        **{key: {"nuclei": value} for key, value in SCORES.items()},
    }  # fmt: skip
    return {**results, **changes}


def test_every_workflow_has_readings():
    assert READINGS.keys() == CATALOGUE.keys()


def test_training_says_the_best_dice_and_where_it_lies():
    text = shown("train", trained(), {"run": "runs/a"})
    for part in ("Dice 0.8765", "8 validation images", "best at step 1,100 of 1,200 steps (60 epochs)", "5,422,656",
                 "worst", "run: runs/a", "4.00 s (train 3.00)"):  # fmt: skip
        assert part in text
    assert "--resume" not in text


def test_a_run_that_ran_out_of_time_says_how_to_go_on():
    assert "vitsci-viz train runs/a --resume" in shown("train", trained(state="stopped"))


def test_training_without_validation_claims_no_score():
    text = shown("train", trained(best_dice=None, best_step=None, val_images=0, images=[]))
    assert "1,200 steps (60 epochs) without validation" in text
    assert "Dice" not in text


def test_images_that_could_not_be_read_are_not_counted_as_scored():
    images = [{"name": "a", "dice": 0.5}]
    assert "on 1 of 8 validation images" in shown("train", trained(val_images=8, images=images))


def predicted(**changes):
    results = {
        "image": "tile", "shape": [2000, 3000], "channels": 3, "spacing": [0.5, 0.5], "unit": "um", "tokens": 4_096,
        "classes": {"background": {"pixels": 5_400_000, "share": 0.9, "um2": 1_350_000.0},
                    "nuclei": {"pixels": 600_000, "share": 0.1, "um2": 150_000.0}},
        "notes": ["resampled from 0.25 um to the 0.5 um of training"], "written": ["labels.tif"],
    }  # fmt: skip
    return {**results, **changes}


def test_prediction_says_tokens_and_the_area_of_every_class():
    text = shown("predict", predicted(), {"labels": "labels.tif"})
    for part in ("3,000 x 2,000 px, 3 channels, 0.5 um/px", "4,096 tokens", "um^2", "10.00 %", "150,000",
                 "Resampled from 0.25 um", "labels: labels.tif"):  # fmt: skip
        assert part in text


def test_prediction_of_pixels_without_a_spacing_claims_neither_tokens_nor_areas():
    classes = {"background": {"pixels": 64, "share": 1.0}}
    text = shown("predict", predicted(tokens=0, spacing=None, unit=None, classes=classes, notes=[]))
    assert "predicted from pixels" in text
    assert "um" not in text
    assert "100.00 %" in text


def test_evaluation_shows_every_score_with_unit_and_interval():
    text = shown("evaluate", evaluated())
    for part in ("Dice 0.8000", "95 % interval 0.7500 to 0.8500 over 3 groups", "HD95 (um)", "NSD (1 um)", "3.25",
                 "0.9000", "Two of a kind."):  # fmt: skip
        assert part in text


def test_the_worst_images_come_first_and_those_trained_on_are_marked():
    lines = shown("evaluate", evaluated()).splitlines()
    names = [line.split()[0] for line in lines if line.startswith("image")]
    assert names == [f"image{n}" for n in range(10)]
    assert next(line for line in lines if "(trained on)" in line).startswith("image1 ")
    assert "and 4 better ones" in lines


@pytest.mark.parametrize(("count", "is_listed"), [(6, True), (42, False)])
def test_images_list_single_classes_where_they_fit(count, is_listed):
    names = ["ground", *(f"organ{n:02}" for n in range(count))]
    rows = [{"name": "scan", "dice": 0.5, "dice_by_class": dict.fromkeys(names, 0.25)}]
    scores = {key: dict.fromkeys(names, 0.5) for key in SCORES}
    text = shown("evaluate", evaluated(classes=names, images=rows, **scores))
    line = next(line for line in text.splitlines() if line.startswith("scan"))
    assert line.split() == ["scan", "0.5000", *(["0.2500"] * count if is_listed else [])]


@pytest.mark.parametrize("interval", [[None, None]])
def test_no_interval_is_claimed_where_there_is_none(interval):
    assert "interval" not in shown("evaluate", evaluated(interval=interval))


def test_single_objects_are_shown_beside_what_is_possible():
    scores = {"f1": 0.61, "f1_mean": 0.5, "pq": 0.41, "aji": None, "true_objects": 1_200, "matched": 700}
    text = shown("evaluate", evaluated(instances=scores, ceiling={**scores, "f1": 0.97, "matched": 1_150}))
    for part in ("PQ", "0.6100", "0.9700", "700 of 1,200", "1,150"):
        assert part in text
