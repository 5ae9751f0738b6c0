"""How a run stands, in words and numbers: the same in the browser and in a notebook."""

from vitsci_viz.views.session.curves import Curves
from vitsci_viz.views.session.estimate import duration
from vitsci_viz.views.session.run_book import RunStatus


def run_note(run: RunStatus, *, has_time: bool = True) -> str:
    """Say in a few words how far a run is; without its training time where that stands beside it.

    >>> from pathlib import Path
    >>> run_note(RunStatus(name="a", path=Path("a"), state="running", step=50, steps=200, seconds=60))
    'step 50 of 200, about 3.0 min left'
    """
    if run.message:
        return run.message
    parts = [f"step {run.step:,} of {run.steps:,}"] if run.steps and run.step else []
    if run.seconds_left is not None:
        parts.append(f"about {duration(run.seconds_left)} left")
    elif run.seconds and has_time:
        parts.append(duration(run.seconds))
    return ", ".join(parts) or ("starting" if run.state == "running" else "")


def run_facts(run: RunStatus, curves: Curves) -> list[tuple[str, str, str]]:
    """Return name, value and help of the numbers above the curves."""
    loss = "" if not len(curves.smooth) else f"{curves.smooth[-1]:.3f}"
    dice = "" if run.best_dice is None else f"{run.best_dice:.3f}"
    time = duration(run.seconds) if run.seconds and not run.is_going else ""
    rows = [
        ("Epoch", f"{run.epoch:,}" if run.epoch else "", "Pass over the training images that goes on."),
        ("Loss", loss, "Smoothed over the last steps: cross-entropy and Dice, as weighted by dice weight."),
        ("Best Dice", dice, "Mean over the validation images at full resolution, without background."),
        ("Training time", time, "Over all resumptions."),
    ]
    return [row for row in rows if row[1]]
