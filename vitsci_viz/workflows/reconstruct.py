"""Reconstruct a scan from file to file: slab by slab, loading, computing and storing at the same time."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import check_output
from vitsci_viz.io.multiscale_writing import MultiscaleFacts
from vitsci_viz.io.samples import open_scan
from vitsci_viz.io.scans import read_scan
from vitsci_viz.io.volume_writing import SlabFile
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.flats import check_light
from vitsci_viz.reconstruction.padding import truncation
from vitsci_viz.reconstruction.preprocess import Corrections, together
from vitsci_viz.reconstruction.quality import assess
from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.types import Recipe, Report, Scan
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, recipe_mapping
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import SliceEngine, find_axis
from vitsci_viz.workflows.slab_plan import SlabPlan, check_disk, plan_slabs, size_text

SAMPLED = 5
"""Slices that an automatic range is taken from."""
TRUNCATED = 0.1
"""From this share of matter at the detector's sides on a sample counts as wider than it."""
LEAST_JUDGED = 16
"""Fewer views or pixels are not judged."""
JUDGED = 4
"""Slices in the middle whose quality is measured."""
HEADROOM = 0.1
"""Of the span, on either side of an automatic range."""
LARGEST = 65_535


def run_reconstruct(
    recipe: Recipe,
    options: ReconstructOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
    resume: bool = False,
) -> Report:
    """Reconstruct the scan of a recipe and write the volume.

    Parameters
    ----------
    recipe : Recipe
        Input ``scan``, and ``angles`` where the scan does not hold them; output ``volume``.
    options : ReconstructOptions
        What is done.
    execution : ExecutionOptions
        Threads and memory; never change the answer.
    progress : callable
        Counts slices; cancels by raising `Cancelled`, and what is done stays for `resume`.
    force : bool
        Replace an existing volume.
    resume : bool
        Go on with the slabs of an interrupted run of the same recipe.

    Returns
    -------
    Report
        ``scan``, ``centre``, ``plan``, ``method``, ``quality``, ``notes``, ``corrections``, ``range``, ``shape``,
        ``seconds`` by stage, ``updates_per_s``, ``peak_rss_bytes``, ``written``.
    """
    place = check_output(Path(recipe.outputs["volume"]), force=force)
    watch = Stopwatch("centre", "quality", "load", "compute", "store", "pyramid")
    with using_threads(execution):
        unit = None if options.angle_unit == "auto" else options.angle_unit
        scan = _open(recipe, unit, progress)
        check_light(scan)
        with watch.stage("centre"):
            axis = find_axis(scan, options, progress=progress)
        threads = execution.threads or os.cpu_count() or 1
        engine = SliceEngine(scan=scan, options=options, axis=axis, threads=threads)
        plan = _plan(engine, execution)
        check_disk(place, plan.disk_bytes)
        progress(_announced(engine, plan), 0, plan.slabs)
        with watch.stage("quality"):
            lines, _ = engine.lines(_middle(engine))
            quality, notes = _quality(engine, lines), _notes(engine, lines)
        span = _span(engine, progress)
        file = SlabFile(place, _facts(engine), key=_key(scan, options), resume=resume)
        corrections = _run(engine, file, plan, span, watch, progress)
        with watch.stage("pyramid"):
            file.finish(_kept(engine, span), progress=progress)
    seconds = watch.total()
    results: dict[str, Any] = {
        "scan": _scan_facts(engine), "centre": _centre_facts(engine), "plan": asdict(plan), "method": engine.method,
        "quality": quality, "notes": notes, "corrections": list(corrections.sentences()),
        "range": None if span is None else list(span), "shape": [engine.slices, engine.side, engine.side],
        "seconds": seconds, "updates_per_s": updates(engine) / max(seconds["compute"], 1e-9),
        "peak_rss_bytes": peak_rss_bytes(), "written": [str(place)],
    }  # fmt: skip
    return Report(workflow="reconstruct", results=results, recipe=recipe_mapping(recipe), versions=versions())


def _announced(engine: SliceEngine, plan: SlabPlan) -> str:
    """Say what is about to be done, while there is still time to stop."""
    scan, axis = engine.scan, engine.axis
    return (
        f"{scan.views:,} views of {scan.rows:,} x {scan.columns:,}, axis at {axis.centre_px:.2f} px: {engine.slices:,} "
        f"slices of {engine.side:,} x {engine.side:,} in {plan.slabs:,} slabs by {engine.method}, "
        f"{size_text(plan.memory_bytes)} of memory, up to {size_text(plan.disk_bytes)} on disk"
    )


def _middle(engine: SliceEngine) -> slice:
    first = max(0, engine.slices // 2 - JUDGED // 2)
    return slice(first, min(first + JUDGED, engine.slices))


def _quality(engine: SliceEngine, lines: NDArray[np.float32]) -> dict[str, Any]:
    """Judge slices by their half-scans; empty where there is too little to judge."""
    if min(len(lines), engine.side) < LEAST_JUDGED:
        return {}
    angles = engine.scan.geometry.angles_rad
    found = assess(lines, angles, pixel_mm=engine.pixel_mm, reconstruct=engine.from_lines)
    return dict(found.results())


def _notes(engine: SliceEngine, lines: NDArray[np.float32]) -> list[str]:
    """Say what the user should know of the scan."""
    share = truncation(lines)
    if share < TRUNCATED or engine.is_offset or engine.options.padding != "none":
        return []
    return [
        f"the sample reaches beyond the detector (at its sides stands {100 * share:.0f} % of the largest column): a "
        "bright rim can be expected, padding=edge takes most of it away"
    ]


def _open(recipe: Recipe, unit: Literal["deg", "rad"] | None, progress: Progress) -> Scan:
    given = recipe.inputs["scan"]
    if given.startswith(SAMPLE_PREFIX):
        return open_scan(given.removeprefix(SAMPLE_PREFIX), progress=progress)
    return read_scan(given, angles=recipe.inputs.get("angles"), angle_unit=unit)


def updates(engine: SliceEngine) -> int:
    """Return how many samples are added to pixels inside the circle."""
    return int(inscribed_circle(engine.side).sum()) * engine.scan.views * engine.slices


def _plan(engine: SliceEngine, execution: ExecutionOptions) -> SlabPlan:
    scan = engine.scan
    return plan_slabs(
        views=scan.views, columns=scan.columns, rows=engine.slices, binning=engine.options.bin,
        raw_bytes=np.dtype(scan.projections.dtype).itemsize, side=engine.side,
        stored_bytes=np.dtype(engine.options.store).itemsize, memory=execution.memory,
    )  # fmt: skip


def _run(
    engine: SliceEngine,
    file: SlabFile,
    plan: SlabPlan,
    span: tuple[float, float] | None,
    watch: Stopwatch,
    progress: Progress,
) -> Corrections:
    """Load the next slab and store the last one while one is computed."""
    slabs = file.missing(plan.rows)
    done = engine.slices - sum(slab.stop - slab.start for slab in slabs)
    parts: list[Corrections] = []

    def load(slab: slice) -> Any:
        with watch.stage("load"):
            return engine.lines(slab)

    def store(slab: slice, slices: NDArray[np.float32]) -> None:
        with watch.stage("store"):
            file.write(slab, slices if span is None else scaled(slices, span))

    with ThreadPoolExecutor(1, "load") as loader, ThreadPoolExecutor(1, "store") as storer:
        stored: Future[None] | None = None
        for slab, (lines, found) in _ahead(loader, load, slabs):
            progress("slices", done, engine.slices)
            parts.append(found)
            with watch.stage("compute"):
                slices = engine.from_lines(lines)
            if stored is not None:
                stored.result()
            stored = storer.submit(store, slab, slices)
            done += slab.stop - slab.start
        if stored is not None:
            stored.result()
    progress("slices", engine.slices, engine.slices)
    return together(parts)


def _ahead(pool: ThreadPoolExecutor, load: Any, slabs: list[slice]) -> Iterator[tuple[slice, Any]]:
    """Yield slabs with what was loaded of them, always one ahead."""
    coming = pool.submit(load, slabs[0]) if slabs else None
    for number, slab in enumerate(slabs):
        assert coming is not None
        loaded = coming.result()
        coming = pool.submit(load, slabs[number + 1]) if number + 1 < len(slabs) else None
        yield slab, loaded


def scaled(slices: NDArray[np.float32], span: tuple[float, float]) -> NDArray[np.uint16]:
    """Return attenuation as whole numbers: 0 at the lower end of the span and below, 65,535 at the upper."""
    low, high = span
    return np.rint(np.clip((slices - low) * (LARGEST / (high - low)), 0, LARGEST)).astype(np.uint16)


def _span(engine: SliceEngine, progress: Progress) -> tuple[float, float] | None:
    """Return the range of whole numbers: as given, or that of a few slices with some room."""
    if engine.options.store == "float32":
        return None
    if engine.options.range != "auto":
        return engine.options.range
    inside = inscribed_circle(engine.side)
    low, high = math.inf, -math.inf
    places = sorted({round(share * (engine.slices - 1)) for share in np.linspace(0, 1, SAMPLED)})
    for number, place in enumerate(places):
        progress("range", number, len(places))
        found = engine.volume(slice(place, place + 1))[0][inside]
        low, high = min(low, float(found.min())), max(high, float(found.max()))
    room = HEADROOM * (high - low) or 1.0
    return low - room, high + room


def _facts(engine: SliceEngine) -> MultiscaleFacts:
    pixel = engine.pixel_mm
    return MultiscaleFacts(
        name=engine.scan.name, shape=(engine.slices, engine.side, engine.side), dtype=engine.options.store,
        spacing=None if pixel is None else (pixel,) * 3, unit=None if pixel is None else "mm",
    )  # fmt: skip


def _kept(engine: SliceEngine, span: tuple[float, float] | None) -> dict[str, Any]:
    """Return what is kept with the volume: how whole numbers become attenuation again."""
    unit = "1/px" if engine.pixel_mm is None else "1/mm"
    facts: dict[str, Any] = {"quantity": "linear attenuation", "unit": unit, "centre_px": engine.axis.centre_px}
    if span is not None:
        facts |= {"scale": (span[1] - span[0]) / LARGEST, "offset": span[0]}
    return {"vitsci_viz": facts}


def _key(scan: Scan, options: ReconstructOptions) -> str:
    """Return what tells one reconstruction from another: the file as it is now, its angles, and every option."""
    facts: list[Any] = [scan.name, list(scan.shape), options.to_mapping()]
    if scan.path is not None:
        state = scan.path.stat()
        facts += [str(scan.path.absolute()), state.st_size, state.st_mtime_ns]
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    found.update(scan.geometry.angles_rad.tobytes())
    return found.hexdigest()


def _scan_facts(engine: SliceEngine) -> dict[str, Any]:
    scan, angles = engine.scan, np.rad2deg(engine.scan.geometry.angles_rad)
    return {
        "name": scan.name, "views": scan.views, "rows": scan.rows, "columns": scan.columns,
        "angles_deg": [float(angles.min()), float(angles.max())], "pixel_mm": scan.geometry.pixel_mm,
        "flats": 0 if scan.flats is None else int(scan.flats.shape[0]),
        "darks": 0 if scan.darks is None else int(scan.darks.shape[0]),
    }  # fmt: skip


def _centre_facts(engine: SliceEngine) -> dict[str, Any]:
    axis = engine.axis
    return {
        "px": axis.centre_px, "tilt_deg": math.degrees(axis.tilt_rad), "method": axis.method,
        "confidence": axis.confidence,
        "candidates": [
            {"px": each.centre_px, "score": each.score, "method": each.method} for each in axis.candidates
        ],
    }  # fmt: skip
