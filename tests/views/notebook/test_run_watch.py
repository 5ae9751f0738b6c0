import pytest

import vitsci_viz as vz
from tests.views.session.runs import metric, write_data, write_preview, write_run
from vitsci_viz.errors import MissingFileError
from vitsci_viz.training.run_folder import append_metrics


@pytest.fixture
def run(tmp_path):
    run = write_run(tmp_path / "runs" / "left", steps=4, state="running")
    write_preview(run, write_data(tmp_path / "tiles"), step=4)
    return run


def test_a_run_is_shown_as_it_stands(run):
    watch = vz.watch_run(run.path)
    assert watch.widget is not None
    head = watch._view._head.value
    assert "<b>left</b>: stopped" in head
    assert "Best Dice <b>0.400</b>" in head
    assert list(watch._view._curves._loss.data["x"]) == [1, 2, 3, 4]
    assert "data:image/jpeg" in watch._view._pictures._html.value
    assert watch._view._resume.layout.display == ""
    watch.close()


def test_a_later_look_shows_what_was_added(run):
    watch = vz.watch_run(run.path)
    _ = watch.widget
    append_metrics(run, metric(5))
    watch._view._looked(watch.look())
    assert list(watch._view._curves._loss.data["x"]) == [1, 2, 3, 4, 5]
    assert (watch.status.step, repr(watch)) == (5, "RunWatch(left, stopped, step 5 of 8, 2.5 s)")
    watch.close()


def test_what_cannot_be_stopped_is_said(run):
    watch = vz.watch_run(run.path)
    _ = watch.widget
    watch._view._stop.click()
    assert "started elsewhere" in watch._view._problem.value
    watch.close()


def test_waiting_ends_with_the_run(run):
    assert vz.watch_run(run.path).wait(10).state == "stopped"


def test_there_must_be_a_run(tmp_path):
    with pytest.raises(MissingFileError, match="there is no run"):
        vz.watch_run(tmp_path / "absent")
