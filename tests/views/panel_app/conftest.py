"""One server for the browser tests, and ways to ask a page how far it is."""

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

LIMIT_MS = 90_000
"""A page that has not answered by then never will."""
UPLOAD_LIMIT_MB = 1
CODE = """
from vitsci_viz.views.panel_app.server import serve
serve(root={root!r}, port=0, max_upload_mb={limit}, runs={runs!r})
"""


@pytest.fixture(scope="session")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with an image, its mask, and things that are no images."""
    folder = tmp_path_factory.mktemp("data")
    rows, columns = np.mgrid[:300, :500]
    mask = ((rows - 150) ** 2 + (columns - 200) ** 2 < 80**2).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 60, mask.shape, dtype=np.uint8)
    cv2.imwrite(str(folder / "disc.png"), mask * 150 + noise)
    cv2.imwrite(str(folder / "disc_mask.png"), mask)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")
    (folder / "empty.png").write_bytes(b"")
    cv2.imwrite(str(folder.parent / "outside.png"), mask)
    return folder


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of training runs that the server is given."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def server(data_root: Path, runs_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard in a process of its own; yields its address."""
    environment = {**os.environ, "VITSCI_VIZ_CACHE": str(tmp_path_factory.mktemp("cache")), "PYTHONUNBUFFERED": "1"}
    code = CODE.format(root=str(data_root), limit=UPLOAD_LIMIT_MB, runs=str(runs_folder))
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield said_address(process)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def said_address(process: "subprocess.Popen[str]") -> str:
    """Wait until a server says its address, and return it."""
    assert process.stdout is not None
    said, end = "", time.monotonic() + LIMIT_MS / 1000
    while time.monotonic() < end and process.poll() is None:
        if select.select([process.stdout], [], [], 1)[0]:
            said += process.stdout.readline()
            found = re.search(r"http://\S+", said)
            if found:
                return found.group()
    pytest.fail(f"the dashboard did not start; it said: {said}")
