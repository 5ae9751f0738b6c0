"""From a scan file to a volume: the slices of the engine, whatever the slabs, threads and stops."""

import json
import shutil
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError, OptionError, OutputError, OutputExistsError
from vitsci_viz.io import read_image
from vitsci_viz.io.hdf5 import Hdf5Level
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.io.scans import read_scan
from vitsci_viz.io.volume_report import read_volume_report
from vitsci_viz.io.volume_writing import lock_place, partial_folder
from vitsci_viz.lock import locked
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Sentence
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, project_phantom, shepp_logan
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Recipe, Scan
from vitsci_viz.workflows import reconstruct as workflow
from vitsci_viz.workflows import slab_plan
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import reconstruct

SETTINGS = ScanSettings(views=60, rows=10, columns=48, centre=24.5, flats=4, darks=4)
ANGLES = np.arange(60) * np.pi / 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    return write_scan(tmp_path_factory.mktemp("scan") / "scan.h5", simulate_scan(SETTINGS).scan)


def recipe(scan: Path, volume: Path, **options: Any) -> Recipe:
    options = {"centre": 24.5, **options}
    return Recipe(workflow="reconstruct", inputs={"scan": str(scan)}, outputs={"volume": str(volume)}, options=options)


def in_memory(scan: Path, **options: Any) -> np.ndarray:
    return np.asarray(reconstruct(read_scan(scan), ReconstructOptions(**{"centre": 24.5, **options})))


def test_line_integrals_become_slices_in_one_over_millimetres():
    views = project_phantom(shepp_logan(16), ANGLES, 32)
    plain = filtered_back_projection(views, ANGLES, centre=15.0)
    for pixel, scale in ((None, 1.0), (0.5, 2.0)):
        scan = Scan.from_line_integrals(views, angles_rad=ANGLES, centre=15.0, pixel_mm=pixel)
        volume = reconstruct(scan, ReconstructOptions(outliers=0))
        np.testing.assert_allclose(np.asarray(volume), scale * plain, atol=1e-5)
        assert volume.spacing == (None if pixel is None else (0.5,) * 3)


def test_both_methods_give_the_phantom():
    phantom, truth = shepp_logan(24), draw_slice(shepp_logan(24), 48)
    scan = Scan.from_line_integrals(project_phantom(phantom, ANGLES, 48), angles_rad=ANGLES, centre=23.5)
    for method in ("fbp", "fourier"):
        found = np.asarray(reconstruct(scan, ReconstructOptions(method=method, circle=True, outliers=0)))[0]
        assert np.corrcoef(found.ravel(), truth.ravel())[0, 1] > 0.95
        assert not found[0, 0]


@pytest.mark.parametrize("name", ["volume.ome.zarr", "volume.tif"])
def test_the_file_holds_the_slices_whatever_slabs_and_threads(made: Path, tmp_path: Path, monkeypatch, name: str):
    expected = in_memory(made)
    monkeypatch.setattr(slab_plan, "MOST_ROWS", 5)  # slabs of four, so that they fill whole chunks
    report = run_recipe(recipe(made, tmp_path / name), execution=ExecutionOptions(threads=2))
    assert report.results["plan"]["slabs"] == 3
    image = read_image(tmp_path / name)
    np.testing.assert_allclose(np.asarray(image), expected, atol=1e-5 * np.abs(expected).max())
    assert image.spacing_um == pytest.approx((10.0,) * 3)
    names = {name} if name.endswith(".zarr") else {name, "volume.report.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {Path(path).name for path in report.results["written"]} == names


@pytest.mark.parametrize("name", ["volume.ome.zarr", "volume.tif"])
def test_the_volume_keeps_its_report(made: Path, tmp_path: Path, name: str):
    results = run_recipe(recipe(made, tmp_path / name, centre="auto", store="uint16")).results
    kept = read_volume_report(tmp_path / name)
    for part in ("scan", "centre", "plan", "method", "quality", "notes", "shape", "range"):
        assert kept["report"][part] == json.loads(json.dumps(results[part])), part
    assert kept["unit"] == "1/mm"
    assert kept["options"]["store"] == "uint16"
    assert kept["scale"] * 65_535 + kept["offset"] == pytest.approx(results["range"][1])


def test_rows_and_binning_choose_and_average(made: Path):
    whole = in_memory(made)
    np.testing.assert_allclose(in_memory(made, rows="4:7"), whole[4:7], atol=1e-5 * np.abs(whole).max())
    coarse = in_memory(made, bin=2)
    assert coarse.shape == (5, 24, 24)
    blocks = whole.reshape(5, 2, 24, 2, 24, 2).mean(axis=(1, 3, 5))
    assert np.corrcoef(coarse.ravel(), blocks.ravel())[0, 1] > 0.98


def test_whole_numbers_come_back_within_half_a_step(made: Path, tmp_path: Path):
    run_recipe(recipe(made, tmp_path / "v.ome.zarr", store="uint16"))
    image, expected = read_image(tmp_path / "v.ome.zarr"), in_memory(made)
    import zarr

    facts = zarr.open_group(tmp_path / "v.ome.zarr", mode="r").attrs["ome"]["vitsci_viz"]
    again = np.asarray(image) * facts["scale"] + facts["offset"]
    inside = np.abs(again - expected) <= 0.51 * facts["scale"] + 1e-5 * np.abs(expected).max()
    assert inside.mean() > 0.999, "only what lies outside the range of the sampled slices is cut off"
    assert facts["unit"] == "1/mm"


def test_what_a_range_has_no_room_for_is_counted(made: Path, tmp_path: Path):
    slices = in_memory(made)
    y, x = np.indices(slices.shape[1:]) - (slices.shape[1] - 1) / 2
    inside = slices[:, np.hypot(y, x) <= slices.shape[1] / 2]
    high = float(np.median(inside))
    notes = run_recipe(recipe(made, tmp_path / "v.tif", store="uint16", range=[-1e3, high])).results["notes"]
    counted = [int(note.split(" voxels")[0].replace(",", "")) for note in notes if "beyond the range" in note]
    assert counted == [pytest.approx(np.count_nonzero(inside > high), abs=2)]


def test_a_pixel_that_is_given_sets_the_unit_of_slices(made: Path, tmp_path: Path):
    results = run_recipe(recipe(made, tmp_path / "v.ome.zarr", pixel_mm=0.02)).results
    assert results["scan"]["pixel_mm"] == 0.02
    image = read_image(tmp_path / "v.ome.zarr")
    assert image.spacing_um == pytest.approx((20.0,) * 3)
    np.testing.assert_allclose(np.asarray(image), in_memory(made) / 2, rtol=1e-4, atol=1e-4)


def test_two_runs_never_write_one_volume(made: Path, tmp_path: Path):
    place = tmp_path / "v.ome.zarr"
    with locked(lock_place(place), work=f"writes {place}"), pytest.raises(OutputError, match="one run"):
        run_recipe(recipe(made, place))
    run_recipe(recipe(made, place))
    assert {path.name for path in tmp_path.iterdir()} == {place.name}


def test_what_a_stopped_run_has_left_is_not_thrown_away_silently(made: Path, tmp_path: Path):
    place, said = tmp_path / "v.ome.zarr", list[str]()
    partial_folder(place).mkdir()
    run_recipe(recipe(made, place), progress=lambda stage, done, total: said.append(stage))
    assert any("--resume" in sentence for sentence in said)


def test_what_was_done_before_a_stop_is_not_computed_again(made: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(slab_plan, "MOST_ROWS", 2)
    place = tmp_path / "v.ome.zarr"

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "slices" and done >= 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_recipe(recipe(made, place), progress=stop)
    assert not place.exists()
    assert partial_folder(place).is_dir()
    computed: list[slice] = []
    lines = workflow.SliceEngine.lines
    monkeypatch.setattr(
        workflow.SliceEngine, "lines", lambda engine, part: computed.append(part) or lines(engine, part)
    )
    run_recipe(recipe(made, place), resume=True)
    assert min(part.start for part in computed[1:]) >= 2, "the first one is for the quality"
    np.testing.assert_allclose(np.asarray(read_image(place)), in_memory(made), atol=1e-3)
    assert not partial_folder(place).exists()


def test_a_run_of_other_options_is_not_gone_on_with(made: Path, tmp_path: Path):
    place = tmp_path / "v.ome.zarr"

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "slices":
            raise Cancelled

    with pytest.raises(Cancelled):
        run_recipe(recipe(made, place), progress=stop)
    with pytest.raises(OutputError, match="of another recipe"):
        run_recipe(recipe(made, place, filter="hann"), resume=True)
    run_recipe(recipe(made, place, device="cpu"), resume=True)  # another machine makes the same slices
    assert place.exists()


def test_angles_for_a_sample_are_refused_and_not_passed_over(tmp_path: Path):
    given = {"scan": "sample:scan", "angles": "0:180:12"}
    with pytest.raises(OptionError, match="sample:scan has angles of its own: leave --angles out"):
        run_recipe(Recipe(workflow="reconstruct", inputs=given, outputs={"volume": str(tmp_path / "v.tif")}))


def test_that_there_is_nothing_to_go_on_with_is_said_before_any_work(made: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(workflow, "find_axis", lambda *args, **named: pytest.fail("the axis was looked for"))
    with pytest.raises(OutputError, match="no interrupted run to go on with"):
        run_recipe(recipe(made, tmp_path / "v.tif"), resume=True)


def test_the_report_tells_geometry_centre_and_quality(made: Path, tmp_path: Path):
    results = run_recipe(recipe(made, tmp_path / "v.tif")).results
    assert results["scan"]["views"] == 60
    assert results["centre"] == {
        "px": 24.5, "method": "given", "tilt_deg": 0.0, "confidence": None, "uncertainty_px": None, "candidates": [],
    }  # fmt: skip
    assert results["quality"]["signal_to_noise"] > 1
    assert results["updates_per_s"] > 0


def test_the_centre_is_found_where_it_is_not_given(made: Path, tmp_path: Path):
    report = run_recipe(recipe(made, tmp_path / "v.tif", centre="auto"))
    assert report.results["centre"]["px"] == pytest.approx(24.5, abs=0.5)
    assert report.results["centre"]["candidates"]
    assert 0 <= report.results["centre"]["uncertainty_px"] <= 0.5


def test_what_is_about_to_be_done_is_said_before_a_slab_is_made(made: Path, tmp_path: Path):
    told: list[tuple[str, int]] = []
    run_recipe(recipe(made, tmp_path / "v.tif"), progress=lambda stage, done, total: told.append((stage, total)))
    sentences = [place for place, (stage, _) in enumerate(told) if isinstance(stage, Sentence)]
    said = told[sentences[0]][0]
    assert said.startswith("60 views of 10 x 48, axis at 24.50 px (given): 10 slices of 48 x 48 in 1 slab by fbp (")
    assert "of memory, up to" in said
    assert sentences[0] < [stage for stage, _ in told].index("slices")


def test_an_offset_scan_gives_the_slice_of_a_wide_detector():
    angles = np.arange(160) * np.pi / 80
    wide = project_phantom(shepp_logan(30), angles, 64, centre=31.5)
    offset = Scan.from_line_integrals(wide[:, :, 24:], angles_rad=angles, centre=7.5)
    found = np.asarray(reconstruct(offset, ReconstructOptions(outliers=0)))[0]
    expected = filtered_back_projection(wide, angles, centre=31.5)[0]
    assert found.shape == (64, 64)
    places = np.arange(64) - 31.5
    inside = np.hypot(places[:, None], places[None, :]) < 30
    assert np.corrcoef(found[inside], expected[inside])[0, 1] > 0.99


def test_an_axis_that_leans_is_found_and_levelled():
    settings = ScanSettings(views=60, rows=24, columns=48, tilt_rad=0.06, has_noise=False)
    scan = simulate_scan(settings).scan
    leaning, level = (reconstruct(scan, ReconstructOptions(centre=23.5, tilt=tilt)) for tilt in (0.0, np.rad2deg(0.06)))
    straight = simulate_scan(ScanSettings(views=60, rows=24, columns=48, has_noise=False)).scan
    expected = np.asarray(reconstruct(straight, ReconstructOptions(centre=23.5)))[2]
    errors = [float(np.std(np.asarray(volume)[2] - expected)) for volume in (leaning, level)]
    assert errors[1] < 0.5 * errors[0]


def test_a_sample_is_reconstructed_by_name(tmp_path: Path, monkeypatch, made: Path):
    monkeypatch.setattr(workflow, "open_scan", lambda name, progress: read_scan(made))
    sample = Recipe(
        workflow="reconstruct", inputs={"scan": "sample:scan"}, outputs={"volume": str(tmp_path / "v.tif")},
        options={"centre": 24.5},
    )  # fmt: skip
    assert run_recipe(sample).results["shape"] == [10, 48, 48]


def test_what_cannot_be_is_said_before_any_work(made: Path, tmp_path: Path, monkeypatch):
    place = tmp_path / "v.tif"
    with pytest.raises(InputError, match="the centre must lie on the detector, 0 to 47 px, got 99"):
        run_recipe(recipe(made, place, centre=99))
    with pytest.raises(OptionError, match="between 0 and 10"):
        run_recipe(recipe(made, place, rows="5:90"))
    with pytest.raises(OptionError, match="FIRST:STOP"):
        ReconstructOptions(rows="7")
    with pytest.raises(OptionError, match="must name rows first before stop, got '5:2'"):
        ReconstructOptions(rows="5:2")
    with pytest.raises(OptionError, match="bin must leave"):
        run_recipe(recipe(made, place, bin=12))
    with pytest.raises(InputError, match=r"needs .* MiB.* allow more with --memory"):
        run_recipe(recipe(made, place), execution=ExecutionOptions(memory="1MiB"))
    monkeypatch.setattr(slab_plan.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(OutputError, match=r"may need .* and .* are free"):
        run_recipe(recipe(made, place))
    place.write_text("mine")
    with pytest.raises(OutputExistsError):
        run_recipe(recipe(made, place))
    assert [path.name for path in tmp_path.iterdir()] == ["v.tif"]


def test_the_tilt_is_a_number_within_bounds_or_auto():
    assert ReconstructOptions(tilt="auto").tilt == "auto"
    for tilt in (46, -90.0):
        with pytest.raises(OptionError, match="tilt: must be auto or -45 to 45 degrees"):
            ReconstructOptions(tilt=tilt)


@pytest.mark.parametrize("small", [0, 2**26])
def test_compressed_views_are_decompressed_once_and_give_the_same_slices(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
):
    packed = tmp_path / "packed.h5"
    shutil.copy(made, packed)
    with h5py.File(packed, "r+") as file:
        views = file["exchange/data"][...]
        del file["exchange/data"]
        file.create_dataset("exchange/data", data=views, chunks=(1, *views.shape[1:]), compression="gzip")
    read: list[Any] = []
    read_box = Hdf5Level.read_box
    monkeypatch.setattr(Hdf5Level, "read_box", _counting(read, read_box))
    monkeypatch.setattr(workflow, "SMALL_BYTES", small)
    monkeypatch.setattr(slab_plan, "MOST_ROWS", 3)
    out = tmp_path / "out"
    out.mkdir()
    run_recipe(recipe(packed, out / "v.ome.zarr"))
    assert read == [(0, 60)], "four slabs and the quality, but one read"
    np.testing.assert_allclose(np.asarray(read_image(out / "v.ome.zarr")), in_memory(made), atol=1e-3)
    assert [path.name for path in out.iterdir()] == ["v.ome.zarr"]


def _counting(read: list[Any], read_box: Any) -> Any:
    def counted(level: Hdf5Level, box: Any) -> Any:
        if level.name == "/exchange/data":
            read.append(box[0])
        return read_box(level, box)

    return counted
