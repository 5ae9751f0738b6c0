"""Mask values become class indices; what is no class is named with its count."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from tests.training.cases import discs, picture_of, write_pair, write_set
from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.training.labels import (
    IGNORED,
    LabelMap,
    class_areas,
    empty_classes,
    find_labels,
)
from vitsci_viz.training.masks import check_shape, check_shapes, count_values, open_mask
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record, find_records


def read_labels(record: Record, labels: LabelMap, shape: tuple[int, ...]) -> np.ndarray:
    mask = open_mask(record)
    check_shape(record, mask, shape)
    return labels.index_of(np.asarray(mask), str(record.mask))


def records_of(folder: Path, *masks: np.ndarray):
    for number, mask in enumerate(masks):
        write_pair(folder, f"tile_{number}", picture_of(mask.astype(np.uint8)), mask)
    return find_records(folder)


def test_two_values_mean_background_and_foreground(tmp_path: Path):
    records = write_set(tmp_path, values=(0, 255))
    labels = find_labels(records, DataOptions())
    assert (labels.values, labels.names) == ((0, 255), ("background", "foreground"))
    raw = np.asarray(Picture.open(records[0].mask))
    np.testing.assert_array_equal(read_labels(records[0], labels, raw.shape), raw // 255)


def test_a_mask_that_holds_two_of_three_classes_keeps_their_meaning(tmp_path: Path):
    both, one = np.array([[0, 1], [2, 2]], np.uint8), np.array([[0, 2], [2, 2]], np.uint8)
    records = records_of(tmp_path, both, one)
    labels = find_labels(records, DataOptions())
    assert labels.names == ("background", "class 1", "class 2")
    np.testing.assert_array_equal(read_labels(records[1], labels, one.shape), one)


def test_names_are_taken_for_values(tmp_path: Path):
    records = records_of(tmp_path, np.array([[0, 7], [9, 9]], np.uint8))
    labels = find_labels(records, DataOptions(classes="0:glass,7:tumour,9:stroma"))
    assert labels.names == ("glass", "tumour", "stroma")
    np.testing.assert_array_equal(read_labels(records[0], labels, (2, 2)), [[0, 1], [2, 2]])


def test_names_of_two_classes_fit_masks_of_0_and_255(tmp_path: Path):
    records = write_set(tmp_path, values=(0, 255))
    labels = find_labels(records, DataOptions(classes="0:background,1:nucleus"))
    assert (labels.values, labels.names) == ((0, 255), ("background", "nucleus"))


@pytest.mark.parametrize("classes", ["0:glass,1:tumour,2:tumour", {0: "glass", 1: "tumour", 2: "tumour"}])
def test_every_class_has_a_name_of_its_own(classes: str | dict[int, str]):
    with pytest.raises(OptionError, match=r"classes.*a name of its own for every value, got 'tumour' twice"):
        DataOptions(classes=classes)


def test_ignored_values_are_no_class(tmp_path: Path):
    mask = np.array([[0, 1], [254, 255]], np.uint8)
    records = records_of(tmp_path, mask)
    labels = find_labels(records, DataOptions(ignore=(254, 255)))
    assert labels.names == ("background", "foreground")
    np.testing.assert_array_equal(read_labels(records[0], labels, (2, 2)), [[0, 1], [IGNORED, IGNORED]])


def test_numbered_objects_are_foreground(tmp_path: Path):
    mask = np.array([[0, 1], [70_000, 2]], np.uint32)
    write_pair(tmp_path, "a", picture_of(np.zeros((2, 2), np.uint8)), mask, suffix=".tif")
    (record,) = find_records(tmp_path)
    labels = find_labels([record], DataOptions(instances=True, ignore=(2,)))
    assert labels.is_instances
    np.testing.assert_array_equal(read_labels(record, labels, (2, 2)), [[0, 1], [1, IGNORED]])


def test_palette_pictures_give_their_indices(tmp_path: Path):
    labels = discs((16, 16), values=(0, 1, 2))
    write_pair(tmp_path, "a", picture_of(labels), labels)
    picture = Picture.fromarray(labels).convert("P")
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / "masks" / "a.png")
    (record,) = find_records(tmp_path)
    np.testing.assert_array_equal(read_labels(record, find_labels([record], DataOptions()), (16, 16)), labels)


def test_an_unknown_value_is_named_with_its_count_and_mask(tmp_path: Path):
    records = records_of(tmp_path, np.array([[0, 1], [1, 1]], np.uint8), np.array([[0, 5], [5, 6]], np.uint8))
    with pytest.raises(InputError, match=r"1 of 2 hold others, the first tile_1: 5 \(2 pixels\), 6 \(1 pixels\)"):
        find_labels(records, DataOptions(classes="0:background,1:nucleus"))
    with pytest.raises(InputError, match=r"tile_1\.png must hold .* got also 5 \(2 pixels\), 6 \(1 pixels\)"):
        read_labels(records[1], LabelMap(values=(0, 1), names=("a", "b")), (2, 2))


def test_large_values_are_looked_up_as_small_ones_are():
    labels = LabelMap(values=(0, 70_000), names=("a", "b"), ignore=(5,))
    for dtype in (np.uint32, np.int64):
        np.testing.assert_array_equal(labels.index_of(np.array([0, 70_000, 5], dtype)), [0, 1, IGNORED])
    with pytest.raises(InputError, match=r"got also 6 \(1 pixels\)"):
        labels.index_of(np.array([6], np.uint32))


def test_masks_of_one_value_or_of_many_say_what_to_do(tmp_path: Path):
    records = records_of(tmp_path / "one", np.zeros((4, 4), np.uint8))
    with pytest.raises(InputError, match="at least two values to tell apart, got 0"):
        find_labels(records, DataOptions())
    records = records_of(tmp_path / "many", np.arange(100, dtype=np.uint8).reshape(10, 10))
    with pytest.raises(InputError, match="100 values, which look like numbers of single objects"):
        find_labels(records, DataOptions())


def test_a_value_cannot_be_a_class_and_left_out(tmp_path: Path):
    records = records_of(tmp_path, np.array([[0, 1]], np.uint8))
    with pytest.raises(OptionError, match="1 are in classes and ignore"):
        find_labels(records, DataOptions(classes="0:a,1:b", ignore=(1,)))
    with pytest.raises(OptionError, match="are 0 and 1, got 0, 1, 2"):
        find_labels(records, DataOptions(classes="0:a,1:b,2:c", instances=True))


def test_a_mask_of_another_size_names_both_files(tmp_path: Path):
    records = records_of(tmp_path, np.array([[0, 1]], np.uint8))
    with pytest.raises(InputError, match=r"tile_0\.png has \(3, 3\), its mask tile_0\.png \(1, 2\)"):
        read_labels(records[0], find_labels(records, DataOptions()), (3, 3))


def test_shapes_that_differ_are_all_found_before_any_work(tmp_path: Path):
    records = write_set(tmp_path, count=3)
    check_shapes(records)
    for number in (0, 2):
        write_pair(tmp_path, f"tile_{number}", picture_of(discs((32, 32))), discs((32, 30)))
    with pytest.raises(
        InputError, match=r"2 of 3 differ: tile_0\.png has \(32, 32\), its mask tile_0\.png \(32, 30\); tile_2"
    ):
        check_shapes(records)
    records[0].mask.write_bytes(b"nothing")
    with pytest.raises(InputError, match="1 of 3 differ"):
        check_shapes(records, on_error="skip")


def test_areas_and_empty_classes_are_those_of_the_masks(tmp_path: Path):
    records = records_of(tmp_path, np.array([[0, 1], [1, 9]], np.uint8), np.array([[0, 0], [0, 9]], np.uint8))
    labels = find_labels(records, DataOptions(classes="0:a,1:b,2:never", ignore=(9,)))
    areas = class_areas(count_values(records), labels)
    assert {name: area.tolist() for name, area in areas.items()} == {"tile_0": [1, 2, 0], "tile_1": [3, 0, 0]}
    assert empty_classes(areas, labels) == ("never",)
