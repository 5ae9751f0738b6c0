import sys

import pytest
import yaml

from tests.views.session.runs import write_data, write_run
from vitsci_viz.errors import InputError, MissingExtraError, OptionError
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session import training
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.training import (
    name_for,
    new_run,
    options_in,
    recipe_of,
    resume_run,
    start_run,
    stop_run,
)
from vitsci_viz.workflows.catalogue import recipe_mapping


@pytest.fixture
def program(monkeypatch):
    """The command line, replaced by a program that ends at once."""
    asked = []

    def own_program(*arguments):
        asked.append(arguments)
        return (sys.executable, "-c", "pass", *arguments)

    monkeypatch.setattr(training, "own_program", own_program)
    return asked


def test_a_recipe_is_read_back_as_it_was_made():
    options = TrainOptions(epochs=7, encoder="small", classes="0:ground,1:disc")
    content = recipe_mapping(recipe_of("tiles", options, "runs/first"))
    assert options_in(content) == (options, "tiles", "runs/first")


def test_recipes_of_other_workflows_are_refused():
    with pytest.raises(OptionError, match="shows the workflow train"):
        options_in({"version": 1, "workflow": "patch", "inputs": {"image": "a.png"}})
    with pytest.raises(OptionError, match="did you mean 'epochs'"):
        options_in(
            {
                "version": 1,
                "workflow": "train",
                "inputs": {"data": "a"},
                "outputs": {"run": "b"},
                "options": {"epoch": 1},
            }
        )


@pytest.mark.parametrize("name", ["", "a b", "../up", ".hidden", "a/b"])
def test_a_run_needs_a_folder_name(name, tmp_path):
    with pytest.raises(OptionError, match="folder name"):
        new_run(name, tmp_path)


def test_no_run_is_replaced(tmp_path):
    (tmp_path / "first").mkdir()
    with pytest.raises(OptionError, match="already"):
        new_run("first", tmp_path)
    assert new_run("second", tmp_path) == tmp_path / "second"


@pytest.mark.parametrize("data", ["sample:pathology_set", "/a/my tiles", "table.csv", "-"])
def test_proposed_names_are_folder_names(data, tmp_path):
    for options in (TrainOptions(), TrainOptions(mode="uniform"), TrainOptions(architecture="monai_unet")):
        assert new_run(name_for(data, options), tmp_path).parent == tmp_path


def test_a_started_run_has_its_recipe_beside_the_log(program, tmp_path):
    book, data = RunBook(tmp_path / "runs"), write_data(tmp_path / "tiles")
    id = start_run(book.jobs, "first", recipe_of(str(data), TrainOptions(epochs=3), book.folder / "first"))
    status = book.jobs.status(id)
    recipe = yaml.safe_load(status.spec.recipe)
    assert (recipe["inputs"]["data"], recipe["options"]["epochs"]) == (str(data), 3)
    assert recipe["outputs"]["run"] == status.spec.run_folder == str(book.folder / "first")
    assert program == [("run", "{recipe}")]


def test_a_run_goes_on_from_its_folder(program, tmp_path):
    run = write_run(tmp_path / "left", steps=4, state="stopped")
    book = RunBook(tmp_path)
    resume_run(book.jobs, book.look()[0])
    assert program == [("train", str(run.path), "--resume")]


def test_what_is_complete_or_has_nothing_to_go_on_from_is_not_resumed(program, tmp_path):
    write_run(tmp_path / "done")
    book = RunBook(tmp_path)
    with pytest.raises(InputError, match="it is done"):
        resume_run(book.jobs, book.look()[0])
    (tmp_path / "done" / "checkpoints" / "last").unlink()
    with pytest.raises(InputError, match="no checkpoint"):
        resume_run(book.jobs, book.look()[0])
    assert program == []


def test_runs_of_others_are_not_ours_to_stop(tmp_path):
    write_run(tmp_path / "left", steps=4, state="running")
    book = RunBook(tmp_path)
    with pytest.raises(InputError, match="started elsewhere"):
        stop_run(book.jobs, book.look()[0])


def test_without_torch_nothing_is_started(monkeypatch, tmp_path):
    monkeypatch.setattr(training, "NEEDED", "torch_that_is_not_installed")
    with pytest.raises(MissingExtraError):
        start_run(RunBook(tmp_path).jobs, "a", recipe_of("sample:pathology_set", TrainOptions(), tmp_path / "a"))
