"""A run is a function of its options: it can be stopped anywhere, resumed, and nobody can tell."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.discs import Discs, same_weights
from vitsci_viz.errors import Cancelled
from vitsci_viz.training.checkpoint import load_checkpoint
from vitsci_viz.training.loop import History, step_seed
from vitsci_viz.training.run_folder import RunFolder, read_metrics
from vitsci_viz.training.step import NotFiniteError, OutOfMemoryError

pytestmark = pytest.mark.usefixtures("one_thread")

MEASURED = ("seconds", "tokens_per_s", "peak_bytes", "step_seconds", "load_seconds")
"""Numbers of a line that no two runs share."""


class StopAt:
    """Progress that cancels when it is called for the n-th time."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise Cancelled


def learned(rows: Any) -> list[dict[str, Any]]:
    """Return lines of metrics without what is measured."""
    return [{name: value for name, value in row.items() if name not in MEASURED} for row in rows]


def folder_of(path: Path) -> RunFolder:
    path.mkdir(exist_ok=True)
    return RunFolder(path)


def interrupted(discs: Discs, folder: RunFolder, at: int, **more: Any) -> bool:
    """Train until the n-th report of progress; return whether the run was stopped by it."""
    try:
        discs.fit(run=folder, progress=StopAt(at), **more)
    except Cancelled:
        return True
    return False


# Dropout, accumulation that does not divide the epoch and saves between validations: all that could differ.
DELICATE = {"dropout": 0.2, "accumulate": 2, "batch_size": 1, "save_every": 3, "colour": 0.3, "crop": 16}


@pytest.fixture(scope="module")
def uninterrupted() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("at", range(1, 13))
def test_a_run_that_was_stopped_anywhere_and_resumed_equals_one_that_was_not(
    at: int, discs: Callable[..., Discs], tmp_path: Path, uninterrupted: dict[str, Any]
) -> None:
    case = discs(**DELICATE)
    if not uninterrupted:
        model, history = case.fit(run=folder_of(tmp_path / "whole"))
        uninterrupted |= {"model": model, "rows": learned(history.rows), "position": history.position}
    run = folder_of(tmp_path / "parts")
    assert interrupted(case, run, at)
    model, history = case.fit(model=case.model(seed=1), run=run, start=load_checkpoint(run.checkpoints / "last"))
    assert history.state == "done"
    assert same_weights(model, uninterrupted["model"])
    assert learned(read_metrics(run)[0]) == uninterrupted["rows"]
    assert (history.position.best, history.position.best_step) == (
        uninterrupted["position"].best, uninterrupted["position"].best_step,
    )  # fmt: skip


def test_a_killed_run_goes_on_from_its_last_save(discs: Callable[..., Discs], tmp_path: Path) -> None:
    """What a kill leaves: lines after the last checkpoint, the last of them cut short."""
    case = discs(val_every=3, save_every=2)
    model, history = case.fit(run=folder_of(tmp_path / "whole"))
    run = folder_of(tmp_path / "killed")
    case.fit(run=run, max_steps=2)
    with run.metrics.open("a") as file:
        file.write(json.dumps({**history.rows[2], "loss": -1.0}) + "\n" + '{"step": 4, "lo')
    again, _ = case.fit(model=case.model(1), run=run, start=load_checkpoint(run.checkpoints / "last"))
    assert same_weights(again, model)
    assert learned(read_metrics(run)[0]) == learned(history.rows)


def test_seeds_make_two_runs_equal_and_other_seeds_do_not(discs: Callable[..., Discs]) -> None:
    case = discs(dropout=0.1)
    (one, first), (two, second) = case.fit(), case.fit()
    assert same_weights(one, two)
    assert learned(first.rows) == learned(second.rows)
    _, other = case.fit(case.options.replace(seed=1))
    assert learned(other.rows) != learned(first.rows)


def test_torchs_generator_is_left_as_it_was(discs: Callable[..., Discs]) -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    discs(epochs=1).fit()
    assert torch.equal(torch.rand(3), expected)


def test_training_learns(discs: Callable[..., Discs]) -> None:
    case = discs(epochs=25, learning_rate=1e-2, width=32)
    _, history = case.fit()
    assert history.rows[-1]["loss"] < 0.6 * history.rows[0]["loss"]
    assert history.position.best is not None
    assert history.position.best > 0.8


def test_lines_hold_what_the_contract_names(discs: Callable[..., Discs], tmp_path: Path) -> None:
    run = folder_of(tmp_path / "run")
    _, history = discs(val_every=2, epochs=3).fit(run=run)
    rows, _ = read_metrics(run)
    assert rows == list(history.rows)
    assert {"step", "epoch", "loss", "val_dice", "seconds", "tokens_per_s", "peak_bytes"} <= rows[0].keys()
    assert [row["step"] for row in rows] == list(range(1, 7))
    assert [row["val_dice"] is not None for row in rows] == [False, False, False, True, False, True]
    assert [row["seconds"] for row in rows] == sorted(row["seconds"] for row in rows)
    assert all(row["peak_bytes"] > 10**7 and row["tokens_per_s"] > 0 for row in rows)


def test_time_goes_on_in_a_resumed_run(discs: Callable[..., Discs], tmp_path: Path) -> None:
    case, run = discs(), folder_of(tmp_path / "run")
    case.fit(run=run, max_steps=3)
    former = load_checkpoint(run.checkpoints / "last").position
    case.fit(run=run, start=load_checkpoint(run.checkpoints / "last"))
    assert read_metrics(run)[0][3]["seconds"] >= former.seconds > 0


def test_a_time_limit_stops_with_a_validation_and_a_checkpoint(discs: Callable[..., Discs], tmp_path: Path) -> None:
    run = folder_of(tmp_path / "run")
    case = discs(epochs=100_000, max_minutes=0.02, val_every=100_000)
    _, history = case.fit(run=run)
    assert history.state == "stopped"
    assert history.rows[-1]["val_dice"] is not None
    assert load_checkpoint(run.checkpoints / "last").position.step == history.position.step
    _, again = case.fit(run=run, start=load_checkpoint(run.checkpoints / "last"))
    assert again.rows == ()


def test_a_stop_after_some_steps_keeps_the_schedule(discs: Callable[..., Discs]) -> None:
    case = discs()
    _, whole = case.fit()
    _, part = case.fit(max_steps=2)
    assert part.state == "stopped"
    assert learned(part.rows)[0] == learned(whole.rows)[0]
    assert [row["learning_rate"] for row in part.rows] == [row["learning_rate"] for row in whole.rows[:2]]


def test_accumulated_batches_are_one_larger_batch(discs: Callable[..., Discs]) -> None:
    """With the cross-entropy alone and equal areas, two batches of one image make the step of one batch of two."""
    more = {"dice_weight": 0.0, "flips": False, "epochs": 2}
    large, small = discs(batch_size=2, **more), discs(batch_size=1, accumulate=2, **more)
    (one, first), (two, second) = large.fit(), small.fit()
    assert [row["loss"] for row in first.rows] == pytest.approx([row["loss"] for row in second.rows], rel=1e-4)
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-4)


def test_without_validation_the_best_weights_are_the_last(discs: Callable[..., Discs], tmp_path: Path) -> None:
    run = folder_of(tmp_path / "run")
    model, history = discs(epochs=1).fit(run=run, val=None)
    assert history.validation is None
    assert same_weights(model, load(run, "best", discs()))
    assert same_weights(model, load(run, "last", discs()))


def test_the_best_checkpoint_holds_the_weights_of_the_best_validation(
    discs: Callable[..., Discs], tmp_path: Path
) -> None:
    from vitsci_viz.training.validate import validate

    case, run = discs(epochs=6, learning_rate=0.03), folder_of(tmp_path / "run")
    _, history = case.fit(run=run)
    dice = {row["step"]: row["val_dice"] for row in history.rows}
    assert history.position.best == max(value for value in dice.values() if value is not None)
    best = load(run, "best", case)
    found = validate(best, case.val, case.normalisation, spec=case.spec)
    assert found.mean_dice == history.position.best == dice[history.position.best_step]
    assert load_checkpoint(run.checkpoints / "best").optimiser is None


def load(run: RunFolder, name: str, case: Discs) -> Any:
    model = case.model(seed=9)
    load_checkpoint(run.checkpoints / name).load_into(model)
    return model


def test_a_loss_that_is_not_finite_stops_and_names_the_images(discs: Callable[..., Discs], tmp_path: Path) -> None:
    case, run = discs(), folder_of(tmp_path / "run")
    case.fit(run=run, max_steps=2)
    model = case.model()
    start = load_checkpoint(run.checkpoints / "last")
    broken = {name: value.clone() for name, value in start.model.items()}
    next(iter(broken.values())).fill_(math.nan)
    from dataclasses import replace

    with pytest.raises(
        NotFiniteError, match=r"the loss must be finite, it became nan in step 3 .*images disc\d, disc\d"
    ):
        case.fit(model=model, run=run, start=replace(start, model=broken))
    assert load_checkpoint(run.checkpoints / "last").position.step == 2
    assert [row["step"] for row in read_metrics(run)[0]] == [1, 2]


def test_memory_that_does_not_suffice_says_what_to_lower(discs: Callable[..., Discs]) -> None:
    case = discs()

    class Hungry(torch.nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.inner, self.space, self.needs = inner, inner.space, inner.needs

        def forward(self, batch: Any) -> Any:
            return self.inner(batch) + torch.empty(2**50)[:1]

    with pytest.raises(OutOfMemoryError, match=r"2 sequences of up to \d+ tokens did not; lower batch_size") as found:
        case.fit(model=Hungry(case.model()))
    assert "length" in str(found.value)


def test_balanced_classes_weigh_by_the_root_of_their_area(discs: Callable[..., Discs]) -> None:
    equal, balanced = discs(epochs=1).fit()[1], discs(epochs=1, class_weights="balanced").fit()[1]
    assert equal.rows[0]["loss"] != balanced.rows[0]["loss"]


def test_every_tree_of_a_forest_is_a_sample(discs: Callable[..., Discs]) -> None:
    _, history = discs(forest=3, epochs=1, detail="edges").fit()
    assert len(history.rows) == 4 * 3 // 2
    assert history.validation is not None
    assert len(history.validation.names) == 2


@pytest.mark.parametrize("options", [{"head": "unetr"}, {"mode": "uniform", "length": None}])
def test_other_heads_and_the_uniform_grid_train_in_the_same_loop(
    options: dict[str, Any], discs: Callable[..., Discs]
) -> None:
    given = {name: value for name, value in options.items() if value is not None}
    _, history = discs(epochs=2, **given).fit()
    assert history.state == "done"
    assert all(math.isfinite(row["loss"]) for row in history.rows)


def test_no_two_steps_share_a_seed() -> None:
    assert len({step_seed(seed, step) for seed in range(30) for step in range(30)}) == 900


def test_histories_say_how_far_they_came(discs: Callable[..., Discs]) -> None:
    history: History = discs(epochs=1).fit()[1]
    assert (history.position.step, history.position.epoch, history.state) == (2, 1, "done")
