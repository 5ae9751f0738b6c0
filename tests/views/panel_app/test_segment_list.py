"""The list that scores itself, with a model that is none and a document thread that is a queue."""

import queue
import time

import numpy as np
import pytest

from tests.views.session.cases import blobs
from tests.views.session.fake_model import LABELS, fake_run, open_fake
from vitsci_viz.errors import InputError
from vitsci_viz.types import Image
from vitsci_viz.views.panel_app.segment_list import Asked, ImageList
from vitsci_viz.views.session.segment_predict import Predictions
from vitsci_viz.views.session.segment_session import SegmentSession, Source

pixels = blobs((40, 50))


def source(name, threshold, *, split="val", fails=False):
    """An image whose truth is what a run of this threshold says."""

    def open_it(progress):
        if fails:
            raise InputError("the file is damaged")
        truth = None if threshold is None else (pixels > threshold).astype(np.uint8)
        mask = None if truth is None else Image(levels=(truth,), axes="yx", name="mask")
        return Image(levels=(pixels,), axes="yx", name=name), mask

    return Source(key=name, name=name, open=open_it, split=split)


class Desk:
    """A document thread that runs what it is handed while somebody waits."""

    def __init__(self):
        self.queue = queue.Queue()

    def run_until(self, condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            try:
                self.queue.get(timeout=0.05)()
            except queue.Empty:
                continue


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def run(tmp_path):
    return fake_run(tmp_path / "run", threshold=100)


@pytest.fixture
def make(desk):
    made = []

    def make(**more):
        shown = {"on_pick": lambda source: None, "must_wait": lambda: False, "words": str, **more}
        made.append(ImageList(SegmentSession(Predictions(open_fake)), desk.queue.put, **shown))
        return made[-1]

    yield make
    for each in made:
        each.close()


def asked(*runs):
    return Asked(runs=runs, classes=LABELS.names)


def is_done(images):
    return lambda: images.panel.view.state["waiting"] == 0


def test_every_image_is_scored_and_the_worst_comes_first(make, desk, run):
    images = make()
    images.open([source("right", 100), source("far off", 200), source("near", 110)], asked(run))
    assert images.panel.view.state["waiting"] == 3
    images.go_on()
    desk.run_until(is_done(images))
    assert [row["name"] for row in images.panel.view.state["rows"]] == ["far off", "near", "right"]
    assert images.panel.view.state["rows"][-1]["value"] == "1.000"
    assert images.panel.view.state["every"]["images"] == 3


def test_one_damaged_image_is_named_and_the_rest_is_scored(make, desk, run):
    images = make()
    images.open([source("broken", 0, fails=True), source("good", 100)], asked(run))
    images.go_on()
    desk.run_until(is_done(images))
    first, second = images.panel.view.state["rows"]
    assert (first["name"], first["problem"]) == ("broken", "the file is damaged")
    assert second["value"] == "1.000"


def test_an_image_without_truth_ends_the_wait_without_a_score(make, desk, run):
    images = make()
    images.open([source("unknown", None), source("good", 100)], asked(run))
    images.go_on()
    desk.run_until(is_done(images))
    assert [row["name"] for row in images.panel.view.state["rows"]] == ["good", "unknown"]


def test_it_gives_way_and_goes_on_when_it_is_told(make, desk, run):
    busy = [True]
    images = make(must_wait=lambda: busy[0])
    images.open([source("a", 100)], asked(run))
    images.go_on()
    assert images.panel.view.state["waiting"] == 1
    busy[0] = False
    images.go_on()
    desk.run_until(is_done(images))


def test_after_a_cancel_nothing_is_scored_until_the_user_says_so(make, desk, run):
    images = make()
    images.open([source("a", 100), source("b", 100)], asked(run))
    images.pause()
    images.go_on()
    state = images.panel.view.state
    assert (state["waiting"], state["running"]) == (2, False)
    images.panel.view.panel.receive({"kind": "continue", "value": ""})
    desk.run_until(is_done(images))


def test_only_the_images_of_the_split_on_show_are_scored(make, desk, run):
    picked = []
    images = make(on_pick=picked.append)
    images.open([source("v", 100), source("t", 100, split="train")], asked(run))
    images.go_on()
    desk.run_until(is_done(images))
    assert [row["name"] for row in images.panel.view.state["rows"]] == ["v"]
    images.panel.view.panel.receive({"kind": "split", "value": "all"})
    desk.run_until(lambda: images.panel.view.state["every"]["images"] == 2)
    images.panel.view.panel.receive({"kind": "pick", "value": "t"})
    assert [each.name for each in picked] == ["t"]


def test_two_runs_are_compared_and_the_image_that_loses_most_comes_first(make, desk, run, tmp_path):
    other = fake_run(tmp_path / "other", threshold=150)
    images = make()
    images.open([source("for A", 100), source("for B", 150)], asked(run, other))
    images.go_on()
    desk.run_until(is_done(images))
    state = images.panel.view.state
    assert [row["name"] for row in state["rows"]] == ["for A", "for B"]
    assert "better on 1, worse on 1, alike on 0" in state["versus"]
    assert len(state["every"]["mean"]) == 2
