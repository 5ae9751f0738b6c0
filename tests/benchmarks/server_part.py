"""What the server does for one moved slider, in this process: tree, readings, leaves, frames; no browser."""

import statistics
import time

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.panel_app.shots import Shot, answer_of
from vitsci_viz.views.session import scene
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

VIEWPORT = (760, 620)
"""Width and height of the canvas on a 1366 x 768 screen."""


def measure_server(image: NDArray[np.uint8], repetitions: int) -> dict[str, float]:
    """Return medians in ms over split values that were not asked for before.

    Returns
    -------
    dict
        ``overlay``: tree, readings, histogram, guidance, leaves and their encoding; ``follow``: reconstruction and
        error map after that.
    """
    session = PatchSession(as_image(image))
    window, canvas = Window.fit(session.shape, *VIEWPORT), PatchCanvas(session.shape)
    overlay: list[float] = []
    follow: list[float] = []
    for number in range(repetitions + 2):
        options = PatchOptions(split_value=20.0 + 7.5 * (number * 37 % 64))
        if not number:
            session.prepare_fidelity(options)
        started = time.perf_counter()
        answer_of(Shot(session, options))
        canvas.show_leaves(scene.leaves(session, options, window))
        shown = time.perf_counter()
        canvas.show("reconstruction", scene.reconstruction(session, options, window))
        canvas.show("error", scene.error_map(session, options, window))
        ended = time.perf_counter()
        if number > 1:
            overlay.append(1e3 * (shown - started))
            follow.append(1e3 * (ended - shown))
    return {"overlay": statistics.median(overlay), "follow": statistics.median(follow)}
