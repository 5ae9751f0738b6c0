"""What is written down of every step: metrics.jsonl for us, event files for TensorBoard."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import OutputError
from vitsci_viz.training.events import EventFile
from vitsci_viz.training.run_folder import append_metrics, keep_metrics_until

if TYPE_CHECKING:
    from vitsci_viz.training.run_folder import RunFolder

CHARTED = {
    "loss": "train/loss",
    "learning_rate": "train/learning_rate",
    "gradient_norm": "train/gradient_norm",
    "tokens_per_s": "train/tokens_per_s",
    "val_dice": "val/dice",
}
"""Numbers of a step that TensorBoard shows, and their names there."""


class Recorder:
    """Writes the lines of a run.

    Parameters
    ----------
    folder : RunFolder, optional
        Where; None writes nothing.
    step : int
        Last step of the run so far: lines after it are dropped, as they will be written again.

    Attributes
    ----------
    rows : list of dict
        Lines of this part of the run.
    """

    def __init__(self, folder: RunFolder | None, step: int = 0) -> None:
        self.rows: list[dict[str, Any]] = []
        self._folder = folder
        self._events: EventFile | None = None
        if folder is not None:
            keep_metrics_until(folder, step)
            with _saying(folder.tensorboard):
                self._events = EventFile(folder.tensorboard, step=step)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a line.

        Raises
        ------
        OutputError
            The disk is full or the place cannot be written.
        """
        self.rows.append(dict(row))
        if self._folder is None or self._events is None:
            return
        with _saying(self._folder.metrics):
            append_metrics(self._folder, row)
        with _saying(self._folder.tensorboard):
            values = {title: row[name] for name, title in CHARTED.items() if row.get(name) is not None}
            self._events.add(row["step"], values)

    def close(self) -> None:
        """Close the files."""
        if self._events is not None:
            with contextlib.suppress(OSError):  # what is left could not be written before, and that was said then
                self._events.close()


@contextlib.contextmanager
def _saying(path: Path) -> Iterator[None]:
    """Put a failed write in one line."""
    try:
        yield
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"could not write {path}: {error.strerror or error}") from error
