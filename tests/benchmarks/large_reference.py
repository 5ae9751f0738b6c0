"""Read a picture in tiles with their halo, blur them, find edges, keep nothing: what any tree on edges must do."""

import json
import sys
import time
from pathlib import Path

import cv2

from vitsci_viz.io import read_image
from vitsci_viz.patching.blur import blur_kernel, blurred
from vitsci_viz.patching.edges import EDGE_HALO
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import read_window
from vitsci_viz.patching.stream import Tile, run, tile_side, tiles
from vitsci_viz.workflows.machine import peak_rss_bytes


def main(path: str, low: str, high: str) -> None:
    """Print seconds and peak memory as JSON."""
    image = read_image(Path(path))
    kernel, limits = blur_kernel(PatchOptions(), image), (float(low), float(high))

    def find_edges(tile: Tile) -> int:
        return cv2.Canny(blurred(read_window(image, tile.window), kernel), *limits).size

    started = time.perf_counter()
    for _ in run(tiles(image.shape, tile_side((1, 1)), EDGE_HALO), find_edges, stage="edges"):
        pass
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_rss_bytes": peak_rss_bytes()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
