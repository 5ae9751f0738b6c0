"""How long work tells the outside how far it is, and how the outside stops it."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""``progress(stage, done, total)``: called from the working thread; raises `Cancelled` to stop."""


class Sentence(str):
    """A stage that is a sentence to be kept, such as what is about to be done: ``progress(Sentence(text), 0, 0)``."""

    __slots__ = ()


def silent(stage: str, done: int, total: int) -> None:
    """Report nothing and never stop the work."""
