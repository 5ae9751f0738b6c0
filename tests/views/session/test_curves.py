import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.runs import metric
from vitsci_viz.training.run_folder import RunFolder, append_metrics, keep_metrics_until
from vitsci_viz.views.session.curves import MetricsReader, curves_of, smoothed


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def test_looking_often_reads_what_looking_once_reads(folder):
    reader = MetricsReader(folder)
    assert not reader.look()
    for step in range(1, 10):
        append_metrics(folder, metric(step, dice=0.1 * step if step == 4 else None))
        assert reader.look()
        assert not reader.look()
    once = MetricsReader(folder)
    once.look()
    assert reader.rows == once.rows
    assert (reader.last["step"], reader.best_dice) == (9, pytest.approx(0.4))


def test_a_line_that_is_not_finished_waits_for_the_next_look(folder):
    reader = MetricsReader(folder)
    line = json.dumps(metric(1))
    folder.metrics.write_text(line[:10])
    assert not reader.look()
    folder.metrics.write_text(line + "\n")
    assert reader.look()
    assert [row["step"] for row in reader.rows] == [1]


@pytest.mark.parametrize("kept", [0, 3, 7])
@pytest.mark.parametrize("again", [0, 1, 6, 30])
def test_a_resumed_run_is_read_anew(folder, kept, again):
    reader = MetricsReader(folder)
    for step in range(1, 11):
        append_metrics(folder, metric(step))
    reader.look()
    keep_metrics_until(folder, kept)
    for step in range(kept + 1, kept + 1 + again):
        append_metrics(folder, metric(step, seconds=7777.25 * step))
    reader.look()
    whole = MetricsReader(folder)
    whole.look()
    assert reader.rows == whole.rows


@given(st.integers(1, 2000), st.integers(1, 300))
def test_thinned_curves_keep_means_and_ends(count, points):
    rows = [metric(step) for step in range(1, count + 1)]
    curves = curves_of(rows, points=points)
    assert len(curves.step) == min(points, count)
    assert (np.diff(curves.step) > 0).all()
    sizes = np.bincount(np.arange(count) * min(points, count) // count)
    assert np.average(curves.loss, weights=sizes) == pytest.approx(np.mean([row["loss"] for row in rows]))


def test_no_lines_make_no_curves():
    assert len(curves_of([]).step) == 0


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=50), st.floats(1, 40))
def test_smoothing_stays_within_the_values(values, window):
    result = smoothed(np.array(values), window)
    assert (result >= min(values) - 1e-9).all()
    assert (result <= max(values) + 1e-9).all()
