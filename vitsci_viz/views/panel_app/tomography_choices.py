"""Where the axis may fall: the candidates that the data tell, each with the slice that it gives; a click takes one."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.tomography_judge import AxisChoice

METHODS: Mapping[str, str] = {
    "agreement": "agreement of methods", "registration": "0/180 registration", "sinogram": "sinogram metric",
    "sharpness": "sharpness of trial slices", "entropy": "entropy of trial slices",
}  # fmt: skip
SAME_PX = 0.006
"""A centre this near to a candidate is that candidate."""


class AxisChoices:
    """Shows the candidates of the axis.

    Parameters
    ----------
    on_take : callable
        Called with the centre that the user chose.
    """

    def __init__(self, on_take: Callable[[float], None]) -> None:
        self._found: tuple[AxisChoice, ...] = ()
        self._on_take = on_take
        self.view = Island(
            script="tomography_choices.js", style="tomography_choices.css", on_message=self._receive,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.view.put(rows=[], chosen=-1, busy=False, error="")

    def show(self, found: Sequence[AxisChoice]) -> None:
        """Show what was found."""
        self._found = tuple(found)
        rows = [
            {
                "centre": f"{each.centre_px:,.2f}",
                "spread": f"\N{PLUS-MINUS SIGN} {each.uncertainty_px:.2f} px",
                "score": f"{100 * each.confidence:.0f} %",
                "method": METHODS.get(each.method, each.method),
                "picture": picture(each.thumbnail),
            }
            for each in found
        ]
        self.view.put(rows=rows, busy=False, error="", chosen=-1)

    def mark(self, centre_px: float) -> None:
        """Mark the candidate that is on screen."""
        near = [n for n, each in enumerate(self._found) if abs(each.centre_px - centre_px) < SAME_PX]
        self.view.put(chosen=near[0] if near else -1)

    def clear(self) -> None:
        """Show nothing: another scan is open."""
        self._found = ()
        self.view.put(rows=[], chosen=-1, busy=False, error="")

    def set_finding(self, is_finding: bool) -> None:
        """Show that candidates are on their way."""
        self.view.put(busy=is_finding, error="")

    def fail(self, message: str) -> None:
        """Say why none was found."""
        self.view.put(error=message, busy=False)

    def _receive(self, message: Mapping[str, Any]) -> None:
        number = int(message["value"])
        if 0 <= number < len(self._found):
            self._on_take(self._found[number].centre_px)


def picture(grey: NDArray[np.uint8]) -> str:
    """Return a grey picture as a data address, so that no request is made for it."""
    import cv2

    _, packed = cv2.imencode(".png", grey)
    return f"data:image/png;base64,{base64.b64encode(packed.tobytes()).decode()}"
