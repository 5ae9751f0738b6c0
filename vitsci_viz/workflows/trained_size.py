"""From an image's own pixel size to that of training, and back."""

from dataclasses import replace

import numpy as np

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.spacing import at_spacing, is_same_spacing
from vitsci_viz.types import Image, PatchTree
from vitsci_viz.workflows.inputs import hold


def at_trained_size(
    image: Image, spacing_um: tuple[float, ...] | None, execution: ExecutionOptions
) -> tuple[Image, tuple[str, ...]]:
    """Return an image as the model is to see it, in memory where it fits.

    Parameters
    ----------
    image : Image
        With or without a spacing.
    spacing_um : tuple of float, optional
        Of training.
    execution : ExecutionOptions
        How much memory pixels may take.

    Returns
    -------
    image : Image
        At the pixel size of training; an image of unknown size is taken to have it.
    notes : tuple of str
        What was done, for people.
    """
    own = image.spacing_um
    if spacing_um is None:
        if own is None:
            return hold(image, execution), ()
        note = f"the pixel size of training is unknown: {image.name} was taken at its own, {said(own)} um"
        return hold(image, execution), (note,)
    if own is None:
        note = f"the pixel size of {image.name} is unknown: taken as that of training, {said(spacing_um)} um"
        return hold(replace(image, spacing=spacing_um, unit="um"), execution), (note,)
    if is_same_spacing(own, spacing_um):
        return hold(image, execution), ()
    note = (
        f"the image {image.name} has {said(own)} um per pixel, the model was trained at {said(spacing_um)}: resampled "
        "to that, and the labels back"
    )
    return hold(at_spacing(image, spacing_um), execution), (note,)


def leaves_at(tree: PatchTree, shape: tuple[int, ...]) -> PatchTree:
    """Return the leaves in pixels of an image of another shape, rounded: to be looked at, not to cut with."""
    if tree.shape == shape:
        return tree
    factor = np.array(shape) / np.array(tree.shape)
    origin = np.rint(tree.origin * factor).astype(np.int64)
    end = np.rint((tree.origin + tree.size) * factor).astype(np.int64)
    return replace(tree, shape=shape, origin=origin, size=np.maximum(1, end - origin))


def said(spacing_um: tuple[float, ...]) -> str:
    """Write a pixel size.

    >>> said((0.5, 0.5)), said((2.0, 0.5, 0.5))
    ('0.5', '2 x 0.5 x 0.5')
    """
    sides = [f"{side:.4g}" for side in spacing_um]
    return sides[0] if len(set(sides)) == 1 else " x ".join(sides)
