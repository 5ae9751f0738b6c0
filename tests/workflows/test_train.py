"""Training from a recipe: what a run folder holds, what may begin in it, and what may go on."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from tests.training.discs import SMALL, write_discs
from vitsci_viz.errors import Cancelled, InputError, MissingFileError, OptionError, OutputError, OutputExistsError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.checkpoint import load_checkpoint
from vitsci_viz.training.lock import locked
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder, open_run, read_facts, read_metrics
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.catalogue import load_recipe, validate_recipe
from vitsci_viz.workflows.train import run_train


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITSCI_VIZ_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_discs(tmp_path / "data", count=5)


def recipe_for(data: Path | str, run: Path, **options: Any) -> Recipe:
    return validate_recipe(
        Recipe(
            workflow="train", inputs={"data": str(data)}, outputs={"run": str(run)},
            options={**SMALL, "epochs": 2, **options},
        )
    )  # fmt: skip


def train(recipe: Recipe, **more: Any) -> Report:
    return run_train(recipe, TrainOptions(**recipe.options), execution=ExecutionOptions(threads=1), **more)


def stopper(at: int) -> Any:
    """Return progress that cancels at a step."""

    def progress(stage: str, done: int, total: int) -> None:
        if stage.startswith("train") and done == at:
            raise Cancelled

    return progress


def weights(run: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return dict(load_checkpoint(run / "checkpoints" / name).model)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_run_folder_holds_all_that_the_contract_names(data: Path, tmp_path: Path) -> None:
    report = train(recipe_for(data, tmp_path / "deep" / "run"))
    folder = open_run(tmp_path / "deep" / "run")
    assert {path.name for path in folder.path.iterdir()} == {
        "recipe.yaml", "run.json", "metrics.jsonl", "splits.csv", "checkpoints", "previews", "tensorboard",
    }  # fmt: skip
    assert {path.name for path in folder.checkpoints.iterdir()} == {"best", "last"}
    assert {path.name for path in folder.previews.iterdir()} == {
        "index.json",
        f"{report.results['images'][0]['name']}.png",
    }
    facts = read_facts(folder)
    assert facts["state"] == report.results["state"] == "done"
    assert facts["steps_total"] == report.results["steps"] == len(read_metrics(folder)[0]) == 4
    assert facts["classes"] == ["background", "foreground"]
    assert {"spacing_um", "spec", "versions", "best_dice"} <= facts.keys()
    rows = list(csv.DictReader(folder.splits.read_text().splitlines()))
    assert sorted(row["split"] for row in rows) == ["train"] * 4 + ["val"]
    assert all((folder.path / row["image"]).resolve().is_file() for row in rows)
    assert [image["name"] for image in report.results["images"]] == [
        Path(row["image"]).stem for row in rows if row["split"] == "val"
    ]
    json.dumps(report.results)


def test_a_checkpoint_carries_what_prediction_needs(data: Path, tmp_path: Path) -> None:
    train(recipe_for(data, tmp_path / "run", classes={0: "ground", 1: "disc"}))
    card = load_checkpoint(tmp_path / "run" / "checkpoints" / "best").card
    assert card.classes == ("ground", "disc")
    assert card.spec.classes == 2
    assert len(card.mean) == len(card.std) == card.spec.channels == 1
    assert 50 < card.mean[0] < 150
    assert TrainOptions(**card.options) == TrainOptions(
        **recipe_for(data, tmp_path, classes={0: "ground", 1: "disc"}).options
    )


def test_the_recipe_in_the_folder_runs_again_bit_for_bit(data: Path, tmp_path: Path) -> None:
    train(recipe_for(data, tmp_path / "run"))
    kept = load_recipe(tmp_path / "run" / "recipe.yaml")
    assert kept.outputs["run"] == str(tmp_path / "run")
    again = Recipe(workflow="train", inputs=kept.inputs, outputs={"run": str(tmp_path / "again")}, options=kept.options)
    train(again)
    assert same(weights(tmp_path / "run"), weights(tmp_path / "again"))


@pytest.mark.parametrize("at", [1, 3, 4])
def test_a_run_that_was_stopped_goes_on_to_the_same_weights(at: int, data: Path, tmp_path: Path) -> None:
    train(recipe_for(data, tmp_path / "whole"))
    recipe = recipe_for(data, tmp_path / "run")
    with pytest.raises(Cancelled):
        train(recipe, progress=stopper(at))
    assert read_facts(RunFolder(tmp_path / "run"))["state"] == "stopped"
    report = train(recipe, resume=True)
    assert report.results["state"] == read_facts(RunFolder(tmp_path / "run"))["state"] == "done"
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))
    assert same(weights(tmp_path / "run", "best"), weights(tmp_path / "whole", "best"))


def test_a_run_that_was_stopped_before_its_first_checkpoint_begins_anew(data: Path, tmp_path: Path) -> None:
    train(recipe_for(data, tmp_path / "whole"))
    recipe = recipe_for(data, tmp_path / "run")
    with pytest.raises(Cancelled):
        train(recipe, progress=stopper(1))
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    train(recipe, resume=True)
    assert same(weights(tmp_path / "run"), weights(tmp_path / "whole"))


def test_a_finished_run_stays_as_it_is_when_resumed(data: Path, tmp_path: Path) -> None:
    recipe = recipe_for(data, tmp_path / "run")
    train(recipe)
    before = weights(tmp_path / "run")
    assert train(recipe, resume=True).results["state"] == "done"
    assert same(weights(tmp_path / "run"), before)


def test_a_resumed_run_may_be_given_more_epochs(data: Path, tmp_path: Path) -> None:
    train(recipe_for(data, tmp_path / "run"))
    report = train(recipe_for(data, tmp_path / "run", epochs=3), resume=True)
    assert (report.results["steps"], report.results["epochs"]) == (6, 3)
    assert load_recipe(tmp_path / "run" / "recipe.yaml").options["epochs"] == 3
    assert [row["step"] for row in read_metrics(RunFolder(tmp_path / "run"))[0]] == [1, 2, 3, 4, 5, 6]


def test_a_time_limit_counts_what_was_before_a_resume_and_a_larger_one_lets_the_run_go_on(
    data: Path, tmp_path: Path
) -> None:
    options = {"epochs": 5000, "val_every": 5000, "save_every": 100}
    report = train(recipe_for(data, tmp_path / "run", **options, max_minutes=0.01))
    assert report.results["state"] == read_facts(RunFolder(tmp_path / "run"))["state"] == "stopped"
    assert "max_minutes=0.01 ended the run: a larger one lets it go on" in report.results["notes"]
    again = train(recipe_for(data, tmp_path / "run", **options, max_minutes=0.01), resume=True)
    assert again.results["steps"] == report.results["steps"]
    longer = train(recipe_for(data, tmp_path / "run", **options, max_minutes=0.03), resume=True)
    assert longer.results["steps"] > report.results["steps"]


def test_a_run_is_not_begun_over_another_one(data: Path, tmp_path: Path) -> None:
    recipe = recipe_for(data, tmp_path / "run")
    train(recipe)
    with pytest.raises(OutputExistsError, match="--resume, replace it by --force"):
        train(recipe)
    (tmp_path / "run" / "notes.txt").write_text("mine")
    report = train(recipe_for(data, tmp_path / "run", epochs=1), force=True)
    assert report.results["steps"] == len(read_metrics(RunFolder(tmp_path / "run"))[0]) == 2
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_a_file_that_a_run_would_replace_is_kept(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "metrics.jsonl").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"metrics\.jsonl exists already"):
        train(recipe_for(data, tmp_path / "run"))
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == "mine"


def test_force_removes_no_folder_that_belongs_to_no_run(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "run" / "checkpoints" / "mine"
    kept.parent.mkdir(parents=True)
    kept.write_text("mine")
    with pytest.raises(OutputExistsError, match="belongs to no run"):
        train(recipe_for(data, tmp_path / "run"), force=True)
    assert kept.read_text() == "mine"


def test_a_run_goes_on_with_its_own_options_data_and_images(data: Path, tmp_path: Path) -> None:
    recipe = recipe_for(data, tmp_path / "run")
    with pytest.raises(InputError, match="holds no run"):
        train(recipe, resume=True)
    with pytest.raises(Cancelled):
        train(recipe, progress=stopper(2))
    with pytest.raises(OptionError, match=r"begun with learning_rate=0\.003 \(now 0\.1\), length=40 \(now 20\)"):
        train(recipe_for(data, tmp_path / "run", learning_rate=0.1, length=20), resume=True)
    other = write_discs(tmp_path / "other", count=5)
    with pytest.raises(OptionError, match="its own data"):
        train(recipe_for(other, tmp_path / "run"), resume=True)
    for part in ("images", "masks"):
        shutil.copy(data / part / "disc0.tif", data / part / "new.tif")
    with pytest.raises(InputError, match=r"lists 5, the data now hold 6 \(such as .*new\.tif\)"):
        train(recipe, resume=True)


def test_a_damaged_checkpoint_is_said_and_the_run_is_left_alone(data: Path, tmp_path: Path) -> None:
    recipe = recipe_for(data, tmp_path / "run")
    with pytest.raises(Cancelled):
        train(recipe, progress=stopper(2))
    last = tmp_path / "run" / "checkpoints" / "last"
    last.write_bytes(last.read_bytes()[:1000])
    lines = (tmp_path / "run" / "metrics.jsonl").read_text()
    with pytest.raises(InputError, match="no whole checkpoint"):
        train(recipe, resume=True)
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == lines


@pytest.mark.parametrize(
    ("change", "said"),
    [({"seed": 9}, "seed=9 (now 0)"), ({"width": 8}, "another model"), ({"classes": "0:a,1:b"}, "a, b")],
)
def test_a_run_goes_on_from_its_own_checkpoint(change: dict[str, Any], said: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        train(recipe := recipe_for(data, tmp_path / "run"), progress=stopper(2))
    train(recipe_for(data, tmp_path / "other", **change))
    last = RunFolder(tmp_path / "run").checkpoints / "last"
    shutil.copy(RunFolder(tmp_path / "other").checkpoints / "last", last)
    with pytest.raises(InputError, match="goes on from its own checkpoint") as found:
        train(recipe, resume=True)
    assert said in str(found.value)
    assert str(last) in str(found.value)


def test_two_runs_in_one_folder_are_refused(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with locked(RunFolder(tmp_path / "run")):
        for more in ({}, {"force": True}, {"resume": True}):
            with pytest.raises(OutputError, match="only one run may do so at a time"):
                train(recipe_for(data, tmp_path / "run"), **more)


def test_data_that_cannot_be_trained_on_leave_no_folder(data: Path, tmp_path: Path) -> None:
    (data / "masks" / "disc3.tif").unlink()
    with pytest.raises(MissingFileError, match="disc3"):
        train(recipe_for(data, tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_an_error_in_the_middle_is_kept_in_the_facts(data: Path, tmp_path: Path) -> None:
    def spoil(stage: str, done: int, total: int) -> None:
        if stage.startswith("train") and done == 1:
            for path in (data / "images").iterdir():
                path.write_bytes(b"broken")

    recipe = recipe_for(data, tmp_path / "run", crop=16, batch_size=1)
    with pytest.raises(InputError, match=r"disc\d"):
        train(recipe, progress=spoil)
    facts = read_facts(RunFolder(tmp_path / "run"))
    assert facts["state"] == "failed"
    assert "disc" in facts["error"]


def test_files_that_break_in_the_middle_are_skipped_and_counted_if_asked_for(data: Path, tmp_path: Path) -> None:
    trained: list[str] = []

    def spoil(stage: str, done: int, total: int) -> None:
        if stage.startswith("train") and done == 1:
            rows = csv.DictReader(RunFolder(tmp_path / "run").splits.read_text().splitlines())
            trained.extend(Path(row["image"]).stem for row in rows if row["split"] == "train")
            (data / "images" / f"{trained[0]}.tif").write_bytes(b"broken")

    recipe = recipe_for(data, tmp_path / "run", crop=16, epochs=4, batch_size=4, on_error="skip")
    report = train(recipe, progress=spoil)
    assert report.results["state"] == "done"
    assert set(report.results["skipped"]) == {trained[0]}
    assert read_facts(RunFolder(tmp_path / "run"))["skipped"] == report.results["skipped"]
    assert sum(row["skipped"] for row in read_metrics(RunFolder(tmp_path / "run"))[0]) >= 2


@pytest.mark.parametrize("part", ["images", "masks"])
def test_files_that_are_broken_from_the_start_stop_the_run_or_are_skipped(
    part: str, data: Path, tmp_path: Path
) -> None:
    for path in sorted((data / part).iterdir())[:2]:
        path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match=r"disc0\.tif"):
        train(recipe_for(data, tmp_path / "run"))
    report = train(recipe_for(data, tmp_path / "run", on_error="skip"))
    assert report.results["state"] == "done"
    assert report.results["skipped"].keys() == {"disc0", "disc1"}
    assert any("2 of 5 images could not be read and were left out: disc0 (" in each for each in report.results["notes"])


def test_a_run_of_which_nothing_can_be_read_any_more_stops(data: Path, tmp_path: Path) -> None:
    def spoil(stage: str, done: int, total: int) -> None:
        if stage.startswith("train") and done == 1:
            for path in (data / "images").iterdir():
                path.write_bytes(b"broken")

    with pytest.raises(InputError, match="all 4 were skipped"):
        train(recipe_for(data, tmp_path / "run", crop=16, epochs=50, on_error="skip"), progress=spoil)


def test_classes_that_nobody_can_learn_are_said(data: Path, tmp_path: Path) -> None:
    report = train(recipe_for(data, tmp_path / "run", classes={0: "ground", 1: "disc", 2: "ring"}))
    assert any("ring" in note for note in report.results["notes"])
    assert read_facts(RunFolder(tmp_path / "run"))["notes"] == report.results["notes"]


def test_without_validation_a_run_says_so(data: Path, tmp_path: Path) -> None:
    report = train(recipe_for(data, tmp_path / "run", val_share=0))
    assert report.results["best_dice"] is None
    assert any("nothing is kept for validation" in note for note in report.results["notes"])
    assert same(weights(tmp_path / "run", "best"), weights(tmp_path / "run"))


def test_volumes_train_by_the_same_code(tmp_path: Path) -> None:
    data = write_discs(tmp_path / "volumes", count=3, side=16, ndim=3)
    report = train(recipe_for(data, tmp_path / "run", epochs=1, batch_size=1, detail="gradient"))
    assert report.results["state"] == "done"
    assert load_checkpoint(tmp_path / "run" / "checkpoints" / "last").card.spec.ndim == 3


@pytest.fixture
def torch_threads() -> Iterator[int]:
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def test_threads_are_those_asked_for_and_put_back(data: Path, tmp_path: Path, torch_threads: int) -> None:
    seen: list[int] = []
    train(recipe_for(data, tmp_path / "run", epochs=1), progress=lambda *_: seen.append(torch.get_num_threads()))
    assert set(seen) == {1}
    assert torch.get_num_threads() == torch_threads


def test_masks_of_numbered_objects_become_foreground(data: Path, tmp_path: Path) -> None:
    for path in (data / "masks").iterdir():
        mask = tifffile.imread(path)
        tifffile.imwrite(path, (mask * np.arange(1, 33, dtype=np.uint8)).astype(np.uint8))
    report = train(recipe_for(data, tmp_path / "run", instances=True))
    assert report.results["classes"] == ["background", "foreground"]


@pytest.mark.data
def test_vertebrae_of_a_real_ct_are_learned_in_three_dimensions(data_dir: Path, tmp_path: Path) -> None:
    folder = data_dir / "medical_3d"
    (tmp_path / "again.nii.gz").symlink_to(folder / "example_ct.nii.gz")
    rows = (
        (folder / "example_ct.nii.gz", folder / "example_ct_vertebrae.nii.gz", "train"),
        (tmp_path / "again.nii.gz", folder / "example_ct_vertebrae.nii.gz", "val"),
    )
    table = tmp_path / "volumes.csv"
    table.write_text("image,mask,split\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows))
    options: dict[str, Any] = {"patch_size": 8, "length": 512, "width": 96, "depth": 2, "heads": 3, "flips": False}
    options |= {"instances": True, "class_weights": "balanced", "epochs": 40, "batch_size": 1, "val_every": 40}
    recipe = recipe_for(table, tmp_path / "run", **options)
    report = train(recipe)
    card = load_checkpoint(tmp_path / "run" / "checkpoints" / "best").card
    assert card.spacing_um == (3000.0, 3000.0, 3000.0)
    assert card.spec.ndim == 3
    assert report.results["best_dice"] > 0.4


def test_a_resumed_run_keeps_its_normalisation(data: Path, tmp_path: Path) -> None:
    broken = data / "images" / "disc1.tif"
    content = broken.read_bytes()
    broken.write_bytes(b"no picture")
    recipe = recipe_for(data, tmp_path / "run", on_error="skip", val_share=0.0)
    with pytest.raises(Cancelled):
        train(recipe, progress=stopper(2))
    before = load_checkpoint(tmp_path / "run/checkpoints/last").card
    broken.write_bytes(content)
    train(recipe, resume=True)
    after = load_checkpoint(tmp_path / "run/checkpoints/last").card
    assert (after.mean, after.std) == (before.mean, before.std)
