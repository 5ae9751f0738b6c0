"""The installed program on a scan: killed, stopped, without room on the disk or in memory, and gone on with."""

import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import PROGRAM
from vitsci_viz.io import read_image
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.io.volume_writing import partial_folder
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan

WAIT_S = 180
NAMES = ("v.ome.zarr", "v.tif")


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of many slabs."""
    settings = ScanSettings(views=48, rows=640, columns=48, centre=24.5, flats=4, darks=4)
    return write_scan(tmp_path_factory.mktemp("scan") / "scan.h5", simulate_scan(settings).scan)


@pytest.fixture(scope="module")
def whole(scan: Path, tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """What a run that nothing disturbs gives."""
    place = tmp_path_factory.mktemp("whole") / "v.tif"
    done = subprocess.run(arguments(scan, place), capture_output=True, text=True, timeout=WAIT_S, check=True)
    assert "slices of 48 x 48 in 10 slabs" in done.stderr, "what is about to be done is said though nobody looks"
    return np.asarray(read_image(place))


def arguments(scan: Path, place: Path, *more: str) -> list[str]:
    return [str(PROGRAM), "reconstruct", str(scan), "--out", str(place), "--centre", "24.5", "--threads", "1", *more]


def stopped_after_a_slab(scan: Path, place: Path, number: signal.Signals) -> tuple[int, str]:
    process = subprocess.Popen(arguments(scan, place), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + WAIT_S
    while not slabs_done(place):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(number)
    _, err = process.communicate(timeout=WAIT_S)
    return process.returncode, err


def slabs_done(place: Path) -> int:
    claim = partial_folder(place) / "slabs.json"
    return len(json.loads(claim.read_text())["done"]) if claim.exists() else 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_was_killed_or_stopped_goes_on_to_the_same_volume(
    scan: Path, whole: np.ndarray, tmp_path: Path, name: str, number: signal.Signals
):
    place = tmp_path / name
    code, err = stopped_after_a_slab(scan, place, number)
    assert code == (-9 if number == signal.SIGKILL else 130)
    assert not place.exists()
    before = slabs_done(place)
    assert before >= 1
    if number == signal.SIGINT:
        assert "go on with the same command and --resume" in err
        assert "Traceback" not in err
    done = subprocess.run(
        arguments(scan, place, "--resume", "--json"), capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.asarray(read_image(place)), whole)
    assert {path.name for path in tmp_path.iterdir()} == {
        Path(each).name for each in json.loads(done.stdout)["written"]
    }


@pytest.mark.parametrize(("name", "limit"), [("v.ome.zarr", 60_000)])
def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_room(
    scan: Path, whole: np.ndarray, tmp_path: Path, name: str, limit: int
):
    place = tmp_path / name

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    full = subprocess.run(
        arguments(scan, place), capture_output=True, text=True, timeout=WAIT_S, check=False, preexec_fn=small_files
    )
    assert full.returncode == 1, full
    last = full.stderr.splitlines()[-1]
    assert last.startswith(f"vitsci-viz: could not write {place}: ")
    assert last.endswith("what is done stays, go on with --resume")
    assert not place.exists()
    done = subprocess.run(
        arguments(scan, place, "--resume"), capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(np.asarray(read_image(place)), whole)


def test_a_tiff_that_has_no_room_to_begin_with_leaves_nothing(scan: Path, tmp_path: Path):
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    full = subprocess.run(
        arguments(scan, tmp_path / "v.tif"), capture_output=True, text=True, timeout=WAIT_S, check=False,
        preexec_fn=small_files,
    )  # fmt: skip
    assert full.returncode == 1, full
    assert "could not begin" in full.stderr.splitlines()[-1]
    assert not list(tmp_path.iterdir())


def test_the_peak_of_memory_stays_below_the_bound(tmp_path: Path):
    settings = ScanSettings(views=120, rows=96, columns=256, flats=4, darks=4)
    large = write_scan(tmp_path / "large.h5", simulate_scan(settings).scan)
    peaks: dict[int, int] = {}
    slabs: dict[int, int] = {}
    for mib in (450, 2000):
        place = tmp_path / f"v{mib}.ome.zarr"
        command = [str(PROGRAM), "reconstruct", str(large), "--out", str(place), "--centre", "127.5", "--json"]
        done = subprocess.run(
            [*command, "--memory", f"{mib}MiB"], capture_output=True, text=True, timeout=WAIT_S, check=False
        )
        assert done.returncode == 0, done.stderr
        results = json.loads(done.stdout)
        peaks[mib], slabs[mib] = results["peak_rss_bytes"], results["plan"]["slabs"]
        assert results["plan"]["memory_bytes"] <= mib * 2**20
        assert peaks[mib] <= mib * 2**20
        assert peaks[mib] <= results["plan"]["memory_bytes"]
    assert slabs[450] > slabs[2000]
