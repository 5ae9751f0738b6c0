"""Random changes of stain, brightness and contrast, the same for tokens and pixels."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.sides import Sides
from vitsci_viz.training.examples import Example, covered_pixels

Array = NDArray[Any]
Floats = NDArray[np.float32]

STAIN_SPREAD = 0.25
"""Largest relative change of a dye's density at strength 1; half of it is added or taken where there is no dye."""
CONTRAST_SPREAD = 0.5
"""Largest relative change of contrast at strength 1."""
BRIGHTNESS_SPREAD = 0.5
"""Largest change of brightness at strength 1, in standard deviations of the image."""
EIGHT_BITS = 255.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ColourChange:
    """What is done to values: dyes in optical density, then ``gain * value + offset``.

    Parameters
    ----------
    dyes : (3, 3) float32, optional
        Matrix on optical densities of red, green, blue.
    shift : (3,) float32, optional
        Added to these densities.
    gain, offset : float
        Contrast and brightness.
    is_eight_bits : bool
        Keep values within 0 to 255.
    """

    gain: float
    offset: float
    dyes: Floats | None = None
    shift: Floats | None = None
    is_eight_bits: bool = False

    def apply(self, values: Array) -> Floats:
        """Return changed values (..., c) float32."""
        found = values.astype(np.float32)
        if self.dyes is not None and self.shift is not None:
            density = np.log((EIGHT_BITS + 1) / (found + 1)) @ self.dyes + self.shift
            found = (EIGHT_BITS + 1) * np.exp(-density) - 1
        found = found * np.float32(self.gain) + np.float32(self.offset)
        return np.clip(found, 0, EIGHT_BITS) if self.is_eight_bits else found


def draw_colour(random: np.random.Generator, strength: float, example: Example, *, is_eight_bits: bool) -> ColourChange:
    """Draw a change of colour.

    Parameters
    ----------
    random : Generator
        Where the draw comes from.
    strength : float
        0 to 1.
    example : Example
        Its mean and spread say what brightness and contrast mean.
    is_eight_bits : bool
        The image has values from 0 to 255; then the dyes of three-channel images change too.

    Notes
    -----
    Optical densities are split into haematoxylin, eosin and DAB; each is multiplied by 1 + a and shifted by b with a, b
    drawn evenly; back in colours that is one matrix.

    References
    ----------
    Ruifrok and Johnston, Quantification of histochemical staining by color deconvolution, 2001; Tellez et al.,
    Whole-slide mitosis detection in H&E breast histology, IEEE TMI 2018 (the changes).
    """
    from skimage.color import hed_from_rgb, rgb_from_hed

    draws = random.uniform(-1, 1, 8) * strength
    values = example.tokens if example.pixels is None else example.pixels
    mean, spread = float(values.mean()), float(values.std())
    gain = 1 + CONTRAST_SPREAD * draws[0]
    offset = mean * (1 - gain) + BRIGHTNESS_SPREAD * draws[1] * spread
    if not is_eight_bits or values.shape[-1] != 3:
        return ColourChange(gain=gain, offset=offset, is_eight_bits=is_eight_bits)
    dyes = hed_from_rgb @ np.diag(1 + STAIN_SPREAD * draws[2:5]) @ rgb_from_hed
    shift = (STAIN_SPREAD / 2 * draws[5:8]) @ rgb_from_hed
    return ColourChange(
        gain=gain, offset=offset, dyes=dyes.astype(np.float32), shift=shift.astype(np.float32), is_eight_bits=True
    )


def colour_example(example: Example, change: ColourChange, patch_size: Sides) -> Example:
    """Change the colours of tokens and pixels; what lies outside the image stays 0.

    Parameters
    ----------
    example : Example
        Not turned yet.
    change : ColourChange
        What to do.
    patch_size : tuple of int
        Sides of a token.

    Notes
    -----
    Tokens hold means of pixels, and the change of a mean is not quite the mean of changed pixels where dyes change;
    brightness and contrast agree but where values are clipped.
    """
    tokens = change.apply(example.tokens)
    clipped = (example.tree.origin + example.tree.size > np.array(example.tree.shape)).any(axis=1)
    if clipped.any():
        tokens[clipped] *= covered_pixels(example.tree, patch_size)[clipped, ..., None] > 0
    pixels = None if example.pixels is None else change.apply(example.pixels)
    return replace(example, tokens=tokens, pixels=pixels)
