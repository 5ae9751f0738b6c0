"""What a data set looks like to a model: a few images with their masks and their patches."""

from dataclasses import dataclass

import numpy as np

from vitsci_viz.patching.draw import draw_leaves, section
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.masks import open_mask
from vitsci_viz.training.options import DataOptions, TrainOptions
from vitsci_viz.views.session.dataset import DataSet, cropped
from vitsci_viz.views.session.previews import Labels, Rgb, painted, small_picture

PICTURES = 4
"""So many images are shown."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DataPicture:
    """One image of a data set.

    Parameters
    ----------
    name : str
        Of the record.
    tokens : int
        Length of its sequence.
    image, mask, patches : (y, x, 3) uint8
        The image, with the classes over it, with the leaves over it; of a volume the middle slice.
    """

    name: str
    tokens: int
    image: Rgb
    mask: Rgb
    patches: Rgb


def data_pictures(data: DataSet, options: TrainOptions, *, progress: Progress = silent) -> tuple[DataPicture, ...]:
    """Draw a few images of a data set as training will see them.

    Parameters
    ----------
    data : DataSet
        The images and masks.
    options : TrainOptions
        The setting: crop, classes and patches.
    progress : callable
        Told of every image.

    Raises
    ------
    VitsciVizError
        An image or a mask cannot be read, or an option does not go with it.
    """
    chosen = data.examples(PICTURES)
    found: list[DataPicture] = []
    for done, index in enumerate(chosen):
        progress("Drawing examples", done, len(chosen))
        found.append(_one(data, index, options))
    return tuple(found)


def _one(data: DataSet, index: int, options: TrainOptions) -> DataPicture:
    session, patch = data.session(index, options.crop), options.part(PatchOptions)
    middle = session.slices // 2 if session.is_volume else None
    image = small_picture(session, middle)
    tree = session.tree(patch)
    flat = tree if middle is None else section(tree, axis=0, index=middle)
    return DataPicture(
        name=data.records[index].name,
        tokens=len(tree),
        image=image,
        mask=painted(image, _classes(data, index, options, middle)),
        patches=draw_leaves(image, flat, levels=(0, session.pyramid(patch).depth)),
    )


def _classes(data: DataSet, index: int, options: TrainOptions, middle: int | None) -> Labels:
    record = data.records[index]
    mask = cropped(open_mask(record), options.crop)
    values = np.asarray(mask.data if middle is None else mask.data[middle])
    found = data.labels(options.part(DataOptions)).index_of(values, str(record.mask))
    found[found == IGNORED] = 0
    return found
