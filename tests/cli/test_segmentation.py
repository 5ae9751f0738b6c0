"""From a sample to scores: the installed program trains, stops, goes on, predicts and evaluates; so do its jobs."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from vitsci_viz.cli import main
from vitsci_viz.io import read_mask
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.spec import JobSpec, own_program
from vitsci_viz.simulation.datasets import SETS, make_set
from vitsci_viz.training.run_folder import RunFolder, read_facts, read_metrics
from vitsci_viz.workflows.catalogue import load_recipe

WAIT_S = 120
READY = Path(__file__).parents[2] / "data_samples" / "segment.yaml"
TINY = {
    "length": 32, "patch_size": 4, "min_size": 4, "width": 16, "depth": 1, "heads": 1, "batch_size": 2,
    "classes": {0: "background", 1: "vessel"},
}  # fmt: skip


def write_recipe(home, **options):
    content = {"version": 1, "workflow": "train", "inputs": {"data": str(home / "data")}}
    home.joinpath("segment.yaml").write_text(yaml.safe_dump({**content, "options": {**TINY, **options}}))
    return home / "segment.yaml"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a small set of images."""
    home = tmp_path_factory.mktemp("segment")
    home.joinpath("data").mkdir()
    make_set("vessels_set", home / "data", count=4, side=64)
    return home


@pytest.fixture(scope="module")
def trained(home):
    """The folder of a short run."""
    assert main(["train", str(write_recipe(home, epochs=3)), "--out", str(home / "run")]) == 0
    return home / "run"


def test_a_run_keeps_its_recipe_which_runs_the_same(call, trained, home):
    recipe = load_recipe(trained / "recipe.yaml")
    assert recipe.inputs == {"data": str(home / "data")}
    assert recipe.outputs == {"run": str(trained)}
    outcome = call("train", str(trained / "recipe.yaml"), "--out", str(home / "again"), "--json")
    assert json.loads(outcome.out)["steps"] == 6
    assert "best at step" in outcome.err
    rows, others = (read_metrics(RunFolder(folder))[0] for folder in (trained, home / "again"))
    assert [row["loss"] for row in rows] == [row["loss"] for row in others]


def test_a_second_run_in_the_folder_is_refused(call, trained):
    before = (trained / "run.json").read_bytes()
    outcome = call("train", str(trained / "recipe.yaml"))
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert "--resume" in outcome.err
    assert (trained / "run.json").read_bytes() == before


def test_evaluation_prints_what_the_contract_names(call, trained, home):
    outcome = call("evaluate", str(trained), str(home / "data"), "--json", "--out", str(home / "scores.csv"))
    results = json.loads(outcome.out)
    assert results["dice"].keys() == {"background", "vessel"}
    assert 0 <= results["mean_dice"] <= 1
    assert [row.keys() >= {"name", "dice"} for row in results["images"]] == [True] * 4
    assert results["interval"][0] <= results["mean_dice"] <= results["interval"][1]
    assert "worst images" in outcome.err
    assert (home / "scores.csv").read_text().count("\n") == 5


def test_prediction_writes_class_indices(call, trained, home):
    arguments = ("predict", str(trained), str(home / "data" / "images" / "eye001.png"), "--out", "labels.tif")
    outcome = call(*arguments)
    assert outcome.code == 0, outcome.err
    assert "vessel" in outcome.out
    labels = np.asarray(read_mask("labels.tif"))
    assert labels.shape == (64, 64)
    assert set(np.unique(labels)) <= {0, 1}
    assert (call(*arguments).code, call(*arguments, "--force").code) == (2, 0)


def test_the_ready_recipe_runs(call, tmp_path, monkeypatch):
    monkeypatch.setenv("VITSCI_VIZ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(SETS, "pathology_set", replace(SETS["pathology_set"], count=8, side=64))
    outcome = call("train", str(READY), "--out", "run", "--epochs", "1", "--json")
    assert outcome.code == 0, outcome.err
    assert json.loads(outcome.out)["classes"] == ["background", "nuclei", "glands"]


def until_steps(folder, count, alive):
    """Wait until so many steps have been noted."""
    deadline = time.monotonic() + WAIT_S
    while len(read_metrics(RunFolder(folder))[0]) < count:
        assert alive(), "it ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def submit(jobs, home, *arguments, **options):
    """Train as a job, from a recipe that travels with it."""
    recipe = write_recipe(home, **options).read_text()
    return jobs.submit(JobSpec(name="run", arguments=own_program("train", "{recipe}", *arguments), recipe=recipe))


def until_over(jobs, id):
    deadline = time.monotonic() + WAIT_S
    while not jobs.status(id).is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return jobs.status(id)


def test_a_job_that_is_cancelled_saves_and_goes_on(call, home, tmp_path):
    jobs, folder = LocalJobs(tmp_path / "jobs"), tmp_path / "run"
    id = submit(jobs, home, "--out", str(folder), epochs=5000, val_every=5000)
    until_steps(folder, 3, lambda: not jobs.status(id).is_over)
    jobs.cancel(id)
    assert (until_over(jobs, id).state, jobs.status(id).exit_code) == ("cancelled", 130)
    log = jobs.log(id)[0]
    assert f"saved; go on with: vitsci-viz train {folder} --resume" in log
    assert "Traceback" not in log
    assert read_facts(RunFolder(folder))["state"] == "stopped"
    assert_goes_on(call, folder)


def test_a_job_that_is_killed_loses_at_most_the_steps_since_its_last_checkpoint(call, home, tmp_path):
    jobs, folder = LocalJobs(tmp_path / "jobs"), tmp_path / "run"
    id = submit(jobs, home, "--out", str(folder), epochs=5000, val_every=5000, save_every=4)
    until_steps(folder, 6, lambda: not jobs.status(id).is_over)
    os.kill(jobs.status(id).pid, signal.SIGKILL)
    status = until_over(jobs, id)
    assert (status.state, status.exit_code) == ("failed", -9)
    assert_goes_on(call, folder)


def assert_goes_on(call, folder):
    """Two more epochs follow on the steps that were noted, each step once."""
    epochs = len(read_metrics(RunFolder(folder))[0]) // 2 + 2
    outcome = call("train", str(folder), "--resume", "--epochs", str(epochs))
    assert outcome.code == 0, outcome.err
    assert [row["step"] for row in read_metrics(RunFolder(folder))[0]] == list(range(1, 2 * epochs + 1))
    assert read_facts(RunFolder(folder))["state"] == "done"


def test_a_job_with_bad_data_says_why_in_one_line(home, tmp_path):
    jobs = LocalJobs(tmp_path / "jobs")
    status = until_over(jobs, submit(jobs, home, "--data", str(tmp_path / "none"), "--out", str(tmp_path / "run")))
    assert (status.state, status.exit_code) == ("failed", 2)
    assert status.message.startswith("vitsci-viz: ")
