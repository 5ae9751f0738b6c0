"""Generated samples as files: what stands in ``data_samples/`` and what is made on demand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from vitsci_viz.errors import OptionError
from vitsci_viz.io.writing import write_image
from vitsci_viz.params import nearest
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.options import DEFAULT_SEED

Arrays = tuple[NDArray[Any], NDArray[Any]]
"""An image and its mask."""
PATHOLOGY_SLIDE = (4096, 4096)
PATHOLOGY_REGION = (800, 3180, 512, 512)
"""The small pathology sample is this part (top, left, height, width) of the virtual slide."""


@dataclass(frozen=True, kw_only=True)
class MadeSample:
    """A sample that is made from a seed.

    Parameters
    ----------
    image, mask : str
        File names.
    axes : str
    make : callable, optional
        ``make(seed) -> (image, mask)``; None for slides, which are streamed to disk.
    spacing, unit
        Of the image.
    side : int, optional
        Side of a slide in pixels.
    """

    image: str
    mask: str
    axes: str
    make: Callable[[int], Arrays] | None
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    side: int | None = None


def _pathology(seed: int) -> Arrays:
    from vitsci_viz.simulation.pathology import virtual_slide

    return virtual_slide(PATHOLOGY_SLIDE, seed, region=PATHOLOGY_REGION)


def _ct_slice(seed: int) -> Arrays:
    from vitsci_viz.simulation.concrete import ct_slice

    return ct_slice((512, 512), seed)


def _ct_volume(seed: int) -> Arrays:
    from vitsci_viz.simulation.concrete import ct_volume

    return ct_volume((64, 64, 64), seed)


def _vessels(seed: int) -> Arrays:
    from vitsci_viz.simulation.shapes import vessels

    return vessels((512, 512), seed)


SMALL: Mapping[str, MadeSample] = {
    "pathology": MadeSample(
        image="pathology.png", mask="pathology_mask.png", axes="yxc", make=_pathology, spacing=(0.5, 0.5), unit="um"
    ),
    "ct_slice": MadeSample(
        image="ct_slice.ome.tif", mask="ct_slice_mask.png", axes="yx", make=_ct_slice, spacing=(0.1, 0.1), unit="mm"
    ),
    "ct_volume": MadeSample(
        image="ct_volume.ome.tif",
        mask="ct_volume_mask.ome.tif",
        axes="zyx",
        make=_ct_volume,
        spacing=(0.4, 0.4, 0.4),
        unit="mm",
    ),
    "vessels": MadeSample(image="vessels.png", mask="vessels_mask.png", axes="yxc", make=_vessels),
}
"""Samples below one megabyte a file; they stand in ``data_samples/``."""
SLIDES: Mapping[str, MadeSample] = {
    name: MadeSample(image=f"{name}.tif", mask=f"{name}_mask.tif", axes="yxc", make=None, side=side)
    for name, side in (("virtual_slide", 4_096), ("large_slide", 16_384))
}
"""Whole slides, streamed to tiled pyramids."""
MADE: Mapping[str, MadeSample] = {**SMALL, **SLIDES}


def make_sample(
    name: str, folder: Path, *, seed: int = DEFAULT_SEED, side: int | None = None, progress: Progress = silent
) -> tuple[Path, Path]:
    """Make a sample and write its image and mask into a folder.

    Parameters
    ----------
    name : str
        One of `MADE`.
    folder : Path
        Exists; files of the same names are replaced.
    seed : int
        Equal seeds give equal pixels.
    side : int, optional
        Side of a slide; other samples have a fixed size.
    progress : Progress
        Told how far it is; may raise `Cancelled`.

    Returns
    -------
    image, mask : Path

    Raises
    ------
    OptionError
        The name is unknown, or a side is given for a sample of fixed size.
    """
    if name not in MADE:
        raise OptionError(f"'{name}' is no generated sample: {nearest(name, MADE)}")
    sample = MADE[name]
    image, mask = folder / sample.image, folder / sample.mask
    if sample.make is None:
        from vitsci_viz.simulation.slide_file import write_large_slide

        write_large_slide(image, side or sample.side or PATHOLOGY_SLIDE[0], seed, progress)
        return image, mask
    if side is not None:
        raise OptionError(f"side applies to {' and '.join(SLIDES)}; '{name}' has a fixed size: leave side out")
    progress(name, 0, 1)
    pixels, classes = sample.make(seed)
    write_image(image, pixels, axes=sample.axes, spacing=sample.spacing, unit=sample.unit)
    write_image(mask, classes, axes=sample.axes.removesuffix("c"), spacing=sample.spacing, unit=sample.unit)
    progress(name, 1, 1)
    return image, mask
