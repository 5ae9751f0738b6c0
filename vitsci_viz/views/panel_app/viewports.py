"""The middle of the page: one canvas, three or two beside each other, all of the same image."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from vitsci_viz.views.panel_app.canvases import LinkedCanvases
from vitsci_viz.views.panel_app.shots import Role, Shot
from vitsci_viz.views.panel_app.toolbar import Layout
from vitsci_viz.views.session.lane import Lane

if TYPE_CHECKING:
    from vitsci_viz.views.session.session import PatchSession
    from vitsci_viz.views.session.state import Window

LAYERS: tuple[tuple[str, ...], ...] = (
    ("image", "mask", "leaves"),
    ("image", "reconstruction", "mask", "leaves"),
    ("error", "leaves"),
)
"""Layers of the three canvases, from left to right; a layer that a role does not fill is not offered."""

ROLES: Mapping[Layout, tuple[Role, ...]] = {
    "overlay": ("image",),
    "tokens": ("image", "kept", "error"),
    "compare": ("image", "other"),
    "pareto": (),
}
CAPTIONS: Mapping[Layout, tuple[str, ...]] = {
    "tokens": ("Image and leaves", "Put together from tokens", "Error of that"),
    "compare": ("A", "B"),
}


class Viewports:
    """Canvases that share their view, drawn from worker threads.

    Parameters
    ----------
    draw, follow : Lane
        Threads for what answers at once (image, leaves) and for what follows (reconstruction, error).
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
        follow: Lane,
        on_move: Callable[[], None],
        on_slice: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._draw, self._follow = draw, follow
        self._on_move, self._on_error = on_move, on_error
        self._shot: Shot | None = None
        self.layout: Layout = "overlay"
        self._grid = LinkedCanvases(
            (LAYERS,), on_window=lambda number, window: self._moved(number), on_probe=self._probe, on_slice=on_slice
        )
        self._canvases = self._grid.canvases
        self.panel: Any = self._grid.panel

    @property
    def window(self) -> "Window | None":
        """What the first canvas shows."""
        return None if self._shot is None else self._canvases[0].window

    def open(self, shot: Shot, *, window: "Window | None" = None) -> None:
        """Show another image; at the given window, or all of it."""
        self._shot = shot
        for canvas in self._canvases:
            canvas.set_image(
                shot.session.shape[-2:], spacing_um=spacing_of(shot.session), title=shot.session.image.name
            )
        if window is not None:
            self._canvases[0].go_to(window)
        self.arrange(self.layout)

    def show(self, shot: Shot) -> None:
        """Show another setting or slice of the same image; what does not depend on it is left alone."""
        before, self._shot = self._shot, shot
        is_same_slice = before is not None and before.slice_index == shot.slice_index
        for number, _ in enumerate(ROLES[self.layout]):
            if not is_same_slice:
                self._draw_picture(number)
            self._draw_leaves(number)
            self._draw_kept(number)

    def arrange(self, layout: Layout) -> None:
        """Put the canvases of a layout beside each other."""
        self.layout = layout
        self._grid.arrange(CAPTIONS.get(layout, ("",) * len(ROLES[layout])))
        for layer in ("image", "reconstruction", "mask"):
            self._canvases[1].show(layer, None)
        for number, role in enumerate(ROLES[layout]):
            self._canvases[number].set_layer("leaves", visible=role in ("image", "other"))
            self._draw_all(number)

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim what does not match the options any more."""
        self._grid.set_stale(is_stale, message)

    def fit(self) -> None:
        """Show the whole image."""
        self._canvases[0].fit()

    def go_to(self, window: "Window") -> None:
        """Show a part of the image."""
        self._canvases[0].go_to(window)

    # ---- inside

    def _role(self, number: int) -> Role | None:
        roles = ROLES[self.layout]
        return roles[number] if number < len(roles) else None

    def _moved(self, number: int) -> None:
        self._draw_all(number)
        if number == 0 and self._shot is not None:
            self._on_move()

    def _draw_all(self, number: int) -> None:
        self._draw_picture(number)
        self._draw_leaves(number)
        self._draw_kept(number)

    def _draw_picture(self, number: int) -> None:
        shot, canvas = self._shot, self._canvases[number]
        if shot is None or self._role(number) not in ("image", "other"):
            return
        from vitsci_viz.views.session import scene

        window = canvas.window

        def work(progress: Any) -> Any:
            if window is None:
                return scene.overview(shot.session, slice_index=shot.slice_index), None, None
            sharp = scene.picture(shot.session, window, slice_index=shot.slice_index)
            return None, sharp, scene.mask_overlay(shot.session, window, slice_index=shot.slice_index)

        def done(result: Any) -> None:
            whole, sharp, mask = result
            if not self._is_current(shot, number):
                return
            if whole is not None:
                canvas.show_overview(whole)
            else:
                canvas.show("image", sharp)
                canvas.show("mask", mask)

        self._draw.submit(work, done, self._on_error, kind=f"picture {number}", stop_running=False)

    def _draw_leaves(self, number: int) -> None:
        shot, canvas, role = self._shot, self._canvases[number], self._role(number)
        window = canvas.window
        if shot is None or window is None or role is None or not shot.session.is_ready(shot.options_of(role)):
            return
        from vitsci_viz.views.session import scene

        def done(leaves: Any) -> None:
            if self._is_current(shot, number):
                canvas.show_leaves(leaves)

        self._draw.submit(
            lambda progress: scene.leaves(shot.session, shot.options_of(role), window, slice_index=shot.slice_index),
            done, self._on_error, kind=f"leaves {number}", stop_running=False,
        )  # fmt: skip

    def _draw_kept(self, number: int) -> None:
        shot, canvas, role = self._shot, self._canvases[number], self._role(number)
        window = canvas.window
        if shot is None or window is None or role not in ("kept", "error") or not shot.session.is_ready(shot.options):
            return
        from vitsci_viz.views.session import scene

        make, layer = (scene.reconstruction, "reconstruction") if role == "kept" else (scene.error_map, "error")
        canvas.set_stale(True)

        def done(result: Any) -> None:
            if self._is_current(shot, number):
                canvas.show(layer, result)
                canvas.set_stale(False)

        self._follow.submit(
            lambda progress: make(shot.session, shot.options, window, slice_index=shot.slice_index),
            done, self._on_error, kind=role, stop_running=False,
        )  # fmt: skip

    def _probe(self, number: int, point: tuple[float, float] | None) -> None:
        shot, canvas, role = self._shot, self._canvases[number], self._role(number)
        if shot is None or point is None or role is None or not shot.session.is_ready(shot.options_of(role)):
            canvas.show_probe(None)
            return
        options = shot.options_of(role)
        at = point if shot.slice_index is None else (shot.slice_index + 0.5, *point)

        def work(progress: Any) -> Any:
            return shot.session.leaf_at(options, at), shot.session.value_at(at), len(shot.session.tree(options))

        def done(result: Any) -> None:
            leaf, value, count = result
            if self._is_current(shot, number):
                canvas.show_probe(leaf, probe_text(leaf, value, count))

        self._draw.submit(work, done, self._on_error, kind=f"probe {number}", stop_running=False)

    def _is_current(self, shot: Shot, number: int) -> bool:
        return self._shot is not None and self._shot.session is shot.session and self._role(number) is not None


def spacing_of(session: "PatchSession") -> tuple[float, ...] | None:
    """Return the pixel sides along y and x in micrometres, where they are known."""
    return None if session.spacing_um is None else session.spacing_um[-2:]


def probe_text(leaf: Any, value: Any, count: int) -> list[str]:
    """Say what lies under the cursor beside its place, which the canvas writes itself.

    >>> from vitsci_viz.views.session.lookup import Leaf
    >>> probe_text(Leaf(token=1613, level=5, size=(16, 16), origin=(0, 0), score=27.0), (231,), 2014)
    ['token 1,614 of 2,014', 'level 5', '16 px', 'score 27', 'value 231']
    """
    if leaf is None:
        return []
    from vitsci_viz.views.session.wording import side

    parts = [
        f"token {leaf.token + 1:,} of {count:,}",
        f"level {leaf.level}",
        side(tuple(int(n) for n in leaf.size)),
        f"score {leaf.score:,.4g}",
    ]
    return parts if value is None else [*parts, "value " + " ".join(f"{number:.4g}" for number in value)]
