"""Adaptive patching for vision transformers on scientific images: tune it, look at it, use it."""

import importlib
from typing import TYPE_CHECKING, Any

from vitsci_viz.extras import missing_extra

if TYPE_CHECKING:
    from vitsci_viz.io import read_image, read_mask
    from vitsci_viz.io.samples import list_samples, list_scans, open_sample, open_scan
    from vitsci_viz.io.scans import read_scan
    from vitsci_viz.patching.draw import draw_leaves, section
    from vitsci_viz.patching.fidelity import psnr, ssim
    from vitsci_viz.patching.forest import build_forest
    from vitsci_viz.patching.options import PatchOptions
    from vitsci_viz.patching.oracle import oracle_dice
    from vitsci_viz.patching.tokens import gather, scatter
    from vitsci_viz.patching.tree import build_tree, detail_pyramid, length_curve, tree_from_pyramid
    from vitsci_viz.patching.tree_file import load_tree, save_tree
    from vitsci_viz.reconstruction.centre import Candidate, find_centre
    from vitsci_viz.reconstruction.hardening import fit_hardening
    from vitsci_viz.reconstruction.options import CentreOptions
    from vitsci_viz.reconstruction.preprocess import line_integrals
    from vitsci_viz.reconstruction.projector import project
    from vitsci_viz.reconstruction.quality import Quality
    from vitsci_viz.reconstruction.trials import trial_slices
    from vitsci_viz.training.options import TrainOptions
    from vitsci_viz.types import Image, PatchSequence, PatchTree, Recipe, Scan, ScanGeometry, Segmentation, Volume
    from vitsci_viz.views.notebook.front import plot_front
    from vitsci_viz.views.notebook.prediction import show_prediction
    from vitsci_viz.views.notebook.run_watch import watch_run
    from vitsci_viz.views.notebook.train_form import train_form
    from vitsci_viz.views.notebook.tune import tune
    from vitsci_viz.views.notebook.tune_centre import tune_centre
    from vitsci_viz.workflows.catalogue import dump_recipe, load_recipe, run_recipe
    from vitsci_viz.workflows.options import SweepOptions
    from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
    from vitsci_viz.workflows.reconstruction import assess_scan, reconstruct
    from vitsci_viz.workflows.segment_options import EvaluateOptions, PredictOptions
    from vitsci_viz.workflows.segmenting import open_model
    from vitsci_viz.workflows.settings import sweep_grid
    from vitsci_viz.workflows.sweep import sweep_settings

__version__ = "0.1.0"

__all__ = [
    "Candidate",
    "CentreOptions",
    "EvaluateOptions",
    "Image",
    "PatchOptions",
    "PatchSequence",
    "PatchTree",
    "PredictOptions",
    "Quality",
    "Recipe",
    "ReconstructOptions",
    "Scan",
    "ScanGeometry",
    "Segmentation",
    "SweepOptions",
    "TrainOptions",
    "Volume",
    "assess_scan",
    "build_forest",
    "build_tree",
    "detail_pyramid",
    "draw_leaves",
    "dump_recipe",
    "find_centre",
    "fit_hardening",
    "gather",
    "length_curve",
    "line_integrals",
    "list_samples",
    "list_scans",
    "load_recipe",
    "load_tree",
    "open_model",
    "open_sample",
    "open_scan",
    "oracle_dice",
    "plot_front",
    "project",
    "psnr",
    "read_image",
    "read_mask",
    "read_scan",
    "reconstruct",
    "run_recipe",
    "save_tree",
    "scatter",
    "section",
    "show_prediction",
    "ssim",
    "sweep_grid",
    "sweep_settings",
    "train_form",
    "tree_from_pyramid",
    "trial_slices",
    "tune",
    "tune_centre",
    "watch_run",
]

_HOMES = {
    "io": ("read_image", "read_mask"),
    "io.samples": ("list_samples", "list_scans", "open_sample", "open_scan"),
    "io.scans": ("read_scan",),
    "patching.draw": ("draw_leaves", "section"),
    "patching.fidelity": ("psnr", "ssim"),
    "patching.forest": ("build_forest",),
    "patching.options": ("PatchOptions",),
    "patching.oracle": ("oracle_dice",),
    "patching.tokens": ("gather", "scatter"),
    "patching.tree": ("build_tree", "detail_pyramid", "length_curve", "tree_from_pyramid"),
    "patching.tree_file": ("load_tree", "save_tree"),
    "reconstruction.centre": ("Candidate", "find_centre"),
    "reconstruction.hardening": ("fit_hardening",),
    "reconstruction.options": ("CentreOptions",),
    "reconstruction.preprocess": ("line_integrals",),
    "reconstruction.projector": ("project",),
    "reconstruction.quality": ("Quality",),
    "reconstruction.trials": ("trial_slices",),
    "training.options": ("TrainOptions",),
    "types": ("Image", "PatchSequence", "PatchTree", "Recipe", "Scan", "ScanGeometry", "Segmentation", "Volume"),
    "views.notebook.front": ("plot_front",),
    "views.notebook.prediction": ("show_prediction",),
    "views.notebook.run_watch": ("watch_run",),
    "views.notebook.train_form": ("train_form",),
    "views.notebook.tune": ("tune",),
    "views.notebook.tune_centre": ("tune_centre",),
    "workflows.catalogue": ("dump_recipe", "load_recipe", "run_recipe"),
    "workflows.options": ("SweepOptions",),
    "workflows.reconstruct_options": ("ReconstructOptions",),
    "workflows.reconstruction": ("assess_scan", "reconstruct"),
    "workflows.segment_options": ("EvaluateOptions", "PredictOptions"),
    "workflows.segmenting": ("open_model",),
    "workflows.settings": ("sweep_grid",),
    "workflows.sweep": ("sweep_settings",),
}
_HOME_OF = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing the package costs nothing."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        value = getattr(importlib.import_module(_HOME_OF[name]), name)
    except ImportError as error:
        raise missing_extra(error) or error from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, imported or not yet."""
    return sorted({*globals(), *__all__})
