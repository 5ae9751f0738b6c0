"""Compile what is compiled at first use before the first visitor waits for it."""

import logging
import threading

import numpy as np

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import Image
from vitsci_viz.views.session import scene
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

SIDE = 64
CASES: tuple[tuple[str, str], ...] = (("yxc", "uint8"), ("yx", "uint8"), ("zyx", "uint8"), ("zyx", "uint16"))
"""Axes and types of images that people open most, the most frequent first."""

_preparing = threading.Event()


def is_preparing() -> bool:
    """Tell whether a warm-up runs, which makes the first drawing wait."""
    return _preparing.is_set()


def warm_up_in_background() -> threading.Thread:
    """Start `warm_up` in a thread that dies with the process.

    Notes
    -----
    After an installation this takes seconds (the compiled code is kept on disk), later a fraction of one.
    """
    _preparing.set()
    thread = threading.Thread(target=_warm_up_quietly, name="vitsci-viz-warm-up", daemon=True)
    thread.start()
    return thread


def warm_up() -> None:
    """Draw small images of every case once, with their masks, by each kind of detail."""
    for axes, dtype in CASES:
        image, mask = _example(axes, dtype)
        session = PatchSession(image, mask)
        for detail in ("edges", "gradient", "variance") if axes[0] == "y" else ("gradient", "variance"):
            _draw(session, PatchOptions(detail=detail, patch_size=8, min_size=4))


def _warm_up_quietly() -> None:
    try:
        warm_up()
    except Exception:
        # whoever meets the same fault with an image of their own is told on the page
        logging.getLogger(__name__).exception("the warm-up failed; the first drawing will take longer")
    finally:
        _preparing.clear()


def _example(axes: str, dtype: str) -> tuple[Image, Image]:
    spatial = axes.removesuffix("c")
    shape = (SIDE,) * len(spatial) if axes[0] == "y" else (SIDE // 4, SIDE, SIDE)
    ramp = np.indices(shape).sum(axis=0)
    grey = ((ramp * 37) % 251).astype(dtype)
    levels = np.stack([grey] * 3, axis=-1) if axes.endswith("c") else grey
    return Image(levels=(levels,), axes=axes), Image(levels=((ramp > SIDE).astype(np.uint8),), axes=spatial)


def _draw(session: PatchSession, options: PatchOptions) -> None:
    window, far = (Window(0, 0, SIDE, SIDE, side, side) for side in (SIDE, SIDE // 4))
    index = session.slices // 2 if session.is_volume else None
    session.pyramid(options)
    session.prepare_fidelity(options)
    session.readings(options)
    for make in (scene.leaves, scene.reconstruction, scene.error_map):
        make(session, options, window, slice_index=index)
    scene.leaves(session, options, far, slice_index=index)  # too small for rectangles: painted
    scene.picture(session, window, slice_index=index)
    session.leaf_at(options, (1.0,) * len(session.shape))
