"""What is written down of every step: metrics.jsonl for us, event files for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import OutputError
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
FLUSH_S = 20


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
        self._writer: Any = None
        if folder is not None:
            keep_metrics_until(folder, step)
            self._writer = _tensorboard(folder, step)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a line.

        Raises
        ------
        OutputError
            The disk is full or the place cannot be written.
        """
        self.rows.append(dict(row))
        if self._folder is None:
            return
        try:
            append_metrics(self._folder, row)
            for name, title in CHARTED.items():
                if row.get(name) is not None:
                    self._writer.add_scalar(title, row[name], row["step"])
        except OSError as error:
            raise OutputError(f"could not write {self._folder.metrics}: {error.strerror or error}") from error

    def close(self) -> None:
        """Write what is still held back."""
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                raise OutputError(f"could not write {self._folder}: {error.strerror or error}") from error


def _tensorboard(folder: RunFolder, step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    try:
        return SummaryWriter(str(folder.tensorboard), purge_step=step + 1 if step else None, flush_secs=FLUSH_S)
    except OSError as error:
        raise OutputError(f"could not write {folder.tensorboard}: {error.strerror or error}") from error
