import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.views.session.cases import VARIANCE, blobs, session_of, whole
from vitsci_viz.patching.fidelity import reconstruct
from vitsci_viz.views.session.kept import kept_window
from vitsci_viz.views.session.state import Window

powers = st.sampled_from([1, 2, 4, 8])


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(1, 90), columns=st.integers(1, 90), channels=st.sampled_from([0, 3]),
    patch=st.tuples(powers, powers), least=st.tuples(powers, powers), split=st.sampled_from([0.0, 300.0, 5000.0, 1e9]),
    corner=st.tuples(st.floats(-20, 80), st.floats(-20, 80)), side=st.floats(2, 100),
)  # fmt: skip
def test_any_window_at_full_resolution_holds_exactly_what_the_tokens_hold(
    rows, columns, channels, patch, least, split, corner, side
):
    array = blobs((rows, columns), seed=rows, channels=channels)
    session = session_of(array, "yxc" if channels else "yx")
    options = VARIANCE.replace(patch_size=patch, min_size=least, split_value=split)
    expected = reconstruct(array, session.tree(options), patch).reshape(rows, columns, -1)
    found = kept_window(session, options, Window(*corner, corner[0] + side, corner[1] + side, 200, 200))
    if found is None:
        assert corner[0] >= columns or corner[1] >= rows or corner[0] + side <= 0 or corner[1] + side <= 0
        return
    np.testing.assert_allclose(found.kept, expected[found.box.rows, found.box.columns], atol=1e-3)
    assert np.array_equal(found.pixels, array.reshape(rows, columns, -1)[found.box.rows, found.box.columns])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_other_types_are_kept_as_exactly(dtype):
    array = blobs((70, 80)).astype(dtype) * 100
    session = session_of(array, "yx")
    options = VARIANCE.replace(split_value=1e7)
    expected = reconstruct(array, session.tree(options), 8)
    found = kept_window(session, options, whole((70, 80)))
    np.testing.assert_allclose(found.kept[..., 0], expected, rtol=1e-5)


@pytest.mark.parametrize("least", [2, (1, 2, 2)])
@pytest.mark.parametrize("axes", ["zyx", "zyxc"])
def test_a_slice_holds_the_means_of_the_cells_around_it(least, axes):
    array = blobs((21, 40, 30), channels=2 if axes == "zyxc" else 0)
    session = session_of(array, axes)
    options = VARIANCE.replace(patch_size=2, min_size=least, split_value=20000.0)
    expected = reconstruct(array, session.tree(options), 2)
    for z in (0, 9, 20):
        found = kept_window(session, options, whole((40, 30)), slice_index=z)
        np.testing.assert_allclose(found.kept.reshape(expected[z].shape), expected[z], atol=1e-3)


def test_zoomed_out_cells_larger_than_a_screen_pixel_hold_their_mean():
    array = blobs((2048, 2048))
    session = session_of(array, "yx")
    options = VARIANCE.replace(split_value=1e12, min_size=2048, patch_size=64)
    found = kept_window(session, options, Window(0, 0, 2048, 2048, 1024, 1024))
    cells = array.reshape(64, 32, 64, 32).mean(axis=(1, 3))
    np.testing.assert_allclose(found.kept[..., 0], np.kron(cells, np.ones((16, 16))), atol=0.6)


def test_zoomed_out_cells_smaller_than_a_screen_pixel_keep_everything():
    session = session_of(blobs((2048, 2048)), "yx")
    options = VARIANCE.replace(mode="uniform", min_size=8, patch_size=4)
    found = kept_window(session, options, Window(0, 0, 2048, 2048, 512, 512))
    assert np.array_equal(found.kept, found.pixels)


def test_cells_wider_than_many_pixels_come_from_a_coarser_level():
    array = blobs((1000, 1030), channels=3)
    session = session_of(array, "yxc")
    options = VARIANCE.replace(split_value=1e12, patch_size=2)
    expected = reconstruct(array, session.tree(options), 2)
    found = kept_window(session, options, Window(300, 400, 400, 500, 100, 100))
    assert np.abs(found.kept - expected[found.box.rows, found.box.columns]).max() <= 1.0
