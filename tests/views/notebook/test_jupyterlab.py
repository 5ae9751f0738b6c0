"""JupyterLab in a real browser: `vz.tune` shows itself, follows the mouse, and Python follows."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.views.session.runs import write_data

pytestmark = pytest.mark.browser

START_LIMIT_S = 120
PATIENCE_MS = 60_000
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
HANDLE = ".noUi-handle:visible"
SUMMARY = ".vz-summary"
READ = "print(len(tuned.tree), tuned.options.split_value, tuned.recipe.options['split_value'])"
"""A cell that prints what the Python object holds."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/api/status", timeout=5).read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A JupyterLab of this test alone: its address and the folder it serves."""
    home = tmp_path_factory.mktemp("lab")
    served, settings = home / "served", home / "settings" / "@jupyterlab" / "apputils-extension"
    served.mkdir()
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
    }  # fmt: skip
    environment = {**os.environ, **{name: str(home / place) for name, place in places.items()}}
    port, log = free_port(), home / "log.txt"
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={served}",
    ]  # fmt: skip
    with log.open("wb") as stream:
        process = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        try:
            wait_until_it_answers(f"http://127.0.0.1:{port}", process, log)
            yield f"http://127.0.0.1:{port}", served
        finally:
            process.terminate()
            process.wait(30)


class Notebook:
    """One notebook in the page."""

    def __init__(self, page, lab, *cells: str) -> None:
        address, served = lab
        name = f"{time.monotonic_ns()}/tune.ipynb"
        (served / name).parent.mkdir()
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        (served / name).write_text(
            json.dumps(
                {
                    "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel},
                    "cells": [
                        {
                            "cell_type": "code", "id": f"c{k}", "source": source, "metadata": {}, "outputs": [],
                            "execution_count": None,
                        }
                        for k, source in enumerate(cells)
                    ],
                }
            )
        )  # fmt: skip
        self.page = page
        page.set_default_timeout(PATIENCE_MS)
        page.set_viewport_size({"width": 1366, "height": 1040})
        page.goto(f"{address}/doc/tree/{name}?reset")
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        self.page.wait_for_selector(".jp-CodeCell .cm-content")
        dialog = self.page.locator(".jp-Dialog .jp-mod-accept")
        if dialog.count():
            dialog.first.click()
        # the indicator of the toolbar says idle before there is a kernel; the status bar does not
        self.page.get_by_text(re.compile(r"\| Idle$")).first.wait_for()

    def save(self) -> None:
        """Save and wait until the server has written the file."""
        with self.page.expect_response(lambda got: "/api/contents/" in got.url and got.request.method == "PUT"):
            self.page.locator("[data-jp-item-name=save]").first.click()

    def run(self, number: int) -> None:
        self.page.locator(".jp-CodeCell .cm-content").nth(number).click()
        self.page.keyboard.press("Control+Enter")

    def printed(self, number: int) -> str:
        """Run a cell that was not run before and return what it prints."""
        self.run(number)
        output = self.page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")
        output.first.wait_for()
        return output.last.inner_text().strip()

    def tokens(self) -> int:
        """Return the tokens that the readings show."""
        return int(re.match(r"([\d,]+) tokens", self.page.locator(SUMMARY).inner_text())[1].replace(",", ""))

    def wait_for_other_tokens(self, tokens: int) -> None:
        self.page.wait_for_function(
            "([selector, text]) => !document.querySelector(selector).innerText.startsWith(text)",
            arg=[SUMMARY, f"{tokens:,} tokens"],
        )

    def drag(self, pixels: int) -> None:
        """Drag the first visible slider with the mouse."""
        handle = self.page.locator(HANDLE).first
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, 9):
            self.page.mouse.move(x + pixels * step / 8, y)
        self.page.mouse.up()

    def canvas(self) -> np.ndarray:
        """Return the pixels of the canvas."""
        figure = self.page.locator(".bk-Figure").first
        figure.scroll_into_view_if_needed()
        png = figure.screenshot()
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def wait_for_picture(self) -> None:
        """Wait until the canvas shows more than its background."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while colours(self.canvas()) < 200:
            assert time.monotonic() < deadline, "the canvas stayed empty"
            self.page.wait_for_timeout(200)

    def wait_for_other_picture(self, drawn: np.ndarray) -> None:
        """Wait until a good part of the canvas shows something else."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while (self.canvas() != drawn).any(axis=-1).mean() < 0.01:
            assert time.monotonic() < deadline, "the canvas did not change"
            self.page.wait_for_timeout(200)


def colours(pixels: np.ndarray) -> int:
    return len(np.unique(pixels.reshape(-1, 3), axis=0))


@pytest.fixture
def notebook(page, lab):
    """A notebook with a tuned sample on show."""
    opened = Notebook(
        page, lab,
        'import vitsci_viz as vz\ntuned = vz.tune("sample:pathology", split_value=30, patch_size=8)\ntuned',
        "tuned.options = tuned.options.replace(split_value=150.0)",
        READ, READ,
    )  # fmt: skip
    opened.run(0)
    page.wait_for_selector(".bk-Figure")
    page.wait_for_selector(SUMMARY)
    opened.wait_for_picture()
    return opened


def test_dragging_the_slider_moves_the_leaves_the_readings_and_the_python_object(notebook, keep_picture):
    assert notebook.page.locator(SUMMARY).count() == 1, "shown by the call and by the last line, it must show once"
    first, drawn = notebook.tokens(), notebook.canvas()
    assert notebook.printed(2) == f"{first} 30.0 30.0"
    notebook.page.locator(".jp-CodeCell").first.scroll_into_view_if_needed()
    notebook.page.wait_for_function(f"document.querySelector('{SUMMARY}').innerText.includes('oracle Dice')")
    keep_picture("notebook", notebook.page.screenshot())

    notebook.drag(25)
    notebook.wait_for_other_tokens(first)
    notebook.page.wait_for_timeout(1000)
    tokens, split_value, in_recipe = notebook.printed(3).split()
    assert int(tokens) == notebook.tokens() < first
    assert float(split_value) == float(in_recipe) > 30
    notebook.wait_for_other_picture(drawn)


def test_python_moves_the_slider(notebook):
    first, handle = notebook.tokens(), notebook.page.locator(HANDLE).first.bounding_box()
    notebook.run(1)
    notebook.wait_for_other_tokens(first)
    assert notebook.page.locator(HANDLE).first.bounding_box()["x"] > handle["x"]


def test_a_wrong_value_says_so_beside_its_field_and_the_picture_stays(notebook):
    first, drawn = notebook.tokens(), notebook.canvas()
    field = notebook.page.get_by_label("Patch size (px)")
    field.fill("7")
    field.press("Enter")
    error = notebook.page.locator(".vz-error:visible")
    error.wait_for()
    assert "power of two" in error.inner_text()
    assert error.bounding_box()["y"] - field.bounding_box()["y"] < 40
    assert notebook.tokens() == first
    assert notebook.printed(2) == f"{first} 30.0 30.0"
    assert np.array_equal(notebook.canvas(), drawn)


def test_what_tokens_keep_is_a_layer_to_switch_on(notebook):
    drawn = notebook.canvas()
    notebook.page.get_by_text("From tokens").first.click()
    notebook.wait_for_other_picture(drawn)


def test_a_reloaded_page_shows_the_setting_again(notebook):
    first = notebook.tokens()
    notebook.drag(25)
    notebook.wait_for_other_tokens(first)
    notebook.page.wait_for_timeout(1000)
    tokens = notebook.tokens()
    notebook.save()
    notebook.page.reload()
    notebook.wait_for_kernel()
    notebook.page.wait_for_selector(".bk-Figure")
    notebook.wait_for_picture()
    assert notebook.tokens() == tokens
    notebook.drag(-25)
    notebook.wait_for_other_tokens(tokens)


SWEEP = """
image, mask = vz.open_sample("pathology")
options = vz.SweepOptions(patch_sizes=(8, 16), quality="fast")
vz.plot_front(vz.sweep_settings(image, mask, vz.sweep_grid(options, image.shape[:2]), has_ssim=False))
"""


def test_the_front_of_a_sweep_is_drawn_and_the_sliders_live_on(page, lab, keep_picture):
    opened = Notebook(
        page, lab, 'import vitsci_viz as vz\ntuned = vz.tune("sample:pathology", split_value=30, patch_size=8)', SWEEP
    )
    opened.run(0)
    page.wait_for_selector(SUMMARY)
    opened.wait_for_picture()
    first = opened.tokens()
    opened.run(1)
    front = page.locator(".jp-CodeCell").nth(1).locator(".bk-Figure")
    front.nth(1).wait_for()
    front.first.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    assert colours(np.asarray(Image.open(io.BytesIO(front.first.screenshot())).convert("RGB"))) > 20
    keep_picture("notebook_front", page.screenshot())
    opened.drag(25)
    opened.wait_for_other_tokens(first)


TRAIN = """
import vitsci_viz as vz
form = vz.train_form({data!r}, runs={runs!r}, width=16, depth=1, heads=2, patch_size=4, min_size=4, length=40,
                     batch_size=2, epochs=60, device="cpu")
form
"""


@pytest.mark.slow
def test_a_run_is_set_up_started_and_watched(page, lab, tmp_path, keep_picture):
    data, runs = str(write_data(tmp_path / "discs")), str(tmp_path / "runs")
    notebook = Notebook(page, lab, TRAIN.format(data=data, runs=runs), f"vz.watch_run({runs + '/first'!r}).wait(240)")
    notebook.run(0)
    page.get_by_text("60 epochs of 2 steps").wait_for()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("40")
    epochs.press("Tab")
    page.get_by_text("40 epochs of 2 steps").wait_for()
    page.get_by_placeholder("discs-tiny").fill("first")
    page.get_by_role("button", name="Start training").click()
    page.get_by_text("Best Dice").first.wait_for(timeout=4 * PATIENCE_MS)
    page.get_by_role("status").filter(has_text="done").first.wait_for(timeout=4 * PATIENCE_MS)
    page.get_by_alt_text("prediction of disc4").wait_for()
    keep_picture("train_notebook", page.screenshot())
    assert "state='done'" in notebook.printed(1)


CENTRE = """
import vitsci_viz as vz
tuned = vz.tune_centre("sample:scan", centre=130.0)
tuned
"""
READ_CENTRE = "print(f'{tuned.centre:.2f}', tuned.recipe.options['centre'] == tuned.centre)"


def axis_on(page) -> float:
    """Return where the note under the controls says that the axis is."""
    return float(re.search(r"axis at ([\d.]+) px", page.locator(".vz-note[role=status]").first.inner_text())[1])


def wait_for_axis(page, other_than: float) -> float:
    page.wait_for_function(
        "text => { const note = document.querySelector('.vz-note[role=status]');"
        " return note && note.innerText.includes('axis at') && !note.innerText.includes(text); }",
        arg=f"axis at {other_than:.2f} px",
    )
    return axis_on(page)


def test_the_slice_follows_the_axis_by_slider_and_by_its_line_on_the_sinogram(page, lab, keep_picture):
    notebook = Notebook(page, lab, CENTRE, READ_CENTRE, "print(f'{tuned.find()[0].centre_px:.2f} px')")
    notebook.run(0)
    assert wait_for_axis(page, -1) == 130
    figures = page.locator(".bk-Figure")
    assert figures.count() == 2, "shown by the call and by the last line, it must show once"
    notebook.wait_for_picture()
    notebook.drag(60)
    by_slider = wait_for_axis(page, 130)
    assert by_slider > 130
    page.wait_for_timeout(1000)
    centre, is_in_recipe = notebook.printed(1).split()
    assert (float(centre), is_in_recipe) == (axis_on(page), "True")

    figures.first.scroll_into_view_if_needed()
    box = figures.first.bounding_box()
    guide = page.locator(".vz-guide-x").first
    at = guide.bounding_box() if guide.count() else None
    x = box["x"] + box["width"] / 2 if at is None else at["x"] + at["width"] / 2
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x - 5 * step, y)
    page.mouse.up()
    by_line = wait_for_axis(page, axis_on(page))
    assert by_line < by_slider - 5

    page.wait_for_timeout(1000)
    found = notebook.printed(2)
    page.locator(".vz-note[role=status]").filter(has_text=f"axis at {found}").wait_for()
    page.locator(".jp-CodeCell").first.scroll_into_view_if_needed()
    keep_picture("notebook_centre", page.screenshot())
