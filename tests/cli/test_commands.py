"""What each command prints, writes and keeps."""

import csv
import io
import json

import numpy as np
import pytest

from vitsci_viz.patching.tree_file import load_tree
from vitsci_viz.workflows.catalogue import load_recipe

ROW = {"tokens", "psnr", "ssim", "oracle_dice", "attention_flops", "step_flops"}


def test_patch_says_what_is_saved_and_kept(call):
    outcome = call("patch", "image.png", "--split-value", "20", "--patch-size", "8", "--mask", "mask.png")
    assert outcome.code == 0
    assert outcome.err == ""
    for word in (
        "tokens",
        "a uniform 8 px grid needs",
        "Training step",
        "Reconstruction",
        "Oracle Dice",
        "peak memory",
    ):
        assert word in outcome.out


def test_json_is_alone_on_stdout(call):
    outcome = call("patch", "image.png", "--json", "--mask", "mask.png", "--min-size", "4")
    results = json.loads(outcome.out)
    assert {"tokens", "uniform_tokens", "mean_patch", "seconds", "peak_rss_bytes"} <= results.keys()
    assert {"read", "detail", "tree", "tokens", "total"} <= results["seconds"].keys()
    assert results["uniform_tokens"] == 23 * 33
    assert "tokens" in outcome.err


def test_flags_reach_the_options(call):
    arguments = "--mode threshold --split-value 7.5 --patch-size 4,8 --min-size 2 --max-depth 5 --balance"
    arguments += " --thresholds 20,60 --blur 0 --channel 1 --roi 0:80,10: --recipe r.yaml --overflow drop_lowest"
    assert call("patch", "image.png", *arguments.split()).code == 0
    options = load_recipe("r.yaml").options
    expected = {
        "mode": "threshold", "split_value": 7.5, "patch_size": [4, 8], "min_size": 2, "max_depth": 5, "balance": True,
        "thresholds": [20.0, 60.0], "blur": 0, "channel": 1, "roi": "0:80,10:", "overflow": "drop_lowest",
    }  # fmt: skip
    assert {name: options[name] for name in expected} == expected


def test_a_switch_can_be_turned_off(call):
    assert call("patch", "image.png", "--no-balance", "--recipe", "r.yaml").code == 0
    assert load_recipe("r.yaml").options["balance"] is False


def test_a_recipe_repeats_its_run_bit_for_bit(call, place):
    outputs = ("--out", "tree.npz", "--overlay", "overlay.png", "--tokens", "tokens.npz")
    first = call("patch", "image.png", "--length", "120", "--min-size", "4", *outputs, "--recipe", "r.yaml", "--json")
    before = {name: (place / name).read_bytes() for name in ("tree.npz", "overlay.png", "tokens.npz")}
    again = call("run", "r.yaml", "--force", "--json", "--threads", "1")
    assert again.code == 0
    assert {name: (place / name).read_bytes() for name in before} == before
    same = json.loads(first.out).keys() - {"seconds", "peak_rss_bytes"}
    assert {k: json.loads(first.out)[k] for k in same} == {k: json.loads(again.out)[k] for k in same}


def test_a_run_refuses_to_replace_its_outputs(call):
    call("patch", "image.png", "--out", "tree.npz", "--recipe", "r.yaml")
    outcome = call("run", "r.yaml")
    assert (outcome.code, "tree.npz exists already" in outcome.err) == (2, True)


def test_a_region_is_cut_alone(call):
    call("patch", "image.png", "--roi", "10:50,20:84", "--out", "tree.npz")
    assert load_tree("tree.npz").shape == (40, 64)


def test_a_preset_can_be_named(call):
    outcome = call("patch", "image.png", "--preset", "shf", "--out", "tree.npz", "--recipe", "r.yaml")
    assert load_recipe("r.yaml").options["forest"] == 3
    assert [line.rsplit("/", 1)[-1].strip() for line in outcome.out.splitlines() if line.startswith("tree:")] == [
        "tree_1.npz", "tree_2.npz", "tree_3.npz"
    ]  # fmt: skip
    assert len(load_tree("tree_3.npz")) >= 1


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_a_sweep_prints_a_row_per_setting(call, form):
    outcome = call("sweep", "image.png", "--mask", "mask.png", "--patch-sizes", "4,8", "--lengths", "32,64", form)
    assert outcome.code == 0
    rows = json.loads(outcome.out) if form == "--json" else list(csv.DictReader(io.StringIO(outcome.out)))
    assert all(row.keys() >= ROW for row in rows)
    assert sum(str(row["uniform"]).lower() == "false" for row in rows) == (2 + 2) * 2 + 2
    assert "knee" in outcome.err


def test_a_sweep_shows_what_is_worth_having(call):
    outcome = call("sweep", "image.png", "--patch-sizes", "8", "--lengths", "16,32,64", "--quality", "fast")
    assert "uniform grid" in outcome.out
    assert "edges, length" in outcome.out


def test_a_sweep_keeps_its_table_and_its_recipe(call, place):
    call("sweep", "image.png", "--patch-sizes", "8", "--lengths", "", "--split-values", "5,20", "--out", "t.csv",
         "--recipe", "r.yaml")  # fmt: skip
    first = (place / "t.csv").read_bytes()
    assert load_recipe("r.yaml").options["lengths"] == []
    assert call("run", "r.yaml", "--force").code == 0
    assert (place / "t.csv").read_bytes() == first


def test_nothing_lost_is_null_in_json_and_inf_in_csv(call, place):
    np.save(place / "flat.npy", np.zeros((64, 64), np.uint8))
    assert json.loads(call("patch", "flat.npy", "--json").out)["psnr"] is None
    assert ",inf," in call("sweep", "flat.npy", "--patch-sizes", "8", "--csv").out


def test_a_sample_is_written_by_name(call, place):
    outcome = call("sample", "ihc", "--out", "samples")
    assert outcome.code == 0
    assert "ihc.png" in outcome.out
    assert (place / "samples" / "ihc.png").is_file()
    assert call("sample", "--name", "ihc", "--out", "samples").code == 2


def test_a_volume_is_cut(call, place):
    np.save(place / "volume.npy", np.random.default_rng(0).integers(0, 255, (20, 24, 28), dtype=np.uint8))
    outcome = call("patch", "volume.npy", "--patch-size", "4", "--overlay", "planes.png", "--json")
    assert json.loads(outcome.out)["uniform_tokens"] == 5 * 6 * 7
    assert (place / "planes.png").is_file()
