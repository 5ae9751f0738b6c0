"""Compare many settings on one image: what they cost, what they keep, where more stops paying."""

import math
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.detail import detail_kind, detail_pyramid
from vitsci_viz.patching.fidelity import ErrorTable
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable
from vitsci_viz.patching.pyramid import DetailPyramid
from vitsci_viz.patching.readings import Readings, mean_dice, read_tree
from vitsci_viz.patching.sides import PatchSides, resolve_sides
from vitsci_viz.patching.similarity import SSIM_PIXELS, SsimReference
from vitsci_viz.patching.source import as_image
from vitsci_viz.patching.stream import thread_count
from vitsci_viz.patching.tree import tree_from_pyramid
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchTree, Recipe, Report
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.folder import average_rows, find_pairs
from vitsci_viz.workflows.inputs import hold, open_inputs, take_part
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.options import SweepOptions
from vitsci_viz.workflows.settings import sweep_grid
from vitsci_viz.workflows.sweep_marks import mark_averages, marks_of, score_of
from vitsci_viz.workflows.table import write_table

PIXEL_OPTIONS = ("thresholds", "blur", "channel", "physical")
"""Options besides detail and finest leaf that the detail of a pixel depends on."""


@dataclass(frozen=True, kw_only=True)
class SweepRow:
    """One setting with what it costs and keeps.

    Parameters
    ----------
    setting : PatchOptions
        The options.
    detail : str
        What counted as detail; empty for a uniform grid.
    readings : Readings
        Tokens, cost, PSNR, oracle Dice.
    ssim : float or None
        Structural similarity of the reconstruction; None where it was not measured.
    is_front : bool
        No other setting keeps as much at fewer tokens.
    is_knee : bool
        Beyond this point of the front more tokens buy little.
    budgets : tuple of int
        Token budgets of the sweep (its lengths) that the setting is recommended for, see `patching.pareto.recommend`;
        none without a mask.
    """

    setting: PatchOptions
    detail: str
    readings: Readings
    ssim: float | None
    is_front: bool = False
    is_knee: bool = False
    budgets: tuple[int, ...] = ()

    @property
    def is_uniform(self) -> bool:
        """Whether this is a plain grid."""
        return self.setting.mode == "uniform"

    @property
    def oracle_dice(self) -> float | None:
        """Mean oracle Dice over the classes; None without a mask."""
        return None if self.readings.oracle_dice is None else mean_dice(self.readings.oracle_dice)

    @property
    def is_recommended(self) -> bool:
        """Whether this is the setting to train with for a token budget of the sweep."""
        return bool(self.budgets)

    @property
    def score(self) -> float:
        """What the front is drawn by: the oracle Dice where there is a mask, else the PSNR."""
        return score_of({"psnr": self.readings.psnr, "oracle_dice": self.oracle_dice})

    def to_mapping(self) -> dict[str, Any]:
        """Return the row as plain values, the setting's options first."""
        setting, readings = self.setting, self.readings
        by_class = readings.oracle_dice
        return {
            "mode": setting.mode,
            "detail": self.detail,
            "patch_size": setting.patch_size,
            "min_size": setting.min_size,
            "length": setting.length if setting.mode == "length" else None,
            "split_value": readings.split_value,
            "uniform": self.is_uniform,
            "tokens": readings.tokens,
            "psnr": readings.psnr,
            "ssim": self.ssim,
            "oracle_dice": self.oracle_dice,
            "attention_flops": readings.attention_flops,
            "step_flops": readings.step_flops,
            "step_bytes": readings.step_bytes,
            "mean_patch": readings.mean_patch,
            "front": self.is_front,
            "knee": self.is_knee,
            "recommended": self.is_recommended,
            **({"oracle_dice_by_class": by_class} if by_class is not None and len(by_class) > 1 else {}),
        }


def sweep_settings(
    image: Any,
    mask: Any,
    settings: Sequence[PatchOptions],
    *,
    has_ssim: bool = True,
    progress: Progress = silent,
    threads: int = 0,
) -> list[SweepRow]:
    """Measure every setting on one image.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        What is cut.
    mask : Image or array (*shape) of integers, or None
        Class indices; adds the oracle Dice.
    settings : sequence of PatchOptions
        What to compare, for instance from `settings.sweep_grid`.
    has_ssim : bool
        Measure SSIM too; it needs every reconstruction and takes most of the time.
    progress : callable
        Called after each setting.
    threads : int
        Worker threads; 0 takes every core. Never changes the answer.

    Returns
    -------
    list of SweepRow
        In the order of the settings; front, knee and what is recommended for each length are marked.

    Raises
    ------
    InputError
        Image and mask differ in shape, or the image cannot be patched.
    """
    bench = _Bench(as_image(image), mask, has_ssim=has_ssim, execution=ExecutionOptions(threads=threads))
    rows: dict[int, SweepRow] = {}
    with ThreadPoolExecutor(thread_count(bench.execution), thread_name_prefix="sweep") as pool:
        waiting = {pool.submit(bench.measure, setting): place for place, setting in enumerate(settings)}
        try:
            progress("settings", 0, len(settings))
            for done, future in enumerate(as_completed(waiting), start=1):
                rows[waiting[future]] = future.result()
                progress("settings", done, len(settings))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    ordered = [rows[place] for place in range(len(settings))]
    marks = marks_of([row.to_mapping() for row in ordered])
    return [
        replace(row, is_front=each.is_front, is_knee=each.is_knee, budgets=each.budgets)
        for row, each in zip(ordered, marks, strict=True)
    ]


class _Bench:
    """Everything that settings of one image share: tables of errors and masks, and the detail of each kind."""

    def __init__(self, image: Image, mask: Any, *, has_ssim: bool, execution: ExecutionOptions) -> None:
        self.image = image
        self.execution = execution
        self._errors = ErrorTable(image, execution=execution)
        self._masks = None if mask is None else MaskTable(mask)
        has_ssim = has_ssim and math.prod(image.shape) <= SSIM_PIXELS
        self._reference = SsimReference(image) if has_ssim else None
        self._pyramids: dict[tuple[Any, ...], DetailPyramid] = {}
        self._lock = threading.Lock()

    def measure(self, setting: PatchOptions) -> SweepRow:
        """Return the row of a setting; safe from several threads."""
        sides = resolve_sides(setting, self.image.ndim, self.image.spacing)
        # One thread at a time fills tables; the look-ups themselves take milliseconds.
        with self._lock:
            pyramid = self._pyramid(setting, sides)
            tree = tree_from_pyramid(pyramid, setting, spacing_um=self.image.spacing_um)
            readings = read_tree(
                tree, setting, pyramid, image=self.image, sides=sides, errors=self._errors, masks=self._masks
            )
        detail = "" if setting.mode == "uniform" else detail_kind(setting, self.image.ndim)
        return SweepRow(setting=setting, detail=detail, readings=readings, ssim=self._ssim(tree, sides))

    def _pyramid(self, setting: PatchOptions, sides: PatchSides) -> DetailPyramid:
        pixels = tuple(getattr(setting, name) for name in PIXEL_OPTIONS)
        key = (detail_kind(setting, self.image.ndim), sides.min_size, *pixels)
        if key not in self._pyramids:
            self._pyramids[key] = detail_pyramid(self.image, setting, execution=self.execution)
        return self._pyramids[key]

    def _ssim(self, tree: PatchTree, sides: PatchSides) -> float | None:
        if self._reference is None:
            return None
        single = ExecutionOptions(threads=1)
        return self._reference.ssim_of_tree(tree, sides.patch_size, execution=single)


def run_sweep(
    recipe: Recipe,
    options: SweepOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
) -> Report:
    """Compare settings on the image or the folder of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Inputs ``image`` (a file or a folder) and optionally ``mask``; output ``table``, optional.
    options : SweepOptions
        What to compare.
    execution : ExecutionOptions
        Threads and memory; never change the answer.
    progress : callable
        Told of every setting.
    force : bool
        Replace an existing output (checked before the run).

    Returns
    -------
    Report
        ``rows``: one mapping per setting; over a folder the means, with every image's own row under ``images``.
    """
    watch = Stopwatch()
    pairs = find_pairs(recipe.inputs["image"], recipe.inputs.get("mask"))
    settings: tuple[PatchOptions, ...] = ()
    names, tables = [], []
    with using_threads(execution):
        for number, (path, mask_path) in enumerate(pairs):
            with watch.stage("read"):
                image, mask = take_part(*open_inputs(path, mask_path, progress=progress), level=0, roi=None)
                image = hold(image, execution)
            settings = settings or sweep_grid(options, image.shape)
            with watch.stage("sweep"):
                rows = sweep_settings(
                    image, mask, settings, has_ssim=options.quality == "full", threads=execution.threads,
                    progress=_numbered(progress, number, len(pairs), image.name),
                )  # fmt: skip
            names.append(image.name)
            tables.append([row.to_mapping() for row in rows])
    rows = tables[0] if len(pairs) == 1 else mark_averages(average_rows(names, tables))
    if "table" in recipe.outputs:
        write_table(rows, Path(recipe.outputs["table"]))
    results = {"images": names, "rows": rows, "seconds": watch.total(), "peak_rss_bytes": peak_rss_bytes()}
    return Report(workflow="sweep", results=results, recipe=recipe_mapping(recipe), versions=versions())


def _numbered(progress: Progress, number: int, count: int, name: str) -> Progress:
    """Name the image in the progress of a folder."""
    if count == 1:
        return progress
    return lambda stage, done, total: progress(f"{name} ({number + 1} of {count})", done, total)
