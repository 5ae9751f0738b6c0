"""The sample scan: written with its truth, opened by name, and the truth is what a reconstruction finds."""

import json
from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.io import read_image
from vitsci_viz.io.samples import list_samples, list_scans, open_sample, open_scan
from vitsci_viz.io.scans import read_scan
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.scan_files import make_scan_files


def test_the_scan_reconstructs_to_its_truth(tmp_path: Path):
    file, slices, truth = make_scan_files("scan", tmp_path, side=64, count=160)
    scan, known, volume = read_scan(file), json.loads(truth.read_text()), read_image(slices)
    assert scan.shape == (160, 8, 64)
    assert (scan.geometry.centre, scan.geometry.pixel_mm) == (None, pytest.approx(known["pixel_mm"]))
    assert (volume.shape, volume.unit) == ((8, 64, 64), "mm")
    counts, flats, darks = (np.asarray(part, np.float64) for part in (scan.projections, scan.flats, scan.darks))
    dark = darks.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = -np.log((counts - dark) / (flats.mean(axis=0) - dark))
    good = [row for row in range(8) if row not in {row for row, _ in known["bad_pixels"]}]
    found = filtered_back_projection(sums[:, good], scan.geometry.angles_rad, centre=known["centre_px"])
    expected = np.asarray(volume)[good] * known["pixel_mm"]
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.9


def test_a_scan_is_made_once_and_opened_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VITSCI_VIZ_CACHE", str(tmp_path))
    told: list[str] = []
    scan = open_scan("scan", progress=lambda stage, done, total: told.append(stage))
    assert (scan.name, scan.shape) == ("scan", (360, 32, 256))
    assert told
    told.clear()
    open_scan("scan", progress=lambda stage, done, total: told.append(stage))
    assert not told


def test_scans_are_no_images_and_images_no_scans():
    assert {"scan", "tooth"} == {sample.name for sample in list_scans()}
    assert not {"scan", "tooth"} & {sample.name for sample in list_samples()}
    with pytest.raises(InputError, match=r"holds projections, not an image: open it with open_scan\('tooth'\)"):
        open_sample("tooth")
    with pytest.raises(InputError, match=r"'retina' must be a scan.*the scans are scan, tooth"):
        open_scan("retina")


@pytest.mark.parametrize(("wrong", "said"), [({"side": 32}, "side .* 64 to 1,024"), ({"count": 8}, "count .* 16 to")])
def test_sizes_out_of_bounds_are_refused(tmp_path: Path, wrong: dict[str, int], said: str):
    with pytest.raises(OptionError, match=said):
        make_scan_files("scan", tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_an_unknown_scan_is_refused(tmp_path: Path):
    with pytest.raises(OptionError, match="did you mean 'scan'"):
        make_scan_files("scans", tmp_path)


@pytest.mark.data
def test_the_tooth_opens_by_name():
    assert open_scan("tooth").shape == (181, 2, 640)
