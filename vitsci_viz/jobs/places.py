"""Where jobs and what belongs to them lie on disk."""

import os
from pathlib import Path

JOBS_VARIABLE = "VITSCI_VIZ_JOBS"
"""Folder named in the environment that holds the ledger and the logs."""
LEDGER = "jobs.sqlite"


def jobs_folder() -> Path:
    """Return the folder of ledger and logs: that of the environment, else the user's folder of states."""
    named = os.environ.get(JOBS_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_state_path("vitsci_viz") / "jobs"


def job_folder(ledger: Path, id: str) -> Path:
    """Return the folder of one job."""
    return ledger.parent / id


def log_file(ledger: Path, id: str) -> Path:
    """Return what a job writes its output to."""
    return job_folder(ledger, id) / "log.txt"


def recipe_file(ledger: Path, id: str) -> Path:
    """Return where the recipe of a job lies."""
    return job_folder(ledger, id) / "recipe.yaml"
