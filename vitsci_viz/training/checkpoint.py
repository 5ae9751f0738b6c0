"""Checkpoints: one file that holds all that is needed to predict, and to go on as if nothing had happened."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vitsci_viz import __version__
from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, MissingFileError, OptionError, OutputError
from vitsci_viz.training.card import Card

KIND = "vitsci-viz checkpoint"
FORMAT = 1
"""Raised when the meaning of an entry changes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Position:
    """How far a run has come.

    Parameters
    ----------
    step : int
        Changes of the weights so far.
    epoch : int
        Epoch of the last step, from 1; 0 before the first.
    best : float, optional
        Best validation Dice; None before the first validation.
    best_step : int
        Where it was reached.
    seconds : float
        Time spent in training, over all parts of a resumed run.
    skipped : mapping of str to int
        Images that could not be read, and how often they were left out.
    pending : mapping, optional
        Line of metrics of a step whose validation was interrupted: a resumed run begins with it.
    """

    step: int = 0
    epoch: int = 0
    best: float | None = None
    best_step: int = 0
    seconds: float = 0.0
    skipped: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, Any] | None = None

    def moved(self, **changes: Any) -> Position:
        """Return the position with some values changed."""
        return replace(self, **changes)


@dataclass(frozen=True, eq=False, kw_only=True)
class Checkpoint:
    """A model in the middle or at the end of its training.

    Parameters
    ----------
    card : Card
        What the model knows of its data.
    position : Position
        How far the run has come.
    model : mapping of str to Tensor
        Weights by name.
    optimiser : mapping, optional
        State of the optimiser; only in ``last``.
    versions : mapping of str to str
        What wrote it.
    """

    card: Card
    position: Position
    model: Mapping[str, Tensor]
    optimiser: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def load_into(self, model: torch.nn.Module, *, path: Path | str = "the checkpoint") -> None:
        """Give a model the weights.

        Parameters
        ----------
        model : nn.Module
            Built from the card's `spec`.
        path : path
            What to call the checkpoint in errors.

        Raises
        ------
        InputError
            The weights are those of another model.
        """
        try:
            model.load_state_dict(self.model)
        except RuntimeError as error:
            reason = " ".join(str(error).split(":", 1)[-1].split())
            raise InputError(
                f"the weights in {path} do not fit the model it names ({reason[:200]}): they were written by "
                f"{self.versions.get('vitsci-viz', 'another')} and this is {__version__}; train the model anew"
            ) from None


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; the one of that name stays until the new one is whole and on the disk.

    Raises
    ------
    OutputError
        The disk is full or the place cannot be written; the former checkpoint is kept.
    """
    content = {
        "kind": KIND,
        "format": FORMAT,
        "card": checkpoint.card.to_mapping(),
        "position": dict(vars(checkpoint.position)),
        "model": dict(checkpoint.model),
        "optimiser": checkpoint.optimiser,
        "versions": versions(),
    }
    try:
        with replacing(path) as temporary, temporary.open("wb") as file:
            _write(content, file)
    except OutputError as error:
        kept = "the one before is kept" if path.exists() else "make room and begin anew"
        raise OutputError(f"{error}; a checkpoint takes {_size_of(content):,} bytes; {kept}") from error


def _write(content: Mapping[str, Any], file: Any) -> None:
    try:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    except RuntimeError as error:  # torch's writer puts its own error over the one of the file
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def _size_of(content: Mapping[str, Any]) -> int:
    """Return the bytes of all tensors."""
    if isinstance(content, Tensor):
        return content.numel() * content.element_size()
    parts = content.values() if isinstance(content, Mapping) else content if isinstance(content, list | tuple) else ()
    return sum(_size_of(part) for part in parts)


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint; nothing in the file is executed.

    Parameters
    ----------
    path : path
        A file in ``checkpoints`` of a run folder.

    Returns
    -------
    Checkpoint
        Tensors on the CPU.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        The file is cut short or damaged, was not written by this program, or by another version of it.
    """
    content = _read(Path(path))
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise InputError(f"{path} is no checkpoint of vitsci-viz: name a run folder that train has written")
    if content.get("format") != FORMAT:
        raise InputError(
            f"{path} has format {content.get('format')}, this release ({__version__}) reads {FORMAT}: it was written "
            f"by {content.get('versions', {}).get('vitsci-viz', 'another release')}; use that release, or train anew"
        )
    try:
        return Checkpoint(
            card=Card.from_mapping(content["card"]),
            position=Position(**content["position"]),
            model=content["model"],
            optimiser=content["optimiser"],
            versions=content["versions"],
        )
    except (KeyError, TypeError, AttributeError, OptionError) as error:
        raise InputError(
            f"{path} lacks what a checkpoint must hold ({error}): it is damaged or of another release; train anew"
        ) from None


def _read(path: Path) -> Any:
    if not path.exists():
        raise MissingFileError(
            f"the checkpoint {path} does not exist: the run has not come to its first one, or it was moved"
        )
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):  # the directory of the archive comes last: a file cut short has none
                raise InputError(_not_whole(path, "it has no end"))
            # Torch reads weights past a wrong checksum, and a model of damaged weights still predicts something.
            if (damaged := zipfile.ZipFile(file).testzip()) is not None:
                raise InputError(_not_whole(path, f"the checksum of {damaged} is wrong"))
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, KeyError, AttributeError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(_not_whole(path, lines[0][:120])) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None


def _not_whole(path: Path, reason: str) -> str:
    return (
        f"{path} is no whole checkpoint ({reason}): the file was cut short or damaged, or is another program's; copy "
        "it again, take the other checkpoint of the run, or train anew"
    )


def versions() -> dict[str, str]:
    """Return the versions that trained weights depend on."""
    return {"vitsci-viz": __version__, "torch": str(torch.__version__)}
