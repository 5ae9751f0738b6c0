"""One `reconstruct` for scans and for trees, told apart by what it is given."""

import numpy as np
import pytest

import vitsci_viz as vz
from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import fidelity
from vitsci_viz.simulation.ellipses import draw_slice, project_phantom, shepp_logan
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan, ScanGeometry
from vitsci_viz.workflows import reconstructing

ANGLES = np.arange(72) * np.pi / 72


def phantom_scan(*, pixel_mm: float | None = None) -> Scan:
    views = project_phantom(shepp_logan(22), ANGLES, 48, centre=24.25)
    return Scan.from_line_integrals(views, angles_rad=ANGLES, centre=24.25, pixel_mm=pixel_mm)


def test_a_scan_becomes_a_volume_of_attenuation():
    volume = vz.reconstruct(phantom_scan(pixel_mm=0.5), vz.ReconstructOptions(circle=True, outliers=0))
    truth = draw_slice(shepp_logan(22), 48)
    assert volume.axes == "zyx"
    assert volume.unit == "mm"
    assert np.corrcoef(np.asarray(volume)[0].ravel() / 2, truth.ravel())[0, 1] > 0.95


def test_a_scan_gives_the_same_as_the_workflow_whatever_the_threads():
    scan, options = phantom_scan(), vz.ReconstructOptions(filter="hann", padding="edge")
    plain = reconstructing.reconstruct(scan, options)
    for threads in (1, 2):
        found = vz.reconstruct(scan, options, execution=ExecutionOptions(threads=threads))
        np.testing.assert_array_equal(np.asarray(found), np.asarray(plain))


def test_an_image_with_its_tree_becomes_what_its_tokens_keep():
    image = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    tree = vz.build_tree(image, vz.PatchOptions(split_value=20, patch_size=4))
    expected = fidelity.reconstruct(image, tree, 4)
    np.testing.assert_array_equal(vz.reconstruct(image, tree, 4), expected)
    np.testing.assert_array_equal(vz.reconstruct(image, tree=tree, patch_size=4), expected)


@pytest.mark.parametrize("given", [np.zeros((8, 8)), "scan.h5"], ids=["pixels", "path"])
def test_what_is_neither_is_refused_with_the_way_out(given):
    with pytest.raises(InputError, match=r"a Scan \(open one with read_scan\(path\)\), or an image with its tree"):
        vz.reconstruct(given)


def test_a_volume_projected_and_reconstructed_is_the_volume_again():
    volume = np.stack([draw_slice(shepp_logan(14), 32, z) for z in (0.0, 2.0, 4.0)])
    scan = vz.project(volume, ScanGeometry(angles_rad=np.arange(120) * np.pi / 120))
    found = np.asarray(vz.reconstruct(scan, vz.ReconstructOptions(circle=True, outliers=0)))
    assert found.shape == volume.shape
    assert np.corrcoef(found.ravel(), volume.ravel())[0, 1] > 0.95


def test_candidates_come_best_first_and_the_best_is_right():
    found = vz.find_centre(simulate_scan(ScanSettings(views=90, rows=4, columns=64, centre=33.5)).scan)
    assert all(isinstance(each, vz.Candidate) for each in found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert found[0].centre_px == pytest.approx(33.5, abs=0.3)


def test_the_quality_of_a_scan_knows_its_pixel_and_sees_noise():
    clean, rng = phantom_scan(pixel_mm=0.5), np.random.default_rng(1)
    noisy = Scan.from_line_integrals(
        np.asarray(clean.projections) + rng.normal(0, 0.5, clean.shape).astype(np.float32),
        angles_rad=ANGLES, centre=24.25, pixel_mm=0.5,
    )  # fmt: skip
    options = vz.ReconstructOptions(outliers=0)
    good, bad = vz.assess_scan(clean, options), vz.assess_scan(noisy, options)
    assert isinstance(good, vz.Quality)
    assert good.pixel_mm == 0.5
    assert good.resolution_px < bad.resolution_px
    assert good.noise.deviation < bad.noise.deviation


def test_the_quality_is_that_of_the_rows_asked_for():
    scan = simulate_scan(ScanSettings(views=60, rows=12, columns=48, centre=24.0)).scan
    whole = vz.assess_scan(scan, vz.ReconstructOptions(centre=24.0))
    middle = vz.assess_scan(scan, vz.ReconstructOptions(centre=24.0, rows="4:8"))
    assert whole.noise.deviation == pytest.approx(middle.noise.deviation)
    with pytest.raises(OptionError, match="12 rows"):
        vz.assess_scan(scan, vz.ReconstructOptions(centre=24.0, rows="10:20"))
