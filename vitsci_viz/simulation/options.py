"""Options of the samples (no heavy import: forms open at once)."""

from vitsci_viz.params import Options, option

DEFAULT_SEED = 7
SETS = ("pathology_set", "vessels_set", "angiograms_set")
"""Names of the sets of images to train on."""
SCANS = ("scan",)
"""Names of the tomographic scans."""


class SampleOptions(Options):
    """Which sample is written, and from which seed it is made."""

    name: str = option(
        "small",
        "'small' makes the four small samples with masks; else the name of one sample or set, generated or public.",
        group="Sample",
        suggestions=(
            "small",
            "pathology",
            "ct_slice",
            "ct_volume",
            "vessels",
            "virtual_slide",
            "large_slide",
            *SETS,
            *SCANS,
        ),
    )
    seed: int = option(DEFAULT_SEED, "Seed of generated samples.", ge=0, le=2**31 - 1, group="Sample")
    side: int | None = option(
        None,
        "Side of a generated whole slide, a multiple of 1,024 (default 4,096 for virtual_slide, 16,384 for "
        "large_slide), of each image of a set (256 for pathology_set, 512 for the others), or columns of a scan (256).",
        ge=32,
        le=131_072,
        unit="px",
        group="Sample",
        applies={"name": ("virtual_slide", "large_slide", *SETS, *SCANS)},
    )
    count: int | None = option(
        None,
        "Images of a generated set (default 48 for pathology_set, 24 for the others), or views of a scan (360).",
        ge=1,
        le=1_000_000,
        unit="images",
        group="Sample",
        applies={"name": (*SETS, *SCANS)},
    )
