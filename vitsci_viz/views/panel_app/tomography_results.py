"""Volumes of the Tomography page: the setting on screen becomes a job, and what jobs have made is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.errors import InputError, OptionError, VitsciVizError
from vitsci_viz.progress import Progress
from vitsci_viz.types import Image, Recipe
from vitsci_viz.views.panel_app.library import UPLOAD_PREFIX, Library
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.panel_app.tomography_jobs import VolumeJobs
from vitsci_viz.views.panel_app.tomography_words import volume_facts
from vitsci_viz.views.panel_app.volume_view import VolumeView, open_file
from vitsci_viz.views.session.lane import Post
from vitsci_viz.views.session.tomography import TomographySession
from vitsci_viz.views.session.tomography_runs import VOLUME_PREFIX, VolumeBook, VolumeRun, name_for, volume_recipe
from vitsci_viz.views.session.volume_state import VolumeState
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions


@dataclass(frozen=True, eq=False, kw_only=True)
class Setting:
    """What is on screen, to be made of everything.

    Parameters
    ----------
    session : TomographySession
        The open scan.
    source : str
        As the page calls it.
    options : ReconstructOptions
        The last valid options.
    centre_px : float
        Where the axis is taken to fall.
    angles : str
        What the user said of the angles; empty for those of the scan.
    refused : tuple of str
        Errors of values that stand in the form.
    """

    session: TomographySession
    source: str
    options: ReconstructOptions
    centre_px: float
    angles: str = ""
    refused: tuple[str, ...] = ()


class TomographyResults:
    """Starts reconstructions of everything and shows their volumes.

    Parameters
    ----------
    library : Library
        What may be opened, and where results lie.
    post : callable
        Runs a function on the document thread.
    status : StatusLine
        Told what is being done.
    setting : callable
        Returns what is on screen; None where no scan is open.
    on_show : callable
        Called when a volume is to be shown.
    on_watch : callable
        Called with the name of the reconstruction that is watched.
    on_state : callable
        Called after every change of the volume that a link restores.
    """

    def __init__(
        self,
        library: Library,
        post: Post,
        status: StatusLine,
        *,
        setting: Callable[[], Setting | None],
        on_show: Callable[[], None],
        on_watch: Callable[[str], None],
        on_state: Callable[[VolumeState], None],
    ) -> None:
        self._library, self._setting, self._on_show = library, setting, on_show
        self.jobs = VolumeJobs(
            VolumeBook(library.runs_folder()), post, recipe=self._recipe, on_open=self._open, on_watch=on_watch,
            said=status.idle, shortened=library.shortened,
        )  # fmt: skip
        self.volume = VolumeView(self._read, status, post=post, on_state=on_state, shortened=library.shortened)

    def start(self, watched: str, volume: VolumeState | None) -> None:
        """Look at the jobs, and open what a link names."""
        self.jobs.start(watched)
        if volume is not None and volume.source:
            self.volume.open(volume.source, state=volume)

    def offer(self) -> None:
        """Say what a reconstruction with the setting on screen will be."""
        now = self._setting()
        if now is None:
            return
        try:
            self.jobs.offer(name_for(now.source), volume_facts(now.session.engine(now.options, now.centre_px)))
        except VitsciVizError as error:
            self.jobs.refuse(str(error))

    def close(self) -> None:
        """Stop the threads; jobs go on."""
        self.jobs.close()
        self.volume.close()

    # ---- inside

    def _recipe(self, path: Path) -> tuple[Recipe, int]:
        now = self._setting()
        if now is None:
            raise InputError("open a scan first")
        if now.source.startswith(UPLOAD_PREFIX):
            raise InputError(
                "an uploaded scan goes with this tab: put it below the data root to reconstruct it as a job"
            )
        for message in now.refused:
            raise OptionError(message)
        angles = self._library.angles_path(now.angles)
        recipe = volume_recipe(self._library.scan_path(now.source), now.options, path, angles=angles)
        return recipe, now.session.engine(now.options, now.centre_px).slices

    def _open(self, run: VolumeRun) -> None:
        self.volume.open(f"{VOLUME_PREFIX}{run.name}")
        self._on_show()

    def _read(self, source: str, progress: Progress) -> tuple[Image, Mapping[str, Any]]:
        """Open a reconstruction of this server, or a volume below the data root."""
        if source.startswith(VOLUME_PREFIX):
            return open_file(self.jobs.book.path_of(source.removeprefix(VOLUME_PREFIX)))
        return open_file(self._library.resolve(source))
