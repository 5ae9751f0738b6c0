"""What the Segment page says: its layouts, its help, and the facts of what it shows."""

from vitsci_viz.views.session.runs import RunSummary
from vitsci_viz.views.session.segment import SegmentView
from vitsci_viz.views.session.wording import plain

LAYOUTS: dict[str, tuple[str, str]] = {
    "all": ("Side by side", "Image, truth, prediction, error, uncertainty and patches of the same place."),
    "overlay": ("Overlay", "One large picture; every layer can be switched and faded."),
    "compare": ("A | B", "Two runs on the same image: choose run B on the left."),
}
"""Layouts of the page: title and help, in the order of the switch."""

CHOOSE = "Choose a training run"
INVITATION = (
    "Choose a training run on the left, or one of these. Its validation images are predicted and listed, the worst "
    "first."
)
NO_RUNS = (
    "There is no training run yet: train one on the Train page or with vitsci-viz train, then look for runs again."
)
OPEN = "Open an image"
OTHER_IMAGE = "The run is ready: open another image on the left, or choose one of its own on the right."
NO_IMAGES = "This run lists no image that can be opened here: open one on the left."
PREDICT_AGAIN, OPEN_AGAIN = "Predict again", "Open again"
"""What is offered after a cancel, with a run and without one."""

HELP = """
<p>Choose a training run: its validation images are predicted one by one and listed with the worst first.
Everything is shown at the same place: move one picture and all move.</p>
<h3>Picture</h3>
<table>
<tr><td>drag, wheel</td><td>move, zoom at the cursor</td></tr>
<tr><td><kbd>Shift</kbd> + drag</td><td>zoom into a box</td></tr>
<tr><td>double click, <kbd>0</kbd></td><td>fit the whole image</td></tr>
<tr><td><kbd>n</kbd> <kbd>p</kbd></td><td>next and previous image of the list</td></tr>
<tr><td><kbd>[</kbd> <kbd>]</kbd></td><td>previous and next slice of a volume</td></tr>
<tr><td><kbd>1</kbd> to <kbd>9</kbd></td><td>switch a layer, such as the leaves</td></tr>
<tr><td><kbd>s</kbd></td><td>save the picture as PNG</td></tr>
<tr><td><kbd>?</kbd></td><td>this help</td></tr>
</table>
<h3>What is shown</h3>
<p><b>Error</b>: orange-red where the model sees what is not there (false positive), blue where it misses something
(false negative), yellow where it takes one class for another. Zoomed out, errors stay visible however thin they
are.</p>
<p><b>Uncertainty</b>: entropy of the class probabilities over its maximum; bright where the model cannot tell.</p>
<p><b>Dice</b>: of every class in every image, mean over the classes without background, then over the images.</p>
"""


def run_facts(run: RunSummary | None) -> str:
    """Say what a run is in one line."""
    if run is None:
        return ""
    return "; ".join(filter(None, (run.model, ", ".join(run.classes[1:]), run.state)))


def summary_of(view: SegmentView) -> str:
    """Say what was predicted, on how many tokens, and how long it took."""
    found = view.first
    if found is None:
        return view.base.image.name
    seconds = found.seconds.get("total", sum(found.seconds.values()))
    length = f"{found.tokens:,} tokens" if found.tokens else "pixels, tile by tile"
    return f"{view.base.image.name}: {length}, predicted in {plain(round(seconds, 2))} s"


def remarks_of(view: SegmentView) -> list[str]:
    """Return what to know about the predictions, such as a resampling."""
    pair = [each for each in (view.first, view.second) if each is not None]
    letters = ("A: ", "B: ") if len(pair) > 1 else ("",)
    notes = [f"{letter}{note}" for letter, each in zip(letters, pair, strict=True) for note in each.notes]
    return list(dict.fromkeys(notes))
