import numpy as np

from tests.views.session.cases import blobs, session_of, whole
from vitsci_viz.views.session.palettes import MASK_OPACITY
from vitsci_viz.views.session.scene import mask_overlay
from vitsci_viz.views.session.state import Window


def masked(mask):
    return session_of(blobs(mask.shape), "zyx"[-mask.ndim :], mask=mask)


def test_a_class_is_filled_translucently_inside_a_crisp_outline():
    mask = np.zeros((40, 50), np.uint8)
    mask[10:20, 10:30] = 2
    found = mask_overlay(masked(mask), whole((40, 50)), margin=0)
    expected = mask.copy()
    expected[10:20, 10:30] = 2 + 128
    expected[11:19, 11:29] = 2
    assert np.array_equal(found.index, expected)
    assert found.palette[2, 3] == MASK_OPACITY
    assert found.palette[130, 3] == 255
    assert found.palette[0, 3] == 0


def test_two_classes_that_touch_are_told_apart():
    mask = np.zeros((20, 20), np.uint16)
    mask[5:15, 5:10], mask[5:15, 10:15] = 1, 2
    found = mask_overlay(masked(mask), whole((20, 20)), margin=0)
    assert found.index[10, 9] == 129
    assert found.index[10, 10] == 130
    assert (found.palette[129, :3] != found.palette[130, :3]).any()


def test_background_touching_a_class_stays_clear():
    mask = np.zeros((20, 20), np.uint8)
    mask[5:15, 5:15] = 1
    found = mask_overlay(masked(mask), whole((20, 20)), margin=0)
    assert not found.index[mask == 0].any()


def test_zoomed_out_masks_come_at_screen_size_with_only_their_classes():
    mask = np.where(blobs((800, 600)) > 100, 3, 0).astype(np.uint8)
    found = mask_overlay(masked(mask), Window(0, 0, 600, 800, 75, 100), margin=0)
    assert found.index.shape == (100, 75)
    assert set(np.unique(found.index)) <= {0, 3, 131}


def test_more_classes_than_colours_repeat_them():
    mask = np.arange(400, dtype=np.uint16).reshape(20, 20)
    found = mask_overlay(masked(mask), whole((20, 20)), margin=0)
    assert (found.index[1:, 1:] > 0).all()


def test_the_mask_of_a_slice_is_shown():
    mask = np.zeros((4, 20, 20), np.uint8)
    mask[2, 5:15, 5:15] = 1
    session = masked(mask)
    assert mask_overlay(session, whole((20, 20)), slice_index=2).index.any()
    assert not mask_overlay(session, whole((20, 20)), slice_index=1).index.any()


def test_without_a_mask_or_beside_it_there_is_none():
    assert mask_overlay(session_of(blobs((20, 20)), "yx"), whole((20, 20))) is None
    assert mask_overlay(masked(np.ones((20, 20), np.uint8)), Window(100, 100, 120, 120, 20, 20)) is None
