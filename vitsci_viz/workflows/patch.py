"""Cut one image: its tree, its tokens, what that saves and what it keeps."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.atomic import check_output
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.blur import blur_kernel
from vitsci_viz.patching.detail import detail_kind, detail_pyramid
from vitsci_viz.patching.edges import canny_thresholds
from vitsci_viz.patching.forest import forest_options
from vitsci_viz.patching.intensity import grey_scale
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable
from vitsci_viz.patching.readings import Readings, mean_dice, read_tree
from vitsci_viz.patching.sides import PatchSides, resolve_sides
from vitsci_viz.patching.token_error import sequence_psnr
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import tree_from_pyramid
from vitsci_viz.patching.tree_file import save_arrays, save_tree
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchSequence, PatchTree, Recipe, Report
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.inputs import hold, open_inputs, take_part
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.options import PatchRunOptions
from vitsci_viz.workflows.outputs import numbered, writing
from vitsci_viz.workflows.overlay import encode_picture, overlay_picture


@dataclass(frozen=True, eq=False, kw_only=True)
class _Cut:
    """One tree of a run with everything known about it."""

    options: PatchOptions
    tree: PatchTree
    sequence: PatchSequence
    readings: Readings
    settings: Mapping[str, Any]


def run_patch(
    recipe: Recipe,
    options: PatchRunOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
) -> Report:
    """Cut the image of a recipe and write what it asks for.

    Parameters
    ----------
    recipe : Recipe
        Inputs ``image`` and optionally ``mask``; outputs ``tree``, ``overlay`` and ``tokens``, each optional. A
        forest of K trees writes K files, ``tree_1.npz`` to ``tree_K.npz``.
    options : PatchRunOptions
        How to cut, and which part.
    execution : ExecutionOptions
        Threads and memory; never change the answer.
    progress : callable
        Told of every stage.
    force : bool
        Replace existing outputs.

    Returns
    -------
    Report
        The numbers of the first tree, and those of every tree where there are more.
    """
    watch = Stopwatch("read", "detail", "tree", "tokens", "quality", "write")
    patch = options.patch_options()
    places = {name: numbered(path, patch.forest) for name, path in recipe.outputs.items()}
    for path in (each for group in places.values() for each in group):
        check_output(path, force=force)
    with using_threads(execution):
        with watch.stage("read"):
            opened = open_inputs(recipe.inputs["image"], recipe.inputs.get("mask"), progress=progress)
            image, mask = take_part(*opened, level=options.level, roi=options.roi)
            image = hold(image, execution)
        with watch.stage("quality"):
            masks = None if mask is None else MaskTable(mask)
        cuts = [_cut(image, each, masks, watch, progress, execution) for each in forest_options(image, patch)]
        _write(places, image, cuts, watch)
    results = {**_results(image, cuts), "seconds": watch.total(), "peak_rss_bytes": peak_rss_bytes()}
    return Report(workflow="patch", results=results, recipe=recipe_mapping(recipe), versions=versions())


def _cut(
    image: Image, options: PatchOptions, masks: MaskTable | None, watch: Stopwatch, progress: Progress,
    execution: ExecutionOptions,
) -> _Cut:  # fmt: skip
    sides = resolve_sides(options, image.ndim, image.spacing)
    work: dict[str, Any] = {"progress": progress, "execution": execution}
    with watch.stage("detail"):
        pyramid = detail_pyramid(image, options, **work)
    with watch.stage("tree"):
        tree = tree_from_pyramid(pyramid, options, spacing_um=image.spacing_um)
    with watch.stage("tokens"):
        sequence = gather(
            image, tree, sides.patch_size, length=sequence_length(options), overflow=options.overflow,
            seed=options.seed, **work,
        )  # fmt: skip
    with watch.stage("quality"):
        whole = sequence if len(sequence.tree) == len(tree) else gather(image, tree, sides.patch_size, **work)
        readings = dataclasses.replace(
            read_tree(tree, options, pyramid, image=image, sides=sides, masks=masks),
            psnr=sequence_psnr(image, whole, **work),
        )
    settings = _settings(image, options, sides)
    return _Cut(options=options, tree=tree, sequence=sequence, readings=readings, settings=settings)


def sequence_length(options: PatchOptions) -> int | None:
    """Return the length that a sequence is padded or cut to: that of a length tree, or of one that may drop tokens."""
    return options.length if options.mode == "length" or options.overflow != "error" else None


def _settings(image: Image, options: PatchOptions, sides: PatchSides) -> dict[str, Any]:
    """Return what automatic options came to."""
    kind = detail_kind(options, image.ndim)
    found: dict[str, Any] = {"detail": kind, "patch_size": list(sides.patch_size), "min_size": list(sides.min_size)}
    if kind != "variance":
        kernel = blur_kernel(options, image)
        found["blur"] = kernel
        if kind == "edges":
            scale = grey_scale(image, options)
            found["thresholds"] = list(canny_thresholds(image, options, kernel=kernel, scale=scale))
    return found


def _write(places: Mapping[str, tuple[Path, ...]], image: Image, cuts: list[_Cut], watch: Stopwatch) -> None:
    """Write every output; they appear together or not at all."""
    finals = {f"{name} {number}": path for name, group in places.items() for number, path in enumerate(group)}
    with watch.stage("write"), writing(finals) as temporary:
        for number, cut in enumerate(cuts):
            if "tree" in places:
                save_tree(temporary[f"tree {number}"], cut.tree)
            if "tokens" in places:
                arrays = {"tokens": cut.sequence.tokens, "valid": cut.sequence.valid}
                save_arrays(temporary[f"tokens {number}"], arrays)
            if "overlay" in places:
                path = temporary[f"overlay {number}"]
                path.write_bytes(encode_picture(overlay_picture(image, cut.tree), path))


def _results(image: Image, cuts: list[_Cut]) -> dict[str, Any]:
    rows = [_row(cut) for cut in cuts]
    spacing = None if image.spacing is None else list(image.spacing)
    shown = {"image": image.name, "shape": list(image.shape), "channels": image.channels}
    shown |= {"spacing": spacing, "unit": image.unit}
    return {**rows[0], **shown, **({"trees": rows} if len(rows) > 1 else {})}


def _row(cut: _Cut) -> dict[str, Any]:
    numbers = dataclasses.asdict(cut.readings)
    by_class = numbers.pop("oracle_dice")
    kept = len(cut.sequence.tree)
    row = {
        **numbers,
        "mode": cut.options.mode,
        "length": sequence_length(cut.options),
        "dropped": len(cut.tree) - kept,
        "padded": len(cut.sequence.valid) - kept,
        **cut.settings,
    }
    if by_class is not None:
        row["oracle_dice"] = mean_dice(by_class)
        row["oracle_dice_by_class"] = {str(label): dice for label, dice in by_class.items()}
    return row
