"""A slice that follows the axis: in plain Python, by its widgets, and what it hands on."""

import asyncio

import numpy as np
import pytest

import vitsci_viz as vz
from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.simulation.ellipses import draw_slice, project_phantom, shepp_logan
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan

CENTRE = 25.5
ANGLES = np.arange(72) * np.pi / 72


@pytest.fixture
def scan():
    views = project_phantom(shepp_logan(18), ANGLES, 48, centre=CENTRE)
    return Scan.from_line_integrals(np.repeat(views, 3, axis=1), angles_rad=ANGLES, pixel_mm=0.5)


@pytest.fixture
def tuner(scan):
    tuner = vz.tune_centre(scan, outliers=0)
    yield tuner
    tuner.close()


def likeness(tuner) -> float:
    return float(np.corrcoef(tuner.slice.ravel(), draw_slice(shepp_logan(18), 48).ravel())[0, 1])


def test_the_right_centre_gives_the_sharper_slice(tuner):
    tuner.centre = CENTRE
    right = likeness(tuner)
    tuner.centre = CENTRE - 4
    assert likeness(tuner) < right - 0.05
    assert right > 0.93


@pytest.mark.parametrize("method", ["fbp", "fourier"])
def test_the_slice_is_that_of_the_volume(scan, tuner, method):
    tuner.options = tuner.options.replace(centre=CENTRE, method=method)
    tuner.row = 1
    volume = np.asarray(vz.reconstruct(scan, tuner.options))
    np.testing.assert_allclose(tuner.slice, volume[1], atol=2e-3 * np.ptp(volume))


def test_before_anything_is_known_the_axis_is_in_the_middle_and_the_recipe_looks_for_it(tuner):
    assert tuner.centre == 23.5
    assert tuner.recipe.options["centre"] == "auto"


def test_a_place_beside_the_detector_is_refused_and_nothing_changes(tuner):
    tuner.centre = 20
    with pytest.raises(InputError, match="0 to 47 px, got 48"):
        tuner.centre = 48
    with pytest.raises(InputError, match="0 to 2, got 3"):
        tuner.row = 3
    with pytest.raises(OptionError):
        tuner.options = tuner.options.replace(rows="2:9")
    assert (tuner.centre, tuner.row, tuner.options.rows) == (20, 1, None)


def test_finding_moves_to_the_best_candidate(tuner):
    found = tuner.find()
    assert found == tuner.candidates
    assert tuner.options.centre == found[0].centre_px == pytest.approx(CENTRE, abs=0.2)


def test_before_a_centre_was_looked_for_only_the_candidates_are_hidden(tuner):
    view = tuner.view
    shown = {
        name: getattr(view, name).layout.display for name in ("number", "slider", "find_button", "candidates", "row")
    }
    assert shown == {"number": None, "slider": None, "find_button": None, "candidates": "none", "row": None}
    tuner.find()
    assert view.candidates.layout.display is None


def test_number_slider_candidates_and_the_line_on_the_sinogram_move_one_axis(tuner):
    view = tuner.view
    view.number.value = 24.0
    assert (tuner.centre, view.slider.value) == (24.0, 0.0)
    view.slider.value = 1.0
    assert tuner.centre == view.number.value == 25.0
    view._moved({"axis": 22.0}, True)
    assert tuner.centre == view.number.value == 21.5
    tuner.find()
    view.candidates.index = 1
    assert tuner.centre == tuner.candidates[1].centre_px
    (guide,) = view.sinogram._state["guides"]
    assert guide["at"] == tuner.centre + 0.5


def test_a_line_that_is_dragged_beside_the_detector_stays_at_its_end(tuner):
    tuner.view._moved({"axis": -30.0}, True)
    assert tuner.centre == 0
    tuner.view._moved({"axis": 300.0}, True)
    assert tuner.centre == 47


def test_the_page_draws_the_slice_of_the_axis_and_says_so(tuner):
    view, sent = tuner.view, []
    view.slice.show = lambda layer, scene: sent.append(scene.index)
    tuner.centre = CENTRE
    tuner.centre = CENTRE - 6
    assert not np.array_equal(*sent)
    assert "19.50 px, row 1: 48 x 48 px" in view.note.value
    tuner.row = 2
    assert view.row.value == 2
    assert "row 2" in view.note.value


def test_options_of_the_form_change_the_setting_and_wrong_ones_are_said(tuner):
    tuner.view.form.edit("filter", "hann")
    assert tuner.options.filter == "hann"
    tuner.view.form.edit("rows", "1:9")
    assert tuner.options.rows is None
    assert "the detector has 3 rows" in tuner.view.note.value
    tuner.centre = 30.0
    assert tuner.view.form.state.options.centre == 30.0


def test_a_kernel_follows_in_threads_and_the_newest_place_wins(scan):
    async def play():
        tuner = vz.tune_centre(scan, outliers=0)
        view = tuner.view
        for place in np.linspace(20, 26, 7):
            view._moved({"axis": place + 0.5}, False)
        view._moved({"axis": CENTRE + 0.5}, True)
        deadline = asyncio.get_running_loop().time() + 60
        while f"axis at {CENTRE:.2f} px" not in view.note.value and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.02)
        said, is_stale = view.note.value, view.slice._state["stale"]
        tuner.close()
        return said, is_stale

    said, is_stale = asyncio.run(play())
    assert f"axis at {CENTRE:.2f} px" in said
    assert not is_stale


def test_a_file_gives_a_recipe_that_runs(tmp_path):
    path = write_scan(tmp_path / "scan.h5", simulate_scan(ScanSettings(views=40, rows=3, columns=32, centre=16)).scan)
    tuner = vz.tune_centre(path, rings="mean")
    tuner.centre = 16.0
    tuner.save_recipe(tmp_path / "recipe.yaml", volume="volume.tif")
    report = vz.run_recipe(vz.load_recipe(tmp_path / "recipe.yaml"))
    assert report.results["shape"] == [3, 32, 32]
    assert report.recipe["options"]["rings"] == "mean"
    assert (tmp_path / "volume.tif").is_file()


def test_a_scan_from_memory_has_no_recipe_to_save(tuner, tmp_path):
    with pytest.raises(InputError, match="came from memory"):
        tuner.save_recipe(tmp_path / "recipe.yaml")
