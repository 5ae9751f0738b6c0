"""Options of training (no torch: forms and help open at once)."""

from typing import Any, ClassVar, Literal

from pydantic import field_validator, model_validator

from vitsci_viz.models.options import ModelOptions
from vitsci_viz.params import Options, option, option_of
from vitsci_viz.patching.options import PatchOptions, Side


class DataOptions(Options):
    """Which pixels and labels are learned from; every option changes the answer."""

    classes: dict[int, str] | None = option(
        None,
        "Names of the mask's values, such as 0:background,1:nucleus; default the values that the masks hold, 0 being "
        "background.",
        group="Data",
    )
    instances: bool = option(False, "The masks number single objects: every value but 0 is foreground.", group="Data")
    ignore: tuple[int, ...] = option(
        (), "Mask values that are left out of loss and scores.", group="Data", advanced=True
    )
    val_share: float = option(
        0.2,
        "Share of the groups (patients, slides; single images where no groups are known) kept for validation.",
        ge=0,
        le=0.9,
        group="Data",
    )
    crop: int | None = option(
        None,
        "Side of random crops to train on; default whole images, padded to the largest one of a batch.",
        ge=16,
        le=65_536,
        unit="px",
        group="Data",
    )
    tissue: Literal["off", "auto"] = option(
        "off",
        "auto: find the tissue of a stained slide; glass, pen marks and dust cost no tokens and count as background.",
        group="Data",
        advanced=True,
    )
    tokens_per_mm2: float | None = option(
        None,
        "Token budget for every square millimetre of tissue (length trees; the length is the upper bound); default "
        "the same budget for every image.",
        ge=0.001,
        le=1_000_000_000,
        unit="tokens/mm2",
        group="Data",
        advanced=True,
        applies={"mode": ("length",), "tissue": ("auto",)},
    )
    flips: bool = option(True, "Mirror and turn images by right angles at random.", group="Augmentation")
    colour: float = option(
        0.0,
        "Strength of random changes of stain (H&E: haematoxylin, eosin), brightness and contrast; 0 for none.",
        ge=0,
        le=1,
        group="Augmentation",
    )
    random_trees: bool = option(
        False,
        "Draw blur and edge thresholds anew for every tree (blur 0, 1, 3 or 5, low threshold 50 to 99, high 50 "
        "above), as the published code does.",
        group="Augmentation",
        advanced=True,
        applies={"detail": (None, "edges")},
    )
    on_error: Literal["stop", "skip"] = option(
        "stop",
        "What a file that cannot be read in the middle of training does: stop the run, or be skipped and counted.",
        group="Data",
        advanced=True,
    )

    @field_validator("classes", mode="before")
    @classmethod
    def _read_classes(cls, value: Any) -> Any:
        if value is None:
            return None
        pairs = value.items() if isinstance(value, dict) else cls._pairs_of(value)
        names = [str(name) for _, name in pairs]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"must have a name of its own for every value, got {twice!r} twice")
        return dict(pairs)

    @staticmethod
    def _pairs_of(value: Any) -> list[tuple[int, str]]:
        parts = value if isinstance(value, tuple | list) else str(value).split(",")
        pairs = [str(part).replace("=", ":").partition(":") for part in parts]
        if not all(number.strip().isdecimal() and name.strip() for number, _, name in pairs):
            raise ValueError(f"must be value:name pairs such as 0:background,1:nucleus, got {value!r}")
        return [(int(number), name.strip()) for number, _, name in pairs]

    @field_validator("ignore", mode="before")
    @classmethod
    def _take_one_as_list(cls, value: Any) -> Any:
        return () if value is None else value if isinstance(value, list | tuple) else (value,)


class LoopOptions(Options):
    """How the weights are found; all but `save_every` and `device` are meant to change the answer."""

    epochs: int = option(100, "Passes over the training images.", ge=1, le=1_000_000, group="Training")
    batch_size: int = option(4, "Sequences in one batch.", ge=1, le=4096, unit="sequences", group="Training")
    accumulate: int = option(
        1,
        "Batches whose gradients are averaged before the weights change: together they are one step.",
        ge=1,
        le=4096,
        unit="batches",
        group="Training",
        advanced=True,
    )
    learning_rate: float = option(3e-4, "Highest learning rate of AdamW.", ge=1e-8, le=1, group="Training")
    weight_decay: float = option(0.05, "Weight decay of AdamW.", ge=0, le=1, group="Training", advanced=True)
    schedule: Literal["cosine", "step", "constant"] = option(
        "cosine",
        "cosine: down to zero at the last epoch; step: a tenth at 50, 75 and 87.5 % of the epochs; all begin with the "
        "warm-up.",
        group="Training",
    )
    warmup: float = option(
        0.05, "Share of all steps in which the learning rate rises.", ge=0, le=0.5, group="Training", advanced=True
    )
    clip: float = option(
        1.0, "Largest norm of the gradient; 0 for no bound.", ge=0, le=1_000_000, group="Training", advanced=True
    )
    dice_weight: float = option(0.5, "Share of the Dice loss; the rest is cross-entropy.", ge=0, le=1, group="Training")
    class_weights: Literal["equal", "balanced"] | tuple[float, ...] = option(
        "equal",
        "Weights of the classes in the cross-entropy: equal, balanced (one over the square root of their area), or one "
        "number per class.",
        group="Training",
        advanced=True,
        suggestions=("equal", "balanced"),
    )
    precision: Literal["auto", "float32", "bf16"] = option(
        "auto",
        "Arithmetic of the matrix products; auto takes bf16 on GPUs that are faster with it, float32 elsewhere. CPUs "
        "with bf16 instructions are up to twice as fast with bf16.",
        group="Training",
        advanced=True,
    )
    val_every: int = option(
        1, "Epochs between two validations.", ge=1, le=1_000_000, unit="epochs", group="Training", advanced=True
    )
    save_every: int = option(
        100,
        "Steps between two checkpoints, besides those at every validation: what a killed run loses at most.",
        ge=1,
        le=1_000_000,
        unit="steps",
        group="Training",
        advanced=True,
    )
    max_minutes: float | None = option(
        None,
        "Stop after this many minutes of training, those before a resume included; never changes the schedule.",
        ge=0.01,
        le=1_000_000,
        unit="min",
        group="Training",
    )
    seed: int = option(
        0,
        "Seed of the weights, the split, the order, the augmentation and the random drop of tokens.",
        ge=0,
        le=2**32 - 1,
        group="Training",
    )
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", "Where to compute; auto takes a GPU if there is one.", group="Training", advanced=True
    )

    @field_validator("class_weights")
    @classmethod
    def _check_weights(cls, value: Any) -> Any:
        if isinstance(value, tuple) and (not value or min(value) < 0 or max(value) == 0):
            raise ValueError(f"must be non-negative with one above 0, got {value}")
        return value


class TrainOptions(PatchOptions, LoopOptions, ModelOptions, DataOptions):
    """A whole training run: data, patches, model and loop, shown in the order in which one decides them."""

    group_order: ClassVar[tuple[str, ...]] = (
        "Data", "Tree", "Detail", "Sequence", "Model", "Training", "Augmentation",
    )  # fmt: skip

    mode: Literal["threshold", "length", "uniform"] = option_of(PatchOptions, "mode", default="length")
    length: int = option_of(PatchOptions, "length", default=512)
    min_size: Side | Literal["cubic"] | None = option_of(PatchOptions, "min_size", default=4)
    seed: int = option_of(LoopOptions, "seed")

    @model_validator(mode="before")
    @classmethod
    def _split_value_means_threshold(cls, values: Any) -> Any:
        given = {name for name, value in values.items() if value is not None} if isinstance(values, dict) else set()
        if "split_value" in given and not given & {"mode", "length"}:
            return {**values, "mode": "threshold"}
        return values

    def part(self, options: type[Options]) -> Any:
        """Return the options of one room, such as ``part(PatchOptions)``."""
        return options(**{name: getattr(self, name) for name in options.model_fields})
