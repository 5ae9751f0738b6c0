"""Options of reconstruction from projections to a volume (no heavy import: forms and help open at once)."""

from typing import Any, ClassVar, Literal, Self

from pydantic import field_validator, model_validator

from vitsci_viz.params import option, option_of
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.training.options import LoopOptions

MOST_ROWS = 2**31
"""More rows than any detector has."""
MOST_BIN = 32
"""Pixels that are averaged along an axis at the most."""
MOST_TILT = 45
"""An axis that leans further, in degrees, is another axis."""


class ReconstructOptions(PreprocessOptions):
    """How a scan becomes a volume."""

    group_order: ClassVar[tuple[str, ...]] = ("Geometry", "Slices", *PreprocessOptions.group_order, "Output")

    centre: Literal["auto"] | float = option(
        "auto",
        "Where the rotation axis falls on the detector, in pixels whose centres are at integers; auto finds it.",
        unit="px",
        group="Geometry",
    )
    try_centres: bool = option(
        False,
        "Try centres first, about the one that is taken: a ranked table (centres.csv) and pictures of the slices "
        "beside the volume.",
        group="Geometry",
        flag="try",
    )
    tilt: Literal["auto"] | float = option(
        0.0,
        "Turn of the rotation axis in the plane of the detector, towards larger columns as the rows go down, at most "
        "45 to either side; auto finds it.",
        unit="degrees",
        group="Geometry",
        advanced=True,
        suggestions=("auto",),
    )
    rows: str | None = option(
        None,
        "Detector rows to reconstruct as FIRST:STOP, such as 100:200 (100: and :200 too); default all.",
        group="Slices",
    )
    angle_unit: Literal["auto", "deg", "rad"] = option(
        "auto",
        "Unit of the angles; auto tells it from the turn they cover, and asks where that is unclear.",
        group="Geometry",
        advanced=True,
    )
    bin: int = option(
        1,
        "Average so many pixels along rows and columns: a volume as many times coarser.",
        ge=1,
        le=MOST_BIN,
        group="Slices",
    )
    method: Literal["auto", "fbp", "fourier"] = option(
        "auto",
        "fbp: filtered back-projection; fourier: through a non-uniform Fourier transform; auto takes the faster one "
        "and says so.",
        group="Slices",
    )
    filter: Literal["ram-lak", "shepp-logan", "cosine", "hamming", "hann"] = option(
        "ram-lak",
        "Window on the ramp filter: each lowers noise and sharpness more than the one before.",
        group="Slices",
    )
    device: Literal["auto", "cpu", "cuda"] = option_of(LoopOptions, "device", group="Slices")
    circle: bool = option(False, "Set what lies outside the circle that every view sees to zero.", group="Slices")
    store: Literal["float32", "uint16"] = option(
        "float32", "Type of the volume; uint16 is a linear scale over a stated range, kept with it.", group="Output"
    )
    range: Literal["auto"] | tuple[float, float] = option(
        "auto",
        "Attenuation that becomes 0 and 65,535; auto takes that of a few slices and leaves a tenth on either side.",
        group="Output",
        applies={"store": ("uint16",)},
        suggestions=("auto",),
    )

    @field_validator("tilt")
    @classmethod
    def _check_tilt(cls, value: Any) -> Any:
        if value != "auto" and not -MOST_TILT <= value <= MOST_TILT:  # bounds of the option would refuse auto
            raise ValueError(f"must be auto or -{MOST_TILT} to {MOST_TILT} degrees, got {value:g}")
        return value

    @field_validator("rows")
    @classmethod
    def _check_rows(cls, value: Any) -> Any:
        if value is not None:
            parse_rows(value, None)
        return value

    @field_validator("range")
    @classmethod
    def _check_range(cls, value: Any) -> Any:
        if value != "auto" and not value[0] < value[1]:
            raise ValueError(f"must be two growing numbers low,high, got {value[0]:g},{value[1]:g}")
        return value

    @model_validator(mode="after")
    def _check_device(self) -> Self:
        if self.device == "cuda" and self.method == "fourier":
            raise ValueError("device=cuda goes with method=fbp: the Fourier method runs on the processor")
        return self


def parse_rows(text: str | None, count: int | None) -> slice:
    """Return the rows that ``FIRST:STOP`` names.

    Parameters
    ----------
    text : str, optional
        None takes all.
    count : int, optional
        Rows there are; None where that is not known yet.

    Raises
    ------
    ValueError
        It does not name one row or more.

    Examples
    --------
    >>> parse_rows("100:", 200)
    slice(100, 200, None)
    """
    most = MOST_ROWS if count is None else count
    if text is None:
        return slice(0, most)
    first, colon, stop = str(text).partition(":")
    if not colon or not all(part.strip().isdecimal() or not part.strip() for part in (first, stop)):
        raise ValueError(f"must be FIRST:STOP with whole numbers, such as 100:200, got {text!r}")
    found = slice(int(first) if first.strip() else 0, int(stop) if stop.strip() else most)
    if not 0 <= found.start < found.stop <= most:
        bounds = "" if count is None else f"between 0 and {count:,}, "
        raise ValueError(f"must name rows {bounds}first before stop, got {text!r}")
    return found
