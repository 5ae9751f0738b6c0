"""What the Segment page is made of, without a browser."""

import math
import os

import cv2
import numpy as np
import pytest

from tests.views.session.cases import blobs, session_of
from tests.views.session.fake_model import fake_run
from vitsci_viz.errors import InputError
from vitsci_viz.training.run_folder import RunFolder, write_splits
from vitsci_viz.types import PatchTree
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.segment_downloads import SEGMENT_DOWNLOADS, Shown, scores_table
from vitsci_viz.views.panel_app.segment_scores import ScoresPanel
from vitsci_viz.views.panel_app.segment_sources import chosen_source, images_of, runs_of
from vitsci_viz.views.panel_app.segment_viewports import ROWS, caption_of, legend_groups, probe_text, roles_of
from vitsci_viz.views.session.segment import Predicted, SegmentView, label_display
from vitsci_viz.views.session.segment_scores import ImageRow, ImageScore, score

NAMES = ("background", "gland", "nucleus")


def view_of(truth, said=None, second=None):
    shown = [None if each is None else Predicted(labels=label_display(each)) for each in (said, second)]
    return SegmentView(
        base=session_of(blobs(truth.shape), "yx"), classes=NAMES, truth=label_display(truth), first=shown[0],
        second=shown[1],
    )  # fmt: skip


@pytest.fixture
def truth():
    return np.random.default_rng(0).integers(0, 3, (30, 40)).astype(np.uint8)


@pytest.fixture
def panel():
    told = []
    panel = ScoresPanel(
        on_pick=lambda key: told.append(("pick", key)), on_split=lambda split: told.append(("split", split)),
        on_continue=lambda: told.append(("continue", "")),
    )  # fmt: skip
    panel.told = told
    return panel


@pytest.fixture
def library(tmp_path):
    """A root with two images, one of them in the run's table, and a run whose second image lies outside."""
    root = tmp_path / "root"
    for folder in (root, tmp_path / "elsewhere"):
        folder.mkdir()
        for name in ("one.png", "other.png", "mask.png"):
            cv2.imwrite(str(folder / name), np.full((8, 8), 255 * (name == "mask.png"), np.uint8))
    run = RunFolder(fake_run(root / "runs" / "tiny"))
    rows = [("one.png", "mask.png", "p1", "train"), ("../elsewhere/other.png", "../elsewhere/mask.png", "p2", "val")]
    write_splits(run, [(*(os.path.join("..", "..", path) for path in row[:2]), *row[2:]) for row in rows])  # noqa: PTH118
    return Library(root=root, runs=root / "runs")


@pytest.mark.parametrize("layout", ["all", "overlay", "compare"])
@pytest.mark.parametrize("has_truth", [True, False])
@pytest.mark.parametrize("has_second", [True, False])
def test_every_layout_fits_the_canvases_and_names_them(layout, has_truth, has_second):
    roles = roles_of(layout, has_truth=has_truth, has_second=has_second)
    assert len(roles) == sum(map(len, ROWS))
    shown = [role for role in roles if role]
    assert len(set(shown)) == len(shown)
    assert ("truth" in shown) == (has_truth and layout != "overlay")
    captions = [caption_of(role, is_pair=has_second) for role in shown]
    assert len(set(captions)) == len(captions)


def test_the_legend_explains_every_colour_in_sight(truth):
    view = view_of(truth, truth, truth)
    titles = {
        layout: [group["title"] for group in legend_groups(view, roles_of(layout, has_truth=True, has_second=True))]
        for layout in ("all", "compare")
    }
    assert titles == {"all": ["Classes", "Error", "Uncertainty"], "compare": ["Classes", "Error", "A and B"]}


def test_the_cursor_is_told_what_is_there_and_what_was_said(truth):
    truth[5, 7] = 255
    said = np.full_like(truth, 2)
    assert probe_text(view_of(truth, said), (5.5, 7.5)) == ["truth not labelled", "prediction nucleus"]
    assert probe_text(view_of(truth, said, said), (5.5, 7.5))[1:] == ["A nucleus", "B nucleus"]
    assert probe_text(view_of(truth, said), (-3, 0)) == []


def test_numbers_of_one_image_and_of_two_runs_are_put_in_words(panel, truth):
    said = truth.copy()
    said[:10] = 0
    first, second = score(said, truth, 3), score(truth, truth, 3)
    panel.show_image([first, second], NAMES, ["resampled"])
    shown = panel.view.state
    assert shown["image"]["mean"] == [f"{first.mean_dice:.3f}", "1.000"]
    assert shown["image"]["change"] == f"+{1 - first.mean_dice:.3f}"
    assert [row["name"] for row in shown["image"]["classes"]] == ["gland", "nucleus"]
    assert shown["remarks"] == ["resampled"]
    panel.show_image([None], NAMES, [])
    assert panel.view.state["image"] is None
    assert "mask" in panel.view.state["nothing"]


def test_rows_say_what_is_known_and_only_what_the_name_does_not(panel):
    rows = [
        ImageRow(key="1", name="p1_a", group="p1", split="val", first=0.5, second=0.75),
        ImageRow(key="2", name="b", group="p2", split="train", first=math.nan),
    ]
    panel.show_rows(rows, current="1", is_pair=True)
    first, second = panel.view.state["rows"]
    assert (first["note"], first["value"], first["change"]) == ("validation", "0.500", "+0.250")
    assert (second["note"], second["value"], second["change"]) == ("p2, training", "\N{EN DASH}", "\N{EN DASH}")
    many = [ImageRow(key=str(number), name=str(number)) for number in range(400)]
    panel.show_rows(many, current="", is_pair=False)
    assert (len(panel.view.state["rows"]), panel.view.state["more"]) == (300, 100)


def test_messages_of_the_browser_are_passed_on_and_nonsense_is_not(panel):
    for kind, value in (("pick", "a"), ("split", "train"), ("split", "nonsense"), ("continue", "")):
        panel.view.panel.receive({"kind": kind, "value": value})
    assert panel.told == [("pick", "a"), ("split", "train"), ("continue", "")]


def test_images_of_a_run_outside_the_folders_of_the_server_are_counted_and_not_offered(library):
    (run,) = runs_of(library)
    images = images_of(run.path, library)
    assert [(source.link, source.group, source.split) for source in images.sources] == [("run:one", "p1", "train")]
    assert "1 of 2 images of this run lie outside the data root" in images.note
    image, mask = images.sources[0].open(lambda *told: None)
    assert image.shape == mask.shape == (8, 8)
    assert np.unique(np.asarray(mask)).tolist() == [255]


def test_a_run_whose_images_are_gone_says_so_without_naming_folders_of_the_server(library):
    (run,) = runs_of(library)
    (library.root / "one.png").unlink()
    images = images_of(run.path, library)
    assert images.sources == ()
    assert "cannot be listed" in images.note
    assert str(library.root) not in images.note


def test_a_chosen_image_keeps_the_values_of_its_mask(library):
    source = chosen_source(library, "one.png", "mask.png")
    assert (source.link, source.mask, source.name) == ("one.png", "mask.png", "one.png")
    _, mask = source.open(lambda *told: None)
    assert np.unique(np.asarray(mask)).tolist() == [255]
    assert chosen_source(library, "one.png", None).key != source.key


@pytest.mark.parametrize("name", SEGMENT_DOWNLOADS)
def test_every_download_is_a_file_with_a_name_and_a_kind(name, truth):
    said = np.roll(truth, 1, axis=0)
    known = score(said, truth, 3)
    rows = [ImageRow(key="a", name="a", first=known.mean_dice), ImageRow(key="b", name="b")]
    shown = Shown(view=view_of(truth, said), runs=["tiny"], rows=rows, scores={"a": known})
    file = SEGMENT_DOWNLOADS[name][1](shown, lambda *told: None)
    assert file.name.rpartition(".")[2] in {"tif", "geojson", "png", "csv", "json"}
    assert "tiny-" in file.name, "files of two runs keep apart"
    assert len(file.data) > 20


def test_the_table_has_the_same_columns_for_images_that_are_known_and_those_that_are_not(truth):
    known = ImageScore(confusion=np.diag([5, 3, 2]))
    rows = [ImageRow(key="b", name="b", problem="broken"), ImageRow(key="a", name="a", first=1.0)]
    table = scores_table(Shown(view=view_of(truth, truth), runs=["tiny"], rows=rows, scores={"a": known}))
    assert list(table[0]) == list(table[1])
    assert (table[1]["dice_gland"], table[0]["dice_gland"], table[0]["problem"]) == (1.0, None, "broken")


def test_labels_cannot_be_saved_before_there_are_any(truth):
    shown = Shown(view=view_of(truth), runs=[], rows=[], scores={})
    for name in ("labels", "errors"):
        with pytest.raises(InputError, match="choose a run"):
            SEGMENT_DOWNLOADS[name][1](shown, lambda *told: None)


def test_leaves_of_the_prediction_are_offered_with_it(truth):
    from vitsci_viz.views.panel_app.segment_viewports import drawn
    from vitsci_viz.views.session.state import Window

    tree = PatchTree(
        shape=(30, 40), origin=np.array([[0, 0]]), size=np.array([[64, 64]]), level=np.array([0], np.int16),
        score=np.zeros(1),
    )  # fmt: skip
    found = Predicted(labels=label_display(truth), trees=(tree,))
    view = SegmentView(base=session_of(blobs((30, 40)), "yx"), classes=NAMES, first=found)
    layers = drawn(view, "patches", Window(0, 0, 40, 30, 40, 30))
    assert layers["leaves"].total == 1
    assert set(layers) == {"image", "leaves"}
