"""What a canvas shows of a segmentation: truth, prediction, error, uncertainty and the leaves behind them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.draw import section
from vitsci_viz.training.scores import IGNORED
from vitsci_viz.types import Image, LevelArray, PatchTree
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.layers import Extent, LeafScene, Raster
from vitsci_viz.views.session.leaves import leaf_scene
from vitsci_viz.views.session.masks import label_overlay
from vitsci_viz.views.session.palettes import class_hex, scalar_palette
from vitsci_viz.views.session.picture import PixelBox, box_in
from vitsci_viz.views.session.resizing import resized
from vitsci_viz.views.session.segment_errors import (
    AGREEMENT,
    DIFFERENCES,
    ERRORS,
    NOT_LABELLED,
    OTHER_CLASS,
    Kind,
    agreement_codes,
    code_palette,
    code_raster,
    difference_codes,
    error_codes,
)
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

Labels = NDArray[np.uint8]

FINER = 4
"""Errors are found on pixels this many times finer than the screen's, so that thin ones are not missed."""
MOST_PIXELS = 2**24
"""Larger windows, such as those of sharp screens, are satisfied with pixels twice as fine."""
CLASSES_IN_LEGEND = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class Predicted:
    """One prediction, ready to be drawn.

    Parameters
    ----------
    labels : DisplayPyramid
        Class indices, uint8, in the image's shape.
    uncertainty : DisplayPyramid, optional
        Entropy of the class probabilities over its maximum, as uint8 (255 is 1) or as floats from 0 to 1; may be
        coarser than the image.
    trees : tuple of PatchTree
        The trees that the tokens came from; empty for models on pixels.
    tokens : int
        Length of the sequence, all trees and tiles together.
    seconds : mapping of str to float
        Time by stage.
    notes : tuple of str
        What to know about it, such as a resampling.
    """

    labels: DisplayPyramid
    uncertainty: DisplayPyramid | None = None
    trees: tuple[PatchTree, ...] = ()
    tokens: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class SegmentView:
    """What the page shows: frozen, so that a worker may read it.

    Parameters
    ----------
    base : PatchSession
        The open image.
    classes : tuple of str
        Name of every class index.
    truth : DisplayPyramid, optional
        Class indices with 255 where nothing is labelled.
    first, second : Predicted, optional
        Predictions of run A and, where two are compared, of run B.
    slice_index : int, optional
        The slice of a volume.
    """

    base: PatchSession
    classes: tuple[str, ...] = ()
    truth: DisplayPyramid | None = None
    first: Predicted | None = None
    second: Predicted | None = None
    slice_index: int | None = None

    def predicted(self, *, is_second: bool = False) -> Predicted | None:
        """Return the prediction of run A or B."""
        return self.second if is_second else self.first


def truth_overlay(view: SegmentView, window: Window) -> Raster | None:
    """Return the truth in a window: classes filled translucently inside a crisp outline."""
    return None if view.truth is None else _classes(view, view.truth, window, "truth")


def prediction_overlay(view: SegmentView, window: Window, *, is_second: bool = False) -> Raster | None:
    """Return a prediction in a window, drawn as the truth is."""
    found = view.predicted(is_second=is_second)
    return None if found is None else _classes(view, found.labels, window, "prediction")


def error_overlay(
    view: SegmentView, window: Window, *, is_second: bool = False, margin: float = MARGIN
) -> Raster | None:
    """Return where a prediction differs from the truth; None without both.

    Returns
    -------
    Raster
        False positives, false negatives and wrong classes in one colour each; see `segment_errors.code_raster`.
    """
    found = view.predicted(is_second=is_second)
    if found is None or view.truth is None:
        return None
    return _coded(view, (view.truth, found.labels), error_codes, ERRORS, window.padded(margin), "error")


def difference_overlay(view: SegmentView, window: Window) -> Raster | None:
    """Return where two predictions differ, and which of them is right where the truth is known."""
    if view.first is None or view.second is None:
        return None
    pair = (view.first.labels, view.second.labels)
    if view.truth is None:
        return _coded(view, pair, agreement_codes, AGREEMENT, window.padded(MARGIN), "A against B")
    return _coded(view, (view.truth, *pair), difference_codes, DIFFERENCES, window.padded(MARGIN), "A against B")


def uncertainty_map(view: SegmentView, window: Window, *, is_second: bool = False) -> Raster | None:
    """Return the entropy of the class probabilities over its maximum, log of the number of classes.

    Returns
    -------
    Raster
        Index 0 is certain, 255 all classes equally likely: one scale for every run and zoom.
    """
    found = view.predicted(is_second=is_second)
    if found is None or found.uncertainty is None:
        return None
    box, values = _read(view, found.uncertainty, window.padded(MARGIN), 1)
    if box is None:
        return None
    height, width = _screen_size(values.shape, box.extent, window.scale)
    small = resized(values, height, width) if (height, width) != values.shape else values
    return Raster(
        index=small if small.dtype == np.uint8 else np.rint(small * 255).astype(np.uint8),
        palette=scalar_palette(),
        extent=box.extent,
        high=1.0,
        label="uncertainty (entropy / log K)",
        is_capped=False,
    )


def prediction_leaves(view: SegmentView, window: Window, *, is_second: bool = False) -> LeafScene | None:
    """Return the leaves that a prediction was made on; those of the first tree of a forest."""
    found = view.predicted(is_second=is_second)
    if found is None or not found.trees:
        return None
    tree = found.trees[0]
    flat = tree if tree.ndim == 2 else section(tree, axis=0, index=view.slice_index or 0)
    return leaf_scene(flat, tree, window.padded(MARGIN), depth=int(tree.level.max(initial=0)))


def class_entries(view: SegmentView) -> tuple[tuple[str, str], ...]:
    """Return colour and name of every class but background, for a legend; of many the first ones."""
    names = [(class_hex(index), name) for index, name in enumerate(view.classes) if index]
    more = len(names) - CLASSES_IN_LEGEND
    rest = [("transparent", f"and {more} more")] if more > 0 else []
    return (*names[:CLASSES_IN_LEGEND], *rest)


def error_entries(view: SegmentView) -> tuple[tuple[str, str], ...]:
    """Return colour and meaning of what an error map shows, for a legend."""
    return _code_entries(ERRORS, is_binary=len(view.classes) == 2, has_ignored=False)


def difference_entries(view: SegmentView) -> tuple[tuple[str, str], ...]:
    """Return colour and meaning of what the map of differences shows, for a legend."""
    kinds = AGREEMENT if view.truth is None else DIFFERENCES
    return _code_entries(kinds, is_binary=len(view.classes) == 2, has_ignored=False)


def classes_at(view: SegmentView, point: tuple[float, float]) -> dict[str, int]:
    """Return the class indices at a point (y, x) of truth and predictions; empty outside the image."""
    layers = {"truth": view.truth, "A": view.first and view.first.labels, "B": view.second and view.second.labels}
    rows, columns = (int(np.floor(value)) for value in point)
    if not (0 <= rows < view.base.shape[-2] and 0 <= columns < view.base.shape[-1]):
        return {}
    place = (slice(rows, rows + 1), slice(columns, columns + 1))
    return {
        name: int(layer.read(layer.finest, *place, view.slice_index)[0, 0, 0])
        for name, layer in layers.items()
        if layer is not None
    }


def label_display(labels: LevelArray, *, name: str = "labels") -> DisplayPyramid:
    """Make class indices, one per pixel, ready to draw."""
    axes = "zyx"[-len(labels.shape) :]
    return DisplayPyramid(Image(levels=(labels,), axes=axes, name=name), is_labels=True)


# ---- inside


def _classes(view: SegmentView, display: DisplayPyramid, window: Window, label: str) -> Raster | None:
    found = label_overlay(display, window, slice_index=view.slice_index, ignored=IGNORED)
    if found is None:
        return None
    return Raster(
        index=found.index,
        palette=found.palette,
        extent=found.extent,
        label=label,
        entries=class_entries(view),
    )


def _coded(
    view: SegmentView,
    layers: tuple[DisplayPyramid, ...],
    codes_of: Callable[..., Labels],
    kinds: tuple[Kind | None, ...],
    window: Window,
    label: str,
) -> Raster | None:
    finer = FINER if window.width * window.height * FINER**2 <= MOST_PIXELS else FINER // 2
    boxes, arrays = zip(*(_read(view, layer, window, finer) for layer in layers), strict=True)
    box = boxes[0]
    if box is None:
        return None
    first = arrays[0]
    same = (array if array.shape == first.shape else _nearest(array, first.shape) for array in arrays)
    codes = codes_of(*same)
    height, width = _screen_size(codes.shape, box.extent, window.scale)
    return Raster(
        index=code_raster(codes, height, width, kinds),
        palette=code_palette(kinds),
        extent=box.extent,
        label=label,
        entries=_code_entries(kinds, is_binary=len(view.classes) == 2, has_ignored=bool((codes == NOT_LABELLED).any())),
    )


def _code_entries(kinds: tuple[Kind | None, ...], *, is_binary: bool, has_ignored: bool) -> tuple[tuple[str, str], ...]:
    """Return the legend of codes, mistakes first, without those that cannot occur here."""
    left_out = {NOT_LABELLED} if not has_ignored else set[int]()
    if is_binary and kinds is not DIFFERENCES:
        left_out.add(OTHER_CLASS)
    listed = [kind for code, kind in enumerate(kinds) if kind is not None and code not in left_out]
    return tuple((kind.colour, kind.title) for kind in sorted(listed, key=lambda kind: not kind.is_mistake))


def _read(view: SegmentView, display: DisplayPyramid, window: Window, finer: int) -> tuple[PixelBox | None, Any]:
    """Read a layer in a window, of pixels at least `finer` times as fine as the screen's; it may be a coarse one."""
    step_y, step_x = (full / own for full, own in zip(view.base.shape[-2:], display.image.shape[-2:], strict=True))
    own = Window(
        window.x0 / step_x, window.y0 / step_y, window.x1 / step_x, window.y1 / step_y, window.width, window.height
    )
    level = display.level_for(own.scale / finer)
    box = box_in(level, own, display.image.shape)
    if box is None:
        return None, np.zeros((1, 1), np.uint8)
    values = display.read(level, box.rows, box.columns, _own_slice(view, display))[..., 0]
    left, top, right, bottom = box.extent
    extent = (left * step_x, top * step_y, right * step_x, bottom * step_y)
    return PixelBox(rows=box.rows, columns=box.columns, extent=extent), values


def _own_slice(view: SegmentView, display: DisplayPyramid) -> int | None:
    if view.slice_index is None:
        return None
    return view.slice_index * display.image.shape[0] // view.base.shape[0]


def _screen_size(shape: tuple[int, ...], extent: Extent, scale: float) -> tuple[int, int]:
    """Return rows and columns that a rectangle takes on the screen; never more than there are pixels."""
    left, top, right, bottom = extent
    return (
        max(1, min(shape[0], round((bottom - top) / scale))),
        max(1, min(shape[1], round((right - left) / scale))),
    )


def _nearest(values: Labels, shape: tuple[int, ...]) -> Labels:
    return resized(values, shape[0], shape[1], interpolation=cv2.INTER_NEAREST)
