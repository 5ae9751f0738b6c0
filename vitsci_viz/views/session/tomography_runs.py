"""Reconstructions of whole scans as jobs that outlive the tab: begun, watched, stopped, gone on with, opened."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitsci_viz.errors import InputError, MissingFileError, OptionError, VitsciVizError
from vitsci_viz.io.volume_writing import partial_folder
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.spec import JobSpec, JobStatus, own_program
from vitsci_viz.types import Recipe
from vitsci_viz.views.session.run_book import JOBS
from vitsci_viz.views.session.run_log import plain_log
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, parse_recipe, recipe_text, validate_recipe
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

VOLUMES = "volumes"
"""Folder of the reconstructed volumes, below that of the runs."""
SUFFIX = ".ome.zarr"
VOLUME_PREFIX = "volume:"
"""What a link calls a reconstruction of this server."""
MOST = 50
"""Jobs that are looked at, the newest first."""
LOG_BYTES = 16_384
STOPPING_S = 60.0
"""How long a stopped reconstruction may take to finish its slab."""
_STRANGE = re.compile(r"[^\w.-]+")

VolumeRunState = Literal["queued", "running", "stopping", "done", "stopped", "failed", "lost"]


@dataclass(frozen=True, kw_only=True)
class VolumeRun:
    """How one reconstruction stands.

    Parameters
    ----------
    name : str
        Of the volume, without its suffix.
    path : Path
        Where the volume lies once it is whole.
    job : str
        Id of the newest job.
    state : str
        See `VolumeRunState`.
    message : str
        Why it ended as it did, in one line.
    part : float
        Share of the slices that are written, 0 to 1.
    seconds : float
        How long the job has run.
    can_resume : bool
        Slabs of it are left that can be gone on with.
    """

    name: str
    path: Path
    job: str
    state: VolumeRunState
    message: str = ""
    part: float = 0.0
    seconds: float = 0.0
    can_resume: bool = False

    @property
    def is_going(self) -> bool:
        """Whether it has not ended."""
        return self.state in ("queued", "running", "stopping")


def volume_recipe(scan: str, options: ReconstructOptions, volume: Path | str, *, angles: str = "") -> Recipe:
    """Return a reconstruction as a recipe."""
    inputs = {"scan": scan, "angles": angles} if angles else {"scan": scan}
    return Recipe(workflow="reconstruct", inputs=inputs, outputs={"volume": str(volume)}, options=options.to_mapping())


def options_in(content: Mapping[str, Any]) -> tuple[ReconstructOptions, str]:
    """Read the setting and the scan of a recipe, as its author wrote them.

    Raises
    ------
    OptionError
        It is no recipe of a reconstruction, or an option in it is not valid.
    """
    recipe = parse_recipe(content)
    if recipe.workflow != "reconstruct":
        raise OptionError(
            f"this page shows the workflow reconstruct, got {recipe.workflow}: run it with vitsci-viz run"
        )
    inputs: Mapping[str, Any] = content.get("inputs") or {}
    return ReconstructOptions(**recipe.options), str(inputs.get("scan", ""))


def angles_in(content: Mapping[str, Any]) -> str:
    """Return the angles that a recipe names, as its author wrote them; empty for those of the scan."""
    inputs: Mapping[str, Any] = content.get("inputs") or {}
    return str(inputs.get("angles") or "")


def name_for(source: str) -> str:
    """Propose the name of a volume: that of the scan and the time of day.

    >>> name_for("sample:tooth")[:-12]
    'tooth'
    """
    stem = Path(source.removeprefix(SAMPLE_PREFIX).rpartition(":")[2]).stem
    return f"{_STRANGE.sub('-', stem).strip('-.') or 'scan'}-{time.strftime('%m%d-%H%M%S')}"


class VolumeBook:
    """The reconstructions below a folder of runs.

    Parameters
    ----------
    folder : Path
        Of the runs; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / VOLUMES
        self._ledger = folder / JOBS
        self._jobs: LocalJobs | None = None

    @property
    def jobs(self) -> LocalJobs:
        """The jobs; they wait for those of training. The folder is made at first need."""
        if self._jobs is None:
            self._jobs = LocalJobs(self._ledger)
        return self._jobs

    def new(self, name: str) -> Path:
        """Return where a new volume goes.

        Raises
        ------
        OptionError
            The name is no file name, or there is such a volume.
        """
        if not name or _STRANGE.search(name) or name.startswith("."):
            raise OptionError(
                f"the name of a volume must consist of letters, digits, '.', '-' and '_', got {name!r}: change it"
            )
        path = self.folder / f"{name}{SUFFIX}"
        if path.exists() or partial_folder(path).exists():
            raise OptionError(f"there is a volume {name!r} already: give this one another name")
        return path

    def path_of(self, name: str) -> Path:
        """Return where a reconstruction lies that a link names.

        Raises
        ------
        MissingFileError
            There is none of this name.
        """
        path = self.folder / f"{name}{SUFFIX}"
        if not name or path.parent != self.folder or not path.exists():
            raise MissingFileError(f"there is no reconstruction {name}: choose one of the list")
        return path

    def start(self, name: str, recipe: Recipe, *, slices: int) -> str:
        """Begin a reconstruction; return the job's id.

        Raises
        ------
        VitsciVizError
            The recipe is not valid, or the job cannot be started.
        """
        return self._submit(name, recipe_text(validate_recipe(recipe)), slices=slices)

    def resume(self, run: VolumeRun) -> str:
        """Go on with the slabs that are left.

        Raises
        ------
        InputError
            There is nothing to go on with.
        """
        if not run.can_resume:
            raise InputError(f"the reconstruction {run.name} cannot be resumed: it is {run.state}")
        spec = self.jobs.status(run.job).spec
        slices = int(spec.environment.get(SLICES, "0"))
        return self._submit(run.name, spec.recipe, "--resume", slices=slices)

    def stop(self, run: VolumeRun) -> None:
        """Ask a reconstruction to stop; what is done stays."""
        self.jobs.cancel(run.job)

    def look(self) -> tuple[VolumeRun, ...]:
        """Read how every reconstruction stands, the newest first."""
        if self._jobs is None and not self._ledger.is_dir():
            return ()
        found: dict[Path, VolumeRun] = {}
        for job in self.jobs.list(limit=MOST):
            path = Path(job.spec.run_folder)
            if job.spec.run_folder and path.parent == self.folder and path not in found:
                found[path] = status_of(path, job)
        return tuple(found.values())

    def log(self, run: VolumeRun) -> str:
        """Return the end of what a reconstruction has written."""
        try:
            return plain_log(self.jobs.log(run.job, -LOG_BYTES)[0])
        except VitsciVizError:
            return ""  # taken off the list by somebody else

    def _submit(self, name: str, recipe: str, *more: str, slices: int) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.jobs.submit(
            JobSpec(
                name=name, arguments=own_program("run", "{recipe}", *more), recipe=recipe,
                run_folder=str(self.folder / f"{name}{SUFFIX}"), folder=str(self.folder),
                environment={SLICES: str(slices)}, grace_s=STOPPING_S,
            )
        )  # fmt: skip


SLICES = "VITSCI_VIZ_SLICES"
"""Variable of a job that tells how many slices its volume has, for the share that is done."""


def status_of(path: Path, job: JobStatus) -> VolumeRun:
    """Say how a reconstruction stands from its newest job and what lies on the disk."""
    slices, ended = int(job.spec.environment.get(SLICES, "0")), job.ended_s or time.time()
    state: VolumeRunState
    if job.is_over:
        state = "done" if path.exists() and job.state == "done" else "stopped"
        state = job.state if job.state in ("failed", "lost") else state
    else:
        state = "stopping" if job.is_cancelling else "queued" if job.state == "queued" else "running"
    is_left = partial_folder(path).exists() and not path.exists()
    return VolumeRun(
        name=path.name.removesuffix(SUFFIX), path=path, job=job.id, state=state, message=job.message,
        part=1.0 if state == "done" else _written(path) / slices if slices else 0.0,
        seconds=0.0 if job.started_s is None else ended - job.started_s, can_resume=job.is_over and is_left,
    )  # fmt: skip


def _written(path: Path) -> int:
    """Return how many slices of an unfinished volume are written."""
    try:
        claim = json.loads((partial_folder(path) / "slabs.json").read_text())
        return sum(int(stop) - int(first) for first, stop in claim["done"])
    except (OSError, ValueError, KeyError):
        return 0  # not begun, or between two slabs
