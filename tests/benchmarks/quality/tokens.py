"""Equal token counts: the plain grid against the adaptive setting that is recommended for the count."""

from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.data import data_folder
from tests.benchmarks.quality.recommending import recommended
from tests.benchmarks.quality.settings import adaptive, setting, uniform
from tests.benchmarks.quality.training import trained

SIDE, COUNTS, SEED = 512, (64, 256, 1024), 0
THIN = "vessels-512"
"""The thin-structure sample, chosen before any of these trainings."""
SAMPLES = {"pathology-512": "virtual pathology 512^2", THIN: "thin vessels 512^2"}
EPOCHS = 80
LEAST_GAIN = {"pathology-512": 0.0, THIN: 5.5}
"""Points that are wanted at every count."""


def measure(work: Path) -> list[Row]:
    """Train both sides for equal steps at every count and on every sample."""
    return [_row(data, title, work) for data, title in SAMPLES.items()]


def _row(data: str, title: str, work: Path) -> Row:
    table = data_folder(data, work)
    found: dict[int, dict[str, object]] = {}
    for count in COUNTS:
        options = recommended(table, count)
        patch = int(SIDE / count**0.5)
        ours = adaptive(options.patch_size, options.min_size, count, options.detail or "edges")
        dice = {}
        for name, cut in (("uniform", uniform(patch)), ("adaptive", {**ours, "random_trees": True})):
            each = setting("tokens", f"{data}-{name}-{count}", data, EPOCHS, SEED, cut, schedule="cosine", val_every=8)
            dice[name] = 100 * float(trained(each, table, work).dice[-1])
        found[count] = {**dice, "gain": dice["adaptive"] - dice["uniform"], "setting": ours, "grid": patch}
    gains = [float(each["gain"]) for each in found.values()]
    least = LEAST_GAIN[data]
    words = ", ".join(
        f"{count:,} tokens {each['adaptive']:.1f} against {each['uniform']:.1f} ({each['gain']:+.1f})"
        for count, each in found.items()
    )
    return Row(
        name=f"Dice at equal token count and equal steps, {title}, recommended setting against the grid",
        target=f">= {least:g} points at each count" if least else "above uniform at each count",
        measured=words,
        is_met=min(gains) >= least if least else min(gains) > 0,
        anchor="APF paper: +5.5 on average" if least else "-",
        values={"counts": {str(count): each for count, each in found.items()}},
    )
