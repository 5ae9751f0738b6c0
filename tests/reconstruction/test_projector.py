"""The forward projector: a matrix by hand, exact phantoms, others' projectors; and its transpose."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import radon

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.projector import project_adjoint, project_slices
from vitsci_viz.simulation.ellipses import draw_slice, pixel_places, project_phantom, shepp_logan

ANGLES = np.arange(36) * math.pi / 36


def element(x: float, y: float, angle: float, place: float) -> float:
    """Share of a pixel in a line: linear between the pixels beside it on every row or column that it crosses."""
    cosine, sine = math.cos(angle), math.sin(angle)
    if abs(cosine) >= abs(sine):
        return max(0.0, 1 - abs((place - y * sine) / cosine - x)) / abs(cosine)
    return max(0.0, 1 - abs((place - x * cosine) / sine - y)) / abs(sine)


@given(st.integers(1, 21), st.integers(1, 21), st.integers(2, 24), st.floats(-3, 27), st.integers(0, 99))
def test_projections_are_josephs_sums_by_hand(height, width, columns, centre, seed):
    random = np.random.default_rng(seed)
    slices = random.normal(size=(2, height, width))
    angles = np.concatenate([random.uniform(-7, 7, 3), [0, math.pi / 4, math.pi / 2]])
    matrix = np.array(
        [
            [[[element(x, y, angle, c - centre) for x in pixel_places(width)] for y in pixel_places(height)]]
            for angle in angles
            for c in range(columns)
        ]
    )
    expected = np.einsum("lryx,syx->ls", matrix, slices).reshape(len(angles), columns, 2).transpose(0, 2, 1)
    found = project_slices(slices, angles, columns=columns, centre=centre)
    np.testing.assert_allclose(found, expected, atol=2e-4)


@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(2, 40), st.integers(1, 5), st.integers(1, 9),
    st.floats(0, 1), st.integers(0, 99),
)  # fmt: skip
def test_the_adjoint_is_the_transpose(height, width, columns, rows, views, place, seed):
    random = np.random.default_rng(seed)
    angles, centre = random.uniform(-7, 7, views), place * (columns - 1)
    slices = random.normal(size=(rows, height, width)).astype(np.float32)
    sinograms = random.normal(size=(views, rows, columns)).astype(np.float32)
    projected = project_slices(slices, angles, columns=columns, centre=centre).astype(float)
    spread = project_adjoint(sinograms, angles, shape=(height, width), centre=centre).astype(float)
    size = np.linalg.norm(projected) * np.linalg.norm(sinograms) + 1e-9
    assert abs((projected * sinograms).sum() - (slices * spread).sum()) < 2e-6 * size
    # Row by row as well, so that no two mistakes cancel out.
    by_row = (projected * sinograms).sum(axis=(0, 2)) - (slices * spread).sum(axis=(1, 2))
    assert np.abs(by_row).max() < 4e-6 * size


@pytest.mark.parametrize("centre", [None, 50.0, 44.25])
def test_projections_of_the_head_phantom_are_its_exact_line_integrals(centre):
    phantom = shepp_logan(40)
    exact = project_phantom(phantom, ANGLES, 96, centre=centre)
    found = project_slices(draw_slice(phantom, 96, samples=8)[None], ANGLES, centre=centre)
    shifted = project_phantom(phantom, ANGLES, 96, centre=0.5 + (47.5 if centre is None else centre))
    error = np.sqrt(np.mean((found - exact) ** 2))
    assert error < 0.025 * exact.max()
    assert error < 0.7 * np.sqrt(np.mean((found - shifted) ** 2)), "half a pixel beside is worse"
    assert found.sum() == pytest.approx(exact.sum(), rel=3e-3)


def test_projections_are_those_of_scikit_image():
    side, phantom = 65, shepp_logan(26)
    drawn = draw_slice(phantom, side)
    theirs = radon(drawn, theta=-np.rad2deg(ANGLES), circle=True).T
    ours = project_slices(drawn[None], ANGLES)[:, 0]
    assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.01 * theirs.max()


@given(st.floats(-7, 7), st.integers(0, 20))
def test_every_view_holds_the_mass_of_what_it_sees_whole(angle, seed):
    blob = np.zeros((1, 32, 32))
    blob[0, 9:23, 9:23] = np.random.default_rng(seed).uniform(size=(14, 14))
    smooth = project_slices(blob, np.array([angle]), columns=64)
    assert smooth.sum() == pytest.approx(blob.sum(), rel=0.08), "a tent narrower than a pixel may miss a few"


def test_views_half_a_turn_apart_mirror_each_other():
    slices = np.random.default_rng(0).normal(size=(3, 20, 20))
    found = project_slices(slices, np.concatenate([ANGLES, ANGLES + math.pi]))
    np.testing.assert_allclose(found[36:, :, ::-1], found[:36], atol=2e-5)


def test_rows_threads_and_slabs_change_nothing(monkeypatch):
    random = np.random.default_rng(3)
    slices, views = random.normal(size=(70, 33, 21)), random.normal(size=(36, 70, 21))
    whole, spread = project_slices(slices, ANGLES), project_adjoint(views, ANGLES, shape=(33, 21))
    np.testing.assert_array_equal(project_slices(slices, ANGLES, threads=2), whole)
    np.testing.assert_array_equal(project_adjoint(views, ANGLES, shape=(33, 21), threads=2), spread)
    parts = [project_slices(slices[first : first + 35], ANGLES) for first in (0, 35)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)
    monkeypatch.setattr("vitsci_viz.reconstruction.projector.VIEWS", 5)
    np.testing.assert_array_equal(project_slices(slices, ANGLES), whole)


def test_mistakes_are_said():
    with pytest.raises(InputError, match=r"slices must be \(row, y, x\)"):
        project_slices(np.zeros((4, 5)), ANGLES)
    with pytest.raises(InputError, match="must be finite, row 2 has others"):
        project_slices(np.where(np.arange(4)[:, None, None] == 2, math.nan, np.ones((4, 5, 5))), ANGLES)
    with pytest.raises(InputError, match="2 columns or more, got 1"):
        project_slices(np.zeros((1, 4, 5)), ANGLES, columns=1)
    with pytest.raises(InputError, match="the centre must be a finite place"):
        project_slices(np.zeros((1, 4, 5)), ANGLES, centre=math.nan)
    with pytest.raises(InputError, match=r"sinograms must be \(angle, row, column\)"):
        project_adjoint(np.zeros((4, 5)), ANGLES)
    with pytest.raises(InputError, match="4 views, got angles"):
        project_adjoint(np.zeros((4, 1, 5)), ANGLES)
