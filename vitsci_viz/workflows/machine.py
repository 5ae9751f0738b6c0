"""What a run used of the machine: time by stage, memory, threads, versions."""

import contextlib
import functools
import platform
import sys
import time
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path

from vitsci_viz.extras import missing_extra
from vitsci_viz.memory import peak_rss_bytes
from vitsci_viz.params import ExecutionOptions

__all__ = ["Stopwatch", "check_gpu", "has_gpu", "peak_rss_bytes", "using_threads", "versions"]

VERSIONED = ("vitsci-viz", "numpy", "opencv-python", "numba", "scikit-image")
"""Packages that an answer depends on."""
DRIVERS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""One of these is there where a driver of a GPU that torch calls ``cuda`` is: NVIDIA's, Windows' for Linux, AMD's."""


class Stopwatch:
    """Seconds by stage.

    Parameters
    ----------
    *stages : str
        Stages that are listed first, in this order, even if they never begin; others follow as they begin.
    """

    def __init__(self, *stages: str) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(stages, 0.0)
        self._begin = time.perf_counter()

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started

    def total(self) -> dict[str, float]:
        """Return the seconds of every stage and, as ``total``, those since the watch was made."""
        return {**self.seconds, "total": time.perf_counter() - self._begin}


@contextlib.contextmanager
def using_threads(execution: ExecutionOptions) -> Iterator[None]:
    """Hold OpenCV and Numba to the number of threads that was asked for while the block runs."""
    if not execution.threads:
        yield
        return
    import cv2
    import numba
    from numba.core import config

    available: int = vars(config)["NUMBA_NUM_THREADS"]
    before = cv2.getNumThreads(), numba.get_num_threads()
    cv2.setNumThreads(execution.threads)
    numba.set_num_threads(min(execution.threads, available))
    try:
        yield
    finally:
        cv2.setNumThreads(before[0])
        numba.set_num_threads(before[1])


@functools.cache
def has_gpu() -> bool:
    """Tell whether torch is installed and sees a GPU; where there can be none, it is not imported for the answer."""
    if util.find_spec("torch") is None:
        return False
    if "torch" not in sys.modules and sys.platform != "win32" and not any(Path(place).exists() for place in DRIVERS):
        return False
    from vitsci_viz.torch_device import find_device

    return find_device("auto").type == "cuda"


def check_gpu() -> None:
    """Refuse a GPU that is not there.

    Raises
    ------
    OptionError
        Torch sees none.
    MissingExtraError
        Torch is not installed.
    """
    try:
        from vitsci_viz.torch_device import find_device
    except ImportError as error:
        raise missing_extra(error) or error from None
    find_device("cuda")


def versions() -> dict[str, str]:
    """Return the versions that an answer depends on."""
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in VERSIONED}}
