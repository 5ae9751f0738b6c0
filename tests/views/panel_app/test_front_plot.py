"""The Pareto chart on the page, drawn into a Bokeh document as the server does."""

import pytest

from tests.views.charts.test_front import row
from vitsci_viz.views.panel_app.front_plot import FrontPlot

ROWS = [row(10, 30.0), row(20, None), row(30, 20.0), row(40, 40.0)]


@pytest.fixture
def tapped():
    return []


@pytest.fixture
def plot(tapped):
    """A plot that is on a page."""
    made = FrontPlot("psnr", tapped.append)
    made.root = made.pane.get_root()
    made.show(ROWS, cost="tokens")
    return made


def test_a_tap_names_the_row_and_leaves_nothing_selected(plot, tapped):
    plot._points.selected.indices = [1]
    assert tapped == [2]
    plot._points.selected.indices = [1]
    assert tapped == [2, 2]


def test_a_tap_names_the_row_after_another_cost_is_drawn(plot, tapped):
    plot.show(ROWS, cost="step_flops")
    assert plot._points.data["x"].tolist() == [1e10, 3e10, 4e10]
    plot._points.selected.indices = [2]
    assert tapped == [3]


def test_the_ring_moves_and_the_points_stay(plot):
    sent = plot._points.data
    plot.mark(2)
    assert (plot._ring.data["x"], plot._ring.data["y"]) == ([30.0], [20.0])
    plot.mark(1)
    assert plot._ring.data["x"] == []
    assert plot._points.data is sent


def test_a_mark_outlives_another_drawing(plot):
    plot.mark(3)
    plot.show(ROWS, cost="step_flops")
    assert plot._ring.data["x"] == [4e10]


def test_nothing_is_marked_on_a_cleared_plot(plot):
    plot.mark(3)
    plot.clear()
    assert plot.pane.object is None
    plot.show(ROWS, cost="tokens")
    assert len(plot._ring.data["x"]) == 0
