import numpy as np
import pytest

from vitsci_viz.patching.tree import LengthCurve
from vitsci_viz.views.panel_app.plots import LengthPlot, curve_behind, thinned


@pytest.fixture
def curve():
    values = np.concatenate([[0.0], np.arange(1.0, 5000.0)])
    return LengthCurve(split_values=values, lengths=np.linspace(90_000, 1, len(values)).astype(np.int64))


def test_a_thinned_curve_keeps_its_ends_and_lies_on_the_curve(curve):
    x, y = thinned(curve, 100)
    assert len(x) <= 100
    assert (x[0], x[-1]) == (1.0, 4999.0)
    assert [curve.length_at(value) for value in x] == y.tolist()


def test_the_curve_is_sent_once_and_points_each_time(curve):
    plot = LengthPlot()
    plot.show(curve, [(50.0, 100)], key=1)
    sent = plot._curve.data
    plot.show(curve, [(60.0, 90), (70.0, 80)], key=1)
    assert plot._curve.data is sent
    assert list(plot._points.data["x"]) == [60.0, 70.0]


def test_an_image_without_detail_has_no_curve():
    flat = LengthCurve(split_values=np.zeros(1), lengths=np.ones(1, np.int64))
    plot = LengthPlot()
    plot.show(flat, [(0.0, 1)], key=1)
    assert len(plot._curve.data["x"]) == 0


def test_the_curve_behind_a_slider_ends_where_the_slider_does(curve):
    behind = curve_behind(curve, high=2 * 4999.0)
    assert behind["curve"][0][-1] == pytest.approx(2 * 4999.0)
    assert behind["knee"] == pytest.approx(2 * curve.knee()[0])
