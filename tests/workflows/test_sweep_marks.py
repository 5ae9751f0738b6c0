"""What is worth having among the rows of a sweep, and among their averages."""

import math

import pytest

from vitsci_viz.patching.pareto import recommend
from vitsci_viz.workflows.sweep_marks import mark_averages, marks_of, recommended_budgets


def row(length, tokens, dice, *, side: int | tuple[int, ...] = 8, uniform=False, psnr=30.0):
    return {
        "uniform": uniform, "length": length, "tokens": tokens, "oracle_dice": dice, "psnr": psnr, "patch_size": side,
    }  # fmt: skip


ROWS = [
    row(64, 64, 0.80), row(64, 61, 0.95, side=16), row(128, 127, 0.985), row(128, 128, 0.99, side=16),
    row(256, 253, 0.985), row(None, 100, 1.0, side=4, uniform=True),
]  # fmt: skip


def test_each_length_has_the_row_that_the_rule_names():
    assert recommended_budgets(ROWS) == {1: (64,), 2: (128, 256)}
    for budget, place in ((64, 1), (128, 2), (256, 2)):
        columns = ([each[name] for each in ROWS] for name in ("tokens", "oracle_dice", "patch_size", "uniform"))
        assert recommend(*columns, budget=budget) == place


def test_a_threshold_row_is_no_budget_but_may_fit_one():
    assert recommended_budgets([row(None, 60, 0.9)]) == {}
    assert recommended_budgets([row(64, 64, 0.8), row(None, 60, 0.9)]) == {1: (64,)}


@pytest.mark.parametrize("dice", [None, math.nan])
def test_what_is_not_known_is_not_recommended(dice):
    assert recommended_budgets([row(64, 64, dice), row(128, 128, dice)]) == {}


def test_a_token_with_several_sides_counts_as_a_cube_of_its_size():
    flat, cube = row(64, 64, 1.0, side=(1, 8, 8)), row(64, 64, 1.0, side=(8, 8, 8))
    assert recommended_budgets([cube, flat]) == {1: (64,)}


def test_uniform_rows_lie_on_the_front_but_are_never_recommended():
    marks = marks_of(ROWS)
    assert [each.is_front for each in marks] == [False, True, False, False, False, True]
    assert [bool(each.budgets) for each in marks] == [False, True, True, False, False, False]


def test_averages_are_marked_anew():
    stale = [{**each, "front": True, "knee": True, "recommended": True} for each in ROWS]
    marked = mark_averages(stale)
    assert [each["recommended"] for each in marked] == [False, True, True, False, False, False]
    assert list(marked[0]) == [*ROWS[0], "front", "knee", "recommended"]


def test_the_psnr_marks_the_front_but_recommends_nothing():
    rows = [row(64, 64, None, psnr=20.0), row(128, 128, None, psnr=30.0), row(256, 256, None, psnr=31.0)]
    assert [each.is_front for each in marks_of(rows)] == [True] * 3
    assert [each.budgets for each in marks_of(rows)] == [()] * 3
