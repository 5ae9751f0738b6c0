"""Views that go on beyond the detector: a scan of a part of the sample has no bright rim."""

import numpy as np
import pytest

from tests.reconstruction.counted import angles
from vitsci_viz.errors import OptionError
from vitsci_viz.reconstruction.padding import edge_columns, extend_views, truncation
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import Ellipsoid, draw_slice, pixel_places, project_phantom

WIDE = (Ellipsoid(value=0.01, radii=(60, 55, np.inf)), Ellipsoid(value=0.01, radii=(8, 8, np.inf), centre=(6, 3, 0)))


def error_of(method: str) -> float:
    """Deviation from the truth inside the field of view, but for a constant."""
    views = project_phantom(WIDE, angles(180), 64)
    found = filtered_back_projection(
        extend_views(views, 64, method), angles(180), centre=31.5 + 64 * (method != "none"), side=64
    )
    places = pixel_places(64)
    inside = np.hypot(places[:, None], places[None]) < 29
    return float(np.std((found[0] - draw_slice(WIDE, 64))[inside]))


def test_views_that_go_on_lower_the_error_of_a_part_scan():
    assert error_of("edge") < 0.5 * error_of("none")
    assert error_of("taper") < 0.5 * error_of("none")


def test_the_middle_stays_and_the_edges_go_on():
    views = np.random.default_rng(0).normal(size=(4, 2, 10)).astype(np.float32)
    for method in ("edge", "taper"):
        wide = extend_views(views, 3, method)
        np.testing.assert_array_equal(wide[:, :, 3:-3], views)
    edge = extend_views(views, 3)
    np.testing.assert_allclose(edge[:, :, :3], views[:, :, :1].repeat(3, axis=2), atol=1e-6)
    taper = extend_views(np.ones_like(views), 3, "taper")[0, 0]
    assert (np.diff(taper[:4]) > 0).all()
    np.testing.assert_allclose(taper, taper[::-1])
    np.testing.assert_array_equal(extend_views(views, 3, "none"), views)


def test_noise_at_the_edge_is_averaged():
    views = np.random.default_rng(0).normal(1, 0.1, size=(50, 1, 1000)).astype(np.float32)
    assert edge_columns(1000) == 20
    assert extend_views(views, 5)[:, 0, 0].std() < 0.05


def test_a_sample_wider_than_the_detector_is_told():
    assert truncation(project_phantom(WIDE, angles(20), 64)) > 0.5
    assert truncation(project_phantom(WIDE, angles(20), 140)) < 0.01
    assert truncation(np.zeros((3, 1, 20))) == 0


def test_a_negative_width_is_refused():
    with pytest.raises(OptionError, match="0 columns or more, got -1"):
        extend_views(np.zeros((1, 1, 4)), -1)
