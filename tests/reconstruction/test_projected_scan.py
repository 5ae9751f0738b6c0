"""A projected volume as a scan: units, centre, tilt, and back to the volume."""

import math

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.projector import project
from vitsci_viz.simulation.ellipses import Ellipsoid, draw_slice, shepp_logan
from vitsci_viz.types import Image, ScanGeometry

ANGLES = np.arange(60) * math.pi / 60


def test_a_projected_volume_comes_back_from_its_scan():
    drawn = np.stack([draw_slice(shepp_logan(24), 48)] * 2)
    scan = project(drawn, ScanGeometry(angles_rad=ANGLES, centre=30.5), columns=64)
    assert scan.shape == (60, 2, 64)
    assert scan.are_line_integrals
    assert scan.geometry.centre == 30.5
    found = filtered_back_projection(scan.projections[:], ANGLES, centre=30.5, side=48)
    assert np.corrcoef(found[0].ravel(), drawn[0].ravel())[0, 1] > 0.95
    assert found[0].sum() == pytest.approx(drawn[0].sum(), rel=0.02)


def test_attenuation_in_one_over_mm_gives_the_same_lines_whatever_the_size_of_a_pixel():
    drawn = draw_slice(shepp_logan(24), 48)[None]
    per_pixel = project(drawn, ScanGeometry(angles_rad=ANGLES))
    by_volume = Image(levels=(drawn / 0.012,), axes="zyx", spacing=(12.0, 12.0, 12.0), unit="um")
    found = project(by_volume, ScanGeometry(angles_rad=ANGLES))
    np.testing.assert_allclose(found.projections[:], per_pixel.projections[:], rtol=1e-4, atol=1e-6)
    assert found.geometry.pixel_mm == pytest.approx(0.012)
    said = project(drawn / 0.012, ScanGeometry(angles_rad=ANGLES, pixel_mm=0.012))
    np.testing.assert_allclose(said.projections[:], found.projections[:], rtol=1e-5, atol=1e-7)
    assert per_pixel.geometry.pixel_mm is None
    assert per_pixel.geometry.centre == 23.5


def test_a_tilted_axis_falls_where_the_geometry_says_it_does():
    rod = np.stack([draw_slice([Ellipsoid(value=1.0, radii=(4, 4, math.inf))], 48)] * 40)
    geometry = ScanGeometry(angles_rad=ANGLES[:3], centre=25.0, tilt_rad=0.1)
    views = project(rod, geometry).projections[:]
    rows = np.arange(5, 35)
    places = (views * np.arange(48)).sum(axis=2) / views.sum(axis=2)
    expected = 25.0 + math.tan(0.1) * (rows - 19.5)
    np.testing.assert_allclose(places[:, 5:35], np.repeat(expected[None], 3, axis=0), atol=0.02)


def test_pixels_that_do_not_fit_are_refused():
    drawn = np.ones((2, 8, 8))
    oblong = Image(levels=(drawn,), axes="zyx", spacing=(1.0, 1.0, 2.0), unit="mm")
    with pytest.raises(InputError, match="square pixels, got 1 x 2 mm"):
        project(oblong, ScanGeometry(angles_rad=ANGLES))
    square = Image(levels=(drawn,), axes="zyx", spacing=(1.0, 1.0, 1.0), unit="mm")
    with pytest.raises(InputError, match=r"must be those of the geometry, 0\.5 mm, got 1 mm"):
        project(square, ScanGeometry(angles_rad=ANGLES, pixel_mm=0.5))
