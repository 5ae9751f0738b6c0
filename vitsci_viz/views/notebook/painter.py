"""What the canvas of a notebook shows: leaves at once, pixels from a worker thread, each only when it changed."""

from collections.abc import Callable
from typing import Any

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.notebook.lanes import KernelLane
from vitsci_viz.views.session import scene
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

KEPT_LAYERS: dict[str, Callable[..., Any]] = {"reconstruction": scene.reconstruction, "error": scene.error_map}
"""Layers that follow the options and need pixels: drawn while visible."""


class Painter:
    """Draws one session on one canvas.

    Parameters
    ----------
    session : PatchSession
        The open image.
    canvas : PatchCanvas
        Where it is drawn; the layers that need pixels and follow the options begin hidden.
    options : PatchOptions
        The setting shown first.
    """

    def __init__(self, session: PatchSession, canvas: PatchCanvas, options: PatchOptions) -> None:
        self._session = session
        self._canvas = canvas
        self._options = options
        self._window: Window | None = None
        self._pixels, self._kept = KernelLane(), KernelLane()
        self._offered: set[str] = set()
        self._overview_of: tuple[int | None, ...] = ()
        self.slice_index = session.slices // 2 if session.is_volume else None
        for name in KEPT_LAYERS:
            canvas.set_layer(name, visible=False)
        canvas.on_window(self._move)
        canvas.on_probe(self._probe)
        canvas.on_layers(lambda layers: self._draw_kept())

    def show(self, options: PatchOptions) -> None:
        """Show another setting; the image is left alone."""
        self._options = options
        self._draw_leaves()
        self._draw_kept()

    def show_slice(self, index: int) -> None:
        """Show another slice of a volume."""
        self.slice_index = index
        self._draw_all()

    def close(self) -> None:
        """End the worker threads."""
        self._pixels.close()
        self._kept.close()

    def _move(self, window: Window) -> None:
        self._window = window
        self._draw_all()

    def _draw_all(self) -> None:
        self._draw_leaves()
        self._draw_pixels()
        self._draw_kept()

    def _draw_leaves(self) -> None:
        if self._window is not None:
            self._canvas.show_leaves(
                scene.leaves(self._session, self._options, self._window, slice_index=self.slice_index)
            )

    def _draw_pixels(self) -> None:
        """Draw the image and the mask, which follow the window; once a slice the whole behind them, small."""
        window, at = self._window, self.slice_index
        if window is None:
            return
        needs_overview = self._overview_of != (at,)

        def work(progress: Progress) -> dict[str, Any]:
            overview = {"overview": scene.overview(self._session, slice_index=at)} if needs_overview else {}
            return {
                **overview,
                "image": scene.picture(self._session, window, slice_index=at),
                "mask": scene.mask_overlay(self._session, window, slice_index=at),
            }

        def done(drawn: dict[str, Any]) -> None:
            if "overview" in drawn:
                self._overview_of = (at,)
                self._canvas.show_overview(drawn.pop("overview"))
            self._put(drawn)

        self._pixels.submit(work, done)

    def _draw_kept(self) -> None:
        """Draw what tokens keep; a layer is drawn once while hidden, so that the canvas offers to show it."""
        window, options, at = self._window, self._options, self.slice_index
        layers = self._canvas.layers
        wanted = [name for name in KEPT_LAYERS if layers[name][0] or name not in self._offered]
        if window is None or not wanted:
            return

        def work(progress: Progress) -> dict[str, Any]:
            return {name: KEPT_LAYERS[name](self._session, options, window, slice_index=at) for name in wanted}

        self._kept.submit(work, self._put)

    def _put(self, drawn: dict[str, Any]) -> None:
        self._offered.update(drawn)
        for name, layer in drawn.items():
            self._canvas.show(name, layer)

    def _probe(self, point: tuple[float, float] | None) -> None:
        place = None if point is None else point if self.slice_index is None else (float(self.slice_index), *point)
        leaf = None if place is None else self._session.leaf_at(self._options, place)
        if leaf is None:
            self._canvas.show_probe(None)
            return
        side = " x ".join(str(each) for each in leaf.size)
        total = len(self._session.tree(self._options))
        text = (
            f"token {leaf.token + 1:,} of {total:,}",
            f"level {leaf.level}",
            f"{side} px",
            f"detail {leaf.score:,.4g}",
        )
        self._canvas.show_probe(leaf, text)
