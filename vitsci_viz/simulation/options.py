"""Options of the samples (no heavy import: forms open at once)."""

from vitsci_viz.params import Options, option

DEFAULT_SEED = 7


class SampleOptions(Options):
    """Which sample is written, and from which seed it is made."""

    name: str = option(
        "small",
        "'small' makes the four small samples with masks; else the name of one sample, generated or public.",
        group="Sample",
        suggestions=("small", "pathology", "ct_slice", "ct_volume", "vessels", "virtual_slide", "large_slide"),
    )
    seed: int = option(DEFAULT_SEED, "Seed of generated samples.", ge=0, le=2**31 - 1, group="Sample")
    side: int | None = option(
        None,
        "Side of a generated whole slide, a multiple of 1,024; default 4,096 for virtual_slide, "
        "16,384 for large_slide.",
        ge=1024,
        le=131_072,
        unit="px",
        group="Sample",
        applies={"name": ("virtual_slide", "large_slide")},
    )
