"""Reconstruct a scan from file to file: slab by slab, loading, computing and storing at the same time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import check_output
from vitsci_viz.errors import OptionError
from vitsci_viz.io.row_copy import copy_folder, rows_at_once, rows_in_one_piece
from vitsci_viz.io.samples import open_scan
from vitsci_viz.io.scans import read_scan
from vitsci_viz.io.volume_report import report_place
from vitsci_viz.io.volume_writing import SlabFile, interrupted, lock_place, partial_folder
from vitsci_viz.lock import locked
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, Sentence, silent
from vitsci_viz.reconstruction.flats import check_light
from vitsci_viz.types import Recipe, Report, Scan
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, recipe_mapping
from vitsci_viz.workflows.centre_pictures import check_sweep_places, sweep_rows, write_sweep
from vitsci_viz.workflows.centre_sweep import sweep_centres
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.reconstruct_facts import (
    announced,
    centre_facts,
    kept_facts,
    notes_on,
    quality_of,
    range_notes,
    scan_facts,
    updates,
    volume_facts,
)
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import SliceEngine, find_axis
from vitsci_viz.workflows.reconstruction import middle_slices
from vitsci_viz.workflows.slab_memory import needed_bytes
from vitsci_viz.workflows.slab_pipeline import find_span, make_slabs
from vitsci_viz.workflows.slab_plan import MOST_ROWS, SlabPlan, check_disk, plan_slabs

Floats32 = NDArray[np.float32]
SMALL_BYTES = 64 * 2**20
"""Views that can only be read whole are kept in memory up to this size, and copied to the disk from there on."""
SAME_CENTRE_PX = 1.0
"""A slice that is sharpest further from the axis than this is worth a note."""
MAY_CHANGE = ("try_centres", "device")
"""Options that an interrupted run may be gone on with otherwise."""


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
        ``scan``, ``centre``, ``plan``, ``method``, ``method_reason``, ``quality``, ``notes``, ``corrections``,
        ``range``, ``shape``, ``seconds`` by stage, ``updates_per_s``, ``peak_rss_bytes``, ``written``; ``tried`` and
        ``tried_row`` where centres were tried. It is kept with the volume: see
        `vitsci_viz.io.volume_report.read_volume_report`.
    """
    place = Path(recipe.outputs["volume"])
    places = [check_output(each, force=force) for each in (place, report_place(place)) if each is not None]
    if resume:
        interrupted(place)
    elif partial_folder(place).exists():
        progress(Sentence("what a stopped run has left is thrown away; --resume would go on with it"), 0, 0)
    if options.try_centres:
        check_sweep_places(place.parent, force=force or resume)
    watch = Stopwatch("centre", "quality", "load", "compute", "store", "pyramid")
    with locked(lock_place(place), work=f"writes {place}"), using_threads(execution), _views_copy(place):
        engine = _engine(recipe, options, execution, watch, progress)
        plan = _plan(engine, execution)
        check_disk(place, plan.disk_bytes)
        progress(Sentence(announced(engine, plan)), 0, 0)
        with watch.stage("quality"):
            lines, _ = engine.lines(middle_slices(engine))
            results = _known_before(engine, plan, lines)
        if options.try_centres:
            with watch.stage("try"):
                places += _try_centres(engine, lines, place.parent, results, progress)
        span = find_span(engine, progress)
        file = SlabFile(place, volume_facts(engine, plan.rows), key=_key(engine.scan, options), resume=resume)
        slabs = make_slabs(engine, file, plan.rows, span=span, watch=watch, progress=progress)
        results["notes"] += range_notes(slabs.beyond, engine)
        results |= {"corrections": list(slabs.corrections.sentences()), "range": None if span is None else list(span)}
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
    with watch.stage("copy"):
        scan = _with_rows_in_one_piece(scan, Path(recipe.outputs["volume"]), progress)
    threads = execution.threads or os.cpu_count() or 1
    with watch.stage("centre"):
        axis = find_axis(scan, options, progress=progress, threads=threads)
    return SliceEngine(scan=scan, options=options, axis=axis, threads=threads)


def _open(recipe: Recipe, unit: Literal["deg", "rad"] | None, progress: Progress) -> Scan:
    given = recipe.inputs["scan"]
    if given.startswith(SAMPLE_PREFIX):
        if "angles" in recipe.inputs:
            raise OptionError(f"{given} has angles of its own: leave --angles out, or name the sample's file")
        return open_scan(given.removeprefix(SAMPLE_PREFIX), progress=progress)
    return read_scan(given, angles=recipe.inputs.get("angles"), angle_unit=unit)


def _with_rows_in_one_piece(scan: Scan, place: Path, progress: Progress) -> Scan:
    """Copy views that can only be read whole: else every slab would decompress all of them."""
    views = scan.projections
    together = rows_at_once(views)
    if scan.rows == 1 or together < min(MOST_ROWS, scan.rows):
        return scan
    if math.prod(scan.shape) * np.dtype(views.dtype).itemsize <= SMALL_BYTES:
        return replace(scan, projections=np.asarray(views[...]))
    key = json.dumps(_file_facts(scan))
    return replace(scan, projections=rows_in_one_piece(views, copy_folder(place), key=key, progress=progress))


@contextlib.contextmanager
def _views_copy(place: Path) -> Iterator[None]:
    """Take the copy of the views away in the end, but where a stopped run can be gone on with."""
    try:
        yield
    finally:
        if not partial_folder(place).exists():
            shutil.rmtree(copy_folder(place), ignore_errors=True)


def _known_before(engine: SliceEngine, plan: SlabPlan, lines: Floats32) -> dict[str, Any]:
    """Return what is known before the slabs are made: a few slices in the middle tell the quality."""
    return {
        "scan": scan_facts(engine), "centre": centre_facts(engine), "plan": asdict(plan), "method": engine.method,
        "method_reason": engine.method_reason,
        "quality": quality_of(engine, lines), "notes": notes_on(engine, lines),
        "shape": [engine.slices, engine.side, engine.side],
    }  # fmt: skip


def _try_centres(
    engine: SliceEngine, lines: Floats32, folder: Path, results: dict[str, Any], progress: Progress
) -> list[Path]:
    """Sweep centres on the middle slice, add what was found to the results, and return what was written."""
    middle = lines.shape[1] // 2
    sweep = sweep_centres(
        engine, middle_slices(engine).start + middle, lines[:, middle : middle + 1], progress=progress
    )
    written = write_sweep(sweep, folder)
    results["tried"], results["tried_row"] = sweep_rows(sweep), sweep.row
    taken, best = engine.axis.centre_px, sweep.best.centre_px
    said = f"{len(sweep.trials)} centres tried on row {sweep.row:,}: the slice is sharpest at {best:.2f} px"
    progress(Sentence(f"{said}; look at {written[1]}"), 0, 0)
    if abs(best - taken) > SAME_CENTRE_PX:
        results["notes"].append(f"{said}, and the axis was taken at {taken:.2f} px: compare the two in centres.png")
    return written


def _speed(engine: SliceEngine, watch: Stopwatch) -> dict[str, Any]:
    seconds = watch.total()
    rate = updates(engine) / max(seconds["compute"], 1e-9)
    return {"seconds": seconds, "updates_per_s": rate, "peak_rss_bytes": peak_rss_bytes()}


def _plan(engine: SliceEngine, execution: ExecutionOptions) -> SlabPlan:
    return plan_slabs(
        lambda rows: needed_bytes(engine, rows), slices=engine.slices, side=engine.side,
        stored_bytes=np.dtype(engine.options.store).itemsize, memory=execution.memory,
    )  # fmt: skip


def _key(scan: Scan, options: ReconstructOptions) -> str:
    """Return what tells one reconstruction from another: the file as it is now, its angles, and options that count."""
    chosen = {name: value for name, value in options.to_mapping().items() if name not in MAY_CHANGE}
    found = hashlib.sha256(json.dumps([*_file_facts(scan), chosen], sort_keys=True).encode())
    found.update(scan.geometry.angles_rad.tobytes())
    return found.hexdigest()


def _file_facts(scan: Scan) -> list[Any]:
    """Return what tells one scan from another: the file as it is now."""
    facts: list[Any] = [scan.name, list(scan.shape)]
    if scan.path is not None:
        state = scan.path.stat()
        facts += [str(scan.path.absolute()), state.st_size, state.st_mtime_ns]
    return facts
