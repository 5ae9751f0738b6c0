import math
from itertools import count

import holoviews as hv
import pytest

from vitsci_viz.patching.pareto import knee
from vitsci_viz.views.charts.front import COSTS, KEPT, OKABE_ITO, colours_of, front_chart


def row(tokens, psnr, *, side=8, uniform=False, dice=None):
    return {
        "tokens": tokens, "psnr": psnr, "oracle_dice": dice, "step_flops": 1e9 * tokens, "patch_size": side,
        "min_size": 2, "uniform": uniform, "detail": "" if uniform else "edges",
    }  # fmt: skip


@pytest.fixture
def rows():
    """Four on the front, of which the second is the knee; one beaten; one unknown; one grid."""
    return [
        row(10, 20.0), row(100, 38.0), row(1_000, 39.0, side=16), row(10_000, 40.0), row(500, 25.0, side=16),
        row(600, None), row(10, 18.0, uniform=True),
    ]  # fmt: skip


def settings(chart):
    points = chart.Points.Settings
    return {name: points.dimension_values(name).tolist() for name in (d.name for d in points.dimensions())}


def drawn(chart):
    return hv.render(chart, backend="bokeh")


def renderer(chart, name):
    return next(each for each in drawn(chart).renderers if each.name == name)


def test_every_known_setting_is_a_point_that_names_its_row(rows):
    points = settings(front_chart(rows))
    assert points["row"] == [0, 1, 2, 3, 4, 6]
    assert points["x"] == [10, 100, 1_000, 10_000, 500, 10]
    assert points["y"] == [20, 38, 39, 40, 25, 18]
    assert points["setting"][1] == "edges, token 8 px, finest leaf 2 px"
    assert points["kept"][0] == "20.00 dB"


def test_token_sides_are_colours_and_uniform_grids_are_open_squares(rows):
    source = renderer(front_chart(rows), "Settings").data_source.data
    blue, orange = OKABE_ITO[:2]
    assert colours_of(rows) == {8: blue, 16: orange}
    assert list(source["color"]) == [blue, blue, orange, blue, orange, blue]
    assert list(source["marker"]) == ["circle"] * 5 + ["square"]
    assert list(source["fill_alpha"]) == [1, 1, 1, 1, 1, 0]


def test_the_front_is_a_step_line_through_what_nothing_beats(rows):
    chart = front_chart(rows)
    assert chart.Curve.Front.dimension_values("x").tolist() == [10, 100, 1_000, 10_000]
    steps = renderer(chart, "Front").data_source.data
    assert list(zip(steps["x"], steps["y"], strict=True))[:3] == [(10, 20), (100, 20), (100, 38)]


def test_the_knee_is_ringed_and_named(rows):
    chart = front_chart(rows)
    best = knee([each["tokens"] for each in rows], [each["psnr"] or math.nan for each in rows])
    assert best == 1
    assert chart.Points.Knee.array().tolist() == [[100, 38]]
    assert chart.Labels.Knee.dimension_values("words").tolist() == ["knee"]


def test_two_settings_have_no_knee():
    chart = front_chart([row(10, 20.0), row(100, 30.0)])
    assert len(chart.Points.Knee) == len(chart.Labels.Knee) == 0


def test_what_is_recommended_has_a_diamond_and_a_place_in_the_legend(rows):
    assert len(front_chart(rows).Points.Recommended) == 0
    advised = [{**each, "recommended": place in (2, 5)} for place, each in enumerate(rows)]
    chart = front_chart(advised, has_legend=True)
    assert chart.Points.Recommended.array().tolist() == [[1_000, 39]]
    assert renderer(chart, "Recommended").glyph.marker == "diamond"
    (legend,) = drawn(chart).legend
    assert [item.label.value for item in legend.items][-1] == "recommended for a budget"
    assert not any(
        "recommended" in item.label.value for item in drawn(front_chart(rows, has_legend=True)).legend[0].items
    )


def test_what_loses_nothing_lies_on_a_line_named_exact(rows):
    chart = front_chart([*rows, row(20_000, math.inf, uniform=True)])
    points = settings(chart)
    assert points["y"][-1] == chart.HLine.Exact.data > 40
    assert points["kept"][-1] == "exact"
    assert chart.Labels.Exact.dimension_values("words").tolist() == ["exact"]
    assert not any(isinstance(part, hv.HLine) for part in front_chart(rows))


@pytest.mark.parametrize("current", [1, 6])
def test_the_setting_on_screen_is_ringed(rows, current):
    place = front_chart(rows, current=current).Points.Current.array().tolist()
    assert place == [[rows[current]["tokens"], rows[current]["psnr"]]]


@pytest.mark.parametrize("current", [None, 5])
def test_a_setting_that_is_not_drawn_is_not_ringed(rows, current):
    assert len(front_chart(rows, current=current).Points.Current) == 0


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("kept", KEPT)
def test_axes_say_what_they_show_and_hold_every_point(rows, cost, kept):
    rows = [{**each, "oracle_dice": 1 / number} for number, each in zip(count(2), rows, strict=False)]
    figure = drawn(front_chart(rows, cost=cost, kept=kept))
    assert (figure.xaxis.axis_label, figure.yaxis.axis_label) == (COSTS[cost], KEPT[kept])
    assert type(figure.x_scale).__name__ == "LogScale"
    points = settings(front_chart(rows, cost=cost, kept=kept))
    assert figure.x_range.start < min(points["x"]) <= max(points["x"]) < figure.x_range.end
    assert figure.y_range.start < min(points["y"]) <= max(points["y"]) < figure.y_range.end


def test_there_is_a_hover_and_a_tap_and_no_toolbar(rows):
    figure = drawn(front_chart(rows))
    assert sorted(type(tool).__name__ for tool in figure.tools) == ["HoverTool", "TapTool"]
    assert figure.toolbar_location is None


def test_points_look_the_same_under_the_mouse(rows):
    points = renderer(front_chart(rows), "Settings")
    assert points.hover_glyph is points.selection_glyph is points.nonselection_glyph is None


def test_rows_without_the_score_leave_an_empty_chart(rows):
    assert len(front_chart(rows, kept="oracle_dice").Points.Settings) == 0
    assert drawn(front_chart(rows, kept="oracle_dice")).yaxis.axis_label == "oracle Dice"
