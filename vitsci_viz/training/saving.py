"""Where the checkpoints of a run go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import OutputError
from vitsci_viz.training.checkpoint import Checkpoint, Position, save_checkpoint

if TYPE_CHECKING:
    import torch

    from vitsci_viz.training.card import Card
    from vitsci_viz.training.run_folder import RunFolder

BEST, LAST = "best", "last"
"""Names of the two checkpoints of a run: to predict with, and to go on from."""


class Saver:
    """Writes the checkpoints of one run.

    Parameters
    ----------
    folder : RunFolder, optional
        The run; None writes nothing.
    card : Card
        What the checkpoints say of the data.
    """

    def __init__(self, folder: RunFolder | None, card: Card) -> None:
        self._folder, self._card = folder, card

    def best(self, position: Position, model: torch.nn.Module) -> None:
        """Write the weights to predict with."""
        self._write(BEST, position, model, None)

    def last(self, position: Position, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> None:
        """Write all that is needed to go on."""
        self._write(LAST, position, model, optimiser.state_dict())

    def _write(self, name: str, position: Position, model: torch.nn.Module, optimiser: Any) -> None:
        if self._folder is None:
            return
        try:
            self._folder.checkpoints.mkdir(exist_ok=True)
        except OSError as error:
            raise OutputError(f"could not write {self._folder.checkpoints}: {error.strerror or error}") from error
        checkpoint = Checkpoint(card=self._card, position=position, model=model.state_dict(), optimiser=optimiser)
        save_checkpoint(checkpoint, self._folder.checkpoints / name)
