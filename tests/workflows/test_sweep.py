"""A sweep measures each setting as a single run does, whatever the threads, and marks what is worth having."""

import json

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.patching.fidelity import psnr, ssim
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import oracle_dice
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.options import SweepOptions
from vitsci_viz.workflows.settings import sweep_grid
from vitsci_viz.workflows.sweep import sweep_settings

COLUMNS = {"tokens", "psnr", "ssim", "oracle_dice", "attention_flops", "step_flops"}
SETTINGS = (
    PatchOptions(length=100, patch_size=8, min_size=4),
    PatchOptions(split_value=10, patch_size=4),
    PatchOptions(length=200, patch_size=8, min_size=2, detail="variance"),
    PatchOptions(mode="uniform", patch_size=8, min_size=16),
    PatchOptions(split_value=900, patch_size=8, detail="gradient"),
)


def test_rows_are_those_of_single_runs(picture, labels):
    for row in sweep_settings(picture, labels, SETTINGS):
        tree, side = build_tree(picture, row.setting), row.setting.patch_size
        assert row.readings.tokens == len(tree)
        assert row.readings.psnr == pytest.approx(psnr(picture, tree, side), abs=1e-9)
        assert row.ssim == pytest.approx(ssim(picture, tree, side), abs=1e-9)
        assert row.oracle_dice == oracle_dice(labels, tree, side)[1]


def test_threads_never_change_the_rows(picture, labels):
    one, many = (
        [row.to_mapping() for row in sweep_settings(picture, labels, SETTINGS, threads=threads)] for threads in (1, 4)
    )
    assert one == many


def test_a_row_holds_what_the_contract_names(picture):
    row = sweep_settings(picture, None, SETTINGS[:1])[0].to_mapping()
    assert row.keys() >= COLUMNS | {
        "uniform",
        "patch_size",
        "min_size",
        "length",
        "mode",
        "front",
        "knee",
        "recommended",
    }
    assert row["oracle_dice"] is None
    assert not row["uniform"]


def test_no_row_of_the_front_is_beaten(picture):
    rows = sweep_settings(picture, None, sweep_grid(SweepOptions(quality="fast"), picture.shape[:2]), has_ssim=False)
    front = [row for row in rows if row.is_front]
    assert front
    for row in front:
        cheaper = [other for other in rows if other.readings.tokens <= row.readings.tokens]
        assert max(other.score for other in cheaper) == row.score
    assert sum(row.is_knee for row in rows) == 1
    assert next(row for row in rows if row.is_knee).is_front


def test_every_length_has_one_recommended_row_within_it(picture, labels):
    rows = sweep_settings(picture, labels, sweep_grid(SweepOptions(), picture.shape[:2]), has_ssim=False)
    lengths = sorted({row.setting.length for row in rows if row.setting.mode == "length"})
    assert sorted(budget for row in rows for budget in row.budgets) == lengths
    for row in rows:
        assert not (row.is_uniform and row.is_recommended)
        assert all(row.readings.tokens <= budget for budget in row.budgets)
        assert row.to_mapping()["recommended"] == bool(row.budgets)


def test_nothing_is_recommended_without_a_mask(picture):
    assert not any(row.is_recommended for row in sweep_settings(picture, None, SETTINGS, has_ssim=False))


def test_ssim_is_left_out_where_it_is_not_asked_for(picture):
    assert all(row.ssim is None for row in sweep_settings(picture, None, SETTINGS[:2], has_ssim=False))


def test_a_sweep_stops_when_it_is_cancelled(picture):
    def stop(stage, done, total):
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        sweep_settings(picture, None, SETTINGS, progress=stop)


def test_a_mask_of_another_shape_is_refused(picture, labels):
    with pytest.raises(InputError, match="one shape"):
        sweep_settings(picture, labels[1:], SETTINGS)


def _run(folder, *, table=None, **inputs):
    outputs = {"table": str(folder / table)} if table else {}
    options = {"patch_sizes": [8], "lengths": [64, 128]}
    recipe = Recipe(
        workflow="sweep", inputs={name: str(path) for name, path in inputs.items()}, outputs=outputs, options=options
    )
    return run_recipe(recipe).results


def _halves(folder, picture, labels):
    import cv2

    for name in ("images", "masks"):
        (folder / name).mkdir()
    for number, half in enumerate((slice(None, 75), slice(75, None))):
        cv2.imwrite(str(folder / "images" / f"part{number}.png"), picture[half])
        cv2.imwrite(str(folder / "masks" / f"part{number}.tif"), labels[half])


def test_a_folder_gives_the_means_of_its_images(folder, picture, labels):
    _halves(folder, picture, labels)
    results = _run(folder, image=folder)
    assert results["images"] == ["part0", "part1"]
    singles = [
        _run(folder, image=folder / "images" / f"part{n}.png", mask=folder / "masks" / f"part{n}.tif") for n in (0, 1)
    ]
    for row, first, second in zip(results["rows"], *(single["rows"] for single in singles), strict=False):
        assert [image["tokens"] for image in row["images"]] == [first["tokens"], second["tokens"]]
        assert row["tokens"] == (first["tokens"] + second["tokens"]) / 2
        assert row["oracle_dice"] == pytest.approx((first["oracle_dice"] + second["oracle_dice"]) / 2)


def test_masks_may_lie_in_a_folder_of_their_own(folder, picture, labels):
    _halves(folder, picture, labels)
    both, apart = _run(folder, image=folder), _run(folder, image=folder / "images", mask=folder / "masks")
    assert both["rows"] == apart["rows"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.json"])
def test_the_table_is_written(folder, name):
    rows = _run(folder, table=name, image=folder / "image.png")["rows"]
    text = (folder / name).read_text()
    if name.endswith("json"):
        assert [row["tokens"] for row in json.loads(text)] == [row["tokens"] for row in rows]
    else:
        head, *lines = text.splitlines()
        assert set(head.split(",")) >= COLUMNS
        assert head.split(",")[-3:] == ["front", "knee", "recommended"]
        assert [int(line.split(",")[head.split(",").index("tokens")]) for line in lines] == [r["tokens"] for r in rows]


def test_a_volume_is_swept(folder):
    rows = _run(folder, image=folder / "volume.npy")["rows"]
    assert {row["detail"] for row in rows} == {"gradient", ""}
    assert all(np.isfinite(row["ssim"]) for row in rows)
