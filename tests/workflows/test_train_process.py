"""A run in a process of its own: killed, interrupted, out of disk, and every time none the worse for it."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.discs import SMALL, write_discs
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.checkpoint import load_checkpoint
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder, read_facts, read_metrics
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import dump_recipe, load_recipe, validate_recipe
from vitsci_viz.workflows.train import run_train

pytestmark = pytest.mark.slow

STEPS = 60
PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, and a whole run to compare with."""
    folder = tmp_path_factory.mktemp("process")
    write_discs(folder / "data", count=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITSCI_VIZ_CACHE", str(folder / "cache"))
        go_on(write_recipe(folder, "whole"), resume=False)
    return folder


def write_recipe(folder: Path, name: str) -> Path:
    options = {**SMALL, "epochs": STEPS // 2, "val_every": 7, "save_every": 5, "dropout": 0.1}
    recipe = Recipe(
        workflow="train", inputs={"data": str(folder / "data")}, outputs={"run": str(folder / name)}, options=options
    )
    dump_recipe(validate_recipe(recipe), folder / f"{name}.yaml", force=True)
    return folder / f"{name}.yaml"


def go_on(recipe: Path, *, resume: bool = True) -> None:
    loaded = load_recipe(recipe)
    run_train(loaded, TrainOptions(**loaded.options), execution=ExecutionOptions(threads=1), resume=resume)


def start(recipe: Path, cache: Path, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vitsci_viz.cli", "train", str(recipe), "--threads", "1"],
        env={**os.environ, "VITSCI_VIZ_CACHE": str(cache)}, stderr=subprocess.PIPE, text=True, **more,
    )  # fmt: skip


def wait_for_step(run: RunFolder, step: int, process: subprocess.Popen[str]) -> None:
    """Wait until a running process has come to a step."""
    for _ in range(int(PATIENCE_S / 0.01)):
        rows, _ = read_metrics(run)
        if rows and rows[-1]["step"] >= step:
            return
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    pytest.fail(f"the run did not come to step {step}")


def learned(run: Path) -> tuple[list[tuple[float, float | None]], dict[str, torch.Tensor]]:
    rows, _ = read_metrics(RunFolder(run))
    weights = dict(load_checkpoint(run / "checkpoints" / "last").model)
    return [(row["loss"], row["val_dice"]) for row in rows], weights


def assert_same(run: Path, whole: Path) -> None:
    (rows, weights), (expected_rows, expected) = learned(run), learned(whole)
    assert rows == expected_rows
    assert len(rows) == STEPS
    assert all(torch.equal(value, expected[name]) for name, value in weights.items())


def test_a_killed_run_loses_at_most_the_steps_since_its_last_checkpoint(place: Path) -> None:
    recipe, run = write_recipe(place, "killed"), RunFolder(place / "killed")
    with start(recipe, place / "cache") as process:
        wait_for_step(run, 13, process)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    reached = read_metrics(run)[0][-1]["step"]
    assert reached - load_checkpoint(run.checkpoints / "last").position.step <= 5
    assert read_facts(run)["state"] == "running"
    go_on(recipe)
    assert_same(run.path, place / "whole")


def test_ctrl_c_saves_and_the_run_goes_on_as_if_nothing_had_been(place: Path) -> None:
    recipe, run = write_recipe(place, "interrupted"), RunFolder(place / "interrupted")
    with start(recipe, place / "cache") as process:
        wait_for_step(run, 8, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert read_facts(run)["state"] == "stopped"
    position = load_checkpoint(run.checkpoints / "last").position
    assert position.step - read_metrics(run)[0][-1]["step"] == (0 if position.pending is None else 1)
    go_on(recipe)
    assert_same(run.path, place / "whole")


def test_a_full_disk_is_one_line_and_the_last_good_checkpoint_survives(place: Path) -> None:
    """No file may grow beyond what a checkpoint without its optimiser needs: ``best`` fits, ``last`` does not."""
    recipe, run = write_recipe(place, "full"), RunFolder(place / "full")
    sizes = {path.name: path.stat().st_size for path in (place / "whole" / "checkpoints").iterdir()}
    limit = (sizes["best"] + sizes["last"]) // 2

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    with start(recipe, place / "cache", preexec_fn=bound) as process:
        _, said = process.communicate(timeout=PATIENCE_S)
    lines = [line for line in said.splitlines() if line.startswith("vitsci-viz:")]
    assert process.returncode == 1, said
    assert len(lines) == 1
    assert "last" in lines[0]
    assert "Traceback" not in said
    assert load_checkpoint(run.checkpoints / "best").position.step == 5
    assert read_facts(run)["state"] == "failed"
    go_on(recipe)
    assert_same(run.path, place / "whole")
