"""What the terminal shows while work is under way."""

import sys
import threading
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PATIENCE_S = 1.0
"""Work shorter than this shows no progress."""
LINE_EVERY_S = 10.0
"""Where no terminal listens, a line is written this often."""
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
        self._started: dict[str, float] = {}
        self._begin = self._last_line = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> "ProgressLines":
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note of how far a stage is."""
        with self._lock:
            now = time.monotonic()
            started = self._started.setdefault(stage, now)
            if now - self._begin < PATIENCE_S:
                return
            rate = done / (now - started) if now > started else 0.0
            if self._console.is_terminal:
                self._show_bar(stage, done, total, rate)
            elif now - self._last_line >= LINE_EVERY_S:
                self._last_line = now
                self._console.print(f"{stage}: {done:,} of {total:,} ({rate:,.1f}/s)")

    def _show_bar(self, stage: str, done: int, total: int, rate: float) -> None:
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
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total, rate="")
        shown = f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
        self._bars.update(self._tasks[stage], completed=done, total=total, rate=shown)
