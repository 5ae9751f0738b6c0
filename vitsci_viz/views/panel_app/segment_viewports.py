"""The middle of the Segment page: image, truth, prediction, error and uncertainty, all of the same place."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from vitsci_viz.views.panel_app.canvases import LinkedCanvases, Point
from vitsci_viz.views.panel_app.viewports import spacing_of
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.segment_state import SegmentLayout

if TYPE_CHECKING:
    from vitsci_viz.views.session.segment import SegmentView
    from vitsci_viz.views.session.state import Window

Role = Literal[
    "everything", "image", "truth", "A", "B", "error A", "error B", "uncertainty A", "uncertainty B", "change"
]
"""What a canvas shows."""

LAYERS = ("image", "uncertainty", "truth", "prediction", "error", "change", "leaves")
"""Layers of every canvas, bottom to top; those that its role does not fill are not offered."""
ROWS = ((LAYERS,) * 3, (LAYERS,) * 3)

DIM = 0.45
"""Opacity of the image below errors, so that they stand out."""

SHOWN: Mapping[Role, tuple[str, ...]] = {
    "everything": ("image", "uncertainty", "truth", "prediction", "error", "leaves"),
    "image": ("image", "leaves"),
    "truth": ("image", "truth"),
    "A": ("image", "prediction", "leaves"),
    "B": ("image", "prediction", "leaves"),
    "error A": ("image", "error"),
    "error B": ("image", "error"),
    "uncertainty A": ("uncertainty",),
    "uncertainty B": ("uncertainty",),
    "change": ("image", "change"),
}
"""Layers that each role fills."""
HIDDEN: Mapping[Role, tuple[str, ...]] = {
    "everything": ("uncertainty", "truth", "error", "leaves"),
    "image": ("leaves",),
    "A": ("leaves",),
    "B": ("leaves",),
}
"""Layers that are offered but begin hidden."""


def roles_of(layout: SegmentLayout, *, has_truth: bool, has_second: bool) -> tuple[Role | None, ...]:
    """Return what each of the six canvases shows; None leaves it out.

    >>> roles_of("all", has_truth=True, has_second=False)
    ('image', 'truth', 'A', 'error A', 'uncertainty A', None)
    >>> roles_of("all", has_truth=False, has_second=False)
    ('image', 'A', 'uncertainty A', None, None, None)
    """
    if layout == "overlay":
        return "everything", None, None, None, None, None
    if layout == "compare" and has_second:
        first: tuple[Role | None, ...] = ("truth" if has_truth else "image", "A", "B")
        kind: tuple[Role, Role] = ("error A", "error B") if has_truth else ("uncertainty A", "uncertainty B")
        return (*first, "change", *kind)
    if has_truth:
        return "image", "truth", "A", "error A", "uncertainty A", None
    return "image", "A", "uncertainty A", None, None, None


def caption_of(role: Role, *, is_pair: bool) -> str:
    """Say what a canvas shows.

    >>> [caption_of("error A", is_pair=is_pair) for is_pair in (False, True)]
    ['Error', 'Error of A']
    """
    kind, _, side = role.partition(" ")
    if role == "everything":
        return ""
    if role in ("A", "B"):
        return f"Prediction {role}" if is_pair else "Prediction"
    if role == "change":
        return "Where A and B differ"
    return f"{kind.capitalize()} of {side}" if side and is_pair else kind.capitalize()


class SegmentViewports:
    """Canvases that share their view, drawn from a worker thread.

    Parameters
    ----------
    draw : Lane
        Thread that draws.
    on_move : callable
        Called when the first canvas shows another window.
    on_slice : callable
        Called with -1 or 1.
    on_error : callable
        Called with an exception from a worker.
    """

    def __init__(
        self,
        *,
        draw: Lane,
        on_move: Callable[[], None],
        on_slice: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._draw, self._on_move, self._on_error = draw, on_move, on_error
        self._view: SegmentView | None = None
        self._roles: tuple[Role | None, ...] = ()
        self.layout: SegmentLayout = "all"
        self._grid = LinkedCanvases(ROWS, on_window=self._moved, on_probe=self._probe, on_slice=on_slice)
        self._canvases = self._grid.canvases
        self.panel: Any = self._grid.panel

    @property
    def window(self) -> "Window | None":
        """What the first canvas shows."""
        return None if self._view is None else self._canvases[0].window

    def open(self, view: "SegmentView", *, window: "Window | None" = None) -> None:
        """Show another image; at the given window, or all of it."""
        self._view, self._roles = view, ()
        for canvas in self._canvases:
            canvas.set_image(view.base.shape[-2:], spacing_um=spacing_of(view.base), title=view.base.image.name)
        if window is not None:
            self._canvases[0].go_to(window)
        self.show(view)

    def show(self, view: "SegmentView") -> None:
        """Show another prediction or slice of the same image."""
        self._view = view
        self._arrange()
        self._draw_all()

    def arrange(self, layout: SegmentLayout) -> None:
        """Put the canvases of a layout beside each other."""
        self.layout = layout
        if self._view is not None:
            self.show(self._view)

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim what does not match the run or the options any more."""
        self._grid.set_stale(is_stale, message)

    def fit(self) -> None:
        """Show the whole image."""
        self._canvases[0].fit()

    # ---- inside

    def _arrange(self) -> None:
        """Give every canvas its role; layers that the user toggled stay as they are while the roles do."""
        view = self._view
        if view is None:
            return
        roles = roles_of(self.layout, has_truth=view.truth is not None, has_second=view.second is not None)
        if roles == self._roles:
            return
        before, self._roles = self._roles, roles
        is_pair = view.second is not None
        self._grid.arrange([None if role is None else caption_of(role, is_pair=is_pair) for role in roles])
        for number, role in enumerate(roles):
            if role is None or (number < len(before) and before[number] == role):
                continue
            canvas = self._canvases[number]
            for layer in LAYERS:
                if layer not in SHOWN[role]:
                    canvas.show(layer, None)
                is_dim = layer == "image" and role in ("error A", "error B", "change")
                canvas.set_layer(layer, visible=layer not in HIDDEN.get(role, ()), opacity=DIM if is_dim else 1.0)

    def _moved(self, number: int, window: "Window") -> None:
        self._draw_one(number)
        if number == 0 and self._view is not None:
            self._on_move()

    def _draw_all(self) -> None:
        for number in range(len(self._canvases)):
            self._draw_one(number)

    def _draw_one(self, number: int) -> None:
        view, role = self._view, self._roles[number] if number < len(self._roles) else None
        canvas = self._canvases[number]
        window = canvas.window
        if view is None or role is None:
            return

        def work(progress: Any) -> Any:
            from vitsci_viz.views.session.picture import overview

            if window is None:
                return overview(view.base, slice_index=view.slice_index)
            return drawn(view, role, window)

        def done(result: Any) -> None:
            if self._view is None or self._view.base is not view.base or self._roles[number] != role:
                return
            if window is None:
                canvas.show_overview(result)
                return
            for layer, scene in result.items():
                canvas.show(layer, scene)

        self._draw.submit(work, done, self._on_error, kind=f"canvas {number}", stop_running=False)

    def _probe(self, number: int, point: Point | None) -> None:
        view, canvas = self._view, self._canvases[number]
        if view is None or point is None:
            canvas.show_probe(None)
            return

        def done(text: list[str]) -> None:
            if self._view is view:
                canvas.show_probe(None, text)

        self._draw.submit(
            lambda progress: probe_text(view, point), done, self._on_error, kind=f"probe {number}", stop_running=False
        )


def drawn(view: "SegmentView", role: Role, window: "Window") -> dict[str, Any]:
    """Return the layers that a role fills, drawn for a window."""
    from vitsci_viz.views.session import segment
    from vitsci_viz.views.session.picture import picture

    is_second = role.endswith("B")
    makers: Mapping[str, Callable[[], Any]] = {
        "image": lambda: picture(view.base, window, slice_index=view.slice_index),
        "truth": lambda: segment.truth_overlay(view, window),
        "prediction": lambda: segment.prediction_overlay(view, window, is_second=is_second),
        "error": lambda: segment.error_overlay(view, window, is_second=is_second),
        "uncertainty": lambda: segment.uncertainty_map(view, window, is_second=is_second),
        "change": lambda: segment.difference_overlay(view, window),
        "leaves": lambda: segment.prediction_leaves(view, window, is_second=is_second),
    }
    return {layer: makers[layer]() for layer in SHOWN[role]}


def probe_text(view: "SegmentView", point: Point) -> list[str]:
    """Say which class lies under the cursor in the truth and in each prediction."""
    from vitsci_viz.training.scores import IGNORED
    from vitsci_viz.views.session.segment import classes_at

    found = classes_at(view, point)
    words = {"truth": "truth", "A": "prediction" if view.second is None else "A", "B": "B"}
    named = {
        name: "not labelled" if index == IGNORED else view.classes[index] if index < len(view.classes) else str(index)
        for name, index in found.items()
    }
    return [f"{words[name]} {text}" for name, text in named.items()]
