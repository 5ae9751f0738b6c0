"""What the user may take away: the overlay, the statistics, the tree, the recipe."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.views.session.session import PatchSession

PIECE_BYTES = 4 * 2**20
"""Larger files cross the wire in pieces, so that no message is refused."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    """A file made on the server and kept by the browser."""

    name: str
    mime: str
    data: bytes

    def pieces(self) -> list[dict[str, Any]]:
        """Return the messages that carry it."""
        starts = range(0, max(1, len(self.data)), PIECE_BYTES)
        return [
            {
                "kind": "file",
                "name": self.name,
                "mime": self.mime,
                "data": self.data[start : start + PIECE_BYTES],
                "last": start + PIECE_BYTES >= len(self.data),
            }
            for start in starts
        ]


def statistics(session: PatchSession, options: PatchOptions) -> dict[str, Any]:
    """Return the readings, the histogram and the setting in plain values."""
    readings = dataclasses.asdict(session.readings(options))
    histogram = session.histogram(options)
    leaves = [
        {"level": int(level), "size_px": [int(n) for n in size], "count": int(count), "area_share": float(area)}
        for level, size, count, area in zip(
            histogram.level, histogram.size, histogram.count, histogram.area_share, strict=True
        )
    ]
    return {
        "image": session.image.name,
        "shape": list(session.shape),
        "options": options.to_mapping(),
        "readings": readings,
        "leaves": leaves,
    }


def overlay_file(session: PatchSession, options: PatchOptions, progress: Progress = silent) -> File:
    """Draw the leaves over the image, at most 4,096 pixels a side."""
    from pathlib import Path

    from vitsci_viz.workflows.overlay import encode_picture, overlay_picture

    rgb = overlay_picture(session.image, session.tree(options, progress=progress))
    return File(name=f"{_stem(session)}-overlay.png", mime="image/png", data=encode_picture(rgb, Path("overlay.png")))


def json_file(session: PatchSession, options: PatchOptions, progress: Progress = silent) -> File:
    """Write the statistics as JSON."""
    from vitsci_viz.workflows.table import to_json

    text = to_json(statistics(session, options))
    return File(name=f"{_stem(session)}-statistics.json", mime="application/json", data=text.encode())


def csv_file(session: PatchSession, options: PatchOptions, progress: Progress = silent) -> File:
    """Write the leaves by size as CSV, with the readings repeated on each line."""
    from vitsci_viz.workflows.table import to_csv

    found = statistics(session, options)
    dice = found["readings"].pop("oracle_dice") or {}
    fixed = {**found["readings"], **{f"oracle_dice_{label}": value for label, value in dice.items()}}
    rows = [{**leaf, "size_px": "x".join(map(str, leaf["size_px"])), **fixed} for leaf in found["leaves"]]
    return File(name=f"{_stem(session)}-statistics.csv", mime="text/csv", data=to_csv(rows).encode())


def tree_file(session: PatchSession, options: PatchOptions, progress: Progress = silent) -> File:
    """Write the tree as ``npz`` (origin, size, level, score, shape)."""
    import tempfile
    from pathlib import Path

    from vitsci_viz.patching.tree_file import save_tree

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tree.npz"
        save_tree(path, session.tree(options, progress=progress))
        return File(name=f"{_stem(session)}-tree.npz", mime="application/octet-stream", data=path.read_bytes())


DOWNLOADS: Mapping[str, tuple[str, Callable[[PatchSession, PatchOptions, Progress], File]]] = {
    "overlay": ("Overlay (PNG)", overlay_file),
    "csv": ("Statistics (CSV)", csv_file),
    "json": ("Statistics (JSON)", json_file),
    "tree": ("Tree (npz)", tree_file),
}
"""Name -> title in the menu and maker."""


def _stem(session: PatchSession) -> str:
    return session.image.name.split(".")[0] or "image"
