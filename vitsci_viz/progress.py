"""How long work tells the outside how far it is, and how the outside stops it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: called from the working thread; raises `Cancelled` to stop."""


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing and never stop the work."""
