"""Filling the outlines gives the labels back; areas are those that scikit-image finds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.path import Path as Outline
from skimage.measure import euler_number, label

from vitsci_viz.errors import InputError
from vitsci_viz.io import outlines
from vitsci_viz.io.outlines import Area, outline


def in_bands(labels: np.ndarray, rows: int) -> list[Area]:
    bands = (labels[first : first + rows] for first in range(0, len(labels), rows))
    return list(outline(bands, labels.shape[1]))


def filled(ring: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Fill a ring by matplotlib's test of points: pixel centres never lie on an edge."""
    centres = np.stack(np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5), axis=-1)
    return Outline(ring, closed=True).contains_points(centres.reshape(-1, 2)).reshape(shape)


def rasterised(areas: list[Area], shape: tuple[int, int]) -> np.ndarray:
    canvas = np.zeros(shape, np.uint8)
    for area in areas:
        inside = filled(area.rings[0], shape)
        for hole in area.rings[1:]:
            assert not (filled(hole, shape) & ~inside).any(), "a hole lies inside its own outline"
            inside &= ~filled(hole, shape)
        assert not canvas[inside].any(), "areas do not overlap"
        canvas[inside] = area.label
    return canvas


@st.composite
def label_images(draw):
    shape = draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    random = np.random.default_rng(draw(st.integers(0, 9999)))
    classes = draw(st.integers(2, 4))
    share = draw(st.floats(0.1, 0.9))
    return np.where(random.random(shape) < share, random.integers(0, classes, shape), 1).astype(np.uint8)


@given(labels=label_images(), rows=st.integers(1, 6))
def test_filled_outlines_are_the_labels(labels, rows):
    areas = in_bands(labels, rows)
    np.testing.assert_array_equal(rasterised(areas, labels.shape), labels)


@given(labels=label_images(), rows=st.integers(1, 6))
def test_areas_are_the_connected_ones_with_their_holes(labels, rows):
    areas = in_bands(labels, rows)
    for value in range(1, 4):
        own = [area for area in areas if area.label == value]
        mask = labels == value
        assert len(own) == label(mask, connectivity=1).max()
        holes = sum(len(area.rings) - 1 for area in own)
        assert len(own) - holes == euler_number(mask, connectivity=1)


def test_nested_rings_belong_to_the_area_they_are_cut_from():
    labels = np.zeros((15, 15), np.uint8)
    for inset, value in enumerate((1, 0, 1, 0, 1)):
        labels[inset + 1 : 14 - inset, inset + 1 : 14 - inset] = value
    labels[2, 2] = 1  # the first hole no longer begins beside the outer ring
    areas = in_bands(labels, 4)
    assert [len(area.rings) for area in areas] == [2, 2, 1]
    np.testing.assert_array_equal(rasterised(areas, labels.shape), labels)


def test_outer_rings_turn_left_and_holes_right():
    labels = np.ones((5, 5), np.uint8)
    labels[2, 2] = 0
    (area,) = in_bands(labels, 5)
    outer, hole = (ring.astype(float) for ring in area.rings)

    def signed(ring: np.ndarray) -> float:
        return float((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum() / 2)

    assert (signed(outer), signed(hole)) == (25, -1)
    np.testing.assert_array_equal(outer, [[0, 0], [5, 0], [5, 5], [0, 5], [0, 0]])


def test_an_image_of_background_has_no_areas():
    assert in_bands(np.zeros((9, 7), np.uint8), 4) == []


def test_too_ragged_labels_are_refused(monkeypatch):
    monkeypatch.setattr(outlines, "MOST_CORNERS", 100)
    noise = np.random.default_rng(0).integers(0, 2, (40, 40)).astype(np.uint8)
    with pytest.raises(InputError, match="at most 100 corners"):
        in_bands(noise, 8)


def test_more_corners_than_the_room_holds_are_all_found():
    labels = (np.indices((200, 300)).sum(axis=0) % 2).astype(np.uint8)  # as many corners as there can be
    areas = in_bands(labels, 200)
    assert len(areas) == labels.sum()
