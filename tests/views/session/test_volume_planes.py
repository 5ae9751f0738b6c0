"""Planes of a volume: the right voxels at every place, whatever the level, the spacing and the stored type."""

import threading

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.cases import CountingLevel
from vitsci_viz.errors import InputError
from vitsci_viz.io.levels import ArrayLevel
from vitsci_viz.types import Image
from vitsci_viz.views.session import volume_overview
from vitsci_viz.views.session.bricks import BrickLevel, chunk_sides
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.state import Window
from vitsci_viz.views.session.volume_planes import PLANES, middle, moved
from vitsci_viz.views.session.volume_scene import as_grey, plane_overview, plane_raster
from vitsci_viz.views.session.volume_session import VolumeSession

SHAPE = (7, 9, 11)
SPAN = (0.0, 255.0)
VOXELS = np.random.default_rng(0).integers(0, 256, SHAPE).astype(np.float32)


def opened(*levels, spacing=None, facts=None):
    unit = None if spacing is None else "mm"
    return VolumeSession(Image(levels=levels, axes="zyx", spacing=spacing, unit=unit), facts)


def pixel_by_pixel(session, plane):
    rows, columns = session.plane_shape(plane)
    return Window(0, 0, columns, rows, columns, rows)


@pytest.mark.parametrize(
    ("name", "index", "expected"),
    [("xy", 3, VOXELS[3]), ("xz", 4, VOXELS[:, 4]), ("yz", 5, VOXELS[:, :, 5].T)],
)
def test_each_plane_shows_the_voxels_that_it_cuts(name, index, expected):
    session, plane = opened(VOXELS), PLANES[name]
    raster = plane_raster(session, plane, index, pixel_by_pixel(session, plane), span=SPAN)
    assert raster.index.tolist() == expected.tolist()
    assert raster.extent == (0, 0, expected.shape[1], expected.shape[0])
    assert session.plane_values(plane, index).tolist() == expected.tolist()


def test_the_planes_share_the_axes_that_they_are_drawn_along():
    assert PLANES["xy"].letters == ("x", "y")
    assert PLANES["yz"].letters == ("z", "y")
    assert PLANES["xz"].letters == ("x", "z")
    for plane in PLANES.values():
        assert {plane.cut, plane.down, plane.across} == {0, 1, 2}


def test_thick_slices_are_drawn_true_to_scale():
    session = opened(VOXELS, spacing=(3.0, 1.0, 1.0))
    assert session.plane_shape(PLANES["xz"]) == (3 * SHAPE[0], SHAPE[2])
    assert session.plane_shape(PLANES["yz"]) == (SHAPE[1], 3 * SHAPE[0])
    raster = plane_raster(session, PLANES["xz"], 4, pixel_by_pixel(session, PLANES["xz"]), span=SPAN)
    assert raster.index.tolist() == VOXELS[:, 4].tolist()
    assert raster.extent == (0, 0, SHAPE[2], 3 * SHAPE[0])
    assert session.pixel_um == 1000


def test_a_window_in_a_stretched_plane_holds_the_slices_below_it():
    session, plane = opened(VOXELS, spacing=(3.0, 1.0, 1.0)), PLANES["xz"]
    raster = plane_raster(session, plane, 4, Window(2, 3, 6, 9, 4, 6), span=SPAN, margin=0)
    assert raster.extent == (2, 3, 6, 9)
    assert raster.index.tolist() == VOXELS[1:3, 4, 2:6].tolist()


def test_a_far_view_reads_the_level_that_suits_it_and_a_near_one_the_finest():
    fine = CountingLevel(np.zeros((64, 64, 64), np.float32))
    coarse = CountingLevel(np.full((16, 16, 16), 200, np.float32))
    session = opened(fine, coarse)
    for plane in PLANES.values():
        far = plane_raster(session, plane, 40, Window(0, 0, 64, 64, 16, 16), span=SPAN, margin=0)
        assert np.unique(far.index).tolist() == [200]
    assert fine.pixels_read == 0
    near = plane_raster(session, PLANES["xy"], 40, Window(0, 0, 16, 16, 64, 64), span=SPAN, margin=0)
    assert np.unique(near.index).tolist() == [0]
    assert fine.pixels_read == 16 * 16


def test_a_slice_of_a_coarse_level_is_the_one_that_holds_the_place():
    ramp = np.broadcast_to(np.arange(4, dtype=np.float32)[:, None, None], (4, 4, 4))
    session = opened(np.zeros((16, 16, 16), np.float32), np.ascontiguousarray(ramp))
    for index in range(16):
        raster = plane_raster(session, PLANES["xy"], index, Window(0, 0, 16, 16, 4, 4), span=SPAN, margin=0)
        assert np.unique(raster.index).tolist() == [index // 4]


def test_another_window_of_values_reads_nothing():
    level = CountingLevel(VOXELS)
    session, plane = opened(level), PLANES["xy"]
    first = plane_raster(session, plane, 3, pixel_by_pixel(session, plane), span=SPAN)
    read = level.pixels_read
    second = plane_raster(session, plane, 3, pixel_by_pixel(session, plane), span=(0.0, 51.0))
    assert level.pixels_read == read > 0
    assert second.index.tolist() == np.minimum(first.index.astype(int) * 5, 255).tolist()


def test_another_slice_is_read_anew():
    session, plane = opened(VOXELS), PLANES["xy"]
    shown = [plane_raster(session, plane, z, pixel_by_pixel(session, plane), span=SPAN).index for z in range(SHAPE[0])]
    assert np.array_equal(np.stack(shown), VOXELS)


def test_a_window_beside_the_volume_is_empty():
    session = opened(VOXELS)
    raster = plane_raster(session, PLANES["xy"], 0, Window(100, 100, 110, 110, 10, 10), span=SPAN)
    assert raster.extent == (0, 0, 0, 0)


def test_the_overview_is_the_whole_plane_at_a_bounded_size():
    session = opened(np.zeros((2, 2000, 1000), np.float32))
    raster = plane_overview(session, PLANES["xy"], 1, span=SPAN)
    assert raster.extent == (0, 0, 1000, 2000)
    assert max(raster.index.shape) <= 512


def test_stored_numbers_are_shown_in_the_unit_of_the_volume():
    stored = np.full((4, 4, 4), 30_000, np.uint16)
    session = opened(stored, facts={"scale": 1e-4, "offset": -0.5, "unit": "1/mm", "quantity": "linear attenuation"})
    assert session.value_at((0.5, 0.5, 0.5)) == pytest.approx(2.5)
    assert session.histogram.least == pytest.approx(2.5)
    assert session.profile(0, (0.5, 0.5, 0.5)) == pytest.approx([2.5] * 4)
    assert session.quantity == "linear attenuation (1/mm)"
    raster = plane_raster(session, PLANES["xy"], 0, Window(0, 0, 4, 4, 4, 4), span=(2.0, 3.0))
    assert np.unique(raster.index).tolist() == [128]


def test_the_value_under_a_point_is_that_of_its_voxel_and_none_outside():
    session = opened(VOXELS)
    assert session.value_at((6.9, 0.0, 10.2)) == VOXELS[6, 0, 10]
    for outside in ((-0.1, 0, 0), (0, 9, 0), (0, 0, 11.5)):
        assert session.value_at(outside) is None


def test_a_profile_runs_along_its_axis_through_the_point():
    session, point = opened(VOXELS), (3.5, 4.5, 5.5)
    assert session.profile(0, point).tolist() == VOXELS[:, 4, 5].tolist()
    assert session.profile(1, point).tolist() == VOXELS[3, :, 5].tolist()
    assert session.profile(2, point).tolist() == VOXELS[3, 4].tolist()


def test_the_histogram_of_a_large_volume_reads_a_small_part_of_it():
    level = CountingLevel(np.zeros((200, 300, 400), np.float32))
    session = opened(level)
    assert session.histogram.share == pytest.approx(level.pixels_read / level.array.size)
    assert session.histogram.share < 0.1


def test_what_is_no_grey_volume_is_refused_by_name():
    with pytest.raises(InputError, match="scan has 'yxc'"):
        VolumeSession(Image(levels=(np.zeros((4, 4, 3), np.uint8),), axes="yxc", name="scan"))


def test_grey_keeps_to_the_span_and_makes_black_of_what_is_no_number():
    values = np.array([-9, 0, 5, 10, 99, np.nan], np.float32)
    assert as_grey(values, (0.0, 10.0)).tolist() == [0, 0, 128, 255, 255, 0]


def test_a_point_stays_inside_the_volume():
    assert middle((1, 2, 3)) == (0.5, 1.5, 1.5)
    assert moved((0.5, 0.5, 0.5), 2, -4.0, SHAPE) == (0.5, 0.5, 0.5)
    assert moved((0.5, 0.5, 0.5), 2, 99.0, SHAPE) == (0.5, 0.5, 10.5)


@given(st.data())
def test_bricks_are_the_array(data):
    shape = tuple(data.draw(st.integers(1, 12)) for _ in range(3))
    sides = tuple(data.draw(st.integers(1, 5)) for _ in range(3))
    array = np.arange(np.prod(shape)).reshape(shape)
    ends = [sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in shape]
    key = tuple(slice(*pair) for pair in ends)
    level = BrickLevel(array, sides, OnceCache(2))
    assert np.array_equal(level[key], array[key])
    assert np.array_equal(level[key], array[key])


def test_the_next_slice_of_chunks_that_were_read_reads_nothing(tmp_path):
    array = zarr.create_array(tmp_path / "a.zarr", data=np.zeros((16, 16, 16), np.float32), chunks=(8, 8, 8))
    level = CountingLevel(array)
    source = ArrayLevel(level)
    assert chunk_sides(ArrayLevel(array)) == (8, 8, 8)
    bricks = BrickLevel(source, (8, 8, 8), OnceCache(100))
    bricks[0:1, 0:16, 0:16]
    assert level.pixels_read == 8 * 16 * 16
    bricks[7:8, 0:16, 0:16]
    assert level.pixels_read == 8 * 16 * 16


class Paged(CountingLevel):
    """Pages that are counted, slow enough for a test to look at what happens meanwhile."""

    def __init__(self, array):
        super().__init__(array)
        self.gate = threading.Event()

    def __getitem__(self, key):
        self.gate.wait(10)
        return super().__getitem__(key)


def test_a_large_volume_without_levels_gets_an_overview_from_some_of_its_pages(monkeypatch):
    monkeypatch.setattr(volume_overview, "WITHOUT_VOXELS", 1000)
    monkeypatch.setattr(volume_overview, "SIDE", 8)
    level = Paged(np.broadcast_to(np.arange(32, dtype=np.float32)[:, None, None], (32, 32, 32)))
    session, made = opened(level), threading.Event()
    session.on_sharper(made.set)
    assert [session.is_waiting(plane) for plane in PLANES.values()] == [False, True, True]
    assert session.profile(0, (1.5, 1.5, 1.5)).size == 0
    level.gate.set()
    assert made.wait(10)
    assert level.pixels_read == 8 * 32 * 32
    assert not any(session.is_waiting(plane) for plane in PLANES.values())
    raster = plane_raster(session, PLANES["xz"], 4, Window(0, 0, 32, 32, 32, 32), span=SPAN, margin=0)
    assert raster.index[:, 0].tolist() == list(range(2, 32, 4))
    assert level.pixels_read == 8 * 32 * 32
    near = plane_raster(session, PLANES["xz"], 4, Window(0, 0, 4, 4, 32, 32), span=SPAN, margin=0)
    assert near.index[:, 0].tolist() == [0, 1, 2, 3]


def test_a_volume_that_is_closed_makes_no_overview(monkeypatch):
    monkeypatch.setattr(volume_overview, "WITHOUT_VOXELS", 1000)
    monkeypatch.setattr(volume_overview, "SIDE", 8)
    level = Paged(np.zeros((32, 32, 32), np.float32))
    session, made = opened(level), threading.Event()
    session.on_sharper(made.set)
    session.close()
    level.gate.set()
    assert not made.wait(0.5)
    assert level.pixels_read <= 32 * 32


@pytest.mark.parametrize("shape", [(9, 10, 11), (16, 8, 5)])
def test_an_overview_is_the_mean_over_blocks_of_every_nth_page(shape):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = volume_overview.overview_of(array, 4)
    assert found.shape == tuple(-(-n // 4) for n in shape)
    assert found[0, 0, 0] == pytest.approx(array[2, :4, :4].mean(), rel=1e-5)
    assert found[-1, 0, 0] == pytest.approx(array[min(4 * (len(found) - 1) + 2, shape[0] - 1), :4, :4].mean(), rel=1e-5)
