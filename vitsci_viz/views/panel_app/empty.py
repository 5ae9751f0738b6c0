"""What stands in the middle while no image is open: what to do, with a sample one click away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island


class EmptyState:
    """An invitation to open something.

    Parameters
    ----------
    samples : sequence of mapping
        From `Library.samples`.
    on_open : callable
        Called with the source that the user chose.
    """

    def __init__(self, samples: Sequence[Mapping[str, Any]], on_open: Callable[[str], None]) -> None:
        self.view = Island(
            script="empty.js",
            style="empty.css",
            on_message=lambda message: on_open(str(message["source"])),
            fixed={"samples": [dict(sample) for sample in samples[:4]]},
            sizing_mode="stretch_both",
        )
        self.view.put(error="")

    def fail(self, text: str) -> None:
        """Say why nothing could be opened."""
        self.view.put(error=text)
