"""Real volumes, slides and nuclei become examples."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.training.cases import source_of
from vitsci_viz.io.masks import read_mask
from vitsci_viz.io.reading import read_image
from vitsci_viz.io.writing import write_image
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.training.labels import find_labels
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.splits import split_records
from vitsci_viz.types import PatchSequence

CUBES = PatchOptions(mode="length", length=2000, patch_size=8, min_size=4)


def table(folder: Path, *pairs: tuple[Path, Path]) -> tuple[Record, ...]:
    (folder / "data.csv").write_text("image,mask\n" + "".join(f"{image},{mask}\n" for image, mask in pairs))
    return find_records(folder / "data.csv")


@pytest.mark.data
def test_vertebrae_of_a_real_ct_have_targets_at_their_places(data_dir: Path, tmp_path: Path):
    folder = data_dir / "medical_3d"
    records = table(tmp_path, (folder / "example_ct.nii.gz", folder / "example_ct_vertebrae.nii.gz"))
    source = source_of(records, patch=CUBES, is_training=False)
    example = source.example(0)
    assert source.spacing_um == (3000.0, 3000.0, 3000.0)
    assert len(source.labels) == 9
    assert example.tokens.shape[1:] == (8, 8, 8, 1)
    truth = np.asarray(read_mask(folder / "example_ct_vertebrae.nii.gz"))
    assert example.area.sum(dtype=float) == pytest.approx(truth.size)
    sequence = PatchSequence(tokens=example.fractions, valid=np.ones(len(example.tree), bool), tree=example.tree)
    found = scatter(sequence).argmax(axis=-1) > 0
    both = np.count_nonzero(found & (truth > 0))
    assert 2 * both / (np.count_nonzero(found) + np.count_nonzero(truth)) > 0.85
    means = scatter(PatchSequence(tokens=example.tokens, valid=sequence.valid, tree=example.tree))
    voxels = np.asarray(read_image(folder / "example_ct.nii.gz")).astype(float)
    assert means.mean(dtype=float) == pytest.approx(voxels.mean(), abs=1)
    assert np.corrcoef(means.ravel(), voxels.ravel())[0, 1] > 0.9


@pytest.mark.data
def test_a_volume_that_is_its_own_mask_stays_aligned_in_every_turn_and_crop(data_dir: Path, tmp_path: Path):
    mask = data_dir / "medical_3d" / "example_ct_vertebrae.nii.gz"
    records = table(tmp_path, (mask, mask))
    for data in ({}, {"crop": 48}):
        source = source_of(records, patch=CUBES.replace(length=400), **data)
        values = np.array(source.labels.values)
        for epoch in range(4):
            example = source.example(0, epoch=epoch)
            wanted = (example.fractions * values).sum(axis=-1)
            np.testing.assert_allclose(example.tokens[..., 0], wanted, atol=1e-3)


@pytest.mark.data
def test_instances_in_three_dimensions_without_a_spacing(data_dir: Path, tmp_path: Path):
    folder = data_dir / "medical_3d"
    records = table(tmp_path, (folder / "stardist_img3d.tif", folder / "stardist_mask3d.tif"))
    patch = PatchOptions(mode="length", length=300, patch_size=(2, 4, 4), min_size=(1, 2, 2))
    example = source_of(records, patch=patch, instances=True, needs=("grid", "pixels")).example(0)
    assert example.grid.shape == (31, 31, 29)
    assert 0.05 < example.fractions[..., 1][example.area > 0].mean() < 0.9


@pytest.mark.data
def test_nuclei_of_several_stains_are_split_by_image(data_dir: Path, tmp_path: Path):
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    for image in sorted((data_dir / "pathology").glob("dsb2018_*.png")):
        shutil.copy(image, tmp_path / "images")
        shutil.copy(image.with_name(f"{image.stem}_label.tif"), tmp_path / "masks" / f"{image.stem}.tif")
    records = find_records(tmp_path)
    data = DataOptions(instances=True)
    split = split_records(records, data, 0)
    assert sorted(record.split for record in split) == ["train"] * 9 + ["val"] * 2
    source = source_of(split, patch=PatchOptions(mode="length", length=256), labels=find_labels(records, data))
    for index in range(3):
        example = source.example(index)
        truth = np.asarray(read_mask(source.record(index).mask)) > 0
        found = (example.fractions[..., 1] * example.area).sum(dtype=float)
        assert found == pytest.approx(np.count_nonzero(truth), rel=1e-4)


@pytest.mark.data
def test_crops_of_a_slide_are_read_in_windows_and_lie_on_tissue(data_dir: Path, tmp_path: Path, monkeypatch):
    from vitsci_viz.training import reader

    monkeypatch.setattr(reader, "HELD_BYTES", 2**20)  # as if it were larger than memory
    slide = data_dir / "pathology" / "cmu-1-small-region.svs"
    pixels = np.asarray(read_image(slide))
    write_image(tmp_path / "mask.tif", (pixels[..., 1] < 150).astype(np.uint8), axes="yx")
    records = table(tmp_path, (slide, tmp_path / "mask.tif"))
    source = source_of(
        records, patch=PatchOptions(mode="length", length=64), crop=256, tissue="auto", flips=False, needs=("pixels",)
    )
    assert source.spacing_um == pytest.approx((0.499, 0.499))
    for epoch in range(4):
        example = source.example(0, epoch=epoch)
        assert example.pixels.shape == (256, 256, 3)
        np.testing.assert_array_equal(example.labels, example.pixels[..., 1] < 150)
        assert example.pixels.mean() < 235


@pytest.mark.data
def test_an_ome_zarr_is_cut_as_the_same_pixels_in_a_tiff(data_dir: Path, tmp_path: Path):
    import zarr

    pixels = np.asarray(read_image(data_dir / "pathology" / "dsb2018_947c0d94.png"))
    labels = (pixels[..., 0] < 150).astype(np.uint8)
    write_image(tmp_path / "mask.png", labels, axes="yx")
    write_image(tmp_path / "image.tif", pixels, axes="yxc", spacing=(0.25, 0.25), unit="um")
    group = zarr.open_group(tmp_path / "image.ome.zarr", mode="w", zarr_format=2)
    group.create_array("0", data=np.moveaxis(pixels, -1, 0), chunks=(3, 64, 64))
    axes = [{"name": "c", "type": "channel"}, *({"name": n, "type": "space", "unit": "micrometer"} for n in "yx")]
    scale = [{"type": "scale", "scale": [1.0, 0.25, 0.25]}]
    group.attrs["multiscales"] = [
        {"version": "0.4", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": scale}]}
    ]
    records = table(
        tmp_path, (tmp_path / "image.tif", tmp_path / "mask.png"), (tmp_path / "image.ome.zarr", tmp_path / "mask.png")
    )
    source = source_of(records, patch=PatchOptions(mode="length", length=128), flips=False)
    one, other = source.example(0), source.example(1)
    np.testing.assert_array_equal(one.tokens, other.tokens)
    np.testing.assert_array_equal(one.area, other.area)
    assert source.notes == ()
