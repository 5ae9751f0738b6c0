"""Options of reconstruction (no heavy import: forms open at once)."""

import math
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from vitsci_viz.errors import OptionError
from vitsci_viz.params import Options, option

RingMethod = Literal[
    "none",
    "mean",
    "sorting",
    "combined",
    "large",
    "dead",
    "filtering",
    "fitting",
    "normalization",
    "regularization",
    "fourier",
    "wavelet",
]
PaddingMethod = Literal["none", "edge", "taper"]


class PreprocessOptions(Options):
    """How counts become line integrals; every option changes the answer."""

    group_order = ("Detector", "Counts", "Pixels", "Rings", "Phase", "Hardening", "Padding")

    pixel_mm: Literal["auto"] | float = option(
        "auto",
        "Side of a detector pixel, as seen at the sample; auto takes what the file says. It gives slices in 1/mm.",
        unit="mm",
        group="Detector",
        advanced=True,
        suggestions=("auto", 0.001, 0.01),
    )
    flats_in_time: Literal["linear", "mean"] = option(
        "linear",
        "linear: flats of several series are interpolated to the time of every view; mean: one flat for all views.",
        group="Counts",
    )
    floor: float = option(
        1e-4,
        "Smallest transmission: less counts as this much, so that a pixel without light stays finite (1e-4 is a line "
        "integral of 9.2).",
        ge=1e-9,
        le=0.5,
        group="Counts",
        advanced=True,
    )
    air: int = option(
        0,
        "Columns at either side that see nothing but air in every view: each view is scaled so that they do not "
        "absorb, which follows a beam that drifts; 0 leaves views as they are.",
        ge=0,
        le=4096,
        unit="px",
        group="Counts",
    )
    saturation: Literal["auto"] | float = option(
        "auto",
        "Counts from which a pixel is saturated; auto takes the largest value of whole-number types.",
        group="Pixels",
        suggestions=("auto", 4095, 16383, 65535),
        advanced=True,
    )
    dead: float = option(
        0.1,
        "A pixel whose flat is less than this share of its row's around it is dead, and filled from its neighbours; "
        "0 takes only pixels without any light.",
        ge=0,
        le=0.9,
        group="Pixels",
        advanced=True,
    )
    outliers: float = option(
        8.0,
        "Samples brighter than their neighbours, in the view and in those next to it, by more than so many standard "
        "deviations of the noise (stray photons) are filled from them; 0 leaves them.",
        ge=0,
        le=1000,
        group="Pixels",
    )
    rings: RingMethod = option(
        "none",
        "How stripes of a sinogram, rings of a slice, are removed: mean (level the mean view) and sorting (small "
        "to medium ones of any strength) are built in; combined (dead, large and small ones; the "
        "slowest) and the others are algotom's.",
        group="Rings",
    )
    ring_size: int = option(
        11,
        "Width of the median window for small stripes; wider removes wider stripes and more of the sample.",
        ge=3,
        le=501,
        unit="px",
        group="Rings",
        applies={"rings": ("mean", "sorting", "combined", "filtering", "normalization")},
    )
    large_ring_size: int = option(
        51,
        "Width of the median window for large stripes and dead pixels.",
        ge=3,
        le=1001,
        unit="px",
        group="Rings",
        advanced=True,
        applies={"rings": ("combined", "large", "dead")},
    )
    ring_ratio: float = option(
        3.0,
        "A column is a large stripe when it stands out so many times from the others; less finds more.",
        ge=1.05,
        le=100,
        group="Rings",
        advanced=True,
        applies={"rings": ("combined", "large", "dead")},
    )
    phase: Literal["none", "paganin"] = option(
        "none",
        "Retrieve the projected thickness of one material from phase contrast at one distance (Paganin).",
        group="Phase",
    )
    delta_beta: float = option(
        200.0,
        "Refractive index decrement over absorption index of the material: larger smooths more.",
        ge=0,
        le=10_000_000,
        group="Phase",
        applies={"phase": ("paganin",)},
    )
    energy_kev: float = option(
        20.0, "Energy of the beam.", ge=0.1, le=10_000, unit="keV", group="Phase", applies={"phase": ("paganin",)}
    )
    distance_mm: float = option(
        100.0,
        "Way from the sample to the detector (over the magnification where the beam diverges).",
        ge=0,
        le=1_000_000,
        unit="mm",
        group="Phase",
        applies={"phase": ("paganin",)},
    )
    hardening: tuple[float, ...] = option(
        (),
        "Coefficients a1,a2,... that make line integrals p into a1 p + a2 p^2 + ...; empty leaves them. "
        "vz.fit_hardening finds them from the sinogram of a sample that is not round.",
        group="Hardening",
        suggestions=((), (1.0, 0.1), (1.0, 0.0, 0.05)),
    )
    padding: PaddingMethod = option(
        "none",
        "How views go on beyond the detector where the sample is wider than it: edge (the last value), taper (falling "
        "to zero), none (zero at once, which brightens the rim).",
        group="Padding",
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_hardening(self.hardening)
        if self.pixel_mm != "auto" and not 0 < self.pixel_mm < math.inf:
            raise ValueError(f"pixel_mm must be auto or a positive length, got {self.pixel_mm:g}")
        if self.saturation != "auto" and not self.saturation > 0:
            raise ValueError(f"saturation must be auto or a positive number of counts, got {self.saturation:g}")
        return self

    def pixel_of(self, said: float | None) -> float | None:
        """Return the side of a detector pixel in mm: as given, else what the scan says; None where nobody knows."""
        return said if self.pixel_mm == "auto" else self.pixel_mm


class CentreOptions(Options):
    """How the place of the rotation axis on the detector is found."""

    group_order = ("Centre",)

    centre_rows: int = option(
        5,
        "Detector rows, evenly spaced, on which every method measures the centre.",
        ge=1,
        le=64,
        group="Centre",
        advanced=True,
    )
    centre_range: tuple[float, float] | None = option(
        None,
        "First and last place to search; default the middle half of the detector, or all of it for a full turn.",
        unit="px",
        group="Centre",
        advanced=True,
    )

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.centre_range is not None and not 0 <= self.centre_range[0] < self.centre_range[1]:
            raise ValueError(f"centre_range must rise from 0 or more, got {self.centre_range}")
        return self

    def search_px(self, columns: int) -> tuple[float, float] | None:
        """Return the range to search; None where it is not given.

        Raises
        ------
        OptionError
            The range reaches beyond the detector.
        """
        if self.centre_range is None:
            return None
        first, last = self.centre_range
        if last > columns - 1:
            raise OptionError(
                f"centre_range must lie on the detector, 0 to {columns - 1} px, got {first:g} to {last:g}"
            )
        return self.centre_range


def check_hardening(coefficients: Sequence[float]) -> None:
    """Refuse a polynomial that makes all line integrals zero.

    Raises
    ------
    ValueError
        Every coefficient is zero.
    """
    if coefficients and not any(coefficients):
        raise ValueError("hardening must have a coefficient that is not zero, or be empty")
