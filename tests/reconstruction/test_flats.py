"""Flats and darks: averaged by series, interpolated to the time of every view."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reconstruction.counted import counted, exact
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.flats import check_light, flat_series, mean_frame, read_flat_field, shares_in_time
from vitsci_viz.types import Scan, ScanGeometry


def test_a_cosmic_ray_in_one_flat_does_not_count():
    frames = np.random.default_rng(0).poisson(1000, (10, 3, 5)).astype(np.uint16)
    clean = mean_frame(frames)
    frames[4, 1, 2] = 60000
    np.testing.assert_allclose(mean_frame(frames), clean, atol=15)


def test_few_frames_have_the_plain_mean():
    frames = np.array([[[1, 2]], [[5, 2]]], np.uint8)
    assert mean_frame(frames).tolist() == [[3, 2]]


def test_flats_near_in_time_are_one_series_in_any_order():
    places = np.array([100.0, -1.0, 50.0, 101.0, -2.0, 51.0])
    assert [part.tolist() for part in flat_series(places, 6, 100)] == [[4, 1], [2, 5], [0, 3]]
    assert [part.tolist() for part in flat_series(None, 3, 100)] == [[0, 1, 2]]


@given(st.lists(st.floats(-5, 105), min_size=1, max_size=6, unique=True), st.integers(1, 100))
def test_interpolation_between_series_is_numpy_s(places, views):
    series = np.sort(np.array(places))
    if len(series) > 1 and np.diff(series).min() < 0.01:
        return
    values = np.random.default_rng(0).normal(size=len(series))
    before, share = shares_in_time(series, views)
    after = np.minimum(before + 1, len(series) - 1)
    found = values[before] * (1 - share) + values[after] * share
    np.testing.assert_allclose(found, np.interp(np.arange(views), series, values), atol=1e-5)


def test_only_the_rows_asked_for_are_read():
    class Watched:
        shape, dtype = (6, 4, 64), np.dtype(np.float32)
        asked: list[object]

        def __getitem__(self, key):
            self.asked = [*getattr(self, "asked", []), key]
            return np.ones((6, 4, 64), np.float32)[key]

    scan, flats = counted(exact()), Watched()
    watched = Scan(projections=scan.projections, geometry=scan.geometry, flats=flats)
    field = read_flat_field(watched, slice(1, 3))
    assert flats.asked == [(slice(None), slice(1, 3), slice(None))]
    assert field.open.shape == (1, 2, 64)
    assert not field.dark.any()


def test_missing_flats_are_said():
    scan = Scan(projections=np.ones((3, 1, 4)), geometry=ScanGeometry(angles_rad=np.zeros(3)), name="core 7")
    with pytest.raises(InputError, match=r"core 7: counts become line integrals by flats .* has none: add them"):
        read_flat_field(scan, slice(0, 1))


def test_flats_without_light_are_refused():
    scan = counted(exact())
    check_light(scan)
    check_light(Scan.from_line_integrals(exact(), angles_rad=np.zeros(60)))
    with pytest.raises(InputError, match=r"flats must be brighter than darks, .* exchanged"):
        check_light(dataclasses.replace(scan, flats=scan.darks, darks=scan.flats, flat_places=None))
