"""Readings of a slice, candidates of its axis, reconstructions as jobs: what is slow, without a page."""

import time

import numpy as np
import pytest

from tests.reconstruction.counted import counted, exact
from vitsci_viz.errors import InputError, MissingFileError, OptionError
from vitsci_viz.io import read_image
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.io.volume_writing import partial_folder
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.tomography import TomographySession, plain_options
from vitsci_viz.views.session.tomography_judge import choices, histogram, judge, matter_box
from vitsci_viz.views.session.tomography_runs import SUFFIX, VolumeBook, VolumeRun, name_for, options_in, volume_recipe
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

SIDE = 48
MIDDLE = (SIDE - 1) / 2
LIMIT_S = 120


@pytest.fixture(scope="module")
def scan():
    return counted(exact(views=90, rows=6, columns=SIDE), pixel_mm=0.01)


@pytest.fixture(scope="module")
def session(scan):
    return TomographySession(scan, threads=1)


@pytest.fixture
def book(tmp_path):
    return VolumeBook(tmp_path / "runs")


def test_the_axis_is_found_whatever_was_set_and_shown_by_slices(session):
    found = choices(session, ReconstructOptions(centre=3.0), 2)
    assert found[0].centre_px == pytest.approx(MIDDLE, abs=0.3)
    assert [each.confidence for each in found] == sorted((each.confidence for each in found), reverse=True)
    for each in found:
        assert each.thumbnail.dtype == np.uint8
        assert each.thumbnail.shape[0] == each.thumbnail.shape[1] >= 8


def test_a_thumbnail_holds_the_matter_wherever_it_lies():
    values = np.zeros((60, 60), np.float32)
    values[40:48, 10:24] = 1
    rows, columns = matter_box(values)
    assert values[rows, columns].sum() == values.sum()
    assert rows.stop - rows.start == columns.stop - columns.start < 30
    assert matter_box(np.zeros((9, 9), np.float32)) == (slice(None), slice(None))


def test_what_corrections_do_is_told_beside_what_was_before(session):
    options = ReconstructOptions(rings="mean", filter="hann")
    found = judge(session, options, 2, MIDDLE, other=plain_options(options))
    assert found.quality["noise_deviation"] < found.before["noise_deviation"]
    assert judge(session, options, 2, MIDDLE).before == {}


def test_the_histogram_counts_what_every_view_sees(session):
    found = session.slice(ReconstructOptions(), 2, MIDDLE)
    counts = histogram(found).counts.sum()
    assert counts == pytest.approx(np.pi * (SIDE / 2) ** 2, rel=0.05)


def test_a_recipe_goes_round(book):
    options = ReconstructOptions(centre=12.5, rings="sorting")
    recipe = volume_recipe("scan.h5", options, "a.ome.zarr")
    assert options_in(recipe_mapping(recipe)) == (options, "scan.h5")
    with pytest.raises(OptionError, match="shows the workflow reconstruct, got patch"):
        options_in({"version": 1, "workflow": "patch", "inputs": {"image": "a.png"}, "options": {}})


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b"])
def test_names_that_are_none_are_refused(book, name):
    with pytest.raises(OptionError, match="name of a volume"):
        book.new(name)


def test_a_volume_is_not_made_twice(book):
    path = book.new("a")
    path.mkdir(parents=True)
    with pytest.raises(OptionError, match="already"):
        book.new("a")
    assert book.path_of("a") == path
    for name in ("b", "", "../volumes/a"):
        with pytest.raises(MissingFileError, match="no reconstruction"):
            book.path_of(name)


def test_names_tell_the_scan():
    assert name_for("upload:my scan.h5").startswith("my-scan-")


def wait_for(book, name, states):
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        run = next((each for each in book.look() if each.name == name), None)
        if run is not None and run.state in states:
            return run
        time.sleep(0.2)
    pytest.fail(f"{name} is {run}: {book.log(run) if run else ''}")


def test_everything_is_reconstructed_by_a_job_that_lists_of_training_do_not_show(book, scan, tmp_path):
    assert book.look() == ()
    path = book.new("head")
    place = write_scan(tmp_path / "head.h5", scan)
    options = ReconstructOptions(centre=MIDDLE)
    book.start("head", volume_recipe(str(place), options, path), slices=scan.rows)
    run = wait_for(book, "head", ("done", "failed", "stopped"))
    assert (run.state, run.part, run.path) == ("done", 1.0, path), book.log(run)
    assert read_image(path).shape == (scan.rows, SIDE, SIDE)
    assert "Volume" in book.log(run)
    assert RunBook(tmp_path / "runs").look() == ()
    with pytest.raises(InputError, match="cannot be resumed: it is done"):
        book.resume(run)


def test_a_reconstruction_that_cannot_be_made_says_why(book, tmp_path):
    path = book.new("gone")
    book.start("gone", volume_recipe(str(tmp_path / "absent.h5"), ReconstructOptions(), path), slices=3)
    run = wait_for(book, "gone", ("done", "failed", "stopped"))
    assert run.state == "failed"
    assert "absent.h5" in book.log(run)
    assert not run.can_resume


def test_what_is_left_of_a_stopped_reconstruction_tells_how_far_it_came(book, tmp_path):
    path = book.new("part")
    partial = partial_folder(path)
    partial.mkdir(parents=True)
    (partial / "slabs.json").write_text('{"key": "k", "done": [[0, 2], [2, 3]]}')
    book.start("part", volume_recipe(str(tmp_path / "absent.h5"), ReconstructOptions(), path), slices=6)
    run = wait_for(book, "part", ("failed", "stopped"))
    assert (run.part, run.can_resume) == (0.5, True)
    assert path.name == f"part{SUFFIX}"
    assert isinstance(run, VolumeRun)
