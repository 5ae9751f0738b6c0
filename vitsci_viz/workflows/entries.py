"""What can be run by name; light, so that the command line's help and every form open at once."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitsci_viz.params import Options


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A file that a workflow reads or writes.

    Parameters
    ----------
    name : str
        Key in the recipe's inputs or outputs.
    help : str
        One sentence, shown by every surface.
    required : bool
        The workflow cannot run without it.
    flag : str
        Name on the command line where it differs from the key.
    suffixes : tuple of str
        Endings that an output may have; empty allows any.
    is_folder : bool
        A folder that may exist already: the files in it are checked one by one.
    """

    name: str
    help: str
    required: bool = False
    flag: str = ""
    suffixes: tuple[str, ...] = ()
    is_folder: bool = False


@dataclass(frozen=True, kw_only=True)
class WorkflowEntry:
    """How to find a workflow and what it takes.

    Parameters
    ----------
    function : str
        ``"module:function"``, called as ``function(recipe, options, execution=, progress=, force=) -> Report``.
    options : str
        ``"module:class"`` of its science options.
    summary : str
        One sentence for help texts.
    inputs, outputs : tuple of Slot
        The files it reads and writes; the first required input is the positional argument.
    argument : str
        Option that the command line takes without its flag as well.
    has_rows : bool
        The results are rows under the key ``rows``; they can be printed as CSV.
    takes_recipe : bool
        The command line takes a recipe file in the place of the first input, and lays its flags over it.
    can_resume : bool
        The function also takes ``resume=True``: go on where an interrupted run stopped.
    resume_help : str
        What the flag says of it.
    """

    function: str
    options: str
    summary: str
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    argument: str = ""
    has_rows: bool = False
    takes_recipe: bool = False
    can_resume: bool = False
    resume_help: str = "Go on with an interrupted run from its last checkpoint."

    def load_function(self) -> Any:
        """Import the workflow.

        Raises
        ------
        MissingExtraError
            A library that it needs is not installed; the extra that brings it is named.
        """
        try:
            return _load(self.function)
        except ImportError as error:
            from vitsci_viz.extras import missing_extra

            raise missing_extra(error) or error from None

    def load_options(self) -> type[Options]:
        """Import the options class."""
        return _load(self.options)


CATALOGUE: dict[str, WorkflowEntry] = {
    "patch": WorkflowEntry(
        function="vitsci_viz.workflows.patch:run_patch",
        options="vitsci_viz.workflows.options:PatchRunOptions",
        summary="Cut one image or volume into adaptive patches; say what that saves and what it keeps.",
        inputs=(
            Slot(name="image", help="Image, slide or volume; or sample:NAME.", required=True),
            Slot(name="mask", help="Label image of the same shape: adds the oracle Dice."),
        ),
        outputs=(
            Slot(
                name="tree",
                flag="out",
                help="The tree as .npz (origin, size, level, score, shape).",
                suffixes=(".npz",),
            ),
            Slot(
                name="overlay",
                help="Picture of the leaves over the image, .png or .jpg (at most 4,096 px a side).",
                suffixes=(".png", ".jpg", ".jpeg"),
            ),
            Slot(name="tokens", help="The tokens as .npz (tokens, valid).", suffixes=(".npz",)),
        ),
    ),
    "sweep": WorkflowEntry(
        function="vitsci_viz.workflows.sweep:run_sweep",
        options="vitsci_viz.workflows.options:SweepOptions",
        summary="Compare many settings on an image or a folder: tokens and cost against what is kept.",
        inputs=(
            Slot(
                name="image",
                help="Image or folder of images (or of images/ and masks/); or sample:NAME.",
                required=True,
            ),
            Slot(name="mask", help="Label image, or a folder of them with equal stems: adds the oracle Dice."),
        ),
        outputs=(Slot(name="table", flag="out", help="The rows as .csv or .json.", suffixes=(".csv", ".json")),),
        has_rows=True,
    ),
    "sample": WorkflowEntry(
        function="vitsci_viz.workflows.sample:run_sample",
        options="vitsci_viz.simulation.options:SampleOptions",
        summary="Write samples with masks: generated ones anew from their seed, shipped and public ones as they are.",
        inputs=(),
        outputs=(
            Slot(name="folder", flag="out", help="Folder that receives the files.", required=True, is_folder=True),
        ),
        argument="name",
    ),
    "train": WorkflowEntry(
        function="vitsci_viz.workflows.train:run_train",
        options="vitsci_viz.training.options:TrainOptions",
        summary="Train a segmentation model on images and masks.",
        inputs=(
            Slot(
                name="data",
                help="Folder with images/ and masks/ of equal stems, or a CSV (image,mask,group[,split]); or "
                "sample:NAME.",
                required=True,
            ),
        ),
        outputs=(Slot(name="run", flag="out", help="Folder that receives the run.", required=True, is_folder=True),),
        takes_recipe=True,
        can_resume=True,
        resume_help=(
            "Go on with an interrupted run from its last checkpoint; its folder may stand in the place of the recipe."
        ),
    ),
    "predict": WorkflowEntry(
        function="vitsci_viz.workflows.predict:run_predict",
        options="vitsci_viz.workflows.segment_options:PredictOptions",
        summary="Label an image of any size with a trained model.",
        inputs=(
            Slot(name="run", help="Folder of a training run.", required=True),
            Slot(name="image", help="Image, slide or volume; or sample:NAME.", required=True),
        ),
        outputs=(
            Slot(
                name="labels",
                flag="out",
                help="Class indices as .tif, .ome.zarr or .geojson (polygons in pixels, for QuPath).",
                required=True,
                suffixes=(".tif", ".tiff", ".zarr", ".geojson"),
            ),
        ),
    ),
    "evaluate": WorkflowEntry(
        function="vitsci_viz.workflows.evaluate:run_evaluate",
        options="vitsci_viz.workflows.segment_options:EvaluateOptions",
        summary="Score a trained model against masks, per class and image, with intervals over groups.",
        inputs=(
            Slot(name="run", help="Folder of a training run.", required=True),
            Slot(name="data", help="Images and masks, as for train.", required=True),
        ),
        outputs=(Slot(name="table", flag="out", help="A row per image as .csv or .json.", suffixes=(".csv", ".json")),),
    ),
    "reconstruct": WorkflowEntry(
        function="vitsci_viz.workflows.reconstruct:run_reconstruct",
        options="vitsci_viz.workflows.reconstruct_options:ReconstructOptions",
        summary="Reconstruct a volume from the projections of a parallel-beam CT scan.",
        inputs=(
            Slot(
                name="scan",
                help=(
                    "DXchange or NXtomo HDF5; .npz with projections, flats, darks and angles; a TIFF stack scan.tif "
                    "with scan_flats.tif, scan_darks.tif and scan_angles.txt beside it; a folder of TIFF or PNG views "
                    "with flats/, darks/ and angles.txt in it; or sample:scan, sample:tooth."
                ),
                required=True,
            ),
            Slot(
                name="angles",
                help="Angles of the views where the scan does not hold them: a text file, .npy, or START:STOP:COUNT.",
            ),
        ),
        outputs=(
            Slot(
                name="volume",
                flag="out",
                help="The volume as .ome.zarr (with a pyramid) or .tif.",
                required=True,
                suffixes=(".zarr", ".tif", ".tiff"),
            ),
        ),
        can_resume=True,
        resume_help="Go on with an interrupted run of the same command from its finished slabs.",
    ),
}
"""Every workflow by name."""


def entry_of(workflow: str) -> WorkflowEntry:
    """Return a workflow's entry.

    Raises
    ------
    OptionError
        No workflow has this name; the nearest one is named.
    """
    if workflow not in CATALOGUE:
        from vitsci_viz.errors import OptionError
        from vitsci_viz.params import nearest

        raise OptionError(f"unknown workflow '{workflow}': {nearest(str(workflow), CATALOGUE)}")
    return CATALOGUE[workflow]


def _load(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)
