"""A scan of a concrete core as files: what a detector counted, and what there is to find."""

import json
import math
from pathlib import Path

import numpy as np

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import OptionError
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.io.writing import write_image
from vitsci_viz.params import nearest
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.options import DEFAULT_SEED, SCANS
from vitsci_viz.simulation.scan_sample import MadeScan, ScanSettings, simulate_scan

SCAN, SLICES, TRUTH = "scan.h5", "scan_slices.ome.tif", "scan_truth.json"
"""The scan, the slices that a perfect reconstruction gives in 1/mm, and the true geometry."""
SIDE, VIEWS = 256, 360
LEAST_SIDE, GREATEST_SIDE = 64, 1024
LEAST_VIEWS, GREATEST_VIEWS = 16, 4096


def scan_settings(*, seed: int = DEFAULT_SEED, side: int | None = None, views: int | None = None) -> ScanSettings:
    """Return what the sample scan is like: an axis off the middle, noise, drift, rings, bad pixels and specks.

    Parameters
    ----------
    seed : int
        Equal seeds give equal counts.
    side, views : int, optional
        Columns of the detector, and projections.

    Raises
    ------
    OptionError
        Out of bounds.
    """
    columns, count = side or SIDE, views or VIEWS
    for what, value, least, most in (
        ("side", columns, LEAST_SIDE, GREATEST_SIDE),
        ("count", count, LEAST_VIEWS, GREATEST_VIEWS),
    ):
        if not least <= value <= most:
            raise OptionError(f"the {what} of a scan must be {least} to {most:,}, got {value:,}")
    off = np.random.default_rng(seed).uniform(0.01, 0.04)
    return ScanSettings(
        views=count,
        rows=columns // 8,
        columns=columns,
        centre=round((columns - 1) / 2 + off * columns, 2),
        drift=0.05,
        rings=0.02,
        dead_pixels=columns // 64,
        stuck_pixels=columns // 128,
        zingers=2.0,
        pixel_mm=0.01 * SIDE / columns,
        seed=seed,
    )


def make_scan_files(
    name: str,
    folder: Path,
    *,
    seed: int = DEFAULT_SEED,
    count: int | None = None,
    side: int | None = None,
    progress: Progress = silent,
) -> tuple[Path, ...]:
    """Make the sample scan and write it with its truth into a folder.

    Parameters
    ----------
    name : str
        One of `SCANS`.
    folder : Path
        Exists; files of the same names are replaced.
    seed : int
        Equal seeds give equal counts.
    count, side : int, optional
        Views, and columns of the detector.
    progress : Progress
        Counts views; may raise `Cancelled`.

    Returns
    -------
    tuple of Path
        Scan, true slices and true geometry.

    Raises
    ------
    OptionError
        The name is unknown, or a number is out of bounds.
    """
    if name not in SCANS:
        raise OptionError(f"'{name}' is no generated scan: {nearest(name, SCANS)}")
    made = simulate_scan(scan_settings(seed=seed, side=side, views=count), progress=progress)
    scan, slices, truth = (folder / file for file in (SCAN, SLICES, TRUTH))
    step = made.settings.pixel_mm
    write_scan(scan, made.scan)
    write_image(slices, made.true_slices(samples=2), axes="zyx", spacing=(step,) * 3, unit="mm")
    with replacing(truth) as temporary:
        temporary.write_text(json.dumps(_truth(made), indent=2) + "\n", encoding="utf-8")
    return scan, slices, truth


def _truth(made: MadeScan) -> dict[str, object]:
    settings = made.settings
    return {
        "centre_px": settings.axis,
        "tilt_deg": math.degrees(settings.tilt_rad),
        "pixel_mm": settings.pixel_mm,
        "seed": settings.seed,
        "bad_pixels": np.argwhere(made.is_bad).tolist(),
    }
