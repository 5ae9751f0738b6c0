"""Options of adaptive patching (no heavy import: forms open at once)."""

from typing import Any, Literal, Self, cast

from pydantic import field_validator, model_validator

from vitsci_viz.params import Options, nearest, option

Side = int | tuple[int, ...]
POWERS = (1, 2, 4, 8, 16, 32, 64)


def is_power_of_two(value: int) -> bool:
    """Tell whether a positive integer is a power of two."""
    return value > 0 and value & (value - 1) == 0


class PatchOptions(Options):
    """How an image is cut into patches; every option changes the answer.

    References
    ----------
    Zhang et al., Adaptive Patching for High-resolution Image Segmentation with Transformers, SC'24.
    """

    mode: Literal["threshold", "length", "uniform"] = option(
        "threshold",
        "threshold: split while the detail in a leaf exceeds the split value; length: split the most detailed leaf "
        "until the token budget is spent; uniform: the plain grid of the finest leaf.",
        group="Tree",
    )
    split_value: float | None = option(
        None,
        "A leaf is split while its detail exceeds this; default 50 for edges, automatic otherwise "
        "(the smallest value that keeps a tenth of the uniform tokens).",
        ge=0,
        unit="px",
        group="Tree",
        applies={"mode": ("threshold",)},
    )
    length: int = option(
        1024,
        "Token budget: the longest sequence a length tree may have.",
        ge=1,
        le=16_777_216,
        unit="tokens",
        group="Tree",
        suggestions=(64, 256, 512, 1024, 2048, 4096, 8192, 16384),
        applies={"mode": ("length",)},
    )
    patch_size: Side = option(
        8,
        "Side of a token, a power of two, or one per axis.",
        unit="px",
        group="Tree",
        suggestions=POWERS,
    )
    min_size: Side | Literal["cubic"] | None = option(
        None,
        "Side of the finest leaf, a power of two, or one per axis; default the patch size; below it leaves are "
        "up-sampled; 'cubic' picks one per axis so that leaves are nearly cubic in real units.",
        unit="px",
        group="Tree",
        suggestions=(None, *POWERS, "cubic"),
    )
    max_depth: int | None = option(
        None,
        "Deepest level of a leaf (the root is level 0); default as deep as the finest leaf allows.",
        ge=0,
        le=32,
        group="Tree",
        advanced=True,
    )
    balance: bool = option(
        False,
        "Neighbouring leaves differ by at most one level (the rule of adaptive mesh refinement).",
        group="Tree",
    )
    detail: Literal["edges", "gradient", "variance"] | None = option(
        None,
        "What counts as detail: Canny edge pixels (2-D), summed gradient magnitude (any dimension), or the summed "
        "squared deviation from the mean; default edges for images, gradient for volumes.",
        group="Detail",
    )
    thresholds: Literal["auto"] | tuple[float, float] = option(
        "auto",
        "Canny thresholds low,high on the 8-bit scale; auto takes quantiles of the gradient magnitude after blur.",
        group="Detail",
        suggestions=("auto", (50, 100), (100, 200), (150, 250)),
        applies={"detail": (None, "edges")},
    )
    blur: Literal["auto"] | int = option(
        "auto",
        "Side of the Gaussian kernel before edges or gradient: 0 for none or an odd number; auto takes the paper's "
        "table by image size (3 up to 1,024 px, 13 at 65,536 px).",
        unit="px",
        group="Detail",
        suggestions=("auto", 0, 3, 5, 7, 9, 11, 13),
        applies={"detail": (None, "edges", "gradient")},
    )
    channel: Literal["luminance", "max"] | int = option(
        "luminance",
        "What edges and gradient look at: luminance, the maximum over channels, or one channel by index.",
        group="Detail",
        advanced=True,
        suggestions=("luminance", "max", 0, 1, 2),
        applies={"detail": (None, "edges", "gradient")},
    )
    physical: bool = option(
        False,
        "Read the split value in um^2 (um^3 for volumes) and the blur in um, so that settings carry over between "
        "resolutions; automatic values stay as they are; needs a known spacing.",
        group="Detail",
        advanced=True,
    )
    forest: int = option(
        1,
        "Number of trees of one image, from edge maps of different strength (hierarchical forest).",
        ge=1,
        le=9,
        group="Sequence",
        advanced=True,
    )
    overflow: Literal["error", "drop_random", "drop_lowest"] = option(
        "error",
        "What to do with tokens beyond the length: refuse, drop at random (the paper's way), drop the least detailed.",
        group="Sequence",
        advanced=True,
    )
    seed: int = option(0, "Seed of the random drop.", ge=0, le=2**32 - 1, group="Sequence", advanced=True)

    @model_validator(mode="before")
    @classmethod
    def _choose_mode(cls, values: Any) -> Any:
        if not isinstance(values, dict) or cast("dict[str, Any]", values).get("mode") is not None:
            return cast("Any", values)
        chosen = {name: value for name, value in cast("dict[str, Any]", values).items() if name != "mode"}
        has_length, has_split = (chosen.get(name) is not None for name in ("length", "split_value"))
        if has_length and has_split:
            raise ValueError(
                "length and split_value were both given: leave one out, or say which counts with "
                "mode='length' or mode='threshold'"
            )
        return {**chosen, "mode": "length"} if has_length else chosen

    @field_validator("patch_size", "min_size")
    @classmethod
    def _check_side(cls, value: Any) -> Any:
        sides = cast("tuple[Any, ...]", value if isinstance(value, tuple) else (value,))
        for side in sides:
            if isinstance(side, int) and not (is_power_of_two(side) and side <= 4096):
                raise ValueError(f"must be a power of two from 1 to 4096 (or one per axis), got {side}")
        if not sides:
            raise ValueError("must have one side, or one per axis, got none")
        return cast("Any", value)

    @field_validator("thresholds")
    @classmethod
    def _check_thresholds(cls, value: Any) -> Any:
        if value != "auto" and not 0 <= value[0] <= value[1]:
            raise ValueError(f"must be low,high with 0 <= low <= high, got {value[0]:g},{value[1]:g}")
        return value

    @field_validator("blur")
    @classmethod
    def _check_blur(cls, value: Any) -> Any:
        if isinstance(value, int) and (value < 0 or value > 255 or (value and value % 2 == 0)):
            raise ValueError(f"must be 'auto', 0 or an odd number up to 255, got {value}")
        return value

    @field_validator("channel")
    @classmethod
    def _check_channel(cls, value: Any) -> Any:
        if isinstance(value, int) and value < 0:
            raise ValueError(f"must be 'luminance', 'max' or an index from 0, got {value}")
        return value

    @classmethod
    def preset(cls, name: str, **changes: Any) -> Self:
        """Return a named setting: ``apf-sc24`` and ``shf`` as published, ``recommended`` ours.

        Parameters
        ----------
        name : {"apf-sc24", "shf", "recommended"}
            The setting.
        **changes
            Options that differ from it.

        Raises
        ------
        OptionError
            The name is unknown, or a change is not valid.
        """
        if name not in PRESETS:
            from vitsci_viz.errors import OptionError

            raise OptionError(f"unknown preset '{name}': {nearest(name, PRESETS)}")
        return cls(**{**PRESETS[name], **changes})


_APF = {
    "mode": "threshold",
    "split_value": 50.0,
    "patch_size": 4,
    "detail": "edges",
    "thresholds": (100.0, 200.0),
    "blur": "auto",
    "overflow": "drop_random",
}
PRESETS: dict[str, dict[str, Any]] = {
    "apf-sc24": _APF,
    "shf": {**_APF, "patch_size": 8, "forest": 3},
    "recommended": {
        "mode": "length",
        "length": 1024,
        "patch_size": 8,
        "min_size": 4,
        "thresholds": "auto",
        "overflow": "drop_lowest",
    },
}
"""Published settings (SC'24 paper, sections III-IV; SHF figure with three trees) and our own."""
