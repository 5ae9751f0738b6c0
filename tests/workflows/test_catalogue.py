"""Recipes: what is written is read back equal, and mistakes name the nearest known word."""

import pytest
import yaml

from vitsci_viz.errors import MissingFileError, OptionError, OutputExistsError
from vitsci_viz.params import Options
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import (
    CATALOGUE,
    check_recipe_place,
    dump_recipe,
    entry_of,
    load_recipe,
    parse_recipe,
    recipe_text,
    run_recipe,
    validate_recipe,
)

WHOLE = {"version": 1, "workflow": "patch", "inputs": {"image": "image.png"}}


def test_every_workflow_of_the_catalogue_can_be_imported():
    for entry in CATALOGUE.values():
        assert callable(entry.load_function())
        assert issubclass(entry.load_options(), Options)


def test_a_written_recipe_is_read_back_equal(tmp_path):
    recipe = Recipe(
        workflow="patch",
        inputs={"image": str(tmp_path / "images" / "a.png"), "mask": "sample:ihc"},
        outputs={"tree": str(tmp_path / "out" / "tree.npz")},
        options={"split_value": 20, "patch_size": [4, 8], "thresholds": [100, 200], "roi": "0:64,32:"},
    )
    path = tmp_path / "recipe.yaml"
    dump_recipe(recipe, path)
    assert load_recipe(path) == validate_recipe(recipe)


def test_paths_are_relative_to_the_recipe_file(tmp_path):
    home = tmp_path / "recipes"
    home.mkdir()
    inputs = {"image": str(tmp_path / "data" / "a.png")}
    dump_recipe(Recipe(workflow="patch", inputs=inputs), home / "r.yaml")
    assert yaml.safe_load((home / "r.yaml").read_text())["inputs"]["image"] == "../data/a.png"
    moved = tmp_path / "elsewhere" / "recipes"
    moved.mkdir(parents=True)
    (home / "r.yaml").rename(moved / "r.yaml")
    assert load_recipe(moved / "r.yaml").inputs["image"] == str(tmp_path / "elsewhere" / "data" / "a.png")


def test_a_recipe_spells_every_option_out():
    text = recipe_text(validate_recipe(Recipe(workflow="patch", inputs={"image": "a.png"})))
    options = yaml.safe_load(text)["options"]
    assert options["mode"] == "threshold"
    assert options["thresholds"] == "auto"


def test_empty_lists_of_a_sweep_survive_a_recipe(tmp_path):
    recipe = Recipe(workflow="sweep", inputs={"image": "a.png"}, options={"lengths": [], "split_values": [20]})
    dump_recipe(recipe, tmp_path / "r.yaml")
    assert load_recipe(tmp_path / "r.yaml").options["lengths"] == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input": {}}, "unknown key 'input': did you mean 'inputs'"),
        ({"workflow": "ptch"}, "unknown workflow 'ptch': did you mean 'patch'"),
        ({"version": 2}, "version must be 1, got 2"),
        ({"inputs": {"imge": "a.png"}}, "unknown input 'imge': did you mean 'image'"),
        ({"outputs": {"overly": "a.png"}}, "unknown output 'overly': did you mean 'overlay'"),
        ({"options": {"split_vlue": 3}}, "unknown option 'split_vlue': did you mean 'split_value'"),
        ({"options": {"split_value": -3}}, "split_value must be at least 0"),
        ({"options": {"length": 3, "split_value": 3}}, "both given"),
        ({"inputs": {}}, "patch needs the input 'image'"),
        ({"inputs": {"image": 5}}, "image must be a path, got 5"),
        ({"inputs": "a.png"}, "inputs must be a mapping"),
        ({"workflow": None}, "unknown workflow"),
    ],
)
def test_mistakes_in_a_recipe_are_named(change, message):
    with pytest.raises(OptionError, match=message):
        parse_recipe({**WHOLE, **change})


@pytest.mark.parametrize("content", [None, [], "patch", {}])
def test_what_is_no_recipe_is_refused(content):
    with pytest.raises(OptionError, match=r"a recipe must|version must be 1"):
        parse_recipe(content)


def test_a_broken_file_names_its_line(tmp_path):
    (tmp_path / "r.yaml").write_text("version: 1\nworkflow: [patch\n")
    with pytest.raises(OptionError, match=r"not valid YAML.*line 3"):
        load_recipe(tmp_path / "r.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    with pytest.raises(OptionError, match="not a text file"):
        load_recipe(tmp_path / "b.yaml")
    with pytest.raises(OptionError, match="cannot be read"):
        load_recipe(tmp_path)
    with pytest.raises(MissingFileError, match="does not exist"):
        load_recipe(tmp_path / "none.yaml")


def test_a_recipe_never_replaces_an_input_or_an_output(tmp_path):
    recipe = Recipe(workflow="patch", inputs={"image": str(tmp_path / "a.yaml")})
    with pytest.raises(OptionError, match="would replace an input"):
        check_recipe_place(recipe, tmp_path / "a.yaml", force=True)
    with pytest.raises(OptionError, match=r"must end in \.yaml"):
        check_recipe_place(recipe, tmp_path / "a.png")
    (tmp_path / "r.yaml").touch()
    with pytest.raises(OutputExistsError):
        dump_recipe(recipe, tmp_path / "r.yaml")


def test_an_unknown_workflow_names_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'sweep'"):
        entry_of("swep")


def test_a_run_reports_the_recipe_and_the_versions_that_made_it(folder):
    report = run_recipe(Recipe(workflow="patch", inputs={"image": str(folder / "image.png")}))
    assert report.recipe["options"]["patch_size"] == 8
    assert {"python", "vitsci-viz", "numpy"} <= report.versions.keys()
    again = run_recipe(parse_recipe(dict(report.recipe)))
    assert again.results["tokens"] == report.results["tokens"]
