"""A checkpoint is whole or refused with one line, and a failed save costs nothing."""

import errno
import pickle
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.discs import Discs, same_weights
from vitsci_viz.errors import InputError, MissingFileError, OutputError
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.training.card import Card
from vitsci_viz.training.checkpoint import Checkpoint, Position, load_checkpoint, save_checkpoint
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.run_folder import RunFolder

SPEC = ModelSpec(width=16, depth=1, heads=2, patch_size=(4, 4), min_size=(2, 2), image_size=(32, 48))
LABELS = LabelMap(values=(0, 7), names=("glass", "tissue"), ignore=(3, 9))


def a_checkpoint(seed: int = 0, **position: Any) -> Checkpoint:
    card = Card(
        spec=SPEC, labels=LABELS, mean=(1.5,), std=(0.25,), spacing_um=(0.5, 0.5), options={"length": 40}
    )  # fmt: skip
    model = build_model(SPEC, seed=seed)
    optimiser = torch.optim.AdamW(model.parameters())
    for weight in model.parameters():
        weight.grad = torch.ones_like(weight)
    optimiser.step()
    return Checkpoint(
        card=card, position=Position(**position), model=model.state_dict(), optimiser=optimiser.state_dict()
    )  # fmt: skip


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_checkpoint_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    saved = a_checkpoint(step=12, epoch=3, best=0.5, best_step=8, seconds=1.5, skipped={"a": 2}, pending={"loss": 1.0})
    save_checkpoint(saved, tmp_path / "last")
    found = load_checkpoint(tmp_path / "last")
    assert vars(found.card) == vars(saved.card)
    assert vars(found.position) == vars(saved.position)
    assert found.card.classes == ("glass", "tissue")
    model = build_model(SPEC, seed=5)
    found.load_into(model)
    assert all(torch.equal(value, saved.model[name]) for name, value in model.state_dict().items())
    assert found.optimiser is not None
    assert found.optimiser["param_groups"] == saved.optimiser["param_groups"]
    assert set(found.versions) >= {"vitsci-viz", "torch"}


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_checkpoint_is_refused_in_one_line(share: float, tmp_path: Path) -> None:
    path = tmp_path / "last"
    save_checkpoint(a_checkpoint(), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="is no whole checkpoint") as found:
        load_checkpoint(path)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("part", ["embedding", "position"])
def test_damaged_weights_are_refused_and_not_predicted_with(part: str, tmp_path: Path) -> None:
    path = tmp_path / "best"
    saved = a_checkpoint()
    save_checkpoint(saved, path)
    weight = next(value for name, value in saved.model.items() if value.ndim == 2)
    content = path.read_bytes()
    wanted = weight.numpy().tobytes() if part == "embedding" else b"best_step"
    path.write_bytes(content.replace(wanted, wanted[:-1] + bytes([wanted[-1] ^ 1])))
    assert path.read_bytes() != content
    with pytest.raises(InputError, match="checksum"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [{"weight": torch.zeros(3)}, [1, 2], "text", {"kind": "another"}])
def test_a_file_of_another_program_is_refused(content: Any, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "last")
    with pytest.raises(InputError, match="is no checkpoint of vitsci-viz"):
        load_checkpoint(tmp_path / "last")


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "executed",)

    for name, save in (("torch", torch.save), ("pickle", lambda value, path: path.write_bytes(pickle.dumps(value)))):
        save({"kind": Harmful()}, tmp_path / name)
        with pytest.raises(InputError, match="is no whole checkpoint"):
            load_checkpoint(tmp_path / name)
    assert not (tmp_path / "executed").exists()


def test_noise_is_refused(tmp_path: Path) -> None:
    (tmp_path / "last").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(InputError, match="is no whole checkpoint"):
        load_checkpoint(tmp_path / "last")
    with pytest.raises(InputError, match="cannot be read"):
        load_checkpoint(tmp_path)


def test_a_missing_checkpoint_says_why_it_may_be_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="has not come to its first one"):
        load_checkpoint(tmp_path / "best")


def rewritten(path: Path, **changes: Any) -> Path:
    content = torch.load(path, weights_only=True)
    torch.save({**content, **changes}, path)
    return path


def test_another_format_is_named_with_the_release_that_wrote_it(tmp_path: Path) -> None:
    save_checkpoint(a_checkpoint(), tmp_path / "last")
    rewritten(tmp_path / "last", format=99, versions={"vitsci-viz": "9.9"})
    with pytest.raises(InputError, match=r"has format 99, .* it was written by 9\.9"):
        load_checkpoint(tmp_path / "last")


@pytest.mark.parametrize("changes", [{"card": {}}, {"position": {"steps": 1}}, {"model": None, "card": None}])
def test_a_checkpoint_that_lacks_a_part_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    save_checkpoint(a_checkpoint(), tmp_path / "last")
    with pytest.raises(InputError, match="lacks what a checkpoint must hold"):
        load_checkpoint(rewritten(tmp_path / "last", **changes))


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_checkpoint(a_checkpoint(), tmp_path / "last")
    found = load_checkpoint(tmp_path / "last")
    for change in ({"width": 32}, {"depth": 2}):
        with pytest.raises(InputError, match=r"do not fit the model it names .*train the model anew") as error:
            found.load_into(build_model(SPEC.replace(**change), seed=0), path=tmp_path / "last")
        assert "\n" not in str(error.value)


def test_a_full_disk_keeps_the_former_checkpoint_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "last"
    save_checkpoint(a_checkpoint(step=1), path)
    with largest_file(path.stat().st_size // 2), pytest.raises(OutputError, match="the one before is kept") as found:
        save_checkpoint(a_checkpoint(step=2), path)
    assert isinstance(found.value.__cause__, OSError)
    assert load_checkpoint(path).position.step == 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_stops_the_run_at_its_last_checkpoint(
    discs: Callable[..., Discs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, run = discs(save_every=1, val_every=100), RunFolder(tmp_path)
    written = torch.save

    def save(content: Any, file: Any) -> None:
        if content["position"]["step"] == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written(content, file)

    monkeypatch.setattr(torch, "save", save)
    with pytest.raises(OutputError, match=r"No space left on device.* the one before is kept"):
        case.fit(run=run)
    assert load_checkpoint(run.checkpoints / "last").position.step == 2
    monkeypatch.undo()
    model, _ = case.fit(model=case.model(3), run=run, start=load_checkpoint(run.checkpoints / "last"))
    assert same_weights(model, case.fit()[0])
