"""The source chooser: what is open, and a window with samples, recent, the data root and upload."""

import dataclasses
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.types import Image
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.library import Library, Upload
from vitsci_viz.views.session.wording import extent

Role = Literal["image", "mask"]


class SourceChooser:
    """Shows what is open and lets the user choose another image or mask.

    Parameters
    ----------
    library : Library
        What may be opened.
    on_choose : callable
        ``on_choose(role, source)``: the user chose a source for the image or the mask ("" for no mask).
    """

    def __init__(self, library: Library, on_choose: Callable[[Role, str], None]) -> None:
        self._library = library
        self._on_choose = on_choose
        self._upload: Upload | None = None
        self.view = self._island()
        self.view.put(image=None, mask=None, recent=[], folder=None, error="", note="", received=0)

    def show(self, source: str, image: Image, mask: Image | None, mask_source: str | None) -> None:
        """Say what is open."""
        self._library.remember(source)
        self.view.put(
            image={"source": source, "name": image.name, "facts": facts_of(image)},
            mask=None if mask is None else {"source": mask_source or "", "name": mask.name},
            recent=list(self._library.recent),
            error="",
            opened=self.view.state.get("opened", 0) + 1,
        )

    def fail(self, message: str) -> None:
        """Show what went wrong with the last choice, in the window if it is open, else beside the name."""
        self.view.put(error=message)

    def _island(self, *, samples: Sequence[Mapping[str, Any]] | None = None, what: str = "image") -> Island:
        library = self._library
        fixed = {
            "samples": library.samples() if samples is None else samples,
            "root": "" if library.root is None else (library.root.resolve().name or "/"),
            "limit": library.max_upload_bytes,
            "what": what,
        }
        return Island(
            script="sources.js", style="sources.css", on_message=self._receive, fixed=fixed, sizing_mode="stretch_width"
        )

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind = message["kind"]
        try:
            if kind == "choose":
                self.view.put(error="")
                self._on_choose("mask" if message["role"] == "mask" else "image", str(message["source"]))
            elif kind == "browse":
                self._browse(str(message["path"]))
            elif kind == "upload":
                self._start(str(message["name"]), int(message["size"]))
            elif kind == "piece":
                self._take(bytes(message["data"]), last=bool(message["last"]), role=str(message["role"]))
        except (VitsciVizError, OSError) as error:
            self._upload = None
            self.view.put(error=str(error), received=-1)

    def _browse(self, path: str) -> None:
        listing = self._library.listing(path)
        self.view.put(folder=dataclasses.asdict(listing), error="")

    def _start(self, name: str, size: int, suffixes: Collection[str] = ()) -> None:
        if self._upload is not None:
            self._upload.abandon()
        self._upload = self._library.start_upload(name, size, suffixes)
        self.view.put(received=0, error="")
        self.view.send(kind="ready")

    def _take(self, piece: bytes, *, last: bool, role: str) -> None:
        if self._upload is None:
            return
        self._upload.add(piece)
        if not last:
            self.view.send(kind="ready")
            return
        source = self._upload.finish()
        self._upload = None
        self._on_choose("mask" if role == "mask" else "image", source)


def facts_of(image: Image) -> str:
    """Say size, channels, spacing, type and levels of an image in one line.

    >>> import numpy as np
    >>> facts_of(Image(levels=(np.zeros((2000, 3000, 3), np.uint8),), axes="yxc", spacing=(0.25, 0.25), unit="um"))
    '3,000 x 2,000 px, 3 channels, 0.25 um/px, uint8'
    """
    parts = [extent(image.shape, image.channels, image.spacing, image.unit), str(image.data.dtype)]
    if len(image.levels) > 1:
        parts.append(f"{len(image.levels)} levels")
    return ", ".join(parts)
