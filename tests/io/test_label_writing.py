"""Predicted labels of every format are read back equal, with their spacing, whatever their size."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError, OutputError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.io.coarsening import most_frequent
from vitsci_viz.io.label_writing import probabilities_place, write_segmentation
from vitsci_viz.io.ome_zarr_writing import write_labels_zarr
from vitsci_viz.types import Segmentation

CLASSES = ("background", "gland", "vessel")


def blobs(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Coarse random classes, so that files shrink and outlines are short."""
    coarse = np.random.default_rng(seed).integers(0, 3, [-(-n // 16) for n in shape]).astype(np.uint8)
    for axis in range(len(shape)):
        coarse = np.repeat(coarse, 16, axis=axis)
    return coarse[tuple(slice(0, n) for n in shape)]


def segmentation(shape: tuple[int, ...], *, spacing: tuple[float, ...] | None = None) -> Segmentation:
    labels = blobs(shape)
    probabilities = np.stack([labels == k for k in range(3)], axis=-1).astype(np.float16) * np.float16(0.75)
    return Segmentation(
        labels=labels, classes=CLASSES, probabilities=probabilities, spacing=spacing, unit="um" if spacing else None,
        name="slide",
    )  # fmt: skip


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr"])
@pytest.mark.parametrize(
    ("shape", "spacing"),
    [((37, 53), None), ((1300, 1075), (0.5, 0.25)), ((9, 70, 65), (2.0, 0.5, 0.5)), ((70, 20, 600), (3.0, 1.0, 1.0))],
)
def test_labels_survive_with_their_spacing(tmp_path: Path, suffix: str, shape: Any, spacing: Any) -> None:
    written = segmentation(shape, spacing=spacing)
    (path,) = write_segmentation(tmp_path / f"labels{suffix}", written)
    mask = read_mask(path)
    np.testing.assert_array_equal(np.asarray(mask), written.labels)
    assert mask.data.dtype == np.uint8
    assert mask.spacing_um == (None if spacing is None else pytest.approx(spacing))
    assert [found.name for found in tmp_path.iterdir()] == [path.name], "nothing else is left in the folder"


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr"])
def test_every_coarser_level_is_the_most_frequent_class(tmp_path: Path, suffix: str) -> None:
    written = segmentation((2100, 1301), spacing=(0.5, 0.5))
    (path,) = write_segmentation(tmp_path / f"labels{suffix}", written)
    expected = np.asarray(written.labels)
    levels = read_image(path).levels
    assert len(levels) == 4
    for level in levels:
        np.testing.assert_array_equal(np.asarray(level), expected)
        expected = most_frequent(expected)


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr"])
@pytest.mark.parametrize("shape", [(600, 700), (5, 40, 50)])
def test_probabilities_lie_beside_as_half_floats(tmp_path: Path, suffix: str, shape: Any) -> None:
    written = segmentation(shape, spacing=(0.5,) * len(shape))
    labels, beside = write_segmentation(tmp_path / f"a{suffix}", written, probabilities=True)
    image = read_image(beside)
    assert beside == probabilities_place(labels)
    assert image.data.dtype == np.float16
    assert image.channels == 3
    np.testing.assert_array_equal(np.asarray(image), written.probabilities)
    if len(shape) == 2 or suffix == ".ome.zarr":
        assert image.spacing_um == pytest.approx((0.5,) * len(shape))


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library that reads
def test_the_reference_library_reads_the_labels(tmp_path: Path, version: Any) -> None:
    from ome_zarr.io import parse_url
    from ome_zarr.reader import Reader

    written = segmentation((1500, 1100), spacing=(0.5, 0.25))
    write_labels_zarr(tmp_path / "a.zarr", written, version=version)
    node = next(iter(Reader(parse_url(tmp_path / "a.zarr"))()))
    assert [level.shape for level in node.data] == [(1500, 1100), (750, 550), (375, 275)]
    np.testing.assert_array_equal(np.asarray(node.data[0]), written.labels)
    first, second = node.metadata["coordinateTransformations"][:2]
    assert first[0]["scale"] == [0.5, 0.25]
    assert second == [{"type": "scale", "scale": [1.0, 0.5]}, {"type": "translation", "translation": [0.25, 0.125]}]


def test_the_metadata_are_valid_by_the_models_of_the_format(tmp_path: Path) -> None:
    import zarr
    from ome_zarr_models.v05 import ImageLabel

    write_labels_zarr(tmp_path / "a.zarr", segmentation((64, 64), spacing=(1.0, 1.0)))
    found = ImageLabel.from_zarr(zarr.open_group(tmp_path / "a.zarr", mode="r"))
    assert [colour.label_value for colour in found.attributes.ome.image_label.colors] == [0, 1, 2]


def test_geojson_is_what_qupath_reads(tmp_path: Path) -> None:
    written = segmentation((64, 80))
    (path,) = write_segmentation(tmp_path / "a.geojson", written)
    content = json.loads(path.read_text())
    assert content["type"] == "FeatureCollection"
    names = {feature["properties"]["classification"]["name"] for feature in content["features"]}
    assert names == set(CLASSES[1:])
    for feature in content["features"]:
        assert feature["properties"]["objectType"] == "annotation"
        assert len(feature["properties"]["classification"]["color"]) == 3
        for ring in feature["geometry"]["coordinates"]:
            assert ring[0] == ring[-1]
            assert len(ring) > 4


def test_polygons_of_a_volume_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="polygons of pictures"):
        write_segmentation(tmp_path / "a.geojson", segmentation((5, 20, 20)))
    assert not list(tmp_path.iterdir())


def test_an_unknown_ending_and_missing_probabilities_are_refused(tmp_path: Path) -> None:
    plain = Segmentation(labels=blobs((8, 8)), classes=CLASSES)
    with pytest.raises(InputError, match="written as"):
        write_segmentation(tmp_path / "a.png", plain)
    with pytest.raises(InputError, match="labels alone"):
        write_segmentation(tmp_path / "a.tif", plain, probabilities=True)


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr", ".geojson"])
def test_a_cancelled_write_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_segmentation(path, segmentation((40, 40)))
    before = sorted(tmp_path.rglob("*"))

    def cancel(stage: str, done: int, total: int) -> None:
        if done > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_segmentation(path, segmentation((3000, 40)), probabilities=True, progress=cancel)
    assert sorted(tmp_path.rglob("*")) == before


class Full:
    """Labels of which the second band cannot be written any more: the disk is full."""

    shape, dtype = (3000, 64), np.dtype(np.uint8)

    def __getitem__(self, key: Any) -> np.ndarray:
        if key.start:
            raise OSError(28, "No space left on device")
        return np.ones((key.stop - key.start, 64), np.uint8)


@pytest.mark.parametrize("suffix", [".tif", ".ome.zarr", ".geojson"])
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(OutputError, match="No space left"):
        write_segmentation(tmp_path / f"a{suffix}", Segmentation(labels=Full(), classes=CLASSES))
    assert not list(tmp_path.iterdir())
