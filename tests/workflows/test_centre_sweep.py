"""A sweep of centres: the right one is the sharpest, and table and pictures lie beside the volume."""

import csv
import dataclasses
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vitsci_viz.errors import OutputExistsError
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.reconstruction.centre import Candidate
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Recipe, Scan
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.centre_pictures import contact_sheet, liveliest, sweep_rows, write_sweep
from vitsci_viz.workflows.centre_sweep import CentreSweep, sweep_centres, tried_centres
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import Axis, SliceEngine

ANGLES = np.arange(90) * np.pi / 90


def engine(axis: Axis, **options: Any) -> SliceEngine:
    views = np.repeat(project_phantom(shepp_logan(24), ANGLES, 64, centre=33.3), 2, axis=1)
    scan = Scan.from_line_integrals(views.astype(np.float32), angles_rad=ANGLES)
    return SliceEngine(scan=scan, options=ReconstructOptions(outliers=0, **options), axis=axis, threads=1)


def swept(axis: Axis, **options: Any) -> CentreSweep:
    made = engine(axis, **options)
    return sweep_centres(made, 0, made.lines(slice(0, 1))[0])


@pytest.mark.parametrize("start", [33.3, 32.3, 35.3])
def test_the_right_centre_is_the_sharpest_though_another_was_taken(start: float):
    sweep = swept(Axis(centre_px=start, method="given"))
    assert sweep.best.centre_px == pytest.approx(33.3, abs=0.26)
    ranks = [row["rank"] for row in sweep_rows(sweep)]
    assert ranks == list(range(1, len(ranks) + 1))
    scores = [row["score"] for row in sweep_rows(sweep)]
    assert scores == sorted(scores, reverse=True)


def test_every_candidate_is_tried_and_nothing_off_the_detector():
    far = Candidate(centre_px=50.0, score=0.2, method="registration", uncertainty_px=0.5)
    tried = tried_centres(engine(Axis(centre_px=3.0, method="agreement", candidates=(far,))))
    assert tried[3.0] == "agreement"
    assert tried[50.0] == "registration"
    assert min(tried) >= 0
    assert list(tried) == sorted(tried)


def test_binned_slices_are_tried_at_places_of_the_whole_detector():
    sweep = swept(Axis(centre_px=33.3, method="given"), bin=2)
    assert sweep.best.centre_px == pytest.approx(33.3, abs=0.51)
    assert sweep.slices.shape[1] == 32


def test_offset_scans_are_tried_by_their_wide_slices():
    angles = np.arange(160) * np.pi / 80
    views = project_phantom(shepp_logan(30), angles, 64, centre=31.5)[:, :, 24:]
    scan = Scan.from_line_integrals(views, angles_rad=angles)
    made = SliceEngine(
        scan=scan, options=ReconstructOptions(outliers=0), axis=Axis(centre_px=8.5, method="given"), threads=1
    )
    sweep = sweep_centres(made, 0, made.lines(slice(0, 1))[0])
    assert sweep.best.centre_px == pytest.approx(7.5, abs=0.51)
    assert sweep.slices.shape[1] > 40


def test_pictures_of_an_earlier_sweep_go_and_other_files_stay(tmp_path: Path):
    sweep = swept(Axis(centre_px=33.3, method="given"))
    (tmp_path / "centre_mine.png").write_text("mine")
    for number in range(2):
        written = write_sweep(sweep, tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {"centre_mine.png", *(path.name for path in written)}
        sweep = dataclasses.replace(sweep, trials=sweep.trials[:3], slices=sweep.slices[:3])
        assert len(written) == (2 + 23 if number == 0 else 2 + 3)
    first = cv2.imread(str(written[2]), cv2.IMREAD_UNCHANGED)
    assert np.shape(first) == sweep.slices.shape[1:]


def test_the_sheet_marks_the_best_and_shows_what_changes():
    sweep = swept(Axis(centre_px=33.3, method="given"))
    pictures = np.zeros(sweep.slices.shape, np.uint8)
    pictures[::2, 20:30, 40:50] = 255
    rows, columns = liveliest(pictures)
    assert rows.start <= 25 < rows.stop
    assert columns.start <= 45 < columns.stop
    sheet = contact_sheet(sweep, pictures)
    assert sheet.dtype == np.uint8
    assert (sheet == (86, 180, 233)).all(axis=2).any(), "the best is framed"


def test_a_run_that_tries_writes_table_and_pictures_beside_the_volume(tmp_path: Path):
    settings = ScanSettings(views=60, rows=4, columns=48, centre=24.5, flats=4, darks=4)
    scan = write_scan(tmp_path / "scan.h5", simulate_scan(settings).scan)
    out = tmp_path / "out"
    out.mkdir()
    recipe = Recipe(
        workflow="reconstruct", inputs={"scan": str(scan)}, outputs={"volume": str(out / "v.ome.zarr")},
        options={"centre": 21.5, "try_centres": True},
    )  # fmt: skip
    results = run_recipe(recipe).results
    with (out / "centres.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["rank"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert float(rows[0]["centre_px"]) == pytest.approx(24.5, abs=0.6)
    assert all((out / row["picture"]).exists() for row in rows)
    assert (out / "centres.png").exists()
    assert any("the axis was taken at 21.50 px" in note for note in results["notes"])
    assert set(results["written"]) == {str(path) for path in out.iterdir()}
    with pytest.raises(OutputExistsError, match=r"centres\.csv exists"):
        run_recipe(dataclasses.replace(recipe, outputs={"volume": str(out / "w.ome.zarr")}))
