"""The images and masks that a run is scored on."""

import cv2
import numpy as np
import pytest

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.training.labels import IGNORED, LabelMap
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.run_folder import RunFolder, write_splits
from vitsci_viz.workflows.truth import choose_records, labels_of_data, mark_records, namesakes, read_truth

TWO = LabelMap(values=(0, 1), names=("background", "nucleus"))


@pytest.fixture
def data(tmp_path):
    """Three empty images with masks."""
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
        for stem in "abc":
            cv2.imwrite(str(tmp_path / name / f"{stem}.png"), np.zeros((6, 8), np.uint8))
    return tmp_path


def _run(folder, rows):
    (folder / "run").mkdir()
    run = RunFolder(folder / "run")
    write_splits(run, rows)
    return run


def _mask(folder, stem, values):
    cv2.imwrite(str(folder / "masks" / f"{stem}.png"), np.asarray(values, np.uint8))


def _splits(folder):
    image, mask = folder / "images", folder / "masks"
    return [
        (str(image / "a.png"), str(mask / "a.png"), "slide 1", "train"),
        ("../images/b.png", "../masks/b.png", "slide 2", "val"),
    ]


def test_images_are_known_by_their_paths(data):
    marked = mark_records(find_records(data), _run(data, _splits(data)))
    assert [(each.name, each.split, each.group) for each in marked] == [
        ("a", "train", "slide 1"),
        ("b", "val", "slide 2"),
        ("c", "", ""),
    ]


def test_links_lead_to_the_images_that_were_used(data, tmp_path):
    run = _run(data, _splits(data))
    (tmp_path / "link").symlink_to(data)
    marked = mark_records(find_records(tmp_path / "link"), run)
    assert [each.split for each in marked] == ["train", "val", ""]


def test_what_the_data_say_of_a_split_is_not_what_the_run_did(data):
    run = _run(data, _splits(data))
    table = "image,mask,group,split\n" + "".join(
        f"images/{stem}.png,masks/{stem}.png,{group},{split}\n"
        for stem, group, split in (("a", "x", "test"), ("b", "y", "val"), ("c", "z", "train"))
    )
    (data / "table.csv").write_text(table)
    marked = mark_records(find_records(data / "table.csv"), run)
    assert [(each.group, each.split) for each in marked] == [("x", "train"), ("y", "val"), ("z", "")]


@pytest.mark.parametrize(("split", "names"), [("train", "a"), ("val", "b"), ("all", "abc")])
def test_a_split_is_chosen(data, split, names):
    marked = mark_records(find_records(data), _run(data, _splits(data)))
    assert "".join(each.name for each in choose_records(marked, split, data="here")) == names


def test_an_empty_split_is_refused(data):
    marked = mark_records(find_records(data), _run(data, _splits(data)[:1]))
    with pytest.raises(InputError, match=r"kept for validation, but it knows none of the 3 in here .* take split=all"):
        choose_records(marked, "val", data="here")


def test_copies_of_trained_images_are_noticed(data, tmp_path):
    run = _run(data, _splits(data))
    assert namesakes(mark_records(find_records(data), run), run) == ()
    copies = [Record(stem, tmp_path / "copy" / f"{stem}.png", tmp_path / f"{stem}.png") for stem in "abc"]
    assert namesakes(mark_records(copies, run), run) == ("a",)


def test_a_run_without_splits_knows_no_image(data):
    assert [each.split for each in mark_records(find_records(data), RunFolder(data))] == ["", "", ""]


def test_any_two_values_will_do_for_two_classes(data):
    for stem in "abc":
        _mask(data, stem, np.repeat([[0, 255]], 4, axis=0))
    records = find_records(data)
    assert labels_of_data(TWO, records, has_objects=False).values == (0, 255)
    assert labels_of_data(TWO, records, has_objects=False, ignore=(255,)).values == (0, 1)
    for stem in "abc":
        _mask(data, stem, [[0, 1]])
    assert labels_of_data(TWO, records, has_objects=False) == TWO


def test_objects_need_two_classes(data):
    three = LabelMap(values=(0, 1, 2), names=("background", "a", "b"))
    with pytest.raises(OptionError, match="two classes, got 3"):
        labels_of_data(three, find_records(data), has_objects=True)
    assert labels_of_data(TWO, find_records(data), has_objects=True).is_instances


def test_objects_are_the_masks_numbers(data):
    _mask(data, "a", [[0, 3, 3, 9], [7, 0, 0, 9]])
    labels = LabelMap(values=(0, 1), names=("background", "nucleus"), ignore=(9,), is_instances=True)
    truth = read_truth(find_records(data)[0], labels, (2, 4), has_objects=True)
    assert truth.labels.tolist() == [[0, 1, 1, IGNORED], [1, 0, 0, IGNORED]]
    assert truth.objects.tolist() == [[0, 3, 3, 0], [7, 0, 0, 0]]


def test_a_mask_with_one_number_is_split_into_objects(data):
    _mask(data, "a", [[0, 255, 255, 0, 255]])
    labels = LabelMap(values=(0, 1), names=("background", "nucleus"), is_instances=True)
    truth = read_truth(find_records(data)[0], labels, (1, 5), has_objects=True)
    assert truth.objects.tolist() == [[0, 1, 1, 0, 2]]


def test_a_mask_of_another_size_or_value_is_refused(data):
    record = find_records(data)[0]
    with pytest.raises(InputError, match="one shape"):
        read_truth(record, TWO, (5, 5), has_objects=False)
    _mask(data, "a", [[0, 1, 4]])
    with pytest.raises(InputError, match=r"4 \(1 pixels\)"):
        read_truth(record, TWO, (1, 3), has_objects=False)
