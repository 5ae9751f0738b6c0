"""Progress shows itself only where work takes long, as a bar or as lines."""

import io

import pytest
from rich.console import Console

from vitsci_viz.cli import console
from vitsci_viz.cli.console import WIDE, ProgressLines, console_for
from vitsci_viz.progress import Sentence


def _progress(monkeypatch, *, is_terminal, patience_s=0.0, line_every_s=0.0):
    monkeypatch.setattr(console, "PATIENCE_S", patience_s)
    monkeypatch.setattr(console, "LINE_EVERY_S", line_every_s)
    stream = io.StringIO()
    shown = Console(file=stream, force_terminal=is_terminal, width=100)
    monkeypatch.setattr(console, "console_for", lambda _: shown)
    return ProgressLines(), stream


def test_quick_work_shows_nothing(monkeypatch):
    progress, stream = _progress(monkeypatch, is_terminal=True, patience_s=60.0)
    with progress:
        for done in range(5):
            progress("detail", done, 5)
    assert stream.getvalue() == ""


def test_long_work_shows_a_bar_with_a_rate(monkeypatch):
    progress, stream = _progress(monkeypatch, is_terminal=True)
    with progress:
        for done in range(6):
            progress("detail", done, 5)
        progress("tokens", 1, 2)
    assert "detail" in stream.getvalue()
    assert "5/5" in stream.getvalue()
    assert "/s" in stream.getvalue()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_sentence_is_shown_at_once_and_stays(monkeypatch, is_terminal):
    progress, stream = _progress(monkeypatch, is_terminal=is_terminal, patience_s=60.0, line_every_s=60.0)
    with progress:
        progress(Sentence("three slabs"), 0, 0)
    assert stream.getvalue().strip() == "three slabs"


def test_a_log_gets_lines(monkeypatch):
    progress, stream = _progress(monkeypatch, is_terminal=False)
    with progress:
        progress("detail", 1, 2000)
    assert stream.getvalue().startswith("detail: 1 of 2,000")


def test_news_of_a_stage_stay_on_one_bar(monkeypatch):
    progress, stream = _progress(monkeypatch, is_terminal=True)
    with progress:
        for done in range(4):
            progress(f"train, loss 0.{9 - done}", done, 3)
        assert len(progress._tasks) == 1
    assert "loss 0.6" in stream.getvalue()


def test_many_images_do_not_fill_the_screen(monkeypatch):
    progress, _ = _progress(monkeypatch, is_terminal=True)
    with progress:
        for number in range(20):
            progress(f"image {number}", 1, 1)
        assert sum(task.visible for task in progress._bars.tasks) == console.MOST_BARS
        assert progress._bars.tasks[-1].visible


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(60, "(1.7/s)"), (3_000, "(30 s each, 50 min left)"), (12_000, "(120 s each, 3 h 18 min left)")],
)
def test_long_work_says_how_much_is_left(monkeypatch, seconds, text):
    now = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    progress, stream = _progress(monkeypatch, is_terminal=False)
    with progress:
        progress("train", 50, 150)  # resumed: what was done before says nothing of the speed
        now[0] += seconds / 100
        progress("train", 51, 150)
    assert stream.getvalue().splitlines()[-1].endswith(text)


def test_a_log_is_not_flooded(monkeypatch):
    progress, stream = _progress(monkeypatch, is_terminal=False, line_every_s=60.0)
    with progress:
        for done in range(100):
            progress("detail", done, 100)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("text", ["[red]not markup[/red]", "a" * 100])
def test_a_pipe_gets_long_lines(text):
    stream = io.StringIO()
    console_for(stream).print(text, markup=False)
    assert stream.getvalue() == text + "\n"
    assert console_for(stream).width == WIDE
