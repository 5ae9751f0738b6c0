import numpy as np
import pytest

from vitsci_viz.patching.tree import LengthCurve
from vitsci_viz.views.notebook.curve import MAXIMUM_POINTS, LengthCurvePlot


def curve(count):
    values = np.concatenate([[0.0], np.geomspace(1, 1e5, count)])
    return LengthCurve(split_values=values, lengths=np.linspace(5000, 1, count + 1).astype(np.int64))


@pytest.mark.parametrize("count", [3, 5000])
def test_the_drawn_curve_goes_through_its_points_from_end_to_end(count):
    plot, drawn = LengthCurvePlot(), curve(count)
    plot.show_curve(drawn)
    values, tokens = (plot.layout.renderers[0].data_source.data[name] for name in ("split_value", "tokens"))
    assert len(values) <= MAXIMUM_POINTS
    assert [drawn.length_at(value) for value in values] == list(tokens)
    assert (values[0], values[-1]) == (drawn.split_values[1], drawn.split_values[-1])


def test_physical_split_values_are_drawn_in_their_unit():
    plot, drawn = LengthCurvePlot(), curve(10)
    plot.show_curve(drawn, unit="um^2", pixel=0.25)
    assert plot.layout.xaxis[0].axis_label == "split value (um^2)"
    assert plot.layout.renderers[0].data_source.data["split_value"][-1] == pytest.approx(0.25e5)


def test_a_setting_without_split_value_is_a_level():
    plot = LengthCurvePlot()
    plot.show_curve(curve(10))
    plot.show_point(None, 1024)
    assert len(plot.layout.renderers[2].data_source.data["tokens"]) == 0
    plot.show_point(30.0, 700)
    assert list(plot.layout.renderers[2].data_source.data["tokens"]) == [700]
