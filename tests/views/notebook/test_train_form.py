import sys

import pytest

import vitsci_viz as vz
from tests.views.session.runs import write_data
from vitsci_viz.errors import MissingFileError, OptionError
from vitsci_viz.views.session import training
from vitsci_viz.workflows.catalogue import load_recipe


@pytest.fixture
def form(tmp_path):
    form = vz.train_form(write_data(tmp_path / "discs"), runs=tmp_path / "runs", length=40, epochs=3)
    yield form
    form.close()


def test_the_plan_follows_the_options(form):
    assert form.plan.estimate.steps == 3
    form.options = form.options.replace(epochs=10)
    assert form.plan.estimate.steps == 10


def test_the_widgets_move_the_options_and_the_estimate(form):
    assert "Tokens of an image" in form.widget.children[1].children[1].children[0].value
    form._view.options.edit("epochs", "5")
    assert form.options.epochs == 5
    assert "5 epochs of 1 step" in form._view.estimate.value
    form.options = form.options.replace(epochs=8)
    assert form._view.options.controls["epochs"].text == "8"


def test_a_recipe_repeats_the_run(form, tmp_path):
    path = form.save_recipe(tmp_path / "segment.yaml")
    recipe = load_recipe(path)
    assert (recipe.workflow, recipe.options["epochs"]) == ("train", 3)
    assert recipe.inputs["data"] == str(tmp_path / "discs")


def test_wrong_options_and_absent_data_are_refused(tmp_path):
    with pytest.raises(OptionError, match="did you mean 'epochs'"):
        vz.train_form(tmp_path, epoch=3)
    with pytest.raises(MissingFileError):
        vz.train_form(tmp_path / "absent")


def test_an_option_that_does_not_go_with_the_data_is_said_beside_the_button(form):
    _ = form.widget
    form._view.options.edit("classes", "0:ground,7:disc")
    assert "must hold the values of the classes" in form._view.problem.value
    form._view.options.edit("classes", "")
    assert form._view.problem.value == ""


def test_the_button_starts_a_job_and_shows_it(form, monkeypatch):
    monkeypatch.setattr(training, "own_program", lambda *arguments: (sys.executable, "-c", "print('trained')"))
    _ = form.widget
    form._view.name.value = "first"
    form._view.start.click()
    watch_widget = form._view.run.children[0]
    assert watch_widget is not None
    status = vz.watch_run(form.book.folder / "first").wait(30)
    assert (status.name, status.is_going) == ("first", False)
    form._view.name.value = "a b"
    form._view.start.click()
    assert "folder name" in form._view.problem.value
