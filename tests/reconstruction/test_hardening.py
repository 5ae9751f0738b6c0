"""Beam hardening: the polynomial, and finding it from the views alone."""

import numpy as np
import pytest

from tests.reconstruction.counted import angles, exact
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.hardening import apply_polynomial, fit_hardening
from vitsci_viz.simulation.ellipses import Ellipsoid, project_phantom


def test_the_polynomial_is_numpy_s():
    values = np.random.default_rng(0).uniform(-0.1, 4, (3, 2, 5)).astype(np.float32)
    found = apply_polynomial(values, (1.0, -0.2, 0.05, 0.01))
    np.testing.assert_allclose(found, np.polyval([0.01, 0.05, -0.2, 1.0, 0.0], values), atol=1e-4)
    assert found.dtype == np.float32


def test_no_coefficients_leave_line_integrals_alone():
    values = exact(5, 1, 16)
    assert apply_polynomial(values, ()) is values


def test_hardening_is_undone_from_the_views_alone():
    bar = project_phantom([Ellipsoid(value=0.02, radii=(60, 14, np.inf), turn_rad=0.3)], angles(90), 160)
    # Two energies, one of which is absorbed twice as strongly.
    seen = -np.log(0.5 * np.exp(-0.67 * bar) + 0.5 * np.exp(-1.33 * bar))
    mended = apply_polynomial(seen.astype(np.float32), fit_hardening(seen))

    def uneven(views: np.ndarray) -> float:
        mass = views.sum(axis=2)
        return float(mass.std() / mass.mean())

    assert uneven(bar) < 0.002 < 0.01 < uneven(seen)
    assert uneven(mended) < 0.003
    slope = (mended * bar).sum() / (bar * bar).sum()
    assert (
        np.abs(mended / slope - bar).max() < 0.2 * np.abs(seen / ((seen * bar).sum() / (bar * bar).sum()) - bar).max()
    )


def test_a_round_sample_does_not_tell():
    disc = project_phantom([Ellipsoid(value=0.02, radii=(40, 40, np.inf))], angles(30), 128)
    with pytest.raises(InputError, match="the same from every side"):
        fit_hardening(disc)


def test_too_small_a_degree_and_too_few_views_are_refused():
    with pytest.raises(InputError, match="degree must be 2 or more, got 1"):
        fit_hardening(exact(), degree=1)
    with pytest.raises(InputError, match="needs 4 views"):
        fit_hardening(exact(3, 1, 32))
