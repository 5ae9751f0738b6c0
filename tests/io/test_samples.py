"""Samples open by name: shipped, generated on demand, public by hash."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError, MissingFileError
from vitsci_viz.io.fetching import CACHE_VARIABLE, DATA_VARIABLE, PublicFile, find_public_file
from vitsci_viz.io.samples import Sample, find_sample, list_samples, list_sets, open_sample, sample_files
from vitsci_viz.simulation.datasets import SETS
from vitsci_viz.simulation.made import MADE

PUBLIC = [sample for sample in list_samples() if sample.origin == "public"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of this test alone."""
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_names_are_unique_and_described() -> None:
    found = list_samples()
    assert len({sample.name for sample in found}) == len(found)
    assert all(sample.title and sample.description and sample.licence and sample.source for sample in found)


def test_every_generated_sample_can_be_made() -> None:
    assert {sample.name for sample in list_samples() if sample.origin == "generated"} == set(MADE)
    assert {sample.name for sample in list_sets()} == set(SETS)


@pytest.mark.parametrize("name", [sample.name for sample in list_samples() if sample.origin == "shipped"])
def test_shipped_samples_open_without_anything_else(name: str, cache: Path) -> None:
    image, mask = open_sample(name)
    assert (image.axes, image.name, mask) == ("yxc", name, None)
    assert np.asarray(image).std() > 1
    assert not cache.exists()


def test_a_generated_sample_is_made_once(cache: Path) -> None:
    calls: list[str] = []
    image, mask = open_sample("ct_slice", progress=lambda stage, done, total: calls.append(stage))
    assert calls
    assert mask is not None
    assert mask.shape == image.shape
    assert image.spacing_um == (100.0, 100.0)
    made = len(calls)
    again, _ = open_sample("ct_slice", progress=lambda stage, done, total: calls.append(stage))
    assert len(calls) == made
    np.testing.assert_array_equal(np.asarray(again), np.asarray(image))


def test_a_set_is_a_folder_made_once_and_again_if_a_file_is_missing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SETS, "vessels_set", replace(SETS["vessels_set"], count=2, side=64))
    calls: list[str] = []
    folder, mask = sample_files("vessels_set", progress=lambda stage, done, total: calls.append(stage))
    assert mask is None
    assert folder.is_relative_to(cache)
    made = len(calls)
    assert sample_files("vessels_set", progress=lambda stage, done, total: calls.append(stage)) == (folder, None)
    assert len(calls) == made > 0
    (folder / "masks" / "eye001.png").unlink()
    sample_files("vessels_set")
    assert (folder / "masks" / "eye001.png").exists()


def test_a_set_is_not_opened_as_an_image(cache: Path) -> None:
    with pytest.raises(InputError, match="train on sample:vessels_set"):
        open_sample("vessels_set")
    assert not cache.exists()


def test_a_cancelled_sample_leaves_nothing_behind(cache: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        open_sample("ct_slice", progress=stop)
    assert [path for path in cache.rglob("*") if path.is_file()] == []
    assert open_sample("ct_slice")[1] is not None


def test_a_virtual_tissue_knows_its_spacing() -> None:
    image, mask = open_sample("pathology")
    assert image.spacing_um == (0.5, 0.5)
    assert mask is not None
    assert set(np.unique(np.asarray(mask))) == {0, 1, 2}


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'retina'"):
        find_sample("retinas")


def test_the_registry_is_complete() -> None:
    files = [file for sample in PUBLIC for file in (sample.image, sample.mask) if file is not None]
    assert len(PUBLIC) >= 5
    assert all(len(file.sha256) == 64 and file.size_bytes > 0 for file in files)
    assert all(sample.image is not None and sample.image.url.startswith("https://") for sample in PUBLIC)


def test_a_public_sample_that_cannot_be_fetched_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    nowhere = PublicFile(path="x/y.png", size_bytes=1, sha256="0" * 64, url="http://127.0.0.1:9/y.png")
    with pytest.raises(MissingFileError, match="connect to the internet, or put it below"):
        find_public_file(nowhere)


def test_a_public_file_of_the_data_folder_is_taken_and_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    (tmp_path / "y.png").write_bytes(b"right")
    right = PublicFile(path="y.png", size_bytes=5, sha256=hashlib.sha256(b"right").hexdigest(), url="")
    assert find_public_file(right) == tmp_path / "y.png"
    (tmp_path / "y.png").write_bytes(b"wrong")
    with pytest.raises(InputError, match="not the registered file"):
        find_public_file(right)


@pytest.mark.data
@pytest.mark.parametrize("sample", PUBLIC, ids=lambda sample: sample.name)
def test_public_samples_open_from_the_data_folder(sample: Sample, data_dir: Path, cache: Path) -> None:
    image, mask = open_sample(sample.name)
    assert sample_files(sample.name)[0].resolve().is_relative_to(data_dir)
    assert mask is None or mask.shape == image.shape
    assert mask is None or not sample.is_instances or set(np.unique(np.asarray(mask))) == {0, 1}
    assert not cache.exists()


def test_a_generated_sample_that_lost_a_file_is_made_again(cache: Path) -> None:
    image, mask = sample_files("vessels")
    assert mask is not None
    mask.unlink()
    assert sample_files("vessels") == (image, mask)
    assert mask.exists()
