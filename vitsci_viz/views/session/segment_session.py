"""Images with their truth, and what one or two runs say of them: opened, predicted and scored once."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.io.masks import two_valued_to_binary
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.types import Image
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.segment import SegmentView, label_display
from vitsci_viz.views.session.segment_predict import Predictions, model_key
from vitsci_viz.views.session.segment_scores import ImageRow, ImageScore, score
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.workflows.segment_options import PredictOptions

IMAGES_KEPT = 6
"""Open images, with their overviews, kept for when the user comes back to them."""

Opener = Callable[[Progress], tuple[Image, Image | None]]
"""Opens an image and, where there is one, its mask with the values of the file."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Source:
    """An image that can be opened.

    Parameters
    ----------
    key : str
        Tells images apart; another one for a file that was replaced.
    name : str
        What to call it.
    open : callable
        Returns the image and its mask or None.
    link, mask : str
        What a link calls the image and its mask; a mask of None is the one that belongs to the image.
    group, split : str
        As the run's table of images says; empty where it is not in there.
    """

    key: str
    name: str
    open: Opener
    link: str = ""
    mask: str | None = None
    group: str = ""
    split: str = ""


class SegmentSession:
    """Everything known of some images and runs; safe to use from several threads.

    Parameters
    ----------
    predictions : Predictions
        Models and what they predicted; may be shared with other sessions.
    """

    def __init__(self, predictions: Predictions) -> None:
        self._predictions = predictions
        self._opened: OnceCache[tuple[PatchSession, Image | None]] = OnceCache(IMAGES_KEPT)
        self._truths: OnceCache[DisplayPyramid] = OnceCache(IMAGES_KEPT)
        self._scores: OnceCache[ImageScore | None] = OnceCache(100_000)

    def classes(self, run: Path, options: PredictOptions, *, progress: Progress = silent) -> tuple[str, ...]:
        """Return the names of a run's classes, background first."""
        return tuple(self._predictions.model(run, options, progress=progress).classes)

    def check_pair(self, first: Path, second: Path, options: PredictOptions, *, progress: Progress = silent) -> None:
        """Refuse two runs that cannot be compared.

        Raises
        ------
        InputError
            Their classes differ.
        """
        names = [self.classes(run, options, progress=progress) for run in (first, second)]
        if names[0] != names[1]:
            raise InputError(
                f"two runs must have the same classes to be compared: {first.name} has {', '.join(names[0])}, "
                f"{second.name} has {', '.join(names[1])}; choose another run"
            )

    def base(self, source: Source, *, progress: Progress = silent) -> PatchSession:
        """Return an image, opened."""
        return self._open(source, progress)[0]

    def mask(self, source: Source, *, progress: Progress = silent) -> Image | None:
        """Return the mask of an image as its file has it; None where there is none."""
        return self._open(source, progress)[1]

    def view(
        self,
        source: Source,
        runs: Sequence[Path],
        options: PredictOptions,
        *,
        slice_index: int | None = None,
        progress: Progress = silent,
    ) -> SegmentView:
        """Predict an image with one or two runs and return everything that is drawn of it.

        Parameters
        ----------
        source : Source
            The image.
        runs : sequence of Path
            Run A, and run B where two are compared; none shows the image alone.
        options : PredictOptions
            How to predict.
        slice_index : int, optional
            The slice of a volume.
        progress : callable
            Told how far it is; raises `Cancelled` to stop.

        Raises
        ------
        VitsciVizError
            The image, its mask or a run cannot be read, or they do not belong together.
        """
        base = self.base(source, progress=progress)
        found = [self._predictions.predict(run, base.image, source.key, options, progress=progress) for run in runs[:2]]
        return SegmentView(
            base=base,
            classes=self.classes(runs[0], options, progress=progress) if runs else (),
            truth=self.truth(source, runs[0], options, progress=progress) if runs else None,
            first=found[0] if found else None,
            second=found[1] if len(found) > 1 else None,
            slice_index=slice_index,
        )

    def is_ready(self, source: Source, runs: Iterable[Path], options: PredictOptions) -> bool:
        """Tell whether `view` is a look-up."""
        return source.key in self._opened and all(
            self._predictions.peek(run, source.key, options) is not None for run in runs
        )

    def truth(
        self, source: Source, run: Path, options: PredictOptions, *, progress: Progress = silent
    ) -> DisplayPyramid | None:
        """Return the truth of an image in the classes of a run; None without a mask."""
        base, mask = self._open(source, progress)
        if mask is None:
            return None
        labels: LabelMap = self._predictions.model(run, options, progress=progress).labels
        return self._truths.get((source.key, labels), lambda: label_display(truth_of(mask, labels, base.shape)))

    def score(
        self, source: Source, run: Path, options: PredictOptions, *, progress: Progress = silent
    ) -> ImageScore | None:
        """Predict an image and compare it with its truth; None where no truth is known."""

        def compute() -> ImageScore | None:
            base, mask = self._open(source, progress)
            if mask is None:
                return None
            found = self._predictions.predict(run, base.image, source.key, options, progress=progress)
            truth = self.truth(source, run, options, progress=progress)
            classes = self.classes(run, options, progress=progress)
            return None if truth is None else score(found.labels.finest.array, truth.finest.array, len(classes))

        return self._scores.get((model_key(run, options), source.key, options), compute)

    def known_scores(
        self, sources: Iterable[Source], run: Path, options: PredictOptions
    ) -> dict[str, ImageScore | None]:
        """Return the scores that are known already by the keys of the images; None where there is no truth."""
        try:
            model = model_key(run, options)
        except VitsciVizError:
            return {}
        keys = {source.key: (model, source.key, options) for source in sources}
        return {name: self._scores.peek(key) for name, key in keys.items() if key in self._scores}

    def rows(
        self,
        sources: Iterable[Source],
        runs: Sequence[Path],
        options: PredictOptions,
        *,
        problems: Mapping[str, str] | None = None,
    ) -> tuple[ImageRow, ...]:
        """Return a row for every image, with what is known of its scores."""
        sources = tuple(sources)
        known = [self.known_scores(sources, run, options) for run in runs[:2]]
        means = [{key: found.mean_dice if found else math.nan for key, found in each.items()} for each in known]
        return tuple(
            ImageRow(
                key=source.key,
                name=source.name,
                group=source.group,
                split=source.split,
                first=means[0].get(source.key) if means else None,
                second=means[1].get(source.key) if len(means) > 1 else None,
                problem=(problems or {}).get(source.key, ""),
            )
            for source in sources
        )

    def _open(self, source: Source, progress: Progress) -> tuple[PatchSession, Image | None]:
        def compute() -> tuple[PatchSession, Image | None]:
            progress("opening the image", 0, 0)
            image, mask = source.open(progress)
            session = PatchSession(image)
            _ = session.contrast  # read now, so that the first picture comes at once
            return session, mask

        return self._opened.get(source.key, compute)


def truth_of(mask: Image, labels: LabelMap, shape: Sequence[int]) -> Any:
    """Return class indices of a mask, 255 where nothing is labelled.

    A mask with two values of its own (0 and 255, say) stands for background and foreground where the run knows two
    classes.

    Raises
    ------
    InputError
        The mask has another shape than the image, or values that are no class of the run.
    """
    if mask.shape != tuple(shape):
        raise InputError(
            f"the mask must have the image's shape: {mask.name} has {mask.shape}, the image {tuple(shape)}; choose the "
            "mask that belongs to it"
        )
    values = np.asarray(mask)
    try:
        return labels.index_of(values, f"the mask {mask.name}")
    except InputError:
        binary = two_valued_to_binary(values)
        if len(labels) == 2 and binary is not values:
            return binary.astype(np.uint8)
        raise
