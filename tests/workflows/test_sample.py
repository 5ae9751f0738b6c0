"""The sample workflow writes what the generators make, and copies what is public."""

from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import InputError, OptionError, OutputError, OutputExistsError
from vitsci_viz.io import read_image
from vitsci_viz.io.scans import read_scan
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.simulation.made import SMALL
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.sample import SampleOptions, run_sample

KEPT = Path(__file__).parents[2] / "data_samples"


def write(folder: Path, *, force: bool = False, **options: object) -> list[Path]:
    recipe = Recipe(workflow="sample", outputs={"folder": str(folder)}, options=options)
    report = run_sample(recipe, SampleOptions(**options), execution=ExecutionOptions(), force=force)
    return [Path(path) for path in report.results["files"]]


def test_the_small_samples_are_those_of_the_repository(tmp_path: Path) -> None:
    files = write(tmp_path / "new" / "folder")
    assert {path.name for path in files} == {file for sample in SMALL.values() for file in (sample.image, sample.mask)}
    for path in files:
        np.testing.assert_array_equal(np.asarray(read_image(path)), np.asarray(read_image(KEPT / path.name)))


def test_another_seed_makes_another_sample(tmp_path: Path) -> None:
    image, _ = write(tmp_path, name="vessels", seed=3)
    assert (np.asarray(read_image(image)) != np.asarray(read_image(KEPT / image.name))).any()


def test_a_slide_of_a_chosen_side(tmp_path: Path) -> None:
    image, mask = write(tmp_path, name="virtual_slide", side=1024)
    assert read_image(image).shape == read_image(mask).shape == (1024, 1024)


def test_existing_files_are_kept_unless_forced(tmp_path: Path) -> None:
    image, _ = write(tmp_path, name="ct_slice")
    before = image.read_bytes()
    with pytest.raises(OutputExistsError):
        write(tmp_path, name="ct_slice", seed=3)
    assert image.read_bytes() == before
    write(tmp_path, name="ct_slice", seed=3, force=True)
    assert image.read_bytes() != before


def test_a_shipped_sample_is_copied(tmp_path: Path) -> None:
    (image,) = write(tmp_path, name="ihc")
    assert read_image(image).shape == (512, 512)
    with pytest.raises(OptionError, match="generated samples only"):
        write(tmp_path, name="retina", seed=3)


def test_mistakes_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown sample"):
        write(tmp_path, name="nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be made"):
        write(tmp_path / "file" / "folder")


def test_a_set_is_written_whole_and_kept_unless_forced(tmp_path: Path) -> None:
    images, masks, table = write(tmp_path / "set", name="vessels_set", count=2, side=64)
    assert [len(list(folder.iterdir())) for folder in (images, masks)] == [2, 2]
    before = table.read_text()
    with pytest.raises(OutputExistsError):
        write(tmp_path / "set", name="vessels_set", count=3, side=64)
    assert table.read_text() == before
    write(tmp_path / "set", name="vessels_set", count=3, side=64, force=True)
    assert len(list(images.iterdir())) == 3


def test_count_is_for_sets_and_the_side_of_a_slide_has_its_steps(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="leave count out"):
        write(tmp_path, name="vessels", count=3)
    with pytest.raises(InputError, match="multiple of 1,024"):
        write(tmp_path, name="virtual_slide", side=512)


def test_a_scan_is_written_with_its_truth(tmp_path: Path) -> None:
    files = write(tmp_path, name="scan", side=64, count=16)
    assert [path.name for path in files] == ["scan.h5", "scan_slices.ome.tif", "scan_truth.json"]
    assert read_scan(files[0]).shape == (16, 8, 64)
    before = files[0].read_bytes()
    with pytest.raises(OutputExistsError):
        write(tmp_path, name="scan", side=64, count=16, seed=3)
    assert files[0].read_bytes() == before
