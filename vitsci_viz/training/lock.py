"""One run at a time in a run folder."""

from contextlib import AbstractContextManager

from vitsci_viz import lock
from vitsci_viz.training.run_folder import RunFolder

NAME = "run.lock"


def locked(folder: RunFolder) -> AbstractContextManager[None]:
    """Keep other runs out of a folder while a block runs: see `vitsci_viz.lock.locked`."""
    return lock.locked(folder.path / NAME, work=f"trains in {folder.path}")


def holder_of(folder: RunFolder) -> lock.Holder | None:
    """Return who trains in a folder; None where nobody does, a run that was killed included."""
    return lock.holder_of(folder.path / NAME)
