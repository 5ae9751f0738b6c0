"""The engine of slices: offset scans that go on beyond the detector, GPUs, threads of the centre."""

from functools import partial

import numpy as np
import pytest

from tests.reconstruction.turned import full, half, head, turned
from vitsci_viz.errors import OptionError
from vitsci_viz.reconstruction import torch_beam
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan
from vitsci_viz.workflows import machine, reconstructing
from vitsci_viz.workflows.reconstruct_facts import notes_on
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import Axis, SliceEngine, find_axis, reconstruct


def slices_of(views, angles, centre, **options) -> np.ndarray:
    scan = Scan.from_line_integrals(views, angles_rad=angles, centre=centre)
    return np.asarray(reconstruct(scan, ReconstructOptions(outliers=0, **options)))


@pytest.mark.parametrize("padding", ["edge", "taper"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_an_offset_scan_goes_on_beyond_its_outer_end_as_the_wide_normal_one_does(padding, side):
    width, seen, views = 96, 58, 180
    whole = turned(head(width, 1.4), full(views), width, (width - 1) / 2)
    part = whole[..., width - seen :] if side == "left" else whole[..., :seen]
    centre = (width - 1) / 2 - (width - seen if side == "left" else 0)
    expected = slices_of(whole[: views // 2], half(views // 2), (width - 1) / 2, padding=padding)[0]
    found = slices_of(part, full(views), centre, padding=padding)[0]
    assert found.shape == expected.shape
    distance = np.hypot(*np.indices((width, width)) - (width - 1) / 2)
    inside, rim = distance < width / 2 - 2, (distance > width / 2 - 6) & (distance < width / 2 - 2)
    assert np.abs(found - expected)[inside].max() < 2e-3 * expected.max()
    # Without it the rim is far brighter.
    plain = slices_of(part, full(views), centre)[0]
    assert (plain - found)[rim].mean() > 0.5 * found[rim].mean()


@pytest.mark.parametrize(("size", "is_said"), [(0.9, False), (1.4, True)])
def test_a_sample_beyond_the_outer_end_of_an_offset_scan_is_said(size, is_said):
    views = turned(head(96, size), full(120), 96, 47.5)[..., 38:]
    scan = Scan.from_line_integrals(views, angles_rad=full(120), centre=9.5)
    for padding, notes in (("none", is_said), ("edge", False)):
        options = ReconstructOptions(padding=padding, outliers=0)
        engine = SliceEngine(scan=scan, options=options, axis=Axis(centre_px=9.5, method="given"))
        assert engine.is_offset
        assert bool(notes_on(engine, engine.lines(slice(0, 1))[0])) == notes


@pytest.mark.parametrize(
    ("degrees", "widest"),
    [
        (np.arange(180), None),
        (np.arange(0, 360, 2), None),
        (np.arange(0, 180, 15), None),
        (np.arange(0, 120), "61"),
        (np.linspace(0, 1.79, 181), "178.2"),
        (np.r_[0:80, 100:180], "21"),
    ],
)
def test_views_that_do_not_cover_half_a_turn_are_said(degrees, widest):
    angles = np.deg2rad(degrees)
    scan = Scan.from_line_integrals(turned(head(32), angles, 32, 15.5), angles_rad=angles)
    options = ReconstructOptions(outliers=0, padding="edge")
    engine = SliceEngine(scan=scan, options=options, axis=Axis(centre_px=15.5, method="given"))
    notes = " ".join(notes_on(engine, engine.lines(slice(0, 1))[0]))
    assert bool(notes) == bool(widest)
    assert notes.startswith(f"no view lies in {widest} of the 180 degrees" if widest else "")


def test_the_processor_is_taken_where_there_is_no_gpu_and_a_gpu_that_is_missing_is_refused(monkeypatch):
    monkeypatch.setattr(reconstructing, "has_gpu", lambda: False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    views = turned(head(32), half(20), 32, 15.5)
    assert slices_of(views, half(20), 15.5, device="auto").shape == (1, 32, 32)
    with pytest.raises(OptionError, match=r"torch .* sees no CUDA device; take device=cpu"):
        slices_of(views, half(20), 15.5, device="cuda")
    with pytest.raises(OptionError, match="device=cuda goes with method=fbp"):
        ReconstructOptions(device="cuda", method="fourier")


def test_a_gpu_is_not_looked_for_where_no_driver_is(monkeypatch):
    monkeypatch.setattr(machine, "DRIVERS", ())
    monkeypatch.setattr(machine.sys, "modules", {})
    monkeypatch.setattr(machine.sys, "platform", "linux")
    assert not machine.has_gpu.__wrapped__()


def test_slices_are_made_on_a_gpu_if_there_is_one_unless_the_fourier_method_is_asked_for(monkeypatch):
    views = turned(head(48), half(60), 48, 25.0)
    expected = slices_of(views, half(60), 25.0, device="cpu", circle=True)
    devices: list[str] = []
    real = torch_beam.torch_filtered_back_projection

    def on_the_processor(*given, device, **named):
        devices.append(device)
        return real(*given, **named, device="cpu")

    monkeypatch.setattr(torch_beam, "torch_filtered_back_projection", on_the_processor)
    monkeypatch.setattr(reconstructing, "has_gpu", lambda: True)
    monkeypatch.setattr(reconstructing, "faster_method", lambda side: ("fourier", "it is faster"))
    found = slices_of(views, half(60), 25.0, circle=True)
    np.testing.assert_allclose(found, expected, atol=1e-5 * expected.max())
    slices_of(views, half(60), 25.0, method="fourier")
    slices_of(views, half(60), 25.0, device="cpu")
    assert devices == ["cuda"]


@pytest.mark.gpu
def test_a_gpu_gives_the_slices_of_the_processor():
    scan = simulate_scan(ScanSettings(views=60, rows=6, columns=48, centre=24.5)).scan
    engine = partial(SliceEngine, scan=scan, axis=Axis(centre_px=24.5, method="given"))
    there, here = (engine(options=ReconstructOptions(device=name)) for name in ("cuda", "cpu"))
    expected = here.volume(slice(0, 6))
    np.testing.assert_allclose(there.volume(slice(0, 6)), expected, atol=1e-5 * np.abs(expected).max())


def test_threads_never_change_the_axis():
    scan = simulate_scan(ScanSettings(views=60, rows=6, columns=48, centre=24.5)).scan
    one, two = (find_axis(scan, ReconstructOptions(), threads=threads) for threads in (1, 2))
    assert (one.centre_px, one.candidates) == (two.centre_px, two.candidates)
    assert one.centre_px == pytest.approx(24.5, abs=0.1)
