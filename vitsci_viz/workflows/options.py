"""Science options of the workflows (no heavy import: forms and help open at once)."""

from typing import Any, Literal

from pydantic import ValidationInfo, field_validator

from vitsci_viz.params import Options, option, option_of
from vitsci_viz.patching.options import PatchOptions, is_power_of_two

SHARED_FIELDS = ("thresholds", "blur", "channel", "physical", "balance", "max_depth")
"""Options that a sweep holds fixed, as defined for a single run."""


class PatchRunOptions(PatchOptions):
    """How one image is cut, and which part of it."""

    roi: str | None = option(
        None,
        "Part to cut, in pixels of the chosen level: y0:y1,x0:x1 (z0:z1 first for a volume); an empty end reaches "
        "to the edge; default everything.",
        group="Part",
    )
    level: int = option(0, "Resolution level of a pyramid; 0 is the finest.", ge=0, le=64, group="Part")

    @field_validator("roi")
    @classmethod
    def _check_roi(cls, value: str | None) -> str | None:
        if value is not None:
            parse_roi(value)
        return value

    def patch_options(self) -> PatchOptions:
        """Return the part that the patching itself takes."""
        return PatchOptions(**{name: getattr(self, name) for name in PatchOptions.model_fields})


def parse_roi(text: str) -> tuple[slice, ...]:
    """Read ``y0:y1,x0:x1`` as slices.

    Raises
    ------
    ValueError
        The text is no region, or a part of it is empty.

    Examples
    --------
    >>> parse_roi("128:256,:64")
    (slice(128, 256, None), slice(None, 64, None))
    """
    slices = []
    for part in text.split(","):
        start, separator, stop = (piece.strip() for piece in part.partition(":"))
        if not separator or not all(piece == "" or piece.isdecimal() for piece in (start, stop)):
            raise ValueError(f"must be start:stop for every axis, such as 0:512,256:768, got {text!r}")
        ends = tuple(int(piece) if piece else None for piece in (start, stop))
        if ends[1] is not None and ends[1] <= (ends[0] or 0):
            raise ValueError(f"must end after it begins on every axis, got {part.strip()!r} in {text!r}")
        slices.append(slice(*ends))
    return tuple(slices)


class SweepOptions(Options):
    """Which settings a sweep compares: every combination of the lists."""

    patch_sizes: tuple[int, ...] = option(
        (4, 8, 16), "Sides of a token to try, powers of two.", unit="px", group="Compared"
    )
    min_sizes: tuple[int, ...] | Literal["auto"] = option(
        "auto",
        "Sides of the finest leaf to try; auto tries each patch size, its half and its quarter (2 px at the least).",
        unit="px",
        group="Compared",
    )
    lengths: tuple[int, ...] | Literal["auto"] = option(
        "auto",
        "Token budgets to try; auto takes powers of two from 64 up to half of the uniform grid; empty tries none.",
        unit="tokens",
        group="Compared",
    )
    split_values: tuple[float, ...] = option(
        (), "Split values to try (threshold trees), beside the lengths.", unit="px", group="Compared"
    )
    details: tuple[Literal["edges", "gradient", "variance"], ...] = option(
        (), "Kinds of detail to try; empty takes edges for images, gradient for volumes.", group="Compared"
    )
    uniform: bool = option(True, "Put the plain grids of the same finest leaves beside.", group="Compared")
    quality: Literal["fast", "full"] = option(
        "full", "full adds SSIM, which needs every reconstruction; fast leaves it out.", group="Compared"
    )
    thresholds: Literal["auto"] | tuple[float, float] = option_of(PatchOptions, "thresholds")
    blur: Literal["auto"] | int = option_of(PatchOptions, "blur")
    channel: Literal["luminance", "max"] | int = option_of(PatchOptions, "channel")
    physical: bool = option_of(PatchOptions, "physical")
    balance: bool = option_of(PatchOptions, "balance")
    max_depth: int | None = option_of(PatchOptions, "max_depth")

    @field_validator("patch_sizes", "min_sizes", "lengths", "split_values", "details", mode="before")
    @classmethod
    def _take_one_as_list(cls, value: Any) -> Any:
        if value is None:
            return ()
        return value if value == "auto" or isinstance(value, list | tuple) else (value,)

    @field_validator("patch_sizes", "min_sizes")
    @classmethod
    def _check_sides(cls, value: Any) -> Any:
        if not value:
            raise ValueError("must have at least one side, got none")
        for side in () if value == "auto" else value:
            if not (is_power_of_two(side) and side <= 4096):
                raise ValueError(f"must be powers of two from 1 to 4096, got {side}")
        return value

    @field_validator("lengths", "split_values")
    @classmethod
    def _check_counts(cls, value: Any, info: ValidationInfo) -> Any:
        least = 1 if info.field_name == "lengths" else 0
        for number in () if value == "auto" else value:
            if not number >= least:
                raise ValueError(f"must be {least} or more, got {number:g}")
        return value

    @field_validator(*SHARED_FIELDS)
    @classmethod
    def _check_as_defined(cls, value: Any, info: ValidationInfo) -> Any:
        PatchOptions(**{str(info.field_name): value})
        return value
