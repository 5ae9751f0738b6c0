"""Canvases beside each other that share their view: built at once, shown as a layout needs them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vitsci_viz.views.canvas.canvas import Layers, PatchCanvas
    from vitsci_viz.views.session.state import Window

Point = tuple[float, float]


class LinkedCanvases:
    """Rows of canvases of one image; those in use share the room.

    Every canvas is made at once, as models that are added to a page that is open already come late and in pieces.

    Parameters
    ----------
    rows : sequence of sequence of sequence of str
        Row by row the layers of every canvas, bottom to top.
    on_window : callable
        ``on_window(number, window)``: a canvas shows another part of the image.
    on_probe : callable
        ``on_probe(number, point)``: the cursor moved over a canvas, or left it (None).
    on_slice : callable
        Called with -1 or 1.
    on_layers : callable, optional
        ``on_layers(number, layers)``: the user toggled or faded a layer of a canvas.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[Sequence[str]]],
        *,
        on_window: Callable[[int, "Window"], None],
        on_probe: Callable[[int, Point | None], None],
        on_slice: Callable[[int], None],
        on_layers: "Callable[[int, Layers], None]" = lambda number, layers: None,
    ) -> None:
        import panel as pn

        from vitsci_viz.views.canvas.canvas import PatchCanvas

        self.canvases: list[PatchCanvas] = []
        self._boxes: list[Any] = []
        self._rows: list[tuple[Any, range]] = []
        for row in rows:
            first = len(self.canvases)
            for layers in row:
                number = len(self.canvases)
                canvas = PatchCanvas((512, 512), layers=layers, link=self.canvases[0] if self.canvases else None)
                canvas.on_window(lambda window, number=number: on_window(number, window))
                canvas.on_probe(lambda point, number=number: on_probe(number, point))
                canvas.on_slice(on_slice)
                canvas.on_layers(lambda layers, number=number: on_layers(number, layers))
                self.canvases.append(canvas)
                self._boxes.append(_box(canvas, is_visible=number == 0))
            members = range(first, len(self.canvases))
            line = pn.Row(*self._boxes[first:], sizing_mode="stretch_both", styles={"gap": "1px"}, margin=0)
            line.visible = first == 0
            self._rows.append((line, members))
        lines = [line for line, _ in self._rows]
        self.panel: Any = pn.Column(*lines, sizing_mode="stretch_both", styles={"gap": "1px"}, margin=0)

    def arrange(self, captions: Sequence[str | None]) -> None:
        """Show the canvases that have a caption ("" for none above it); None, or nothing, hides one."""
        wanted = [captions[number] if number < len(captions) else None for number in range(len(self._boxes))]
        for box, text in zip(self._boxes, wanted, strict=True):
            caption, _ = box
            caption.object, caption.visible = text or "", bool(text)
            box.visible = text is not None
        for line, members in self._rows:
            line.visible = any(wanted[number] is not None for number in members)

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim every canvas while it does not match what was asked for."""
        for canvas in self.canvases:
            canvas.set_stale(is_stale, message)


def _box(canvas: "PatchCanvas", *, is_visible: bool) -> Any:
    import panel as pn

    caption = pn.pane.HTML("", sizing_mode="stretch_width", height=26, margin=0, styles=STRIP, visible=False)
    pane = pn.pane.Bokeh(canvas.layout, sizing_mode="stretch_both", margin=0)
    return pn.Column(caption, pane, sizing_mode="stretch_both", margin=0, visible=is_visible)


STRIP = {
    "background": "#1c1e21",
    "color": "#d8dce0",
    "padding": "0 12px",
    "font": "600 12px/26px var(--vz-font)",
    "text-align": "center",
    "user-select": "none",
}
