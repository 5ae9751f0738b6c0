"""The line above the pictures: where the axis falls, in steps as fine as one likes, and the button that finds it."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.views.panel_app.components import Island


class AxisBar:
    """Shows and changes the place of the rotation axis, and the view of the projection.

    Parameters
    ----------
    on_centre : callable
        ``on_centre(px, is_done)``: the user moves the axis.
    on_view : callable
        Called with a view.
    on_find : callable
        Called when the axis should be found from the data.
    """

    def __init__(
        self,
        *,
        on_centre: Callable[[float, bool], None],
        on_view: Callable[[int], None],
        on_find: Callable[[], None],
    ) -> None:
        self._on_centre, self._on_view, self._on_find = on_centre, on_view, on_find
        self.view = Island(
            script="tomography_axis.js", style="tomography_axis.css", on_message=self._receive,
            sizing_mode="stretch_width", height=40,
        )  # fmt: skip
        self.view.put(centre=0.0, last=0.0, view=0, views=0, angle="", how="", busy=False, quick="")

    def show(self, centre_px: float, *, last: int, how: str) -> None:
        """Show the axis, the last column of the detector, and how the place is known."""
        self.view.put(centre=round(centre_px, 3), last=last, how=how)

    def show_view(self, view: int, *, views: int, angle_deg: float) -> None:
        """Show which projection is on screen."""
        self.view.put(view=view, views=views, angle=f"{angle_deg:.4g}\N{DEGREE SIGN}")

    def set_finding(self, is_finding: bool) -> None:
        """Show that the axis is being looked for."""
        self.view.put(busy=is_finding)

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind = message["kind"]
        if kind == "centre":
            value = float(message["value"])
            if math.isfinite(value):
                self._on_centre(value, bool(message["done"]))
        elif kind == "view":
            self._on_view(int(message["value"]))
        elif kind == "find":
            self._on_find()
