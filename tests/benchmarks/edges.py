"""How far edges on the fixed tile grid are from those of one Canny over the whole image."""

import cv2
import numpy as np

from tests.benchmarks.large import picture_band
from tests.benchmarks.measuring import Row
from vitsci_viz.patching.blur import blur_kernel
from vitsci_viz.patching.edges import canny_thresholds, edge_map
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image

COUNT = 3
"""Tiles of detailed content along each axis: 12,288^2 pixels."""


def measure() -> list[Row]:
    """Compare both on content whose own seams lie off the tile grid."""
    picture = np.concatenate([picture_band(row, COUNT) for row in range(COUNT)])
    picture = np.roll(picture, (1777, 911), (0, 1))
    shares: dict[str, float] = {}
    found: dict[str, int] = {}
    for name, thresholds in {"auto": "auto", "100_200": (100, 200)}.items():
        options = PatchOptions(thresholds=thresholds)
        image = as_image(picture)
        kernel, limits = blur_kernel(options, image), canny_thresholds(image, options)
        whole = cv2.Canny(cv2.GaussianBlur(picture, (kernel, kernel), 0), *limits)
        found[name] = int(np.count_nonzero((whole > 0) != (edge_map(image, options) > 0)))
        shares[name] = found[name] / max(1, np.count_nonzero(whole))
    return [
        Row(
            name="edge pixels that differ between the 4,096 tile grid and one Canny over the whole of 12,288^2 pixels",
            target="< 1e-5 of the edge pixels",
            measured=f"{shares['auto']:.1e} ({found['auto']}) with automatic thresholds, {shares['100_200']:.1e} "
            f"({found['100_200']}) with (100, 200)",
            is_met=max(shares.values()) < 1e-5,
            values={"shares": shares, "pixels": found},
        )
    ]
