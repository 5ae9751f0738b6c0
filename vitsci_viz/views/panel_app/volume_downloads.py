"""What the user may take away of a volume: each plane as a picture and as numbers, and the report."""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.volume_planes import PLANES, PlaneName, Point, index_of
from vitsci_viz.views.session.volume_session import VolumeSession

Make = Callable[[VolumeSession, Point, Span], File]


def plane_file(name: PlaneName, suffix: str, session: VolumeSession, point: Point, span: Span) -> File:
    """Return a plane at full resolution.

    Parameters
    ----------
    name : {"xy", "yz", "xz"}
        Which plane.
    suffix : {".png", ".tif"}
        Grey between the two values of the span, or float32 in the unit of the volume with its spacing.
    session : VolumeSession
        The open volume.
    point : (float, float, float)
        Where the planes meet.
    span : (float, float)
        Values shown as black and white.
    """
    from vitsci_viz.io.writing import write_image
    from vitsci_viz.views.session.volume_scene import as_grey

    plane = PLANES[name]
    index = index_of(point, plane.cut)
    values = session.plane_values(plane, index)
    found = values if suffix == ".tif" else as_grey(values, span)
    spacing = session.volume.spacing
    steps = None if spacing is None else (spacing[plane.down], spacing[plane.across])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{session.name.split('.')[0] or 'volume'}-{name}-{plane.cut_letter}{index:05d}{suffix}"
        write_image(path, found, axes="yx", spacing=steps, unit=session.volume.unit)
        mime = "image/tiff" if suffix == ".tif" else "image/png"
        return File(name=path.name, mime=mime, data=path.read_bytes())


def report_file(session: VolumeSession, point: Point, span: Span) -> File:
    """Return what is kept of how the volume was made, with what is looked at, as JSON."""
    from vitsci_viz.workflows.table import to_json

    found: dict[str, Any] = {
        "volume": session.name, "shape": list(session.shape), "spacing": session.volume.spacing,
        "unit": session.volume.unit, "kept": session.facts,
        "shown": {"point": list(np.floor(point)), "values": list(span), "value": session.value_at(point)},
    }  # fmt: skip
    name = f"{session.name.split('.')[0] or 'volume'}-report.json"
    return File(name=name, mime="application/json", data=to_json(found).encode())


def _downloads() -> dict[str, tuple[str, Make]]:
    found: dict[str, tuple[str, Make]] = {}
    for name, plane in PLANES.items():
        found[f"{name}-tif"] = (f"{plane.title} slice, values (TIFF)", partial(plane_file, name, ".tif"))
        found[f"{name}-png"] = (f"{plane.title} slice, grey (PNG)", partial(plane_file, name, ".png"))
    found["report"] = ("Report (JSON)", report_file)
    return found


VOLUME_DOWNLOADS: Mapping[str, tuple[str, Make]] = _downloads()
"""Name -> title in the menu and maker."""
