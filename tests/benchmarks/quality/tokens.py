"""Equal token counts: the plain grid against the adaptive setting that is recommended for the count."""

from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.data import data_folder
from tests.benchmarks.quality.recommending import recommended
from tests.benchmarks.quality.settings import setting, uniform
from tests.benchmarks.quality.training import Curve, Setting, trained_all

SIDE, COUNTS, SEED = 512, (64, 256, 1024), 0
THIN = "angiograms-512"
"""The thin-structure sample, chosen before any of these trainings: arteries of a subtraction angiogram."""
SAMPLES = {"pathology-512": "virtual pathology 512^2", THIN: "thin arteries (virtual subtraction angiograms 512^2)"}
EPOCHS = {"pathology-512": 20, THIN: 16}
RANDOM_TREES = {"pathology-512": True, THIN: False}
"""The published draws of blur and thresholds suit stained tissue; without blur they split the noise of X-ray frames."""
LEAST_GAIN = {"pathology-512": 0.0, THIN: 5.5}
"""Points that are wanted at every count."""
PATCH_FIELDS = ("mode", "length", "patch_size", "min_size", "detail", "blur", "thresholds")


def measure(work: Path) -> list[Row]:
    """Train both sides for equal steps at every count and on every sample."""
    chosen = [pair for data in SAMPLES for count in COUNTS for pair in _pair(data, count, work)]
    curves = trained_all(chosen, work)
    found = {(each.data, each.name): (each, curve) for each, curve in zip(chosen, curves, strict=True)}
    return [_row(data, title, found) for data, title in SAMPLES.items()]


def _pair(data: str, count: int, work: Path) -> tuple[Setting, Setting]:
    """Return the grid and the recommended setting of a count."""
    best = recommended(data_folder(data, work), count)
    ours = {**{name: getattr(best, name) for name in PATCH_FIELDS}, "random_trees": RANDOM_TREES[data]}
    common = {"schedule": "cosine", "val_every": 4}
    grid, adaptive = (
        setting("tokens", f"{data}-{name}-{count}", data, EPOCHS[data], SEED, cut, **common)
        for name, cut in (("uniform", uniform(int(SIDE / count**0.5))), ("adaptive", ours))
    )
    return grid, adaptive


def _row(data: str, title: str, found: dict[tuple[str, str], tuple[Setting, Curve]]) -> Row:
    counts: dict[int, dict[str, float]] = {}
    for count in COUNTS:
        grid, ours = (
            100 * float(found[data, f"{data}-{name}-{count}"][1].dice[-1]) for name in ("uniform", "adaptive")
        )
        counts[count] = {"uniform": grid, "adaptive": ours, "gain": ours - grid}
    gains = [each["gain"] for each in counts.values()]
    least = LEAST_GAIN[data]
    words = ", ".join(
        f"{count:,} tokens {each['adaptive']:.1f} against {each['uniform']:.1f} ({each['gain']:+.1f})"
        for count, each in counts.items()
    )
    cuts = {
        str(count): {name: found[data, f"{data}-adaptive-{count}"][0].options[name] for name in PATCH_FIELDS}
        for count in COUNTS
    }
    return Row(
        name=f"Dice at equal token count and equal steps, {title}, recommended setting against the grid",
        target=f">= {least:g} points at each count" if least else "above uniform at each count",
        measured=words,
        is_met=min(gains) >= least if least else min(gains) > 0,
        anchor="APF paper: +5.5 on average" if least else "-",
        values={"counts": {str(count): each for count, each in counts.items()}, "settings": cuts},
    )
