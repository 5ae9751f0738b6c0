"""One cut: the contract's numbers, outputs that repeat, options that matter and those that must not."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.fidelity import psnr
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import oracle_dice
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.patching.tree_file import load_tree
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.table import to_json


def _run(folder: Path, *, mask=False, outputs=(), image="image.png", execution=None, force=False, **options):
    inputs = {"image": str(folder / image), **({"mask": str(folder / "mask.png")} if mask else {})}
    suffix = {"tree": ".npz", "tokens": ".npz", "overlay": ".png"}
    places = {name: str(folder / f"{name}{suffix[name]}") for name in outputs}
    recipe = Recipe(workflow="patch", inputs=inputs, outputs=places, options=options)
    return run_recipe(recipe, execution=execution, force=force).results


def test_results_hold_what_the_contract_names(folder):
    results = json.loads(to_json(_run(folder)))
    assert {"tokens", "uniform_tokens", "mean_patch", "seconds", "peak_rss_bytes"} <= results.keys()
    assert {"read", "detail", "tree", "tokens", "total"} <= results["seconds"].keys()
    assert results["peak_rss_bytes"] > 10**7
    assert results["seconds"]["total"] >= max(results["seconds"].values())


def test_results_are_those_of_the_library(folder, picture, labels):
    results = _run(folder, mask=True, split_value=20, patch_size=4, min_size=2, outputs=["tree", "tokens"])
    tree = build_tree(picture, PatchOptions(split_value=20, patch_size=4, min_size=2))
    assert results["tokens"] == len(tree)
    assert results["uniform_tokens"] == 75 * 102
    assert results["psnr"] == pytest.approx(psnr(picture, tree, 4), abs=1e-3)
    assert results["oracle_dice"] == oracle_dice(labels, tree, 4)[1]
    saved = load_tree(folder / "tree.npz")
    np.testing.assert_array_equal(saved.origin, tree.origin)
    with np.load(folder / "tokens.npz") as archive:
        np.testing.assert_array_equal(archive["tokens"], gather(picture, tree, 4).tokens)
        assert archive["valid"].all()


def test_outputs_repeat_bit_for_bit(folder):
    names = ["tree", "tokens", "overlay"]
    _run(folder, outputs=names, length=200)
    first = {name: next(folder.glob(f"{name}.*")).read_bytes() for name in names}
    _run(folder, outputs=names, length=200, force=True)
    assert {name: next(folder.glob(f"{name}.*")).read_bytes() for name in names} == first


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
@pytest.mark.parametrize("execution", [ExecutionOptions(threads=1), ExecutionOptions(threads=3, memory="100KiB")])
def test_threads_and_memory_never_change_the_answer(folder, detail, execution):
    names, setting = ["tree", "tokens", "overlay"], {"detail": detail, "length": 300, "min_size": 4}
    plain = _run(folder, outputs=names, **setting)
    first = {name: next(folder.glob(f"{name}.*")).read_bytes() for name in names}
    bound = _run(folder, outputs=names, execution=execution, force=True, **setting)
    assert {name: next(folder.glob(f"{name}.*")).read_bytes() for name in names} == first
    same = plain.keys() - {"seconds", "peak_rss_bytes"}
    assert {key: plain[key] for key in same} == {key: bound[key] for key in same}


BASE = {"mode": "threshold", "split_value": 4, "patch_size": 8, "min_size": 4}


@pytest.mark.parametrize(
    "change",
    [
        {"split_value": 9}, {"mode": "length", "length": 100}, {"mode": "uniform"}, {"patch_size": 4}, {"min_size": 2},
        {"max_depth": 3}, {"balance": True, "min_size": 1}, {"detail": "gradient"}, {"detail": "variance"},
        {"thresholds": (80, 160)}, {"blur": 9}, {"channel": 2}, {"channel": "max"}, {"roi": "0:64,0:64"},
        {"overflow": "drop_random", "length": 9}, {"overflow": "drop_lowest", "length": 9},
        {"overflow": "drop_random", "length": 9, "seed": 1},
    ],
)  # fmt: skip
def test_every_science_option_changes_the_answer(folder, change):
    others = dict(list(change.items())[:-1]) if "overflow" in change or "balance" in change else {}
    others = {"min_size": 1} if "balance" in change else others
    _run(folder, outputs=["tokens"], **{**BASE, **others})
    with np.load(folder / "tokens.npz") as archive:
        before = archive["tokens"]
    _run(folder, outputs=["tokens"], force=True, **{**BASE, **change})
    with np.load(folder / "tokens.npz") as archive:
        after = archive["tokens"]
    assert before.shape != after.shape or (before != after).any()


def test_physical_units_change_the_answer(folder):
    import tifffile

    pixels = cv2.imread(str(folder / "image.png"))[..., ::-1]
    meta = {
        "axes": "YXS",
        "PhysicalSizeX": 0.5,
        "PhysicalSizeXUnit": "um",
        "PhysicalSizeY": 0.5,
        "PhysicalSizeYUnit": "um",
    }
    tifffile.imwrite(folder / "spaced.ome.tif", pixels, photometric="rgb", metadata=meta)
    plain, physical = (_run(folder, image="spaced.ome.tif", physical=value, **BASE) for value in (False, True))
    assert physical["split_value"] == 4 * plain["split_value"]
    assert physical["tokens"] < plain["tokens"]


def test_a_length_pads_and_a_longer_tree_drops(folder):
    padded = _run(folder, length=5000, outputs=["tokens"])
    assert (padded["dropped"], padded["tokens"] + padded["padded"]) == (0, 5000)
    with np.load(folder / "tokens.npz") as archive:
        assert (len(archive["tokens"]), int(archive["valid"].sum())) == (5000, padded["tokens"])
    cut = _run(
        folder, mode="threshold", split_value=5, length=10, overflow="drop_random", outputs=["tokens"], force=True
    )
    assert cut["tokens"] - cut["dropped"] == 10
    with np.load(folder / "tokens.npz") as archive:
        assert archive["valid"].all()
        assert len(archive["tokens"]) == 10


def test_a_forest_writes_a_file_per_tree(folder):
    results = _run(folder, forest=3, outputs=["tree", "overlay"])
    assert [row["tokens"] for row in results["trees"]] == [
        len(load_tree(folder / f"tree_{number}.npz")) for number in (1, 2, 3)
    ]
    assert len(list(folder.glob("overlay_*.png"))) == 3
    assert results["tokens"] == results["trees"][0]["tokens"]


def test_a_forest_refuses_to_replace_one_of_its_files(folder):
    (folder / "tree_2.npz").touch()
    with pytest.raises(FileExistsError, match="tree_2"):
        _run(folder, forest=3, outputs=["tree"])
    assert not (folder / "tree_1.npz").exists()


def test_a_volume_is_cut_and_shown(folder):
    results = _run(folder, image="volume.npy", patch_size=4, outputs=["tree", "overlay"])
    assert results["detail"] == "gradient"
    assert load_tree(folder / "tree.npz").ndim == 3
    assert cv2.imread(str(folder / "overlay.png")).ndim == 3


@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (1, 1), (33, 17)])
@pytest.mark.parametrize("value", [0, 77])
def test_flat_and_thin_images_are_one_leaf_that_loses_nothing_but_size(folder, shape, value):
    np.save(folder / "flat.npy", np.full(shape, value, np.uint8))
    results = _run(folder, image="flat.npy", outputs=["tree", "overlay", "tokens"])
    assert results["tokens"] == 1
    assert results["psnr"] == float("inf")


def test_what_automatic_options_came_to_is_reported(folder):
    results = _run(folder)
    low, high = results["thresholds"]
    assert 0 < low < high
    assert (results["blur"], results["split_value"]) == (3, 50.0)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"patch_size": (8, 8, 8)}, OptionError), ({"channel": 7}, OptionError), ({"level": 2}, OptionError),
     ({"min_size": "cubic"}, OptionError), ({"physical": True, "split_value": 2.0}, OptionError)],
)  # fmt: skip
def test_options_that_clash_with_the_image_leave_no_output(folder, options, error):
    with pytest.raises(error):
        _run(folder, outputs=["tree", "overlay"], **options)
    assert not list(folder.glob("tree*")) + list(folder.glob(".*"))


def test_pixels_that_are_no_numbers_are_refused_with_count_and_place(folder):
    array = np.ones((40, 50), np.float32)
    array[3, 4] = np.nan
    np.save(folder / "nan.npy", array)
    with pytest.raises(InputError, match=r"1 of 2,000 are NaN.*\(3, 4\)"):
        _run(folder, image="nan.npy")
