"""Which scan is open: chosen, read in the background, and asked for angles where a file does not tell them."""

from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.errors import Cancelled, VitsciVizError
from vitsci_viz.progress import Progress
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.empty import EmptyState
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.scan_chooser import ScanChooser
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.panel_app.tomography_words import INVITATION, TITLE
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.tomography import TomographySession


class ScanDesk:
    """Opens scans and says what is wrong with them.

    Parameters
    ----------
    library : Library
        What may be opened.
    lane : Lane
        Thread that reads.
    status : StatusLine
        Told what is being done.
    unit : callable
        Returns the unit of angles in the setting: auto, deg or rad.
    on_opened : callable
        ``on_opened(source, angles, session)``.
    on_angles : callable
        ``on_angles(text, unit)``: the user says the angles of the scan that was asked for last.
    words : callable
        Says an exception in words for the page.
    """

    def __init__(
        self,
        library: Library,
        lane: Lane,
        status: StatusLine,
        *,
        unit: Callable[[], str],
        on_opened: Callable[[str, str, TomographySession], None],
        on_angles: Callable[[str, str], None],
        words: Callable[[Exception], str],
    ) -> None:
        self._library, self._lane, self._status = library, lane, status
        self._unit, self._on_opened, self._on_angles, self._words = unit, on_opened, on_angles, words
        self._is_open = False
        self.asked = ""
        self.chooser = ScanChooser(library, self.open)
        self.empty = EmptyState(library.scan_samples(), self.try_open, title=TITLE, text=INVITATION)
        self.angles = Island(
            script="tomography_angles.js", style="tomography_angles.css", on_message=self._receive,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.angles.put(text="", unit="auto", shown=False)

    @property
    def panels(self) -> tuple[Any, ...]:
        """Its parts from top to bottom."""
        return self.chooser.view.panel, self.angles.panel

    def open(self, source: str, angles: str = "") -> None:
        """Open a scan in the background; what is on screen stays until it is there.

        Raises
        ------
        VitsciVizError
            The source leads elsewhere.
        """
        self.asked = source
        self._status.busy(f"Opening {source.removeprefix('sample:')}")
        unit = self._unit()
        self.angles.put(text=angles, unit=unit)

        def work(progress: Progress) -> TomographySession:
            scan = self._library.open_scan(source, angles=angles, angle_unit=unit, progress=progress)
            return TomographySession(scan)

        def done(session: TomographySession) -> None:
            self._is_open = True
            self.chooser.show_scan(source, session.scan)
            self.angles.put(shown=bool(angles) or unit != "auto")
            self._on_opened(source, angles, session)

        self._lane.submit(work, done, self._failed, kind="open")

    def try_open(self, source: str, angles: str = "") -> None:
        """Open a scan; say on the page why that cannot be."""
        try:
            self.open(source, angles)
        except VitsciVizError as error:
            self._failed(error)

    def again(self) -> None:
        """Open what was asked for last once more: the unit of its angles is another one."""
        self.try_open(self.asked, self.angles.state["text"])

    # ---- inside

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._status.idle("Cancelled; what was open stays")
            return
        words = self._words(error)
        if "angle" in words:
            self.angles.put(shown=True)
        self.chooser.fail(words)
        if not self._is_open:
            self.empty.fail(words)
        self._status.fail(words)

    def _receive(self, message: Mapping[str, Any]) -> None:
        if self.asked:
            self._on_angles(str(message["text"]).strip(), str(message["unit"]))
