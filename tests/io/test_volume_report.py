"""What is kept with a volume comes back; volumes of other programs keep nothing, which is no error."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import zarr

from vitsci_viz.io.volume_report import read_volume_report, report_place, write_volume_report


def test_what_is_kept_beside_a_tiff_comes_back(tmp_path: Path):
    write_volume_report(tmp_path / "v.tif", {"unit": "1/mm", "report": {"centre": {"px": 3.5}}})
    assert read_volume_report(tmp_path / "v.tif")["report"]["centre"] == {"px": 3.5}
    assert [path.name for path in tmp_path.iterdir()] == ["v.report.json"]


def test_other_volumes_keep_nothing(tmp_path: Path):
    tifffile.imwrite(tmp_path / "other.tif", np.zeros((2, 3, 4), np.uint8))
    zarr.open_group(tmp_path / "other.ome.zarr", mode="w", zarr_format=3).attrs.update({"ome": {"version": "0.5"}})
    for name in ("other.tif", "other.ome.zarr", "missing.tif"):
        assert read_volume_report(tmp_path / name) == {}


@pytest.mark.parametrize("text", ["", "[1]", '{"vitsci_viz": 3}', '{"vitsci_viz"'])
def test_a_spoilt_report_is_as_none(tmp_path: Path, text: str):
    place = report_place(tmp_path / "v.tif")
    assert place is not None
    place.write_text(text)
    assert read_volume_report(tmp_path / "v.tif") == {}
