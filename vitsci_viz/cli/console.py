"""What the terminal shows while work is under way."""

import sys
import threading
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from vitsci_viz.progress import Sentence

PATIENCE_S = 1.0
"""Work shorter than this shows no progress."""
LINE_EVERY_S = 10.0
"""Where no terminal listens, a line is written this often."""
LEFT_FROM_S = 90.0
"""What takes longer says how much is left."""
MOST_BARS = 6
NARROW, WIDE = 80, 120


def console_for(stream: Any) -> Console:
    """Return a console for a stream; where nobody looks (a file, a pipe) lines are long enough for tables."""
    is_terminal = bool(getattr(stream, "isatty", lambda: False)())
    return Console(file=stream, width=None if is_terminal else WIDE, highlight=False, soft_wrap=False)


class ProgressLines:
    """Progress with a rate on stderr, shown once the work has taken a second.

    A terminal gets a bar, anything else a line now and then. Call it as ``progress(stage, done, total)``.
    """

    def __init__(self) -> None:
        self._console = console_for(sys.stderr)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._started: dict[str, tuple[float, int]] = {}
        self._begin = self._last_line = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> "ProgressLines":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of how far a stage is; what follows a comma in its name is news of it (such as the loss)."""
        with self._lock:
            if isinstance(stage, Sentence):
                (self._bars.console if self._bars is not None else self._console).print(stage, soft_wrap=True)
                return
            now = time.monotonic()
            name = stage.partition(",")[0]
            started, first = self._started.setdefault(name, (now, done))
            if now - self._begin < PATIENCE_S:
                return
            rate = (done - first) / (now - started) if now > started else 0.0
            if self._console.is_terminal:
                self._show_bar(name, stage, done, total, rate)
            elif now - self._last_line >= LINE_EVERY_S:
                self._last_line = now
                self._console.print(f"{stage}: {done:,} of {total:,} {_pace(total - done, rate)}".rstrip())

    def _show_bar(self, name: str, stage: str, done: int, total: int, rate: float) -> None:
        if self._bars is None:
            self._bars = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(bar_width=32),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]:>10}"),
                TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._bars.start()
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(stage, total=total, rate="")
            self._hide_all_but_the_last()
        shown = _pace(total - done, rate).strip("()")
        self._bars.update(self._tasks[name], description=stage, completed=done, total=total, rate=shown)

    def _hide_all_but_the_last(self) -> None:
        """Keep the bars of many images from filling the screen."""
        for task in list(self._tasks.values())[:-MOST_BARS]:
            if self._bars is not None:
                self._bars.update(task, visible=False)


def _pace(left: int, rate: float) -> str:
    """Say how fast it goes and how long it will still take; nothing before that is known."""
    if rate <= 0:
        return ""
    seconds = left / rate
    if seconds < LEFT_FROM_S:
        return f"({speed(rate)})"
    minutes = round(seconds / 60)
    hours = f"{minutes // 60} h " if minutes >= 60 else ""
    return f"({speed(rate)}, {hours}{minutes % 60} min left)"


def speed(rate: float) -> str:
    """Write how fast something goes.

    >>> speed(1234.5), speed(2.5), speed(0.04)
    ('1,234/s', '2.5/s', '25 s each')
    """
    if rate >= 10:
        return f"{rate:,.0f}/s"
    return f"{rate:.1f}/s" if rate >= 1 else f"{1 / rate:.{0 if rate <= 0.1 else 1}f} s each"
