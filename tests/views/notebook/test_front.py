import math

import pytest
from bokeh.models import Plot

import vitsci_viz as vz
from tests.views.charts.test_front import row
from vitsci_viz.errors import InputError, OptionError


def plots(rows, **options):
    return list(vz.plot_front(rows, **options)._model.select({"type": Plot}))


def test_each_score_that_is_known_has_a_chart():
    assert len(plots([row(10, 20.0), row(20, 30.0)])) == 1
    assert len(plots([row(10, 20.0, dice=0.5), row(20, math.inf, dice=0.6)])) == 2


def test_the_legend_names_token_sides_and_uniform_grids():
    (plot,) = plots([row(10, 20.0), row(20, 30.0, side=16), row(30, 25.0, uniform=True)], cost="step_flops")
    assert plot.xaxis.axis_label == "operations of a training step"
    assert [item.label.value for item in plot.legend.items] == ["token 8 px", "token 16 px", "uniform grid"]


def test_what_cannot_be_drawn_is_refused_in_words():
    with pytest.raises(InputError, match="got none"):
        vz.plot_front([])
    with pytest.raises(OptionError, match="tokens, step_flops"):
        vz.plot_front([row(10, 20.0)], cost="price")
