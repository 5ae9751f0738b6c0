"""How far edges on the fixed tile grid are from those of one Canny over the whole image."""

import cv2
import numpy as np

from tests.benchmarks.large import picture_band
from tests.benchmarks.measuring import Row
from vitsci_viz.patching.blur import blur_kernel
from vitsci_viz.patching.edges import EDGE_HALO, canny_thresholds, edge_map
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image

COUNT = 3
"""Tiles of detailed content along each axis: 12,288^2 pixels."""
PLACES = ((1777, 911), (300, 2900), (3500, 700), (911, 3333), (2222, 1234), (640, 100))
"""Shifts against the tile grid. What differs are few long chains of weak edges, so one place proves nothing."""


def measure() -> list[Row]:
    """Pool both over several places of one picture on the tile grid."""
    whole_picture = np.concatenate([picture_band(row, COUNT) for row in range(COUNT)])
    different, edges = {"auto": 0, "100_200": 0}, {"auto": 0, "100_200": 0}
    for place in PLACES:
        picture = np.roll(whole_picture, place, (0, 1))
        for name, thresholds in {"auto": "auto", "100_200": (100, 200)}.items():
            options, image = PatchOptions(thresholds=thresholds), as_image(picture)
            kernel, limits = blur_kernel(options, image), canny_thresholds(image, options)
            whole = cv2.Canny(cv2.GaussianBlur(picture, (kernel, kernel), 0), *limits) > 0
            different[name] += int(np.count_nonzero(whole != (edge_map(image, options) > 0)))
            edges[name] += int(np.count_nonzero(whole))
    shares = {name: different[name] / max(1, edges[name]) for name in edges}
    return [
        Row(
            name="edge pixels that differ between the 4,096 tile grid and one Canny over the whole, 12,288^2 pixels at "
            f"{len(PLACES)} places on the grid",
            target="< 1e-5 of the edge pixels",
            measured=f"{shares['auto']:.1e} ({different['auto']} of {edges['auto']:,}) with automatic thresholds, "
            f"{shares['100_200']:.1e} ({different['100_200']} of {edges['100_200']:,}) "
            f"with (100, 200); halo {EDGE_HALO}",
            is_met=max(shares.values()) < 1e-5,
            repetitions=len(PLACES),
            values={"shares": shares, "different": different, "edges": edges, "halo": EDGE_HALO},
        )
    ]
