"""One open image: the heavy parts computed once, every question after that a look-up."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from vitsci_viz.patching.contrast import Contrast
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchTree
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.contrast import find_contrast
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.lookup import Leaf, LeafIndex
from vitsci_viz.views.session.readings import Comparison, LeafHistogram, Readings, histogram_of, shared_leaves

PIXEL_OPTIONS = ("detail", "thresholds", "blur", "channel", "physical")
"""Options besides the finest leaf that the detail of a pixel depends on."""
TREE_OPTIONS = ("mode", "split_value", "length", "max_depth", "balance", "physical")


@dataclass(frozen=True, eq=False)
class FidelityTables:
    """What says how much any tree keeps: an `ErrorTable`, and a `MaskTable` where there is a mask."""

    errors: Any
    masks: Any


class PatchSession:
    """An open image with everything known about it; safe to use from several threads.

    Parameters
    ----------
    image : Image
        Image or volume.
    mask : Image, optional
        Class indices with the image's spatial shape.
    """

    def __init__(self, image: Image, mask: Image | None = None) -> None:
        self.image = image
        self.mask = mask
        self.display = DisplayPyramid(image)
        self.mask_display = None if mask is None else DisplayPyramid(mask, is_labels=True)
        self._pyramids: OnceCache[Any] = OnceCache(4)
        self._curves: OnceCache[Any] = OnceCache(16)
        self._trees: OnceCache[PatchTree] = OnceCache(48)
        self._indices: OnceCache[LeafIndex] = OnceCache(8)
        self._contrast: OnceCache[Contrast] = OnceCache(1)
        self._fidelity: OnceCache[FidelityTables] = OnceCache(1)
        self._tables: OnceCache[FidelityTables] = OnceCache(64)
        self._preparing = threading.Lock()
        self._readings: OnceCache[Readings] = OnceCache(256)
        self._sections: OnceCache[PatchTree] = OnceCache(8)
        self.kept_windows: OnceCache[Any] = OnceCache(3)

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape of the image."""
        return self.image.shape

    @property
    def is_volume(self) -> bool:
        """Whether there are slices."""
        return self.image.ndim == 3

    @property
    def slices(self) -> int:
        """Number of slices; 1 for an image."""
        return self.shape[0] if self.is_volume else 1

    @property
    def spacing_um(self) -> tuple[float, ...] | None:
        """Spacing in micrometres."""
        return self.image.spacing_um

    @property
    def contrast(self) -> Contrast:
        """Values shown as black and white, the same at every zoom."""
        return self._contrast.get("contrast", lambda: find_contrast(self.display))

    def sides(self, options: PatchOptions) -> Any:
        """Return the sides of tokens and finest leaves for this image."""
        from vitsci_viz.patching.sides import resolve_sides

        return resolve_sides(options, self.image.ndim, self.image.spacing)

    def is_ready(self, options: PatchOptions) -> bool:
        """Tell whether `tree` is a look-up of milliseconds that touches no pixel."""
        return self._pixel_key(options) in self._pyramids

    def pyramid(self, options: PatchOptions, *, progress: Progress = silent) -> Any:
        """Return the detail pyramid: the one step that touches every pixel."""
        from vitsci_viz.patching.detail import detail_pyramid

        return self._pyramids.get(
            self._pixel_key(options), lambda: detail_pyramid(self.image, options, progress=progress)
        )

    def tree(self, options: PatchOptions, *, progress: Progress = silent) -> PatchTree:
        """Return the tree of a setting (the first one of a forest)."""
        from vitsci_viz.patching.tree import tree_from_pyramid

        pyramid = self.pyramid(options, progress=progress)
        return self._trees.get(
            self.tree_key(options), lambda: tree_from_pyramid(pyramid, options, spacing_um=self.spacing_um)
        )

    def flat_tree(self, options: PatchOptions, slice_index: int) -> PatchTree:
        """Return the leaves in two dimensions: of a volume those that cross a slice."""
        from vitsci_viz.patching.draw import section

        tree = self.tree(options)
        if not self.is_volume:
            return tree
        key = (self.tree_key(options), slice_index)
        return self._sections.get(key, lambda: section(tree, axis=0, index=slice_index))

    def forest(self, options: PatchOptions, *, progress: Progress = silent) -> tuple[PatchTree, ...]:
        """Return the trees of a setting."""
        from vitsci_viz.patching.forest import forest_options

        return tuple(self.tree(each, progress=progress) for each in forest_options(self.image, options))

    def curve(self, options: PatchOptions) -> Any:
        """Return the whole curve of length against split value."""
        from vitsci_viz.patching.tree import length_curve

        pyramid = self.pyramid(options)
        key = (self._pixel_key(options), options.max_depth)
        return self._curves.get(key, lambda: length_curve(pyramid, max_depth=options.max_depth))

    def readings(self, options: PatchOptions) -> Readings:
        """Return the numbers of a setting; what is kept is None until `prepare_fidelity` has run."""
        from vitsci_viz.patching.readings import read_tree

        tree, pyramid, sides = self.tree(options), self.pyramid(options), self.sides(options)
        tables = self._tables.peek(sides)
        return self._readings.get(
            (self.tree_key(options), sides, tables is not None),
            lambda: read_tree(
                tree, options, pyramid, image=self.image, sides=sides,
                errors=tables.errors if tables else None, masks=tables.masks if tables else None,
            ),
        )  # fmt: skip

    def is_fidelity_ready(self, options: PatchOptions) -> bool:
        """Tell whether `readings` say what is kept."""
        return self.sides(options) in self._tables

    def prepare_fidelity(self, options: PatchOptions | None = None, *, progress: Progress = silent) -> None:
        """Read image and mask once for these sides of tokens and finest leaves; any tree is a look-up after that.

        Parameters
        ----------
        options : PatchOptions, optional
            Its patch size and finest leaf count; the default options' ones without it.
        progress : callable
            Told how far it is.
        """
        from vitsci_viz.patching.fidelity import ErrorTable
        from vitsci_viz.patching.oracle import MaskTable

        sides = self.sides(options or PatchOptions())

        def compute() -> FidelityTables:
            first = self._fidelity.get(
                "tables",
                lambda: FidelityTables(ErrorTable(self.image, progress=progress), self.mask and MaskTable(self.mask)),
            )
            with self._preparing:
                first.errors.prepare(sides.min_size, sides.patch_size)
            return first

        self._tables.get(sides, compute)

    def histogram(self, options: PatchOptions) -> LeafHistogram:
        """Return how many leaves there are of each size, and the share of the image they cover."""
        return histogram_of(self.tree(options))

    def leaf_at(self, options: PatchOptions, point: tuple[float, ...]) -> Leaf | None:
        """Return the leaf at a point, (y, x) or (z, y, x) in pixels; None outside the image."""
        tree = self.tree(options)
        return self._indices.get(self.tree_key(options), lambda: LeafIndex(tree)).at(point)

    def value_at(self, point: tuple[float, ...]) -> tuple[float, ...] | None:
        """Return the channels of the pixel at a point; None outside the image."""
        index = tuple(int(np.floor(value)) for value in point)
        if not all(0 <= at < length for at, length in zip(index, self.shape, strict=True)):
            return None
        rows, columns = (slice(at, at + 1) for at in index[-2:])
        pixel = self.display.read(self.display.finest, rows, columns, index[0])
        return tuple(value.item() for value in pixel.ravel())

    def compare(self, first: PatchOptions, second: PatchOptions) -> Comparison:
        """Return the readings of two settings side by side."""
        return Comparison(
            first=self.readings(first), second=self.readings(second),
            shared_leaves=shared_leaves(self.tree(first), self.tree(second)),
        )  # fmt: skip

    def on_sharper(self, callback: Callable[[], None]) -> None:
        """Call back, from a worker thread, when a sharper overview of a huge image is there: draw again."""
        self.display.on_sharper(callback)

    def close(self) -> None:
        """Stop what runs in the background."""
        for display in (self.display, self.mask_display):
            if display is not None:
                display.close()

    def _pixel_key(self, options: PatchOptions) -> tuple[Any, ...]:
        return (*(getattr(options, name) for name in PIXEL_OPTIONS), self.sides(options).min_size)

    def tree_key(self, options: PatchOptions) -> tuple[Any, ...]:
        """Return what a tree depends on: settings with equal keys have equal trees."""
        return (self._pixel_key(options), *(getattr(options, name) for name in TREE_OPTIONS))
