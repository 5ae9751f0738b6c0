"""Weights of the classes where not every image can be read, or none is labelled."""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.training.cases import source_of
from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.io.masks import read_mask
from vitsci_viz.training.class_weights import class_weights_of, labelled_areas
from vitsci_viz.training.options import LoopOptions
from vitsci_viz.training.records import Record


def test_a_broken_image_is_left_out_of_the_areas_where_it_is_to_be_skipped(records: Sequence[Record]) -> None:
    source = source_of(records, on_error="skip")
    records[0].image.write_bytes(b"no picture")
    masks = [np.asarray(read_mask(record.mask)) for record in records[1:]]
    assert labelled_areas(source) == pytest.approx([sum((mask == k).sum() for mask in masks) for k in (0, 1)])


def test_a_broken_image_stops_the_run_otherwise(records: Sequence[Record]) -> None:
    source = source_of(records)
    records[0].image.write_bytes(b"no picture")
    with pytest.raises(VitsciVizError, match=records[0].name):
        labelled_areas(source)


def test_balanced_weights_are_one_over_the_root_of_the_area_and_zero_without_any() -> None:
    weights = class_weights_of(LoopOptions(class_weights="balanced"), [400.0, 100.0, 0.0], 3)
    assert weights is not None
    np.testing.assert_allclose(weights.numpy(), [1.0, 2.0, 0.0])


def test_weights_cannot_be_balanced_by_nothing() -> None:
    with pytest.raises(InputError, match="needs labelled pixels"):
        class_weights_of(LoopOptions(class_weights="balanced"), [0.0, 0.0], 2)
