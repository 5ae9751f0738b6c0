"""The middle of the Segment page: image, truth, prediction, error and uncertainty, all of the same place."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vitsci_viz.views.panel_app.canvases import LinkedCanvases, Point
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.segment_layers import LAYERS, SHOWN, LayerSwitches, Role
from vitsci_viz.views.panel_app.viewports import spacing_of
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.segment_state import SegmentLayout

if TYPE_CHECKING:
    from vitsci_viz.views.canvas.canvas import Layers
    from vitsci_viz.views.session.segment import SegmentView
    from vitsci_viz.views.session.state import Window

NOTHING: tuple[None, ...] = (None, None, None)
"""A row without a canvas."""
ROWS = ((LAYERS,) * 3, (LAYERS,) * 3)

DIM = 0.45
"""Opacity of the image below errors, so that they stand out."""


def roles_of(
    layout: SegmentLayout, *, has_truth: bool, has_second: bool, has_leaves: bool = True
) -> tuple[Role | None, ...]:
    """Return what each of the six canvases (two rows of three) shows; None leaves it out.

    >>> roles_of("all", has_truth=True, has_second=False)
    ('image', 'truth', 'A', 'error A', 'uncertainty A', 'patches')
    >>> roles_of("all", has_truth=False, has_second=False)
    ('image', 'A', None, 'uncertainty A', 'patches', None)
    """
    if layout == "overlay":
        return "everything", None, None, None, None, None
    if layout == "compare" and has_second:
        first: tuple[Role | None, ...] = ("truth" if has_truth else "image", "A", "B")
        kind: tuple[Role, Role] = ("error A", "error B") if has_truth else ("uncertainty A", "uncertainty B")
        return (*first, "change", *kind)
    last: Role | None = "patches" if has_leaves else None
    if has_truth:
        return "image", "truth", "A", "error A", "uncertainty A", last
    return (
        ("image", "A", None, "uncertainty A", last, None) if has_leaves else ("image", "A", "uncertainty A", *NOTHING)
    )


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
    if role == "patches":
        return "Patches of A" if is_pair else "Patches"
    return f"{kind.capitalize()} of {side}" if side and is_pair else kind.capitalize()


class SegmentViewports:
    """Canvases that share their view, drawn from a worker thread.

    Parameters
    ----------
    draw : Lane
        Thread that draws.
    on_look : callable
        Called when the first canvas shows another window, and when a layer is switched.
    on_slice : callable
        Called with -1 or 1.
    on_error : callable
        Called with an exception from a worker.
    """

    def __init__(
        self,
        *,
        draw: Lane,
        on_look: Callable[[], None],
        on_slice: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._draw, self._on_look, self._on_error = draw, on_look, on_error
        import panel as pn

        self._view: SegmentView | None = None
        self._roles: tuple[Role | None, ...] = ()
        self._has_truth = self._has_second = self._is_alone = False
        self.layout: SegmentLayout = "all"
        self.switches = LayerSwitches()
        self._grid = LinkedCanvases(
            ROWS, on_window=self._moved, on_probe=self._probe, on_slice=on_slice, on_layers=self._switched
        )
        self._canvases = self._grid.canvases
        self.legend = Island(script="legend.js", style="legend.css", sizing_mode="stretch_width")
        self.panel: Any = pn.Column(self.legend.panel, self._grid.panel, sizing_mode="stretch_both", margin=0)

    @property
    def window(self) -> "Window | None":
        """What the first canvas shows."""
        return None if self._view is None else self._canvases[0].window

    def open(
        self, view: "SegmentView", *, window: "Window | None" = None, has_truth: bool = False, has_second: bool = False
    ) -> None:
        """Show another image whose prediction is on its way.

        Parameters
        ----------
        view : SegmentView
            The image.
        window : Window, optional
            The part of it; all of it without one.
        has_truth, has_second : bool
            A truth and a prediction of run B will come: room is kept for them.
        """
        self._view, self._roles = view, ()
        self._has_truth, self._has_second, self._is_alone = has_truth, has_second, False
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

    def show_alone(self, view: "SegmentView") -> None:
        """Show the image alone, as there is no prediction of it."""
        self._is_alone = True
        self.set_stale(False)
        self.show(view)

    def fit(self) -> None:
        """Show the whole image."""
        self._canvases[0].fit()

    # ---- inside

    def _arrange(self) -> None:
        """Give every canvas its role, with the layers that the user switched."""
        view = self._view
        if view is None:
            return
        has_second = view.second is not None if view.first else self._has_second
        roles = self._roles_for(view, has_second=has_second)
        self.legend.put(groups=[] if self.layout == "overlay" else legend_groups(view, roles))
        if roles == self._roles:
            return
        before, self._roles = self._roles, roles
        self._grid.arrange([None if role is None else caption_of(role, is_pair=has_second) for role in roles])
        for number, role in enumerate(roles):
            if role is None or (number < len(before) and before[number] == role):
                continue
            canvas = self._canvases[number]
            for layer in LAYERS:
                if layer not in SHOWN[role]:
                    canvas.show(layer, None)
                is_dim = layer == "image" and role in ("error A", "error B", "change")
                canvas.set_layer(layer, visible=self.switches.is_on(role, layer), opacity=DIM if is_dim else 1.0)

    def _roles_for(self, view: "SegmentView", *, has_second: bool) -> tuple[Role | None, ...]:
        if self._is_alone and view.first is None:
            return ("image", None, None, *NOTHING)
        return roles_of(
            self.layout,
            has_truth=view.truth is not None if view.first else self._has_truth,
            has_second=has_second,
            has_leaves=view.first is None or bool(view.first.trees),
        )

    def _moved(self, number: int, window: "Window") -> None:
        self._draw_one(number)
        if number == 0 and self._view is not None:
            self._on_look()

    def _switched(self, number: int, layers: "Layers") -> None:
        role = self._roles[number] if number < len(self._roles) else None
        if role is not None:
            self.switches.take(role, {name: is_visible for name, (is_visible, _) in layers.items()})
            self._on_look()

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


def legend_groups(view: "SegmentView", roles: Sequence[Role | None]) -> list[dict[str, Any]]:
    """Return what the legend above the canvases says: classes, kinds of error, and the scale of uncertainty."""
    from vitsci_viz.views.session import segment
    from vitsci_viz.views.session.palettes import scalar_palette, to_hex

    kinds = {role.partition(" ")[0] for role in roles if role}
    found: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    if view.classes and kinds & {"truth", "A", "B"}:
        found.append(("Classes", segment.class_entries(view)))
    if "error" in kinds:
        found.append(("Error", segment.error_entries(view)))
    if "change" in kinds:
        found.append(("A and B", segment.difference_entries(view)))
    groups: list[dict[str, Any]] = [{"title": title, "entries": [list(each) for each in rows]} for title, rows in found]
    if "uncertainty" in kinds:
        ramp = [to_hex(scalar_palette()[index]) for index in range(0, 256, 51)]
        text = "Entropy of the class probabilities over its maximum, log of the number of classes"
        groups.append({"title": "Uncertainty", "ramp": ramp, "low": "0, sure", "high": "1, any class", "help": text})
    return groups


def drawn(view: "SegmentView", role: Role, window: "Window") -> dict[str, Any]:
    """Return the layers that a role fills, drawn for a window; legends stay with the single large canvas."""
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
    found = {layer: makers[layer]() for layer in SHOWN[role]}
    return found if role == "everything" else {layer: _without_legend(scene) for layer, scene in found.items()}


def _without_legend(scene: Any) -> Any:
    from vitsci_viz.views.session.layers import Raster

    return dataclasses.replace(scene, entries=(), low=0.0, high=0.0) if isinstance(scene, Raster) else scene


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
