"""The installed program as a whole: repeats, stops, fails and starts as promised."""

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import PROGRAM
from vitsci_viz import __version__

WAIT_S = 60


def _start(*arguments):
    return subprocess.Popen([str(PROGRAM), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _large_array(place: Path) -> str:
    """An image whose tokens take seconds to write."""
    np.save(place / "large.npy", np.random.default_rng(0).random((2000, 2000), dtype=np.float32))
    return "large.npy"


def test_the_version_is_that_of_the_package(program):
    assert program("--version").out.strip() == __version__


def test_two_processes_write_the_same_bytes(program, place):
    outputs = ["--out", "tree.npz", "--overlay", "overlay.png", "--tokens", "tokens.npz"]
    assert program("patch", "image.png", "--length", "99", *outputs, "--recipe", "r.yaml", "--threads", "1").code == 0
    first = {path.name: path.read_bytes() for path in place.glob("*.npz")}
    time.sleep(2)  # the resolution of the times that zip archives usually hold
    assert program("run", "r.yaml", "--force", "--threads", "2", "--memory", "1MiB").code == 0
    assert {path.name: path.read_bytes() for path in place.glob("*.npz")} == first


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_in_the_middle_of_writing_leaves_nothing(place, number, code):
    image = _large_array(place)
    before = {path.name for path in place.iterdir()}
    arguments = ["--mode", "uniform", "--tokens", "tokens.npz", "--out", "tree.npz", "--recipe", "r.yaml"]
    process = _start("patch", image, *arguments)
    deadline = time.monotonic() + WAIT_S
    while not any(path.name.startswith(".tokens.npz.") for path in place.iterdir()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=WAIT_S)
    assert (process.returncode, out) == (code, "")
    assert "stopped; nothing is left half-written" in err
    assert {path.name for path in place.iterdir()} == before


@pytest.mark.parametrize("delay_s", [0.3, 1.0])
def test_a_stop_at_any_time_ends_with_its_code(place, delay_s):
    image = _large_array(place)
    process = _start("patch", image, "--mode", "uniform", "--tokens", "tokens.npz")
    time.sleep(delay_s)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert not list(place.glob("*tokens*"))


def test_a_full_disk_is_one_line_and_leaves_nothing(program, place):
    image = _large_array(place)
    before = {path.name for path in place.iterdir()}

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    done = program("patch", image, "--mode", "uniform", "--out", "tree.npz", "--tokens", "tokens.npz", preexec_fn=limit)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "could not write" in done.err
    assert {path.name for path in place.iterdir()} == before


def test_a_file_that_may_not_be_read_is_one_line(place):
    np.save(place / "secret.npy", np.zeros((8, 8), np.uint8))
    (place / "secret.npy").chmod(0)
    # The superuser reads everything: cut once so that all is imported, then go on as nobody.
    code = (
        "import os, sys; from vitsci_viz.cli import main; main(['patch', 'image.png', '--json']); "
        "print('ready', file=sys.stderr, flush=True); os.geteuid() or os.seteuid(65534); "
        "sys.exit(main(['patch', 'secret.npy']))"
    )
    place.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WAIT_S, check=False)
    err = done.stderr.partition("ready\n")[2]
    assert done.returncode == 2, done
    assert err.count("\n") == 1
    assert "secret.npy" in err


def test_a_folder_that_may_not_be_written_is_said_before_any_work(program, place):
    folder = place / "fixed"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.access(folder, os.W_OK):  # the superuser may write anywhere but to what is no folder
        done = program("patch", "image.png", "--out", "image.png/tree.npz")
    else:
        done = program("patch", "image.png", "--out", "fixed/tree.npz")
    assert (done.code, done.err.count("\n")) == (2, 1)


def test_a_reader_that_leaves_is_no_error(place):
    command = f"'{PROGRAM}' sweep image.png --quality fast --csv 2>err.txt | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=WAIT_S, check=True)
    assert done.stdout.strip() == "0"
    assert "Traceback" not in (place / "err.txt").read_text()


def _loaded_after(*arguments: str) -> set[str]:
    code = (
        "import sys; from vitsci_viz.cli import main; main(sys.argv[1:]); "
        "print(*sys.modules, sep=chr(10), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return set(done.stderr.split("\n"))


def test_help_opens_without_the_heavy_libraries():
    assert not _loaded_after("--help") & {"numpy", "pydantic", "cv2", "numba", "scipy", "skimage", "panel", "yaml"}


HEAVY = {"cv2", "numba", "scipy", "skimage", "panel", "bokeh", "tifffile", "torch", "monai", "transformers"}


@pytest.mark.parametrize("name", ["patch", "sweep", "sample", "train", "predict", "evaluate", "run", "serve"])
def test_help_of_a_command_opens_without_heavy_libraries(name):
    assert not _loaded_after(name, "--help") & HEAVY


def test_a_wrong_option_of_training_is_said_without_torch():
    assert "torch" not in _loaded_after("train", "nowhere", "--out", "run", "--epochs", "0")


@pytest.mark.parametrize(
    "arguments", [("train", "data", "--out", "run"), ("predict", "run", "a.png", "--out", "l.tif")]
)
def test_training_and_prediction_without_torch_say_what_to_install(place, arguments):
    code = "import sys; sys.modules['torch'] = None; from vitsci_viz.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'vitsci-viz: needs torch: pip install "vitsci-viz[models]"\n'
    assert not (place / "run").exists()
