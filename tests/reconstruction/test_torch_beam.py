"""Filtered back-projection by torch: the slices of the compiled loops, in memory that is bounded."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import iradon

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction import torch_beam
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.torch_beam import back_project_lines, slices_together, torch_filtered_back_projection
from vitsci_viz.simulation.ellipses import pixel_places, project_phantom, shepp_logan

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
ANGLES = np.arange(60) * math.pi / 60


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=15)
@given(
    columns=st.integers(2, 40), side=st.integers(1, 40), rows=st.integers(1, 5), views=st.integers(1, 20),
    place=st.floats(0, 1), circle=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
def test_slices_are_those_of_the_compiled_loops(device, columns, side, rows, views, place, circle, seed):
    random = np.random.default_rng(seed)
    data = random.normal(size=(views, rows, columns)).astype(np.float32)
    given = {
        "centre": place * (columns - 1), "side": side, "filter_name": "hann",
        "radius": side / 3 if circle else math.inf,
    }  # fmt: skip
    angles = random.uniform(0, 2 * math.pi, views)
    found = torch_filtered_back_projection(data, angles, device=device, **given)
    np.testing.assert_allclose(found, filtered_back_projection(data, angles, **given), atol=2e-5)
    assert found.dtype == np.float32


@pytest.mark.parametrize("device", DEVICES)
def test_slices_are_those_of_scikit_image(device):
    side = 65
    views = project_phantom(shepp_logan(side / 2), ANGLES, side)
    ours = torch_filtered_back_projection(views, ANGLES, device=device)[0]
    theirs = iradon(views[:, 0].T.astype(np.float64), theta=-np.rad2deg(ANGLES), filter_name="ramp", circle=True)
    places = pixel_places(side)
    inside = np.hypot(places[:, None], places[None, :]) < side / 2 - 1
    assert np.abs(ours - theirs)[inside].max() < 2e-3 * ours.max()


def test_a_place_between_columns_mixes_them_and_a_place_beyond_the_detector_counts_nothing():
    # One view along x sees the column of every pixel: places -1.5 to 1.5 about 2.25 on a detector of four.
    lines = torch.tensor([1.0, 2.0, 4.0, 8.0]).reshape(1, 4, 1)
    found = back_project_lines(lines, torch.zeros(1, dtype=torch.float64), centre=2.25, side=4, radius=math.inf)
    np.testing.assert_allclose(found[..., 0], [[1.75, 3.5, 7.0, 0.0]] * 4)


@pytest.mark.parametrize("device", DEVICES)
def test_small_pieces_give_the_same_slices(device, monkeypatch):
    data = np.random.default_rng(0).normal(size=(20, 7, 30)).astype(np.float32)
    whole = torch_filtered_back_projection(data, ANGLES[:20], device=device)
    monkeypatch.setattr(torch_beam, "WORK_BYTES", 2**14)
    each = 4 * (2 * 20 * 30 + 2 * 30 * 30)
    small = torch_filtered_back_projection(data, ANGLES[:20], device=device, memory=2**15 + 3 * each)
    np.testing.assert_allclose(small, whole, atol=1e-6)


def test_memory_bounds_how_many_slices_are_made_together():
    data = np.zeros((20, 7, 30), np.float32)
    assert slices_together(20, 30, 30, None) == 64
    assert slices_together(20, 30, 30, 2 * torch_beam.WORK_BYTES + 3 * 4 * (2 * 20 * 30 + 2 * 30 * 30)) == 3
    with pytest.raises(InputError, match=r"a slice of 30 x 30 from 20 views needs 512 MiB.*take device=cpu"):
        torch_filtered_back_projection(data, ANGLES[:20], device="cpu", memory=2**20)


def test_memory_that_another_program_took_is_said(monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch_beam, "filtered_lines", fail)
    with pytest.raises(InputError, match=r"7 slices of 30 x 30 must fit .* \(cpu\), and did not: take device=cpu"):
        torch_filtered_back_projection(np.zeros((20, 7, 30)), ANGLES[:20], device="cpu")


def test_mistakes_are_said():
    with pytest.raises(InputError, match="the centre must lie on the detector, 0 to 4 px, got 9"):
        torch_filtered_back_projection(np.zeros((4, 1, 5)), np.zeros(4), device="cpu", centre=9)
    with pytest.raises(InputError, match="4 views, got angles"):
        torch_filtered_back_projection(np.zeros((4, 1, 5)), np.zeros(3), device="cpu")


@pytest.mark.gpu
def test_a_slab_stays_within_the_memory_that_it_is_given():
    data = np.random.default_rng(0).normal(size=(180, 64, 512)).astype(np.float32)
    torch.cuda.reset_peak_memory_stats()
    before, bound = torch.cuda.memory_allocated(), 2**30
    torch_filtered_back_projection(data, np.arange(180) * math.pi / 180, device="cuda", memory=bound)
    assert torch.cuda.max_memory_allocated() - before <= bound
