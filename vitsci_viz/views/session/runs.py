"""Training runs below folders: which there are, what each one is, which images it was made from."""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.run_folder import RunFolder, open_run, read_facts, read_metrics

DEPTH = 4
"""Folders below a root that are looked into."""
MOST_FOLDERS = 5_000
"""A search ends after so many folders: a data root may be a whole disk."""


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A run as a list shows it.

    Parameters
    ----------
    path : Path
        Its folder.
    name : str
        The folder's path below the root that it was found in.
    state : str
        What the run says of itself, such as ``running`` or ``done``.
    model : str
        Architecture, encoder and head in a few words.
    classes : tuple of str
        Names of the classes, background first.
    has_checkpoint : bool
        Something can be predicted with it.
    changed : float
        When the run last wrote, in seconds since 1970.
    problem : str
        Why it cannot be used; empty where it can.
    """

    path: Path
    name: str
    state: str = ""
    model: str = ""
    classes: tuple[str, ...] = ()
    has_checkpoint: bool = False
    changed: float = 0.0
    problem: str = ""


def find_runs(roots: Sequence[Path]) -> tuple[RunSummary, ...]:
    """Find the runs below some folders, the newest first.

    A run below two of the folders is named once; of two runs with one name the later found has its root before it.
    """
    found: dict[Path, RunSummary] = {}
    for root in roots:
        for folder in _run_folders(root):
            real = folder.resolve()
            if real in found or not real.is_relative_to(root.resolve()):
                continue
            run = summarise(folder, root)
            is_taken = any(run.name == other.name for other in found.values())
            found[real] = replace(run, name=f"{root.name}/{run.name}") if is_taken else run
    return tuple(sorted(found.values(), key=lambda run: -run.changed))


def summarise(folder: Path, root: Path) -> RunSummary:
    """Describe one run; what is wrong with it is part of the description."""
    name = folder.relative_to(root).as_posix()
    run = RunFolder(folder)
    try:
        facts = read_facts(open_run(folder))
    except VitsciVizError as error:
        return RunSummary(path=folder, name=name, problem=str(error).replace(f"{folder}", name))
    checkpoints = [run.checkpoints / each for each in ("best", "last")]
    has_checkpoint = any(path.exists() for path in checkpoints)
    return RunSummary(
        path=folder,
        name=name if name != "." else folder.name,
        state=str(facts.get("state", "")),
        model=model_words(facts.get("spec") or {}),
        classes=tuple(map(str, facts.get("classes") or ())),
        has_checkpoint=has_checkpoint,
        changed=max(path.stat().st_mtime for path in (run.facts, run.metrics, *checkpoints) if path.exists()),
        problem="" if has_checkpoint else "it has no checkpoint yet: wait for the first validation",
    )


def model_words(spec: dict[str, Any]) -> str:
    """Say a model in a few words.

    >>> model_words({"architecture": "vit", "width": 192, "depth": 12, "head": "token", "patch_size": [8, 8]})
    'ViT 192 x 12, token head, patch 8'
    >>> model_words({"architecture": "monai_unet"})
    'MONAI U-Net'
    """
    architecture = str(spec.get("architecture", ""))
    if architecture != "vit":
        return {"monai_unet": "MONAI U-Net", "monai_unetr": "MONAI UNETR"}.get(architecture, architecture)
    sides = list(dict.fromkeys(spec.get("patch_size", ())))
    head = {"token": "token head", "unetr": "UNETR-type decoder"}.get(spec.get("head", ""), "")
    parts = [f"ViT {spec.get('width')} x {spec.get('depth')}", head]
    return ", ".join([*filter(None, parts), *([f"patch {' x '.join(map(str, sides))}"] if sides else [])])


def best_val_dice(run: RunFolder) -> float | None:
    """Return the best validation Dice of a run; None before the first validation."""
    rows, _ = read_metrics(run)
    known = [float(row["val_dice"]) for row in rows if row.get("val_dice") is not None]
    return max((value for value in known if not math.isnan(value)), default=None)


def _run_folders(root: Path) -> Iterator[Path]:
    """Yield the folders that hold a run; folders inside a run and hidden ones are passed over."""
    level, seen = [root], 0
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            seen += 1
            if seen > MOST_FOLDERS:
                return
            if RunFolder(folder).is_run:
                yield folder
            else:
                below += _folders_in(folder)
        level = below


def _folders_in(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                and not entry.name.endswith(".zarr")
            ]  # fmt: skip
    except OSError:  # a folder that may not be entered holds nothing for this user
        return []
