"""Options: presets as published, clashes refused, and every option changes the answer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.forest import build_forest
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image


def _cells(seed=0):
    """Make discs of several colours on a noisy ground: an image on which every option matters."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:192, :160]
    picture = np.full((192, 160, 3), (190.0, 170.0, 200.0)) + random.normal(0, 6, (192, 160, 3))
    for _ in range(25):
        y, x, r = random.integers(0, 192), random.integers(0, 160), random.integers(4, 15)
        picture[(rows - y) ** 2 + (columns - x) ** 2 < r**2] -= random.integers(10, 120, 3)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _answer(options):
    """Return everything that options decide, as plain values."""
    image = Image(levels=(_cells(),), axes="yxc", spacing=(0.5, 0.5), unit="um")
    found = []
    for tree in build_forest(image, options):
        sequence = gather(image, tree, options.patch_size, length=60, overflow=options.overflow, seed=options.seed)
        found.append((tree.origin.tolist(), tree.size.tolist(), tree.score.tolist()))
        found.append((sequence.tokens.tolist(), sequence.tree.origin.tolist()))
    return found


BASE = {"split_value": 12.0, "patch_size": 4, "overflow": "drop_random", "detail": "edges"}
CHANGES = {
    "mode": {"mode": "uniform"},
    "split_value": {"split_value": 13.0},
    "length": {"mode": "length", "length": 100},
    "patch_size": {"patch_size": 2, "min_size": 4},
    "min_size": {"min_size": 8},
    "max_depth": {"max_depth": 4},
    "balance": {"balance": True},
    "detail": {"detail": "variance"},
    "thresholds": {"thresholds": (20, 40)},
    "blur": {"blur": 7},
    "channel": {"channel": 1},
    "physical": {"physical": True},
    "forest": {"forest": 3},
    "overflow": {"overflow": "drop_lowest"},
    "seed": {"seed": 1},
}


def test_the_sensitivity_table_names_every_option():
    assert set(CHANGES) == set(PatchOptions.model_fields)


@pytest.mark.parametrize("name", CHANGES)
def test_every_option_changes_the_answer(name):
    base = {**BASE, "mode": "length"} if name == "length" else BASE
    assert _answer(PatchOptions(**base)) != _answer(PatchOptions(**{**base, **CHANGES[name]}))


def test_the_same_options_give_the_same_answer():
    assert _answer(PatchOptions(**BASE)) == _answer(PatchOptions(**BASE))


def test_the_published_preset_is_the_paper():
    paper = PatchOptions.preset("apf-sc24")
    assert (paper.mode, paper.detail, paper.thresholds, paper.blur) == ("threshold", "edges", (100, 200), "auto")
    assert paper.split_value in {20, 50, 100}
    assert paper.min_size is None
    assert paper.overflow == "drop_random"
    assert not paper.balance
    assert paper.forest == 1


def test_the_forest_preset_has_three_trees():
    assert PatchOptions.preset("shf").forest == 3
    assert len(build_forest(_cells(), PatchOptions.preset("shf"))) == 3


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_cuts_an_image(name):
    options = PatchOptions.preset(name)
    assert len(build_tree(_cells(), options)) > 1
    assert PatchOptions(**options.to_mapping()) == options


def test_the_recommended_preset_differs_from_the_published_one_where_we_say_so():
    ours = PatchOptions.preset("recommended")
    assert (ours.mode, ours.thresholds, ours.overflow) == ("length", "auto", "drop_lowest")
    assert ours.min_size < ours.patch_size


def test_an_unknown_preset_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="apf-sc24"):
        PatchOptions.preset("apf-sc25")


def test_a_preset_takes_changes():
    assert PatchOptions.preset("apf-sc24", split_value=20).split_value == 20


def test_length_and_split_value_together_need_a_mode():
    with pytest.raises(OptionError, match="mode"):
        PatchOptions(length=512, split_value=20)
    assert PatchOptions(length=512, split_value=20, mode="threshold").mode == "threshold"


def test_the_mode_follows_what_is_given():
    assert PatchOptions().mode == "threshold"
    assert PatchOptions(split_value=3).mode == "threshold"
    assert PatchOptions(length=512).mode == "length"


@pytest.mark.parametrize(
    "wrong",
    [
        {"split_value": -1}, {"length": 0}, {"patch_size": 3}, {"patch_size": 0}, {"min_size": 12},
        {"patch_size": (8, 3)}, {"max_depth": -1}, {"thresholds": (200, 100)}, {"thresholds": (-1, 100)},
        {"blur": 4}, {"blur": -1}, {"channel": -1}, {"channel": "red"}, {"detail": "colour"}, {"mode": "random"},
        {"overflow": "drop"}, {"forest": 0}, {"seed": -1}, {"split_value": float("nan")}, {"patch_size": ()},
        {"thresholds": (float("nan"), 100)}, {"patch_size": 2.5},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(wrong):
    with pytest.raises(OptionError, match=next(iter(wrong))):
        PatchOptions(**wrong)


def test_an_unknown_option_is_refused_with_the_nearest():
    with pytest.raises(OptionError, match="split_value"):
        PatchOptions(split_valu=3)


@given(
    patch=st.sampled_from([1, 8, (4, 8), (1, 8, 8)]), finest=st.sampled_from([None, 2, "cubic", (2, 2)]),
    thresholds=st.sampled_from(["auto", (50.0, 99.5)]), blur=st.sampled_from(["auto", 0, 7]),
    channel=st.sampled_from(["luminance", "max", 2]), depth=st.sampled_from([None, 3]),
)  # fmt: skip
def test_options_survive_a_recipe(patch, finest, thresholds, blur, channel, depth):
    options = PatchOptions(
        patch_size=patch, min_size=finest, thresholds=thresholds, blur=blur, channel=channel, max_depth=depth
    )
    assert PatchOptions(**options.to_mapping()) == options
