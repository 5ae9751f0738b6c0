"""A model without weights: a pixel above a threshold is foreground; counts what it is asked."""

from types import SimpleNamespace

import numpy as np

from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.run_folder import RunFolder, write_facts
from vitsci_viz.types import PatchTree

LABELS = LabelMap(values=(0, 1), names=("background", "gland"))


class FakeModel:
    """Stands in for what the workflow opens."""

    def __init__(self, threshold, labels=LABELS):
        self.threshold, self.classes, self.labels = threshold, labels.names, labels
        self.asked = 0

    def predict(self, image, *, options=None, progress=None):
        """Label what is brighter than the threshold."""
        self.asked += 1
        progress("predicting", 0, 1)
        values = np.asarray(image).astype(np.float32)
        certainty = np.clip(np.abs(values - self.threshold) / 64, 0, 1)
        return SimpleNamespace(
            labels=(values > self.threshold).astype(np.uint8),
            uncertainty=1 - certainty,
            trees=(one_leaf(values.shape),),
            tokens=1,
            seconds={"forward": 0.01},
            notes=("a note",),
        )


def one_leaf(shape):
    """A tree that covers an image with its root alone."""
    side = 2 ** int(np.ceil(np.log2(max(shape))))
    return PatchTree(
        shape=tuple(shape), origin=np.zeros((1, len(shape)), np.int64),
        size=np.full((1, len(shape)), side), level=np.zeros(1, np.int16), score=np.zeros(1),
    )  # fmt: skip


def fake_run(folder, *, threshold=100):
    """A run folder whose checkpoint holds nothing but a threshold."""
    folder.mkdir(parents=True)
    run = RunFolder(folder)
    write_facts(run, {"state": "done", "classes": list(LABELS.names), "spec": {"architecture": "vit"}})
    run.checkpoints.mkdir()
    (run.checkpoints / "best").write_text(str(threshold))
    return folder


def open_fake(run, *, checkpoint="best"):
    """Open what `fake_run` wrote."""
    return FakeModel(float((RunFolder(run).checkpoints / checkpoint).read_text()))
