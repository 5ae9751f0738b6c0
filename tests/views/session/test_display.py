import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.cases import CountingLevel, blobs
from vitsci_viz.types import Image
from vitsci_viz.views.session import display
from vitsci_viz.views.session.blocks import SIDE
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.resizing import block_means


def test_overviews_are_means_of_the_finest_level():
    array = blobs((4096, 2048)).astype(np.float32)
    level = DisplayPyramid(Image(levels=(array,), axes="yx")).level_for(4.0)
    assert level.array.shape == (1024, 512)
    assert level.step == (4.0, 4.0)
    means = array.reshape(1024, 4, 512, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(level.array[...], means, rtol=1e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([2, 4, 8]))
def test_block_means_average_what_is_inside(rows, columns, factor):
    array = np.random.default_rng(rows * 41 + columns).random((rows, columns, 2)).astype(np.float32)
    found = block_means(array, factor)
    for y, x in np.ndindex(*found.shape[:2]):
        block = array[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        np.testing.assert_allclose(found[y, x], block.mean(axis=(0, 1)), rtol=1e-4)


def test_overviews_of_labels_hold_only_labels():
    array = np.where(blobs((2048, 2048)) > 90, 7, 0).astype(np.uint8)
    level = DisplayPyramid(Image(levels=(array,), axes="yx"), is_labels=True).level_for(2.0)
    assert set(np.unique(level.array[...])) == {0, 7}


@pytest.mark.parametrize(("scale", "step"), [(0.1, 1), (1, 1), (3.9, 1), (4.0, 4), (15, 4), (16, 16), (500, 16)])
def test_the_coarsest_level_with_a_pixel_per_screen_pixel_is_taken(scale, step):
    levels = tuple(np.zeros((512 // s, 512 // s), np.uint8) for s in (1, 4, 16))
    assert DisplayPyramid(Image(levels=levels, axes="yx")).level_for(scale).step_yx == (step, step)


def test_nothing_is_read_before_it_is_shown():
    level = CountingLevel(blobs((3000, 3000)))
    pyramid = DisplayPyramid(Image(levels=(level,), axes="yx"))
    shown = pyramid.level_for(1.0)
    assert level.pixels_read == 0
    pyramid.read(shown, slice(10, 30), slice(5, 10), None)
    assert 100 <= level.pixels_read <= SIDE**2


@pytest.mark.parametrize("axes", ["zyx", "zyxc"])
def test_a_slice_of_a_volume_is_read_from_the_level_s_own_slice(axes):
    fine = np.arange(8 * 6 * 4).reshape(8, 6, 4).astype(np.uint16)
    coarse = fine[::2, ::2, ::2]
    levels = (fine, coarse) if axes == "zyx" else (fine[..., None], coarse[..., None])
    pyramid = DisplayPyramid(Image(levels=levels, axes=axes))
    at_fine, at_coarse = pyramid.level_for(1.0), pyramid.level_for(2.0)
    assert np.array_equal(pyramid.read(at_fine, slice(0, 6), slice(0, 4), 5)[..., 0], fine[5])
    assert np.array_equal(pyramid.read(at_coarse, slice(0, 3), slice(0, 2), 5)[..., 0], coarse[2])


@pytest.fixture
def small_limits(monkeypatch):
    monkeypatch.setattr(display, "QUICK_PIXELS", 2**16)
    monkeypatch.setattr(display, "STRIPE_PIXELS", 2**15)
    monkeypatch.setattr(display, "COARSE_SIDE", 64)


@pytest.mark.usefixtures("small_limits")
def test_a_huge_level_is_shown_by_samples_until_its_overview_is_made():
    array = blobs((1100, 1300), channels=3)
    go, sharper = threading.Event(), threading.Event()

    class Slow(CountingLevel):
        def __getitem__(self, key):
            if isinstance(key[0], slice):
                go.wait(10)
            return super().__getitem__(key)

    level = Slow(array)
    pyramid = DisplayPyramid(Image(levels=(level,), axes="yxc"))
    pyramid.on_sharper(sharper.set)
    drafted = pyramid.level_for(8.0)
    rows, columns = drafted.array.shape[:2]
    draft = pyramid.read(drafted, slice(0, rows), slice(0, columns), None)
    assert draft.shape == (137, 162, 3)
    assert level.pixels_read < array.size / 4
    assert np.array_equal(draft[5, 7], array[5 * 8 + 4, 7 * 8 + 4])
    go.set()
    assert sharper.wait(10)
    made = pyramid.level_for(8.0)
    assert made.step_yx == (8, 8)
    sharp = pyramid.read(made, slice(0, 137), slice(0, 162), None)
    means = array[: 137 * 8, : 162 * 8].reshape(137, 8, 162, 8, 3).mean(axis=(1, 3))
    assert np.abs(sharp - means).max() <= 1.5


@pytest.mark.usefixtures("small_limits")
def test_closing_stops_the_overview():
    go, reads = threading.Event(), []

    class Slow(CountingLevel):
        def __getitem__(self, key):
            reads.append(key)
            go.wait(10)
            return super().__getitem__(key)

    pyramid = DisplayPyramid(Image(levels=(Slow(blobs((1100, 1300))),), axes="yx"))
    pyramid.level_for(8.0)
    pyramid.close()
    go.set()
    pyramid._worker.join(10)
    assert not pyramid._worker.is_alive()
    assert len(reads) <= 1
    assert len(pyramid._levels) == 1
