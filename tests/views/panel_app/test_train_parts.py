"""The parts of the Train page without a browser."""

import pytest

from tests.views.session.runs import write_data, write_run
from vitsci_viz.errors import MissingFileError, OutsideRootError
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.panel_app.data_chooser import DataChooser
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.pages.train import TrainPage
from vitsci_viz.views.panel_app.run_list import row_of
from vitsci_viz.views.panel_app.run_view import actions_of
from vitsci_viz.views.panel_app.tiles import Tiles
from vitsci_viz.views.session.run_book import RunBook


@pytest.fixture
def library(tmp_path):
    root = tmp_path / "root"
    write_data(root / "discs", groups=2)
    (root / "notes.txt").write_text("")
    return Library(root=root, runs=tmp_path / "runs")


def test_folders_and_tables_are_listed_for_training(library):
    top = library.listing(for_training=True)
    assert [(entry.path, entry.is_folder, entry.is_data) for entry in top.entries] == [("discs", True, True)]
    inside = library.listing("discs", for_training=True)
    assert [(entry.name, entry.is_data) for entry in inside.entries] == [
        ("images", False), ("masks", False), ("table.csv", True)
    ]  # fmt: skip
    assert top.hidden == 1


def test_data_lie_below_the_root_or_are_generated(library):
    assert library.data_path("discs") == str(library.root / "discs")
    assert library.data_path("sample:vessels_set") == "sample:vessels_set"
    assert library.source_of(str(library.root / "discs" / "table.csv")) == "discs/table.csv"
    with pytest.raises(OutsideRootError):
        library.data_path("../secret")
    with pytest.raises(MissingFileError):
        library.data_path("absent")


def test_runs_lie_below_the_root_by_default(tmp_path):
    assert Library(root=tmp_path).runs_folder() == tmp_path / "runs"
    assert Library(root=tmp_path, runs=tmp_path / "mine").runs_folder() == tmp_path / "mine"


def test_a_choice_that_fails_is_said_beside_the_chooser(library):
    def refuse(source):
        raise OutsideRootError(f"{source} lies outside")

    chooser = DataChooser(library, refuse)
    chooser.view.panel.receive({"kind": "choose", "source": "../a"})
    assert chooser.view.state["error"] == "../a lies outside"
    chooser.view.panel.receive({"kind": "browse", "path": "discs"})
    assert chooser.view.state["folder"]["entries"][2]["is_data"]
    assert chooser.view.state["error"] == ""


def test_what_can_be_done_follows_from_the_state(tmp_path):
    write_run(tmp_path / "left", steps=4, state="stopped")
    write_run(tmp_path / "done")
    runs = {run.name: run for run in RunBook(tmp_path).look()}
    assert actions_of(runs["left"]) == ["resume", "metrics", "adopt", "recipe"]
    assert actions_of(runs["done"]) == ["metrics", "adopt", "recipe"]
    assert row_of(runs["left"]) == {
        "name": "left", "state": "stopped", "part": 0.5, "dice": "Dice 0.400", "note": "step 4 of 8, 2.0 s"
    }  # fmt: skip


def test_pictures_are_sent_once():
    tiles = Tiles(("a", "b"))
    tiles.show("first", [{"name": "x"}], key=1, classes=("background", "disc"))
    tiles.show("second", [], key=1)
    assert tiles.view.state["title"] == "first"
    assert tiles.view.state["legend"] == [{"name": "disc", "colour": "#e69f00"}]


@pytest.fixture
def page(library):
    page = TrainPage(library, lambda function: function())
    yield page
    page.close()


def test_a_link_brings_back_setting_and_run(page):
    page.start("epochs=7&run=first", sample=None)
    assert page.form.options == TrainOptions(epochs=7)
    assert page.state.run == page.watch.name == "first"


def test_a_wrong_option_of_a_link_is_left_out_and_said_and_the_rest_counts(page):
    page.start("epochs=-7&length=64&run=first", sample=None)
    assert page.form.options == TrainOptions(length=64)
    assert page.state.run == "first"
    assert page.status.view.state["text"] == "Left out of the link: epochs must be at least 1, got '-7'"


@pytest.mark.parametrize(
    ("query", "said"), [("epoch=7", "did you mean 'epochs'"), ("data=../secret", "outside the data root")]
)
def test_a_wrong_link_is_said(page, query, said):
    page.start(query, sample=None)
    assert said in page.status.view.state["text"]


def test_nothing_is_started_without_data_or_with_a_name_that_is_none(page):
    page.estimate.view.panel.receive({"kind": "start", "name": "a b"})
    assert page.estimate.view.state["error"] == ""
    page.state = page.state.replace(data="discs")
    page.data = object.__new__(type("Data", (), {"source": "discs"}))
    page._start("a b")
    assert "folder name" in page.estimate.view.state["error"]


def test_nothing_is_started_while_a_field_is_refused(page):
    page.data = object.__new__(type("Data", (), {"source": "discs"}))
    page.form.view.panel.receive({"kind": "edit", "seq": 1, "name": "epochs", "text": "-3"})
    page._start("fresh")
    assert "epochs must be at least 1" in page.estimate.view.state["error"]
    assert not (page.book.folder / "fresh").exists()


def test_the_setting_of_a_run_is_taken_over(page, library, tmp_path):
    run = write_run(tmp_path / "runs" / "former", data=str(library.root / "discs"), epochs=9, length=64)
    opened = []
    page.open = opened.append
    (status,) = RunBook(tmp_path / "runs").look()
    page._adopt(status, is_shown_only=False)
    assert (page.form.options.epochs, page.form.options.length, opened) == (9, 64, ["discs"])
    run.recipe.write_text("nonsense")
    page._adopt(status, is_shown_only=False)
    assert "cannot be read" in page.status.view.state["text"]
