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
    title, text : str
        What to do, in a line and in a sentence.
    """

    def __init__(
        self,
        samples: Sequence[Mapping[str, Any]],
        on_open: Callable[[str], None],
        *,
        title: str = "Open an image to begin",
        text: str = "Choose a file of your own on the left, or start with a sample. The tree of patches appears over "
        "it and follows the split value as you move it.",
    ) -> None:
        self.view = Island(
            script="empty.js",
            style="empty.css",
            on_message=lambda message: on_open(str(message["source"])),
            sizing_mode="stretch_both",
        )
        self.invite(samples, title=title, text=text)

    def invite(self, samples: Sequence[Mapping[str, Any]], *, title: str, text: str) -> None:
        """Say something else to do, and offer other things to open."""
        self.view.put(samples=[dict(sample) for sample in samples[:4]], title=title, text=text, error="")

    def fail(self, text: str) -> None:
        """Say why nothing could be opened."""
        self.view.put(error=text)
