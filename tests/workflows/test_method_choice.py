"""Which method is taken: by size, and never where its library is missing; both are equally good."""

import importlib.util
import math

import numpy as np
import pytest

from vitsci_viz.reconstruction.fourier import fourier_reconstruction
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, pixel_places, project_phantom, shepp_logan
from vitsci_viz.types import Scan
from vitsci_viz.workflows.method_choice import EQUAL_ERROR, FOURIER_SIDE, faster_method
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import Axis, SliceEngine


def test_the_size_decides_and_the_reason_names_it():
    assert faster_method(FOURIER_SIDE - 1)[0] == "fbp"
    assert faster_method(FOURIER_SIDE)[0] == "fourier"
    assert f"{FOURIER_SIDE:,} px" in faster_method(FOURIER_SIDE)[1]


def test_without_the_library_back_projection_is_taken_and_the_extra_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    method, reason = faster_method(FOURIER_SIDE)
    assert method == "fbp"
    assert "needs the extra ct" in reason


@pytest.mark.parametrize(("asked", "reason"), [("auto", "faster below"), ("fourier", "as asked")])
def test_an_engine_says_why_it_takes_a_method(asked, reason):
    scan = Scan.from_line_integrals(np.zeros((4, 1, 16)), angles_rad=np.arange(4), centre=7.5)
    options = ReconstructOptions(method=asked, device="cpu")
    engine = SliceEngine(scan=scan, options=options, axis=Axis(centre_px=7.5, method="given"))
    assert engine.method_reason.startswith(reason)


def test_both_methods_are_equally_good_by_the_tolerance_that_is_named():
    side = 256
    angles, phantom, places = np.arange(225) * math.pi / 225, shepp_logan(side / 2), pixel_places(side)
    where = np.hypot(places[:, None], places[None, :]) < side / 2 - 1
    lines, truth = project_phantom(phantom, angles, side), draw_slice(phantom, side)
    back, fourier = (
        np.sqrt(np.mean((work(lines, angles)[0] - truth)[where] ** 2))
        for work in (filtered_back_projection, fourier_reconstruction)
    )
    assert fourier == pytest.approx(back, rel=EQUAL_ERROR)
