"""Reconstruct a scan from file to file: slab by slab, loading, computing and storing at the same time."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitsci_viz.atomic import check_output
from vitsci_viz.io.samples import open_scan
from vitsci_viz.io.scans import read_scan
from vitsci_viz.io.volume_report import report_place
from vitsci_viz.io.volume_writing import SlabFile
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, Sentence, silent
from vitsci_viz.reconstruction.flats import check_light
from vitsci_viz.types import Recipe, Report, Scan
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, recipe_mapping
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.reconstruct_facts import (
    announced,
    centre_facts,
    kept_facts,
    notes_on,
    quality_of,
    scan_facts,
    updates,
    volume_facts,
)
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import SliceEngine, find_axis
from vitsci_viz.workflows.reconstruction import middle_slices
from vitsci_viz.workflows.slab_pipeline import find_span, make_slabs
from vitsci_viz.workflows.slab_plan import SlabPlan, check_disk, plan_slabs


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
        ``seconds`` by stage, ``updates_per_s``, ``peak_rss_bytes``, ``written``. It is kept with the volume: see
        `vitsci_viz.io.volume_report.read_volume_report`.
    """
    place = Path(recipe.outputs["volume"])
    places = [check_output(each, force=force) for each in (place, report_place(place)) if each is not None]
    watch = Stopwatch("centre", "quality", "load", "compute", "store", "pyramid")
    with using_threads(execution):
        engine = _engine(recipe, options, execution, watch, progress)
        plan = _plan(engine, execution)
        check_disk(place, plan.disk_bytes)
        progress(Sentence(announced(engine, plan)), 0, 0)
        results = _known_before(engine, plan, watch)
        span = find_span(engine, progress)
        file = SlabFile(place, volume_facts(engine), key=_key(engine.scan, options), resume=resume)
        corrections = make_slabs(engine, file, plan.rows, span=span, watch=watch, progress=progress)
        results |= {"corrections": list(corrections.sentences()), "range": None if span is None else list(span)}
        results |= _speed(engine, watch)
        with watch.stage("pyramid"):
            file.finish(kept_facts(engine, span, results, versions()), progress=progress)
    results |= {**_speed(engine, watch), "written": [str(each) for each in places]}
    return Report(workflow="reconstruct", results=results, recipe=recipe_mapping(recipe), versions=versions())


def _engine(
    recipe: Recipe, options: ReconstructOptions, execution: ExecutionOptions, watch: Stopwatch, progress: Progress
) -> SliceEngine:
    """Open the scan and find its axis."""
    scan = _open(recipe, None if options.angle_unit == "auto" else options.angle_unit, progress)
    check_light(scan)
    with watch.stage("centre"):
        axis = find_axis(scan, options, progress=progress)
    return SliceEngine(scan=scan, options=options, axis=axis, threads=execution.threads or os.cpu_count() or 1)


def _open(recipe: Recipe, unit: Literal["deg", "rad"] | None, progress: Progress) -> Scan:
    given = recipe.inputs["scan"]
    if given.startswith(SAMPLE_PREFIX):
        return open_scan(given.removeprefix(SAMPLE_PREFIX), progress=progress)
    return read_scan(given, angles=recipe.inputs.get("angles"), angle_unit=unit)


def _known_before(engine: SliceEngine, plan: SlabPlan, watch: Stopwatch) -> dict[str, Any]:
    """Return what is known before the slabs are made: a few slices in the middle tell the quality."""
    with watch.stage("quality"):
        lines, _ = engine.lines(middle_slices(engine))
        quality, notes = quality_of(engine, lines), notes_on(engine, lines)
    return {
        "scan": scan_facts(engine), "centre": centre_facts(engine), "plan": asdict(plan), "method": engine.method,
        "quality": quality, "notes": notes, "shape": [engine.slices, engine.side, engine.side],
    }  # fmt: skip


def _speed(engine: SliceEngine, watch: Stopwatch) -> dict[str, Any]:
    seconds = watch.total()
    rate = updates(engine) / max(seconds["compute"], 1e-9)
    return {"seconds": seconds, "updates_per_s": rate, "peak_rss_bytes": peak_rss_bytes()}


def _plan(engine: SliceEngine, execution: ExecutionOptions) -> SlabPlan:
    scan = engine.scan
    return plan_slabs(
        views=scan.views, columns=scan.columns, rows=engine.slices, binning=engine.options.bin,
        raw_bytes=np.dtype(scan.projections.dtype).itemsize, side=engine.side,
        stored_bytes=np.dtype(engine.options.store).itemsize, memory=execution.memory,
    )  # fmt: skip


def _key(scan: Scan, options: ReconstructOptions) -> str:
    """Return what tells one reconstruction from another: the file as it is now, its angles, and every option."""
    facts: list[Any] = [scan.name, list(scan.shape), options.to_mapping()]
    if scan.path is not None:
        state = scan.path.stat()
        facts += [str(scan.path.absolute()), state.st_size, state.st_mtime_ns]
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    found.update(scan.geometry.angles_rad.tobytes())
    return found.hexdigest()
