import numpy as np
import pytest

import vitsci_viz as vz
from tests.views.session.cases import blobs
from vitsci_viz.errors import InputError, MissingExtraError, MissingFileError, OptionError, OutputExistsError


def same_leaves(first, second):
    return np.array_equal(first.origin, second.origin) and np.array_equal(first.size, second.size)


@pytest.fixture
def tuned(picture_file):
    return vz.tune(picture_file, split_value=10, patch_size=4)


def slide(tuned, name, value):
    """Move a slider as the page does."""
    tuned.view.form.controls[name].slide_to(value)


def test_a_slider_moves_options_tree_and_recipe(tuned, picture):
    before = len(tuned.tree)
    slide(tuned, "split_value", 40)
    assert tuned.options.split_value == pytest.approx(40, rel=0.01)
    assert len(tuned.tree) < before
    assert same_leaves(tuned.tree, vz.build_tree(picture, tuned.options))
    assert tuned.recipe.options["split_value"] == tuned.options.split_value


def test_the_token_budget_has_a_slider_too(tuned):
    tuned.options = tuned.options.replace(mode="length")
    slide(tuned, "length", 100)
    assert tuned.options.length == 100
    assert 98 <= len(tuned.tree) <= 100


def test_code_moves_the_widgets(tuned):
    controls = tuned.view.form.controls
    tuned.options = tuned.options.replace(split_value=25.0, balance=True)
    assert controls["split_value"].text == "25"
    assert controls["balance"].text == "true"
    position = controls["split_value"].slider.value
    tuned.options = tuned.options.replace(split_value=50.0)
    assert controls["split_value"].slider.value > position


def test_a_wrong_value_says_so_beside_its_field_and_changes_nothing(tuned):
    options, tree = tuned.options, tuned.tree
    form = tuned.view.form
    form.edit("patch_size", "7")
    assert "power of two" in form.controls["patch_size"].message.value
    assert form.controls["patch_size"].text == "7"
    assert tuned.options == options
    assert tuned.tree is tree
    form.edit("patch_size", "8")
    assert form.controls["patch_size"].message.value == ""
    assert tuned.options.patch_size == 8


def test_a_setting_that_the_image_refuses_leaves_the_last_good_one(tuned):
    options, readings = tuned.options, tuned.view.readings.widget.value
    tuned.view.form.edit("min_size", "cubic")
    assert "spacing" in tuned.view.form.controls["min_size"].message.value
    assert tuned.options == options
    assert tuned.view.readings.widget.value == readings
    with pytest.raises(OptionError, match="spacing"):
        tuned.options = options.replace(min_size="cubic")
    assert tuned.options == options


def test_the_readings_follow(tuned):
    table = tuned.view.readings.widget
    assert f"{len(tuned.tree):,} tokens" in table.value
    slide(tuned, "split_value", 60)
    assert f"{len(tuned.tree):,} tokens" in table.value
    assert tuned.readings.tokens == len(tuned.tree)
    assert f"{tuned.readings.psnr:.1f} dB" in table.value


def test_a_mask_adds_the_oracle_dice(picture, mask):
    tuned = vz.tune(picture, mask, split_value=10)
    expected = vz.oracle_dice(mask, tuned.tree, 8)
    assert tuned.readings.oracle_dice == pytest.approx(expected)
    assert f"{expected[1]:.3f}" in tuned.view.readings.widget.value


def test_a_mask_of_another_shape_is_refused(picture, mask):
    with pytest.raises(InputError, match="shape"):
        vz.tune(picture, mask[:50])


def test_a_saved_recipe_gives_the_setting_back(tuned, tmp_path):
    slide(tuned, "split_value", 33)
    path = tuned.save_recipe(tmp_path / "recipe.yaml")
    recipe = vz.load_recipe(path)
    assert recipe.inputs["image"] == str(tmp_path / "picture.png")
    chosen = tuned.options
    tuned.options = chosen.replace(split_value=1.0)
    tuned.load_recipe(path)
    assert tuned.options == chosen
    with pytest.raises(OutputExistsError):
        tuned.save_recipe(path)


def test_the_recipe_repeats_the_tree(tuned, tmp_path):
    recipe = vz.Recipe(
        workflow="patch", inputs=tuned.recipe.inputs, outputs={"tree": str(tmp_path / "tree.npz")},
        options=tuned.recipe.options,
    )  # fmt: skip
    vz.run_recipe(recipe)
    assert same_leaves(vz.load_tree(tmp_path / "tree.npz"), tuned.tree)


def test_an_image_from_memory_has_no_recipe_file(picture, tmp_path):
    with pytest.raises(InputError, match="came from memory"):
        vz.tune(picture).save_recipe(tmp_path / "recipe.yaml")


def test_a_sample_stands_in_the_recipe_by_name():
    assert vz.tune("sample:ihc").recipe.inputs == {"image": "sample:ihc"}


def test_presets_are_offered_and_recognised(tuned):
    form = tuned.view.form
    form.preset.value = "recommended"
    assert tuned.options == vz.PatchOptions.preset("recommended")
    form.edit("length", "512")
    assert form.preset.value == "custom"


def test_volumes_have_a_slice_slider():
    tuned = vz.tune(blobs((16, 24, 32)), patch_size=4)
    assert tuned.tree.ndim == 3
    assert (tuned.view.slice.min, tuned.view.slice.max, tuned.view.slice.layout.display) == (0, 15, None)


def test_unknown_options_and_missing_files_are_named(tmp_path, picture):
    with pytest.raises(OptionError, match="did you mean 'split_value'"):
        vz.tune(picture, split_valu=3)
    with pytest.raises(MissingFileError, match=r"nothing\.png"):
        vz.tune(tmp_path / "nothing.png")


def test_a_missing_extra_says_what_to_install(picture, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jupyter_bokeh", None)
    with pytest.raises(MissingExtraError, match=r'needs jupyter_bokeh: pip install "vitsci-viz\[notebook\]"'):
        vz.tune(picture)


def test_closing_keeps_what_was_tuned(tuned):
    slide(tuned, "split_value", 33)
    options, view = tuned.options, tuned.view
    tuned.close()
    assert tuned.options == options
    assert tuned.view is not view
