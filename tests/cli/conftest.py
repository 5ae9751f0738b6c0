"""The command line, called in this process (quick) and as the installed program (whole)."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from vitsci_viz.cli import main

PROGRAM = Path(sys.executable).with_name("vitsci-viz")


@dataclass(frozen=True)
class Outcome:
    """What a call gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a call, with image.png and mask.png in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VITSCI_VIZ_DEBUG", raising=False)
    noise = np.random.default_rng(2).integers(0, 255, (90, 131, 3), dtype=np.uint8)
    pixels = cv2.GaussianBlur(noise, (0, 0), 2)
    cv2.imwrite("image.png", pixels)
    cv2.imwrite("mask.png", (pixels[..., 0] > 128).astype(np.uint8) * 255)
    return tmp_path


@pytest.fixture
def call(place: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Call the command line in this process."""

    def run(*arguments: str) -> Outcome:
        capfd.readouterr()
        code = main(arguments)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def program(place: Path) -> Callable[..., Outcome]:
    """Run the installed program to its end."""

    def run(*arguments: str, **options: object) -> Outcome:
        done = subprocess.run(
            [str(PROGRAM), *arguments], capture_output=True, text=True, timeout=120, check=False, **options
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
