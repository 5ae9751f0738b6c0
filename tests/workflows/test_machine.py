"""What a run says of the machine is so."""

import subprocess
import sys

import cv2
import numba
import numpy as np

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions


def test_stages_add_up_and_stay_in_order():
    watch = Stopwatch()
    for name in ("read", "tree", "read"):
        with watch.stage(name):
            pass
    total = watch.total()
    assert list(total) == ["read", "tree", "total"]
    assert total["total"] >= total["read"] + total["tree"] > 0


def test_peak_memory_sees_what_was_held():
    before = peak_rss_bytes()
    held = np.ones(before // 8 + 10**7)
    assert peak_rss_bytes() >= held.nbytes


def test_peak_memory_is_not_that_of_the_parent():
    code = "from vitsci_viz.workflows.machine import peak_rss_bytes; print(peak_rss_bytes())"
    held = np.ones(10**8)
    found = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    assert found < held.nbytes / 2


def test_threads_are_held_and_given_back():
    before = cv2.getNumThreads(), numba.get_num_threads()
    with using_threads(ExecutionOptions(threads=1)):
        assert (cv2.getNumThreads(), numba.get_num_threads()) == (1, 1)
    assert (cv2.getNumThreads(), numba.get_num_threads()) == before


def test_versions_name_what_an_answer_depends_on():
    assert versions()["numpy"] == np.__version__
