"""What a trained model must know of its data to be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from vitsci_viz.models.options import ModelSpec
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.normalisation import Normalisation


@dataclass(frozen=True, eq=False, kw_only=True)
class Card:
    """What a trained model must know of its data, apart from the weights.

    Parameters
    ----------
    spec : ModelSpec
        What the model is built from.
    labels : LabelMap
        Classes, and the mask values they stand for.
    mean, std : tuple of float
        What every channel was normalised by.
    spacing_um : tuple of float, optional
        Size of a pixel in training; None where it was unknown.
    options : mapping
        Options of the run, as in its recipe.
    """

    spec: ModelSpec
    labels: LabelMap
    mean: tuple[float, ...]
    std: tuple[float, ...]
    spacing_um: tuple[float, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; 0 is background."""
        return self.labels.names

    @property
    def normalisation(self) -> Normalisation:
        """What every channel was normalised by, as arrays."""
        return Normalisation(np.array(self.mean, np.float32), np.array(self.std, np.float32))

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values."""
        parts = {"spec": self.spec.to_mapping(), "labels": asdict(self.labels), "options": dict(self.options)}
        return {**vars(self), **parts}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Card:
        """Return what `to_mapping` wrote."""
        return cls(**{**values, "spec": ModelSpec(**values["spec"]), "labels": LabelMap(**values["labels"])})
