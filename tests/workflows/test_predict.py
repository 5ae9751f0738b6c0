"""The predict workflow: what it writes is what the model says, whole or not at all."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.io.test_outlines import rasterised
from tests.workflows.runs import picture, write_run
from vitsci_viz.errors import Cancelled, InputError, MissingFileError, OutputError, OutputExistsError
from vitsci_viz.io import read_image
from vitsci_viz.io.label_writing import probabilities_place
from vitsci_viz.io.outlines import Area
from vitsci_viz.io.writing import write_image
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import run_recipe
from vitsci_viz.workflows.segmenting import open_model

NAMES = ("background", "gland", "vessel")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run and a slide with a pixel size."""
    write_run(tmp_path / "run", spacing_um=(0.5, 0.5))
    write_image(tmp_path / "slide.tif", picture((120, 150)), axes="yxc", spacing=(0.5, 0.5), unit="um")
    return tmp_path


def recipe(folder: Path, out: str, *, image: str = "slide.tif", **options: Any) -> Recipe:
    return Recipe(
        workflow="predict",
        inputs={"run": str(folder / "run"), "image": str(folder / image)},
        outputs={"labels": str(folder / out)},
        options=options,
    )


def expected_labels(folder: Path) -> np.ndarray:
    return np.asarray(open_model(folder / "run").predict(folder / "slide.tif").labels)


@pytest.mark.parametrize("out", ["labels.tif", "labels.ome.zarr"])
def test_labels_and_probabilities_are_written_as_predicted(folder: Path, out: str) -> None:
    report = run_recipe(recipe(folder, out, probabilities=True))
    labels, expected = read_image(folder / out), expected_labels(folder)
    np.testing.assert_array_equal(np.asarray(labels), expected)
    assert labels.data.dtype == np.uint8
    assert labels.spacing_um == pytest.approx((0.5, 0.5))
    beside = read_image(probabilities_place(folder / out))
    assert (beside.data.dtype, beside.channels) == (np.float16, 3)
    assert (np.asarray(beside).argmax(axis=-1) == expected).mean() > 0.99
    found = report.results
    assert found["written"] == [str(folder / out), str(probabilities_place(folder / out))]
    for index, name in enumerate(NAMES):
        pixels = int((expected == index).sum())
        assert found["classes"][name] == pytest.approx(
            {"pixels": pixels, "share": pixels / expected.size, "um2": pixels / 4}
        )
    assert found["tokens"] > 0
    assert {"load", "detail", "forward", "write", "total"} <= set(found["seconds"])
    assert found["peak_rss_bytes"] > 0
    json.dumps(found)


def test_polygons_fill_to_the_predicted_labels(folder: Path) -> None:
    run_recipe(recipe(folder, "labels.geojson"))
    areas = []
    for feature in json.loads((folder / "labels.geojson").read_text())["features"]:
        rings = tuple(np.array(ring, np.int32) for ring in feature["geometry"]["coordinates"])
        areas.append(Area(label=NAMES.index(feature["properties"]["classification"]["name"]), rings=rings))
    expected = expected_labels(folder)
    np.testing.assert_array_equal(rasterised(areas, expected.shape), expected)


def test_two_runs_write_equal_files(folder: Path) -> None:
    for out in ("a.tif", "b.tif", "a.geojson", "b.geojson"):
        run_recipe(recipe(folder, out), execution=ExecutionOptions(threads=1 + out.startswith("b")))
    assert (folder / "a.geojson").read_bytes() == (folder / "b.geojson").read_bytes()
    np.testing.assert_array_equal(np.asarray(read_image(folder / "a.tif")), np.asarray(read_image(folder / "b.tif")))


def test_an_existing_output_is_kept_without_force(folder: Path) -> None:
    place = probabilities_place(folder / "labels.tif")
    place.write_text("mine")
    with pytest.raises(OutputExistsError):
        run_recipe(recipe(folder, "labels.tif", probabilities=True))
    assert place.read_text() == "mine"
    run_recipe(recipe(folder, "labels.tif", probabilities=True), force=True)
    assert read_image(place).channels == 3


@pytest.mark.parametrize("stage", ["forward", "labels"])
@pytest.mark.parametrize("out", ["labels.tif", "labels.ome.zarr", "labels.geojson"])
def test_a_cancelled_run_leaves_nothing(folder: Path, out: str, stage: str) -> None:
    before = sorted(folder.rglob("*"))

    def cancel(now: str, done: int, total: int) -> None:
        if now == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        run_recipe(recipe(folder, out), progress=cancel)
    assert sorted(folder.rglob("*")) == before


def test_a_full_disk_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tifffile

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(OutputError, match="No space left"):
        run_recipe(recipe(folder, "labels.tif"))
    assert not list(folder.glob("*labels*"))


def test_polygons_of_a_volume_are_refused_before_any_work(tmp_path: Path) -> None:
    write_run(tmp_path / "run", ndim=3, channels=1, side=32)
    np.save(tmp_path / "volume.npy", picture((20, 33, 28)))
    with pytest.raises(InputError, match="polygons of pictures"):
        run_recipe(recipe(tmp_path, "labels.geojson", image="volume.npy"))


def test_a_volume_is_written_as_one(tmp_path: Path) -> None:
    write_run(tmp_path / "run", ndim=3, channels=1, side=32, spacing_um=(3.0, 1.0, 1.0))
    write_image(tmp_path / "ct.tif", picture((20, 33, 28)), axes="zyx", spacing=(3.0, 1.0, 1.0), unit="um")
    report = run_recipe(recipe(tmp_path, "labels.ome.zarr", image="ct.tif"))
    labels = read_image(tmp_path / "labels.ome.zarr")
    assert (labels.axes, labels.shape) == ("zyx", (20, 33, 28))
    assert labels.spacing_um == pytest.approx((3.0, 1.0, 1.0))
    assert report.results["classes"]["background"]["um3"] == report.results["classes"]["background"]["pixels"] * 3


def test_volumes_in_mm_are_told_in_mm(tmp_path: Path) -> None:
    write_run(tmp_path / "run", ndim=3, channels=1, side=32, spacing_um=(3000.0, 1500.0, 1500.0))
    write_image(tmp_path / "ct.tif", picture((20, 33, 28)), axes="zyx", spacing=(3.0, 1.5, 1.5), unit="mm")
    row = run_recipe(recipe(tmp_path, "labels.ome.zarr", image="ct.tif")).results["classes"]["background"]
    assert row["mm3"] == pytest.approx(row["pixels"] * 6.75)
    assert "um3" not in row


def test_a_model_of_unknown_pixel_size_says_so_where_the_image_has_one(tmp_path: Path) -> None:
    write_run(tmp_path / "run", ndim=3, channels=1, side=32, spacing_um=None)
    write_image(tmp_path / "ct.tif", picture((20, 33, 28)), axes="zyx", spacing=(3.0, 1.5, 1.5), unit="mm")
    notes = run_recipe(recipe(tmp_path, "labels.tif", image="ct.tif")).results["notes"]
    assert "the pixel size of training is unknown: ct was taken at its own, 3000 x 1500 x 1500 um" in notes


def test_a_missing_checkpoint_is_one_line(folder: Path) -> None:
    with pytest.raises(MissingFileError, match="has not come to its first one"):
        run_recipe(recipe(folder, "labels.tif", checkpoint="last"))


def test_another_pixel_size_is_in_the_report(folder: Path) -> None:
    write_image(folder / "fine.tif", picture((240, 300)), axes="yxc", spacing=(0.25, 0.25), unit="um")
    report = run_recipe(recipe(folder, "labels.tif", image="fine.tif"))
    assert "resampled" in report.results["notes"][0]
    labels = read_image(folder / "labels.tif")
    assert (labels.shape, labels.spacing_um) == ((240, 300), pytest.approx((0.25, 0.25)))


@pytest.mark.data
@pytest.mark.parametrize("out", ["labels.ome.zarr", "labels.tif"])
def test_a_real_ct_is_labelled_at_its_own_pixel_size(tmp_path: Path, data_dir: Path, out: str) -> None:
    source = data_dir / "medical_3d" / "example_ct.nii.gz"
    ct = read_image(source)
    write_run(tmp_path / "run", ndim=3, channels=1, side=64, length=200, spacing_um=(6000.0, 6000.0, 6000.0))
    asked = recipe(tmp_path, out)
    report = run_recipe(replace(asked, inputs={**asked.inputs, "image": str(source)}))
    labels = read_image(tmp_path / out)
    assert labels.shape == ct.shape
    assert labels.spacing_um == pytest.approx(ct.spacing_um)
    assert "resampled" in report.results["notes"][0]
    assert sum(row["pixels"] for row in report.results["classes"].values()) == np.prod(ct.shape)


@pytest.mark.data
def test_a_real_slide_becomes_polygons_and_labels(tmp_path: Path, data_dir: Path) -> None:
    source = data_dir / "pathology" / "cmu-1-small-region.svs"
    slide = read_image(source)
    write_run(tmp_path / "run", side=512, length=400, tissue="auto", spacing_um=slide.spacing_um)
    asked = recipe(tmp_path, "labels.tif")
    asked = replace(asked, inputs={**asked.inputs, "image": str(source)})
    run_recipe(asked)
    run_recipe(replace(asked, outputs={"labels": str(tmp_path / "labels.geojson")}))
    labels = read_image(tmp_path / "labels.tif")
    assert labels.shape == slide.shape
    assert labels.spacing_um == pytest.approx(slide.spacing_um, rel=1e-6)
    area = 0.0
    for feature in json.loads((tmp_path / "labels.geojson").read_text())["features"]:
        for ring in feature["geometry"]["coordinates"]:
            x, y = np.array(ring, float).T
            area += (x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2
    assert area == np.count_nonzero(np.asarray(labels)), "what the polygons enclose is what is labelled"
