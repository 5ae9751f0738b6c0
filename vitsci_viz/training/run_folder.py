"""The folder of a training run: where everything lies, readable without torch while the run goes on."""

import csv
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, MissingFileError

FORMAT = 1
"""Raised when the meaning of a file in the folder changes."""


@dataclass(frozen=True)
class RunFolder:
    """Places in a run folder.

    Parameters
    ----------
    path : Path
        The folder.
    """

    path: Path

    @property
    def recipe(self) -> Path:
        """The recipe that was run; paths inside are relative to the folder."""
        return self.path / "recipe.yaml"

    @property
    def facts(self) -> Path:
        """What is known of the run apart from its options (see `write_facts`)."""
        return self.path / "run.json"

    @property
    def metrics(self) -> Path:
        """One JSON line for every step."""
        return self.path / "metrics.jsonl"

    @property
    def splits(self) -> Path:
        """Which image was used for what: image, mask, group, split."""
        return self.path / "splits.csv"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints ``best`` and ``last``."""
        return self.path / "checkpoints"

    @property
    def previews(self) -> Path:
        """Folder of predictions on a few validation images, renewed at every validation."""
        return self.path / "previews"

    @property
    def tensorboard(self) -> Path:
        """Folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def is_run(self) -> bool:
        """Whether a run has begun here."""
        return self.facts.exists()


def open_run(path: Path | str) -> RunFolder:
    """Return an existing run folder.

    Raises
    ------
    MissingFileError
        There is no such folder.
    InputError
        The folder holds no run, or one of another format.
    """
    folder = RunFolder(Path(path))
    if not folder.path.is_dir():
        raise MissingFileError(f"the run folder {path} does not exist: name a folder that train has written")
    facts = read_facts(folder)
    if facts.get("format") != FORMAT:
        raise InputError(f"{path} is a run of format {facts.get('format')}, this release reads {FORMAT}: train it anew")
    return folder


def write_facts(folder: RunFolder, facts: Mapping[str, Any]) -> None:
    """Write what is known of a run: ``state``, ``classes``, ``spacing_um``, ``steps_total``, ``spec``, ``versions``."""
    with replacing(folder.facts) as temporary:
        temporary.write_text(json.dumps({"format": FORMAT, **facts}, indent=1) + "\n", encoding="utf-8")


def read_facts(folder: RunFolder) -> dict[str, Any]:
    """Return what `write_facts` wrote.

    Raises
    ------
    InputError
        The folder holds no run, or the file is damaged.
    """
    try:
        facts = json.loads(folder.facts.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{folder.path} holds no run ({folder.facts.name} is missing): name a folder of train"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{folder.facts} cannot be read ({error}): the run folder is damaged") from None
    return facts


def append_metrics(folder: RunFolder, row: Mapping[str, Any]) -> None:
    """Add a line; a line is written whole or, if the process dies, left out by `read_metrics`."""
    with folder.metrics.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read_metrics(folder: RunFolder, *, after_byte: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Return the lines from a byte on, and where to go on reading.

    Parameters
    ----------
    folder : RunFolder
        The run; it may be going on.
    after_byte : int
        What the last call returned; 0 reads everything.

    Returns
    -------
    rows : list of dict
        A last line that is not finished is left for the next call.
    next_byte : int
    """
    try:
        with folder.metrics.open("rb") as file:
            file.seek(0, os.SEEK_END)
            if file.tell() < after_byte:  # a resumed run has dropped lines
                after_byte = 0
            file.seek(after_byte)
            text = file.read()
    except FileNotFoundError:
        return [], 0
    whole = text[: text.rfind(b"\n") + 1]
    return [json.loads(line) for line in whole.splitlines() if line.strip()], after_byte + len(whole)


def keep_metrics_until(folder: RunFolder, step: int) -> None:
    """Drop the lines after a step: those that a resumed run writes again."""
    rows, _ = read_metrics(folder)
    with replacing(folder.metrics) as temporary:
        temporary.write_text("".join(json.dumps(row) + "\n" for row in rows if row["step"] <= step), encoding="utf-8")


def write_splits(folder: RunFolder, rows: Iterable[Sequence[str]]) -> None:
    """Write ``image, mask, group, split`` for every image."""
    with replacing(folder.splits) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("image", "mask", "group", "split"))
        writer.writerows(rows)
