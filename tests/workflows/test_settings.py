"""The settings of a sweep: every combination once, budgets that fit, grids beside."""

import math

from vitsci_viz.patching.cost import uniform_tokens
from vitsci_viz.workflows.options import SweepOptions
from vitsci_viz.workflows.settings import sweep_grid, uniform_grids


def test_a_sweep_tries_every_combination_once():
    options = SweepOptions(
        patch_sizes=(4, 8), min_sizes=(2, 4), lengths=(64, 256), split_values=(20, 50), details=("edges", "variance"),
        uniform=False, channel="max",
    )  # fmt: skip
    settings = sweep_grid(options, (256, 256))
    assert len(settings) == len(set(settings)) == 2 * 2 * 2 * (2 + 2)
    assert {setting.channel for setting in settings} == {"max"}


def test_automatic_budgets_leave_room_below_the_uniform_grid():
    settings = sweep_grid(SweepOptions(uniform=False), (512, 300))
    assert settings
    for setting in settings:
        uniform = uniform_tokens((512, 300), (setting.min_size, setting.min_size))
        assert 64 <= setting.length <= uniform // 2


def test_automatic_settings_of_a_large_image_are_about_a_hundred():
    assert 80 <= len(sweep_grid(SweepOptions(), (2048, 2048))) <= 120


def test_uniform_grids_begin_with_that_of_a_plain_transformer_and_halve():
    grids = uniform_grids(SweepOptions(patch_sizes=(8,)), (256, 256))
    assert grids[0].min_size == grids[0].patch_size == 8
    assert [uniform_tokens((256, 256), (g.min_size,) * 2) for g in grids] == [1024, 256, 64]


def test_a_tiny_image_has_its_plain_grids_at_least():
    settings = sweep_grid(SweepOptions(), (1, 1))
    assert [setting.mode for setting in settings] == ["uniform"] * 3
    assert all(math.isfinite(setting.min_size) for setting in settings)
