"""Options of prediction and evaluation (no heavy import: forms and help open at once)."""

from typing import Literal

from vitsci_viz.params import Options, option, option_of


class PredictOptions(Options):
    """How a trained model is applied to one image."""

    checkpoint: Literal["best", "last"] = option(
        "best", "Weights of the best validation, or the last ones.", group="Prediction"
    )
    probabilities: bool = option(
        False, "Write the probability of every class as float16 beside the labels.", group="Prediction"
    )
    length: int | None = option(
        None,
        "Token budget for this image, or for each tile; default that of training, scaled with its area where it is "
        "larger than the ones trained on, up to 16,384.",
        ge=1,
        le=16_777_216,
        unit="tokens",
        group="Prediction",
    )
    tile: int | None = option(
        None,
        "Predict in tiles of this side with a halo, each a sequence of its own; default the whole image as one "
        "sequence (models of pixels take images larger than those trained on in tiles of that size).",
        ge=32,
        le=65_536,
        unit="px",
        group="Prediction",
    )
    halo: int = option(
        32,
        "Border around a tile that is predicted too: thrown away, or blended with its neighbours by models of pixels.",
        ge=0,
        le=4096,
        unit="px",
        group="Prediction",
        advanced=True,
    )


class EvaluateOptions(Options):
    """How predictions are compared with masks."""

    checkpoint: Literal["best", "last"] = option_of(PredictOptions, "checkpoint")
    split: Literal["val", "train", "all"] = option(
        "all",
        "Which images of the data count: those that the run kept for validation, those that it used for training (both "
        "by path), or all.",
        group="Scores",
    )
    tolerance: float = option(
        1.0,
        "Tolerance of the normalised surface Dice, in the unit of distances: mm where all images give their spacing "
        "in mm, um where it is known otherwise, else pixels.",
        ge=0,
        le=1_000_000,
        group="Scores",
    )
    instances: bool = option(
        False,
        "The masks number single objects: also F1, PQ and AJI after splitting the foreground by connected components.",
        group="Scores",
    )
    min_object: int = option(
        1,
        "Predicted objects with fewer pixels are left out.",
        ge=1,
        le=1_000_000,
        unit="px",
        group="Scores",
        advanced=True,
        applies={"instances": (True,)},
    )
    resamples: int = option(
        2000, "Draws of the bootstrap over groups.", ge=100, le=1_000_000, group="Scores", advanced=True
    )
    seed: int = option(0, "Seed of the bootstrap.", ge=0, le=2**32 - 1, group="Scores", advanced=True)
