"""``train`` takes data or a recipe; flags are laid over the recipe; a run is gone on with by its folder."""

from dataclasses import replace

import pytest
import yaml

from vitsci_viz.cli.commands import over_recipe
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import validate_recipe


def recipe_file(folder, *, workflow="train", inputs=None, outputs=None, **options):
    path = folder / "segment.yaml"
    content = {"version": 1, "workflow": workflow, "inputs": inputs or {"data": "data"}, "options": options}
    path.write_text(yaml.safe_dump({**content, "outputs": outputs or {}}))
    return path


def train(data=None, *, out=None, **options):
    return Recipe(
        workflow="train",
        inputs={} if data is None else {"data": str(data)},
        outputs={} if out is None else {"run": str(out)},
        options=options,
    )


def test_data_is_no_recipe(place):
    given = train("data", out="run", epochs=3)
    assert over_recipe(given) is given


def test_flags_are_laid_over_the_recipe(place):
    home = place / "home"
    home.mkdir()
    file = recipe_file(home, epochs=9, batch_size=64, outputs={"run": "mine"})
    recipe = over_recipe(train(file, out="other", epochs=3))
    assert recipe.inputs == {"data": str(home / "data")}  # relative to the recipe
    assert recipe.outputs == {"run": "other"}  # relative to the caller
    assert recipe.options == {"epochs": 3, "batch_size": 64}
    assert over_recipe(train(file)).outputs == {"run": str(home / "mine")}


def test_a_recipe_without_an_output_is_completed_by_the_flag(place):
    recipe = validate_recipe(over_recipe(train(recipe_file(place), out="run")))
    assert recipe.outputs == {"run": str(place / "run")}


@pytest.mark.parametrize(("given", "mode"), [({"split_value": 30.0}, "threshold"), ({"length": 64}, "length")])
def test_a_new_budget_decides_what_kind_of_tree_it_is(place, given, mode):
    whole = validate_recipe(train("data", out="run")).options
    recipe = validate_recipe(over_recipe(train(recipe_file(place, **whole), out="run", **given)))
    assert recipe.options["mode"] == mode


@pytest.mark.parametrize("form", ["folder", "out", "recipe", "data"])
def test_a_run_is_gone_on_with_by_its_folder(place, form):
    run = place / "run"
    run.mkdir()
    recipe_file(run, inputs={"data": "../data"}, outputs={"run": "."}, epochs=9).rename(run / "recipe.yaml")
    given = {"folder": train("run"), "out": train(out="run"), "recipe": train("run/recipe.yaml"),
             "data": train("data", out="run")}[form]  # fmt: skip
    recipe = over_recipe(given, resume=True)
    recipe = replace(validate_recipe(recipe), options=recipe.options)
    assert recipe.inputs == {"data": str(place / "data")}
    assert recipe.outputs == {"run": str(run)}
    assert recipe.options == {"epochs": 9}
    if form != "recipe":
        assert over_recipe(given) is given


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "train needs the input 'data'"),
        (["train", "data"], "train needs the output 'run'"),
        (["train", "none.yaml", "--out", "run"], "none.yaml does not exist"),
        (["train", "patch.yaml", "--out", "run"], "a recipe of patch, not of train"),
        (["train", "data", "--out", "run", "--epochs", "0"], "epochs must be at least 1"),
        (["train", "data", "--out", "run", "--classes", "nuclei"], "value:name pairs"),
        (["train", "data", "--out", "run", "--length", "9", "--split-value", "9"], "both given"),
        (["train", "data", "--out", "image.png"], "must be a folder"),
        (["train", "--data", "data", "--out", "run", "--detial", "edges"], "Did you mean --detail?"),
        (["predict"], "RUN"),
        (["predict", "run"], "IMAGE"),
        (["predict", "run", "image.png"], "needs the output 'labels'"),
        (["predict", "run", "image.png", "--out", "labels.jpg"], "must end in .tif"),
        (["evaluate", "run"], "DATA"),
        (["evaluate", "run", "data", "--split", "tset"], "'val', 'train' or 'all', got 'tset'"),
        (["run", "patch.yaml", "--resume"], "a run of patch cannot be resumed"),
    ],
)
def test_mistakes_are_one_line_and_code_2(call, place, arguments, message):
    recipe_file(place, workflow="patch", inputs={"image": "image.png"}).rename(place / "patch.yaml")
    outcome = call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
