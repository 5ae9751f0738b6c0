"""What a report tells of a reconstruction, and what is kept of it with the volume."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.multiscale_writing import MultiscaleFacts, slab_chunk
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.padding import truncation
from vitsci_viz.reconstruction.quality import assess
from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.workflows.reconstructing import SliceEngine
from vitsci_viz.workflows.slab_pipeline import LARGEST
from vitsci_viz.workflows.slab_plan import SlabPlan, size_text
from vitsci_viz.workflows.table import to_json

TRUNCATED = 0.1
"""From this share of matter at the detector's sides on a sample counts as wider than it."""
LEAST_JUDGED = 16
"""Fewer views or pixels are not judged."""
HALF_TURN_DEG = 180.0
WEDGE_DEG, WEDGE_STEPS = 10.0, 3.0
"""A gap between views is worth a note from so many degrees on, where it is as many times wider than the usual one."""


def announced(engine: SliceEngine, plan: SlabPlan) -> str:
    """Say what is about to be done, while there is still time to stop."""
    scan, axis = engine.scan, engine.axis
    sure = "" if axis.uncertainty_px is None else f" \N{PLUS-MINUS SIGN} {axis.uncertainty_px:.2f}"
    trust = "" if axis.confidence is None else f", confidence {axis.confidence:.2f}"
    slabs = f"{plan.slabs:,} slab" + ("s" if plan.slabs > 1 else "")
    slices = f"{engine.slices:,} slice" + ("s" if engine.slices > 1 else "")
    maker = f"{engine.method} ({engine.method_reason})"
    return (
        f"{scan.views:,} views of {scan.rows:,} x {scan.columns:,}, axis at {axis.centre_px:.2f}{sure} px "
        f"({axis.method}{trust}): {slices} of {engine.side:,} x {engine.side:,} in {slabs} by "
        f"{maker}, {size_text(plan.memory_bytes)} of memory, up to {size_text(plan.disk_bytes)} on disk"
    )


def range_notes(beyond: int, engine: SliceEngine) -> list[str]:
    """Say how many voxels a range of whole numbers has no room for."""
    if not beyond:
        return []
    share = beyond / (engine.slices * int(inscribed_circle(engine.side).sum()))
    return [
        f"{beyond:,} voxels ({100 * share:.2g} % of those inside the circle) lie beyond the range and are stored at "
        "its ends: give a wider --range, or keep float32"
    ]


def quality_of(engine: SliceEngine, lines: NDArray[np.float32], *, progress: Progress = silent) -> dict[str, Any]:
    """Judge slices by their half-scans; empty where there is too little to judge.

    `progress` is told before every reconstruction, and may raise `Cancelled`.
    """
    if min(len(lines), engine.side) < LEAST_JUDGED:
        return {}
    angles = engine.scan.geometry.angles_rad

    def made(part: NDArray[np.float32], places: NDArray[np.float64]) -> NDArray[np.float32]:
        progress("quality", 0, 1)
        return engine.from_lines(part, places)

    found = assess(lines, angles, pixel_mm=engine.pixel_mm, reconstruct=made)
    return dict(found.results())


def notes_on(engine: SliceEngine, lines: NDArray[np.float32]) -> list[str]:
    """Say what the user should know of the scan."""
    notes = _missing_wedge(engine.scan.geometry.angles_rad)
    share = truncation(engine.wide_views(lines)[0])
    if share < TRUNCATED or engine.options.padding != "none":
        return notes
    return [
        *notes,
        f"the sample reaches beyond the detector (at its sides stands {100 * share:.0f} % of the largest column): a "
        "bright rim can be expected, padding=edge takes most of it away",
    ]


def _missing_wedge(angles_rad: NDArray[np.float64]) -> list[str]:
    """Say where views are missing: half a turn is needed, and views half a turn apart see the same."""
    ordered = np.sort(np.rad2deg(angles_rad) % HALF_TURN_DEG)
    steps = np.diff(ordered, append=ordered[0] + HALF_TURN_DEG)
    widest = float(steps.max())
    if widest <= max(WEDGE_DEG, WEDGE_STEPS * float(np.median(steps))):
        return []
    return [
        f"no view lies in {widest:.4g} of the 180 degrees that are needed: slices are smeared along the missing "
        "directions, and the centre and what is said of quality deserve less trust; check the angles and their unit"
    ]


def updates(engine: SliceEngine) -> int:
    """Return how many samples are added to pixels inside the circle."""
    return int(inscribed_circle(engine.side).sum()) * engine.scan.views * engine.slices


def volume_facts(engine: SliceEngine, rows: int) -> MultiscaleFacts:
    """Return shape, type and spacing of a volume that is written in slabs of so many rows."""
    pixel = engine.pixel_mm
    return MultiscaleFacts(
        name=engine.scan.name, shape=(engine.slices, engine.side, engine.side), dtype=engine.options.store,
        spacing=None if pixel is None else (pixel,) * 3, unit=None if pixel is None else "mm",
        chunk=slab_chunk(rows),
    )  # fmt: skip


def kept_facts(
    engine: SliceEngine, span: tuple[float, float] | None, results: Mapping[str, Any], versions: Mapping[str, str]
) -> dict[str, Any]:
    """Return what is kept with the volume.

    Parameters
    ----------
    engine : SliceEngine
        What makes the slices.
    span : (float, float), optional
        Attenuation that whole numbers begin and end with: they become attenuation again by ``scale`` and ``offset``.
    results : mapping
        Of the report, kept as ``report``.
    versions : mapping
        What made it.
    """
    unit = "1/px" if engine.pixel_mm is None else "1/mm"
    facts: dict[str, Any] = {"quantity": "linear attenuation", "unit": unit, "centre_px": engine.axis.centre_px}
    if span is not None:
        facts |= {"scale": (span[1] - span[0]) / LARGEST, "offset": span[0]}
    facts |= {"report": results, "options": engine.options.to_mapping(), "versions": versions}
    return json.loads(to_json(facts))


def scan_facts(engine: SliceEngine) -> dict[str, Any]:
    """Return what was scanned."""
    scan, angles = engine.scan, np.rad2deg(engine.scan.geometry.angles_rad)
    return {
        "name": scan.name, "views": scan.views, "rows": scan.rows, "columns": scan.columns,
        "angles_deg": [float(angles.min()), float(angles.max())],
        "pixel_mm": engine.options.pixel_of(scan.geometry.pixel_mm),
        "flats": 0 if scan.flats is None else int(scan.flats.shape[0]),
        "darks": 0 if scan.darks is None else int(scan.darks.shape[0]),
    }  # fmt: skip


def centre_facts(engine: SliceEngine) -> dict[str, Any]:
    """Return where the axis falls, how that is known and how sure it is."""
    axis = engine.axis
    return {
        "px": axis.centre_px, "uncertainty_px": axis.uncertainty_px, "tilt_deg": math.degrees(axis.tilt_rad),
        "method": axis.method, "confidence": axis.confidence,
        "candidates": [
            {
                "px": each.centre_px, "uncertainty_px": each.uncertainty_px, "score": each.score,
                "method": each.method,
            }
            for each in axis.candidates
        ],
    }  # fmt: skip
